# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The transport against a real server that misbehaves on the wire."""

import gzip
import logging
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import B2BFamilyClient, OutcomeUnknown, Transport, Unavailable
from raw_server import answer
from wire import (
    HEAD,
    drip_body,
    drip_chunks,
    drip_continue,
    drip_headers,
    drip_status,
    get,
    post,
    resolve,
    silence,
    unused_port,
)

SECRET = "canary-api-key-4711"


# -- connections


def test_a_connection_is_kept(server, transport):
    for _ in range(5):
        assert get(transport, server).body == b"{}"
    assert server.accepted == 1


def test_a_connection_closed_in_between_is_replaced(server, transport):
    def answer_and_close(connection, request):
        connection.sendall(answer())
        connection.shutdown(socket.SHUT_RDWR)

    server.script = answer_and_close
    for number in range(1, 4):
        assert get(transport, server).status == 200
        assert server.accepted == number
        time.sleep(0.05)  # for the news to arrive that it is closed


def test_threads_share_a_transport(server):
    def echo(connection, request):
        connection.sendall(answer(body=request.target.encode()))

    server.script = echo
    transport = Transport(allow_loopback=True, pool_size=8)
    with ThreadPoolExecutor(8) as pool:
        queries = [{"id": str(number)} for number in range(200)]
        bodies = pool.map(lambda q: get(transport, server, query=q).body, queries)
        assert list(bodies) == [f"/mail?id={n}".encode() for n in range(200)]
    assert server.accepted <= 8
    transport.close()


def test_no_thread_is_left_over(server, transport):
    get(transport, server)
    before = threading.active_count()
    for _ in range(20):
        get(transport, server)
    assert threading.active_count() == before


def test_no_redirect_is_followed(server, transport):
    server.script = answer(302, Location=server.url + "/elsewhere")
    assert get(transport, server).status == 302
    assert len(server.requests) == 1


def test_no_cookie_is_kept(server, transport):
    server.script = answer(Set_Cookie="session=1; Path=/")
    get(transport, server)
    get(transport, server)
    assert "cookie" not in server.requests[1].headers


def test_the_environment_is_not_asked(server, transport, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    assert get(transport, server).status == 200
    assert "authorization" not in server.requests[0].headers


# -- the deadline


@pytest.mark.parametrize(
    "script",
    [drip_status, drip_headers, drip_continue, drip_body, drip_chunks, silence],
)
def test_the_whole_answer_has_one_deadline(server, transport, script):
    server.script = script(server)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"did not answer within 0\.3 seconds"):
        get(transport, server, deadline=0.3)
    assert 0.3 <= time.monotonic() - started < 1.3


def test_a_server_that_does_not_read_has_the_same_deadline(transport):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        started = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer within"):
            transport.request(
                "upload", "POST", url, deadline=0.3, body=b"x" * 32 * 1024 * 1024
            )
        assert time.monotonic() - started < 1.5


def test_each_call_has_its_own_deadline_on_a_kept_connection(server, transport):
    get(transport, server, deadline=0.3)
    time.sleep(0.4)
    assert get(transport, server, deadline=0.3).status == 200
    assert server.accepted == 1


def test_a_dripping_connection_is_not_kept(server, transport):
    server.script = drip_body(server)
    with pytest.raises(Unavailable):
        get(transport, server, deadline=0.3)
    server.script = answer()
    assert get(transport, server).status == 200
    assert server.accepted == 2


# -- what may have happened


def drop(connection, request):
    connection.shutdown(socket.SHUT_RDWR)


def drop_in_body(connection, request):
    connection.sendall(HEAD + b'{"id"')
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("script", [drop, drop_in_body, b"SSH-2.0-x\r\n\r\n"])
@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("send", OutcomeUnknown),
        ("generate_link", OutcomeUnknown),
        ("upload", Unavailable),
        ("statistics", Unavailable),
    ],
)
def test_broken_off_after_the_request(server, transport, script, call, error):
    server.script = script
    with pytest.raises(error) as caught:
        get(transport, server, call=call)
    assert caught.value.call == call


def test_silence_after_sending_leaves_the_outcome_open(server, transport):
    server.script = silence(server)
    with pytest.raises(OutcomeUnknown):
        get(transport, server, call="send", deadline=0.3)


def test_refused_connection(transport):
    url = f"http://127.0.0.1:{unused_port()}/mail"
    with pytest.raises(Unavailable, match="does not accept connections"):
        transport.request("send", "POST", url, deadline=5, body=b"{}")


@pytest.mark.parametrize(
    "trouble", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")]
)
def test_unknown_name(strict, monkeypatch, trouble):
    resolve(monkeypatch, trouble)
    with pytest.raises(Unavailable, match="cannot be resolved"):
        post(strict)


# -- what is not read


def test_too_long(server):
    transport = Transport(allow_loopback=True, max_answer=1000)
    server.script = answer(body=b"x" * 1000)
    assert len(get(transport, server).body) == 1000
    server.script = answer(body=b"x" * 1001)
    with pytest.raises(Unavailable, match="too long"):
        get(transport, server)
    with pytest.raises(OutcomeUnknown, match="too long"):
        get(transport, server, call="send")
    transport.close()


def test_endless(server, transport):
    def endless(connection, request):
        connection.sendall(b"HTTP/1.1 302 X\r\nLocation: /\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    server.script = endless
    with pytest.raises(Unavailable, match="too long"):
        get(transport, server)


def test_packed_answers(server, transport):
    server.script = answer(body=gzip.compress(b"[1]"), Content_Encoding="gzip")
    assert get(transport, server).body == b"[1]"
    bomb = gzip.compress(b"0" * 64 * 1024 * 1024)
    server.script = answer(body=bomb, Content_Encoding="gzip")
    with pytest.raises(Unavailable, match="too long"):
        get(transport, server)
    server.script = answer(body=b"x", Content_Encoding="gzip, gzip")
    with pytest.raises(Unavailable, match="packed"):
        get(transport, server)
    server.script = answer(body=b"not packed", Content_Encoding="gzip")
    with pytest.raises(Unavailable):
        get(transport, server)


# -- secrets


FAULTS = {
    "fine": answer(),
    "refused": answer(400, {"error": {"message": f"bad key {SECRET}", "code": 1}}),
    "page": answer(500, b"<html>"),
    "redirect": answer(302, Location="/?apikey=" + SECRET),
    "drop": drop,
    "drop in body": drop_in_body,
    "no http": b"SSH-2.0-x\r\n\r\n",
    "packed": answer(Content_Encoding="br"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_log_and_no_error_has_a_secret(server, caplog, fault):
    caplog.set_level(logging.DEBUG)
    server.script = FAULTS[fault]
    client = B2BFamilyClient(
        server.url, api_key=SECRET, deadline=1, allow_loopback=True
    )
    calls = [
        lambda: client.statistics("1"),
        lambda: client.find("key"),
        lambda: client.upload("a.txt", b"content"),
        lambda: client.login(SECRET, SECRET, "a@example.com", SECRET),
        lambda: client.unsubscribe("1"),
    ]
    for call in calls:
        try:
            call()
        except Exception as error:
            text = "".join(traceback.format_exception(error)) + repr(vars(error))
            assert SECRET not in text
            assert error.__context__ is None or error.__suppress_context__
            assert "requests" not in type(error.__context__).__module__
    assert any(SECRET in request.target for request in server.requests)
    assert caplog.records
    assert SECRET not in caplog.text
    client.close()


def test_a_refused_connection_has_no_secret_either(caplog):
    caplog.set_level(logging.DEBUG)
    url = f"http://127.0.0.1:{unused_port()}"
    client = B2BFamilyClient(url, api_key=SECRET, allow_loopback=True)
    with pytest.raises(Unavailable) as caught:
        client.statistics("1")
    assert caught.value.__context__ is None
    assert SECRET not in caplog.text


def test_one_line_a_call(server, transport, caplog):
    caplog.set_level(logging.DEBUG, logger="client")
    get(transport, server, query={"apikey": SECRET})
    (record,) = [r for r in caplog.records if r.name.startswith("client")]
    assert record.getMessage().startswith("B2B Family statistics: 200, ")
