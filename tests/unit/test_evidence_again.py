# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Judging once more, by what is kept."""

import pytest
from evidence import (
    History,
    Lines,
    Observation,
    judge_again,
    parse_lines,
    parse_networks,
)

CUT = "198.51.100.0/24"


def again(before, lines="", office="", **kept):
    """Return the rule found now of what was judged by ``before``; None if that stands."""
    kept = {"kind": "link", "at": 5000, "program": "browser"} | kept
    known = Lines(office=parse_networks(office), lines=parse_lines(lines))
    verdict = judge_again(before, Observation(**kept), History(), known)
    return verdict and verdict.rule


@pytest.mark.parametrize("rule", ["head", "trap", "read", "early+unseen", "session"])
def test_what_was_seen_in_the_moment_is_believed(rule):
    assert again(rule, ip=CUT) is None


def test_what_rests_on_a_network_stands_once_that_is_forgotten():
    assert again("early+mail_filter") is None
    assert again("early+mail_filter", ip=CUT) == "browser"
    assert again("early") == "browser"


def test_a_line_that_is_there_still_may_have_been_about_what_is_cut():
    assert again("office", office="198.51.100.7", ip=CUT) is None
    assert again("office", office="198.51.100.7") is None
    assert again("office", office="203.0.113.7", ip=CUT) == "browser"
    assert again("office", lines="AcmeGate = scanner", ip=CUT) == "browser"
    assert again("company", lines="AcmeGate = scanner", ip=CUT) is None
    assert again("company", lines="203.0.113.0/24 = scanner", ip=CUT) == "browser"


def test_new_lines_are_about_the_past_too():
    assert again("browser", office="198.51.0.0/16", ip=CUT) == "office"
    assert again(None, lines=f"{CUT} = scanner", ip=CUT) == "company"
    assert again("browser", office="198.51.100.7", ip=CUT) == "browser"
