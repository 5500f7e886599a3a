# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import logging

from odoo import api, fields, models
from odoo.fields import Domain

from ....client import B2BFamilyError, result_of
from ....runtime import transact

_logger = logging.getLogger(__name__)

# A claim this old may be of a process that has died: a call, a login and the call
# once more take less. The service is asked, and believed if it has the letter.
ASK_MINUTES = 2
# How long a request may still be under way at the service after we gave up on
# it. Before that, "not found" does not mean "not accepted".
DOUBT_MINUTES = 10
LOOK_UP_BATCH = 100


class B2BFamilyLetter(models.Model):
    """How a letter in doubt is settled: the service is asked, nothing is guessed."""

    _inherit = "b2b.family.letter"

    @api.model
    def _look_up_doubtful(self):
        """Look up what is in doubt, and what was claimed long ago.

        Whoever claimed that may be alive and slow: he is not disturbed by the news
        that the service has the letter, nor by the lack of it.

        Of carriers that cannot be asked, news or a person settles it.
        """
        due = Domain("next_try_date", "<=", fields.Datetime.now())
        old = Domain("claim_date", "<", self._minutes_ago(ASK_MINUTES))
        claimed = Domain("state", "=", "sending") & old
        claimed &= due | Domain("next_try_date", "=", False)
        doubtful = Domain("state", "=", "unknown") & due
        asked = Domain("carrier", "in", self._carrier()._asked())
        self.search(asked & (doubtful | claimed), limit=LOOK_UP_BATCH)._try_look_up()

    def _try_look_up(self):
        """Look the letters up; those of which the service cannot tell, later again.

        Several at once; a service that is down is not called for each of them.
        """
        answers = self._carrier()._find_letters(self._that_can_be_asked())
        for letter, answer in answers.items():
            try:
                outcome = letter._judge(result_of(answer))
            except B2BFamilyError as error:
                _logger.info("Letter %s: look-up failed (%s)", letter.key, error.call)
                outcome = letter._look_up_later
            transact(self.env, outcome)

    def _look_up(self):
        """Ask the service for the letter in doubt by its key.

        :return: a function without arguments that settles the letter accordingly
        :raise B2BFamilyError: the service could not be asked
        """
        self.ensure_one()
        return self._judge(self._found())

    def _judge(self, ref):
        """Return what settles the letter, see _look_up().

        :param str ref: the service's id of it, None if it says that it has none
        """
        if ref:
            return functools.partial(self._set_sent, {self: ref})
        if self._was_never_accepted():
            return self._requeue
        return self._look_up_later

    def _look_up_later(self):
        if self.state == "unknown":  # a mere claim is asked about every minute
            self.try_count += 1
        self.next_try_date = self._next_try()

    def _was_never_accepted(self):
        """Tell whether "not found" can be believed.

        Only after the request cannot be under way any more, and only if the
        service finds, by the same call, a letter that it certainly has: it is
        not proved that every account of the real service can look up by key.
        """
        if self.claim_date and self.claim_date > self._minutes_ago(DOUBT_MINUTES):
            return False
        known = self.search(
            [
                ("ref", "!=", False),
                ("sent_date", "!=", False),
                ("carrier", "=", self.carrier),
                ("account_id", "=", self.account_id.id),
            ],
            limit=1,
        )
        return bool(known) and known._found() == known.ref

    def _found(self):
        """Return the carrier's id of the letter, None if it says that it has none.

        :raise B2BFamilyError: it could not be asked
        """
        [answer] = self._carrier()._find_letters(self).values()
        return result_of(answer)
