# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The judge, rule by rule: what decides, what only doubts, and in which order."""

import dataclasses
import ipaddress

import pytest
from evidence import (
    KINDS,
    PROGRAMS,
    RULES,
    TITLES,
    TRAP,
    BadLine,
    History,
    Line,
    Lines,
    Observation,
    Verdict,
    counts,
    is_young,
    judge,
    name_program,
    network_of,
    parse_lines,
    parse_networks,
    upgrades,
)
from hypothesis import given
from hypothesis import strategies as st

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
NEW, OLD = CHROME.format(140), CHROME.format(108)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.6326; Pro)"
GMAIL = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
    "(via ggpht.com GoogleImageProxy)"
)
WEBKIT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko)"
)
RULE_NAMES = {rule.code for rule in RULES} | {"browser", "reported", "nothing"}
PREFETCHED = {"Sec-Purpose": "prefetch;prerender"}


def seen(kind="link", user_agent=NEW, **values):
    values.setdefault("at", 5000)
    return Observation(kind=kind, user_agent=user_agent, **values)


def found(one, *others, **known):
    """Return (kind, rule) of an observation among others of its letter."""
    verdict = judge(one, History([one, *others], **known))
    return verdict.kind, verdict.rule


# -- strong rules, each alone

STRONG = {
    "session": ("own", seen(internal_session=True)),
    "office": ("own", seen("pixel", office_network=True)),
    "trap": ("scanner", seen(link=TRAP)),
    "head": ("scanner", seen(method="head")),
    "prefetch_header": ("prefetch", seen("document", headers=PREFETCHED)),
    "no_program": ("scanner", seen("pixel", "")),
    "proxy": ("proxy", seen("pixel", GMAIL, at=1)),
    "gmail_arrival": (
        "prefetch",
        seen("pixel", CHROME.format(42) + " Edge/12.246 Mozilla/5.0"),
    ),
    "apple": ("prefetch", seen("pixel", "Mozilla/5.0")),
    "speculation": (
        "prefetch",
        seen("link", "Chrome Privacy Preserving Prefetch Proxy"),
    ),
    "show_only": ("scanner", seen("link", GMAIL)),
    "machine": ("scanner", seen("pixel", "Barracuda Sentinel (EE)")),
    "read": ("person", seen("document", visible=True, input=True)),
    "mail_program": ("person", seen("pixel", OUTLOOK, at=1)),
    "no_browser": ("scanner", seen("link", "Acme Fleet 3")),
}


@pytest.mark.parametrize("rule", STRONG)
def test_a_strong_rule_decides_alone(rule):
    kind, one = STRONG[rule]
    verdict = judge(one)
    assert (verdict.kind, verdict.rule, verdict.strong) == (kind, rule, True)


def test_every_strong_rule_has_its_test():
    of_history = {"trap_company", "burst"}
    strong = {rule.code for rule in RULES if rule.strength == "strong"}
    assert strong == set(STRONG) | of_history


def test_the_table_is_whole():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    for rule in RULES:
        assert rule.says in KINDS and rule.alone in KINDS
        assert rule.strength in ("strong", "weak")
        assert rule.text and ("https://" in rule.source or "#" in rule.source)
    weak = [rule.says for rule in RULES if rule.strength == "weak"]
    assert set(weak) == {"scanner", "prefetch"}


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        # A colleague is one, whatever he does.
        (seen(internal_session=True, link=TRAP), "session"),
        (seen("pixel", "", office_network=True), "office"),
        # What reads a document is somebody, even where a gateway's pages are shown.
        (seen("document", visible=True, input=True, ip="40.107.1.1", at=3), "read"),
        # Headless browsers can pretend to scroll.
        (
            seen("document", "HeadlessChrome/120.0", visible=True, input=True),
            "machine",
        ),
        # Fetched ahead is fetched ahead, also by the reader's own program.
        (seen("pixel", OUTLOOK, headers=PREFETCHED), "prefetch_header"),
    ],
)
def test_the_first_strong_rule_decides(one, rule):
    assert found(one)[1] == rule


def test_only_seen_and_touched_is_read():
    for visible, touched in ((True, False), (False, True), (True, None), (None, None)):
        one = seen("document", visible=visible, input=touched, seconds=60, pages=9)
        assert found(one)[1] != "read"
    one = seen("document", None, visible=True)
    assert found(one)[0] == "reported"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"PURPOSE": "Prefetch"}, "prefetch"),
        ({"x-moz": "prefetch"}, "prefetch"),
        ({"X-Purpose": "preview"}, "prefetch"),
        ({"Purpose": ""}, "person"),
        ({"Referer": "https://example.com/prefetch"}, "person"),
        ({"Sec-Purpose": None}, "person"),
    ],
)
def test_headers_that_say_so(headers, kind):
    assert found(seen(headers=headers))[0] == kind


# -- what is not known


@pytest.mark.parametrize("kind", ["pixel", "link", "document"])
def test_reported_where_the_service_tells_neither_program_nor_network(kind):
    one = Observation(kind=kind, at=5)
    assert found(one) == ("reported", "reported")
    assert found(Observation(kind=kind)) == ("reported", "reported")


def test_a_network_alone_is_unclear():
    assert found(seen("pixel", None, ip="203.0.113.4")) == ("unclear", "nothing")


def test_no_name_is_not_an_unknown_name():
    assert found(seen("link", "", ip="203.0.113.4"))[0] == "scanner"
    assert found(seen("link", None, ip="203.0.113.4"))[0] == "unclear"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.code)
def test_what_is_kept_is_judged_as_the_name_was(program):
    """Kept are the code of the program and the cut network, to be judged again."""
    names = {
        "outlook": OUTLOOK,
        "gmail": GMAIL,
        "bare_webkit": WEBKIT,
        "browser": NEW,
        "old_browser": OLD,
    }
    for kind in ("pixel", "link"):
        kept = Observation(kind=kind, at=4, program=program.code, ip="40.107.2.0/24")
        name = names.get(program.code)
        if name:
            assert name_program(name) == program.code
            named = dataclasses.replace(kept, user_agent=name, program=None)
            assert judge(kept) == judge(dataclasses.replace(named, ip="40.107.2.9"))
        assert judge(kept).kind in KINDS


# -- weak signs

WEAK = {
    "webkit": seen("pixel", WEBKIT),
    "early": seen("pixel", NEW, at=3),
    "mail_filter": seen("link", NEW, ip="40.107.218.12"),
    "office_link": seen("link", OUTLOOK),
    "unknown_program": seen("pixel", "Acme Fleet 3"),
    "unseen": seen("document", visible=False, input=False, seconds=2),
    "app_link": seen("link", "Notes/1 CFNetwork/1121.2.2 Darwin/19.3.0"),
}


@pytest.mark.parametrize("rule", WEAK)
def test_one_sign_alone_accuses_nobody(rule):
    assert found(WEAK[rule]) == ("unclear", rule)


def test_an_old_browser_alone_is_a_reader():
    assert found(seen("link", OLD)) == ("person", "old_browser")


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (seen("link", OLD, at=20), ("scanner", "early+old_browser")),
        (seen("link", NEW, at=200, ip="104.47.3.3"), ("scanner", "early+mail_filter")),
        (seen("link", OUTLOOK, at=20), ("scanner", "early+office_link")),
        (seen("pixel", WEBKIT, at=100), ("prefetch", "webkit+early")),
        (seen("pixel", "Acme Fleet 3", at=5), ("scanner", "early+unknown_program")),
    ],
)
def test_two_signs_do(one, verdict):
    assert found(one) == verdict
    assert not judge(one).strong


def test_networks_of_mail_filters_say_nothing_of_pictures():
    """Outlook on the web shows pictures by Microsoft's own proxy."""
    assert found(seen("pixel", NEW, ip="40.107.218.12")) == ("person", "browser")


def test_apple_or_outlook_is_told_by_the_time():
    assert found(seen("pixel", WEBKIT, at=20))[0] == "prefetch"
    assert found(seen("pixel", WEBKIT, at=1440))[0] == "unclear"
    assert found(seen("pixel", WEBKIT, at=None))[0] == "unclear"


def test_an_open_and_a_click_at_once_are_a_desktop_reader():
    picture = seen("pixel", OUTLOOK, at=900.0, ip="203.0.113.4")
    click = seen("link", NEW, at=900.004, link="1", ip="203.0.113.4")
    assert found(picture, click)[0] == "person"
    assert found(click, picture)[0] == "person"


# -- bursts, traps, echoes


def burst(*times, start=1, **values):
    return [
        seen("link", at=at, link=str(number), **values)
        for number, at in enumerate(times, start)
    ]


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        ((700, 700.5), "scanner"),
        ((700, 702), "scanner"),
        ((700, 702.5), "person"),
        ((700, 705, 710), "scanner"),
        ((700, 705, 711), "person"),
        ((700, 703, 900, 903, 1200), "person"),
    ],
)
def test_several_links_at_once(times, kind):
    clicks = burst(*times)
    assert {found(one, *clicks)[0] for one in clicks} == {kind}


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        ((700, 700.9), "scanner"),
        ((700, 701.8), "person"),
        ((700, 702, 704), "scanner"),
        ((700, 704, 709), "unclear"),
        ((500, 501.8), "scanner"),
        ((500, 504, 509), "scanner"),
    ],
)
def test_one_reader_may_open_links_one_after_another(times, kind):
    """Of an old letter, as far as it is one browser in one network."""
    clicks = burst(*times, ip="198.51.100.7")
    assert {found(one, *clicks)[0] for one in clicks} == {kind}


@pytest.mark.parametrize("other", [{"ip": "192.0.2.4"}, {"user_agent": FIREFOX}])
def test_two_browsers_are_not_one_reader(other):
    clicks = burst(700, 701.8, ip="198.51.100.7")
    clicks[1] = dataclasses.replace(clicks[1], **other)
    assert {found(one, *clicks) for one in clicks} == {("scanner", "burst")}


def test_all_links_there_are():
    clicks = burst(700, 706)
    assert found(clicks[0], *clicks)[0] == "person"
    assert found(clicks[0], *clicks, links=2) == ("scanner", "burst")
    assert found(clicks[0], *clicks, links=5)[0] == "person"
    assert found(clicks[0], links=1)[0] == "person"


def test_two_links_of_one_network_are_a_slight_sign():
    clicks = burst(700, 707, ip="198.51.100.7")
    assert found(clicks[1], *clicks) == ("person", "pair")
    clicks = burst(40, 47, ip="198.51.100.7")
    assert found(clicks[1], *clicks) == ("scanner", "early+pair")
    clicks = burst(700, 707, ip="198.51.100.7", user_agent=OLD)
    assert found(clicks[1], *clicks)[0] == "person", "slight signs accuse nobody"
    clicks = burst(700, 707, 740, ip="198.51.100.7")
    assert found(clicks[1], *clicks) == ("unclear", "round"), "one fact, one sign"


@pytest.mark.parametrize(
    "machine",
    [{"method": "HEAD"}, {"user_agent": ""}, {"user_agent": "Barracuda Sentinel (EE)"}],
    ids=str,
)
def test_the_company_of_a_machine(machine):
    named = seen(at=50, link="1", ip="198.51.100.7", **machine)
    beside = seen(at=51, link="1", ip="198.51.100.9")
    assert found(beside, named) == ("scanner", "early+machine_company")
    late = [dataclasses.replace(one, at=one.at + 900) for one in (beside, named)]
    assert found(*late) == ("unclear", "machine_company")
    assert found(dataclasses.replace(late[0], ip="203.0.113.1"), late[1])[0] == "person"
    far = dataclasses.replace(late[0], at=late[1].at + 61)
    assert found(far, late[1])[0] == "person"


def test_the_same_link_twice_is_no_burst():
    clicks = [seen(at=700, link="1"), seen(at=700.2, link="1"), seen(at=701, link="1")]
    assert found(clicks[0], *clicks)[0] == "person"
    unknown = [seen(at=700), seen(at=700.2)]
    assert found(unknown[0], *unknown)[0] == "person"


def test_a_colleague_is_in_no_burst():
    reader = seen(at=700, link="1")
    assert found(reader, seen(at=700.5, link="2", internal_session=True))[0] == "person"


def test_a_burst_says_nothing_of_what_came_long_after():
    clicks = burst(40, 40.1, 40.2, ip="198.51.100.7")
    later = seen(at=9000, link="2", ip="203.0.113.8")
    assert found(later, *clicks) == ("person", "browser")


def test_a_picture_before_a_burst():
    clicks = burst(43, 43.1, 43.2, ip="198.51.100.7")
    for agent, verdict in (
        (NEW, ("scanner", "early+beside_burst")),
        (OUTLOOK, ("person", "mail_program")),
        (GMAIL, ("proxy", "proxy")),
    ):
        assert found(seen("pixel", agent, at=9), *clicks) == verdict
    assert found(seen("pixel", NEW, at=80), *clicks) == ("unclear", "beside_burst")


def test_a_reader_beside_a_burst_from_elsewhere_is_not_accused():
    clicks = burst(400, 400.1, ip="198.51.100.7")
    reader = seen(at=440, link="3", ip="203.0.113.8")
    assert found(reader, *clicks) == ("unclear", "beside_burst")


def test_a_round_of_one_network():
    clicks = burst(700, 720, 740, ip="198.51.100.7")
    assert found(clicks[0], *clicks) == ("unclear", "round")
    elsewhere = [
        dataclasses.replace(one, ip=f"198.51.{number}.7")
        for number, one in enumerate(clicks)
    ]
    assert found(elsewhere[0], *elsewhere)[0] == "person"


def test_a_trap_and_its_network():
    trap = seen(at=700, link=TRAP, ip="198.51.100.7")
    near = seen(at=755, link="1", ip="198.51.100.200")
    assert found(near, trap) == ("scanner", "trap_company")
    assert found(dataclasses.replace(near, at=650), trap)[1] == "trap_company"
    assert found(dataclasses.replace(near, at=761), trap)[0] == "person"
    assert found(dataclasses.replace(near, ip="203.0.113.4"), trap)[0] == "person"
    assert found(dataclasses.replace(near, ip=None), trap)[0] == "person"


def test_a_trap_of_another_letter():
    trap = Observation(kind="link", link=TRAP, ip="198.51.100.7", moment=10_000)
    near = seen(at=755, link="1", ip="198.51.100.9", moment=10_030)
    assert found(near, traps=[trap]) == ("scanner", "trap_company")
    late = dataclasses.replace(near, moment=10_061)
    assert found(late, traps=[trap])[0] == "person"
    assert found(dataclasses.replace(near, moment=None), traps=[trap])[0] == "person"


def test_a_mail_program_beside_a_trap_is_a_reader():
    trap = seen(at=700, link=TRAP, ip="198.51.100.7")
    assert found(seen("pixel", OUTLOOK, at=710, ip="198.51.100.9"), trap)[0] == "person"


def test_an_echo():
    click = seen(at=700, link="1", ip="203.0.113.4", user_agent=FIREFOX)
    echo = seen(at=712, link="1", ip="198.51.100.7", user_agent=NEW)
    assert found(click, echo) == ("person", "browser")
    assert found(echo, click) == ("unclear", "echo")
    assert found(dataclasses.replace(echo, user_agent=FIREFOX), click)[0] == "person"
    assert found(dataclasses.replace(echo, ip="203.0.113.9"), click)[0] == "person"
    assert found(dataclasses.replace(echo, at=716), click)[0] == "person"


def test_a_check_at_the_moment_of_the_click():
    """A filter looks at the link first, then lets the reader go there."""
    check = seen(at=703, link="1", ip="40.94.16.3", user_agent=FIREFOX)
    click = seen(at=704, link="1", ip="203.0.113.4", user_agent=NEW)
    assert found(check, click) == ("scanner", "mail_filter+ahead")
    assert found(click, check) == ("person", "browser"), "no echo of the filter"
    for apart in ({"at": 719}, {"link": "2", "at": 706}, {"ip": "40.94.20.1"}):
        later = dataclasses.replace(click, **apart)
        assert found(check, later) == ("unclear", "mail_filter")
    elsewhere = dataclasses.replace(check, ip="198.51.100.7")
    assert found(elsewhere, click)[0] == "person", "only a filter is accused by it"


def test_apples_proxy_by_its_network():
    late = seen("pixel", WEBKIT, ip="172.224.224.33")
    assert found(late) == ("prefetch", "webkit+apple_network")
    assert found(dataclasses.replace(late, ip="203.0.113.4")) == ("unclear", "webkit")
    assert found(dataclasses.replace(late, ip=None)) == ("unclear", "webkit")
    safari = f"{WEBKIT} Version/17.5 Safari/605.1.15"
    for kind in ("pixel", "link"):
        assert found(seen(kind, safari, ip="172.224.224.33"))[0] == "person"


def test_who_has_just_read_follows_at_once():
    picture = seen("pixel", OUTLOOK, at=20, ip="203.0.113.4")
    click = seen(at=28, link="1", ip="203.0.113.9")
    assert found(click, picture) == ("person", "browser")
    assert found(click) == ("unclear", "early")
    for apart in ({"ip": "198.51.100.7"}, {"at": 29}, {"user_agent": GMAIL}):
        other = dataclasses.replace(picture, **apart)
        assert found(click, other) == ("unclear", "early")


@pytest.mark.parametrize("kind", ["link", "document"])
def test_what_only_shows_pictures_follows_nothing(kind):
    arrival = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
    )
    assert found(seen("pixel", arrival)) == ("prefetch", "gmail_arrival")
    assert found(seen(kind, arrival)) == ("scanner", "show_only")


def test_later_evidence_changes_the_verdict():
    first, *others = burst(700, 700.4, 700.9)
    assert judge(first, History([first])).kind == "person"
    assert judge(first, History([first, *others])).kind == "scanner"


def test_the_order_of_what_was_seen_does_not_matter():
    clicks = burst(700, 700.4, 700.9)
    for order in (clicks, clicks[::-1], [clicks[1], clicks[2], clicks[0]]):
        assert judge(clicks[1], History(order)).rule == "burst"


def test_a_flood_costs_in_proportion_to_its_length():
    """A stranger can fetch as often as he likes: steps are counted, not seconds."""

    class Counted(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Counted.compared += 1
            return str.__eq__(self, other)

        def __ne__(self, other):
            return not self == other

    def steps(length):
        Counted.compared = 0
        flood = [
            seen(Counted("link"), at=i / 100, link=str(i % 9), ip=f"198.51.{i % 250}.1")
            for i in range(length)
        ]
        history = History(flood)
        for one in flood:
            judge(one, history)
        return Counted.compared

    assert steps(4000) < 6 * steps(1000)


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


# -- settling


@pytest.mark.parametrize(
    ("at", "waits"),
    [(0, True), (599, True), (600, False), (90000, False), (None, False), (-5, False)],
)
def test_what_is_seen_of_a_young_letter_waits(at, waits):
    assert is_young(at) is waits


def test_after_settling_evidence_only_upgrades():
    assert upgrades("prefetch", "person")
    assert upgrades("scanner", "unclear")
    assert upgrades("unclear", "proxy")
    assert not upgrades("person", "scanner")
    assert not upgrades("proxy", "prefetch")
    assert not upgrades("person", "person")


def test_what_counts():
    assert {kind for kind in KINDS if counts(kind)} == {
        "person",
        "proxy",
        "reported",
        "unclear",
    }
    assert not counts("unclear", unclear_counts=False)


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


ANY = st.text(max_size=60) | st.none()


@given(
    st.lists(
        st.builds(
            Observation,
            kind=st.sampled_from(["pixel", "link", "document"]),
            at=st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            method=ANY,
            user_agent=ANY,
            program=ANY,
            ip=ANY,
            headers=st.dictionaries(
                st.text(max_size=9), st.text(max_size=9), max_size=2
            ),
            link=ANY,
            visible=st.booleans() | st.none(),
            input=st.booleans() | st.none(),
        ),
        max_size=8,
    )
)
def test_whatever_is_seen_is_judged(observations):
    history = History(observations)
    for one in observations:
        verdict = judge(one, history)
        assert verdict.kind in KINDS
        assert set(verdict.rule.split("+")) <= RULE_NAMES
        assert judge(one, history) == verdict
