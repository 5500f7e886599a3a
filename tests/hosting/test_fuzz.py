# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The webhook of a real server under attack: forged, replayed, huge, senseless."""

import io
import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devtools.server import OdooServer

READER = "rita@client.example"
# The suite odoo has a fuzz of its own, which is quicker; 2,100 make sure.
BODIES = int(os.environ.get("B2B_FUZZ_BODIES", "240"))
BATCH = 30
MEGABYTE = 1024 * 1024
TABLES = ("b2b_family_event", "b2b_family_letter", "mail_message", "bus_bus")
NAMES = (
    *("id", "mail_id", "mail", "type", "event", "events", "data", "date", "email"),
    *("attachment_id", "custom_data", "key", "url", "ip", "user_agent", "0"),
)
SCALARS = (
    *("message_open", "bounce", "\0", "\ud800", "2026-01-02T10:00:00Z", "<script>"),
    *("9999-12-31T23:59:59-12:00", 2**63, -(2**31), 1e308, "1" * 255, "' OR 1=1 --"),
)


def token_of(world):
    name = "b2b_family_mail.webhook_token"
    return world.admin.call("ir.config_parameter", "get_param", name)


def address(world, token=None, server=None):
    url = (server or world.server).url
    return f"{url}/b2b_family/webhook/{token or token_of(world)}"


def open_event(letter, **details):
    return {
        "id": secrets.token_hex(8),
        "type": "message_open",
        "mail_id": letter["ref"],
        "custom_data": {"key": letter["key"]},
        "date": "2026-01-02T10:00:00Z",
        **details,
    }


def counts(world):
    return [world.sql(f"SELECT count(*) FROM {table}") for table in TABLES]


def post_all(url, bodies):
    """Post bodies, eight at a time; return the statuses."""
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda body: requests.post(url, data=body, timeout=60), bodies
        )
        return [answer.status_code for answer in answers]


def test_200_forged_calls_write_nothing_and_flood_no_log(world):
    event = json.dumps(open_event(world.letter(world.send_mail(READER))))
    before, log = counts(world), world.server.log_path
    start = log.stat().st_size
    forged = [secrets.token_urlsafe(32) for _ in range(200)]
    with ThreadPoolExecutor(8) as pool:
        urls = [address(world, token) for token in forged]
        answers = pool.map(lambda url: requests.post(url, data=event, timeout=60), urls)
        assert {answer.status_code for answer in answers} == {404}
    assert counts(world) == before
    said = log.read_bytes()[start:].decode(errors="replace")
    assert said.count("/b2b_family/webhook/***") == 200  # Odoo's line for each request
    assert sum("b2b_family" in line for line in said.splitlines()) == 200
    assert not any(token in said for token in forged)


def test_replay_on_another_worker_and_after_a_restart(world):
    mail = world.send_mail(READER)
    event = json.dumps(open_event(world.letter(mail)))
    assert post_all(address(world), [event]) == [200]
    [(before,)] = world.sql("SELECT count(*) FROM b2b_family_event")
    with OdooServer(
        world.server.database, log=world.log("second"), options=["--max-cron-threads=0"]
    ) as other:
        url = address(world, server=other)
        assert post_all(url, [event] * 8) == [200] * 8
        other.kill()
        other.start()
        assert post_all(url, [event] * 8) == [200] * 8
    assert world.sql("SELECT count(*) FROM b2b_family_event") == [(before,)]
    assert world.letter(mail)["open_count"] == 1


def peak(process):
    """Return the most memory that the process has had, in bytes, and begin anew."""
    folder = Path("/proc") / str(process.pid)
    lines = (folder / "status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmHWM:")]
    (folder / "clear_refs").write_text("5")
    return int(line.split()[1]) * 1024


def post_huge(world, size):
    """Post a huge body to the right and to a wrong address, with and without length."""

    def chunks():
        for _ in range(size):
            yield b" " * MEGABYTE

    for url in (address(world), address(world, "guess")):
        for body in (io.BytesIO(b" " * size * MEGABYTE), chunks()):
            try:
                answer = requests.post(url, data=body, timeout=60)
            except requests.ConnectionError:
                continue  # answered, and closed without listening to the rest
            assert answer.status_code in (404, 413)


def test_a_post_of_129_mb_leaves_memory_flat(world):
    # What Odoo's server reads of it to throw away, in pieces of 10 MB, is no more
    # for a larger one.
    peak(world.server.process)
    post_huge(world, 30)
    before = peak(world.server.process)
    post_huge(world, 129)
    grown = (peak(world.server.process) - before) / MEGABYTE
    print(f"peak memory grew by {grown:.1f} MB")
    assert grown < 16
    assert requests.get(f"{world.server.url}/web/health", timeout=30).ok


@pytest.mark.timeout(120 + BODIES / 4)
def test_many_senseless_bodies(world):
    letter = world.letter(world.send_mail(READER))
    url = address(world)
    scalars = st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
        st.sampled_from([*SCALARS, letter["ref"], letter["key"], READER]),
    )
    objects = st.dictionaries(st.sampled_from(NAMES), scalars, max_size=6)
    things = st.one_of(
        objects.map(lambda changes: {**open_event(letter), **changes}),
        st.dictionaries(st.sampled_from(NAMES), st.lists(objects, max_size=3)),
        st.lists(objects | scalars, max_size=5),
    )
    bodies = things.map(json.dumps) | st.binary(max_size=100)
    posted = []

    @settings(
        max_examples=BODIES // BATCH,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )
    @given(st.lists(bodies, min_size=BATCH, max_size=2 * BATCH))
    def fuzz(batch):
        posted.extend(batch)
        assert set(post_all(url, batch)) <= {200, 400}

    fuzz()
    print(f"{len(posted)} bodies")
    assert len(posted) >= BODIES
    # The fixture reads the log: no traceback, no error. And it still works:
    mail = world.send_mail("anna@client.example")
    event = json.dumps(open_event(world.letter(mail), id="the-last"))
    assert post_all(url, [event]) == [200]
    world.wait_state(mail, "opened")
