# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from psycopg2 import OperationalError

from odoo import fields, models

_logger = logging.getLogger(__name__)


class MailMail(models.Model):
    """The ordinary mail that a letter goes by when it is not tracked."""

    _inherit = "mail.mail"

    # Stored here: mails that are no copy of a letter cost no question to find that out.
    b2b_plain = fields.Boolean("Ordinary Mail of a Letter", readonly=True, copy=False)

    def unlink(self):
        """Nobody waits for a mail that is deleted: its letter has failed."""
        waiting = self.filtered(lambda mail: mail.b2b_plain and mail.state != "sent")
        # sudo: the letters are written by the system
        letters = waiting.sudo()._b2b_plain_letters()
        result = super().unlink()
        if letters:
            letters.invalidate_recordset(["plain_mail_id"])
            letters._settle_plain()
        return result

    def cancel(self):
        result = super().cancel()
        # sudo: see unlink
        if letters := self.sudo().filtered("b2b_plain")._b2b_plain_letters():
            letters._settle_plain()
        return result

    def _send(self, *args, **kwargs):
        """Send those of letters one by one, each held by who sends it.

        Core's queue and whoever wrote the letter may be at it at the same moment, and
        core locks no mail before it has sent it.
        """
        plain = self.filtered("b2b_plain")
        if not plain:
            return super()._send(*args, **kwargs)
        if others := self - plain:
            super(MailMail, others)._send(*args, **kwargs)
        for mail in plain:
            if mail._b2b_hold():
                super(MailMail, mail)._send(*args, **kwargs)
        return True

    def _b2b_hold(self):
        """Lock the mail until the transaction ends; return whether it is to be sent."""
        self.flush_recordset(["state"])
        query = (
            "SELECT FROM mail_mail WHERE id = %s AND state = 'outgoing'"
            " FOR UPDATE SKIP LOCKED"
        )
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(query, [self.id], log_exceptions=False)
                return bool(self.env.cr.rowcount)
        except OperationalError:
            return False  # somebody has sent it since

    def _b2b_plain_letters(self):
        letters = self.env["b2b.family.letter"]
        return letters.search([("plain_mail_id", "in", self.ids)]) if self else letters

    def _postprocess_sent_message(self, *args, **kwargs):
        # Before core deletes mails, and ours among them only when we do.
        plain = self.filtered("b2b_plain")
        result = super()._postprocess_sent_message(*args, **kwargs)
        if plain:
            plain._b2b_report(kwargs.get("failure_type"))
        return result

    def _b2b_report(self, failure_type):
        """Let the letters know what became of these.

        They have left, or not, and core must not take our trouble for its own: it
        would send again. So a collision is left to the scheduled action.
        """
        try:
            with self.env.cr.savepoint():
                if failure_type:
                    self.failure_type = failure_type
                # sudo: see unlink
                self.sudo()._b2b_plain_letters()._settle_plain()
        except OperationalError:
            _logger.info("The letters of mails %s are settled later", self.ids)
        except Exception:
            _logger.exception("The letters of mails %s are settled later", self.ids)
