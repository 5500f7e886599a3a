"""What a log says against the addon, told from what core does to itself.

The samples in logs/ were written by a real server: two transactions were made to
collide over a mail of core's queue, and over a letter of ours.
"""

from pathlib import Path

import pytest

from devtools.odoo_log import Part, parse

LOGS = Path(__file__).parent / "logs"
CORES = ("core_queue", "core_queue_by_smtp")
LINE = "2026-01-01 10:00:00,000 7 {} shop {}: {}\n"
ADDON = "odoo.addons.b2b_family_mail.models.mail.mail_mail"
HANDED_ON = "    return super().send("


def sample(name):
    return (LOGS / f"{name}.log").read_text()


@pytest.fixture
def judge(tmp_path):
    """Return what there is to say against a text."""

    def troubles(text):
        log = tmp_path / "log"
        log.write_text(text)
        return Part(log, whole=True).troubles()

    return troubles


def test_a_record_is_whole(judge):
    errors = [part for part in parse(sample("core_queue")) if part.level == "ERROR"]
    [_query, record] = errors
    assert record.pid == "12387"
    assert record.text.rstrip().endswith("due to concurrent update")
    [trouble] = judge(LINE.format("ERROR", "any", "Failed\nTraceback: \n  line"))
    assert trouble == "ERROR any: Failed\nTraceback: \n  line"


@pytest.mark.parametrize("name", CORES)
def test_a_collision_inside_cores_queue_is_not_ours(judge, name):
    assert "could not serialize access" in sample(name)
    assert " ERROR shop odoo.addons.base.models.ir_cron: Job" in sample(name)
    assert judge(sample(name)) == []


def test_a_collision_inside_our_job_is_ours(judge):
    [trouble] = judge(sample("own_job"))
    assert "B2B Family: tell of letters" in trouble
    assert "_cron_not_open" in trouble


def test_our_frame_in_cores_job_makes_it_ours_unless_it_hands_on(judge):
    text = sample("core_queue_by_smtp")
    assert HANDED_ON in text
    [trouble, *_] = judge(text.replace(HANDED_ON, "    letters.write(values)"))
    assert "mail_mail_send.py" in trouble


def test_our_statement_in_cores_job_makes_it_ours(judge):
    text = sample("core_queue").replace('"failure_reason"', '"b2b_state"')
    assert len(judge(text)) == 1


def test_our_job_is_told_by_its_name_where_no_frame_is_ours(judge):
    text = sample("core_queue").replace("'Mail: Email Queue", "'B2B Family: Queue")
    assert len(judge(text)) == 1


@pytest.mark.parametrize("name", CORES)
def test_another_error_in_cores_queue_is_one(judge, name):
    text = sample(name).replace("could not serialize access", "deadlock detected")
    assert judge(text)


def test_an_aborted_transaction_without_a_collision_is_an_error(judge):
    _note, *rest = sample("core_queue_by_smtp").split("\n2026-")[4:]
    assert len(judge("\n2026-".join(["", *rest]))) == 2


def test_a_collision_that_odoo_runs_again_is_none(judge):
    query = "bad query: b'UPDATE \"b2b_family_letter\" SET x'\nERROR: {}\n"
    collision = query.format("could not serialize access due to concurrent update")
    assert judge(LINE.format("ERROR", "odoo.sql_db", collision)) == []
    assert judge(LINE.format("ERROR", "odoo.sql_db", query.format("syntax error")))


@pytest.mark.parametrize(
    ("level", "logger", "text", "bad"),
    [
        ("INFO", ADDON, "said", False),
        ("WARNING", ADDON, "said", True),
        ("WARNING", "odoo.fields", "of b2b.family.letter", True),
        ("WARNING", "odoo.fields", "of sale.order", False),
        ("ERROR", "odoo.fields", "of sale.order", True),
        ("WARNING", "odoo.http", "B2B Family refused: words for a person", False),
        ("INFO", "odoo", "odd\nTraceback (most recent call last):\n  x", True),
    ],
)
def test_levels(judge, level, logger, text, bad):
    assert bool(judge(LINE.format(level, logger, text))) is bad


def test_a_traceback_that_nobody_logged(judge):
    assert judge("Traceback (most recent call last):\n  File 'x'\nOSError\n")


def test_only_what_is_written_from_now_on_counts(tmp_path):
    log = tmp_path / "log"
    assert Part(log).troubles() == []
    log.write_text(LINE.format("ERROR", ADDON, "before"))
    part = Part(log)
    assert part.troubles() == part.warnings() == []
    with log.open("a") as file:
        file.write(LINE.format("ERROR", ADDON, "since"))
        file.write(LINE.format("ERROR", "other", "since"))
    assert part.warnings() == [f"ERROR {ADDON}: since"]
    assert len(part.troubles()) == 2


def test_a_refusal_is_no_error(tmp_path):
    log = tmp_path / "log"
    log.write_text(LINE.format("WARNING", ADDON, "not yours"))
    with log.open("a") as file:
        file.write(sample("core_queue"))
        file.write(LINE.format("ERROR", "odoo.http", "crashed"))
    assert Part(log, whole=True).errors() == ["ERROR odoo.http: crashed"]
