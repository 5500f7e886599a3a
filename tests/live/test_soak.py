# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Minutes of letters, news and faults: nothing lost, nothing twice, nothing grows."""

import os
import random

from devtools.soak import Soak

MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(1_000_000)))


def test_soak(world):
    print(f"\nSoak of {MINUTES:g} minutes, seed {SEED}")
    soak = Soak(world, MINUTES, SEED)
    soak.run()
    wrong = soak.report()
    memory, connections = soak.growth()
    print(f"Second half: memory times {memory:.2f}, connections {connections:+}")
    assert not any(wrong.values()), wrong
    assert memory < 1.25
    assert connections < 10
