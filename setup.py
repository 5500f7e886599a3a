"""Package the addon as odoo/addons/b2b_family_mail, where Odoo finds it once installed.

Name, version and dependencies come from the addon's manifest.
"""

import ast
from pathlib import Path

from setuptools import find_namespace_packages, setup

ADDON = "b2b_family_mail"
HERE = Path(__file__).resolve().parent

manifest = ast.literal_eval(
    (HERE / ADDON / "__manifest__.py").read_text(encoding="utf-8")
)
readme = HERE / "README.rst"
found = find_namespace_packages(str(HERE), include=[ADDON, f"{ADDON}.*"])

setup(
    name="odoo-addon-b2b-family-mail",
    version=manifest["version"],
    description=manifest["summary"],
    long_description=readme.read_text(encoding="utf-8") if readme.exists() else "",
    long_description_content_type="text/x-rst",
    author=manifest["author"],
    url=manifest["website"],
    license=manifest["license"],
    python_requires=">=3.10",
    # Not odoo itself: it comes from elsewhere than a package registry.
    install_requires=manifest.get("external_dependencies", {}).get("python", []),
    package_dir={f"odoo.addons.{ADDON}": ADDON},
    packages=[f"odoo.addons.{package}" for package in found],
    # A version is no name of a package, so those folders are not found as such.
    package_data={"": ["*"], f"odoo.addons.{ADDON}": ["migrations/*/*.py"]},
    exclude_package_data={"": ["*.py[cod]", "__pycache__/*"]},
    zip_safe=False,
    classifiers=[
        "Framework :: Odoo",
        "Framework :: Odoo :: 19.0",
        "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)",
        "Programming Language :: Python :: 3",
    ],
)
