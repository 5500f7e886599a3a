# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    b2b_family_check,
    b2b_family_check_own,
    b2b_family_resend,
    b2b_family_setup,
    base_partner_merge,
)
