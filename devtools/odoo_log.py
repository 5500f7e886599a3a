"""Read Odoo's logs for what the addon wrote, or what was written about it."""

import re
from pathlib import Path

OURS = re.compile(r"b2b_family|b2b\.family")
LINE = re.compile(
    r"^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) \S+ (?P<logger>\S+?): (?P<text>.*)"
)
# Odoo's cursor logs each collision of transactions; these are then run again.
COLLISION = re.compile(
    r"^\S+ \S+ \d+ ERROR \S+ odoo\.sql_db: bad query: .*\n"
    r"ERROR: +could not serialize access .*\n",
    re.MULTILINE,
)


def concerns_us(logger_name: str, message: str) -> bool:
    """Whether a log record is by the addon or about it."""
    return bool(OURS.search(logger_name) or OURS.search(message))


def our_warnings(log: Path) -> list[str]:
    """The lines of a log file that warn of or complain about the addon."""
    if not log.exists():
        return []
    found = []
    for line in COLLISION.sub("", log.read_text(errors="replace")).splitlines():
        match = LINE.match(line)
        if match and concerns_us(match["logger"], match["text"]):
            found.append(line)
    return found
