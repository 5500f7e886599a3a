# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Print the rows that the tables lack, to be completed and pasted.

./dev shell --database NAME < tests/doors/surface/missing.py
"""

import sys
from pathlib import Path

from odoo.modules import get_module_path

folder = Path(get_module_path("b2b_family_mail")).parent / "tests" / "doors" / "surface"
sys.path.append(str(folder))

import table  # noqa: E402

for name, row in table.missing(env):  # noqa: F821
    print(f"{name}.csv: {row}")
for name, row in table.stale(env):  # noqa: F821
    print(f"{name}.csv, to be removed: {row}")
