"""Read Odoo's logs: what the addon wrote, what was written about it, what failed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = re.compile(r"b2b_family|b2b\.family")
OUR_JOB = re.compile(r"^Job '[^']*B2B")
HEAD = re.compile(
    r"\d{4}-\d\d-\d\d \S+ (?P<pid>\d+) (?P<level>[A-Z]+) \S+ (?P<logger>\S+?): "
)
FRAME = re.compile(
    r'^  File "(?P<file>[^"\n]+)", line \d+, in (?P<function>.+)(?:\n    (?P<code>.*))?',
    re.MULTILINE,
)
# A file of an addon's folder, not of an Odoo in the .dev/ of a checkout named so.
OUR_FILE = re.compile(r"/b2b_family_mail(?:_queue)?/(?!\.dev/)")
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):", re.MULTILINE)
COLLISION = re.compile(r"^ERROR: +could not serialize access", re.MULTILINE)
# How a job ends after a collision: by that, or by the next statement of the transaction.
AFTERMATH = re.compile(
    r"^(?:ERROR: +|psycopg2\.errors\.InFailedSqlTransaction: )current transaction is aborted"
    r"|^psycopg2\.errors\.SerializationFailure: ",
    re.MULTILINE,
)
OUR_SQL = re.compile(r'"b2b_')
SQL = "odoo.sql_db"
JOBS = ("odoo.addons.base.models.ir_cron", "odoo.addons.mail.models.mail_mail")


@dataclass(frozen=True)
class Record:
    """What Odoo logged at once: a line, and the lines that belong to it."""

    pid: str
    level: str
    logger: str
    text: str

    def __str__(self):
        return f"{self.level} {self.logger}: {self.text.rstrip()}"

    @property
    def is_warning(self) -> bool:
        """Whether it warns of or complains about the addon."""
        severe = self.level in ("WARNING", "ERROR", "CRITICAL")
        return severe and concerns_us(self.logger, self.text.partition("\n")[0])

    @property
    def is_error(self) -> bool:
        """Whether something failed, whosesoever it is."""
        return self.level in ("ERROR", "CRITICAL") or bool(TRACEBACK.search(self.text))

    @property
    def is_collision(self) -> bool:
        """Whether it is the cursor's note of a statement that another transaction has
        forestalled. Odoo runs that one again; if it does not, more is logged.
        """
        return self.logger == SQL and bool(COLLISION.search(self.text))

    @property
    def is_aftermath(self) -> bool:
        """Whether a scheduled action of core ended after a collision, and nothing of
        ours took part. Frames of ours that only hand on to core do not count.
        """
        return (
            self.logger in (SQL, *JOBS)
            and bool(AFTERMATH.search(self.text))
            and not OUR_JOB.match(self.text)
            and not any(map(_works_for_us, FRAME.finditer(self.text)))
        )


class Part:
    """What is written to a log from now on, or from its beginning."""

    def __init__(self, log: Path, *, whole: bool = False):
        self.log = log
        self.start = 0 if whole or not log.exists() else log.stat().st_size

    def read(self) -> str:
        """The text; none if there is no such log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(self.start)
            return file.read().decode(errors="replace")

    def warnings(self) -> list[str]:
        """What warns of or complains about the addon."""
        return [str(record) for record in self._judged() if record.is_warning]

    def errors(self) -> list[str]:
        """What failed, whosesoever it is."""
        return [str(record) for record in self._judged() if record.is_error]

    def troubles(self) -> list[str]:
        """That, and everything that failed."""
        return [
            str(record)
            for record in self._judged()
            if record.is_error or record.is_warning
        ]

    def _judged(self) -> Iterator[Record]:
        """The records, without collisions and what came of core's own."""
        cores = {}  # by process: whether the last collision was one of core's
        for record in parse(self.read()):
            if record.is_collision:
                cores[record.pid] = not OUR_SQL.search(record.text)
            elif not (cores.get(record.pid) and record.is_aftermath):
                yield record


def concerns_us(logger_name: str, message: str) -> bool:
    """Whether a log record is by the addon or about it."""
    return bool(OURS.search(logger_name) or OURS.search(message))


def our_warnings(log: Path) -> list[str]:
    """What a whole log holds that warns of or complains about the addon."""
    return Part(log, whole=True).warnings()


def parse(text: str) -> Iterator[Record]:
    """The records of a log. What stands before the first is one of no level."""
    head, lines = {"pid": "", "level": "", "logger": ""}, []
    for line in text.splitlines():
        if match := HEAD.match(line):
            if lines:
                yield Record(**head, text="\n".join(lines))
            head, lines = match.groupdict(), [line[match.end() :]]
        else:
            lines.append(line)
    if lines:
        yield Record(**head, text="\n".join(lines))


def _works_for_us(frame: re.Match) -> bool:
    return bool(OUR_FILE.search(frame["file"])) and "super()." not in (
        frame["code"] or ""
    )
