# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Was it the reader? Says of an open, a click or a document view whose it was.

Pure: standard library only, no Odoo, no database, no clock. What was seen is an
:class:`~.observation.Observation`, what else is known of the letter a
:class:`~.history.History`, what a company adds of its own :class:`~.company.Lines`;
:func:`~.judge.judge` turns them into a :class:`~.judge.Verdict`. The rules are one
table, in :mod:`~.rules`; what programs are called, another, in :mod:`~.programs`.
"""

from .again import judge_again
from .company import BadLine, Line, Lines, parse_lines, parse_networks
from .history import COMPANY, History
from .judge import COUNTED, KINDS, UNCLEAR, Verdict, counts, judge
from .networks import network_of
from .observation import TRAP, Observation
from .programs import PROGRAMS, TITLES, name_program
from .rules import EDITION, RULES
from .settling import SETTLES, is_young, surest, upgrades

__all__ = [
    "COMPANY",
    "COUNTED",
    "EDITION",
    "KINDS",
    "PROGRAMS",
    "RULES",
    "SETTLES",
    "TITLES",
    "TRAP",
    "UNCLEAR",
    "BadLine",
    "History",
    "Line",
    "Lines",
    "Observation",
    "Verdict",
    "counts",
    "is_young",
    "judge",
    "judge_again",
    "name_program",
    "network_of",
    "parse_lines",
    "parse_networks",
    "surest",
    "upgrades",
]
