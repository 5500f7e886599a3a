# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import settings
from . import account
from . import hold
from . import words
from . import status
from . import calls
from . import webhook
