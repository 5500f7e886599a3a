"""The process: it survives a restart and a crash, keeps connections open, counts
requests, and tells no secrets.
"""

import io
import smtplib
import socket
import time
from email.message import EmailMessage

import requests
from conftest import Client

from devtools.sandbox.control import Postbox, Sandbox


def test_everything_survives(tmp_path):
    with Sandbox(tmp_path) as sandbox:
        client = Client(sandbox)
        client.login()
        file_id = client.upload("Оферта.txt", b"bytes")["id"]
        letter_id = client.send(custom_data={"key": "k"}, attachments=f"{file_id};")
        subscription = client.subscribe("http://127.0.0.1:9/hook")
        caught = sandbox.wait_mailbox()[0]["id"]
        sandbox.open_letter(caught)
        before = client.statistics(letter_id)
        sandbox.settings(deliver=False)
        client.send(to="later@x.example")
        sandbox.kill()
        sandbox.start()
        assert {**client.statistics(letter_id), "updated": None} == {
            **before,
            "updated": None,
        }
        assert client.find("k") == [letter_id]
        assert client.subscribe("http://127.0.0.1:9/hook") == subscription
        assert sandbox.open_attachment(caught) == b"bytes"
        sandbox.settings(deliver=True)
        sandbox.restart()
        assert sandbox.wait_mailbox(2)[0]["to"] == ["later@x.example"]
        assert sandbox.log.read_text() == ""


def test_connection_stays_open(sandbox, client):
    client.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=1))
    client.find("k")
    pool = client.session.get_adapter(client.url).poolmanager.connection_from_url(
        client.url
    )
    before = pool.num_connections
    for _ in range(5):
        client.find("k")
        client.upload("a.txt", b"a" * 100_000)
        client.call("GET", "/no/such/call")
    assert pool.num_connections == before


def test_streamed_upload_without_a_length(client):
    """A client may send a body of unknown length, in chunks."""
    head = f'--x\r\nContent-Disposition: form-data; name="apikey"\r\n\r\n{client.apikey}\r\n--x\r\n'
    head += 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    pieces = [head.encode(), b"one", b"two", b"\r\n--x--\r\n"]
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for _ in range(2):
        assert (
            "id"
            in client.call(
                "POST", "/attachments/add", data=iter(pieces), headers=headers
            ).json()
        )


def test_large_upload(sandbox, client):
    content = io.BytesIO(b"0123456789abcdef" * (25 << 16))
    file_id = client.upload("large.bin", content)["id"]
    client.send(attachments=f"{file_id};")
    assert len(sandbox.open_attachment(sandbox.wait_mailbox()[0]["id"])) == 25 << 20


def test_request_larger_than_any(client):
    headers = {"Content-Type": "application/json"}
    assert (
        client.call(
            "POST", "/mail", data=b"x" * (65 << 20), headers=headers
        ).status_code
        == 413
    )
    assert client.find("k") == []


def test_client_that_waits_for_100_continue(client):
    """As curl does before a large body."""
    host, port = client.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        head = "POST /user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_junk_instead_of_http(sandbox, client):
    host, port = client.url.removeprefix("http://").split(":")
    for junk in (
        b"\x16\x03\x01\r\n\r\n",
        b"POST /mail HTTP/1.1\r\nContent-Length: junk\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(junk)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)
    assert client.find("k") == []


def test_requests_are_counted_and_timed(sandbox, client):
    start = time.time()
    letter_id = client.send()
    for _ in range(3):
        client.statistics(letter_id)
    times = sandbox.requests("statistics")
    assert len(times) == 3 and start <= times[0] <= times[2] <= time.time()
    assert sandbox.state()["requests"] == {"login": 1, "send": 1, "statistics": 3}


def test_nothing_secret_is_printed(tmp_path):
    with Sandbox(tmp_path) as sandbox:
        client = Client(sandbox)
        client.login()
        client.login(password="wrong")
        client.find("k")
        client.send()
        # A fault that cannot be carried out is an internal error, which is logged.
        sandbox.fault("*", "latency", seconds="junk", times=3)
        assert client.post_letter().status_code == 500
        assert (
            client.call(
                "GET", "/mail/find", params={"apikey": client.apikey, "key": "k"}
            ).status_code
            == 500
        )
        assert (
            client.call("POST", "/user/login", json=client.login_body()).status_code
            == 500
        )
        log = sandbox.log.read_text()
    assert "Traceback" in log
    assert "canary" not in log and client.login_body()["hash"] not in log


def test_only_loopback_listens(sandbox):
    assert all(
        address.split("//")[-1].startswith("127.0.0.1:")
        for address in (sandbox.url, sandbox.mailbox_url, sandbox.smtp)
    )


def test_mailbox_alone(tmp_path):
    """Without any service: mail that somebody else sends, opened as a program."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "i@x.example",
        "a@x.example",
        "A",
    )
    message.set_content("<p>Good day</p>", subtype="html")
    with Postbox(tmp_path) as postbox:
        assert postbox.url == ""
        host, port = postbox.smtp.split(":")
        with smtplib.SMTP(host, int(port)) as server:
            server.send_message(message)
        [caught] = postbox.wait_mailbox()
        postbox.restart()
        assert postbox.letter(caught["id"])["html"].strip() == "<p>Good day</p>"
        assert postbox.log.read_text() == ""
