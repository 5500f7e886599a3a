"""The Python environment in `.dev/venv`: Odoo's and our tools' packages, pinned."""

import importlib.util
import os
import platform
import sys
from pathlib import Path

from . import apt
from .console import DevError, built_aside, built_file, need_disk, run_logged, step
from .odoo_source import OdooSource
from .paths import DEV, ODOO_BIN, PYTHON, REQUIREMENTS, VENV, digest

DISK_MB = 900
CREATED = VENV / "created"
STAMP = VENV / "complete"
COMPILER_HINT = (
    "If a package could not be compiled, install a compiler and Python's headers "
    "(on Debian: apt-get install gcc g++ python3-dev) and run this again; if it could not be "
    "downloaded, check the network and pip's configuration."
)
# Prefork workers start their long-polling sibling as `python sys.argv[0]`, so a script
# outside odoo/ is needed; `python -m odoo` will not do.
ODOO_SCRIPT = "#!{python}\nimport odoo.cli\n\nodoo.cli.main()\n"


def ensure() -> None:
    """Build `.dev/venv` unless it is there for this Python and these requirements."""
    # By its one true name: from inside the environment it has another one.
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    python = f"{base} {platform.python_version()}"
    key = digest(REQUIREMENTS.read_bytes(), python)
    if not (STAMP.exists() and STAMP.read_text() == key):
        need_disk(DEV, DISK_MB, "the Python packages")
        # An environment cannot be moved, so it is built in place; its stamps, written
        # last, tell a finished one from an interrupted one.
        if not (CREATED.exists() and CREATED.read_text() == python):
            with step("Creating the Python environment"):
                _create(base)
            CREATED.write_text(python)
        with step("Installing Python packages (about 130 of them)"):
            # Compiled when imported: most of it never is.
            pip("install", "--no-compile", "-r", REQUIREMENTS)
        ODOO_BIN.write_text(ODOO_SCRIPT.format(python=PYTHON))
        ODOO_BIN.chmod(0o755)
        STAMP.write_text(key)


def pip(*arguments) -> None:
    """Run the environment's pip, output to `.dev/log/pip.log`."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments]
    # The user's own site-packages and PYTHONPATH would satisfy requirements by accident.
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run_logged(
        command, "pip", hint=COMPILER_HINT, env=environ | {"PYTHONNOUSERSITE": "1"}
    )


def add_aside(what: str, tree: Path, packages: tuple[str, ...]) -> None:
    """Install packages for Odoo in a tree of their own, unless they are there.

    Without what they require: that is Odoo, which is there, and not as a package.
    """
    stamp = tree / digest(*packages)
    if stamp.exists():
        return
    with step(f"Installing {what}"), built_aside(tree) as scratch:
        pip("install", "--no-deps", "--target", scratch, *packages)
        (scratch / stamp.name).touch()


def _create(base: str) -> None:
    if importlib.util.find_spec("ensurepip"):
        run_logged([base, "-m", "venv", "--clear", VENV], "pip")
        return
    # Debian keeps pip out of its plain python3: take it from the package it is in.
    run_logged([base, "-m", "venv", "--clear", "--without-pip", VENV], "pip")
    environ = dict(os.environ)
    if not importlib.util.find_spec("pip"):
        environ["PYTHONPATH"] = str(_pip_wheel())
    command = [base, "-m", "pip", "--python", PYTHON, "install", "pip"]
    run_logged(command, "pip", env=environ, hint=COMPILER_HINT)


def _pip_wheel():
    try:
        archive = apt.open_suite(apt.codename(), "python3-pip-whl")
        (package,) = archive.download(["python3-pip-whl"])
    except DevError as error:
        raise DevError(
            "This Python can create no virtual environment, because pip is missing "
            f"(on Debian: apt-get install python3-venv). {error}"
        ) from error
    with built_aside(DEV / "pip-wheel") as tree:
        apt.unpack(package, tree)
    return next((DEV / "pip-wheel").rglob("pip-*.whl"))


def link(odoo: OdooSource) -> None:
    """Make ``import odoo`` find `odoo` in the environment."""
    site_packages = next((VENV / "lib").glob("python3.*/site-packages"))
    built_file(site_packages / "odoo_source.pth", f"{odoo.root}\n")
