"""The plugin fails a run for what would otherwise pass in silence."""

import pytest

LOGGER = "odoo.addons.b2b_family_mail.models"


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        ("assert True", True),
        ("import pytest; pytest.skip('no reason')", False),
        ("import pytest; pytest.xfail('known')", False),
        (f"import logging; logging.getLogger('{LOGGER}').warning('x')", False),
        ("import logging; logging.getLogger('odoo').error('b2b.family.letter')", False),
        (f"import logging; logging.getLogger('{LOGGER}').info('x')", True),
        ("import logging; logging.getLogger('other').error('x')", True),
    ],
)
def test_a_run_passes_only_if_nothing_was_hidden(run_strictly, body, passes):
    result = run_strictly(f"def test_it():\n    {body}\n")
    assert (result.ret == 0) is passes


def test_a_log_that_a_test_expects_is_no_failure(run_strictly):
    result = run_strictly(
        f"""
        import logging, unittest

        class Test(unittest.TestCase):
            def test_it(self):
                with self.assertLogs("{LOGGER}"):
                    logging.getLogger("{LOGGER}").warning("x")
        """
    )
    assert result.ret == 0


def test_a_module_that_skips_itself_fails_the_run(pytester, run_strictly):
    pytester.makepyfile(test_other="def test_it(): pass")
    result = run_strictly("import pytest; pytest.importorskip('no_such_module')")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


XFAIL = "@pytest.mark.xfail(reason='known', strict={})"


@pytest.mark.parametrize("body", ["assert False", "assert True"])
@pytest.mark.parametrize("mark", [XFAIL.format(False), XFAIL.format(True)])
def test_a_test_that_is_expected_to_fail_fails_the_run(run_strictly, body, mark):
    result = run_strictly(f"import pytest\n\n{mark}\ndef test_it():\n    {body}\n")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_unittests_expected_failure_fails_the_run(run_strictly):
    result = run_strictly(
        """
        import unittest

        class Test(unittest.TestCase):
            @unittest.expectedFailure
            def test_it(self):
                self.fail()
        """
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*expected to fail, which counts as failed*"])
