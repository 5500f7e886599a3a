# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

import pytest
from client import ENDPOINTS, Endpoint, merge_endpoints


def test_table():
    assert {name: tuple(entry) for name, entry in ENDPOINTS.items()} == {
        "login": ("POST", "/user/login"),
        "upload": ("POST", "/attachments/add"),
        "send": ("POST", "/mail"),
        "generate_link": ("POST", "/Mail/generate_link"),
        "find": ("GET", "/mail/find"),
        "statistics": ("GET", "/mail/statistics"),
        "subscribe": ("PUT", "/subscribers/add"),
        "unsubscribe": ("DELETE", "/subscribers/delete"),
        "template": ("GET", "/Templates/get_template"),
    }


@pytest.mark.parametrize("nothing", ["", "  ", "{}", {}, None])
def test_nothing_to_override(nothing):
    assert merge_endpoints(nothing) == ENDPOINTS


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("/mail/search", Endpoint("GET", "/mail/search")),
        ({"path": "/v2/find"}, Endpoint("GET", "/v2/find")),
        ({"method": "post"}, Endpoint("POST", "/mail/find")),
        ({"method": "PUT", "path": "/x.php"}, Endpoint("PUT", "/x.php")),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_override(entry, expected, as_text):
    override = {"find": entry}
    merged = merge_endpoints(json.dumps(override) if as_text else override)
    assert merged == {**ENDPOINTS, "find": expected}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "mail",
        "//evil.example/mail",
        "/a//b",
        "/a/../b",
        "/..",
        "/./a",
        "http://evil.example/",
        "/mail?x=1",
        "/mail#x",
        "/mail\r\nX: y",
        "/mail\n",
        "/%2e%2e/a",
        "/a\\b",
        "/a b",
        "/@evil.example",
        "/почта",
        None,
        5,
        ["/mail"],
    ],
)
def test_path_is_only_a_path(path):
    with pytest.raises(ValueError, match="^find: the path"):
        merge_endpoints({"find": {"path": path}})


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"serach": "/x"}, "no call named 'serach'"),
        ({"find": {"method": "TRACE"}}, "^find: the method"),
        ({"find": {"method": None}}, "^find: the method"),
        ({"login": {"method": "GET"}}, "^login: the method"),  # password in a URL
        ({"send": {"method": "DELETE"}}, "^send: the method"),
        ({"find": {"url": "/x"}}, "^find: give"),
        ({"find": {}}, "^find: give"),
        ({"find": None}, "^find: give"),
        ({"find": ["GET", "/x"]}, "^find: give"),
        ("[]]", "one JSON object"),
        ("[1]", "one JSON object"),
        ("null and void", "one JSON object"),
        ("[" * 100_000, "one JSON object"),
        (7, "one JSON object"),
    ],
)
def test_words_for_the_administrator(override, words):
    with pytest.raises(ValueError, match=words):
        merge_endpoints(override)


def test_the_table_itself_cannot_be_changed():
    merge_endpoints({"find": "/elsewhere"})
    assert ENDPOINTS["find"].path == "/mail/find"
    with pytest.raises(TypeError):
        ENDPOINTS["find"] = Endpoint("GET", "/elsewhere")
