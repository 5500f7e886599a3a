# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One letter to one reader: what it is, what becomes of it, and who is told.

Read in this order; what stands lower calls what stands higher, never the other way.
"""

from . import record
from . import attachment
from . import activity
from . import state
from . import report
from . import privacy
from . import consent
from . import watch
from . import consent_page
from . import unsubscribe
from . import notify
from . import outbox
from . import inbox
from . import buttons
