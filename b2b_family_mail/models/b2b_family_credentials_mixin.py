# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from ..runtime import let_go

# Settings that are written but never read back: the browser does not get them.
SECRETS = ("api_key", "app_key", "mail_password", "secret_key")


class B2BFamilyCredentialsMixin(models.AbstractModel):
    """The account of the company, on the screens where it is set up.

    The values live in ir.config_parameter. Secrets have no column in the screen's
    own table, and reading one returns nothing. The buttons are for system
    administrators: whoever is logged in can call them, without any screen.
    """

    _name = "b2b.family.credentials.mixin"
    _description = "B2B Family Credentials"

    b2b_family_app_key = fields.Char(
        "B2B application key",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_credentials",
    )
    b2b_family_secret_key = fields.Char(
        "B2B secret key",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_credentials",
    )
    b2b_family_email = fields.Char(
        "B2B Family email for access",
        compute="_compute_b2b_family_email",
        inverse="_inverse_b2b_credentials",
    )
    b2b_family_mail_password = fields.Char(
        "B2B Family mail password",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_credentials",
    )
    b2b_family_api_key = fields.Char(
        "B2B api key",
        compute="_compute_b2b_secrets",
        inverse="_inverse_b2b_credentials",
    )
    b2b_family_app_key_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_secret_key_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_mail_password_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_api_key_is_set = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_is_subscribed = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_is_on_hold = fields.Boolean(compute="_compute_b2b_is_set")
    b2b_family_suggests_consent = fields.Boolean(
        compute="_compute_b2b_family_suggests_consent"
    )

    def _compute_b2b_secrets(self):
        for name in SECRETS:
            self[f"b2b_family_{name}"] = False

    def _compute_b2b_is_set(self):
        service = self.env["b2b.family.service"]
        for name in SECRETS:
            self[f"b2b_family_{name}_is_set"] = bool(service._get_param(name))
        self.b2b_family_is_subscribed = bool(service._get_param("webhook_ref"))
        self.b2b_family_is_on_hold = service._is_on_hold()

    def _compute_b2b_family_suggests_consent(self):
        """Suggest the policy *only who agreed* where the company is in the EU."""
        policy = self.env["b2b.family.service"]._get_param("consent_policy")
        union = self.env.ref("base.europe", raise_if_not_found=False)
        country = self.env.company.country_id
        self.b2b_family_suggests_consent = bool(
            policy == "track" and union and country in union.country_ids
        )

    def _compute_b2b_family_email(self):
        self.b2b_family_email = self.env["b2b.family.service"]._get_param("email")

    def _inverse_b2b_credentials(self):
        for screen in self:
            typed = screen._prepare_b2b_credentials()
            self.env["b2b.family.service"]._set_params(typed)
        # What was typed must not be read back, not even by the form that saves.
        self.invalidate_recordset([f"b2b_family_{name}" for name in SECRETS])

    def _prepare_b2b_credentials(self):
        """Return the settings to write, by name; an empty secret means "as before"."""
        self.ensure_one()
        secrets = {name: (self[f"b2b_family_{name}"] or "").strip() for name in SECRETS}
        return {
            "email": (self.b2b_family_email or "").strip(),
            **{name: secret for name, secret in secrets.items() if secret},
        }

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_b2b_get_api_key(self):
        """Log in with the credentials and keep the api key (one button).

        :raise UserError: a setting is missing, by name, or the service refused
        """
        service = self.env["b2b.family.service"]
        service._check_administrator()
        account = service._common_account()
        service._check_credentials(account)
        with service._errors_for_user():
            service._login(account, by_hand=True)
        # sudo: the letters that wait, of all companies, are written by the system
        self.env["b2b.family.letter"].sudo()._resume(account)
        return self._b2b_done(self.env._("The api key was received and is now set."))

    def action_b2b_subscribe(self):
        """Let the service report to this Odoo at once, by webhook."""
        service = self.env["b2b.family.service"]
        service._check_administrator()
        service._check_configured(service._common_account())
        with service._errors_for_user():
            service._subscribe()
        return self._b2b_done(
            self.env._(
                "B2B Family now reports to this Odoo as soon as a letter is read."
            )
        )

    def action_b2b_only_who_agreed(self):
        """Track only who has agreed, from now on."""
        service = self.env["b2b.family.service"]
        service._check_administrator()
        service._set_params({"consent_policy": "consent"})
        return self._b2b_done(
            self.env._("From now on only those are tracked who have agreed.")
        )

    def action_b2b_confirm_instance(self):
        """Confirm that this database, a copy, is the one that shall send from now on.

        The webhook still belongs to the database it was copied from: it has to be
        subscribed anew.
        """
        service = self.env["b2b.family.service"]
        service._check_administrator()
        service._settle_in(confirmed=True)
        self.env["b2b.family.service.status"]._get_common()._end_alert()
        service._set_params({"webhook_token": False, "webhook_ref": False})
        # sudo: see action_b2b_get_api_key
        self.env["b2b.family.letter"].sudo()._resume_all()
        return self._b2b_done(
            self.env._("This database now sends letters and asks about them.")
        )

    def action_b2b_unsubscribe(self):
        """End what action_b2b_subscribe began."""
        service = self.env["b2b.family.service"]
        service._check_administrator()
        ref = service._get_param("webhook_ref")
        let_go(self.env)
        with service._errors_for_user():
            service._unsubscribe(ref)
        return self._b2b_done(
            self.env._("B2B Family no longer reports to this Odoo by itself.")
        )

    def action_b2b_check(self):
        """Test what must be right around this Odoo (button *Test my tracking*)."""
        return self.env["b2b.family.check"].action_run()

    def _b2b_done(self, message):
        """Return the action that tells of a success and shows the screen anew."""
        return self.env["b2b.family.service"]._success_notice(message)
