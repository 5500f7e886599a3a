# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import logging
import time

from odoo import api, fields, models
from odoo.fields import Domain

from ....client import (
    AuthenticationFailed,
    B2BFamilyError,
    FileRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from ....runtime import transact
from ...service.calls import NOT_BEGUN, is_second_hand, second_hand
from ..record import CARRIERS
from .claim import FRESH, SEND_BATCH

_logger = logging.getLogger(__name__)

# No letter is handed in this long after its claim was renewed. It may need two calls
# and a login after that, and its claim is still good (CLAIM_MINUTES).
SEND_SECONDS = 300
# Letters that are told at once that the database is on hold.
HOLD_BATCH = 1_000


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
        transact(self.env, self._settle_handed_over)
        transact(self.env, self._release_stale_claims)
        self._send_due()
        self._look_up_doubtful()

    @api.model
    def _send_due(self):
        """Send what is due, batch by batch."""
        self._deliver(
            lambda done: self._commit_batch("ir_cron_send", done, self._due())
        )

    @api.model
    def _deliver(self, progress=None, letter_ids=None):
        """Claim and send queued letters, batch by batch, until none is left.

        The carriers take turns. An outage ends the round of one of them, and a refused
        account is left out of the rest of it: the others would only run into the same.

        :param progress: called with the number of letters of a batch; returns the
            seconds left, zero stops
        :param list letter_ids: only these
        """
        if error := self._carrier()._obstacle():
            transact(self.env, lambda: self._wait_on_hold(error))
            return
        refused = {carrier: set() for carrier, _label in CARRIERS}
        while refused:
            for carrier in list(refused):
                letters, is_over = self._deliver_batch(
                    carrier, refused[carrier], letter_ids
                )
                if is_over:
                    del refused[carrier]
                elif progress and not progress(len(letters)):
                    return
                if letter_ids and len(letters) == len(letter_ids) and is_over:
                    return

    @api.model
    def _deliver_batch(self, carrier, refused, letter_ids=None):
        """Claim and send some letters of one carrier.

        :param set refused: the accounts to leave out; more may be added
        :return: the letters; whether there are no more, or none can be sent now
        """
        letters = transact(
            self.env, functools.partial(self._claim, carrier, letter_ids, refused)
        )
        if not letters:
            return letters, True
        try:
            now_refused, passed = letters._send_claimed()
        except Unavailable:
            return letters, True
        refused |= now_refused
        return letters, letter_ids and len(letters) < SEND_BATCH and not passed

    @api.model
    def _wait_on_hold(self, error):
        """Say, on the letters and to the administrator, that nothing is sent.

        :param error: what b2b.family.carrier._obstacle() returned
        """
        due = self.search(self._due(), limit=HOLD_BATCH).try_lock_for_update()
        if not due:
            return
        self._carrier()._note_obstacle(error)
        for author, letters in due.grouped("author_id").items():
            letters = letters._in_author_language()
            reader = author.main_user_id
            words = letters._carrier()._explain_obstacle(error, reader)
            letters.write(
                {"failure_reason": words, "next_try_date": letters._next_try()}
            )
        due._after_change()

    @api.model
    def _commit_batch(self, cron, done, due):
        """Commit what a scheduled action has done; return the seconds it has left.

        When its time is up, Odoo would come back to the rest at its next look, up to
        a minute later: it is woken.

        :param Domain due: what the action works off
        """
        more = self.search_count(due, limit=1)
        seconds = self.env["ir.cron"]._commit_progress(done, remaining=more)
        if more and not seconds:
            self.env.ref(f"b2b_family_mail.{cron}")._trigger()
        return seconds

    # ------------------------------------------------------------
    # CALL
    # ------------------------------------------------------------

    def _send_claimed(self):
        """Hand claimed letters to the service and write down the outcomes.

        Those that need no upload go first: nobody waits for the files of others.

        :return: set of the accounts that were refused; the letters that were put
            back, to have more of their files uploaded
        :raise Unavailable: the service is down (which is written down as well)
        """
        claims = {letter: letter.claim_date for letter in self}
        with self._given_back_on_error(claims):
            tracked = self._take_out_refused()
            reused = self._carrier()._find_files(tracked)
            late = tracked.filtered(lambda lt: lt.attachment_ids._attached() - reused)
        with late._given_back_on_error(claims):
            outcomes = (tracked - late)._hand_in(claims, {}, reused)
        passed = late.browse()
        if late and (down := self._find_outage(outcomes)):
            outcomes |= late._hand_in(
                claims, dict.fromkeys(late, second_hand(down)), reused
            )
        elif late:
            errors, passed = late._upload_files(claims)
            outcomes |= (late - passed)._hand_in(claims, errors, reused)
        if down := self._find_outage(outcomes):
            raise down
        return {
            letter.account_id
            for letter, outcome in outcomes.items()
            if isinstance(outcome, AuthenticationFailed)
        }, passed

    def _take_out_refused(self):
        """Keep back what may not leave any more; send the rest by ordinary mail to those
        readers who refused tracking meanwhile.

        :return: the others
        """
        fresh = fields.Datetime.now() - FRESH
        waited = self.filtered(
            lambda lt: (
                lt.mail_id and (lt.create_date < fresh or lt.mail_id.scheduled_date)
            )
        )
        if not waited:
            return self
        lost = transact(self.env, waited._fail_lost)
        if refused := (waited - lost)._filter_refused():
            transact(self.env, refused._go_plain)
        return self - lost - refused

    @api.model
    def _find_outage(self, outcomes):
        """Return the first error that says that the service is down, or None."""
        errors = (out for out in outcomes.values() if isinstance(out, Unavailable))
        return next(errors, None)

    def _upload_files(self, claims):
        """Upload the files of claimed letters, for as long as nobody else waits.

        Then a few of each author: what cannot be sent yet is queued again, and the
        next claim takes turns.

        :param dict claims: when each letter was claimed
        :return: dict by letter: the ``B2BFamilyError`` that keeps it from being sent;
            the letters that were put back
        """
        with self._given_back_on_error(claims):
            errors = self.attachment_ids._upload_missing(
                go_on=lambda: transact(self.env, self._is_alone)
            )
            passed = self.filtered(
                lambda lt: (
                    lt not in errors
                    and not all(lt.attachment_ids._attached().mapped("ref"))
                )
            )
            put_back = {letter: claims[letter] for letter in passed}
            if put_back:
                transact(self.env, lambda: self._put_back(put_back))
        return errors, passed

    def _is_alone(self):
        """Tell whether nobody waits for the authors of these letters."""
        others = self._due() & Domain("author_id", "not in", self.author_id.ids)
        return not self.search_count(others, limit=1)

    def _hand_in(self, claims, errors, reused):
        """Send letters of which the service has all files, each if it is ours still.

        :param dict claims: when each letter was claimed
        :param dict errors: by letter: why it cannot be sent
        :param reused: the files that were uploaded before, for whichever letter
        :return: dict by letter: the service's id of it, or the ``B2BFamilyError``;
            these are written down
        """
        if not self:
            return {}
        with self._given_back_on_error(claims):
            outgoing, outcomes = self._prepare_claimed(errors)
            claimed = {letter: claims[letter] for letter in outgoing}
            renewed = transact(self.env, lambda: self._renew_claims(claimed))
        ready = {letter: outgoing[letter] for letter in self.browse().union(*renewed)}
        return self._call(ready, claims | renewed, outcomes, reused)

    def _call(self, outgoing, claims, known=(), reused=None):
        """Hand in letters that are claimed and prepared, and write down what becomes of it.

        :param dict outgoing: by letter: what is sent
        :param dict claims: when each letter was claimed
        :param known: outcomes that are known already, see _hand_in()
        :param reused: see _hand_in(); by default all files
        :return: see _hand_in()
        """
        outcomes = dict(known) | self._carrier()._send_letters(
            outgoing, until=time.monotonic() + SEND_SECONDS
        )
        late = [letter for letter, out in outcomes.items() if out is NOT_BEGUN]
        if late:
            put_back = {letter: claims[letter] for letter in late}
            transact(self.env, lambda: self._put_back(put_back))
            outcomes = {lt: out for lt, out in outcomes.items() if lt not in late}
        if mails := transact(self.env, lambda: self._settle(outcomes, claims, reused)):
            transact(self.env, lambda: mails.exists()._b2b_update_state())
        doubtful = [
            letter
            for letter, out in outcomes.items()
            if isinstance(out, OutcomeUnknown)
        ]
        self.browse().union(*doubtful)._try_look_up()
        return outcomes

    def _prepare_claimed(self, errors):
        """Put the letters into the carrier's terms.

        :param dict errors: see _hand_in()
        :return: two dicts by letter: what is sent of it, and for those that cannot be
            sent, or not now, the ``B2BFamilyError``, or NOT_BEGUN
        """
        rest = self.filtered(lambda lt: lt not in errors)
        outgoing, outcomes = {}, dict(errors)
        for letter, content in self._carrier()._prepare_letters(rest).items():
            fails = content is NOT_BEGUN or isinstance(content, B2BFamilyError)
            (outcomes if fails else outgoing)[letter] = content
        return outgoing, outcomes

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
        ids = self.browse().union(*outcomes).ids
        there = self.search_fetch([("id", "in", ids)], order="id")
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
            words = letter._words_for(outcome)
            _logger.info("Letter %s: %s", letter.key, type(outcome).__name__)
            files = letter.attachment_ids
            gone = files if reused is None else files & reused
            if isinstance(outcome, OutcomeUnknown):
                letter._set_unknown(words)
            elif gone and isinstance(outcome, FileRefused):
                gone._forget_uploads()
                letter._set_queued()
                self._wake_sender()
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

    def _words_for(self, error):
        """Return what an error means to the author, in the language of the letter."""
        reader = self.author_id.main_user_id
        return self._carrier()._explain(error, self.carrier, reader)
