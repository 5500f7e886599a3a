"""./dev stop ends what ./dev started, and nothing else."""

import os
import subprocess
import sys
import time

import pytest

from devtools import processes, server
from devtools.console import DevError
from devtools.paths import ROOT


@pytest.fixture(autouse=True)
def run_folder(tmp_path, monkeypatch):
    """A list of processes of our own: the checkout's may name real servers."""
    monkeypatch.setattr(processes, "RUN", tmp_path / "run")
    return tmp_path / "run"


def sleeper(*arguments):
    return [sys.executable, "-c", "import time; time.sleep(60)", *arguments]


def test_a_started_process_is_found_and_stopped():
    process = processes.start(sleeper(ROOT))
    assert processes.noted() == [process.pid]
    assert processes.stop_noted() == 1
    assert process.wait(5) != 0
    assert processes.noted() == []


def test_a_process_id_that_others_use_by_now_is_left_alone(run_folder):
    with subprocess.Popen(["sleep", "60"], cwd="/") as other:
        run_folder.mkdir()
        (run_folder / str(other.pid)).touch()
        assert processes.stop_noted() == 0
        assert other.poll() is None
        other.kill()
    assert not list(run_folder.iterdir())


def test_a_process_that_ignores_the_request_is_killed():
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    command = [sys.executable, "-c", code + "print(flush=True); time.sleep(60)", ROOT]
    process = processes.start(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    start = time.monotonic()
    processes.stop(process, timeout=0.5)
    assert process.returncode == -9
    assert time.monotonic() - start < 10
    process.stdout.close()


def test_a_port_that_was_asked_for_and_is_taken_is_an_error():
    port = server.choose_port(None)
    code = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); "
    command = [sys.executable, "-c", code + "print(flush=True); time.sleep(60)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(DevError, match=f"Port {port} is taken"):
            server.choose_port(port)
        assert server.choose_port(None, default=port) > port
        holder.kill()


def test_a_server_that_ends_at_once_is_reported_with_its_log(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = processes.start(
            [sys.executable, "-c", "raise SystemExit('no such database')"],
            stdout=output,
            stderr=output,
            env=dict(os.environ),
        )
    with pytest.raises(DevError, match="no such database"):
        server.wait_for("http://127.0.0.1:9/", process, log, timeout=10)
    processes.stop(process)
