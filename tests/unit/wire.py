# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Calls of the transport, servers that drip, names with any address."""

import socket

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def get(transport, server, *, call="statistics", deadline=5, **options):
    url = server.url + "/mail"
    return transport.request(call, "GET", url, deadline=deadline, **options)


def post(transport, url="https://service.example/mail"):
    return transport.request("send", "POST", url, deadline=2, body=b"{}")


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


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
