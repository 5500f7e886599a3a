# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who takes the mail of a domain: a real name server over UDP, and what it may answer."""

import struct

import pytest
from evidence.providers import known_of
from hypothesis import given
from hypothesis import strategies as st
from tools import mail_exchange
from tools.mail_exchange import NoAnswer, mail_servers, own_name_servers

from devtools.name_server import NameServer

SERVERS = ["mx1.mimecast.com", "mx2.mimecast.com", "backup.client.example"]


@pytest.fixture
def name_server():
    with NameServer({"client.example": SERVERS, "none.example": [""]}) as running:
        yield running


def ask(name_server, domain="client.example", timeout=5):
    return mail_servers(domain, [name_server.address], timeout)


def test_the_preferred_first(name_server):
    assert ask(name_server) == SERVERS
    assert ask(name_server, " Client.Example. ") == SERVERS
    assert name_server.asked == ["client.example"] * 2


def test_a_name_in_other_letters(name_server):
    name_server.mail["xn--e1afmkfd.xn--p1ai"] = ["mx.example"]
    assert ask(name_server, "пример.рф") == ["mx.example"]


def test_who_takes_no_mail(name_server):
    assert ask(name_server, "none.example") == [], "RFC 7505"
    assert ask(name_server, "nowhere.example") == []


@pytest.mark.parametrize(
    "domain",
    ["", ".", "localhost", "a..b", "x" * 64 + ".example", "a." * 200, "\0.b c"],
)
def test_what_is_no_domain_is_not_asked_about(name_server, domain):
    assert ask(name_server, domain) == []
    assert name_server.asked == []


def test_another_name_server_is_asked_where_one_is_silent(name_server):
    with NameServer() as silent:
        silent.script = lambda question: None
        servers = [silent.address, name_server.address]
        assert mail_servers("client.example", servers, 0.5) == SERVERS
        with pytest.raises(NoAnswer):
            ask(silent, timeout=0.1)
    with pytest.raises(NoAnswer):
        mail_servers("client.example", ["not an address"], 0.1)


def bad_answers():
    def changed(offset, value):
        return lambda answer: answer[:offset] + value + answer[offset + len(value) :]

    end = struct.pack(">H", 0xC000 | 12)
    return {
        "of another number": lambda answer: bytes([answer[0] ^ 1]) + answer[1:],
        "no answer at all": changed(2, b"\x01\x00"),
        "the server does not know": changed(2, b"\x81\x82"),
        "refused": changed(2, b"\x81\x85"),
        "to another question": changed(13, b"X"),
        "nothing": lambda answer: b"",
        "a head": lambda answer: answer[:12],
        "cut short": lambda answer: answer[:-3],
        "more records than there are": changed(6, b"\xff\xff"),
        "a name that points to itself": lambda answer: (
            answer[:6] + b"\0\1\0\0\0\0" + answer[12:32] + struct.pack(">H", 0xC020)
        ),
        "a name that points behind the end": lambda answer: (
            answer[:6] + b"\0\1\0\0\0\0" + answer[12:32] + b"\xff\xff"
        ),
        "its own name without an end": lambda answer: answer.replace(end, b"\xc0\x20"),
    }


UNREADABLE = (
    *("of another number", "no answer at all", "to another question", "refused"),
    *("the server does not know", "nothing", "a head", "cut short"),
)


@pytest.mark.parametrize("name", bad_answers())
def test_attacks_bad_answers(name_server, name):
    spoil = bad_answers()[name]
    name_server.script = lambda question: spoil(name_server.answer(question))
    try:
        assert set(ask(name_server)) <= set(SERVERS)
        assert name not in UNREADABLE
    except NoAnswer:
        pass


@given(st.binary(max_size=600))
def test_attacks_any_bytes(rest):
    question = mail_exchange._question("client.example")
    answer = question[:2] + b"\x81\x80\0\1\0\x32\0\0\0\0" + question[12:] + rest
    try:
        servers = mail_exchange._read(answer, question)
    except (ValueError, struct.error, IndexError):
        return
    assert len(servers) <= mail_exchange.MAX_RECORDS


def test_whom_this_machine_asks(tmp_path):
    path = tmp_path / "resolv.conf"
    path.write_text("# nameserver 1\nsearch x\nnameserver 192.0.2.1\nnameserver\n")
    assert own_name_servers(path) == ["192.0.2.1"]
    assert own_name_servers(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("server", "known"),
    [
        ("eu-smtp-inbound-1.mimecast.com", "gateway"),
        ("mxa-001.gslb.pphosted.com", "gateway"),
        ("mx01.mail.icloud.com", "apple"),
        ("aspmx.l.google.com", None),
        ("client.mail.protection.outlook.com", None),
        ("notmimecast.com", None),
        ("mimecast.com.attacker.example", None),
        ("", None),
    ],
)
def test_what_the_names_say(server, known):
    assert known_of([server]) == known
    assert known_of(["mx.client.example", server]) == known
