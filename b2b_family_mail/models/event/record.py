# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

ATTACHMENT_TYPES = ("attachment_open", "attachment_download")
# What only somebody who reads the letter can do. A reader whose mail program blocks
# the pixel has opened the letter all the same when its attachment is opened.
READ_TYPES = ("message_open", "link_click", "reply", *ATTACHMENT_TYPES)
EVENT_MONTHS = 12  # how long events are kept
ORPHAN_DAYS = 7  # how long those are kept that belong to no letter
NETWORK_DAYS = 30  # how long the network of a reader is kept
VACUUM_BATCH = 10_000


class B2BFamilyEvent(models.Model):
    """What happened to a letter, once each. Facts: added, never changed.

    The table is the inbox of the webhook as well: ``pending`` marks what has
    been stored but has not yet been applied to its letter. It is the longest of
    all, so what a letter says already is not said again by each of its events.
    """

    _name = "b2b.family.event"
    _inherit = ["b2b.family.cells.mixin"]
    _description = "B2B Family Event"
    _order = "date desc, id desc"
    _rec_name = "event_type"
    _log_access = False  # nobody writes events, and when they came has its own field

    letter_id = fields.Many2one(
        "b2b.family.letter", readonly=True, ondelete="cascade", index=True
    )
    letter_ref = fields.Char(
        "Service ID",
        readonly=True,
        help="The service's id of a letter, where it is not known here (yet).",
    )
    event_type = fields.Selection(
        [
            ("message_open", "Letter opened"),
            ("attachment_open", "Attachment opened"),
            ("attachment_download", "Attachment downloaded"),
            ("link_click", "Link clicked"),
            ("forward", "Forwarded"),
            ("reply", "Answered"),
            ("bounce", "Came back"),
            ("not_open", "Not opened in time"),
            ("unsubscribe", "Unsubscribed"),
            ("spam", "Marked as spam"),
            ("judged", "Judged again"),
            ("unknown", "Other"),
        ],
        "Event",
        required=True,
        readonly=True,
    )
    date = fields.Datetime(readonly=True, help="When it happened, by whoever tells.")
    received_date = fields.Datetime("Received On", readonly=True)
    email = fields.Char(compute="_compute_email", search="_search_email")
    other_email = fields.Char(
        "Other Recipient",
        readonly=True,
        help="Who it was, where that is not the letter's recipient.",
    )
    attachment_id = fields.Many2one(
        "b2b.family.letter.attachment",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    url = fields.Char("Link", readonly=True)
    source = fields.Selection(
        [
            ("webhook", "Webhook"),
            ("poll", "Scheduled"),
            ("button", "Button"),
            ("mail", "Incoming mail"),
            ("here", "This Odoo"),
        ],
        readonly=True,
    )
    ip_network = fields.Char(
        "Network", readonly=True, help="Where the reader was, cut to a whole network."
    )
    key = fields.Char(readonly=True, required=True)
    payload = fields.Json(
        readonly=True,
        groups="base.group_system",
        help="What the service said, less what identifies the reader, or what another "
        "judgement changed. Kept where the other fields do not say it all.",
    )
    pending = fields.Boolean(readonly=True, help="Stored, not yet applied.")
    problem = fields.Char(
        readonly=True, help="Why this event was set aside and changes nothing."
    )

    # The promise that one event counts once, whichever way it comes.
    _key_unique = models.UniqueIndex("(key)")
    # _apply_pending(): the inbox. In the words of the ORM: PostgreSQL 15 does not see
    # that "pending IS TRUE" implies "pending".
    _pending_idx = models.Index("(letter_id) WHERE pending IS TRUE")
    # _gc_networks(): what is to be forgotten.
    _network_idx = models.Index("(received_date) WHERE ip_network IS NOT NULL")
    # _gc_events() and the list, newest first.
    _date_idx = models.Index("(date)")
    # The report of clicks, which are few among the opens.
    _click_idx = models.Index("(letter_id) WHERE event_type = 'link_click'")
    # _adopt(): events that came before their letter was known.
    _orphan_idx = models.Index("(letter_ref) WHERE letter_id IS NULL")
    # _gc_orphans(): those whose letter never was; few, unless somebody sends them.
    _orphan_date_idx = models.Index("(received_date) WHERE letter_id IS NULL")

    @api.depends("other_email", "letter_id.email")
    def _compute_email(self):
        for event in self:
            event.email = event.other_email or event.letter_id.email

    def _search_email(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        of_letter = Domain("letter_id.email", operator, value)
        return Domain("other_email", operator, value) | (
            Domain("other_email", "=", False) & of_letter
        )

    def _bounce_words(self):
        """Say to the author that the letter came back, and why if that was told."""
        author = self.letter_id._in_author_language()
        words = author.env._("The letter came back: the address did not accept it.")
        said = isinstance(self.payload, dict) and self.payload.get("diagnostic")
        return f"{words} {said}" if said else words

    # ------------------------------------------------------------
    # RETENTION
    # ------------------------------------------------------------

    @api.autovacuum
    def _gc_events(self):
        """Delete events past their time; the letters' dates and counts stay."""
        oldest = fields.Datetime.now() - timedelta(days=EVENT_MONTHS * 365 // 12)
        # The service may be wrong about the date.
        past = Domain("date", "<", oldest) | Domain("received_date", "<", oldest)
        events = self.search(past, limit=VACUUM_BATCH)
        events.unlink()
        return len(events), len(events) == VACUUM_BATCH

    @api.autovacuum
    def _gc_orphans(self):
        """Delete what nobody's letter turned out to be: anybody can send that."""
        oldest = fields.Datetime.now() - timedelta(days=ORPHAN_DAYS)
        orphans = self.search(
            [("letter_id", "=", False), ("received_date", "<", oldest)],
            order="received_date",
            limit=VACUUM_BATCH,
        )
        orphans.unlink()
        return len(orphans), len(orphans) == VACUUM_BATCH

    @api.autovacuum
    def _gc_networks(self):
        """Forget where the readers were."""
        oldest = fields.Datetime.now() - timedelta(days=NETWORK_DAYS)
        events = self.search(
            [("ip_network", "!=", False), ("received_date", "<", oldest)],
            limit=VACUUM_BATCH,
        )
        events.write({"ip_network": False})
        return len(events), len(events) == VACUUM_BATCH
