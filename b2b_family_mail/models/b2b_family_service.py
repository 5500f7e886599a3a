# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import logging
import os
import secrets
from contextlib import contextmanager, nullcontext

from odoo import api, models, modules
from odoo.exceptions import RedirectWarning, UserError

from ..client import (
    AuthenticationFailed,
    B2BFamilyClient,
    B2BFamilyError,
    OutcomeUnknown,
    Rejected,
    Transport,
    Unavailable,
    merge_endpoints,
)

_logger = logging.getLogger(__name__)

PREFIX = "b2b_family_mail."
DEFAULTS = {
    "api_url": "https://api.b2bfamily.com",
    "email_update_rate": "300",  # seconds
    "tracking_days": "30",
    "service_tz": "Europe/Moscow",
    "login_hash_label": "apikey",
    "not_open_days": "3",  # 0: nobody is told
    "consent_policy": "track",  # or "consent": only who agreed
}
DEADLINE = 30.0  # seconds for one call, its answer included
LOGIN_LOCK = 0xB2BFA  # key of the advisory lock that keeps logins single-flight


def allow_loopback():
    """True when this process may use a service on this very machine.

    Only the environment can say so: a database restored from elsewhere cannot.
    """
    return os.environ.get("B2B_FAMILY_ALLOW_LOOPBACK") == "1"


@functools.cache
def _transport(loopback):
    """One pool of kept-alive connections for each process."""
    return Transport(allow_loopback=loopback)


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
        """Write settings; an empty value deletes one."""
        # sudo: see _get_param
        parameters = self.env["ir.config_parameter"].sudo()
        for name, value in values.items():
            parameters.set_param(PREFIX + name, value or False)

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
    def _credentials(self, account):
        """Return what logs an account in: setting name -> value."""
        names = ("app_key", "secret_key", "email", "mail_password")
        values = {name: self._get_param(name) for name in names}
        if account:
            values["email"] = account.b2b_family_email
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
    def _get_api_key(self, account=None):
        """Return the key of an account as this transaction sees it.

        Past the cache of the parameters: a transaction that is older than a new
        key would fill it with the old one, for everybody in this process.
        """
        if account:
            return account.b2b_family_api_key_kept
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.search([("key", "=", f"{PREFIX}api_key")]).value

    @api.model
    def _set_api_key(self, account, api_key):
        if account:
            account.b2b_family_api_key_kept = api_key
        else:
            self._set_params({"api_key": api_key})

    # ------------------------------------------------------------
    # CALLS
    # ------------------------------------------------------------

    @api.model
    def _client(self, api_key=None):
        """Return a client for the configured address.

        :raise Rejected: the address or the table of endpoints cannot be used
        """
        try:
            return B2BFamilyClient(
                self._get_param("api_url"),
                api_key=api_key,
                endpoints=merge_endpoints(self._get_param("api_endpoints") or {}),
                deadline=DEADLINE,
                service_tz=self._get_param("service_tz"),
                allow_loopback=allow_loopback(),
                transport=_transport(allow_loopback()),
            )
        except ValueError as error:
            raise Rejected(str(error)) from None

    @api.model
    def _call(self, method, *args, account=None):
        """Call ``method`` of the client; a refused api key is renewed once.

        :param account: see ACCOUNTS
        :raise B2BFamilyError: what the client raises
        """
        if self._is_on_hold():
            raise Unavailable(self._hold_words(), call=method)
        status = self.env["b2b.family.service.status"]
        try:
            result = self._call_logged_in(method, args, account)
        except B2BFamilyError as error:
            status._note_error(account, error)
            raise
        status._note_success(account)
        return result

    @api.model
    def _call_logged_in(self, method, args, account):
        api_key = self._get_api_key(account) or self._login(account)
        try:
            return getattr(self._client(api_key), method)(*args)
        except AuthenticationFailed:
            if self._missing_credentials(account):
                raise
        api_key = self._login(account, refused_key=api_key)
        for arg in args:
            if hasattr(arg, "seek"):
                arg.seek(0)  # the first try has read the file
        return getattr(self._client(api_key), method)(*args)

    @api.model
    def _login(self, account=None, refused_key=None, by_hand=False):
        """Get an api key with the credentials, keep it and return it.

        Many calls may find the key expired at once: one of them logs in, the
        others wait for it and take its key. After a refusal there is no other
        try for a while, so that a changed password does not lock the account.

        :param str refused_key: the key that the service has just refused
        :param bool by_hand: a person asks: try in any case
        :raise AuthenticationFailed: the credentials were refused, now or lately
        """
        # By hand means with the values just typed, in the transaction that has them.
        flight = (
            nullcontext((self, account)) if by_hand else self._single_flight(account)
        )
        with flight as (service, account):
            current = service._get_api_key(account)
            if refused_key and current and current != refused_key:
                return current
            status = service.env["b2b.family.service.status"]
            if not by_hand:
                status._check_login_allowed(account)
            credentials = service._credentials(account)
            login = service._client().login(
                credentials["app_key"],
                credentials["secret_key"],
                credentials["email"],
                credentials["mail_password"],
                hash_label=service._get_param("login_hash_label"),
            )
            service._set_api_key(account, login.api_key)
            service._settle_in()
            service._set_params({"login_hash_label": login.hash_label})
        status._note_success(account)
        return login.api_key

    @api.model
    @contextmanager
    def _single_flight(self, account):
        """Yield service and account in a transaction of their own, one at a time.

        The lock is held by a second connection: a transaction that waited for
        the lock itself would still see the old key.
        """
        if modules.module.current_test:
            yield self, account
            return
        with self.pool.cursor() as lock_cr, self.pool.cursor() as cr:
            lock_cr.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)",
                [LOGIN_LOCK, account.id if account else 0],
            )
            self.pool.check_signaling(cr)
            env = self.env(cr=cr)
            yield self.with_env(env), account and account.with_env(env)
            cr.commit()  # pylint: disable=invalid-commit
            self.pool.signal_changes()

    # ------------------------------------------------------------
    # WEBHOOK
    # ------------------------------------------------------------

    @api.model
    def _webhook_url(self, token):
        # sudo: the address of this Odoo is no secret, but a system parameter
        base_url = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        return f"{base_url}/b2b_family/webhook/{token}"

    @api.model
    def _subscribe(self):
        """Let the service call us, on an address that only it is told."""
        self._unsubscribe()
        token = secrets.token_urlsafe(32)
        ref = self._call("subscribe", self._webhook_url(token))
        self._set_params({"webhook_token": token, "webhook_ref": ref})

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

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _explain(self, error):
        """Return what a B2BFamilyError means to a person, in the user's language."""
        message = error.message.rstrip(". ")
        if isinstance(error, AuthenticationFailed):
            return self.env._(
                "B2B Family did not accept the account: %(message)s. "
                "Check the keys, the e-mail and the password under "
                "Settings > B2B Family.",
                message=message,
            )
        if isinstance(error, Unavailable):
            return self.env._(
                "B2B Family cannot be reached at the moment: %(message)s. "
                "Nothing is lost, please try again later.",
                message=message,
            )
        if isinstance(error, OutcomeUnknown):
            return self.env._(
                "B2B Family gave no clear answer: %(message)s. "
                "The letter may or may not have been accepted.",
                message=message,
            )
        if isinstance(error, Rejected):
            return self.env._("B2B Family refused: %(message)s", message=message)
        return self.env._(
            "B2B Family gave an answer that cannot be read: %(message)s",
            message=message,
        )

    @api.model
    def _success_notice(self, message):
        """Return the action that tells of a success and shows the screen anew."""
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

    @api.model
    @contextmanager
    def _errors_for_user(self):
        """Turn the client's errors into a UserError with words for a person."""
        try:
            yield
        except B2BFamilyError as error:
            raise UserError(self._explain(error)) from None
