"""Every fault does what it is called, as often as it was asked to, and no more."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from devtools.sandbox.control import wait_for

TRANSPORT = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def send(client, **fields):
    return client.post_letter(**fields)


def test_latency(sandbox, client):
    sandbox.fault("send", "latency", seconds=0.4)
    start = time.monotonic()
    assert "id" in send(client).json()
    assert time.monotonic() - start >= 0.4


def test_a_call_that_hangs_goes_on_when_the_faults_are_cleared(sandbox, client):
    sandbox.fault("send", "latency_before", seconds=50)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send, client)
        wait_for(lambda: sandbox.requests("send"), 5, "the call")
        assert sandbox.state()["under_way"] == 1
        assert sandbox.accepted() == 0
        sandbox.clear_faults()
        sandbox.wait_done()
        assert sandbox.accepted() == 1
        assert "id" in sent.result(40).json()


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [
        ("refuse", 0),
        ("error_200", 0),
        ("error_200_after", 1),
        ("http_500_before", 0),
        ("http_500_after", 1),
    ]
    + [
        ("html_before", 0),
        ("html_after", 1),
        ("html", 1),
        ("broken_json", 1),
        ("broken_json_before", 0),
    ]
    + [("huge_body", 1), ("rate_limit", 0), ("redirect", 0)],
)
def test_whether_the_letter_was_accepted(sandbox, client, fault, accepted):
    options = {"bytes": 100} if fault == "huge_body" else {}
    sandbox.fault("send", fault, **options)
    client.session.request(
        "POST",
        f"{client.url}/mail",
        json=letter(client),
        allow_redirects=False,
        timeout=5,
    )
    assert sandbox.accepted("k") == accepted
    assert "id" in send(client).json()


def letter(client):
    fields = {
        "to": "a@x.example",
        "subject": "Offer",
        "text": "<p>Hello</p>",
        "custom_data": {"key": "k"},
    }
    return {"apikey": client.apikey, **fields}


@pytest.mark.parametrize(("fault", "accepted"), [("drop_before", 0), ("drop_after", 1)])
def test_dropped_connection(sandbox, client, fault, accepted):
    sandbox.fault("send", fault)
    with pytest.raises(TRANSPORT):
        send(client, custom_data={"key": "k"})
    assert sandbox.accepted("k") == accepted
    assert "id" in send(client).json()


def test_refusal_in_the_words_of_the_test(sandbox, client):
    sandbox.fault("send", "refuse", message="No more letters today", code=451)
    response = send(client)
    assert response.status_code == 200
    assert response.json() == {
        "error": {"message": "No more letters today", "code": 451}
    }


def test_refusal_with_a_status(sandbox, client):
    sandbox.fault("send", "refuse", status=422)
    assert send(client).status_code == 422


def test_500(sandbox, client):
    sandbox.fault("send", "http_500", status=503)
    assert send(client).status_code == 503


def test_drip(sandbox, client):
    sandbox.fault("find", "drip", interval=0.02, bytes=40)
    start = time.monotonic()
    assert client.find("k") == []
    assert time.monotonic() - start > 0.7


def test_drip_is_a_byte_a_second_for_minutes(sandbox, client):
    sandbox.fault("find", "drip")
    query = {"apikey": client.apikey, "key": "k"}
    with client.session.get(
        f"{client.url}/mail/find", params=query, stream=True, timeout=5
    ) as response:
        assert int(response.headers["Content-Length"]) == 600
        start = time.monotonic()
        assert response.raw.read(2) == b"  "
        assert time.monotonic() - start > 0.9


def test_html(sandbox, client):
    sandbox.fault("send", "html")
    assert send(client).headers["Content-Type"].startswith("text/html")


def test_broken_json(sandbox, client):
    sandbox.fault("send", "broken_json")
    response = send(client)
    assert response.headers["Content-Type"] == "application/json"
    with pytest.raises(ValueError):
        response.json()


def test_huge_body(sandbox, client):
    sandbox.fault("statistics", "huge_body", bytes=3 << 20)
    assert len(client.statistics(client.send())["padding"]) == 3 << 20


@pytest.mark.parametrize(
    "retry_after", ["86400", "Wed, 21 Oct 2026 07:28:00 GMT", "junk", "-5", None]
)
def test_rate_limit(sandbox, client, retry_after):
    sandbox.fault("send", "rate_limit", retry_after=retry_after)
    response = send(client)
    assert response.status_code == 429
    assert response.headers.get("Retry-After") == retry_after


def test_redirect(sandbox, client):
    sandbox.fault("send", "redirect", url="http://169.254.169.254/latest", status=302)
    response = client.session.post(
        f"{client.url}/mail", json=letter(client), allow_redirects=False, timeout=5
    )
    assert (response.status_code, response.headers["Location"]) == (
        302,
        "http://169.254.169.254/latest",
    )


def test_expired_api_key(sandbox, client):
    sandbox.fault("find", "expired_api_key")
    assert client.get("/mail/find", key="k")["error"]["code"] == 403
    assert client.get("/mail/find", key="k")["error"]["code"] == 403
    client.login()
    assert client.find("k") == []


def test_cannot_find(sandbox, client):
    client.send(custom_data={"key": "k"})
    sandbox.fault("find", "cannot_find")
    assert client.find("k") == []
    sandbox.fault("find", "cannot_find", error=True)
    assert "error" in client.get("/mail/find", key="k")
    assert len(client.find("k")) == 1


def test_times(sandbox, client):
    sandbox.fault("send", "refuse", times=2)
    answers = ["error" in send(client).json() for _ in range(3)]
    assert answers == [True, True, False]


def test_until_cleared(sandbox, client):
    sandbox.fault("*", "refuse", times=None)
    assert all(
        "error" in answer
        for answer in (
            client.login(),
            send(client).json(),
            client.get("/mail/find", key="k"),
        )
    )
    sandbox.clear_faults()
    assert "id" in send(client).json()


def test_those_of_one_call_cleared(sandbox, client):
    sandbox.fault("send", "refuse", times=None)
    sandbox.fault("find", "refuse", times=None)
    sandbox.clear_faults("send")
    assert "id" in send(client).json()
    assert "error" in client.get("/mail/find", key="k")


def test_one_bad_of_many(sandbox, client):
    sandbox.fault("send", "refuse", match="bad@x.example", times=None)
    answers = [
        "error" in send(client, to=f"{name}@x.example").json()
        for name in ("good", "bad", "fine")
    ]
    assert answers == [False, True, False]


def test_faults_add_up(sandbox, client):
    sandbox.fault("send", "latency", seconds=0.3)
    sandbox.fault("send", "http_500_after")
    start = time.monotonic()
    assert send(client, custom_data={"key": "k"}).status_code == 500
    assert time.monotonic() - start >= 0.3
    assert sandbox.accepted("k") == 1


def test_fault_before_the_body_was_read(sandbox, client):
    sandbox.fault("upload", "http_500")
    files = {"file": ("big", b"x" * (5 << 20))}
    assert (
        client.call(
            "POST", "/attachments/add", data={"apikey": client.apikey}, files=files
        ).status_code
        == 500
    )
    assert "id" in client.upload("big", b"x" * (5 << 20))


@pytest.mark.parametrize(
    ("call", "fault"),
    [("sned", "refuse"), ("send", "refusal"), ("webhook", "refuse"), ("send", None)],
)
def test_misspelt_fault_is_refused(sandbox, call, fault):
    with pytest.raises(RuntimeError, match="Unknown"):
        sandbox.fault(call, fault)
