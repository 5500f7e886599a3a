# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timezone

from odoo import fields, models


def to_naive_utc(date):
    """Return an aware datetime of the client as Odoo stores it: naive UTC, seconds."""
    return date and date.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


class B2BFamilyOpensMixin(models.AbstractModel):
    """Something a reader opens: a letter, an attachment.

    News only widens what is known, so that the order in which it arrives does
    not matter: the earliest open is the first one, the latest the last one.
    """

    _name = "b2b.family.opens.mixin"
    _description = "B2B Family Opens"

    first_open_date = fields.Datetime("First Opened On", readonly=True, copy=False)
    last_open_date = fields.Datetime("Last Opened On", readonly=True, copy=False)
    open_count = fields.Integer("Opens", readonly=True, copy=False)

    def _widen_opens(self, first, last, count):
        """Take in that it was opened ``count`` times between two dates.

        :param datetime first: naive UTC, or a false value when not known
        :param datetime last: likewise
        :param int count: all opens that one source knows of, not a difference
        """
        self.ensure_one()
        dates = [first, last, self.first_open_date, self.last_open_date]
        known = [date for date in dates if date]
        widened = {
            "first_open_date": min(known, default=False),
            "last_open_date": max(known, default=False),
            "open_count": max(self.open_count, count or 0),
        }
        changed = {
            name: value for name, value in widened.items() if self[name] != value
        }
        if changed:
            self.write(changed)
