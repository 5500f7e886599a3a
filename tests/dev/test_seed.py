"""What is random can be drawn again: the seed is told, and taken."""

import re

import pytest

DRAWS = """
import random
from hypothesis import given, settings, strategies as st
from devtools.seed import SEED

def test_ours():
    print("drawn", random.Random(SEED).random())

@settings(max_examples=5, database=None)
@given(st.integers())
def test_hypothesis(number):
    print("drawn", number)
"""


@pytest.fixture
def run(run_strictly, monkeypatch):
    def run(source, *options, seed=None):
        monkeypatch.delenv("B2B_TEST_SEED", raising=False)
        if seed is not None:
            monkeypatch.setenv("B2B_TEST_SEED", seed)
        options = ("-p", "_hypothesis_pytestplugin", *options)
        return run_strictly(source, *options).stdout.str()

    return run


def drawn(output):
    return re.findall(r"drawn (\S+)", output)


def told(output):
    return re.findall(r"B2B_TEST_SEED=(\d+)", output)


def test_a_seed_is_drawn_told_and_taken(run):
    first, second = run(DRAWS, "-s"), run(DRAWS, "-s")
    assert len(drawn(first)) > 2
    assert drawn(first) != drawn(second)
    [seed] = told(first)
    again = run(DRAWS, "-s", seed=seed)
    assert told(again) == [seed]
    assert drawn(again) == drawn(first)


def test_a_failure_tells_it(run):
    output = run("def test_it():\n    assert False", seed="17")
    assert told(output) == ["17", "17"]
    assert re.search(r"-+ seed -+\n.*B2B_TEST_SEED=17", output)
