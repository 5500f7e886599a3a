# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Say that all letters until now went by the service, without touching a row.

    A constant default of a new column costs nothing, however many letters there are;
    it is dropped again, for new letters say themselves who delivers them.
    """
    cr.execute(
        """ALTER TABLE b2b_family_letter
             ADD COLUMN IF NOT EXISTS carrier varchar NOT NULL DEFAULT 'service'"""
    )
    cr.execute("ALTER TABLE b2b_family_letter ALTER COLUMN carrier DROP DEFAULT")
