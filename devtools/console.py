"""What a person sees: steps with their time, and errors that say what to do.

Everything here goes to stderr; stdout belongs to the command that was asked for.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .paths import DEV, LOG

# What `step` has shown, as pairs of title and seconds.
finished_steps: list[tuple[str, float]] = []


class DevError(Exception):
    """A foreseeable problem. The message says what is wrong and what to do about it."""


def say(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title: str):
    """Show `title` while the body runs, then how long it took. Steps may overlap."""
    say(f"  {title} ...")
    start = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"  {title}: failed")
        raise
    seconds = time.monotonic() - start
    finished_steps.append((title, seconds))
    say(f"  {title}: {seconds:.1f} s")


def run_logged(command, log: str, *, hint: str = "", **popen) -> None:
    """Run `command`, its output appended to `.dev/log/<log>.log`.

    Raises DevError with the end of the output and `hint` when it fails.
    """
    path = log_path(log)
    with path.open("ab") as output:
        start = output.tell()
        try:
            result = subprocess.run(
                [str(part) for part in command],
                stdin=popen.pop("stdin", subprocess.DEVNULL),
                stdout=output,
                stderr=subprocess.STDOUT,
                **popen,
            )
        except FileNotFoundError as error:
            raise DevError(f"{command[0]} was not found. {hint}".strip()) from error
    if result.returncode:
        raise DevError(
            f"{Path(str(command[0])).name} failed (exit code {result.returncode}). {hint}\n"
            f"{tail(path, start=start)}\n(the whole log: {path})"
        )


def log_path(name: str) -> Path:
    LOG.mkdir(parents=True, exist_ok=True)
    return LOG / f"{name}.log"


def tail(path: Path, lines: int = 15, start: int = 0) -> str:
    """The last lines of a log, indented, looking no further back than byte `start`."""
    with path.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    # Odoo reports its shutdown after the error that people look for.
    telling = [line for line in text.splitlines() if " INFO " not in line]
    return "\n".join("    " + line for line in telling[-lines:])


def need_disk(folder: Path, megabytes: int, what: str) -> None:
    """Raise DevError unless `folder` has room for `megabytes`."""
    free = shutil.disk_usage(folder).free // 2**20
    if free < megabytes:
        raise DevError(
            f"Not enough disk space for {what}: {megabytes} MB are needed in {folder}, "
            f"{free} MB are free. Free some and run this again."
        )


@contextlib.contextmanager
def preparing(lock: str = "lock"):
    """Hold the lock under which `.dev/` is changed, so that two runs do not clash.

    What takes long and has a name of its own has a lock of its own, too.
    """
    try:
        DEV.mkdir(exist_ok=True)
        handle = os.open(DEV / lock, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError as error:
        raise DevError(
            f"{error.filename} cannot be written. It belongs to another user: run as that user, "
            f"or work in a checkout of your own."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("Waiting for another ./dev that is preparing"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def built_aside(target: Path):
    """Give a scratch path beside `target` and move it into place when the body succeeds.

    An interrupted build therefore leaves nothing that looks finished.
    """
    scratch = target.with_name(target.name + ".building")
    shutil.rmtree(scratch, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    yield scratch
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)


def built_file(target: Path, text: str) -> None:
    """Write `text` to `target` in one stroke, unless it holds that already."""
    if not target.exists() or target.read_text() != text:
        scratch = target.with_name(target.name + ".building")
        scratch.write_text(text)
        scratch.rename(target)
