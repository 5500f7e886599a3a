# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...tools.rights import SEND_GROUP, readable_by


class MailThread(models.AbstractModel):
    """*Send via B2B* on any record with a chatter.

    The parameter ``b2b_send`` travels as those of core do: from the composer to
    ``message_post()``, on to ``_notify_thread()``, and from there to the mails of
    the readers outside; beside it ``b2b_attachment_links``, of the full composer. Colleagues get ordinary mail: they read in Odoo as well,
    and their opens are not what the author wants to know.
    """

    _inherit = "mail.thread"

    # ------------------------------------------------------------
    # WHO MAY
    # ------------------------------------------------------------

    @api.model
    def _b2b_prepare_sending(self):
        """Return the values of a message or mail that the user sends via B2B.

        The only gate: whatever a client sends ends up here.

        :raise AccessError: the user may not
        :raise UserError: the service is not set up, naming what is missing
        """
        user = self.env.user
        if not user.has_group(SEND_GROUP):
            raise AccessError(self.env._("You may not send letters via B2B."))
        self.env["b2b.family.carrier"]._check_ready(user)
        values = {"b2b_send": True}
        if not user._is_system():
            # A letter shows its author's name: nobody writes under another's.
            values |= {
                "author_id": user.partner_id.id,
                "email_from": user.email_formatted,
            }
        return values

    def _get_allowed_message_params(self):
        params = super()._get_allowed_message_params()
        if self.env.user.has_group(SEND_GROUP):
            # The subject, which can be entered where a letter is written.
            params = params | {"b2b_send", "subject"}
        return params

    def _get_notify_valid_parameters(self):
        ours = {"b2b_send", "b2b_attachment_links"}
        return super()._get_notify_valid_parameters() | ours

    # ------------------------------------------------------------
    # POST
    # ------------------------------------------------------------

    @api.model
    def _b2b_prepare_post(self, kwargs):
        """Return the parameters of a message that the user sends via B2B."""
        kwargs = kwargs | self._b2b_prepare_sending()
        if not self.env["mail.mail"]._b2b_is_trusted():
            # Answers go where those to the record, or to the author, always go.
            kwargs.pop("reply_to", None)
        return kwargs

    def message_post(self, **kwargs):
        if kwargs.get("b2b_send"):
            kwargs = self._b2b_prepare_post(kwargs)
        return super().message_post(**kwargs)

    def message_notify(self, **kwargs):
        if kwargs.get("b2b_send"):
            kwargs = self._b2b_prepare_post(kwargs)
        return super().message_notify(**kwargs)

    def _check_can_update_message_content(self, messages):
        """A letter is kept as it was sent: nobody edits or empties its message."""
        if messages._b2b_behind_letters():
            raise UserError(
                self.env._("This message was sent as a letter. It cannot be changed.")
            )
        return super()._check_can_update_message_content(messages)

    # ------------------------------------------------------------
    # NOTIFY
    # ------------------------------------------------------------

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients_data = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if kwargs.get("b2b_send") and not any(
            data["share"] for data in recipients_data
        ):
            self._b2b_tell_nobody_outside()
        return recipients_data

    @api.model
    def _b2b_tell_nobody_outside(self):
        """Warn a user who has asked for it, not one who sends all messages this way."""
        # sudo: the user's own preference
        if self.env.user.sudo().b2b_track_by_default:
            return
        self.env.user._bus_send(
            "simple_notification",
            {
                "title": "B2B Family",
                "message": self.env._(
                    "There is no recipient outside the company, so the message was "
                    "sent by ordinary mail."
                ),
                "type": "warning",
            },
        )

    def _notify_thread_by_email(
        self,
        message,
        recipients_data,
        *,
        b2b_send=False,
        b2b_attachment_links=False,
        **kwargs,
    ):
        # Core has no parameter that reaches the values of the mails. The key is
        # set either way: the context of a client reaches this point as well.
        if b2b_send or self.env.context.get("b2b_notify"):
            self = self.with_context(
                b2b_notify=b2b_send, b2b_attachment_links=b2b_attachment_links
            )
        return super()._notify_thread_by_email(message, recipients_data, **kwargs)

    def _notify_get_recipients_classify(
        self, message, recipients_data, model_description, msg_vals=False
    ):
        """Keep colleagues and readers outside apart, however they are grouped."""
        groups = super()._notify_get_recipients_classify(
            message, recipients_data, model_description, msg_vals=msg_vals
        )
        if not self.env.context.get("b2b_notify"):
            return groups
        return [part for group in groups for part in self._b2b_split_group(group)]

    @api.model
    def _b2b_filter_tracked(self, partners):
        """Return those of the contacts who get a letter by B2B Family.

        Not colleagues, nor contacts whom the author may not read: core writes to such
        followers without telling him who they are, and so do we, by ordinary mail.
        """
        # sudo: whether a recipient is a colleague decides how he is written to
        outside = partners.sudo().filtered("partner_share")
        return readable_by(self.env.user, outside)

    @api.model
    def _b2b_split_group(self, group):
        """Return the group of recipients as one or two that are not mixed."""
        partner_ids = [data["id"] for data in group["recipients_data"] if data["id"]]
        tracked = self._b2b_filter_tracked(self.env["res.partner"].browse(partner_ids))
        parts = []
        for by_b2b in (False, True):
            members = [
                data
                for data in group["recipients_data"]
                if by_b2b == (not data["id"] or data["id"] in tracked._ids)
            ]
            if members:
                part = {
                    "recipients_data": members,
                    "recipients_ids": [data["id"] for data in members if data["id"]],
                    "recipients_emails": [
                        data["email_normalized"]
                        for data in members
                        if not data["id"] and data["email_normalized"]
                    ],
                }
                parts.append(group | part)
        return parts

    def _notify_by_email_get_final_mail_values(
        self, recipient_ids, mail_values, additional_values=None
    ):
        values = super()._notify_by_email_get_final_mail_values(
            recipient_ids, mail_values, additional_values=additional_values
        )
        if self.env.context.get("b2b_notify"):
            partners = self.env["res.partner"].browse(recipient_ids)
            if by_b2b := self._b2b_prepare_mail(partners):
                links = self.env.context.get("b2b_attachment_links")
                values |= by_b2b | {"b2b_attachment_links": links}
        return values

    @api.model
    def _b2b_prepare_mail(self, partners):
        """Return the values of a mail to ``partners``, none being bare addresses.

        Empty when none of them is tracked. It is no draft: it was sent by the button.
        """
        if partners and not self._b2b_filter_tracked(partners):
            return {}
        return {"b2b_send": True, "state": "outgoing"}
