"""Run in an Odoo shell on the demo database: connect it to the stand-in service, or,
where none is named, to the mail server alone.
"""

import os

from devtools.sandbox.account import CREDENTIALS

env = globals()["env"]
service = os.environ["B2B_DEMO_SERVICE"]

parameters = {
    "web.base.url": os.environ["B2B_DEMO_ODOO"],
    # Else the address changes to whatever the administrator's browser used, and
    # webhooks, or readers, are sent there.
    "web.base.url.freeze": "True",
}
if service:
    parameters |= {
        "b2b_family_mail.api_url": service,
        "b2b_family_mail.app_key": CREDENTIALS["app_key"],
        "b2b_family_mail.secret_key": CREDENTIALS["secret_key"],
        "b2b_family_mail.email": CREDENTIALS["email"],
        "b2b_family_mail.mail_password": CREDENTIALS["password"],
        # Seconds. Quick, so that even without a webhook the news comes while one watches.
        "b2b_family_mail.email_update_rate": "10",
    }
for key, value in parameters.items():
    env["ir.config_parameter"].set_param(key, value)

# All mail of Odoo's own arrives in the mailbox.
server = env["ir.mail_server"].search([], limit=1) or env["ir.mail_server"].create(
    {"name": "Mailbox of the demo", "smtp_host": "127.0.0.1"}
)
server.smtp_port = int(os.environ["B2B_DEMO_SMTP_PORT"])

salesperson = env.ref("base.user_demo", raise_if_not_found=False)
if salesperson:
    salesperson.group_ids |= env.ref("b2b_family_mail.group_user")
env.ref("base.user_admin").group_ids |= env.ref("b2b_family_mail.group_manager")
env.cr.commit()

if service:
    settings = env["res.config.settings"]
    settings.create({}).action_b2b_get_api_key()
    env.cr.commit()
    settings.create({}).action_b2b_subscribe()
    env.cr.commit()


# The example letters say that they were sent: let them be, so that they can be asked
# about, and opened in the mailbox. When they were sent stays as told.
TOLD = ("state", "sent_date", "claim_date", "refreshed_date", "try_count")
data = env["ir.model.data"].search(
    [("module", "=", "b2b_family_mail"), ("model", "=", "b2b.family.letter")]
)
examples = (
    env["b2b.family.letter"]
    .browse(data.mapped("res_id"))
    .filtered(lambda letter: letter.state in ("sent", "opened") and not letter.ref)
)
if not service:
    examples.carrier = "odoo"
told = {letter: {name: letter[name] for name in TOLD} for letter in examples}
examples.state = "queued"
env.cr.commit()
if examples:
    examples._deliver(letter_ids=examples.ids)
for letter, values in told.items():
    letter.write(values)
    letter.mail_id._b2b_update_state()
env.cr.commit()
