# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Links of an outgoing letter: found as mail programs find them, nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.outgoing import is_watchable, location_of, replace_links

OWN = {"odoo.example"}


def mark(address):
    return f"https://odoo.example/l/{len(address)}"


def found(body):
    addresses = []
    assert replace_links(body, addresses.append) == body
    return addresses


OUTLOOK = (
    '<!--[if mso]><v:roundrect href="https://x.ru/vml"><a href="https://x.ru/mso">'
    "</a></v:roundrect><![endif]-->"
    '<![if !mso]><a href="https://x.ru/shown">Button</a><![endif]>'
    '<!--[if !mso]><!--><a href="https://x.ru/too">Button</a><!--<![endif]-->'
)


@pytest.mark.parametrize(
    ("body", "addresses"),
    [
        ('<a href="https://x.ru/?a=1&amp;b=2">x</a>', ["https://x.ru/?a=1&b=2"]),
        ("<A HREF='https://x.ru'>x</A>", ["https://x.ru"]),
        ("<a href=https://x.ru>x</a>", ["https://x.ru"]),
        ("<a\n title=\"href='no'\"\n href = 'https://x.ru'>x</a>", ["https://x.ru"]),
        ('<a title=">" href="https://x.ru">x</a>', ["https://x.ru"]),
        ('<a data-href="https://no.ru" href="https://x.ru">x</a>', ["https://x.ru"]),
        ('<a href="https://x.ru"><img src="https://x.ru/i.png"></a>', ["https://x.ru"]),
        ('<map><area href="https://x.ru" shape="rect"></map>', ["https://x.ru"]),
        ('<a/href="https://x.ru">x</a>', ["https://x.ru"]),
        ('<a href="https://x.ru" href="https://no.ru">x</a>', ["https://x.ru"]),
        ('<a href="mailto:a@x.ru">x</a>', ["mailto:a@x.ru"]),
        (OUTLOOK, ["https://x.ru/shown", "https://x.ru/too"]),
        ('<address href="x"><abbr href="x"><img src="https://x.ru">', []),
        ('<a name="x">x</a> a < b <a', []),
        ('<a href>x</a><a href="">y</a>', [""]),
        ('<!-- <a href="https://x.ru"> never closed', []),
        ('<a title="never closed href=https://x.ru>', []),
        ("", []),
    ],
)
def test_links_are_found(body, addresses):
    assert found(body) == addresses


def test_nothing_else_changes():
    body = (
        "<!DOCTYPE html><html><head><style>a > b { x: 'y' }</style></head><body>"
        f"{OUTLOOK}<p>&nbsp;é &lt;a href=&quot;&gt;<br/><o:p></o:p>"
        '<a class=x href="https://x.ru/Путь?a=1&amp;b=2">x</a>'
        "<a href=' HTTPS://Y.ru '>y</a></body></html>"
    )
    changed = replace_links(
        body, lambda address: 'https://o/?"<&' if "Путь" in address else None
    )
    assert changed == body.replace(
        "https://x.ru/Путь?a=1&amp;b=2", "https://o/?&quot;&lt;&amp;"
    )


@given(
    st.lists(
        st.sampled_from(
            ["<a ", "<area ", "<!--", "-->", ">", "<", '"', "'", "href=", "x", " ", "="]
        )
    )
)
def test_any_soup(parts):
    body = "".join(parts)
    assert replace_links(body, lambda address: None) == body
    changed = replace_links(body, lambda address: "https://new.example")
    addresses = []
    replace_links(changed, addresses.append)
    assert set(addresses) <= {"https://new.example"}


@pytest.mark.parametrize("piece", ["<a ", '<a "', "<!--", "<a href='", "<a x=y ", "<"])
def test_it_is_read_once_whatever_it_is(piece):
    """More than that would take minutes."""
    body = piece * 200_000
    assert replace_links(body, lambda address: None) == body


@pytest.mark.parametrize(
    "address",
    [
        "https://x.ru",
        "http://x.ru/a/b.html?utm_source=mail&token=theirs#part",
        "HTTPS://X.RU/",
        "https://пример.рф/путь?вопрос=да",
        "https://x.ru:8443/",
        "https://odoo.example/shop/chair-42",
        "https://odoo.example/blog/how-we-build-comfortable-chairs",
        "https://odoo.example/web/image/17/a.png",
        "https://x.ru/survey/0123456789abcdef0123456789",
    ],
)
def test_what_is_watched(address):
    assert is_watchable(address, OWN)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "#part",
        "/shop",
        "//x.ru/",
        "x.ru",
        "mailto:a@x.ru",
        "tel:+7495",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://x.ru/",
        "https://",
        "https:///x.ru",
        "https:x.ru",
        "https://user:pass@x.ru/",
        "https://x.ru@evil.example/",
        "https://x.ru/\r\nSet-Cookie: a=b",
        "https://x.ru/\x00",
        "https://x.ru/ a",
        "https://x.ru/\xa0",
        "https://x.ru\\@evil.example/",
        " https://x.ru",
        "https://[::1",
        "https://x.ru:99999999/",
        "https://x.ru%2F.evil.example/",
        "https://x.ru%40evil.example/",
        "https://x%0d%0a.ru/",
        "https://odoo%2Eexample/my/orders/7?access_token=1c2d",
        f"https://{'я' * 70}.рф/",
        # a reader's own
        "https://x.ru/unsubscribe?id=1",
        "https://x.ru/list/Opt-Out",
        "https://shop.odoo.example/my/orders/7?access_token=1c2d",
        "https://odoo.example/unsubscribe_from_list",
        "https://odoo.example/b2b_family/privacy/abc",
        "https://odoo.example/b2b_family/d/abc",
        "https://odoo.example/r/xYz",
        "https://odoo.example/my/orders/7?access_token=1c2d",
        "https://ODOO.example/my/orders/7?ACCESS_TOKEN=1c2d",
        "https://odoo.example:8069/my/orders/7?access_token=1c2d",
        "https://odoo.example/mail/view?model=x&res_id=1&access_token=1&hash=2",
        "https://odoo.example/event/1/my_tickets?tickets_hash=1",
        "https://odoo.example/survey/start/0123456789abcdef0123456789",
        "https://odoo.example/survey/1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    ],
)
def test_what_is_not_watched(address):
    assert not is_watchable(address, OWN)


def test_the_head_of_an_answer_is_ascii():
    location = location_of("https://пример.рф/путь?вопрос=да#часть")
    assert location.startswith("https://xn--e1afmkfd.xn--p1ai/%D0%BF")
    assert location.isascii()
    encoded = "https://%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84/%D0%BF"
    assert location_of(encoded) == "https://xn--e1afmkfd.xn--p1ai/%D0%BF"
    assert location_of("https://x.ru/a|b%20c?d=[1]") == "https://x.ru/a|b%20c?d=[1]"
