"""Get Odoo 19: the folder that, on PYTHONPATH, makes ``import odoo`` work.

In this order: ODOO_PATH; an `odoo` that this Python can import; Debian's package
odoo-19, unpacked below `.dev/`; a shallow clone of the public 19.0 branch.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .console import DevError, built_aside, need_disk, run_logged, step
from .paths import DEV

SERIES = "19.0"
PACKAGE = "odoo-19"
# Packages that the tree of PACKAGE links to: fonts and scripts of the web client.
LINKED_PACKAGES = [
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
]
# Two thirds of the package are translations; English and Russian are enough here.
NEEDLESS = ("*/i18n/[!r]*.po", "*/i18n/r[!u]*.po")
REPOSITORY = "https://github.com/odoo/odoo.git"

PACKAGE_TREE = DEV / "odoo"
CLONE_TREE = DEV / "odoo-git"
PACKAGE_DISK_MB = 900
CLONE_DISK_MB = 3000


@dataclass(frozen=True)
class OdooSource:
    """An Odoo 19 on this machine."""

    root: Path  # the folder to put on PYTHONPATH
    origin: str  # where it came from, in words

    @property
    def addons_paths(self) -> list[Path]:
        """Its folders of addons; a git checkout has a second one beside the package."""
        folders = [self.root / "odoo" / "addons", self.root / "addons"]
        return [
            folder
            for folder in folders
            if (folder / "base").is_dir() or _has_web(folder)
        ]


def _has_web(folder: Path) -> bool:
    return (folder / "web" / "__manifest__.py").is_file()


def ensure() -> OdooSource:
    """Find Odoo 19 or fetch it. DevError, naming every way that failed, if there is none."""
    return _from_variable() or _importable() or _fetched() or _fetch()


def _from_variable() -> OdooSource | None:
    path = os.environ.get("ODOO_PATH")
    if not path:
        return None
    root = Path(path).expanduser().resolve()
    found = series_of(root)
    if found != SERIES:
        raise DevError(
            f"ODOO_PATH is {path}, which holds {'Odoo ' + found if found else 'no Odoo'}. "
            f"Set it to the folder that contains odoo/release.py of Odoo {SERIES}, or unset it."
        )
    return OdooSource(root, "ODOO_PATH")


def _importable() -> OdooSource | None:
    # A child process: importing odoo here would change this one. Isolated, so that
    # neither the working directory nor PYTHONPATH of a running ./dev counts.
    code = (
        "import json, importlib.util as u; spec = u.find_spec('odoo.release'); "
        "print(json.dumps(spec and spec.origin))"
    )
    python = getattr(sys, "_base_executable", sys.executable)
    result = subprocess.run(
        [python, "-I", "-c", code], capture_output=True, check=False
    )
    origin = json.loads(result.stdout) if result.returncode == 0 else None
    if not origin:
        return None
    root = Path(origin).parent.parent
    return OdooSource(root, "installed") if series_of(root) == SERIES else None


def _fetched() -> OdooSource | None:
    for root, origin in (
        (_python_root(PACKAGE_TREE), f"package {PACKAGE}"),
        (CLONE_TREE, "git clone"),
    ):
        if series_of(root) == SERIES:
            # Resolved, as from ODOO_PATH: the names of templates depend on it.
            return OdooSource(root.resolve(), origin)
    return None


def _fetch() -> OdooSource:
    problems = []
    for fetch in (_fetch_package, _fetch_clone):
        try:
            fetch()
        except DevError as error:
            problems.append(f"  - {error}")
        else:
            return _fetched()
    raise DevError(
        f"There is no way to get Odoo {SERIES} here:\n"
        + "\n".join(problems)
        + "\nGet a copy of it on this machine and set ODOO_PATH to its folder."
    )


def _fetch_package() -> None:
    need_disk(DEV, PACKAGE_DISK_MB, f"the package {PACKAGE}")
    with step(f"Reading the Debian archive for {PACKAGE}"):
        archive = apt.open_suite("sid", PACKAGE)
    with step(f"Downloading {PACKAGE} (125 MB)"):
        files = archive.download([PACKAGE, *LINKED_PACKAGES])
    with step(f"Unpacking {PACKAGE}"), built_aside(PACKAGE_TREE) as tree:
        for file in files:
            apt.unpack(file, tree, exclude=NEEDLESS)
        if series_of(_python_root(tree)) != SERIES:
            raise DevError(f"The Debian package {PACKAGE} does not hold Odoo {SERIES}.")
    for file in files:
        file.unlink()


def _fetch_clone() -> None:
    need_disk(DEV, CLONE_DISK_MB, "a clone of Odoo")
    with (
        step(f"Cloning Odoo {SERIES} (several minutes)"),
        built_aside(CLONE_TREE) as tree,
    ):
        options = ["--quiet", "--depth=1", "--single-branch", f"--branch={SERIES}"]
        run_logged(["git", "clone", *options, REPOSITORY, tree], "git")


def _python_root(tree: Path) -> Path:
    return tree / "usr" / "lib" / "python3" / "dist-packages"


def series_of(root: Path) -> str | None:
    """'19.0' for a folder that holds an Odoo 19.0, None for one that holds no Odoo."""
    try:
        text = (root / "odoo" / "release.py").read_text()
    except OSError:
        return None
    match = re.search(r"^version_info = \((\d+), (\d+)", text, re.MULTILINE)
    return f"{match[1]}.{match[2]}" if match else None
