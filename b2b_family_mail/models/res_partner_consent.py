# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.rights import SEND_GROUP
from .b2b_family_consent import ANSWERS, CONSENTS

SEVERAL = "%@%@%"  # what a field with several addresses looks like
ANSWERED = (
    "(b2b_tracking_consent IS NOT NULL OR b2b_tracking_consent_documents IS NOT NULL)"
)


class ResPartner(models.Model):
    """Whether a contact's letters may be tracked: what was answered, and what follows."""

    _inherit = "res.partner"

    b2b_tracking_consent = fields.Selection(
        ANSWERS,
        "Tracking of Letters",
        tracking=True,
        copy=False,
        groups=SEND_GROUP,
        help="Whether this contact may be told apart when opening letters. Empty: not "
        "asked; the settings say what happens then. Refused: letters go by ordinary "
        "mail, and nothing more is recorded of those sent before.",
    )
    b2b_tracking_consent_documents = fields.Selection(
        ANSWERS,
        "Tracking of Attachments",
        tracking=True,
        copy=False,
        groups=SEND_GROUP,
        help="Whether it may be told which attachments this contact opens. Empty: as "
        "for letters. Refused: letters with attachments go by ordinary mail.",
    )
    b2b_tracking_consent_date = fields.Datetime(
        "Tracking Answered On", readonly=True, copy=False, groups=SEND_GROUP
    )
    b2b_tracking_consent_source = fields.Char(
        "Tracking Answered By",
        copy=False,
        groups=SEND_GROUP,
        help="How the contact said so: on the phone, by e-mail, in a form.",
    )

    # _b2b_search_answered(): those who were asked, and those of them with several
    # addresses.
    _b2b_answered_idx = models.Index(f"(email_normalized) WHERE {ANSWERED}")
    _b2b_several_idx = models.Index(f"(id) WHERE email LIKE '{SEVERAL}' AND {ANSWERED}")

    # ------------------------------------------------------------
    # ANSWER
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create([self._b2b_date_consent(vals) for vals in vals_list])
        partners._b2b_prove(set().union(*vals_list))
        return partners

    def write(self, vals):
        result = super().write(self._b2b_date_consent(vals))
        self._b2b_prove(vals)
        return result

    @api.model
    def _b2b_date_consent(self, vals):
        """Return ``vals`` with the date of the answer, if they hold one."""
        if "b2b_tracking_consent" not in vals:
            return vals
        date = vals["b2b_tracking_consent"] and fields.Datetime.now()
        return {"b2b_tracking_consent_date": date, **vals}

    def _b2b_prove(self, names):
        """Keep the proof of answers that were entered, among the fields ``names``."""
        proofs = self.env["b2b.family.consent"].sudo()
        for kind, name in CONSENTS.items():
            if name not in names:
                continue
            # sudo: whoever edits contacts need not write letters
            partners = self.sudo()
            kept = proofs._newest(partners, kind)
            for partner in partners:
                if partner[name] == kept.get(partner, False):
                    continue
                partner._b2b_keep_proof(
                    kind,
                    partner[name],
                    how="user",
                    user_id=self.env.uid,
                    words=partner.b2b_tracking_consent_source,
                )

    def _b2b_keep_proof(self, kind, answer, **proof):
        """Note what these contacts answered, see ``b2b.family.consent``."""
        # sudo: a proof is written by what happens, by nobody's hand
        self.env["b2b.family.consent"].sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "email": partner.email_normalized,
                    "company_id": self.env.company.id,
                    "kind": kind,
                    "answer": answer,
                    **proof,
                }
                for partner in self
            ]
        )

    def _b2b_answer(self, kind, answer, source, **proof):
        """Record what the reader himself answered.

        :param str source: in a word or two, for the contact's form
        """
        name = CONSENTS[kind]
        changed = self.filtered(lambda partner: partner[name] != answer)
        # First: _b2b_prove() finds it kept already.
        changed._b2b_keep_proof(kind, answer, how="page", **proof)
        told = {"b2b_tracking_consent_source": source} if kind == "opens" else {}
        changed.write({name: answer, **told})

    def _b2b_answered(self, kind):
        """Return what counts as this contact's answer: ``yes``, ``no`` or False.

        An attachment's opening tells of the letter's: both have to be allowed.
        """
        answers = [self.b2b_tracking_consent, self[CONSENTS[kind]]]
        return "no" if "no" in answers else answers[0]

    # ------------------------------------------------------------
    # WHO MAY BE TRACKED
    # ------------------------------------------------------------

    @api.model
    def _b2b_filter_refused(self, emails, kind="opens"):
        """Return which of these addresses must not be tracked.

        :param list emails: normalized addresses
        :param str kind: ``documents`` for letters with attachments
        :return: set of them
        """
        answers = self._b2b_answers(emails)
        refused = answers[kind, "no"]
        service = self.env["b2b.family.service"]
        # By this word alone: whatever else is set, nobody is tracked without consent.
        if service._get_param("consent_policy") == "track":
            return refused
        return set(emails) - answers[kind, "yes"] | refused

    @api.model
    def _b2b_answers(self, emails):
        """Return what was answered at these addresses.

        :return: dict by kind and answer: set of addresses
        """
        answers = defaultdict(set)
        emails = set(emails) - {False}
        for partner in self._b2b_search_answered(emails):
            addresses = partner._b2b_addresses() & emails
            for kind in CONSENTS:
                answers[kind, partner._b2b_answered(kind)] |= addresses
        return answers

    @api.model
    def _b2b_search_answered(self, emails):
        """Return the contacts with one of these addresses that gave any answer.

        A contact may have several addresses: core normalizes the first only.
        """
        if not emails:
            return self.sudo().browse()
        # sudo: an answer counts wherever it was said, also in another company
        partners = self.sudo().with_context(active_test=False)
        known = Domain("email_normalized", "in", list(emails))
        known |= Domain("email", "=like", SEVERAL)
        answered = Domain.OR([(name, "!=", False)] for name in CONSENTS.values())
        found = partners.search_fetch(known & answered, ["email", *CONSENTS.values()])
        return found.filtered(lambda partner: partner._b2b_addresses() & emails)

    def _b2b_untracked(self, kind="opens"):
        """Return those of the contacts outside whose letters must not be tracked."""
        outside = self.env["mail.thread"]._b2b_filter_tracked(self._origin)
        refused = self._b2b_filter_refused(outside._b2b_addresses(), kind)
        return outside.filtered(lambda partner: partner._b2b_addresses() & refused)

    def _b2b_untracked_note(self):
        """Say of these contacts, if any, that their letters go by ordinary mail."""
        return bool(self) and self.env._(
            "By ordinary mail, without tracking, as they did not agree to it: "
            "%(recipients)s.",
            recipients=", ".join(self.mapped("name")),
        )
