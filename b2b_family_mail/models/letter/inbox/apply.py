# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ....evidence import surest
from ...b2b_family_opens_mixin import to_naive_utc
from ...event.record import ATTACHMENT_TYPES, READ_TYPES
from ...event.verdict import ARRIVED


class B2BFamilyLetter(models.Model):
    """What is heard of a letter, taken in: dates are only widened, states only raised."""

    _inherit = "b2b.family.letter"

    def _apply_events(self, events, theirs, counts):
        """Take in stored events.

        :param events: ``b2b.family.event`` of this letter
        :param theirs: those of them that count as the reader's
        :param counts: all stored opens that count, see b2b.family.event._count_opens()
        """
        self.ensure_one()
        if not self.ref:
            ref = next(filter(None, events.mapped("letter_ref")), False)
            read = events.filtered(lambda ev: ev.event_type != "unknown")
            if ref or (read and not self.sent_date):
                # Whoever reports on the letter has it: that settles a doubt.
                self._set_sent({self: ref})
        if events.filtered(lambda ev: ev.verdict in ARRIVED):
            self._set_delivered()
        if answers := events.filtered(lambda ev: ev.event_type == "reply"):
            # First: that whoever answers has read it is no news of its own.
            self._set_answered(min(answers.mapped("date")))
        read = theirs.filtered(lambda ev: ev.event_type in READ_TYPES)
        if dates := read.mapped("date"):
            self._note_reader(read)
            self._take_open(min(dates), max(dates), counts[self])
        for event in theirs.filtered(lambda ev: ev.event_type in ATTACHMENT_TYPES):
            if attachment := event.attachment_id:
                date = event.date
                self._take_attachment_open(attachment, date, date, counts[attachment])
        if bounces := events.filtered(lambda ev: ev.event_type == "bounce"):
            self._set_failed(bounces[0]._bounce_words())
        if "not_open" in events.mapped("event_type"):
            self._tell_not_open()

    def _note_reader(self, events):
        """Keep how sure it is that the reader opened the letter: the surest verdict."""
        verdicts = events._verdicts_on_reader()
        self.open_verdict = surest(verdicts | ({self.open_verdict} - {False}))

    def _take_open(self, first, last, count):
        """The reader opened the letter; the author is told the first time."""
        self._widen_opens(first, last, count)
        self._set_opened()

    def _take_attachment_open(self, attachment, first, last, count):
        """The reader opened an attachment; the author is told the first time."""
        if attachment._take_open(first, last, count):
            letter = self._in_author_language()
            letter._tell_author(
                "attachment",
                letter.env._(
                    "%(reader)s opened the attachment “%(name)s”.",
                    reader=letter.partner_id.name or letter.email,
                    name=attachment.name,
                ),
            )

    def _merge_statistics(self, statistics, machines, files):
        """Take over the service's own sums; they may know more than the events.

        They know nothing of who it was: where programs are among the events, the sums
        say more only if they are larger than what is stored.

        :param dict machines: see b2b.family.event._count_of_machines()
        :param files: the attachments of which it may be known that they were opened
        :return: whether that changed anything
        """
        before = self._known_opens()
        count = statistics.open_count or 1
        if (statistics.first_open or statistics.open_count) and count > machines.get(
            self.env["b2b.family.letter.attachment"], 0
        ):
            self.open_verdict = self.open_verdict or "reported"
            self._take_open(
                to_naive_utc(statistics.first_open),
                to_naive_utc(statistics.last_open),
                statistics.open_count,
            )
        opened = {
            line.ref: line
            for line in statistics.attachments
            if line.opened or line.first_open
        }
        for attachment in files:
            line = opened.get(attachment.ref)
            if line and (line.open_count or 1) > machines.get(attachment, 0):
                self._take_attachment_open(
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
