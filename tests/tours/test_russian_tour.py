# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A Russian meets every screen of the addon, and no English word of it."""

import json
import re
from pathlib import Path

import polib
from common import TourCase

from odoo.tests import new_test_user, tagged

FOLDER = Path(__file__).resolve().parents[2] / "b2b_family_mail" / "i18n"
TAG = re.compile(r"<[^>]+>")
PLACEHOLDER = re.compile(r"%\\\(\w+\\\)[sd]|%[sd]|\\\{\w+\\\}")


def fragments(term):
    """Return the pieces in which a term stands on the screen."""
    pieces = (" ".join(piece.split()) for piece in TAG.split(term))
    return {piece for piece in pieces if re.search("[A-Za-z]{2}", piece)}


def texts():
    """Return what is English, texts and patterns of those with values, and Russian."""
    entries = polib.pofile(str(FOLDER / "ru.po"))
    russian = {piece for entry in entries for piece in fragments(entry.msgstr)}
    english = {piece for entry in entries for piece in fragments(entry.msgid)}
    patterns = {
        text: PLACEHOLDER.sub(".+", re.escape(text)) for text in english - russian
    }
    return {
        "exact": [text for text, pattern in patterns.items() if ".+" not in pattern],
        "patterns": [
            pattern
            for pattern in patterns.values()
            if ".+" in pattern and re.search("[A-Za-z]{3}", pattern)
        ],
        "russian": list(russian | {entry.msgstr for entry in entries}),
    }


@tagged("standard", "post_install", "-at_install")
class TestRussianTour(TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ru_RU")
        modules = cls.env["ir.module.module"].search([("state", "=", "installed")])
        modules._update_translations(["ru_RU"], overwrite=True)
        cls.admin = cls.env.ref("base.user_admin")
        cls.admin.write({"lang": "ru_RU", "email": "ada@shop.example"})
        cls.seller.group_ids += cls.env.ref("base.group_partner_manager")
        cls.seller.write({"name": "Анна Ветрова", "lang": "ru_RU"})
        cls.reader.write({"name": "Рита Клиентова", "lang": "ru_RU"})
        cls.texts = cls.env["ir.attachment"].create(
            {
                "name": "texts.json",
                "raw": json.dumps(texts()).encode(),
                "mimetype": "application/json",
                "public": True,
            }
        )

    def setUp(self):
        super().setUp()
        # No webhook: nothing is told while the test itself works on the database.
        service = self.env["b2b.family.service"]
        service._set_params(self.credentials)
        service._login(service._common_account())

    def read_all(self, url, name, login, **values):
        texts = f"/web/content/{self.texts.id}"
        self.tour(url, name, login, texts=texts, **values)

    def _as_seller(self, model):
        return self.env[model].with_user(self.seller).with_context(lang="ru_RU")

    def _write(self, subject, files=(), reader=None):
        attachments = self._as_seller("ir.attachment").create(
            [
                {"name": name, "raw": b"%PDF-1.4", "res_model": "mail.mail"}
                for name in files
            ]
        )
        return self._as_seller("mail.mail").create(
            {
                "b2b_send": True,
                "subject": subject,
                "body_html": "<p>Добрый день</p>",
                "recipient_ids": [(4, (reader or self.reader).id)],
                "attachment_ids": [(4, file.id) for file in attachments],
            }
        )

    def _send(self, subject, **values):
        mail = self._write(subject, **values)
        mail.action_b2b_send()
        return mail.sudo().b2b_letter_ids

    def _read(self, letter):
        """Open a letter that was just sent, and its attachments if it has any."""
        caught = self.sandbox.wait_mailbox()[0]
        self.sandbox.open_letter(caught["id"])
        if letter.attachment_ids:
            self.sandbox.open_attachment(caught["id"])
        letter._refresh()
        self.assertEqual(letter.state, "opened")

    def test_letters(self):
        self._read(self._send("Прайс-лист", files=["Прайс.pdf"]))
        self.sandbox.fault("send", "refuse", message="Ящик закрыт")
        self.assertEqual(self._send("Отказ").state, "failed")
        self.sandbox.fault("send", "drop_after")
        self.sandbox.fault("find", "cannot_find", times=None)
        self.assertEqual(self._send("Сомнение").state, "unknown")
        self.sandbox.fault("send", "rate_limit")
        self.assertEqual(self._send("Ожидание").state, "queued")
        refusing = self.env["res.partner"].create(
            {
                "name": "Пётр Тайный",
                "email": "peter@client.example",
                "b2b_tracking_consent": "no",
            }
        )
        self.assertEqual(self._send("Без слежки", reader=refusing).state, "untracked")
        self._write("Черновик")
        self.read_all("/odoo", "b2b_family_russian_letters", "seller")

    def test_attachments_events_and_report(self):
        self._read(self._send("Прайс-лист", files=["Прайс.pdf"]))
        self.read_all("/odoo", "b2b_family_russian_lists", "seller")

    def test_contact_chatter_and_preferences(self):
        self.seller.b2b_notice_open = "message"
        self.seller.b2b_notice_attachment = "activity"
        file = self._as_seller("ir.attachment").create(
            {
                "name": "Прайс.pdf",
                "raw": b"%PDF-1.4",
                "res_model": "mail.compose.message",
            }
        )
        message = (
            self._as_seller("res.partner")
            .browse(self.reader.id)
            .message_post(
                body="Добрый день",
                subject="Прайс-лист",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.reader.ids,
                attachment_ids=file.ids,
                b2b_send=True,
            )
        )
        letters = self.env["b2b.family.letter"]
        self._read(letters.search([("message_id", "=", message.id)]))
        url = f"/odoo/contacts/{self.reader.id}"
        self.read_all(url, "b2b_family_russian_contact", "seller")

    def test_contact_for_a_manager(self):
        self._read(self._send("Прайс-лист"))
        url = f"/odoo/contacts/{self.reader.id}"
        self.read_all(url, "b2b_family_russian_manager", "admin")

    def test_rights_of_a_user(self):
        url = f"/odoo/action-base.action_res_users/{self.seller.id}"
        self.read_all(url, "b2b_family_russian_rights", "admin")

    def test_not_set_up(self):
        self._write("Черновик")
        self.env["b2b.family.service"]._set_params(dict.fromkeys(self.credentials))
        self.env["b2b.family.service"]._set_params(
            {"api_key": False, "carrier": "service"}
        )
        url = "/odoo/action-b2b_family_mail.mail_mail_action_b2b_drafts"
        self.read_all(url, "b2b_family_russian_not_set_up", "seller")

    def test_popup(self):
        self.env["b2b.family.service"]._subscribe()
        self._send("Образцы")
        (caught,) = self.sandbox.wait_mailbox()
        pixel = self.sandbox.pixel(caught["id"])
        url = "/odoo/b2b-letters"
        self.read_all(url, "b2b_family_russian_popup", "seller", pixel=pixel)

    def test_settings(self):
        service = self.env["b2b.family.service"]
        service._subscribe()
        self.sandbox.fault("send", "rate_limit")
        self._send("Ожидание")
        self.env["b2b.family.template"].create({"name": "Предложение", "ref": "1"})
        self.read_all("/odoo", "b2b_family_russian_settings", "admin")

    def test_empty_screens(self):
        new_test_user(
            self.env,
            "novice",
            "base.group_user,b2b_family_mail.group_user",
            name="Новичок",
            lang="ru_RU",
        )
        self.read_all("/odoo", "b2b_family_russian_empty", "novice")
