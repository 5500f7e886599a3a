# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

# What makes a spreadsheet program take a text for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "{=")


def make_inert(value):
    """Return a value that no spreadsheet program executes, as core's CSV does it."""
    is_formula = isinstance(value, str) and value.startswith(FORMULA)
    return f"'{value}" if is_formula else value


class B2BFamilyCellsMixin(models.AbstractModel):
    """A model that people export, with texts of strangers in it.

    Core makes formulas harmless in CSV files, in XLSX files it does not.
    """

    _name = "b2b.family.cells.mixin"
    _description = "B2B Family Cells"

    def _export_rows(self, fields, **kwargs):
        """Also called when these are exported by way of another model."""
        rows = super()._export_rows(fields, **kwargs)
        return [[*map(make_inert, row)] for row in rows]
