"""The addons that ours is compared with: installed for the benchmark only.

They are AGPL. Nothing of them is part of the project; they lie in `.dev/peers`.
"""

from ..environment import add_aside
from ..paths import DEV

MODULES = ("mail_tracking", "mail_tracking_mailgun")
PACKAGES = (
    "odoo-addon-mail-tracking==19.0.1.0.6.2",
    "odoo-addon-mail-tracking-mailgun==19.0.1.0.1.1",
)
TREE = DEV / "peers"
ADDONS = TREE / "odoo" / "addons"


def ensure() -> None:
    """Install the peers unless they are there."""
    add_aside("the addons to compare with", TREE, PACKAGES)
