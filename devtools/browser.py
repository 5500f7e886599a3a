"""Chromium, for the tours and the screenshots."""

import os
import shutil

from .console import DevError, run_logged, say, step

# In the order in which Odoo looks for one.
NAMES = ["google-chrome", "chromium", "chromium-browser", "google-chrome-stable"]
PACKAGE = "chromium"


def find() -> str | None:
    """Path of the browser on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure() -> str:
    """Path of the browser; as root it is installed if need be, which is announced first."""
    found = find()
    if found:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise DevError(
            "The browser tests need Chromium. Install it (on Debian: apt-get install "
            f"{PACKAGE}), or leave them out with --no-browser."
        )
    say(
        f"Chromium is missing and is now installed on this system: apt-get install {PACKAGE}"
    )
    with step("Installing Chromium (some 100 MB)"):
        hint = f"Install {PACKAGE} yourself, or leave the browser tests out with --no-browser."
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        run_logged(["apt-get", "-q", "update"], "chromium", hint=hint)
        options = ["-q", "-y", "--no-install-recommends"]
        run_logged(
            ["apt-get", "install", *options, PACKAGE],
            "chromium",
            hint=hint,
            env=environ,
        )
    return find()
