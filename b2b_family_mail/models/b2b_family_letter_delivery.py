# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.fields import Domain
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import SQL

from ..client import (
    AuthenticationFailed,
    B2BFamilyError,
    OutcomeUnknown,
    OutgoingLetter,
    Rejected,
    Unavailable,
)

_logger = logging.getLogger(__name__)

# Letters sent before the button's answer is shown; a mailing of hundreds is
# left to the scheduled action, so that nobody waits for it.
SEND_AT_ONCE = 5
# Minutes until a letter that the service could not take is tried again.
RETRY_MINUTES = (1, 2, 5, 15, 30, 60)
# The longest pause that the service can ask us for (Retry-After), in seconds.
MAX_RETRY_AFTER = 3600


class B2BFamilyLetter(models.Model):
    """How a queued letter gets to the service: never twice, never lost.

    claim, commit -> call, outside of any transaction's replay -> outcome, commit.
    What happens between the two commits is settled by the key: whoever finds a
    stale claim asks the service whether it has a letter of that key.
    """

    _inherit = "b2b.family.letter"

    # ------------------------------------------------------------
    # ENTRY POINTS
    # ------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Send what waits and settle what is in doubt (ir.cron)."""
        commit_progress = self.env["ir.cron"]._commit_progress
        self._release_stale_claims()
        self._deliver(
            lambda: commit_progress(
                1, remaining=self.search_count(self._due(), limit=1)
            )
        )
        self._look_up_doubtful()

    def _deliver_after_commit(self):
        """Send these queued letters as soon as the transaction is committed.

        Odoo may replay a transaction; a call made inside it would be repeated.
        """
        if not self:
            return
        if modules.module.current_test:
            # Tests never commit: see mail.mail.send_after_commit()
            self._deliver()
            return
        if len(self) > SEND_AT_ONCE:
            self.env.ref("b2b_family_mail.ir_cron_send")._trigger()
            return
        dbname, context, letter_ids = self.env.cr.dbname, self.env.context, self.ids

        @self.env.cr.postcommit.add
        def deliver():
            with Registry(dbname).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, context)
                env[self._name]._deliver(letter_ids=letter_ids)

    @api.model
    def _deliver(self, progress=None, letter_ids=None):
        """Claim and send queued letters one by one until none is left.

        An outage ends the round, and a refused account is left out of the rest of
        it: the others would only run into the same.

        :param progress: called after each letter; returns the seconds left, zero
            stops
        :param list letter_ids: only these
        """
        if self.env["b2b.family.service"]._is_on_hold():
            return
        refused = set()
        while letter := self._transact(lambda: self._claim(letter_ids, refused)):
            try:
                letter._send_claimed()
            except Unavailable:
                break
            except AuthenticationFailed:
                refused.add(letter.account_id.id or 0)
            if progress and not progress():
                break

    @api.model
    def _due(self):
        """Return the domain of the letters that may be sent now."""
        now = fields.Datetime.now()
        return Domain("state", "=", "queued") & (
            Domain("next_try_date", "=", False) | Domain("next_try_date", "<=", now)
        )

    # ------------------------------------------------------------
    # CLAIM
    # ------------------------------------------------------------

    @api.model
    def _claim(self, letter_ids=None, refused=()):
        """Take one letter that is due: nobody else can take it any more.

        :param refused: ids of the accounts to leave out, 0 for the common one
        """
        self.flush_model()
        only = SQL("AND id = ANY(%s)", letter_ids) if letter_ids else SQL()
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM b2b_family_letter
                    WHERE state = 'queued'
                      AND (next_try_date IS NULL OR next_try_date <= %s)
                      AND COALESCE(account_id, 0) <> ALL(%s) %s
                    ORDER BY next_try_date NULLS FIRST, id
                    LIMIT 1 FOR UPDATE SKIP LOCKED""",
                fields.Datetime.now(),
                list(refused),
                only,
            )
        )
        letter = self.browse(row[0] for row in rows)
        if letter:
            letter.write(
                {
                    "state": "sending",
                    "claim_date": fields.Datetime.now(),
                    "try_count": letter.try_count + 1,
                    "next_try_date": False,
                    "failure_reason": False,
                }
            )
        return letter

    def _transact(self, work):
        """Run ``work`` and commit; run it again if another transaction won.

        What this process remembers is dropped first: the webhook may have
        written to the letter while the service was being called.
        """
        self.env.flush_all()
        self.env.invalidate_all()
        if modules.module.current_test:
            return work()
        # The snapshot is as old as the call that was just made.
        self.env.cr.commit()  # pylint: disable=invalid-commit
        return retrying(work, self.env)

    # ------------------------------------------------------------
    # CALL
    # ------------------------------------------------------------

    def _send_claimed(self):
        """Hand one claimed letter to the service and write down the outcome.

        :raise Unavailable, AuthenticationFailed: written down as well; there is no
            sense in going on at once
        """
        self.ensure_one()
        self = self._in_author_language()
        explain = self.env["b2b.family.service"]._explain
        try:
            outgoing = self._prepare_claimed()
            ref = outgoing and self._call("send", outgoing)
        except OutcomeUnknown as error:
            _logger.info("Letter %s: no clear answer (%s)", self.key, error.call)
            self._transact(functools.partial(self._set_unknown, explain(error)))
            self._try_look_up()
        except (Unavailable, AuthenticationFailed) as error:
            _logger.info("Letter %s: not taken, will be tried again", self.key)
            self._transact(
                functools.partial(self._set_waiting, explain(error), error.retry_after)
            )
            raise
        except B2BFamilyError as error:
            _logger.info("Letter %s: refused (%s)", self.key, error.call)
            self._transact(functools.partial(self._set_failed, explain(error)))
        else:
            if ref:
                self._transact(functools.partial(self._set_sent, ref))

    def _prepare_claimed(self):
        """Upload the attachments and return the letter, ready for the one call.

        :return: ``OutgoingLetter``, or None when somebody else took the letter
        :raise B2BFamilyError: it cannot be sent, or not now
        """
        try:
            self.attachment_ids._ensure_uploaded()
            outgoing = self._prepare_outgoing()
        except (B2BFamilyError, OperationalError):
            raise
        except Exception:
            # A letter that cannot even be prepared must not stop the others.
            _logger.exception("Letter %s could not be prepared", self.key)
            raise Rejected(self.env._("The letter could not be prepared.")) from None
        renew = functools.partial(self._renew_claim, self.claim_date)
        return outgoing if self._transact(renew) else None

    def _renew_claim(self, claim_date):
        """Claim the letter anew right before the call that must happen once.

        Uploads may have taken so long that somebody else took the claim for
        stale. Ends the transaction, too: the call must hold neither locks nor an
        old snapshot.

        :return: whether the letter is still ours to send
        """
        if self.state != "sending" or self.claim_date != claim_date:
            return False
        self.claim_date = fields.Datetime.now()
        return True

    def _call(self, method, *args):
        """Call the service by the account that the letter goes by."""
        service = self.env["b2b.family.service"]
        return service._call(method, *args, account=self.account_id)

    def _prepare_outgoing(self):
        """Return the letter in the client's terms.

        :raise Rejected: its text is gone or something in it cannot be sent
        """
        mail = self.mail_id
        if not mail:
            raise Rejected(self.env._("The mail was deleted before it was sent."))
        try:
            return OutgoingLetter(
                to=self.email or "",
                subject=mail.subject or self.env._("(no subject)"),
                html=mail._b2b_prepare_body(self.partner_id),
                key=self.key,
                from_name=mail.author_id.name or "",
                reply_to=mail._b2b_reply_to(),
                attachments=tuple(self.attachment_ids.mapped("ref")),
                **self._prepare_notices(),
            )
        except ValueError as error:
            raise Rejected(str(error)) from None

    def _prepare_notices(self):
        """Return which notices of its own the service shall send to the author."""
        service = self.env["b2b.family.service"]
        days = service._get_int_param("not_open_days", 0)
        return {
            "email_enable": bool(service._get_param("service_email")),
            "sms_enable": bool(service._get_param("service_sms")),
            "not_open_timeout": days or None,
        }

    # ------------------------------------------------------------
    # OUTCOME
    # ------------------------------------------------------------

    def _set_sent(self, ref):
        """The service has accepted the letter under the id ``ref``."""
        now = fields.Datetime.now()
        self._raise_state("sent")
        self.write(
            {
                "ref": ref,
                "sent_date": self.sent_date or now,
                "failure_reason": False,
                "next_try_date": False,
            }
        )
        self._schedule_sync()
        self._schedule_not_open()
        self.env["b2b.family.event"]._adopt(self)
        self._after_outcome()

    def _set_failed(self, reason):
        """The letter was refused, or came back: say so, and why."""
        failed = self._raise_state("failed")
        failed.write({"failure_reason": reason, "next_try_date": False})
        failed._after_outcome()
        for letter in failed:
            letter._tell_author(
                "failure",
                letter.env._(
                    "“%(subject)s” to %(email)s was not delivered. %(reason)s",
                    subject=letter.display_name,
                    email=letter.email,
                    reason=reason,
                ),
            )

    def _set_unknown(self, reason):
        """Nobody can tell whether the service has the letter."""
        doubtful = self._raise_state("unknown")
        doubtful.write({"failure_reason": reason, "next_try_date": self._next_try()})
        doubtful._after_outcome()

    def _set_waiting(self, reason, retry_after=None):
        """The service has certainly not taken the letter: it stays queued.

        :param int retry_after: seconds that the service asked for, or None
        """
        still_ours = self.filtered(lambda letter: letter.state == "sending")
        still_ours.write(
            {
                "state": "queued",
                "failure_reason": reason,
                "next_try_date": self._next_try(retry_after),
            }
        )
        self._after_outcome()

    def _next_try(self, retry_after=None):
        """Return when to try next: sooner at first, then every hour.

        :param int retry_after: seconds that the service asked for; it can make
            the pause longer, up to a limit, never shorter
        """
        tries = max(self.mapped("try_count") or [0])
        minutes = RETRY_MINUTES[min(max(tries, 1), len(RETRY_MINUTES)) - 1]
        asked = min(retry_after or 0, MAX_RETRY_AFTER)
        return fields.Datetime.now() + timedelta(seconds=max(minutes * 60, asked))

    @api.model
    def _resume(self):
        """Send at once what waits: the service, or the account, works again."""
        waiting = self.search(
            [("state", "=", "queued"), ("next_try_date", "!=", False)]
        )
        waiting.next_try_date = False
        self.env.ref("b2b_family_mail.ir_cron_send")._trigger()

    def _requeue(self):
        """Put letters back that were refused, or never reached the service."""
        letters = self.filtered(lambda lt: lt.state in ("failed", "unknown"))
        letters.write(
            {"state": "queued", "next_try_date": False, "failure_reason": False}
        )
        letters._after_outcome()

    def _after_outcome(self):
        """Bring the mail, its notifications and the screens up to date."""
        self.mail_id._b2b_update_state()
        self._notify_screens()
