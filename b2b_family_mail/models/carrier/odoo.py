# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import time
from dataclasses import dataclass

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import api, fields, models
from odoo.tools.mail import email_split_and_format_normalize, html2plaintext

from ...client import B2BFamilyError, OutcomeUnknown, Unavailable
from ...runtime import aside
from ..service.calls import NOT_BEGUN, second_hand
from ..service.settings import Unsendable
from .carrier import prepare_each
from .smtp import (
    OneServerDown,
    Session,
    TooMany,
    TooSlow,
    Unanswered,
    Wire,
    read_connection_failure,
    read_failure,
)

_logger = logging.getLogger(__name__)

# Files that are in memory at the same time, of all letters that are prepared.
HELD_BYTES = 32 * 1024 * 1024
# Files of one mail that may wait in memory for the turn of its letters.
READY_BYTES = 1024 * 1024


def _size(values):
    return sum(len(content) for _name, content, _type in values["attachments"])


@dataclass(frozen=True, slots=True)
class Route:
    """What mails have in common that core has leave in one session."""

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
    def _find_files(self, letters):
        return letters.attachment_ids

    @api.model
    def _recover(self, letters):
        return letters._noted()

    # ------------------------------------------------------------
    # PREPARE
    # ------------------------------------------------------------

    @api.model
    def _find_ready(self, letters):
        def size(letter):
            files = letter.attachment_ids._attached().ir_attachment_id
            return sum(files.mapped("file_size"))

        return letters.filtered(lambda letter: size(letter) <= READY_BYTES)

    @api.model
    def _prepare_letters(self, letters):
        routes = self._find_routes(letters.mail_id)
        by_mail = letters.grouped("mail_id")
        prepared, held = {}, [0]

        def prepare(letter):
            mail = letter.mail_id
            if not mail:
                raise Unsendable(
                    letter.env._("The mail was deleted before it was sent.")
                )
            if mail not in prepared:
                if prepared and held[0] > HELD_BYTES:
                    return NOT_BEGUN
                server = self.env["ir.mail_server"].browse(routes[mail].server_id)
                prepared[mail] = mail._b2b_prepare_outgoing(by_mail[mail], server)
                held[0] += _size(next(iter(prepared[mail].values())))
            return self._prepare_letter(letter, routes[mail], prepared[mail][letter])

        return prepare_each(letters, prepare)

    @api.model
    def _find_routes(self, mails):
        """Return by mail the Route that core has it take."""
        routes = {}
        for *found, ids in mails._split_by_mail_configuration() if mails else ():
            routes |= dict.fromkeys(ids, Route(*found))
        return {mail: routes[mail.id] for mail in mails}

    @api.model
    def _prepare_letter(self, letter, route, values):
        """Return a letter as core's mail server takes it.

        :param dict values: see mail.mail._b2b_prepare_outgoing()
        """
        mail, body = letter.mail_id, values["body"]
        senders = email_split_and_format_normalize(mail.email_from)
        values |= {
            "email_from": senders[0] if senders else mail.email_from,
            "headers": values["headers"] | letter._mailing_headers(),
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
        routes = {}
        for letter, content in outgoing.items():
            routes.setdefault(content.route, {})[letter] = content
        outcomes = {}
        try:
            with aside(self.env) as commit:
                self._settle_in(commit)
                for route, contents in routes.items():
                    outcomes |= self._send_by(route, contents, until, commit)
        except PoolError:
            words = "Odoo has no database connection left."
            return dict.fromkeys(outgoing, Unavailable(words))
        down = {
            letter: error
            for letter, error in outcomes.items()
            if isinstance(error, Unavailable)
        }
        if len({outgoing[letter].route for letter in down}) < len(routes):
            # The others go on.
            outcomes |= {letter: OneServerDown.of(down[letter]) for letter in down}
        return outcomes

    @api.model
    def _settle_in(self, commit):
        """Remember that this database is the real one: a copy would send the same again.

        :param commit: see runtime.aside()
        """
        if not self.env["b2b.family.service"]._get_param("instance"):
            commit(lambda env: env["b2b.family.service"]._settle_in())

    @api.model
    def _send_by(self, route, contents, until, commit):
        """Hand letters in by one route; see _send_letters().

        :param commit: see runtime.aside()
        """
        room = self._take_room(route, len(contents), commit)
        line = Line(self, route, commit)
        claims = {letter: letter.claim_date for letter in contents}
        outcomes = {}
        for number, (letter, content) in enumerate(contents.items()):
            if until and time.monotonic() > until:
                outcomes[letter] = NOT_BEGUN
            elif number >= room:
                outcomes[letter] = second_hand(TooMany())
            else:
                outcomes[letter] = line.hand_in(letter, content, claims[letter])
        line.end()
        self._note_outcomes(route, outcomes.values())
        return outcomes

    @api.model
    def _take_room(self, route, wanted, commit):
        """Return how many letters may go now by a server that is a person's own.

        As core's ``_split_by_delayed_batch()``, which counts whole mails.
        """
        # sudo: as core does
        server = self.env["ir.mail_server"].sudo().browse(route.server_id)
        if not route.server_id or not server.owner_user_id:
            return wanted
        limit = server._get_personal_mail_servers_limit()
        minute = fields.Datetime.now().replace(second=0)

        def take(env):
            own = server.with_env(env(su=True))
            used = own.owner_limit_count if own.owner_limit_time == minute else 0
            room = min(max(limit - used, 0), wanted)
            own.write({"owner_limit_time": minute, "owner_limit_count": used + room})
            return room

        return commit(take)

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
    def _hand_in(self, session, content):
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
            if isinstance(error, OperationalError) and not session.began:
                raise
            raise read_failure(error, session.began) from None
        finally:
            session.is_used = True

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
        return {}  # no mail server can be asked

    @api.model
    def _ask_letters(self, letters):
        return {}  # news comes by itself

    # ------------------------------------------------------------
    # TROUBLE
    # ------------------------------------------------------------

    @api.model
    def _note_outcomes(self, route, outcomes):
        """Write down for the administrator how it goes with a mail server."""
        status = self.env["b2b.family.service.status"]
        server = self.env["ir.mail_server"].browse(route.server_id)
        down = [out for out in outcomes if isinstance(out, Unavailable)]
        if down:
            status._note_server_error(server, down[0])
        elif any(isinstance(out, str) for out in outcomes):
            status._note_server_success(server)

    @api.model
    def _explain(self, error, reader):
        """Return what an error means to a person, in the language of the context."""
        kind = getattr(error, "kind", type(error).__name__)
        return self._explain_kind(kind, error.message)

    @api.model
    def _explain_kind(self, kind, message):
        """Return the words for a kind of error, its class name, and what it says."""
        said = message.rstrip(". ")
        if kind == "Unsendable":
            return message
        if kind == "Rejected":
            return self.env._("The mail server refused: %(said)s", said=said)
        if kind == "OutcomeUnknown":
            return self.env._(
                "The mail server gave no clear answer: %(said)s",
                said=said,
            )
        if kind == "Unanswered":
            return self.env._(
                "The mail server took so long that the connection to it was closed."
            )
        if kind == "Deferred":
            return self.env._(
                "The mail server does not take the letter yet: %(said)s. It is tried "
                "again.",
                said=said,
            )
        if kind == "TooMany":
            return self.env._(
                "By a mail server of one's own only so many letters leave a minute."
            )
        if kind == "Misconfigured":
            return self.env._(
                "The outgoing mail server is not set up correctly: %(said)s. Letters "
                "that wait leave by themselves once it is mended.",
                said=said,
            )
        if kind == "TooSlow":
            return self.env._(
                "The outgoing mail server takes so long that the connection to it was "
                "closed. Nothing is lost."
            )
        return self.env._(
            "The outgoing mail server cannot be reached at the moment: %(said)s. "
            "Nothing is lost.",
            said=said,
        )


class Line:
    """Letters that are handed in one after another by one route.

    One session for all of them, opened anew when it has died. What is known of each is
    committed before the next one is begun.
    """

    def __init__(self, post, route, write_down):
        self.post, self.route, self.write_down = post, route, write_down
        self.session, self.wire = None, Wire()
        self.down = None  # the error in which all others would end
        self.ended = None  # the letter before, and whether it was taken

    def hand_in(self, letter, content, claim_date):
        """Return what became of a letter: its id, the error, or NOT_BEGUN."""
        if self.down:
            return second_hand(self.down)
        with self.wire.exchange():
            outcome = self._hand_in(letter, content, claim_date)
        if self.wire.is_cut:
            # It would keep the others waiting as well.
            self.down = TooSlow()
            if isinstance(outcome, OutcomeUnknown):
                return Unanswered()
            if isinstance(outcome, Unavailable):
                return self.down
        return outcome

    def _hand_in(self, letter, content, claim_date):
        begun = False
        try:
            session = self._open()
            begun = self._note(letter, content.values["message_id"], claim_date)
            if not begun:
                return NOT_BEGUN
            outcome = self._try(session, content)
        except OperationalError:
            _logger.warning("The database is in the way of letters", exc_info=True)
            self.down = Unavailable("Odoo's database does not answer.")
            return NOT_BEGUN
        except B2BFamilyError as error:
            outcome = error
        if isinstance(outcome, Unavailable):
            self.down = outcome
        if begun and not isinstance(outcome, OutcomeUnknown):
            self.ended = letter, isinstance(outcome, str)
        return outcome

    def end(self):
        """Hang up, and leave no letter marked that was not taken."""
        if self.session:
            with self.wire.goodbye():
                self.session.close()
        self.wire.close()
        # That one was taken is written down with all that follows from it.
        if self.ended and not self.ended[1]:
            self._note()

    def _open(self):
        if not self.session or not self.session.is_open:
            with self.wire.opening():
                self.session = self.post._connect(self.route)
        return self.session

    def _try(self, session, content):
        is_used = session.is_used
        try:
            return self.post._hand_in(session, content)
        except Unavailable:
            if session.is_open or not is_used or self.wire.is_cut:
                raise
        # It had died since the letter before: nothing of this one was sent.
        return self.post._hand_in(self._open(), content)

    def _note(self, letter=None, ref=None, claim_date=None):
        """Commit how the letter before ended, and that this one is begun.

        :return: whether it is ours still
        """

        def note(env):
            if self.ended:
                ended, taken = self.ended
                ended.with_env(env)._note_ended(taken)
            return letter and letter.with_env(env)._note_begun(ref, claim_date)

        is_ours = self.write_down(note)
        self.ended = None
        return is_ours
