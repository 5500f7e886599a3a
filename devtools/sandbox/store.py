"""What the service keeps: api keys, uploads, letters with their recipients and tokens,
subscriptions.
"""

import io
import json
import secrets
import shutil
from pathlib import Path

from .clock import Clock
from .database import SERVICE_SCHEMA, Database
from .errors import ApiError
from .letter_request import LetterRequest
from .letter_templates import TEMPLATES, find_template

API_KEY_LIFE = 24 * 60 * 60
"""Seconds an api key is valid (A)."""


class Store:
    """Everything under one directory: `service.sqlite3`, and the uploads' bytes as
    files by id.
    """

    def __init__(self, directory: Path, clock: Clock):
        self.clock = clock
        self.files = directory / "uploads"
        self.files.mkdir(parents=True, exist_ok=True)
        self.db = Database(directory / "service.sqlite3", SERVICE_SCHEMA)
        self.clock.offset = self.setting("clock_offset", 0)
        self._add_template_files()

    # -- settings of the sandbox itself

    def setting(self, name: str, default):
        row = self.db.one("SELECT value FROM setting WHERE name = ?", name)
        return json.loads(row["value"]) if row else default

    def set_setting(self, name: str, value) -> None:
        self.db.run(
            "INSERT OR REPLACE INTO setting VALUES (?, ?)", name, json.dumps(value)
        )

    # -- api keys

    def issue_api_key(self) -> str:
        value = "canary-api-key-" + secrets.token_hex(16)
        self.db.run(
            "INSERT INTO api_key VALUES (?, ?)", value, self.clock.now() + API_KEY_LIFE
        )
        return value

    def is_api_key(self, value) -> bool:
        now = self.clock.now()
        return isinstance(value, str) and bool(
            self.db.one(
                "SELECT 1 FROM api_key WHERE value = ? AND expires > ?", value, now
            )
        )

    def expire_api_keys(self) -> None:
        self.db.run("DELETE FROM api_key")

    # -- uploads

    def add_upload(self, name: str, mimetype: str, stream) -> int:
        """Keeps a file, reading `stream` piece by piece; its id."""
        incoming = self.files / f"incoming-{secrets.token_hex(8)}"
        with incoming.open("wb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)
            size = target.tell()
        with self.db.transaction() as connection:
            upload_id = connection.execute(
                "INSERT INTO upload (name, mimetype, size) VALUES (?, ?, ?)",
                (name, mimetype, size),
            ).lastrowid
            incoming.rename(self.file(upload_id))
        return upload_id

    def upload(self, upload_id: int):
        return self.db.one("SELECT * FROM upload WHERE id = ?", upload_id)

    def file(self, upload_id: int) -> Path:
        """Where the bytes are: by id, so that no name a client chose ever becomes a
        path.
        """
        return self.files / str(upload_id)

    def _add_template_files(self) -> None:
        """The demo templates' attachments are ordinary uploads, made once."""
        for template in TEMPLATES:
            for name, content in template.files.items():
                if not self.db.one("SELECT 1 FROM upload WHERE name = ?", name):
                    self.add_upload(name, "text/plain", io.BytesIO(content.encode()))

    def template(self, template_id: int) -> dict:
        """A template as the service answers it: subject, text, attachments (P).
        ApiError 404 when unknown.
        """
        template = find_template(template_id)
        if not template:
            raise ApiError(404, "Template not found")
        files = [
            self.db.one("SELECT * FROM upload WHERE name = ? ORDER BY id", name)
            for name in template.files
        ]
        return {
            "subject": template.subject,
            "text": template.text,
            "attachments": [
                {"id": row["id"], "name": row["name"], "size": row["size"]}
                for row in files
            ],
        }

    # -- letters

    def add_letter(self, request: LetterRequest, *, deliver: bool) -> int:
        """Accepts a letter, to wait for delivery or not; its id. ApiError 422 for an
        upload that is not there.
        """
        template = (
            self.template(request.template_id)
            if request.template_id is not None
            else None
        )
        attachments = list(request.attachments)
        if template:
            attachments += [
                item["id"]
                for item in template["attachments"]
                if item["id"] not in attachments
            ]
        now = self.clock.now()
        with self.db.transaction() as connection:
            for upload_id in attachments:
                if not self.upload(upload_id):
                    raise ApiError(422, f"Attachment not found: {upload_id}")
            letter_id = connection.execute(
                "INSERT INTO letter (key, kind, subject, text, from_name, reply_to, cc, custom_data, webhook, sent,"
                " not_open_due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    _key(request.custom_data),
                    request.kind,
                    request.subject or template["subject"],
                    request.text or template["text"],
                    request.from_name,
                    request.reply_to,
                    json.dumps(request.copies),
                    json.dumps(request.custom_data),
                    request.webhook,
                    now,
                    now + request.not_open_after if request.not_open_after else None,
                ),
            ).lastrowid
            connection.executemany(
                "INSERT INTO recipient (letter_id, email, state) VALUES (?, ?, ?)",
                [
                    (letter_id, email, "waiting" if deliver else "link")
                    for email in request.recipients
                ],
            )
            connection.executemany(
                "INSERT INTO letter_attachment VALUES (?, ?)",
                [(letter_id, upload_id) for upload_id in attachments],
            )
        return letter_id

    def letter(self, letter_id: int):
        return self.db.one("SELECT * FROM letter WHERE id = ?", letter_id)

    def letters_by_key(self, key: str) -> list[int]:
        return [
            row["id"]
            for row in self.db.all(
                "SELECT id FROM letter WHERE key = ? ORDER BY id", key
            )
        ]

    def attachments(self, letter_id: int) -> list:
        return self.db.all(
            "SELECT upload.* FROM letter_attachment JOIN upload ON upload.id = upload_id WHERE letter_id = ?"
            " ORDER BY upload.id",
            letter_id,
        )

    def recipients(self, letter_id: int) -> list:
        return self.db.all(
            "SELECT * FROM recipient WHERE letter_id = ? ORDER BY id", letter_id
        )

    def recipient(self, recipient_id: int):
        return self.db.one("SELECT * FROM recipient WHERE id = ?", recipient_id)

    def waiting_recipients(self) -> list[int]:
        return [
            row["id"]
            for row in self.db.all(
                "SELECT id FROM recipient WHERE state = 'waiting' ORDER BY id"
            )
        ]

    def set_delivery(
        self, recipient_id: int, state: str, answer: str | None = None
    ) -> None:
        """`state`: waiting, delivered, bounced; `answer`: the mail server's words."""
        self.db.run(
            "UPDATE recipient SET state = ?, answer = ? WHERE id = ?",
            state,
            answer,
            recipient_id,
        )

    # -- tokens: the unguessable ends of tracked addresses

    def token(
        self,
        kind: str,
        recipient_id: int,
        *,
        upload_id: int | None = None,
        url: str | None = None,
    ) -> str:
        """The token under which this recipient fetches this thing, the same each time.

        `kind`: open (the pixel), attachment, link, view (the letter as a page).
        """
        with self.db.transaction() as connection:
            row = connection.execute(
                "SELECT value FROM token WHERE recipient_id = ? AND kind = ? AND upload_id IS ? AND url IS ?",
                (recipient_id, kind, upload_id, url),
            ).fetchone()
            if row:
                return row["value"]
            value = secrets.token_urlsafe(15)
            connection.execute(
                "INSERT INTO token VALUES (?, ?, ?, ?, ?)",
                (value, kind, recipient_id, upload_id, url),
            )
            return value

    def find_token(self, value: str, kind: str):
        """The token with its recipient's `email` and `letter_id`; None when there is
        none of this kind.
        """
        return self.db.one(
            "SELECT token.*, email, letter_id FROM token JOIN recipient ON recipient.id = recipient_id"
            " WHERE value = ? AND kind = ?",
            value,
            kind,
        )

    # -- subscriptions

    def subscribe(self, url: str) -> int:
        """Subscribes an address; one that is already subscribed keeps its id (A)."""
        with self.db.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO subscription (url) VALUES (?)", (url,)
            )
            return connection.execute(
                "SELECT id FROM subscription WHERE url = ?", (url,)
            ).fetchone()["id"]

    def unsubscribe(self, subscription_id: int) -> bool:
        with self.db.transaction() as connection:
            row = connection.execute(
                "SELECT url FROM subscription WHERE id = ?", (subscription_id,)
            ).fetchone()
            if row:
                connection.execute(
                    "DELETE FROM subscription WHERE id = ?", (subscription_id,)
                )
                connection.execute(
                    "DELETE FROM notice WHERE url = ? AND state = 'waiting'",
                    (row["url"],),
                )
        return bool(row)

    def subscriptions(self) -> list:
        return self.db.all("SELECT * FROM subscription ORDER BY id")

    # -- all of it

    def reset(self) -> None:
        """Forgets everything, as on the first day."""
        self.db.empty()
        for path in self.files.iterdir():
            path.unlink()
        self.clock.offset = 0
        self._add_template_files()


def _key(custom_data: dict) -> str | None:
    key = custom_data.get("key")
    return None if key is None else str(key)
