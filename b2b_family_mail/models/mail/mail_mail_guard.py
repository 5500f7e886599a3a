# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain

#: What a person writes of a letter.
WRITTEN = frozenset(
    ("subject", "body_html", "body_content", "recipient_ids", "email_to", "email_cc")
    + ("attachment_ids", "b2b_template_id", "b2b_attachment_links", "scheduled_date")
)
#: Which document it is about. That is said once, when the letter is begun.
DOCUMENT = frozenset(("model", "res_id"))
#: What the form sends along, and the only value that it may have.
ECHOED = {"b2b_send": True, "state": "b2b_draft", "message_type": "email_outgoing"}
#: Records that a person puts into a letter: they are linked, not made or changed.
LINKED = {"recipient_ids": "res.partner", "attachment_ids": "ir.attachment"}
#: What of a message behind a draft its author changes through the draft.
OF_MESSAGE = frozenset(("subject", "attachment_ids"))
#: Keys of a context that say who asks, not what is written.
WHO_ASKS = ("lang", "tz", "uid", "allowed_company_ids")


class MailMail(models.Model):
    """What users other than administrators may do with mails.

    Core keeps mails to administrators, so whatever it has for them trusts its caller.
    Salespeople write letters, which are mails: they may do what is listed here, with
    own drafts. All else is refused, by whatever way it is tried.
    """

    _inherit = "mail.mail"

    # The mail of a message that was posted on a document may hold what only its
    # recipient is to have: his access token to the document, a sign-up link. The author
    # sees what he wrote, see body_content.
    body_html = fields.Text(groups="base.group_system")
    body_content = fields.Html(inverse="_inverse_body_content", compute_sudo=True)

    @api.depends("body_html", "is_notification", "mail_message_id.body")
    @api.depends_context("uid")
    def _compute_body_content(self):
        """Show the author what he wrote, without what Odoo adds for the recipient."""
        trusted = self.env.user._is_system()
        for mail in self:
            whole = trusted or not mail.is_notification
            mail.body_content = mail.body_html if whole else mail.mail_message_id.body

    def _search_body_content(self, operator, value):
        if self._b2b_is_trusted():
            return super()._search_body_content(operator, value)
        return self._b2b_own_text(operator, value) | (
            Domain("is_notification", "=", True)
            & Domain("mail_message_id.body", operator, value)
        )

    @api.model
    def _b2b_own_text(self, operator, value):
        """Return the domain of the mails whose text is for their author to read."""
        # sudo: the field is closed to authors, and the mails found are still those
        # that the user may read
        own = Domain("is_notification", "=", False)
        text = own & Domain("body_html", operator, value)
        return Domain("id", "in", self.sudo()._search(text))

    def _inverse_body_content(self):
        for mail in self:
            # sudo: the field is closed to the letter's author
            mail.sudo().body_html = mail.body_content

    # ------------------------------------------------------------
    # WHO ASKS
    # ------------------------------------------------------------

    def _b2b_is_trusted(self):
        """Tell whether core's own rules for mails are enough: for administrators."""
        return self.env.is_system()

    def _b2b_check_trusted(self):
        """Raise AccessError unless an administrator, or the system, asks."""
        if not self._b2b_is_trusted():
            raise AccessError(
                self.env._(
                    "Only an administrator can do this with an e-mail. A letter leaves "
                    "by its button “Send via B2B”."
                )
            )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self._b2b_is_trusted():
            by_default = self.env.context.get("default_b2b_send")
            for vals in vals_list:
                if vals.get("b2b_send", by_default):
                    self._b2b_prepare_create(vals)
            return super().create(vals_list)
        writing = self._b2b_with_plain_context()
        letters = [writing._b2b_prepare_draft(vals) for vals in vals_list]
        return super(MailMail, writing).create(letters).with_env(self.env)

    def write(self, vals):
        if self._b2b_is_trusted():
            return super().write(vals)
        writing = self._b2b_with_plain_context()
        return super(MailMail, writing).write(writing._b2b_check_values(vals, WRITTEN))

    def unlink(self):
        drafts = self.filtered(lambda mail: mail.state == "b2b_draft")
        drafts.check_access("unlink")
        # sudo: the message behind a draft belongs to nobody in core's eyes
        super(MailMail, drafts.sudo()).unlink()
        others = self - drafts
        return super(MailMail, others).unlink() if others else True

    def copy_data(self, default=None):
        if self._b2b_is_trusted():
            return super().copy_data(default)
        self.check_access("read")
        default = self._b2b_check_values(default or {}, WRITTEN)
        return [
            {
                "subject": mail.subject,
                "body_content": mail.body_content,
                "email_to": mail.email_to,
                "email_cc": mail.email_cc,
                **{name: [Command.set(mail[name].ids)] for name in LINKED},
                **default,
            }
            for mail in self
        ]

    @api.model
    def _b2b_prepare_create(self, vals):
        """Make ``vals`` those of a letter: a draft, kept after it was sent."""
        vals.setdefault("state", "b2b_draft")
        vals.setdefault("record_company_id", self.env.company.id)
        vals["auto_delete"] = False

    @api.model
    def _b2b_prepare_draft(self, vals):
        """Return the values of the draft that a person begins.

        Under one's own name: anybody may write letters, nobody in another's name.
        """
        user = self.env.user
        written = self._b2b_check_values(vals, WRITTEN | DOCUMENT | ECHOED.keys())
        document = self._b2b_check_document(written)
        company = document and document._mail_get_companies()[document.id]
        return {
            **written,
            **ECHOED,
            "author_id": user.partner_id.id,
            "email_from": user.email_formatted,
            "record_company_id": (company or self.env.company).id,
            "auto_delete": False,
        }

    def _b2b_with_plain_context(self):
        """Return the mails without anything in the context that writes along."""
        context = {
            name: value for name, value in self.env.context.items() if name in WHO_ASKS
        }
        return self.with_env(self.env(context=context))

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    @api.model
    def _b2b_check_values(self, vals, allowed):
        """Return the values of a letter that a person gave, if all may be given.

        :param allowed: names of fields
        :raise AccessError: naming the field that may not, or not like that
        """
        for name, value in vals.items():
            if name not in allowed or value != ECHOED.get(name, value):
                self._b2b_refuse_field(name)
        for name, comodel in LINKED.items():
            if vals.get(name):
                self.env[comodel].browse(
                    self._b2b_linked_ids(name, vals[name])
                ).check_access("read")
        written = {name: vals[name] for name in vals if name not in ECHOED}
        if "body_html" in written:
            # The one way in: what people write is sanitized.
            written["body_content"] = written.pop("body_html")
        return written

    @api.model
    def _b2b_refuse_field(self, name):
        """Raise AccessError, naming a field that a person may not give."""
        raise AccessError(
            self.env._(
                "Only an administrator can set “%(field)s” of a letter.",
                field=self._b2b_label(name),
            )
        )

    @api.model
    def _b2b_label(self, name):
        field = self._fields.get(name)
        label = field and field.get_description(self.env, ["string"])["string"]
        return f"{label} ({name})" if label else name

    @api.model
    def _b2b_linked_ids(self, name, commands):
        """Return the ids that commands put into a letter.

        :raise AccessError: a command does something else than link and unlink
        """
        ids = set()
        for command in commands:
            match command:
                case int():
                    ids.add(command)
                case [Command.LINK, int() as record_id, *_]:
                    ids.add(record_id)
                case [Command.SET, _, [*record_ids]]:
                    ids.update(record_ids)
                case [Command.UNLINK, int(), *_] | [Command.CLEAR, *_]:
                    pass
                case _:
                    raise AccessError(
                        self.env._(
                            "“%(field)s” of a letter: existing records can be added "
                            "and taken off, nothing else.",
                            field=self._b2b_label(name),
                        )
                    )
        return ids

    @api.model
    def _b2b_check_document(self, vals):
        """Return the document that a new letter is about, if its author may read it.

        :return: a record, or None
        :raise AccessError: there is none, or the author may not read it
        """
        model, res_id = vals.get("model"), vals.get("res_id")
        if not model and not res_id:
            return None
        documents = self.env.get(model)
        if isinstance(documents, self.pool["mail.thread"]) and isinstance(res_id, int):
            if document := documents.browse(res_id).exists():
                document.check_access("read")
                return document
        raise AccessError(self.env._("The letter's document does not exist."))

    # ------------------------------------------------------------
    # CORE'S METHODS
    # ------------------------------------------------------------

    # They have no check of their own: only administrators could call them.

    def send_after_commit(self):
        self._b2b_check_trusted()
        return super().send_after_commit()

    @api.model
    def process_email_queue(self, *args, **kwargs):
        self._b2b_check_trusted()
        return super().process_email_queue(*args, **kwargs)

    def action_send_and_close(self):
        self._b2b_check_trusted()
        return super().action_send_and_close()

    def mark_outgoing(self):
        """Core's *Retry*: letters that were refused are tried again, too."""
        if not self._b2b_is_trusted():
            return self.action_b2b_send_again()
        # sudo: which of them have letters, whoever asks
        failed = self.sudo().b2b_letter_ids.filtered(lambda lt: lt.state == "failed")
        result = super(MailMail, self - failed.mail_id).mark_outgoing()
        return failed.with_env(self.env).action_send_again() if failed else result

    def cancel(self):
        """Core's *Cancel*: letters that still wait are not sent."""
        if not self._b2b_is_trusted():
            return self.b2b_letter_ids.action_cancel()
        # sudo: see mark_outgoing
        self.sudo().b2b_letter_ids._cancel()
        return super().cancel()
