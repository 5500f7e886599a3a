# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""News that meets an open page: what it changes there, and what it must leave alone."""

from common import TourCase

from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestLiveNewsTour(TourCase):
    def setUp(self):
        super().setUp()
        self.set_up_account()

    def _sent(self, **values):
        """Return a letter, and the address that its reader's program fetches."""
        before = len(self.sandbox.mailbox())
        mail = self.write_mail(**values)
        mail.action_b2b_send()
        [newest, *_others] = self.sandbox.wait_mailbox(before + 1)
        pixel = self.sandbox.pixel(newest["id"])
        return mail.sudo().b2b_letter_ids, pixel

    def _note_reads(self, model):
        """Return a list of the records that forms ask for, and of when news is told."""
        noted = []
        shown = type(self.env[model])
        letters = type(self.env["b2b.family.letter"])
        web_read, notify = shown.web_read, letters._notify_screens

        def noting(records, *args, **kwargs):
            noted.extend(records.ids)
            return web_read(records, *args, **kwargs)

        def telling(records):
            noted.append("news")
            return notify(records)

        self.patch(shown, "web_read", noting)
        self.patch(letters, "_notify_screens", telling)
        return noted

    def test_the_pop_up_leads_to_the_letter(self):
        _letter, pixel = self._sent()
        self.tour("/odoo/contacts", "b2b_family_news_popup", "seller", pixel=pixel)

    def test_the_button_of_a_contact_says_it_at_once(self):
        letter, pixel = self._sent()
        path = f"/odoo/contacts/{letter.partner_id.id}"
        self.tour(path, "b2b_family_news_contact", "seller", pixel=pixel)

    def _test_letter(self):
        """Return where the set-up with its test letter is, and the letter's picture."""
        administrator = new_test_user(
            self.env,
            "boss",
            "base.group_system,b2b_family_mail.group_manager",
            email="boss@shop.example",
        )
        setup = self.env["b2b.family.setup"].with_user(administrator).create({})
        setup.action_b2b_test_letter()
        (caught,) = self.sandbox.wait_mailbox(1)
        path = f"/odoo/action-b2b_family_mail.b2b_family_setup_action/{setup.id}"
        return path, self.sandbox.pixel(caught["id"])

    def test_what_is_being_typed_stays(self):
        path, pixel = self._test_letter()
        self.tour(path, "b2b_family_news_typing", "boss", pixel=pixel)

    def test_what_is_typed_just_after_the_news_stays(self):
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        _letter, pixel = self._sent()
        path = f"/odoo/contacts/{self.reader.id}"
        self.tour(path, "b2b_family_news_typed_since", "seller", pixel=pixel)

    def test_what_is_typed_while_the_news_is_read_stays(self):
        path, pixel = self._test_letter()
        self.tour(path, "b2b_family_news_typed_meanwhile", "boss", pixel=pixel)

    def test_what_comes_before_the_form_is_there_is_not_lost(self):
        _letter, pixel = self._sent()
        self.tour("/odoo/b2b-letters", "b2b_family_news_early", "seller", pixel=pixel)

    def _path(self, letter):
        """Return where its form is, to which nothing was told yet."""
        # A page that is just opened is told what was said in the last minute.
        self.env.cr.precommit.run()
        self.env["bus.bus"].sudo().search([]).unlink()
        return f"/odoo/action-b2b_family_mail.mail_mail_action_b2b/{letter.mail_id.id}"

    def test_news_of_the_letter_that_is_shown(self):
        letter, pixel = self._sent()
        path = self._path(letter)
        self.tour(path, "b2b_family_news_of_this", "seller", pixel=pixel)

    def test_news_of_another_letter_reads_nothing(self):
        letter, _pixel = self._sent()
        _other, pixel = self._sent(subject="Another letter")
        path = self._path(letter)
        noted = self._note_reads("mail.mail")
        self.tour(path, "b2b_family_news_of_another", "seller", pixel=pixel)
        self.assertIn(letter.mail_id.id, noted)
        told = noted[noted.index("news") :]
        self.assertNotIn(letter.mail_id.id, told)

    def test_the_list_hears_while_it_is_read(self):
        """News of the very letter, just when the button has the list read anew."""
        letter, _pixel = self._sent()
        day = "2026-01-05T10:00:00Z"
        self.sandbox.inject_event(
            notify=False, key=letter.key, type="message_open", date=day
        )
        self.slow_down("b2b.family.letter", "search_fetch")
        self.tour("/odoo/b2b-letters", "b2b_family_news_in_list", "seller")

    def test_the_composer_closes_behind_a_mailing(self):
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        self.tour("/odoo/contacts", "b2b_family_news_mailing", "seller")

    def _message(self, body, partners=None, **values):
        """Return a message of the seller's; `values` are what is known of its reader."""
        message = self.record.with_user(self.seller).message_post(
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(partners or self.reader).ids,
            b2b_send=True,
        )
        row = message.sudo().notification_ids.filtered(
            lambda row: row.res_partner_id == self.reader
        )
        row.write(values)
        return message.sudo()

    def test_one_icon_says_what_became_of_all_letters_of_a_message(self):
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        self.record = self.env["res.partner"].create({"name": "Client Ltd"})
        second = self.env["res.partner"].create(
            {"name": "Sam Second", "email": "sam@client.example"}
        )
        opened = {"b2b_state": "opened", "b2b_open_date": False}
        mixed = self._message("Mixed news", self.reader | second, **opened)
        mixed.notification_ids.filtered(
            lambda row: row.res_partner_id == second
        ).b2b_state = "failed"
        colleague = new_test_user(self.env, "colleague", email="carl@shop.example")
        lost = self._message("Colleague lost", self.reader | colleague.partner_id)
        lost.notification_ids.filtered(
            lambda row: row.res_partner_id != self.reader
        ).notification_status = "exception"
        self._message(
            "All cancelled", notification_status="canceled", b2b_state="failed"
        )
        self._message("With a file", **opened, b2b_attachment_opened=True)
        self._message("In doubt", b2b_state="unknown")
        self._message("With an answer", b2b_state="answered")
        envelope = "fa fa-envelope-open text-success"
        messages = {
            "Mixed news": {
                "icon": envelope,
                "color": "text-success",
                "label": "1/2",
                "title": "Opened by 1 of 2: Rita Reader",
                "attachmentOpened": False,
                "failed": True,
            },
            "Colleague lost": {"icon": "fa fa-envelope-o ", "failed": True},
            "All cancelled": {"icon": None, "editable": True},
            "With a file": {
                "icon": envelope,
                "label": "Opened",
                "title": "Opened by Rita Reader",
                "details": "Opened, attachment opened",
                "attachmentOpened": True,
                "failed": False,
                "isFailure": False,
            },
            "With an answer": {
                "icon": "fa fa-reply text-success",
                "label": "Answered",
                "title": "Answered: Rita Reader. Opened by Rita Reader",
                "details": "Answered",
                "isFailure": False,
            },
            "In doubt": {
                "icon": "fa fa-question-circle-o text-warning",
                "title": "In doubt",
                "failed": False,
                "isFailure": True,
            },
        }
        self.tour(
            f"/odoo/contacts/{self.record.id}",
            "b2b_family_news_icons",
            "seller",
            messages=messages,
        )

    def _letters(self, message, state, reason):
        """Return the letters of a message, that to the reader in this state."""
        letters = self.env["b2b.family.letter"].search(
            [("message_id", "=", message.id)]
        )
        ours = letters.filtered(lambda letter: letter.partner_id == self.reader)
        ours.write({"state": state, "failure_reason": reason})
        letters._notify_screens()
        return letters

    def test_beside_each_recipient_is_what_can_be_done_about_his_letter(self):
        self.seller.group_ids += self.env.ref("base.group_partner_manager")
        self.record = self.env["res.partner"].create({"name": "Client Ltd"})
        second = self.env["res.partner"].create(
            {"name": "Sam Second", "email": "sam@client.example"}
        )
        two = self._message("To two readers", self.reader | second)
        self._letters(two, "failed", "No such mailbox")
        self._letters(self._message("In doubt"), "unknown", "No clear answer")
        self._letters(self._message("By ordinary mail"), "failed", "Refused")
        gone = self._letters(self._message("Without a text"), "failed", "Gone")
        gone.mail_id.unlink()
        accepted = self.sandbox.accepted()
        self.tour(
            f"/odoo/contacts/{self.record.id}", "b2b_family_news_popover", "seller"
        )
        self.assertEqual(self.sandbox.accepted(), accepted)
