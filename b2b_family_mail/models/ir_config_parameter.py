# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import api, models

from .service.settings import PREFIX

API_URL, API_KEY = f"{PREFIX}api_url", f"{PREFIX}api_key"
BOUND = {API_URL, f"{PREFIX}email", f"{PREFIX}mail_password"}

# Who delivers letters.
CARRIER = "b2b_family_mail.carrier"


class IrConfigParameter(models.Model):
    """Secrets belong to a host, and the api key to a mailbox.

    Whoever may change the service's address must not learn, at another one, what
    somebody else has typed. And no letter may leave from a mailbox that the settings
    do not show any more. So they are forgotten with the change, whichever way it is
    made, in the same transaction.
    """

    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        keys = {vals.get("key") for vals in vals_list}
        with self._b2b_bound(keys), self._b2b_choice(keys):
            return super().create(vals_list)

    def write(self, vals):
        keys = {*self.mapped("key"), vals.get("key")}
        with self._b2b_bound(keys), self._b2b_choice(keys):
            return super().write(vals)

    def unlink(self):
        keys = {*self.mapped("key")}
        with self._b2b_bound(keys), self._b2b_choice(keys):
            return super().unlink()

    @contextmanager
    def _b2b_choice(self, keys):
        """Let letters that wait follow if the block, which touches ``keys``, chooses anew."""
        yield
        if CARRIER in keys:
            # sudo: the letters that wait, of all companies
            self.env["b2b.family.letter"].sudo()._follow_choice()

    @contextmanager
    def _b2b_bound(self, keys):
        """Forget what the block, which touches ``keys``, makes another's secret."""
        if not keys & BOUND:
            yield
            return
        service = self.env["b2b.family.service"]
        host, login = service._host(), service._login_values()
        yield
        if service._host() != host:
            service._forget_secrets()
        elif service._login_values() != login and API_KEY not in keys:
            service._set_params({"api_key": False})
