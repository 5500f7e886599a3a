# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What each role may do with each of our models, whatever the records are."""

from common import B2BCase

from odoo.tests import new_test_user, tagged

OPERATIONS = ("read", "write", "create", "unlink")
ROLES = {
    "employee": "base.group_user",
    "portal": "base.group_portal",
    "sender": "base.group_user,b2b_family_mail.group_user",
    "manager": "base.group_user,b2b_family_mail.group_manager",
    "administrator": "base.group_system",
}
# Of employee and portal: nothing. The others: sender, manager, administrator.
ROWS = {
    "b2b.family.letter": ("r---", "r---", "rwcd"),
    "b2b.family.letter.attachment": ("r---", "r---", "rwcd"),
    "b2b.family.letter.activity": ("r---", "r---", "r---"),
    "b2b.family.event": ("r---", "r---", "r--d"),
    "b2b.family.consent": ("----", "r---", "r---"),
    "b2b.family.tally": ("r---", "r---", "r---"),
    "b2b.family.service.status": ("r---", "r---", "rw-d"),
    "b2b.family.judgement": ("----", "----", "r---"),
    "b2b.family.mail.domain": ("----", "----", "r---"),
    "b2b.family.template": ("r---", "rwcd", "rwcd"),
    "b2b.family.setup": ("----", "----", "rwc-"),
    "b2b.family.check": ("----", "----", "r-c-"),
    "b2b.family.check.line": ("----", "----", "r-c-"),
    "b2b.family.resend": ("rw--", "rw--", "rw--"),
    "b2b.family.resend.line": ("rw--", "rw--", "rw--"),
    "mail.mail": ("rwcd", "rwcd", "rwcd"),
}


@tagged("standard", "post_install", "-at_install")
class TestAccessRows(B2BCase):
    def _may(self, model, user):
        records = self.env[model].with_user(user)
        letters = zip("rwcd", OPERATIONS, strict=True)
        return "".join(
            letter if records.has_access(operation) else "-"
            for letter, operation in letters
        )

    def test_each_role_may_what_the_table_says(self):
        users = {
            role: new_test_user(self.env, f"row_{role}", groups)
            for role, groups in ROLES.items()
        }
        for model, allowed in ROWS.items():
            expected = dict(zip(ROLES, ("----", "----", *allowed), strict=True))
            found = {role: self._may(model, user) for role, user in users.items()}
            with self.subTest(model=model):
                self.assertEqual(found, expected)

    def test_each_of_our_models_is_in_the_table(self):
        ours = self.env["ir.model"].search([("model", "=like", "b2b.family.%")])
        kept = ours.filtered(lambda model: not self.env[model.model]._abstract)
        self.assertEqual({model.model for model in kept}, set(ROWS) - {"mail.mail"})


@tagged("standard", "post_install", "-at_install")
class TestDrafts(B2BCase):
    def _may(self, mail, user=None):
        mail = mail.with_user(user or self.seller)
        return [
            name for name in OPERATIONS if name != "create" and mail.has_access(name)
        ]

    def test_own_drafts_are_written_and_nothing_else(self):
        other = new_test_user(
            self.env, "other", "base.group_user,b2b_family_mail.group_user"
        )
        draft, sent = self._write_mail().sudo(), self._send_mail()
        disguised = self._send_mail()
        disguised.state = "b2b_draft"
        outgoing = self._write_mail().sudo()
        outgoing.state = "outgoing"
        ordinary = self._write_mail().sudo()
        ordinary.b2b_send = False
        for mail, allowed in (
            (draft, ["read", "write", "unlink"]),
            (sent, ["read"]),
            (disguised, ["read"]),
            (outgoing, ["read"]),
            (ordinary, []),
            (self._write_mail(user=other).sudo(), []),
        ):
            with self.subTest(state=mail.state, author=mail.author_id.name):
                self.assertEqual(self._may(mail), allowed)

    def test_managers_read_letters_and_write_none_but_their_own(self):
        manager = new_test_user(
            self.env, "manager", "base.group_user,b2b_family_mail.group_manager"
        )
        for mail in self._write_mail(), self._send_mail():
            self.assertEqual(self._may(mail.sudo(), manager), ["read"])

    def test_the_status_of_an_account_is_for_its_owner(self):
        other = new_test_user(
            self.env, "other", "base.group_user,b2b_family_mail.group_user"
        )
        rows = self.env["b2b.family.service.status"]
        rows.search([]).unlink()
        own, others, common = (
            rows._make(user) for user in (self.seller, other, rows.user_id)
        )
        self.assertEqual(rows.with_user(self.seller).search([]), own)
        for row in others, common:
            self.assertFalse(row.with_user(self.seller).sudo(False).has_access("read"))
