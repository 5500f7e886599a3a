# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from datetime import timedelta

from odoo import api, fields, models


class B2BFamilyLetter(models.Model):
    """What can be said, and forgotten, about the reader of a letter."""

    _inherit = "b2b.family.letter"

    def _let_go_of_text(self):
        """Stay without the message and its mails, which are about to be deleted.

        Left to the database, it may look for the mail of a letter that was written to
        before, when that is deleted already: in which order depends on the numbers
        that its constraints once got.
        """
        for letter in self:
            message = letter.message_id
            if letter.plain_mail_id.mail_message_id == message:
                letter.plain_mail_id = False
            if letter.mail_id.mail_message_id == message:
                letter.mail_id = False
            letter.message_id = False
        self.flush_recordset()

    def _erase_reader(self):
        """Forget who the reader was and what he did; keep that a letter was sent."""
        self.event_ids.unlink()
        self.attachment_ids.write(
            {
                "opened": False,
                "first_open_date": False,
                "last_open_date": False,
                "open_count": 0,
            }
        )
        self.write(
            {
                "first_open_date": False,
                "last_open_date": False,
                "open_count": 0,
                "open_verdict": False,
                "answered_date": False,
                "next_sync_date": False,
                "not_open_date": False,
                "news_kind": False,
                "news_date": False,
            }
        )
        self._set_unread()
        # The chatters have copies, which are found by the reader.
        self._notify_screens()
        self.write({"email": False, "partner_id": False})

    def action_export_reader(self):
        """Hand out what is stored about the reading of these letters, as a file.

        What a contact can ask for (GDPR art. 15, 152-FZ art. 14): dates, what was
        opened, with what kind of program. Read with the rights of the user.
        """
        content = {
            "letters": [letter._prepare_export() for letter in self],
            "answers": [answer._prepare_export() for answer in self._answers()],
        }
        attachment = self.env["ir.attachment"].create(
            {
                "name": "b2b_family_letters.json",
                "raw": json.dumps(content, ensure_ascii=False, indent=2).encode(),
                "mimetype": "application/json",
                "res_model": self._name,
            }
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def _answers(self):
        """Return what the readers answered, as far as the user may see it."""
        answers = self.env["b2b.family.consent"]
        if not answers.has_access("read"):
            return answers
        return answers.search([("partner_id", "in", self.partner_id.ids)])

    @api.autovacuum
    def _gc_exports(self):
        """Delete the files that were handed out: what is in them stays erasable."""
        yesterday = fields.Datetime.now() - timedelta(days=1)
        self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", False),
                ("create_date", "<", yesterday),
            ]
        ).unlink()

    def _prepare_export(self):
        self.ensure_one()
        text = fields.Datetime.to_string
        return {
            "email": self.email,
            "subject": self.subject,
            "state": self.state,
            "sent": text(self.sent_date),
            "first_open": text(self.first_open_date),
            "last_open": text(self.last_open_date),
            "opens": self.open_count,
            "answered": text(self.answered_date),
            "events": [
                {
                    "date": text(event.date),
                    "type": event.event_type,
                    "attachment": event.attachment_id.name,
                    "network": event.ip_network,
                    "program": event.agent_class,
                    "verdict": event.verdict,
                }
                for event in self.event_ids
            ],
        }
