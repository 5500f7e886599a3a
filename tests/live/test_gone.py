# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a letter hangs on is deleted, and the news of it comes all the same."""

import pytest
import requests
from forks import SYNC
from test_trouble import count_events, open_event, webhook_url

from devtools.paths import DEV

OFFER = ("Offer.pdf", b"%PDF-1.4 offer")
WRITE = """
groups = env.ref('base.group_user') + env.ref('b2b_family_mail.group_user')
user = env['res.users'].create({{
    'name': 'Gone', 'login': 'gone-{0}', 'email': 'gone@shop.example',
    'group_ids': [(6, 0, groups.ids)],
}})
reader = env['res.partner'].create({{'name': 'Rita', 'email': 'rita@client.example'}})
own = env(user=user.id)
file = own['ir.attachment'].create({{
    'name': 'Offer.pdf', 'raw': b'%PDF-1.4 offer', 'res_model': 'mail.mail',
}})
own['mail.mail'].create({{
    'b2b_send': True, 'subject': 'Offer', 'body_html': '<p>Hello</p>',
    'recipient_ids': [(6, 0, reader.ids)], 'attachment_ids': [(6, 0, file.ids)],
}}).action_b2b_send()
"""
LETTER = "letter = env['b2b.family.letter'].search([])\n"
DELETE = {
    "mail": f"{LETTER}letter.mail_id.unlink()",
    "message": f"{LETTER}letter.message_id.unlink()",
    "user": f"{LETTER}letter.author_id.user_ids.unlink()",
    "author": f"{LETTER}author = letter.author_id; author.user_ids.unlink();"
    " author.unlink()",
    "recipient": f"{LETTER}letter.partner_id.unlink()",
    "attachment": f"{LETTER}letter.attachment_ids.ir_attachment_id.unlink()",
    "letter": f"{LETTER}letter.unlink()",
}


@pytest.mark.parametrize("gone", DELETE)
def test_late_news_of_what_was_deleted_is_taken_in(world, forks, gone):
    assert forks.run(WRITE.format(gone)) == [0]
    [(key, ref)] = world.sql("SELECT key, ref FROM b2b_family_letter")
    [(file_ref,)] = world.sql("SELECT ref FROM b2b_family_letter_attachment")
    assert forks.run(DELETE[gone]) == [0]
    news = open_event({"ref": ref, "key": key}, 1)
    file = {"id": "e-2", "type": "attachment_open", "attachment_id": file_ref}
    answer = requests.post(webhook_url(world), json=[news, news | file], timeout=30)
    assert forks.run(SYNC) == [0]
    print(
        f"{gone} gone: {answer.status_code}, {count_events(world)} events,"
        f" letters {world.states()}"
    )
    assert answer.status_code == 200
    # Who was erased stays so: news of it is answered and left out.
    assert count_events(world) == (0 if gone == "recipient" else 2)
    expected = {"recipient": {"sent": 1}, "letter": {}}
    assert world.states() == expected.get(gone, {"opened": 1})


def test_a_file_gone_from_the_store_fails_by_name_before_any_call(world):
    world.set_parameter("ir_attachment.location", "file")
    sent = world.write_mail("rita@client.example", files=[OFFER])
    world.set_parameter("ir_attachment.location", "db")
    [(path,)] = world.sql(
        "SELECT store_fname FROM ir_attachment WHERE name = %s AND store_fname <> ''",
        OFFER[0],
    )
    store = DEV / "odoo-data" / "filestore" / world.server.database
    (store / path).unlink()
    world.press_send(sent)
    letter = world.letter(sent)
    calls = {name: len(world.sandbox.requests(name)) for name in ("upload", "send")}
    print(f"File gone: {calls}, {letter['state']}, “{letter['failure_reason']}”")
    assert letter["state"] == "failed"
    assert OFFER[0] in letter["failure_reason"]
    assert calls == {"upload": 0, "send": 0}
