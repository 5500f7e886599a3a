# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..letter.attachment import FORMS


class MailMail(models.Model):
    """How a letter carries its attachments: as files, or as links that are watched."""

    _inherit = "mail.mail"

    b2b_attachment_links = fields.Selection(
        FORMS,
        "Send Attachments As",
        copy=False,
        help="With links it is seen who opens them. Empty: as the settings say when the "
        "letter is sent.",
    )
    b2b_is_watched_here = fields.Boolean(
        compute="_compute_b2b_is_watched_here",
        help="This Odoo would watch its letters, so links make a difference.",
    )

    @api.depends("author_id")
    @api.depends_context("uid")
    def _compute_b2b_is_watched_here(self):
        for mail in self:
            author = mail.author_id.main_user_id or self.env.user
            mail.b2b_is_watched_here = self._b2b_is_watched_of(author)

    @api.model
    def _b2b_is_watched_of(self, user):
        """Tell whether this Odoo would watch letters of a user."""
        carrier = self.env["b2b.family.carrier"]._choose(user)
        return self.env["b2b.family.letter"]._watches_here(carrier)


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    b2b_attachment_links = fields.Selection(FORMS, "Send Attachments As")
    b2b_is_watched_here = fields.Boolean(compute="_compute_b2b_is_watched_here")

    @api.depends_context("uid")
    def _compute_b2b_is_watched_here(self):
        mails = self.env["mail.mail"]
        self.b2b_is_watched_here = mails._b2b_is_watched_of(self.env.user)
