"""The table: one row for each thing measured, printed and written down."""

import csv
import os
import platform
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass
class Row:
    """One thing measured. `met` is None where no goal is set."""

    what: str
    ours: str
    core: str = ""
    oca: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None


TITLES = {
    "what": "What",
    "ours": "Ours",
    "core": "Core",
    "oca": "OCA",
    "ratio": "Ours to core, pair by pair",
    "goal": "Goal",
    "met": "Met",
}


class Report:
    """Rows as they come; each is shown at once."""

    def __init__(self):
        self.rows = []

    def add(self, what: str, ours, **cells) -> None:
        row = Row(what, str(ours), **cells)
        self.rows.append(row)
        verdict = {True: "met", False: "NOT MET", None: ""}[row.met]
        print(
            f"{row.what:<58} ours {row.ours:<14} core {row.core:<12} oca {row.oca:<12}"
            f" {row.ratio:<22} {row.goal and f'[{row.goal}]'} {verdict}",
            flush=True,
        )

    def write(self, path: Path) -> None:
        """Write the table as CSV, as the documentation includes it."""
        with path.open("w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(TITLES[field.name] for field in fields(Row))
            for row in self.rows:
                cells = asdict(row)
                cells["met"] = {True: "yes", False: "no", None: ""}[row.met]
                table.writerow(cells.values())


def machine_class() -> str:
    """The kind of machine, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
