# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...client import Unavailable
from ...runtime import transact
from ...tools.addresses import read_addresses


class B2BFamilyLetter(models.Model):
    """What a person does about a letter that waits, failed or is in doubt.

    Who may read a letter decides about it: its author, and the managers of the
    company. Each way locks the letters first, so that no worker takes them meanwhile.
    """

    _inherit = "b2b.family.letter"

    def action_try_now(self):
        """Send letters that wait now, not when their time has come.

        :return: the action that tells that it is tried
        """
        letters = self._take("queued")
        if not letters:
            raise UserError(
                self.env._("Only a letter that waits to be sent can be tried now.")
            )
        if error := self._carrier()._obstacle():
            raise UserError(self._carrier()._explain_obstacle(error, self.env.user))
        letters.next_try_date = False
        letters._deliver_after_commit()
        # Where that fails again, little else shows that the button did anything.
        words = self.env._(
            "Odoo tries to send the letter now. If it cannot leave, it says why."
        )
        return letters._pop_up(words, kind="info")

    def action_send_plain(self):
        """Send letters that wait, failed or are in doubt by ordinary mail."""
        stuck = self._take("queued", "failed", "unknown")
        letters = stuck.filtered(lambda lt: lt.mail_id and lt.email)
        if not letters:
            raise UserError(
                self.env._(
                    "Only a letter that waits, failed or is in doubt, with a valid "
                    "address, can be sent by ordinary mail."
                )
            )
        letters.mail_id._b2b_check_leaving(letters.partner_id)
        letters._go_plain()
        return True

    def action_refresh(self):
        """Ask the service about these letters now (button Refresh).

        :return: True, or the action that tells that it cannot be asked now
        """
        self.check_access("read")
        # sudo: users read letters, only the service's word changes them
        letters = self.sudo().filtered(lambda lt: lt.state != "untracked")
        with self._carrier()._errors_for_user():
            try:
                letters._refresh()
            except Unavailable as error:
                return letters._tell_unavailable(error)
        return True

    def action_cancel(self):
        """Do not send letters that still wait."""
        self.check_access("read")
        # sudo: see _take
        if not self.sudo()._cancel():
            raise UserError(
                self.env._("Only a letter that waits to be sent can be cancelled.")
            )
        return True

    def action_look_up(self):
        """Ask the service whether it has the letters in doubt.

        :return: the action that tells what it answered
        """
        self.check_access("read")
        # sudo: see _take
        letters = self.sudo()._that_can_be_asked()
        letters = letters.filtered(lambda lt: lt.state == "unknown")
        with self._carrier()._errors_for_user():
            try:
                for letter in letters:
                    transact(letter.env, letter._look_up())
            except Unavailable as error:
                return letters._tell_unavailable(error)
        told = letters._tell_look_up()
        letters.filtered(lambda lt: lt.state == "queued")._deliver_after_commit()
        return told

    def action_arrived(self):
        """Take letters in doubt for sent: a person knows that they have arrived."""
        letters = self._take("unknown")
        if not letters:
            raise UserError(
                self.env._("Only of a letter in doubt can it be said that it arrived.")
            )
        letters._set_sent({letter: letter.ref for letter in letters})
        return True

    def action_send_again(self):
        """Send failed letters, and those in doubt, to the addresses as they are now.

        :return: True, or the action that asks for addresses which have changed, or
            are missing
        """
        letters = self._take_lost()
        if letters.filtered(lambda letter: letter._is_address_doubtful()):
            return letters._ask_addresses()
        letters._send_again()
        return True

    def action_send_elsewhere(self):
        """Ask for the addresses to which letters that failed shall be sent."""
        return self._take_lost()._ask_addresses()

    # ------------------------------------------------------------
    # TAKE
    # ------------------------------------------------------------

    def _take(self, *states):
        """Return those of the letters that are in one of these states, locked.

        :raise AccessError: the user may not read one of them
        """
        self.check_access("read")
        # sudo: users own their letters' fate, not their fields
        letters = self.sudo().filtered(lambda letter: letter.state in states)
        return letters.try_lock_for_update()

    def _take_lost(self):
        """Return those of the letters that can be sent again, locked.

        :raise UserError: there is none
        """
        letters = self._take("failed", "unknown")
        if not letters:
            raise UserError(
                self.env._("Only a failed letter or one in doubt can be sent again.")
            )
        letters = letters.filtered("mail_id")
        if not letters:
            raise UserError(
                self.env._("The text of this letter is no longer kept as a mail.")
            )
        return letters

    def _cancel(self):
        """Fail the letters that wait, if nobody is sending them; return those."""
        waiting = self.filtered(lambda lt: lt.state == "queued").try_lock_for_update()
        waiting._set_cancelled()
        return waiting

    def _tell_look_up(self):
        """Return the action that tells what the service said of letters in doubt."""
        missing = self.filtered(lambda lt: lt.state == "queued")
        doubtful = self.filtered(lambda lt: lt.state == "unknown")
        lines = (
            (
                self - missing - doubtful,
                self.env._("The letter was sent: B2B Family has it."),
            ),
            (
                missing,
                self.env._(
                    "B2B Family does not have the letter. It is sent once more."
                ),
            ),
            (
                doubtful,
                self.env._(
                    "B2B Family does not find the letter, but may still have accepted "
                    "it. Odoo asks again by itself. You can also send the letter again."
                ),
            ),
        )
        told = [(letters, words) for letters, words in lines if letters]
        if len(self) > 1:
            told = [
                (letters, f"{', '.join(letters.mapped('recipient'))}: {words}")
                for letters, words in told
            ]
        return self._pop_up(
            " ".join(words for _letters, words in told)
            or self.env._("The letter is in doubt no more."),
            kind="warning" if doubtful else "success",
        )

    def _tell_unavailable(self, error):
        """Return the action that tells that the service cannot be asked now."""
        words = self._carrier()._explain_obstacle(error, self.env.user)
        if any(letter.next_try_date or letter.next_sync_date for letter in self):
            words += " " + self.env._("Odoo asks again by itself.")
        return self._pop_up(words, kind="warning")

    def _pop_up(self, words, kind):
        """Return the action that pops ``words`` up and lets the form be read anew."""
        return self._carrier()._notice(
            words, kind=kind, following={"type": "ir.actions.act_window_close"}
        )

    # ------------------------------------------------------------
    # SEND AGAIN
    # ------------------------------------------------------------

    def _send_again(self):
        """Send these letters anew, by ordinary mail where no tracking is wanted.

        :raise UserError: what the author may not read any more would leave
        """
        self.mail_id._b2b_check_leaving(self.partner_id)
        plain = self._filter_refused()
        plain._go_plain()
        tracked = self - plain
        tracked._drop_plain()
        tracked._set_unsent()
        tracked._give_files()
        tracked._requeue()
        tracked._deliver_after_commit()

    def _give_files(self):
        """Give letters the files as they are now, all if they were to go by ordinary mail."""
        for line in self.attachment_ids.filtered(lambda line: line._has_changed()):
            line._take_over()
        for letter in self.filtered(lambda lt: not lt.attachment_ids):
            letter.attachment_ids = [
                Command.create(values)
                for values in letter.mail_id._b2b_prepare_files(letter.carrier)
            ]

    # ------------------------------------------------------------
    # ADDRESSES
    # ------------------------------------------------------------

    def _is_address_doubtful(self):
        """Tell whether a person has to say where the letter is to go."""
        if self.partner_id:
            return not self.email or self.email not in self._contact_addresses()
        return not read_addresses(self.email)

    def _propose_address(self):
        """Return the address to which the letter would go by what is known now."""
        addresses = self._contact_addresses()
        if self.email in addresses or not self.partner_id:
            return self.email
        others = (self.mail_id.b2b_letter_ids - self).mapped("email")
        free = (address for address in addresses if address not in others)
        return next(free, False)

    def _ask_addresses(self):
        """Return the action that asks for the addresses of these letters."""
        lines = [
            Command.create({"letter_id": lt.id, "email": lt._propose_address()})
            for lt in self
        ]
        # sudo: made by nobody but this method, for the user, whose it is
        wizard = self.env["b2b.family.resend"].sudo().create({"line_ids": lines})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Again"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _redirect(self, addresses):
        """Send the letters to other addresses from now on.

        :param dict addresses: by letter: the normalized address
        :raise UserError: somebody would get the letter of one mail twice
        """
        for letter, address in addresses.items():
            others = letter.mail_id.b2b_letter_ids - letter
            taken = [addresses.get(other, other.email) for other in others]
            if address in taken:
                raise UserError(
                    self.env._(
                        "%(address)s gets this letter already. Enter another address.",
                        address=address,
                    )
                )
        moved = {lt: email for lt, email in addresses.items() if lt.email != email}
        rows = {letter: letter._notifications() for letter in moved}
        # No two of one mail share an address, not even on the way.
        letters = self.browse().union(*moved)
        letters.email = False
        letters.flush_recordset()
        for letter, address in moved.items():
            # Whoever has the addresses in what went elsewhere is another reader.
            letter.write({"email": address, "key": self._new_key()})
            if not letter.partner_id:
                rows[letter].mail_email_address = address
