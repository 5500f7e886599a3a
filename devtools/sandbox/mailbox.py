"""A catch-all mail server, and its mailbox as a web page: the reader's side of every
letter.
"""

import asyncio
import contextlib
import json
import socket
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default as modern_policy
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from aiosmtpd.smtp import SMTP
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.local import LocalProxy

from .clock import iso
from .database import MAILBOX_SCHEMA, Database
from .pages import add_filters, letter_response, live_response
from .programs import PROGRAMS, READER, fetched_by, links_of, watched
from .rendering import plain_text

SIZE_LIMIT = 64 << 20
"""Bytes of a message."""

SHOWN = 300
"""Letters in the list, newest first."""

PASSED_ON = (
    "Content-Type",
    "Content-Disposition",
    "Content-Security-Policy",
    "Cache-Control",
    "Location",
    "X-Content-Type-Options",
)
"""What of an answer the reader's browser is told."""

_HEADERS = BytesHeaderParser(policy=modern_policy)


class Mailbox:
    """Every message any address was sent, in `mailbox.sqlite3`."""

    def __init__(self, directory: Path):
        self.db = Database(directory / "mailbox.sqlite3", MAILBOX_SCHEMA)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> int:
        headers = _HEADERS.parsebytes(raw, headersonly=True)
        return self.db.run(
            "INSERT INTO message (received, sender, recipients, subject, raw) VALUES (?, ?, ?, ?, ?)",
            time.time(),
            str(headers.get("From", sender)),
            json.dumps(recipients),
            str(headers.get("Subject", "")),
            raw,
        )

    def messages(self, limit: int = -1) -> list:
        """Newest first, without their bodies."""
        return self.db.all(
            "SELECT id, received, sender, recipients, subject, seen, length(raw) AS size FROM message"
            " ORDER BY id DESC LIMIT ?",
            limit,
        )

    def message(self, message_id: int):
        return self.db.one("SELECT * FROM message WHERE id = ?", message_id)

    def delete(self, message_id: int | None = None) -> None:
        """Deletes one message, or all of them."""
        self.db.run("DELETE FROM message WHERE id = ?1 OR ?1 IS NULL", message_id)


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=modern_policy)


def html_of(message: EmailMessage) -> str | None:
    part = message.get_body(("html",))
    return part.get_content() if part else None


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    if part:
        return part.get_content()
    return plain_text(html_of(message) or "")


class MailServer(threading.Thread):
    """SMTP on loopback. Takes mail for anybody, except that an address beginning with
    `bounce` is refused.
    """

    def __init__(self, mailbox: Mailbox, host: str, port: int):
        super().__init__(name="smtp", daemon=True)
        self.mailbox = mailbox
        self.socket = socket.create_server((host, port))
        self.address = self.socket.getsockname()[:2]
        self._loop = asyncio.new_event_loop()

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(
            self._loop.create_server(self._protocol, sock=self.socket)
        )
        self._loop.run_forever()
        conversations = asyncio.all_tasks(self._loop)
        for conversation in conversations:
            conversation.cancel()
        self._loop.run_until_complete(
            asyncio.gather(*conversations, return_exceptions=True)
        )
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join(5)

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            hostname="mailbox.sandbox.example",
            enable_SMTPUTF8=True,
            data_size_limit=SIZE_LIMIT,
            loop=self._loop,
        )

    # The names and arguments of these two are aiosmtpd's.

    async def handle_RCPT(self, _server, _session, envelope, address, rcpt_options):
        if address.lower().startswith("bounce"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.mailbox.add(envelope.mail_from, envelope.rcpt_tos, envelope.content)
        return "250 OK"


def create_mailbox_app(mailbox: Mailbox) -> Flask:
    app = Flask(__name__)
    app.config["MAILBOX"] = mailbox
    add_filters(app)
    app.register_blueprint(pages)
    return app


pages = Blueprint("mailbox", __name__)
box: Mailbox = LocalProxy(lambda: current_app.config["MAILBOX"])  # type: ignore[assignment]


def _find(message_id: int):
    return box.message(message_id) or abort(404)


def _version() -> str:
    row = box.db.one(
        "SELECT max(id) AS last, count(*) AS count, total(seen) AS seen FROM message"
    )
    return f"{row['last'] or 0}-{row['count']}-{row['seen']:.0f}"


def _listing() -> dict:
    rows = [
        {**dict(row), "recipients": json.loads(row["recipients"])}
        for row in box.messages(SHOWN)
    ]
    return {"messages": rows, "current": request.args.get("current", type=int)}


@pages.get("/")
def index():
    return render_template(
        "mailbox.html", version=_version(), message=None, **_listing()
    )


@pages.get("/list")
def listing():
    """The list alone. It shows no letter's body, so nothing in it can tell a sender
    that anybody looked.
    """
    return live_response(
        _version(),
        request.args.get("version"),
        lambda: render_template("_messages.html", **_listing()),
    )


@pages.get("/letters/<int:message_id>")
def letter(message_id: int):
    row = _find(message_id)
    box.db.run("UPDATE message SET seen = 1 WHERE id = ?", message_id)
    message = parse(row["raw"])
    return render_template(
        "mailbox.html",
        version=_version(),
        **{**_listing(), "current": message_id},
        message=message,
        received=row["received"],
        programs=PROGRAMS,
        program=_program(),
        files=_files(message),
    )


@pages.get("/letters/<int:message_id>/body")
def body(message_id: int):
    """The letter as a mail client shows it, remote images and all: opening this is
    opening the letter.
    """
    message = parse(_find(message_id)["raw"])
    document = html_of(message)
    if document is None:
        return letter_response(render_template("_plain.html", text=text_of(message)))
    code = _program()
    if PROGRAMS[code].eager:
        for link in links_of(document):
            # What fails is nothing to whoever reads.
            with contextlib.suppress(OSError):
                PROGRAMS[code].fetch(link).close()
    way = url_for(".fetched", message_id=message_id, **{"as": code}, address="")
    return letter_response(fetched_by(document, lambda url: way + quote(url, safe="")))


@pages.get("/letters/<int:message_id>/fetched")
def fetched(message_id: int):
    """What the reader's program gets when it fetches a watched address of the letter:
    whoever looks at this page is logged in to Odoo, perhaps, and his browser would say
    so.
    """
    address = request.args.get("address", "")
    if address not in watched(html_of(parse(_find(message_id)["raw"])) or ""):
        abort(404)
    with PROGRAMS[_program()].fetch(address) as answer:
        passed_on = {
            name: value
            for name in PASSED_ON
            if (value := answer.headers.get(name)) is not None
        }
        return Response(answer.read(), answer.status, passed_on)


def _program() -> str:
    """The code of the program that the letter is read with."""
    code = request.args.get("as")
    return code if code in PROGRAMS else READER


@pages.get("/letters/<int:message_id>/files/<int:index>")
def file(message_id: int, index: int):
    parts = list(parse(_find(message_id)["raw"]).iter_attachments())
    if index >= len(parts):
        abort(404)
    content = parts[index].get_payload(decode=True) or b""
    name = parts[index].get_filename() or "attachment"
    response = send_file(
        BytesIO(content),
        "application/octet-stream",
        as_attachment=True,
        download_name=name,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@pages.post("/letters/<int:message_id>/delete")
def delete(message_id: int):
    box.delete(message_id)
    return redirect("/")


@pages.post("/clear")
def clear():
    box.delete()
    return redirect("/")


@pages.get("/api/letters")
def api_letters():
    """All letters, newest first, for tests: `[{"id", "from", "to": [...], "subject",
    "received", "size"}]`.
    """
    return jsonify([_summary(row) for row in box.messages()])


@pages.get("/api/letters/<int:message_id>")
def api_letter(message_id: int):
    """One letter; besides, `html`, `text`, `headers` (a list of pairs) and
    `attachments`.
    """
    row = _find(message_id)
    message = parse(row["raw"])
    return jsonify(
        {
            **_summary({**dict(row), "size": len(row["raw"])}),
            "html": html_of(message),
            "text": text_of(message),
            "headers": [[name, str(value)] for name, value in message.items()],
            "attachments": _files(message),
        }
    )


@pages.get("/api/letters/<int:message_id>/raw")
def api_raw(message_id: int):
    return Response(_find(message_id)["raw"], mimetype="message/rfc822")


@pages.delete("/api/letters")
def api_clear():
    box.delete()
    return jsonify([])


def _summary(row) -> dict:
    return {
        "id": row["id"],
        "from": row["sender"],
        "to": json.loads(row["recipients"]),
        "subject": row["subject"],
        "received": iso(row["received"]),
        "size": row["size"],
    }


def _files(message: EmailMessage) -> list[dict]:
    return [
        {
            "name": part.get_filename() or "attachment",
            "type": part.get_content_type(),
            "size": len(part.get_payload(decode=True) or b""),
        }
        for part in message.iter_attachments()
    ]
