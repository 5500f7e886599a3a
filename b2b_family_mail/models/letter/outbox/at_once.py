# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ....runtime import transact


class B2BFamilyLetter(models.Model):
    """How a letter leaves that was written this very moment: without being read again.

    Whoever presses the button has read all that the letter is made of, and puts
    together what is sent. That is not believed after the commit but checked: the claim
    takes only letters to which, to whose mail and to whose message nobody has written
    since. All others go the long way.
    """

    _inherit = "b2b.family.letter"

    def _prepare_at_once(self):
        """Return what is sent of letters made in this transaction, by their ids.

        Those with files to upload are left out, and those that cannot be sent.
        """
        # As who sends them: su, in the same companies and language.
        letters = self.with_env(self.env(user=SUPERUSER_ID))
        ready = letters.filtered(lambda lt: all(lt.attachment_ids.mapped("ref")))
        outgoing, _outcomes = ready._prepare_claimed({})
        return {letter.id: content for letter, content in outgoing.items()}

    @api.model
    def _deliver_at_once(self, prepared):
        """Claim and send letters that are as they were prepared; return them.

        :param dict prepared: see _prepare_at_once()
        """
        if not prepared or self._carrier()._obstacle():
            return self.browse()
        now = fields.Datetime.now()
        accounts = transact(
            self.env, lambda: self._claim_unchanged(list(prepared), now)
        )
        letters = self.browse(accounts)
        if letters:
            # Nobody changes it while they are claimed.
            self._fields["account_id"]._insert_cache(letters, accounts.values())
            outgoing = {letter: prepared[letter.id] for letter in letters}
            letters._call(outgoing, dict.fromkeys(letters, now))
        return letters

    @api.model
    def _claim_unchanged(self, letter_ids, date):
        """Take those of the letters that are as they were when they were made.

        :return: dict by id: the id of the account
        """
        letters = self._set_sending(
            SQL(
                """SELECT letter.id, letter.id AS turn
                     FROM b2b_family_letter letter
                     JOIN mail_mail mail ON mail.id = letter.mail_id
                     JOIN mail_message message ON message.id = mail.mail_message_id
                    WHERE letter.id = ANY(%s) AND letter.state = 'queued'
                      AND letter.write_date = letter.create_date
                      AND mail.write_date = letter.create_date
                      AND message.write_date <= letter.create_date
                      FOR UPDATE OF letter SKIP LOCKED""",
                letter_ids,
            ),
            date,
        )
        return {letter.id: letter.account_id.id for letter in letters}
