# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The service B2B Family, in memory, where the client's Transport would be."""

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass

from odoo.addons.b2b_family_mail.client.transport import Answer

CREDENTIALS = {
    "app_key": "canary-app-key",
    "secret_key": "canary-secret-key",
    "email": "seller@shop.example",
    "mail_password": "canary-password+%41",
}


def login_hash():
    signed = (
        "apikey={app_key}&secret={secret_key}&email={email}&password={mail_password}"
    )
    return hashlib.md5(signed.format(**CREDENTIALS).encode()).hexdigest()


def answer(content, status=200):
    """Return an HTTP answer: JSON, or a page when ``content`` is text."""
    body = content if isinstance(content, str) else json.dumps(content)
    return Answer(status, {}, body.encode())


def refusal(message, code):
    return answer({"error": {"message": message, "code": code}})


@dataclass
class Fault:
    """Spoils calls: ``outcome`` is raised, or answered.

    ``after``: only once the service has done what it was asked.
    """

    outcome: Exception | Answer
    after: bool
    times: int


class FakeService:
    """Keeps the contract of the service; its ``request`` is that of Transport.

    :ivar letters: the requests that were accepted, by the id they were given
    :ivar calls: the names of all calls, in order
    """

    def __init__(self):
        self.letters = {}
        self.files = {}
        self.events = defaultdict(list)
        self.sums = {}  # by letter: what its statistics say otherwise than its events
        self.subscribers = {}
        self.templates = {}
        self.api_keys = set()
        self.calls = []
        self.can_find = True
        self.on_accept = lambda ref: None
        self._faults = {}
        self._last_id = 100

    # -- its behaviour

    def fail(self, call, outcome, *, after=False, times=1):
        self._faults[call] = Fault(outcome, after, times)

    def heal(self):
        self._faults.clear()

    def issue_api_key(self):
        key = f"canary-api-key-{self._next_id()}"
        self.api_keys.add(key)
        return key

    def happen(self, ref, kind, date, *, attachment=None, **details):
        """Something happens to a letter; return the webhook that tells of it."""
        event = {"id": f"e-{self._next_id()}", "type": kind, "date": date}
        event |= {"email": self.letters[ref]["to"], "attachment_id": attachment}
        self.events[ref].append(event | details)
        custom_data = self.letters[ref]["custom_data"]
        return event | details | {"mail_id": ref, "custom_data": custom_data}

    # -- what it saw

    def to(self, email):
        """Return ``(id, request)`` of the only letter to an address."""
        [(ref, letter)] = [
            (ref, letter)
            for ref, letter in self.letters.items()
            if letter["to"] == email
        ]
        return ref, letter

    def addresses(self):
        return sorted(letter["to"] for letter in self.letters.values())

    # -- the calls

    def request(
        self, call, method, url, *, deadline, query=None, body=None, content_type=None
    ):
        self.calls.append(call)
        data = query or self._read(body, content_type)
        fault = self._take_fault(call)
        if fault and not fault.after:
            return self._strike(fault)
        result = answer(getattr(self, f"_{call}")(data))
        return self._strike(fault) if fault else result

    def _take_fault(self, call):
        fault = self._faults.get(call)
        if fault:
            fault.times -= 1
            if not fault.times:
                del self._faults[call]
        return fault

    def _strike(self, fault):
        if isinstance(fault.outcome, Exception):
            raise fault.outcome
        return fault.outcome

    def _read(self, body, content_type):
        if content_type == "application/json":
            return json.loads(body)
        content = b"".join(iter(lambda: body.read(1 << 16), b""))
        boundary = content.partition(b"\r\n")[0]
        name = re.search(rb'filename="([^"]*)"', content)[1].decode()
        _head, _field, part, _end = content.split(boundary)
        file = part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        apikey = re.search(rb'name="apikey"\r\n\r\n([^\r]*)', content)[1].decode()
        return {"apikey": apikey, "name": name, "content": file}

    def _next_id(self):
        self._last_id += 1
        return str(self._last_id)

    def _refused(self, data):
        known = data["apikey"] in self.api_keys
        return not known and {"error": {"message": "Invalid api key", "code": 403}}

    def _login(self, data):
        names = {"appkey": "app_key", "email": "email", "password": "mail_password"}
        right = all(data[name] == CREDENTIALS[ours] for name, ours in names.items())
        if not right or data["hash"] != login_hash():
            return {"error": {"message": "Wrong e-mail or password", "code": 401}}
        return {"apikey": self.issue_api_key()}

    def _upload(self, data):
        if refused := self._refused(data):
            return refused
        ref = self._next_id()
        self.files[ref] = (data["name"], data["content"])
        return {"id": ref}

    def _send(self, data):
        if refused := self._refused(data):
            return refused
        for file in data.get("attachments", "").split(";")[:-1]:
            if file not in self.files:
                return {"error": {"message": f"Attachment not found: {file}"}}
        ref = self._next_id()
        self.letters[ref] = data
        self.on_accept(ref)
        return {"id": ref}

    def _generate_link(self, data):
        sent = self._send(data)
        return (
            {"link": f"https://b2b.example.com/{sent['id']}"} if "id" in sent else sent
        )

    def _template(self, data):
        if refused := self._refused(data):
            return refused
        if data["id"] not in self.templates:
            return {"error": {"message": "Template not found", "code": 404}}
        return self.templates[data["id"]]

    def _find(self, data):
        if refused := self._refused(data):
            return refused
        keys = {ref: mail["custom_data"]["key"] for ref, mail in self.letters.items()}
        found = [ref for ref, key in keys.items() if key == data["key"]]
        return {"mails": [{"id": ref} for ref in found if self.can_find]}

    def _statistics(self, data):
        if refused := self._refused(data):
            return refused
        ref = data["id"]
        if ref not in self.letters:
            return {"error": {"message": "Letter not found", "code": 404}}
        events = self.events[ref]
        opens = [event for event in events if event.get("type") == "message_open"]
        files = self.letters[ref].get("attachments", "").split(";")[:-1]
        return {
            "id": ref,
            **self._opens(opens),
            **self.sums.get(ref, {}),
            "attachments": [self._file(file, events) for file in files],
            "events": events,
        }

    def _file(self, file, events):
        opens = [event for event in events if event.get("attachment_id") == file]
        return {"id": file, "opened": bool(opens), **self._opens(opens)}

    def _opens(self, events):
        dates = sorted(event["date"] for event in events)
        first, last = (dates[0], dates[-1]) if dates else (None, None)
        return {"first_open": first, "last_open": last, "open_count": len(dates)}

    def _subscribe(self, data):
        if refused := self._refused(data):
            return refused
        ref = self._next_id()
        self.subscribers[ref] = data["path"]
        return {"id": ref}

    def _unsubscribe(self, data):
        if refused := self._refused(data):
            return refused
        if not self.subscribers.pop(data["id"], None):
            return {"error": {"message": "Subscriber not found", "code": 404}}
        return {}
