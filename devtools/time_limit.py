"""A pytest plugin upon pytest-timeout: a test that does not end fails, whatever it is at.

The limit is in pyproject.toml, and of a single test in ``@pytest.mark.timeout(seconds)``.
"""

import signal

import pytest


class TimeLimit(BaseException):
    """A test has taken too long.

    No ``Exception``, because those are swallowed and tried again: by Odoo in many a
    place, and by hypothesis, which would look for a shorter example that never ends.
    """


@pytest.hookimpl(hookwrapper=True)
def pytest_timeout_set_timer(item, settings):
    yield
    if settings.method != "signal":
        return
    fail = signal.getsignal(signal.SIGALRM)

    def stop(number, frame):
        try:
            fail(number, frame)  # shows what all threads are at
        except pytest.fail.Exception as error:
            raise TimeLimit(error.msg) from None

    signal.signal(signal.SIGALRM, stop)
    # And again after as long, for what may hang in the clearing up.
    signal.setitimer(signal.ITIMER_REAL, settings.timeout, settings.timeout)


def pytest_configure():
    # What is stopped from outside still stops the servers of its fixtures.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
