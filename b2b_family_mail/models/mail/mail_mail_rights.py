# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import models
from odoo.exceptions import MissingError, UserError

from ...tools.rights import readable_by

#: More files or recipients than anybody writes one letter to by hand.
MAX_FILES = 50
MAX_RECIPIENTS = 1_000


class MailMail(models.Model):
    """What may leave in a letter: what the person behind it may read.

    Asked when the letter leaves, by whatever way it came to that: rights, files and
    documents may have changed since it was written, or the code of others wrote it.
    """

    _inherit = "mail.mail"

    def _b2b_person(self):
        """Return the user for whom the mail leaves.

        Its author; or the user who wrote it in the name of somebody who is none.
        """
        if self.create_uid.partner_id == self.author_id:
            return self.create_uid
        return self.author_id.main_user_id or self.create_uid

    def _b2b_find_refused(self):
        """Return what may not leave, as the persons behind these mails.

        :return: two dicts by mail: the words that say why it may not leave at all,
            and the ``res.partner`` whom its author may not read
        """
        refused, hidden = {}, {}
        self._b2b_read_all()
        for user, mails in self.grouped(lambda mail: mail._b2b_person()).items():
            files = mails.attachment_ids
            lost_files = files - readable_by(user, files)
            unseen = mails._b2b_unseen_documents(user)
            partners = mails.recipient_ids
            lost_partners = partners - readable_by(user, partners)
            for mail in mails:
                lost = mail.attachment_ids & lost_files
                if words := mail._b2b_refusal(lost, mail in unseen):
                    refused[mail] = words
                hidden[mail] = mail.recipient_ids & lost_partners
        return refused, hidden

    def _b2b_read_all(self):
        """Read at once what the rights to it, and the letters, ask for bit by bit."""
        self.attachment_ids.mapped("name")
        (self.author_id | self.recipient_ids).mapped("name")

    def _b2b_check_leaving(self, recipients=None):
        """Raise UserError, in words, if one of the mails may not leave.

        :param recipients: ``res.partner`` for whom it is meant, by default all
        """
        refused, hidden = self._b2b_find_refused()
        for mail in self:
            if mail in refused:
                raise UserError(refused[mail])
            if hidden[mail] if recipients is None else hidden[mail] & recipients:
                raise UserError(mail._b2b_hidden_words())

    def _b2b_unseen_documents(self, user):
        """Return those of the mails whose document the user may not read."""
        unseen, about = self.browse(), defaultdict(self.browse)
        for mail in self.filtered(lambda mail: mail.model and mail.res_id):
            about[mail.model] += mail
        for model, mails in about.items():
            if model not in self.env:
                continue
            documents = self.env[model].browse(set(mails.mapped("res_id")))
            try:
                lost = documents - readable_by(user, documents)
            except MissingError:
                documents = documents.exists()
                lost = documents - readable_by(user, documents)
            # A document that was deleted hides nothing.
            lost = set(lost.exists().ids)
            unseen += mails.filtered(lambda mail, lost=lost: mail.res_id in lost)
        return unseen

    def _b2b_refusal(self, lost_files, is_unseen):
        """Return why the mail may not leave, in the author's language, or None."""
        mail = self.with_context(lang=self.author_id.lang)
        if lost_files:
            # Not by its name: that is for those who may read it.
            return mail.env._(
                "The author of the letter may not read one of its attachments. "
                "Remove the attachment and send the letter again."
            )
        if is_unseen:
            return mail.env._(
                "The author of the letter may not read the document that it is about."
            )
        return mail._b2b_excess()

    def _b2b_hidden_words(self):
        """Return the words for recipients whom the author may not read."""
        mail = self.with_context(lang=self.author_id.lang)
        return mail.env._(
            "The author of the letter may not read one of its recipients."
        )

    def _b2b_excess(self):
        """Return the words for a letter that is too much for one, or None."""
        if len(self.attachment_ids) > MAX_FILES:
            return self.env._(
                "Attachments: at most %(limit)s files can be sent with one letter.",
                limit=MAX_FILES,
            )
        # Counted before anything is read: what is in them is nobody's yet.
        typed = f"{self.email_to or ''},{self.email_cc or ''}"
        if len(self.recipient_ids) + typed.count("@") > MAX_RECIPIENTS:
            return self.env._(
                "To: a letter can have at most %(limit)s recipients. Write a mailing "
                "instead.",
                limit=MAX_RECIPIENTS,
            )
        return None
