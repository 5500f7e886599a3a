# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import apply
from . import answer
from . import recount
from . import schedule
from . import ask
