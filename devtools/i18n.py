"""./dev i18n: export the terms of the addon and merge them into its translations.

A term that went is dropped, a new one is added empty, nothing is guessed.
"""

import sys
from pathlib import Path

import polib

from . import database
from .console import DevError, run_logged, say, step
from .machine import Machine, prepare
from .paths import ADDON, DEV, ODOO_BIN, PYTHON

FOLDER = ADDON / "i18n"
TEMPLATE = FOLDER / f"{ADDON.name}.pot"
SCRATCH = "b2b_i18n"


def run(machine: Machine) -> int:
    """Write the template and every translation; return 1 if any has gaps."""
    with step("Exporting the terms"):
        database.drop(machine, SCRATCH)
        database.new(machine, SCRATCH)
        try:
            template = export(machine, SCRATCH)
        finally:
            database.drop(machine, SCRATCH)
    FOLDER.mkdir(exist_ok=True)
    template.save(str(TEMPLATE))
    gaps = [merge(path, template) for path in sorted(FOLDER.glob("*.po"))]
    return 1 if any(gaps) else 0


def export(machine: Machine, name: str) -> polib.POFile:
    """Return the terms of the addon as installed in the database `name`."""
    target = DEV / f"{name}.pot"
    command = [PYTHON, ODOO_BIN, "i18n", "export", "-d", name, "-o", target, ADDON.name]
    run_logged(command, "i18n", env=machine.environ, cwd=DEV)
    template = polib.pofile(str(target))
    target.unlink()
    return without_dates(template)


def without_dates(terms: polib.POFile) -> polib.POFile:
    """Drop what changes with every export, so that a diff shows terms only."""
    for name in ("POT-Creation-Date", "PO-Revision-Date"):
        terms.metadata.pop(name, None)
    return terms


def merge(path: Path, template: polib.POFile) -> int:
    """Bring one translation up to date; say and count what it lacks."""
    terms = polib.pofile(str(path))
    terms.merge(template)
    for entry in list(terms.obsolete_entries()):
        terms.remove(entry)
    without_dates(terms).save(str(path))
    gaps = terms.untranslated_entries() + terms.fuzzy_entries()
    say(f"{path.name}: {len(terms)} terms, {len(gaps)} to translate")
    for entry in gaps:
        say(f"  {entry.msgid!r}")
    return len(gaps)


if __name__ == "__main__":
    try:
        sys.exit(run(prepare()))
    except DevError as error:
        say(f"dev: {error}")
        sys.exit(1)
