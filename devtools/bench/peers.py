"""The addons that ours is compared with: installed for the benchmark only.

They are AGPL. Nothing of them is part of the project; they lie in `.dev/peers`.
"""

from ..console import built_aside, step
from ..environment import pip
from ..paths import DEV, digest

MODULES = ("mail_tracking", "mail_tracking_mailgun")
PACKAGES = (
    "odoo-addon-mail-tracking==19.0.1.0.6.2",
    "odoo-addon-mail-tracking-mailgun==19.0.1.0.1.1",
)
TREE = DEV / "peers"
ADDONS = TREE / "odoo" / "addons"


def ensure() -> None:
    """Install the peers unless they are there."""
    stamp = TREE / digest(*PACKAGES)
    if stamp.exists():
        return
    with step("Installing the addons to compare with"), built_aside(TREE) as scratch:
        # Odoo itself is there already.
        pip("install", "--no-deps", "--target", scratch, *PACKAGES)
        (scratch / stamp.name).touch()
