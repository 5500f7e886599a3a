# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import os
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...client import Misconfigured, Rejected
from ...evidence import SETTLES

_logger = logging.getLogger(__name__)

PREFIX = "b2b_family_mail."
DEFAULTS = {
    "api_url": "https://api.b2bfamily.com",
    "email_update_rate": "300",  # seconds
    "tracking_days": "30",
    "service_tz": "Europe/Moscow",
    "login_hash_label": "apikey",
    "settle_seconds": str(
        SETTLES
    ),  # that an open of a young letter waits, see event/verdict.py
    "unclear_counts": "1",  # whether what may have been a program counts as opened
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
