"""The seed of everything that tests draw at random, so that a run can be repeated.

As a pytest plugin it is told at the head of a run and under each failure.
"""

import os
import random

import pytest

VARIABLE = "B2B_TEST_SEED"
# In the environment for the processes that are started from here: they draw the same.
SEED = int(os.environ.setdefault(VARIABLE, str(random.randrange(1_000_000))))
AGAIN = f"{VARIABLE}={SEED}"


@pytest.hookimpl(tryfirst=True)  # before hypothesis looks at its option
def pytest_configure(config):
    if getattr(config.option, "hypothesis_seed", SEED) is None:
        config.option.hypothesis_seed = str(SEED)


def pytest_report_header():
    return f"seed: {AGAIN}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.append(("seed", AGAIN))
