# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import mail_mail
from . import mail_mail_content
from . import mail_mail_outcome
from . import mail_mail_guard
from . import mail_mail_mixed
from . import mail_mail_place
from . import mail_mail_plain
from . import mail_mail_queue
from . import mail_mail_rights
from . import mail_mail_send
from . import mail_message
from . import mail_notification
from . import mail_scheduled_message
from . import mail_template
from . import mail_thread
from . import mail_thread_gateway
from . import mail_compose_message
