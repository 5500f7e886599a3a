# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from io import BytesIO

from odoo import api, fields, models

from ..client import Rejected
from .b2b_family_event import ATTACHMENT_TYPES

MAX_BYTES = 25 * 1024 * 1024  # of one attachment; more is refused before any call


class B2BFamilyLetterAttachment(models.Model):
    """One attachment of one letter: whether the reader opened it, and when."""

    _name = "b2b.family.letter.attachment"
    _inherit = ["b2b.family.opens.mixin"]
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
        "ir.attachment", "File", readonly=True, ondelete="set null"
    )
    name = fields.Char(readonly=True)
    checksum = fields.Char(readonly=True)
    ref = fields.Char("Service ID", readonly=True, copy=False)
    account = fields.Char(
        readonly=True, copy=False, help="The service account that ref belongs to."
    )
    opened = fields.Boolean(readonly=True, copy=False)
    event = fields.Char(compute="_compute_event")

    # _find_upload(): a content that the service has already.
    _uploaded_idx = models.Index("(checksum) WHERE ref IS NOT NULL")

    @api.depends_context("lang")
    def _compute_event(self):
        self.event = self.env._("Attachment opened")

    def _set_opened(self, first, last, count):
        """Take in that the reader opened it; return True when that is news."""
        self._widen_opens(first, last, count)
        if self.opened:
            return False
        self.opened = True
        return True

    def _count_events(self):
        """Return how many stored events tell of this attachment being opened."""
        return self.env["b2b.family.event"].search_count(
            [
                ("attachment_id", "=", self.id),
                ("event_type", "in", ATTACHMENT_TYPES),
            ]
        )

    def _ensure_uploaded(self):
        """Upload what the service does not have yet.

        One content is uploaded once and its id reused, also by other letters.

        :raise Rejected: a file is gone from the store or too large; it is named
        :raise B2BFamilyError: what the client raises
        """
        service = self.env["b2b.family.service"]
        for attachment in self.filtered(lambda line: not line.ref):
            account = service._credentials(attachment.letter_id.account_id)["email"]
            attachment._check_size()
            ref = attachment._find_upload(account) or attachment._upload()
            attachment.write({"ref": ref, "account": account})

    def _check_size(self):
        if self.ir_attachment_id.file_size > MAX_BYTES:
            raise Rejected(self.ir_attachment_id._b2b_too_large())

    def _find_upload(self, account):
        return self.search(
            [
                ("checksum", "=", self.checksum),
                ("name", "=", self.name),
                ("account", "=", account),
                ("ref", "!=", False),
            ],
            order="id desc",
            limit=1,
        ).ref

    def _upload(self):
        with self._open() as content:
            return self.letter_id._call(
                "upload", self.name, content, self.ir_attachment_id.mimetype
            )

    def _open(self):
        """Return the content as a binary stream.

        :raise Rejected: the record or the file does not exist any more
        """
        attachment = self.ir_attachment_id
        try:
            if attachment.store_fname:
                return open(attachment._full_path(attachment.store_fname), "rb")
        except OSError:
            attachment = attachment.browse()
        if not attachment.exists():
            raise Rejected(
                self.env._(
                    "The attachment “%(name)s” is missing from the file store. "
                    "Remove or replace it and send the letter again.",
                    name=self.name,
                )
            )
        return BytesIO(attachment.raw or b"")
