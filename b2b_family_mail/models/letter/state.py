# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

STATES = [
    ("queued", "Queued"),
    ("sending", "Sending"),
    ("unknown", "In doubt"),
    ("linked", "Link made"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("opened", "Opened"),
    ("answered", "Answered"),
    ("failed", "Failed"),
    ("untracked", "Not tracked"),
]
# What is shown: one that its author has cancelled ended as "failed", and is no failure.
STATUSES = [*STATES, ("cancelled", "Cancelled")]
# News never moves a letter back: it only raises this rank. What a person
# decides (send again, cancel) is no news and may do so. A letter that bounced
# had been sent; one that was opened or answered cannot have bounced. That the service
# has it is no news of a link, nor is a program that looks at one: programs of chats do.
RANK = {
    state: rank
    for rank, state in enumerate(
        ("untracked", "queued", "sending", "unknown")
        + ("sent", "delivered", "linked", "failed", "opened", "answered")
    )
}
# Somebody has read the letter: whoever answers has.
READ_STATES = ("opened", "answered")

# A message to several readers has one status. In lists and forms what is under way comes
# first: something may still have to be done.
OF_A_MAIL = (
    "sending",
    "queued",
    "unknown",
    "answered",
    "opened",
    "delivered",
    "sent",
    "linked",
    "failed",
    "untracked",
    "cancelled",
)
# At a glance, in the chatter, it is that of the reader of whom there is the best news.
AT_A_GLANCE = (
    "answered",
    "opened",
    "unknown",
    "queued",
    "sending",
    "delivered",
    "sent",
    "linked",
    "untracked",
    "cancelled",
    "failed",
)

# Minutes until a letter that could not be taken is tried again.
RETRY_MINUTES = (1, 2, 5, 15, 30, 60)
# The longest pause that a carrier can ask us for (Retry-After), in seconds.
MAX_RETRY_AFTER = 3600


class B2BFamilyLetter(models.Model):
    """The states of a letter, and each way from one to another.

    No other file writes ``state``. What is to be seen of a change is shown by
    _after_change(), what the author is to hear of by _tell(); what else follows from
    it is in the rooms that extend _accepted().
    """

    _inherit = "b2b.family.letter"

    state = fields.Selection(
        STATES,
        default="queued",
        required=True,
        readonly=True,
        copy=False,
    )
    is_cancelled = fields.Boolean(
        "Cancelled",
        readonly=True,
        copy=False,
        help="Of a failed letter: its author decided so.",
    )
    status = fields.Selection(
        STATUSES,
        compute="_compute_status",
        search="_search_status",
        group_expand="_group_expand_status",
        help="What became of the letter, as it is shown.",
    )
    state_date = fields.Datetime(
        "Status Since",
        compute="_compute_state_date",
        help="When it came to this status. Of a letter that waits: when it is tried "
        "next.",
    )

    answered_date = fields.Datetime(
        "Answered On",
        readonly=True,
        copy=False,
        help="When the first answer to it was written.",
    )

    @api.depends("state", "next_try_date", "sent_date", "last_open_date", "news_date")
    @api.depends("answered_date")
    def _compute_state_date(self):
        for letter in self:
            told = letter.news_kind == "failure" and letter.news_date
            dates = {
                "queued": letter.next_try_date or letter.create_date,
                "sending": letter.claim_date,
                "unknown": letter.claim_date,
                "linked": letter.sent_date,
                "sent": letter.sent_date,
                "delivered": letter.sent_date,
                "untracked": letter.sent_date,
                "opened": letter.last_open_date,
                "answered": letter.answered_date,
                # The author is not told of what he has cancelled.
                "failed": told,
            }
            letter.state_date = dates[letter.state] or letter.write_date

    @api.depends("state", "is_cancelled")
    def _compute_status(self):
        for letter in self:
            cancelled = letter.state == "failed" and letter.is_cancelled
            letter.status = "cancelled" if cancelled else letter.state

    def _search_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        cancelled = Domain("state", "=", "failed") & Domain("is_cancelled", "=", True)
        states = Domain("state", "in", [each for each in value if each != "cancelled"])
        return states & ~cancelled | (
            cancelled if "cancelled" in value else Domain.FALSE
        )

    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec != "status":
            return super()._read_group_groupby(alias, groupby_spec, query)
        state = self._field_to_sql(alias, "state", query)
        return SQL(
            "CASE WHEN %s = 'failed' AND %s THEN 'cancelled' ELSE %s END",
            state,
            self._field_to_sql(alias, "is_cancelled", query),
            state,
        )

    @api.model
    def _group_expand_status(self, statuses, domain):
        """Show the two columns of the board even while they are empty."""
        shown = {*statuses, "sent", "opened"}
        return [status for status, _label in STATUSES if status in shown]

    # ------------------------------------------------------------
    # NEWS
    # ------------------------------------------------------------

    def _raise_state(self, state):
        """Move the letters up to ``state``; return those that moved."""
        moved = self.filtered(lambda letter: RANK[letter.state] < RANK[state])
        moved.write({"state": state})
        # What is read of them next is read of all letters at hand in one query.
        return moved.with_prefetch(self._prefetch_ids)

    @api.model
    def _set_sent(self, refs):
        """Letters were accepted.

        :param dict refs: by letter: the carrier's id of it, False if not known yet
        """
        letters = self.browse().union(*refs)
        now = fields.Datetime.now()
        moved = letters._raise_state("sent")
        moved.failure_reason = False
        for letter, ref in refs.items():
            letter.write({"ref": ref, "sent_date": letter.sent_date or now})
        letters.next_try_date = False
        letters._accepted(moved)
        letters._after_change()

    def _set_delivered(self):
        """Programs fetched these letters: they have arrived, nothing more is known."""
        self._raise_state("delivered")

    def _set_opened(self):
        """The readers have opened these letters: say so, if it is news."""
        self._set_read("opened")._tell("open")

    def _set_answered(self, date):
        """Somebody has answered these letters, first at ``date``: say so, if it is news."""
        for letter in self:
            letter.answered_date = min(letter.answered_date or date, date)
        self._set_read("answered")._tell("answer")

    def _set_read(self, state):
        """Move the letters up to ``state``: they arrived, whatever was thought before."""
        moved = self._raise_state(state)
        for letter in moved:
            letter.failure_reason = False
            if letter.mail_id.state == "exception":
                letter._after_change()
        return moved

    def _set_failed(self, reason):
        """The letters were refused, or came back: say so, and why."""
        failed = self._raise_state("failed")
        failed.write(
            {"failure_reason": reason, "next_try_date": False, "is_cancelled": False}
        )
        failed._after_change()
        failed._tell("failure")

    def _set_unknown(self, reason):
        """Nobody can tell whether the letters were accepted."""
        doubtful = self._raise_state("unknown")
        doubtful.write({"failure_reason": reason, "next_try_date": self._next_try()})
        # Of the others, news or a person settles it.
        (doubtful - doubtful._that_can_be_asked()).next_try_date = False
        doubtful._after_change()

    def _set_judged(self, state, reason=False):
        """The letters are in another state by what is thought of their readers now.

        An administrator has it judged again who they were: the one way back from
        "opened" beside a reader's wish. Nobody is told as if it had happened now.

        :param reason: why, of letters that failed
        """
        self.write({"state": state, "failure_reason": reason})
        self._after_change()

    # ------------------------------------------------------------
    # TRIES
    # ------------------------------------------------------------

    @api.model
    def _set_sending(self, chosen, date):
        """Somebody claims letters, at ``date``: they are chosen and taken in one query.

        :param SQL chosen: the ids of letters, locked, each with its turn
        :return: those letters, in the order of their turns, with their accounts read
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """WITH chosen (id, turn) AS MATERIALIZED (%s)
                 UPDATE b2b_family_letter letter
                    SET state = 'sending', claim_date = %s, next_try_date = NULL,
                        failure_reason = NULL, try_count = COALESCE(try_count, 0) + 1,
                        is_cancelled = FALSE,
                        write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                   FROM chosen WHERE letter.id = chosen.id
              RETURNING chosen.turn, letter.id, letter.account_id, letter.carrier""",
                chosen,
                date,
                self.env.uid,
            )
        )
        self.invalidate_model()
        rows.sort(key=lambda row: row[:2])
        letters = self.browse(row[1] for row in rows)
        self._fields["account_id"]._insert_cache(letters, [row[2] for row in rows])
        self._fields["carrier"]._insert_cache(letters, [row[3] for row in rows])
        return letters

    def _set_unclaimed(self):
        """Claimed letters wait as if they had not been claimed: none was handed in."""
        for letter in self:
            tries = letter.try_count - 1
            # It may have been noted as begun.
            letter.write({"state": "queued", "ref": False, "try_count": tries})

    def _set_waiting(self, reason, retry_after=None):
        """Claimed letters were certainly not taken: they wait for the next try.

        :param int retry_after: seconds that the carrier asked for, or None
        """
        self.write(
            {
                "state": "queued",
                "failure_reason": reason,
                "next_try_date": self._next_try(retry_after),
            }
        )
        self._after_change()

    def _set_queued(self):
        """The letters are to be sent, as soon as somebody comes by."""
        self.write({"state": "queued", "next_try_date": False, "failure_reason": False})
        self._after_change()

    def _next_try(self, retry_after=None):
        """Return when to try next: sooner at first, then every hour.

        :param int retry_after: seconds that the service asked for; it can make
            the pause longer, up to a limit, never shorter
        """
        tries = max(self.mapped("try_count") or [0])
        minutes = RETRY_MINUTES[min(max(tries, 1), len(RETRY_MINUTES)) - 1]
        asked = min(retry_after or 0, MAX_RETRY_AFTER)
        return fields.Datetime.now() + timedelta(seconds=max(minutes * 60, asked))

    # ------------------------------------------------------------
    # DECISIONS OF A PERSON
    # ------------------------------------------------------------

    def _set_cancelled(self):
        """The letters that wait are not to be sent."""
        for letter in self:
            letter.failure_reason = letter._in_author_language().env._(
                "Sending was cancelled."
            )
        self.write({"state": "failed", "is_cancelled": True, "next_try_date": False})
        self._after_change()

    def _set_unsent(self):
        """The letters are to be sent anew: what was heard of them says nothing of that."""
        self.write({"ref": False, "sent_date": False, "next_sync_date": False})

    @api.model
    def _create_linked(self, values):
        """Create and return a letter of which a link is being made, see _set_linked()."""
        now = fields.Datetime.now()
        return self.create(values | {"state": "linked", "claim_date": now})

    def _set_linked(self, link):
        """The letter is handed over by its author, as a link."""
        self.write(
            {"state": "linked", "sent_date": fields.Datetime.now(), "link": link}
        )

    def _set_handed_over(self):
        """The letters go by ordinary mail, of which no news comes."""
        self.write(
            {
                "state": "untracked",
                "sent_date": False,
                "next_try_date": False,
                "next_sync_date": False,
                "not_open_date": False,
                "failure_reason": False,
            }
        )

    def _set_left(self):
        """The ordinary mails of these letters were sent."""
        now = fields.Datetime.now()
        self.write({"state": "untracked", "sent_date": now, "failure_reason": False})
        self._after_change()

    def _set_unread(self):
        """Forget that letters were opened or answered: their readers ask for it."""
        for letter in self.filtered(lambda lt: lt.state in ("delivered", *READ_STATES)):
            letter.state = "linked" if letter.link else "sent"

    # ------------------------------------------------------------
    # WHO IS TOLD
    # ------------------------------------------------------------

    def _after_change(self):
        """Bring the mails, their notifications and the screens up to date."""
        self.mail_id._b2b_update_state()
        self._notify_screens()

    def _notify_screens(self):
        """Let open screens show what is new."""

    def _tell(self, kind):
        """Let the authors of these letters know.

        :param str kind: ``open``, ``answer`` or ``failure``
        """

    def _accepted(self, moved):
        """Do what follows from these letters being accepted.

        :param moved: those of which that is news
        """

    def _in_author_language(self):
        """Return the letters, of one author, with the language in which he reads."""
        return self.with_context(lang=self.author_id.lang)
