# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools.mail import html2plaintext, is_html_empty

from ...evidence import surest
from ...tools.addresses import HEADER_BREAK
from ..letter.attachment import MAX_BYTES
from ..letter.record import OPENED_BY
from ..letter.state import OF_A_MAIL, STATUSES

# What ends up in the head of the letter.
HEADER_FIELDS = ("subject", "email_from", "reply_to", "email_to", "email_cc")


class MailMail(models.Model):
    _name = "mail.mail"
    _inherit = ["mail.mail", "b2b.family.cells.mixin"]

    # A draft is not "outgoing": nothing in Odoo that sends waiting mail takes it.
    state = fields.Selection(
        selection_add=[("b2b_draft", "Draft"), ("outgoing",)],
        ondelete={"b2b_draft": "set cancel"},
    )

    b2b_send = fields.Boolean(
        "Tracked Letter",
        copy=False,
        help="This mail is sent as letters, one to each recipient, which are tracked.",
    )
    b2b_is_mailing = fields.Boolean(
        "Part of a Mailing",
        readonly=True,
        copy=False,
        help="Its recipient can ask for no more of them.",
    )
    b2b_state = fields.Selection(
        [("draft", "Draft"), *STATUSES],
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
    b2b_event_ids = fields.One2many(
        "b2b.family.event", string="What Happened", compute="_compute_b2b_details"
    )
    b2b_click_ids = fields.One2many(
        "b2b.family.event", string="Links Followed", compute="_compute_b2b_details"
    )
    b2b_sent_date = fields.Datetime("B2B Sent On", compute="_compute_b2b")
    b2b_first_open_date = fields.Datetime("First Opened On", compute="_compute_b2b")
    b2b_last_open_date = fields.Datetime("Last Opened On", compute="_compute_b2b")
    b2b_answered_date = fields.Datetime("Answered On", compute="_compute_b2b")
    b2b_refreshed_date = fields.Datetime("B2B Updated On", compute="_compute_b2b")
    b2b_next_try_date = fields.Datetime("Next Try On", compute="_compute_b2b")
    b2b_open_count = fields.Integer("Opens", compute="_compute_b2b")
    b2b_open_verdict = fields.Selection(
        OPENED_BY,
        "Opened By",
        compute="_compute_b2b",
        help="The surest of its letters.",
    )
    b2b_verdict_reason = fields.Char(
        "Why",
        compute="_compute_b2b_verdict_reason",
        help="Why the surest of its letters counts as opened, or as delivered.",
    )
    b2b_next_sync_date = fields.Datetime("Next Update On", compute="_compute_b2b")
    b2b_is_tracking_over = fields.Boolean(compute="_compute_b2b")
    b2b_opened_count = fields.Integer("Read By", compute="_compute_b2b")
    b2b_failure_reason = fields.Char("B2B Failure", compute="_compute_b2b")
    b2b_is_waiting = fields.Boolean("B2B Letters Wait", compute="_compute_b2b")
    b2b_is_failed = fields.Boolean("B2B Letters Failed", compute="_compute_b2b")
    b2b_is_cancelled = fields.Boolean("B2B Letters Cancelled", compute="_compute_b2b")
    b2b_is_doubtful = fields.Boolean("B2B Letters in Doubt", compute="_compute_b2b")
    b2b_is_asked = fields.Boolean(
        compute="_compute_b2b",
        help="Whoever delivers its letters, those in doubt if there are any, can be "
        "asked what became of them.",
    )
    b2b_is_handed_over = fields.Boolean(
        "B2B Letters Wait in Ordinary Mail", compute="_compute_b2b"
    )
    b2b_letter_count = fields.Integer(compute="_compute_b2b")
    b2b_recipients = fields.Char("All Recipients", compute="_compute_b2b_recipients")
    b2b_is_writable = fields.Boolean(
        "The User May Write It", compute="_compute_b2b_is_writable"
    )

    b2b_sender = fields.Char("Leaves From", compute="_compute_b2b_sender")
    b2b_answers_to = fields.Char("Answers Go To", compute="_compute_b2b_sender")
    b2b_template_id = fields.Many2one(
        "b2b.family.template",
        store=False,
        readonly=False,
        inverse="_inverse_b2b_template_id",
    )
    b2b_template = fields.Char(
        "Template",
        readonly=True,
        copy=False,
        default=lambda self: self.env.context.get("b2b_template"),
    )
    b2b_has_templates = fields.Boolean(compute="_compute_b2b_has_templates")
    b2b_link = fields.Char("Tracked Link", compute="_compute_b2b")
    b2b_is_link_missing = fields.Boolean(
        "The Link Is Being Made", compute="_compute_b2b"
    )

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("b2b_letter_ids.verdict_reason")
    def _compute_b2b_verdict_reason(self):
        """Apart from the rest: lists of mails do not ask what happened to each."""
        for mail in self:
            explained = mail.b2b_letter_ids.filtered("verdict_reason")
            by_verdict = explained.grouped("open_verdict")
            surest_ones = by_verdict.get(mail.b2b_open_verdict, explained)
            mail.b2b_verdict_reason = surest_ones[:1].verdict_reason

    @api.depends("b2b_send", "b2b_letter_ids.status", "b2b_letter_ids.sent_date")
    def _compute_b2b(self):
        for mail in self:
            letters = mail.b2b_letter_ids
            statuses = set(letters.mapped("status"))
            mail.b2b_state = next(
                (status for status in OF_A_MAIL if status in statuses),
                "draft" if mail.b2b_send else False,
            )
            # With a mere link nobody has got anything yet.
            arrived = letters.filtered(lambda letter: letter.state != "linked")
            mail.b2b_sent_date = min(
                filter(None, arrived.mapped("sent_date")), default=False
            )
            mail.b2b_first_open_date = min(
                filter(None, letters.mapped("first_open_date")), default=False
            )
            mail.b2b_last_open_date = max(
                filter(None, letters.mapped("last_open_date")), default=False
            )
            mail.b2b_answered_date = min(
                filter(None, letters.mapped("answered_date")), default=False
            )
            mail.b2b_refreshed_date = max(
                filter(None, letters.mapped("refreshed_date")), default=False
            )
            mail.b2b_open_count = sum(letters.mapped("open_count"))
            mail.b2b_open_verdict = surest(filter(None, letters.mapped("open_verdict")))
            mail.b2b_next_sync_date = min(
                filter(None, letters.mapped("next_sync_date")), default=False
            )
            mail.b2b_is_tracking_over = letters and all(
                letters.mapped("is_tracking_over")
            )
            waiting = letters.filtered(lambda letter: letter.state == "queued")
            mail.b2b_next_try_date = min(
                filter(None, waiting.mapped("next_try_date")), default=False
            )
            mail.b2b_is_waiting = "queued" in statuses
            mail.b2b_is_cancelled = "cancelled" in statuses and "failed" not in statuses
            mail.b2b_is_failed = mail.b2b_is_cancelled or "failed" in statuses
            doubtful = letters.filtered(lambda letter: letter.state == "unknown")
            mail.b2b_is_doubtful = bool(doubtful)
            mail.b2b_is_asked = any((doubtful or letters).mapped("is_asked"))
            mail.b2b_is_handed_over = any(lt._is_handed_over() for lt in letters)
            mail.b2b_letter_count = len(letters)
            mail.b2b_opened_count = len(letters.filtered("first_open_date"))
            lost = letters.filtered(
                lambda letter: letter.state in ("failed", "unknown")
            )
            mail.b2b_failure_reason = next(
                filter(None, (lost or waiting).mapped("failure_reason")), False
            )
            mail.b2b_link = next(filter(None, letters.mapped("link")), False)
            mail.b2b_is_link_missing = any(lt._is_link_missing() for lt in letters)

    @api.depends("recipient_ids", "email_to", "email_cc")
    def _compute_b2b_recipients(self):
        """Name all who are written to, contacts and bare addresses."""
        for mail in self:
            typed = (mail.email_to, mail.email_cc)
            names = [*mail.recipient_ids.mapped("display_name"), *filter(None, typed)]
            mail.b2b_recipients = ", ".join(names)

    @api.depends("b2b_state", "author_id")
    @api.depends_context("uid")
    def _compute_b2b_is_writable(self):
        """Tell whether it is a draft of the user's: no other mail can be written to."""
        drafts = self.filtered(lambda mail: mail.b2b_state in (False, "draft"))
        mine = drafts.filtered(lambda mail: not mail.id) | drafts._filtered_access(
            "write"
        )
        for mail in self:
            mail.b2b_is_writable = mail in mine

    @api.depends("author_id", "reply_to", "email_from")
    @api.depends("recipient_ids", "email_to", "email_cc")
    @api.depends_context("uid")
    def _compute_b2b_sender(self):
        """Say which mailbox the letter leaves from, and where answers arrive."""
        carrier = self.env["b2b.family.carrier"]
        for mail in self:
            author = mail.author_id or self.env.user.partner_id
            mailbox = carrier._mailbox_of(author.main_user_id)
            mail.b2b_sender = mailbox and f"{author.name} <{mailbox}>"
            mail.b2b_answers_to = mail._b2b_reply_to() or author.email

    @api.depends_context("uid")
    def _compute_b2b_has_templates(self):
        self.b2b_has_templates = self.env["b2b.family.template"]._exist()

    def _inverse_b2b_template_id(self):
        """Keep which template it was: reports show how its letters are read."""
        for mail in self:
            # sudo: not a field that people write
            mail.sudo().b2b_template = mail.b2b_template_id.name

    @api.onchange("b2b_template_id")
    def _onchange_b2b_template_id(self):
        """Take over subject and text of a template of the service, literally."""
        if self.b2b_template_id:
            self.subject, self.body_content = self.b2b_template_id._get_content()

    @api.depends("b2b_letter_ids")
    def _compute_b2b_details(self):
        for mail in self:
            mail.b2b_activity_ids = self.env["b2b.family.letter.activity"].search(
                [("letter_id", "in", mail.b2b_letter_ids.ids)]
            )
            mail.b2b_attachment_ids = mail.b2b_letter_ids.attachment_ids
            mail.b2b_event_ids = mail.b2b_letter_ids.event_ids
            mail.b2b_click_ids = mail.b2b_letter_ids.click_ids

    def _search_b2b_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        letters = Domain("b2b_letter_ids.status", "in", list(value))
        if "draft" in value:
            return letters | Domain("b2b_send", "=", True) & Domain(
                "b2b_letter_ids", "=", False
            )
        return letters

    @api.model
    def default_get(self, fields):
        """Begin a letter to the contacts whose letters were looked at, with signature."""
        defaults = super().default_get(fields)
        if self.env.context.get("default_b2b_send") and "body_content" in fields:
            defaults.setdefault("body_content", self._b2b_signature())
        recipients = self.env.context.get("b2b_recipient_ids")
        if recipients and "recipient_ids" in fields:
            defaults.setdefault("recipient_ids", [Command.set(recipients)])
        return defaults

    @api.model
    def _b2b_signature(self):
        """Return what a letter of the user begins with: an empty line and the signature."""
        signature = self.env.user.signature
        return not is_html_empty(signature) and Markup("<p><br></p>%s") % signature

    def _b2b_is_unwritten(self):
        """Tell whether there is no text but the signature that it began with."""
        if is_html_empty(self.body_html):
            return True
        # sudo: the author's own words, whoever sends
        signature = self.author_id.main_user_id.sudo().signature
        text = html2plaintext(self.body_html).strip()
        return text == html2plaintext(signature or "").strip()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_b2b_send(self):
        """Send the mail via B2B Family (button *Send via B2B*).

        Queues one letter for each recipient; the service is called once the
        transaction is committed.

        :raise UserError: the mail cannot be sent, in words that say what to do
        """
        self._b2b_check_draft()
        # sudo: what has to be checked is closed to authors; and from here on it is no
        # draft any more, and nobody's to write
        mails = self.sudo()
        for mail in mails:
            mail._b2b_check_sendable()
        mails.write({"b2b_send": True, "state": "outgoing", "auto_delete": False})
        mails._b2b_place()
        mails._b2b_submit()
        return True

    def action_b2b_refresh(self):
        """Ask the service about the letters of the mail (button *Refresh*)."""
        self.check_access("read")
        letters = self.b2b_letter_ids.filtered(lambda lt: lt.state != "untracked")
        if not letters.filtered(lambda lt: lt.sent_date or lt.state == "unknown"):
            raise UserError(
                self.env._(
                    "There is nothing to refresh yet: the letter has not been sent."
                )
            )
        return letters.action_refresh()

    def action_b2b_try_now(self):
        """Send the letters of the mail that wait now."""
        return self.b2b_letter_ids.action_try_now()

    def action_b2b_cancel(self):
        """Do not send the letters of the mail that wait."""
        return self.b2b_letter_ids.action_cancel()

    def action_b2b_send_again(self):
        """Send the letters of the mail that failed, or are in doubt, again."""
        return self.b2b_letter_ids.action_send_again()

    def action_b2b_send_elsewhere(self):
        """Ask for other addresses for the letters of the mail that failed."""
        return self.b2b_letter_ids.action_send_elsewhere()

    def action_b2b_send_plain(self):
        """Send the letters of the mail that are stuck by ordinary mail."""
        return self.b2b_letter_ids.action_send_plain()

    def action_b2b_arrived(self):
        """Take the letters of the mail that are in doubt for sent."""
        return self.b2b_letter_ids.action_arrived()

    def action_b2b_look_up(self):
        """Ask the service whether it has the letters in doubt."""
        return self.b2b_letter_ids.action_look_up()

    def action_b2b_make_link(self):
        """Have the service make a link to the letter, for another channel.

        :raise UserError: the mail cannot be sent, or not to several at once
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: see action_b2b_send
        mail = self.sudo()
        if letter := mail.b2b_letter_ids.filtered(lambda lt: lt._is_link_missing()):
            letter._begin_link_again()
            mail._b2b_check_leaving()
        else:
            self._b2b_check_draft()
            letter = mail._b2b_begin_link()
        letter._make_link()
        return True

    def _b2b_begin_link(self):
        """Create and return the letter that is to be handed over as a link.

        Nobody may send it meanwhile: it is committed before the service is called.

        :raise UserError: the mail cannot be sent, or not to several at once
        """
        self._b2b_check_sendable()
        if len(self._b2b_recipients()) != 1:
            raise UserError(
                self.env._(
                    "A tracked link belongs to one recipient: leave exactly one in "
                    "the letter."
                )
            )
        service = self.env["b2b.family.service"]
        account = service._account_of(self.author_id.main_user_id)
        service._check_configured(account)
        [values] = self._b2b_prepare_letters()
        values |= {"carrier": "service", "account_id": account.id}
        if values.get("state") == "untracked":
            raise UserError(
                self.env._(
                    "This recipient does not want to be tracked. Send the letter "
                    "instead: it goes by ordinary mail."
                )
            )
        letter = self.env["b2b.family.letter"]._create_linked(values)
        self.write({"b2b_send": True, "state": "sent", "auto_delete": False})
        return letter

    def _b2b_check_draft(self):
        """Raise an error unless all are drafts that the user may send.

        :raise UserError: one was sent before, in words
        :raise AccessError: one is not the user's
        """
        self.check_access("read")
        for mail in self:
            if not mail.id or not mail.exists():
                raise UserError(self.env._("Save the letter before sending it."))
            if mail.b2b_letter_ids:
                raise UserError(
                    self.env._(
                        "This letter was sent already. Write a new letter, or use "
                        "“Send Again” if it failed."
                    )
                )
            if mail.state in ("sent", "received"):
                raise UserError(
                    self.env._("This mail was sent by ordinary mail already.")
                )
        self.check_access("write")

    def _b2b_check_sendable(self):
        """Raise UserError, naming the field, when the mail cannot be sent."""
        self.ensure_one()
        self._b2b_check_leaving()
        for name in HEADER_FIELDS:
            if HEADER_BREAK.search(self[name] or ""):
                raise UserError(
                    self.env._(
                        "“%(field)s” must be a single line.",
                        field=self._fields[name].get_description(self.env)["string"],
                    )
                )
        self._b2b_check_recipients()
        for attachment in self._b2b_split_attachments()[0]:
            if attachment.file_size > MAX_BYTES:
                raise UserError(attachment._b2b_too_large())
        if not (self.subject or "").strip():
            raise UserError(self.env._("“Subject” is empty. Write one before sending."))
        if self._b2b_is_unwritten():
            raise UserError(
                self.env._("“Message” is empty. Write a text before sending.")
            )
        self.env["b2b.family.carrier"]._check_ready(self.author_id.main_user_id)

    def _b2b_check_recipients(self):
        """Raise UserError unless there are recipients, each with a valid address."""
        recipients = self._b2b_recipients()
        for partner, email, raw in recipients:
            if email:
                continue
            problem = self._b2b_invalid_words(partner, raw)
            raise UserError(
                self.env._(
                    "To: %(problem)s Correct it or take it off.", problem=problem
                )
                if raw
                else self.env._(
                    "To: %(problem)s Add one or take the contact off.", problem=problem
                )
            )
        if not recipients:
            raise UserError(
                self.env._(
                    "“To” has no recipient with a valid e-mail address. "
                    "Add one before sending."
                )
            )
