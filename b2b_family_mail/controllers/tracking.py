# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import functools
import logging
from contextlib import contextmanager
from datetime import datetime, timezone

from odoo import http
from odoo.http import request

from ..client import EventType
from ..evidence import TRAP
from ..models.b2b_family_tally import SCOPE as TALLY
from ..models.event.here import SAYS, Fetch
from ..models.letter.watch import DOCUMENT, LINK, OPEN
from ..tools import paths
from ..tools.outgoing import location_of
from . import pages

_logger = logging.getLogger(__name__)

# One point that cannot be seen.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# Of what a program says of itself.
MAX_AGENT, MAX_WORD = 500, 40
# Nothing is sent here but an address.
MAX_BYTES = 1024
#: A file is handed out, never shown: whatever is in it does nothing at our address.
SANDBOX = "default-src 'none'; sandbox"
#: What a browser could run.
ACTIVE = ("html", "svg", "xml", "script", "xhtml")


def route(path):
    """Return the decorator of an address that stands in letters."""
    serve = http.route(
        path,
        type="http",
        # Readers have no user here; what they have is the signed address.
        auth="none",
        methods=["GET"],  # and HEAD; Odoo adds OPTIONS
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
        # By a thread of its own, but in a test in the same transaction.
        readonly=False,
    )

    def decorate(endpoint):
        @functools.wraps(endpoint)
        def called(self, token, **_query):
            if request.httprequest.method == "OPTIONS":
                return pages.respond(status=204, Allow="GET, HEAD")
            return endpoint(self, token)

        return serve(called)

    return decorate


class TrackingController(http.Controller):
    """Where letters lead their readers. Whatever comes of recording that, they get there.

    Nothing is asked of the database before an address is known to be ours.
    """

    @route(f"{paths.OPEN}<string:token>.gif")
    def picture(self, token, **_query):
        """Return the picture; what is no address of ours gets the same."""
        if named := self._read(OPEN, token):
            self._note(EventType.MESSAGE_OPEN, named[0])
        return pages.respond(GIF, Content_Type="image/gif")

    @route(f"{paths.TALLY}<string:token>.gif")
    def shared_picture(self, token, **_query):
        """Return the picture that letters of a mailing share; it is only counted."""
        if tally_id := self._read(TALLY, token):
            with self._recording():
                fetch = self._fetch(EventType.MESSAGE_OPEN)
                pages.letters().env["b2b.family.tally"]._note_open(tally_id, fetch)
        return pages.respond(GIF, Content_Type="image/gif")

    @route(f"{paths.LINK}<string:token>")
    def link(self, token, **_query):
        """Lead on to where the link led: that is part of what is signed."""
        named = self._read(LINK, token)
        if not named:
            return pages.unknown(pages.letters())
        key, target = named
        self._note(EventType.LINK_CLICK, key, url=target)
        if target == TRAP:
            return pages.respond(status=204)
        return pages.respond(status=302, Location=location_of(target))

    @route(f"{paths.DOCUMENT}<string:token>")
    def document(self, token, **_query):
        """Hand out a file of a letter, as it was when the letter was sent."""
        letters = pages.letters()
        named = self._read(DOCUMENT, token)
        if not named:
            return pages.unknown(letters)
        key, position = named
        letter = letters.search([("key", "=", key)])
        file = letter._file_at(position)
        content = file._content()
        try:
            stream = content and content._to_http_stream()
        except OSError:  # it is missing from the file store
            stream = None
        if not stream:
            return self._gone(letter)
        self._note(EventType.ATTACHMENT_OPEN, key, position=position)
        if any(word in (stream.mimetype or "") for word in ACTIVE):
            stream.mimetype = "application/octet-stream"
        stream.download_name = " ".join(file.name.split())
        answer = stream.get_response(
            as_attachment=True, content_security_policy=SANDBOX
        )
        answer.headers.update(pages.HEADERS)
        return answer

    def _gone(self, letter):
        env = pages.in_language(letter).env
        words = {
            "title": env._("This file is no longer here"),
            "intro": env._("Please ask the author of the letter for it."),
        }
        return pages.render(env, words, 404)

    # ------------------------------------------------------------
    # CALLED
    # ------------------------------------------------------------

    def _read(self, scope, token):
        """Return what the address says, None if it is none of ours."""
        letters = pages.letters()
        return None if letters is None else letters._read_watched(scope, token)

    def _note(self, event_type, key, **what):
        """Have it recorded, later."""
        with self._recording():
            fetch = self._fetch(event_type, key=key, **what)
            pages.letters().env["b2b.family.event"]._note_fetch(fetch)

    @contextmanager
    def _recording(self):
        """Let whoever called go on, whatever comes of recording it."""
        try:
            yield
        except Exception:
            _logger.exception("What was called for is not recorded")

    def _fetch(self, event_type, **what):
        """Return what the call tells."""
        called = request.httprequest
        return Fetch(
            type=event_type,
            date=datetime.now(timezone.utc),
            ip=called.remote_addr,
            user_agent=called.headers.get("User-Agent", "")[:MAX_AGENT],
            method=called.method,
            headers=tuple(
                (name, called.headers[name][:MAX_WORD])
                for name in SAYS
                if name in called.headers
            ),
            internal_session=self._is_colleague(),
            **what,
        )

    def _is_colleague(self):
        """Tell whether a user of this database has a session, and is no customer."""
        user = pages.letters().env["res.users"].browse(request.session.uid or [])
        return bool(user) and user._is_internal()
