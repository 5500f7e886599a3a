# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The judge, where several things were seen: bursts, traps, echoes."""

import dataclasses

import pytest
from evidence import TRAP, History, Observation, judge
from observations import FIREFOX, GMAIL, NEW, OLD, OUTLOOK, WEBKIT, found, seen


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
