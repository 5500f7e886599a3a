"""Start and stop an Odoo server process on a database, as people and tests need it."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import processes
from .console import DevError, tail
from .paths import DEV, ODOO_BIN, PYTHON

HOST = "127.0.0.1"
START_TIMEOUT = 120


def is_free(port: int) -> bool:
    """Whether nothing listens on `port` of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_port(wanted: int | None, default: int | None = None) -> int:
    """The port that was asked for, else the first free one from `default` on, else any.

    DevError if the one asked for is taken.
    """
    if wanted:
        if not is_free(wanted):
            raise DevError(
                f"Port {wanted} is taken. Stop what uses it, or choose another --port."
            )
        return wanted
    if default:
        return next(port for port in range(default, default + 1000) if is_free(port))
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for(
    url: str, process: subprocess.Popen, log: Path | None, timeout: float
) -> None:
    """Return when `url` answers with any success. DevError if `process` ends or is late."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        problem = f"does not answer at {url} within {timeout:.0f} s"
        if process.poll() is not None:
            problem = f"ended with exit code {process.returncode}"
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    end = f":\n{tail(log)}\n(the whole log: {log})" if log else "."
    raise DevError(f"{Path(str(process.args[1])).name} {problem}{end}")


class OdooServer:
    """One Odoo server process, usable as a context manager.

    `port` None takes a free one; `workers` 0 is one process with threads, more is
    prefork; `env` is added to the environment; `log` None leaves the output on the
    terminal; `options` are further options of Odoo. Needs the environment of ./dev.
    """

    def __init__(self, database, port=None, workers=0, env=None, log=None, options=()):
        self.database = database
        self.port = choose_port(port)
        self.workers = workers
        self.env = dict(env or {})
        self.log_path = Path(log) if log else None
        self.options = list(options)
        self.process = None

    @property
    def url(self) -> str:
        """Address of the web client, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> "OdooServer":
        """Start the process and return when it answers. DevError if it does not."""
        command = [
            PYTHON,
            ODOO_BIN,
            "--database",
            self.database,
            f"--http-port={self.port}",
        ]
        command += [f"--db-filter=^{self.database}$", f"--workers={self.workers}"]
        command += [f"--gevent-port={choose_port(None)}", *self.options]
        output = None
        if self.log_path:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            output = self.log_path.open("ab")
        try:
            # A session of its own: the terminal's Ctrl-C reaches us, and we stop it in order.
            self.process = processes.start(
                command,
                cwd=DEV,
                env=os.environ | self.env,
                stdout=output,
                stderr=output,
            )
        finally:
            if output:
                output.close()
        try:
            wait_for(
                f"{self.url}/web/health", self.process, self.log_path, START_TIMEOUT
            )
        except BaseException:
            self.kill()
            raise
        return self

    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout: float = 20) -> None:
        """End the process in order; kill it if it takes longer than `timeout` seconds."""
        processes.stop(self.process, timeout)

    def kill(self) -> None:
        """SIGKILL the process and its workers: what a crash of the machine looks like."""
        processes.send(self.process, signal.SIGKILL)
        self.process.wait()
        processes.forget(self.process.pid)

    def __enter__(self) -> "OdooServer":
        return self.start()

    def __exit__(self, *exception) -> None:
        self.stop()
