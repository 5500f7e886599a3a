"""./dev evidence: how well the addon tells readers from machines, on known cases.

Reads observations, one a line of JSON, those of one letter in order, and compares what
the judge finds with their ``truth``. Prints the table of truth and verdict, each line
that was judged wrong with the rule that did it, and last one line of three figures.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .console import DevError
from .paths import ADDON, ROOT

sys.path.insert(0, str(ADDON))  # the package is pure: no Odoo is needed for it

import evidence  # noqa: E402

CORPUS = ROOT / "tests" / "unit" / "evidence" / "corpus.jsonl"
#: The page that shows the rules and figures, between its marks.
PAGE = ROOT / "docs" / "evidence.rst"
#: Truths that stand for a reader: his own program, or his provider's for him.
PERSONS = frozenset(("person", "proxy"))
MACHINES = frozenset(("prefetch", "scanner", "own"))
TIMED = 100_000

_TEXT, _NUMBER, _FLAG = (str,), (int, float), (bool,)
# What is read of a line, and what it may be. Other keys are left alone.
_FIELDS = {
    "kind": _TEXT,
    "at": _NUMBER,
    "method": _TEXT,
    "user_agent": _TEXT,
    "ip": _TEXT,
    "headers": (dict,),
    "internal_session": _FLAG,
    "office_network": _FLAG,
    "link": (str, int),
    "seconds": _NUMBER,
    "pages": _NUMBER,
    "visible": _FLAG,
    "input": _FLAG,
    "letter": (str, int),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a corpus.

    :ivar number: of the line in the file, from 1
    :ivar truth: the kind that is to be found
    """

    number: int
    observation: evidence.Observation
    truth: str
    source: str


@dataclass(frozen=True, slots=True)
class Result:
    """A case and what was found."""

    case: Case
    verdict: evidence.Verdict

    @property
    def is_right(self) -> bool:
        return self.verdict.kind == self.case.truth


def run(path: Path | None, *, timed: bool = False, rst: bool = False) -> int:
    """Print how a corpus is judged; return an exit code."""
    results = judged(read(path or CORPUS))
    if rst:
        print(
            "\n\n".join(f"{name}\n\n{text}" for name, text in blocks(results).items())
        )
        return 0
    print(matrix(results))
    for result in results:
        if not result.is_right:
            print(_wrong(result))
    if timed:
        print(time_of([result.case for result in results]))
    print(summary(results))
    return 0


def read(path: Path) -> list[Case]:
    """Return the cases of a file. :raises DevError: naming the line that is bad."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DevError(f"{path} cannot be read: {error}") from None
    return [
        _case(number, line, path)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]


def _case(number: int, line: str, path: Path) -> Case:
    def bad(words):
        return DevError(f"{path}, line {number}: {words}")

    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise bad(f"this is no JSON ({error})") from None
    if not isinstance(raw, dict):
        raise bad("this is no object")
    if raw.get("truth") not in evidence.KINDS:
        raise bad(f"truth is none of {', '.join(evidence.KINDS)}")
    given = {name: raw[name] for name in _FIELDS if raw.get(name) is not None}
    for name, value in given.items():
        wanted = _FIELDS[name]
        is_flag = isinstance(value, bool)
        if not isinstance(value, wanted) or is_flag != (wanted is _FLAG):
            raise bad(f"{name} is not as it should be: {value!r}")
    if given.get("kind") not in ("pixel", "link", "document"):
        raise bad("kind is none of pixel, link, document")
    for name in ("letter", "link"):
        if name in given:
            given[name] = str(given[name])
    # Written down as null beside an address, a program is known to have sent no name.
    if "user_agent" in raw and raw["user_agent"] is None and given.get("ip"):
        given["user_agent"] = ""
    source = str(raw.get("source") or "")
    return Case(number, evidence.Observation(**given), raw["truth"], source)


def judged(cases: Iterable[Case]) -> list[Result]:
    """Return the verdicts, each with all that was seen of the same letter."""
    return [
        Result(case, evidence.judge(case.observation, history))
        for case, history in _with_history(list(cases))
    ]


def _with_history(cases: list[Case]) -> Iterator[tuple[Case, evidence.History]]:
    letters: dict[object, list[evidence.Observation]] = {}

    def letter(case):  # a line that names no letter is one of its own
        return case.observation.letter or case.number

    for case in cases:
        letters.setdefault(letter(case), []).append(case.observation)
    histories = {name: evidence.History(seen) for name, seen in letters.items()}
    for case in cases:
        yield case, histories[letter(case)]


def matrix(results: list[Result]) -> str:
    """Return the table: a row a truth, a column a verdict."""
    counted = Counter((result.case.truth, result.verdict.kind) for result in results)
    rows = [["truth \\ verdict", *evidence.KINDS, "all"]]
    for truth in evidence.KINDS:
        cells = [counted[truth, kind] for kind in evidence.KINDS]
        if any(cells):
            rows.append([truth, *(cell or "." for cell in cells), sum(cells)])
    return "\n".join(
        f"{row[0]:<16}" + "".join(f"{cell!s:>10}" for cell in row[1:]) for row in rows
    )


def summary(results: list[Result]) -> str:
    """Return the last line: right ones, persons not counted, machines counted."""

    def share(truths, counted):
        verdicts = [one.verdict for one in results if one.case.truth in truths]
        fitting = [one for one in verdicts if evidence.counts(one.kind) == counted]
        return f"{len(fitting)} of {len(verdicts)}"

    right = sum(result.is_right for result in results)
    return (
        f"{right} of {len(results)} right; {share(PERSONS, False)} persons not "
        f"counted; {share(MACHINES, True)} machines counted"
    )


def accused(results: list[Result]) -> list[Result]:
    """Return the readers that a strong rule, alone, took for a machine."""
    return [
        result
        for result in results
        if result.case.truth in PERSONS
        and result.verdict.strong
        and result.verdict.kind in MACHINES
    ]


def _wrong(result: Result) -> str:
    case, verdict = result.case, result.verdict
    strength = "strong" if verdict.strong else "weak"
    seen = case.observation
    return (
        f"line {case.number}: {case.truth}, judged {verdict.kind} by {verdict.rule} "
        f"({strength}) [{seen.kind}, at {seen.at}, {seen.user_agent!r}]"
    )


def time_of(cases: list[Case], count: int = TIMED) -> str:
    """Return how long it takes to judge so many observations, letters read anew."""
    if not cases:
        return "nothing to judge"
    rounds = -(-count // len(cases))
    done = 0
    start = time.process_time()
    for _ in range(rounds):
        for case, history in _with_history(cases):
            evidence.judge(case.observation, history)
            done += 1
    seconds = time.process_time() - start
    each = seconds / done * 1e6
    return f"{done} observations judged in {seconds:.2f} s, {each:.1f} us each"


# -- the page in docs


def blocks(results: list[Result]) -> dict[str, str]:
    """Return what the page says of rules and figures, by the name of its mark."""
    return {"rules": rules_table(), "figures": figures(results)}


def rules_table() -> str:
    """Return the rules as a table in reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 13 8 9 24 22 24", ""]
    header = ("Rule", "Strength", "Says", "Because", "In detail", "Source")
    rows = [
        (
            f"``{rule.code}``",
            *(rule.strength, rule.says, rule.text, rule.detail),
            _linked(rule.source),
        )
        for rule in evidence.RULES
    ]
    for row in (header, *rows):
        first, *others = row
        lines.append(f"   * - {first}")
        lines += [f"     - {cell}".rstrip() for cell in others]
    return "\n".join(lines)


def _linked(source: str) -> str:
    """Return a source with the names of issues as links."""
    words = []
    for word in source.split(" "):
        name = word.strip(",;")
        repository, mark, number = name.partition("#")
        if mark and repository.count("/") == 1 and number.isdigit():
            url = f"https://github.com/{repository}/issues/{number}"
            word = word.replace(name, f"`{name} <{url}>`__")
        words.append(word)
    return " ".join(words)


def figures(results: list[Result]) -> str:
    """Return the table of truth and verdict, the last line, and what was judged wrong."""
    wrong = [_wrong(result) for result in results if not result.is_right]
    text = "\n".join([matrix(results), "", *wrong, "", summary(results)])
    body = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
    return f".. code-block:: text\n\n{body}"


def marked(page: str, name: str) -> str:
    """Return what a page has between the marks of that name."""
    _, _, after = page.partition(f".. begin {name}\n")
    return after.partition(f"\n.. end {name}")[0].strip("\n")
