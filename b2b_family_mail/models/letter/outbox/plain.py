# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.mail import formataddr

from ....runtime import after_commit, may_commit, transact

SHOWN = 300  # characters of what a mail server said


class B2BFamilyLetter(models.Model):
    """A letter that goes by ordinary mail instead, untracked.

    Because the reader does not want to be tracked, or because somebody decides so
    for a letter that is stuck. Each goes as a mail of its own, so that what became of
    that is what became of the letter: it is handed over as long as it has no date, and
    gone, or failed, when core says so.
    """

    _inherit = "b2b.family.letter"

    plain_mail_id = fields.Many2one(
        "mail.mail",
        "Ordinary Mail",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups="base.group_system",
        help="The copy that Odoo's own outgoing mail sends, until it is sent.",
    )

    tally_id = fields.Many2one(
        "b2b.family.tally",
        "Counted without a Person",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Its ordinary mail has the picture that is the same in all such letters of "
        "the mailing.",
    )

    # _cron_send(): the letters that were handed over.
    _handed_over_idx = models.Index(
        "(id) WHERE state = 'untracked' AND sent_date IS NULL"
    )

    def _go_plain(self):
        """Take these letters away from the service, and send them by ordinary mail."""
        self._set_handed_over()
        self._send_plain()
        self._after_change()

    def _send_plain(self):
        """Hand these letters over to Odoo's own outgoing mail."""
        self._drop_plain()
        self._join_tally()
        copies = self.env["mail.mail"]
        for letter in self:
            mail = letter.mail_id
            letter.plain_mail_id = mail.copy(letter._prepare_plain())
            letter._notifications().mail_mail_id = letter.plain_mail_id
            copies += letter.plain_mail_id
        after_commit(self, "_leave")

    def _join_tally(self):
        """Have opens of these letters counted, of a mailing of which they are.

        Not of a reader who has refused anything, nor of one who may be tracked and gets
        ordinary mail all the same.
        """
        counted = self.filtered("mail_id.b2b_tally_id")
        if counted and self.env["b2b.family.tally"]._is_on():
            for letter in counted._unasked():
                letter.tally_id = letter.mail_id.b2b_tally_id

    def _leave(self):
        """Have the ordinary mails sent, each committed once it has left."""
        # Again, if one was written to meanwhile: before it calls the mail server, core
        # writes to the mail itself.
        transact(self.env, self._send_copies)

    def _send_copies(self):
        # Who holds one sends or deletes it.
        copies = self.exists().plain_mail_id.try_lock_for_update()
        copies.send(auto_commit=may_commit())

    def _prepare_plain(self):
        """Return what the copy for this reader has different from the mail."""
        mail = self.mail_id
        return {
            "b2b_plain": True,
            "mail_message_id": mail.mail_message_id.id,
            # The message belongs to the letter: it outlives this mail.
            "is_notification": True,
            "b2b_send": False,
            "state": "outgoing",
            # It is deleted once the letter knows that it was sent.
            "auto_delete": False,
            "recipient_ids": False,
            "email_to": formataddr((self.partner_id.name, self.email)),
            "email_cc": False,
            "headers": mail.headers,
            "b2b_tally_id": self.tally_id.id,
        }

    def _drop_plain(self):
        """Cancel the copies that did not leave: the letters go another way now."""
        copies = self.plain_mail_id
        self.plain_mail_id = False
        self.filtered("tally_id").tally_id = False
        copies.filtered(lambda mail: mail.state != "sent").write({"state": "cancel"})

    # ------------------------------------------------------------
    # OUTCOME
    # ------------------------------------------------------------

    @api.model
    def _settle_handed_over(self):
        """Settle what could not be settled when core sent it.

        Because of a collision there, or because somebody deleted the copy.
        """
        ended = Domain("plain_mail_id", "=", False)
        ended |= Domain("plain_mail_id.state", "!=", "outgoing")
        waiting = Domain("state", "=", "untracked") & Domain("sent_date", "=", False)
        self.search(waiting & ended)._settle_plain()

    def _settle_plain(self):
        """Write down what core says of the ordinary mails of these letters."""
        gone = self.browse()
        for letter in self.filtered(lambda lt: lt.state in ("untracked", "failed")):
            mail = letter.plain_mail_id
            if mail.state == "sent":
                gone |= letter
            elif mail.state != "outgoing":
                letter = letter._in_author_language()
                letter._set_failed(letter._plain_words())
        if gone:
            gone._set_left()
            gone.plain_mail_id.unlink()

    def _plain_words(self):
        """Return why the ordinary mail did not leave, in the language of the letter."""
        mail = self.plain_mail_id
        if not mail:
            return self.env._("The mail was deleted before it was sent.")
        if mail.state == "cancel":
            return self.env._("Sending was cancelled.")
        return self.env._("Ordinary mail: %(reason)s", reason=self._plain_details())

    def _plain_details(self):
        """Return why core could not send the ordinary mail, in words."""
        mail = self.plain_mail_id
        kinds = dict(mail._fields["failure_type"]._description_selection(self.env))
        kind = mail.failure_type != "unknown" and kinds.get(mail.failure_type)
        said = " ".join((mail.failure_reason or "").split())[:SHOWN]
        if kind and said:
            return self.env._("%(kind)s. %(details)s", kind=kind, details=said)
        return kind or said or kinds["unknown"]
