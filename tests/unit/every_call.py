# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each call of the client, and what a server says to it."""

from client import OutgoingLetter
from raw_server import answer

LETTER = OutgoingLetter(
    to="reader@example.com", subject="Offer", html="<p>Hello</p>", key="k-1"
)
CALLS = {
    "login": lambda client: client.login("app", "secret", "a@example.com", "pa$$ wörd"),
    "upload": lambda client: client.upload("a.txt", b"content"),
    "send": lambda client: client.send(LETTER),
    "generate_link": lambda client: client.generate_link(LETTER),
    "find": lambda client: client.find("k-1"),
    "statistics": lambda client: client.statistics("123"),
    "subscribe": lambda client: client.subscribe("https://odoo.example.com/hook"),
    "unsubscribe": lambda client: client.unsubscribe("5"),
    "template": lambda client: client.template("7"),
}
ONCE_ONLY = {"send", "generate_link"}


def says(client, server, call, status=200, body=None, **headers):
    server.script = answer(status, body, **headers)
    return CALLS[call](client)
