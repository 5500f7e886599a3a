# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from odoo import api, fields, models

from ..client import FileRefused, OutcomeUnknown, Rejected
from .b2b_family_service_calls import is_second_hand

_logger = logging.getLogger(__name__)

# Minutes until a letter that the service could not take is tried again.
RETRY_MINUTES = (1, 2, 5, 15, 30, 60)
# The longest pause that the service can ask us for (Retry-After), in seconds.
MAX_RETRY_AFTER = 3600


class B2BFamilyLetter(models.Model):
    """What becomes of a letter that was handed to the service, and when to try again."""

    _inherit = "b2b.family.letter"

    def _settle(self, outcomes, claims, reused):
        """Write down what became of letters.

        That the service has one is so, whoever has it now. All else is the business
        of its present claim: ours may have been taken for stale.

        :param dict outcomes: by letter: the service's id of it, or the error
        :param dict claims: by letter: the date of our claim
        :param reused: see _hand_in()
        :return: the mails that still wait for other letters. Two workers that settle
            the last ones of a mail at the same moment do not see each other's: let it
            look again.
        """
        sent = {}
        # The call took its time: a letter may have been deleted meanwhile.
        there = self.browse().union(*outcomes).exists()
        ours = self._still_claimed({letter: claims[letter] for letter in there})
        for letter in there:
            outcome = outcomes[letter]
            if isinstance(outcome, str):
                sent[letter] = outcome
                continue
            if letter not in ours:
                _logger.info("Letter %s was claimed anew meanwhile", letter.key)
                continue
            letter = letter._in_author_language()
            words = letter.env["b2b.family.service"]._explain(
                outcome, letter.author_id.main_user_id
            )
            _logger.info("Letter %s: %s", letter.key, type(outcome).__name__)
            gone = isinstance(outcome, FileRefused) and letter.attachment_ids & reused
            if isinstance(outcome, OutcomeUnknown):
                letter._set_unknown(words)
            elif gone:
                gone._forget_uploads()
                letter._send_due_again()
            elif isinstance(outcome, Rejected):
                letter._set_failed(words)
            else:
                # It says nothing of this letter.
                if is_second_hand(outcome):
                    # Soon again: one at which a firewall takes offence must not be
                    # in front of the same others each time.
                    letter.try_count -= 1
                letter._set_waiting(words, outcome.retry_after)
        self._set_sent(sent)
        return there.mail_id.filtered(lambda mail: mail.state == "outgoing")

    @api.model
    def _set_sent(self, refs):
        """The service has accepted letters.

        :param dict refs: by letter: the service's id of it, False if not known yet
        """
        letters = self.browse().union(*refs)
        now = fields.Datetime.now()
        moved = letters._raise_state("sent")
        moved.failure_reason = False
        for letter, ref in refs.items():
            letter.write({"ref": ref, "sent_date": letter.sent_date or now})
        letters.next_try_date = False
        letters._schedule_sync()
        moved._schedule_not_open()
        self.env["b2b.family.event"]._adopt(letters.filtered("ref"))
        letters._after_outcome()

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

    def _send_due_again(self):
        """Queue a letter again, to be sent at once: with files uploaded anew."""
        self.write({"state": "queued", "next_try_date": False})
        self._after_outcome()
        self.env.ref("b2b_family_mail.ir_cron_send")._trigger()

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
    def _resume(self, account):
        """Send at once what waits for an account that works again.

        :param account: see ACCOUNTS; the letters of others are left alone
        """
        self._resume_those([("account_id", "=", account.id)])

    @api.model
    def _resume_all(self):
        """Send at once what waits, by whichever account."""
        self._resume_those([])

    @api.model
    def _resume_those(self, domain):
        waiting = self.search(
            [("state", "=", "queued"), ("next_try_date", "!=", False), *domain]
        )
        waiting.next_try_date = False
        self.env.ref("b2b_family_mail.ir_cron_send")._trigger()

    @api.model
    def _follow_account(self, users):
        """Let what waits go at once by the account that these authors have now."""
        waiting = self.search(
            [("state", "=", "queued"), ("author_id", "in", users.partner_id.ids)]
        ).try_lock_for_update()
        if waiting:
            waiting._set_account()
            waiting.next_try_date = False
            self.env.ref("b2b_family_mail.ir_cron_send")._trigger()

    def _set_account(self):
        """Let the letters go by the account that their author has now."""
        service = self.env["b2b.family.service"]
        for author, letters in self.grouped("author_id").items():
            letters.account_id = service._account_of(author.main_user_id)

    def _requeue(self):
        """Put letters back that were refused, or never reached the service."""
        letters = self.filtered(lambda lt: lt.state in ("failed", "unknown"))
        letters._set_account()
        letters.write(
            {"state": "queued", "next_try_date": False, "failure_reason": False}
        )
        letters._after_outcome()

    def _after_outcome(self):
        """Bring the mail, its notifications and the screens up to date."""
        self.mail_id._b2b_update_state()
        self._notify_screens()
