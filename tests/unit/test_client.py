# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the answers to each call are understood."""

import hashlib
import json

import pytest
from client import (
    AuthenticationFailed,
    B2BFamilyClient,
    B2BFamilyError,
    Login,
    OutcomeUnknown,
    PayloadError,
    Rejected,
    Template,
    Transport,
    Unavailable,
)
from client.transport import Answer
from every_call import CALLS, ONCE_ONLY, says
from hypothesis import given
from hypothesis import strategies as st
from raw_server import answer

# -- answers


@pytest.mark.parametrize(
    "body",
    [
        {"id": 123},
        {"mail_id": "123"},
        {"mail": {"id": 123}},
        {"result": {"id": "123"}},
        {"Result": {"MailId": 123.0}},
        [{"id": 123}],
        {"id": 123, "error": None},
        {"id": 123, "error": {"code": 0, "message": ""}},
        {"id": 123, "error": False},
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202])
def test_ids_of_a_letter(client, server, status, body):
    assert says(client, server, "send", status, body) == "123"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"id": None},
        {"id": 0},
        {"id": ""},
        {"id": True},
        {"id": {"x": 1}},
        {"mail": []},
        {"status": "ok"},
        "123",
        123,
        [{"id": 1}, {"id": 2}],
        {"id": 5, "error": {"message": "SMS was not sent"}},
        b"",
        b'{"id": 12',
        b"<html>Welcome</html>",
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_an_answer_without_an_id_leaves_the_outcome_open(client, server, body):
    with pytest.raises(OutcomeUnknown) as caught:
        says(client, server, "send", 200, body if body is not None else b"null")
    assert caught.value.call == "send"


@pytest.mark.parametrize(
    "body",
    [
        {"link": "https://b2b.example/l/1"},
        {"url": "https://b2b.example/l/1"},
        {"id": 5, "result": {"Link": "https://b2b.example/l/1"}},
        b'"https://b2b.example/l/1"',
    ],
)
def test_links(client, server, body):
    assert says(client, server, "generate_link", 200, body) == "https://b2b.example/l/1"
    assert json.loads(server.requests[0].body)["type"] == "link"


@pytest.mark.parametrize("link", ["", None, 5, "javascript:alert(1)", "/l/1"])
def test_links_that_are_none(client, server, link):
    with pytest.raises(OutcomeUnknown):
        says(client, server, "generate_link", 200, {"link": link})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"mails": []}, None),
        ({"result": {"mails": []}}, None),
        ({"mails": [{"id": 123}]}, "123"),
        ({"MAILS": {"Id": "123"}}, "123"),
        ({"mails": [{"id": 123}, {"id": "123"}]}, "123"),
        ({"mails": [{"id": 9, "custom_data": {"key": "k-2"}},
                    {"id": 123, "custom_data": {"key": "k-1"}}]}, "123"),
    ],
)  # fmt: skip
def test_find(client, server, body, found):
    assert says(client, server, "find", 200, body) == found


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"mails": None},
        {"mails": ""},
        {"mails": {}},
        {"mails": "none"},
        {"mails": [5]},
        {"mails": [{"id": None}]},
        {"mails": [{"id": 1}, {"id": 2}]},
        {"mails": [{"id": 9, "custom_data": {"key": "k-2"}}]},
        {"mails": [], "Mails": [{"id": 1}, {"id": 2}]},
        {"letters": []},
    ],
)
def test_find_says_unknown_only_when_the_service_does(client, server, body):
    with pytest.raises(PayloadError) as caught:
        says(client, server, "find", 200, body)
    assert caught.value.call == "find"


@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_missing_page_is_no_missing_letter(client, server, status):
    with pytest.raises(B2BFamilyError):
        says(client, server, "find", status, {"error": {"message": "Not found"}})


def test_statistics(client, server, payload):
    assert (
        says(client, server, "statistics", 200, payload("statistics")).open_count == 2
    )


def test_statistics_of_another_letter(client, server):
    with pytest.raises(PayloadError, match="another") as caught:
        says(client, server, "statistics", 200, {"id": 124, "open_count": 1})
    assert (caught.value.call, caught.value.field) == ("statistics", "id")


def test_times_are_in_the_zone_of_the_service(server):
    server.script = answer(body={"id": 123, "sent": "2019-03-22 09:06"})
    with B2BFamilyClient(
        server.url, api_key="k", service_tz="Asia/Tokyo", allow_loopback=True
    ) as client:
        assert client.statistics("123").sent.isoformat() == "2019-03-22T00:06:00+00:00"
    with pytest.raises(ValueError, match="Unknown time zone"):
        B2BFamilyClient(server.url, service_tz="Mars/Phobos")


@pytest.mark.parametrize(
    ("body", "template"),
    [
        (
            {
                "subject": "S",
                "text": "{{ x }}",
                "attachments": [{"id": 17}, {"id": "18"}],
            },
            Template("S", "{{ x }}", ("17", "18")),
        ),
        ({"Template": {"Text": "T"}}, Template("", "T")),
        ({"subject": "S", "attachments": {"id": 17}}, Template("S", "", ("17",))),
        ({"text": "T", "attachments": [17]}, Template("", "T", ("17",))),
    ],
)
def test_template(client, server, body, template):
    assert says(client, server, "template", 200, body) == template


@pytest.mark.parametrize(
    "body", [{}, {"id": 7}, [], {"text": "T", "attachments": [{"name": "a"}]}]
)
def test_template_that_is_none(client, server, body):
    with pytest.raises(PayloadError):
        says(client, server, "template", 200, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b""), (204, b""), (200, {}), (200, b"null"), (200, b"[]")],
)
def test_unsubscribe(client, server, status, body):
    assert says(client, server, "unsubscribe", status, body) is None


# -- login


def refuse_label(label):
    """Answer as a service that only takes the other label."""
    text = f"{label}=app&secret=secret&email=a@example.com&password=pa$$ wörd"
    refused = hashlib.md5(text.encode()).hexdigest()

    def script(connection, request):
        if json.loads(request.body)["hash"] == refused:
            connection.sendall(answer(200, {"error": {"message": "Wrong hash"}}))
        else:
            connection.sendall(answer(200, {"apikey": "new"}))

    return script


@pytest.mark.parametrize(
    ("refused", "taken"), [("apikey", "appkey"), ("appkey", "apikey")]
)
@pytest.mark.parametrize("given_label", ["apikey", "appkey"])
def test_both_labels(client, server, refused, taken, given_label):
    server.script = refuse_label(refused)
    login = client.login(
        "app", "secret", "a@example.com", "pa$$ wörd", hash_label=given_label
    )
    assert login == Login("new", taken)
    assert len(server.requests) == (1 if given_label == taken else 2)
    assert client.api_key == "api-1"


def test_both_labels_refused(client, server):
    with pytest.raises(AuthenticationFailed, match="Wrong password"):
        says(client, server, "login", 200, {"error": {"message": "Wrong password"}})
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "body"), [(500, b""), (404, b""), (429, b"")])
def test_the_other_label_is_for_refusals_only(client, server, status, body):
    with pytest.raises((Unavailable, Rejected)):
        says(client, server, "login", status, body)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [{}, [], {"apikey": None}, {"apikey": {}}, b"5"])
def test_login_without_a_key_in_the_answer(client, server, body):
    with pytest.raises(PayloadError) as caught:
        says(client, server, "login", 200, body)
    assert caught.value.call == "login"


def test_a_login_does_not_show_its_key():
    assert "new" not in repr(Login("new", "apikey"))


# -- anything


class Canned:
    """A transport that answers what it is told to."""

    answer = None

    def request(self, call, method, url, **options):
        return self.answer


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    "id mail mails result error message apikey link attachments"
                    " subject text custom_data key".split()
                ),
                st.text(max_size=4),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("call", CALLS)
@given(
    st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 404, 429, 500]),
    st.one_of(st.binary(), anything.map(lambda data: json.dumps(data).encode())),
)
def test_any_answer_is_understood_or_one_of_our_errors(call, status, body):
    canned = Canned()
    canned.answer = Answer(status, {}, body)
    client = B2BFamilyClient("https://x.example", api_key="api-1", transport=canned)
    try:
        CALLS[call](client)
    except OutcomeUnknown:
        assert call in ONCE_ONLY
    except B2BFamilyError as error:
        assert error.call == call
    else:
        assert status < 300


# -- whose transport it is


def test_a_shared_transport_is_left_open(server):
    transport = Transport(allow_loopback=True)
    for _ in range(2):
        with B2BFamilyClient(server.url, api_key="k", transport=transport) as client:
            client.unsubscribe("1")
    assert server.accepted == 1
    transport.close()
