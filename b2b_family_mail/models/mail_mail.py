# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import clean_context
from odoo.tools.mail import (
    append_content_to_html,
    email_normalize,
    email_normalize_all,
    is_html_empty,
)

from .b2b_family_letter import STATES

# What the state of a mail is, from those of its letters: the first that occurs.
STATE_PRIORITY = ("sending", "queued", "unknown", "opened", "sent", "failed")
# Nobody but an administrator decides who a letter is from.
SENDER_FIELDS = (
    "author_id",
    "email_from",
    "reply_to",
    "mail_server_id",
    "mail_message_id",
    "headers",
)
# What ends up in the head of the letter: a line break there could add to it.
HEADER_FIELDS = ("subject", "email_from", "reply_to", "email_to", "email_cc")
HEADER_BREAK = re.compile(r"[\r\n\0]")
# Separators inside quotes belong to a name: "Doe, John" <john@x.ru>
ADDRESS_LIST = re.compile(r'(?:"[^"]*"|[^,;"])+')


class MailMail(models.Model):
    _inherit = "mail.mail"

    # A draft is not "outgoing": nothing in Odoo that sends waiting mail takes it.
    state = fields.Selection(
        selection_add=[("b2b_draft", "Draft"), ("outgoing",)],
        ondelete={"b2b_draft": "set cancel"},
    )
    body_content = fields.Html(inverse="_inverse_body_content")

    b2b_send = fields.Boolean(
        "By B2B Family", copy=False, help="This mail goes by B2B Family, not by SMTP."
    )
    b2b_state = fields.Selection(
        [("draft", "Draft"), *STATES],
        "B2B Status",
        compute="_compute_b2b",
        search="_search_b2b_state",
    )
    b2b_letter_ids = fields.One2many(
        "b2b.family.letter", "mail_id", "B2B Letters", readonly=True, copy=False
    )
    b2b_activity_ids = fields.One2many(
        "b2b.family.letter.activity",
        string="Letter Information",
        compute="_compute_b2b_details",
    )
    b2b_attachment_ids = fields.One2many(
        "b2b.family.letter.attachment",
        string="Attachment Information",
        compute="_compute_b2b_details",
    )
    b2b_sent_date = fields.Datetime("B2B Sent On", compute="_compute_b2b")
    b2b_first_open_date = fields.Datetime("First Opened On", compute="_compute_b2b")
    b2b_last_open_date = fields.Datetime("Last Opened On", compute="_compute_b2b")
    b2b_refreshed_date = fields.Datetime("B2B Updated On", compute="_compute_b2b")
    b2b_next_try_date = fields.Datetime("Next Try On", compute="_compute_b2b")
    b2b_opened_count = fields.Integer("Read By", compute="_compute_b2b")
    b2b_failure_reason = fields.Char("B2B Failure", compute="_compute_b2b")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("b2b_send", "b2b_letter_ids.state")
    def _compute_b2b(self):
        for mail in self:
            letters = mail.b2b_letter_ids
            states = set(letters.mapped("state"))
            mail.b2b_state = next(
                (state for state in STATE_PRIORITY if state in states),
                "draft" if mail.b2b_send else False,
            )
            mail.b2b_sent_date = min(
                filter(None, letters.mapped("sent_date")), default=False
            )
            mail.b2b_first_open_date = min(
                filter(None, letters.mapped("first_open_date")), default=False
            )
            mail.b2b_last_open_date = max(
                filter(None, letters.mapped("last_open_date")), default=False
            )
            mail.b2b_refreshed_date = max(
                filter(None, letters.mapped("refreshed_date")), default=False
            )
            waiting = letters.filtered(lambda letter: letter.state == "queued")
            mail.b2b_next_try_date = min(
                filter(None, waiting.mapped("next_try_date")), default=False
            )
            mail.b2b_opened_count = len(letters.filtered("first_open_date"))
            mail.b2b_failure_reason = next(
                filter(None, letters.mapped("failure_reason")), False
            )

    @api.depends("b2b_letter_ids")
    def _compute_b2b_details(self):
        for mail in self:
            mail.b2b_activity_ids = self.env["b2b.family.letter.activity"].search(
                [("letter_id", "in", mail.b2b_letter_ids.ids)]
            )
            mail.b2b_attachment_ids = mail.b2b_letter_ids.attachment_ids

    def _search_b2b_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        letters = Domain("b2b_letter_ids.state", "in", list(value))
        if "draft" in value:
            return letters | Domain("b2b_send", "=", True) & Domain(
                "b2b_letter_ids", "=", False
            )
        return letters

    def _inverse_body_content(self):
        for mail in self:
            mail.body_html = mail.body_content

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        by_default = self.env.context.get("default_b2b_send")
        if not self._b2b_is_trusted():
            # What users write is a letter. Defaults would bypass what it must be.
            self = self.with_context(clean_context(self.env.context))
            vals_list = [{**vals, "b2b_send": True} for vals in vals_list]
        for vals in vals_list:
            if vals.get("b2b_send", by_default):
                self._b2b_prepare_create(vals)
        return super().create(vals_list)

    def write(self, vals):
        if not self._b2b_is_trusted():
            if any(name in vals for name in SENDER_FIELDS):
                raise AccessError(
                    self.env._("Only an administrator can change who a letter is from.")
                )
            if not vals.get("b2b_send", True):
                raise AccessError(
                    self.env._("Only an administrator can make a letter ordinary mail.")
                )
        return super().write(vals)

    def unlink(self):
        drafts = self.filtered(lambda mail: mail.state == "b2b_draft")
        drafts.check_access("unlink")
        # sudo: the message behind a draft belongs to nobody in core's eyes
        super(MailMail, drafts.sudo()).unlink()
        others = self - drafts
        return super(MailMail, others).unlink() if others else True

    @api.model
    def _b2b_prepare_create(self, vals):
        """Make ``vals`` those of a letter: a draft, kept after it was sent."""
        vals.setdefault("state", "b2b_draft")
        vals["auto_delete"] = False
        if self._b2b_is_trusted():
            return
        # Anybody may write letters, but only under the own name.
        user = self.env.user
        vals.update(
            author_id=user.partner_id.id,
            email_from=user.email_formatted,
            record_company_id=self.env.company.id,
        )
        for name in {*SENDER_FIELDS} - {"author_id", "email_from"}:
            vals.pop(name, None)

    def _b2b_is_trusted(self):
        return self.env.su or self.env.user._is_system()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_b2b_send(self):
        """Send the mail via B2B Family (button *Send via B2B*).

        Queues one letter for each recipient; the service is called once the
        transaction is committed.

        :raise UserError: the mail cannot be sent, in words that say what to do
        """
        for mail in self:
            mail._b2b_check_sendable()
        self.write({"b2b_send": True, "state": "outgoing", "auto_delete": False})
        self._b2b_submit()
        return True

    def action_b2b_refresh(self):
        """Ask the service about the letters of the mail (button *Refresh*)."""
        self.check_access("read")
        letters = self.b2b_letter_ids
        if not letters.filtered(lambda lt: lt.ref or lt.state == "unknown"):
            raise UserError(
                self.env._(
                    "There is nothing to refresh yet: the letter has not been sent."
                )
            )
        return letters.action_refresh()

    def action_b2b_send_again(self):
        """Send the letters of the mail that failed, or are in doubt, again."""
        return self.b2b_letter_ids.action_send_again()

    def action_b2b_look_up(self):
        """Ask the service whether it has the letters in doubt."""
        return self.b2b_letter_ids.action_look_up()

    def mark_outgoing(self):
        """Core's *Retry*: letters that were refused are tried again, too."""
        result = super().mark_outgoing()
        # sudo: users may retry their mail, the letters are written by the system
        failed = self.sudo().b2b_letter_ids.filtered(lambda lt: lt.state == "failed")
        failed._requeue()
        failed._deliver_after_commit()
        return result

    def cancel(self):
        """Core's *Cancel*: letters that still wait are not sent."""
        result = super().cancel()
        # sudo: see mark_outgoing
        waiting = self.sudo().b2b_letter_ids.filtered(lambda lt: lt.state == "queued")
        waiting.write(
            {"state": "failed", "failure_reason": self.env._("Sending was cancelled.")}
        )
        return result

    def _b2b_check_sendable(self):
        """Raise UserError, naming the field, when the mail cannot be sent."""
        self.ensure_one()
        if not self.id or not self.exists():
            raise UserError(self.env._("Save the letter before sending it."))
        if self.b2b_letter_ids:
            raise UserError(
                self.env._(
                    "This letter was handed to B2B Family already. Write a new "
                    "letter, or use “Send again” if it failed."
                )
            )
        if self.state in ("sent", "received"):
            raise UserError(self.env._("This mail was sent by ordinary mail already."))
        if not any(email for _partner, email, _raw in self._b2b_recipients()):
            raise UserError(
                self.env._(
                    "“To” has no recipient with a valid e-mail address. "
                    "Add one before sending."
                )
            )
        for name in HEADER_FIELDS:
            if HEADER_BREAK.search(self[name] or ""):
                raise UserError(
                    self.env._(
                        "“%(field)s” must be a single line.",
                        field=self._fields[name].get_description(self.env)["string"],
                    )
                )
        if is_html_empty(self.body_html) and not self.subject:
            raise UserError(
                self.env._("The letter is empty. Write a subject or a text first.")
            )
        self.env["b2b.family.service"]._check_configured(self._b2b_account())

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send ours by B2B Family and the rest as core does."""
        ours = self.filtered("b2b_send")
        if not ours:
            return super().send(
                auto_commit=auto_commit,
                raise_exception=raise_exception,
                post_send_callback=post_send_callback,
            )
        ours._b2b_submit()
        if post_send_callback:
            post_send_callback(ours.ids)
        others = self - ours
        return not others or others.send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _b2b_submit(self):
        """Split each mail into letters, queued, and have them sent after commit.

        A mail that has its letters already is left alone, so that pressing
        twice, core's queue and a replayed transaction send nothing twice.
        """
        # sudo: the letters are written by the system, whoever sends the mail
        mails = (
            self.sudo()
            .try_lock_for_update()
            .filtered(lambda mail: mail.state in ("outgoing", "b2b_draft", "exception"))
        )
        fresh = mails.filtered(lambda mail: not mail.b2b_letter_ids)
        letters = (
            self.env["b2b.family.letter"]
            .sudo()
            .create([vals for mail in fresh for vals in mail._b2b_prepare_letters()])
        )
        fresh.write({"state": "outgoing"})
        fresh.filtered(lambda mail: not mail.b2b_letter_ids)._b2b_fail_empty()
        fresh._b2b_keep_attachments()
        mails.filtered("b2b_letter_ids")._b2b_update_state()
        letters.filtered(lambda lt: lt.state == "queued")._deliver_after_commit()

    def _b2b_prepare_letters(self):
        """Return the values of the letters of one mail, one for each recipient."""
        self.ensure_one()
        attachments = self._b2b_split_attachments()[0]
        common = {
            "mail_id": self.id,
            "message_id": self.mail_message_id.id,
            "subject": self.subject,
            "author_id": self.author_id.id,
            "company_id": self.record_company_id.id or self.env.company.id,
            "account_id": self._b2b_account().id,
            "res_model": self.model,
            "res_id": self.res_id,
        }
        files = [
            Command.create(
                {
                    "ir_attachment_id": attachment.id,
                    "name": attachment.name,
                    "checksum": attachment.checksum,
                }
            )
            for attachment in attachments
        ]
        return [
            {
                **common,
                **self._b2b_prepare_recipient(partner, email, raw),
                "attachment_ids": files,
            }
            for partner, email, raw in self._b2b_recipients()
        ]

    def _b2b_prepare_recipient(self, partner, email, raw):
        values = {"partner_id": partner.id, "email": email}
        if email:
            return values
        return values | {
            "state": "failed",
            "failure_reason": self.env._(
                "“%(address)s” is not a valid e-mail address.", address=raw
            ),
        }

    def _b2b_recipients(self):
        """Return who gets a letter, each address once.

        :return: list of ``(partner, email, raw)``: a ``res.partner``, empty for
            a bare address; the normalized address, False when it is not valid;
            what was typed
        """
        self.ensure_one()
        nobody = self.env["res.partner"]
        candidates = [
            (partner, email, partner.email or partner.name)
            for partner in self.recipient_ids
            for email in self._b2b_read_addresses(partner.email)
        ]
        typed = f"{self.email_to or ''},{self.email_cc or ''}"
        candidates += [
            (nobody, email, address.strip())
            for address in ADDRESS_LIST.findall(typed)
            if address.strip()
            for email in self._b2b_read_addresses(address)
        ]
        recipients = {}
        for partner, email, raw in candidates:
            recipients.setdefault(email or (partner, raw), (partner, email, raw))
        return list(recipients.values())

    @api.model
    def _b2b_read_addresses(self, text):
        """Return the normalized addresses in ``text``; ``[False]`` for none.

        A line break makes none of it: core would read "a@x.ru, newline, Bcc: e@x.ru"
        as two recipients.
        """
        broken = HEADER_BREAK.search(text or "")
        return not broken and email_normalize_all(text) or [False]

    def _b2b_fail_empty(self):
        """Core's words for mails without any recipient."""
        self.write(
            {
                "state": "exception",
                "failure_type": "mail_email_missing",
                "failure_reason": self.env["ir.mail_server"].NO_VALID_RECIPIENT,
            }
        )

    def _b2b_keep_attachments(self):
        """Tie files that were uploaded in the form to the letter's message."""
        for mail in self:
            loose = mail.attachment_ids.filtered(
                lambda att: att.res_model in ("mail.mail", False) and not att.res_id
            )
            loose.write(
                {"res_model": "mail.message", "res_id": mail.mail_message_id.id}
            )

    # ------------------------------------------------------------
    # CONTENT
    # ------------------------------------------------------------

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
        return email_normalize(self.reply_to or self.email_from) or ""

    # ------------------------------------------------------------
    # OUTCOME
    # ------------------------------------------------------------

    def _b2b_update_state(self):
        """Let core's state and notifications say what became of the letters."""
        for mail in self:
            letters = mail.b2b_letter_ids
            if any(letter.state in ("queued", "sending") for letter in letters):
                if mail.state == "exception":
                    mail.state = "outgoing"
                continue
            lost = letters.filtered(lambda lt: lt.state in ("failed", "unknown"))
            delivered = letters - lost
            reason = next(filter(None, lost.mapped("failure_reason")), False)
            mail.write(
                {
                    "state": "sent" if delivered else "exception",
                    "failure_type": False if delivered else "unknown",
                    "failure_reason": reason,
                }
            )
            mail._postprocess_sent_message(
                success_pids=list(delivered.partner_id),
                success_emails=delivered.mapped("email"),
                failure_type="unknown" if lost else None,
                failure_reason=reason,
            )
