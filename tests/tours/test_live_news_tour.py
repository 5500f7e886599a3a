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
        html = self.sandbox.letter(newest["id"])["html"]
        pixel = html.rpartition('src="')[2].partition('"')[0]
        return mail.sudo().b2b_letter_ids, pixel

    def _count_reads(self):
        """Return a list that gets the ids of the mails that forms ask for."""
        asked = []
        mails = type(self.env["mail.mail"])
        web_read = mails.web_read

        def counting(records, *args, **kwargs):
            asked.extend(records.ids)
            return web_read(records, *args, **kwargs)

        self.patch(mails, "web_read", counting)
        return asked

    def test_the_pop_up_leads_to_the_letter(self):
        _letter, pixel = self._sent()
        self.tour("/odoo/contacts", "b2b_family_news_popup", "seller", pixel=pixel)

    def test_what_is_being_typed_stays(self):
        administrator = new_test_user(
            self.env,
            "boss",
            "base.group_system,b2b_family_mail.group_manager",
            email="boss@shop.example",
        )
        setup = self.env["b2b.family.setup"].with_user(administrator).create({})
        setup.action_b2b_test_letter()
        (caught,) = self.sandbox.wait_mailbox(1)
        html = self.sandbox.letter(caught["id"])["html"]
        pixel = html.rpartition('src="')[2].partition('"')[0]
        path = f"/odoo/action-b2b_family_mail.b2b_family_setup_action/{setup.id}"
        self.tour(path, "b2b_family_news_typing", "boss", pixel=pixel)

    def test_what_comes_before_the_form_is_there_is_not_lost(self):
        _letter, pixel = self._sent()
        self.tour("/odoo/b2b-letters", "b2b_family_news_early", "seller", pixel=pixel)

    def test_news_of_another_letter_reads_nothing(self):
        letter, _pixel = self._sent()
        _other, pixel = self._sent(subject="Another letter")
        asked = self._count_reads()
        path = f"/odoo/action-b2b_family_mail.mail_mail_action_b2b/{letter.mail_id.id}"
        self.tour(path, "b2b_family_news_of_another", "seller", pixel=pixel)
        self.assertEqual(asked.count(letter.mail_id.id), 1)

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
        lost = self._message("Colleague lost", self.reader | self.env.user.partner_id)
        lost.notification_ids.filtered(
            lambda row: row.res_partner_id != self.reader
        ).notification_status = "exception"
        self._message(
            "All cancelled", notification_status="canceled", b2b_state="failed"
        )
        self._message("With a file", **opened, b2b_attachment_opened=True)
        self._message("In doubt", b2b_state="unknown")
        envelope = "fa fa-envelope-open-o text-success"
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
