# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.rights import SEND_GROUP


class B2BFamilySetup(models.TransientModel):
    """From a letter to oneself, for which nothing is needed, to an account of B2B Family,
    which is no must: each step turns green when it is done.
    """

    _name = "b2b.family.setup"
    _inherit = ["b2b.family.credentials.mixin"]
    _description = "B2B Family Setup"

    test_letter_id = fields.Many2one("b2b.family.letter", readonly=True)
    test_state = fields.Selection(related="test_letter_id.state", string="Test Status")
    test_failure = fields.Char(related="test_letter_id.failure_reason")
    is_account_ready = fields.Boolean(compute="_compute_is_account_ready")
    colleague_count = fields.Integer(compute="_compute_colleagues")
    colleague_names = fields.Char(compute="_compute_colleagues")
    user_email = fields.Char(compute="_compute_user_email")
    lacks_mail_server = fields.Boolean(
        compute="_compute_lacks_mail_server",
        help="This Odoo would deliver the test letter, and has no outgoing mail server.",
    )

    @api.depends(
        "b2b_family_app_key_is_set",
        "b2b_family_secret_key_is_set",
        "b2b_family_mail_password_is_set",
        "b2b_family_email",
    )
    def _compute_is_account_ready(self):
        service = self.env["b2b.family.service"]
        for setup in self:
            missing = service._missing_credentials(service._common_account())
            setup.is_account_ready = not missing

    def _compute_user_email(self):
        self.user_email = self.env.user.email

    def _compute_lacks_mail_server(self):
        carrier = self.env["b2b.family.carrier"]._choose(self.env.user)
        servers = self.env["ir.mail_server"].search_count([], limit=1)
        self.lacks_mail_server = carrier == "odoo" and not servers

    def _compute_colleagues(self):
        """Name who else can write letters."""
        colleagues = self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(SEND_GROUP).ids),
                ("share", "=", False),
                ("id", "!=", self.env.uid),
            ]
        )
        self.colleague_count = len(colleagues)
        self.colleague_names = ", ".join(colleagues.mapped("name"))

    def action_b2b_test_letter(self):
        """Send a letter to the user who sets letters up, by whoever delivers his."""
        self.env["b2b.family.service"]._check_administrator()
        self.ensure_one()
        user = self.env.user
        if not user.email:
            raise UserError(
                self.env._("Enter your own e-mail address in your preferences first.")
            )
        mail = self.env["mail.mail"].create(
            {
                "b2b_send": True,
                "subject": self.env._("B2B Family: test letter from Odoo"),
                "body_html": self.env._(
                    "<p>This is a tracked letter. When you open it, Odoo shows it as "
                    "opened.</p>"
                ),
                "recipient_ids": [fields.Command.link(user.partner_id.id)],
                "author_id": user.partner_id.id,
                "email_from": user.email_formatted,
            }
        )
        mail.action_b2b_send()
        self.test_letter_id = mail.b2b_letter_ids[:1]
        return self._b2b_done(None)

    def _b2b_done(self, message):
        """Keep the wizard open: its steps show what was reached."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set up B2B Family"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
