"""Jobs side by side: in order, their output together, none lost."""

import os
import sys
import time
from types import SimpleNamespace

import pytest

from devtools import console, lanes, suites
from devtools.console import DevError
from devtools.lanes import Job


@pytest.fixture(autouse=True)
def logs(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "LOG", tmp_path)


@pytest.fixture
def work(tmp_path):
    """Return what makes a job that notes when it begins and ends."""
    notes = tmp_path / "notes"
    notes.touch()

    def note(text):
        with notes.open("a") as file:
            file.write(text + "\n")

    def make(name, after=(), wait=None, result=True):
        def run():
            note(f"+{name}")
            while wait and wait not in notes.read_text().splitlines():
                time.sleep(0.01)
            note(f"-{name}")
            return result

        return Job(name, run, after)

    make.notes = lambda: notes.read_text().split()
    return make


def test_two_run_side_by_side(work):
    jobs = [work("a", wait="+b"), work("b", wait="-a")]
    assert {outcome.name for outcome in lanes.run(jobs)} == {"a", "b"}
    notes = work.notes()
    assert (set(notes[:2]), notes[2:]) == ({"+a", "+b"}, ["-a", "-b"])


def test_one_lane_is_one_at_a_time(work):
    outcomes = list(lanes.run([work("a"), work("b")], lanes=1))
    assert all(outcome.passed for outcome in outcomes)
    assert work.notes() == ["+a", "-a", "+b", "-b"]


def test_who_waits_for_another_lets_later_ones_pass(work):
    jobs = [work("a", wait="+c"), work("b", after=("a",)), work("c")]
    list(lanes.run(jobs))
    notes = work.notes()
    assert notes.index("+c") < notes.index("-a") < notes.index("+b")


def test_who_waits_begins_however_the_other_ended(work):
    outcomes = lanes.run([work("a", result=False), work("b", after=("a",))])
    assert [outcome.passed for outcome in outcomes] == [False, True]


def fail_as_foreseen():
    raise DevError("There is none of it")


def fail_unforeseen():
    raise ValueError("Never thought of it")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (fail_as_foreseen, "dev: There is none of it"),
        (fail_unforeseen, "ValueError: Never thought of it"),
        (lambda: os.kill(os.getpid(), 9), ""),
        (lambda: os.write(1, b"said by a program") and False, "said by a program"),
    ],
)
def test_a_failure_is_one_and_tells_what_it_said(capfd, run, words):
    jobs = [Job("a", run), Job("b", lambda: True)]
    outcomes = {outcome.name: outcome.passed for outcome in lanes.run(jobs)}
    assert outcomes == {"a": False, "b": True}
    told = capfd.readouterr().err.partition("=== a, ")[2].partition("===")[0]
    assert words in told


def test_the_processors_time_is_counted():
    def burn():
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        return True

    [outcome] = lanes.run([Job("a", burn)], lanes=1)
    assert outcome.passed and outcome.cpu >= 0.2


def test_what_is_left_is_ended_when_nobody_waits_for_it(tmp_path):
    pid = tmp_path / "pid"

    def hang():
        pid.write_text(str(os.getpid()))
        time.sleep(60)

    def quick():
        while not pid.exists() or not pid.read_text():
            time.sleep(0.01)
        return True

    running = lanes.run([Job("a", hang), Job("b", quick)])
    assert next(running).name == "b"
    running.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


class Template:
    def __init__(self, stage, parent=None, ready=False):
        self.stage, self.parent, self.ready = stage, parent, ready

    def is_ready(self, machine):
        return self.ready


@pytest.mark.parametrize(
    ("base_is_ready", "names"),
    [
        (False, ["base", "pure", "addon", "first", "second", "child", "third"]),
        (True, ["pure", "addon", "first", "second", "child", "third"]),
    ],
)
def test_templates_are_built_once_and_before_who_needs_them(
    monkeypatch, base_is_ready, names
):
    base = Template("base", ready=base_is_ready)
    addon = Template("addon", base)
    monkeypatch.setattr(suites.templates, "BASE", base)
    chosen = [
        suites.Suite("pure", print),
        suites.Suite("first", print, addon),
        suites.Suite("second", print, addon),
        suites.Suite("third", print, Template("child", addon)),
    ]
    jobs = suites._jobs(None, chosen, [])
    assert [job.name for job in jobs] == names
    after = {job.name: job.after for job in jobs}
    assert after["addon"] == (() if base_is_ready else ("base",))
    assert after["first"] == after["second"] == after["child"] == ("addon",)
    assert after["third"] == ("child",)


HANG = "import signal, time; {}; print('begun', flush=True); time.sleep(60)"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.mark.parametrize("code", [HANG.format("0"), HANG.format(DEAF)])
def test_a_suite_that_does_not_end_is_stopped_and_fails(monkeypatch, capfd, code):
    monkeypatch.setattr(suites, "LIMIT", 0.5)
    monkeypatch.setattr(suites, "GRACE", 0.5)
    machine = SimpleNamespace(environ=dict(os.environ))
    assert suites._command(machine, sys.executable, "-c", code) is False
    assert "has not ended within" in capfd.readouterr().err
