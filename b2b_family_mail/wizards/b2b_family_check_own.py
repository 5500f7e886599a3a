# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import secrets
from urllib.parse import urlsplit

from odoo import api, models
from odoo.tools import config

from ..client import is_public
from ..models.service.settings import allow_loopback

LOCAL = ("localhost", "127.0.0.1", "::1")
# What a cache between reader and Odoo says of an answer that was its own.
CACHES = ("X-Cache", "CF-Cache-Status", "X-Proxy-Cache")


class B2BFamilyCheck(models.TransientModel):
    """The questions that matter where this Odoo delivers or watches letters itself.

    What readers fetch is asked for as they would: without a session, through
    ``web.base.url``. With a token that names nothing, so that it is no news.
    """

    _inherit = "b2b.family.check"

    @api.model
    def _questions(self):
        delivers = self.env["b2b.family.carrier"]._choose(self.env.user) == "odoo"
        watches = self.env["b2b.family.service"]._get_param("watch_here") == "1"
        own = [self._check_mail_server] if delivers else []
        if delivers or watches:
            own += [self._check_way_in, self._check_pixel]
        return own + super()._questions()

    @api.model
    def _check_mail_server(self):
        name = self.env._("Outgoing mail server")
        if self.env["b2b.family.service"]._is_on_hold():
            return self._bad(name, self._hold_words())
        servers = self.env["ir.mail_server"].search([], order="sequence")
        if servers:
            return self._good(name, ", ".join(servers.mapped("name")))
        if config["smtp_server"] not in LOCAL:
            return self._good(name, config["smtp_server"])
        return self._weak(
            name,
            self.env._(
                "None is set up: letters go to the mail program of the server itself, if "
                "there is one. Enter one under Settings > Technical > Outgoing Mail "
                "Servers, and send yourself a letter."
            ),
        )

    @api.model
    def _check_way_in(self):
        """Tell whether the address in the letters is one for readers outside."""
        name = self.env._("Address for recipients")
        url = self.get_base_url()
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host in LOCAL and not allow_loopback():
            return self._bad(
                name,
                self.env._(
                    "%(url)s leads every recipient to his own computer. Enter the address "
                    "by which this Odoo is reached from outside in the system parameter "
                    "web.base.url.",
                    url=url,
                ),
            )
        if _is_private(host) and host not in LOCAL:
            return self._bad(
                name,
                self.env._(
                    "%(url)s is an address inside your network: recipients do not "
                    "reach it. Enter the one for outside in the system parameter "
                    "web.base.url.",
                    url=url,
                ),
            )
        if parts.scheme != "https" and not allow_loopback():
            return self._weak(
                name,
                self.env._(
                    "%(url)s is not secure: some mail programs show no pictures from "
                    "there, and then do not say that a letter was opened. Let the proxy "
                    "serve https.",
                    url=url,
                ),
            )
        return self._check_frozen(name)

    @api.model
    def _check_pixel(self):
        """Fetch a picture as a letter has it, twice: the second may come from a cache."""
        name = self.env._("Picture in letters")
        path = f"/b2b_family/o/{secrets.token_urlsafe(12)}.gif"
        first, again = self._fetch("GET", path), self._fetch("GET", path)
        for answer in (first, again):
            if isinstance(answer, str) or answer.status_code != 200:
                status = answer if isinstance(answer, str) else answer.status_code
                return self._bad(name, self._explain_answer(status))
        if "image/gif" not in first.headers.get("Content-Type", ""):
            return self._bad(
                name,
                self.env._(
                    "Another page answers in its place. In the proxy, pass the addresses "
                    "that begin with /b2b_family/ on to Odoo as they are."
                ),
            )
        if _is_cached(first) or _is_cached(again):
            return self._bad(
                name,
                self.env._(
                    "Something between recipients and Odoo keeps it, so further openings "
                    "are not seen. Let the proxy, or the CDN, cache nothing below "
                    "/b2b_family/."
                ),
            )
        return self._good(name, self.env._("Odoo sees when it is fetched."))


def _is_private(host):
    """Tell whether a host is the number of an address that is not public."""
    try:
        return not is_public(host)
    except ValueError:  # a name
        return "." not in host or host.endswith((".local", ".internal", ".lan"))


def _is_cached(answer):
    """Tell whether an answer was kept by somebody, or may be."""
    headers = answer.headers
    told = " ".join(headers.get(name, "") for name in CACHES).upper()
    return (
        "no-store" not in headers.get("Cache-Control", "")
        or headers.get("Age", "0") != "0"
        or "HIT" in told
    )
