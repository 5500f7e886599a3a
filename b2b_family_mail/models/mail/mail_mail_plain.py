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
