# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ....tools.rights import SEND_GROUP, seen_by
from .author import KINDS

SHOWN = 20  # entries of the list
# Letters that are read for them: those of one mailing become one entry.
READ = 100
MAX_COUNT = 100


class B2BFamilyLetter(models.Model):
    """What the author finds in the top bar: the newest about his own letters.

    Nothing is stored for it but when the author was last told of a letter, and what:
    everything else is taken from the letter. What was looked at is known by a date of the
    user's, so that looking writes to no letter.
    """

    _inherit = "b2b.family.letter"

    news_kind = fields.Selection(
        [
            ("open", "Opened"),
            ("answer", "Answered"),
            ("attachment", "Attachment opened"),
            ("failure", "Failed"),
            ("not_open", "Not opened in time"),
        ],
        "Newest News",
        readonly=True,
        copy=False,
        help="What the author was told last.",
    )
    news_date = fields.Datetime("Author Told On", readonly=True, copy=False)

    # open_news(), count_news(): the newest of one author.
    _news_idx = models.Index("(author_id, news_date DESC) WHERE news_date IS NOT NULL")

    def _set_judged(self, state, reason=False):
        """Drop the news of an open from letters that no longer count as opened."""
        if state != "opened":
            stale = self.filtered(lambda lt: lt.news_kind in ("open", "attachment"))
            stale.write({"news_kind": False, "news_date": False})
        return super()._set_judged(state, reason)

    def _tell_author(self, kind, message):
        self.write({"news_kind": kind, "news_date": fields.Datetime.now()})
        return super()._tell_author(kind, message)

    @api.model
    def count_news(self):
        """Return how many of the user's own letters have news not looked at yet.

        What the user does not want to be told of is listed, but not counted. One
        short query, up to a limit.

        :raise AccessError: the user writes no letters
        """
        domain = self._news_domain() & Domain("news_kind", "in", self._news_wanted())
        if seen := self._news_seen_date():
            domain &= Domain("news_date", ">", seen)
        return self._for_news().search_count(domain, limit=MAX_COUNT)

    @api.model
    def open_news(self):
        """Return the newest about the user's own letters; they count as looked at.

        :return: list of dicts, the newest first: ``kind``, ``date``, ``subject``,
            ``document``, ``letter_ids``, ``readers`` (a name or address each),
            ``phone`` of a single reader, ``is_new``
        :raise AccessError: the user writes no letters
        """
        letters = self._for_news().search(
            self._news_domain(), order="news_date desc, id desc", limit=READ
        )
        seen = self._news_seen_date()
        alike = letters.grouped(lambda letter: (letter.news_kind, letter.subject))
        news = [group._prepare_news(seen) for group in list(alike.values())[:SHOWN]]
        self._see_news(letters[:1].news_date)
        return sorted(news, key=lambda entry: entry["date"], reverse=True)

    @api.model
    def _for_news(self):
        """Return the model for all companies of the user, whichever he looks at."""
        return seen_by(self.env.user, self)

    @api.model
    def _news_domain(self):
        user = self.env.user
        if not user.has_group(SEND_GROUP):
            raise AccessError(self.env._("You may not see letters of B2B Family."))
        return Domain("author_id", "=", user.partner_id.id) & Domain(
            "news_date", "!=", False
        )

    @api.model
    def _news_wanted(self):
        # sudo: the user's own preferences
        user = self.env.user.sudo()
        return [kind for kind in KINDS if user[f"b2b_notice_{kind}"] != "none"]

    @api.model
    def _news_seen_date(self):
        # sudo: the user's own settings
        return self.env.user.sudo().res_users_settings_id.b2b_news_seen_date

    @api.model
    def _see_news(self, date):
        """Remember that the user has looked at what is not newer than ``date``."""
        if date and date > (self._news_seen_date() or date.min):
            user = self.env.user
            settings = self.env["res.users.settings"]._find_or_create_for_user(user)
            settings.b2b_news_seen_date = date
            # The other windows of the user.
            user._bus_send("b2b_family_mail.news/seen", {})

    def _prepare_news(self, seen):
        """Return one entry of the list: the same happened to these letters."""
        newest = self[0]
        readers = self.partner_id._filtered_access("read")
        names = {partner: partner.name for partner in readers}
        return {
            "kind": newest.news_kind,
            "date": fields.Datetime.to_string(max(lt._happened_on() for lt in self)),
            "subject": newest.display_name,
            "document": self._news_document(),
            "letter_ids": self.ids,
            "readers": [names.get(lt.partner_id) or lt.email or "" for lt in self],
            "phone": len(self) == 1 and readers.phone,
            "is_new": not seen or newest.news_date > seen,
        }

    def _news_document(self):
        """Return the name of the document that this is about, unless it is the reader."""
        about = {(letter.res_model, letter.res_id) for letter in self}
        reader = ("res.partner", self[0].partner_id.id)
        return len(about) == 1 and reader not in about and self[0].document_name

    def _happened_on(self):
        """Return when that happened which the author was told last."""
        dates = {
            "open": [self.first_open_date],
            "answer": [self.answered_date],
            "attachment": self.attachment_ids.mapped("first_open_date"),
        }
        known = filter(None, dates.get(self.news_kind, ()))
        return max(known, default=self.news_date)
