"""Fetch Debian packages and unpack them into a folder, without installing anything.

apt runs on directories of its own, so it needs no root and leaves the system's
sources and caches alone. The mirror is the one the machine is configured with.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .console import DevError, run_logged
from .paths import DEV

APT = DEV / "apt"
SYSTEM_SOURCES = Path("/etc/apt")
KEYRINGS = [
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
]
RELEASE_NAMES = {"stable", "oldstable", "testing", "unstable", "sid"}


@dataclass(frozen=True)
class Source:
    """One line of apt's configuration."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""


def parse_list(text: str) -> list[Source]:
    """Sources of the one-line format: ``deb [options] uri suite component...``."""
    sources = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            signed_by = re.search(r"signed-by=(\S+)", options or "", re.IGNORECASE)
            sources.append(
                Source(
                    uri,
                    (suite,),
                    tuple(components.split()),
                    signed_by[1] if signed_by else "",
                )
            )
    return sources


def parse_deb822(text: str) -> list[Source]:
    """Sources of the stanza format (``Types: deb``, ``URIs: ...``, and so on)."""
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    sources = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = {
            name.lower(): " ".join(value.split())
            for name, value in re.findall(
                r"^([\w-]+):((?:.*\n?)(?:^[ \t].*\n?)*)", stanza, re.MULTILINE
            )
        }
        if (
            "deb" not in fields.get("types", "").split()
            or fields.get("enabled") == "no"
        ):
            continue
        sources += [
            Source(
                uri,
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", ""),
            )
            for uri in fields.get("uris", "").split()
        ]
    return sources


def debian_mirrors(etc: Path = SYSTEM_SOURCES) -> list[Source]:
    """The configured archives that look like Debian's own, this release's first."""
    sources = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix in (".list", ".sources"):
            parse = parse_list if path.suffix == ".list" else parse_deb822
            sources += parse(path.read_text(errors="replace"))
    release = codename()
    names = RELEASE_NAMES | {release}
    mirrors = [
        source
        for source in sources
        if names & set(source.suites)
        and "main" in source.components
        and not source.uri.startswith("cdrom:")
    ]
    return sorted(mirrors, key=lambda source: release not in source.suites)


def codename() -> str:
    """Name of this Debian release, such as bookworm; empty if unknown."""
    try:
        found = re.search(
            r"^VERSION_CODENAME=\"?(\w+)", Path("/etc/os-release").read_text(), re.M
        )
    except OSError:
        return ""
    return found[1] if found else ""


class PrivateApt:
    """apt with a mirror and directories of its own, reading the suite `suite`."""

    def __init__(self, mirror: Source, suite: str):
        self.folder = APT / suite
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        keyring = mirror.signed_by if mirror.signed_by.startswith("/") else ""
        keyring = keyring or next((str(path) for path in KEYRINGS if path.exists()), "")
        option = f"[signed-by={keyring}] " if keyring else ""
        sources = self.folder / "sources.list"
        sources.write_text(f"deb {option}{mirror.uri} {suite} main\n")
        settings = {
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            # Else an archive that cannot be reached looks like an empty one.
            "APT::Update::Error-Mode": "any",
        }
        if os.geteuid() == 0:
            # Else apt warns that its helper user cannot enter our folders.
            settings["APT::Sandbox::User"] = "root"
        self.options = [f"-o{key}={value}" for key, value in settings.items()]

    def update(self) -> None:
        run_logged(["apt-get", *self.options, "-qq", "update"], "apt")

    def has(self, package: str) -> bool:
        """Whether the suite holds `package`; call `update` first."""
        result = subprocess.run(
            ["apt-cache", *self.options, "show", package],
            capture_output=True,
            check=False,
        )
        return result.returncode == 0 and bool(result.stdout)

    def download(self, packages: list[str]) -> list[Path]:
        """Fetch the packages, signatures checked by apt; return the files."""
        target = self.folder / "packages"
        run_logged(
            ["apt-get", *self.options, "-qq", "download", *packages], "apt", cwd=target
        )
        return [sorted(target.glob(f"{package}_*.deb"))[-1] for package in packages]


def open_suite(suite: str, package: str) -> PrivateApt:
    """A PrivateApt, lists read, whose `suite` holds `package`. DevError if there is none."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise DevError("apt-get is not on this machine.")
    problems = ["apt's configuration names no Debian mirror."]
    for mirror in debian_mirrors():
        apt = PrivateApt(mirror, suite)
        try:
            apt.update()
        except DevError as error:
            problems.append(str(error))
            continue
        if apt.has(package):
            return apt
        problems.append(f"The configured mirror has no package {package} in {suite}.")
    raise DevError(problems[-1])


def unpack(package: Path, target: Path, exclude: tuple[str, ...] = ()) -> None:
    """Unpack a .deb below `target`, leaving out paths that match tar's patterns `exclude`."""
    target.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
    ) as archive:
        patterns = [f"--exclude={pattern}" for pattern in exclude]
        run_logged(
            ["tar", "-x", "--no-same-owner", *patterns, "-C", target],
            "apt",
            stdin=archive.stdout,
            hint="Is the disk full?",
        )
    if archive.returncode:
        raise DevError(f"{package} cannot be unpacked. Delete it and run this again.")
