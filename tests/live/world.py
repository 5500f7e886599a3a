# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A real Odoo server and a real sandbox service, seen from outside."""

import base64
import threading
from contextlib import contextmanager, suppress

import psycopg2
import requests

from devtools.odoo_log import Part
from devtools.sandbox.control import Sandbox, wait_for
from devtools.server import OdooServer

SELLER = ("seller", "seller-password")
ADMIN = ("admin", "admin")
# The letters of a mail of which the outcome is to come.
LEAVING = """
SELECT 1 FROM b2b_family_letter WHERE mail_id = %s AND (state = 'sending'
    OR state = 'queued' AND COALESCE(try_count, 0) = 0 AND next_try_date IS NULL)
"""


class RpcError(Exception):
    """Odoo's answer to a call that it refused: the words that a person would read."""


class Rpc:
    """One user's session, speaking JSON-RPC as the web client does."""

    def __init__(self, url, database, login, password):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        credentials = {"db": database, "login": login, "password": password}
        self._post("/web/session/authenticate", credentials)

    def call(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def create(self, model, **values):
        return self.call(model, "create", values)

    def read(self, model, domain, *fields):
        return self.call(model, "search_read", domain, list(fields), order="id")

    def _post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.url + path, json=body, timeout=90).json()
        if "error" in answer:
            raise RpcError(answer["error"]["data"]["message"])
        return answer.get("result")


class World:
    """Odoo on a database of its own, connected to a sandbox.

    ``admin`` and ``seller`` are the sessions of an administrator and of an employee
    who may only send letters. A ``copy`` of a world's database is set up already.
    """

    def __init__(self, sandbox: Sandbox, server: OdooServer, copy=False):
        self.sandbox = sandbox
        self.server = server
        self.admin = self.log_in(*ADMIN)
        if not copy:
            self._set_up()
        self.settings = self.admin.create("res.config.settings")
        self.seller = self.log_in(*SELLER)

    def log_in(self, login, password):
        return Rpc(self.server.url, self.server.database, login, password)

    def log(self, name):
        """Return where another process of this world may log to."""
        return self.server.log_path.with_name(f"{self.server.database}_{name}.log")

    def sql(self, query, *values):
        """Run a statement as from psql; return its rows if it has any."""
        return sql(self.server.database, query, values)

    def wait_for_lock(self, what):
        """Wait until a connection to the database waits for another's lock."""
        waits = (
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        wait_for(lambda: self.sql(waits), 15, what)

    # -- set-up

    def _set_up(self):
        self.set_parameter("web.base.url", self.server.url)
        self.set_parameter("web.base.url.freeze", "True")
        groups = ("base.group_user", "b2b_family_mail.group_user")
        refs = [self.sql_id(name) for name in groups]
        self.admin.create(
            "res.users",
            name="Sally Seller",
            login=SELLER[0],
            password=SELLER[1],
            email="sally@shop.example",
            group_ids=[(6, 0, refs)],
        )
        self.connect()

    def connect(self):
        """Enter the sandbox's address and account in the settings."""
        credentials = self.sandbox.credentials
        self.admin.create(
            "res.config.settings",
            b2b_family_api_url=self.sandbox.url,
            b2b_family_app_key=credentials["app_key"],
            b2b_family_secret_key=credentials["secret_key"],
            b2b_family_email=credentials["email"],
            b2b_family_mail_password=credentials["password"],
        )

    @contextmanager
    def watched(self):
        """Begin without letters; yield what is logged meanwhile: it may hold no secret."""
        part = Part(self.server.log_path)
        self.reset()
        yield part
        said = part.read()
        for name in ("app_key", "secret_key", "password"):
            assert self.sandbox.credentials[name] not in said

    def reset(self):
        """Forget all letters, here and there, and connect anew."""
        self.sandbox.clear_faults()
        self.sandbox.wait_done()
        self.sandbox.reset()
        self.sql("DELETE FROM mail_mail WHERE b2b_send OR b2b_plain")
        self.sql("DELETE FROM b2b_family_event")
        self.sql("DELETE FROM b2b_family_letter")
        self.set_parameter("b2b_family_mail.email_update_rate", "3600")
        self.set_parameter("b2b_family_mail.settle_seconds", "0")
        self.set_parameter("b2b_family_mail.webhook_ref", False)
        self.press_settings("action_b2b_get_api_key")
        self.press_settings("action_b2b_subscribe")

    def press_settings(self, button):
        return self.admin.call("res.config.settings", button, [self.settings])

    def set_parameter(self, key, value):
        self.admin.call("ir.config_parameter", "set_param", key, value)

    def sql_id(self, xml_id):
        module, _, name = xml_id.partition(".")
        [(record_id,)] = self.sql(
            "SELECT res_id FROM ir_model_data WHERE module = %s AND name = %s",
            module,
            name,
        )
        return record_id

    # -- a salesperson's work

    def seller_id(self):
        [(user,)] = self.sql("SELECT id FROM res_users WHERE login = %s", SELLER[0])
        return user

    def write_mail(self, *addresses, files=(), subject="Offer"):
        """Return the id of a draft; ``files`` are pairs of name and content."""
        attachments = [
            self.seller.create(
                "ir.attachment",
                name=name,
                datas=base64.b64encode(content).decode(),
                res_model="mail.mail",
            )
            for name, content in files
        ]
        return self.seller.create(
            "mail.mail",
            b2b_send=True,
            subject=subject,
            body_html="<p>Hello</p>",
            email_to=", ".join(addresses),
            attachment_ids=[(6, 0, attachments)],
        )

    def compose_mailing(self, addresses):
        """Return the ids of contacts, and of a composer with a mailing to them."""
        contacts = self.admin.call(
            "res.partner",
            "create",
            [{"name": address, "email": address} for address in addresses],
        )
        composer = self.seller.call(
            "mail.compose.message",
            "create",
            {
                "composition_mode": "mass_mail",
                "model": "res.partner",
                "res_ids": repr(contacts),
                "subject": "Price list",
                "body": "<p>Good day</p>",
            },
        )
        return contacts, composer

    def press_send(self, mail, rpc=None):
        return (rpc or self.seller).call("mail.mail", "action_b2b_send", [mail])

    def send_mail(self, *addresses, **options):
        """Return the id of a mail that was sent, its letters tried once if they can be."""
        mail = self.write_mail(*addresses, **options)
        self.press_send(mail)
        # The button waits for a few letters, but not as long as a busy machine needs.
        if len(addresses) <= 5:
            with suppress(TimeoutError):
                wait_for(lambda: not self.sql(LEAVING, mail), 5, "letters to leave")
        return mail

    def mail(self, mail):
        [values] = self.seller.read(
            "mail.mail", [("id", "=", mail)], "state", "b2b_state", "b2b_failure_reason"
        )
        return values

    def letters(self, mail):
        """Return the letters of a mail, as the salesperson reads them."""
        return self.seller.read(
            "b2b.family.letter",
            [("mail_id", "=", mail)],
            *("email", "state", "ref", "key", "open_count"),
            *("first_open_date", "last_open_date", "failure_reason"),
        )

    def letter(self, mail):
        [letter] = self.letters(mail)
        return letter

    def wait_state(self, mail, *states, timeout=15):
        """Return the letters once their states are these, in order of their ids."""

        def arrived():
            query = "SELECT state FROM b2b_family_letter WHERE mail_id = %s ORDER BY id"
            if [state for (state,) in self.sql(query, mail)] != list(states):
                return None  # at a tenth of what it costs to ask Odoo
            letters = self.letters(mail)
            return [letter["state"] for letter in letters] == list(states) and letters

        try:
            return wait_for(arrived, timeout, f"letters to be {states}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; they are {self.letters(mail)}") from None

    # -- all letters

    def states(self):
        """Return how many letters are in each state."""
        return dict(
            self.sql("SELECT state, count(*) FROM b2b_family_letter GROUP BY state")
        )

    def wait_states(self, timeout=15, **states):
        """Wait until so many letters are in each of these states."""
        try:
            wait_for(lambda: self.states() == states, timeout, f"letters: {states}")
        except TimeoutError as error:
            why = "state, claim_date, next_try_date, failure_reason"
            kinds = self.sql(
                f"SELECT count(*), {why} FROM b2b_family_letter GROUP BY {why}"
            )
            raise TimeoutError(f"{error}; they are {kinds}") from None

    def counts(self):
        """Return how often the service accepted each letter, by its key."""
        return self.sandbox.state(letters=False)["accepted"]["by_key"]

    # -- time

    def age(self, minutes=11):
        """Let time pass for all letters that wait, are claimed or in doubt."""
        self.sql(
            "UPDATE b2b_family_letter SET"
            " claim_date = claim_date - %s * interval '1 minute',"
            " next_try_date = now() at time zone 'utc' - interval '1 minute'"
            " WHERE state IN ('queued', 'sending', 'unknown')",
            minutes,
        )

    def run_cron(self, name):
        """Let a scheduled action be due now, and wake the worker that runs it."""
        self.sql(
            "UPDATE ir_cron SET nextcall = now() at time zone 'utc' - interval '1 s'"
            " WHERE id = %s",
            self.sql_id(f"b2b_family_mail.{name}"),
        )
        sql("postgres", "SELECT pg_notify('cron_trigger', %s)", [self.server.database])

    @contextmanager
    def mail_server(self, address):
        """Yield the id of an outgoing server of Odoo's own, at ``host:port``."""
        host, _colon, port = address.partition(":")
        server = self.admin.create(
            "ir.mail_server",
            name="Ordinary mail",
            smtp_host=host,
            smtp_port=int(port),
            smtp_encryption="none",
        )
        try:
            yield server
        finally:
            self.admin.call("ir.mail_server", "unlink", [server])

    def set_crons(self, active):
        """Switch the addon's scheduled actions; one that runs now ends first."""
        self.sql(
            "UPDATE ir_cron SET active = %s WHERE id IN (SELECT res_id FROM"
            " ir_model_data WHERE model = 'ir.cron' AND module = 'b2b_family_mail')",
            active,
        )

    def shift(self, column, minutes, mail):
        """Let a date of the letters of a mail lie ``minutes`` from now."""
        self.sql(
            f"UPDATE b2b_family_letter SET {column} ="
            " now() at time zone 'utc' + %s * interval '1 minute' WHERE mail_id = %s",
            minutes,
            mail,
        )

    def restart(self):
        """Start the server, again after a crash or another one; all stay logged in."""
        self.server.start()
        # Odoo keeps sessions in files, and to check a password takes it long.
        for rpc in (self.admin, self.seller):
            rpc.url = self.server.url


_kept = (
    threading.local()
)  # connections by database: a new one costs more than most queries


def sql(database, query, values=()):
    """Run a statement on a database; return its rows if it has any."""
    try:
        return _ask(_connection(database), query, values)
    except (psycopg2.OperationalError, psycopg2.InterfaceError):
        connection = _kept.__dict__.pop(database, None)
        if not (connection and connection.closed):
            raise
        # The database was dropped, or its server restarted, since the last statement.
        return _ask(_connection(database), query, values)


def _connection(database):
    connections = _kept.__dict__
    if database not in connections:
        # PGHOST and the like are in the environment.
        connections[database] = psycopg2.connect(dbname=database)
        connections[database].autocommit = True
    return connections[database]


def _ask(connection, query, values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []
