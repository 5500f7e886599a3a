# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from contextlib import contextmanager

from odoo import models
from odoo.tools.mail import append_content_to_html, email_normalize, formataddr

from ..letter.attachment import AS_LINK

# What _prepare_outgoing_list() says of a mail that is none of a mail server's business.
NOT_BUILT = ("email_to_normalized", "email_to_raw", "partner_id")
# Names all readers of a message to each of them.
OTHERS = "X-Msg-To-Add"


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

    def _b2b_prepare_outgoing(self, letters, server):
        """Return by letter what core would send to its reader.

        :param letters: of this mail
        :param server: ``ir.mail_server`` by which it goes, if it is a certain one
        :return: dict by letter: arguments of ``ir.mail_server._build_email__()``
        """
        self.ensure_one()
        prepared = {}
        for attached, own in letters.grouped(self._b2b_attached_to).items():
            prepared |= self._b2b_prepare_with(own, attached, server)
        return prepared

    def _b2b_attached_to(self, letter):
        """Return those of the mail's files that are attached to a letter of it."""
        linked = letter.attachment_ids - letter.attachment_ids._attached()
        return self.attachment_ids - linked.ir_attachment_id

    def _b2b_prepare_with(self, letters, attached, server):
        """See _b2b_prepare_outgoing(): letters to which the same files are attached."""
        unfollow = self if "/mail/unfollow" in (self.body_html or "") else self.browse()
        followers = self.env["mail.followers"]._get_mail_doc_to_followers(unfollow.ids)
        bare = letters.filtered(lambda letter: not letter.partner_id)
        with self._b2b_addressed(letters.partner_id, bare[:1].email, attached):
            prepared = self._prepare_outgoing_list(
                mail_server=server or self.mail_server_id, doc_to_followers=followers
            )
        by_partner = {
            values["partner_id"] and values["partner_id"].id: values
            for values in prepared
        }
        return {
            letter: self._b2b_address(by_partner[letter.partner_id.id], letter)
            for letter in letters
        }

    def _b2b_address(self, values, letter):
        """Return what core prepared, addressed to the reader of a letter alone."""
        headers = {name: values["headers"][name] for name in values["headers"]}
        headers.pop(OTHERS, None)
        reader = formataddr((letter.partner_id.name or "", letter.email))
        changed = {
            "headers": headers,
            "email_to": [reader],
            "email_cc": [],
            "subject": self.subject or letter.env._("(no subject)"),
        }
        # Where core would send answers back, as it cannot tell what they answer.
        answers = self._b2b_reply_to()
        if answers and answers != email_normalize(self.reply_to or self.email_from):
            changed["reply_to"] = answers
        return {
            name: value
            for name, value in (values | changed).items()
            if name not in NOT_BUILT
        }

    @contextmanager
    def _b2b_addressed(self, partners, email, attached):
        """Let the mail be to some readers only, for core to prepare; nothing is written.

        :param email: of one without a contact, if there is any
        :param attached: those of its files that they get
        """
        # Records, not their ids: those would be added to what is there.
        values = {"recipient_ids": partners, "email_to": email, "email_cc": False}
        values["attachment_ids"] = attached
        # What somebody has written must be there before: what stands here now is not.
        self.flush_recordset(["email_to", "email_cc"])
        kept = {}
        for name, value in values.items():
            field = self._fields[name]
            kept[field] = field.convert_to_cache(self[name], self)
            field._update_cache(self, field.convert_to_cache(value, self))
        try:
            yield
        finally:
            for field, value in kept.items():
                field._update_cache(self, value)

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

    def _b2b_prepare_files(self, carrier):
        """Return the values of the files that each reader gets.

        :param str carrier: who delivers the letter
        """
        as_link = self._b2b_as_link(carrier)
        return [
            {
                "ir_attachment_id": attachment.id,
                "name": attachment.name,
                "checksum": attachment.checksum,
                "as_link": as_link,
            }
            for attachment in self._b2b_split_attachments()[0]
        ]

    def _b2b_as_link(self, carrier):
        """Return how the letter's files go as links; False if they do not.

        Only where this Odoo watches: else nobody is told who followed them.
        """
        service = self.env["b2b.family.service"]
        asked = self.b2b_attachment_links or service._get_param("attachment_links")
        watched = self.env["b2b.family.letter"]._watches_here(carrier)
        return asked if asked in dict(AS_LINK) and watched else False
