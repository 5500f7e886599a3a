# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ....evidence import surest
from ...event.record import ATTACHMENT_TYPES, READ_TYPES
from ...event.verdict import ARRIVED

# States that may change when the events are judged again.
JUDGED = ("sent", "linked", "delivered", "opened", "failed")


class B2BFamilyLetter(models.Model):
    """What is known of a letter, drawn anew from its events once they are judged again.

    The one place where a date of an open is taken back: whoever calls it says so.
    """

    _inherit = "b2b.family.letter"

    def _recount(self, events, counted):
        """Bring a letter and its attachments in line with what counts now.

        :param events: all that were applied to it
        :param counted: those of them that count as the reader's
        :return: dict by letter or attachment that changed: its state and dates
            ``before`` and ``now``
        """
        self.ensure_one()
        things = (self, *self.attachment_ids)
        before = {thing: thing._opens_as_text() for thing in things}
        for attachment in self.attachment_ids:
            self._recount_attachment(attachment, events, counted)
        self._recount_letter(events, counted)
        return {
            thing: {"before": before[thing], "now": now}
            for thing in things
            if (now := thing._opens_as_text()) != before[thing]
        }

    def _recount_attachment(self, attachment, events, counted):
        stored = events.filtered(
            lambda ev: (
                ev.attachment_id == attachment and ev.event_type in ATTACHMENT_TYPES
            )
        )
        read = stored & counted
        once = stored.filtered(lambda ev: not ev.twin_id)
        attachment.opened = attachment._recount_opens(
            set(stored.mapped("date")), read.mapped("date"), len(once), len(once & read)
        )

    def _recount_letter(self, events, counted):
        stored = events.filtered(lambda ev: ev.event_type in READ_TYPES)
        read = stored & counted
        opens = stored.filtered(
            lambda ev: ev.event_type == "message_open" and not ev.twin_id
        )
        is_open = self._recount_opens(
            set(stored.mapped("date")),
            read.mapped("date"),
            len(opens),
            len(opens & counted),
        )
        verdicts = read._verdicts_on_reader()
        if is_open and not verdicts:
            verdicts = {"reported"}
        self.open_verdict = surest(verdicts) or False
        state, reason = self._judged_state(is_open, events)
        if self.state in JUDGED and state != self.state:
            self._set_judged(state, reason)

    def _judged_state(self, is_open, events):
        """Return the state of the letter by what is thought of its events, and why."""
        if is_open:
            return "opened", False
        if self.state == "failed":
            return "failed", self.failure_reason
        if bounces := events.filtered(lambda ev: ev.event_type == "bounce"):
            return "failed", bounces[0]._bounce_words()
        if self.link:
            return "linked", False
        arrived = any(verdict in ARRIVED for verdict in events.mapped("verdict"))
        return ("delivered" if arrived else "sent"), False

    def _opens_as_text(self):
        return {"state": self.state, **super()._opens_as_text()}
