# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters that leave by Odoo's own mail server: a real one, on this machine."""

from common import B2BCase

from odoo.tools import config

from devtools.sandbox.faulty_smtp import FaultyServer


class PostCase(B2BCase):
    """``post`` is the mail server, and the carrier is this Odoo."""

    def setUp(self):
        super().setUp()
        self.post = self.enterContext(FaultyServer())
        servers = type(self.env["ir.mail_server"])
        self.patch(servers, "_disable_send", classmethod(lambda cls: False))
        self.env["ir.mail_server"].search([]).active = False
        options = {"smtp_server": "127.0.0.1", "smtp_port": self.post.port}
        self.patch(config, "options", config.options.new_child(options))
        self.service._set_params({"carrier": "odoo"})
