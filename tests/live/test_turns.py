# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Many files of one author do not keep the letters of another waiting."""

from forks import SEND
from world import Rpc

from devtools.sandbox.control import wait_for

FILES, SECONDS = 50, 1.0
LETTERS = 10
OTHER = ("turns", "turns-password")


def log_in_other(world):
    if not world.sql("SELECT 1 FROM res_users WHERE login = %s", OTHER[0]):
        world.admin.create(
            "res.users",
            name="Toni Turns",
            login=OTHER[0],
            password=OTHER[1],
            email="toni@shop.example",
            group_ids=[(6, 0, [world.sql_id("b2b_family_mail.group_user")])],
        )
    return Rpc(world.server.url, world.server.database, *OTHER)


def write_with_files(world, files):
    """Return a mail to more readers than are written to at once, with files of its own."""
    contents = [(f"file{n}.txt", f"{n}".encode()) for n in range(files)]
    addresses = [f"a{number}@client.example" for number in range(6)]
    return world.write_mail(*addresses, files=contents, subject="With files")


def accepted_order(world):
    """Return the addresses in the order in which the service accepted the letters."""
    letters = world.sandbox.state()["letters"]
    letters.sort(key=lambda letter: letter["id"])
    return [letter["recipients"][0]["email"] for letter in letters]


def test_a_mailing_overtakes_the_uploads_of_another(world, forks):
    world.sandbox.settings(deliver=False)
    world.sandbox.fault("upload", "latency", times=None, seconds=SECONDS)
    other = log_in_other(world)
    slow = write_with_files(world, FILES)
    world.press_send(slow)
    worker = forks.start(SEND)
    wait_for(lambda: world.sandbox.requests("upload"), 15, "the first upload")
    quick = [
        other.create(
            "mail.mail",
            b2b_send=True,
            subject="Without",
            body_html="<p>Hello</p>",
            email_to=", ".join(
                f"b{number}@client.example" for number in range(LETTERS)
            ),
        )
    ]
    other.call("mail.mail", "action_b2b_send", quick)
    wait_for(
        lambda: world.sandbox.accepted() >= LETTERS, 60, "the letters without files"
    )
    uploads = len(world.sandbox.requests("upload"))
    states = world.sql(
        "SELECT DISTINCT state, try_count, failure_reason, next_try_date"
        " FROM b2b_family_letter WHERE mail_id = %s",
        slow,
    )
    world.sandbox.clear_faults()
    assert forks.wait(worker) == 0
    assert forks.run(SEND) == [0]
    order = accepted_order(world)
    print(
        f"{LETTERS} letters of B were accepted while {uploads} of {FILES} files of A"
        f" were uploaded; A's letters meanwhile: {states}"
    )
    assert uploads < FILES
    assert all(address.startswith("b") for address in order[:LETTERS])
    assert len(order) == LETTERS + 6
    assert set(world.counts().values()) == {1}
    # Each content once, however often its letters were put back.
    assert len(world.sandbox.requests("upload")) == FILES
    tries = world.sql(
        "SELECT DISTINCT state, try_count, failure_reason FROM b2b_family_letter"
    )
    assert tries == [("sent", 1, None)]


def test_an_outage_during_the_uploads_lets_both_wait(world, forks):
    other = log_in_other(world)
    world.press_send(write_with_files(world, 6))
    world.sandbox.fault("upload", "rate_limit", times=None)
    mail = other.create(
        "mail.mail",
        b2b_send=True,
        subject="Without",
        body_html="<p>Hello</p>",
        email_to=", ".join(f"b{number}@client.example" for number in range(6)),
    )
    other.call("mail.mail", "action_b2b_send", [mail])
    assert forks.run(SEND) == [0]
    states = world.sql(
        "SELECT subject, state, try_count, count(*) FROM b2b_family_letter"
        " GROUP BY 1, 2, 3 ORDER BY 1"
    )
    print(f"No file can be uploaded: {states}")
    assert states == [("With files", "queued", 1, 6), ("Without", "sent", 1, 6)]
    world.sandbox.clear_faults()
    world.age(0)
    assert forks.run(SEND) == [0]
    assert world.states() == {"sent": 12}
    assert set(world.counts().values()) == {1}
