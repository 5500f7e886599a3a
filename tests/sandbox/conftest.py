"""A real sandbox process, a client that knows only HTTP, and a subscriber that hears
webhooks.
"""

import hashlib
import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from devtools.sandbox.control import Sandbox, wait_for  # noqa: E402


class Client:
    """The service's calls as they go over the wire. Hashes are computed here anew, not
    by the sandbox's own code.
    """

    def __init__(self, sandbox: Sandbox):
        self.url = sandbox.url
        self.credentials = sandbox.credentials
        self.session = requests.Session()
        self.session.trust_env = False
        self.apikey = None

    def call(self, method: str, path: str, **arguments) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=10, **arguments)

    def login_body(self, label: str = "apikey", **changes) -> dict:
        values = {**self.credentials, **changes}
        text = "{}={}&secret={}&email={}&password={}".format(
            label,
            values["app_key"],
            values["secret_key"],
            values["email"],
            values["password"],
        )
        digest = hashlib.md5(text.encode()).hexdigest()
        return {
            "appkey": values["app_key"],
            "email": values["email"],
            "password": values["password"],
            "hash": digest,
        }

    def login(self, label: str = "apikey", **changes) -> dict:
        answer = self.call(
            "POST", "/user/login", json=self.login_body(label, **changes)
        ).json()
        self.apikey = answer.get("apikey", self.apikey)
        return answer

    def post_letter(self, path: str = "/mail", **fields) -> requests.Response:
        letter = {
            "apikey": self.apikey,
            "subject": "Offer",
            "text": "<p>Hello</p>",
            **fields,
        }
        if "to_emails" not in letter:
            letter.setdefault("to", "anna@customer.example")
        return self.call(
            "POST",
            path,
            json={name: value for name, value in letter.items() if value is not None},
        )

    def send(self, **fields) -> int:
        return self.post_letter(**fields).json()["id"]

    def upload(
        self, name: str, content: bytes, mimetype: str = "application/octet-stream"
    ) -> dict:
        files = {"file": (name, content, mimetype)}
        return self.call(
            "POST", "/attachments/add", data={"apikey": self.apikey}, files=files
        ).json()

    def get(self, path: str, **query) -> dict:
        return self.call("GET", path, params={"apikey": self.apikey, **query}).json()

    def statistics(self, letter_id: int) -> dict:
        return self.get("/mail/statistics", id=letter_id)

    def find(self, key: str) -> list[int]:
        return [mail["id"] for mail in self.get("/mail/find", key=key)["mails"]]

    def subscribe(self, url: str) -> dict:
        return self.call(
            "PUT", "/subscribers/add", json={"apikey": self.apikey, "path": url}
        ).json()


class Subscriber:
    """Hears webhooks, and answers them with `statuses` in turn, then with 200."""

    def __init__(self):
        self.statuses: list[int] = []
        self.heard: list[dict] = []
        self.asked = 0  # it may not have answered yet
        self.attempts = 0
        self.lock = threading.Lock()
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                subscriber.asked += 1
                self.send_response(subscriber.answer(event))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, event: dict) -> int:
        with self.lock:
            self.attempts += 1
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 200:
                self.heard.append(event)
            return status

    def wait(self, count: int = 1, timeout: float = 8) -> list[dict]:
        return wait_for(
            lambda: len(self.heard) >= count and self.heard,
            timeout,
            f"{count} webhooks",
        )


@pytest.fixture(scope="session")
def process():
    with Sandbox() as sandbox:
        yield sandbox
        # Whatever the tests did, it is no trouble of the sandbox's own.
        assert sandbox.log.read_text() == ""


@pytest.fixture
def sandbox(process):
    process.reset()
    return process


@pytest.fixture
def client(sandbox):
    client = Client(sandbox)
    client.login()
    return client


@pytest.fixture
def subscriber(client):
    subscriber = Subscriber()
    client.subscribe(subscriber.url)
    yield subscriber
    subscriber.server.shutdown()
    subscriber.server.server_close()


@pytest.fixture
def closed_port():
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
