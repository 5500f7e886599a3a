# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Many workers at once, and the collisions that come of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
from forks import SEND

from devtools.sandbox.control import wait_for
from devtools.server import OdooServer

MAILS, READERS = 10, 100
# Whoever is told that something has changed must find it changed.
LOOK_AGAIN = """
from unittest.mock import patch
from odoo.addons.b2b_family_mail.runtime import one_at_a_time

def look(registry):
    with registry.cursor() as other:
        other.execute("SELECT value FROM ir_config_parameter WHERE key = 'turn'")
        assert other.fetchall() == [("mine",)]

with patch.object(type(env.registry), "signal_changes", look):
    with one_at_a_time(env, 1, 1) as own:
        own["ir.config_parameter"].set_param("turn", "mine")
"""


def write(forks, mails, readers):
    """Queue `mails` mails to `readers` readers each."""
    assert forks.run(
        "env['mail.mail'].create([{'b2b_send': True, 'state': 'outgoing',"
        " 'subject': f'Offer {mail}', 'body_html': '<p>Hello</p>', 'email_to': ', '.join("
        f"f'reader{{n}}.{{mail}}@client.example' for n in range({readers}))}}"
        f" for mail in range({mails})]).send()"
    ) == [0]


def assert_each_once(world, number):
    counts = world.counts()
    assert len(counts) == world.sandbox.accepted() == number
    assert world.states() == {"sent": number}
    refs = world.sql("SELECT count(DISTINCT ref) FROM b2b_family_letter")
    assert refs == [(number,)]
    # The mails know it, too: none is left waiting for letters that are all sent.
    states = world.sql("SELECT state FROM mail_mail WHERE b2b_send GROUP BY state")
    assert states == [("sent",)]


def test_four_processes_send_1000_letters_once_each(world, forks):
    world.sandbox.settings(deliver=False)
    write(forks, MAILS, READERS)
    start = time.monotonic()
    assert forks.run(*[SEND] * 4) == [0] * 4
    seconds = time.monotonic() - start
    print(
        f"4 processes, {MAILS * READERS} letters: {world.sandbox.accepted()} accepted,"
        f" {len(world.counts())} keys, {world.states()}, {seconds:.1f} s"
    )
    assert_each_once(world, MAILS * READERS)


def test_two_servers_with_cron_workers_share_the_letters(world):
    """Hundreds of letters of one mail, two machines, each with two cron workers."""
    world.sandbox.settings(deliver=False)
    options = ["--max-cron-threads=2", *world.server.options]
    with OdooServer(world.server.database, log=world.log("second"), options=options):
        mail = world.send_mail(*(f"reader{n}@client.example" for n in range(300)))
        for _ in range(3):  # wakes the workers of both, those that are free
            world.run_cron("ir_cron_send")
        world.wait_states(20, sent=300)
        wait_for(lambda: world.mail(mail)["state"] == "sent", 5, "the mail")
    print(f"2 servers, 300 letters of 1 mail: {world.sandbox.accepted()} accepted")
    assert_each_once(world, 300)


def test_a_letter_that_somebody_holds_keeps_no_other_waiting(world, forks):
    world.sandbox.settings(deliver=False)
    write(forks, 1, 8)
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id) FROM b2b_family_letter")
            cursor.execute(
                "SELECT 1 FROM b2b_family_letter WHERE id = %s FOR UPDATE",
                cursor.fetchone(),
            )
        worker = forks.start(SEND)
        wait_for(lambda: world.sandbox.accepted() == 7, 15, "the other letters")
        assert forks.wait(worker) == 0
    assert forks.run(SEND) == [0]
    assert_each_once(world, 8)


def test_an_expired_key_is_renewed_once_by_four_processes(world, forks):
    login = "s = env['b2b.family.service']; s._login(s._common_account(), {})"
    assert forks.run(login.format("None")) == [0]
    [(key,)] = world.sql(
        "SELECT value FROM ir_config_parameter WHERE key = 'b2b_family_mail.api_key'"
    )
    before = world.sandbox.state(letters=False)["logins"]["accepted"]
    world.sandbox.fault("login", "latency_after", seconds=2, times=None)
    assert forks.run(*[login.format(f"refused_key={key!r}")] * 4) == [0] * 4
    after = world.sandbox.state(letters=False)["logins"]["accepted"]
    assert after - before == 1


def test_who_is_told_to_look_again_sees_what_was_written(world, forks):
    assert forks.run(LOOK_AGAIN) == [0]
    world.sql("DELETE FROM ir_config_parameter WHERE key = 'turn'")


def test_a_collision_after_the_call_sends_nothing_again(world, forks):
    """Another transaction writes to the letters between their claim and outcome."""
    world.sandbox.fault("send", "latency_after", seconds=1, times=None)
    write(forks, 1, 8)
    logged = forks.log.stat().st_size
    worker = forks.start(SEND)
    wait_for(lambda: world.sandbox.accepted() >= 8, 15, "the letters")
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        # Held until the outcome waits for it: its snapshot is then too old.
        with connection.cursor() as cursor:
            cursor.execute("UPDATE b2b_family_letter SET write_date = write_date")
        world.wait_for_lock("the outcome to wait")
        connection.commit()
    assert forks.wait(worker) == 0
    collisions = forks.log.read_bytes()[logged:].count(b"could not serialize access")
    print(f"40001 after the call: {collisions} collisions, {world.counts().values()}")
    assert collisions
    assert_each_once(world, 8)


def test_who_loses_the_race_for_the_first_note_keeps_the_outcome(world, forks):
    """How the service does is written down; another process begins the same row."""
    write(forks, 1, 8)
    world.sql("DELETE FROM b2b_family_service_status")
    logged = forks.log.stat().st_size
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO b2b_family_service_status DEFAULT VALUES")
        worker = forks.start(SEND)
        world.wait_for_lock("the note to wait")
        connection.commit()
    assert forks.wait(worker) == 0
    assert_each_once(world, 8)
    assert b"bad query" not in forks.log.read_bytes()[logged:]


def test_refresh_does_not_ask_again_because_news_came_meanwhile(world, forks):
    """The webhook stores the event that Refresh has just been told of."""
    mail = world.send_mail("rita@client.example")
    letter = world.letter(mail)
    world.sandbox.fault("webhook", "hold", times=None)
    world.sandbox.inject_event(key=letter["key"], type="message_open")
    world.sandbox.fault("statistics", "latency_after", seconds=25)
    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(
            world.seller.call, "mail.mail", "action_b2b_refresh", [mail]
        )
        wait_for(lambda: world.sandbox.requests("statistics"), 15, "the question")
        world.sandbox.clear_faults("webhook")  # which arrives before the answer
        world.wait_state(mail, "opened")
        world.sandbox.clear_faults()
        pressed.result()
    asked = len(world.sandbox.requests("statistics"))
    events = world.sql("SELECT source, count(*) FROM b2b_family_event GROUP BY source")
    print(f"Refresh while the webhook tells the same: asked {asked} times, {events}")
    assert asked == 1
    assert events == [("webhook", 1)]
    assert world.letter(mail)["open_count"] == 1
