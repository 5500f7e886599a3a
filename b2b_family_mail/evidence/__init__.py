# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Was it the reader? Says of an open, a click or a document view whose it was.

Pure: standard library only, no Odoo, no database, no clock. What was seen is an
:class:`~.observation.Observation`, what else is known of the letter a
:class:`~.history.History`, what a company adds of its own :class:`~.company.Lines`;
:func:`~.judge.judge` turns them into a :class:`~.judge.Verdict`. The rules are one
table, in :mod:`~.rules`; what programs are called, another, in :mod:`~.programs`.
"""

from .company import BadLine, Line, Lines, parse_lines, parse_networks
from .history import COMPANY, History
from .judge import COUNTED, KINDS, UNCLEAR, Verdict, counts, judge
from .networks import network_of
from .observation import TRAP, Observation
from .programs import PROGRAMS, TITLES, name_program
from .rules import RULES
from .settling import SETTLES, YOUNG, settled_at, surest, upgrades
from .words import REASONS, sentence

__all__ = [
    "COMPANY",
    "COUNTED",
    "KINDS",
    "PROGRAMS",
    "REASONS",
    "RULES",
    "SETTLES",
    "TITLES",
    "TRAP",
    "UNCLEAR",
    "YOUNG",
    "BadLine",
    "History",
    "Line",
    "Lines",
    "Observation",
    "Verdict",
    "counts",
    "judge",
    "name_program",
    "network_of",
    "parse_lines",
    "parse_networks",
    "sentence",
    "settled_at",
    "surest",
    "upgrades",
]
