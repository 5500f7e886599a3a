# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..runtime import hand_over_soon, transact
from ..tools import paths, tokens

SCOPE = "b2b_family_mail.tally"
#: Recipients of fewer would be pointed at: nothing is counted.
FEWEST = 10
# Opens of one recipient that are counted of a day, on average: the rest is a flood.
A_DAY = 10
#: A letter that was sent, and did not come back.
_ARRIVED = Domain("sent_date", "!=", False) & Domain("state", "!=", "failed")


class B2BFamilyTally(models.Model):
    """How often a mailing was opened by recipients who are not tracked: a number.

    They were not asked whether they may be. One picture, the same in all their letters,
    has an address that names the mailing. Of who fetches it nothing is kept, and the
    number that is shown grows once a day: before one's eyes it would say when.
    """

    _name = "b2b.family.tally"
    _description = "B2B Family Count without a Person"
    _order = "date desc, id desc"
    _rec_name = "subject"
    _log_access = False  # it would say when the last one was counted

    subject = fields.Char(readonly=True)
    author_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date("Mailing Date", readonly=True)
    counted = fields.Integer(
        readonly=True,
        default=0,
        copy=False,
        groups=fields.NO_ACCESS,
        help="Opens before the last day on which there were any.",
    )
    last_day = fields.Date(
        readonly=True, copy=False, groups=fields.NO_ACCESS, help="In UTC."
    )
    counted_that_day = fields.Integer(
        readonly=True, default=0, copy=False, groups=fields.NO_ACCESS
    )
    recipient_count = fields.Integer(
        "Recipients",
        compute="_compute_recipient_count",
        compute_sudo=True,
        help="Who got the picture: those whom nobody has asked whether their letters may "
        "be tracked.",
    )
    open_count = fields.Integer(
        "Opens until Yesterday",
        compute="_compute_open_count",
        compute_sudo=True,
        help="Opens, not people: who opens twice counts twice. What a program fetched "
        "does not count. Nothing is counted of fewer than 10 recipients.",
    )
    opens_per_recipient = fields.Float(
        "Opens per Recipient",
        compute="_compute_open_count",
        compute_sudo=True,
        help="Not how many of them opened: some open several times, and some mail "
        "programs fetch the picture once for several recipients, or never.",
    )

    def _compute_recipient_count(self):
        rows = self.env["b2b.family.letter"]._read_group(
            _ARRIVED & Domain("tally_id", "in", self.ids), ["tally_id"], ["__count"]
        )
        counts = dict(rows)
        for tally in self:
            tally.recipient_count = counts.get(tally, 0)

    @api.depends("recipient_count", "counted", "last_day", "counted_that_day")
    def _compute_open_count(self):
        today = fields.Date.today()
        for tally in self:
            is_over = tally.last_day and tally.last_day < today
            late = tally.counted_that_day if is_over else 0
            tally.open_count = tally.counted + late
            tally.opens_per_recipient = tally.open_count / (tally.recipient_count or 1)

    @api.model
    def _is_on(self):
        """Tell whether opens are to be counted without a person.

        Not where whoever has not answered is tracked: it is not to be seen there.
        """
        get = self.env["b2b.family.service"]._get_param
        return get("count_opens") == "True" and get("consent_policy") != "track"

    # ------------------------------------------------------------
    # PICTURE
    # ------------------------------------------------------------

    def _picture_url(self):
        token = tokens.sign(self.env, SCOPE, self.id)
        return f"{self.get_base_url()}{paths.TALLY}{token}.gif"

    @api.model
    def _note_open(self, tally_id, fetch):
        """Count, in a moment, that the picture was fetched, unless a program did it.

        Judged by the call alone, at once: what waits is the id, and nothing of the call.

        :param fetch: ``event.here.Fetch``
        """
        if self.env["b2b.family.event"]._is_readers(fetch):
            # As a key nothing is like it: each open counts.
            what = self._name, "_take_opens"
            hand_over_soon(self.env, *what, object(), tally_id)

    @api.model
    def _take_opens(self, tally_ids):
        if self._is_on():
            counts = Counter(tally_ids)
            transact(self.env, lambda: self._add_opens(counts))

    @api.model
    def _add_opens(self, counts):
        """Add opens of today; by one query each, which holds its row for no time.

        :param counts: number by id
        """
        letters = self.env["b2b.family.letter"]
        for tally_id, count in sorted(counts.items()):
            got = letters.search_count(_ARRIVED & Domain("tally_id", "=", tally_id))
            if got < FEWEST:
                continue
            query = SQL(
                """UPDATE b2b_family_tally
                      SET counted = counted + CASE
                          WHEN last_day = %(today)s THEN 0
                          ELSE counted_that_day END,
                          counted_that_day = LEAST(%(most)s, %(count)s + CASE
                          WHEN last_day = %(today)s THEN counted_that_day
                          ELSE 0 END),
                          last_day = %(today)s
                    WHERE id = %(id)s""",
                today=fields.Date.today(),
                most=got * A_DAY,
                count=count,
                id=tally_id,
            )
            # Another process may be at it: then this is done again.
            self.env.cr.execute(query, log_exceptions=False)
        self.invalidate_model()
