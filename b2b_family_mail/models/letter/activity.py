# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models, tools
from odoo.tools import SQL

# (type, label, column of the letter), in the order in which the tab shows them
ACTIVITIES = [
    ("first_open", "First open", "first_open_date"),
    ("sent", "Date sent", "sent_date"),
    ("last_open", "Last open", "last_open_date"),
    ("refreshed", "Last update", "refreshed_date"),
]


class B2BFamilyLetterActivity(models.Model):
    """The four dates of a letter as rows: "Letter information" of the tab.

    A view without a state of its own, so that nothing can disagree.
    """

    _name = "b2b.family.letter.activity"
    _inherit = ["b2b.family.cells.mixin"]
    _description = "B2B Family Letter Information"
    _auto = False
    _order = "letter_id desc, id"
    _rec_name = "activity_type"
    _depends = {
        "b2b.family.letter": [
            "email",
            "state",
            *(column for _t, _l, column in ACTIVITIES),
        ],
    }

    letter_id = fields.Many2one("b2b.family.letter", readonly=True)
    date = fields.Datetime(readonly=True)
    email = fields.Char(readonly=True)
    activity_type = fields.Selection(
        [(name, label) for name, label, _column in ACTIVITIES], readonly=True
    )

    def init(self):
        rows = SQL(" UNION ALL ").join(
            SQL(
                "SELECT id * %s + %s AS id, id AS letter_id, %s AS date, email,"
                " %s AS activity_type FROM b2b_family_letter",
                len(ACTIVITIES),
                index,
                # Nobody got anything yet when only a link was made.
                SQL("CASE WHEN state <> 'linked' THEN %s END", SQL.identifier(column)),
                name,
            )
            for index, (name, _label, column) in enumerate(ACTIVITIES)
        )
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), rows)
        )
