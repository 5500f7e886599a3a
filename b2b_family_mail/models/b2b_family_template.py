# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from lxml import etree
from lxml.html import fragment_fromstring
from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache


def make_literal(html):
    """Return HTML in which neither QWeb nor inline templates find anything to do.

    A template comes from outside: what it holds is shown to the reader as it is.
    """
    root = fragment_fromstring(html or "", create_parent="div")
    for element in root.iter(etree.Element):
        for name in [name for name in element.attrib if name.startswith("t-")]:
            del element.attrib[name]
        if element.tag == "t":
            element.tag = "span"
    literal = str(escape(root.text or "")) + "".join(
        etree.tostring(child, encoding="unicode") for child in root
    )
    return literal.replace("{{", "&#123;&#123;").replace("}}", "&#125;&#125;")


class B2BFamilyTemplate(models.Model):
    """A letter template of the service, fetched once and used in the composers."""

    _name = "b2b.family.template"
    _inherit = ["b2b.family.cells.mixin"]
    _description = "B2B Family Template"
    _order = "name"

    name = fields.Char(required=True)
    ref = fields.Char("Service ID", required=True, help="The template's number there.")
    subject = fields.Char(readonly=True)
    body = fields.Html(readonly=True, sanitize="email_outgoing")
    fetched_date = fields.Datetime("Fetched On", readonly=True)
    active = fields.Boolean(default=True)

    _ref_unique = models.UniqueIndex("(ref)", "This template is in the list already.")

    @api.model
    def _exist(self):
        """Tell whether there is a template that this user may start from."""
        return (
            self._any() and self.has_access("read") and bool(self.search([], limit=1))
        )

    @api.model
    @ormcache()
    def _any(self):
        """Tell whether there is a template at all: most companies have none."""
        # sudo: the answer is kept for everybody alike
        return bool(self.sudo().search_count([], limit=1))

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if "active" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)

    @api.onchange("ref")
    def _onchange_ref(self):
        self.ref = (self.ref or "").strip()

    def action_fetch(self):
        """Get subject and text from the service (button *Fetch*).

        :raise AccessError: the user may not change templates
        :raise UserError: the service refused or cannot be reached
        """
        self.check_access("write")
        service = self.env["b2b.family.service"]
        account = service._account_of(self.env.user)
        service._check_configured(account)
        for template in self:
            with service._errors_for_user():
                answer = service._call("template", account, template.ref)
            template.write(
                {
                    "subject": answer.subject,
                    "body": answer.text,
                    "fetched_date": fields.Datetime.now(),
                }
            )
        return True

    def _get_content(self):
        """Return the subject and the HTML text, which no engine executes.

        The subject is plain text, as it came.

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
            self.subject,
            Markup(make_literal(self.body)),  # sanitized by the field
        )
