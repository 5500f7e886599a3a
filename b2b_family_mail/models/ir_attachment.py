# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .b2b_family_letter_attachment import MAX_BYTES


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _b2b_too_large(self):
        """Return the words for a file that the service is not given."""
        return self.env._(
            "The attachment “%(name)s” is larger than %(limit)s MB. Send a link to it, "
            "or a smaller file.",
            name=self.name,
            limit=MAX_BYTES // 1024 // 1024,
        )
