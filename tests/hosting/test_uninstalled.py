# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Uninstalled while letters are out: what recipients find, and what is left in Odoo."""

import re
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
import requests
from copies import restore
from post_world import posting
from serving import log_of, serving
from world import ADMIN, Rpc, sql

from devtools import database
from devtools.machine import prepare
from devtools.paths import ADDON
from devtools.sandbox.control import wait_for

pytestmark = pytest.mark.timeout(360)

BODY = '<p>Hello <a href="https://shop.example/catalogue">shop</a></p>'
OFFER = ("Offer.pdf", b"%PDF-1.4 offer")
ADDRESS = re.compile(r"https?://[^\s\"<>]+/b2b_family/[^\s\"<>]+")
KINDS = ("o", "l", "d", "privacy", "unsubscribe")
POST = """
user = env['res.users'].search([('login', '=', 'admin')])
reader = env['res.partner'].create({{'name': 'Chat', 'email': 'chat@client.example'}})
reader.with_user(user).message_post(
    body='Said in the chatter', message_type='comment', b2b_send=True,
    email_from='Boss <boss@shop.example>',
    subtype_xmlid='mail.mt_comment', partner_ids=reader.ids)
env['mail.scheduled.message'].with_user(user).create({{
    'model': 'res.partner', 'res_id': reader.id, 'subject': 'Later', 'body': 'Later',
    'author_id': user.partner_id.id, 'partner_ids': [(4, reader.id)],
    'scheduled_date': '2100-01-01', 'notification_parameters': '{{"b2b_send": true}}'}})
"""
# Where nothing may name the addon any more. (Core keeps names that its own modules gave to
# fields of ours, and of some constraints, as of any addon; nothing goes by them.)
TABLES = """
ir_model ir_model_fields ir_model_fields_selection ir_model_relation ir_model_access
ir_ui_view ir_ui_menu ir_act_window ir_act_server ir_act_client ir_act_url ir_act_report_xml
ir_cron ir_config_parameter ir_asset ir_filters ir_exports ir_default ir_rule ir_sequence
ir_module_category res_groups res_groups_privilege mail_activity mail_activity_type
mail_followers mail_message_subtype mail_template mail_alias
""".split()
# What is looked at of a row: by default all.
COLUMNS = {
    "ir_model_data": "concat_ws(' ', module, model)",
    "ir_attachment": "concat_ws(' ', url, res_model, res_field)",
    "mail_message": "model",
    "mail_mail": "state",
    "pg_class": "relname",
    "pg_attribute": "attname",
    "pg_proc": "proname",
}
# What has been decided about readers.
KEPT = "b2b_family_mail.consent_policy"
SCREENS = ("mail.mail", "mail.message", "res.partner", "res.users", "mail.template")
SCREENS += ("res.config.settings", "mail.compose.message", "ir.attachment")


class Sent:
    """Letters that left, and others on their way; `paths` are the addresses in them."""

    def __init__(self, world, forks, post):
        self.mails = {}
        self._send(world, "sent", "sent@client.example")
        post.fault("RCPT", "450 Later", address="waits@client.example", times=None)
        self._send(world, "queued", "waits@client.example")
        post.fault("END", drop=True, address="doubt@client.example")
        self._send(world, "unknown", "doubt@client.example")
        post.fault("RCPT", "550 Gone", address="failed@client.example")
        self._send(world, "failed", "failed@client.example")
        self.mails["draft"] = world.write_mail("draft@client.example")
        _contacts, composer = world.compose_mailing(["mailing@client.example"])
        world.seller.call("mail.compose.message", "action_b2b_send_mail", [composer])
        assert forks.run(POST.format()) == [0]
        for address in ("mailing@client.example", "chat@client.example"):
            wait_for(lambda address=address: post.counts()[address], 20, address)
        self.paths = {}
        for letter in post.letters:
            self._find(letter.raw)
        assert set(self.paths) == set(KINDS)

    def _send(self, world, state, address):
        mail = world.write_mail(address, files=[OFFER])
        values = {"body_html": BODY, "b2b_attachment_links": "beside"}
        world.seller.call("mail.mail", "write", [mail], values)
        world.press_send(mail)
        world.wait_state(mail, state)
        self.mails[state] = mail

    def _find(self, raw):
        message = message_from_bytes(raw, policy=policy.default)
        text = message.get_body(("html",)).get_content() + str(
            message["List-Unsubscribe"]
        )
        for url in ADDRESS.findall(text):
            path = urlsplit(url).path
            self.paths.setdefault(path.split("/")[2], path)


@pytest.fixture
def sent(world, forks):
    with posting(world, forks) as post:
        yield Sent(world, forks, post)


@pytest.fixture
def copy(running, sent):
    name = f"{running.server.database}_gone"
    database.drop(prepare(), name)
    log_of(name).unlink(missing_ok=True)
    restore(running.server.database, name)
    # It is the real one, as far as it knows.
    sql(
        name,
        "DELETE FROM ir_config_parameter WHERE key = 'b2b_family_mail.instance';"
        "DELETE FROM ir_mail_server",
    )
    yield name
    database.drop(prepare(), name)


def ask(server, path, method="GET"):
    answer = requests.request(
        method, server.url + path, timeout=60, allow_redirects=False
    )
    return answer.status_code, answer.text


def asked(server, sent):
    """Return what each kind of address answers, fetched and posted to."""
    return {
        kind: (ask(server, path)[0], ask(server, path, "POST")[0])
        for kind, path in sent.paths.items()
    }


def left(copy):
    """Return by table the rows that name the addon still."""
    found = {}
    for table in (*TABLES, *COLUMNS):
        text = COLUMNS.get(table, "to_jsonb(t)::text")
        rows = sql(
            copy, f"SELECT {text} FROM {table} t WHERE {text} ~* 'b2b_|b2b.family'"
        )
        if rows := [row for (row,) in rows if KEPT not in row]:
            found[table] = [row[:300] for row in rows]
    return found


def uninstall(admin):
    [module] = admin.read("ir.module.module", [("name", "=", ADDON.name)], "id")
    admin.call("ir.module.module", "button_immediate_uninstall", [module["id"]])


def test_recipients_find_nothing_and_odoo_goes_on(sent, copy):
    # Odoo refuses to uninstall while a scheduled action runs.
    with serving(copy, "--max-cron-threads=0") as server:
        before = asked(server, sent)
        uninstall(Rpc(server.url, copy, *ADMIN))
        after = asked(server, sent)
        _status, page = ask(server, sent.paths["l"])
    print(f"Addresses, fetched and posted to: {before}; uninstalled {after}")
    assert {get for get, _post in before.values()} == {200, 302}
    assert set(after.values()) == {(404, 404)}
    assert "404" in page and "Traceback" not in page
    rest = left(copy)
    for table, rows in rest.items():
        print(f"Left in {table}: {rows}")
    assert rest == {}
    outgoing = sql(copy, "SELECT count(*) FROM mail_mail WHERE state = 'outgoing'")
    assert outgoing == [(0,)], "nothing leaves by itself"
    # Started anew, with its scheduled actions, as on the next morning.
    with serving(copy) as server:
        go_on(Rpc(server.url, copy, *ADMIN), sent)


def go_on(admin, sent):
    """Do what people do, with what is left of the letters as with anything else."""
    for model in SCREENS:
        admin.call(model, "get_views", [[False, "form"], [False, "list"]])
    [reader] = admin.read("res.partner", [("name", "=", "Chat")], "id")
    thread = {"thread_model": "res.partner", "thread_id": reader["id"]}
    assert "Said in the chatter" in str(admin._post("/mail/thread/messages", thread))
    mails = list(sent.mails.values())
    rows = admin.read("mail.mail", [("id", "in", mails)], "state", "body_html")
    states = {row["id"]: row["state"] for row in rows}
    became = {name: states[mail] for name, mail in sent.mails.items()}
    print(f"The mails of letters are now: {became}")
    assert became == {
        "sent": "sent",
        "queued": "cancel",
        "unknown": "exception",
        "failed": "exception",
        "draft": "cancel",
    }
    admin.call("mail.mail", "mark_outgoing", [sent.mails["queued"]])
    admin.call("mail.mail", "cancel", [sent.mails["queued"]])
    # What has no document is its author's to delete, as core has it.
    others = admin.read("mail.mail", [("is_notification", "=", True)], "id")
    assert others
    admin.call("mail.mail", "unlink", [row["id"] for row in others])
    [later] = admin.read("mail.scheduled.message", [], "id")
    admin.call("mail.scheduled.message", "post_message", [later["id"]])
