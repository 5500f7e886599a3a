"""SQLite, shared by the threads of one process."""

import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path

SERVICE_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS api_key (value TEXT PRIMARY KEY, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS upload (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, mimetype TEXT NOT NULL, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    from_name TEXT, reply_to TEXT, cc TEXT NOT NULL, custom_data TEXT NOT NULL, webhook INTEGER NOT NULL,
    sent REAL NOT NULL, not_open_due REAL);
CREATE INDEX IF NOT EXISTS letter_key ON letter (key);
CREATE INDEX IF NOT EXISTS letter_not_open_due ON letter (not_open_due) WHERE not_open_due IS NOT NULL;
CREATE TABLE IF NOT EXISTS recipient (
    id INTEGER PRIMARY KEY AUTOINCREMENT, letter_id INTEGER NOT NULL REFERENCES letter, email TEXT NOT NULL,
    state TEXT NOT NULL, answer TEXT);
CREATE INDEX IF NOT EXISTS recipient_letter ON recipient (letter_id);
CREATE INDEX IF NOT EXISTS recipient_waiting ON recipient (id) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS letter_attachment (
    letter_id INTEGER NOT NULL REFERENCES letter, upload_id INTEGER NOT NULL REFERENCES upload,
    PRIMARY KEY (letter_id, upload_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    value TEXT PRIMARY KEY, kind TEXT NOT NULL, recipient_id INTEGER NOT NULL REFERENCES recipient,
    upload_id INTEGER, url TEXT);
CREATE INDEX IF NOT EXISTS token_recipient ON token (recipient_id);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, letter_id INTEGER NOT NULL REFERENCES letter, type TEXT NOT NULL,
    date REAL NOT NULL, email TEXT, upload_id INTEGER, url TEXT, ip TEXT, user_agent TEXT);
CREATE INDEX IF NOT EXISTS event_letter ON event (letter_id, type);
CREATE INDEX IF NOT EXISTS event_type ON event (type, letter_id);
CREATE TABLE IF NOT EXISTS subscription (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id INTEGER NOT NULL REFERENCES event, url TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, answer TEXT);
CREATE INDEX IF NOT EXISTS notice_due ON notice (due) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS notice_event ON notice (event_id);
"""

MAILBOX_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received REAL NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
    subject TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0, raw BLOB NOT NULL);
"""


class Database:
    """One connection and one lock: statements here take microseconds, so threads lose
    nothing by queueing.
    """

    def __init__(self, path: Path, schema: str):
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        # What was answered must survive a kill, not a power cut: no fsync for each
        # letter.
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + schema
        )

    @contextmanager
    def transaction(self):
        """The connection, to this thread alone; commits at the end, rolls back on an
        exception.
        """
        with self._lock, self._connection:
            yield self._connection

    def all(self, sql: str, *values) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values) -> sqlite3.Row | None:
        with self._lock:
            return self._connection.execute(sql, values).fetchone()

    def run(self, sql: str, *values) -> int:
        """Executes and commits one statement; the id of the row it inserted."""
        with self.transaction() as connection:
            return connection.execute(sql, values).lastrowid

    def empty(self) -> None:
        """Removes every row. Ids go on from where they were: what is under way for an
        old one must not hit a new.
        """
        with self.transaction() as connection:
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).fetchall()
            for table in tables:
                connection.execute(f'DELETE FROM "{table["name"]}"')

    def close(self) -> None:
        with self._lock:
            self._connection.close()
