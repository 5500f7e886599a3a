# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The webhook's token is in no log, whoever logs it and however it is spelt."""

import logging
from urllib.parse import quote

import pytest
from tools import log_mask
from tools.log_mask import DOCUMENT_MASK, MASK, mask

TOKEN = "Zk3-canary_TOKEN-9q8w7e6r5t4y3u2i1o0pAsDfGhJ"


def encode(text, times=1):
    """Return a text with each character encoded, as often as told."""
    encoded = "".join(f"%{ord(character):02x}" for character in text)
    for _ in range(times - 1):
        encoded = quote(encoded)
    return encoded


PATHS = [
    f"/b2b_family/webhook/{TOKEN}",
    f"//b2b_family//webhook//{TOKEN}",
    f"/./b2b_family/./webhook/./{TOKEN}",
    f"/b2b_family%2Fwebhook%2f{TOKEN}",
    f"/b2b_family/%77ebhook/{TOKEN}",
    f"/%62%32%62_family/webhook/{TOKEN}",
    f"/B2B_FAMILY/WebHook/{TOKEN}",
    f"/b2b_family/%2577ebhook/{TOKEN}",
    f"/b2b_family/%252525252577ebhook/{TOKEN}",
    f"/{encode('b2b_family')}/{encode('webhook', 2)}/{TOKEN}",
    f"/{encode('b2b_family/webhook', 3)}/{TOKEN}",
    f"/b2b_family/{encode('%77')}ebhook/{TOKEN}",
    f"/b2b_family/{encode(encode('%77'))}ebhook/{TOKEN}",
    f"/b2b_family/x/../webhook/{TOKEN}",
    f"/b2b_family\\webhook\\{TOKEN}",
    f"/b2b_family/webhook;{TOKEN}",
    f"/b2b_family/webhook?{TOKEN}",
    f"/b2b_family/webhook/ {TOKEN}",
    f"/b2b_family/webhook/'{TOKEN}",
    f'/b2b_family/webhook/"1 {TOKEN}',
    f"/b2b_family/webhook/x/{TOKEN}/{TOKEN}?{TOKEN}",
    f"/ru/b2b_family/webhook/{TOKEN}",
    f"https://odoo.example/b2b_family/webhook/{TOKEN}",
    f"/b2b_family/webhook/{TOKEN[0]}%{ord(TOKEN[1]):x}{TOKEN[2:]}",
]
# Of a letter's files: likewise, in fewer spellings.
DOCUMENTS = [
    f"/b2b_family/d/{TOKEN}",
    f"//b2b_family//d//{TOKEN}",
    f"/b2b_family%2Fd%2f{TOKEN}",
    f"/b2b_family/%64/{TOKEN}",
    f"/B2B_FAMILY/D/{TOKEN}",
    f"/b2b_family/./d/{TOKEN}",
    f"/b2b_family/x/../d/{TOKEN}",
    f"/{encode('b2b_family/d', 3)}/{TOKEN}",
    f"https://odoo.example/ru/b2b_family/d/{TOKEN}?x=1",
]
LINES = [
    "%s",
    '127.0.0.1 - - [24/Nov/2026 14:00:00] "POST %s HTTP/1.1" 200 -',
    "# Thread: <Thread(x, started daemon)> (db:x) (uid:n/a) (url:%s) (qc:1 qt:n/a)",
    "code 400, message Bad request syntax ('POST %s HTTP/1.1')",
    "{'path': '%s', 'status': 404}",
]


@pytest.fixture
def logger(caplog):
    before = logging.getLogRecordFactory()
    log_mask.install()
    log_mask.install()
    caplog.set_level(logging.DEBUG)
    yield logging.getLogger("some.logger")
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("line", LINES)
def test_no_line_has_the_token(path, line):
    said = mask(f"before\n{line % path}\nafter")
    assert TOKEN[3:] not in said
    assert said.startswith("before\n")
    assert said.endswith("\nafter")
    assert said.count(MASK) == 1


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("line", LINES)
def test_nor_the_one_of_a_file(path, line):
    said = mask(line % path)
    assert TOKEN[3:] not in said
    assert said.count(DOCUMENT_MASK) == 1


def test_what_a_server_says_of_a_request_is_left():
    before, after = LINES[1].split("%s")
    assert mask(LINES[1] % PATHS[0]) == before + MASK + after.removeprefix(" HTTP/1.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "100% of webhooks",
        "GET /web/webhook%20x HTTP/1.1",
        'File: "/opt/b2b_family_mail/controllers/webhook.py", line 56, in webhook',
        "Webhook: body cannot be read (events)",
        "/b2b_family/o/token.gif",
        "/b2b_family/l/token",
        "/b2b_family/privacy/token (db:d)",
    ],
)
def test_other_texts_are_left_alone(text):
    assert mask(text) == text


@pytest.mark.parametrize("path", PATHS)
def test_whoever_logs_it(logger, caplog, path):
    logger.info("%s took %d ms", path, 7)
    logger.info("%(path)s", {"path": path})
    logger.info("POST %s", [path])
    logger.info(path)
    logger.info(ValueError(path))
    try:
        try:
            raise ValueError(path)
        except ValueError as error:
            raise KeyError("x") from error
    except KeyError:
        logger.exception("Trouble")
    said = caplog.text
    assert TOKEN[3:] not in said
    assert said.count(MASK) >= 6
    assert "KeyError: 'x'" in said


def test_other_records_are_as_they_were(logger, caplog):
    logger.info("%s took %d ms", "x", 7)
    [record] = caplog.records
    assert (record.msg, record.args) == ("%s took %d ms", ("x", 7))


def test_a_record_that_cannot_be_put_together(logger):
    record = logger.makeRecord("x", 20, "x", 1, "%d", (PATHS[0],), None)
    assert TOKEN not in f"{record.msg}{record.args}"


def test_the_stack_of_a_record(logger):
    stack = f"File x.py, line 1\n  raise Trouble('{PATHS[0]}')"
    record = logger.makeRecord("x", 20, "x", 1, "Trouble", (), None, sinfo=stack)
    assert TOKEN not in record.stack_info
    assert record.stack_info.startswith("File x.py, line 1\n")


def test_a_record_is_masked_once(logger):
    before = logging.getLogRecordFactory()
    log_mask.install()
    assert logging.getLogRecordFactory() is before


def test_the_factory_of_others_is_kept(logger):
    before = logging.getLogRecordFactory()

    class Record(logging.LogRecord):
        pass

    logging.setLogRecordFactory(Record)
    log_mask.install()
    record = logger.makeRecord("x", 20, "x", 1, PATHS[0], (), None)
    logging.setLogRecordFactory(before)
    assert isinstance(record, Record)
    assert record.msg == MASK
