"""What Odoo's log says of its own tests."""

import pytest

from devtools.console import DevError
from devtools.core_tests import read_outcome

LOG = """\
2026-01-01 10:00:00,000 1 INFO db odoo.addons.mail.tests.test_a: Starting TestA.test_1 ...
2026-01-01 10:00:01,000 1 ERROR db odoo.addons.mail.tests.test_a: FAIL: TestA.test_1
2026-01-01 10:00:02,000 1 ERROR db odoo.addons.test_mail.tests.test_b: ERROR: TestB.test_2 (x='y')
"""
END = (
    "2026-01-01 10:00:03,000 1 ERROR db odoo.tests.result: "
    "1 failed, 1 error(s) of 558 tests when loading database 'db'\n"
)


def test_failures_are_told_by_name(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG + END)
    outcome = read_outcome(log)
    assert outcome.count == 558
    assert outcome.failed == {
        "mail.tests.test_a: TestA.test_1",
        "test_mail.tests.test_b: TestB.test_2 (x='y')",
    }


def test_a_run_that_did_not_end_is_no_result(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG)
    with pytest.raises(DevError, match="did not finish"):
        read_outcome(log)
