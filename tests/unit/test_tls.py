# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Secure connections: whom they trust, and how long they may take."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from client import OutcomeUnknown, Transport, Unavailable
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from raw_server import RawServer
from wire import drip_body, drip_headers, get, post, silence


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
