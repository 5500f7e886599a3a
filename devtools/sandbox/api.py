"""The calls of the service, one function each. The table of them is in docs: service
API.
"""

import functools
import re
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from . import account
from .errors import ApiError, error_body
from .letter_request import LetterRequest
from .service import service

api = Blueprint("api", __name__)

NAME_LIMIT = 1000
"""Characters of an uploaded file's name."""


def call(name: str, method: str, rule: str):
    """Routes a call; counts it, lets faults spoil it, and turns an ApiError into an
    answer with status 200 (P).
    """

    def register(view):
        @functools.wraps(view)
        def answer() -> Response:
            try:
                return jsonify(view())
            except ApiError as error:
                return jsonify(error_body(error.code, error.message))

        @api.route(rule, methods=[method], endpoint=name)
        def routed():
            request.get_data()  # a call is one that has come whole
            with service.traffic.under_way(name):
                return service.faults.around(name, answer, service)

        return view

    return register


def json_body(required: tuple[str, ...] = ()) -> dict:
    """The JSON object of a POST or PUT."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object")
    return _having(body, required)


def query(required: tuple[str, ...] = ()) -> dict:
    """The query string of a GET or DELETE."""
    return _having(request.args.to_dict(), required)


def _having(values: dict, required: tuple[str, ...]) -> dict:
    missing = next((name for name in required if values.get(name) in (None, "")), None)
    if missing:
        raise ApiError(400, f"Missing field: {missing}")
    return values


def check_api_key(values) -> None:
    if not service.store.is_api_key(values.get("apikey")):
        raise ApiError(403, "Invalid api key")


def number(value, what: str) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
        raise ApiError(400, f"{what} must be a number")
    return int(value)


@call("login", "POST", "/user/login")
def login():
    body = json_body()
    labels = service.store.setting("hash_labels", ["apikey"])
    accepted = account.is_login(
        body.get("appkey"),
        body.get("email"),
        body.get("password"),
        body.get("hash"),
        labels,
    ) and not service.store.setting("password_revoked", False)
    service.traffic.saw_login(accepted)
    if not accepted:
        raise ApiError(401, "Wrong email or password")
    return {"apikey": service.store.issue_api_key()}


@call("upload", "POST", "/attachments/add")
def upload():
    check_api_key(request.form)
    file = request.files.get("file")
    if file is None:
        raise ApiError(400, "Missing field: file")
    # Browsers and urllib3 write a quote in a multipart file name as %22 (WHATWG HTML,
    # multipart/form-data).
    name = (file.filename or "").replace("%22", '"')
    if not name or len(name) > NAME_LIMIT or re.search(r"[\r\n\x00]|%0[AD]", name):
        raise ApiError(422, "The file name must be one line, not empty")
    return {
        "id": service.store.add_upload(
            name, file.mimetype or "application/octet-stream", file.stream
        )
    }


@call("send", "POST", "/mail")
def send():
    body = json_body()
    check_api_key(body)
    letter_id = service.store.add_letter(LetterRequest.parse(body), deliver=True)
    service.delivery.add(
        [recipient["id"] for recipient in service.store.recipients(letter_id)]
    )
    return {"id": letter_id}


@call("link", "POST", "/Mail/generate_link")
def generate_link():
    body = json_body()
    check_api_key(body)
    letter_id = service.store.add_letter(LetterRequest.parse(body), deliver=False)
    return {
        "id": letter_id,
        "link": service.renderer.page(service.store.recipients(letter_id)[0]),
    }


@call("template", "GET", "/Templates/get_template")
def get_template():
    values = query(("id",))
    check_api_key(values)
    return service.store.template(number(values["id"], "id"))


@call("subscribe", "PUT", "/subscribers/add")
def subscribe():
    body = json_body(("path",))
    check_api_key(body)
    path = body["path"]
    url = urlsplit(path) if isinstance(path, str) else None
    if not url or url.scheme not in ("http", "https") or not url.hostname:
        raise ApiError(422, "path must be an http or https address")
    return {"id": service.store.subscribe(path)}


@call("unsubscribe", "DELETE", "/subscribers/delete")
def unsubscribe():
    values = query(("id",))
    check_api_key(values)
    if not service.store.unsubscribe(number(values["id"], "id")):
        raise ApiError(404, "Subscriber not found")
    return {}


@call("statistics", "GET", "/mail/statistics")
def statistics():
    values = query(("id",))
    check_api_key(values)
    letter_id = number(values["id"], "id")
    if not service.store.letter(letter_id):
        raise ApiError(404, "Letter not found")
    return service.journal.statistics(letter_id)


@call("find", "GET", "/mail/find")
def find():
    values = query(("key",))
    check_api_key(values)
    return {
        "mails": [
            {"id": letter_id}
            for letter_id in service.store.letters_by_key(values["key"])
        ]
    }
