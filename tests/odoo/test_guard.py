# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What may be written into a letter, and what may leave in one.

What users can do over RPC is tried in tests/doors; here is what code can do.
"""

from common import B2BCase

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

QUIET = (
    "odoo.models",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
)
PREPARING = "odoo.addons.b2b_family_mail.models.mail.mail_mail_send"


class GuardCase(B2BCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.group_ids |= cls.env.ref("base.group_partner_manager")
        cls.other_company = cls.env["res.company"].create({"name": "Other"})
        cls.hidden = cls.env["res.partner"].create(
            {
                "name": "Hidden Harry",
                "email": "harry@hidden.example",
                "company_id": cls.other_company.id,
            }
        )
        cls.secret = cls.env["ir.attachment"].create(
            {"name": "salaries.pdf", "raw": b"x", "res_model": "res.users.settings"}
        )

    def _outgoing(self, **values):
        """Return a mail that code made in the seller's name, ready to be sent."""
        values = {
            "b2b_send": True,
            "state": "outgoing",
            "author_id": self.seller.partner_id.id,
            "subject": "Offer",
            "body_html": "<p>Hello</p>",
            "recipient_ids": [Command.link(self.reader.id)],
            **values,
        }
        return self.env["mail.mail"].create(values)


@tagged("standard", "post_install", "-at_install")
class TestWritten(GuardCase):
    @mute_logger(*QUIET)
    def test_a_letter_is_about_a_document_that_its_author_may_read(self):
        # For core a follower may write to it, readable or not.
        self.hidden.message_subscribe(self.seller.partner_id.ids)
        self.assertTrue(self.hidden.company_id)  # read by somebody else just now
        for model, res_id in (
            ("res.partner", self.hidden.id),
            ("res.partner", 0),
            ("ir.config_parameter", 1),
            ("no.model", 1),
            (False, 7),
        ):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._write_mail(model=model, res_id=res_id)
        mail = self._write_mail(model="res.partner", res_id=self.reader.id)
        self.assertEqual((mail.model, mail.res_id), ("res.partner", self.reader.id))

    @mute_logger(*QUIET)
    def test_records_are_linked_and_nothing_else(self):
        draft = self._write_mail()
        for name, command in (
            ("attachment_ids", Command.create({"name": "x", "raw": b"x"})),
            ("attachment_ids", Command.update(self.secret.id, {"name": "x"})),
            ("attachment_ids", Command.delete(self.secret.id)),
            ("recipient_ids", Command.create({"name": "x"})),
            ("recipient_ids", Command.update(self.reader.id, {"email": "x@y.z"})),
            ("recipient_ids", Command.delete(self.reader.id)),
            ("recipient_ids", Command.link(self.hidden.id)),
            ("recipient_ids", Command.set(self.hidden.ids)),
            ("attachment_ids", Command.link(self.secret.id)),
        ):
            with self.subTest(name=name, command=command):
                with self.assertRaises(AccessError):
                    draft.write({name: [command]})
                with self.assertRaises(AccessError):
                    self._write_mail(**{name: [command]})

    @mute_logger(*QUIET)
    def test_a_sent_letter_is_frozen(self):
        mail = self._send_mail().with_user(self.seller)
        message = mail.mail_message_id
        for values in (
            {"subject": "900 EUR"},
            {"body_content": "<p>900 EUR</p>"},
            {"email_to": "x@y.example"},
            {"state": "b2b_draft"},
            {"auto_delete": True},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mail.write(values)
        for values in (
            {"subject": "900 EUR"},
            {"body": "<p>900 EUR</p>"},
            {"record_company_id": self.other_company.id},
            {"message_type": "user_notification"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                message.write(values)
        for records in mail, message:
            with self.assertRaises(AccessError):
                records.unlink()

    @mute_logger(*QUIET)
    def test_what_is_no_draft_is_deleted_by_cores_rules(self):
        admin = self.env.ref("base.user_admin")
        about = {"model": "res.partner", "res_id": self.hidden.id}
        mail = self.env["mail.mail"].create({"body_html": "plain", **about})
        with self.assertRaises(AccessError):
            mail.with_user(admin).unlink()

    @mute_logger(*QUIET)
    def test_a_file_that_was_sent_is_frozen(self):
        file, other = self._create_file(), self._create_file()
        self._send_mail(attachment_ids=[Command.link(file.id)])
        for values in {"raw": b"900 EUR"}, {"name": "x"}, {"res_model": False}:
            with self.subTest(values=values), self.assertRaises(AccessError):
                file.write(values)
        with self.assertRaises(AccessError):
            file.unlink()
        self.assertEqual(file.raw, b"%PDF-1.4")
        other.write({"raw": b"900 EUR"})
        other.unlink()

    def test_a_file_of_a_document_stays_the_documents(self):
        file = self._create_file(res_model="res.partner", res_id=self.reader.id)
        self._send_mail(attachment_ids=[Command.link(file.id)])
        file.write({"raw": b"900 EUR"})
        self.assertEqual(file.raw, b"900 EUR")
        file.unlink()

    @mute_logger(*QUIET)
    def test_a_posted_letter_is_not_edited_in_the_chatter(self):
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        thread = record.with_user(self.seller)
        post = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        post["partner_ids"] = self.reader.ids
        letter = thread.message_post(body="100 EUR", b2b_send=True, **post)
        note = thread.message_post(body="100 EUR", **post)
        for user in self.seller, self.env.ref("base.user_admin"):
            with self.subTest(user.login), self.assertRaisesRegex(UserError, "changed"):
                record.with_user(user)._message_update_content(
                    letter.with_user(user), body="900 EUR"
                )
        letter.sudo().mail_ids.unlink()
        with self.assertRaisesRegex(UserError, "changed"):
            thread._message_update_content(letter, body="900 EUR")
        thread._message_update_content(note, body="900 EUR")
        self.assertIn("100 EUR", letter.body)
        self.assertIn("900 EUR", note.body)

    def test_a_copy_is_an_own_draft_of_what_was_written(self):
        file = self._create_file()
        mail = self._send_mail(attachment_ids=[Command.link(file.id)])
        copy = mail.with_user(self.seller).copy()
        self.assertEqual(copy.b2b_state, "draft")
        self.assertEqual(copy.author_id, self.seller.partner_id)
        self.assertEqual(copy.recipient_ids, self.reader)
        self.assertEqual(copy.attachment_ids, file)
        self.assertIn("Hello", copy.body_content)

    @mute_logger(*QUIET)
    def test_what_only_the_recipient_is_to_have_is_not_read_by_the_author(self):
        """A posted message's mail has tokens for its recipient in it."""
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        message = record.with_user(self.seller).message_post(
            body="An offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
        )
        mail = message.sudo().mail_ids
        mail.body_html = mail.body_html.replace("An offer", "An offer sign-up-token")
        own = mail.with_user(self.seller)
        self.assertIn("An offer", own.body_content)
        self.assertNotIn("token", own.body_content)
        self.assertNotIn("token", own.b2b_letter_ids.body)
        with self.assertRaises(AccessError):
            own.read(["body_html"])
        for domain in (
            [("body_content", "ilike", "sign-up-token")],
            [("b2b_letter_ids.body", "ilike", "sign-up-token")],
        ):
            self.assertFalse(own.search(domain))
        self.assertTrue(own.search([("body_content", "ilike", "An offer")]))
        admin = mail.with_user(self.env.ref("base.user_admin"))
        self.assertIn("token", admin.body_content)


@tagged("standard", "post_install", "-at_install")
class TestLeaving(GuardCase):
    def _assert_nothing_leaves(self, mail, words):
        mail.send()
        self.assertEqual(mail.state, "exception")
        self.assertIn(words, mail.failure_reason)
        self.assertFalse(self.fake.calls)

    def test_a_file_that_its_author_may_not_read(self):
        mail = self._outgoing(attachment_ids=[Command.link(self.secret.id)])
        self._assert_nothing_leaves(mail, "attachments")
        self.assertNotIn("salaries", mail.failure_reason)

    def test_a_file_that_its_author_may_not_read_any_more(self):
        file = self._create_file()
        draft = self._write_mail(attachment_ids=[Command.link(file.id)])
        file.sudo().write({"res_model": "res.partner", "res_id": self.hidden.id})
        with self.assertRaisesRegex(UserError, "attachments"):
            draft.action_b2b_send()
        self.assertEqual(draft.b2b_state, "draft")

    def test_a_file_is_asked_for_again_when_a_letter_is_sent_again(self):
        file = self._create_file()
        mail = self._send_mail(attachment_ids=[Command.link(file.id)])
        mail.b2b_letter_ids.state = "failed"
        file.sudo().write({"res_model": "res.partner", "res_id": self.hidden.id})
        for action in "action_send_again", "action_send_plain":
            with self.subTest(action), self.assertRaisesRegex(UserError, "attachments"):
                getattr(mail.b2b_letter_ids.with_user(self.seller), action)()

    def test_a_document_that_its_author_may_not_read(self):
        mail = self._outgoing(model="res.partner", res_id=self.hidden.id)
        self._assert_nothing_leaves(mail, "document")

    def test_a_deleted_document_keeps_no_letter(self):
        document = self.env["res.partner"].create({"name": "Client Ltd"})
        mail = self._outgoing(model="res.partner", res_id=document.id)
        self.env.cr.execute("DELETE FROM res_partner WHERE id = %s", [document.id])
        self.env.invalidate_all()
        mail.send()
        self.assertEqual(mail.b2b_letter_ids.state, "sent")

    def test_one_of_a_kind_that_its_author_may_not_read_neither(self):
        kind = "ir.config_parameter"
        document = self.env[kind].create({"key": "a.key", "value": "a value"})
        gone, there = (self._outgoing(model=kind, res_id=document.id) for _ in "12")
        self._assert_nothing_leaves(there, "document")
        document.unlink()
        gone.send()
        self.assertEqual(gone.b2b_letter_ids.state, "sent")

    def test_a_recipient_whom_its_author_may_not_read(self):
        partners = self.reader | self.hidden
        mail = self._outgoing(recipient_ids=[Command.set(partners.ids)])
        mail.send()
        letters = mail.b2b_letter_ids.sorted("state")
        self.assertEqual(letters.mapped("state"), ["failed", "sent"])
        failed = letters[0].with_user(self.seller)
        self.assertEqual((failed.email, failed.partner_id.id), (False, False))
        self.assertNotIn("harry", failed.failure_reason)
        self.assertEqual(self.fake.calls.count("send"), 1)

    def test_a_follower_whom_its_author_may_not_read_gets_ordinary_mail(self):
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        record.message_subscribe((self.hidden | self.reader).ids)
        with self.mock_mail_gateway():
            message = record.with_user(self.seller).message_post(
                body="Hello",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                b2b_send=True,
            )
        letters = self.env["b2b.family.letter"].search(
            [("message_id", "=", message.id)]
        )
        self.assertEqual(letters.partner_id, self.reader)
        self.assertMailMail(self.hidden, "sent", author=self.seller.partner_id)

    def test_the_system_may_send_what_it_may_read(self):
        root = self.env.ref("base.partner_root")
        mail = self._outgoing(
            author_id=root.id, attachment_ids=[Command.link(self.secret.id)]
        )
        mail.send()
        self.assertEqual(mail.b2b_letter_ids.state, "sent")

    def test_too_much_for_one_letter(self):
        files = self.env["ir.attachment"].create(
            [{"name": f"{number}.txt", "raw": b"x"} for number in range(51)]
        )
        for values, words in (
            ({"attachment_ids": [Command.set(files.ids)]}, "50 files"),
            ({"email_to": "a@x.example, " * 1000}, "1000 recipients"),
        ):
            with self.subTest(words):
                mail = self._outgoing(author_id=self.env.user.partner_id.id, **values)
                self._assert_nothing_leaves(mail, words)
                with self.assertRaisesRegex(UserError, words):
                    mail.action_b2b_send()

    def test_an_address_that_cannot_be_read_costs_itself_only(self):
        nested = self.env["res.partner"].create({"name": "N", "email": "n@x.example"})
        self.env.cr.execute(
            "UPDATE res_partner SET email = %s WHERE id = %s", ["(" * 480, nested.id]
        )
        nested.invalidate_recordset()
        mails = self._outgoing(email_to="(" * 2000 + ", ok@x.example")
        mails |= self._outgoing(recipient_ids=[Command.set((nested | self.reader).ids)])
        mails |= self._outgoing(email_to="a:" * 500)
        mails.send()
        letters = mails.b2b_letter_ids
        sent = letters.filtered(lambda letter: letter.state == "sent")
        self.assertEqual(
            sorted(sent.mapped("email")),
            ["ok@x.example"] + ["rita@client.example"] * 3,
        )
        self.assertEqual(set((letters - sent).mapped("state")), {"failed"})

    def test_a_mail_that_cannot_be_processed_costs_itself_only(self):
        broken, sound = self._outgoing(subject="Broken"), self._outgoing()
        prepare = type(sound)._b2b_prepare_letters

        def fail(mail, hidden=()):
            if mail.subject == "Broken":
                raise RecursionError
            return prepare(mail, hidden)

        self.patch(type(sound), "_b2b_prepare_letters", fail)
        with mute_logger(PREPARING):
            (broken | sound).send()
        self.assertEqual(sound.b2b_letter_ids.state, "sent")
        self.assertEqual((broken.state, len(broken.b2b_letter_ids)), ("exception", 0))


@tagged("standard", "post_install", "-at_install")
class TestNews(GuardCase):
    def setUp(self):
        super().setUp()
        record = self.env["res.partner"].create({"name": "Client Ltd"})
        self.message = record.with_user(self.seller).message_post(
            body="An offer",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.reader.ids,
            b2b_send=True,
        )
        letter = self.env["b2b.family.letter"].search(
            [("message_id", "=", self.message.id)]
        )
        self._ingest(
            self.fake.happen(letter.ref, "message_open", "2026-01-02T10:00:00Z")
        )
        self.notification = self.message.sudo().notification_ids

    def _told(self, user):
        """Return what the web client of ``user`` is told when it loads the message."""
        from odoo.addons.mail.tools.discuss import Store

        store = Store().add(self.message.with_user(user).sudo(False))
        rows = store.get_result().get("mail.notification", [])
        return [row.get("b2b_state") for row in rows]

    def test_who_is_told(self):
        group = "base.group_user,b2b_family_mail.group_{}"
        rival = new_test_user(self.env, "rival_news", group.format("user"))
        manager = new_test_user(self.env, "manager_news", group.format("manager"))
        stranger = new_test_user(
            self.env,
            "stranger_news",
            group.format("manager"),
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.assertEqual(self.notification.b2b_state, "opened")
        self.assertEqual(self._told(self.seller), ["opened"])
        self.assertEqual(self._told(manager), ["opened"])
        for user in rival, stranger:
            self.assertEqual(self._told(user), [None])

    @mute_logger(*QUIET)
    def test_nobody_reaches_the_copies(self):
        for user in self.seller, self.env.ref("base.user_admin"):
            rows = self.notification.with_user(user)
            with self.assertRaises(AccessError):
                rows.read(["b2b_state"])
            with self.assertRaises(AccessError):
                rows.search([("b2b_state", "=", "opened")])
            with self.assertRaises(AccessError):
                rows.search([], order="b2b_open_date")
            with self.assertRaises(AccessError):
                rows._read_group([], ["b2b_state"])
            with self.assertRaises(AccessError):
                rows.write({"b2b_state": "failed"})
