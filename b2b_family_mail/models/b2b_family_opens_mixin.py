# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


def to_naive_utc(date):
    """Return a datetime of the client, which are UTC, as Odoo stores it: naive, seconds."""
    return date and date.replace(tzinfo=None, microsecond=0)


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
        self._write_opens(filter(None, dates), max(self.open_count, count or 0))

    def _recount_opens(self, stored, counted, stored_count, counted_count):
        """Take in that other events count than before, also fewer.

        What no stored event explains came from older ones, or from the service's own
        sums, which know more: that stays.

        :param stored: the dates of all events that are stored, as a set
        :param counted: the dates of those that count
        :param int stored_count: how many opens are stored
        :param int counted_count: how many of them count
        :return: whether it counts as opened
        """
        self.ensure_one()
        known = {self.first_open_date, self.last_open_date} - {False}
        knows_more = self.open_count > stored_count
        unexplained = known if knows_more else known - stored
        count = self.open_count if knows_more else counted_count
        self._write_opens([*unexplained, *counted], count)
        return bool(unexplained or counted or knows_more)

    def _opens_as_text(self):
        """Return the dates of the opens as they can be kept in JSON."""
        return {
            name: fields.Datetime.to_string(self[name])
            for name in ("first_open_date", "last_open_date")
        }

    def _write_opens(self, dates, count):
        dates = list(dates)
        values = {
            "first_open_date": min(dates, default=False),
            "last_open_date": max(dates, default=False),
            "open_count": count,
        }
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            self.write(changed)
