# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..evidence.providers import APPLE, GATEWAY
from ..tools.rights import SEND_GROUP
from .event.record import READ_TYPES
from .event.verdict import ARRIVED

DAYS = 180  # in which letters are looked at: people change their programs
ENOUGH = 2  # letters that show it
MAX_NOTED = 20  # contacts: of a mailing nobody is told apart
UNRELIABLE = [
    ("scanner", "A security check fetches the letters"),
    ("prefetch", "The mail provider fetches the letters ahead"),
    ("no_pictures", "Reads letters without their pictures"),
    # By the mail domain, where letters have not shown otherwise.
    (GATEWAY, "Mail to this domain passes a security gateway"),
    (APPLE, "Apple's mail service may fetch the letters ahead"),
]


class ResPartner(models.Model):
    """Whose opens say little: by what the user has seen of letters to them.

    Own letters alone: what happened to those of others is theirs to know. Where they
    show nothing, by who takes the mail of the reader's domain.
    """

    _inherit = "res.partner"

    b2b_unreliable = fields.Selection(
        UNRELIABLE,
        "Opens May Be Unreliable",
        compute="_compute_b2b_unreliable",
        groups=SEND_GROUP,
        help="What several of your letters of the last months have shown, or who takes "
        "the mail of the contact's domain.",
    )

    @api.depends("email")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_b2b_unreliable(self):
        shown = self._b2b_shown()
        domains = {partner: _domain(partner.email_normalized) for partner in self}
        known = self.env["b2b.family.mail.domain"]._known_of(
            set(filter(None, domains.values()))
        )
        for partner in self:
            letters = shown[partner._origin.id]
            signs = [sign for sign in letters if len(letters[sign]) >= ENOUGH]
            if letters["pictures"] and "no_pictures" in signs:
                signs.remove("no_pictures")
            if len(letters["pictures"]) < ENOUGH:
                signs.append(known.get(domains[partner]))
            partner.b2b_unreliable = next(
                (sign for sign, _label in UNRELIABLE if sign in signs), False
            )

    def _b2b_shown(self):
        """Return the letters that show something, by contact and what they show."""
        since = fields.Datetime.now() - timedelta(days=DAYS)
        rows = self.env["b2b.family.event"]._read_group(
            Domain("letter_id.partner_id", "in", self.ids)
            & Domain("letter_id.sent_date", ">", since)
            & Domain("event_type", "in", READ_TYPES),
            ["letter_id", "event_type", "verdict"],
        )
        shown = defaultdict(lambda: defaultdict(set))
        for letter, event_type, verdict in rows:
            if verdict in ("own", "unclear"):
                continue
            if verdict not in ARRIVED:
                opened = event_type == "message_open"
                verdict = "pictures" if opened else "no_pictures"
            shown[letter.partner_id.id][verdict].add(letter)
        return shown

    def _b2b_unreliable_note(self):
        """Say of which of these contacts opens may be unreliable, and why."""
        if len(self) > MAX_NOTED:
            return False
        labels = dict(self._fields["b2b_unreliable"]._description_selection(self.env))
        doubtful = self.filtered("b2b_unreliable")._filtered_access("read")
        told = [f"{each.name} ({labels[each.b2b_unreliable]})" for each in doubtful]
        return bool(told) and self.env._(
            "Whether it is opened may be unreliable: %(recipients)s.",
            recipients=", ".join(told),
        )

    def b2b_recipients_note(self, with_attachments=False):
        """Say what is to be known of these contacts before a letter is sent to them.

        Which of them get ordinary mail although it is sent by B2B; and of the others,
        whose opens may be unreliable. Nothing is said of whom the user may not read.

        :return: the words, False for nobody
        :raise AccessError: the user sends no letters
        """
        if not self.env.user.has_group(SEND_GROUP):
            raise AccessError(self.env._("You may not send letters via B2B."))
        readers = self._filtered_access("read")
        untracked = readers._b2b_untracked("documents" if with_attachments else "opens")
        notes = (
            untracked._b2b_untracked_note(),
            (readers - untracked)._b2b_unreliable_note(),
        )
        return " ".join(filter(None, notes)) or False


def _domain(email):
    return email and email.rpartition("@")[2]
