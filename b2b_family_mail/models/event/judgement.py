# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
import json
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ... import evidence
from ...runtime import transact
from .verdict import SEEN

_logger = logging.getLogger(__name__)

BATCH = 200  # letters whose events are judged, and that are written, together
# What decides, beside the rules, whose an event was and whether it counts.
SETTINGS = ("office_networks", "evidence_lines", "unclear_counts")


class B2BFamilyJudgement(models.Model):
    """*Judge Again*: all that is kept, once, by the rules and settings of today.

    An administrator asks for it, or an upgrade that brought other rules.

    One row for each run, which says how far it has come. A scheduled action does the
    work, a batch of letters in each transaction. What changes at a letter is said at the
    letter, as an event; nobody is told as if it had happened now.
    """

    _name = "b2b.family.judgement"
    _description = "B2B Family Judgement"
    _order = "id desc"

    edition = fields.Char(
        readonly=True, help="By which rules and settings: a digest, to be compared."
    )
    last_letter = fields.Integer(readonly=True, help="Up to which letter it has come.")
    event_count = fields.Integer("Events", readonly=True)
    changed_count = fields.Integer("Judged Otherwise", readonly=True)
    letter_count = fields.Integer("Letters That Changed", readonly=True)
    done_date = fields.Datetime("Done On", readonly=True)

    # ------------------------------------------------------------
    # WORTH IT?
    # ------------------------------------------------------------

    @api.model
    def _edition(self):
        """Return what stands for the rules and settings of today."""
        settings = self.env["b2b.family.service"]
        words = [evidence.EDITION, *map(settings._get_param, SETTINGS)]
        return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]

    @api.model
    def _note_edition(self):
        """Remember that all that is kept was judged as it would be today."""
        self.env["b2b.family.service"]._set_params({"judged_by": self._edition()})

    @api.model
    def _is_worth_it(self):
        """Tell whether events are kept that were judged by other rules or settings."""
        judged_by = self.env["b2b.family.service"]._read_param("judged_by")
        return judged_by != self._edition() and bool(
            self.env["b2b.family.event"].search_count(
                [("event_type", "in", list(SEEN))], limit=1
            )
        )

    # ------------------------------------------------------------
    # RUN
    # ------------------------------------------------------------

    @api.model
    def _start(self):
        """Have all judged again, from the beginning, soon."""
        self.search([("done_date", "=", False)]).unlink()
        self.create({"edition": self._edition()})
        self._cron()._trigger()

    @api.model
    def _start_if_worth_it(self):
        """Have all judged again, if the rules or settings have changed: at an upgrade."""
        if self._is_worth_it():
            self._start()

    @api.model
    def _cron(self):
        return self.env.ref("b2b_family_mail.ir_cron_judge")

    @api.model
    def _cron_judge(self):
        """Go on with the runs that are not done (ir.cron)."""
        letters = self.env["b2b.family.letter"]
        while run := self.search([("done_date", "=", False)], limit=1):
            try:
                letters_read, touched = transact(self.env, run._judge_next)
            except OperationalError:
                _logger.info("Others write to the same letters: judging later")
                self._cron()._trigger(fields.Datetime.now() + timedelta(minutes=1))
                return
            # News that came for them meanwhile was left to us, who held them.
            touched._apply_news()
            left = Domain("id", ">", run.last_letter)
            if not letters._commit_batch("ir_cron_judge", letters_read, left):
                return

    def _judge_next(self):
        """Judge the events of the next letters.

        :return: how many letters they were, and those of them that changed
        """
        # By the index alone, however many events there are.
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT letter_id FROM b2b_family_event"
                " WHERE letter_id > %s ORDER BY letter_id LIMIT %s",
                self.last_letter,
                BATCH,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        letters = self.env["b2b.family.letter"].browse(ids)
        if not ids:
            self._finish()
            return 0, letters
        events = self.env["b2b.family.event"].search(
            [("letter_id", "in", ids)], order="letter_id, date, id"
        )
        judged, changed = events._judge_again()
        doubtful = events.filtered(lambda ev: ev.verdict == "unclear")
        changes = self._recount((changed | doubtful).letter_id, events)
        self._say(changes)
        touched = letters.browse().union(
            *(thing for thing in changes if thing._name == letters._name)
        )
        self.write(
            {
                "last_letter": ids[-1],
                "event_count": self.event_count + judged,
                "changed_count": self.changed_count + len(changed),
                "letter_count": self.letter_count + len(touched),
            }
        )
        return len(ids), touched

    @api.model
    def _recount(self, letters, events):
        """Bring the letters in line with their events; return what changed."""
        applied = events.filtered(lambda ev: not ev.pending and not ev.problem)
        counted = applied._counted().grouped("letter_id")
        applied = applied.grouped("letter_id")
        changes, none = {}, events.browse()
        for letter in letters:
            changes |= letter._recount(
                applied.get(letter, none), counted.get(letter, none)
            )
        letters._notify_screens()
        return changes

    def _say(self, changes):
        """Say at the letters what changed: each as an event of the letter."""
        now = fields.Datetime.now()
        rows = []
        for thing, change in changes.items():
            is_letter = thing._name == "b2b.family.letter"
            rows.append(
                {
                    "letter_id": thing.id if is_letter else thing.letter_id.id,
                    "attachment_id": not is_letter and thing.id,
                    "event_type": "judged",
                    "date": now,
                    "received_date": now,
                    "key": f"judged {self.id} {thing._table} {thing.id}",
                    "payload": change,
                }
            )
        self.env["b2b.family.event"].create(rows)

    def _finish(self):
        self.done_date = fields.Datetime.now()
        self.env["b2b.family.service"]._set_params({"judged_by": self.edition})
        self.create_uid._bus_send(
            "simple_notification",
            {
                "type": "info",
                "title": "B2B Family",
                "message": self.with_context(lang=self.create_uid.lang)._words(),
            },
        )

    def _words(self):
        """Say what came of it."""
        return self.env._(
            "Events judged again: %(events)s, otherwise than before: %(changed)s. "
            "Letters that changed: %(letters)s.",
            events=self.event_count,
            changed=self.changed_count,
            letters=self.letter_count,
        )

    def _action_show(self):
        """Return the action that shows what was said at the letters."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "b2b_family_mail.b2b_family_event_action"
        )
        name = self.env._("What was judged again")
        begun = fields.Datetime.to_string(self.create_date.replace(microsecond=0))
        return action | {
            "id": False,
            "name": name,
            "display_name": name,
            "domain": [("event_type", "=", "judged"), ("date", ">=", begun)],
        }


class B2BFamilyEvent(models.Model):
    _inherit = "b2b.family.event"

    def _judge_again(self):
        """Judge these events, all of some letters, by what is kept of them.

        :return: how many can be judged, and those of which another verdict was found
        """
        lines = self._company_lines()
        found = {}
        seen = self.filtered(lambda ev: ev.event_type in SEEN and not ev.problem)
        for events in seen.grouped("letter_id").values():
            observed = {event: event._observation() for event in events}
            history = evidence.History(observed.values())
            for event, observation in observed.items():
                verdict = evidence.judge_again(
                    event.verdict_rule or None, observation, history, lines
                )
                if verdict:
                    found[event] = verdict
        return len(seen), self._write_verdicts(found)
