# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import api, fields, models

from ...client import Misconfigured
from ...runtime import own_transaction
from ..service.status import SUCCESS_SECONDS, _logger


class B2BFamilyServiceStatus(models.Model):
    """How it went lately with the mail servers by which this Odoo delivers letters.

    A row for each, beside those of the accounts at the service.
    """

    _inherit = "b2b.family.service.status"

    @api.depends("is_mail_server", "mail_server_id")
    def _compute_display_name(self):
        of_mail = self.filtered("is_mail_server")
        for status in of_mail:
            # sudo: whoever reads the status may know which it is
            name = status.mail_server_id.sudo().name
            status.display_name = name or self.env._("Outgoing mail of this Odoo")
        return super(B2BFamilyServiceStatus, self - of_mail)._compute_display_name()

    def _explain_last(self, reader):
        if not self.is_mail_server:
            return super()._explain_last(reader)
        post = self.env["b2b.family.post"]
        return post._explain_kind(self.last_error_kind, self.last_error_message)

    @api.model
    def _get_server(self, server):
        # sudo: a mail server is nobody's own, and everybody sends by it
        return self.sudo().search(
            [("is_mail_server", "=", True), ("mail_server_id", "=", server.id)]
        )

    @api.model
    def _note_server_success(self, server):
        """Write down that a letter was taken, at most once a minute and process."""
        if self._is_noted(("mail", server.id), SUCCESS_SECONDS):
            return

        def note(status):
            status.last_success_date = fields.Datetime.now()
            status._end_alert()

        self._write_down_server(server, note)

    @api.model
    def _note_server_error(self, server, error):
        """Write down what went wrong; what has to be mended is told the administrator.

        Once: until a letter is taken by this server again.
        """
        self._forget_noted(("mail", server.id))
        values = self._prepare_error(error)

        def note(status):
            status.write(values)
            if isinstance(error, Misconfigured) and not status.activity_ids:
                status._alert()

        self._write_down_server(server, note)

    @api.model
    def _write_down_server(self, server, note):
        """Call ``note`` with the server's row, and commit; see _write_down()."""
        try:
            with own_transaction(self.env) as env:
                status = self.with_env(env)
                env.cr.execute(
                    "INSERT INTO b2b_family_service_status"
                    " (is_mail_server, mail_server_id)"
                    " VALUES (true, %s) ON CONFLICT DO NOTHING",
                    [server.id or None],
                    log_exceptions=False,
                )
                note(status._get_server(server))
        except (OperationalError, PoolError) as error:
            _logger.debug("The status of a mail server was not written: %s", error)
