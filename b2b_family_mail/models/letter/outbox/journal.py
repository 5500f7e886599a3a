# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools import SQL


class B2BFamilyLetter(models.Model):
    """What is noted while claimed letters are handed in one after another.

    For a carrier that cannot be asked afterwards: ``ref`` is written right before a
    letter is handed in, ``sent_date`` right after it was taken. Of a process that died,
    the one letter in doubt is then the one of which there is the first without the other.
    All that follows from it is written down for many letters together, by _settle().
    """

    _inherit = "b2b.family.letter"

    def _note_begun(self, ref, claim_date):
        """Mark the letter: it is being handed in, and has this id there.

        :return: False if the claim is not ours any more
        """
        query = SQL(
            """UPDATE b2b_family_letter SET ref = %s, sent_date = NULL
                WHERE id = %s AND state = 'sending' AND claim_date = %s RETURNING id""",
            ref,
            self.id,
            claim_date,
        )
        return bool(self.env.execute_query(query))

    def _note_ended(self, taken):
        """Mark the letter: it was taken, or it certainly was not."""
        query = SQL(
            """UPDATE b2b_family_letter SET ref = %s, sent_date = %s
                WHERE id = %s AND state = 'sending' RETURNING id""",
            SQL("ref") if taken else None,
            fields.Datetime.now() if taken else None,
            self.id,
        )
        self.env.execute_query(query)

    def _noted(self):
        """Return by letter what was noted of it.

        :return: its id there: it was taken; None: it was not handed in. Those of which
            nobody knows are left out
        """
        noted = {}
        for letter in self:
            if not letter.ref:
                noted[letter] = None
            elif letter.sent_date:
                noted[letter] = letter.ref
        return noted
