"""What readers fetch: the pixel, attachments, links, a letter's page. Each fetch is an
event, of that very request.
"""

from flask import Blueprint, Response, abort, redirect, request, send_file

from .journal import ATTACHMENT_DOWNLOAD, ATTACHMENT_OPEN, LINK_CLICK, OPEN, Event
from .service import service

tracking = Blueprint("tracking", __name__, url_prefix="/t")

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)

SHOWN_INLINE = {
    "application/pdf",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/plain",
}
"""What a browser may show in its window. Anything that could run a script is only ever
downloaded.
"""


def _find(kind: str, value: str):
    return service.store.find_token(value, kind) or abort(404)


def _record(token, kind: str) -> None:
    # A HEAD is a program having a look, not a person reading.
    if request.method == "GET":
        sent = request.headers.get("User-Agent", "")
        here = request.remote_addr == "127.0.0.1"
        service.record(
            [
                Event(
                    token["letter_id"],
                    kind,
                    email=token["email"],
                    upload_id=token["upload_id"],
                    url=token["url"],
                    # Readers are not on this machine: it would make all of them one.
                    ip=None if here else request.remote_addr,
                    user_agent=sent[:500],
                )
            ]
        )


@tracking.after_request
def _never_cached(response: Response) -> Response:
    """Or a second opening would not be seen."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@tracking.get("/o/<value>.gif")
def pixel(value: str):
    _record(_find("open", value), OPEN)
    return Response(PIXEL, mimetype="image/gif")


@tracking.get("/a/<value>")
def attachment(value: str):
    token = _find("attachment", value)
    download = request.args.get("download") == "1"
    _record(token, ATTACHMENT_DOWNLOAD if download else ATTACHMENT_OPEN)
    upload = service.store.upload(token["upload_id"])
    mimetype = upload["mimetype"].partition(";")[0].strip().lower()
    return send_file(
        service.store.file(upload["id"]).absolute(),
        mimetype=f"{mimetype}; charset=utf-8" if mimetype == "text/plain" else mimetype,
        as_attachment=download or mimetype not in SHOWN_INLINE,
        download_name=upload["name"],
        conditional=False,
    )


@tracking.get("/l/<value>")
def link(value: str):
    token = _find("link", value)
    _record(token, LINK_CLICK)
    return redirect(token["url"])


@tracking.get("/v/<value>")
def page(value: str):
    """The letter in a browser. Its pixel does the counting, as in a mail client."""
    token = _find("view", value)
    letter = service.store.letter(token["letter_id"])
    recipient = service.store.recipient(token["recipient_id"])
    response = Response(
        service.renderer.content(letter, recipient), mimetype="text/html"
    )
    # A letter may hold any markup its writer liked; on this address it runs no script.
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return response
