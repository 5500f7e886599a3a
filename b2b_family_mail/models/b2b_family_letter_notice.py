# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.rights import seen_by

_logger = logging.getLogger(__name__)

# kind of news -> colour of the pop-up
KINDS = {
    "open": "success",
    "attachment": "success",
    "failure": "danger",
    "not_open": "warning",
}
NOT_OPEN_BATCH = 200


class B2BFamilyLetter(models.Model):
    """How the author gets to know: on open screens, and as he chose to be told."""

    _inherit = "b2b.family.letter"

    not_open_date = fields.Datetime(
        "Tell If Not Opened By",
        readonly=True,
        copy=False,
        help="When the author is told that nobody opened the letter. Empty: told, "
        "opened, or not wanted.",
    )

    # _cron_not_open(): the letters nobody has opened in time.
    _not_open_idx = models.Index("(not_open_date) WHERE not_open_date IS NOT NULL")

    def _notify_screens(self):
        """Let the open screens of the authors show what is new."""
        for author, letters in self.grouped("author_id").items():
            author.main_user_id._bus_send(
                "b2b_family_mail.letter/update",
                {"letter_ids": letters.ids, "mail_ids": letters.mail_id.ids},
            )

    # ------------------------------------------------------------
    # NOTICES
    # ------------------------------------------------------------

    def _tell_author(self, kind, message):
        """Tell the author in the way chosen in the own preferences.

        :param str kind: one of ``KINDS``; called once for each letter and kind
        :param str message: plain text, in the author's language
        """
        self.ensure_one()
        user = self.author_id.main_user_id
        # sudo: preferences of the author, whoever causes the news
        way = (
            user.sudo()[f"b2b_notice_{kind}"] if user and user._is_internal() else None
        )
        if way == "popup":
            self._tell_by_popup(user, kind, message)
        elif way == "message":
            self._tell_by_message(user, message)
        elif way == "activity":
            self._tell_by_activity(user, message)

    def _tell_by_popup(self, user, kind, message):
        user._bus_send(
            "b2b_family_mail.letter/notice",
            {"letter_id": self.id, "message": message, "type": KINDS[kind]},
        )

    def _tell_by_message(self, user, message):
        """Leave a message in the inbox, or by e-mail if the user prefers that."""
        body = Markup("<p>%s</p>") % message
        if seen_by(user, self).has_access("read"):
            body += Markup("<p><a href='%s'>%s</a></p>") % (
                f"{self.get_base_url()}/odoo/b2b-letters/{self.id}",
                self.env._("Open the letter"),
            )
        self.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=message,
            body=body,
            author_id=self.env.ref("base.partner_root").id,
            email_layout_xmlid="mail.mail_notification_light",
        )

    def _tell_by_activity(self, user, message):
        """Leave a to-do, on the document if the author may leave one there himself.

        It makes its owner a follower, and shows him the name of the record.
        """
        todo = {
            "act_type_xmlid": "mail.mail_activity_data_todo",
            "summary": message,
            "user_id": user.id,
        }
        try:
            with self.env.cr.savepoint():
                if self._notice_document(user).activity_schedule(**todo):
                    return
        except AccessError:
            _logger.info("No to-do on the document of letter %s", self.key)
        # sudo: core asks for the right to write, to follow a contact reading is enough
        self._notice_contact(user).sudo().activity_schedule(**todo)

    def _notice_document(self, user):
        """Return the document as its author sees it; no record if he does not."""
        model = seen_by(user, self).env.get(self.res_model or "")
        if model is None or not hasattr(model, "activity_schedule"):
            return user.partner_id.browse()
        return model.browse(self.res_id).exists()._filtered_access("read")

    def _notice_contact(self, user):
        """Return the recipient, if the author may read him, else the author."""
        recipient = seen_by(user, self).env["res.partner"].browse(self.partner_id.id)
        return recipient._filtered_access("read") or user.partner_id

    def _in_author_language(self):
        """Return the letter with the language in which its author reads."""
        return self.with_context(lang=self.author_id.lang)

    # ------------------------------------------------------------
    # NOT OPENED
    # ------------------------------------------------------------

    def _schedule_not_open(self):
        """Remember when to tell that a letter just sent was not opened."""
        days = self.env["b2b.family.service"]._get_int_param("not_open_days", 0)
        if days and self:
            self.not_open_date = fields.Datetime.now() + timedelta(days=days)

    @api.model
    def _cron_not_open(self):
        """Tell the authors whose letters nobody has opened in time.

        Our own clock, since it is not proved that the service tells of it: and
        if it does, by the event ``not_open``, the author is told once.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        due = [("not_open_date", "<=", fields.Datetime.now())]
        while late := self.search(due, limit=NOT_OPEN_BATCH):
            late._tell_not_open()
            if not commit_progress(len(late), remaining=self.search_count(due)):
                break

    def _tell_not_open(self):
        for letter in self.filtered(lambda lt: lt.not_open_date and lt.state == "sent"):
            letter = letter._in_author_language()
            letter._tell_author(
                "not_open",
                letter.env._(
                    "%(reader)s has not opened “%(subject)s” yet.",
                    reader=letter.partner_id.name or letter.email,
                    subject=letter.display_name,
                ),
            )
        self.not_open_date = False
