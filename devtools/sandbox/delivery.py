"""Letters out, by SMTP, in the background: the API answers at once, as the real service does."""

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
"""Seconds between attempts while the mail server cannot be reached; the last one repeats."""

IDLE = 2
"""Seconds an SMTP connection stays open with nothing to send."""


class Delivery(threading.Thread):
    """Delivers each recipient's letter as a message of its own, one after another over one connection.

    A refusal by the mail server is a `bounce` event; a server that cannot be reached is tried again until it can.
    """

    def __init__(self, store: Store, journal: Journal, renderer: LetterRenderer, host: str, port: int, on_news):
        super().__init__(name="delivery", daemon=True)
        self.store = store
        self.journal = journal
        self.renderer = renderer
        self.address = (host, port)
        self.on_news = on_news
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self._connection: smtplib.SMTP | None = None
        self._stopping = threading.Event()

    def add(self, recipient_ids) -> None:
        """Queues recipients; while the setting `deliver` is off they wait instead, which costs a benchmark nothing."""
        if self.store.setting("deliver", True):
            for recipient_id in recipient_ids:
                self._queue.put(recipient_id)

    def stop(self) -> None:
        self._stopping.set()
        self._queue.put(None)

    def run(self) -> None:
        self.add(self.store.waiting_recipients())
        while not self._stopping.is_set():
            try:
                recipient_id = self._queue.get(timeout=IDLE)
            except queue.Empty:
                self._hang_up()
                continue
            if recipient_id is not None:
                try:
                    self._deliver(recipient_id)
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
            self._send(self._message(letter, recipient["email"], self.renderer.letter(letter, recipient)))
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as refusal:
            self._hang_up()
            self.store.set_delivery(recipient_id, "bounced", _words(refusal))
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
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException):
                    self._hang_up()

    def _message(self, letter, to: str, body: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = formataddr((letter["from_name"] or account.SENDER_NAME, account.EMAIL))
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
        """Hands one message to the mail server. Comes back only with its yes, or an exception that is its no."""
        attempt = 0
        while not self._stopping.is_set():
            try:
                if self._connection is None:
                    self._connection = smtplib.SMTP(*self.address, local_hostname="sandbox.example", timeout=30)
                # One address in the envelope: the Cc header is what a reader sees, not where this message goes.
                self._connection.send_message(message, account.EMAIL, [message["To"]])
                return
            except (smtplib.SMTPServerDisconnected, OSError) as error:
                if isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException)):
                    raise
                self._hang_up()
                self._stopping.wait(PAUSES[min(attempt, len(PAUSES) - 1)])
                attempt += 1
        raise SystemExit

    def _hang_up(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection = None


def _words(refusal: Exception) -> str:
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(refusal.recipients.values()))
    else:
        code, text = refusal.smtp_code, refusal.smtp_error
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
