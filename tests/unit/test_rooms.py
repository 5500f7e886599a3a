# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which files of the models call, or import, which: read, not run.

A call is known by the method's name. What a room extends belongs to the file that
defines it first, in the order of the imports, which is the order to read them in.
"""

import ast
import functools
import itertools
import re
from collections import defaultdict
from pathlib import Path

ADDON = Path(__file__).parents[2] / "b2b_family_mail"
COMPUTED = ("_compute", "_search", "_inverse", "_read_group", "__")
# Of every model: whose they are cannot be told by the name.
OF_CORE = {"create", "write", "unlink", "init"}
# Functions that are given the name of a method.
BY_NAME = {"after_commit", "again", "getattr"}


def in_order(package):
    """Return the files of a package in the order in which they are imported."""
    found = []
    for node in ast.parse((package / "__init__.py").read_text()).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                file = package / f"{alias.name}.py"
                found += [file] if file.exists() else in_order(package / alias.name)
    return found


FILES = in_order(ADDON / "models")
LETTER = [file for file in FILES if ADDON / "models" / "letter" in file.parents]
ROOMS = [
    file
    for file in FILES
    if file.relative_to(ADDON / "models").parts[0]
    in ("service", "letter", "carrier", "event")
]


@functools.cache
def tree(file):
    return ast.parse(file.read_text("utf-8"), str(file))


def nodes(file):
    return ast.walk(tree(file))


def owners():
    """Return the file that defines each method first, by the method's name."""
    found = {}
    for file in FILES:
        for name in methods(file):
            private = name.startswith(("_", "action_"))
            ours = private or (file in ROOMS and name not in OF_CORE)
            if ours and not name.startswith(COMPUTED):
                found.setdefault(name, file)
    return found


def methods(file):
    """Yield the names of the methods that a file defines, or extends."""
    for node in nodes(file):
        if isinstance(node, ast.ClassDef):
            yield from (
                part.name for part in node.body if isinstance(part, ast.FunctionDef)
            )


def names_called(file):
    """Yield the names of methods that a file calls, or has called after the commit."""
    for node in nodes(file):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in BY_NAME:
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def imports(file):
    """Yield the files of the models that a file imports something from, and what."""
    for node in nodes(file):
        if not (isinstance(node, ast.ImportFrom) and node.level):
            continue
        folder = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        for alias in node.names:
            found = {folder.with_suffix(".py"), folder / f"{alias.name}.py"}
            yield from ((other, alias.name) for other in found & set(FILES))


def calls():
    """Return by what one file calls another, or imports, by the pair of them."""
    owner = owners()
    found = defaultdict(set)
    for file in FILES:
        own = set(methods(file))
        for name in names_called(file):
            if name in owner and name not in own:
                found[file, owner[name]].add(name)
        for other, name in imports(file):
            found[file, other].add(name)
    return found


def shown(file):
    return str(file.relative_to(ADDON / "models"))


def test_there_is_something_to_read():
    assert len(LETTER) > 15
    state = ADDON / "models" / "letter" / "state.py"
    deliver = ADDON / "models" / "letter" / "outbox" / "deliver.py"
    assert "_set_waiting" in calls()[deliver.with_name("claim.py"), state]
    store = ADDON / "models" / "event" / "store.py"
    assert "_apply_news" in calls()[store, store.with_name("apply.py")]
    assert "STATUSES" in calls()[ADDON / "models" / "mail" / "mail_mail.py", state]


def test_no_two_files_call_each_other():
    known = calls()
    both = [
        f"{shown(one)}, {shown(other)}: {known[one, other]}, {known[other, one]}"
        for one, other in itertools.combinations(FILES, 2)
        if (one, other) in known and (other, one) in known
    ]
    assert both == []


def test_the_rooms_of_a_letter_call_only_what_stands_above_them():
    upside_down = [
        f"{shown(one)} calls {shown(other)}: {names}"
        for (one, other), names in calls().items()
        if one in LETTER and other in LETTER
        if LETTER.index(other) > LETTER.index(one)
    ]
    assert upside_down == []


def test_no_other_file_writes_the_state_of_a_letter():
    """By the values of the states: ``state`` alone is a field of mails, too."""
    state = ADDON / "models" / "letter" / "state.py"
    values = next(
        ast.literal_eval(node.value)
        for node in ast.parse(state.read_text()).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "STATES"
    )
    # New letters begin in one of these; core's mails know all of them as well.
    begun = {"untracked", "failed"}
    mails = {"sent"}
    ours = {value for value, _label in values} - begun - mails

    def written(file):
        for node in nodes(file):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if getattr(key, "value", None) == "state":
                        yield getattr(value, "value", None)
            elif isinstance(node, ast.Assign):
                target = node.targets[0]
                if getattr(target, "attr", None) == "state":
                    yield getattr(node.value, "value", None)

    assert ours & set(written(state))
    writers = {file for file in FILES if ours & set(written(file))}
    assert writers == {state}
    assert not [file for file in LETTER if begun & set(written(file)) and file != state]


def test_a_letter_does_not_know_who_delivers_it():
    """What it asks of the service, it asks of its carrier; but for the settings."""
    named = re.compile(r'"b2b\.family\.service"\]\s*(?!\s*\._get_(int_)?param)')
    assert [shown(file) for file in LETTER if named.search(file.read_text())] == []
    assert named.search('self.env["b2b.family.service"]._call()')


def test_no_file_grows_over_500_lines():
    sizes = {shown(file): len(file.read_text().splitlines()) for file in FILES}
    assert {file: size for file, size in sizes.items() if size > 500} == {}
