# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter whose reader has a page, a manager, and Russian."""

from chatter_case import ChatterCase

from odoo.tests import new_test_user

OPENED, LATER = "2026-01-02T10:00:00Z", "2026-01-02T11:00:00Z"


class PageCase(ChatterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ru_RU")
        cls.reader.lang = "ru_RU"
        cls.manager = new_test_user(cls.env, "mgr", "b2b_family_mail.group_manager")
        cls.admin = cls.env.ref("base.user_admin")

    def _send(self, **values):
        self.letter = self._send_letter(**values)
        return self.letter

    def _take(self, answer, kind="opens", letter=None):
        return (letter or self.letter)._take_consent(kind, answer)

    def _open(self, kind="message_open", date=OPENED, **details):
        return self._ingest(self.fake.happen(self.letter.ref, kind, date, **details))

    def _proofs(self, **domain):
        return self.env["b2b.family.consent"].search(
            [(name, "=", value) for name, value in domain.items()]
        )

    def _sent_html(self):
        return list(self.fake.letters.values())[-1]["text"]
