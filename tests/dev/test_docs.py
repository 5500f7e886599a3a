# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the documentation promises of tests, and must say by law, is there."""

import re
from pathlib import Path

import pytest

from devtools.paths import ROOT

DOCS = ROOT / "docs"
TEST = re.compile(r"``((?:tests/\w+/)?test_\w+)``")
EVIDENCE = re.compile(r"``([\w/]*test_\w+)(\.py)?``|picture \*([^*]+)\*")
FIGURE = re.compile(r"\.\. figure:: (\S+)\n.*\n\n   (.+)")
LAWS = {"en": ("GDPR", "152-FZ"), "ru": ("GDPR", "152-ФЗ")}


def test_every_test_that_is_named_exists():
    text = (DOCS / "reliability.rst").read_text()
    named = {name.rpartition("/")[::2] for name in TEST.findall(text)}
    assert len(named) > 30
    missing = [
        name
        for folder, name in named
        if not any((ROOT / (folder or "tests")).rglob(f"{name}.py"))
    ]
    assert not missing


def test_every_test_of_an_attack_is_named():
    text = (DOCS / "reliability.rst").read_text()
    tests = [path.stem for path in (ROOT / "tests").rglob("test_attacks_*.py")]
    assert tests
    assert not [name for name in tests if f"``{name}``" not in text]


def test_every_row_of_the_manual_has_evidence_that_exists():
    text = (DOCS / "manual-to-odoo.rst").read_text()
    pictures = {title: DOCS / path for path, title in FIGURE.findall(text)}
    assert all(path.exists() for path in pictures.values())
    tests = [path.as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    functions = {
        name
        for path in tests
        for name in re.findall(r"def (test_\w+)", Path(path).read_text())
    }
    rows = [row for row in text.split("   * - ")[1:] if not row.startswith("Manual\n")]
    assert len(rows) >= 40
    for row in rows:
        shown_by = row.split("\n     - ")[2]
        named = EVIDENCE.findall(shown_by)
        assert named, f"Nothing shows: {row}"
        for test, is_file, picture in named:
            if picture:
                assert picture in pictures, row
            elif is_file:
                assert any(path.endswith(f"/{test}.py") for path in tests), row
            else:
                assert test in functions, row


@pytest.mark.parametrize("language", LAWS)
def test_the_service_is_named_as_a_recipient_of_personal_data(language):
    text = (DOCS / language / "privacy.rst").read_text()
    assert "B2B Family" in text
    for law in LAWS[language]:
        assert law in text
