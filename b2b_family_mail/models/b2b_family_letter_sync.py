# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import functools
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from ..client import AuthenticationFailed, B2BFamilyError, Unavailable
from ..runtime import transact
from .b2b_family_event import ATTACHMENT_TYPES, READ_TYPES
from .b2b_family_opens_mixin import to_naive_utc

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
        if self.env["b2b.family.service"]._is_on_hold():
            return
        self._apply_news()
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
        now = fields.Datetime.now()
        due, refused = Domain("next_sync_date", "<=", now), []
        for part in due & Domain("sent_date", ">", now - FRESH), due:
            part &= Domain("account_id", "not in", refused)
            while letters := self.search(
                part, order="next_sync_date, id", limit=SYNC_BATCH
            ):
                try:
                    refused += letters._sync()
                except Unavailable:
                    return
                except OperationalError:
                    _logger.info("Others write to the same letters: asking later")
                    return
                part &= Domain("account_id", "not in", refused)
                if not self._commit_batch("ir_cron_sync", len(letters), part):
                    return

    def _sync(self):
        """Ask about letters and take in the answers.

        :return: list of the ids of refused accounts (False: the common one); their
            letters stay due
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
        self._take_in(answers, "poll")
        if down:
            _logger.info("Statistics are not available, asking again later")
            raise down[0]
        return list({letter.account_id.id for letter in refused})

    # ------------------------------------------------------------
    # QUESTION
    # ------------------------------------------------------------

    def _ask(self):
        """Ask what became of these letters.

        A letter may be heard of before the service's id of it: the answer that held
        it was lost, or was a link. The id is then asked for first.

        :return: dict by letter: ``client.Statistics``, the error because of which there
            are none, or None: the service does not find it by its key
        """
        unnamed = self.filtered(lambda lt: not lt.ref)
        answers = unnamed._call_each("find", lambda letter: (letter.key,))
        refs = {lt: ref for lt, ref in answers.items() if isinstance(ref, str)}
        if refs:
            transact(self.env, lambda: self._set_sent(refs))
        named = self.filtered("ref")
        return answers | named._call_each("statistics", lambda letter: (letter.ref,))

    def _refresh(self):
        """Ask about these letters at once, for the user who waits.

        :raise UserError: the service cannot be asked
        """
        with self.env["b2b.family.service"]._errors_for_user():
            for letter in self.filtered(lambda lt: lt.state == "unknown"):
                transact(letter.env, letter._look_up())
            letters = self.filtered(lambda lt: lt.ref or lt.sent_date)
            answers = letters._ask()
            for answer in answers.values():
                if isinstance(answer, B2BFamilyError):
                    raise answer
        letters._take_in(answers, "button")

    @api.model
    def _take_in(self, answers, source):
        """Bring letters up to date with what the service says of them.

        :param dict answers: see _ask(); a letter of which there are no statistics
            does not get better by asking at once
        :param str source: ``poll`` or ``button``
        """
        letters = self.browse().union(*answers)
        told = {}
        for letter, answer in answers.items():
            if isinstance(answer, B2BFamilyError):
                _logger.info("Letter %s: no statistics (%s)", letter.key, answer.code)
            elif answer:
                told[letter] = answer
        inbox = self.env["b2b.family.event"]
        rows, new = inbox._prepare_statistics(told, source), []
        for part in split_every(STORE_BATCH, rows, list):
            # In a transaction of its own: the older a snapshot, the likelier a webhook
            # has stored the same event since, and all is to be done again.
            new += transact(self.env, functools.partial(inbox._store, part, source))
        transact(self.env, lambda: letters._bring_up_to_date(told, new))

    def _bring_up_to_date(self, told, new):
        """Apply what was stored, and what else was told; set when to ask next.

        :param new: see b2b.family.event._insert()
        """
        inbox = self.env["b2b.family.event"]
        # The call took its time: a letter may have been deleted meanwhile.
        there = self.exists()
        told = {lt: statistics for lt, statistics in told.items() if lt in there}
        self.browse().union(*told).write({"refreshed_date": fields.Datetime.now()})
        there._schedule_sync()
        if letters := inbox._letters_of(new):
            inbox._apply_pending(letters)
        changed = self.browse()
        for letter, statistics in told.items():
            if letter._merge_statistics(statistics):
                changed |= letter
        changed._notify_screens()

    def _merge_statistics(self, statistics):
        """Take over the service's own sums; they may know more than the events.

        :return: whether that changed anything
        """
        before = self._known_opens()
        if statistics.first_open or statistics.open_count:
            self._set_opened(
                to_naive_utc(statistics.first_open),
                to_naive_utc(statistics.last_open),
                statistics.open_count,
            )
        opened = {
            line.ref: line
            for line in statistics.attachments
            if line.opened or line.first_open
        }
        for attachment in self.attachment_ids:
            if line := opened.get(attachment.ref):
                self._set_attachment_opened(
                    attachment,
                    to_naive_utc(line.first_open),
                    to_naive_utc(line.last_open),
                    line.open_count,
                )
        return self._known_opens() != before

    def _known_opens(self):
        names = ("first_open_date", "last_open_date", "open_count")
        things = (self, *self.attachment_ids)
        return [[thing[name] for name in names] for thing in things]

    # ------------------------------------------------------------
    # NEWS
    # ------------------------------------------------------------

    def _apply_news(self):
        """Apply what is stored for these letters, also what arrives meanwhile.

        Without letters: what is stored for any, because it was left to the cron.
        Whoever finds a letter locked leaves its events to the one who holds the
        lock, and who therefore looks again after letting go of it. News that is
        stored is safe: if all tries collide, the scheduled action applies it.
        """
        inbox = self.env["b2b.family.event"]
        try:
            while transact(self.env, lambda: inbox._apply_pending(self or None)):
                pass
        except OperationalError:
            _logger.info("Events of %s letters are left to the cron", len(self))

    def _apply_events(self, events, open_count):
        """Take in stored events.

        :param events: ``b2b.family.event`` of this letter
        :param int open_count: all opens of it that are stored
        """
        self.ensure_one()
        if not self.ref:
            ref = next(filter(None, events.mapped("letter_ref")), False)
            read = events.filtered(lambda ev: ev.event_type != "unknown")
            if ref or (read and not self.sent_date):
                # Who tells of the letter has it: that settles a doubt.
                self._set_sent({self: ref})
        dates = events.filtered(lambda ev: ev.event_type in READ_TYPES).mapped("date")
        if dates:
            self._set_opened(min(dates), max(dates), open_count)
        for event in events.filtered(lambda ev: ev.event_type in ATTACHMENT_TYPES):
            if attachment := event.attachment_id:
                date, count = event.date, attachment._count_events()
                self._set_attachment_opened(attachment, date, date, count)
        if "bounce" in events.mapped("event_type"):
            letter = self._in_author_language()
            letter._set_failed(
                letter.env._("The letter came back: the address did not accept it.")
            )
        if "not_open" in events.mapped("event_type"):
            self._tell_not_open()

    def _set_opened(self, first, last, count):
        """The reader opened the letter; the author is told the first time."""
        self._widen_opens(first, last, count)
        for letter in self._raise_state("opened"):
            letter.failure_reason = False
            if letter.mail_id.state == "exception":
                letter._after_outcome()
            letter.not_open_date = False
            letter = letter._in_author_language()
            letter._tell_author(
                "open",
                letter.env._(
                    "%(reader)s opened “%(subject)s”.",
                    reader=letter.partner_id.name or letter.email,
                    subject=letter.display_name,
                ),
            )

    def _set_attachment_opened(self, attachment, first, last, count):
        """The reader opened an attachment; the author is told the first time."""
        if attachment._set_opened(first, last, count):
            letter = self._in_author_language()
            letter._tell_author(
                "attachment",
                letter.env._(
                    "%(reader)s opened the attachment “%(name)s”.",
                    reader=letter.partner_id.name or letter.email,
                    name=attachment.name,
                ),
            )
