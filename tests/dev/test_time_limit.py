"""A test that does not end fails by itself, and the others run."""

import re

import pytest

LOOP = "while True: pass"
# Odoo swallows exceptions in many places, and hypothesis tries again what failed.
SWALLOWING = """while True:
        try:
            while True: pass
        except Exception:
            pass"""
WAITING = "import threading; threading.Event().wait()"
HYPOTHESIS = """from hypothesis import given, strategies as st
    @given(st.integers())
    def endless(number):
        while True: pass
    endless()"""


@pytest.mark.parametrize(
    "body",
    [LOOP, SWALLOWING, WAITING, HYPOTHESIS],
    ids=["loop", "swallowing", "waiting", "hypothesis"],
)
def test_an_endless_test_fails_and_the_next_one_runs(run_strictly, body):
    source = f"def test_endless():\n    {body}\n\ndef test_next():\n    pass\n"
    result = run_strictly(source, "--timeout=3")
    result.assert_outcomes(failed=1, passed=1)
    assert re.search(r"Timeout \(?>?\s*3", result.stdout.str())


def test_every_suite_has_the_limit(pytestconfig):
    assert pytestconfig.getini("timeout") == "120"
    assert pytestconfig.getini("timeout_method") == "signal"
