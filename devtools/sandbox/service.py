"""The service as one object: its parts, and what joins them."""

from pathlib import Path

from flask import current_app
from werkzeug.local import LocalProxy

from .clock import Clock
from .delivery import Delivery
from .faults import Faults
from .journal import OPEN, Event, Journal
from .rendering import LetterRenderer
from .store import Store
from .traffic import Traffic
from .webhooks import Webhooks


class Service:
    """Built on a data directory and the mail server letters go to. `start` sets the
    threads off.
    """

    def __init__(self, directory: Path, mail_host: str, mail_port: int):
        self.clock = Clock()
        self.faults = Faults()
        self.traffic = Traffic()
        self.store = Store(directory, self.clock)
        self.journal = Journal(self.store)
        self.renderer = LetterRenderer(self.store)
        self.webhooks = Webhooks(self.store, self.journal, self.faults)
        self.delivery = Delivery(
            self.store,
            self.journal,
            self.renderer,
            mail_host,
            mail_port,
            on_news=self.webhooks.wake,
        )

    def start(self, public_url: str) -> None:
        self.renderer.public_url = public_url.rstrip("/")
        self.webhooks.start()
        self.delivery.start()

    def stop(self) -> None:
        self.delivery.stop()
        self.webhooks.stop()

    def record(self, events: list[Event], *, notify: bool = True) -> list[int]:
        """The one way news enters: into the journal, and on to subscribers."""
        event_ids = self.journal.record(events, notify=notify)
        self.webhooks.wake()
        return event_ids

    def open_before_answer(self, letter_id: int) -> None:
        """A reader so quick that subscribers have heard of it when this returns."""
        recipient = self.store.recipients(letter_id)[0]
        self.webhooks.send_now(Event(letter_id, OPEN, email=recipient["email"]))

    def reset(self) -> None:
        """As on the first day, and nothing of the days before is still on its way."""
        with self.webhooks.halted(), self.delivery.halted():
            self.faults.clear()
            self.traffic.clear()
            self.store.reset()


service: Service = LocalProxy(lambda: current_app.config["SERVICE"])  # type: ignore[assignment]
"""The service of the request at hand."""
