"""Letters out, by SMTP, in the background: the API answers at once, as the real service
does.
"""

import contextlib
import json
import logging
import queue
import smtplib
import threading
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr, make_msgid

from . import account
from .clock import ZONE
from .journal import BOUNCE, Event, Journal
from .rendering import LetterRenderer, plain_text
from .store import Store

_logger = logging.getLogger(__name__)

PAUSES = (1, 2, 5, 15, 60)
"""Seconds between attempts while the mail server cannot be reached; the last one
repeats.
"""

IDLE = 2
"""Seconds an SMTP connection stays open with nothing to send."""


class Delivery(threading.Thread):
    """Delivers each recipient's letter as a message of its own, one after another over
    one connection.

    A refusal by the mail server is a `bounce` event; a server that cannot be reached is
    tried again until it can.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        renderer: LetterRenderer,
        host: str,
        port: int,
        on_news,
    ):
        super().__init__(name="delivery", daemon=True)
        self.store = store
        self.journal = journal
        self.renderer = renderer
        self.address = (host, port)
        self.on_news = on_news
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self._connection: smtplib.SMTP | None = None
        self._delivering = threading.Lock()
        self._abandon = threading.Event()
        self._stopping = False

    def add(self, recipient_ids) -> None:
        """Queues recipients; while the setting `deliver` is off they wait instead,
        which costs a benchmark nothing.
        """
        if self.store.setting("deliver", True):
            for recipient_id in recipient_ids:
                self._queue.put(recipient_id)

    @contextlib.contextmanager
    def halted(self):
        """Inside, nothing is being delivered. A letter the mail server has not taken
        stays waiting.
        """
        self._abandon.set()
        with self._delivering:
            self._abandon.clear()
            yield

    def stop(self) -> None:
        with self.halted():
            self._stopping = True
            self._queue.put(None)

    def run(self) -> None:
        self.add(self.store.waiting_recipients())
        while True:
            try:
                recipient_id = self._queue.get(timeout=IDLE)
            except queue.Empty:
                self._hang_up()
                continue
            with self._delivering:
                if self._stopping:
                    return
                self._attend_to(recipient_id)

    def _attend_to(self, recipient_id: int) -> None:
        try:
            self._deliver(recipient_id)
        except _Abandoned:
            self._queue.put(recipient_id)
        except Exception:
            # One odd letter must not end the delivery of all others.
            _logger.exception("recipient %s: not delivered", recipient_id)
            self.store.set_delivery(recipient_id, "bounced", "Internal error")

    def _deliver(self, recipient_id: int) -> None:
        recipient = self.store.recipient(recipient_id)
        if not recipient or recipient["state"] != "waiting":
            return
        letter = self.store.letter(recipient["letter_id"])
        try:
            self._send(
                self._message(
                    letter, recipient["email"], self.renderer.letter(letter, recipient)
                )
            )
        except smtplib.SMTPException as refusal:
            self._hang_up()
            self.store.set_delivery(
                recipient_id, "bounced", "{} {}".format(*_answer(refusal))
            )
            self.journal.record([Event(letter["id"], BOUNCE, email=recipient["email"])])
            self.on_news()
            return
        self.store.set_delivery(recipient_id, "delivered")
        self._deliver_copies(letter, recipient)

    def _deliver_copies(self, letter, recipient) -> None:
        """People in copy get the letter once, after its first recipient."""
        copies = json.loads(letter["cc"])
        if copies and recipient["id"] == self.store.recipients(letter["id"])[0]["id"]:
            for email in copies:
                try:
                    self._send(self._message(letter, email, self.renderer.copy(letter)))
                except smtplib.SMTPException:
                    self._hang_up()

    def _message(self, letter, to: str, body: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = formataddr(
            (letter["from_name"] or account.SENDER_NAME, account.EMAIL)
        )
        message["To"] = to
        if copies := json.loads(letter["cc"]):
            message["Cc"] = ", ".join(copies)
        if letter["reply_to"]:
            message["Reply-To"] = letter["reply_to"]
        message["Subject"] = letter["subject"]
        message["Date"] = format_datetime(datetime.fromtimestamp(letter["sent"], ZONE))
        message["Message-ID"] = make_msgid(str(letter["id"]), "sandbox.example")
        message["X-B2B-Mail-Id"] = str(letter["id"])
        message.set_content(plain_text(body))
        message.add_alternative(body, subtype="html")
        return message

    def _send(self, message: EmailMessage) -> None:
        """Hands one message to the mail server, and tries again until it answers.
        Raises SMTPException for its no.
        """
        attempt = 0
        while not self._abandon.is_set():
            try:
                if self._connection is None:
                    self._connection = smtplib.SMTP(
                        *self.address, local_hostname="sandbox.example", timeout=30
                    )
                # One address in the envelope: the Cc header is what a reader sees, not
                # where this message goes.
                self._connection.send_message(message, account.EMAIL, [message["To"]])
                return
            except OSError as error:  # smtplib's own errors are among them
                if _is_final(error):
                    raise
                self._hang_up()
                self._abandon.wait(PAUSES[min(attempt, len(PAUSES) - 1)])
                attempt += 1
        raise _Abandoned

    def _hang_up(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection = None


class _Abandoned(Exception):
    """Delivery was halted before the mail server had answered."""


def _answer(error: OSError) -> tuple[int, str]:
    """The mail server's code and words; code 0 when it said nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        code, text = 0, str(error)
    return code, text.decode(errors="replace") if isinstance(text, bytes) else text


def _is_final(error: OSError) -> bool:
    """Whether there is no sense in trying again: neither a broken connection, nor a
    "not now" (4xx).
    """
    if not isinstance(error, smtplib.SMTPException) or isinstance(
        error, smtplib.SMTPServerDisconnected
    ):
        return False
    return not 400 <= _answer(error)[0] < 500
