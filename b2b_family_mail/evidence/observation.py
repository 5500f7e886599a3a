# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was seen: one fetch of a picture, a link or a document of one letter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .networks import network_of
from .programs import name_program

#: The name of a link that no reader can see.
TRAP = "trap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One open, click or document view. What is not known is None, never guessed.

    Our own routes know nearly all of it; of what the service reports, at most the
    kind, the time, the program and the address.

    :ivar kind: ``pixel`` (the letter was opened), ``link`` or ``document``
    :ivar at: seconds from delivery where that is known, else from sending
    :ivar letter: which letter; only told apart
    :ivar method: HTTP method, ``GET``
    :ivar user_agent: the program as it calls itself; empty if it sent no name, None
        if nobody knows (a service that leaves it empty does not know)
    :ivar program: instead of ``user_agent`` what it was taken for, a code of
        :data:`~.programs.PROGRAMS`: what is kept when the name is not
    :ivar ip: an address, or its network already cut (``198.51.100.0/24``)
    :ivar headers: HTTP headers, names in any letter-case
    :ivar internal_session: whether a colleague was logged in
    :ivar office_network: whether the company named that network as its own
    :ivar link: which link of the letter, or :data:`TRAP`
    :ivar seconds: how long a document was looked at
    :ivar pages: pages of it that were seen
    :ivar visible: whether its tab was in front
    :ivar input: whether somebody scrolled, pressed or typed
    :ivar moment: seconds of any clock common to all letters; only for traps
    """

    kind: str
    at: float | None = None
    letter: str | None = None
    method: str | None = None
    user_agent: str | None = None
    program: str | None = None
    ip: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    internal_session: bool | None = None
    office_network: bool | None = None
    link: str | None = None
    seconds: float | None = None
    pages: int | None = None
    visible: bool | None = None
    input: bool | None = None
    moment: float | None = None

    @property
    def program_code(self) -> str | None:
        """The code of its program; None if nobody knows it."""
        if self.user_agent is None:
            return self.program
        return name_program(self.user_agent)

    @property
    def network(self) -> str | None:
        """The network it came from, cut; None if nobody knows it."""
        return network_of(self.ip) if self.ip else None

    @property
    def target(self) -> tuple[str, str | None] | None:
        """What was followed: that link, that document; None if it was a picture."""
        return None if self.kind == "pixel" else (self.kind, self.link)
