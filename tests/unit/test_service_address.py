# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where the service may be: public https addresses, and this machine for development."""

import pytest
from client import Misconfigured, Transport, check_url
from client.address import is_public
from raw_server import answer
from wire import post, resolve


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
