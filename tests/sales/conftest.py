# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What the tours share, and the stand-in service.
sys.path[:0] = [str(HERE.parent / "tours"), str(HERE.parents[1])]
