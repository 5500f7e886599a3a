# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The judge, rule by rule: what decides, what only doubts, and in which order."""

import dataclasses

import pytest
from evidence import (
    KINDS,
    PROGRAMS,
    RULES,
    TRAP,
    History,
    Observation,
    counts,
    is_young,
    judge,
    name_program,
    upgrades,
)
from hypothesis import given
from hypothesis import strategies as st
from observations import (
    CHROME,
    GMAIL,
    NEW,
    OLD,
    OUTLOOK,
    WEBKIT,
    found,
    seen,
)

RULE_NAMES = {rule.code for rule in RULES} | {"browser", "reported", "nothing"}
PREFETCHED = {"Sec-Purpose": "prefetch;prerender"}


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
