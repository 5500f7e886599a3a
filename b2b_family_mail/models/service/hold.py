# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# database -> its id; neither changes while a process lives
_instances = {}


class B2BFamilyService(models.AbstractModel):
    """A copy of the database does nothing until an administrator says that it may.

    A backup restored elsewhere would send the waiting letters a second time, ask
    about all others and take the webhook away from the real Odoo.
    """

    _inherit = "b2b.family.service"

    @api.model
    def _instance(self):
        """Return an id of this very database on this very PostgreSQL server.

        A dump does not carry it, so a restored or duplicated database has another
        one. (A copy of the server's disk has the same: neutralize such copies.)
        """
        dbname = self.env.cr.dbname
        if dbname not in _instances:
            self.env.cr.execute(
                """SELECT (SELECT system_identifier FROM pg_control_system())
                          || '.' || oid
                     FROM pg_database WHERE datname = current_database()"""
            )
            _instances[dbname] = self.env.cr.fetchone()[0]
        return _instances[dbname]

    @api.model
    def _is_on_hold(self):
        """Tell whether this is a copy that nobody has confirmed yet."""
        home = self._get_param("instance")
        return bool(home) and home != self._instance()

    @api.model
    def _settle_in(self, confirmed=False):
        """Remember that this database is the real one: the first that logs in is.

        :param bool confirmed: an administrator says that this copy is the real one
        """
        if confirmed or not self._get_param("instance"):
            self._set_params({"instance": self._instance()})

    @api.model
    def _hold_words(self):
        return self.env._(
            "this database is not the one that was set up: it is a copy, or its "
            "PostgreSQL server was upgraded or replaced. An administrator has to "
            "confirm under Settings > B2B Family that it is the real one"
        )
