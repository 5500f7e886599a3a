# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The account at the service stops working: no storm of logins, nothing lost."""

from forks import SEND

LETTERS = 3
ROUNDS = 8


def logins(world):
    return world.sandbox.state(letters=False)["logins"]


def test_a_revoked_password_is_tried_once_and_the_queue_goes_on_by_itself(world, forks):
    before = logins(world)
    world.sandbox.settings(password_revoked=True)
    world.sandbox.fault("*", "expired_api_key_before")
    mails = [world.send_mail(f"reader{n}@client.example") for n in range(LETTERS)]
    for _ in range(ROUNDS):  # all within the 15 minutes
        world.sql("UPDATE b2b_family_letter SET next_try_date = NULL")
        assert forks.run(SEND) == [0]
    refused = logins(world)["refused"] - before["refused"]
    activities = world.sql(
        "SELECT count(*) FROM mail_activity"
        " WHERE res_model = 'b2b.family.service.status' AND active"
    )
    jobs = world.sql(
        "SELECT failure_count FROM ir_cron WHERE cron_name LIKE 'B2B%%' GROUP BY 1"
    )
    print(
        f"Password revoked, {LETTERS} buttons and {ROUNDS} cron runs: {refused} requests"
        f" to log in, {activities[0][0]} activity, letters {world.states()}"
    )
    # One login: it is signed both ways before the refusal is believed.
    assert refused == 2
    assert activities == [(1,)]
    assert world.states() == {"queued": LETTERS}
    assert jobs == [(0,)]

    # After 15 minutes there is one more, and one only.
    world.sql(
        "UPDATE b2b_family_service_status SET paused_until = now() - interval '1 d'"
    )
    for _ in range(ROUNDS):
        world.sql("UPDATE b2b_family_letter SET next_try_date = NULL")
        assert forks.run(SEND) == [0]
    assert logins(world)["refused"] - before["refused"] == 4

    world.sandbox.settings(password_revoked=False)
    world.set_crons(True)
    world.press_settings("action_b2b_get_api_key")
    for mail in mails:
        world.wait_state(mail, "sent")
    accepted = world.sandbox.accepted()
    print(f"Get API key pressed: {accepted} letters accepted, {world.states()}")
    assert accepted == LETTERS
    assert not world.sql(
        "SELECT 1 FROM mail_activity"
        " WHERE res_model = 'b2b.family.service.status' AND active"
    )


def test_the_queue_goes_on_when_the_password_works_again(world, forks):
    """Nobody presses anything: the pause is over, the next login succeeds."""
    world.sandbox.settings(password_revoked=True)
    world.sandbox.fault("*", "expired_api_key_before")
    mail = world.send_mail("reader@client.example")
    assert world.letter(mail)["state"] == "queued"
    world.sandbox.settings(password_revoked=False)
    world.sql(
        "UPDATE b2b_family_service_status SET paused_until = now() - interval '1 d'"
    )
    world.age()
    assert forks.run(SEND) == [0]
    print(f"Password right again: {world.states()}")
    assert world.letter(mail)["state"] == "sent"
    assert world.sandbox.accepted() == 1
