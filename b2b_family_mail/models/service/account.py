# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError


class B2BFamilyService(models.AbstractModel):
    """The accounts at the service: that of the settings, and those of users.

    An account is always a recordset of ``res.users``: the one user whose own mailbox
    it is, or none for the account of the settings, which everybody else uses. It
    comes from _account_of(), _common_account() or the ``account_id`` of a letter.
    """

    _inherit = "b2b.family.service"

    @api.model
    def _account_of(self, user):
        """Return the account by which the letters of ``user`` go."""
        # sudo: what a user has set up is not for others to see
        user = user.sudo()[:1]
        return user if user.b2b_family_email else user.browse()

    @api.model
    def _common_account(self):
        """Return the account of the settings."""
        return self.env["res.users"]

    @api.model
    def _account_email(self, account):
        """Return the mailbox at the service that an account stands for."""
        return account.b2b_family_email if account else self._get_param("email")

    @api.model
    def _credentials(self, account):
        """Return what logs an account in: setting name -> value."""
        names = ("app_key", "secret_key", "email", "mail_password")
        values = {name: self._get_param(name) for name in names}
        values["email"] = self._account_email(account)
        if account:
            values["mail_password"] = account.b2b_family_mail_password_kept
        return values

    @api.model
    def _missing_credentials(self, account):
        """Return the labels of the settings without which no login is possible."""
        labels = {
            "app_key": self.env._("B2B application key"),
            "secret_key": self.env._("B2B secret key"),
            "email": self.env._("B2B Family email for access"),
            "mail_password": self.env._("B2B Family mail password"),
        }
        credentials = self._credentials(account)
        return [label for name, label in labels.items() if not credentials[name]]

    @api.model
    def _is_configured(self, account):
        """Tell whether a call could succeed: a key is there, or can be had."""
        return bool(
            self._get_api_key(account) or not self._missing_credentials(account)
        )

    @api.model
    def _is_begun(self):
        """Tell whether anything is set up of an account, the common one or a user's."""
        names = ("app_key", "secret_key", "email", "mail_password", "api_key")
        if any(self._get_param(name) for name in names):
            return True
        # sudo: see _account_of
        users = self.env["res.users"].sudo()
        return bool(users.search_count([("b2b_family_email", "!=", False)], limit=1))

    @api.model
    def _check_configured(self, account):
        """Raise UserError, naming what is missing, when no call could succeed."""
        if not self._is_configured(account):
            self._check_credentials(account)

    @api.model
    def _check_credentials(self, account):
        """Raise UserError, naming what is missing, when no login is possible."""
        missing = self._missing_credentials(account)
        if not missing:
            return
        self._check_own_password(account)
        message = self.env._(
            "B2B Family is not set up yet. Missing: %(settings)s.",
            settings=", ".join(missing),
        )
        if self.env.user._is_system():
            raise RedirectWarning(
                message,
                self.env.ref("b2b_family_mail.b2b_family_setup_action").id,
                self.env._("Set up B2B Family"),
            )
        raise UserError(
            self.env._(
                "%(message)s An administrator does this under Settings > B2B Family.",
                message=message,
            )
        )

    @api.model
    def _check_own_password(self, account):
        """Raise UserError when all that is missing is for a user to enter."""
        credentials = self._credentials(account)
        by_others = credentials["app_key"] and credentials["secret_key"]
        if account and by_others and not credentials["mail_password"]:
            raise UserError(
                self.env._(
                    "The password of %(email)s at B2B Family is missing. "
                    "%(user)s enters it under My Preferences > B2B Family.",
                    email=credentials["email"],
                    user=account.name,
                )
            )

    @api.model
    def _get_api_key(self, account):
        """Return the key of an account as this transaction sees it."""
        if account:
            return account.b2b_family_api_key_kept
        return self._read_param("api_key")

    @api.model
    def _has_api_key(self, account):
        """Tell whether an account has a key, the newest or not: screens ask at no cost."""
        return bool(
            self._get_api_key(account) if account else self._get_param("api_key")
        )

    @api.model
    def _set_api_key(self, account, api_key):
        if account:
            account.b2b_family_api_key_kept = api_key
        else:
            self._set_params({"api_key": api_key})
