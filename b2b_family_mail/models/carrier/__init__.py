# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import carrier
from . import service
from . import upload
from . import trouble
from . import odoo
