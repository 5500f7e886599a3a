# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.mail import append_content_to_html

from ...tools import tokens
from ...tools.paths import CONSENT as PATH
from ..b2b_family_consent import CONSENTS

SCOPE = "b2b_family_mail.consent"
# A refusal is always taken, and agreeing a few times: each is a row that is kept. Those
# in between are bounded by it.
AGREEMENTS_A_DAY = 10
LINE_STYLE = "margin-top:24px;font-size:12px;color:#6b7280"


class B2BFamilyLetter(models.Model):
    """The page on which the reader sees what is recorded, and may refuse it.

    A signed address is under each tracked letter. Whoever has it needs no log-in: it names
    the letter, and nobody without the database's secret can make another one.
    """

    _inherit = "b2b.family.letter"

    # ------------------------------------------------------------
    # ADDRESS
    # ------------------------------------------------------------

    def _consent_url(self):
        return self.get_base_url() + PATH + self._consent_token(self.key)

    @api.model
    def _consent_token(self, key):
        return tokens.sign(self.env, SCOPE, key)

    @api.model
    def _find_by_token(self, token):
        """Return the letter that the page's address names; none if it is not ours."""
        return self._signed(SCOPE, token)

    @api.model
    def _signed(self, scope, token):
        """Return the letter that a signed address names; none if it is not ours.

        The database is not asked before that is certain. By its key, which it has for one
        reader: sent to another it is another's. By its number as letters have it that
        left before 19.0.1.6.0. A letter whose reader was erased is nobody's.
        """
        named = tokens.read(self.env, scope, token)
        if named is None:
            return self.browse()
        field = "key" if isinstance(named, str) else "id"
        return self.search([(field, "=", named), ("email", "!=", False)])

    def _outgoing_html(self, body=None):
        """Return the HTML that is sent.

        :param str body: as core prepared it for this reader; by default the mail is asked
        """
        return self._with_watching(self._outgoing_body(body))

    def _outgoing_body(self, body=None):
        """Return what the reader is to read, without what only watches."""
        if body is None:
            body = self.mail_id._b2b_prepare_body(self.partner_id)
        return self._with_consent_line(self._with_documents(body))

    def _with_consent_line(self, html):
        """Return what is sent of a letter, with the line that leads to the page."""
        company = self._sender()
        if not self.email or company.b2b_family_consent_line_off:
            return html
        letter = self.with_context(lang=self.partner_id.lang or self.env.lang)
        company = company.with_env(letter.env)
        line = Markup('<p style="%s">%s <a href="%s">%s</a></p>') % (
            LINE_STYLE,
            company.b2b_family_consent_line or letter._default_consent_line(),
            letter._consent_url(),
            letter.env._("What is recorded, and how to refuse"),
        )
        return append_content_to_html(html, line, plaintext=False)

    def _default_consent_line(self):
        return self.env._(
            "%(company)s sees when this letter and its attachments are opened.",
            company=self._sender().name,
        )

    def _sender(self):
        return self.company_id or self.env.company

    # ------------------------------------------------------------
    # PAGE
    # ------------------------------------------------------------

    def _consent_page(self):
        """Return what the page says, in the language of the context."""
        words = self._consent_words()
        labels = self._consent_buttons()
        company = self._sender()
        return {
            **words,
            "logo": not company.uses_default_logo and company.logo_web,
            "company": company.name,
            "things": [
                {
                    **words[kind],
                    "kind": kind,
                    "status": self._consent_status(kind),
                    "buttons": [
                        (answer, labels[answer])
                        for answer in self._consent_choices(kind)
                    ],
                }
                for kind in CONSENTS
            ],
        }

    def _consent_words(self):
        """Return what the reader is told before he answers: kept with his answer."""
        company = self._sender().name
        return {
            "title": self.env._(
                "Tracking of letters from %(company)s", company=company
            ),
            "intro": self._consent_intro(),
            "opens": {
                "title": self.env._("Opening letters"),
                "text": self.env._(
                    "When and how often you open a letter or follow a link in it, with "
                    "what kind of program, and from which network, cut so that it "
                    "names no single computer. Each opening is kept for 12 months, the "
                    "network for 30 days; the first and the last opening and their "
                    "number as long as the letter."
                ),
            },
            "documents": {
                "title": self.env._("Opening attachments"),
                "text": self.env._(
                    "Which attachments you open or download, when and how often. Kept "
                    "as long as the above."
                ),
            },
            "after": self.env._(
                "The author of the letter and the managers of %(company)s see it. Your "
                "answer holds for the letters to your address that come and for those "
                "that came before, and you can change it here at any time. Whoever "
                "refuses gets letters by ordinary mail.",
                company=company,
            )
            + self._consent_count()
            + self._consent_addition(),
        }

    def _consent_intro(self):
        """Return who watches, and tells whom."""
        company = self._sender().name
        if self.carrier == "service":
            return self.env._(
                "%(company)s sent you a letter by the service B2B Family. The service "
                "delivers it and reports to %(company)s what is done with it. This is "
                "what is recorded, and whether it may be is for you to say.",
                company=company,
            )
        return self.env._(
            "%(company)s sent you a letter, and sees itself what is done with it; nobody "
            "else is told. This is what is recorded, and whether it may be is for you to "
            "say.",
            company=company,
        )

    def _consent_count(self):
        if not self.env["b2b.family.tally"]._is_on():
            return ""
        return " " + self.env._(
            "How often mailings are opened by all who have not answered is counted as "
            "one number, which tells nobody apart. Whoever refuses is left out of those "
            "to come; in those that came before nobody can be told apart, so that their "
            "number may still grow."
        )

    def _consent_addition(self):
        if self.carrier != "service":
            return ""
        return " " + self.env._(
            "What B2B Family itself keeps can be asked for at %(company)s.",
            company=self._sender().name,
        )

    @api.model
    def _consent_buttons(self):
        return {"no": self.env._("Refuse"), "yes": self.env._("Agree")}

    def _consent_choices(self, kind):
        """Return the answers that can be pressed: those that change anything."""
        if kind != "opens" and self._consent_answer("opens") == "no":
            return []
        now = self._consent_answer(kind)
        return [answer for answer in self._consent_buttons() if answer != now]

    def _consent_answer(self, kind):
        """Return what the reader has answered: ``yes``, ``no`` or False."""
        answers = {reader[CONSENTS[kind]] for reader in self._readers()}
        return next((word for word in ("no", "yes") if word in answers), False)

    def _consent_status(self, kind):
        """Say what the answer is, and what follows from it now."""
        if kind != "opens" and self._consent_answer("opens") == "no":
            return self.env._("Not recorded, as opening letters is not.")
        return {
            "yes": self.env._("You agreed: it is recorded."),
            "no": self.env._("You refused: it is not recorded."),
            False: self.env._(
                "You have not answered: it is recorded until you refuse."
            ),
        }[self._consent_answer(kind)]

    # ------------------------------------------------------------
    # ANSWER
    # ------------------------------------------------------------

    def _readers(self):
        """Return the contacts that hold, or may hold, the answer of this reader."""
        answered = self.env["res.partner"]._b2b_search_answered({self.email})
        # sudo: see _b2b_search_answered
        return self.partner_id.sudo() | answered

    def _take_consent(self, kind, answer):
        """Record what the reader pressed, in the language in which he read it.

        A reader without a contact gets one: the answer has to be remembered somewhere.

        :param str kind: one of CONSENTS
        :param str answer: ``yes`` or ``no``
        :return: False if nothing was recorded: he has agreed too often today
        """
        readers = self._readers()
        if self.email not in readers._b2b_addresses():
            readers |= readers.search([("email_normalized", "=", self.email)], limit=1)
        if self.email not in readers._b2b_addresses():
            readers |= readers.create({"name": self.email, "email": self.email})
        if answer == "yes" and self._has_agreed_often():
            return False
        words = self._consent_words()
        shown = (
            *(words["title"], words["intro"], *words[kind].values(), words["after"]),
            f"[{self._consent_buttons()[answer]}]",
        )
        readers._b2b_answer(
            kind,
            answer,
            source=self._in_author_language().env._("page under a letter"),
            email=self.email,
            letter_id=self.id,
            company_id=self._sender().id,
            words="\n".join(shown),
            lang=self.env.lang,
        )
        self._notify_screens()
        return True

    def _has_agreed_often(self):
        yesterday = fields.Datetime.now() - timedelta(days=1)
        recent = [
            ("letter_id", "=", self.id),
            ("answer", "=", "yes"),
            ("date", ">", yesterday),
        ]
        rows = self.env["b2b.family.consent"]._read_group(
            recent, ["partner_id"], ["__count"]
        )
        return any(count >= AGREEMENTS_A_DAY for _partner, count in rows)
