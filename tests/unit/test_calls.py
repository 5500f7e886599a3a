# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a call makes of its answer and of its time: beside test_client.py."""

import json

import pytest
from client import AuthenticationFailed, B2BFamilyClient, OutgoingLetter, PayloadError
from client.client import UPLOAD_RATE
from client.reading import MAX_ITEMS
from client.transport import Answer

LETTER = OutgoingLetter(
    to="reader@example.com", subject="Offer", html="<p>Hello</p>", key="k-1"
)


class Canned:
    """A transport that answers what it is told to, and remembers its deadlines."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.deadlines = []

    def request(self, call, method, url, *, deadline, **options):
        self.deadlines.append(deadline)
        return Answer(200, {}, json.dumps(self.answers.pop(0)).encode())


def client_of(transport, **options):
    return B2BFamilyClient(
        "https://x.example", api_key="api-1", transport=transport, **options
    )


def test_an_upload_has_a_second_more_for_each_256_kib():
    transport = Canned({"id": 17}, {"id": 18})
    client = client_of(transport, deadline=30)
    client.upload("big.bin", b"x" * 4 * UPLOAD_RATE)
    client.upload("small.bin", b"")
    assert transport.deadlines == [34, 30]


def test_the_words_of_a_refused_login_are_those_of_the_first_refusal():
    """The second label was a try of ours: what it says would lead astray."""
    refusals = [{"error": "Wrong password"}, {"error": "Wrong hash"}]
    with pytest.raises(AuthenticationFailed, match="Wrong password"):
        client_of(Canned(*refusals)).login("app", "secret", "a@x.example", "pa$$ w")


def test_what_an_answer_says_itself_counts_before_what_is_inside_it():
    body = {"link": "https://x.example/1", "result": {"link": "https://x.example/2"}}
    link = client_of(Canned(body)).generate_link(LETTER)
    assert link == "https://x.example/1"


def test_more_letters_than_are_read_are_none():
    mails = [{"id": 1, "custom_data": {"key": "k-1"}}] * (MAX_ITEMS + 1)
    with pytest.raises(PayloadError, match="mails has more than"):
        client_of(Canned({"mails": mails})).find("k-1")
    assert client_of(Canned({"mails": mails[1:]})).find("k-1") == "1"
