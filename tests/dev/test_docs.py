# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the documentation promises of tests, and must say by law, is there."""

import re

import pytest

from devtools.paths import ROOT

DOCS = ROOT / "docs"
TEST = re.compile(r"``((?:tests/\w+/)?test_\w+)``")
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


@pytest.mark.parametrize("language", LAWS)
def test_the_service_is_named_as_a_recipient_of_personal_data(language):
    text = (DOCS / language / "privacy.rst").read_text()
    assert "B2B Family" in text
    for law in LAWS[language]:
        assert law in text
