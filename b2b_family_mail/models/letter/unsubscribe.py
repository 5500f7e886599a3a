# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ...tools import tokens
from ...tools.paths import UNSUBSCRIBE as PATH

SCOPE = "b2b_family_mail.unsubscribe"


class B2BFamilyLetter(models.Model):
    """Who gets a mailing can ask for no more of them, by one press in his mail program.

    As core's mailings offer it (RFC 2369, RFC 8058), where a letter goes by this Odoo:
    the service has no place for it.
    """

    _inherit = "b2b.family.letter"

    def _mailing_headers(self):
        """Return what a letter of a mailing has in its head besides; none of others."""
        if not self.mail_id.b2b_is_mailing:
            return {}
        return {
            "List-Unsubscribe": f"<{self._unsubscribe_url()}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "list",
            "X-Auto-Response-Suppress": "OOF",
        }

    def _unsubscribe_url(self):
        return self.get_base_url() + PATH + self._unsubscribe_token()

    def _unsubscribe_token(self):
        return tokens.sign(self.env, SCOPE, self.key)

    @api.model
    def _find_mailing(self, token):
        """Return the letter that the address names; none if it is not ours."""
        return self._signed(SCOPE, token)

    def _unsubscribe(self):
        """Take the reader's address for one that wants no more mailings."""
        # sudo: a stranger's wish
        blacklist = self.env["mail.blacklist"].sudo()
        if self._is_unsubscribed():
            return
        words = self._in_author_language().env._(
            "The recipient of the mailing “%(subject)s” wants no more.",
            subject=self.subject or "",
        )
        # Of two presses at once one collides, and is run again: no error for a reader.
        self.env.cr.execute(
            "INSERT INTO mail_blacklist (email, active) VALUES (%s, FALSE)"
            " ON CONFLICT (email) DO NOTHING",
            [self.email],
            log_exceptions=False,
        )
        blacklist._add(self.email, message=words)

    def _is_unsubscribed(self):
        # sudo: see _unsubscribe
        blacklist = self.env["mail.blacklist"].sudo()
        return bool(blacklist.search_count([("email", "=", self.email)], limit=1))

    def _unsubscribe_page(self):
        """Return what the page says, in the language of the context."""
        company = self._sender()
        done = self._is_unsubscribed()
        status = (
            self.env._("Your address gets no more mailings.")
            if done
            else self.env._("Your address gets mailings.")
        )
        return {
            "title": self.env._("Mailings from %(company)s", company=company.name),
            "intro": self.env._(
                "This does not keep people at %(company)s from writing to you.",
                company=company.name,
            ),
            "logo": not company.uses_default_logo and company.logo_web,
            "company": company.name,
            "things": [
                {
                    "kind": "mailings",
                    "title": self.env._("Mailings"),
                    "text": self.env._("Letters that are sent to many at once."),
                    "status": status,
                    "buttons": [] if done else [("no", self.env._("Unsubscribe"))],
                }
            ],
        }
