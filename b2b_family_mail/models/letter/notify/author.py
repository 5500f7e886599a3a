# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
import json
import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ....runtime import transact
from ....tools.rights import seen_by
from ..state import READ_STATES

_logger = logging.getLogger(__name__)

# kind of news -> colour of the pop-up
POPUPS = {
    "open": "success",
    "answer": "success",
    "attachment": "success",
    "failure": "danger",
}
# That nothing happened is found out when nobody looks, and is there to be acted upon:
# it does not pop up.
KINDS = (*POPUPS, "not_open")
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
            # What is told a user goes to his contact; and in which company it is told
            # does not matter, but would be looked up. So neither is.
            author.with_company(letters.company_id[:1])._bus_send(
                "b2b_family_mail.letter/update",
                {
                    "letter_ids": letters.ids,
                    "mail_ids": letters.mail_id.ids,
                    "partner_ids": letters.partner_id.ids,
                },
            )
        return super()._notify_screens()

    # ------------------------------------------------------------
    # NOTICES
    # ------------------------------------------------------------

    def _tell_author(self, kind, message):
        """Tell the author of these letters in the way chosen in his preferences.

        :param str kind: one of ``KINDS``; called once for each letter and kind
        :param str message: plain text, in the author's language
        """
        user = self.author_id.main_user_id
        # sudo: preferences of the author, whoever causes the news
        way = (
            user.sudo()[f"b2b_notice_{kind}"] if user and user._is_internal() else None
        )
        if kind == "answer" and self._is_answer_shown():
            return
        if way == "popup":
            self._tell_by_popup(user, kind, message)
        elif way == "message":
            # Why it failed is in the text: no subject is that long.
            subject = self._news_title(kind) if kind == "failure" else message
            self._tell_by_message(user, subject, message)
        elif way == "activity":
            self._tell_by_activity(user, message)

    def _tell_by_popup(self, user, kind, message):
        """Pop up in the open windows of the user, and on his devices.

        A window joins what it is told of letters that say the same: a mailing.
        """
        user._bus_send(
            "b2b_family_mail.letter/notice",
            {
                "letter_id": self.id,
                "kind": kind,
                "subject": self.display_name,
                "message": message,
                "type": POPUPS[kind],
            },
        )
        self._tell_by_push(user, kind, message)

    def _tell_by_push(self, user, kind, message):
        """Tell the devices on which the user has allowed Odoo to do so.

        By core's queue even if they are few: core would call their makers at once,
        inside the transaction that stores the news.
        """
        thread = self.env["mail.thread"]
        devices, *keys = thread._web_push_get_partners_parameters(user.partner_id.ids)
        if not devices or not all(keys):
            return
        payload = thread._web_push_truncate_payload(
            {
                "title": "B2B Family",
                "options": {
                    "body": message,
                    "icon": "/b2b_family_mail/static/description/icon.png",
                    "data": {"model": self._name, "res_id": self.id},
                    # A device shows the last one of those with the same tag.
                    "tag": self._news_tag(kind),
                },
            }
        )
        # sudo: the queue is core's, and for everybody's devices
        self.env["mail.push"].sudo().create(
            [
                {"mail_push_device_id": device.id, "payload": json.dumps(payload)}
                for device in devices
            ]
        )
        self.env.ref("mail.ir_cron_web_push_notification")._trigger()

    def _news_tag(self, kind):
        """Return what news of one kind about the letters of one mailing share."""
        return hashlib.sha256(f"{kind} {self.display_name}".encode()).hexdigest()[:16]

    def _tell_by_message(self, user, subject, message):
        """Leave a message in the inbox, or by e-mail if the user prefers that."""
        body = Markup("<p>%s</p>") % message
        if seen_by(user, self).has_access("read"):
            url = f"{self[0].get_base_url()}/odoo/b2b-letters"
            body += Markup("<p><a href='%s'>%s</a></p>") % (
                (f"{url}/{self.id}", self.env._("Open the letter"))
                if len(self) == 1
                else (url, self.env._("Show the letters"))
            )
        self.env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject,
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
            _logger.info("No to-do on the document of letter %s", self[0].key)
        # sudo: core asks for the right to write, to follow a contact reading is enough
        self._notice_contact(user).sudo().activity_schedule(**todo)

    def _notice_document(self, user):
        """Return the document as its author sees it; no record if he does not.

        Nor if the letters are about several.
        """
        model = seen_by(user, self).env.get(self[0].res_model or "")
        about = {(letter.res_model, letter.res_id) for letter in self}
        if model is None or not hasattr(model, "activity_schedule") or len(about) > 1:
            return user.partner_id.browse()
        return model.browse(self[0].res_id).exists()._filtered_access("read")

    def _notice_contact(self, user):
        """Return the one recipient, if the author may read him, else the author."""
        recipient = seen_by(user, self).env["res.partner"]
        if len(self) == 1:
            recipient = recipient.browse(self.partner_id.id)
        return recipient._filtered_access("read") or user.partner_id

    def _tell(self, kind):
        for letter in self:
            letter = letter._in_author_language()
            letter._tell_author(kind, letter._news_words(kind))
        return super()._tell(kind)

    def _is_answer_shown(self):
        """Tell whether Odoo has told the author of an answer: he follows the document."""
        stands_here = "mail" in self.event_ids.mapped("source")
        # sudo: whoever causes the news
        return stands_here and self.env["mail.followers"].sudo().search_count(
            [
                ("res_model", "=", self.res_model),
                ("res_id", "=", self.res_id),
                ("partner_id", "=", self.author_id.id),
            ],
            limit=1,
        )

    def _news_words(self, kind):
        """Return what the author is told of one letter."""
        title = self._news_title(kind)
        return f"{title} {self.failure_reason}" if kind == "failure" else title

    def _news_title(self, kind):
        """Return what happened to one letter, in one sentence."""
        if kind == "open":
            return self.env._(
                "%(reader)s opened “%(subject)s”.",
                reader=self.partner_id.name or self.email,
                subject=self.display_name,
            )
        if kind == "answer":
            return self.env._(
                "“%(subject)s” to %(reader)s was answered.",
                reader=self.partner_id.name or self.email,
                subject=self.display_name,
            )
        return self.env._(
            "“%(subject)s” to %(email)s was not delivered.",
            subject=self.display_name,
            email=self.email,
        )

    # ------------------------------------------------------------
    # NOT OPENED
    # ------------------------------------------------------------

    def _accepted(self, moved):
        moved._schedule_not_open()
        return super()._accepted(moved)

    def _raise_state(self, state):
        moved = super()._raise_state(state)
        if state in READ_STATES:
            moved.not_open_date = False
        return moved

    def _set_judged(self, state, reason=False):
        """Let the author be told in time of a young letter that no longer counts as opened."""
        self.not_open_date = False
        if state in ("sent", "delivered"):
            now, days = fields.Datetime.now(), self._not_open_days()
            for letter in self:
                due = letter.sent_date and letter.sent_date + timedelta(days=days)
                letter.not_open_date = due and due > now and due
        return super()._set_judged(state, reason)

    @api.model
    def _not_open_days(self):
        return self._carrier()._get_int_param("not_open_days", 0)

    def _schedule_not_open(self):
        """Remember when to tell that a letter just sent was not opened."""
        days = self._not_open_days()
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
            transact(self.env, lambda late=late: late.exists()._tell_not_open())
            if not commit_progress(len(late), remaining=self.search_count(due)):
                break

    def _tell_not_open(self):
        """Tell the authors which of these letters are not opened, a mailing at once."""
        late = self.filtered(
            lambda lt: lt.not_open_date and lt.state in ("sent", "delivered")
        )
        # Of letters to those who refused this is not known.
        late -= late._refusals()["opens"]
        for letters in late.grouped(lambda lt: (lt.author_id, lt.subject)).values():
            letters = letters._in_author_language()
            letters._tell_author("not_open", letters._not_open_words())
        self.not_open_date = False
        self._notify_screens()

    def _not_open_words(self):
        subject = self[0].display_name
        if len(self) == 1:
            return self.env._(
                "%(reader)s has not opened “%(subject)s” yet.",
                reader=self.partner_id.name or self.email,
                subject=subject,
            )
        return self.env._(
            "%(count)s recipients have not opened “%(subject)s” yet.",
            count=len(self),
            subject=subject,
        )
