# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..client import check_url
from .b2b_family_letter_sync import MIN_UPDATE_RATE
from .b2b_family_service import DEFAULTS, allow_loopback

# Settings that are written but never read back: the browser does not get them.
SECRETS = ("api_key", "app_key", "mail_password", "secret_key")


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    b2b_family_api_url = fields.Char(
        "Service address",
        config_parameter="b2b_family_mail.api_url",
        default=DEFAULTS["api_url"],
    )
    b2b_family_email = fields.Char(
        "B2B Family email for access", config_parameter="b2b_family_mail.email"
    )
    b2b_family_email_update_rate = fields.Integer(
        "Update rate of b2b letters",
        config_parameter="b2b_family_mail.email_update_rate",
        default=int(DEFAULTS["email_update_rate"]),
    )
    b2b_family_tracking_days = fields.Integer(
        "Days of tracking b2b letters",
        config_parameter="b2b_family_mail.tracking_days",
        default=int(DEFAULTS["tracking_days"]),
    )
    b2b_family_api_key = fields.Char(
        "B2B api key", compute="_compute_b2b_secrets", inverse="_inverse_b2b_api_key"
    )
    b2b_family_app_key = fields.Char(
        "B2B application key",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_app_key",
    )
    b2b_family_secret_key = fields.Char(
        "B2B secret key",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_secret_key",
    )
    b2b_family_mail_password = fields.Char(
        "B2B Family mail password",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_mail_password",
    )
    b2b_family_api_key_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_app_key_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_secret_key_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_mail_password_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_is_subscribed = fields.Boolean(compute="_compute_b2b_is_set")

    def _compute_b2b_secrets(self):
        for name in SECRETS:
            self[f"b2b_family_{name}"] = False

    def _compute_b2b_is_set(self):
        service = self.env["b2b.family.service"]
        for name in SECRETS:
            self[f"b2b_family_{name}_is_set"] = bool(service._get_param(name))
        self.b2b_family_is_subscribed = bool(service._get_param("webhook_ref"))

    def _inverse_b2b_api_key(self):
        self._write_b2b_secret("api_key")

    def _inverse_b2b_app_key(self):
        self._write_b2b_secret("app_key")

    def _inverse_b2b_secret_key(self):
        self._write_b2b_secret("secret_key")

    def _inverse_b2b_mail_password(self):
        self._write_b2b_secret("mail_password")

    def _write_b2b_secret(self, name):
        """Keep what was typed; an empty field means "as before"."""
        field = f"b2b_family_{name}"
        for settings in self:
            value = (settings[field] or "").strip()
            if value:
                self.env["b2b.family.service"]._set_params({name: value})
        # What was typed must not be read back, not even by the form that saves.
        self.invalidate_recordset([field])

    @api.constrains("b2b_family_api_url")
    def _check_b2b_family_api_url(self):
        for settings in self.filtered("b2b_family_api_url"):
            try:
                check_url(settings.b2b_family_api_url.strip(), allow_loopback())
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "Service address: %(url)s cannot be used. It must begin with "
                        "https:// and be reachable from the internet. (%(reason)s)",
                        url=settings.b2b_family_api_url,
                        reason=error,
                    )
                ) from None

    @api.constrains("b2b_family_email_update_rate", "b2b_family_tracking_days")
    def _check_b2b_family_numbers(self):
        for settings in self:
            if settings.b2b_family_email_update_rate < MIN_UPDATE_RATE:
                raise ValidationError(
                    self.env._(
                        "Update rate of b2b letters: at least %(seconds)s seconds.",
                        seconds=MIN_UPDATE_RATE,
                    )
                )
            if settings.b2b_family_tracking_days < 1:
                raise ValidationError(
                    self.env._("Days of tracking b2b letters: at least one day.")
                )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_b2b_get_api_key(self):
        """Log in with the credentials and keep the api key (one button).

        :raise UserError: a setting is missing, by name, or the service refused
        """
        self.set_values()
        service = self.env["b2b.family.service"]
        missing = service._missing_credentials()
        if missing:
            raise UserError(
                self.env._(
                    "Fill in these settings first: %(settings)s.",
                    settings=", ".join(missing),
                )
            )
        with service._errors_for_user():
            service._login()
        return self._b2b_done(self.env._("The api key was received and is now set."))

    def action_b2b_subscribe(self):
        """Let the service report to this Odoo at once, by webhook."""
        self.set_values()
        service = self.env["b2b.family.service"]
        service._check_configured()
        with service._errors_for_user():
            service._subscribe()
        return self._b2b_done(
            self.env._("B2B Family now reports to this Odoo as soon as a letter is read.")
        )

    def action_b2b_unsubscribe(self):
        """End what action_b2b_subscribe began."""
        service = self.env["b2b.family.service"]
        with service._errors_for_user():
            service._unsubscribe()
        return self._b2b_done(
            self.env._("B2B Family no longer reports to this Odoo by itself.")
        )

    def _b2b_done(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": "B2B Family",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
