# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools.mail import email_split
from odoo.tools.misc import consteq, hmac

# catchall+b2b-17.89ab-0123456789abcdef@shop.example
MARK = "+b2b-"
SIGNATURE = 16  # digits: 64 bits
READER = 4  # digits that tell one reader of a letter from the one before
MAX_LOCAL = 64  # characters before the "@", by RFC 5321


class B2BFamilyLetter(models.Model):
    """Answers to a letter: where they go, and which letter it is that was answered.

    Odoo knows an answer by the Message-ID that it refers to. A letter that goes by the
    service has one of the service's, which we are not told: so its answers go to an
    address that names the letter. Signed, since numbers could be counted up.
    """

    _inherit = "b2b.family.letter"

    # ------------------------------------------------------------
    # ADDRESS
    # ------------------------------------------------------------

    def _answer_address(self):
        """Return where answers to the letter go.

        To its own name at Odoo's catchall address, where core would send them back to
        the reader, as it cannot tell what they answer. Any other address is kept: whoever
        reads there takes mail on his own terms.
        """
        mail = self.mail_id
        address = mail._b2b_reply_to()
        local, _at, domain = address.rpartition("@")
        name = self._answer_name()
        local += f"{MARK}{name}-{self._answer_signature(name)}"
        named = mail._b2b_is_catchall(address) and len(local) <= MAX_LOCAL
        return f"{local}@{domain}" if named else address

    def _answer_name(self):
        """Return what names the letter, for as long as it is for the same reader."""
        return f"{self.id}.{self._answer_signature(self.key)[:READER]}"

    @api.model
    def _answer_signature(self, name):
        # su: the secret of the database
        env = self.env(su=True)
        return hmac(env, "b2b_family_mail.answer", name)[:SIGNATURE]

    @api.model
    def _named_in(self, addresses):
        """Return the letter that one of the addresses of a mail names, if any.

        What is not signed by us costs no query.

        :param str addresses: as in the head of a mail
        :return: the letter; whether the address was given to who is its reader now.
            Before 19.0.1.7.0 it did not say to whom
        """
        if MARK not in addresses.lower():
            return self.browse(), False
        for address in email_split(addresses):
            _local, _mark, name = address.lower().rpartition("@")[0].partition(MARK)
            name, _dash, signature = name.partition("-")
            ours = self._answer_signature(name)
            if signature.isascii() and consteq(ours, signature):
                number, _dot, reader = name.partition(".")
                letter = self.browse(int(number)).exists()
                return letter, not reader or name == letter._answer_name()
        return self.browse(), False

    # ------------------------------------------------------------
    # ANSWER
    # ------------------------------------------------------------

    @api.model
    def _find_answered(self, message, named, is_readers, email, partner):
        """Return the letter that somebody has answered, or none if nobody can tell.

        :param message: ``mail.message`` that was answered
        :param named: the letter whose name the answer was sent to
        :param bool is_readers: that name was given to its reader, and not to whom it
            was for before it was sent elsewhere
        :param str email: the normalized address of whoever answers
        :param partner: ``res.partner`` who answers, if known
        """
        letters = named
        if message:
            letters |= self.search([("message_id", "=", message.id)])
        if not letters or letters[0]._is_own_side(email, partner):
            return self.browse()
        ways = (
            letters.filtered(lambda lt: email and lt.email == email),
            letters.filtered(lambda lt: partner and lt.partner_id == partner),
            named if is_readers else self.browse(),
            # A colleague of the only reader; not somebody who got the message another way.
            (letters if is_readers or not named else self.browse()).filtered(
                lambda lt: partner not in lt._other_readers()
            ),
        )
        found = next((way for way in ways if len(way) == 1), self.browse())
        # Whoever does not want to be tracked is not, not even by what he writes himself.
        # Nothing new is recorded of a reader who was erased.
        return found.filtered(lambda lt: lt.email and lt.state != "untracked")

    def _is_own_side(self, email, partner):
        """Tell whether this is the author, or a colleague: they answer no letters."""
        author = self.author_id
        is_author = partner == author or (email and email == author.email_normalized)
        return is_author or bool(partner and not partner.partner_share)

    def _other_readers(self):
        """Return who else got the message, beside the reader of this letter."""
        return self.message_id.notification_ids.res_partner_id - self.partner_id

    def _take_answer(self, mail_id, date, email):
        """Take in that the letter was answered.

        :param str mail_id: the Message-ID of the answer
        :param datetime date: when it was written, by the clock of its writer
        """
        now = fields.Datetime.now()
        values = {"date": date if (self.sent_date or now) <= date <= now else now}
        if email != self.email:
            values["other_email"] = email
        self.env["b2b.family.event"]._take_mail(self, "reply", mail_id, **values)

    # ------------------------------------------------------------
    # BOUNCE
    # ------------------------------------------------------------

    @api.model
    def _find_bounced(self, message, email):
        """Return the letter of a message that came back from an address, if known."""
        letters = self.search([("message_id", "=", message.id), ("email", "!=", False)])
        if email:
            letters = letters.filtered(lambda letter: letter.email == email)
        return letters if len(letters) == 1 else self.browse()

    def _take_bounce(self, mail_id, diagnostic):
        """Take in that the letter came back.

        :param str mail_id: the Message-ID of the mail that says so
        :param str diagnostic: what the reader's mail server said, empty if nothing
        """
        values = {"payload": Json({"diagnostic": diagnostic})} if diagnostic else {}
        self.env["b2b.family.event"]._take_mail(self, "bounce", mail_id, **values)
