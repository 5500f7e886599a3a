# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

# What a reader can allow or refuse, and the contact's field that holds the answer.
# Whoever refuses the first refuses both: only the letter's reader opens an attachment.
CONSENTS = {
    "opens": "b2b_tracking_consent",
    "documents": "b2b_tracking_consent_documents",
}
ANSWERS = [("yes", "Agreed"), ("no", "Refused")]


class B2BFamilyConsent(models.Model):
    """The proof of what was answered to the question whether letters may be tracked.

    Added, never changed: the newest answer of a contact is the one on the contact.
    """

    _name = "b2b.family.consent"
    _description = "B2B Family Answer to Tracking"
    _order = "id desc"
    _rec_name = "email"
    _log_access = False  # nobody writes answers; who gave one, and when, are fields

    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        readonly=True,
        required=True,
        ondelete="cascade",
        index=True,
    )
    email = fields.Char(readonly=True, help="The address that the letter was sent to.")
    letter_id = fields.Many2one(
        "b2b.family.letter",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Under which letter the page was linked.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(
        [("opens", "Opening letters"), ("documents", "Opening attachments")],
        "What",
        readonly=True,
        required=True,
    )
    answer = fields.Selection(
        ANSWERS, readonly=True, help="Empty: counts as not asked again."
    )
    date = fields.Datetime(readonly=True, default=fields.Datetime.now)
    how = fields.Selection(
        [("page", "By the recipient, on the page"), ("user", "By a user")],
        readonly=True,
        required=True,
    )
    user_id = fields.Many2one(
        "res.users", "Entered By", readonly=True, ondelete="set null"
    )
    words = fields.Text(
        "Words Shown", readonly=True, help="What the recipient saw, or what was noted."
    )
    lang = fields.Char("Language", readonly=True)

    @api.model
    def _newest(self, partners, kind):
        """Return by contact which answer was kept last; those without are left out."""
        rows = self._read_group(
            [("partner_id", "in", partners.ids), ("kind", "=", kind)],
            ["partner_id"],
            ["id:max"],
        )
        answers = self.browse(newest for _partner, newest in rows)
        return {row.partner_id: row.answer for row in answers}

    def _prepare_export(self):
        self.ensure_one()
        return {
            "email": self.email,
            "date": fields.Datetime.to_string(self.date),
            "what": self.kind,
            "answer": self.answer,
            "how": self.how,
            "words": self.words,
        }
