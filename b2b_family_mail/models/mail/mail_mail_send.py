# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from psycopg2 import OperationalError

from odoo import fields, models
from odoo.fields import Command
from odoo.tools import SQL

from ...runtime import committed
from ...tools.addresses import read_contact, read_each

_logger = logging.getLogger(__name__)

SHOWN = 100  # characters that are shown of what is no address


class MailMail(models.Model):
    """How a mail becomes letters of the service, and learns what became of them."""

    _inherit = "mail.mail"

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send ours by B2B Family and the rest as core does.

        :raise AccessError: a person asks who is no administrator
        """
        self._b2b_check_trusted()
        ours = self.filtered("b2b_send")
        if not ours:
            return super().send(
                auto_commit=auto_commit,
                raise_exception=raise_exception,
                post_send_callback=post_send_callback,
            )
        if auto_commit:
            ours._b2b_submit_in_queue()
        else:
            ours._b2b_submit()
        if post_send_callback:
            post_send_callback(ours.ids)
        others = self - ours
        return not others or others.send(
            auto_commit=auto_commit,
            raise_exception=raise_exception,
            post_send_callback=post_send_callback,
        )

    def _b2b_submit_in_queue(self):
        """Submit for core's queue, which must not stop at a collision.

        The button, or another worker, may be at the very same mails: it does what
        is to be done, and the rest of the queue is not to suffer.
        """
        for apart in (False, True):
            try:
                with committed(self.env):
                    return self._b2b_submit(apart)
            except OperationalError:
                _logger.info("Mails %s are being sent by another process", self.ids)
                return None
            except Exception:
                # Of which mail is found out, and nothing was sent.
                if apart:
                    raise

    def _b2b_submit(self, apart=True):
        """Split each mail into letters, queued, and have them sent after commit.

        A mail that has its letters already is left alone, so that pressing
        twice, core's queue and a replayed transaction send nothing twice. So is a
        draft: it leaves by its button, which makes it outgoing.

        :param bool apart: a mail that cannot be processed costs itself only
        """
        # sudo: the letters are written by the system, whoever sends the mail
        mails = self.sudo().filtered(
            lambda mail: mail.state in ("outgoing", "exception")
        )
        fresh = mails._b2b_lock_fresh()
        letters = fresh._b2b_make_letters() if apart else fresh._b2b_create_letters()
        letters.mail_id.write({"state": "outgoing"})
        fresh._b2b_keep_attachments()
        settled = letters.filtered(lambda lt: not lt._is_on_its_way()).mail_id
        known = (mails - fresh) | settled
        known.filtered("b2b_letter_ids")._b2b_update_state()
        letters.filtered(lambda lt: lt.state == "untracked")._send_plain()
        queued = letters.filtered(lambda lt: lt.state == "queued")
        queued._deliver_after_commit(fresh=True)

    def _b2b_lock_fresh(self):
        """Return those of the mails that have no letters, locked; nobody waits."""
        if not self:
            return self
        letters = self.env["b2b.family.letter"]
        letters.flush_model(["mail_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT mail.id FROM mail_mail mail
                    WHERE mail.id = ANY(%s) AND NOT EXISTS (
                          SELECT FROM b2b_family_letter letter
                           WHERE letter.mail_id = mail.id)
                      FOR UPDATE SKIP LOCKED""",
                self.ids,
            )
        )
        locked = {mail_id for (mail_id,) in rows}
        return self.filtered(lambda mail: mail.id in locked)

    def _b2b_make_letters(self):
        """Create and return the letters of these mails, which have none yet.

        One mail that cannot be processed costs itself only.
        """
        letters = self.env["b2b.family.letter"]
        if not self:
            return letters
        try:
            with self.env.cr.savepoint():
                return self._b2b_create_letters()
        except OperationalError:
            raise
        except Exception:
            if len(self) > 1:
                return letters.union(*(mail._b2b_make_letters() for mail in self))
            _logger.exception("Mail %s cannot be made letters of", self.id)
            self._b2b_fail("unknown", self.env._("The letter could not be prepared."))
            return letters

    def _b2b_create_letters(self):
        refused, hidden = self._b2b_find_refused()
        values = []
        for mail in self:
            if words := refused.get(mail):
                mail._b2b_fail("unknown", words)
            elif own := mail._b2b_prepare_letters(hidden[mail]):
                values += own
            else:
                mail._b2b_fail(
                    "mail_email_missing", self.env["ir.mail_server"].NO_VALID_RECIPIENT
                )
        self.env["b2b.family.letter.attachment"]._reuse_uploads(values)
        return self.env["b2b.family.letter"].create(values)

    def _b2b_prepare_letters(self, hidden=()):
        """Return the values of the letters of one mail, one for each recipient.

        Whoever does not want to be tracked gets one that is not: it goes by SMTP. Of a
        letter that waits for its time that is asked then.

        :param hidden: ``res.partner`` whom the author may not read: they get nothing
        """
        self.ensure_one()
        later = self._b2b_later()
        common = {
            "mail_id": self.id,
            "next_try_date": later,
            "message_id": self.mail_message_id.id,
            "subject": self.subject,
            "template": self.b2b_template,
            "author_id": self.author_id.id,
            "company_id": self.record_company_id.id or self.env.company.id,
            **self.env["b2b.family.carrier"]._way_of(self.author_id.main_user_id),
            "res_model": self.model,
            "res_id": self.res_id,
        }
        files = self._b2b_prepare_files(common["carrier"])
        files = [Command.create(values) for values in files]
        recipients = self._b2b_recipients(hidden)
        refused = self.env["res.partner"]._b2b_filter_refused(
            [email for _partner, email, _raw in recipients if email and not later],
            "documents" if files else "opens",
        )
        letters = [
            {
                **common,
                **self._b2b_prepare_recipient(partner, email, raw),
                **({"state": "untracked"} if email and email in refused else {}),
                "attachment_ids": [] if email in refused else files,
            }
            for partner, email, raw in recipients
        ]
        if hidden:
            words = self._b2b_hidden_words()
            # Without the contact: only those who may read it may know who it is.
            letters.append({**common, "state": "failed", "failure_reason": words})
        return letters

    def _b2b_later(self):
        """Return when the letter is to be sent, False for at once."""
        date = self.scheduled_date
        return date if date and date > fields.Datetime.now() else False

    def _b2b_prepare_recipient(self, partner, email, raw):
        values = {"partner_id": partner.id, "email": email}
        if email:
            return values
        mail = self.with_context(lang=self.author_id.lang)
        words = mail._b2b_invalid_words(partner, raw)
        return values | {"state": "failed", "failure_reason": words}

    def _b2b_invalid_words(self, partner, raw):
        """Return the words for a recipient without a valid address."""
        if raw and partner:
            return self.env._(
                "“%(address)s” of %(contact)s is not a valid e-mail address.",
                address=raw[:SHOWN],
                contact=partner.name,
            )
        if raw:
            return self.env._(
                "“%(address)s” is not a valid e-mail address.", address=raw[:SHOWN]
            )
        return self.env._("%(contact)s has no e-mail address.", contact=partner.name)

    def _b2b_recipients(self, hidden=()):
        """Return who gets a letter, each address once.

        :param hidden: ``res.partner`` to leave out
        :return: list of ``(partner, email, raw)``: a ``res.partner``, empty for
            a bare address; the normalized address, False when it is not valid;
            what was typed, which may be nothing
        """
        self.ensure_one()
        nobody = self.env["res.partner"]
        candidates = [
            (partner, email, raw)
            for partner in self.recipient_ids
            if partner not in hidden
            for email, raw in read_contact(partner.email)
        ]
        candidates += [
            (nobody, email, raw)
            for email, raw in read_each(f"{self.email_to or ''},{self.email_cc or ''}")
        ]
        recipients = {}
        for partner, email, raw in candidates:
            recipients.setdefault(email or (partner, raw), (partner, email, raw))
        return list(recipients.values())

    def _b2b_keep_attachments(self):
        """Tie files that were uploaded in the form to the letter's message."""
        for mail in self:
            loose = mail.attachment_ids.filtered(
                lambda att: att.res_model in ("mail.mail", False) and not att.res_id
            )
            loose.write(
                {"res_model": "mail.message", "res_id": mail.mail_message_id.id}
            )
