# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ...tools.addresses import read_contact


class B2BFamilyLetter(models.Model):
    """Which letters may be tracked: their readers have a say."""

    _inherit = "b2b.family.letter"

    def _filter_refused(self):
        """Return the letters to readers who do not want to be tracked."""
        addresses = {
            letter: {letter.email, *letter._contact_addresses()} for letter in self
        }
        refused = self.env["res.partner"]._b2b_filter_refused(
            list(set().union(*addresses.values()))
        )
        return self.filtered(
            lambda letter: (
                addresses[letter] & refused
                or letter.partner_id.b2b_tracking_consent == "no"
            )
        )

    def _contact_addresses(self):
        """Return the valid addresses that the letter's contact has now."""
        found = read_contact(self.partner_id.email)
        return [address for address, _part in found if address]
