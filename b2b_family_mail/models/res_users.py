# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.rights import SEND_GROUP

# Groups that see them in views; see _has_field_access() for whose they see.
READERS = f"{SEND_GROUP},base.group_system"
NOTICE_WAYS = [
    ("none", "Nothing"),
    ("popup", "Pop-up"),
    ("message", "Message"),
    ("activity", "Activity"),
]
# That nothing happened does not pop up, see letter/notify/author.py
NOT_OPEN_WAYS = [way for way in NOTICE_WAYS if way[0] != "popup"]
ACCOUNT_FIELDS = ("b2b_family_email", "b2b_family_mail_password")
NOTICE_FIELDS = (
    "b2b_notice_open",
    "b2b_notice_answer",
    "b2b_notice_attachment",
    "b2b_notice_failure",
    "b2b_notice_not_open",
)
OWN_FIELDS = (*ACCOUNT_FIELDS, *NOTICE_FIELDS, "b2b_track_by_default")
IS_SET_FIELDS = (
    "b2b_family_api_key_is_set",
    "b2b_family_mail_password_is_set",
    "b2b_family_uses_service",
)
PRIVATE_FIELDS = frozenset((*OWN_FIELDS, *IS_SET_FIELDS))


class ResUsers(models.Model):
    _inherit = "res.users"

    b2b_family_email = fields.Char(
        "B2B Family email for access",
        copy=False,
        groups=READERS,
        help="Your own mailbox at B2B Family. Your letters leave from it. Empty: "
        "they leave from the mailbox of the company.",
    )
    b2b_family_mail_password = fields.Char(
        "B2B Family mail password",
        compute="_compute_b2b_family_mail_password",
        inverse="_inverse_b2b_family_mail_password",
        groups=READERS,
    )
    # Kept where no user, not even an administrator, can read it through the ORM.
    b2b_family_mail_password_kept = fields.Char(groups=fields.NO_ACCESS, copy=False)
    b2b_family_api_key_kept = fields.Char(groups=fields.NO_ACCESS, copy=False)
    b2b_family_api_key_is_set = fields.Boolean(
        "B2B api key is set",
        compute="_compute_b2b_family_is_set",
        compute_sudo=True,
        groups=READERS,
    )
    b2b_family_mail_password_is_set = fields.Boolean(
        "B2B password is set",
        compute="_compute_b2b_family_is_set",
        compute_sudo=True,
        groups=READERS,
    )
    b2b_family_uses_service = fields.Boolean(
        compute="_compute_b2b_family_uses_service",
        compute_sudo=True,
        groups=READERS,
        help="An account of B2B Family is set up here, so users may have their own.",
    )

    b2b_track_by_default = fields.Boolean(
        "Send via B2B by default",
        copy=False,
        groups=READERS,
        help="“Send” and Ctrl+Enter send tracked letters to recipients outside. Each can "
        "still be sent without tracking.",
    )
    b2b_notice_open = fields.Selection(
        NOTICE_WAYS,
        "When a letter is opened",
        default="popup",
        required=True,
        copy=False,
        groups=READERS,
    )
    b2b_notice_answer = fields.Selection(
        NOTICE_WAYS,
        "When a letter is answered",
        default="popup",
        required=True,
        copy=False,
        groups=READERS,
        help="Where you follow the document, Odoo tells you of the answer itself, and "
        "nothing else does.",
    )
    b2b_notice_attachment = fields.Selection(
        NOTICE_WAYS,
        "When an attachment is opened",
        default="popup",
        required=True,
        copy=False,
        groups=READERS,
    )
    b2b_notice_failure = fields.Selection(
        NOTICE_WAYS,
        "When a letter fails",
        default="message",
        required=True,
        copy=False,
        groups=READERS,
    )
    b2b_notice_not_open = fields.Selection(
        NOT_OPEN_WAYS,
        "When a letter is not opened",
        default="activity",
        required=True,
        copy=False,
        groups=READERS,
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + [
            *OWN_FIELDS,
            *IS_SET_FIELDS,
        ]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + [*OWN_FIELDS]

    def _has_field_access(self, field, operation):
        """What a user has set up is for himself to read, and for administrators.

        So it cannot be searched or grouped by, which is done on no record. Core
        writes what is listed above on the user's own record as the system.
        """
        if field.name in PRIVATE_FIELDS and not self.env.is_system():
            return operation == "read" and self._origin == self.env.user
        return super()._has_field_access(field, operation)

    def _compute_b2b_family_mail_password(self):
        self.b2b_family_mail_password = False

    def _inverse_b2b_family_mail_password(self):
        for user in self:
            password = user.b2b_family_mail_password
            if password:
                # sudo: the field is closed to everybody
                user.sudo().b2b_family_mail_password_kept = password
        # What was typed must not be read back, not even by the form that saves.
        self.invalidate_recordset(["b2b_family_mail_password"])

    def _compute_b2b_family_uses_service(self):
        self.b2b_family_uses_service = self.env["b2b.family.service"]._is_begun()

    @api.depends("b2b_family_api_key_kept", "b2b_family_mail_password_kept")
    def _compute_b2b_family_is_set(self):
        for user in self:
            user.b2b_family_api_key_is_set = bool(user.b2b_family_api_key_kept)
            user.b2b_family_mail_password_is_set = bool(
                user.b2b_family_mail_password_kept
            )

    def write(self, vals):
        self._check_b2b_write([name for name in vals if name in OWN_FIELDS])
        moved = self._b2b_having_other(vals)
        result = super().write(vals)
        # sudo: the field is closed to everybody. The key was another account's.
        moved.sudo().b2b_family_api_key_kept = False
        if "b2b_family_email" in vals:
            # sudo: the letters that wait are written by the system
            self.env["b2b.family.letter"].sudo()._follow_account(self.sudo())
        return result

    def _b2b_having_other(self, vals):
        """Return the users for whom these values are another mailbox, or password."""
        if not any(name in vals for name in ACCOUNT_FIELDS):
            return self.browse()
        users = self.sudo()  # sudo: the password is closed to everybody
        email = vals.get("b2b_family_email")
        password = vals.get("b2b_family_mail_password")
        return self & users.filtered(
            lambda user: (
                ("b2b_family_email" in vals and email != user.b2b_family_email)
                or (password and password != user.b2b_family_mail_password_kept)
            )
        )

    def _check_b2b_write(self, names):
        """Raise AccessError unless the user may set these fields of ours here.

        Core lets everybody, portal users as well, write the fields that are listed
        above on themselves: these are for those who write letters.
        """
        if names and not self._is_b2b_own():
            raise AccessError(
                self.env._(
                    "Only a user of B2B Family, for himself, or an administrator can "
                    "set: %(fields)s.",
                    fields=", ".join(self._b2b_labels(names)),
                )
            )

    def _is_b2b_own(self):
        """Tell whether the user may act for the accounts of these users."""
        user = self.env.user
        return self.env.is_system() or (self == user and user.has_group(SEND_GROUP))

    @api.model
    def _b2b_labels(self, names):
        return [
            self._fields[name].get_description(self.env, ["string"])["string"]
            for name in names
        ]

    def action_b2b_get_api_key(self, typed=None):
        """Log in to the user's own account and keep its api key (button in preferences).

        :param dict typed: what was typed of mailbox and password, and is not saved yet:
            it is once the login has succeeded
        :raise AccessError: it is another's account, or the user writes no letters
        :raise UserError: a value is missing, by name, or the service refused
        """
        if not self._is_b2b_own():
            raise AccessError(
                self.env._(
                    "Only a user of B2B Family, for himself, or an administrator can "
                    "log in to an own mailbox."
                )
            )
        self.ensure_one()
        typed = {name: typed[name] for name in ACCOUNT_FIELDS if name in (typed or {})}
        if typed:
            self.write(typed)  # an error takes it back
        service = self.env["b2b.family.service"]
        account = service._account_of(self)
        if not account:
            # It would be the login of the company, which is for administrators.
            raise UserError(
                self.env._("Enter the e-mail of your own mailbox at B2B Family first.")
            )
        service._check_credentials(account)
        self._b2b_log_in(account, is_saved=not typed)
        # sudo: the letters that wait are written by the system
        self.env["b2b.family.letter"].sudo()._resume(account)
        return service._success_notice(
            self.env._("The api key was received and is now set.")
        )

    def _b2b_log_in(self, account, is_saved):
        """Log in to the mailbox of a user's own.

        :param bool is_saved: nothing was typed that would not be kept
        :raise UserError: that failed; says what it means for the user's letters
        """
        service = self.env["b2b.family.service"]
        try:
            with service._errors_for_user():
                service._login(account, by_hand=True)
        except UserError as error:
            email = service._account_email(account)
            what_now = (
                self.env._(
                    "The mailbox %(email)s is saved, and your letters wait for it. "
                    "Correct it, or empty the e-mail and save, and they leave from "
                    "the mailbox of the company.",
                    email=email,
                )
                if is_saved
                else self.env._(
                    "The mailbox %(email)s was tried and not saved: your letters leave "
                    "as before.",
                    email=email,
                )
            )
            words = f"{error}\n{what_now}"
            raise UserError(words) from None
