"""Run jobs side by side, each in a process of its own, its output kept together."""

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .console import DevError, log_path, say

# Two more than processors of the smallest machine that the suites are for: as many wait
# at any time, for a server, a browser or the service.
LANES = 4


@dataclass(frozen=True)
class Job:
    """`run` returns whether it succeeded. It begins when those that it comes `after`,
    by their names, have ended, however they did.
    """

    name: str
    run: Callable[[], bool]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a job ended; seconds by the clock, and of the processors in its processes."""

    name: str
    passed: bool
    seconds: float
    cpu: float


def run(jobs: list[Job], lanes: int = LANES) -> Iterator[Outcome]:
    """Run the jobs, the first ones first, `lanes` at a time; yield each as it ends.

    The output of a job is shown when it ends; with one lane, as it comes.
    """
    waiting, running = list(jobs), {}
    try:
        while waiting or running:
            while len(running) < lanes and (job := _next(waiting, running.values())):
                waiting.remove(job)
                running[_start(job, shown=lanes == 1)] = job, time.monotonic()
            pid, status, used = os.wait4(-1, 0)
            job, start = running.pop(pid)
            seconds, cpu = time.monotonic() - start, used.ru_utime + used.ru_stime
            if lanes > 1:
                _show(job, seconds)
            yield Outcome(job.name, status == 0, seconds, cpu)
    finally:
        for pid in running:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)


def _next(waiting: list[Job], running) -> Job | None:
    """The first job that need not wait for another."""
    unfinished = {job.name for job in waiting} | {job.name for job, _start in running}
    ready = (job for job in waiting if not unfinished.intersection(job.after))
    return next(ready, None)


def _start(job: Job, *, shown: bool) -> int:
    """Start the process of a job; return its id."""
    say(f"\n=== {job.name}" if shown else f"=== {job.name} begins")
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if not shown:
            with _log(job).open("wb") as output:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
            sys.stdout = sys.stderr = open(1, "w", buffering=1, closefd=False)
        code = 0 if job.run() else 1
    except DevError as error:
        say(f"dev: {error}")
    except Exception:
        traceback.print_exc()
    finally:
        # Not a way out through what the parent was in the middle of.
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(code)


def _show(job: Job, seconds: float) -> None:
    said = _log(job).read_text(errors="replace").rstrip()
    say(f"\n=== {job.name}, {seconds:.1f} s\n{said}\n")


def _log(job: Job):
    return log_path(f"run-{job.name.replace(' ', '-')}")
