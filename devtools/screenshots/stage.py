"""Acts a story out: people and letters are made over Odoo's own RPC, readers are the sandbox's."""

import base64
import contextlib
import time
import xmlrpc.client

import psycopg2

from ..paths import ADDON
from ..sandbox.control import Postbox, wait_for
from .story import DRAFT, IN_DOUBT, REFUSED, Letter, Story

PASSWORD = "b2b-family-2019"
GROUPS = {
    "seller": "b2b_family_mail.group_user",
    "manager": "b2b_family_mail.group_manager",
}
# Seconds between two links of a letter: at once they would be a program's doing.
APART = 12
# A whole one: the chatter shows its first page.
PDF = (ADDON / "demo" / "offer.pdf").read_bytes()


class Session:
    """One user's calls of Odoo's models."""

    def __init__(self, url: str, database: str, login: str, password: str):
        self._models = xmlrpc.client.ServerProxy(
            f"{url}/xmlrpc/2/object", allow_none=True
        )
        common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
        self.uid = common.authenticate(database, login, password, {})
        self._who = (database, self.uid, password)

    def __call__(self, model: str, method: str, *arguments, **keywords):
        return self._models.execute_kw(*self._who, model, method, arguments, keywords)


class Stage:
    """A fresh database whose server is running, and the sandbox; without its service
    Odoo itself delivers.
    """

    def __init__(self, url: str, database: str, sandbox: Postbox, story: Story):
        self.url, self.database, self.sandbox, self.story = (
            url,
            database,
            sandbox,
            story,
        )
        self.admin = Session(url, database, "admin", "admin")
        self._mails = {}
        self._people = []
        self._caught = {}

    def play(self) -> None:
        self._set_up()
        self._hire()
        self._meet()
        for letter in self._letters():
            self._mails[letter] = self._write(letter)
            if letter.outcome != DRAFT:
                self._send(letter)
        self._post()
        self._wait_until_heard()
        self._let_time_pass()

    def _letters(self) -> list[Letter]:
        """What is written: only the service can be told to refuse, or not to answer."""
        by_service = (REFUSED, IN_DOUBT)
        return [
            letter
            for letter in self.story.letters
            if self.sandbox.url or letter.outcome not in by_service
        ]

    def scenes(self) -> dict:
        """What the camera has to know: ids by the name of the scene, logins, one caught letter."""
        mails = {
            letter.scene: ids for letter, ids in self._mails.items() if letter.scene
        }
        letters = {
            scene: self.seller("b2b.family.letter", "search", [("mail_id", "=", mail)])
            for scene, mail in mails.items()
        }
        return {
            "mails": mails,
            "letters": letters,
            "contact": self._people[0],
            "caught": self._caught["opened"],
            "unread": self._caught["sent"],
            "consent": self._consent_page(),
            "login": "seller",
            "password": PASSWORD,
        }

    def _consent_page(self) -> str:
        """The address under a letter; the attachments' links stand below it."""
        links = self.sandbox.links(self._caught["sent"])
        ours = [link for link in links if "/b2b_family/privacy/" in link]
        return (ours or [link for link in links if "/t/a/" not in link])[-1]

    def _set_up(self) -> None:
        parameters = {"web.base.url": self.url, "web.base.url.freeze": "True"}
        parameters["b2b_family_mail.settle_seconds"] = "0"
        for key, value in parameters.items():
            self.admin("ir.config_parameter", "set_param", key, value)
        company = self.admin("res.company", "search", [], limit=1)
        self.admin("res.company", "write", company, {"name": self.story.company})
        if not self.sandbox.url:
            return self._set_up_post()
        account = dict(self.sandbox.credentials)
        account["mail_password"] = account.pop("password")
        values = {f"b2b_family_{name}": value for name, value in account.items()}
        settings = self.admin(
            "res.config.settings",
            "create",
            values | {"b2b_family_api_url": self.sandbox.url},
        )
        self.admin("res.config.settings", "action_b2b_get_api_key", [settings])
        self.admin("res.config.settings", "action_b2b_subscribe", [settings])

    def _set_up_post(self) -> None:
        """Have Odoo deliver by the mail server, with links in place of attachments."""
        host, _, port = self.sandbox.smtp.partition(":")
        values = {"name": "mail.example", "smtp_host": host, "smtp_port": int(port)}
        self.admin("ir.mail_server", "create", values)
        values = {"b2b_family_attachment_links": "instead"}
        self.admin("res.config.settings", "create", values)

    def _hire(self) -> None:
        """Make the users: a salesperson and a manager, in the story's language."""
        admins = [("id", "=", self.admin.uid)]
        common = {"lang": self.story.locale, "tz": "Europe/Moscow"}
        admin = self.admin("res.users", "search", admins)
        # By inbox: there is no ordinary mail server here, which the chatter would show.
        values = {"email": self.story.administrator, "notification_type": "inbox"}
        self.admin("res.users", "write", admin, common | values)
        for login, (name, email) in (
            ("seller", self.story.seller),
            ("manager", self.story.manager),
        ):
            groups = [self._ref("base.group_user"), self._ref(GROUPS[login])]
            if login == "seller":
                groups.append(self._ref("base.group_partner_manager"))
            user = {"login": login, "password": PASSWORD, "name": name, "email": email}
            user = self.admin(
                "res.users", "create", {**common, **user, "group_ids": [(6, 0, groups)]}
            )
            self.admin("res.users", "write", [user], {"odoobot_state": "disabled"})
        self.seller = Session(self.url, self.database, "seller", PASSWORD)

    def _ref(self, xmlid: str) -> int:
        module, _, name = xmlid.partition(".")
        domain = [("module", "=", module), ("name", "=", name)]
        (row,) = self.admin("ir.model.data", "search_read", domain, fields=["res_id"])
        return row["res_id"]

    def _meet(self) -> None:
        for name, company, email in self.story.people:
            parent = self.admin(
                "res.partner", "create", {"name": company, "is_company": True}
            )
            values = {
                "name": name,
                "email": email,
                "parent_id": parent,
                "lang": self.story.locale,
            }
            self._people.append(self.admin("res.partner", "create", values))

    def _write(self, letter: Letter) -> int:
        files = [
            {
                "name": name,
                "datas": base64.b64encode(PDF + b"%" + name.encode()).decode(),
                "mimetype": "application/pdf",
                "res_model": "mail.mail",
            }
            for name in letter.files
        ]
        attachments = self.seller("ir.attachment", "create", files) if files else []
        values = {
            "b2b_send": True,
            "subject": letter.subject,
            "body_html": letter.text,
            "recipient_ids": [
                (6, 0, [self._people[index] for index in letter.readers])
            ],
            "attachment_ids": [(6, 0, attachments)],
        }
        return self.seller("mail.mail", "create", values)

    def _send(self, letter: Letter) -> None:
        mail = self._mails[letter]
        if letter.outcome == REFUSED:
            self.sandbox.fault("send", "refuse", message=self.story.refusal)
        if letter.outcome == IN_DOUBT:
            self.sandbox.fault("send", "drop_after")
            self.sandbox.fault("find", "cannot_find", times=None)
        with contextlib.suppress(xmlrpc.client.Fault):
            self.seller("mail.mail", "action_b2b_send", [mail])
        wait_for(lambda: self._is_settled(mail), 30, f"“{letter.subject}” to be sent")
        for index in letter.opened_by:
            self._open(letter, self.story.people[index][2])
        if letter.scene in ("opened", "sent"):
            reader = self.story.people[letter.readers[0]]
            self._caught[letter.scene] = self._arrived(letter, reader[2])

    def _is_settled(self, mail: int) -> bool:
        waiting = ("queued", "sending")
        domain = [("mail_id", "=", mail)]
        letters = self.seller(
            "b2b.family.letter", "search_read", domain, fields=["state"]
        )
        return bool(letters) and not any(
            letter["state"] in waiting for letter in letters
        )

    def _arrived(self, letter: Letter, email: str) -> int:
        def arrived():
            return [
                caught
                for caught in self.sandbox.mailbox()
                if caught["subject"] == letter.subject and email in str(caught["to"])
            ]

        return wait_for(arrived, 10, f"the letter to {email}")[0]["id"]

    def _open(self, letter: Letter, email: str) -> None:
        caught = self._arrived(letter, email)
        for _number in range(letter.opens):
            self.sandbox.open_letter(caught, letter.program)
        for index in range(letter.files_opened):
            self.sandbox.open_attachment(caught, index)
        if letter.scene == "opened" and not self.sandbox.url:
            time.sleep(APART)
            self.sandbox.click(caught)

    def _post(self) -> None:
        """Send a letter from the chatter of the first contact; its reader opens it."""
        letter, contact = self.story.message, self._people[0]
        options = {"subject": letter.subject, "body": letter.text, "body_is_html": True}
        options |= {"partner_ids": [contact], "subtype_xmlid": "mail.mt_comment"}
        self.seller("res.partner", "message_post", [contact], b2b_send=True, **options)
        self._open(letter, self.story.people[0][2])

    def _wait_until_heard(self) -> None:
        letters = [*self._letters(), self.story.message]
        wanted = sum(len(letter.opened_by) for letter in letters)
        opened = [("state", "in", ("opened", "delivered"))]
        wait_for(
            lambda: self.seller("b2b.family.letter", "search_count", opened) >= wanted,
            30,
            "Odoo to hear of all opens",
        )
        time.sleep(1)  # attachments and repeated opens come right behind

    def _let_time_pass(self) -> None:
        """Make some letters older than this minute, everything about them alike."""
        with (
            psycopg2.connect(dbname=self.database) as connection,
            connection.cursor() as cursor,
        ):
            for letter, mail in self._mails.items():
                if letter.days_ago:
                    _age(cursor, mail, letter.days_ago)


def _age(cursor, mail: int, days: float) -> None:
    letters = "SELECT id FROM b2b_family_letter WHERE mail_id = %(mail)s"
    dates = {
        "b2b_family_letter": (
            "id",
            (
                "create_date",
                "claim_date",
                "sent_date",
                "first_open_date",
                "last_open_date",
            ),
        ),
        "b2b_family_letter_attachment": (
            "letter_id",
            ("first_open_date", "last_open_date"),
        ),
        "b2b_family_event": ("letter_id", ("date",)),
    }
    for table, (owner, columns) in dates.items():
        shifted = ", ".join(
            f"{name} = {name} - %(age)s * interval '1 day'" for name in columns
        )
        cursor.execute(
            f"UPDATE {table} SET {shifted} WHERE {owner} IN ({letters})",
            {"mail": mail, "age": days},
        )
    cursor.execute(
        "UPDATE mail_message SET date = date - %s * interval '1 day'"
        " WHERE id = (SELECT mail_message_id FROM mail_mail WHERE id = %s)",
        (days, mail),
    )
