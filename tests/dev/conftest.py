import pytest

from devtools.paths import ROOT

pytest_plugins = ["pytester"]


@pytest.fixture
def run_strictly(pytester, monkeypatch):
    """Run the tests of a folder of their own, as the suites are run; return the result."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Three quarters of the time of a small run go to the plugins that it does not need.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source, *options):
        pytester.makepyfile(source)
        plugins = ("-p", "pytest_timeout", "-p", "devtools.strict")
        return pytester.runpytest_subprocess(*plugins, *options, timeout=60)

    return run
