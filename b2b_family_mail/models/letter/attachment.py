# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

# How files go as links. Empty: they do not.
AS_LINK = [("instead", "Instead of the file"), ("beside", "Beside the file")]
MAX_BYTES = 25 * 1024 * 1024  # of one attachment; more is refused before any call
# How a letter that Odoo watches carries its attachments.
FORMS = [
    ("files", "The files themselves"),
    ("instead", "Links instead of the files"),
    ("beside", "Links beside the files"),
]


class B2BFamilyLetterAttachment(models.Model):
    """One attachment of one letter: whether the reader opened it, and when."""

    _name = "b2b.family.letter.attachment"
    _inherit = ["b2b.family.opens.mixin", "b2b.family.cells.mixin"]
    _description = "B2B Family Letter Attachment"
    _order = "letter_id desc, id"

    letter_id = fields.Many2one(
        "b2b.family.letter",
        "Activity",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    ir_attachment_id = fields.Many2one(
        "ir.attachment",
        "File",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    email = fields.Char(related="letter_id.email")
    name = fields.Char(readonly=True)
    checksum = fields.Char(readonly=True)
    ref = fields.Char("Service ID", readonly=True, copy=False)
    account = fields.Char(
        readonly=True, copy=False, help="The service account that ref belongs to."
    )
    opened = fields.Boolean(readonly=True, copy=False)
    as_link = fields.Selection(
        AS_LINK,
        readonly=True,
        help="Whether the recipient got a link to the file as well, or nothing else.",
    )
    event = fields.Char(compute="_compute_event")

    # _find_uploads(): the last upload of a content that the service has already.
    _uploaded_idx = models.Index("(checksum, id) WHERE ref IS NOT NULL")

    @api.depends_context("lang")
    def _compute_event(self):
        self.event = self.env._("Attachment opened")

    def _attached(self):
        """Return those that the letter has as files, not only as links."""
        return self.filtered(lambda line: line.as_link != "instead")

    def _content(self):
        """Return the file as it was when the letter was sent; empty if it is gone.

        Never another one: who has the letter has that file, not what became of it.
        """
        # sudo: the letter's reader has no rights here but to what he was sent
        file = self.sudo().ir_attachment_id
        is_kept = file.store_fname or file.db_datas
        return file if is_kept and file.checksum == self.checksum else file.browse()

    def _has_changed(self):
        """Tell whether the file is there and is another than when the letter was written."""
        # sudo: see _content
        file = self.sudo().ir_attachment_id
        return bool(file) and file.checksum != self.checksum

    def _take_over(self):
        """Let the letter have the file as it is now: it is to be sent anew."""
        file = self.ir_attachment_id
        values = {"name": file.name, "checksum": file.checksum}
        self.write({**values, "ref": False, "account": False})

    def _changed_words(self):
        return self.env._(
            "The attachment “%(name)s” was changed after the letter was sent off. Send "
            "the letter again to send it as it is now.",
            name=self.name,
        )

    def _take_open(self, first, last, count):
        """Take in that the reader opened it; return True when that is news."""
        self._widen_opens(first, last, count)
        if self.opened:
            return False
        self.opened = True
        return True
