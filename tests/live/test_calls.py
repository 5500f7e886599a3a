# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""While the service is called: nothing is held, nobody waits, nothing is done twice."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from forks import SEND
from test_turns import OTHER, log_in_other
from world import RpcError

from devtools.sandbox.control import wait_for

FILES = 6  # more than are uploaded at once
HANG = 25  # seconds, less than a call may take; the tests end it sooner
HELD = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE relation = 'b2b_family_letter_attachment'::regclass
   AND mode = 'RowExclusiveLock' AND datname = current_database()
"""

# Half a second is more than any of them needs that waits for nobody.
OPEN = """
SELECT state, query FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend'
   AND pid <> pg_backend_pid() AND xact_start < now() - interval '0.5 seconds'
   AND xact_start > %s AND query NOT LIKE '%%ir_cron%%'  -- none of Odoo's own jobs
"""


def write_with_files(world):
    contents = [(f"file{n}.txt", f"{n}".encode()) for n in range(FILES)]
    return world.write_mail("reader@client.example", files=contents)


def uploads(world):
    return len(world.sandbox.requests("upload"))


def start_upload(world, forks, mail):
    """Let a worker upload, slowly; return it and the number of uploads before."""
    world.sandbox.fault("*", "drop_before", times=None)
    world.press_send(mail)
    world.sandbox.clear_faults()
    world.sandbox.fault("upload", "latency_before", times=None, seconds=2)
    world.sql("UPDATE b2b_family_letter SET next_try_date = NULL")
    before = uploads(world)
    return forks.start(SEND), before


def test_nothing_is_held_while_files_are_uploaded(world, forks):
    mail = write_with_files(world)
    worker, before = start_upload(world, forks, mail)
    wait_for(lambda: uploads(world) > before + 4, 20, "the second batch")
    held = world.sql(HELD)
    world.sandbox.clear_faults()
    assert forks.wait(worker) == 0
    assert held == [(0,)]
    assert world.states() == {"sent": 1}


def test_what_was_uploaded_before_a_crash_is_not_uploaded_again(world, forks):
    mail = write_with_files(world)
    worker, before = start_upload(world, forks, mail)
    wait_for(lambda: uploads(world) > before + 4, 20, "the second batch")
    forks.kill(worker)
    world.sandbox.clear_faults()
    kept = "SELECT count(*) FROM b2b_family_letter_attachment WHERE ref IS NOT NULL"
    assert world.sql(kept) == [(4,)]
    world.shift("claim_date", -11, mail)
    world.sql("UPDATE b2b_family_letter SET state = 'queued', next_try_date = NULL")
    seen = uploads(world)
    assert forks.run(SEND) == [0]
    assert (world.states(), uploads(world) - seen) == ({"sent": 1}, FILES - 4)


def test_a_file_that_the_service_has_dropped_is_uploaded_once_more(world):
    files = [("offer.txt", b"offer")]
    world.wait_state(world.send_mail("first@client.example", files=files), "sent")
    world.sandbox.reset()  # and its uploads are gone
    world.press_settings("action_b2b_get_api_key")
    mail = world.send_mail("second@client.example", files=files)
    world.wait_state(mail, "sent")
    [letter] = world.sandbox.state()["letters"]
    assert [file["name"] for file in letter["attachments"]] == ["offer.txt"]
    assert (uploads(world), len(world.sandbox.requests("send"))) == (1, 2)


def test_accounts_do_not_wait_for_each_other(world, forks):
    other = log_in_other(world)
    world.sql(
        "UPDATE res_users SET b2b_family_email = 'toni@shop.example',"
        " b2b_family_mail_password_kept = 'x', b2b_family_api_key_kept ="
        " (SELECT value FROM ir_config_parameter WHERE key = 'b2b_family_mail.api_key')"
        " WHERE login = %s",
        OTHER[0],
    )
    world.sandbox.fault("send", "rate_limit", times=None)
    for person in world.seller, other:
        letter = {"b2b_send": True, "subject": "Offer", "body_html": "<p>Hello</p>"}
        mail = person.create("mail.mail", email_to="reader@client.example", **letter)
        person.call("mail.mail", "action_b2b_send", [mail])
    world.sandbox.clear_faults()
    world.sandbox.fault("send", "latency", times=None, seconds=HANG)
    world.sql("UPDATE b2b_family_letter SET next_try_date = NULL")
    accounts = world.sql("SELECT DISTINCT account_id FROM b2b_family_letter")
    before = len(world.sandbox.requests("send"))
    try:
        assert len(accounts) == 2
        worker = forks.start(SEND)
        wait_for(lambda: len(world.sandbox.requests("send")) > before + 1, 15, "both")
        world.sandbox.clear_faults()
        assert forks.wait(worker) == 0
    finally:
        world.sql(
            "UPDATE res_users SET b2b_family_email = NULL,"
            " b2b_family_mail_password_kept = NULL, b2b_family_api_key_kept = NULL"
            " WHERE login = %s",
            OTHER[0],
        )
    first, second = world.sandbox.requests("send")[before:]
    assert second - first < HANG


def press_link(world, mail):
    return world.seller.call("mail.mail", "action_b2b_make_link", [mail])


def link_of(world, mail):
    names = ("state", "b2b_state", "b2b_link", "b2b_is_link_missing")
    [values] = world.seller.read("mail.mail", [("id", "=", mail)], *names)
    return values


PRESSES = {
    "send": lambda world, mail: world.press_send(mail),
    "link": press_link,
    "subscribe": lambda world, _mail: world.press_settings("action_b2b_subscribe"),
    "unsubscribe": lambda world, _mail: world.press_settings("action_b2b_unsubscribe"),
}


@pytest.mark.parametrize("call", PRESSES)
def test_no_transaction_is_open_while_a_button_waits_for_the_service(world, call):
    mail = world.write_mail("reader@client.example")
    before = len(world.sandbox.requests(call))
    world.sandbox.fault(call, "latency", times=None, seconds=HANG)
    [(start,)] = world.sql("SELECT now()")
    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(PRESSES[call], world, mail)
        wait_for(lambda: len(world.sandbox.requests(call)) > before, 20, "the call")
        time.sleep(1)
        still_open = world.sql(OPEN, start)
        assert not pressed.done()
        world.sandbox.clear_faults()
        pressed.result()
    assert still_open == []
    assert len(world.sandbox.requests(call)) == before + 1


def test_a_collision_makes_no_second_link(world):
    """Who writes to the letter meanwhile has the outcome written again, no call made."""
    mail = world.write_mail("reader@client.example")
    world.sandbox.fault("link", "latency", times=None, seconds=HANG)
    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(press_link, world, mail)
        wait_for(lambda: world.sandbox.requests("link"), 20, "the call")
        assert link_of(world, mail)["b2b_is_link_missing"]
        with pytest.raises(RpcError, match="being made"):
            press_link(world, mail)
        world.sql("UPDATE b2b_family_letter SET subject = subject")
        world.sql("UPDATE mail_mail SET headers = headers WHERE id = %s", mail)
        world.sandbox.clear_faults()
        pressed.result()
    assert len(world.sandbox.requests("link")) == 1
    made = link_of(world, mail)
    assert (made["state"], made["b2b_state"]) == ("sent", "linked")
    assert made["b2b_link"] and not made["b2b_is_link_missing"]


def test_a_crash_while_a_link_is_made_is_seen_and_left_by_the_button(world, forks):
    mail = world.write_mail("reader@client.example")
    world.sandbox.fault("link", "latency_before", times=None, seconds=30)
    code = (
        f"env['mail.mail'].with_user({world.seller_id()}).browse({mail})"
        ".action_b2b_make_link()"
    )
    worker = forks.start(code)
    wait_for(lambda: link_of(world, mail)["b2b_is_link_missing"], 20, "the claim")
    forks.kill(worker)
    world.sandbox.clear_faults()
    assert link_of(world, mail)["b2b_state"] == "linked"
    with pytest.raises(RpcError, match="being made"):
        press_link(world, mail)
    world.shift("claim_date", -11, mail)
    # Nobody sends it meanwhile, whatever time it is.
    assert forks.run(SEND) == [0]
    assert world.sandbox.requests("send") == []
    world.sandbox.fault("link", "http_500", times=None)
    with pytest.raises(RpcError):
        press_link(world, mail)
    draft = link_of(world, mail)
    assert (draft["state"], draft["b2b_state"]) == ("b2b_draft", "draft")
    world.sandbox.clear_faults()
    press_link(world, mail)
    assert link_of(world, mail)["b2b_link"]
