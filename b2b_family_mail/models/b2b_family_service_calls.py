# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from psycopg2.pool import PoolError

from odoo import api, models, modules

from ..client import (
    AuthenticationFailed,
    B2BFamilyClient,
    B2BFamilyError,
    Misconfigured,
    Transport,
    Unavailable,
    merge_endpoints,
)
from .b2b_family_service import OnHold, allow_loopback

DEADLINE = 30.0  # seconds for one call, its answer included
LOGIN_LOCK = 0xB2BFA  # key of the advisory lock that keeps logins single-flight
# Settings that the service's words must not show, should it quote them.
SECRETS = ("api_key", "app_key", "secret_key", "mail_password", "webhook_token")
# (database, account id) -> held by the thread of this process that logs in
_flights = defaultdict(threading.Lock)
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
    def _call(self, method, *args, account=None):
        """Call ``method`` of the client; a refused api key is renewed once.

        :param account: see ACCOUNTS
        :raise B2BFamilyError: what the client raises
        """
        [outcome] = self._call_all(method, [(account, args)])
        if isinstance(outcome, B2BFamilyError):
            raise outcome
        return outcome

    @api.model
    def _call_all(self, method, calls):
        """Call ``method`` of the client once for each of ``calls``, several at once.

        A service that is down, or refuses the key, is not called on: what was not
        begun yet ends in the same error.

        :param list calls: pairs of an account, see ACCOUNTS, and a tuple of arguments
        :return: list, for each call its result or the ``B2BFamilyError`` it ended in
        """
        if self._is_on_hold():
            return [OnHold(call=method)] * len(calls)
        outcomes = [None] * len(calls)
        accounts = {}
        for index, (account, _args) in enumerate(calls):
            accounts.setdefault(account or None, []).append(index)
        for account, indexes in accounts.items():
            done = self._call_account(method, account, [calls[i][1] for i in indexes])
            for index, outcome in zip(indexes, done, strict=True):
                outcomes[index] = outcome
        return outcomes

    @api.model
    def _call_account(self, method, account, args_list):
        """Make the calls of one account and note how it went."""
        status = self.env["b2b.family.service.status"]
        try:
            outcomes = self._call_logged_in(method, account, args_list)
        except B2BFamilyError as error:
            outcomes = [error] * len(args_list)
        errors = [out for out in outcomes if isinstance(out, B2BFamilyError)]
        if errors:
            status._note_error(account, errors[0])
        if len(errors) < len(outcomes):
            status._note_success(account)
        return outcomes

    @api.model
    def _call_logged_in(self, method, account, args_list):
        """Make the calls; those whose key was refused once more with a new one.

        :raise B2BFamilyError: no key could be had
        """
        api_key = self._get_api_key(account) or self._login(account)
        outcomes = self._run(getattr(self._client(api_key), method), args_list)
        refused = [
            index
            for index, outcome in enumerate(outcomes)
            if isinstance(outcome, AuthenticationFailed)
        ]
        if not refused or self._missing_credentials(account):
            return outcomes
        try:
            api_key = self._login(account, refused_key=api_key)
        except B2BFamilyError as error:
            again = [error] * len(refused)
        else:
            _rewind(args_list)
            again = self._run(
                getattr(self._client(api_key), method),
                [args_list[index] for index in refused],
            )
        for index, outcome in zip(refused, again, strict=True):
            outcomes[index] = outcome
        return outcomes

    @api.model
    def _run(self, call, args_list):
        """Run ``call`` with each tuple of arguments; return results and errors."""
        down = []

        def guarded(args):
            if down:
                return down[0]
            try:
                return call(*args)
            except (Unavailable, AuthenticationFailed) as error:
                down.append(error)  # the others would end in the same
                return error
            except B2BFamilyError as error:
                return error

        workers = min(self._get_int_param("concurrency", 1), MAX_CONCURRENCY)
        if len(args_list) == 1 or workers == 1 or modules.module.current_test:
            return [guarded(args) for args in args_list]
        with ThreadPoolExecutor(workers, thread_name_prefix="b2b_family") as pool:
            return list(pool.map(guarded, args_list))

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
    def _login(self, account=None, refused_key=None, by_hand=False):
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

        The lock is held by a second connection: a transaction that waited for
        the lock itself would still see the old key. Threads of one process wait for
        each other before they take connections: there are not enough for all.
        """
        if modules.module.current_test:
            yield self, account
            return
        account_id = account.id if account else 0
        with (
            _flights[self.env.cr.dbname, account_id],
            self._connect() as lock_cr,
            self._connect() as cr,
        ):
            lock_cr.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [LOGIN_LOCK, account_id]
            )
            self.pool.check_signaling(cr)
            env = self.env(cr=cr)
            # With the rights it came with: an own account is read by the system.
            yield self.with_env(env), account and account.with_env(account.env(cr=cr))
            cr.commit()  # pylint: disable=invalid-commit
            self.pool.signal_changes()

    @api.model
    def _connect(self):
        """Return a cursor of its own.

        :raise Unavailable: all connections are in use: as good as a service that is
            down, the call was not made and is to be made later
        """
        try:
            return self.pool.cursor()
        except PoolError:
            words = self.env._("Odoo has no database connection left.")
            raise Unavailable(words, call="login") from None


def _rewind(args_list):
    """Make files that a first try has read readable again."""
    for args in args_list:
        for arg in args:
            if hasattr(arg, "seek"):
                arg.seek(0)
