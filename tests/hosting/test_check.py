# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""*Test my tracking* on a real server: right where all is right, and what is wrong."""

import pytest
from raw_proxy import Proxy

VERDICTS = ("Account", "Address of this Odoo", "Choice of the database", "Webhook")


def run(world):
    """Press the button; return verdict and words by what was asked."""
    action = world.press_settings("action_b2b_check")
    lines = world.admin.read(
        "b2b.family.check.line",
        [("check_id", "=", action["res_id"])],
        *("name", "verdict", "words"),
    )
    return {line["name"]: (line["verdict"], line["words"]) for line in lines}


@pytest.fixture
def base_url(world):
    """Set another address of this Odoo; the right one comes back."""
    yield lambda url: world.set_parameter("web.base.url", url)
    world.set_parameter("web.base.url", world.server.url)


def test_all_is_right(world):
    heard = "SELECT webhook_date FROM b2b_family_service_status WHERE user_id IS NULL"
    before = world.sql(heard)
    found = run(world)
    print("\n".join(f"{name}: {answer}" for name, answer in found.items()))
    for name in VERDICTS:
        assert found[name][0] == "good", found[name]
    # One process serves pages and websockets alike.
    assert found["Live screens"][0] == "good"
    assert found["Scheduled actions"][0] == "good"
    # Asking ourselves is no news of the service.
    assert world.sql(heard) == before


def test_an_address_that_nobody_answers_at(world, base_url):
    base_url("http://127.0.0.1:9")
    found = run(world)
    assert found["Webhook"][0] == "bad" and "cannot be reached" in found["Webhook"][1]
    assert found["Live screens"][0] == "weak"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("redirect", "leads elsewhere"),
        ("strip", "not found"),
        ("refuse", "HTTP 502"),
        ("silent", "no answer within"),
    ],
)
def test_a_proxy_that_is_in_the_way(world, base_url, mode, words):
    with Proxy(mode) as proxy:
        base_url(proxy.url)
        found = run(world)
    assert found["Webhook"][0] == "bad" and words in found["Webhook"][1]


def test_scheduled_actions_that_do_not_run(world):
    world.set_crons(False)
    try:
        assert "Switched off" in run(world)["Scheduled actions"][1]
    finally:
        world.set_crons(True)


def test_nothing_is_subscribed(world):
    world.press_settings("action_b2b_unsubscribe")
    assert run(world)["Webhook"][0] == "weak"


@pytest.fixture
def delivers(world):
    """Have this Odoo deliver."""
    world.set_parameter("b2b_family_mail.carrier", "odoo")
    yield
    world.set_parameter("b2b_family_mail.carrier", False)


@pytest.mark.usefixtures("delivers")
def test_what_readers_fetch_comes_from_this_odoo(world):
    found = run(world)
    assert found["Address for recipients"][0] == "good", found
    assert found["Picture in letters"][0] == "good", found
    assert found["Outgoing mail server"][0] == "weak", found


@pytest.mark.usefixtures("delivers")
@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("keeps", "keeps it"),
        ("aged", "keeps it"),
        ("cached", "keeps it"),
        ("page", "Another page"),
        ("strip", "not found"),
        ("redirect", "leads elsewhere"),
    ],
)
def test_a_picture_that_odoo_does_not_see(world, base_url, mode, words):
    with Proxy(mode) as proxy:
        base_url(proxy.url)
        found = run(world)
    assert found["Picture in letters"][0] == "bad", found
    assert words in found["Picture in letters"][1]
