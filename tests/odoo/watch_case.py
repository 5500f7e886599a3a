# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A letter that this Odoo watches itself, and the addresses that stand in it."""

import html
import re

from consent_case import PageCase

FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
)
BODY = (
    '<p>Hello <a href="https://shop.example/?a=1&amp;b=2">one</a>'
    ' <a href="https://пример.рф/путь">two</a> <a href="mailto:a@b.c">mail</a></p>'
)
# As Odoo's editor writes them.
TARGETS = [
    "https://shop.example/?a=1&b=2",
    "https://%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84/%D0%BF%D1%83%D1%82%D1%8C",
]
ADDRESS = re.compile(r'(?:href|src)="https?://[^"/]*(/b2b_family/[old]/[^"]+)"')


class WatchCase(PageCase):
    def setUp(self):
        super().setUp()
        self.service._set_params({"watch_here": "1"})

    def _watch(self, age=3600, **values):
        """Send a letter that is no longer young; see its addresses."""
        self._send(**{"body_html": BODY, **values})
        self.letter.sent_date = self._ago(seconds=age)
        self._look()
        return self.letter

    def _look(self):
        found = [html.unescape(path) for path in ADDRESS.findall(self._sent_html())]
        self.pixel = next(path for path in found if path.startswith("/b2b_family/o/"))
        *self.links, self.trap = (
            path for path in found if path.startswith("/b2b_family/l/")
        )
        self.documents = [path for path in found if path.startswith("/b2b_family/d/")]

    def _seen(self, letter=None):
        """Return what was seen here of the letter, the oldest first."""
        events = (letter or self.letter).event_ids
        return events.filtered(lambda ev: ev.source == "here").sorted("id")

    def _get(self, path, agent=FIREFOX, method="GET", **headers):
        """Call an address as a reader's program does, through HTTP."""
        self.env.flush_all()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.opener.request(
            method,
            self.base_url() + path,
            headers={"User-Agent": agent, **headers},
            allow_redirects=False,
            timeout=10,
        )
        self.env.invalidate_all()
        return answer
