# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Upgraded, uninstalled, restored, neutralized: with letters in the database."""

import subprocess
import time
from contextlib import contextmanager

import pytest
from copies import restore
from serving import log_of, serving
from world import World, sql

from devtools import database
from devtools.database import ONCE
from devtools.machine import prepare
from devtools.odoo_log import Part
from devtools.paths import ADDON, DEV, ODOO_BIN, PYTHON
from devtools.sandbox.control import wait_for

# Each installs, updates or removes the addon in a database of its own, some twice.
pytestmark = pytest.mark.timeout(360)

READER = "rita@client.example"
OFFER = ("Offer.pdf", b"%PDF-1.4 offer")
KEYS = ("api_key", "app_key", "secret_key", "mail_password", "webhook_token")
CALLS = ("login", "upload", "send", "find", "statistics", "subscribe", "unsubscribe")


@pytest.fixture
def history(world):
    """A letter that was opened, one that failed and one that waits."""
    opened = world.send_mail(READER, files=[OFFER])
    [caught] = world.sandbox.wait_mailbox(1)
    world.sandbox.open_letter(caught["id"])
    world.wait_state(opened, "opened")
    world.sandbox.fault("send", "refuse", match="bad@client.example")
    world.wait_state(world.send_mail("bad@client.example"), "failed")
    world.set_crons(False)
    world.sandbox.fault("send", "rate_limit")
    world.wait_state(world.send_mail("later@client.example"), "queued")
    yield world
    world.set_crons(True)


@pytest.fixture
def copy(history):
    """A backup of that, restored, its scheduled actions as they usually are."""
    machine, original = prepare(), history.server.database
    name = f"{original}_copy"
    database.drop(machine, name)
    log_of(name).unlink(missing_ok=True)
    restore(original, name)
    sql(
        name,
        "UPDATE ir_cron SET active = true WHERE id IN (SELECT res_id FROM"
        " ir_model_data WHERE model = 'ir.cron' AND module = 'b2b_family_mail')",
    )
    yield name
    database.drop(machine, name)


@contextmanager
def running(copy, sandbox, *options):
    """Yield the copy as a world, with a server; the log must stay clean."""
    with serving(copy, *options) as server:
        world = World(sandbox, server, copy=True)
        world.set_parameter("web.base.url", server.url)
        yield world


def run_odoo(copy, *arguments):
    command = [PYTHON, ODOO_BIN, *arguments, "--database", copy]
    with log_of(copy).open("ab") as log:
        subprocess.run(command, cwd=DEV, stdout=log, stderr=log, check=True)
    assert not Part(log_of(copy), whole=True).troubles()


def rows(name):
    """Return all rows of the addon's tables and its settings."""
    tables = sql(
        name,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_type = 'BASE TABLE' AND table_name ~ '^b2b_family'",
    )
    found = {
        table: sql(name, f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")
        for (table,) in tables
    }
    found["mail_mail"] = sql(
        name, "SELECT id, state, b2b_send FROM mail_mail ORDER BY id"
    )
    found["ir_config_parameter"] = sql(
        name,
        "SELECT key, value FROM ir_config_parameter WHERE key ~ '^b2b_family'"
        " ORDER BY key",
    )
    return found


# Makes of today's database what 19.0.1.0.0 would have made: an event told its reader, the
# letter's id and all it had come with, its key was a whole digest, and that everybody is
# tracked was written nowhere.
DOWNGRADE = """
UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name = 'b2b_family_mail';
ALTER TABLE b2b_family_event RENAME received_date TO create_date;
ALTER TABLE b2b_family_event RENAME other_email TO email;
ALTER TABLE b2b_family_event
  ADD create_uid int REFERENCES res_users, ADD write_uid int REFERENCES res_users,
  ADD write_date timestamp;
UPDATE b2b_family_event e
   SET email = l.email, letter_ref = l.ref, payload = '{"id": "e-1"}', create_uid = 1,
       key = encode(decode(translate(e.key, '-_', '+/'), 'base64'), 'hex') || repeat('0', 40)
  FROM b2b_family_letter l WHERE l.id = e.letter_id;
DELETE FROM ir_config_parameter WHERE key = 'b2b_family_mail.consent_policy'
"""
# What 19.0.1.5.0 would have made, which knew one way to deliver letters, and did not tell
# apart what was cancelled and what had failed.
LAST = """
UPDATE ir_module_module SET latest_version = '19.0.1.5.0' WHERE name = 'b2b_family_mail';
ALTER TABLE b2b_family_letter DROP COLUMN carrier;
UPDATE b2b_family_letter SET is_cancelled = NULL WHERE is_cancelled;
ALTER TABLE b2b_family_service_status DROP COLUMN mail_server_id, DROP COLUMN is_mail_server;
DROP INDEX IF EXISTS b2b_family_service_status_user_unique;
CREATE UNIQUE INDEX b2b_family_service_status_user_unique
    ON b2b_family_service_status ((COALESCE(user_id, 0)));
COMMENT ON INDEX b2b_family_service_status_user_unique
     IS 'UNIQUE INDEX ((COALESCE(user_id, 0)))'
"""
CHOSEN = """
UPDATE ir_config_parameter SET value = 'consent'
 WHERE key = 'b2b_family_mail.consent_policy';
UPDATE b2b_family_letter
   SET state = 'failed', is_cancelled = TRUE, failure_reason = 'Sending was cancelled.'
 WHERE id = (SELECT min(id) FROM b2b_family_letter)
"""
ANOTHER_STATUS = """
INSERT INTO b2b_family_service_status (is_mail_server) VALUES (true), (NULL)
    ON CONFLICT DO NOTHING RETURNING is_mail_server
"""


def upgrade(copy):
    run_odoo(copy, "--update", ADDON.name, *ONCE)


def test_an_upgrade_keeps_everything(copy):
    """From the first version, with its letters and events, to this one.

    And from the last one, with a consent policy that was chosen on the screen and a
    letter that was cancelled: every upgrade but the first comes upon what the one
    before has done.
    """
    before = rows(copy)
    sql(copy, DOWNGRADE)
    assert rows(copy) != before
    upgrade(copy)
    after = rows(copy)
    counts = {table: len(found) for table, found in before.items() if found}
    print(f"Upgraded with {counts}")
    assert counts["b2b_family_letter"] == 3 and counts["b2b_family_event"] == 1
    assert after == before
    policy = ("b2b_family_mail.consent_policy", "track")
    assert policy in after["ir_config_parameter"]

    sql(copy, CHOSEN)
    before = rows(copy)
    sql(copy, LAST)
    upgrade(copy)
    assert rows(copy) == before
    assert sql(copy, ANOTHER_STATUS) == [(True,)], "beside that of the account"
    [(version,)] = sql(
        copy,
        "SELECT latest_version FROM ir_module_module WHERE name = 'b2b_family_mail'",
    )
    assert version > "19.0.1.1.0"


def test_uninstalled_with_data_it_unsubscribes_and_leaves_a_working_odoo(history, copy):
    sandbox = history.sandbox

    def subscribers():
        return [row["url"] for row in sandbox.state(letters=False)["subscriptions"]]

    # Odoo refuses to uninstall while a scheduled action runs.
    with running(copy, sandbox, "--max-cron-threads=0") as world:
        world.press_settings("action_b2b_confirm_instance")
        world.press_settings("action_b2b_subscribe")
        before = subscribers()
        assert any(world.server.url in url for url in before)
        [module] = world.admin.read("ir.module.module", [("name", "=", ADDON.name)])
        world.admin.call(
            "ir.module.module", "button_immediate_uninstall", [module["id"]]
        )
        after = subscribers()
        assert not any(world.server.url in url for url in after)
        assert not sql(copy, "SELECT 1 FROM pg_class WHERE relname ~ '^b2b_family'")
    sandbox.clear_mailbox()
    with serving(copy) as server:
        world.server = server
        admin = world.log_in("admin", "admin")
        host, _, port = sandbox.smtp.rpartition(":")
        admin.create("ir.mail_server", name="Mailbox", smtp_host=host, smtp_port=port)
        mail = admin.create(
            "mail.mail",
            subject="Plain",
            email_from="admin@shop.example",
            email_to=READER,
            body_html="<p>Hello</p>",
        )
        admin.call("mail.mail", "send", [mail])
        [caught] = sandbox.wait_mailbox(1)
    print(
        f"Uninstalled: {len(before)} subscriptions, then {len(after)};"
        f" an ordinary mail to {caught['to']} arrived"
    )
    assert caught["subject"] == "Plain"


def test_a_neutralized_copy_has_no_keys_and_no_jobs(copy):
    run_odoo(copy, "neutralize")
    names = [f"b2b_family_mail.{name}" for name in KEYS]
    kept = sql(
        copy,
        "SELECT key FROM ir_config_parameter WHERE key = ANY(%s) AND value <> ''",
        [names],
    )
    jobs = sql(
        copy,
        "SELECT active, count(*) FROM ir_cron WHERE id IN (SELECT res_id FROM"
        " ir_model_data WHERE model = 'ir.cron' AND module = 'b2b_family_mail')"
        " GROUP BY active",
    )
    print(f"Neutralized: keys left {kept}, jobs by active {jobs}")
    assert not kept
    assert jobs == [(False, 5)]


def test_a_restored_backup_does_nothing_until_it_is_confirmed(history, copy):
    sandbox = history.sandbox

    def calls():
        return {call: len(sandbox.requests(call)) for call in CALLS}

    before = calls()
    with running(copy, sandbox) as world:
        world.age()
        world.sql(
            "UPDATE b2b_family_letter SET next_sync_date = now() - interval '1 d'"
        )
        start = world.sql("SELECT now() at time zone 'utc'")[0][0]
        for name in ("ir_cron_send", "ir_cron_sync"):
            world.run_cron(name)
        wait_for(
            lambda: (
                world.sql(
                    "SELECT count(*) FROM ir_cron WHERE lastcall >= date_trunc('second', %s)"
                    " AND cron_name LIKE 'B2B%%'",
                    start,
                )
                >= [(2,)]
            ),
            30,
            "the scheduled actions",
        )
        time.sleep(1)
        held = calls()
        world.press_settings("action_b2b_confirm_instance")
        world.wait_states(30, opened=1, failed=1, sent=1)
        print(f"Restored: calls {before}, then {held}; confirmed: {world.states()}")
    assert held == before
    assert sandbox.accepted() == 2
