# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The reader's page of a real server: scanners, refusals, forged addresses, floods."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from test_fuzz import address, open_event

from devtools import database
from devtools.machine import prepare
from devtools.sandbox.control import wait_for
from devtools.server import OdooServer

READER = "rita@client.example"
SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
    "BarracudaCentral/1.0",
    "Mozilla/5.0 (compatible; proofpoint)",
    "curl/8.5.0",
)
TABLES = ("b2b_family_consent", "b2b_family_event", "res_partner", "mail_message")


@pytest.fixture
def world(world):
    world.sql("DELETE FROM b2b_family_consent")
    theirs = "DELETE FROM res_partner WHERE email_normalized LIKE %s"
    world.sql(theirs, "%@client.example")
    return world


@pytest.fixture
def elsewhere(running):
    """Return the address of another database's server."""
    name = f"{running.server.database}_other"
    database.drop(prepare(), name)
    database.new(prepare(), name)
    with OdooServer(name, log=running.log("other")) as server:
        yield server.url
    database.drop(prepare(), name)


class Page:
    """A letter that was delivered, and the page that its last link leads to."""

    def __init__(self, world, address=READER):
        self.world = world
        self.mail = world.send_mail(address)
        [self.letter] = world.wait_state(self.mail, "sent")
        found = [
            mail for mail in world.sandbox.wait_mailbox() if address in mail["to"]
        ][-1]
        tracked = world.sandbox.links(found["id"])[-1]
        self.url = requests.get(tracked, timeout=30).url
        assert re.search(r"/b2b_family/privacy/[\w-]+$", self.url), self.url

    def get(self, url=None, method="GET", **options):
        return requests.request(
            method, url or self.url, timeout=60, allow_redirects=False, **options
        )

    def press(self, answer="opens:no", url=None):
        return self.get(url, "POST", data={"answer": answer}).status_code

    def open(self):
        event = open_event(self.letter)
        requests.post(address(self.world), json=event, timeout=30).raise_for_status()

    def opens(self):
        return self.world.letter(self.mail)["open_count"]


def rows(world):
    """Return a digest of all that an answer, or news, would change."""
    return [
        world.sql(f"SELECT count(*), md5(string_agg(t::text, ',')) FROM {table} t")
        for table in TABLES
    ]


def test_200_fetches_by_scanners_change_nothing(world):
    page = Page(world)
    before = rows(world)

    def fetch(number):
        method = "HEAD" if number % 5 == 0 else "GET"
        agent = {"User-Agent": SCANNERS[number % len(SCANNERS)]}
        query = "?answer=opens:no" if number % 3 == 0 else ""
        answer = page.get(page.url + query, method, headers=agent)
        assert "Set-Cookie" not in answer.headers
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fetch, range(200))) == {200}
    assert rows(world) == before
    page.open()
    wait_for(page.opens, 15, "the open of who has not refused")


def test_a_refusal_stops_the_next_event_of_an_old_letter(world):
    old, page = Page(world), Page(world)
    assert page.press() == 303
    assert "You refused" in page.get().text
    old.open()
    page.open()
    assert world.sql("SELECT count(*) FROM b2b_family_event") == [(0,)]
    later = world.send_mail(READER)
    world.wait_state(later, "untracked")
    assert page.press("opens:yes") == 303
    old.open()
    wait_for(old.opens, 15, "the open of who has agreed again")
    assert world.sql("SELECT answer FROM b2b_family_consent ORDER BY id") == [
        ("no",),
        ("yes",),
    ]


def test_an_address_is_good_for_its_own_reader_and_database(world, elsewhere):
    rita, otto = Page(world), Page(world, "otto@client.example")
    assert rita.press() == 303
    otto.open()
    wait_for(otto.opens, 15, "the open of another reader")
    token = rita.url.rpartition("/")[2]
    body, sign = token[:-8], token[-8:]
    for forged in (
        body + sign[::-1],
        body,
        otto.url.rpartition("/")[2][:-4] + token[-4:],
        token + "=",
        token + "%0D%0ASet-Cookie:x",
        "x" * 5000,
        "%00",
    ):
        url = rita.url.replace(token, forged)
        unknown = rita.get(rita.url.replace(token, "guess"))
        assert unknown.status_code == 404
        for method in ("GET", "POST"):
            answer = rita.get(url, method, data={"answer": "opens:yes"})
            assert (answer.status_code, len(answer.text)) == (404, len(unknown.text))
    there = rita.url.replace(world.server.url, elsewhere)
    assert rita.get(there).status_code == 404
    assert rita.press("opens:yes", there) == 404
    assert world.sql("SELECT answer FROM b2b_family_consent") == [("no",)]


def test_other_methods_and_bodies(world):
    page = Page(world)
    before = rows(world)
    for method in ("PUT", "DELETE", "PATCH"):
        assert page.get(method=method, data={"answer": "opens:no"}).status_code == 405
    assert page.get(method="HEAD").content == b""
    huge = {"answer": "opens:no", "x": "y" * 1024 * 1024}
    for options in (
        {"data": huge},
        {"files": {"answer": b"opens:no" * 1024}},
        {"json": {"answer": "opens:no"}},
        {"data": b"\xff\x00" * 100},
        {"data": {"answer": "opens:" + "no" * 1000}},
    ):
        assert page.get(method="POST", **options).status_code in (400, 413), options
    assert rows(world) == before


def test_agreeing_is_limited_and_refusing_is_not(world):
    page = Page(world)
    assert page.press("opens:no") == 303  # who has no contact has one now
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(page.press, ["opens:yes", "opens:no"] * 60))
    assert statuses <= {303, 429}, statuses
    assert page.press("opens:no") == 303
    assert page.press("opens:yes") == 429
    [(kept,)] = world.sql("SELECT count(*) FROM b2b_family_consent")
    assert kept <= 1 + 2 * 10, kept
    [(answer,)] = world.sql(
        "SELECT b2b_tracking_consent FROM res_partner WHERE email_normalized = %s",
        READER,
    )
    assert answer == "no"


def test_workers_serve_it_as_well(world):
    page = Page(world)
    path = page.url.replace(world.server.url, "")
    log = world.log("consent_workers")
    options = ["--max-cron-threads=0"]
    with OdooServer(
        world.server.database, log=log, workers=2, options=options
    ) as other:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(page.get, [other.url + path] * 12))
    assert {answer.status_code for answer in answers} == {200}
    assert "Traceback" not in log.read_text()
