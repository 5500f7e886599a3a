# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import api, models

from .b2b_family_service import PREFIX

API_URL = f"{PREFIX}api_url"


class IrConfigParameter(models.Model):
    """Secrets belong to the host that they were typed for.

    Whoever may change the service's address must not learn, at another one, what
    somebody else has typed. So they are forgotten with the change, whichever way it
    is made, in the same transaction.
    """

    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        with self._b2b_bound_to_host({vals.get("key") for vals in vals_list}):
            return super().create(vals_list)

    def write(self, vals):
        with self._b2b_bound_to_host({*self.mapped("key"), vals.get("key")}):
            return super().write(vals)

    def unlink(self):
        with self._b2b_bound_to_host({*self.mapped("key")}):
            return super().unlink()

    @contextmanager
    def _b2b_bound_to_host(self, keys):
        """Forget the secrets if the block, which touches ``keys``, changes the host."""
        if API_URL not in keys:
            yield
            return
        service = self.env["b2b.family.service"]
        before = service._host()
        yield
        if service._host() != before:
            service._forget_secrets()
