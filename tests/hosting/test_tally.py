# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A mailing counted without a person: real mails, and a crowd at the picture of them."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
from test_watching import FIREFOX, OUTLOOK, TABLES

from devtools.sandbox.control import wait_for
from devtools.server import OdooServer

COUNT, A_DAY = 12, 10
PICTURE = re.compile(r'src="(http[^"]*/b2b_family/t/[^"]+\.gif)"')
#: What is no reader: a program by its name, without one, or that only asks.
SCANNERS = [("GET", "curl/8.5.0"), ("GET", ""), ("HEAD", OUTLOOK), ("GET", "Thing/1.0")]
CHOSEN = {"consent_policy": "consent", "count_opens": "True", "unclear_counts": "0"}


@pytest.fixture
def picture(world):
    """The one picture that is in all letters of a mailing."""
    host, _, port = world.sandbox.smtp.rpartition(":")
    server = world.admin.create(
        "ir.mail_server", name="Mailbox", smtp_host=host, smtp_port=int(port)
    )
    before = {name: parameter(world, name) for name in CHOSEN}
    for name, value in CHOSEN.items():
        world.set_parameter(f"b2b_family_mail.{name}", value)
    yield mailing(world)
    for name, value in before.items():
        world.set_parameter(f"b2b_family_mail.{name}", value)
    world.admin.call("ir.mail_server", "unlink", [server])
    world.sql("DELETE FROM b2b_family_tally")


def parameter(world, name):
    key = f"b2b_family_mail.{name}"
    return world.admin.call("ir.config_parameter", "get_param", key)


def mailing(world):
    contacts = world.admin.call(
        "res.partner",
        "create",
        [
            {"name": f"Unasked {n}", "email": f"unasked{n}@x.example"}
            for n in range(COUNT)
        ],
    )
    values = {
        "composition_mode": "mass_mail",
        "model": "res.partner",
        "res_ids": repr(contacts),
        "subject": "News",
        "body": "<p>Good day</p>",
    }
    composer = world.seller.call("mail.compose.message", "create", values)
    told = world.seller.call("mail.compose.message", "action_b2b_send_mail", [composer])
    assert f"without a person: {COUNT}" in told["params"]["message"]
    arrived = wait_for(lambda: arrived_at(world), 30, "the mailing")
    letters = [world.sandbox.letter(mail["id"]) for mail in arrived]
    [found] = {tuple(PICTURE.findall(letter["html"])) for letter in letters}
    assert not any("b2b_family/t" in letter["text"] for letter in letters)
    [url] = found
    left = "SELECT count(*) FROM b2b_family_letter WHERE sent_date IS NOT NULL"
    wait_for(lambda: world.sql(left) == [(COUNT,)] or None, 30, "all to have left")
    return url


def arrived_at(world):
    found = [mail for mail in world.sandbox.mailbox() if "unasked" in str(mail["to"])]
    return found if len(found) == COUNT else None


def fetch(url, method="GET", agent=OUTLOOK, **options):
    answer = requests.request(
        method, url, headers={"User-Agent": agent}, timeout=60, **options
    )
    return answer.status_code, answer.headers["Content-Type"]


def counted(world):
    [(before, today)] = world.sql(
        "SELECT counted, counted_that_day FROM b2b_family_tally"
    )
    return before + today


def rows(world):
    return [world.sql(f"SELECT count(*) FROM {table}") for table in TABLES]


def test_a_crowd_is_counted_and_a_flood_is_bounded(world, picture):
    """By the processes of two servers at once, each of which stores what it has seen."""
    before = rows(world)
    log = world.log("tally_workers")
    options = ["--max-cron-threads=0"]
    with OdooServer(
        world.server.database, log=log, workers=2, options=options
    ) as other:
        urls = [picture, other.url + urlsplit(picture).path]
        readers = [("GET", agent) for agent in (OUTLOOK, FIREFOX) * 40]
        crowd = readers + SCANNERS * 30

        def call(number):
            return fetch(urls[number % 2], *crowd[number])

        assert len(crowd) == 200
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(call, range(len(crowd)))) == {(200, "image/gif")}
        wait_for(
            lambda: counted(world) == len(readers) or None,
            30,
            f"{len(readers)} opens, not {counted(world)}",
        )
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: fetch(urls[number % 2]), range(200)))
        most = COUNT * A_DAY
        wait_for(lambda: counted(world) == most or None, 30, "no more than are likely")
    assert counted(world) == most
    assert rows(world) == before, "no row for a fetch"
    assert world.sql("SELECT count(*) FROM b2b_family_tally") == [(1,)]
    assert world.sql("SELECT DISTINCT state FROM b2b_family_letter") == [("untracked",)]
    assert " ERROR " not in log.read_text(), "a collision is no news"


def test_who_is_logged_in_is_not_counted(world, picture):
    cookies = world.seller.session.cookies
    assert fetch(picture, cookies=cookies)[0] == 200
    assert fetch(picture)[0] == 200
    wait_for(lambda: counted(world) == 1 or None, 20, "the reader")
    assert counted(world) == 1


def test_nothing_is_found_by_guessing(world, picture):
    token = picture.rpartition("/")[2].removesuffix(".gif")
    base = f"{world.server.url}/b2b_family"
    good = requests.get(picture, headers={"User-Agent": "curl/8"}, timeout=60)
    for wrong in (token[:-1], token + "A", token.swapcase(), "x" * 5_000, "1", "%00"):
        answer = requests.get(f"{base}/t/{wrong}.gif", timeout=60)
        assert (answer.status_code, answer.content) == (200, good.content), wrong
    for path in ("o/{}.gif", "l/{}", "d/{}", "privacy/{}", "unsubscribe/{}"):
        requests.get(f"{base}/{path.format(token)}", timeout=60)
    assert world.sql("SELECT count(*) FROM b2b_family_event") == [(0,)]
    assert counted(world) == 0
