"""What readers do is seen, and what programs do is not taken for it."""

import pytest

DAY = 24 * 60 * 60

NAMES = [
    "Offer.pdf",
    "Коммерческое предложение.pdf",
    "🚀 emoji 😀.bin",
    "עברית עם רווח.txt",
    "with \"quotes\" and 'apostrophes'.txt",
    "semi;colon, comma & ampersand.txt",
    "<b>markup</b>.html",
    "percent%20.txt",
    "no-extension",
    "й" * 125 + ".doc",
    "..",
]


def only_letter(sandbox):
    return sandbox.wait_mailbox()[0]["id"]


def types(statistics):
    return [event["type"] for event in statistics["events"]]


def test_statistics_of_an_unopened_letter(client):
    file_id = client.upload("a.txt", b"a")["id"]
    letter_id = client.send(attachments=f"{file_id};")
    statistics = client.statistics(letter_id)
    assert (statistics["id"], statistics["subject"], statistics["status"]) == (
        letter_id,
        "Offer",
        "sent",
    )
    assert (
        statistics["first_open"],
        statistics["last_open"],
        statistics["open_count"],
    ) == (None, None, 0)
    assert (
        statistics["sent"].endswith("+03:00")
        and statistics["updated"] >= statistics["sent"]
    )
    [attachment] = statistics["attachments"]
    assert attachment == {
        "id": file_id, "name": "a.txt", "opened": False, "first_open": None, "last_open": None, "open_count": 0,
    }  # fmt: skip
    assert statistics["events"] == []


def test_opening_a_letter(sandbox, client):
    letter_id = client.send()
    caught = only_letter(sandbox)
    sandbox.open_letter(caught)
    sandbox.open_letter(caught)
    statistics = client.statistics(letter_id)
    assert (statistics["status"], statistics["open_count"]) == ("opened", 2)
    first, last = statistics["events"]
    assert (first["type"], first["email"], first["ip"]) == (
        "message_open",
        "anna@customer.example",
        None,
    )
    assert "Thunderbird" in first["user_agent"] and first["id"].startswith("e-")
    assert (statistics["first_open"], statistics["last_open"]) == (
        first["date"],
        last["date"],
    )
    assert statistics["recipients"][0]["open_count"] == 2


def test_the_one_of_three_who_opened(sandbox, client):
    letter_id = client.send(
        to_emails=[{"email": f"{name}@x.example"} for name in "abc"]
    )
    caught = {letter["to"][0]: letter["id"] for letter in sandbox.wait_mailbox(3)}
    sandbox.open_letter(caught["b@x.example"])
    counts = {
        row["email"]: row["open_count"]
        for row in client.statistics(letter_id)["recipients"]
    }
    assert counts == {"a@x.example": 0, "b@x.example": 1, "c@x.example": 0}


def test_head_request_opens_nothing(sandbox, client):
    letter_id = client.send(text='<a href="https://x.example/">x</a>')
    caught = only_letter(sandbox)
    html = sandbox.letter(caught)["html"]
    for url in [*sandbox.links(caught), html.split('<img src="')[1].split('"')[0]]:
        assert client.session.head(url, timeout=5).status_code in (200, 302)
    assert client.statistics(letter_id)["events"] == []


def test_pixel_is_an_image_that_is_not_cached(sandbox, client):
    client.send()
    url = (
        sandbox.letter(only_letter(sandbox))["html"]
        .split('<img src="')[1]
        .split('"')[0]
    )
    response = client.session.get(url, timeout=5)
    assert response.headers[
        "Content-Type"
    ] == "image/gif" and response.content.startswith(b"GIF89a")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", NAMES)
def test_attachment_comes_back_byte_for_byte(sandbox, client, name):
    content = name.encode() + bytes(range(256)) * 9
    file_id = client.upload(name, content)["id"]
    letter_id = client.send(attachments=f"{file_id};")
    assert client.statistics(letter_id)["attachments"][0]["name"] == name
    url = next(url for url in sandbox.links(only_letter(sandbox)) if "/t/a/" in url)
    response = client.session.get(url, timeout=5)
    assert response.content == content
    assert file_name(response.headers["Content-Disposition"]) == name


def file_name(disposition: str) -> str:
    """The name a browser would save under: RFC 5987 when given, else as quoted."""
    from werkzeug.http import parse_options_header

    return parse_options_header(disposition)[1]["filename"]


def test_empty_file(sandbox, client):
    file_id = client.upload("empty.txt", b"")["id"]
    client.send(attachments=f"{file_id};")
    assert sandbox.open_attachment(only_letter(sandbox)) == b""


def test_opening_and_downloading_an_attachment(sandbox, client):
    ids = [client.upload(name, name.encode())["id"] for name in ("a.txt", "b.txt")]
    letter_id = client.send(attachments="".join(f"{file_id};" for file_id in ids))
    caught = only_letter(sandbox)
    assert sandbox.open_attachment(caught, 1) == b"b.txt"
    assert sandbox.open_attachment(caught, 1, download=True) == b"b.txt"
    statistics = client.statistics(letter_id)
    assert types(statistics) == ["attachment_open", "attachment_download"]
    assert [event["attachment_id"] for event in statistics["events"]] == [ids[1]] * 2
    assert [
        (row["opened"], row["open_count"]) for row in statistics["attachments"]
    ] == [
        (False, 0),
        (True, 2),
    ]


@pytest.mark.parametrize(
    ("mimetype", "disposition"),
    [
        ("application/pdf", "inline"),
        ("image/png", "inline"),
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
    ],
)
def test_what_could_run_script_is_only_downloaded(
    sandbox, client, mimetype, disposition
):
    file_id = client.upload("a", b"<script>alert(1)</script>", mimetype)["id"]
    client.send(attachments=f"{file_id};")
    response = client.session.get(sandbox.links(only_letter(sandbox))[0], timeout=5)
    assert response.headers["Content-Disposition"].startswith(disposition)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["", "a\nb.txt"])
def test_file_name_that_will_not_do(client, name):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="apikey"\r\n\r\n'
        + client.apikey.encode()
        + b"\r\n--x\r\n"
        b'Content-Disposition: form-data; name="file"; filename="'
        + name.replace("\n", "%0A").encode()
        + b'"\r\n\r\n'
        b"a\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (
        "error"
        in client.call("POST", "/attachments/add", data=body, headers=headers).json()
    )


def test_following_a_link(sandbox, client):
    target = "https://x.example/prices?a=1&b=%D0%B9#top"
    text = f'<p><a class="x" href="{target.replace("&", "&amp;")}">Prices</a> <a href="mailto:i@x.example">i</a></p>'
    letter_id = client.send(text=text)
    tracked, mail = sandbox.links(only_letter(sandbox))
    assert mail == "mailto:i@x.example"
    response = client.session.get(tracked, allow_redirects=False, timeout=5)
    assert (response.status_code, response.headers["Location"]) == (302, target)
    [event] = client.statistics(letter_id)["events"]
    assert (event["type"], event["url"]) == ("link_click", target)


@pytest.mark.parametrize("path", ["/t/o/x.gif", "/t/a/x", "/t/l/x", "/t/v/x"])
def test_guessed_token(client, path):
    assert client.call("GET", path).status_code == 404


def test_not_opened_in_time(sandbox, client, subscriber):
    timeout = {"trigger": "message_open", "not_open_timeout": 2}
    letter_id = client.send(events=timeout)
    opened_id = client.send(events=timeout, to="otto@x.example")
    sandbox.open_letter(
        next(
            item["id"]
            for item in sandbox.wait_mailbox(2)
            if item["to"] == ["otto@x.example"]
        )
    )
    subscriber.wait()
    sandbox.clock(DAY)
    sandbox.clock(2 * DAY + 60)
    client.login()
    event = subscriber.wait(2)[1]
    assert (event["type"], event["mail_id"]) == ("not_open", letter_id)
    assert types(client.statistics(letter_id)) == ["not_open"]
    assert types(client.statistics(opened_id)) == ["message_open"]


def test_injected_events(sandbox, client):
    letter_id = client.send(custom_data={"key": "k"})
    dates = [
        "2026-03-22T09:06:00+03:00",
        "2026-03-22T05:06:00Z",
        "2026-03-22T09:06:00",
        1774159560,
    ]
    ids = sandbox.inject_events(
        [{"mail_id": letter_id, "type": "message_open", "date": date} for date in dates]
    )
    sandbox.inject_event(key="k", type="strange", email="other@x.example")
    statistics = client.statistics(letter_id)
    assert len(ids) == 4 and statistics["open_count"] == 4
    assert statistics["first_open"] == "2026-03-22T08:06:00.000+03:00"
    assert statistics["last_open"] == "2026-03-22T09:06:00.000+03:00"
    assert (statistics["events"][-1]["type"], statistics["events"][-1]["email"]) == (
        "strange",
        "other@x.example",
    )


def test_event_of_no_letter_is_refused(sandbox):
    with pytest.raises(RuntimeError, match="mail_id or key"):
        sandbox.inject_event(mail_id=99, type="message_open")
