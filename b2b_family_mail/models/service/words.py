# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

from ...client import B2BFamilyError


class B2BFamilyService(models.AbstractModel):
    """What goes wrong with the service, in words for a person."""

    _inherit = "b2b.family.service"

    @api.model
    def _explain(self, error, reader):
        """Return what a B2BFamilyError means to a person, in the user's language.

        :param reader: the ``res.users`` who reads it: nobody is told to look where
            he may not
        """
        message = self._say(error.message, error.reason, error.detail)
        return self._explain_kind(type(error).__name__, message, reader)

    @api.model
    def _explain_kind(self, kind, message, reader):
        """Return the words for a kind of error, its class name, and what it says."""
        if kind == "Unsendable":
            return message
        message = message.rstrip(". ")
        # sudo: whoever causes the words asks what their reader may do
        mends = bool(reader) and reader.sudo()._is_system()
        if kind == "OnHold":
            return self.env._("Nothing is sent: %(why)s.", why=self._hold_words())
        if kind == "Misconfigured":
            return self._explain_misconfigured(message, mends)
        if kind == "AuthenticationFailed" and not mends:
            return self.env._(
                "B2B Family did not accept the account: %(message)s. "
                "If it is your own mailbox, check the e-mail and the password under "
                "My Preferences > B2B Family. If not, an administrator has to.",
                message=message,
            )
        if kind == "AuthenticationFailed":
            return self.env._(
                "B2B Family did not accept the account: %(message)s. "
                "Check the keys, the e-mail and the password under "
                "Settings > B2B Family, those of an own mailbox under "
                "My Preferences > B2B Family.",
                message=message,
            )
        if kind == "Unavailable":
            return self.env._(
                "B2B Family cannot be reached at the moment: %(message)s. "
                "Nothing is lost.",
                message=message,
            )
        if kind == "OutcomeUnknown":
            return self.env._(
                "B2B Family gave no clear answer: %(message)s.",
                message=message,
            )
        if kind in ("Rejected", "FileRefused"):
            return self.env._("B2B Family refused: %(message)s.", message=message)
        return self.env._(
            "B2B Family gave an answer that cannot be read: %(message)s.",
            message=message,
        )

    @api.model
    def _explain_misconfigured(self, message, mends):
        """Return the words for what only an administrator can mend."""
        if mends:
            return self.env._(
                "The set-up keeps letters from being sent: %(message)s. Check the "
                "service address under Settings > B2B Family, the system parameters "
                "b2b_family_mail.*, and what stands between Odoo and the internet. "
                "Letters that wait leave by themselves afterwards.",
                message=message,
            )
        return self.env._(
            "B2B Family is not set up correctly at the moment; an administrator has "
            "been told. Nothing is lost: letters that wait leave by themselves once "
            "it is mended."
        )

    @api.model
    def _say(self, message, reason, detail):
        """Return what an error says, in the user's language.

        :param str reason: what of our own it is, see ``client.REASONS``; empty: the
            service said it, in whatever language, and so it stays
        """
        if reason == "late":
            return self.env._(
                "The service did not answer within %(seconds)s seconds.",
                seconds=detail,
            )
        if reason == "http_status":
            return self.env._("The service answered HTTP %(status)s.", status=detail)
        return self._own_words().get(reason, message)

    @api.model
    def _own_words(self):
        """Return the sentences of ours in which nothing is filled in, by reason."""
        return {
            "unreachable": self.env._("The service cannot be reached."),
            "unknown_host": self.env._(
                "The name of the service's host cannot be resolved."
            ),
            "no_connection": self.env._("The service does not accept connections."),
            "not_secure": self.env._(
                "No secure connection to the service can be made."
            ),
            "broken_off": self.env._(
                "The connection to the service broke before it had answered."
            ),
            "no_json": self.env._(
                "The service answered with something else than JSON."
            ),
            "too_long": self.env._("The service's answer is too long."),
            "packed": self.env._("The service's answer is packed in an unknown way."),
            "no_key": self.env._("There is no api key; log in first."),
            "file_name": self.env._(
                "The name of the file is empty, or has a line break in it."
            ),
            "file_unreadable": self.env._("The file cannot be read."),
            "file_shrank": self.env._(
                "The file became shorter while it was being sent."
            ),
            # Said by us, to whoever reads it later in his own language.
            "login_paused": self.env._("The login was refused a short while ago."),
            "no_database_connection": self.env._(
                "Odoo has no database connection left."
            ),
        }

    @api.model
    def _success_notice(self, message):
        """Return the action that tells of a success and shows the screen anew."""
        return self._notice(
            message,
            kind="success",
            following={"type": "ir.actions.client", "tag": "soft_reload"},
        )

    @api.model
    def _notice(self, message, kind, following):
        """Return the action that pops ``message`` up and then does ``following``."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": following,
            },
        }

    @api.model
    @contextmanager
    def _errors_for_user(self):
        """Turn the client's errors into a UserError with words for a person."""
        try:
            yield
        except B2BFamilyError as error:
            raise UserError(self._explain(error, self.env.user)) from None
