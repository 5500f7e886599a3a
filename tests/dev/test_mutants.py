# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The list of changes on purpose does not rot: each can be made as the code is now."""

import pytest

from devtools.console import DevError
from devtools.mutants import catalogue, lane, run

NUMBER = 250  # of changes that there are at least


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Read the list from a room of the test's own."""
    monkeypatch.setattr(catalogue, "ROOMS", tmp_path)

    def write(text):
        (tmp_path / "room.toml").write_text(text, "utf-8")
        return catalogue.read()

    return write


@pytest.fixture
def mutant(room):
    """Return a change of a real file, with whatever the test wants otherwise."""

    def make(**values):
        entry = {
            "name": "signature-order",
            "file": "b2b_family_mail/client/signature.py",
            "text": "import hashlib",
            "instead": "import json",
            "tests": ["unit/test_signature.py"],
            **values,
        }
        lines = [
            f"{name} = {value!r}" if value is not True else f"{name} = true"
            for name, value in entry.items()
        ]
        [made] = room("[[mutant]]\n" + "\n".join(lines))
        return made

    return make


def test_each_change_can_be_made():
    problems = {m.name: m.problem() for m in catalogue.read() if m.problem()}
    assert not problems


def test_there_are_enough_and_in_every_room():
    mutants = catalogue.read()
    assert len(mutants) >= NUMBER
    rooms = {"client", "controllers", "security", "views", "javascript", "sandbox"}
    rooms |= {"queue", "tools", "models_delivery", "models_letters", "models_mails"}
    rooms |= {"models_answers", "models_carrier", "models_news", "models_people"}
    rooms |= {"models_service"}
    assert rooms == {mutant.room for mutant in mutants}


def test_few_are_argued_away():
    mutants = catalogue.read()
    argued = [mutant for mutant in mutants if mutant.equivalent]
    assert len(argued) <= len(mutants) / 20


def test_a_text_that_has_gone_is_a_problem(mutant):
    assert "0 times" in mutant(text="not in there").problem()


def test_a_text_that_is_there_twice_is_a_problem(mutant):
    assert "times" in mutant(text="label").problem()


def test_a_change_of_nothing_is_a_problem(mutant):
    assert mutant(instead="import hashlib").problem() == "it changes nothing"


def test_tests_that_are_not_there_are_a_problem(mutant):
    assert mutant(tests=["unit/test_gone.py"]).problem()
    assert mutant(tests=["unit/test_signature.py", "odoo/test_sync.py"]).problem()


def test_a_name_that_no_test_has_is_a_problem(mutant):
    assert "is named" in mutant(only="nobody_is_named_so").problem()
    assert mutant(only="signature").problem() is None


def test_what_odoo_installs_is_told_by_the_file(mutant):
    data = {"file": "b2b_family_mail/data/ir_cron.xml", "text": "_cron_send()"}
    assert mutant(**data).install
    assert not mutant().install
    assert "no new installation" in mutant(**data).problem()


def test_a_misspelt_entry_is_refused(mutant, room):
    with pytest.raises(DevError, match="unknown or missing texts"):
        mutant(texts="x")
    with pytest.raises(DevError, match="is no list"):
        room("[[mutant]")


def test_two_of_one_name_are_refused(mutant, room, tmp_path):
    mutant()
    written = (tmp_path / "room.toml").read_text("utf-8")
    with pytest.raises(DevError, match="one name: signature-order"):
        room(written + "\n" + written)


def test_it_is_made_and_says_what_was_there(mutant, tmp_path):
    change = mutant()
    path = tmp_path / change.file
    path.parent.mkdir(parents=True)
    path.write_text("import hashlib\n", "utf-8")
    assert change.apply(tmp_path) == "import hashlib\n"
    assert path.read_text("utf-8") == "import json\n"


def test_they_are_chosen_by_name_room_file_and_suite(mutant):
    change = mutant()
    known = ("signature-order", "room", change.file, "signature.py", "unit")
    for wanted in known:
        assert catalogue.chosen([change], [wanted]) == [change]
    with pytest.raises(DevError, match="no change"):
        catalogue.chosen([change], ["signature"])


def test_an_outcome_holds_as_long_as_nothing_it_depends_on_changes(
    mutant, tmp_path, monkeypatch
):
    monkeypatch.setattr(run, "RESULT", tmp_path / "result.json")
    change, results = mutant(), run.Results()
    assert results.of(change).result == run.NOT_RUN
    results.put(change, run.Outcome(run.KILLED, change.state()))
    assert run.Results().of(change).result == run.KILLED
    assert run.Results().of(mutant(instead="import re")).result == run.NOT_RUN
    assert run.Results().of(mutant(equivalent="says why")).result == run.ARGUED


def test_every_suite_of_a_change_has_its_limit_and_its_place():
    suites = (*catalogue.PURE, *catalogue.SERVERS, *catalogue.IN_ODOO)
    assert set(suites) == set(lane.LIMITS) == set(run.ORDER)
    assert set(suites) - set(catalogue.PURE) == set(lane.TEMPLATES)
