# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from ...client import OutgoingLetter
from ..service.settings import OnHold, Unsendable


class B2BFamilyService(models.AbstractModel):
    """B2B Family as the carrier of letters: it delivers them, and watches.

    What a letter asks of its carrier is here, and nothing else of a letter knows the
    service: whether it can send now, what became of letters handed in, whether it has
    a letter of a certain key, and what it knows of letters.
    """

    _inherit = "b2b.family.service"

    @api.model
    def _obstacle(self):
        """Return the error because of which nothing can be sent now, or None."""
        return OnHold(call="send") if self._is_on_hold() else None

    @api.model
    def _send_letters(self, outgoing, until=None):
        """Hand letters in, once each.

        :param dict outgoing: by letter: what _prepare_letter() returned
        :param float until: monotonic time after which none is handed in any more
        :return: dict by letter: the id it has here, the ``B2BFamilyError``, or NOT_BEGUN
        """
        return self._call_each(
            "send", {letter: (content,) for letter, content in outgoing.items()}, until
        )

    @api.model
    def _find_letters(self, letters):
        """Ask whether there are letters of these keys.

        :return: dict by letter: the id it has here, None if there is none, or the
            ``B2BFamilyError`` because of which that cannot be told
        """
        return self._call_each("find", {letter: (letter.key,) for letter in letters})

    @api.model
    def _ask_letters(self, letters):
        """Ask what is known of letters.

        :return: dict by letter: ``client.Statistics`` or the ``B2BFamilyError``
        """
        return self._call_each(
            "statistics", {letter: (letter.ref,) for letter in letters}
        )

    @api.model
    def _make_link(self, letter):
        """Make a link under which the letter can be read.

        :return: the link, and the id that the letter has here; False if that cannot be
            told now: the answer with the link has none
        :raise B2BFamilyError: it could not be made
        """
        for error in letter.attachment_ids._upload_missing().values():
            raise error
        content = self._prepare_letter(letter)
        link = self._call("generate_link", letter.account_id, content)
        [ref] = self._find_letters(letter).values()
        return link, isinstance(ref, str) and ref

    @api.model
    def _call_each(self, method, arguments, until=None):
        """Call the service once for each letter, by the account it goes by.

        :param dict arguments: by letter: tuple of arguments
        """
        calls = [(letter.account_id, args) for letter, args in arguments.items()]
        outcomes = self._call_all(method, calls, until)
        return dict(zip(arguments, outcomes, strict=True))

    @api.model
    def _prepare_letter(self, letter):
        """Return a letter in the client's terms, in the language of its author.

        :raise Unsendable: its text is gone or something in it cannot be sent
        """
        mail = letter.mail_id
        if not mail:
            raise Unsendable(self.env._("The mail was deleted before it was sent."))
        try:
            return OutgoingLetter(
                to=letter.email or "",
                subject=mail.subject or self.env._("(no subject)"),
                html=letter._with_consent_line(
                    mail._b2b_prepare_body(letter.partner_id)
                ),
                key=letter.key,
                from_name=mail.author_id.name or "",
                reply_to=letter._answer_address(),
                attachments=tuple(letter.attachment_ids.mapped("ref")),
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
