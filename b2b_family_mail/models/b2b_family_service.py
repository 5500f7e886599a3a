# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import logging
import os
import secrets
from contextlib import contextmanager

from odoo import api, models, modules
from odoo.exceptions import UserError
from odoo.tools import SQL

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

    @api.model
    def _credential_labels(self):
        return {
            "app_key": self.env._("B2B application key"),
            "secret_key": self.env._("B2B secret key"),
            "email": self.env._("B2B Family email for access"),
            "mail_password": self.env._("B2B Family mail password"),
        }

    @api.model
    def _missing_credentials(self):
        """Return the labels of the settings without which no login is possible."""
        return [
            label
            for name, label in self._credential_labels().items()
            if not self._get_param(name)
        ]

    @api.model
    def _is_configured(self):
        return bool(self._get_param("api_key") or not self._missing_credentials())

    @api.model
    def _check_configured(self):
        """Raise UserError, naming what is missing, when no call could succeed."""
        if not self._is_configured():
            raise UserError(
                self.env._(
                    "B2B Family is not set up yet. Missing: %(settings)s. "
                    "An administrator fills them in under Settings > B2B Family.",
                    settings=", ".join(self._missing_credentials()),
                )
            )

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
    def _call(self, method, *args, **kwargs):
        """Call ``method`` of the client; a refused api key is renewed once.

        :raise B2BFamilyError: what the client raises
        """
        api_key = self._get_param("api_key") or self._login()
        try:
            return getattr(self._client(api_key), method)(*args, **kwargs)
        except AuthenticationFailed:
            if self._missing_credentials():
                raise
        api_key = self._login(refused_key=api_key)
        return getattr(self._client(api_key), method)(*args, **kwargs)

    @api.model
    def _login(self, refused_key=None):
        """Get an api key with the credentials, keep it and return it.

        Many calls may find the key expired at once: one of them logs in, the
        others wait for it and take its key.

        :param str refused_key: the key that the service has just refused
        """
        with self._single_flight() as service:
            current = service._stored_api_key()
            if refused_key and current and current != refused_key:
                return current
            login = service._client().login(
                service._get_param("app_key"),
                service._get_param("secret_key"),
                service._get_param("email"),
                service._get_param("mail_password"),
                hash_label=service._get_param("login_hash_label"),
            )
            service._set_params(
                {"api_key": login.api_key, "login_hash_label": login.hash_label}
            )
            return login.api_key

    @api.model
    def _stored_api_key(self):
        """Return the key as the database has it now, past the cache."""
        self.env["ir.config_parameter"].flush_model(["key", "value"])
        rows = self.env.execute_query(
            SQL(
                "SELECT value FROM ir_config_parameter WHERE key = %s",
                PREFIX + "api_key",
            )
        )
        return rows[0][0] if rows else None

    @contextmanager
    def _single_flight(self):
        """Yield the service in a transaction of its own, one at a time.

        The lock is held by a second connection: a transaction that waited for
        the lock itself would still see the old key.
        """
        if modules.module.current_test:
            yield self
            return
        with self.pool.cursor() as lock_cr, self.pool.cursor() as cr:
            lock_cr.execute("SELECT pg_advisory_xact_lock(%s)", [LOGIN_LOCK])
            yield self.with_env(self.env(cr=cr))
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
        if isinstance(error, AuthenticationFailed):
            return self.env._(
                "B2B Family did not accept the account: %(message)s. "
                "Check the keys, the e-mail and the password under "
                "Settings > B2B Family.",
                message=error.message,
            )
        if isinstance(error, Unavailable):
            return self.env._(
                "B2B Family cannot be reached at the moment: %(message)s. "
                "Nothing is lost, please try again later.",
                message=error.message,
            )
        if isinstance(error, OutcomeUnknown):
            return self.env._(
                "B2B Family gave no clear answer: %(message)s. "
                "The letter may or may not have been accepted.",
                message=error.message,
            )
        if isinstance(error, Rejected):
            return self.env._("B2B Family refused: %(message)s", message=error.message)
        return self.env._(
            "B2B Family gave an answer that cannot be read: %(message)s",
            message=error.message,
        )

    @api.model
    @contextmanager
    def _errors_for_user(self):
        """Turn the client's errors into a UserError with words for a person."""
        try:
            yield
        except B2BFamilyError as error:
            raise UserError(self._explain(error)) from None
