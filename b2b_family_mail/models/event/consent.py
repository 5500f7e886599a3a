# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from .record import ATTACHMENT_TYPES

# What tells of delivery, or is a reader's own wish: no refusal is about that.
ALWAYS_HEARD = ("bounce", "unsubscribe", "spam")


class B2BFamilyEvent(models.Model):
    """What readers refused to have recorded is not stored, nor applied."""

    _inherit = "b2b.family.event"

    @api.model
    def _refused(self, news):
        """Return what of the news readers do not want to be recorded.

        :param news: set of letter and type of event
        :return: set of those that are not to be kept
        """
        told = {(letter, kind) for letter, kind in news if kind not in ALWAYS_HEARD}
        letters = self.env["b2b.family.letter"].union(*(letter for letter, _ in told))
        if not letters:
            return set()
        refusals = letters._refusals()
        return {
            (letter, kind)
            for letter, kind in told
            if letter in refusals["documents" if kind in ATTACHMENT_TYPES else "opens"]
        }

    def _drop_refused(self):
        """Delete those of the events that are not to be kept; return the others."""
        refused = self._refused({(event.letter_id, event.event_type) for event in self})
        gone = self.filtered(lambda ev: (ev.letter_id, ev.event_type) in refused)
        kept = self - gone
        gone.unlink()
        return kept
