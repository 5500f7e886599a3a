# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools.mail import email_normalize, unfold_references

from ...tools.incoming import (
    is_automatic,
    read_bounce,
    without_hidden_pictures,
    without_watching,
)
from ..letter.inbox.answer import MARK

_logger = logging.getLogger(__name__)


class MailThread(models.AbstractModel):
    """What incoming mail says of letters: they were answered, or came back.

    Core decides what a mail is and where it goes. A mail that refers to nothing in Odoo
    costs no query here, one that does costs one.
    """

    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        """Have an answer sent to the name of a letter refer to the letter's message."""
        parsed = super().message_parse(message, save_original=save_original)
        letters = self.env["b2b.family.letter"]
        parsed["body"] = without_watching(
            parsed.get("body") or "", letters._quoted_address
        )
        named, _is_readers = self._b2b_named(parsed)
        if named:
            parsed |= self._b2b_refer(parsed, named.message_id)
        return parsed

    @api.model
    def _b2b_named(self, parsed):
        """Return the letter to whose name a mail was sent, see _named_in()."""
        # sudo: whoever runs the gateway
        letters = self.env["b2b.family.letter"].sudo()
        return letters._named_in(parsed["recipients"] or "")

    @api.model
    def _b2b_refer(self, parsed, message):
        """Return what is parsed otherwise of a mail that answers ``message``."""
        # Nobody is to be written to at the letter's name.
        values = {
            name: ",".join(
                address
                for address in parsed[name].split(",")
                if MARK not in address.lower()
            )
            for name in ("to_filtered", "cc_filtered")
        }
        if parsed["is_bounce"] or parsed.get("parent_id") or not message:
            return values
        references = [*unfold_references(parsed["references"]), message.message_id]
        return {
            **values,
            **self._message_parse_extract_from_parent(message),
            "in_reply_to": message.message_id,
            "references": " ".join(references),
        }

    # ------------------------------------------------------------
    # ANSWER
    # ------------------------------------------------------------

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        letter = routes and self._b2b_find_answered(message_dict)
        if letter:
            body = message_dict.get("body") or ""
            message_dict["body"] = without_hidden_pictures(body)
        thread_id = super()._message_route_process(message, message_dict, routes)
        if letter and not is_automatic(message):
            date = fields.Datetime.to_datetime(message_dict.get("date"))
            self._b2b_take(
                letter._take_answer,
                message_dict["message_id"],
                date or fields.Datetime.now(),
                email_normalize(message_dict["email_from"]),
            )
        return thread_id

    @api.model
    def _b2b_find_answered(self, parsed):
        """Return the letter that a mail answers, by whom it is from."""
        # sudo: whoever runs the gateway
        messages = self.env["mail.message"].sudo()
        partners = self.env["res.partner"].sudo()
        named, is_readers = self._b2b_named(parsed)
        return named._find_answered(
            messages.browse(parsed.get("parent_id")),
            named,
            is_readers,
            email_normalize(parsed["email_from"]),
            partners.browse(parsed.get("author_id")),
        )

    # ------------------------------------------------------------
    # BOUNCE
    # ------------------------------------------------------------

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        letter = self._b2b_find_bounced(message_dict)
        diagnostic = read_bounce(email_message) if letter else None
        if diagnostic is not None:
            self._b2b_take(letter._take_bounce, message_dict["message_id"], diagnostic)
        return result

    @api.model
    def _b2b_find_bounced(self, parsed):
        """Return the letter that a mail says came back.

        Not by its name: servers write to whoever sent it, never to whoever gets the answers.
        """
        # sudo: whoever runs the gateway
        letters = self.env["b2b.family.letter"].sudo()
        message = parsed["bounced_message"]
        email = email_normalize(parsed["bounced_email"] or "")
        return letters._find_bounced(message, email) if message else letters

    @api.model
    def _b2b_take(self, take, *told):
        """Take in what a mail says; the mail is kept, whatever goes wrong with that."""
        try:
            with self.env.cr.savepoint():
                take(*told)
        except OperationalError:
            raise
        except Exception:
            _logger.exception("What mail %s says of a letter was not taken in", told[0])
