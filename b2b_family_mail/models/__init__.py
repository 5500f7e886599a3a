# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    b2b_family_credentials_mixin,
    b2b_family_event,
    b2b_family_letter,
    b2b_family_letter_activity,
    b2b_family_letter_attachment,
    b2b_family_letter_delivery,
    b2b_family_letter_notice,
    b2b_family_letter_sync,
    b2b_family_opens_mixin,
    b2b_family_service,
    b2b_family_service_status,
    mail_mail,
    res_config_settings,
    res_users,
)
