# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

NOTICE_WAYS = [
    ("none", "Nothing"),
    ("popup", "Pop-up"),
    ("message", "Message"),
    ("activity", "Activity"),
]
ACCOUNT_FIELDS = ("b2b_family_email", "b2b_family_mail_password")
NOTICE_FIELDS = (
    "b2b_notice_open",
    "b2b_notice_attachment",
    "b2b_notice_failure",
    "b2b_notice_not_open",
)


class ResUsers(models.Model):
    _inherit = "res.users"

    b2b_family_email = fields.Char(
        "B2B Family email for access",
        copy=False,
        help="Your own mailbox at B2B Family. Your letters leave from it. Empty: "
        "they leave from the mailbox of the company.",
    )
    b2b_family_mail_password = fields.Char(
        "B2B Family mail password",
        compute="_compute_b2b_family_mail_password",
        inverse="_inverse_b2b_family_mail_password",
    )
    # Kept where no user, not even an administrator, can read it through the ORM.
    b2b_family_mail_password_kept = fields.Char(groups=fields.NO_ACCESS, copy=False)
    b2b_family_api_key_kept = fields.Char(groups=fields.NO_ACCESS, copy=False)
    b2b_family_api_key_is_set = fields.Boolean(
        "B2B api key is set", compute="_compute_b2b_family_is_set", compute_sudo=True
    )
    b2b_family_mail_password_is_set = fields.Boolean(
        "B2B password is set", compute="_compute_b2b_family_is_set", compute_sudo=True
    )

    b2b_notice_open = fields.Selection(
        NOTICE_WAYS, "When a letter is opened", default="popup", required=True
    )
    b2b_notice_attachment = fields.Selection(
        NOTICE_WAYS, "When an attachment is opened", default="popup", required=True
    )
    b2b_notice_failure = fields.Selection(
        NOTICE_WAYS, "When a letter fails", default="message", required=True
    )
    b2b_notice_not_open = fields.Selection(
        NOTICE_WAYS, "When a letter is not opened", default="popup", required=True
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + [
            *ACCOUNT_FIELDS,
            *NOTICE_FIELDS,
            "b2b_family_api_key_is_set",
            "b2b_family_mail_password_is_set",
        ]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + [*ACCOUNT_FIELDS, *NOTICE_FIELDS]

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

    @api.depends("b2b_family_api_key_kept", "b2b_family_mail_password_kept")
    def _compute_b2b_family_is_set(self):
        for user in self:
            user.b2b_family_api_key_is_set = bool(user.b2b_family_api_key_kept)
            user.b2b_family_mail_password_is_set = bool(
                user.b2b_family_mail_password_kept
            )

    def write(self, vals):
        result = super().write(vals)
        if any(name in vals for name in ACCOUNT_FIELDS):
            # sudo: the field is closed to everybody. The key was another account's.
            self.sudo().b2b_family_api_key_kept = False
        return result

    def action_b2b_get_api_key(self):
        """Log in to the own account and keep its api key (button in preferences).

        :raise UserError: a value is missing, by name, or the service refused
        """
        self.ensure_one()
        if self != self.env.user:
            self.check_access("write")
        service = self.env["b2b.family.service"]
        service._check_credentials(service._account_of(self))
        with service._errors_for_user():
            service._login(service._account_of(self), by_hand=True)
        # sudo: the letters that wait are written by the system
        self.env["b2b.family.letter"].sudo()._resume()
        return service._success_notice(
            self.env._("The api key was received and is now set.")
        )
