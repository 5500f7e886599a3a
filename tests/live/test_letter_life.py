# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One letter's life, from the button to the news of it, with nothing made up."""

from email.message import EmailMessage

import pytest

from devtools.sandbox.control import wait_for

ADDRESSES = ("anna@client.example", "bob@client.example", "carl@client.example")
OFFER = ("Коммерческое предложение 🚀.pdf", b"%PDF-1.4 \x00\xff offer")


def send_and_open(world):
    """Send to three readers; Bob opens the letter and its attachment."""
    mail = world.send_mail(*ADDRESSES, files=[OFFER], subject="Предложение")
    caught = world.sandbox.wait_mailbox(3)
    assert sorted(letter["to"] for letter in caught) == [[to] for to in ADDRESSES]
    [bobs] = [letter["id"] for letter in caught if letter["to"] == [ADDRESSES[1]]]
    world.sandbox.open_letter(bobs)
    assert world.sandbox.open_attachment(bobs) == OFFER[1]
    return mail


def files(world, mail):
    return world.seller.read(
        "b2b.family.letter.attachment",
        [("letter_id.mail_id", "=", mail)],
        *("letter_id", "opened", "name"),
    )


def assert_only_bob_is_shown(world, mail):
    anna, bob, carl = world.wait_state(mail, "sent", "opened", "sent")
    assert bob["first_open_date"] and bob["last_open_date"]
    assert not anna["first_open_date"] and not carl["first_open_date"]
    wait_for(lambda: any(file["opened"] for file in files(world, mail)), 15, "the file")
    opened = {file["letter_id"][0]: file["opened"] for file in files(world, mail)}
    assert opened == {anna["id"]: False, bob["id"]: True, carl["id"]: False}
    assert {file["name"] for file in files(world, mail)} == {OFFER[0]}
    assert world.mail(mail)["b2b_state"] == "opened"


def events(world):
    return world.sql("SELECT source, count(*) FROM b2b_family_event GROUP BY source")


def test_the_webhook_brings_the_news(world):
    mail = send_and_open(world)
    assert_only_bob_is_shown(world, mail)
    assert world.sandbox.accepted() == 3
    assert dict(events(world)).keys() == {"webhook"}
    # Asking brings nothing new: each event is there once.
    world.seller.call("mail.mail", "action_b2b_refresh", [mail])
    assert dict(events(world)).keys() == {"webhook"}


def test_the_cron_brings_the_same_news(world):
    world.sandbox.fault("webhook", "hold", times=None)
    mail = send_and_open(world)
    world.shift("next_sync_date", -1, mail)
    world.run_cron("ir_cron_sync")
    assert_only_bob_is_shown(world, mail)
    assert dict(events(world)).keys() == {"poll"}


@pytest.fixture
def alias_domain(world):
    """Answers to documents come to Odoo; the seller writes in the chatter of contacts."""
    writer = world.sql_id("base.group_partner_manager")
    seller = "res.users", "write", [world.seller_id()]
    world.admin.call(*seller, {"group_ids": [(4, writer)]})
    domain = world.admin.create("mail.alias.domain", name="shop.example")
    [(company,)] = world.sql("SELECT company_id FROM res_users WHERE login = 'admin'")
    company = "res.company", "write", [company]
    world.admin.call(*company, {"alias_domain_id": domain})
    yield
    world.admin.call(*company, {"alias_domain_id": False})
    world.admin.call("mail.alias.domain", "unlink", [domain])
    world.admin.call(*seller, {"group_ids": [(3, writer)]})


def test_an_answer_comes_back_to_the_letter(world, alias_domain):
    """By the address that the service puts into the letter, and by nothing else."""
    reader = world.admin.create("res.partner", name="Anna", email=ADDRESSES[0])
    mail = world.seller.create(
        "mail.mail",
        b2b_send=True,
        subject="Offer",
        body_html="<p>Hello</p>",
        recipient_ids=[(4, reader)],
    )
    world.press_send(mail)
    [caught] = world.sandbox.wait_mailbox(1)
    headers = dict(world.sandbox.letter(caught["id"])["headers"])
    answer = EmailMessage()
    answer["From"], answer["To"] = ADDRESSES[0], headers["Reply-To"]
    answer["Message-ID"] = "<answer@client.example>"
    answer["In-Reply-To"] = headers.get("Message-ID", "<unknown@b2b.example>")
    answer.set_content("Yes, please.")
    gateway = "mail.thread", "message_process", "res.partner", str(answer)
    assert world.admin.call(*gateway) == reader
    [letter] = world.wait_state(mail, "answered")
    assert letter["first_open_date"]
    assert dict(events(world)) == {"mail": 1}


def test_nothing_secret_reaches_the_browser(world):
    names = ("api_key", "app_key", "mail_password", "secret_key")
    fields = [f"b2b_family_{name}" for name in names]
    [shown] = world.admin.call("res.config.settings", "read", [world.settings], fields)
    assert not any(shown[name] for name in fields)
    token = world.admin.call(
        "ir.config_parameter", "get_param", "b2b_family_mail.webhook_token"
    )
    said = world.server.log_path.read_text()
    assert token and token not in said.replace(f"/b2b_family/webhook/{token}", "")
