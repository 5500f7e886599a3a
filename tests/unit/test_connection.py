# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a call does with the addresses of a name, and with its time while it writes."""

import contextlib
import socket
import threading

import pytest
from client import Unavailable, check_url
from client.multipart import MultipartFile
from raw_server import answer


@pytest.fixture
def resolves(monkeypatch):
    """Let every name have these addresses, each with its port."""

    def set_addresses(*addresses):
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
            for address in addresses
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    return set_addresses


@contextlib.contextmanager
def dead_address():
    """An address that neither takes a connection nor refuses it: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()


def unused_address():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()


def get(transport, server, deadline=5):
    url = f"http://localhost:{server.port}/mail"
    return transport.request("statistics", "GET", url, deadline=deadline)


def test_the_next_address_is_tried_when_one_refuses(transport, server, resolves):
    resolves(unused_address(), ("127.0.0.1", server.port))
    assert get(transport, server).status == 200


def test_a_dead_address_does_not_use_the_call_up(transport, server, resolves):
    with dead_address() as dead:
        resolves(dead, ("127.0.0.1", server.port))
        assert get(transport, server, deadline=4).status == 200


def test_a_server_that_reads_slowly_has_the_same_deadline(transport):
    """Each write ends in time; all of them together do not."""
    body = MultipartFile({}, "big.bin", b"x" * 64 * 1024 * 1024)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        read = []

        def serve():
            connection, _address = listener.accept()
            with connection, contextlib.suppress(OSError):
                while block := connection.recv(512 * 1024):
                    read.append(len(block))
                    stop.wait(0.02)
                connection.sendall(answer())

        stop = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Unavailable, match="did not answer within"):
            transport.request("upload", "POST", url, deadline=0.5, body=body)
        stop.set()
        thread.join(20)
    assert sum(read) < len(body), "all of it was written, however late"


@pytest.mark.parametrize(
    "url",
    [
        "https://exa\nmple.com",
        "https://example.com/a b",
        "https://example.com\\@evil.example",
        "https://example.com/\x7f",
        " https://example.com",
    ],
)
def test_no_address_has_a_break_or_a_space(url):
    with pytest.raises(ValueError, match="missing or has spaces"):
        check_url(url)
