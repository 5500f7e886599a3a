# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Clocks that disagree: the service's times for the order, ours for the receipt."""

from datetime import datetime, timedelta

import pytest
import requests
from test_trouble import open_event, webhook_url

from devtools.sandbox.control import wait_for

DAY = 24 * 60 * 60


def now(world):
    return world.sql("SELECT now() at time zone 'utc'")[0][0]


def hear(world, mail, *dates):
    """Let the service tell of an open at each of these dates, in this order."""
    letter = world.letter(mail)
    for number, date in enumerate(dates):
        event = open_event(letter, number) | {"date": date}
        answer = requests.post(webhook_url(world), json=event, timeout=30)
        assert answer.status_code == 200


def wait_opens(world, mail, number):
    """Return the letter once all of so many opens are counted: each is by itself."""

    def counted():
        letter = world.letter(mail)
        return letter["open_count"] == number and letter

    return wait_for(counted, 15, f"{number} opens")


@pytest.mark.parametrize("offset", [-DAY, DAY])
def test_a_service_whose_clock_is_off_by_a_day(world, offset):
    world.sandbox.clock(offset)
    mail = world.send_mail("rita@client.example")
    [caught] = world.sandbox.wait_mailbox(1)
    world.sandbox.open_letter(caught["id"])
    world.wait_state(mail, "opened")
    world.sandbox.open_letter(caught["id"])
    world.seller.call("mail.mail", "action_b2b_refresh", [mail])
    [(sent, first, last, asked)] = world.sql(
        "SELECT sent_date, first_open_date, last_open_date, refreshed_date"
        " FROM b2b_family_letter"
    )
    received = world.sql("SELECT received_date FROM b2b_family_event")
    print(
        f"Service's clock off by {offset} s: opened {first} - {last}, sent {sent},"
        f" asked {asked}, received {[f'{date:%F %T}' for (date,) in received]}"
    )
    near = timedelta(minutes=2)
    assert abs(first - timedelta(seconds=offset) - now(world)) < near
    assert first <= last
    for ours in (sent, asked, *(date for (date,) in received)):
        assert abs(ours - now(world)) < near
    # It is asked about for as long as it would be otherwise.
    assert world.sql("SELECT next_sync_date IS NOT NULL FROM b2b_family_letter") == [
        (True,)
    ]


def test_times_without_a_zone_are_the_services(world):
    mail = world.send_mail("rita@client.example")
    hear(world, mail, "22.03.2019 9:06", "2019-03-22 09:07:00", "2019-03-22T06:08:00Z")
    letter = wait_opens(world, mail, 3)
    print(f"9:06, 9:07 in Moscow, 6:08 UTC: {letter['first_open_date']} - 06:08:00")
    assert letter["first_open_date"] == "2019-03-22 06:06:00"
    assert letter["last_open_date"] == "2019-03-22 06:08:00"


def test_the_hour_that_comes_twice_and_the_one_that_does_not_come(world):
    """In a zone with summer time; offsets, where given, tell the hours apart."""
    world.set_parameter("b2b_family_mail.service_tz", "Europe/Berlin")
    mail = world.send_mail("rita@client.example")
    hear(
        world,
        mail,
        "2026-10-25T02:30:00+01:00",  # the second 2:30
        "2026-10-25T02:30:00+02:00",  # the first
        "2026-10-25 01:59:59",
        "2026-10-25 03:00:00",
        "2026-03-29 02:30:00",  # there is no such time
    )
    world.wait_state(mail, "opened")
    world.set_parameter("b2b_family_mail.service_tz", False)
    dates = [
        date for (date,) in world.sql("SELECT date FROM b2b_family_event ORDER BY 1")
    ]
    print("Summer time ends and begins:", *map(str, dates), sep="\n  ")
    skipped, *others = dates
    assert skipped.date() == datetime(2026, 3, 29).date()
    assert others == [
        datetime(2026, 10, 24, 23, 59, 59),
        datetime(2026, 10, 25, 0, 30),
        datetime(2026, 10, 25, 1, 30),
        datetime(2026, 10, 25, 2, 0),
    ]


def test_news_in_the_wrong_order_is_put_in_the_services(world):
    mail = world.send_mail("rita@client.example")
    dates = [f"2026-01-0{day}T10:00:00Z" for day in (3, 1, 4, 2)]
    hear(world, mail, *dates)
    letter = wait_opens(world, mail, 4)
    assert letter["first_open_date"] == "2026-01-01 10:00:00"
    assert letter["last_open_date"] == "2026-01-04 10:00:00"
