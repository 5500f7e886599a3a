# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The goals on the corpus, the command that measures them, and the page that tells."""

import hashlib
import json
import re
from collections import Counter

import pytest
from evidence import EDITION

from devtools import evidence as command
from devtools.cli import main
from devtools.console import DevError

LAST_LINE = re.compile(
    r"(\d+) of (\d+) right; (\d+) of (\d+) persons not counted; "
    r"(\d+) of (\d+) machines counted"
)
LINE = {
    "kind": "link",
    "at": 900,
    "user_agent": "curl/8.0",
    "truth": "scanner",
    "source": "-",
}


@pytest.fixture(scope="module")
def results():
    return command.judged(command.read(command.CORPUS))


def write(path, *lines):
    text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(text), "utf-8")
    return str(path)


# -- the corpus


def test_other_rules_have_another_edition(results):
    """Set both: with another EDITION whoever has old events is told of it."""
    found = [(result.verdict.kind, result.verdict.rule) for result in results]
    digest = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
    assert (EDITION, digest) == ("2026-11-28", "44469a5bb723ced0")


def test_each_line_has_its_source(results):
    assert len(results) >= 250
    assert all(one.case.source.startswith("https://") for one in results)
    assert len({one.case.source for one in results}) >= 60


def test_each_kind_is_there(results):
    truths = Counter(one.case.truth for one in results)
    assert set(truths) == set(command.evidence.KINDS)
    assert min(truths[kind] for kind in ("person", "scanner")) > 80


def test_each_line_says_what_its_source_told():
    for line in command.CORPUS.read_text("utf-8").splitlines():
        raw = json.loads(line)
        known = {key for key in raw if key not in ("truth", "source", "told", "letter")}
        told = {name.split(" ")[0] for name in raw["told"]}
        assert told <= known


def test_no_reader_is_called_a_machine_by_a_strong_rule(results):
    assert command.accused(results) == []


def test_at_least_95_percent_of_machines_are_not_counted(results):
    machines = [one for one in results if one.case.truth in command.MACHINES]
    counted = [one for one in machines if command.evidence.counts(one.verdict.kind)]
    assert len(counted) <= 0.05 * len(machines)


def test_at_least_97_percent_of_readers_are_counted(results):
    readers = [one for one in results if one.case.truth in command.PERSONS]
    counted = [one for one in readers if command.evidence.counts(one.verdict.kind)]
    assert len(counted) >= 0.97 * len(readers)


def test_the_truth_is_not_read_by_the_judge():
    fields = command.evidence.Observation.__dataclass_fields__
    assert not {"truth", "source"} & set(fields)


# -- the command


def test_the_last_line(capsys, tmp_path):
    person = {"kind": "pixel", "user_agent": "Thunderbird/128", "truth": "person"}
    missed = {"kind": "link", "user_agent": "Mozilla/5.0 (X11)", "truth": "scanner"}
    accused = {"kind": "pixel", "user_agent": "", "truth": "proxy"}
    path = write(tmp_path / "some.jsonl", LINE, "", person, missed, accused)
    assert main(["evidence", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == (
        "2 of 4 right; 1 of 2 persons not counted; 1 of 2 machines counted"
    )
    assert any("line 4: scanner, judged person by browser (weak)" in x for x in lines)
    assert any("line 5: proxy, judged scanner by no_program" in x for x in lines)


def test_without_a_file_the_corpus_is_judged(capsys, results):
    assert main(["evidence"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    right, all_, *_others = map(int, LAST_LINE.fullmatch(last).groups())
    assert all_ == len(results)
    assert right > 0.9 * all_


def test_the_table(results):
    rows = command.matrix(results).splitlines()
    assert rows[0].split()[-8:] == [*command.evidence.KINDS, "all"]
    assert sum(int(row.split()[-1]) for row in rows[1:]) == len(results)


def test_lines_of_one_letter_are_judged_together(tmp_path):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    click = {"kind": "link", "user_agent": agent, "truth": "person"}
    lines = [click | {"at": at, "link": at, "letter": 1} for at in (700, 701)]
    alone = click | {"at": 700, "link": "1"}
    path = write(tmp_path / "x", *lines, alone, alone | {"at": 701, "link": "2"})
    found = [one.verdict.kind for one in command.judged(command.read(_path(path)))]
    assert found == ["scanner", "scanner", "person", "person"]


def test_keys_that_nobody_knows_are_left_alone(tmp_path):
    path = write(tmp_path / "x", LINE | {"weather": ["rain"], "truth": "scanner"})
    assert len(command.read(_path(path))) == 1


def test_null_is_unknown(tmp_path):
    nothing = dict.fromkeys(("at", "user_agent", "ip", "headers", "link", "method"))
    path = write(tmp_path / "x", LINE | nothing | {"truth": "reported"})
    (result,) = command.judged(command.read(_path(path)))
    assert result.is_right


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no object"),
        (LINE | {"truth": "robot"}, "truth"),
        ({"kind": "link"}, "truth"),
        (LINE | {"kind": "open"}, "kind"),
        (LINE | {"kind": None}, "kind"),
        (LINE | {"at": "soon"}, "at is not"),
        (LINE | {"at": True}, "at is not"),
        (LINE | {"visible": 1}, "visible is not"),
        (LINE | {"headers": ["Purpose"]}, "headers is not"),
        (LINE | {"user_agent": 5}, "user_agent is not"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path, bad, words):
    path = write(tmp_path / "x", LINE, "", bad, LINE)
    with pytest.raises(DevError, match="line 3") as error:
        command.read(_path(path))
    assert words in str(error.value)
    assert main(["evidence", path]) == 1


def test_no_such_file(tmp_path):
    assert main(["evidence", str(tmp_path / "none")]) == 1
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert main(["evidence", str(tmp_path / "binary")]) == 1


def test_an_empty_file(tmp_path, capsys):
    assert main(["evidence", write(tmp_path / "x"), "--time"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "0 of 0 right; 0 of 0 persons not counted; 0 of 0 machines counted"


def test_the_time_is_told(results):
    told = command.time_of([one.case for one in results], 400)
    assert re.fullmatch(r"\d+ observations judged in [\d.]+ s, [\d.]+ us each", told)


# -- the page


@pytest.mark.parametrize("name", ["rules", "figures"])
def test_the_page_tells_what_is(results, name):
    page = command.PAGE.read_text("utf-8")
    assert command.marked(page, name) == command.blocks(results)[name], (
        "docs/evidence.rst is not up to date: ./dev evidence --rst"
    )


def _path(text):
    return command.Path(text)
