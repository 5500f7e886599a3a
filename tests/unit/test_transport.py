# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The transport against a real server that misbehaves on the wire."""

import gzip
import ipaddress
import logging
import socket
import ssl
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from client import (
    B2BFamilyClient,
    Misconfigured,
    OutcomeUnknown,
    Transport,
    Unavailable,
    check_url,
)
from client.address import is_public
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from raw_server import RawServer, answer

SECRET = "canary-api-key-4711"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture
def transport():
    transport = Transport(allow_loopback=True)
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def strict():
    """A transport as in production."""
    transport = Transport()
    yield transport
    transport.close()


def get(transport, server, *, call="statistics", deadline=5, **options):
    url = server.url + "/mail"
    return transport.request(call, "GET", url, deadline=deadline, **options)


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


def drip_status(server):
    return lambda connection, request: server.drip(connection, b"HTTP/1.1 200 OK" * 99)


def drip_headers(server):
    data = b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 90
    return lambda connection, request: server.drip(connection, data)


def drip_continue(server):
    data = b"HTTP/1.1 100 Continue\r\n\r\n" * 90
    return lambda connection, request: server.drip(connection, data)


def drip_body(server):
    return lambda connection, request: server.drip(connection, HEAD + b"x" * 900)


def drip_chunks(server):
    data = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 900
    )
    return lambda connection, request: server.drip(connection, data)


def silence(server):
    return lambda connection, request: server.stopping.wait(20)


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


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


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


def post(transport, url="https://service.example/mail"):
    return transport.request("send", "POST", url, deadline=2, body=b"{}")


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


# -- addresses


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public(strict, address, monkeypatch):
    assert not is_public(address)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(
        ValueError, match="not a public https address|not a web address"
    ):
        check_url(f"https://{host}/")
    for also in ([], ["93.184.216.34"], ["2606:2800:220:1::1"]):
        resolve(monkeypatch, [*also, address])
        with pytest.raises(Misconfigured, match="not a public https address") as caught:
            post(strict)
        assert caught.value.call == "send"


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00:1450::1"]
)
def test_public_addresses(address):
    assert is_public(address)


def resolve(monkeypatch, addresses):
    """Let every name have these addresses."""

    def getaddrinfo(host, port, *args, **kwargs):
        if isinstance(addresses, Exception):
            raise addresses
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_that_changes_between_two_calls(server, monkeypatch):
    # First the loopback address that development admits, then an inner one.
    transport = Transport(allow_loopback=True)
    url = server.url.replace("127.0.0.1", "localhost")
    server.script = answer(Connection="close")
    assert transport.request("find", "GET", url, deadline=5).status == 200
    resolve(monkeypatch, ["10.0.0.1"])
    with pytest.raises(Misconfigured):
        transport.request("find", "GET", url, deadline=5)
    transport.close()


@pytest.mark.parametrize("address", ["93.184.216.34", "10.0.0.1"])
def test_without_tls_only_to_this_machine(transport, monkeypatch, address):
    resolve(monkeypatch, [address])
    with pytest.raises(Misconfigured, match="not a public https address"):
        post(transport, "http://localhost:8069/mail")


def test_loopback_needs_the_switch(strict, server):
    with pytest.raises(Misconfigured, match="not a public https address"):
        post(strict, server.url)
    assert server.accepted == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://api.b2bfamily.com",
        "https://api.b2bfamily.com:8443/v1/",
        "https://сервис.рф",
        "https://8.8.8.8",
        "https://[2606:2800:220:1::1]:443/",
    ],
)
def test_good_addresses(url):
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "api.b2bfamily.com",
        "http://api.b2bfamily.com",
        "ftp://api.b2bfamily.com",
        "file:///etc/passwd",
        "https://",
        "https:///mail",
        "https://user:password@api.b2bfamily.com",
        "https://@api.b2bfamily.com",
        "https://api.b2bfamily.com?apikey=1",
        "https://api.b2bfamily.com#x",
        "https://api.b2bfamily.com:0",
        "https://api.b2bfamily.com:99999",
        "https://api.b2bfamily.com:port",
        "https://api b2bfamily.com",
        "https://api.b2bfamily.com\r\nHost: x",
        "https://api.b2bfamily.com\\@127.0.0.1",
        "https://127.0.0.1",
        "https://localhost",
        "https://LOCALHOST.",
        "https://2130706433",
        "https://0x7f000001",
        "https://127.1",
        "https://a..b",
        "https://.b",
        "https://[::1",
        "https://[::1]",
        "https://%31.com",
    ],
)
def test_bad_addresses(url):
    with pytest.raises(ValueError, match="^The service address"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8070",
        "http://localhost:8070/",
        "http://[::1]:8070",
        "https://127.0.0.1",
        "https://api.b2bfamily.com",
    ],
)
def test_development_addresses(url):
    check_url(url, allow_loopback=True)


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://api.b2bfamily.com"])
def test_development_opens_nothing_else(url):
    with pytest.raises(ValueError, match="not a public https address"):
        check_url(url, allow_loopback=True)


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1, signed by itself, with its key: one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(timezone.utc)
    local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([local]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with RawServer(context) as running:
        yield running


@pytest.fixture
def trusting(certificate):
    transport = Transport(allow_loopback=True)
    transport._session.verify = str(certificate)
    yield transport
    transport.close()


def test_tls(tls_server, trusting):
    for _ in range(3):
        assert get(trusting, tls_server, query={"id": "1"}).body == b"{}"
    assert tls_server.accepted == 1
    assert tls_server.requests[0].target == "/mail?id=1"


@pytest.mark.parametrize("script", [drip_headers, drip_body, silence])
def test_tls_has_the_same_deadline(tls_server, trusting, script):
    tls_server.script = script(tls_server)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown, match="did not answer within"):
        get(trusting, tls_server, call="send", deadline=0.3)
    assert time.monotonic() - started < 1.5


def test_a_certificate_nobody_vouches_for(tls_server, transport):
    with pytest.raises(Unavailable, match="No secure connection"):
        get(transport, tls_server, call="send")
    assert tls_server.requests == []


def test_a_certificate_for_another_host(tls_server, trusting):
    url = tls_server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(Unavailable, match="No secure connection"):
        post(trusting, url)
    assert tls_server.requests == []


def test_a_handshake_that_drips(transport):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        stop = threading.Event()

        def drip():
            connection, _address = listener.accept()
            with connection:
                # A TLS record that announces 16 kB.
                for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 200:
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    if stop.wait(0.05):
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        with pytest.raises(Unavailable):
            transport.request("send", "POST", url, deadline=0.3, body=b"{}")
        assert time.monotonic() - started < 1.5
        stop.set()
        thread.join()


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
