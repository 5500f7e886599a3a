# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A server on a copy of the database, with a log of its own."""

from contextlib import contextmanager

from devtools.odoo_log import Part
from devtools.paths import LOG
from devtools.server import OdooServer


def log_of(copy):
    return LOG / "hosting" / f"{copy}.log"


@contextmanager
def serving(copy, *options):
    """Yield a server on the copy; its log must stay clean."""
    log = log_of(copy)
    with OdooServer(copy, log=log, options=options) as server:
        yield server
    assert not Part(log, whole=True).troubles()
