# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import queue
from . import claim
from . import journal
from . import doubt
from . import plain
from . import leaving
from . import deliver
from . import at_once
from . import link
