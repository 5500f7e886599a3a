# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A mailing to two hundred contacts: nobody waits for it, everybody gets it once."""

import time

from devtools.sandbox.control import wait_for

COUNT = 200
LATENCY = 0.1  # seconds that the service takes for each letter


def test_mailing_of_200_does_not_keep_the_page_waiting(world):
    world.sandbox.settings(deliver=False)
    world.sandbox.fault("send", "latency", times=None, seconds=LATENCY)
    addresses = [f"client{number}@client.example" for number in range(COUNT)]
    contacts, composer = world.compose_mailing(addresses)
    start = time.monotonic()
    told = world.seller.call("mail.compose.message", "action_b2b_send_mail", [composer])
    seconds, sent = time.monotonic() - start, world.sandbox.accepted()
    print(f"The page had its answer after {seconds:.1f} s, with {sent} letters sent")
    assert sent < COUNT
    assert str(COUNT) in told["params"]["message"]

    # What the sender is shown then: all of them, and how far they are.
    shown = told["params"]["letters"]
    passed = set()

    def all_sent():
        rows = world.seller.read(shown["res_model"], shown["domain"], "state")
        assert len(rows) == COUNT
        passed.add(sum(row["state"] == "sent" for row in rows))
        return COUNT in passed

    wait_for(all_sent, 60, "all letters to be sent")
    assert len(passed) > 2, "one sees them leave, batch by batch"
    assert world.sandbox.accepted() == COUNT
    assert sorted(world.counts().values()) == [1] * COUNT
    messages = world.sql(
        "SELECT count(*), count(DISTINCT res_id) FROM mail_message"
        " WHERE subject = 'Price list' AND model = 'res.partner'"
        " AND res_id = ANY(%s)",
        contacts,
    )
    assert messages == [(COUNT, COUNT)]
