"""The sandbox from a test: `with Sandbox() as sandbox: ...` starts a process of its own
and ends it.

Standard library only, so that any test can import it.
"""

import json
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from .account import CREDENTIALS
from .programs import PROGRAMS, READER, links_of

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT = 120
# How much of a time that is enough for an idle machine a busy one is given.
PATIENCE = 4
_PROGRAM = {"User-Agent": PROGRAMS[READER].links}


class Postbox:
    """A running mail server with its mailbox page: the readers of all letters. `data` is
    a directory to keep; without it a temporary one is used and removed.

    `mailbox_url` and `smtp` ("host:port") hold after start, and over restarts.
    """

    _command = "mailbox"

    def __init__(self, data: Path | None = None, arguments: tuple[str, ...] = ()):
        self.url = self.mailbox_url = self.smtp = ""
        self._temporary = (
            None if data else tempfile.TemporaryDirectory(prefix="b2b-sandbox-")
        )
        self.data = Path(data or self._temporary.name)
        self._arguments = arguments
        self._process: subprocess.Popen | None = None

    # -- its process

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exception) -> None:
        self.stop()
        if self._temporary:
            self._temporary.cleanup()

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process and self._process.pid

    @property
    def log(self) -> Path:
        """The file its standard error goes to."""
        return self.data / "sandbox.log"

    def start(self) -> None:
        """Starts the process, on the ports it had before if it had any."""
        command = [
            sys.executable,
            "-m",
            "devtools.sandbox",
            self._command,
            "--until-eof",
            "--data",
            str(self.data),
        ]
        for option, address in self._ports().items():
            if address:
                command += [option, address.rpartition(":")[2]]
        with self.log.open("ab") as log:
            # The pipe on its standard input closes when this process dies, however it
            # dies; then it ends as well.
            self._process = subprocess.Popen(
                [*command, *self._arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        addresses = json.loads(self._first_line().removeprefix("READY "))
        self.mailbox_url, self.smtp = addresses["mailbox"], addresses["smtp"]
        self.url = addresses.get("service", "")

    def _ports(self) -> dict[str, str]:
        return {"--mailbox-port": self.mailbox_url, "--smtp-port": self.smtp}

    def _first_line(self) -> str:
        lines: queue.SimpleQueue = queue.SimpleQueue()
        reader = threading.Thread(
            target=lambda: lines.put(self._process.stdout.readline().decode()),
            daemon=True,
        )
        reader.start()
        try:
            line = lines.get(timeout=START_TIMEOUT)
        except queue.Empty:
            line = ""
        if not line.startswith("READY "):
            self.kill()
            raise RuntimeError(
                f"The sandbox did not start:\n{self.log.read_text()[-2000:]}"
            )
        return line

    def stop(self) -> None:
        """Ends the process in good order."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._close()

    def kill(self) -> None:
        """Ends the process as a crash would."""
        self._process.kill()
        self._close()

    def _close(self) -> None:
        if self._process:
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None

    def restart(self) -> None:
        """Stops it and starts it again, on the same ports and the same data. Faults and
        counts of requests are gone.
        """
        self.stop()
        self.start()

    # -- readers

    def mailbox(self) -> list[dict]:
        """The letters the mail server caught, newest first. They arrive a moment after
        they are accepted.
        """
        return json.loads(_fetch(f"{self.mailbox_url}/api/letters"))

    def letter(self, letter_id: int) -> dict:
        """One caught letter, by its `id` in the mailbox, with `html`, `text` and
        `headers`.
        """
        return json.loads(_fetch(f"{self.mailbox_url}/api/letters/{letter_id}"))

    def wait_mailbox(self, count: int = 1, timeout: float = 10) -> list[dict]:
        """The mailbox once it holds at least so many letters. TimeoutError when it does
        not in time.
        """
        return wait_for(
            lambda: len(letters := self.mailbox()) >= count and letters,
            timeout,
            f"{count} letters",
        )

    def clear_mailbox(self) -> None:
        _fetch(f"{self.mailbox_url}/api/letters", "DELETE")

    def open_letter(self, letter_id: int, program: str = READER) -> None:
        """Opens a letter of the mailbox as a program of `programs` does: fetches each
        image in it; one that is eager follows all links, too.
        """
        html = self.letter(letter_id)["html"]
        urls = _addresses("img", "src", html)
        if PROGRAMS[program].eager:
            urls += links_of(html)
        for url in urls:
            PROGRAMS[program].fetch(url).close()

    def pixel(self, letter_id: int, program: str = READER) -> str:
        """An address for a browser that fetches the letter's last picture."""
        url = _addresses("img", "src", self.letter(letter_id)["html"])[-1]
        return self.way(letter_id, url, program)

    def way(self, letter_id: int, url: str, program: str = READER) -> str:
        """An address for a browser: there the mailbox fetches what a letter holds, as
        the program does.
        """
        query = urlencode({"as": program, "address": url})
        return f"{self.mailbox_url}/letters/{letter_id}/fetched?{query}"

    def click(self, letter_id: int, index: int = 0, program: str = READER) -> str:
        """Follows a watched link of a letter, counted from 0; where it leads to."""
        urls = [url for url in links_of(self.letter(letter_id)["html"]) if "/l/" in url]
        with PROGRAMS[program].fetch(urls[index]) as answer:
            return answer.headers["Location"]

    def open_attachment(
        self, letter_id: int, index: int = 0, *, download: bool = False
    ) -> bytes:
        """Opens an attachment of a letter, counted from 0; its bytes."""
        links = [
            url
            for url in self.links(letter_id)
            if ("/t/a/" in url or "/b2b_family/d/" in url) and "download=1" not in url
        ]
        return _fetch(links[index] + ("?download=1" if download else ""))

    def links(self, letter_id: int) -> list[str]:
        """The addresses of all links in a letter."""
        return _addresses("a", "href", self.letter(letter_id)["html"])


class Sandbox(Postbox):
    """A running sandbox service, with the mailbox that its letters arrive in. `url` is
    that of the service.
    """

    _command = "serve"

    def __init__(self, data: Path | None = None, arguments: tuple[str, ...] = ()):
        super().__init__(data, arguments)
        self.credentials = dict(CREDENTIALS)

    def _ports(self) -> dict[str, str]:
        return {"--port": self.url, **super()._ports()}

    # -- its behaviour

    def fault(
        self,
        call: str,
        fault: str,
        *,
        times: int | None = 1,
        match: str | None = None,
        **options,
    ) -> None:
        """Switches a fault on for the next `times` requests of a call (None: until
        cleared; call "*": any).
        """
        self._control(
            "POST",
            "/faults",
            {"call": call, "fault": fault, "times": times, "match": match, **options},
        )

    def clear_faults(self, call: str | None = None) -> None:
        """Switches all off, or those for one call. Calls that hang in a latency go on."""
        self._control("DELETE", f"/faults?call={call}" if call else "/faults")

    def wait_done(self, timeout: float = 10) -> None:
        """Returns once no call is under way any more, of the dead neither."""
        wait_for(
            lambda: not self.state(letters=False)["under_way"],
            timeout,
            "all calls to end",
        )

    def clock(self, offset_seconds: float) -> None:
        """Moves its clock to so many seconds from the machine's."""
        self._control("POST", "/clock", {"offset_seconds": offset_seconds})

    def settings(self, **settings) -> None:
        """Any of: `hash_labels=["appkey"]`, the labels of the login hash it accepts;
        `password_revoked=True`, no login succeeds; `deliver=False`, letters are
        accepted and left waiting (for benchmarks) until it is true again.
        """
        self._control("POST", "/settings", settings)

    def reset(self) -> None:
        """As on the first day: no letter, upload, key, subscriber, fault, count; the
        mailbox empty, the clock right.
        """
        self._control("POST", "/reset")
        self.clear_mailbox()

    # -- what it saw

    def state(self, letters: bool = True) -> dict:
        return self._control("GET", "/state" if letters else "/state?letters=0")

    def accepted(self, key: str | None = None) -> int:
        """How many letters it accepted, in all or with this `custom_data.key`."""
        accepted = self.state(letters=False)["accepted"]
        return accepted["total"] if key is None else accepted["by_key"].get(key, 0)

    def requests(self, call: str) -> list[float]:
        """When this call was made, in epoch seconds, oldest first."""
        return self._control("GET", f"/requests?call={call}")

    def inject_event(self, *, notify: bool = True, **event) -> list[str]:
        """Makes news, without a reader: `type`, and `mail_id` or `key` of a letter; the
        rest as in `control_api`.
        """
        return self.inject_events([event], notify=notify)

    def inject_events(self, events: list[dict], *, notify: bool = True) -> list[str]:
        return self._control(
            "POST", "/events" if notify else "/events?notify=0", events
        )

    def _control(self, method: str, path: str, body=None):
        return json.loads(_fetch(f"{self.url}/sandbox{path}", method, body))


def _addresses(tag: str, attribute: str, html: str) -> list[str]:
    found = re.findall(
        rf"""<{tag}\b[^>]*\s{attribute}\s*=\s*["']([^"']+)""", html, re.IGNORECASE
    )
    return [unescape(address) for address in found]


def wait_for(condition: Callable, timeout: float, what: str):
    """What `condition` returns once it is true. TimeoutError, saying `what`, when it is
    not in time: `timeout` is for an idle machine, and several of it are given.
    """
    timeout *= PATIENCE
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise TimeoutError(f"Waited {timeout} s for {what}")


# A proxy has no business on loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _fetch(url: str, method: str = "GET", body=None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    headers = {**_PROGRAM, "Content-Type": "application/json"} if data else _PROGRAM
    try:
        with _opener.open(
            urllib.request.Request(url, data, headers, method=method), timeout=60
        ) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        # urllib's own message leaves out the words that say what was wrong.
        raise RuntimeError(
            f"{method} {url}: {error.code} {error.read()[:500].decode(errors='replace')}"
        ) from error
