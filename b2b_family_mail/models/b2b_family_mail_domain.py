# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..evidence.providers import APPLE, DOMAINS, GATEWAY, known_of
from ..runtime import transact
from ..tools.mail_exchange import NoAnswer, mail_servers, own_name_servers

RECENT = 1_000  # letters whose domains are asked about
A_ROUND = 50  # domains
GOOD_FOR = timedelta(days=30)
NOBODY_ANSWERED = timedelta(days=1)  # until a domain is asked about once more
ENOUGH = 3  # domains in a row of which nobody knows: the others wait for the next round
TIMEOUT = 2  # seconds
A_ROUND_SECONDS = 30  # then the other domains wait for the next one
NOBODY = "none"  # as the setting: no name server is asked


class B2BFamilyMailDomain(models.Model):
    """What is known of a mail domain by who takes its mail.

    The name server is asked by a scheduled action, about the domains of the latest
    letters: nobody waits for it. What it says of the first letter to a domain comes too
    late for that letter.
    """

    _name = "b2b.family.mail.domain"
    _description = "B2B Family Mail Domain"

    name = fields.Char(required=True, readonly=True)
    known = fields.Selection(
        [(GATEWAY, "Behind a security gateway"), (APPLE, "Apple takes the mail")],
        readonly=True,
    )
    asked_date = fields.Datetime(readonly=True, required=True)

    _name_unique = models.UniqueIndex("(name)", "A mail domain is noted once.")

    @api.model
    def _known_of(self, domains):
        """Return what is known of mail domains, by their name; nothing: no entry."""
        # sudo: it says nothing of whoever has an address there
        rows = self.sudo().search_fetch(
            [("name", "in", list(domains)), ("known", "!=", False)], ["name", "known"]
        )
        return {row.name: row.known for row in rows} | {
            name: DOMAINS[name] for name in domains if name in DOMAINS
        }

    @api.model
    def _cron_ask(self):
        """Ask the name server about domains that letters went to (ir.cron)."""
        servers = self._name_servers()
        names = servers and transact(self.env, self._due)
        if names:
            found = self._ask(names, servers)
            transact(self.env, lambda: self._note(found))

    @api.model
    def _name_servers(self):
        """Return whom to ask: whom the setting names, else whom this machine asks."""
        setting = self.env["b2b.family.service"]._get_param("name_servers")
        if setting.strip() == NOBODY:
            return []
        return re.split(r"[\s,;]+", setting.strip()) if setting else own_name_servers()

    @api.model
    def _due(self):
        """Return domains of the latest letters that are to be asked about."""
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT lower(split_part(email, '@', 2)) FROM"
                " (SELECT email FROM b2b_family_letter ORDER BY id DESC LIMIT %s) latest"
                " WHERE email LIKE '%%_@_%%'",
                RECENT,
            )
        )
        names = {name for (name,) in self.env.cr.fetchall()} - DOMAINS.keys()
        now = fields.Datetime.now()
        fresh = Domain("asked_date", ">", now - GOOD_FOR)
        known = self.search(Domain("name", "in", list(names)) & fresh)
        return sorted(names - set(known.mapped("name")))[:A_ROUND]

    @api.model
    def _ask(self, names, servers):
        """Return what name servers say: dict by domain, None where nobody answered."""
        found, until = {}, time.monotonic() + A_ROUND_SECONDS
        for name in names:
            if time.monotonic() > until:
                break
            try:
                found[name] = mail_servers(name, servers, TIMEOUT)
            except NoAnswer:
                found[name] = None
            if [*found.values()][-ENOUGH:] == [None] * ENOUGH:
                break
        return found

    @api.model
    def _note(self, found):
        """Keep what was found of domains, see _ask()."""
        now = fields.Datetime.now()
        rows = self.search([("name", "in", list(found))]).grouped("name")
        new = []
        for name, servers in found.items():
            values = {"asked_date": now, "known": known_of(servers or ())}
            if servers is None:
                # What was known of it stays, unless it never was.
                values = {"asked_date": now - GOOD_FOR + NOBODY_ANSWERED}
            if name in rows:
                rows[name].write(values)
            else:
                new.append({"name": name, **values})
        self.create(new)
