# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


def escape_placeholders(html):
    """Return HTML in which Odoo's template engines find nothing to execute.

    A template comes from outside. What it holds is shown to the reader as it is:
    braces stay braces. (Attributes such as t-out do not survive sanitizing.)
    """
    return (html or "").replace("{{", "&#123;&#123;").replace("}}", "&#125;&#125;")


class B2BFamilyTemplate(models.Model):
    """A letter template of the service, fetched once and used in the composers."""

    _name = "b2b.family.template"
    _description = "B2B Family Template"
    _order = "name"

    name = fields.Char(required=True)
    ref = fields.Char("Service ID", required=True, help="The template's number there.")
    subject = fields.Char(readonly=True)
    body = fields.Html(readonly=True, sanitize="email_outgoing")
    fetched_date = fields.Datetime("Fetched On", readonly=True)
    active = fields.Boolean(default=True)

    _ref_unique = models.UniqueIndex("(ref)", "This template is in the list already.")

    @api.onchange("ref")
    def _onchange_ref(self):
        self.ref = (self.ref or "").strip()

    def action_fetch(self):
        """Get subject and text from the service (button *Fetch*).

        :raise UserError: the service refused or cannot be reached
        """
        service = self.env["b2b.family.service"]
        account = service._account_of(self.env.user)
        service._check_configured(account)
        for template in self:
            with service._errors_for_user():
                answer = service._call("template", template.ref, account=account)
            template.write(
                {
                    "subject": answer.subject,
                    "body": answer.text,
                    "fetched_date": fields.Datetime.now(),
                }
            )
        return True

    def _get_content(self):
        """Return the subject and the HTML text, safe for any of Odoo's composers.

        :raise UserError: it was never fetched
        """
        self.ensure_one()
        if not self.fetched_date:
            raise UserError(
                self.env._(
                    "The template “%(name)s” was not fetched from the service yet. "
                    "Press “Fetch” on it first.",
                    name=self.name,
                )
            )
        return (
            escape_placeholders(self.subject),
            Markup(escape_placeholders(self.body)),  # sanitized by the field
        )
