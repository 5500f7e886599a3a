"""Child processes that are spoken to: a line in, a line out, both JSON.

They end when their input is closed, so none survives the benchmark, however it ends.
"""

import json
import subprocess

from ..console import DevError, log_path, tail
from ..paths import PYTHON, ROOT


class Child:
    """A process running one of this package's modules."""

    def __init__(self, module: str, *arguments: str, env: dict, log: str):
        self._log = log_path(log)
        with self._log.open("ab") as output:
            self._log_start = output.tell()
            self.process = subprocess.Popen(
                [PYTHON, "-m", f"devtools.bench.{module}", *arguments],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def read(self):
        """The next line. DevError if the process has ended instead of writing one."""
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise DevError(
                f"A part of the benchmark ended:\n{tail(self._log, 25, self._log_start)}"
                f"\n(the whole log: {self._log})"
            )
        return json.loads(line)

    def ask(self, message):
        """Send a message and return the answer."""
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
