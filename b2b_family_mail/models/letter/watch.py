# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from odoo import api, models
from odoo.tools import human_size
from odoo.tools.mail import append_content_to_html

from ...evidence import TRAP
from ...tools import outgoing, paths, tokens

_LINK = re.compile("/b2b_family/l/([A-Za-z0-9_-]+)")
OPEN = "b2b_family_mail.open"
LINK = "b2b_family_mail.link"
DOCUMENT = "b2b_family_mail.document"

PIXEL = Markup(
    '<img src="%s" width="1" height="1" alt="" style="border:0;width:1px;height:1px">'
)
# For programs that follow whatever there is: nothing to be seen, read out or reached.
TRAP_LINK = Markup(
    '<a href="%s" style="display:none" aria-hidden="true" tabindex="-1"'
    ' rel="nofollow"></a>'
)


class B2BFamilyLetter(models.Model):
    """How this Odoo sees itself what becomes of a letter.

    By addresses of its own that stand in the outgoing copy, and nowhere else: a picture,
    the letter's links, its files, and a link that no reader sees. Each is signed; what
    they say is the letter's key, which is random, and for a link where it leads.
    """

    _inherit = "b2b.family.letter"

    def _is_watched_here(self):
        """Tell whether the letter carries addresses of this Odoo.

        Who does not want to be tracked gets a letter that is not.
        """
        tracked = self.email and self.state != "untracked"
        return bool(tracked) and self._watches_here(self.carrier)

    @api.model
    def _watches_here(self, carrier):
        """Tell whether letters that go by a carrier carry addresses of this Odoo."""
        watches = self._carrier()._get_param("watch_here")
        return carrier == "odoo" or watches == "1"

    # ------------------------------------------------------------
    # OUTGOING COPY
    # ------------------------------------------------------------

    def _with_watching(self, html):
        """Return what is sent of a letter, with what tells that it is read."""
        if not html or not self._is_watched_here():
            return html
        own_hosts = self._own_hosts()

        def instead(address):
            # A long one would be cut on its way.
            if outgoing.is_watchable(address, own_hosts):
                url = self._watched_url(paths.LINK, LINK, address)
                return url if len(url) <= tokens.MAX_ADDRESS else None
            return None

        html = outgoing.replace_links(html, instead)
        trap = TRAP_LINK % self._watched_url(paths.LINK, LINK, TRAP)
        pixel = PIXEL % (self._watched_url(paths.OPEN, OPEN) + ".gif")
        return append_content_to_html(html, trap + pixel, plaintext=False)

    def _with_documents(self, html):
        """Return the text of a letter with links to those files that are to be links."""
        files = self.attachment_ids.sorted("id")
        linked = [
            (position, file) for position, file in enumerate(files) if file.as_link
        ]
        if not linked:
            return html
        letter = self.with_context(lang=self.partner_id.lang or self.env.lang)
        items = [
            Markup('<li><a href="%s">%s</a> (%s)</li>')
            % (
                self._watched_url(paths.DOCUMENT, DOCUMENT, position),
                file.name,
                human_size(file.ir_attachment_id.file_size),
            )
            for position, file in linked
        ]
        content = Markup("<p>%s</p><ul>%s</ul>") % (
            letter.env._("Files of this letter:"),
            Markup().join(items),
        )
        return append_content_to_html(html, content, plaintext=False)

    def _watched_url(self, path, scope, *more):
        token = tokens.sign(self.env, scope, [self.key, *more])
        return self.get_base_url() + path + token

    def _own_hosts(self):
        # sudo: a system parameter
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        return {urlsplit(url).hostname for url in (base, self.get_base_url())}

    # ------------------------------------------------------------
    # CALLED
    # ------------------------------------------------------------

    @api.model
    def _read_watched(self, scope, token):
        """Return what one of our addresses says: the letter's key and what comes after.

        :return: list, or None if it is none of ours: the database is not asked
        """
        return tokens.read(self.env, scope, token)

    @api.model
    def _is_our_address(self, url):
        """Tell whether an address is, or leads to, one that stands in letters.

        Mail programs and gateways put their own around it, and encode it.
        """
        return any(path in unquote(url) for path in paths.ALL)

    @api.model
    def _target_of(self, url):
        """Return where a link of ours leads; None if it is no link, or none of ours."""
        found = _LINK.search(unquote(url))
        named = found and self._read_watched(LINK, found[1])
        return named and named[1]

    @api.model
    def _quoted_address(self, url):
        """Return what stands in an answer instead of an address of a quoted letter.

        :return: where it led, or nothing; None if it is none of ours
        """
        if not self._is_our_address(url):
            return None
        target = self._target_of(url)
        return "" if target in (None, TRAP) else target

    def _file_at(self, position):
        """Return one of the letter's files, by its place among them."""
        return self.attachment_ids.sorted("id")[position : position + 1]
