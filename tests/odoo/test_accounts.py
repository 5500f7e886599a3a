# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A user's own account: letters go by it, and nobody reads its secrets."""

from common import B2BCase
from fake_service import CREDENTIALS, refusal

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

PASSWORD = "canary-own-password"
KEPT = ("b2b_family_mail_password_kept", "b2b_family_api_key_kept")


@tagged("standard", "post_install", "-at_install")
class TestOwnAccount(B2BCase):
    def _set_own_account(self, email="sally@b2b.example", password=PASSWORD):
        self.seller.with_user(self.seller).write(
            {"b2b_family_email": email, "b2b_family_mail_password": password}
        )

    def test_the_own_password_is_kept_and_not_given_back(self):
        self._set_own_account()
        user = self.seller.with_user(self.seller)
        fields = [name for name in user._fields if "b2b" in name and name not in KEPT]
        self.assertNotIn(PASSWORD, str(user.read(fields)))
        self.assertTrue(user.b2b_family_mail_password_is_set)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_nobody_reads_or_searches_the_kept_secrets(self):
        self._set_own_account()
        rival = new_test_user(self.env, "rival_b2b", "b2b_family_mail.group_user")
        admin = self.env.ref("base.user_admin")
        for user in self.seller, rival, admin:
            for name in KEPT:
                with self.subTest(user=user.login, field=name):
                    with self.assertRaises(AccessError):
                        self.seller.with_user(user).read([name])
                    with self.assertRaises(AccessError):
                        self.seller.with_user(user).search([(name, "like", "c")])

    def test_letters_go_by_the_own_account(self):
        self._set_own_account(CREDENTIALS["email"], CREDENTIALS["mail_password"])
        self.service._set_params({"email": "office@shop.example"})
        letter = self._send_letter()
        self.assertEqual((letter.state, letter.account_id), ("sent", self.seller))
        # Its key is its own: the company's is left alone.
        self.assertEqual(self.fake.calls, ["login", "send"])

    def test_it_is_logged_in_with_its_own_password(self):
        self._set_own_account()
        self.service._set_params({"mail_password": "of the company"})
        own = self.service._credentials(self.service._account_of(self.seller))
        self.assertEqual(own["mail_password"], PASSWORD)
        self.assertEqual(own["app_key"], CREDENTIALS["app_key"])
        company = self.service._credentials(self.service._common_account())
        self.assertEqual(company["mail_password"], "of the company")

    def test_another_address_forgets_the_key_of_the_first(self):
        self._set_own_account(CREDENTIALS["email"], CREDENTIALS["mail_password"])
        self.seller.with_user(self.seller).action_b2b_get_api_key()
        self.assertTrue(self.seller.b2b_family_api_key_is_set)
        self._set_own_account("other@b2b.example")
        self.assertFalse(self.seller.b2b_family_api_key_is_set)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_nobody_logs_in_by_anothers_account(self):
        rival = new_test_user(self.env, "rival_b2b", "b2b_family_mail.group_user")
        self._set_own_account()
        with self.assertRaises(AccessError):
            self.seller.with_user(rival).action_b2b_get_api_key()
        self.assertEqual(self.fake.calls, [])

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_who_writes_no_letters_has_none(self):
        for groups in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, f"user of {groups}", groups)
            for name in ("b2b_family_email", "b2b_notice_open"):
                with self.subTest(groups=groups, field=name):
                    with self.assertRaisesRegex(AccessError, "can set"):
                        user.with_user(user).write({name: "none"})
            with self.assertRaises(AccessError):
                user.with_user(user).action_b2b_get_api_key()
            with self.assertRaises(AccessError):
                user.browse().with_user(user).action_b2b_get_api_key()
        self.assertEqual(self.fake.calls, [])

    def test_without_an_own_mailbox_the_company_is_not_logged_in(self):
        with self.assertRaisesRegex(UserError, "your own mailbox"):
            self.seller.with_user(self.seller).action_b2b_get_api_key()
        self.assertEqual(self.fake.calls, [])

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_it_is_for_the_user_himself_and_administrators_to_see(self):
        self._set_own_account()
        names = ["b2b_family_email", "b2b_family_api_key_is_set", "b2b_notice_open"]
        rival = new_test_user(self.env, "rival_b2b", "b2b_family_mail.group_manager")
        users, theirs = self.env["res.users"], self.seller.with_user(rival)
        for name in names:
            with self.assertRaises(AccessError):
                theirs.read([name])
            for model, path in ((users, name), (users.partner_id, f"user_ids.{name}")):
                with self.assertRaises(AccessError):
                    model.with_user(rival).search([(path, "=", "popup")])
        for name in ("b2b_family_email", "b2b_notice_open"):
            with self.assertRaises(AccessError):
                users.with_user(rival).formatted_read_group([], [name], ["__count"])
            with self.assertRaises(AccessError):
                users.with_user(rival).search([], order=name)
        own, admin = self.seller.with_user(self.seller), self.env.ref("base.user_admin")
        for user in own, self.seller.with_user(admin):
            self.assertEqual(user.read(names)[0][names[0]], "sally@b2b.example")
        domain = [("b2b_family_email", "=", "sally@b2b.example")]
        with self.assertRaises(AccessError):
            users.with_user(self.seller).search(domain)
        self.assertEqual(users.with_user(admin).search(domain), self.seller)

    def test_its_login_resumes_its_own_letters_alone(self):
        letters = self._send_letter() | self._send_letter()
        self._set_own_account(CREDENTIALS["email"], CREDENTIALS["mail_password"])
        letters.write({"state": "queued", "next_try_date": self._ago(minutes=-9)})
        letters[0].account_id = self.seller
        sender = self.env.ref("b2b_family_mail.ir_cron_send")
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", sender.id)])
        woken.unlink()
        self.seller.with_user(self.seller).action_b2b_get_api_key()
        self.assertTrue(woken.search([("cron_id", "=", sender.id)]))
        self.assertEqual(
            letters.mapped(lambda letter: bool(letter.next_try_date)), [False, True]
        )
        self.env["res.config.settings"].create({}).action_b2b_get_api_key()
        self.assertFalse(any(letters.mapped("next_try_date")))

    def test_a_wrong_mailbox_says_that_it_is_saved(self):
        self._set_own_account(password="wrong")
        with self.assertRaisesRegex(UserError, "sally@b2b.example is saved, and"):
            self.seller.with_user(self.seller).action_b2b_get_api_key()

    def test_what_was_typed_is_tried_and_kept_only_if_it_works(self):
        user = self.seller.with_user(self.seller)
        typed = {
            "b2b_family_email": CREDENTIALS["email"],
            "b2b_family_mail_password": "wrong",
        }
        with self.assertRaisesRegex(UserError, "was tried and not saved"):
            with self.env.cr.savepoint():
                user.action_b2b_get_api_key(typed)
        self.env.invalidate_all()
        self.assertFalse(user.b2b_family_email)
        self.assertFalse(user.b2b_family_mail_password_is_set)
        typed["b2b_family_mail_password"] = CREDENTIALS["mail_password"]
        user.action_b2b_get_api_key(typed | {"b2b_notice_open": "none"})
        self.assertEqual(user.b2b_family_email, CREDENTIALS["email"])
        self.assertTrue(user.b2b_family_api_key_is_set)
        self.assertEqual(user.b2b_notice_open, "popup", "only the account is taken")
        # The form saves them once more.
        user.write(typed)
        self.assertTrue(user.b2b_family_api_key_is_set)
        user.write({"b2b_family_mail_password": "another"})
        self.assertFalse(user.b2b_family_api_key_is_set)

    def test_why_nobody_logs_in_is_said_in_the_language_of_the_author(self):
        self.seller.lang = "ru_RU"
        self._set_own_account(password="wrong")
        self._send_letter()
        reason = self._send_letter(subject="Second").failure_reason
        self.assertIn("Недавно во входе было отказано", reason)

    def test_what_waits_follows_the_account_of_its_author(self):
        self._set_own_account(password="wrong")
        letter = self._send_letter()
        self.assertEqual((letter.state, letter.account_id), ("queued", self.seller))
        self._set_own_account(False, False)
        self.assertFalse(letter.account_id)
        self._cron_send()
        self.assertEqual(letter.state, "sent")

    def test_what_is_sent_again_uses_no_upload_of_another_account(self):
        file = self._create_file()
        self.fake.fail("send", refusal("No", 422))
        letter = self._send_letter(attachment_ids=[(4, file.id)])
        old = letter.attachment_ids.ref
        self._set_own_account(CREDENTIALS["email"], CREDENTIALS["mail_password"])
        self.service._set_params({"email": "office@shop.example"})
        letter.attachment_ids.account = "office@shop.example"
        letter.with_user(self.seller).action_send_again()
        self.assertEqual((letter.state, letter.account_id), ("sent", self.seller))
        [_ref, request] = self.fake.to(letter.email)
        self.assertNotIn(old, request["attachments"])
        self.assertEqual(self.fake.calls.count("upload"), 2)

    def test_its_status_can_be_opened_by_its_owner(self):
        self._set_own_account()
        status = self.env["b2b.family.service.status"]
        status._note_success(self.seller.sudo(), login=True)
        row = status._get(self.seller).with_user(self.seller)
        self.assertIn("sally@b2b.example", row.display_name)
