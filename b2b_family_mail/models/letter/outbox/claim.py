# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ....runtime import rollback, transact

_logger = logging.getLogger(__name__)

# Letters that are claimed, sent and written down together.
SEND_BATCH = 40
# Processes that can claim at the same moment and each find a batch.
CLAIMERS = 10
# Nobody takes a claim this young for stale, nor changes his mind this quickly.
FRESH = timedelta(minutes=1)
# A claim this old belongs to a process that has died: longer than the deadlines
# of all calls that one letter can need.
CLAIM_MINUTES = 10


class B2BFamilyLetter(models.Model):
    """How one of many processes takes letters for itself, and lets go of them.

    A claim is the state ``sending`` with its date. It is committed before the
    service is called, so that nobody else calls it for the same letter.
    """

    _inherit = "b2b.family.letter"

    # ------------------------------------------------------------
    # CLAIM
    # ------------------------------------------------------------

    @api.model
    def _claim(self, carrier, letter_ids=None, refused=()):
        """Take letters that are due: nobody else can take them any more.

        The authors take turns, so that the ten letters of one need not wait for the
        ten thousand of another.

        :param str carrier: by which they go
        :param refused: the accounts to leave out
        """
        now = fields.Datetime.now()
        return self._set_sending(
            SQL(
                """SELECT letter.id, turn FROM b2b_family_letter letter
                     JOIN (SELECT id, row_number() OVER (
                                      PARTITION BY author_id
                                      ORDER BY next_try_date NULLS FIRST, id) AS turn
                             FROM b2b_family_letter
                            WHERE state = 'queued' AND carrier = %s
                              AND (next_try_date IS NULL OR next_try_date <= %s)
                              AND COALESCE(account_id, 0) <> ALL(%s) %s
                            ORDER BY turn, id LIMIT %s) queue USING (id)
                    WHERE letter.state = 'queued'
                    ORDER BY turn, id
                    LIMIT %s FOR UPDATE OF letter SKIP LOCKED""",
                carrier,
                now,
                [account.id or 0 for account in refused],
                SQL("AND id = ANY(%s)", letter_ids) if letter_ids else SQL(),
                SEND_BATCH * CLAIMERS,
                SEND_BATCH,
            ),
            now,
        )

    def _renew_claims(self, claimed):
        """Claim the letters anew right before the call that must happen once.

        Uploads may have taken so long that somebody else took the claims for
        stale. Ends the transaction, too: the calls must hold neither locks nor an
        old snapshot.

        :param dict claimed: when each letter was claimed
        :return: dict of those that are still ours to send: the date of the claim
        """
        now = fields.Datetime.now()
        if now - min(claimed.values(), default=now) < FRESH:
            return claimed
        ready = self._still_claimed(claimed)
        ready.write({"claim_date": now})
        return dict.fromkeys(ready, now)

    @contextmanager
    def _given_back_on_error(self, claims):
        """Queue claimed letters again at once if the block fails.

        For what comes before the call: the service has certainly not been called.

        :param dict claims: when each letter was claimed, others as well
        """
        try:
            yield
        except Exception:
            try:
                self._give_back({letter: claims[letter] for letter in self})
            except Exception:
                # The database is gone, for instance. Time settles it.
                _logger.info("Letters %s stay claimed", self.ids)
            raise

    def _give_back(self, claims):
        rollback(self.env)

        def queue():
            for letter in self._still_claimed(claims):
                letter = letter._in_author_language()
                letter._set_waiting(
                    letter.env._("Sending was interrupted before the letter had left.")
                )

        transact(self.env, queue)

    @api.model
    def _put_back(self, claims):
        """Queue claimed letters again, as if they had not been claimed.

        The service has not been called for them, and nothing is wrong with them.

        :param dict claims: see _still_claimed()
        """
        self._still_claimed(claims)._set_unclaimed()

    @api.model
    def _still_claimed(self, claims):
        """Return the letters that nobody else has claimed, or settled, meanwhile.

        :param dict claims: by letter: the date of our claim
        """
        return self.browse().union(
            *(
                letter
                for letter, date in claims.items()
                if letter.state == "sending" and letter.claim_date == date
            )
        )

    @api.model
    def _release_stale_claims(self):
        """Put letters whose sender died in doubt, unless it is known what became of them."""
        stale = self.search(
            [
                ("state", "=", "sending"),
                ("claim_date", "<", self._minutes_ago(CLAIM_MINUTES)),
            ]
        ).try_lock_for_update()
        known = self._carrier()._recover(stale)
        self._set_sent({letter: ref for letter, ref in known.items() if ref})
        self.browse().union(*(lt for lt in known if not known[lt]))._set_unclaimed()
        for letter in stale.filtered(lambda lt: lt not in known):
            letter = letter._in_author_language()
            letter._set_unknown(letter.env._("Sending was interrupted."))
