# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import requests

from odoo import api, fields, http, models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import config

from ..tools.rights import SEND_GROUP

TIMEOUT = 5  # seconds for each question to our own address
# The scheduled actions run every minute.
TICK = timedelta(seconds=1)
CRON_LATE = timedelta(minutes=10)


class B2BFamilyCheck(models.TransientModel):
    """*Test my tracking*: what must be right around this Odoo for news to arrive.

    Each question is asked from here, as the service or a browser would: through
    ``web.base.url``, and so through whatever proxy stands before Odoo.
    """

    _name = "b2b.family.check"
    _description = "B2B Family Check"

    line_ids = fields.One2many("b2b.family.check.line", "check_id", readonly=True)
    problem_count = fields.Integer(compute="_compute_problem_count")

    @api.depends("line_ids.verdict")
    def _compute_problem_count(self):
        for check in self:
            check.problem_count = len(
                check.line_ids.filtered(lambda line: line.verdict != "good")
            )

    @api.model
    def action_run(self):
        """Ask all questions and show the answers.

        :raise AccessError: the user is no administrator
        """
        self.env["b2b.family.service"]._check_administrator()
        answers = [ask() for ask in self._questions()]
        check = self.create({"line_ids": [fields.Command.create(a) for a in answers]})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test My Tracking"),
            "res_model": self._name,
            "res_id": check.id,
            "views": [(False, "form")],
            "target": "new",
        }

    # ------------------------------------------------------------
    # QUESTIONS
    # ------------------------------------------------------------

    @api.model
    def _questions(self):
        """Return the methods that each answer with the values of one line."""
        if not self._uses_service():
            ours = [self._check_database]
        else:
            ours = [
                *(self._check_account, self._check_address),
                *(self._check_database, self._check_webhook),
            ]
        return [
            *(*ours, self._check_websocket, self._check_proxy),
            *(self._check_crons, self._check_people),
        ]

    @api.model
    def _uses_service(self):
        service = self.env["b2b.family.service"]
        return service._is_begun() or service._get_param("carrier") == "service"

    @api.model
    def _check_account(self):
        name = self.env._("Account")
        service = self.env["b2b.family.service"]
        if service._is_on_hold():
            return self._bad(name, self._hold_words())
        if not service._get_param("api_key"):
            return self._bad(
                name,
                self.env._("There is no api key. Press “Get API key” in the settings."),
            )
        status = self.env["b2b.family.service.status"]._get_common()
        if status._is_unreadable():
            return self._bad(
                name,
                self.env._(
                    "The service takes our calls, but what it says of the letters cannot "
                    "be read. Switch on “Watch from here as well” in the settings."
                ),
            )
        failed = status.last_error_date
        if failed and failed > (status.last_success_date or failed - TICK):
            return self._bad(name, status.last_error)
        return self._good(name, self.env._("The service takes our calls."))

    @api.model
    def _hold_words(self):
        return self.env._(
            "This database is a copy that nobody has confirmed. Confirm in the "
            "settings that it is the real one."
        )

    @api.model
    def _check_address(self):
        name = self.env._("Address of this Odoo")
        try:
            self.env["b2b.family.service"]._webhook_url("")
        except UserError as error:
            return self._bad(name, str(error))
        return self._check_frozen(name)

    @api.model
    def _check_frozen(self, name):
        """Tell whether the address, which is right, stays as it is."""
        # sudo: as the administrator, who asks
        frozen = self.env["ir.config_parameter"].sudo().get_param("web.base.url.freeze")
        if not frozen:
            return self._weak(
                name,
                self.env._(
                    "%(url)s. It changes when an administrator logs in by another "
                    "address: set the system parameter web.base.url.freeze to True.",
                    url=self.get_base_url(),
                ),
            )
        return self._good(name, self.get_base_url())

    @api.model
    def _check_database(self):
        """Tell whether a caller without a session reaches this very database."""
        name = self.env._("Choice of the database")
        host = urlsplit(self.get_base_url()).hostname or ""
        found = http.db_filter(http.db_list(force=True), host=host)
        if found == [self.env.cr.dbname]:
            return self._good(name, self.env._("The address leads to this database."))
        return self._bad(
            name,
            self.env._(
                "Several databases, or another one, answer at %(host)s, so news does "
                "not find this one. Set “dbfilter” in Odoo's configuration so that the "
                "host name leads to %(database)s alone.",
                host=host,
                database=self.env.cr.dbname,
            ),
        )

    @api.model
    def _check_webhook(self):
        name = self.env._("Webhook")
        token = self.env["b2b.family.service"]._get_param("webhook_token").strip()
        if not token:
            return self._weak(
                name,
                self.env._(
                    "Nothing is subscribed, so opens are seen when Odoo asks, every few "
                    "minutes. Press “Subscribe” in the settings."
                ),
            )
        answer = self._ask("POST", f"/b2b_family/webhook/{token}", json=[])
        if answer == 200:
            return self._good(name, self.env._("Odoo hears it at its own address."))
        return self._bad(name, self._explain_answer(answer))

    @api.model
    def _check_websocket(self):
        name = self.env._("Live screens")
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        answer = self._ask(
            "GET",
            "/websocket",
            stream=True,
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": key,
                "Origin": self.get_base_url(),
            },
        )
        if answer == 101:
            return self._good(name, self.env._("Browsers can keep a connection."))
        return self._weak(
            name,
            self.env._(
                "Screens do not change by themselves: /websocket is not passed on to "
                "Odoo (%(answer)s). In the proxy, pass it to the gevent port, 8072, with "
                "the headers Upgrade and Connection.",
                answer=self._explain_answer(answer),
            ),
        )

    @api.model
    def _check_proxy(self):
        name = self.env._("Proxy")
        outside = urlsplit(self.get_base_url()).scheme
        inside = request.httprequest.scheme if request else outside
        if outside == "https" and inside == "http":
            return self._bad(
                name,
                self.env._(
                    "Odoo does not know that it is called by https. Set “proxy_mode = "
                    "True” in its configuration, and let the proxy send "
                    "X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-For."
                ),
            )
        if self._is_proxy_unknown():
            return self._bad(
                name,
                self.env._(
                    "Odoo takes all recipients for the proxy: it cannot tell where they are. "
                    "Set “proxy_mode = True” in its configuration, and let the proxy send "
                    "X-Forwarded-Host as well."
                ),
            )
        if not config["workers"]:
            return self._weak(
                name,
                self.env._(
                    "Odoo runs as one process with threads. On a company's server set "
                    "“workers” to 2 or more."
                ),
            )
        return self._good(name, self.env._("Odoo knows how it is called."))

    @api.model
    def _is_proxy_unknown(self):
        """Tell whether a proxy says for whom it calls, and Odoo does not listen."""
        if not request or not request.httprequest.headers.get("X-Forwarded-For"):
            return False
        has_host = request.httprequest.headers.get("X-Forwarded-Host")
        return not (config["proxy_mode"] and has_host)

    @api.model
    def _check_crons(self):
        name = self.env._("Scheduled actions")
        jobs = ("send", "sync", "not_open", "judge", "ask_domains")
        # sudo: as the administrator, who asks
        crons = (
            self.env["ir.cron"]
            .sudo()
            .union(*(self.env.ref(f"b2b_family_mail.ir_cron_{job}") for job in jobs))
        )
        if asleep := crons.filtered(lambda cron: not cron.active):
            return self._bad(
                name,
                self.env._(
                    "Switched off: %(names)s. Switch them on under Settings > "
                    "Technical > Scheduled Actions.",
                    names=", ".join(asleep.mapped("cron_name")),
                ),
            )
        late = fields.Datetime.now() - CRON_LATE
        if all(cron.nextcall < late for cron in crons):
            return self._bad(
                name,
                self.env._(
                    "None has run since %(date)s. Start Odoo with “max_cron_threads” "
                    "of 1 or more.",
                    date=max(crons.mapped("nextcall")),
                ),
            )
        return self._good(name, self.env._("They run."))

    @api.model
    def _check_people(self):
        name = self.env._("Colleagues")
        count = self.env["res.users"].search_count(
            [
                ("all_group_ids", "in", self.env.ref(SEND_GROUP).ids),
                ("share", "=", False),
            ]
        )
        if count < 2:
            return self._weak(
                name,
                self.env._(
                    "Nobody but you can write letters. Give colleagues the group “User: "
                    "Own Letters Only” under Settings > Users."
                ),
            )
        return self._good(
            name, self.env._("%(count)s people can write letters.", count=count)
        )

    # ------------------------------------------------------------
    # ANSWERS
    # ------------------------------------------------------------

    @api.model
    def _ask(self, method, path, **options):
        """Call this Odoo from outside; return the HTTP status, or what went wrong."""
        answer = self._fetch(method, path, **options)
        return answer if isinstance(answer, str) else answer.status_code

    @api.model
    def _fetch(self, method, path, **options):
        """Call this Odoo from outside; return the answer, or what went wrong: a word."""
        try:
            with requests.request(
                method,
                self.get_base_url() + path,
                timeout=TIMEOUT,
                allow_redirects=False,
                **options,
            ) as answer:
                return answer
        except requests.exceptions.SSLError:
            return "tls"
        except requests.exceptions.Timeout:
            return "late"
        except requests.exceptions.RequestException:
            return "unreachable"

    @api.model
    def _explain_answer(self, answer):
        """Return what an answer of _ask() means, and what to do."""
        words = {
            "tls": self.env._("the certificate of the address is not valid"),
            "late": self.env._("no answer within %(seconds)s seconds", seconds=TIMEOUT),
            "unreachable": self.env._(
                "the address cannot be reached from this server: check its name, the "
                "proxy and the firewall"
            ),
            404: self.env._(
                "not found: the proxy changes the path, or another database answers"
            ),
        }
        if isinstance(answer, int) and 300 <= answer < 400:
            return self.env._(
                "the address leads elsewhere (HTTP %(status)s): enter in web.base.url "
                "where it leads to",
                status=answer,
            )
        return words.get(answer) or self.env._(
            "the proxy or Odoo answers HTTP %(status)s", status=answer
        )

    @api.model
    def _good(self, name, words):
        return {"name": name, "verdict": "good", "words": words}

    @api.model
    def _weak(self, name, words):
        return {"name": name, "verdict": "weak", "words": words}

    @api.model
    def _bad(self, name, words):
        return {"name": name, "verdict": "bad", "words": words}


class B2BFamilyCheckLine(models.TransientModel):
    """One answer of *Test my tracking*."""

    _name = "b2b.family.check.line"
    _description = "B2B Family Check Answer"

    check_id = fields.Many2one(
        "b2b.family.check", required=True, readonly=True, ondelete="cascade"
    )
    name = fields.Char("What", readonly=True)
    verdict = fields.Selection(
        [("good", "Right"), ("weak", "Could be better"), ("bad", "Wrong")],
        readonly=True,
    )
    words = fields.Char("Answer", readonly=True)
