# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import secrets

from odoo import api, models
from odoo.exceptions import UserError

from ...client import B2BFamilyError, Rejected, check_url
from ...runtime import let_go, transact
from .settings import allow_loopback

_logger = logging.getLogger(__name__)


class B2BFamilyService(models.AbstractModel):
    """The subscription by which the service calls this Odoo."""

    _inherit = "b2b.family.service"

    @api.model
    def _webhook_url(self, token):
        """Return the address for the service to call.

        :raise UserError: the service cannot call it, or not in secret
        """
        # sudo: the address of this Odoo is no secret, but a system parameter
        base_url = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        url = f"{base_url}/b2b_family/webhook/"
        try:
            check_url(url, allow_loopback())
        except ValueError:
            raise UserError(
                self.env._(
                    "B2B Family cannot report to %(url)s: it must be a public https "
                    "address. Correct the system parameter web.base.url.",
                    url=base_url,
                )
            ) from None
        return url + token

    @api.model
    def _subscribe(self):
        """Let the service call us, on an address that only it is told.

        What was typed is committed before, so that nothing is held meanwhile. The new
        subscription first: if that fails, the old one is as it was. The old one, of a
        token that is none any more, can do no harm.
        """
        token = secrets.token_urlsafe(32)
        url = self._webhook_url(token)
        old = self._get_param("webhook_ref")
        let_go(self.env)
        ref = self._call("subscribe", self._common_account(), url)
        known = {"webhook_token": token, "webhook_ref": ref}
        transact(self.env, lambda: self._set_params(known))
        if old and old != ref:
            try:
                self._call("unsubscribe", self._common_account(), old)
            except B2BFamilyError as error:
                _logger.info("The old webhook was not unsubscribed: %s", error)

    @api.model
    def _unsubscribe(self, ref):
        """End a subscription, and forget it.

        :param str ref: the service's id of it, empty if there is none
        """
        if ref:
            try:
                self._call("unsubscribe", self._common_account(), ref)
            except Rejected as error:
                # It is gone already, which is what was wanted.
                _logger.info("The service no longer knew the webhook: %s", error)
        self._set_params({"webhook_token": False, "webhook_ref": False})
