"""A name server on loopback that knows the mail servers of some domains, for tests."""

import socket
import struct
import threading


class NameServer:
    """Answers by UDP. `mail` are the names of mail servers by domain, the preferred
    first; a domain that is not there does not exist. `script`, if there is one, makes
    the answer to a question instead, both as bytes; None is silence.
    """

    def __init__(self, mail=None):
        self.mail = mail or {}
        self.script = None
        self.asked = []

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                question, sender = self._socket.recvfrom(4096)
                answer = (self.script or self.answer)(question)
                if answer is not None:
                    self._socket.sendto(answer, sender)
            except OSError:
                return

    def answer(self, question: bytes) -> bytes:
        domain = _domain(question)
        self.asked.append(domain)
        servers = self.mail.get(domain, [])
        records = [
            # Least preferred first; the domain itself by a pointer to the question.
            b"\xc0\x0c" + _record(10 * number, name)
            for number, name in reversed([*enumerate(servers)])
        ]
        code = 0 if domain in self.mail else 3
        head = struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return question[:2] + head + question[12:] + b"".join(records)


def _record(preference, name):
    data = struct.pack(">H", preference) + _encoded(name)
    return struct.pack(">HHIH", 15, 1, 300, len(data)) + data


def _encoded(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _domain(question):
    at, labels = 12, []
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels)
