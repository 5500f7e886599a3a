# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

FOLDER = Path(__file__).resolve().parents[2] / "b2b_family_mail" / "i18n"
HINT = "Run ./dev i18n and translate what it lists."


@tagged("standard", "post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_template_is_up_to_date(self):
        exported = io.BytesIO()
        trans_export(None, ["b2b_family_mail"], exported, "po", self.env)
        terms = polib.pofile(exported.getvalue().decode())
        template = polib.pofile(str(FOLDER / "b2b_family_mail.pot"))
        self.assertEqual(
            {entry.msgid for entry in template}, {entry.msgid for entry in terms}, HINT
        )

    def test_russian_is_complete(self):
        template = polib.pofile(str(FOLDER / "b2b_family_mail.pot"))
        russian = polib.pofile(str(FOLDER / "ru.po"))
        self.assertEqual(
            {entry.msgid for entry in russian},
            {entry.msgid for entry in template},
            HINT,
        )
        gaps = russian.fuzzy_entries() + russian.untranslated_entries()
        self.assertFalse([entry.msgid for entry in gaps], HINT)

    def test_russian_has_the_words_of_the_manual(self):
        russian = self.env(context={"lang": "ru_RU"})
        fields = russian["res.config.settings"].fields_get()
        for name, label in {
            "b2b_family_api_key": "B2B ключ к api",
            "b2b_family_app_key": "B2B ключ приложения",
            "b2b_family_email": "B2B Family email для доступа",
            "b2b_family_email_update_rate": "Периодичность обновления писем b2b",
            "b2b_family_mail_password": "B2B Family пароль к почте",
            "b2b_family_secret_key": "B2B Секретный ключ",
            "b2b_family_tracking_days": "Количество дней отслеживания писем b2b",
        }.items():
            self.assertEqual(fields[name]["string"], label)
        kinds = russian["b2b.family.letter.activity"].fields_get()["activity_type"]
        self.assertEqual(
            dict(kinds["selection"]),
            {
                "first_open": "Первое открытие",
                "sent": "Дата отправки",
                "last_open": "Последнее открытие",
                "refreshed": "Дата актуализации",
            },
        )
        form = russian.ref(
            "b2b_family_mail.mail_mail_view_form_b2b"
        ).get_combined_arch()
        for word in (
            "Отправить через B2B",
            "Обновить",
            "Письмо B2B",
            "Информация по письму",
            "Информация о вложениях",
        ):
            self.assertIn(f'"{word}"', form)
