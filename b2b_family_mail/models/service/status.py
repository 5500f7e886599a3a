# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import math
import time
from datetime import timedelta

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...client import (
    AuthenticationFailed,
    Misconfigured,
    PayloadError,
    Rejected,
    Statistics,
)
from ...runtime import own_transaction

_logger = logging.getLogger(__name__)

# How long there is no other login once the service has refused the credentials.
PAUSE = timedelta(minutes=15)
# Refusals within that time after which a person has to wait as well.
MAX_REFUSALS = 5
NOTE_TRIES = 3
# What the administrator has to mend for all accounts.
SETUP_KINDS = ("Misconfigured", "OnHold")
# Seconds during which one process writes down no second success.
SUCCESS_SECONDS = 60
# The same for webhooks; and how long one that was heard says that they work.
WEBHOOK_SECONDS = 300
WEBHOOK_SILENCE = timedelta(hours=1)
# What statistics end in that are not as we assume; and how long they have to before
# that is said: a single letter that is asked about may be gone there.
UNREADABLE = (PayloadError, Rejected, Misconfigured)
UNREADABLE_TIME = timedelta(hours=1)
# News that is this old, and which no webhook has told, shows that they do not.
WEBHOOK_DELAY = timedelta(minutes=5)

# (database, id of an account, "webhook", or "mail" and the id of a mail server) ->
# monotonic time of the last success, or webhook, written down
_noted = {}


class B2BFamilyServiceStatus(models.Model):
    """How it went with the service lately, a row for each account.

    What the health panel shows, and what keeps refused credentials from being
    tried over and over. Written in transactions of its own: a call that failed
    is remembered also when the work around it is rolled back.
    """

    _name = "b2b.family.service.status"
    _description = "B2B Family Account Status"
    _inherit = ["mail.thread", "mail.activity.mixin", "b2b.family.cells.mixin"]
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="cascade",
        help="Whose account it is. Empty: the account of the settings.",
    )
    is_mail_server = fields.Boolean(
        "Outgoing Mail",
        readonly=True,
        help="Of no account, but of a mail server by which this Odoo delivers letters.",
    )
    mail_server_id = fields.Many2one(
        "ir.mail_server",
        readonly=True,
        ondelete="cascade",
        help="Empty: the one of Odoo's configuration file.",
    )
    last_success_date = fields.Datetime("Last Success On", readonly=True)
    last_error_date = fields.Datetime("Last Error On", readonly=True)
    last_error_kind = fields.Char(readonly=True)
    last_error_message = fields.Char(readonly=True)
    # What the words are made of, in the language of whoever reads them.
    last_error_reason = fields.Char(readonly=True)
    last_error_detail = fields.Char(readonly=True)
    last_error = fields.Char(compute="_compute_last_error")
    paused_until = fields.Datetime(
        readonly=True, help="No login is tried before: the last one was refused."
    )
    refusal_count = fields.Integer(
        "Refused Logins",
        readonly=True,
        help="How many logins in a row were refused, each within 15 minutes of the "
        "one before. After 5 of them a person has to wait, too.",
    )
    refusal_date = fields.Datetime("Last Refusal On", readonly=True)
    refused_email = fields.Char(
        readonly=True,
        help="The mailbox that was refused, if it was one and the same each time.",
    )

    webhook_date = fields.Datetime(
        "Webhook Last Heard On",
        readonly=True,
        help="To a few minutes. Empty when asking has shown that webhooks do not come.",
    )

    unread_date = fields.Datetime(
        "Not Readable Since",
        readonly=True,
        help="Since when no statistics of the service could be read. Empty: they can.",
    )

    _user_unique = models.UniqueIndex(
        "((COALESCE(user_id, 0)), (COALESCE(is_mail_server, false)),"
        " (COALESCE(mail_server_id, 0)))"
    )

    @api.depends("user_id")
    def _compute_display_name(self):
        for status in self:
            status.display_name = self.env._(
                "B2B Family account %(email)s",
                # sudo: whoever reads the status may know whose it is
                email=self.env["b2b.family.service"]._account_email(
                    status.user_id.sudo()
                ),
            )

    @api.depends("last_error_kind", "last_error_message", "last_error_reason")
    @api.depends_context("lang")
    def _compute_last_error(self):
        for status in self:
            status.last_error = status.last_error_kind and status._explain_last(
                self.env.user
            )

    def _explain_last(self, reader):
        """Return the words for the last error, see b2b.family.service._explain()."""
        service = self.env["b2b.family.service"]
        message = service._say(
            self.last_error_message, self.last_error_reason, self.last_error_detail
        )
        return service._explain_kind(self.last_error_kind, message, reader)

    @api.model
    def _get(self, account):
        """Return the row of an account, an empty recordset when there is none."""
        own = [("user_id", "=", account.id), ("is_mail_server", "=", False)]
        # sudo: of the common account, too, by which everybody sends
        return self.sudo().search(own)

    @api.model
    def _get_common(self):
        """Return the row of the account of the settings, see _get()."""
        return self._get(self._common_account())

    @api.model
    def _common_account(self):
        return self.env["b2b.family.service"]._common_account()

    # ------------------------------------------------------------
    # NOTES
    # ------------------------------------------------------------

    def _is_noted(self, what, seconds):
        """Tell whether this process has noted the same lately; it has now."""
        memo, now = (self.env.cr.dbname, what), time.monotonic()
        if now - _noted.get(memo, -seconds) < seconds:
            return True
        _noted[memo] = now
        return False

    def _forget_noted(self, what):
        _noted.pop((self.env.cr.dbname, what), None)

    @api.model
    def _note_success(self, account, login=False):
        """Write down that a call succeeded, at most once a minute and process.

        Refusals of the same mailbox are forgotten; those of others are not: who has
        a mailbox must not get to try the passwords of others by it.

        :param bool login: it was a login, which is always written down
        """
        noted = self._is_noted(account.id, SUCCESS_SECONDS)
        if noted and not login:
            return
        email = self.env["b2b.family.service"]._account_email(account)
        values = {"last_success_date": fields.Datetime.now(), "paused_until": False}

        def note(status):
            proved = status.refused_email == email
            status.write(values | ({"refusal_count": 0} if proved else {}))
            status._end_alert()
            # The set-up is everybody's: it works, whoever called.
            common = status._get_common()
            if common.last_error_kind in SETUP_KINDS:
                common._end_alert()

        self._write_down(account, note)

    @api.model
    def _note_error(self, account, error):
        """Write down what went wrong; tell the administrator what he has to mend.

        The set-up is everybody's: what is wrong with it is told once, not for each
        account.
        """
        self._forget_noted(account.id)
        values = self._prepare_error(error)
        is_setup = isinstance(error, Misconfigured)

        def note(status):
            status.write(values)
            if is_setup and not status.activity_ids:
                status._alert()

        self._write_down(self._common_account() if is_setup else account, note)

    @api.model
    def _note_refusal(self, account, error, by_hand):
        """Write down that a login was refused, which pauses further ones."""
        self._forget_noted(account.id)
        email = self.env["b2b.family.service"]._account_email(account)
        values = self._prepare_error(error)

        def note(status):
            status.write(values | status._prepare_refusal(email))
            if not by_hand and not status.activity_ids:
                status._alert()

        self._write_down(account, note, tries=NOTE_TRIES)

    @api.model
    def _prepare_error(self, error):
        return {
            "last_error_date": fields.Datetime.now(),
            "last_error_kind": type(error).__name__,
            "last_error_message": error.message,
            "last_error_reason": error.reason,
            "last_error_detail": error.detail,
        }

    def _prepare_refusal(self, email):
        """Return the values of one more refusal, of a login with this mailbox."""
        now = fields.Datetime.now()
        is_recent = self.refusal_date and self.refusal_date > now - PAUSE
        count = self.refusal_count if is_recent else 0
        is_same = not count or self.refused_email == email
        return {
            "paused_until": now + PAUSE,
            "refusal_count": count + 1,
            "refusal_date": now,
            "refused_email": is_same and email,
        }

    @api.model
    def _note_statistics(self, outcomes):
        """Write down whether the service's statistics can be read, when that changes.

        :param list outcomes: ``client.Statistics``, or what the call ended in
        """
        is_read = any(isinstance(outcome, Statistics) for outcome in outcomes)
        is_unread = any(isinstance(outcome, UNREADABLE) for outcome in outcomes)
        is_known = self._get_common().unread_date
        if is_read and is_known:
            self._set_unread_date(False)
        elif is_unread and not is_read and not is_known:
            self._set_unread_date(fields.Datetime.now())

    @api.model
    def _set_unread_date(self, date):
        def note(status):
            status.unread_date = date

        self._write_down(self._common_account(), note)

    def _is_unreadable(self):
        """Tell whether the service's statistics have not been readable for long."""
        late = fields.Datetime.now() - UNREADABLE_TIME
        return bool(self.unread_date and self.unread_date < late)

    @api.model
    def _note_webhook(self):
        """Write down that the service has called us, once in a few minutes."""
        if not self._is_noted("webhook", WEBHOOK_SECONDS):
            self._set_webhook_date(fields.Datetime.now())

    @api.model
    def _note_unheard(self, dates):
        """Write down that webhooks fail to come: asking told what none of them had.

        :param dates: when that had happened, naive UTC
        """
        late = fields.Datetime.now() - WEBHOOK_DELAY
        if min(dates) < late and self._hears_webhooks():
            self._forget_noted("webhook")
            self._set_webhook_date(False)

    @api.model
    def _set_webhook_date(self, date):
        def note(status):
            status.webhook_date = date

        self._write_down(self._common_account(), note)

    @api.model
    def _hears_webhooks(self):
        """Tell whether news can be trusted to come by webhook."""
        heard = self._get_common().webhook_date
        return bool(heard and heard > fields.Datetime.now() - WEBHOOK_SILENCE)

    def _alert(self):
        """Ask whoever can mend the account to do so, once."""
        administrator = self.env.ref("base.user_admin", raise_if_not_found=False)
        user = self.user_id or administrator
        if user and user.active:
            status = self.with_context(lang=user.lang)
            status.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=status._explain_last(user),
                user_id=user.id,
            )

    def _end_alert(self):
        """Take back what _alert() asked for."""
        self.activity_unlink(["mail.mail_activity_data_warning"])

    @api.model
    def _write_down(self, account, note, tries=1):
        """Call ``note`` with the account's row, made when there is none, and commit.

        Two processes may note something at the same moment: one note is enough,
        unless ``tries`` says that each one counts. Nor may a note that cannot be
        written take what the service answered with it.
        """
        for _try in range(tries):
            try:
                with own_transaction(self.env) as env:
                    status = self.with_env(env)
                    note(status._get(account) or status._make(account))
                return
            except (OperationalError, PoolError) as error:
                _logger.debug("The status of the service was not written: %s", error)

    @api.model
    def _make(self, account):
        # Another process may begin the same row: no error to be logged.
        self.env.cr.execute(
            "INSERT INTO b2b_family_service_status (user_id) VALUES (%s)"
            " ON CONFLICT DO NOTHING",
            [account.id or None],
            log_exceptions=False,
        )
        return self._get(account)

    # ------------------------------------------------------------
    # PAUSE
    # ------------------------------------------------------------

    @api.model
    def _check_login_allowed(self, account, by_hand):
        """Raise an error while the credentials rest after a refusal.

        :param bool by_hand: a person asks, who may have corrected what was wrong
        :raise AuthenticationFailed: not by hand, and within the pause
        :raise UserError: by hand, and refused too often within the pause
        """
        status, now = self._get(account), fields.Datetime.now()
        if by_hand:
            status._check_refusals(now)
        elif status.paused_until and status.paused_until > now:
            raise AuthenticationFailed(
                "The login was refused a short while ago.",
                call="pause",
                reason="login_paused",
            )

    def _check_refusals(self, now):
        """Raise UserError, with the time to wait, after too many refusals."""
        if self.refusal_count < MAX_REFUSALS or self.refusal_date <= now - PAUSE:
            return
        seconds = (self.refusal_date + PAUSE - now).total_seconds()
        raise UserError(
            self.env._(
                "B2B Family refused the login %(count)s times. So that the account is "
                "not locked there, the next try is possible in %(minutes)s minutes.",
                count=self.refusal_count,
                minutes=math.ceil(seconds / 60),
            )
        )
