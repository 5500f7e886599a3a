# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, models


class B2BFamilyLetter(models.Model):
    """What may still leave of letters that have waited: much may have changed since."""

    _inherit = "b2b.family.letter"

    def _fail_lost(self):
        """Fail those of the letters that may not leave any more, and return them."""
        refused, hidden = self.mail_id._b2b_find_refused()
        lost = self.browse()
        for letter in self:
            told = letter._in_author_language()
            mail = told.mail_id
            words = refused.get(letter.mail_id) or told._obsolete_words()
            if not words and letter.partner_id in hidden[letter.mail_id]:
                words = mail._b2b_hidden_words()
            if words:
                told._set_failed(words)
                lost |= letter
        return lost

    def _obsolete_words(self):
        """Return why nobody wants it to leave as it would now, or None."""
        mail = self.mail_id
        person = mail._b2b_person()
        # Odoo itself is no active user. Without a time the letter had left already, but
        # for who delivers it.
        if mail.scheduled_date and not person.active and person.id != SUPERUSER_ID:
            return self.env._("The author of the letter is no user of Odoo any more.")
        changed = self.attachment_ids.filtered(lambda line: line._has_changed())
        return changed[:1]._changed_words() if changed else None
