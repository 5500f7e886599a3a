# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from .client import B2BFamilyError
from .models.service.settings import PREFIX

_logger = logging.getLogger(__name__)

# What has been decided about readers holds when the addon is installed again.
KEPT = [f"{PREFIX}consent_policy"]


def uninstall_hook(env):
    """Leave behind an Odoo that works and sends nothing by itself.

    The service is asked to stop calling the route that is about to disappear; an
    unreachable service must not keep the addon installed, so a failure is only
    logged. Letters that still wait would be ordinary outgoing mail from now on,
    and some of them may have been accepted already: they are cancelled, and can
    be retried by hand. Odoo deletes what came with the addon, not what was set since.
    """
    env["mail.mail"].search(
        [("b2b_send", "=", True), ("state", "=", "outgoing")]
    ).cancel()
    service = env["b2b.family.service"]
    try:
        service._unsubscribe(service._get_param("webhook_ref"))
    except B2BFamilyError as error:
        _logger.warning("The webhook could not be unsubscribed: %s", error)
    env["ir.config_parameter"].search(
        [("key", "=like", f"{PREFIX}%"), ("key", "not in", KEPT)]
    ).unlink()
