# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a company adds to the rules: its own networks, the gateway of a big customer."""

import functools
import ipaddress
import re
from dataclasses import dataclass

from .networks import Network, within

#: Lines that are read of one setting.
MAX_LINES = 500
#: What a line of the company may say.
SAYS = ("person", "proxy", "prefetch", "scanner", "own", "unclear")
# A network wider than this is a typing error: it would hold half of all readers.
_WIDEST = {4: 8, 6: 19}
# Characters that a part of a program's name has: fewer are in every name.
_SHORTEST, _LONGEST = 3, 100


class BadLine(ValueError):
    """A line that cannot be read.

    :ivar line: the line, the beginning of it
    :ivar code: ``network``, ``wide``, ``says``, ``words`` or ``many``
    """

    _SENTENCES = {
        "network": "“%s” is no network. Write 198.51.100.0/24.",
        "wide": "The network “%s” is too wide.",
        "says": "“%s”: write a network or a part of a program's name, an equals sign, "
        "and one of: " + ", ".join(SAYS),
        "words": "“%s”: a part of a program's name has 3 to 100 characters.",
        "many": "There are more lines than %s.",
    }

    def __init__(self, code: str, line: str):
        self.code = code
        self.line = line[:80]
        super().__init__(self._SENTENCES[code] % self.line)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a company: who comes from there, or calls itself so, is that.

    :ivar says: a kind of verdict
    :ivar network: a network, or None
    :ivar words: a part of a program's name in lower case, or None
    """

    says: str
    network: Network | None = None
    words: str | None = None

    def fits(self, observation) -> bool:
        """Return whether the line is about what was seen."""
        if self.network is not None:
            return within(observation.ip, (self.network,))
        return bool(self.words) and self.words in (observation.user_agent or "").lower()


@dataclass(frozen=True, slots=True)
class Lines:
    """All that a company adds.

    :ivar office: its own networks
    :ivar lines: its other lines; the first that fits decides
    """

    office: tuple[Network, ...] = ()
    lines: tuple[Line, ...] = ()


# The same few texts are read again for each fetch that is judged.
@functools.lru_cache(maxsize=16)
def parse_networks(text: str | None) -> tuple[Network, ...]:
    """Return the networks of a text, separated by commas, semicolons or white space.

    An address is a network of one. :raises BadLine: (a ValueError) naming the first
    that is none.
    """
    words = re.split(r"[\s,;]", text or "")
    words = [word for word in words if word]
    if len(words) > MAX_LINES:
        raise BadLine("many", str(MAX_LINES))
    return tuple(_network(word) for word in words)


@functools.lru_cache(maxsize=16)
def parse_lines(text: str | None) -> tuple[Line, ...]:
    """Return the lines of a text: ``203.0.113.0/24 = scanner``, ``AcmeGate = scanner``.

    Empty lines and those that begin with # are left out. :raises BadLine: naming the
    first that cannot be read.
    """
    lines = [line.strip() for line in (text or "").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) > MAX_LINES:
        raise BadLine("many", str(MAX_LINES))
    return tuple(map(_line, lines))


def _line(text: str) -> Line:
    what, _, says = text.rpartition("=")
    what, says = what.strip(), says.strip().lower()
    if not what or says not in SAYS:
        raise BadLine("says", text)
    if _looks_like_network(what):
        return Line(says, network=_network(what))
    if not _SHORTEST <= len(what) <= _LONGEST:
        raise BadLine("words", text)
    return Line(says, words=what.lower())


def _looks_like_network(text: str) -> bool:
    """Return whether somebody meant a network, so that a wrong one is told as such."""
    return set(text.lower()) <= set("0123456789abcdef.:/") and bool(
        {".", ":"} & set(text)
    )


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text[:60], strict=False)
    except ValueError:
        raise BadLine("network", text) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise BadLine("wide", text)
    return network
