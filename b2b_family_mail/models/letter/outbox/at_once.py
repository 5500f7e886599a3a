# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ....runtime import PATIENCE, after_commit, transact

# Letters sent as soon as they are written; a mailing of hundreds is left to the
# scheduled action, so that these need not wait for it.
SEND_AT_ONCE = 5
# What is asked of a letter to hand it in.
WAY = ("carrier", "account_id", "claim_date")


class B2BFamilyLetter(models.Model):
    """How letters leave as soon as somebody has pressed the button.

    Who writes a letter has read all that it is made of, and puts together what is sent,
    so that it is not read again. After the commit that is not believed but checked: the
    claim takes only letters to which, to whose mail and to whose message nobody has
    written since. All others go as any letter that waits.
    """

    _inherit = "b2b.family.letter"

    def _deliver_after_commit(self, fresh=False):
        """Send these queued letters as soon as the transaction is committed.

        Odoo may replay a transaction; a call made inside it would be repeated.

        :param bool fresh: they were made in this transaction
        """
        if len(self) > SEND_AT_ONCE:
            self._wake_sender()
        else:
            prepared = self._prepare_at_once() if fresh else {}
            # Who sends a few sees what became of them, unless the service is slow.
            after_commit(self, "_deliver_these", prepared, patience=PATIENCE)

    def _deliver_these(self, prepared):
        """Send these letters.

        :param dict prepared: see _prepare_at_once()
        """
        if left := self - self._deliver_at_once(prepared):
            self._deliver(letter_ids=left.ids)

    # ------------------------------------------------------------
    # AS IT WAS PREPARED
    # ------------------------------------------------------------

    def _prepare_at_once(self):
        """Return what is sent of letters made in this transaction, by their ids.

        Those that are not to be sent now are left out, and those that cannot be kept
        ready: with files to upload, or large ones.
        """
        if self._carrier()._obstacle():
            return {}
        # As who sends them: su, in the same companies and language.
        letters = self.with_env(self.env(user=SUPERUSER_ID))
        letters = letters.filtered(lambda lt: not lt.next_try_date)
        ready = self._carrier()._find_ready(letters)
        outgoing, _outcomes = ready._prepare_claimed({})
        return {letter.id: content for letter, content in outgoing.items()}

    @api.model
    def _deliver_at_once(self, prepared):
        """Claim and send letters that are as they were prepared; return them.

        :param dict prepared: see _prepare_at_once()
        """
        if not prepared:
            return self.browse()
        now = fields.Datetime.now()
        ways = transact(self.env, lambda: self._claim_unchanged(list(prepared), now))
        letters = self.browse(ways)
        if letters:
            # Nobody changes these while they are claimed.
            for name in WAY:
                values = [way[name] for way in ways.values()]
                self._fields[name]._insert_cache(letters, values)
            outgoing = {letter: prepared[letter.id] for letter in letters}
            letters._call(outgoing, dict.fromkeys(letters, now))
        return letters

    @api.model
    def _claim_unchanged(self, letter_ids, date):
        """Take those of the letters that are as they were when they were made.

        :return: dict by id: their values of WAY
        """
        letters = self._set_sending(
            SQL(
                """SELECT letter.id, letter.id AS turn
                     FROM b2b_family_letter letter
                     JOIN mail_mail mail ON mail.id = letter.mail_id
                     JOIN mail_message message ON message.id = mail.mail_message_id
                    WHERE letter.id = ANY(%s)
                      AND letter.state = 'queued' AND letter.next_try_date IS NULL
                      AND letter.write_date = letter.create_date
                      AND mail.write_date = letter.create_date
                      AND message.write_date <= letter.create_date
                      FOR UPDATE OF letter SKIP LOCKED""",
                letter_ids,
            ),
            date,
        )
        return {
            letter.id: {
                "carrier": letter.carrier,
                "account_id": letter.account_id.id or None,
                "claim_date": date,
            }
            for letter in letters
        }
