# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ...tools.addresses import read_contact
from ..b2b_family_consent import CONSENTS


class B2BFamilyLetter(models.Model):
    """Which letters may be tracked: their readers have a say, then and later."""

    _inherit = "b2b.family.letter"

    refused = fields.Selection(
        [
            ("opens", "The recipient refused. No more openings are recorded."),
            (
                "documents",
                "The recipient refused to have openings of attachments recorded.",
            ),
        ],
        "Recipient's Answer",
        compute="_compute_refused",
        compute_sudo=True,
        help="What the recipient does not want to be recorded, in words.",
    )

    @api.depends("partner_id", "email")
    def _compute_refused(self):
        refusals = self._refusals()
        for letter in self:
            refused = (kind for kind in CONSENTS if letter in refusals[kind])
            letter.refused = next(refused, False)

    @api.depends("refused")
    def _compute_is_tracking_over(self):
        result = super()._compute_is_tracking_over()
        for letter in self.filtered(lambda lt: lt.refused == "opens"):
            letter.is_tracking_over = letter.sent_date and letter.state != "untracked"
        return result

    def _filter_refused(self):
        """Return the letters to readers who do not want to be tracked."""
        files = self.filtered(lambda lt: lt.attachment_ids or lt._has_files())
        rest = self - files
        return files._filter_untrackable("documents") | rest._filter_untrackable(
            "opens"
        )

    def _unasked(self):
        """Return the letters that are not tracked for want of an answer alone.

        Whoever refused anything did answer.
        """
        return self._filter_refused() - self._refusals()["documents"]

    def _has_files(self):
        """Tell whether files would be uploaded, if the letter is to be tracked."""
        return bool(self.mail_id and self.mail_id._b2b_split_attachments()[0])

    def _filter_untrackable(self, kind):
        addresses = self._reader_addresses()
        refused = self.env["res.partner"]._b2b_filter_refused(
            set().union(*addresses.values()), kind
        )
        return self._filter_readers(addresses, refused, kind)

    def _refusals(self):
        """Return by kind the letters whose readers refused that, in so many words.

        Of these nothing is recorded any more, whatever the settings say of readers
        who were not asked.
        """
        addresses = self._reader_addresses()
        answers = self.env["res.partner"]._b2b_answers(set().union(*addresses.values()))
        return {
            kind: self._filter_readers(addresses, answers[kind, "no"], kind)
            for kind in CONSENTS
        }

    def _filter_readers(self, addresses, refused, kind):
        """Return the letters to one of the addresses, or to a contact that refused."""
        return self.filtered(
            lambda letter: (
                addresses[letter] & refused
                or letter.partner_id._b2b_answered(kind) == "no"
            )
        )

    def _reader_addresses(self):
        """Return by letter the addresses that its reader has, then and now."""
        return {
            letter: {letter.email, *letter._contact_addresses()} - {False}
            for letter in self
        }

    def _contact_addresses(self):
        """Return the valid addresses that the letter's contact has now."""
        found = read_contact(self.partner_id.email)
        return [address for address, _part in found if address]
