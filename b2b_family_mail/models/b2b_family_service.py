# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import os
import secrets
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Domain

from ..client import B2BFamilyError, Misconfigured, Rejected, check_url

_logger = logging.getLogger(__name__)

PREFIX = "b2b_family_mail."
DEFAULTS = {
    "api_url": "https://api.b2bfamily.com",
    "email_update_rate": "300",  # seconds
    "tracking_days": "30",
    "service_tz": "Europe/Moscow",
    "login_hash_label": "apikey",
    "not_open_days": "3",  # 0: nobody is told
    "concurrency": "4",  # calls of one account at the same time
    "consent_policy": "consent",  # only who agreed; or "track": who has not refused
}
# What is forgotten when the service's host changes: it was told, or meant for, the
# other one.
HOST_SECRETS = (
    *("api_key", "app_key", "secret_key", "mail_password"),
    *("webhook_token", "webhook_ref"),
)
PORTS = {"https": 443, "http": 80}


def allow_loopback():
    """True when this process may use a service on this very machine.

    Only the environment can say so: a database restored from elsewhere cannot.
    """
    return os.environ.get("B2B_FAMILY_ALLOW_LOOPBACK") == "1"


class OnHold(Misconfigured):
    """No call was made: an administrator has to confirm that this database may."""

    def __init__(self, **details):
        super().__init__("This database is on hold.", **details)


class Unsendable(Rejected):
    """Odoo itself cannot send the letter: the message says all, to its author."""


class B2BFamilyService(models.AbstractModel):
    """The B2B Family service as the rest of the addon sees it.

    The only place that knows the settings, the api key and how it is renewed.
    """

    _name = "b2b.family.service"
    _description = "B2B Family Service"

    # ------------------------------------------------------------
    # SETTINGS
    # ------------------------------------------------------------

    @api.model
    def _get_param(self, name):
        """Return the setting ``b2b_family_mail.<name>`` or its default, as text."""
        # sudo: settings are for administrators, the letters of all users need them
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(PREFIX + name) or DEFAULTS.get(name, "")

    @api.model
    def _get_int_param(self, name, minimum):
        """Return a numeric setting; what cannot be read counts as the default."""
        try:
            value = int(self._get_param(name))
        except ValueError:
            _logger.warning("System parameter %s%s is not a number", PREFIX, name)
            value = int(DEFAULTS[name])
        return max(value, minimum)

    @api.model
    def _set_params(self, values):
        """Write settings; an empty value deletes one.

        The address first, and the api key last: another host, or mailbox, forgets
        what belonged to the one before, except what is among ``values``.
        """
        # sudo: see _get_param
        parameters = self.env["ir.config_parameter"].sudo()
        order = {"api_url": -1, "api_key": 1}
        for name in sorted(values, key=lambda name: order.get(name, 0)):
            parameters.set_param(PREFIX + name, values[name] or False)

    @api.model
    def _write_consent_policy(self):
        """Write down what is in force in a new database, unless it was chosen before.

        A missing parameter means the safe value instead: only who agreed.
        """
        if not self._read_param("consent_policy"):
            self._set_params({"consent_policy": "track"})

    @api.model
    def _read_param(self, name):
        """Return a setting as this transaction sees it, False when it is missing.

        Past the cache of the parameters: a transaction that is older than a new
        value would fill it with the old one, for everybody in this process.
        """
        # sudo: see _get_param
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.search_fetch([("key", "=", PREFIX + name)], ["value"]).value

    @api.model
    def _check_administrator(self):
        """Raise AccessError unless an administrator, or the system itself, asks."""
        if not self.env.is_system():
            raise AccessError(
                self.env._("Only an administrator can do this to B2B Family.")
            )

    # ------------------------------------------------------------
    # HOST
    # ------------------------------------------------------------

    @api.model
    def _host(self):
        """Return scheme, host and port of the service: who gets the secrets."""
        url = (self._read_param("api_url") or DEFAULTS["api_url"]).strip()
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme)
        except ValueError:
            return url, None, None
        return parts.scheme, parts.hostname, port

    @api.model
    def _forget_secrets(self):
        """Forget the keys and passwords of all accounts: they were for another host."""
        self._set_params(dict.fromkeys(HOST_SECRETS, False))
        # sudo: the fields are closed to everybody
        users = self.env["res.users"].sudo().with_context(active_test=False)
        kept = ("b2b_family_mail_password_kept", "b2b_family_api_key_kept")
        having = users.search(Domain.OR([[(name, "!=", False)] for name in kept]))
        having.write(dict.fromkeys(kept, False))

    @api.model
    def _login_values(self):
        """Return the mailbox of the settings and its password: whose the api key is."""
        return [self._read_param(name) for name in ("email", "mail_password")]

    # ------------------------------------------------------------
    # ACCOUNTS
    # ------------------------------------------------------------

    # An account is a ``res.users`` with an own mailbox at the service, or the
    # empty recordset: the account of the settings, which everybody else uses.

    @api.model
    def _account_of(self, user):
        """Return the account by which the letters of ``user`` go."""
        # sudo: what a user has set up is not for others to see
        user = user.sudo()[:1]
        return user if user.b2b_family_email else user.browse()

    @api.model
    def _common_account(self):
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
    def _missing_credentials(self, account=None):
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
    def _is_configured(self, account=None):
        """Tell whether a call could succeed: a key is there, or can be had."""
        return bool(
            self._get_api_key(account) or not self._missing_credentials(account)
        )

    @api.model
    def _check_configured(self, account=None):
        """Raise UserError, naming what is missing, when no call could succeed."""
        if not self._is_configured(account):
            self._check_credentials(account)

    @api.model
    def _check_credentials(self, account=None):
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
    def _get_api_key(self, account=None):
        """Return the key of an account as this transaction sees it."""
        if account:
            return account.b2b_family_api_key_kept
        return self._read_param("api_key")

    @api.model
    def _set_api_key(self, account, api_key):
        if account:
            account.b2b_family_api_key_kept = api_key
        else:
            self._set_params({"api_key": api_key})

    # ------------------------------------------------------------
    # WEBHOOK
    # ------------------------------------------------------------

    @api.model
    def _webhook_url(self, token):
        """Return the address for the service to call.

        :raise UserError: the service cannot call it, or not in secret
        """
        # sudo: the address of this Odoo is no secret, but a system parameter
        base_url = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        url = f"{base_url}/b2b_family/webhook/"
        try:
            check_url(url, allow_loopback())
        except ValueError:
            raise UserError(
                self.env._(
                    "B2B Family cannot report to %(url)s: it must be a public https "
                    "address. Correct the system parameter web.base.url.",
                    url=base_url,
                )
            ) from None
        return url + token

    @api.model
    def _subscribe(self):
        """Let the service call us, on an address that only it is told.

        The new subscription first: if it fails, all is as it was, as the screen says.
        The old one, of a token that is none any more, can do no harm.
        """
        token = secrets.token_urlsafe(32)
        url = self._webhook_url(token)
        old = self._get_param("webhook_ref")
        ref = self._call("subscribe", url)
        self._set_params({"webhook_token": token, "webhook_ref": ref})
        if old and old != ref:
            try:
                self._call("unsubscribe", old)
            except B2BFamilyError as error:
                _logger.info("The old webhook was not unsubscribed: %s", error)

    @api.model
    def _unsubscribe(self):
        ref = self._get_param("webhook_ref")
        if ref:
            try:
                self._call("unsubscribe", ref)
            except Rejected as error:
                # It is gone already, which is what was wanted.
                _logger.info("The service no longer knew the webhook: %s", error)
        self._set_params({"webhook_token": False, "webhook_ref": False})
