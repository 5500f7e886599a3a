# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain

from ....client import AuthenticationFailed, Unavailable, result_of
from ....runtime import transact

_logger = logging.getLogger(__name__)

SYNC_BATCH = 200  # letters that are asked about and written down together
STORE_BATCH = 500  # events that are stored together
FRESH = timedelta(days=1)


class B2BFamilyLetter(models.Model):
    """How Odoo asks the service what became of the letters."""

    _inherit = "b2b.family.letter"

    # ------------------------------------------------------------
    # CRON
    # ------------------------------------------------------------

    @api.model
    def _cron_sync(self):
        """Ask about the letters that are due (ir.cron).

        Due is what _schedule_sync() has set, and younger than ``tracking_days``.
        """
        self.env["b2b.family.event"]._apply_all()
        if self._carrier()._obstacle():
            return
        transact(self.env, self._end_tracking)
        transact(self.env, self._make_overdue_due)
        self._sync_due()
        self._wake_for_next()

    @api.model
    def _sync_due(self):
        """Ask about what is due: fresh letters first, whatever else waits.

        An outage ends the round quietly, and a refused account is left out of it:
        the letters stay due, and the next round asks again.
        """
        due, refused = self._due_for_sync(), set()
        fresh = Domain("sent_date", ">", fields.Datetime.now() - FRESH)
        for part in due & fresh, due:
            part &= self._go_by_others(refused)
            while letters := self.search(
                part, order="next_sync_date, id", limit=SYNC_BATCH
            ):
                try:
                    refused |= letters._sync()
                except Unavailable:
                    return
                except OperationalError:
                    _logger.info("Others write to the same letters: asking later")
                    return
                part &= self._go_by_others(refused)
                if not self._commit_batch("ir_cron_sync", len(letters), part):
                    return

    @api.model
    def _go_by_others(self, accounts):
        """Return the domain of the letters that go by none of these accounts."""
        return Domain("account_id", "not in", [account.id for account in accounts])

    def _sync(self):
        """Ask about letters and take in the answers.

        :return: set of the accounts that were refused; their letters stay due
        :raise Unavailable: the service is down; what was not asked about stays due
        """
        answers = self._ask()
        down = [out for out in answers.values() if isinstance(out, Unavailable)]
        refused = [
            letter
            for letter, answer in answers.items()
            if isinstance(answer, AuthenticationFailed)
        ]
        for letter in [
            lt for lt, answer in answers.items() if answer in down
        ] + refused:
            del answers[letter]
        self.env["b2b.family.event"]._take_answers(answers, "poll")
        if down:
            _logger.info("Statistics are not available, asking again later")
            raise down[0]
        return {letter.account_id for letter in refused}

    # ------------------------------------------------------------
    # QUESTION
    # ------------------------------------------------------------

    def _ask(self):
        """Ask what became of these letters.

        A letter may be heard of before the service's id of it: the answer that held
        it was lost, or was a link. The id is then asked for first.

        :return: dict by letter: ``client.Statistics``, the error because of which there
            are none, or None: the service does not find it by its key, or its reader
            refused that this is known
        """
        refused = self._refusals()["opens"]
        watched = self._that_can_be_asked() - refused
        unnamed = watched.filtered(lambda lt: not lt.ref)
        answers = self._carrier()._find_letters(unnamed)
        refs = {lt: ref for lt, ref in answers.items() if isinstance(ref, str)}
        if refs:
            transact(self.env, lambda: self._set_sent(refs))
        named = watched.filtered("ref")
        return dict.fromkeys(refused) | answers | self._carrier()._ask_letters(named)

    def _refresh(self):
        """Ask about these letters at once, for the user who waits.

        :raise B2BFamilyError: the service cannot be asked
        """
        askable = self._that_can_be_asked()
        for letter in askable.filtered(lambda lt: lt.state == "unknown"):
            transact(letter.env, letter._look_up())
        letters = askable.filtered(lambda lt: lt.ref or lt.sent_date)
        answers = letters._ask()
        for answer in answers.values():
            result_of(answer)
        self.env["b2b.family.event"]._take_answers(answers, "button")

    def _accepted(self, moved):
        result = super()._accepted(moved)
        told = self._that_can_be_asked().filtered("ref")
        self.env["b2b.family.event"]._adopt(told)
        return result
