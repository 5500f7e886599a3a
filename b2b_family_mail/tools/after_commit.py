# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

_logger = logging.getLogger(__name__)


def after_commit(records, work):
    """Call ``work`` with ``records`` once the current transaction is committed.

    In a transaction and an environment of their own (the system's, with the same
    context). What fails is logged and does not reach the user, whose work is done:
    the scheduled actions do what is left.
    """
    env, ids = records.env, records.ids
    dbname, context, model = env.cr.dbname, env.context, records._name

    @env.cr.postcommit.add
    def run():
        try:
            with Registry(dbname).cursor() as cr:
                work(api.Environment(cr, SUPERUSER_ID, context)[model].browse(ids))
        except Exception:
            _logger.exception("Work after the commit failed, it is left to the cron")
