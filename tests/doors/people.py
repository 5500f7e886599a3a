# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Everybody who could knock: a session a role, in two companies, on a server."""

import re
from contextlib import suppress
from dataclasses import dataclass

import psycopg2
import requests
from world import Rpc, RpcError, World

from devtools.sandbox.control import wait_for

READER = "rita@client.example"
PASSWORD = "a-long-password"
# Whoever writes to customers may also keep their contacts, and export lists.
OFFICE = ("base.group_user", "base.group_partner_manager", "base.group_allow_export")
SENDER = (*OFFICE, "b2b_family_mail.group_user")
MANAGER = (*OFFICE, "b2b_family_mail.group_manager")
# login -> groups, whether the second company's
PEOPLE = {
    "alice": (SENDER, False),
    "bob": (SENDER, False),
    "mgr": (MANAGER, False),
    "emp": (("base.group_user",), False),
    "port": (("base.group_portal",), False),
    "carol": (SENDER, True),
    "mgr2": (MANAGER, True),
}
# The scheduled actions of core and ours would write while tests compare.
STOP_CRONS = "UPDATE ir_cron SET active = false"
PARAMETERS = (
    "SELECT key, value FROM ir_config_parameter WHERE key LIKE 'b2b_family_mail.%%'"
)

# Words with a button to the settings; core writes them down as if it had crashed.
REDIRECT = re.compile(r"^odoo\.exceptions\.RedirectWarning: ", re.MULTILINE)


def complaints(part):
    """Return what no call may leave in a log, whatever it was given."""
    return [error for error in part.errors() if not REDIRECT.search(error)]


class Refused(RpcError):
    """What Odoo answered instead of doing it. ``kind``: the exception's class."""

    KINDS = ("AccessError", "UserError", "MissingError", "ValidationError", "NotFound")

    def __init__(self, error):
        super().__init__(error["data"]["message"])
        self.kind = error["data"]["name"].rpartition(".")[2]
        self.trace = error["data"].get("debug", "")

    @property
    def is_ours(self):
        """Whether the addon raised it, and not core."""
        places = re.findall(r'File "(.*?)", line', self.trace)
        return bool(places) and "b2b_family_mail/" in places[-1]

    @property
    def is_clean(self):
        """Whether it is a refusal in words, not a crash."""
        return self.kind in (*self.KINDS, "SessionExpiredException", "AccessDenied")


class Person(Rpc):
    """A user's session, or a stranger's: one that was never logged in."""

    def __init__(self, url, database, login=None, password=PASSWORD):
        self.login = login
        if login:
            super().__init__(url, database, login, password)
        else:
            self.url = url
            self.session = requests.Session()
            self.session.trust_env = False

    def _post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.url + path, json=body, timeout=90).json()
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("result")

    def attempt(self, model, method, *args, **kwargs):
        """Return what a call answered, or the ``Refused`` that it raised."""
        try:
            return self.call(model, method, *args, **kwargs)
        except Refused as refused:
            return refused

    def refusal(self, model, method, *args, **kwargs):
        """Return the kind of the ``Refused`` that a call raises, None if none."""
        answer = self.attempt(model, method, *args, **kwargs)
        return answer.kind if isinstance(answer, Refused) else None


@dataclass
class Ids:
    """Of one login: the user, the contact behind it, the company."""

    user: int
    partner: int
    company: int


class Doors(World):
    """A world with ``PEOPLE``, each as a session by the login: ``doors.alice``.

    No scheduled action runs by itself. ``ids`` are the ``Ids`` by login.
    """

    def _set_up(self):
        super()._set_up()
        self.sql(STOP_CRONS)
        self.company_2 = self.admin.create("res.company", name="Second")
        self.ids = {}
        for login, (groups, second) in PEOPLE.items():
            self.ids[login] = self._hire(login, groups, second)
            person = self.sit_down(login)
            person.id = self.ids[login].user
            setattr(self, login, person)
        self.stranger = self.sit_down()

    def _hire(self, login, groups, second):
        company = self.company_2 if second else 1
        user = self.admin.create(
            "res.users",
            name=login.capitalize(),
            login=login,
            password=PASSWORD,
            email=f"{login}@shop.example",
            company_id=company,
            company_ids=[(6, 0, [company])],
            group_ids=[(6, 0, [self.sql_id(name) for name in groups])],
        )
        [(partner,)] = self.sql("SELECT partner_id FROM res_users WHERE id = %s", user)
        return Ids(user, partner, company)

    def sit_down(self, login=None):
        """Return a session of one of ``PEOPLE``, or of nobody."""
        return Person(self.server.url, self.server.database, login)

    def reset(self):
        """Also the account: a test may have pointed it at another service."""
        self.connect()
        self.sql("DELETE FROM b2b_family_service_status WHERE user_id IS NOT NULL")
        self.sql("UPDATE b2b_family_service_status SET paused_until = NULL")
        self.settle()
        try:
            super().reset()
        except psycopg2.errors.DeadlockDetected:
            super().reset()  # what the last test left behind has ended meanwhile

    # -- letters

    def draft(self, person, *, to=READER, subject="Offer", **values):
        """Return the id of a draft that ``person`` has written."""
        letter = {"b2b_send": True, "subject": subject, "body_html": "<p>Hello</p>"}
        return person.call("mail.mail", "create", letter | {"email_to": to} | values)

    def send(self, person, mail):
        """Press the button, and let the letters leave, many by the scheduled action."""
        person.call("mail.mail", "action_b2b_send", [mail])
        self.settle()

    def settle(self):
        """Wait until all letters that leave at once have left, if they do."""
        leaving = (
            "SELECT 1 FROM b2b_family_letter WHERE state = 'sending'"
            " OR state = 'queued' AND COALESCE(try_count, 0) = 0"
            " AND next_try_date IS NULL"
        )
        with suppress(TimeoutError):
            wait_for(lambda: not self.sql(leaving), 10, "letters to leave")

    def sent(self, person, **values):
        """Return the id of a mail that ``person`` has sent; its letters are out."""
        mail = self.draft(person, **values)
        self.send(person, mail)
        assert self.letter_rows(mail, "state") in ([("sent",)], [("opened",)])
        return mail

    def letter_rows(self, mail, columns="*"):
        query = f"SELECT {columns} FROM b2b_family_letter WHERE mail_id = %s ORDER BY 1"
        return self.sql(query, mail)

    def mail_row(self, mail):
        """Return a mail with its message as they are stored, None when it is gone."""
        rows = self.sql(
            "SELECT mail::text, message::text FROM mail_mail mail"
            " JOIN mail_message message ON message.id = mail.mail_message_id"
            " WHERE mail.id = %s",
            mail,
        )
        return rows[0] if rows else None

    def parameters(self):
        """Return the addon's settings as they are stored."""
        return dict(self.sql(PARAMETERS))

    def open(self, mail):
        """Let the readers open a mail that was sent."""
        [(ref,)] = self.letter_rows(mail, "ref")
        self.sandbox.inject_event(mail_id=ref, type="message_open")
        opened = [("opened",)]
        wait_for(lambda: self.letter_rows(mail, "state") == opened, 15, "the open")
