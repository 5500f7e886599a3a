# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Attachments: large, empty, and with names that break what is built carelessly."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from world import RpcError

MAX_BYTES = 25 * 1024 * 1024
FILES = {
    "Cyrillic": ("Коммерческое предложение № 7.pdf", b"%PDF-1.4 \x00\xff"),
    "emoji": ("🚀 offer 👩‍👩‍👧.pdf", "🚀".encode()),
    "right to left": ("הצעת מחיר.pdf", bytes(range(256))),
    "direction marks": ("\u202edoc\u202c.pdf", b"x"),
    "combining": ("e\u0301te\u0301.pdf", b"x"),
    "quotes": ("a \"b\" 'c' & <d>;.pdf", b"x"),
    "255 bytes": ("ы" * 125 + "o.pdf", b"x"),
    "255 characters": ("f" * 251 + ".pdf", b"x"),
    "no extension": ("offer", b"x"),
    "line breaks in the content": ("a.txt", b"\r\n--\r\n\n\r"),
    "empty": ("empty.txt", b""),
}
STORE = """
env['ir.attachment'].with_user({uid}).create([{{
    'name': f'Film {{n}}.bin', 'res_model': 'mail.mail',
    'raw': str(n).encode() + bytes({size} - 1),
}} for n in range({count})])
"""


def memory(world, name):
    """Return a figure of the server's memory in bytes, as the kernel has it."""
    status = Path(f"/proc/{world.server.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(name)]
    return int(line.split()[1]) * 1024


def start_peak(world):
    Path(f"/proc/{world.server.process.pid}/clear_refs").write_text("5")


def test_names_and_contents_arrive_byte_for_byte(world):
    mail = world.send_mail("rita@client.example", files=FILES.values())
    world.wait_state(mail, "sent")
    [caught] = world.sandbox.wait_mailbox(1)
    [letter] = world.sandbox.state()["letters"]
    names = [file["name"] for file in letter["attachments"]]
    contents = [
        world.sandbox.open_attachment(caught["id"], index)
        for index in range(len(FILES))
    ]
    arrived = dict(zip(names, contents, strict=True))
    print(f"{len(arrived)} of {len(FILES)} files arrived: {', '.join(FILES)}")
    assert arrived == dict(FILES.values())


@pytest.fixture
def films(world, forks):
    """Five files of exactly the largest size, in the store as Odoo usually has it."""
    world.set_parameter("ir_attachment.location", "file")
    code = STORE.format(size=MAX_BYTES, count=5, uid=world.seller_id())
    assert forks.run(code) == [0]
    world.set_parameter("ir_attachment.location", "db")
    rows = world.sql("SELECT id FROM ir_attachment WHERE name ~ '^Film'")
    yield [film for (film,) in rows]
    world.sql("DELETE FROM ir_attachment WHERE name ~ '^Film'")


def test_five_large_files_at_once_are_streamed(world, films):
    world.sandbox.settings(deliver=False)
    mails = [world.write_mail(f"reader{film}@client.example") for film in films]
    for mail, film in zip(mails, films, strict=True):
        world.seller.call(
            "mail.mail", "write", [mail], {"attachment_ids": [(6, 0, [film])]}
        )
    world.send_mail("known@client.example")  # what is loaded once is loaded
    start_peak(world)
    before = memory(world, "VmRSS")
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(world.press_send, mails))
    for mail in mails:
        world.wait_state(mail, "sent", timeout=30)
    rise = memory(world, "VmHWM") - before
    print(
        f"5 files of 25 MB at once: memory {before >> 20} MB, rises by {rise >> 20} MB;"
        f" {len(world.sandbox.requests('upload'))} uploaded"
    )
    assert len(world.sandbox.requests("upload")) == 5
    assert world.sandbox.accepted() == 6
    assert rise < 2 * MAX_BYTES


def test_a_byte_more_is_refused_by_name_before_any_call(world):
    content = base64.b64encode(bytes(MAX_BYTES + 1)).decode()
    film = world.seller.create(
        "ir.attachment", name="Too long.bin", datas=content, res_model="mail.mail"
    )
    mail = world.write_mail("rita@client.example")
    world.seller.call(
        "mail.mail", "write", [mail], {"attachment_ids": [(6, 0, [film])]}
    )
    with pytest.raises(RpcError) as refusal:
        world.press_send(mail)
    print(f"25 MB and a byte: {refusal.value}")
    assert "Too long.bin" in str(refusal.value)
    assert not world.sandbox.requests("upload") and not world.sandbox.requests("send")
