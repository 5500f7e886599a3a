"""Start processes so that ./dev stop finds them later, and ends nothing else."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from .paths import ROOT, RUN


def start(command, **popen) -> subprocess.Popen:
    """Start `command` in a session of its own and note it in `.dev/run`."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        **popen,
    )
    RUN.mkdir(parents=True, exist_ok=True)
    (RUN / str(process.pid)).touch()
    return process


def forget(pid: int) -> None:
    """Take `pid` off the list."""
    (RUN / str(pid)).unlink(missing_ok=True)


def send(process: subprocess.Popen, number: int) -> None:
    """Send a signal to the process and its children; nothing if they are gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def stop(process: subprocess.Popen | None, timeout: float = 20) -> None:
    """End a process that `start` returned, with SIGTERM, then SIGKILL after `timeout`."""
    if process is None:
        return
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
    # What is left of its session, too.
    send(process, signal.SIGKILL)
    process.wait()
    forget(process.pid)


def noted() -> list[int]:
    """Process ids noted by `start`, of this or another run, that are still ours."""
    pids = [int(path.name) for path in RUN.glob("*") if path.name.isdigit()]
    alive = [pid for pid in pids if _is_ours(pid)]
    for pid in set(pids) - set(alive):
        forget(pid)
    return alive


def stop_noted(timeout: float = 20) -> int:
    """End every process in `noted`; return how many there were."""
    pids = noted()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and any(map(_is_ours, pids)):
        time.sleep(0.1)
    for pid in filter(_is_ours, pids):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    for pid in pids:
        forget(pid)
    return len(pids)


def _is_ours(pid: int) -> bool:
    """Whether `pid` runs a program of this checkout: ids are used again by the system."""
    # The command line is empty for an instant after a start, and for good after the end.
    for _ in range(10):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        if command:
            return str(ROOT).encode() in command
        time.sleep(0.02)
    return False
