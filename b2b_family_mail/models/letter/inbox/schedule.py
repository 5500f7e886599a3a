# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ....runtime import wake_cron
from ..record import CARRIERS

MIN_UPDATE_RATE = 10  # seconds
# While webhooks tell of what happens, a letter is asked about again after this share
# of its age, and once a day at least: what was missed is found all the same.
AGE_SHARE = 0.25
LONGEST_PAUSE = timedelta(days=1)
OVERDUE_BATCH = 10_000


class B2BFamilyLetter(models.Model):
    """When the service is asked about which letter."""

    _inherit = "b2b.family.letter"

    @api.model
    def _update_rate(self):
        """Return the time between two questions about one letter."""
        seconds = self._carrier()._get_int_param("email_update_rate", MIN_UPDATE_RATE)
        return timedelta(seconds=seconds)

    @api.model
    def _oldest_tracked(self):
        """Return when a letter must have been sent, at least, to be asked about."""
        days = self._carrier()._get_int_param("tracking_days", 1)
        return fields.Datetime.now() - timedelta(days=days)

    @api.model
    def _end_tracking(self):
        """Ask no more about letters that are past the tracking days."""
        past = self.search(
            [
                # All of them: for the index.
                ("carrier", "in", [carrier for carrier, _label in CARRIERS]),
                ("next_sync_date", "<=", fields.Datetime.now()),
                ("sent_date", "<=", self._oldest_tracked()),
            ]
        )
        past.write({"next_sync_date": False})

    @api.model
    def _due_for_sync(self):
        """Return the domain of the letters that are to be asked about now."""
        return (
            Domain("next_sync_date", "<=", fields.Datetime.now()) & self._asked_about()
        )

    @api.model
    def _asked_about(self):
        """Return the domain of the letters whose carriers can be asked about them."""
        return Domain("carrier", "in", self._carrier()._asked())

    def _schedule_sync(self):
        """Set when to ask next; letters past the tracking days: never."""
        now, rate = fields.Datetime.now(), self._update_rate()
        oldest = self._oldest_tracked()
        young = self.filtered(lambda lt: lt.sent_date and lt.sent_date > oldest)
        (self - young).write({"next_sync_date": False})
        for letter in young - young._that_can_be_asked():
            # When tracking ends: news comes by itself until then.
            letter.next_sync_date = now + (letter.sent_date - oldest)
        young = young._that_can_be_asked()
        if not young:
            return
        # Only the account of the settings has subscribed.
        pauses = {
            lt: rate if lt.account_id else max(rate, (now - lt.sent_date) * AGE_SHARE)
            for lt in young
        }
        longest = max(pauses.values())
        if longest > rate:
            hears = self.env["b2b.family.service.status"]._hears_webhooks()
            longest = max(rate, LONGEST_PAUSE) if hears else rate
        for letter, pause in pauses.items():
            letter.next_sync_date = now + min(pause, longest)
        self._wake_cron_at(min(young.mapped("next_sync_date")))

    @api.model
    def _make_overdue_due(self):
        """Ask at the update rate again when webhooks are heard no more.

        Also when a shorter update rate was set.
        """
        if self.env["b2b.family.service.status"]._hears_webhooks():
            return
        now = fields.Datetime.now()
        # A letter just scheduled by another process is none.
        latest = now + self._update_rate() + timedelta(seconds=MIN_UPDATE_RATE)
        overdue = self.search(
            Domain("next_sync_date", ">", latest) & self._asked_about(),
            order="next_sync_date desc",
            limit=OVERDUE_BATCH,
        )
        overdue.write({"next_sync_date": now})

    @api.model
    def _wake_for_next(self):
        # What is due and was left out must not keep a worker spinning.
        next_letter = self.search(
            Domain("next_sync_date", ">", fields.Datetime.now()) & self._asked_about(),
            order="next_sync_date",
            limit=1,
        )
        if next_letter:
            self._wake_cron_at(next_letter.next_sync_date)

    @api.model
    def _wake_cron_at(self, date):
        """Have _cron_sync run at ``date`` (UTC)."""
        wake_cron(self.env, "b2b_family_mail.ir_cron_sync", date)

    def _accepted(self, moved):
        self._schedule_sync()
        return super()._accepted(moved)
