"""A pytest plugin: what must not pass in silence fails the run.

A skipped test fails it, because a suite that skips looks green where nothing ran; so does
one that is expected to fail, whether it does or not, because nobody would look at it again;
so does a warning or error in the log that the addon wrote or that mentions it. A test that
provokes one says so with ``assertLogs`` or ``mute_logger``, and nothing arrives here.
"""

import logging

import pytest

from .odoo_log import concerns_us

# What every suite has, too.
pytest_plugins = ("devtools.seed", "devtools.time_limit")


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        message = record.getMessage()
        if concerns_us(record.name, message):
            self.lines.append(f"{record.levelname} {record.name}: {message}")


class StrictPlugin:
    """Collects skips and log lines of one session and fails it at the end."""

    def __init__(self):
        self.collector = _Collector()
        self.skips = []
        self.expected = []

    def pytest_sessionstart(self):
        logging.getLogger().addHandler(self.collector)

    def pytest_runtest_logreport(self, report):
        if hasattr(report, "wasxfail"):
            outcome = "passed" if report.passed else "failed"
            self.expected.append(f"{report.nodeid}: {outcome}. {report.wasxfail}")
        elif report.skipped:
            self.skips.append(f"{report.nodeid}: {report.longrepr[-1]}")

    def pytest_collectreport(self, report):
        if report.skipped:
            self.skips.append(f"{report.nodeid}: {report.longrepr[-1]}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        logging.getLogger().removeHandler(self.collector)
        hidden = self.skips or self.expected or self.collector.lines
        if hidden and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        for title, lines in (
            ("skipped, which counts as failed", self.skips),
            ("expected to fail, which counts as failed", self.expected),
            ("unexpected in the log, which counts as failed", self.collector.lines),
        ):
            if lines:
                terminalreporter.section(title, red=True, bold=True)
                for line in lines:
                    terminalreporter.line(line)


def pytest_configure(config):
    config.pluginmanager.register(StrictPlugin(), "b2b-strict")
