# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import consent
from . import tracking
from . import webhook
from . import unsubscribe
