"""The wheel as a user has it: built, installed with pip, no addons path entry."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devtools import database, templates
from devtools.machine import prepare
from devtools.paths import ADDON, ODOO_BIN, ODOO_CONF, PYTHON, ROOT, source_files

DATABASE = "b2b_test_wheel"
REPORT = """
module = env["ir.module.module"].search([("name", "=", "b2b_family_mail")])
import odoo.addons.b2b_family_mail
print("FOUND", module.state, odoo.addons.b2b_family_mail.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy, so that no build folder is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.py", "README.rst", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    shutil.copytree(ADDON, source / ADDON.name)
    target = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", target, source)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory) -> Path:
    """A folder into which pip has installed the wheel."""
    folder = tmp_path_factory.mktemp("site")
    _pip("install", "--no-deps", "--target", folder, wheel)
    return folder


def _pip(*arguments):
    subprocess.run([sys.executable, "-m", "pip", "-q", *arguments], check=True)


def test_wheel_holds_every_file_of_the_addon(wheel):
    expected = {f"odoo/addons/{path.relative_to(ROOT)}" for path in source_files(ADDON)}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert expected <= names
    extra = {name for name in names - expected if ".dist-info/" not in name}
    assert not extra, "neither caches nor anything that would shadow Odoo"


def test_wheel_requires_what_the_manifest_names_and_not_odoo(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        metadata = archive.read(name).decode()
    assert re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE) == ["requests"]


def test_odoo_finds_and_installs_it(site, tmp_path):
    machine = prepare()
    configuration = tmp_path / "odoo.conf"
    with_checkout = ODOO_CONF.read_text()
    without_checkout = with_checkout.replace(f",{ROOT}\n", "\n")
    assert without_checkout != with_checkout
    configuration.write_text(without_checkout)
    environ = os.environ | {"ODOO_RC": str(configuration), "PYTHONPATH": str(site)}
    database.drop(machine, DATABASE)
    database.new(machine, DATABASE, templates.BASE)
    try:
        command = [PYTHON, ODOO_BIN, "-d", DATABASE, "-i", ADDON.name, *database.ONCE]
        subprocess.run(command, check=True, env=environ, cwd=tmp_path)
        shell = subprocess.run(
            [PYTHON, ODOO_BIN, "shell", "-d", DATABASE, "--no-http"],
            input=REPORT,
            text=True,
            stdout=subprocess.PIPE,
            check=True,
            env=environ,
            cwd=tmp_path,
        )
    finally:
        database.drop(machine, DATABASE)
    assert (
        f"FOUND installed {site}/odoo/addons/b2b_family_mail/__init__.py"
        in shell.stdout
    )
