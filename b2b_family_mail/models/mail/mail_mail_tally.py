# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools.mail import append_content_to_html

from ..b2b_family_tally import FEWEST
from ..letter.watch import PIXEL


class MailMail(models.Model):
    """A mailing of which opens are counted without a person."""

    _inherit = "mail.mail"

    b2b_tally_id = fields.Many2one(
        "b2b.family.tally",
        "Count of the Mailing",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups="base.group_system",
        help="Of an ordinary mail: it has the picture that they share.",
    )

    def _b2b_begin_tally(self, subject):
        """Have opens of these mails, a mailing, counted, if that points at nobody.

        :param str subject: as it was written: in a mail it may name the recipient
        """
        tallies = self.env["b2b.family.tally"]
        if not tallies._is_on() or len(self._b2b_unasked()) < FEWEST:
            return
        later = self[:1].scheduled_date
        # sudo: written by the system
        self.b2b_tally_id = tallies.sudo().create(
            {
                "subject": subject,
                "author_id": self.author_id[:1].id,
                "company_id": self.record_company_id[:1].id or self.env.company.id,
                "date": fields.Date.context_today(self, later or None),
            }
        )

    def _b2b_unasked(self):
        """Return the addresses that are not tracked for want of an answer alone."""
        mails = self.filtered(lambda mail: mail.b2b_send and mail.state == "outgoing")
        outside = self.env["mail.thread"]._b2b_filter_tracked(mails.recipient_ids)
        emails = {
            email
            for mail in mails
            for partner, email, _raw in mail._b2b_recipients()
            if email and partner <= outside
        }
        partners = self.env["res.partner"]
        answers = partners._b2b_answers(emails)
        return partners._b2b_filter_refused(emails) - answers["documents", "no"]

    def _prepare_outgoing_list(self, *args, **kwargs):
        """Put the shared picture in, after core has made the text of the HTML."""
        prepared = super()._prepare_outgoing_list(*args, **kwargs)
        if self.b2b_plain and self.b2b_tally_id:
            picture = PIXEL % self.b2b_tally_id._picture_url()
            for values in prepared:
                values["body"] = append_content_to_html(
                    values["body"], picture, plaintext=False
                )
        return prepared
