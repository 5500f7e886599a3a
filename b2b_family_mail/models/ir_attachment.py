# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import AccessError

from .letter.attachment import MAX_BYTES

# What Odoo writes on a file without changing it.
FREE = frozenset(("access_token",))


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if not FREE.issuperset(vals):
            self._b2b_check_not_sent()
        return super().write(vals)

    def unlink(self):
        self._b2b_check_not_sent()
        return super().unlink()

    def _b2b_check_not_sent(self):
        """Raise AccessError if one is a file of a letter that was sent.

        It is kept as the recipient got it. Files of a document, which were sent from
        there, stay the document's.
        """
        if self.env["mail.mail"]._b2b_is_trusted():
            return
        # sudo: whether it was sent decides, whoever's letter it was
        own = self.sudo().filtered(lambda file: file.res_model == "mail.message")
        sent = self.env["b2b.family.letter.attachment"].sudo()
        if own and sent.search_count([("ir_attachment_id", "in", own.ids)], limit=1):
            raise AccessError(
                self.env._(
                    "This file was sent with a letter. It is kept as the recipient "
                    "got it."
                )
            )

    def _b2b_too_large(self):
        """Return the words for a file that the service is not given."""
        return self.env._(
            "The attachment “%(name)s” is larger than %(limit)s MB. Send a link to it, "
            "or a smaller file.",
            name=self.name,
            limit=MAX_BYTES // 1024 // 1024,
        )
