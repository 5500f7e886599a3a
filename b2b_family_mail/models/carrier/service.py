# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ...client import OutgoingLetter
from ...runtime import let_go
from ..service.settings import Unsendable
from .carrier import prepare_each


class B2BFamilyService(models.AbstractModel):
    """B2B Family as the carrier of letters: it delivers them, and watches.

    The questions are those of ``b2b.family.carrier``.
    """

    _inherit = "b2b.family.service"

    @api.model
    def _find_files(self, letters):
        files = letters.attachment_ids
        files._find_refs()
        return files.filtered("ref")

    @api.model
    def _find_ready(self, letters):
        return letters.filtered(lambda lt: all(lt.attachment_ids.mapped("ref")))

    @api.model
    def _prepare_letters(self, letters):
        return prepare_each(letters, self._prepare_letter)

    @api.model
    def _recover(self, letters):
        return {}  # the service itself is asked

    @api.model
    def _send_letters(self, outgoing, until=None):
        return self._call_each(
            "send", {letter: (content,) for letter, content in outgoing.items()}, until
        )

    @api.model
    def _find_letters(self, letters):
        return self._call_each("find", {letter: (letter.key,) for letter in letters})

    @api.model
    def _ask_letters(self, letters):
        return self._call_each(
            "statistics", {letter: (letter.ref,) for letter in letters}
        )

    @api.model
    def _make_link(self, letter):
        for error in letter.attachment_ids._upload_missing().values():
            raise error
        account, content = letter.account_id, self._prepare_letter(letter)
        let_go(self.env)
        # The answer with the link does not name the letter.
        link = self._call("generate_link", account, content)
        [ref] = self._find_letters(letter).values()
        return link, isinstance(ref, str) and ref

    @api.model
    def _call_each(self, method, arguments, until=None):
        """Call the service once for each letter, by the account it goes by.

        What was written is committed, and nothing held meanwhile.

        :param dict arguments: by letter: tuple of arguments
        """
        calls = [(letter.account_id, args) for letter, args in arguments.items()]
        let_go(self.env)
        outcomes = self._call_all(method, calls, until)
        return dict(zip(arguments, outcomes, strict=True))

    @api.model
    def _prepare_letter(self, letter):
        """Return a letter in the client's terms, in the language of its author.

        :raise Unsendable: its text is gone or something in it cannot be sent
        """
        mail = letter.mail_id
        if not mail:
            raise Unsendable(letter.env._("The mail was deleted before it was sent."))
        try:
            return OutgoingLetter(
                to=letter.email or "",
                subject=mail.subject or letter.env._("(no subject)"),
                html=letter._outgoing_html(),
                key=letter.key,
                from_name=mail.author_id.name or "",
                reply_to=letter._answer_address(),
                attachments=tuple(letter.attachment_ids._attached().mapped("ref")),
                **self._prepare_notices(),
            )
        except ValueError as error:
            raise Unsendable(str(error)) from None

    @api.model
    def _prepare_notices(self):
        """Return which notices of its own the service shall send to the author."""
        days = self._get_int_param("not_open_days", 0)
        return {
            "email_enable": bool(self._get_param("service_email")),
            "sms_enable": bool(self._get_param("service_sms")),
            "not_open_timeout": days or None,
        }
