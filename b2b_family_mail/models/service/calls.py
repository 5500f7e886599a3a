# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import copy
import functools
import time
from contextlib import ExitStack, contextmanager

from psycopg2.pool import PoolError

from odoo import api, models

from ...client import (
    AuthenticationFailed,
    B2BFamilyClient,
    B2BFamilyError,
    Misconfigured,
    Transport,
    Unavailable,
    merge_endpoints,
    result_of,
)
from ...runtime import one_at_a_time, only_reading, side_by_side
from .settings import OnHold, allow_loopback

DEADLINE = 30.0  # seconds for one call, its answer included
LOGIN_LOCK = 0xB2BFA  # key of the advisory lock that keeps logins single-flight
# Settings that the service's words must not show, should it quote them.
SECRETS = ("api_key", "app_key", "secret_key", "mail_password", "webhook_token")
ALL = "all accounts"
# The outcome of a call that was not made, because its time was up.
NOT_BEGUN = object()
MAX_CONCURRENCY = 16  # calls that one process makes at once, whatever is set


@functools.cache
def _transport(loopback):
    """One pool of kept-alive connections for each process."""
    return Transport(allow_loopback=loopback, pool_size=MAX_CONCURRENCY)


class B2BFamilyService(models.AbstractModel):
    """How the service is called: with a key that is renewed, several at a time.

    The threads only do HTTP. Whatever needs the database happens before and after.
    """

    _inherit = "b2b.family.service"

    @api.model
    def _call(self, method, account, *args):
        """Call ``method`` of the client; a refused api key is renewed once.

        :param account: see account.py
        :raise B2BFamilyError: what the client raises
        """
        [outcome] = self._call_all(method, [(account, args)])
        return result_of(outcome)

    @api.model
    def _call_all(self, method, calls, until=None):
        """Call ``method`` of the client once for each of ``calls``, several at once.

        The calls of all accounts are made side by side. A service that is down is
        not called on, nor is one that refuses the key for the same account: what was
        not begun yet ends in the same error.

        :param list calls: pairs of an account, see account.py, and a tuple of arguments
        :param float until: monotonic time after which no call is begun any more
        :return: list, for each call its result, the ``B2BFamilyError`` it ended in,
            or NOT_BEGUN
        """
        let_go_again = only_reading(self.env)
        if self._is_on_hold():
            return [OnHold(call=method)] * len(calls)
        keys = self._get_keys({account: None for account, _args in calls})
        outcomes = self._run(method, calls, keys, until, let_go_again)
        refused = [
            index
            for index, outcome in enumerate(outcomes)
            if isinstance(outcome, AuthenticationFailed)
            and isinstance(keys[calls[index][0]], str)
            and not self._missing_credentials(calls[index][0])
        ]
        if refused:
            # Once more, with a new key.
            calls_again = [calls[index] for index in refused]
            _rewind(args for _account, args in calls_again)
            renewed = self._get_keys(
                {account: keys[account] for account, _ in calls_again}
            )
            again = self._run(method, calls_again, renewed, until, let_go_again)
            for index, outcome in zip(refused, again, strict=True):
                outcomes[index] = outcome
        self._note_outcomes(calls, outcomes)
        if method == "statistics":
            self.env["b2b.family.service.status"]._note_statistics(outcomes)
        return outcomes

    @api.model
    def _note_outcomes(self, calls, outcomes):
        """Note on each account how its calls went."""
        status = self.env["b2b.family.service.status"]
        errors, answered = {}, {}
        for (account, _args), outcome in zip(calls, outcomes, strict=True):
            if isinstance(outcome, B2BFamilyError):
                errors.setdefault(account, outcome)
            elif outcome is not NOT_BEGUN:
                answered[account] = True
        for account, error in errors.items():
            status._note_error(account, error)
        for account in answered:
            status._note_success(account)

    @api.model
    def _get_keys(self, refused_keys):
        """Return the api key of each account, or the ``B2BFamilyError`` that denies it.

        One after another, for it needs the database; a service that is down is not
        asked on.

        :param dict refused_keys: by account: the key that was just refused, or None
        """
        keys, down = {}, None
        for account, refused in refused_keys.items():
            try:
                keys[account] = not refused and self._get_api_key(account)
                if not keys[account]:
                    if down:
                        raise down
                    keys[account] = self._login(account, refused_key=refused)
            except Unavailable as error:
                keys[account] = down = error
            except B2BFamilyError as error:
                keys[account] = error
        return keys

    @api.model
    def _run(self, method, calls, keys, until, let_go_again):
        """Make calls, several at once; see _call_all().

        :param dict keys: by account: its api key, or the error that is the outcome
        :param let_go_again: see runtime.only_reading()
        """
        clients, denied = {}, {}
        ended = {}  # by account, or ALL: the error in which its other calls would end
        for account, key in keys.items():
            try:
                if isinstance(key, B2BFamilyError):
                    raise key
                clients[account] = self._client(key)
            except B2BFamilyError as error:
                denied[account] = error

        def guarded(call):
            account, args = call
            if account in denied:
                return denied[account]
            if error := ended.get(ALL) or ended.get(account):
                return second_hand(error)
            if until and time.monotonic() > until:
                return NOT_BEGUN
            try:
                return getattr(clients[account], method)(*args)
            except Unavailable as error:
                # Told to come back later is the one account that asked too often.
                ended[account if error.retry_after else ALL] = error
                return error
            except AuthenticationFailed as error:
                ended[account] = error
                return error
            except B2BFamilyError as error:
                return error

        workers = min(self._get_int_param("concurrency", 1), MAX_CONCURRENCY)
        let_go_again()
        return side_by_side(guarded, calls, workers)

    @api.model
    def _client(self, api_key=None):
        """Return a client for the configured address.

        :raise Misconfigured: the address, the zone or the table of endpoints cannot be used
        """
        try:
            return B2BFamilyClient(
                self._get_param("api_url"),
                api_key=api_key,
                endpoints=merge_endpoints(self._get_param("api_endpoints") or {}),
                deadline=DEADLINE,
                service_tz=self._get_param("service_tz"),
                allow_loopback=allow_loopback(),
                secrets=map(self._get_param, SECRETS),
                transport=_transport(allow_loopback()),
            )
        except ValueError as error:
            raise Misconfigured(str(error)) from None

    @api.model
    def _login(self, account, refused_key=None, by_hand=False):
        """Get an api key with the credentials, keep it and return it.

        Many calls may find the key expired at once: one of them logs in, the
        others wait for it and take its key. After a refusal there is no other
        try for a while, so that a changed password does not lock the account.

        :param str refused_key: the key that the service has just refused
        :param bool by_hand: a person asks, with values just typed: try again at once,
            a few times
        :raise AuthenticationFailed: the credentials were refused, now or lately
        :raise UserError: by hand, and they were refused too often
        """
        with self._single_flight(account) as (flight, own):
            current = flight._get_api_key(own)
            if refused_key and current and current != refused_key:
                return current
            status = flight.env["b2b.family.service.status"]
            status._check_login_allowed(own, by_hand)
            # What was just typed is in this transaction, and not yet in others.
            service, own = (self, account) if by_hand else (flight, own)
            try:
                login = service._request_login(own)
            except AuthenticationFailed as error:
                # Before anybody else is let in: each refusal counts.
                status._note_refusal(own, error, by_hand)
                raise
            service._set_api_key(own, login.api_key)
            service._settle_in()
            service._set_params({"login_hash_label": login.hash_label})
        self.env["b2b.family.service.status"]._note_success(account, login=True)
        return login.api_key

    @api.model
    def _request_login(self, account):
        """Ask the service for an api key; return the client's ``Login``."""
        credentials = self._credentials(account)
        return self._client().login(
            credentials["app_key"],
            credentials["secret_key"],
            credentials["email"],
            credentials["mail_password"],
            hash_label=self._get_param("login_hash_label"),
        )

    @api.model
    @contextmanager
    def _single_flight(self, account):
        """Yield service and account in a transaction of their own, one at a time.

        :raise Unavailable: all connections are in use: as good as a service that is
            down, the call was not made and is to be made later
        """
        turn = one_at_a_time(self.env, LOGIN_LOCK, account.id or 0)
        with ExitStack() as stack:
            try:
                env = stack.enter_context(turn)
            except PoolError:
                words = "Odoo has no database connection left."
                reason = "no_database_connection"
                raise Unavailable(words, call="login", reason=reason) from None
            # With the rights it came with: a user's account is read by the system.
            yield self.with_env(env), account.with_env(account.env(cr=env.cr))


def second_hand(error):
    """Return the error for a call that was not made, because it would end so too."""
    error = copy.copy(error)
    error.second_hand = True
    return error


def is_second_hand(error):
    """Tell whether the call that has this outcome was not made at all."""
    return getattr(error, "second_hand", False)


def _rewind(args_list):
    """Make files that a first try has read readable again."""
    for args in args_list:
        for arg in args:
            if hasattr(arg, "seek"):
                arg.seek(0)
