"""The changes, read from ``*.toml``: data that a person keeps."""

import re
from collections import Counter
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ..console import DevError
from ..paths import ROOT, digest

try:
    import tomllib
except ImportError:  # Python 3.10; pytest brings it there
    import tomli as tomllib

ROOMS = Path(__file__).parent
# Odoo reads these when it installs a module, and not when it starts.
_DATA = (".xml", ".csv")
PURE = ("unit", "sandbox", "dev")
SERVERS = ("live", "hosting", "doors", "queue")
IN_ODOO = ("odoo", "tours", "sales")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change.

    :ivar file: which file, from the root of the checkout
    :ivar text: what stands there, exactly once
    :ivar instead: what stands there after the change
    :ivar tests: files below tests/, of one suite, that owe to fail
    :ivar only: an expression for pytest's -k
    :ivar install: Odoo learns of it by an installation; told by the file if not said
    :ivar equivalent: why no test can tell: it is not run then
    """

    room: str
    name: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]
    only: str = ""
    install: bool = False
    equivalent: str = ""

    @property
    def suite(self) -> str:
        return self.tests[0].partition("/")[0]

    def state(self, tree: Path = ROOT) -> str:
        """A digest of the change, of what it changes and of what owes to notice it."""
        files = [self.file, *(f"tests/{name}" for name in self.tests)]
        change = repr(replace(self, room=""))  # it may move to another list
        return digest(change, *((tree / name).read_bytes() for name in files))

    def apply(self, tree: Path) -> str:
        """Make the change in a copy of the checkout; return what was there."""
        path = tree / self.file
        before = path.read_text("utf-8")
        path.write_text(before.replace(self.text, self.instead), "utf-8")
        return before

    def problem(self) -> str | None:
        """Say why the change cannot be made, or not be noticed as it is written."""
        path = ROOT / self.file
        if not path.is_file():
            return f"there is no file {self.file}"
        found = path.read_text("utf-8").count(self.text)
        if found != 1:
            return f"its text occurs {found} times in {self.file}"
        if self.text == self.instead:
            return "it changes nothing"
        if {name.partition("/")[0] for name in self.tests} != {self.suite}:
            return "its tests are of several suites"
        if self.suite not in (*PURE, *SERVERS, *IN_ODOO):
            return f"there is no suite {self.suite}"
        for name in self.tests:
            if not (ROOT / "tests" / name).is_file():
                return f"there is no tests/{name}"
        if self.only and not any(map(self._names_tests, self.tests)):
            return f"no test of its files is named {self.only}"
        if self.install and self.suite not in IN_ODOO:
            return f"no new installation is made for the suite {self.suite}"
        return None

    def _names_tests(self, file: str) -> bool:
        """Tell whether a test, a class of tests, or the file has a name as in `only`."""
        words = set(re.findall(r"\w+", self.only.lower())) - {"and", "or", "not"}
        text = (ROOT / "tests" / file).read_text("utf-8")
        names = [file, *re.findall(r"^ *(?:def test|class )_?(\w+)", text, re.M)]
        return any(word in name.lower() for word in words for name in names)


def read() -> list[Mutant]:
    """Return all changes, those of one room together.

    :raises DevError: a list that is not written as it must be
    """
    mutants = [
        _mutant(room, entry)
        for room in sorted(ROOMS.glob("*.toml"))
        for entry in _entries(room)
    ]
    names = Counter(mutant.name for mutant in mutants)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise DevError(f"Two changes have one name: {', '.join(twice)}")
    return mutants


def _entries(room: Path) -> list[dict]:
    try:
        return tomllib.loads(room.read_text("utf-8"))["mutant"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise DevError(f"{room.name} is no list of changes: {error}") from error


def _mutant(room: Path, entry: dict) -> Mutant:
    known = {field.name for field in fields(Mutant)} - {"room"}
    needed = {"name", "file", "text", "instead", "tests"}
    if set(entry) - known or needed - set(entry):
        wrong = ", ".join(sorted((set(entry) - known) | (needed - set(entry))))
        raise DevError(f"{room.name}, {entry.get('name')}: unknown or missing {wrong}")
    data = entry["file"].endswith(_DATA) and "/static/" not in entry["file"]
    values = {"install": data, **entry, "tests": tuple(entry["tests"])}
    return Mutant(room=room.stem, **values)


def chosen(mutants: list[Mutant], wanted: list[str]) -> list[Mutant]:
    """Return those that are named: by name, room, file or suite; all if none is.

    :raises DevError: a name that is none
    """
    unknown = [name for name in wanted if not any(_is(m, name) for m in mutants)]
    if unknown:
        raise DevError(f"There is no change, room or file {', '.join(unknown)}.")
    return [m for m in mutants if not wanted or any(_is(m, name) for name in wanted)]


def _is(mutant: Mutant, name: str) -> bool:
    known = (mutant.name, mutant.room, mutant.file, mutant.suite)
    return name in known or mutant.file.endswith(f"/{name}")
