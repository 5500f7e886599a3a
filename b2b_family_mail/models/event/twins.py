# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ... import evidence
from .here import HERE
from .store import BY_SERVICE
from .verdict import SEEN

# Between the service's time of a fetch and ours.
APART = timedelta(minutes=2)
# What we know better.
OURS = ("verdict", "verdict_rule", "agent_class", "ip_network")


class B2BFamilyEvent(models.Model):
    """One fetch that the service tells, and that was seen here as well, counts once.

    The letter then has both their pictures, both their links. Ours knows more: the
    service's is judged as ours is.
    """

    _inherit = "b2b.family.event"

    twin_id = fields.Many2one(
        "b2b.family.event",
        "Seen Here",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="What this Odoo saw of the same: it counts once.",
    )

    def _join_twins(self):
        """Find what was told and what was seen of the same among these and around them."""
        news = self.filtered(
            lambda ev: ev.event_type in SEEN and ev.letter_id._is_watched_here()
        )
        if not news:
            return
        dates = news.mapped("date")
        # What is near to these may have its twin on the other side.
        around = self.search(
            Domain("letter_id", "in", news.letter_id.ids)
            & Domain("date", ">=", min(dates) - 2 * APART)
            & Domain("date", "<=", max(dates) + 2 * APART)
            & Domain("event_type", "in", list(SEEN)),
            order="date, id",
        )
        policy, none = self._uncounted(), self.browse()
        for events in around.grouped("letter_id").values():
            seen = events.filtered(lambda ev: ev.source == HERE)
            told = events.filtered(lambda ev: ev.source in BY_SERVICE)
            free = seen - told.twin_id
            for event in told if seen else ():
                alike = event.twin_id or event._find_alike(free)
                free -= next((one for one in alike if event._join(one, policy)), none)

    def _find_alike(self, seen):
        """Return what was seen and may be what is told here, the nearest first."""
        alike = seen.filtered(self._may_be)
        return alike.sorted(lambda one: abs(one.date - self.date))

    def _may_be(self, seen):
        kinds = SEEN[self.event_type], SEEN[seen.event_type]
        return (
            kinds[0] == kinds[1]
            and abs(seen.date - self.date) <= APART
            and self.attachment_id == seen.attachment_id
            and (self.url or seen.url) == seen.url
            and (self.agent_class or seen.agent_class) == seen.agent_class
            and (self.ip_network or seen.ip_network) == seen.ip_network
        )

    def _join(self, twin, uncounted):
        """Judge what is told as what was seen; return whether they are one from now on.

        What has counted goes on to count: then nothing joins it that does not.
        """
        if (
            self.pending
            or not self.verdict
            or evidence.upgrades(self.verdict, twin.verdict)
        ):
            values = {name: twin[name] for name in OURS if self[name] != twin[name]}
            if values:
                self.write(values)
        if (self.verdict in uncounted) != (twin.verdict in uncounted):
            return False
        if self.twin_id != twin:
            self.twin_id = twin
        return True

    def _may_change(self):
        """What the service tells first may soon be seen here, and be known better."""
        return super()._may_change() or (
            # In this order: of most events the first says no, at no cost.
            self.verdict == "reported"
            and self.source in BY_SERVICE
            and not self.twin_id
            and self.letter_id._is_watched_here()
        )
