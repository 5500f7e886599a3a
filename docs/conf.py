"""Sphinx configuration of the documentation; ``./dev docs`` builds it."""

import ast
from pathlib import Path

_manifest = Path(__file__).parents[1] / "b2b_family_mail" / "__manifest__.py"

project = "B2B Family Mail"
author = "B2B Family Mail contributors"
copyright = author  # noqa: A001
release = version = ast.literal_eval(_manifest.read_text())["version"]

master_doc = "index"
html_static_path = ["_static"]
exclude_patterns = ["_build"]
nitpicky = True
html_theme = "alabaster"
html_title = f"{project} {release}"
html_show_sourcelink = False
html_theme_options = {
    "description": "Send letters by B2B Family from Odoo and see who opened them.",
    "page_width": "1100px",
    "sidebar_width": "230px",
    "fixed_sidebar": True,
}
