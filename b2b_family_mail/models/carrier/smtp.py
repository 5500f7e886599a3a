# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a mail server's answer, or its silence, says of the letter that was handed in.

SMTP makes it plain (RFC 5321): until the text of a letter is sent, nothing was taken;
after it, only the server's answer says so. Without that answer nobody knows.
"""

import logging
import smtplib
import socket
import ssl
import threading
from contextlib import contextmanager, suppress

from odoo.exceptions import UserError

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ...client import (
    B2BFamilyError,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from ...runtime import at_most
from ..service.calls import is_second_hand
from ..service.settings import Unsendable

_logger = logging.getLogger(__name__)

# The server wants to know who we are, or does not believe it.
WHO_ARE_YOU = (530, 534, 535, 538)
SHOWN = 300  # characters of what a server said
# Seconds for all that is said about one letter, the connection and login included. The
# claim of the last one begun is good for so long (SEND_SECONDS, CLAIM_MINUTES), and 25 MB
# leave within it by a line of 1.6 Mbit/s.
EXCHANGE_SECONDS = 180
QUIT_SECONDS = 5  # for taking leave of a server

_opening = threading.local()  # wire: to which belongs what this thread opens


class Deferred(B2BFamilyError):
    """The server does not take this letter now (4xx): it says nothing of others.

    Retry: later, as it is.
    """


class TooSlow(Unavailable):
    """The server has taken its time for so long that the connection was closed."""

    def __init__(self, message="It is too slow.", **details):
        super().__init__(message, **details)


class Unanswered(OutcomeUnknown):
    """The same, once the text of the letter was begun."""

    def __init__(self, message="It is too slow.", **details):
        super().__init__(message, **details)


class OneServerDown(B2BFamilyError):
    """The server of this letter cannot be used now, but others can.

    Retry: later, as it is. Letters by other servers go on.

    :ivar kind: class name of the error that says so
    """

    @classmethod
    def of(cls, error):
        """Return the same as ``Unavailable``, which would say it of all servers."""
        own = cls(error.message)
        own.kind = type(error).__name__
        own.second_hand = is_second_hand(error)
        return own


class TooMany(B2BFamilyError):
    """So many letters have left by a person's own server that it is enough for now.

    Retry: in a minute.
    """

    def __init__(self, message="Enough for this minute.", **details):
        super().__init__(message, **{"retry_after": 60, **details})


class Wire:
    """The connection to a mail server, which another thread can cut.

    ``smtplib`` limits the time of each read, not of all of them together; and core shows
    nobody a connection until its server has answered all that it is asked at first.
    """

    def __init__(self):
        self._ends, self.is_cut = [], False

    @contextmanager
    def opening(self):
        """Take what this thread opens in the block, in place of what was there before."""
        self.close()
        _opening.wire = self
        try:
            yield
        finally:
            _opening.wire = None

    def exchange(self):
        """Return a block that ends in time, though its server does not let it end."""
        return at_most(EXCHANGE_SECONDS, self.cut)

    def goodbye(self):
        """As exchange(), of taking leave."""
        return at_most(QUIT_SECONDS, self.cut)

    def add(self, connection):
        # A descriptor of our own: TLS takes the other one over.
        self._ends.append(connection.dup())
        if self.is_cut:
            self.cut()

    def cut(self):
        """End whatever is said or waited for. Nothing is said by this wire any more."""
        self.is_cut = True
        for end in list(self._ends):
            with suppress(OSError):  # it has ended by itself
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Let go of the connection, which lasts as long as anybody has it."""
        for end in self._ends:
            end.close()
        self._ends = []


_get_socket = smtplib.SMTP._get_socket


def _get_watched_socket(smtp, *args):
    connection = _get_socket(smtp, *args)
    if wire := getattr(_opening, "wire", None):
        wire.add(connection)
    return connection


smtplib.SMTP._get_socket = _get_watched_socket


class Session:
    """A session with a mail server, which knows whether a letter's text was begun.

    :ivar is_used: a letter was handed in before
    :ivar smtp: what ``ir.mail_server._connect__()`` returned; None in a test inside Odoo
    """

    def __init__(self, smtp):
        self.smtp = smtp
        self.began = self.is_used = False
        if smtp:
            self._send = smtp.send
            smtp.send = self._watch

    def _watch(self, data):
        # Commands are text, what a letter consists of is bytes.
        if not isinstance(data, str):
            self.began = True
        return self._send(data)

    @property
    def is_open(self):
        return self.smtp is None or self.smtp.sock is not None

    def close(self):
        # It is over in any case.
        with suppress(smtplib.SMTPException, OSError):
            if self.smtp:
                self.smtp.quit()


def read_failure(error, began):
    """Return what an exception means that ended the try to hand a letter in.

    :param bool began: the text of the letter was begun to be sent
    """
    if isinstance(error, MailDeliveryException):
        error = error.__cause__ or error.__context__ or error
    code, said = _answer(error)
    if 400 <= code < 600:
        return _read_code(code, said)
    # The answer broke off, or is none.
    if began:
        return OutcomeUnknown(_said(error))
    if isinstance(error, (smtplib.SMTPResponseException, OSError)):
        return Unavailable(_said(error))
    if isinstance(error, MemoryError):
        return Deferred(_said(error))
    # Core refuses it: no valid sender, for instance, or a name that cannot be encoded.
    if not isinstance(error, (AssertionError, UnicodeError, smtplib.SMTPException)):
        _logger.error("A letter could not be handed in", exc_info=error)
    return Unsendable(_said(error))


def read_connection_failure(error):
    """Return what an exception means because of which there is no session."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        is_setup = error.smtp_code >= 500
    elif isinstance(error, (smtplib.SMTPResponseException, ConnectionError)):
        is_setup = False
    elif isinstance(error, smtplib.SMTPServerDisconnected):
        is_setup = False
    elif isinstance(error, (UserError, ssl.SSLError, smtplib.SMTPException)):
        is_setup = True
    else:
        is_setup = not isinstance(error, (OSError, socket.gaierror))
    return (Misconfigured if is_setup else Unavailable)(_said(error))


def _answer(error):
    """Return code and words of the server's answer, if an exception tells of one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [answer, *_others] = error.recipients.values()
        return answer
    # The bare class is smtplib's own word for a line that does not end.
    if type(error) is not smtplib.SMTPResponseException and hasattr(error, "smtp_code"):
        return error.smtp_code, error.smtp_error
    return 0, ""


def _read_code(code, said):
    words = f"{code} {_text(said)}".strip()
    if code in WHO_ARE_YOU:
        return Misconfigured(words)
    if code >= 500:
        return Rejected(words)
    return Deferred(words)


def _said(error):
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return _text(str(error) or type(error).__name__)


def _text(said):
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    return " ".join(str(said).split())[:SHOWN]
