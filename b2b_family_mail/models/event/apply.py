# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from collections import Counter
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain

from ...runtime import again, transact
from .record import ATTACHMENT_TYPES

_logger = logging.getLogger(__name__)

APPLY_BATCH = 1_000


class B2BFamilyEvent(models.Model):
    """How stored events reach their letters."""

    _inherit = "b2b.family.event"

    @api.model
    def _apply_pending(self, letters=None):
        """Bring letters up to date with the events stored for them.

        :param letters: only these. Those that are being written to by somebody else
            keep their pending events: for the next moment if these were asked for,
            for the next call otherwise
        :return: number of events that were applied or set aside
        """
        asked = letters
        pending = Domain("pending", "=", True)
        if letters is None:
            stored = pending & Domain("letter_id", "!=", False)
            letters = self.search(stored, limit=APPLY_BATCH).letter_id
        # Locked first: the older the snapshot, the likelier somebody has written to
        # a letter since, and then all this has to be done again.
        locked = letters.try_lock_for_update(allow_referencing=True)
        if asked and (held := (asked - locked).exists()):
            # Whoever holds them need not know of this news, nor look again.
            again(held, "_apply_news")
        events = self.search(
            pending & Domain("letter_id", "in", locked.ids),
            order="date, id",
            limit=APPLY_BATCH,
        )
        # Whoever refused may have done so after it was stored.
        events = self._settled(events._drop_refused())
        if not events:
            return 0
        hearsay = events.filtered("problem")
        self._ask_at_once(hearsay.letter_id)
        news = (events - hearsay).grouped("letter_id")
        try:
            with self.env.cr.savepoint():
                self._apply(news)
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Events could not be applied together")
            self._apply_one_by_one(news)
        events.write({"pending": False})
        events.letter_id._notify_screens()
        return len(events)

    @api.model
    def _settled(self, events):
        """Judge events by what came with them; return those that may be applied.

        The others wait: what follows may still change what is thought of them.
        """
        events._judge_in_company()
        events._join_twins()
        now = fields.Datetime.now()
        seconds = self.env["b2b.family.service"]._get_int_param("settle_seconds", 0)
        pause = timedelta(seconds=seconds)
        dates = {event: event._settles_on(pause) for event in events}
        if later := [date for date in dates.values() if date > now]:
            events.letter_id._wake_cron_at(min(later))
        return events.filtered(lambda event: dates[event] <= now)

    @api.model
    def _ask_at_once(self, letters):
        """Have the service asked about letters of which a stranger may have told, not it."""
        letters = letters._that_can_be_asked().filtered("sent_date")
        if letters:
            now = fields.Datetime.now()
            letters.write({"next_sync_date": now})
            letters._wake_cron_at(now)

    @api.model
    def _apply(self, news):
        letters = self.env["b2b.family.letter"].union(*news)
        theirs = self.union(*news.values())._counted().grouped("letter_id")
        counts = self._count_opens(letters)
        letters.write({"refreshed_date": fields.Datetime.now()})
        for letter, events in news.items():
            letter._apply_events(events, theirs.get(letter, self.browse()), counts)

    @api.model
    def _apply_one_by_one(self, news):
        """Apply the events of each letter apart; set aside those that cannot be."""
        for letter, events in news.items():
            try:
                with self.env.cr.savepoint():
                    self._apply({letter: events})
            except OperationalError:
                raise
            except Exception as error:
                _logger.exception("Letter %s: events set aside", letter.key)
                events.write({"problem": f"{type(error).__name__}: {error}"})

    @api.model
    def _count_opens(self, letters):
        """Return how many stored opens count, of each letter and each attachment."""
        counts = Counter()
        for letter, attachment, kind, count in self._read_group(
            Domain("letter_id", "in", letters.ids)
            & Domain("event_type", "in", ("message_open", *ATTACHMENT_TYPES))
            & Domain("twin_id", "=", False)
            & self._counted_domain(),
            ["letter_id", "attachment_id", "event_type"],
            ["__count"],
        ):
            counts[letter if kind == "message_open" else attachment] += count
        return counts

    @api.model
    def _apply_all(self, letters=None):
        """Apply what is stored, also what arrives meanwhile.

        News that is stored is safe: if all tries collide, the scheduled action applies
        it.

        :param letters: only for these
        """
        try:
            while transact(self.env, lambda: self._apply_pending(letters)):
                pass
        except OperationalError:
            _logger.info("Events of letters are left to the cron")


class B2BFamilyLetter(models.Model):
    _inherit = "b2b.family.letter"

    def _apply_news(self):
        """Apply what is stored for these letters, see b2b.family.event._apply_all()."""
        self.env["b2b.family.event"]._apply_all(self)
