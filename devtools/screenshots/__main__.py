"""./dev screenshots [--lang en] [--self-hosted] [NAME ...]: writes
docs/images/<language>/<name>.png.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from .. import browser, database
from ..console import DevError, built_file, log_path, preparing, say, step
from ..machine import prepare
from ..paths import DEV, PYTHON, ROOT, digest
from ..sandbox.control import Postbox, Sandbox
from ..server import OdooServer, choose_port
from .stage import Stage
from .story import STORIES

DATABASE = "b2b_screenshots"
IMAGES = ROOT / "docs" / "images"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
VENV = DEV / "playwright"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pictures")
    parser.add_argument(
        "--lang", choices=STORIES, action="append", help="only this language"
    )
    parser.add_argument(
        "--self-hosted",
        action="store_true",
        help="those of letters that Odoo itself delivers, without any service",
    )
    arguments = parser.parse_args()
    chromium = browser.ensure()
    python = playwright_python()
    machine = prepare()
    done = True
    for language in arguments.lang or STORIES:
        say(f"Screenshots, {language}")
        database.drop(machine, DATABASE)
        database.new(machine, DATABASE)
        try:
            database.make_bundles(machine, DATABASE)
            done &= _take(arguments, language, python, chromium)
        finally:
            database.drop(machine, DATABASE)
    return 0 if done else 1


def _take(arguments, language: str, python: Path, chromium: str) -> bool:
    log = log_path("screenshots")
    with (
        (Postbox if arguments.self_hosted else Sandbox)() as sandbox,
        # The sandbox's programs say, as a proxy does, where they are.
        OdooServer(
            DATABASE, port=choose_port(None), log=log, options=["--proxy-mode"]
        ) as server,
    ):
        stage = Stage(server.url, DATABASE, sandbox, STORIES[language])
        with step("Acting the story out"):
            stage.play()
        job = {
            "chromium": chromium,
            "odoo": server.url,
            "service": sandbox.url,
            "mailbox": sandbox.mailbox_url,
            "language": language,
            "folder": str(IMAGES / language),
            "names": arguments.names,
            **stage.scenes(),
        }
        camera = [python, "-m", "devtools.screenshots.camera", json.dumps(job)]
        return subprocess.call([str(part) for part in camera], cwd=ROOT) == 0


def playwright_python() -> Path:
    """The interpreter that has playwright, made on first use."""
    python = VENV / "bin" / "python"
    stamp = VENV / "complete"
    key = digest(REQUIREMENTS.read_bytes())
    if not (stamp.exists() and stamp.read_text() == key):
        with preparing(), step("Installing what drives the browser (150 MB)"):
            subprocess.run(
                [PYTHON, "-m", "venv", "--clear", "--without-pip", VENV], check=True
            )
            command = [
                PYTHON,
                "-m",
                "pip",
                "--python",
                python,
                "--disable-pip-version-check",
            ]
            command += ["install", "-q", "-r", REQUIREMENTS]
            if subprocess.call([str(part) for part in command]):
                raise DevError(
                    "playwright could not be installed; pip's words are above."
                )
        built_file(stamp, key)
    return python


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DevError as error:
        say(f"dev: {error}")
        sys.exit(1)
