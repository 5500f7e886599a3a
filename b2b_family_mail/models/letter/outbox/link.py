# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class B2BFamilyLetter(models.Model):
    """A letter that the author hands over by another channel, as a tracked link."""

    _inherit = "b2b.family.letter"

    link = fields.Char(
        "Tracked Link",
        readonly=True,
        copy=False,
        help="Who opens it reads the letter; Odoo then shows it as opened.",
    )

    def _make_link(self):
        """Have the service make a link to this letter instead of sending it.

        :raise UserError: the service refused or cannot be reached
        """
        self.ensure_one()
        with self._carrier()._errors_for_user():
            link, ref = self._carrier()._make_link(self)
        self.ref = ref
        self._set_linked(link)
        self._accepted(self.browse())
