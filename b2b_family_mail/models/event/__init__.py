# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import record
from . import verdict
from . import consent
from . import reason
from . import store
from . import here
from . import twins
from . import apply
from . import judgement
