# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The company's own lines, the names of programs, the networks of readers."""

import ipaddress

import pytest
from evidence import (
    TITLES,
    BadLine,
    Line,
    Lines,
    Verdict,
    judge,
    name_program,
    network_of,
    parse_lines,
    parse_networks,
)
from observations import NEW, seen

# -- the company's own lines


def test_own_networks():
    lines = Lines(office=parse_networks("203.0.113.0/24, 2001:db8::/32"))
    assert judge(seen(ip="203.0.113.9"), lines=lines) == Verdict(
        "own", "office", strong=True
    )
    assert judge(seen(ip="2001:db8:1::5"), lines=lines).kind == "own"
    assert judge(seen(ip="::ffff:203.0.113.9"), lines=lines).kind == "own"
    assert judge(seen(ip="198.51.100.9"), lines=lines).kind == "person"
    assert judge(seen(ip="nonsense"), lines=lines).kind == "person"


def test_a_cut_network_is_own_only_if_all_of_it_is():
    lines = Lines(office=parse_networks("203.0.113.0/28"))
    assert judge(seen(ip="203.0.113.0/24"), lines=lines).kind == "person"
    lines = Lines(office=parse_networks("203.0.0.0/16"))
    assert judge(seen(ip="203.0.113.0/24"), lines=lines).kind == "own"


def test_lines_for_a_customers_gateway():
    lines = Lines(
        lines=parse_lines(
            """
            # the gateway of Acme
            AcmeGate = scanner
            198.51.100.0/24 = scanner
            Thunderbird=person
            """
        )
    )
    named = seen("pixel", "Mozilla/5.0 (X11; Linux) acmegate/3", at=1)
    assert judge(named, lines=lines).rule == "company"
    assert judge(named, lines=lines).kind == "scanner"
    assert judge(seen(ip="198.51.100.77"), lines=lines).kind == "scanner"
    assert judge(seen(), lines=lines).kind == "person"
    assert lines.lines[1] == Line(
        "scanner", network=ipaddress.ip_network("198.51.100.0/24")
    )


@pytest.mark.parametrize("text", [None, "", " ,\n; "])
def test_no_networks(text):
    assert parse_networks(text) == ()
    assert parse_lines(text and text.replace(",", "").replace(";", "")) == ()


def test_networks_as_people_write_them():
    assert parse_networks("203.0.113.7/24;198.51.100.4\n2001:db8::1") == tuple(
        map(
            ipaddress.ip_network,
            ("203.0.113.0/24", "198.51.100.4/32", "2001:db8::1/128"),
        )
    )


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("203.0.113.0/24, 203.0.113.256", "203.0.113.256", "network"),
        ("office.example.com", "office.example.com", "network"),
        ("203.0.113.0/33", "203.0.113.0/33", "network"),
        ("0.0.0.0/0", "0.0.0.0/0", "wide"),
        ("::/0", "::/0", "wide"),
        ("10.0.0.0/7", "10.0.0.0/7", "wide"),
        ("1.1.1.1 " * 501, "500", "many"),
        ("x" * 5000, "x" * 80, "network"),
    ],
)
def test_a_bad_network_is_named(text, line, code):
    with pytest.raises(
        ValueError, match="|".join(("no network", "wide", "more"))
    ) as bad:
        parse_networks(text)
    assert (bad.value.line, bad.value.code) == (line, code)
    assert line in str(bad.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AcmeGate", "says"),
        ("AcmeGate = robot", "says"),
        ("= scanner", "says"),
        ("AcmeGate = reported", "says"),
        ("ab = scanner", "words"),
        ("x" * 101 + " = scanner", "words"),
        ("198.51.100.0/40 = scanner", "network"),
        ("0.0.0.0/0 = own", "wide"),
    ],
)
def test_a_bad_line_is_named(text, code):
    with pytest.raises(BadLine) as bad:
        parse_lines(f"Good One = scanner\n{text}")
    assert bad.value.code == code
    assert bad.value.line and text.startswith(bad.value.line)


# -- names and networks


@pytest.mark.parametrize(
    ("user_agent", "code"),
    [
        ("", "none"),
        ("  ", "none"),
        ("-", "none"),
        ("Mozilla/5.0", "apple"),
        ("mozilla/5.0 ", "apple"),
        ("Mozilla/5.0 (via ggpht.com)", "gmail"),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice rmj)", "office"),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0)", "browser"),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)", "old_browser"),
        ("Acme Mail Image Proxy/1.0", "provider"),
        ("Slack-ImgProxy (+https://api.slack.com/robots)", "preview"),
        ("Qwant/2.5 (Android 8.1.0; Mobile) Gecko/63.0", "app"),
        ("Mozilla/5.0 (compatible; Acme/1.0)", "crawler"),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/91 Mobile", "phone"),
        ("Mozilla/5.0 Acme/1", "shell"),
        ("Acme Fleet", "other"),
    ],
)
def test_names(user_agent, code):
    assert name_program(user_agent) == code
    assert code in TITLES


def test_only_the_beginning_of_a_name_is_looked_at():
    assert name_program(NEW + " " * 500 + "Googlebot") == name_program(NEW)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("198.51.0.0/16", "198.51.0.0/16"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("nonsense", None),
        ("", None),
        ("1" * 9000, None),
    ],
)
def test_networks_of_many_readers(address, network):
    assert network_of(address) == network
