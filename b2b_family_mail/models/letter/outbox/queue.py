# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain


class B2BFamilyLetter(models.Model):
    """Which letters wait to be sent, and by which account they go."""

    _inherit = "b2b.family.letter"

    @api.model
    def _due(self):
        """Return the domain of the letters that may be sent now."""
        now = fields.Datetime.now()
        return Domain("state", "=", "queued") & (
            Domain("next_try_date", "=", False) | Domain("next_try_date", "<=", now)
        )

    @api.model
    def _resume(self, account):
        """Send at once what waits for an account that works again.

        :param account: see service/account.py; the letters of others are left alone
        """
        self._resume_those([("account_id", "=", account.id)])

    @api.model
    def _resume_all(self):
        """Send at once what waits, by whichever account."""
        self._resume_those([])

    @api.model
    def _resume_those(self, domain):
        waiting = self.search(
            [("state", "=", "queued"), ("next_try_date", "!=", False), *domain]
        )
        waiting._hasten()
        self._wake_sender()

    @api.model
    def _follow_account(self, users):
        """Let what waits go at once by the account that these authors have now."""
        self._follow_those([("author_id", "in", users.partner_id.ids)])

    @api.model
    def _follow_choice(self):
        """Let what waits go at once by whoever is to deliver letters now."""
        self._follow_those([])

    @api.model
    def _follow_those(self, domain):
        waiting = self.search([("state", "=", "queued"), *domain])
        if waiting := waiting.try_lock_for_update():
            waiting._set_account()
            waiting._hasten()
            self._wake_sender()

    def _hasten(self):
        """Let the letters go at once, but for those that their authors want later."""
        due = self.filtered(lambda letter: not letter.mail_id._b2b_later())
        due.next_try_date = False

    @api.model
    def _wake_sender(self):
        """Have what waits sent by the scheduled action, without waiting for its time."""
        self.env.ref("b2b_family_mail.ir_cron_send")._trigger()

    def _set_account(self):
        """Let the letters go as letters of their authors go now."""
        for author, letters in self.grouped("author_id").items():
            letters.write(self._carrier()._way_of(author.main_user_id))

    def _requeue(self):
        """Put letters back that were refused, or never reached the service."""
        letters = self.filtered(lambda lt: lt.state in ("failed", "unknown"))
        letters._set_account()
        letters._set_queued()

    @api.model
    def _minutes_ago(self, minutes):
        return fields.Datetime.now() - timedelta(minutes=minutes)
