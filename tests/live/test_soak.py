# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Some seconds of letters, news and faults: nothing lost, nothing twice, nothing grows."""

import os

import pytest

from devtools.seed import SEED
from devtools.soak import SETTLE_SECONDS, Soak

MINUTES = float(os.environ.get("SOAK_MINUTES", "0.2"))


# The load, a fifth of that to settle, and what the figures take.
@pytest.mark.timeout(MINUTES * 60 * 1.2 + SETTLE_SECONDS + 120)
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
