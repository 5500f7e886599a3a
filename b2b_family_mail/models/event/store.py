# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import functools
import hashlib
import json
import logging

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from ...client import B2BFamilyError, EventType, parse_events
from ...evidence import network_of
from ...runtime import after_commit, transact
from ...tools.privacy import without_personal
from ..b2b_family_opens_mixin import to_naive_utc

_logger = logging.getLogger(__name__)

# By these a carrier tells that can be asked: of its own letters, and of no others.
BY_SERVICE = ("webhook", "poll", "button")
# What comes by these says nothing of webhooks that do not come.
NOT_ASKED = ("webhook", "mail", "here")
STORE_BATCH = 500  # events that are stored together
# What fails a letter. Believed when it comes with our key of the letter, which is
# random and known to the service alone, unless it stands in addresses of ours in the
# letter; or when we have asked. Whoever knows the webhook's address can guess the
# service's numbers. The others harm nothing: they are believed by number too, since a
# service need not hand back the key. A type that comes to act against a letter or its
# reader (spam, unsubscribe) belongs here.
HARMFUL_TYPES = ("bounce",)

COLUMNS = (
    "letter_id",
    "letter_ref",
    "event_type",
    "date",
    "other_email",
    "attachment_id",
    "url",
    "ip_network",
    "agent_class",
    "verdict",
    "verdict_rule",
    "source",
    "key",
    "payload",
    "pending",
    "problem",
    "received_date",
)


def _digest(content):
    """Return 96 bits of a digest: short, since there is an index of millions.

    Any two of a hundred million events have the same with a chance of 1 in 10^13.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()[:12]).decode()


class B2BFamilyEvent(models.Model):
    """The one door: whichever way news comes, it is stored here, once."""

    _inherit = "b2b.family.event"

    @api.model
    def _ingest(self, events, source, errors=()):
        """Take in news that comes by itself: store what is new, then apply it.

        In a transaction of its own: storing must not wait for a lock, nor whoever
        tells for an answer until everything is applied, nor can a mail be lost by what
        is done about it.

        :param list events: ``client.TrackingEvent``
        :param str source: by which way, one of the event's ``source``
        :param errors: ``client.PayloadError`` of events that could not be read:
            they are set aside with the reason
        :return: number of events that were not known before
        """
        rows = self._prepare_rows(events, source)
        rows += self._prepare_problems(errors, source)
        return self._take(rows, source)

    @api.model
    def _take_mail(self, letter, event_type, mail_id, **values):
        """Take in what an incoming mail says of a letter.

        :param str event_type: ``reply`` or ``bounce``
        :param str mail_id: the Message-ID of the mail
        :param values: ``date``, ``other_email``, ``payload``, where they say something
        """
        told = f"mail\n{letter.key}\n{mail_id}"
        row = {"letter_id": letter.id, "event_type": event_type, "pending": True}
        row |= {**values, "key": _digest(told.encode())}
        self._take([self._prepare_common("mail") | row], "mail")

    @api.model
    def _take(self, rows, source):
        """Store what is new of ``rows``, then have it applied; return how much that was."""
        new = self._store(rows, source)
        after_commit(self._letters_of(new), "_apply_news", gather=True)
        return len(new)

    @api.model
    def _take_answers(self, answers, source):
        """Take in what a carrier says of letters that it was asked about.

        :param dict answers: by letter: ``client.Statistics``, the error because of
            which there are none, or None; such a letter does not get better by asking
            at once
        :param str source: ``poll`` or ``button``
        """
        # The calls took their time: a letter may have been deleted meanwhile.
        letters = self.env["b2b.family.letter"].union(*answers).exists()
        told = {}
        for letter in letters:
            answer = answers[letter]
            if isinstance(answer, B2BFamilyError):
                _logger.info("Letter %s: no statistics (%s)", letter.key, answer.code)
            elif answer:
                told[letter] = answer
        rows, new = self._prepare_statistics(told, source), []
        for part in split_every(STORE_BATCH, rows, list):
            # In a transaction of its own: the older a snapshot, the likelier a webhook
            # has stored the same event since, and all is to be done again.
            new += transact(self.env, functools.partial(self._store, part, source))
        transact(self.env, lambda: self._bring_up_to_date(letters, told, new))

    @api.model
    def _bring_up_to_date(self, letters, told, new):
        """Apply what was stored, and what else was told; set when to ask next.

        :param new: see _insert()
        """
        refusals = letters._refusals()
        watched = letters - refusals["opens"]
        told = {lt: statistics for lt, statistics in told.items() if lt in watched}
        letters.browse().union(*told).write({"refreshed_date": fields.Datetime.now()})
        letters._schedule_sync()
        if new_letters := self._letters_of(new):
            self._apply_pending(new_letters)
        changed = letters.browse()
        machines = self._count_of_machines(
            [letter for letter, answer in told.items() if answer.tells_of_opens]
        )
        for letter, statistics in told.items():
            files = letter.attachment_ids
            if letter in refusals["documents"]:
                files = files.browse()
            if letter._merge_statistics(statistics, machines.get(letter, {}), files):
                changed |= letter
        changed._notify_screens()

    @api.model
    def _store(self, rows, source):
        """Store what is new of ``rows``; note whether webhooks tell of it.

        :return: see _insert()
        """
        status = self.env["b2b.family.service.status"]
        new = self._insert(rows)
        if source == "webhook":
            status._note_webhook()
        if source in NOT_ASKED:
            return new
        # Own accounts have not subscribed.
        letters = self._letters_of(new).filtered(lambda letter: not letter.account_id)
        # What harms may have been told, and was not believed.
        harmed = {
            row["letter_id"] for row in rows if row["event_type"] in HARMFUL_TYPES
        }
        unheard = set(letters._ids) - harmed
        if dates := [date for letter_id, date in new if letter_id in unheard]:
            status._note_unheard(dates)
        return new

    @api.model
    def _letters_of(self, new):
        ids = {letter_id for letter_id, _date in new if letter_id}
        return self.env["b2b.family.letter"].browse(ids)

    @api.model
    def _prepare_statistics(self, statistics, source):
        """Return the rows of what the service knows of many letters.

        :param dict statistics: by letter: ``client.Statistics``
        """
        rows = []
        for letter, answer in statistics.items():
            if answer.events:
                rows += self._prepare_rows(answer.events, source, letter)
            rows += self._prepare_problems(answer.errors, source, letter)
        return rows

    @api.model
    def _prepare_rows(self, events, source, letter=None):
        letters = self._find_letters(events, source) if letter is None else {}
        common = self._prepare_common(source)
        lines = self._company_lines()
        nobody = self.env["b2b.family.letter"]
        owners = [
            letter or letters.get(event.key) or letters.get(event.mail_ref) or nobody
            for event in events
        ]
        news = list(zip(events, owners, strict=True))
        refused = self._refused({(owner, event.type.value) for event, owner in news})
        rows = []
        for event, owner in news:
            if owner and not owner.email:
                continue  # its reader was erased: nothing new is learnt of him
            if (owner, event.type.value) in refused:
                continue
            row = {**common, **self._prepare_row(event, owner, lines)}
            if self._is_hearsay(event, owner, source):
                row |= self._prepare_hearsay(event, owner)
            rows.append(row)
        return rows

    @api.model
    def _prepare_row(self, event, letter, lines):
        row = {
            "letter_id": letter.id or None,
            "event_type": event.type.value,
            "attachment_id": self._find_attachment(letter, event).id or None,
            "url": event.url,
            "ip_network": event.ip and network_of(event.ip),
            **self._prepare_verdict(event, letter, lines),
            "key": self._event_key(event, letter),
            "pending": True,
        }
        if event.date:
            row["date"] = to_naive_utc(event.date)
        if event.mail_ref != letter.ref:
            row["letter_ref"] = event.mail_ref
        if event.email != letter.email:
            row["other_email"] = event.email
        if event.payload and (not letter.ref or event.type is EventType.UNKNOWN):
            # To be read again, by _adopt() or by a person.
            row["payload"] = Json(without_personal(event.payload))
        return row

    @api.model
    def _is_hearsay(self, event, letter, source):
        """Tell whether news may be a stranger's, and would harm the letter.

        The key proves nothing of a letter that carries addresses of ours: it is in them.
        """
        return bool(
            letter
            and source == "webhook"
            and event.type.value in HARMFUL_TYPES
            and (event.key != letter.key or letter._is_watched_here())
        )

    @api.model
    def _prepare_hearsay(self, event, letter):
        """Return what is stored otherwise of news that only has the service asked.

        Under a key of its own, lest it take the place of the service's own word; and
        the same one all day, lest a stranger have us ask as often as he calls.
        """
        day = fields.Date.today()
        told = f"hearsay\n{letter.key}\n{event.type.value}\n{day}"
        return {
            "key": _digest(told.encode()),
            "problem": self.env._(
                "Told without our key of the letter: the service is asked first."
            ),
        }

    @api.model
    def _prepare_problems(self, errors, source, letter=None):
        """Return rows for what could not be read: kept, with the reason."""
        common = self._prepare_common(source)
        rows = []
        for error in errors:
            payload = without_personal(error.payload)
            # What is wrong with a whole list has no item to name it by.
            known_by = payload or [letter.key if letter else None, error.message]
            digest = json.dumps(known_by, sort_keys=True, default=str).encode()
            rows.append(
                {
                    **common,
                    "letter_id": letter.id if letter else None,
                    "event_type": "unknown",
                    "key": _digest(b"unreadable\n" + digest),
                    "payload": Json(payload),
                    "problem": error.message,
                }
            )
        return rows

    @api.model
    def _prepare_common(self, source):
        now = fields.Datetime.now()
        return dict.fromkeys(COLUMNS) | {
            "date": now,
            "source": source,
            "pending": False,
            "received_date": now,
        }

    @api.model
    def _find_letters(self, events, source):
        """Return the letters of the events by their key and by the service's id."""
        keys = {event.key for event in events if event.key}
        refs = {event.mail_ref for event in events if event.mail_ref}
        named = Domain("key", "in", list(keys)) | Domain("ref", "in", list(refs))
        if source in BY_SERVICE:
            named &= Domain("carrier", "in", self.env["b2b.family.carrier"]._asked())
        letters = self.env["b2b.family.letter"].search_fetch(
            named, ["key", "ref", "email"]
        )
        found = {letter.ref: letter for letter in letters if letter.ref in refs}
        found.update({letter.key: letter for letter in letters if letter.key in keys})
        return found

    @api.model
    def _find_attachment(self, letter, event):
        if not event.attachment_ref:
            return self.env["b2b.family.letter.attachment"]
        return letter.attachment_ids.filtered(
            lambda line: line.ref == event.attachment_ref
        )[:1]

    @api.model
    def _event_key(self, event, letter):
        """Return what makes the event the same, whichever way it comes."""
        owner = event.mail_ref or letter.ref or letter.key
        facts = f"{owner}\n{event.fingerprint}"
        if event.type.value in HARMFUL_TYPES:
            # A stranger's harmless news under the same number must not replace it.
            facts += f"\n{event.type.value}"
        return _digest(facts.encode())

    @api.model
    def _insert(self, rows):
        """Insert what is new in one statement.

        :return: list of letter id, or None, and date of each row that was new
        """
        if not rows:
            return []
        self.flush_model()
        values = [tuple(row[column] for column in COLUMNS) for row in rows]
        # Two that hear the same at once collide, and Odoo runs one of them again: no
        # error to be logged, with what the readers did. Any other is by who catches it.
        self.env.cr.execute(
            f"INSERT INTO {self._table} ({', '.join(COLUMNS)})"
            f" VALUES {', '.join(['%s'] * len(values))}"
            " ON CONFLICT (key) DO NOTHING RETURNING letter_id, date",
            values,
            log_exceptions=False,
        )
        inserted = self.env.cr.fetchall()
        self.invalidate_model()
        return inserted

    @api.model
    def _adopt(self, letters):
        """Give events that came early to the letters they turn out to belong to."""
        by_ref = {letter.ref: letter for letter in letters}
        orphans = Domain("letter_id", "=", False) & Domain(
            "letter_ref", "in", list(by_ref)
        )
        # Those that told our key only, and may be heard of again with the id.
        unnamed = Domain("letter_id", "in", letters.ids) & Domain(
            "letter_ref", "=", False
        )
        service_tz = self.env["b2b.family.service"]._get_param("service_tz")
        early_news = self.search(orphans | unnamed)
        for early in early_news:
            by_number = not early.letter_id
            letter = early.letter_id or by_ref[early.letter_ref]
            early.letter_id = letter
            for event in parse_events(early.payload, service_tz=service_tz)[0][:1]:
                if by_number and self._is_hearsay(event, letter, early.source):
                    values = self._prepare_hearsay(event, letter)
                    early.problem = values["problem"]
                    early._rekey(values["key"])
                    continue
                # Which attachment it was could not be told before.
                early.attachment_id = self._find_attachment(letter, event)
                early._rekey(self._event_key(event, letter))
        if early_news:
            self._apply_pending(letters)

    def _rekey(self, key):
        """Give an event the key it has now that its letter is known at the service."""
        if self.key == key:
            return
        if self.search_count([("key", "=", key)], limit=1):
            self.unlink()
        else:
            self.key = key
