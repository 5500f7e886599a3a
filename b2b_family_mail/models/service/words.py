# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

from ...client import B2BFamilyError

# How the client says it, see client/transport.py and client/answers.py.
LATE = re.compile(r"The service did not answer within (\S+) seconds\.")
STATUS = re.compile(r"The service answered HTTP (.+)\.")


class B2BFamilyService(models.AbstractModel):
    """What goes wrong with the service, in words for a person."""

    _inherit = "b2b.family.service"

    @api.model
    def _explain(self, error, reader):
        """Return what a B2BFamilyError means to a person, in the user's language.

        :param reader: the ``res.users`` who reads it: nobody is told to look where
            he may not
        """
        return self._explain_kind(type(error).__name__, error.message, reader)

    @api.model
    def _explain_kind(self, kind, message, reader):
        """Return the words for a kind of error, its class name, and its message."""
        if kind == "Unsendable":
            return message
        message = self._translate_client(message).rstrip(". ")
        # sudo: what the reader may do is asked by whoever has it written
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
                "B2B Family gave no clear answer: %(message)s. "
                "The letter may or may not have been accepted.",
                message=message,
            )
        if kind in ("Rejected", "FileRefused"):
            return self.env._("B2B Family refused: %(message)s", message=message)
        return self.env._(
            "B2B Family gave an answer that cannot be read: %(message)s",
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
    def _translate_client(self, message):
        """Return the client's own words in the user's language.

        The client knows no Odoo and speaks English; what the service said, in
        whatever language, stays as it is.
        """
        words = {
            "The service cannot be reached.": self.env._(
                "The service cannot be reached."
            ),
            "The name of the service's host cannot be resolved.": self.env._(
                "The name of the service's host cannot be resolved."
            ),
            "The service does not accept connections.": self.env._(
                "The service does not accept connections."
            ),
            "No secure connection to the service can be made.": self.env._(
                "No secure connection to the service can be made."
            ),
            "The connection to the service broke before it had answered.": self.env._(
                "The connection to the service broke before it had answered."
            ),
            "The service answered with something else than JSON.": self.env._(
                "The service answered with something else than JSON."
            ),
            "The service's answer is too long.": self.env._(
                "The service's answer is too long."
            ),
            # Said by us, to whoever reads it later in his own language.
            "The login was refused a short while ago.": self.env._(
                "The login was refused a short while ago."
            ),
            "Odoo has no database connection left.": self.env._(
                "Odoo has no database connection left."
            ),
        }
        if found := LATE.fullmatch(message):
            return self.env._(
                "The service did not answer within %(seconds)s seconds.",
                seconds=found[1],
            )
        if found := STATUS.fullmatch(message):
            return self.env._("The service answered HTTP %(status)s.", status=found[1])
        return words.get(message, message)

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
                "title": "B2B Family",
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
