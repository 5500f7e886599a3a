"""How a letter looks when it leaves: tracked links, the attachments block, the pixel,
and a plain-text version.
"""

import html
import re
from html.parser import HTMLParser

from .store import Store

# Only the address of an ordinary link is replaced, the rest of the letter stays as it
# was sent to the byte;
# an HTML parser would have to write the whole letter anew.
_LINK = re.compile(
    r"""(<a\b[^>]*?\shref\s*=\s*)(["'])(https?://.*?)\2""", re.IGNORECASE | re.DOTALL
)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


class LetterRenderer:
    """Renders letters with addresses of their own for each recipient, so that it is
    known who did what.
    """

    def __init__(self, store: Store):
        self.store = store
        self.public_url = ""
        """The service's address as readers reach it, no slash at the end. Set once the
        port is known.
        """

    def letter(self, letter, recipient) -> str:
        """The HTML a recipient gets. A letter of type link holds no more than a link to
        its page (A).
        """
        if letter["kind"] == "link":
            body = f'<p>{html.escape(letter["subject"])}</p><p><a href="{self.page(recipient)}">Open the letter</a></p>'
            return f"<html><body>{body}</body></html>"
        return self.content(letter, recipient)

    def content(self, letter, recipient) -> str:
        """The letter's own text, tracked: what is delivered, and what the letter's page
        shows.
        """
        tracked = _LINK.sub(
            lambda match: self._tracked_link(match, recipient), letter["text"]
        )
        pixel_url = (
            f"{self.public_url}/t/o/{self.store.token('open', recipient['id'])}.gif"
        )
        pixel = (
            f'<img src="{pixel_url}" width="1" height="1" alt="" style="display:block">'
        )
        return _at_end(tracked, self._attachments(letter, recipient) + pixel)

    def copy(self, letter) -> str:
        """What people in copy get: the letter without any tracking, for their opens are
        not the recipient's (A).
        """
        names = [
            html.escape(upload["name"])
            for upload in self.store.attachments(letter["id"])
        ]
        listing = "".join(f"<li>{name}</li>" for name in names)
        return _at_end(
            letter["text"], f"<p>Attachments:</p><ul>{listing}</ul>" if names else ""
        )

    def page(self, recipient) -> str:
        """The address of the letter as a web page."""
        return f"{self.public_url}/t/v/{self.store.token('view', recipient['id'])}"

    def _tracked_link(self, match: re.Match, recipient) -> str:
        start, quote, url = match.groups()
        token = self.store.token("link", recipient["id"], url=html.unescape(url))
        return f"{start}{quote}{self.public_url}/t/l/{token}{quote}"

    def _attachments(self, letter, recipient) -> str:
        rows = []
        for upload in self.store.attachments(letter["id"]):
            url = f"{self.public_url}/t/a/{self.store.token('attachment', recipient['id'], upload_id=upload['id'])}"
            rows.append(
                '<tr><td style="padding:6px 0;font:14px sans-serif">'
                f'&#128206; <a href="{url}" style="color:#1d5fd0">{html.escape(upload["name"])}</a>'
                f' <span style="color:#8a93a3">{size_text(upload["size"])}</span>'
                f' &middot; <a href="{url}?download=1" style="color:#8a93a3">download</a></td></tr>'
            )
        if not rows:
            return ""
        style = (
            "margin-top:20px;border-top:1px solid #dfe3ea;padding-top:8px;width:100%"
        )
        return f'<table role="presentation" style="{style}">{"".join(rows)}</table>'


def size_text(size: int) -> str:
    if size < 1024:
        return f"{size} B"
    return (
        f"{size / 1024:.0f} KB"
        if size < 1024 * 1024
        else f"{size / 1024 / 1024:.1f} MB"
    )


def _at_end(document: str, addition: str) -> str:
    ends = list(_BODY_END.finditer(document))
    position = ends[-1].start() if ends else len(document)
    return document[:position] + addition + document[position:]


class _PlainText(HTMLParser):
    """Collects text, with line breaks at blocks and the addresses of links after their
    words.
    """

    BLOCKS = {
        "p",
        "div",
        "br",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "blockquote",
        "hr",
    }
    SILENT = {"head", "style", "script", "title"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.silent += tag in self.SILENT
        if tag in self.BLOCKS:
            self.parts.append("\n")
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag):
        if tag in self.SILENT and self.silent:
            self.silent -= 1
        if tag == "p":
            self.parts.append("\n")
        if tag == "a" and self.links and (url := self.links.pop()):
            self.parts.append(f" ({url})")

    def handle_data(self, data):
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def plain_text(document: str) -> str:
    """The letter for those who read no HTML."""
    parser = _PlainText()
    parser.feed(document)
    parser.close()
    lines = [line.strip() for line in "".join(parser.parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
