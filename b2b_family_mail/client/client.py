# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""All calls of the service.

Usage::

    with B2BFamilyClient("https://api.b2bfamily.com") as client:
        client.api_key = client.login(app_key, secret_key, email, password).api_key
        with open("Offer.pdf", "rb") as file:
            offer = client.upload("Offer.pdf", file, "application/pdf")
        ref = client.send(OutgoingLetter(to="reader@example.com", subject="Offer",
            html="<p>Hello</p>", key=secrets.token_hex(16), attachments=(offer,)))
        print(client.statistics(ref).first_open)

Every call may raise the errors of :mod:`~.errors` and no others, except ValueError
for arguments that are impossible in themselves.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, BinaryIO

from .answers import find_id, read_answer
from .dates import DEFAULT_TZ, zone_of
from .endpoints import BODY_METHODS, ENDPOINTS, Endpoint
from .errors import AuthenticationFailed, OutcomeUnknown, PayloadError, Rejected
from .events import Statistics, custom_key, parse_statistics
from .letter import OutgoingLetter
from .multipart import FileUnusable, MultipartFile
from .reading import MAX_ITEMS, Fields, as_list, as_object, is_empty
from .signature import HASH_LABELS, login_hash
from .transport import NOT_REPEATABLE, Answer, Transport

#: Bytes a second that an upload is given at least, on top of the deadline.
UPLOAD_RATE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Login:
    """What a login yields: the api key, and the hash label that the service took."""

    api_key: str = field(repr=False)
    hash_label: str


@dataclass(frozen=True, slots=True)
class Template:
    """A letter template of the service; ``attachments`` are ids of uploaded files.

    The text is the service's: show it literally, never execute it.
    """

    subject: str
    text: str
    attachments: tuple[str, ...] = ()


class B2BFamilyClient:
    """The service, seen through one account. Threads may share one.

    :param base_url: scheme, host, and maybe a port and a path before every path
    :param api_key: what :meth:`login` returned; may be set later
    :param endpoints: see :func:`~.endpoints.merge_endpoints`
    :param deadline: seconds a whole call may take, from connecting to the last byte;
        an upload has a second more for each 256 KiB
    :param service_tz: the zone of the service's times without one
    :param allow_loopback: also talk to this machine, without TLS (development)
    :param secrets: what no error may repeat, beside what the call itself carries
    :param transport: one to share; whoever made it closes it
    :raises ValueError: the zone is not known here
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        endpoints: Mapping[str, Endpoint] | None = None,
        deadline: float = 30.0,
        service_tz: str | tzinfo = DEFAULT_TZ,
        allow_loopback: bool = False,
        secrets: Iterable[str] = (),
        transport: Transport | None = None,
    ):
        self.api_key = api_key
        self._secrets = tuple(secrets)
        self._base_url = base_url.rstrip("/")
        self._endpoints = endpoints or ENDPOINTS
        self._deadline = deadline
        self._service_tz = zone_of(service_tz)
        self._owns_transport = transport is None
        self._transport = transport or Transport(allow_loopback=allow_loopback)

    def __enter__(self) -> "B2BFamilyClient":
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections, unless the transport is somebody else's."""
        if self._owns_transport:
            self._transport.close()

    def login(
        self,
        app_key: str,
        secret_key: str,
        email: str,
        password: str,
        *,
        hash_label: str = HASH_LABELS[0],
    ) -> Login:
        """Exchange the account's credentials for an api key (M). Does not set it.

        Signs with ``hash_label``, and once more with the other label when the service
        refuses the credentials; store the returned label for the next time.

        :raises AuthenticationFailed: both were refused; the words are of the first
        """
        other = next(label for label in HASH_LABELS if label != hash_label)
        try:
            return self._login(app_key, secret_key, email, password, hash_label)
        except AuthenticationFailed as error:
            refused = error
        try:
            return self._login(app_key, secret_key, email, password, other)
        except AuthenticationFailed:
            raise refused from None

    def _login(
        self, app_key: str, secret_key: str, email: str, password: str, label: str
    ) -> Login:
        signature = login_hash(app_key, secret_key, email, password, label)
        request = {
            "appkey": app_key,
            "email": email,
            "password": password,
            "hash": signature,
        }
        secrets = (*self._secrets, app_key, secret_key, password, signature)
        answer = self._exchange("login", request)
        data = read_answer("login", answer, secrets=secrets)
        with _reading("login"):
            fields = _unwrap(data, "result", "user", "data")
            return Login(_needed(fields, "apikey"), label)

    def upload(
        self,
        name: str,
        content: BinaryIO | bytes,
        mimetype: str = "application/octet-stream",
    ) -> str:
        """Hand over a file (A); return the id to put into a letter's attachments.

        :param content: bytes, or a seekable binary file, sent from its position on
            without being read into memory
        :raises Rejected: also an impossible name, and a file that cannot be read or
            shrinks meanwhile
        """
        method, path = self._endpoints["upload"]
        fields = {"apikey": self._key("upload")}
        try:
            body = MultipartFile(fields, name, content, mimetype)
            answer = self._transport.request(
                "upload",
                method,
                self._base_url + path,
                deadline=self._deadline + body.size / UPLOAD_RATE,
                body=body,
                content_type=body.content_type,
            )
        except FileUnusable as error:
            raise Rejected.because(str(error), call="upload") from None
        data = self._read("upload", answer)
        return _id("upload", data, "attachment", "file", "result", "data")

    def send(self, letter: OutgoingLetter) -> str:
        """Have a letter delivered (P); return the service's id of it (A).

        :raises OutcomeUnknown: it may or may not have been taken; see its docstring
        """
        data = self._call("send", letter.to_payload(self._key("send")))
        return _id("send", data, "mail", "result", "data")

    def generate_link(self, letter: OutgoingLetter) -> str:
        """Return a tracked link to the letter, which is not sent (P; answer A).

        :raises OutcomeUnknown: a link may or may not have been made
        """
        request = letter.to_payload(self._key("generate_link"), kind="link")
        data = self._call("generate_link", request)
        with _reading("generate_link"):
            if isinstance(data, str):
                data = {"link": data}
            fields = _unwrap(data, "mail", "result", "data")
            link = _needed(fields, "link", "url")
            if not link.lower().startswith(("https://", "http://")):
                raise fields.error("link", "is not a web address")
            return link

    def find(self, key: str) -> str | None:
        """Return the service's id of the letter with our key (A).

        :return: None only when the service says clearly that it knows no such letter
        :raises PayloadError: an answer that does not say clearly which letter it is
        """
        data = self._call("find", {"key": key})
        with _reading("find"):
            return _found(_unwrap(data, "result", "data"), key)

    def statistics(self, ref: str) -> Statistics:
        """Return what became of the letter with the service's id ``ref`` (A).

        :raises PayloadError: unreadable, or about another letter
        """
        data = self._call("statistics", {"id": ref})
        with _reading("statistics"):
            statistics = parse_statistics(data, self._service_tz)
            if statistics.ref not in (None, ref):
                raise Fields({}).error("id", "is another letter's")
            return statistics

    def subscribe(self, url: str) -> str:
        """Ask for webhooks to that URL (P); return the subscription's id (A)."""
        # Whoever knows the end of the URL can call it.
        end = url.rpartition("/")[2]
        data = self._call("subscribe", {"path": url}, secrets=(end,))
        return _id("subscribe", data, "subscriber", "result", "data")

    def unsubscribe(self, ref: str) -> None:
        """End a subscription (P)."""
        self._call("unsubscribe", {"id": ref}, empty=True)

    def template(self, ref: str) -> Template:
        """Return a letter template of the service (P)."""
        data = self._call("template", {"id": ref})
        with _reading("template"):
            fields = _unwrap(data, "template", "result", "data")
            if not fields.has("subject", "text"):
                raise fields.error("text", "is missing")
            return Template(
                subject=fields.text("subject") or "",
                text=fields.text("text") or "",
                attachments=_attachment_ids(fields),
            )

    def _call(self, call: str, request: dict[str, Any], **options: Any) -> Any:
        """Make a call with the api key; return what it answers."""
        answer = self._exchange(call, {"apikey": self._key(call), **request})
        return self._read(call, answer, **options)

    def _exchange(self, call: str, request: dict[str, Any]) -> Answer:
        """Make a call: JSON with POST and PUT, a query with the others (P)."""
        method, path = self._endpoints[call]
        if method in BODY_METHODS:
            # Escaped to ASCII: nothing that Python holds as text fails to encode.
            content = {
                "body": json.dumps(request, allow_nan=False).encode(),
                "content_type": "application/json",
            }
        else:
            content = {"query": request}
        return self._transport.request(
            call, method, self._base_url + path, deadline=self._deadline, **content
        )

    def _read(
        self,
        call: str,
        answer: Answer,
        *,
        empty: bool = False,
        secrets: Iterable[str] = (),
    ) -> Any:
        secrets = (*secrets, *self._secrets, self.api_key or "")
        return read_answer(call, answer, secrets=secrets, empty=empty)

    def _key(self, call: str) -> str:
        if not self.api_key:
            raise AuthenticationFailed.because("no_key", call=call)
        return self.api_key


@contextmanager
def _reading(call: str) -> Iterator[None]:
    """Put the call's name to what cannot be read of its answer.

    For calls that must not be repeated, an answer that does not name what it made
    leaves the outcome open.
    """
    try:
        yield
    except PayloadError as error:
        if call in NOT_REPEATABLE:
            raise OutcomeUnknown(error.message, call=call) from None
        error.call = call
        raise


def _id(call: str, data: Any, *wrappers: str) -> str:
    with _reading(call):
        ref = find_id(data, *wrappers)
        if ref is None:
            raise Fields({}).error("id", "is missing")
        return ref


def _unwrap(data: Any, *wrappers: str) -> Fields:
    """Return the fields of an answer, and those of an object inside it."""
    data = as_object(data, "answer")
    outer = Fields(data)
    for inner in map(outer.get, wrappers):
        if isinstance(inner, dict):
            said = {name: value for name, value in data.items() if not is_empty(value)}
            data = {**data, **inner, **said}
    return Fields(data)


def _needed(fields: Fields, *names: str) -> str:
    text = fields.text(*names)
    if not text:
        raise fields.error(names[0], "is missing")
    return text


def _found(fields: Fields, key: str) -> str | None:
    if fields.is_empty_list("mails"):
        return None
    found = as_list(fields.get("mails"))
    if len(found) > MAX_ITEMS:
        raise fields.error("mails", f"has more than {MAX_ITEMS} items")
    mails = [
        Fields(as_object(mail, f"mails[{index}]"), f"mails[{index}].")
        for index, mail in enumerate(found)
    ]
    # A service that does not heed the key would list every letter it has.
    ours = [mail for mail in mails if custom_key(mail) == key]
    if not ours and any(map(custom_key, mails)):
        raise fields.error("mails", "are others' letters")
    refs = {mail.ident("id", "mail_id") for mail in ours or mails}
    if len(refs) != 1 or None in refs:
        raise fields.error("mails", "do not tell which letter it is")
    return refs.pop()


def _attachment_ids(fields: Fields) -> tuple[str, ...]:
    refs = []
    for index, item in enumerate(as_list(fields.get("attachments"))):
        where = f"attachments[{index}]"
        item = item if isinstance(item, dict) else {"id": item}
        ref = Fields(item, f"{where}.").ident("id")
        if ref is None:
            raise fields.error(where, "has no id")
        refs.append(ref)
    return tuple(refs)
