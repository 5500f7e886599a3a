# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What there is to be reached for: letters of several people in two companies.

All that belongs to somebody carries the word ``canary-<login>``, so that an answer
shows whose it is.
"""

import base64

from people import Person

# role -> whose session it is
SESSIONS = {
    "stranger": "stranger",
    "portal": "port",
    "employee": "emp",
    "salesperson": "alice",
    "manager": "mgr",
    "administrator": "root",
    "salesperson_2": "carol",
    "manager_2": "mgr2",
}
AUTHORS = ("alice", "bob", "mgr", "carol", "mgr2")
COMPANIES = ({"alice", "bob", "mgr"}, {"carol", "mgr2"})
SCREENS = ("b2b.family.setup", "res.config.settings")
OF_A_LETTER = (
    "b2b.family.letter",
    "b2b.family.letter.attachment",
    "b2b.family.letter.activity",
    "b2b.family.event",
    "b2b.family.consent",
)
OWNED = (
    *OF_A_LETTER,
    "b2b.family.tally",
    *("mail.mail", "mail.message", "mail.notification", "ir.attachment", "res.users"),
    *("b2b.family.resend", "b2b.family.resend.line", "b2b.family.service.status"),
    "res.users.settings",
)
# What is compared; without columns that time changes, and contents that are long.
TABLES = {
    "mail_mail": "*",
    "mail_message": "*",
    "mail_notification": "*",
    "mail_followers": "*",
    "mail_activity": "*",
    "b2b_family_letter": "*",
    "b2b_family_letter_attachment": "*",
    "b2b_family_event": "*",
    "b2b_family_consent": "*",
    "b2b_family_tally": "*",
    "b2b_family_template": "*",
    "b2b_family_judgement": "*",
    "b2b_family_mail_domain": "*",
    "b2b_family_service_status": "id, user_id, paused_until, last_error_kind",
    "ir_attachment": "id, name, res_model, res_id, checksum, public, access_token",
    "ir_config_parameter": "id, key, value",
    "message_attachment_rel": "*",
    "mail_mail_res_partner_rel": "*",
    "res_partner": "id, name, email, b2b_tracking_consent, b2b_tracking_consent_date,"
    " b2b_tracking_consent_source, b2b_tracking_consent_documents",
    "res_company": "id, b2b_family_consent_line, b2b_family_consent_line_off",
    "res_users": "id, login, b2b_family_email, b2b_family_mail_password_kept,"
    " b2b_family_api_key_kept, b2b_notice_open, b2b_notice_answer,"
    " b2b_notice_attachment, b2b_notice_failure, b2b_notice_not_open,"
    " b2b_track_by_default",
}


class Scene:
    """The standing records; ``fresh_...`` makes others to be spoiled."""

    def __init__(self, doors):
        self.doors = doors
        self.root = Person(doors.server.url, doors.server.database, "admin", "admin")
        self.contact = doors.admin.create(
            "res.partner", name="Rita", email="rita@client.example"
        )
        self.template = self.fresh_template()
        line = {"name": "Account", "verdict": "good"}
        self.check = self.root.call(
            "b2b.family.check", "create", {"line_ids": [(0, 0, line)]}
        )
        self.setup = doors.admin.create("b2b.family.setup")
        [(self.judgement,)] = doors.sql(
            "INSERT INTO b2b_family_judgement (done_date) VALUES (now()) RETURNING id"
        )
        [(self.mail_domain,)] = doors.sql(
            "INSERT INTO b2b_family_mail_domain (name, asked_date)"
            " VALUES ('client.example', now()) RETURNING id"
        )
        [(contacts,)] = doors.sql("SELECT id FROM ir_model WHERE model = 'res.partner'")
        self.mail_template = doors.admin.create(
            "mail.template", name="canary", model_id=contacts
        )
        self.drafts, self.letters, self.posted, self.wizards = {}, {}, {}, {}
        self.resends, self.lines, self.tallies = {}, {}, {}
        for login in AUTHORS:
            self._furnish(login)
        self.files = {login: self.file(self.person(login), login) for login in AUTHORS}
        # Later an administrator removes some of it; now none may be missing.
        for model in OWNED:
            assert all(ids for _label, ids in self._owned(model, "salesperson")), model

    def _furnish(self, login):
        doors, person = self.doors, self.person(login)
        self.drafts[login] = self.fresh_draft(login)
        self.letters[login] = mail = self.fresh_letter(login)
        doors.open(mail)
        doors.sql(
            "UPDATE b2b_family_event SET url = %s WHERE letter_id IN"
            " (SELECT id FROM b2b_family_letter WHERE mail_id = %s)",
            *(f"https://canary-{login}.example", mail),
        )
        doors.sql(
            "INSERT INTO b2b_family_consent (partner_id, letter_id, company_id, email,"
            " words, kind, how) SELECT %s, id, company_id, email, %s, 'opens', 'page'"
            " FROM b2b_family_letter WHERE mail_id = %s",
            *(self.contact, f"canary-{login}", mail),
        )
        [(self.tallies[login],)] = doors.sql(
            "INSERT INTO b2b_family_tally (subject, author_id, company_id, date)"
            " SELECT %s, author_id, company_id, sent_date FROM b2b_family_letter"
            " WHERE mail_id = %s RETURNING id",
            *(f"canary-{login}", mail),
        )
        doors.sql(
            "INSERT INTO b2b_family_service_status (user_id) VALUES (%s)"
            " ON CONFLICT DO NOTHING",
            doors.ids[login].user,
        )
        # As the first page that somebody opens does.
        doors.sql(
            "INSERT INTO res_users_settings (user_id) VALUES (%s)"
            " ON CONFLICT DO NOTHING",
            doors.ids[login].user,
        )
        posted = person.call(
            "res.partner",
            "message_post",
            [self.contact],
            body=f"canary-{login}",
            partner_ids=[self.contact],
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            b2b_send=True,
        )
        doors.settle()
        self.posted[login] = posted[0] if isinstance(posted, list) else posted
        self.resends[login], self.lines[login] = self._resend(login)
        wizard = {
            "subject": f"canary-{login}",
            "body": f"<p>canary-{login}</p>",
            "model": "res.partner",
            "res_ids": str([self.contact]),
            "partner_ids": [(6, 0, [self.contact])],
            "scheduled_date": "2036-01-02 10:00:00",
        }
        self.wizards[login] = person.call("mail.compose.message", "create", wizard)

    def _resend(self, login):
        """Return the screen that asks where a letter is to go, as a button makes it."""
        [(resend,)] = self.doors.sql(
            "INSERT INTO b2b_family_resend (create_uid, create_date)"
            " VALUES (%s, now()) RETURNING id",
            self.doors.ids[login].user,
        )
        [letter] = self.of_letter("b2b.family.letter", self.letters[login])
        [(line,)] = self.doors.sql(
            "INSERT INTO b2b_family_resend_line"
            " (resend_id, letter_id, create_uid, create_date)"
            " VALUES (%s, %s, %s, now()) RETURNING id",
            *(resend, letter, self.doors.ids[login].user),
        )
        return resend, line

    def person(self, login):
        return self.root if login == "root" else getattr(self.doors, login)

    def file(self, person, login):
        return person.create(
            "ir.attachment",
            name=f"canary-{login}.txt",
            datas=base64.b64encode(f"canary-{login}".encode()).decode(),
            res_model="mail.mail",
        )

    def fresh_template(self):
        [(template,)] = self.doors.sql(
            "INSERT INTO b2b_family_template"
            " (name, ref, subject, body, fetched_date, active)"
            " VALUES ('Offer', gen_random_uuid(), 'Hi', '<p>Hi</p>', now(), true)"
            " RETURNING id"
        )
        return template

    def fresh_draft(self, login):
        person = self.person(login)
        values = (
            {}
            if login == "root"
            else {"attachment_ids": [(6, 0, [self.file(person, login)])]}
        )
        return self.doors.draft(
            person,
            subject=f"canary-{login}",
            body_html=f"<p>canary-{login}</p>",
            to=f"canary-{login}@client.example",
            **values,
        )

    def fresh_letter(self, login):
        mail = self.fresh_draft(login)
        self.doors.send(self.person(login), mail)
        [(state, reason)] = self.doors.letter_rows(mail, "state, failure_reason")
        assert state == "sent", reason
        return mail

    # -- what a role reaches for

    def targets(self, model, role, method="write"):
        """Return pairs: whose and what ("own_draft"), and the ids.

        "own" is the role's, "other" a colleague's, "foreign" of another company,
        "shared" for whoever has the right.
        """
        owned = self._owned(model, role)
        found = [pair for pair in owned if pair[1]] if owned else self._shared(model)
        # A button of a screen can be pressed without the screen.
        pressed = method.startswith("action_b2b") and model in SCREENS
        return [*found, ("shared", [])] if pressed else found

    def _owned(self, model, role):
        return [
            (f"{whose}_{what}", ids)
            for whose, login in self._owners(role)
            for what, ids in self._belonging(model, login, whose)
        ]

    def _owners(self, role):
        login = SESSIONS[role]
        if role.endswith("_2"):
            return [("foreign", "bob")]
        if login in AUTHORS:
            return [("own", login), ("other", "bob"), ("foreign", "carol")]
        return [("other", "bob")]

    def _belonging(self, model, login, whose):
        mail = self.letters[login]
        if model == "mail.mail" and whose == "foreign" and login == "carol":
            return [("sent", [mail])]
        if model == "mail.mail":
            return [("draft", [self.drafts[login]]), ("sent", [mail])]
        if model == "res.users":
            return [("user", [self.doors.ids[login].user])]
        if model == "res.users.settings":
            user = self.doors.ids[login].user
            return [("row", self._ids("res_users_settings", "id", "user_id", user))]
        if model == "b2b.family.service.status":
            return [("row", self._status(login if whose == "own" else None))]
        if model == "b2b.family.tally":
            return [("mailing", [self.tallies[login]])]
        if model == "b2b.family.resend":
            return [("screen", [self.resends[login]])]
        if model == "b2b.family.resend.line":
            return [("screen", [self.lines[login]])]
        if model == "mail.compose.message":
            return [("wizard", [self.wizards[login]])]
        if model == "mail.message":
            return [
                (
                    "draft",
                    self._ids("mail_mail", "mail_message_id", "id", self.drafts[login]),
                ),
                ("sent", [self.posted[login]]),
            ]
        if model == "ir.attachment":
            return [
                ("draft", self._files(self.drafts[login])),
                ("sent", self._files(mail)),
            ]
        if model == "mail.notification":
            posted = self.posted[login]
            return [
                (
                    "sent",
                    self._ids("mail_notification", "id", "mail_message_id", posted),
                )
            ]
        if model in OF_A_LETTER:
            return [("sent", self.of_letter(model, mail))]
        return []

    def of_letter(self, model, mail):
        """Return the letter of a mail, or what hangs on it: the first, as ids."""
        letters = self._ids("b2b_family_letter", "id", "mail_id", mail)
        if model == "b2b.family.letter":
            return letters[:1]
        if not letters:
            return []  # an administrator's call has removed it
        return self._ids(model.replace(".", "_"), "id", "letter_id", letters[0])[:1]

    def _files(self, mail):
        query = (
            "SELECT attachment_id FROM message_attachment_rel JOIN mail_mail"
            " ON mail_message_id = message_id WHERE mail_mail.id = %s"
        )
        return [row[0] for row in self.doors.sql(query, mail)]

    def _status(self, login):
        user = login and self.doors.ids[login].user
        query = "SELECT id FROM b2b_family_service_status WHERE user_id"
        if user:
            return [row[0] for row in self.doors.sql(query + " = %s", user)]
        return [row[0] for row in self.doors.sql(query + " IS NULL")]

    def _ids(self, table, column, where, value):
        query = f"SELECT {column} FROM {table} WHERE {where} = %s ORDER BY 1"
        return [row[0] for row in self.doors.sql(query, value)]

    def _shared(self, model):
        shared = {
            "b2b.family.template": [[self.template]],
            "mail.template": [[self.mail_template]],
            "b2b.family.check": [[self.check]],
            "b2b.family.check.line": [
                self._ids("b2b_family_check_line", "id", "check_id", self.check)
            ],
            "b2b.family.setup": [[self.setup]],
            "b2b.family.judgement": [[self.judgement]],
            "b2b.family.mail.domain": [[self.mail_domain]],
            "res.config.settings": [[self.doors.settings]],
            "res.partner": [[self.contact]],
            "res.company": [[1]],
            "ir.config_parameter": [
                self._ids(
                    "ir_config_parameter", "id", "key", "b2b_family_mail.mail_password"
                )
            ],
        }
        return [("shared", ids) for ids in shared.get(model, [[]])]

    # -- what has changed

    def snapshot(self):
        """Return a digest of each row, by table and id."""
        rows = self.doors.sql(
            " UNION ALL ".join(
                f"SELECT '{table}', md5(t::text), {self._key(table)}"
                f" FROM (SELECT {columns} FROM {table}) t"
                for table, columns in TABLES.items()
            )
        )
        return {(table, key): digest for table, digest, key in rows}

    def _key(self, table):
        return "t::text" if table.endswith("_rel") else "t.id::text"
