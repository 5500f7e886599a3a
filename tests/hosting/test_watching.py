# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters that this Odoo delivers and watches itself: their life, and all that is tried
with the addresses in them, over HTTP, by whoever has none or one of them."""

import http.client
import itertools
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests
from world import sql

from devtools import database
from devtools.machine import prepare
from devtools.sandbox.control import wait_for
from devtools.sandbox.programs import links_of
from devtools.server import OdooServer

READER = "rita@client.example"
FIREFOX = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
)
OUTLOOK = (
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; "
    "Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)"
)
TARGET = "https://shop.example/?a=1&b=2"
BODY = f'<p>Hello <a href="{TARGET.replace("&", "&amp;")}">shop</a></p>'
FILES = [("Offer.pdf", b"%PDF-1.4 offer")]
TABLES = ("b2b_family_event", "b2b_family_letter", "ir_attachment", "mail_message")
SPELLINGS = [
    "/b2b_family//l/{0}",
    "//b2b_family/l/{0}",
    "/./b2b_family/l/{0}",
    "/b2b_family/l/../l/{0}",
    "/b2b_family%2Fl%2F{0}",
    "/b2b_family/l%2F{0}",
    "/B2B_FAMILY/l/{0}",
    "/b2b_family/L/{0}",
    "/b2b_family/l/{0}/x",
    "/b2b_family/l/{0};x",
    "/b2b_family/l/{0}%00",
    "/b2b_family/l/%0d%0aLocation:%20https://evil.example/{0}",
    "/b2b_family/l/",
    "/b2b_family/l/https://evil.example",
    "/b2b_family/l/{0}%2F..%2F..%2Fweb",
]
NAMES = itertools.count()


@pytest.fixture
def world(world):
    """This Odoo delivers, by the mailbox's mail server, and files go as links."""
    host, _, port = world.sandbox.smtp.rpartition(":")
    server = world.admin.create(
        "ir.mail_server", name="Mailbox", smtp_host=host, smtp_port=int(port)
    )
    chosen = {"carrier": "odoo", "attachment_links": "instead"}
    for name, value in chosen.items():
        world.set_parameter(f"b2b_family_mail.{name}", value)
    yield world
    for name in chosen:
        world.set_parameter(f"b2b_family_mail.{name}", False)
    world.admin.call("ir.mail_server", "unlink", [server])


@pytest.fixture(scope="module")
def elsewhere(running):
    """Return the server of another database."""
    name = f"{running.server.database}_watch"
    database.drop(prepare(), name)
    database.new(prepare(), name)
    # As any but a copy has.
    secret = "UPDATE ir_config_parameter SET value = %s WHERE key = 'database.secret'"
    sql(name, secret, ["a secret of its own"])
    with OdooServer(name, log=running.log("watch")) as server:
        yield server
    database.drop(prepare(), name)


class Letter:
    """A letter that arrived an hour ago, and the addresses in it."""

    def __init__(self, world, files=FILES):
        self.world = world
        address = f"watched{next(NAMES)}@client.example"
        self.mail = world.write_mail(address, files=files)
        world.seller.call("mail.mail", "write", [self.mail], {"body_html": BODY})
        world.press_send(self.mail)
        world.wait_state(self.mail, "sent")
        found = wait_for(
            lambda: [m for m in world.sandbox.mailbox() if address in m["to"]],
            15,
            "the letter",
        )
        self.content = world.sandbox.letter(found[0]["id"])
        world.shift("sent_date", -60, self.mail)
        html = self.content["html"]
        [self.pixel] = re.findall(r'src="(http[^"]*/b2b_family/o/[^"]+)"', html)
        links = links_of(html)
        self.link, self.trap = (url for url in links if "/b2b_family/l/" in url)
        self.documents = [url for url in links if "/b2b_family/d/" in url]

    def events(self):
        return self.world.sql(
            "SELECT event_type, verdict FROM b2b_family_event e"
            " JOIN b2b_family_letter l ON l.id = e.letter_id"
            " WHERE mail_id = %s AND source = 'here' AND NOT pending ORDER BY e.id",
            self.mail,
        )

    def wait_events(self, *events):
        wait_for(
            lambda: self.events() == list(events) or None, 20, f"{events} to be seen"
        )

    def state(self):
        letter = self.world.letter(self.mail)
        return letter["state"], letter["open_count"]


def get(url, method="GET", agent=FIREFOX, **options):
    headers = {"User-Agent": agent, **options.pop("headers", {})}
    return requests.request(
        method, url, headers=headers, timeout=60, allow_redirects=False, **options
    )


def call(server, method, path, body=b"", **headers):
    """Call a path as it is written; return the status and the body."""
    where = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(where) as connection:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {"User-Agent": FIREFOX, **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("Location")


def path_of(url):
    return urlsplit(url).path


def token_of(url):
    return url.rpartition("/")[2].removesuffix(".gif")


def rows(world):
    return [world.sql(f"SELECT count(*) FROM {table}") for table in TABLES]


def test_the_whole_life(world):
    letter = Letter(world)
    assert "b2b_family/o" not in letter.content["text"]
    assert letter.trap not in letter.content["text"]
    assert letter.documents[0] in letter.content["text"]
    assert not letter.content["attachments"]
    assert get(letter.pixel, agent=OUTLOOK).status_code == 200
    letter.wait_events(("message_open", "person"))
    assert letter.state() == ("opened", 1)
    answer = get(letter.documents[0])
    assert answer.content == FILES[0][1]
    letter.wait_events(("message_open", "person"), ("attachment_open", "person"))
    # Two at once would be a scanner's.
    clicked = Letter(world)
    answer = get(clicked.link)
    assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)
    clicked.wait_events(("link_click", "person"))
    assert clicked.state() == ("opened", 0)
    [line] = world.seller.read(
        "b2b.family.letter.attachment",
        [("letter_id.mail_id", "=", letter.mail)],
        *("opened", "as_link"),
    )
    assert (line["opened"], line["as_link"]) == (True, "instead")


def test_a_colleague_and_who_reads_in_odoo(world):
    letter = Letter(world)
    cookies = world.seller.session.cookies
    assert get(letter.link, cookies=cookies).status_code == 302
    assert get(letter.documents[0], cookies=cookies).status_code == 200
    letter.wait_events(("link_click", "own"), ("attachment_open", "own"))
    [kept] = world.sql(
        "SELECT concat(body, body_html) FROM mail_mail"
        " JOIN mail_message m ON m.id = mail_message_id WHERE mail_mail.id = %s",
        letter.mail,
    )
    assert "shop.example" in kept[0]
    assert "b2b_family/" not in kept[0]
    assert letter.state() == ("sent", 0)


def test_nothing_is_found_by_guessing(world):
    letter = Letter(world)
    before = rows(world)
    good = get(letter.pixel, "OPTIONS")
    assert (good.status_code, good.content) == (204, b"")
    base = world.server.url + "/b2b_family"
    pixel = get(f"{base}/o/x.gif")
    page = get(f"{base}/l/x")
    assert page.status_code == 404
    tokens = [token_of(url) for url in (letter.pixel, letter.link, letter.documents[0])]
    guesses = [
        *map(str, range(50)),
        *(token[:-1] for token in tokens),
        *(token[:-1] + ("A" if token[-1] != "A" else "B") for token in tokens),
        *(token + "=" for token in tokens),
        *(token.swapcase() for token in tokens),
        *(
            token[:60] + other[60:]
            for token in tokens
            for other in tokens
            if token != other
        ),
        "%00",
        "%0d%0aSet-Cookie:a=b",
        "x" * 5_000,
        "..%5c..%5cweb",
        "é",
    ]
    for guess in guesses:
        answer = get(f"{base}/o/{guess}.gif")
        assert (answer.status_code, answer.content) == (200, pixel.content), guess
        for kind in "ld":
            answer = get(f"{base}/{kind}/{guess}")
            assert (answer.status_code, answer.text) == (404, page.text), guess
            assert "Set-Cookie" not in answer.headers
    for kind, token in itertools.product("ld", tokens):
        expected = {"l": tokens[1], "d": tokens[2]}[kind]
        if token != expected:
            assert get(f"{base}/{kind}/{token}").status_code == 404
    assert rows(world) == before
    assert letter.state() == ("sent", 0)


def test_an_address_is_good_in_its_own_database(world, elsewhere):
    letter = Letter(world)
    before = rows(world)
    paths = [path_of(url) for url in (letter.pixel, letter.link, letter.documents[0])]
    page = call(elsewhere, "GET", "/b2b_family/l/x")
    for path in paths[1:]:
        assert call(elsewhere, "GET", path) == page
    assert (
        call(elsewhere, "GET", paths[0])[1]
        == call(world.server, "GET", "/b2b_family/o/x.gif")[1]
    )
    # A filter decides which database it is; a header cannot choose another.
    known = call(world.server, "GET", paths[1], X_Odoo_Database=elsewhere.database)
    unknown = call(world.server, "GET", paths[1], X_Odoo_Database="no_such_database")
    assert known == unknown
    assert known[0] == 404
    assert rows(world) == before


def test_many_databases_without_a_filter_tell_nothing(world, elsewhere):
    letter = Letter(world)
    name, log = world.server.database, world.log("watch_unfiltered")
    log.unlink(missing_ok=True)
    options = [
        *("--db-filter=", f"--database={name},{elsewhere.database}"),
        *("--no-database-list", "--max-cron-threads=0"),
    ]
    with OdooServer(name, log=log, options=options) as server:
        for url in (letter.pixel, letter.link, letter.documents[0]):
            status, body, _location = call(server, "GET", path_of(url))
            assert status == 404
            assert name.encode() not in body
        status, *_rest = call(server, "GET", path_of(letter.link), X_Odoo_Database=name)
        assert status == 302
    letter.wait_events(("link_click", "person"))


def test_other_spellings_lead_nowhere_else(world):
    letter = Letter(world, files=())
    for spelling in SPELLINGS:
        path = spelling.format(token_of(letter.link))
        status, body, location = call(world.server, "GET", path)
        assert b"evil.example" not in body, path
        # Some mean the very same address to Odoo, or it leads on to that.
        once_more = f"{world.server.url}/b2b_family/l/"
        is_same = (status, location) == (302, TARGET)
        is_led = status == 308 and location.startswith(once_more)
        assert status == 404 or is_same or is_led, (path, status, location)


def test_only_links_of_the_letter_are_followed(world):
    targets = [
        "javascript:alert(1)",
        "//evil.example/",
        "data:text/html,x",
        "https://user@evil.example/",
        "https://evil.example\\@shop.example/",
        "https://evil.example/&#13;&#10;Set-Cookie:a=b",
        "https://shop.example/" + "x" * 3_000,
    ]
    body = "".join(f'<a href="{target}">x</a>' for target in targets)
    mail = world.write_mail(READER)
    idn = '<a href="https://пример.рф/путь?вопрос=да">x</a>'
    world.seller.call("mail.mail", "write", [mail], {"body_html": body + idn})
    world.press_send(mail)
    world.wait_state(mail, "sent")
    found = wait_for(
        lambda: [m for m in world.sandbox.mailbox() if READER in m["to"]], 15, "it"
    )
    html = world.sandbox.letter(found[0]["id"])["html"]
    links = [url for url in links_of(html) if "/b2b_family/l/" in url]
    answers = [get(url) for url in links if get(url).status_code == 302]
    assert not any("Set-Cookie" in answer.headers for answer in answers)
    # The editor has encoded the line break: it is part of a path.
    encoded, idn = (answer.headers["Location"] for answer in answers)
    assert encoded == "https://evil.example/%0D%0ASet-Cookie:a=b"
    assert idn.startswith("https://xn--e1afmkfd.xn--p1ai/%D0%BF")
    assert get(links[0] + "?url=https://o.example").headers["Location"] == encoded
    answer = get(
        links[0], headers={"Host": "evil.example", "X-Forwarded-Host": "e.example"}
    )
    assert answer.headers["Location"] == encoded


def test_other_methods(world):
    letter = Letter(world)
    for url in (letter.pixel, letter.link, letter.documents[0]):
        for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND"):
            assert get(url, method).status_code in (405, 501), (method, url)
        answer = get(url, "OPTIONS")
        assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD")
        answer = get(url, "HEAD")
        assert answer.status_code in (200, 302)
        assert answer.content == b""
    letter.wait_events(
        ("message_open", "scanner"),
        ("link_click", "scanner"),
        ("attachment_open", "scanner"),
    )
    assert letter.state() == ("delivered", 0)


def test_huge_and_slow_requests(world):
    letter = Letter(world)
    # Of its own: what serves HTTP there complains of these in its log.
    log = world.log("watch_huge")
    with OdooServer(
        world.server.database, log=log, options=["--max-cron-threads=0"]
    ) as server:
        burden(server, letter)
        assert call(server, "GET", path_of(letter.link))[0] == 302


def burden(server, letter):
    huge = b"x=" + b"y" * 5_000_000
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    many = {f"X_Word_{number}": "y" * 500 for number in range(90)}
    for path, body, headers in (
        (f"/b2b_family/o/{'x' * 60_000}.gif", b"", {}),
        (f"/b2b_family/l/{'x' * 100_000}", b"", {}),
        (path_of(letter.pixel), huge, form),
        (path_of(letter.link), huge, form),
        (path_of(letter.link), b"", many),
    ):
        try:
            status, *_rest = call(server, "GET", path, body, **headers)
            assert status in (200, 302, 400, 404, 413, 414, 431), status
        except OSError:
            pass  # it hung up, which is as well
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    for connection in slow:
        connection.sendall(f"GET {path_of(letter.pixel)} HTTP/1.1\r\nHost: x".encode())
    assert call(server, "GET", path_of(letter.link))[0] == 302
    for connection in slow:
        connection.close()


def test_a_flood_is_bounded(world):
    letter, other = Letter(world), Letter(world)
    agents = [FIREFOX, OUTLOOK, "", "curl/8", *(f"Thing/{n}" for n in range(40))]

    def fetch(number):
        agent = agents[number % len(agents)]
        return get(letter.pixel, agent=agent).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fetch, range(1_000))) == {200}
    assert get(other.pixel, agent=OUTLOOK).status_code == 200
    other.wait_events(("message_open", "person"))
    [(count,)] = world.sql("SELECT count(*) FROM b2b_family_event")
    # Of each kind of program one a minute, and so much for the minutes that it took.
    assert count < 100, count
    assert letter.state()[0] == "opened"


def test_who_follows_a_link_waits_for_nothing(world):
    letter = Letter(world)
    with closing(psycopg2.connect(dbname=world.server.database)) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "LOCK TABLE b2b_family_event, b2b_family_letter IN ACCESS EXCLUSIVE MODE"
        )
        assert get(letter.link).headers["Location"] == TARGET
        assert get(letter.pixel, agent=OUTLOOK).status_code == 200
        connection.rollback()
    wait_for(lambda: len(letter.events()) == 2 or None, 30, "both to be recorded")


def test_what_was_seen_is_kept_when_the_server_stops(world):
    letter = Letter(world)
    for workers in (0, 2):
        log = world.log(f"watch_stop_{workers}")
        options = ["--max-cron-threads=0"]
        with OdooServer(
            world.server.database, log=log, workers=workers, options=options
        ) as server:
            url = server.url + path_of((letter.pixel, letter.link)[bool(workers)])
            assert get(url, agent=FIREFOX).status_code in (200, 302)
    wait_for(
        lambda: (
            world.sql("SELECT count(*) FROM b2b_family_event WHERE source = 'here'")
            == [(2,)]
            or None
        ),
        15,
        "both events",
    )


def test_where_the_reader_is_by_the_proxys_word_only(world):
    letter = Letter(world)
    told = {"X_Forwarded_For": "198.51.100.7", "X_Forwarded_Host": "odoo.example"}
    call(world.server, "GET", path_of(letter.pixel), **told)
    letter.wait_events(("message_open", "person"))
    log = world.log("watch_proxy")
    options = ["--proxy-mode", "--max-cron-threads=0"]
    with OdooServer(world.server.database, log=log, options=options) as server:
        assert call(server, "GET", path_of(letter.pixel), **told)[0] == 200
        wait_for(lambda: len(letter.events()) == 2 or None, 15, "the second open")
    networks = world.sql("SELECT ip_network FROM b2b_family_event ORDER BY id")
    assert networks == [("127.0.0.0/24",), ("198.51.100.0/24",)]


def test_who_refused_is_led_on_and_not_recorded(world):
    letter = Letter(world)
    [page] = re.findall(r'href="(http[^"]*/privacy/[^"]+)"', letter.content["html"])
    assert get(page, "POST", data={"answer": "opens:no"}).status_code == 303
    assert get(letter.pixel, agent=OUTLOOK).status_code == 200
    assert get(letter.link).headers["Location"] == TARGET
    assert get(letter.documents[0]).status_code == 200
    other = Letter(world)
    get(other.pixel, agent=OUTLOOK)
    other.wait_events(("message_open", "person"))
    assert letter.events() == []


def test_what_is_in_the_log(world):
    letter = Letter(world)
    with open(world.server.log_path, errors="replace") as log:
        log.seek(0, 2)
        get(letter.documents[0])
        get(letter.documents[0].replace("/d/", "//d//"))
        get(letter.documents[0].replace("/d/", "/%64/"))
        get(letter.link)
        said = log.read()
    token = token_of(letter.documents[0])
    assert token[20:] not in said
    assert "/b2b_family/d/***" in said
    assert "/b2b_family/l/" in said


def test_workers_serve_it_as_well(world):
    letter = Letter(world)
    log = world.log("watch_workers")
    options = ["--max-cron-threads=0"]
    with OdooServer(
        world.server.database, log=log, workers=2, options=options
    ) as server:
        urls = [server.url + path_of(letter.link)] * 12
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(get, urls))
        assert {answer.status_code for answer in answers} == {302}
        letter.wait_events(("link_click", "person"))
    assert "Traceback" not in log.read_text()
