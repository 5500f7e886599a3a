# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import b2b_family_cells_mixin
from . import b2b_family_credentials_mixin
from . import b2b_family_opens_mixin
from . import service
from . import letter
from . import carrier
from . import event
from . import mail
from . import b2b_family_template
from . import ir_attachment
from . import ir_config_parameter
from . import ir_http
from . import res_config_settings
from . import res_partner
from . import res_partner_reliability
from . import res_users
from . import res_users_settings
