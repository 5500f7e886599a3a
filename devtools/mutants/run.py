"""A run over many changes, which goes on where it was left."""

import json
import queue
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from ..console import DevError, built_file, preparing, say
from ..machine import Machine
from .catalogue import SERVERS, Mutant
from .lane import HOME, TEMPLATES, Broken, Lane, tree_state

RESULT = HOME / "result.json"
KILLED, SURVIVED, ERROR = "killed", "survived", "not applicable"
ARGUED, NOT_RUN = "argued", "not run"
# The longest first, so that no lane ends long after the others.
ORDER = (*SERVERS, "tours", "sales", "odoo", "sandbox", "dev", "unit")


@dataclass(frozen=True)
class Outcome:
    """What came of one change; `state` tells whether it still holds."""

    result: str
    state: str
    seconds: float = 0
    why: str = ""


class Results:
    """The outcomes so far, on disk after each."""

    def __init__(self):
        held = json.loads(RESULT.read_text()) if RESULT.exists() else {}
        self._outcomes = {
            name: Outcome(**values) for name, values in held.get("mutants", {}).items()
        }
        self._sound = set(held.get("sound", []))
        self._lock = threading.Lock()

    def of(self, mutant: Mutant) -> Outcome:
        if problem := mutant.problem():
            return Outcome(ERROR, "", why=problem)
        if mutant.equivalent:
            return Outcome(ARGUED, "", why=mutant.equivalent)
        outcome = self._outcomes.get(mutant.name)
        if outcome and outcome.state == mutant.state():
            return outcome
        return Outcome(NOT_RUN, "")

    def put(self, mutant: Mutant, outcome: Outcome) -> None:
        with self._lock:
            self._outcomes[mutant.name] = outcome
            self._write()

    def is_sound(self, selection: str) -> bool:
        return selection in self._sound

    def put_sound(self, selection: str) -> None:
        with self._lock:
            self._sound.add(selection)
            self._write()

    def _write(self) -> None:
        outcomes = {name: asdict(value) for name, value in self._outcomes.items()}
        held = {"mutants": outcomes, "sound": sorted(self._sound)}
        built_file(RESULT, json.dumps(held, indent=1, ensure_ascii=False))


def show(mutants: list[Mutant]) -> int:
    """Print the changes and what came of them; return an exit code."""
    results = Results()
    for mutant in mutants:
        print(f"{results.of(mutant).result:<15} {mutant.name:<45} {mutant.file}")
    return _table(mutants, results)


def run(
    machine: Machine, mutants: list[Mutant], *, jobs: int, again: bool, trust: bool
) -> int:
    """Run what was not run yet (``again``: all); return an exit code.

    :param trust: the tests are known to pass as long as nothing is changed
    """
    with preparing("mutants_lock"):  # the copies are for one run at a time
        return _run(machine, mutants, jobs=jobs, again=again, trust=trust)


def _run(
    machine: Machine, mutants: list[Mutant], *, jobs: int, again: bool, trust: bool
) -> int:
    HOME.mkdir(parents=True, exist_ok=True)
    results = Results()
    wanted = (KILLED, SURVIVED, NOT_RUN) if again else (NOT_RUN,)
    todo = [mutant for mutant in mutants if results.of(mutant).result in wanted]
    todo.sort(key=lambda m: (ORDER.index(m.suite), m.install, m.tests))
    for template in {TEMPLATES[m.suite] for m in todo if m.suite in TEMPLATES}:
        with template.held(machine):
            pass
    if todo and not trust:
        _check_sound(machine, todo, results)
    _run_side_by_side(machine, todo, results, jobs)
    return _table(mutants, results)


def _run_side_by_side(
    machine: Machine, todo: list[Mutant], results: Results, jobs: int
) -> None:
    """Run them all; whatever interrupts it waits for the changes at hand."""
    work, stop = queue.SimpleQueue(), threading.Event()
    for mutant in todo:
        work.put(mutant)

    def run(number: int) -> None:
        with Lane(machine, number) as lane:
            while not stop.is_set():
                try:
                    mutant = work.get_nowait()
                except queue.Empty:
                    return
                outcome = _try(lane, mutant)
                results.put(mutant, outcome)
                say(f"{outcome.result:<15} {mutant.name:<45} {outcome.seconds:6.1f} s")

    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        lanes = [pool.submit(run, n) for n in range(1, min(jobs, len(todo)) + 1)]
        try:
            for lane in as_completed(lanes):
                lane.result()
        except BaseException:
            stop.set()
            say("Stopping once the changes at hand are done ...")
            raise


def _try(lane: Lane, mutant: Mutant) -> Outcome:
    log, start, why = _log(mutant.name), time.monotonic(), ""
    state = mutant.state(lane.tree)
    try:
        result = KILLED if lane.notices(mutant, log) else SURVIVED
    except Broken as error:
        result, why = ERROR, str(error)
    return Outcome(result, state, round(time.monotonic() - start, 1), why)


def _check_sound(machine: Machine, todo: list[Mutant], results: Results) -> None:
    """See that the tests pass as long as nothing is changed.

    :raises DevError: they do not, and a change would seem to be noticed
    """
    state = tree_state()
    for suite in sorted({mutant.suite for mutant in todo}, key=ORDER.index):
        ours = [mutant for mutant in todo if mutant.suite == suite]
        tests = sorted({name for mutant in ours for name in mutant.tests})
        only = ""
        if all(mutant.only for mutant in ours):
            only = " or ".join(sorted({f"({mutant.only})" for mutant in ours}))
        selection = f"{state} {' '.join(tests)} {only}"
        if results.is_sound(selection):
            continue
        log = _log(f"unchanged-{suite}")
        with Lane(machine, 1) as lane:
            if not lane.passes(suite, tests, only, log):
                raise DevError(f"Tests fail without any change, see {log}")
        results.put_sound(selection)


def _log(name: str) -> Path:
    folder = HOME / "log"
    folder.mkdir(exist_ok=True)
    log = folder / f"{name}.log"
    log.unlink(missing_ok=True)
    return log


def _table(mutants: list[Mutant], results: Results) -> int:
    """Print the closing table and what was not noticed; return an exit code."""
    outcomes = {mutant: results.of(mutant) for mutant in mutants}
    say()
    for mutant, outcome in outcomes.items():
        if outcome.result in (SURVIVED, ERROR):
            say(f"  {outcome.result}: {mutant.name} ({mutant.file}) {outcome.why}")
    columns = (KILLED, SURVIVED, ARGUED, ERROR, NOT_RUN)
    say(
        f"  {'room':<14}" + "".join(f"{column:>16}" for column in (*columns, "noticed"))
    )
    for room in [*dict.fromkeys(mutant.room for mutant in mutants), "all"]:
        ours = [o.result for m, o in outcomes.items() if room in (m.room, "all")]
        counts = Counter(ours)
        tried = len(ours) - counts[NOT_RUN]
        percent = f"{100 * counts[KILLED] / tried:.1f} %" if tried else ""
        cells = "".join(f"{counts[column]:>16}" for column in columns)
        say(f"  {room:<14}{cells}{percent:>16}")
    bad = {SURVIVED, ERROR} & {outcome.result for outcome in outcomes.values()}
    return 1 if bad else 0
