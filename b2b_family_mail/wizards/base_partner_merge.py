# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_values(self, src_partners, dst_partner):
        """Keep a refusal in force, whichever of the contacts had refused."""
        # sudo: whoever merges contacts need not write letters
        partners = (dst_partner | src_partners).sudo()
        refused = partners.filtered(
            lambda partner: partner.b2b_tracking_consent == "no"
        )[:1]
        names = [name for name in partners._fields if name.startswith("b2b_tracking")]
        answer = {name: refused[name] for name in names} if refused else {}
        if "no" in partners.mapped("b2b_tracking_consent_documents"):
            answer["b2b_tracking_consent_documents"] = "no"
        result = super()._update_values(src_partners, dst_partner)
        if answer:
            dst_partner.sudo().write(answer)
        return result
