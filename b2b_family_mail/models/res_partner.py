# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import operator as py_operator

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools.addresses import read_addresses
from ..tools.rights import SEND_GROUP

TRACKED = [("state", "not in", ("failed", "untracked"))]
COMPARE = {
    "=": py_operator.eq,
    "<": py_operator.lt,
    ">": py_operator.gt,
    "<=": py_operator.le,
    ">=": py_operator.ge,
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    b2b_letter_count = fields.Integer(
        "B2B Letters",
        compute="_compute_b2b_letters",
        search="_search_b2b_letter_count",
        groups=SEND_GROUP,
    )
    b2b_last_open_date = fields.Datetime(
        "Last Letter Opened On",
        compute="_compute_b2b_letters",
        search="_search_b2b_last_open_date",
        groups=SEND_GROUP,
    )
    b2b_last_sent_date = fields.Datetime(
        "Last Letter Sent On",
        compute="_compute_b2b_letters",
        search="_search_b2b_last_sent_date",
        groups=SEND_GROUP,
    )

    def unlink(self):
        # sudo: erasing a contact erases what is known of it, whoever's letter it was
        letters = self.env["b2b.family.letter"].sudo()
        letters.search([("partner_id", "in", self.ids)])._erase_reader()
        return super().unlink()

    def _b2b_addresses(self):
        """Return all normalized addresses of these contacts."""
        return {
            address for partner in self for address in read_addresses(partner.email)
        }

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_b2b_letters(self):
        """Count the letters that the user may see and that can be seen to be opened.

        Not those that failed, nor those that went by ordinary mail.
        """
        rows = self.env["b2b.family.letter"]._read_group(
            [("partner_id", "in", self.ids), *TRACKED],
            ["partner_id"],
            ["__count", "last_open_date:max", "sent_date:max"],
        )
        found = {partner.id: values for partner, *values in rows}
        for partner in self:
            count, opened, sent = found.get(partner.id, (0, False, False))
            partner.b2b_letter_count = count
            partner.b2b_last_open_date = opened
            partner.b2b_last_sent_date = sent

    @api.model
    def _search_b2b_letter_count(self, operator, value):
        if operator == "in":
            return Domain.OR(
                self._search_b2b_letter_count("=", count or 0) for count in value
            )
        if operator not in COMPARE:
            return NotImplemented
        found = self._b2b_partners_having(("__count", operator, value))
        if COMPARE[operator](0, value):
            # Partners without a letter have no row to find.
            return found | ~self._b2b_partners()
        return found

    @api.model
    def _search_b2b_last_open_date(self, operator, value):
        return self._b2b_search_last("last_open_date", operator, value)

    @api.model
    def _search_b2b_last_sent_date(self, operator, value):
        return self._b2b_search_last("sent_date", operator, value)

    @api.model
    def _b2b_search_last(self, date, operator, value):
        """Return the domain of the partners by the latest such date of their letters."""
        if operator == "in":
            # Matches nothing: the ORM turns a moment into the second that it is in.
            return ~self._b2b_partners([(date, "!=", False)])
        if operator not in COMPARE:
            return NotImplemented
        return self._b2b_partners_having((f"{date}:max", operator, value))

    @api.model
    def _b2b_partners_having(self, condition):
        """Return the domain of the partners whose letters sum up to ``condition``."""
        return self._b2b_partners(having=[condition])

    @api.model
    def _b2b_partners(self, domain=(), having=()):
        rows = self.env["b2b.family.letter"]._read_group(
            [("partner_id", "!=", False), *TRACKED, *domain],
            ["partner_id"],
            having=having,
        )
        return Domain("id", "in", [partner.id for (partner,) in rows])

    def action_b2b_erase(self):
        """Erase what is known of these contacts' reading; the letters stay.

        Letters to their addresses are meant, too, that were written without the
        contact, and news of letters that are not ours, and the proofs of what was
        answered; the answer itself stays in force. An address is typed quickly: only
        what the user may see is erased.
        """
        self.check_access("write")
        if not self.env.user.has_group("b2b_family_mail.group_manager"):
            raise AccessError(
                self.env._("Only a B2B Family manager can erase what others see.")
            )
        emails = list(self._b2b_addresses())
        bare = Domain("partner_id", "=", False) & Domain("email", "in", emails)
        mine = Domain("partner_id", "in", self.ids) | bare
        letters = self.env["b2b.family.letter"].search(mine)
        events = self.env["b2b.family.event"]
        told = Domain("other_email", "in", emails)
        # sudo: what belongs to no letter is shown to nobody, and nobody's to keep
        strays = events.sudo().search(told & Domain("letter_id", "=", False))
        events = events.search(told)
        proofs = self.env["b2b.family.consent"].search([("partner_id", "in", self.ids)])
        # sudo: users read letters, events and answers, the system writes them
        letters.sudo()._erase_reader()
        proofs.sudo().unlink()
        (events.sudo().exists() | strays).unlink()
        return True

    def action_b2b_open_letters(self):
        """Open the letters to these contacts."""
        return self.env["b2b.family.letter"]._action_show(
            [("partner_id", "in", self.ids)],
            # A new letter begun here is to them, see mail.mail.default_get()
            b2b_recipient_ids=self.ids,
        )
