# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who delivers: the service or this Odoo, and that neither keeps the other back."""

from common import B2BCase

from odoo.tests import tagged

from odoo.addons.b2b_family_mail.client import Unavailable


class CarrierCase(B2BCase):
    def _set_carrier(self, carrier):
        self.service._set_params({"carrier": carrier})


@tagged("standard", "post_install", "-at_install")
class TestChoice(CarrierCase):
    def _chosen(self, user=None):
        return self.env["b2b.family.carrier"]._choose(user or self.seller)

    def test_by_itself_it_is_the_service_where_that_is_set_up(self):
        self.assertEqual(self._chosen(), "service")
        self.service._set_params({"api_key": False})
        self.assertEqual(self._chosen(), "service", "a key can be had")
        self.service._set_params({"mail_password": False})
        self.assertEqual(self._chosen(), "odoo")
        self.service._set_params({"api_key": self.fake.issue_api_key()})
        self.assertEqual(self._chosen(), "service", "the key is there")

    def test_what_is_set_is_done(self):
        self._set_carrier("odoo")
        self.assertEqual(self._chosen(), "odoo")
        self.service._set_params({"api_key": False, "mail_password": False})
        self._set_carrier("service")
        self.assertEqual(self._chosen(), "service")
        self._set_carrier("pigeon")
        self.assertEqual(self._chosen(), "odoo", "nobody knows that one")

    def test_without_any_account_a_letter_leaves(self):
        self.service._set_params(
            dict.fromkeys(("api_key", "app_key", "email", "mail_password"), False)
        )
        mail = self._send_mail()
        letter = mail.b2b_letter_ids
        self.assertEqual((letter.carrier, letter.state), ("odoo", "sent"))
        self.assertEqual(letter.ref, mail.message_id)
        self.assertFalse(letter.account_id)
        self.assertEqual(self.fake.calls, [])

    def test_by_this_odoo_it_is_nobodys_account(self):
        self.seller.write(
            {"b2b_family_email": "sally@b2b.example", "b2b_family_mail_password": "x"}
        )
        self._set_carrier("odoo")
        letter = self._send_letter()
        self.assertEqual((letter.carrier, letter.state), ("odoo", "sent"))
        self.assertFalse(letter.account_id)

    def test_a_letter_is_sent_again_as_letters_go_now(self):
        self.fake.fail("send", Unavailable("Down"))
        letter = self._send_letter()
        self.assertEqual((letter.carrier, letter.state), ("service", "queued"))
        letter._cancel()
        self._set_carrier("odoo")
        letter.action_send_again()
        self.assertEqual((letter.carrier, letter.state), ("odoo", "sent"))

    def test_what_waits_follows_a_new_choice(self):
        self.fake.fail("send", Unavailable("Down"))
        letter = self._send_letter()
        self.assertEqual((letter.carrier, letter.state), ("service", "queued"))
        self.assertTrue(letter.next_try_date)
        self._set_carrier("odoo")
        self.assertEqual(letter.carrier, "odoo")
        self.assertFalse(letter.next_try_date)
        self._cron_send()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(self.fake.calls, ["send"])


@tagged("standard", "post_install", "-at_install")
class TestSideBySide(CarrierCase):
    def _write_both(self):
        """Return two letters that wait: of the service, and of this Odoo."""
        letters = self.env["b2b.family.letter"]
        self.patch(type(letters), "_deliver_after_commit", lambda *_args, **_how: None)
        for carrier in ("service", "odoo"):
            letter = self._send_letter()
            letter.carrier = carrier
            letters |= letter
        return letters

    def test_each_goes_its_own_way(self):
        letters = self._write_both()
        self._cron_send()
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])
        self.assertEqual(self.fake.calls, ["send"])

    def test_a_service_that_is_down_stops_its_own_letters_only(self):
        letters = self._write_both()
        self.fake.fail("send", Unavailable("Down"))
        self._cron_send()
        self.assertEqual(letters.mapped("state"), ["queued", "sent"])
        self.assertTrue(letters[0].failure_reason)

    def test_a_copy_sends_by_nobody_what_waits(self):
        letters = self._write_both()
        self.service._set_params({"instance": "another"})
        self._cron_send()
        for letter in letters:
            self.assertEqual(letter.state, "queued", letter.carrier)
            self.assertIn("it is a copy", letter.failure_reason)
        self.env["res.config.settings"].create({}).action_b2b_confirm_instance()
        self._cron_send()
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])

    def test_the_first_letter_by_this_odoo_says_where_home_is_and_no_other(self):
        self._set_carrier("odoo")
        self.service._set_params({"instance": False})
        self._send_letter()
        self.assertEqual(self.service._get_param("instance"), self.service._instance())
        self.service._set_params({"instance": "another"})
        self.assertEqual(self._send_letter().state, "queued")
        self.assertEqual(self.service._get_param("instance"), "another")


@tagged("standard", "post_install", "-at_install")
class TestPrepared(CarrierCase):
    """What one recipient of several gets, of a mail with files."""

    def setUp(self):
        super().setUp()
        self._set_carrier("odoo")
        self.built = []
        servers = type(self.env["ir.mail_server"])
        build = servers._build_email__

        def building(server, *args, **kwargs):
            self.built.append(kwargs)
            return build(server, *args, **kwargs)

        self.patch(servers, "_build_email__", building)

    def _send(self, **values):
        file = self._create_file()
        mail = self._send_mail(
            email_to="bob@x.example", attachment_ids=[(4, file.id)], **values
        )
        self.assertEqual(mail.b2b_letter_ids.mapped("state"), ["sent", "sent"])
        self.assertEqual(len(self.built), 2)
        return mail, file

    def test_each_gets_a_mail_of_his_own_with_the_file(self):
        mail, file = self._send()
        addressed = sorted(to for built in self.built for to in built["email_to"])
        self.assertEqual(len(addressed), 2)
        self.assertIn("bob@x.example", addressed[1])
        for built in self.built:
            self.assertEqual([name for name, *_ in built["attachments"]], [file.name])
        self.assertEqual(mail.attachment_ids, file, "the mail itself is as it was")
        self.assertEqual(mail.recipient_ids, self.reader)

    def test_a_file_that_goes_as_a_link_is_not_attached(self):
        self._send(b2b_attachment_links="instead")
        self.assertEqual([built["attachments"] for built in self.built], [[], []])
