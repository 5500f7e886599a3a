"""A mail server on loopback that fails where it is told to: `with FaultyServer() as server`.

Standard library only, in the process of the test, so that it can be asked what it saw.
"""

import socket
import socketserver
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern_policy

STEPS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "READ", "TEXT")
STEPS += ("END", "QUIT")
"""Where a fault can strike: at a command; at STARTTLS the server has agreed, and does nothing
more; at READ it has said 354, at TEXT it has read the letter, but not taken it; at END it
has taken it, and not said so yet.
"""
PATIENCE = b"250-Patience\r\n"


@dataclass
class Fault:
    """`answer` is said instead of yes, after `seconds` or once it is healed; `drop` hangs up,
    in the middle of the answer if there is one; `drip` is the pause before each byte of an
    answer that never ends, or at READ before each byte that is read.
    """

    step: str
    answer: str = ""
    drop: bool = False
    seconds: float = 0
    drip: float = 0
    times: int | None = 1
    address: str = ""
    skip: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    healed: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Letter:
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=modern_policy)


class FaultyServer(socketserver.ThreadingTCPServer):
    """Takes mail for anybody. `letters` are those it has taken, whatever it said of it;
    `sessions` counts connections, `steps` how often each step was reached.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0):
        super().__init__(("127.0.0.1", port), _Conversation)
        self.port = self.server_address[1]
        self.letters: list[Letter] = []
        self.sessions = 0
        self.steps: Counter = Counter()
        self.faults: list[Fault] = []
        self.lock = threading.Lock()
        self.login: tuple[str, str] | None = None

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.shutdown()
        self.server_close()

    def handle_error(self, _request, _address):
        """Whoever was killed hangs up in the middle of a word."""

    def fault(self, step: str, answer: str = "", **options) -> Fault:
        """Have the next one, or so many `times` (None: all), fail at a step."""
        assert step in STEPS
        fault = Fault(step, answer, **options)
        self.faults.append(fault)
        return fault

    def heal(self) -> None:
        """Switch all faults off; whoever waits for one of them goes on."""
        for fault in self.faults:
            fault.healed.set()
        self.faults = []

    def clear(self) -> None:
        self.heal()
        self.letters = []
        self.sessions = 0
        self.steps = Counter()

    def addresses(self) -> list[str]:
        """Whom it has taken letters for, in their order."""
        return [address for letter in self.letters for address in letter.recipients]

    def counts(self) -> Counter:
        return Counter(self.addresses())

    def strike(self, step: str, address: str = "") -> Fault | None:
        with self.lock:
            self.steps[step] += 1
            for fault in self.faults:
                if fault.step != step or fault.times == 0:
                    continue
                if fault.address and fault.address != address:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times:
                    fault.times -= 1
                return fault
        return None

    def take(self, letter: Letter) -> None:
        with self.lock:
            self.letters.append(letter)


class _Dropped(Exception):
    pass


class _Conversation(socketserver.StreamRequestHandler):
    server: FaultyServer
    disable_nagle_algorithm = True

    def handle(self):
        self.server.sessions += 1
        self.sender, self.recipients = "", []
        try:
            if not self._say("CONNECT", "220 faulty.example"):
                return
            while line := self.rfile.readline():
                words = line.decode("utf-8", "replace").strip()
                if not self._obey(words.partition(" ")[0].upper(), words):
                    return
        except (_Dropped, ConnectionError):
            pass

    def _obey(self, verb: str, words: str) -> bool:
        address = words.partition("<")[2].partition(">")[0]
        if verb in ("EHLO", "HELO"):
            auth = "250-AUTH PLAIN LOGIN\r\n" if self.server.login else ""
            tls = "250-STARTTLS\r\n"
            self._say("EHLO", f"250-faulty.example\r\n{auth}{tls}250 8BITMIME")
        elif verb == "STARTTLS":
            self._write("220 Go on")
            self._may("STARTTLS", "")
            return False
        elif verb == "AUTH":
            self._say("AUTH", "235 Welcome")
        elif verb == "MAIL":
            if self._say("MAIL", "250 OK", address):
                self.sender, self.recipients = address, []
        elif verb == "RCPT":
            if self._say("RCPT", "250 OK", address):
                self.recipients.append(address)
        elif verb == "DATA":
            self._data()
        elif verb == "RSET":
            self.sender, self.recipients = "", []
            self._write("250 OK")
        elif verb == "QUIT":
            self._say("QUIT", "221 Bye")
            return False
        else:
            self._write("250 OK" if verb == "NOOP" else "502 What?")
        return True

    def _data(self) -> None:
        reader = self.recipients[0] if self.recipients else ""
        if not self.recipients:
            self._write("503 For whom?")
            return
        if not self._say("DATA", "354 Go on", reader):
            return
        lines = []
        self._may("READ", reader)
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Dropped
            lines.append(line[1:] if line.startswith(b".") else line)
        if not self._may("TEXT", reader):
            return
        self.server.take(Letter(self.sender, tuple(self.recipients), b"".join(lines)))
        self._say("END", "250 Taken", reader)

    def _may(self, step: str, address: str) -> bool:
        """Strike if there is a fault; return whether all is well."""
        fault = self.server.strike(step, address)
        if not fault:
            return True
        fault.reached.set()
        fault.healed.wait(fault.seconds)
        while fault.drip:
            self._drip(step, fault.drip)
        if fault.drop:
            self.wfile.write(fault.answer.encode())
            self.request.shutdown(socket.SHUT_RDWR)
            raise _Dropped
        if fault.answer:
            self._write(fault.answer)
        return not fault.answer

    def _drip(self, step: str, pause: float) -> None:
        for byte in PATIENCE:
            time.sleep(pause)
            if step == "READ":
                self.rfile.read(1)
            else:
                self.wfile.write(bytes((byte,)))

    def _say(self, step: str, answer: str, address: str = "") -> bool:
        if self._may(step, address):
            self._write(answer)
            return True
        return False

    def _write(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")
