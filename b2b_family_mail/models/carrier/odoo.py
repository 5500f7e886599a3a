# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import time
from dataclasses import dataclass

from odoo import api, models
from odoo.tools.mail import email_split_and_format_normalize, html2plaintext

from ...client import B2BFamilyError, Unavailable
from ..service.calls import NOT_BEGUN, second_hand
from ..service.settings import Unsendable
from .carrier import prepare_each
from .smtp import Session, read_connection_failure, read_failure

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """How core has mails leave that have this in common."""

    server_id: int
    alias_domain_id: int
    smtp_from: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter as core's mail server takes it.

    :ivar values: the arguments of ``ir.mail_server._build_email__()``
    :ivar email: whom it is for
    :ivar forced_id: the server that the mail names, if any
    """

    route: Route
    values: dict
    email: str
    forced_id: int


class B2BFamilyPost(models.AbstractModel):
    """This Odoo as the carrier of letters: by its own outgoing mail.

    The questions are those of ``b2b.family.carrier``. Servers, senders, headers and
    what is attached are core's choice, as for any mail.
    """

    _name = "b2b.family.post"
    _description = "This Odoo as Carrier"

    @api.model
    def _obstacle(self):
        return None

    @api.model
    def _note_trouble(self, error):
        _logger.warning("Letters cannot leave by this Odoo: %s", error.message)

    @api.model
    def _find_files(self, letters):
        return letters.attachment_ids

    @api.model
    def _may_be_gone(self, letters):
        return letters

    # ------------------------------------------------------------
    # PREPARE
    # ------------------------------------------------------------

    @api.model
    def _prepare_letters(self, letters):
        routes = self._find_routes(letters.mail_id)
        return prepare_each(
            letters, lambda letter: self._prepare_letter(letter, routes)
        )

    @api.model
    def _find_routes(self, mails):
        """Return by mail the Route that core has it take."""
        routes = {}
        for *found, ids in mails._split_by_mail_configuration() if mails else ():
            routes |= dict.fromkeys(ids, Route(*found))
        return {mail: routes[mail.id] for mail in mails}

    @api.model
    def _prepare_letter(self, letter, routes):
        """Return a letter as core's mail server takes it.

        :raise Unsendable: its text is gone
        """
        mail = letter.mail_id
        if not mail:
            raise Unsendable(letter.env._("The mail was deleted before it was sent."))
        route = routes[mail]
        server = self.env["ir.mail_server"].browse(route.server_id)
        values = mail._b2b_prepare_outgoing(letter, server)
        body = values["body"]
        [sender, *_others] = email_split_and_format_normalize(mail.email_from) or [
            mail.email_from
        ]
        values |= {
            "email_from": sender,
            "body": letter._outgoing_html(body),
            # Without what only watches: it would be a footnote there.
            "body_alternative": html2plaintext(letter._outgoing_body(body)),
            "subtype": "html",
            "subtype_alternative": "plain",
        }
        return Outgoing(route, values, letter.email, mail.mail_server_id.id)

    # ------------------------------------------------------------
    # SEND
    # ------------------------------------------------------------

    @api.model
    def _send_letters(self, outgoing, until=None):
        outcomes, by_route = {}, {}
        for letter, content in outgoing.items():
            by_route.setdefault(content.route, {})[letter] = content
        for route, contents in by_route.items():
            outcomes |= self._send_by(route, contents, until)
        return outcomes

    @api.model
    def _send_by(self, route, contents, until):
        """Hand letters in at one server; see _send_letters()."""
        outcomes, session, down = {}, None, None
        for letter, content in contents.items():
            if down:
                outcomes[letter] = second_hand(down)
            elif until and time.monotonic() > until:
                outcomes[letter] = NOT_BEGUN
            else:
                try:
                    if not session or not session.is_open:
                        session = self._connect(route)
                    outcomes[letter] = self._send_one(session, content)
                except B2BFamilyError as error:
                    outcomes[letter] = error
                    down = error if isinstance(error, Unavailable) else None
        if session:
            session.close()
        return outcomes

    @api.model
    def _connect(self, route):
        """Return a session with the server of a route.

        :raise Unavailable: there is none now
        """
        servers = self.env["ir.mail_server"]
        try:
            smtp = servers._connect__(
                mail_server_id=route.server_id, smtp_from=route.smtp_from
            )
        except Exception as error:
            raise read_connection_failure(error) from None
        return Session(smtp)

    @api.model
    def _send_one(self, session, content):
        """Hand one letter in; return its Message-ID.

        :raise B2BFamilyError: it was not taken, or nobody knows
        """
        session.began = False
        try:
            servers = self._servers(content)
            message = servers._build_email__(**content.values)
            return servers.send_email(
                message, mail_server_id=content.forced_id, smtp_session=session.smtp
            )
        except Exception as error:
            raise read_failure(error, session.began) from None

    @api.model
    def _servers(self, content):
        """Return ``ir.mail_server`` with what core tells it of a mail."""
        context = {"send_validated_to": [content.email]}
        if content.route.alias_domain_id:
            # sudo: as core reads it
            domains = self.env["mail.alias.domain"].sudo()
            domain = domains.browse(content.route.alias_domain_id)
            headers = content.values["headers"]
            context |= {
                "domain_notifications_email": domain.default_from_email,
                "domain_bounce_address": headers.get("Return-Path")
                or domain.bounce_email,
            }
        return self.env["ir.mail_server"].with_context(**context)

    # ------------------------------------------------------------
    # WHAT IS NOT ASKED
    # ------------------------------------------------------------

    @api.model
    def _find_letters(self, letters):
        """No mail server can be asked whether it has a letter."""
        return {}

    @api.model
    def _ask_letters(self, letters):
        """News comes by itself."""
        return {}

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _explain(self, error, reader):
        """Return what an error means to a person, in the language of the context."""
        said = error.message.rstrip(". ")
        kind = type(error).__name__
        if kind == "Unsendable":
            return error.message
        if kind == "Rejected":
            return self.env._("The mail server refused: %(said)s", said=said)
        if kind == "OutcomeUnknown":
            return self.env._(
                "The mail server gave no clear answer: %(said)s. The letter may or may "
                "not have been accepted.",
                said=said,
            )
        if kind == "Deferred":
            return self.env._(
                "The mail server does not take the letter yet: %(said)s. It is tried "
                "again.",
                said=said,
            )
        if kind == "Misconfigured":
            return self.env._(
                "The outgoing mail server is not set up correctly: %(said)s. Letters "
                "that wait leave by themselves once it is mended.",
                said=said,
            )
        return self.env._(
            "The outgoing mail server cannot be reached at the moment: %(said)s. "
            "Nothing is lost.",
            said=said,
        )
