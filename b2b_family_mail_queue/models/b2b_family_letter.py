# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import math
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from odoo.addons.b2b_family_mail.client import Unavailable
from odoo.addons.b2b_family_mail.models.letter.inbox.ask import SYNC_BATCH
from odoo.addons.b2b_family_mail.models.letter.outbox.at_once import SEND_AT_ONCE
from odoo.addons.b2b_family_mail.models.letter.outbox.claim import SEND_BATCH
from odoo.addons.b2b_family_mail.runtime import transact

_logger = logging.getLogger(__name__)

# Jobs of one kind that may wait for what is due. How many of them run at the same
# time is for the channels to say.
LANES = 8
# A job leaves the rest to the next one of its lane after so long: well below the
# time that Odoo gives a request (limit_time_real, 120 s).
LANE_SECONDS = 20
# Jobs that wait so long, while none is begun, have no runner.
PATIENCE_MINUTES = 5
# The lower goes first: somebody waits for the letter just written, a mailing can be
# overtaken, news are never urgent.
PRIORITY_WRITTEN, PRIORITY_MAILING = 5, 10
PRIORITIES = {"_job_send_due": 15, "_job_sync_due": 20}


class B2BFamilyLetter(models.Model):
    """Letters are sent and asked about by jobs, in as many processes as there are.

    New letters have jobs of their own, committed together with them. Whatever is
    due later goes by lanes: the scheduled actions see to it that a job waits in
    each lane that is needed, and it takes what is due, batch by batch. So neither
    a backlog nor an outage fills the table of jobs: when to try again is written
    on the letters, and a job that meets an outage is done.

    Any job may run twice, or be killed: what protects is the claim on the letters.
    """

    _inherit = "b2b.family.letter"

    # ------------------------------------------------------------
    # ENQUEUE
    # ------------------------------------------------------------

    def _deliver_after_commit(self, fresh=False):
        if not self or self._is_runner_missing():
            return super()._deliver_after_commit(fresh)
        written = len(self) <= SEND_AT_ONCE
        jobs = self.with_user(SUPERUSER_ID).delayable(
            priority=PRIORITY_WRITTEN if written else PRIORITY_MAILING
        )
        jobs._job_send().split(SEND_BATCH).delay()

    @api.model
    def _send_due(self):
        if self._is_runner_missing():
            return super()._send_due()
        if not self._carrier()._obstacle():
            self._fill_lanes("_job_send_due", self._due(), SEND_BATCH)

    @api.model
    def _sync_due(self):
        if self._is_runner_missing():
            return super()._sync_due()
        self._fill_lanes("_job_sync_due", self._due_for_sync(), SYNC_BATCH)

    @api.model
    def _fill_lanes(self, method, due, batch):
        """See to it that a job waits for each batch that is due, up to LANES."""
        count = self.search_count(due, limit=LANES * batch)
        for lane in range(math.ceil(count / batch)):
            self._enqueue_lane(method, lane)

    @api.model
    def _enqueue_lane(self, method, lane):
        """Have ``method`` run in a lane, unless a job waits there already."""
        jobs = self.browse().with_user(SUPERUSER_ID)
        delayed = jobs.with_delay(
            identity_key=f"{self._name}.{method}.{lane}", priority=PRIORITIES[method]
        )
        getattr(delayed, method)(lane)

    @api.model
    def _is_runner_missing(self):
        """Tell whether nobody runs our jobs, so that letters must go without them."""
        jobs = self.env["queue.job"].sudo()
        ours = Domain("model_name", "=", self._name)
        lately = fields.Datetime.now() - timedelta(minutes=PATIENCE_MINUTES)
        waiting = ours & Domain(
            [("state", "in", ("pending", "enqueued")), ("date_created", "<", lately)]
        )
        begun = ours & Domain("date_started", ">=", lately)
        missing = jobs.search_count(waiting, limit=1) and not jobs.search_count(
            begun, limit=1
        )
        if missing:
            _logger.warning(
                "Jobs wait and none was begun for %s minutes: is the runner of "
                "queue_job on? The scheduled actions do the work meanwhile",
                PATIENCE_MINUTES,
            )
        return bool(missing)

    # ------------------------------------------------------------
    # JOBS
    # ------------------------------------------------------------

    def _job_send(self):
        """Send these letters"""
        self._deliver(letter_ids=self.ids)

    @api.model
    def _job_send_due(self, lane):
        """Send letters that are due"""
        self._deliver(self._lane_progress("_job_send_due", lane))

    @api.model
    def _job_sync_due(self, lane):
        """Ask what became of letters"""
        progress = self._lane_progress("_job_sync_due", lane)
        while letters := transact(self.env, self._lease_due):
            try:
                letters._sync()
            except Unavailable:
                return
            if not progress(len(letters)):
                return

    @api.model
    def _lane_progress(self, method, lane):
        """Return a function that tells, after a batch, whether to go on.

        When time is up, it leaves the rest to the next job of the lane.
        """
        end = time.monotonic() + LANE_SECONDS

        def progress(_done):
            if time.monotonic() < end:
                return True
            self._enqueue_lane(method, lane)
            return False

        return progress

    @api.model
    def _lease_due(self):
        """Take letters to ask about: nobody else asks for the time of one period.

        Nothing has to be repaired when the job dies: they are due again then.
        """
        letters = self.search(
            self._due_for_sync(), order="next_sync_date, id", limit=LANES * SYNC_BATCH
        ).try_lock_for_update(limit=SYNC_BATCH)
        letters._schedule_sync()
        return letters
