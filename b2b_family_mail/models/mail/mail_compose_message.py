# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import api, fields, models
from odoo.tools import split_every

from ...tools.rights import SEND_GROUP
from ..b2b_family_tally import FEWEST

BATCH = 100  # mails that are split and handed over together


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    b2b_send = fields.Boolean("Tracked Letters")
    b2b_template_id = fields.Many2one(
        "b2b.family.template", groups="b2b_family_mail.group_user"
    )
    b2b_by_default = fields.Boolean(
        compute="_compute_b2b_by_default",
        help="The user sends tracked letters unless he says otherwise.",
    )
    b2b_has_templates = fields.Boolean(compute="_compute_b2b_has_templates")
    b2b_note = fields.Char(
        compute="_compute_b2b_note",
        help="What a letter of a mailing has instead of what is entered for ordinary "
        "mail. Empty for users who do not write letters.",
    )
    b2b_mail_ids = fields.Many2many(
        "mail.mail",
        store=False,
        groups="base.group_system",
        help="The mails that the mailing has just made.",
    )

    @api.depends_context("uid")
    def _compute_b2b_by_default(self):
        user = self.env.user
        # sudo: the user's own preference
        by_default = user.has_group(SEND_GROUP) and user.sudo().b2b_track_by_default
        self.b2b_by_default = by_default

    @api.depends_context("uid")
    def _compute_b2b_has_templates(self):
        self.b2b_has_templates = self.env["b2b.family.template"]._exist()

    @api.depends("composition_mode")
    @api.depends_context("uid")
    def _compute_b2b_note(self):
        self.b2b_note = False
        if mailings := self.filtered(lambda form: form.composition_mode == "mass_mail"):
            mailings.b2b_note = self._b2b_prepare_note()

    @api.model
    def _b2b_prepare_note(self):
        """Say what takes the place of *From* and *Reply To* in letters, see below."""
        user = self.env.user
        if not user.has_group(SEND_GROUP):
            return False
        mailbox = self.env["b2b.family.carrier"]._mailbox_of(user)
        if not mailbox:
            return False
        if self.env["mail.mail"]._b2b_is_trusted():
            return self.env._(
                "Via B2B the letters leave from %(mailbox)s.", mailbox=mailbox
            )
        return self.env._(
            "Via B2B the letters leave from %(mailbox)s under your name, and "
            "answers go to the document or to you: “From” and “Reply To” are for "
            "ordinary mail.",
            mailbox=mailbox,
        )

    @api.onchange("b2b_template_id")
    def _onchange_b2b_template_id(self):
        """Take over subject and text of a template of the service, literally."""
        if not self.b2b_template_id:
            return
        self.subject, self.body = self.b2b_template_id._get_content()
        if self.composition_mode == "mass_mail" or self.composition_batch:
            # Core renders the subject for each of several records, mailing or not:
            # apart, the braces are just braces.
            self.subject = re.sub(r"\{(?=\{)", "{ ", self.subject or "")

    def action_b2b_send_mail(self):
        """Send as *Send* does, readers outside by B2B Family.

        Of a mailing the sender is told how many letters are on their way, and is
        shown the way to them.
        """
        self._b2b_mark()
        done = self.action_send_mail()
        # sudo: the sender's own mails, as core made them
        mails = self.sudo().b2b_mail_ids
        return self._b2b_tell(mails, done) if mails.b2b_letter_ids else done

    def _b2b_tell(self, mails, done):
        """Return the action that says what becomes of a mailing, and then does ``done``.

        Nothing is counted down there: the letters that it opens are live.
        """
        letters = mails.b2b_letter_ids
        plain = letters.filtered(lambda letter: letter.state == "untracked")
        counted = len(plain.filtered("tally_id"))
        lost = letters.filtered(lambda letter: letter.state == "failed")
        ordinary = mails.filtered(
            lambda mail: not mail.b2b_send and mail.state in ("outgoing", "sent")
        )
        refused = mails.filtered(lambda mail: mail.state == "cancel") + mails.filtered(
            lambda mail: mail.state == "exception" and not mail.b2b_letter_ids
        )
        lines = (
            (
                len(letters - plain - lost),
                self.env._("Letters on their way: %(count)s."),
            ),
            (
                len(plain) + sum(len(mail.recipient_ids) for mail in ordinary),
                self.env._("By ordinary mail, not tracked: %(count)s."),
            ),
            (
                counted >= FEWEST and counted,
                self.env._("Of these, opens are counted without a person: %(count)s."),
            ),
            (
                len(lost) + len(refused),
                self.env._("Not sent (no valid address, or not wanted): %(count)s."),
            ),
        )
        return {
            "type": "ir.actions.client",
            "tag": "b2b_family_mail.mailing",
            "params": {
                "message": " ".join(
                    text % {"count": count} for count, text in lines if count
                ),
                "type": "warning" if lost or refused else "success",
                "letters": letters._action_show(
                    [("id", "in", letters.ids)], self.subject
                ),
                "next": done,
            },
        }

    def action_b2b_schedule_message(self):
        """Schedule as *Schedule* does; it will go by B2B Family."""
        self._b2b_mark()
        return self.action_schedule_message()

    def _b2b_mark(self):
        self.b2b_send = True
        mailings = self.filtered(lambda wizard: wizard.composition_mode == "mass_mail")
        # What became of a letter is shown on the message: keep it.
        mailings.auto_delete = False

    def _action_send_mail_comment(self, res_ids):
        if self.b2b_send and (name := self._b2b_template_name()):
            self = self.with_context(b2b_template=name)
        return super()._action_send_mail_comment(res_ids)

    def _b2b_template_name(self):
        """Return the name of the template that was begun with, Odoo's or ours."""
        # sudo: whoever may send letters, or may not use ours
        wizard = self.sudo().with_context(lang=None)
        return wizard.b2b_template_id.name or wizard.template_id.name

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        """Make the mails first: each may become two before anything is sent.

        Letters are handed over at once, which keeps nobody waiting; ordinary mail
        among them waits for core's queue when core would let it.
        """
        if not self.b2b_send:
            return super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
        at_once = self.force_send
        self.force_send = False
        mails = super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
        mails.b2b_template = self._b2b_template_name()
        mails._b2b_begin_tally(self.subject)
        now = fields.Datetime.now()
        made = mails.browse()
        for batch in split_every(BATCH, mails.ids, mails.browse):
            parts = batch + batch._b2b_part_colleagues()
            parts.filtered(
                lambda mail: (
                    (mail.b2b_send or at_once)
                    and (not mail.scheduled_date or mail.scheduled_date <= now)
                )
            ).send(auto_commit=auto_commit)
            made += parts
            # A mailing may be long, and its texts too.
            self.env.flush_all()
            self.env.invalidate_all()
        # sudo: the field is closed to what anybody calls
        self.sudo().b2b_mail_ids = made
        return made

    def _prepare_mail_values(self, res_ids):
        if self.b2b_send:
            sending = self.env["mail.thread"]._b2b_prepare_sending()
            self._b2b_force_sender(sending)
            sending["b2b_attachment_links"] = self.b2b_attachment_links
        all_values = super()._prepare_mail_values(res_ids)
        if self.b2b_send:
            for values in all_values.values():
                # Of several records core takes only a template's own.
                if not values.get("scheduled_date"):
                    values["scheduled_date"] = self.scheduled_date
                if self.composition_mode == "mass_mail":
                    values |= self._b2b_prepare_mailing(values, sending)
                else:
                    values |= sending
        return all_values

    def _b2b_force_sender(self, sending):
        """Forget whom the client named as sender, and where answers should go.

        See ``mail.thread._b2b_prepare_post()``: core makes the one from the other.
        """
        if not self.env["mail.mail"]._b2b_is_trusted():
            names = ("author_id", "email_from")
            sender = {name: sending[name] for name in names}
            self.write({**sender, "reply_to": False, "reply_to_force_new": False})

    def _b2b_prepare_mailing(self, values, sending):
        """Return what changes in the values of one mail of a mailing.

        What core will not send, because of a blacklist for instance, keeps the
        state that says so.
        """
        partners = self.env["res.partner"].browse(
            partner_id for _command, partner_id in values.get("recipient_ids", [])
        )
        if values.get("email_to") or values.get("email_cc"):
            # An address without a contact is outside.
            partners = partners.browse()
        by_b2b = self.env["mail.thread"]._b2b_prepare_mail(partners)
        if not by_b2b:
            return {}
        state = values.get("state", by_b2b["state"])
        return by_b2b | sending | {"state": state, "b2b_is_mailing": True}
