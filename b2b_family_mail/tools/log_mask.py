# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Keeps out of every log what lets in whoever has it.

These are the webhook's token, the caller's ticket, and the tokens of a letter's files.

The address is logged by whoever serves it (werkzeug, gevent), by whoever lists what
the threads do, and by whoever has trouble with it; right or misspelt, since a server
that is told a wrong spelling is told the right token all the same. So it is not a
filter on one logger and for one spelling, but on every record of the log.
"""

import logging
import re
import traceback
from urllib.parse import unquote

MASK = "/b2b_family/webhook/***"
DOCUMENT_MASK = "/b2b_family/d/***"

# Once the percent signs that encode percent signs are taken out. Whoever spells it in
# more ways at once than this has no server that would understand it.
ROUNDS = 4
_ENCODED_PERCENT = re.compile("%(?:25)+")
_BEGINNING = re.compile(r"b2b_family[^\w]", re.IGNORECASE)
_DOCUMENT = re.compile(r"\bd[/\\;?]", re.IGNORECASE)
# How a server's line goes on after the address: figures, in which no token fits.
_FIGURES = re.compile(r'"[0-9 .-]*$')


def install():
    """Let all records be masked that are made from now on, once."""
    factory = logging.getLogRecordFactory()
    if getattr(factory, "masks_b2b_family", False):
        return

    def make_record(*args, **kwargs):
        record = factory(*args, **kwargs)
        _mask_record(record)
        return record

    make_record.masks_b2b_family = True
    logging.setLogRecordFactory(make_record)


def mask(text):
    """Return a text without what follows those paths, however they are spelt."""
    if not _may_tell(text):
        return text
    return "\n".join(map(_mask_line, text.split("\n")))


def _may_tell(text):
    """Tell, fast, whether a text may have such a path in it."""
    return "%" in text or "b2b_family" in text.lower()


def _mask_line(line):
    found = _tells(line)
    if not found:
        return line
    words = line.split(" ")
    # The path is one word, unless somebody put spaces into it.
    start = next((at for at, word in enumerate(words) if _tells(word)), 0)
    kept = "".join(f"{word} " for word in words[:start])
    rest = _FIGURES.search(line)
    return kept + found + (rest[0] if rest else "")


def _tells(text):
    """Return what is to stand in place of a path that is in a text; None if none is."""
    if not _may_tell(text):
        return None
    decoded = _decode(text)
    found = _BEGINNING.search(decoded)
    if found and "webhook" in decoded[found.end() :].lower():
        return MASK
    if found and _DOCUMENT.search(decoded, found.end()):
        return DOCUMENT_MASK
    return None


def _decode(text):
    for _ in range(ROUNDS):
        decoded = unquote(_ENCODED_PERCENT.sub("%", text)) if "%" in text else text
        if decoded == text:
            break
        text = decoded
    return text


def _mask_record(record):
    try:
        text = record.getMessage()
    except Exception:
        # The handlers will complain of it, and print what there is.
        text = f"{record.msg} {record.args}"
    if (masked := mask(text)) != text:
        record.msg, record.args = masked, ()
    if record.exc_info and record.exc_info[1]:
        trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if _tells(trace):
            record.exc_text = mask(trace)
    if record.stack_info:
        record.stack_info = mask(record.stack_info)
