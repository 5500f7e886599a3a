# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import secrets

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Verdicts that count as opened, see event/verdict.py: to whom the open is put down.
OPENED_BY = [
    ("person", "The reader"),
    ("proxy", "The mail provider, for the reader"),
    ("reported", "As the service reports"),
    ("unclear", "The reader, or a program"),
]


# Who delivers a letter, see carrier/carrier.py.
CARRIERS = [("service", "B2B Family"), ("odoo", "This Odoo")]


class B2BFamilyLetter(models.Model):
    """One letter to one recipient, as who delivers it knows it.

    It hangs on the message, since core deletes mail.mail records freely, and
    outlives both: who was written to, and when it was read, stays known.
    """

    _name = "b2b.family.letter"
    _inherit = ["b2b.family.opens.mixin", "b2b.family.cells.mixin"]
    _description = "B2B Family Letter"
    _order = "id desc"
    _rec_name = "subject"

    key = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self._new_key(),
        help="Our name for the letter, for whoever delivers it: random, so that it says "
        "nothing about the letter and cannot be guessed.",
    )
    ref = fields.Char("Service ID", readonly=True, copy=False, index="btree_not_null")
    subject = fields.Char(readonly=True)
    mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null")
    message_id = fields.Many2one(
        "mail.message",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Recipient",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    email = fields.Char(readonly=True)
    recipient = fields.Char(
        "Recipient Name",
        compute="_compute_recipient",
        help="The contact, or the address if there is none.",
    )
    author_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    carrier = fields.Selection(
        CARRIERS,
        "Delivered By",
        default="service",
        required=True,
        readonly=True,
        copy=False,
    )
    account_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Whose own account at B2B Family the letter goes by. Empty: the one of "
        "the settings.",
    )
    template = fields.Char(
        readonly=True,
        copy=False,
        help="The template that the letter was begun with, by its name then.",
    )
    res_model = fields.Char("Document Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Document ID", model_field="res_model", readonly=True
    )

    open_verdict = fields.Selection(
        OPENED_BY,
        "Opened By",
        readonly=True,
        copy=False,
        help="How sure it is that the reader opened it: the surest of what was seen.",
    )
    sent_date = fields.Datetime("Sent On", readonly=True, copy=False)
    refreshed_date = fields.Datetime(
        "Updated On",
        readonly=True,
        copy=False,
        help="When it was last asked what became of it.",
    )
    failure_reason = fields.Char(readonly=True, copy=False)

    claim_date = fields.Datetime(
        "Last Try On", readonly=True, copy=False, help="When sending last began."
    )
    try_count = fields.Integer("Tries", readonly=True, copy=False)
    next_try_date = fields.Datetime(
        "Next Try On",
        readonly=True,
        copy=False,
        help="A queued letter is not sent, and one in doubt not looked up, before.",
    )
    next_sync_date = fields.Datetime(
        "Next Update On",
        readonly=True,
        copy=False,
        help="When it is asked next what became of it. Empty: tracking has ended.",
    )

    attachment_ids = fields.One2many(
        "b2b.family.letter.attachment", "letter_id", "Attachments", readonly=True
    )
    event_ids = fields.One2many(
        "b2b.family.event", "letter_id", "Events", readonly=True
    )
    click_ids = fields.One2many(
        "b2b.family.event",
        "letter_id",
        "Links Followed",
        # Each once, and none that no recipient sees.
        domain=[
            ("event_type", "=", "link_click"),
            ("twin_id", "=", False),
            ("verdict_rule", "!=", "trap"),
        ],
        readonly=True,
    )
    activity_ids = fields.One2many(
        "b2b.family.letter.activity", "letter_id", "Letter Information", readonly=True
    )
    mail_letter_count = fields.Integer(
        "Letters of the Mail", related="mail_id.b2b_letter_count"
    )
    document_name = fields.Char("Document", compute="_compute_document_name")
    attachment_count = fields.Integer(compute="_compute_attachment_count")
    attachment_opened_count = fields.Integer(compute="_compute_attachment_count")
    body = fields.Html(
        "Letter", compute="_compute_body", search="_search_body", compute_sudo=True
    )
    is_tracking_over = fields.Boolean(compute="_compute_is_tracking_over")
    is_asked = fields.Boolean(
        compute="_compute_is_asked",
        help="Whoever delivers it can be asked what became of it. Of the others news "
        "comes by itself.",
    )

    _key_unique = models.UniqueIndex("(key)")
    # Two workers that split one mail into letters at the same time. Serves the
    # letters of a mail as well, also when the mail is deleted. By 64 bits of the
    # address, which are half as long: no two of one mail share them.
    _mail_email_unique = models.UniqueIndex(
        "(mail_id, hashtextextended(email, 0)) WHERE mail_id IS NOT NULL"
    )
    # _claim(): the letters that wait to be sent or looked up.
    _waiting_idx = models.Index(
        "(next_try_date, id) WHERE state IN ('queued', 'sending', 'unknown')"
    )
    # _cron_sync(): the letters that are due to be asked about, in their order; many
    # are due at the same moment. Those of whom nobody can be asked are passed over.
    _due_idx = models.Index(
        "(carrier, next_sync_date, id) WHERE next_sync_date IS NOT NULL"
    )

    @api.model
    def _new_key(self):
        return secrets.token_urlsafe(16)

    @api.depends("partner_id", "email")
    def _compute_recipient(self):
        for letter in self:
            letter.recipient = letter.partner_id.display_name or letter.email

    @api.depends("attachment_ids.opened")
    def _compute_attachment_count(self):
        for letter in self:
            letter.attachment_count = len(letter.attachment_ids)
            letter.attachment_opened_count = len(
                letter.attachment_ids.filtered("opened")
            )

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        """Name the document as far as the user may see it."""
        self.document_name = False
        for model, letters in self.filtered("res_id").grouped("res_model").items():
            if model not in self.env:
                continue
            documents = self.env[model].browse(letters.mapped("res_id")).exists()
            names = {
                doc.id: doc.display_name for doc in documents._filtered_access("read")
            }
            for letter in letters:
                letter.document_name = names.get(letter.res_id)

    @api.depends("mail_id.body_html", "mail_id.is_notification", "message_id.body")
    def _compute_body(self):
        """Show what was written, as ``body_content`` of mail.mail does.

        A mail from the form has no text in its message.
        """
        for letter in self:
            mail = letter.mail_id
            own_text = mail and not mail.is_notification
            letter.body = mail.body_html if own_text else letter.message_id.body

    def _search_body(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        own_text = self.env["mail.mail"]._b2b_own_text(operator, value)
        return Domain("message_id.body", operator, value) | Domain(
            "mail_id", "any!", own_text
        )

    @api.depends("state", "sent_date", "next_sync_date")
    def _compute_is_tracking_over(self):
        for letter in self:
            letter.is_tracking_over = (
                letter.sent_date
                and not letter.next_sync_date
                and letter.state != "untracked"
            )

    @api.depends("carrier")
    def _compute_is_asked(self):
        for letter in self:
            letter.is_asked = letter.carrier in self._carrier()._asked()

    @api.depends("subject", "email")
    def _compute_display_name(self):
        for letter in self:
            letter.display_name = letter.subject or self.env._("(no subject)")

    @api.model
    def get_empty_list_help(self, help_message):
        """Begin with a letter to oneself, where the set-up is; nothing else is needed."""
        help_message = super().get_empty_list_help(help_message)
        # sudo: an administrator of Odoo need not be one who reads letters
        if not self.env.user._is_system() or self.sudo().search_count([], limit=1):
            return help_message
        return (help_message or "") + Markup(
            '<p><a type="action" name="%s" class="btn btn-primary">%s</a></p>'
        ) % (
            "b2b_family_mail.b2b_family_setup_action",
            self.env._("Send yourself a letter first"),
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.model
    def _action_show(self, domain, name=None, **context):
        """Return the action that shows certain letters.

        Not under the address of all letters, which would then show these.
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "b2b_family_mail.b2b_family_letter_action"
        )
        for key in ("id", "path", "xml_id"):
            action.pop(key, None)
        name = name or action["name"]
        return action | {
            "name": name,
            "display_name": name,
            "domain": domain,
            "context": context,
        }

    def action_open_letter(self):
        """Open the letter, where everything is that is known of it."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_open_mail(self):
        """Open the letter's mail, where its text is."""
        self.ensure_one()
        if not self.mail_id:
            raise UserError(
                self.env._("The text of this letter is no longer kept as a mail.")
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "b2b_family_mail.mail_mail_action_b2b"
        )
        return action | {
            "res_id": self.mail_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_document(self):
        """Open the quotation, contact or other record that was written about."""
        self.ensure_one()
        if not self.res_model or not self.res_id:
            raise UserError(self.env._("This letter belongs to no document."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    @api.model
    def _carrier(self):
        """Return who delivers letters and watches what becomes of them."""
        return self.env["b2b.family.carrier"]

    def _that_can_be_asked(self):
        """Return the letters whose carrier can tell later what became of them."""
        return self.filtered(lambda lt: lt.carrier in lt._carrier()._asked())

    def _is_handed_over(self):
        """Tell whether the letter waits in Odoo's own outgoing mail."""
        return self.state == "untracked" and not self.sent_date

    def _is_on_its_way(self):
        """Tell whether what becomes of the letter is still to be seen."""
        return self.state in ("queued", "sending") or self._is_handed_over()
