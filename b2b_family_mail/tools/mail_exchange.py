# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who takes the mail of a domain: asks a name server for its MX records (RFC 1035).

Odoo brings no library that can; one kind of question over UDP is not worth another
dependency. An answer is a stranger's: it is read within its bounds. One that was cut
short is none.
"""

import re
import secrets
import socket
import struct

PORT = 53
MX, INTERNET = 15, 1
NO_SUCH_NAME = 3
MAX_ANSWER = 4096  # bytes
MAX_RECORDS = 50
MAX_NAME, MAX_LABELS = 253, 127
_LABEL = re.compile(rb"[a-z\d_-]{1,63}\Z")
_RECURSE, _RESPONSE = 0x0100, 0x8000
_POINTER = 0xC0


class NoAnswer(Exception):
    """No name server has answered, or none with anything that can be read."""


def own_name_servers(path="/etc/resolv.conf"):
    """Return the addresses of the name servers that this machine asks, if any."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            lines = [line.split() for line in file.read(10_000).splitlines()]
    except OSError:
        return []
    return [words[1] for words in lines if words[:1] == ["nameserver"] and words[1:]]


def mail_servers(domain, name_servers, timeout):
    """Return the names of the servers that take a domain's mail, the preferred first.

    :param str domain: in any spelling
    :param name_servers: addresses, each with ``:port`` behind it or not
    :param float timeout: seconds for each of them
    :return: names in lower case; none if the domain takes no mail, or is none
    :raise NoAnswer: nobody knows
    """
    try:
        question = _question(domain)
    except (UnicodeError, ValueError):
        return []
    for name_server in name_servers:
        try:
            return _read(_ask(question, name_server, timeout), question)
        except (OSError, ValueError, struct.error, IndexError):
            continue
    raise NoAnswer(domain)


def _question(domain):
    name = domain.strip().strip(".").encode("idna").lower()
    labels = name.split(b".")
    if len(name) > MAX_NAME or len(labels) < 2 or not all(map(_LABEL.match, labels)):
        raise ValueError("no name of a domain")
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    head = struct.pack(">HHHHHH", secrets.randbits(16), _RECURSE, 1, 0, 0, 0)
    return head + name + struct.pack(">HH", MX, INTERNET)


def _ask(question, name_server, timeout):
    host, port = name_server, PORT
    if name_server.count(":") == 1:
        host, _, port = name_server.partition(":")
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_DGRAM) as connection:
        connection.settimeout(timeout)
        # Connected, it hears nobody else.
        connection.connect((host, int(port)))
        connection.send(question)
        return connection.recv(MAX_ANSWER)


def _read(answer, question):
    """Return the names in an answer. :raise ValueError: it is none to the question"""
    number, flags, _questions, records = struct.unpack_from(">HHHH", answer)
    code = flags & 0xF
    is_ours = number == struct.unpack_from(">H", question)[0] and flags & _RESPONSE
    if not is_ours or answer[12 : len(question)].lower() != question[12:]:
        raise ValueError("an answer to another question")
    if code not in (0, NO_SUCH_NAME):
        raise ValueError("the name server does not know")
    found, at = [], len(question)
    for _record in range(min(records, MAX_RECORDS)):
        _name, at = _read_name(answer, at)
        kind, _class, _ttl, length = struct.unpack_from(">HHIH", answer, at)
        if kind == MX:
            (preference,) = struct.unpack_from(">H", answer, at + 10)
            found.append((preference, _read_name(answer, at + 12)[0]))
        at += 10 + length
    # One empty name says that no mail is taken (RFC 7505).
    return [name for _preference, name in sorted(found) if name]


def _read_name(answer, at):
    """Return a name, and where what follows it begins."""
    labels, after = [], None
    for _step in range(MAX_LABELS):
        length = answer[at]
        if length & _POINTER == _POINTER:
            after = after or at + 2
            at = struct.unpack_from(">H", answer, at)[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), after or at + 1
        else:
            label = answer[at + 1 : at + 1 + length]
            labels.append(label.decode("ascii", "replace").lower())
            at += 1 + length
    raise ValueError("a name without an end")
