# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import models
from odoo.tools.mail import append_content_to_html, email_normalize


class MailMail(models.Model):
    """What each reader gets of a mail: its text, its files, where to answer."""

    _inherit = "mail.mail"

    def _b2b_prepare_body(self, partner):
        """Return the HTML that ``partner`` gets, as core would have sent it."""
        self.ensure_one()
        body = self._prepare_outgoing_body()
        links = self._b2b_split_attachments()[1]
        if links:
            links.generate_access_token()
            body = append_content_to_html(
                body,
                self.env["ir.qweb"]._render(
                    "mail.mail_attachment_links", {"attachments": links}
                ),
                plaintext=False,
            )
        return self._personalize_outgoing_body(body, partner)

    def _b2b_split_attachments(self):
        """Return the files to upload and the attachments that are mere links.

        As core does, what the text links to already is not attached again.
        """
        linked = re.findall(r"/web/(?:content|image)/([0-9]+)", self.body_html or "")
        attachments = self.attachment_ids.filtered(
            lambda att: str(att.id) not in linked
        )
        links = attachments.filtered(
            lambda att: att.url and not att.file_size and "://" in att.url
        )
        return attachments - links, links

    def _b2b_account(self):
        """Return the account at the service that the mail goes by."""
        return self.env["b2b.family.service"]._account_of(self.author_id.main_user_id)

    def _b2b_reply_to(self):
        """Return where answers go: what comes to catchall needs a document to go on to."""
        address = email_normalize(self.reply_to or self.email_from) or ""
        if not self._b2b_is_catchall(address) or self.model or self._b2b_only_contact():
            return address
        return email_normalize(self.email_from) or ""

    def _b2b_is_catchall(self, address):
        """Tell whether this is where Odoo has the answers to all documents sent."""
        if not address or address == email_normalize(self.email_from):
            return False
        # sudo: the company of the letter, whichever the user works in
        company = (self.record_company_id or self.env.company).sudo()
        return address == company.catchall_email

    def _b2b_prepare_files(self):
        """Return the values of the files that each reader gets."""
        return [
            {
                "ir_attachment_id": attachment.id,
                "name": attachment.name,
                "checksum": attachment.checksum,
            }
            for attachment in self._b2b_split_attachments()[0]
        ]
