# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The line under a letter, the page that it leads to, and its address."""

import re

from consent_case import PageCase

from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import hash_sign

from odoo.addons.b2b_family_mail.models.letter import consent_page

ADDRESS = re.compile(r'href="https?://[^"]*(/b2b_family/privacy/[\w-]+)"')


@tagged("standard", "post_install", "-at_install")
class TestLine(PageCase):
    def test_it_is_under_what_is_sent_and_in_nothing_that_is_kept(self):
        self._send()
        html = self._sent_html()
        self.assertRegex(html, ADDRESS)
        self.assertIn("видит, когда открыты", html)
        for kept in (self.letter.mail_id.body_html, self.letter.message_id.body):
            self.assertNotIn("privacy", kept or "")

    def test_each_reader_has_an_address_of_his_own(self):
        self._send_mail(email_to="other@client.example")
        found = {
            ADDRESS.search(letter["text"])[1] for letter in self.fake.letters.values()
        }
        self.assertEqual(len(found), 2)

    def test_the_company_says_it_in_its_own_words(self):
        company = self.env.company
        company.b2b_family_consent_line = "We <b>see</b> it."
        company.with_context(lang="ru_RU").b2b_family_consent_line = "Мы видим."
        self._send()
        self.assertIn("Мы видим.", self._sent_html())
        self.reader.lang = "en_US"
        self._send()
        self.assertIn("We &lt;b&gt;see&lt;/b&gt; it.", self._sent_html())

    def test_its_words_are_translated_on_the_screen(self):
        settings = self.env["res.config.settings"].create({})
        settings.b2b_family_consent_line = "We see it."
        settings.execute()
        name, russian = "b2b_family_consent_line", "Мы видим."
        settings.update_field_translations(name, {"ru_RU": russian})
        company = self.env.company
        self.assertEqual(company[name], "We see it.")
        self.assertEqual(company.with_context(lang="ru_RU")[name], russian)

    def test_it_can_be_switched_off(self):
        with Form(self.env["res.config.settings"]) as form:
            form.b2b_family_consent_line_off = True
        form.record.execute()
        self._send()
        self.assertNotIn("privacy", self._sent_html())


@tagged("standard", "post_install", "-at_install")
class TestSuggestion(PageCase):
    def _suggests(self):
        return (
            self.env["res.config.settings"].create({}).b2b_family_suggests_consent,
            self.env["b2b.family.setup"].create({}).b2b_family_suggests_consent,
        )

    def test_only_who_agreed_is_suggested_in_the_union(self):
        for country, suggested in (
            ("base.de", True),
            ("base.ru", False),
            (None, False),
        ):
            self.env.company.country_id = country and self.env.ref(country)
            self.assertEqual(self._suggests(), (suggested, suggested), country)

    def test_one_press_takes_it(self):
        self.env.company.country_id = self.env.ref("base.de")
        for screen in ("res.config.settings", "b2b.family.setup"):
            self.service._set_params({"consent_policy": "track"})
            with self.assertRaises(AccessError):
                self.env[screen].with_user(self.manager).action_b2b_only_who_agreed()
            self.env[screen].create({}).action_b2b_only_who_agreed()
            self.assertEqual(self.service._get_param("consent_policy"), "consent")
            self.assertEqual(self._suggests(), (False, False))


@tagged("standard", "post_install", "-at_install")
class TestPage(PageCase, HttpCase):
    def setUp(self):
        super().setUp()
        self._send()
        self.path = ADDRESS.search(self._sent_html())[1]

    def _get(self, path=None, method="GET", **options):
        self.env.flush_all()
        answer = self.opener.request(
            method,
            self.base_url() + (path or self.path),
            allow_redirects=False,
            timeout=10,
            **options,
        )
        self.env.invalidate_all()
        return answer

    def _post(self, answer, path=None):
        return self._get(path, "POST", data={"answer": answer})

    def test_it_shows_what_is_recorded_in_the_language_of_the_contact(self):
        page = self._get(headers={"Accept-Language": "en"})
        self.assertEqual(page.status_code, 200)
        self.assertIn('lang="ru-RU"', page.text)
        self.assertIn("Открытие писем", page.text)
        self.assertIn("Вы не отвечали", page.text)
        self.assertNotIn("rita@client.example", page.text)

    def test_else_in_that_of_the_browser(self):
        self.letter.partner_id = False
        for accepted, lang in (
            ("ru,en;q=0.5", "ru-RU"),
            ("en-GB", "en-US"),
            ("", "en-US"),
        ):
            page = self._get(headers={"Accept-Language": accepted})
            self.assertIn(f'lang="{lang}"', page.text, accepted)

    def test_it_is_for_nobody_else(self):
        headers = self._get().headers
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["Referrer-Policy"], "no-referrer")
        self.assertIn("noindex", headers["X-Robots-Tag"])
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertNotIn("Set-Cookie", headers)
        self.assertNotIn("<script", self._get().text)

    def test_a_press_refuses_and_another_agrees(self):
        answer = self._post("opens:no")
        self.assertEqual(
            (answer.status_code, answer.headers["Location"]), (303, self.path)
        )
        self.assertEqual(self.reader.b2b_tracking_consent, "no")
        page = self._get().text
        self.assertIn("Вы отказались", page)
        self.assertNotIn("documents:", page, "goes without saying")
        self._post("opens:yes")
        self._post("documents:no")
        self.assertEqual(self.reader.b2b_tracking_consent, "yes")
        self.assertEqual(self.reader.b2b_tracking_consent_documents, "no")

    def test_get_and_head_never_act(self):
        for method in ("GET", "HEAD"):
            answer = self._get(f"{self.path}?answer=opens:no", method)
            self.assertEqual(answer.status_code, 200)
        self.assertEqual(self._get(method="HEAD").content, b"")
        self.assertFalse(self.reader.b2b_tracking_consent)
        self.assertFalse(self._proofs(partner_id=self.reader.id))

    def test_senseless_answers(self):
        for answer in (
            "",
            "opens",
            "opens:maybe",
            "links:no",
            ":",
            "b2b:no",
            "opens:no:no",
        ):
            self.assertEqual(self._post(answer).status_code, 400, answer)
        self.assertEqual(self._get(method="POST", json={"answer": 1}).status_code, 400)
        self.assertFalse(self.reader.b2b_tracking_consent)

    def test_who_agrees_too_often_is_told(self):
        for _ in range(consent_page.AGREEMENTS_A_DAY):
            self._take("yes")
            self._take("no")
        answer = self._post("opens:yes")
        self.assertEqual(answer.status_code, 429)
        self.assertIn('role="alert"', answer.text)
        self.assertEqual(self._post("opens:no").status_code, 303)

    def test_markup_in_the_name_of_the_company(self):
        self.env.company.name = "<script>alert(1)</script>"
        page = self._get().text
        self.assertNotIn("<script", page)
        self.assertIn("&lt;script&gt;alert(1)", page)


@tagged("standard", "post_install", "-at_install")
class TestToken(PageCase):
    def setUp(self):
        super().setUp()
        self._send()
        self.token = self.letter._consent_token(self.letter.id)

    def _find(self, token):
        return self.env["b2b.family.letter"]._find_by_token(token)

    def test_it_names_its_letter(self):
        self.assertEqual(self._find(self.token), self.letter)

    def test_what_is_wrong_costs_no_query(self):
        env = self.env(su=True)
        other = hash_sign(env, "another scope", self.letter.id)
        wrong = ("", "x", "é", "=" * 50, "A" * 5000, other, other[:-1], self.token[:-1])
        spelt = (self.token + "=", self.token + "\r\n", "\n" + self.token)
        for token in (*wrong, *spelt, *self._near(self.token)):
            with self.assertQueryCount(0):
                self.assertFalse(self._find(token), token)

    def _near(self, token):
        for at in range(len(token)):
            sign = "A" if token[at] != "A" else "B"
            yield token[:at] + sign + token[at + 1 :]

    def test_one_of_another_database(self):
        self.env["ir.config_parameter"].set_param("database.secret", "of another")
        self.assertFalse(self._find(self.token))

    def test_a_letter_that_is_gone_or_whose_reader_was_erased(self):
        self.letter._erase_reader()
        self.assertFalse(self._find(self.token))
        self.letter.unlink()
        self.assertFalse(self._find(self.token))
