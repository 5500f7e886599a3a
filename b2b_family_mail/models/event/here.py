# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ... import evidence
from ...client import TrackingEvent
from ...runtime import hand_over_soon, transact
from .store import _digest

HERE = "here"
# Seconds in which the same program, at the same network, is seen once.
SAME = 60
# Events of one letter and verdict that are kept of a day.
A_DAY = 100
#: What a program may say of itself in its head: that nobody is reading.
SAYS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(TrackingEvent):
    """What one of our own addresses was called for: all that the call tells.

    :ivar position: which of the letter's files, if one of them
    :ivar headers: those of SAYS that were there, as pairs
    :ivar internal_session: whether a colleague was logged in
    """

    position: int | None = None
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    internal_session: bool = False

    def same_as(self):
        """Return a text that is the same for what need not be kept twice."""
        facts = (
            *(self.key, self.type.value, self.url, self.position),
            *(self.method, self.headers, self.internal_session),
            evidence.network_of(self.ip or ""),
            evidence.name_program(self.user_agent or ""),
            int(self.date.timestamp()) // SAME,
        )
        return hashlib.sha256(repr(facts).encode()).hexdigest()


class B2BFamilyEvent(models.Model):
    """What this Odoo sees itself: it comes in by the one door, as all news does."""

    _inherit = "b2b.family.event"

    @api.model
    def _note_fetch(self, fetch):
        """Take in, in a moment, what was called for; nothing fails, or waits, for it."""
        what = "b2b.family.event", "_take_fetches"
        hand_over_soon(self.env, *what, fetch.same_as(), fetch)

    @api.model
    def _take_fetches(self, fetches):
        transact(self.env, lambda: self._ingest(fetches, HERE))

    @api.model
    def _is_readers(self, fetch):
        """Tell whether a fetch counts as a reader's, by the call alone."""
        letter, lines = self.env["b2b.family.letter"], self._company_lines()
        verdict = self._prepare_verdict(fetch, letter, lines)["verdict"]
        return verdict not in self._uncounted()

    @api.model
    def _prepare_rows(self, events, source, letter=None):
        """Of what was seen here, only of letters that there are, and no flood."""
        events = list(filter(None, map(self._without_our_address, events)))
        rows = super()._prepare_rows(events, source, letter)
        if source == HERE:
            rows = self._within_bounds([row for row in rows if row["letter_id"]])
        return rows

    @api.model
    def _without_our_address(self, event):
        """Return news of a link without our address, which leads on to the link's own.

        :return: None if we see better ourselves what it tells, or if it led to a page
            of the reader's own: that is nobody's business, and whoever has the address
            could answer for him
        """
        letters = self.env["b2b.family.letter"]
        if not letters._is_our_address(event.url or ""):
            return event
        target = letters._target_of(event.url)
        return target and replace(event, url=target)

    @api.model
    def _within_bounds(self, rows):
        """Return those of the rows that are not too many of their letter."""
        day = fields.Datetime.now() - timedelta(days=1)
        letter_ids = list({row["letter_id"] for row in rows})
        counts = Counter()
        for letter, verdict, count in self._read_group(
            Domain("letter_id", "in", letter_ids)
            & Domain("source", "=", HERE)
            & Domain("received_date", ">", day),
            ["letter_id", "verdict"],
            ["__count"],
        ):
            counts[letter.id, verdict] = count
        kept = []
        for row in rows:
            what = row["letter_id"], row["verdict"]
            counts[what] += 1
            if counts[what] <= A_DAY:
                kept.append(row)
        return kept

    # ------------------------------------------------------------
    # WHAT IT SAYS
    # ------------------------------------------------------------

    @api.model
    def _event_key(self, event, letter):
        if isinstance(event, Fetch):
            return _digest(f"here\n{event.same_as()}".encode())
        return super()._event_key(event, letter)

    @api.model
    def _find_attachment(self, letter, event):
        if isinstance(event, Fetch) and event.position is not None:
            return letter._file_at(event.position)
        return super()._find_attachment(letter, event)

    @api.model
    def _prepare_observation(self, event, letter):
        told = super()._prepare_observation(event, letter)
        if isinstance(event, Fetch):
            told |= {
                # Empty is what it was, not what nobody knows.
                "user_agent": event.user_agent or "",
                "link": event.url or str(event.position),
                "method": event.method,
                "headers": dict(event.headers),
                "internal_session": event.internal_session,
            }
        return told
