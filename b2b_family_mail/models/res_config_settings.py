# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..client import check_url
from ..evidence import BadLine, parse_lines, parse_networks
from .letter.attachment import FORMS
from .letter.inbox.schedule import MIN_UPDATE_RATE
from .service.settings import DEFAULTS, allow_loopback

# field -> what reads it
EVIDENCE_LINES = {
    "b2b_family_office_networks": parse_networks,
    "b2b_family_evidence_lines": parse_lines,
}


class ResConfigSettings(models.TransientModel):
    _name = "res.config.settings"
    _inherit = ["res.config.settings", "b2b.family.credentials.mixin"]

    # Not by config_parameter, here and below: the usual choice is no value there.
    b2b_family_carrier = fields.Selection(
        [
            ("by_itself", "B2B Family where it is set up, else this Odoo"),
            ("odoo", "This Odoo, by its own outgoing mail server"),
            ("service", "B2B Family"),
        ],
        "Who delivers",
        compute="_compute_b2b_family_carrier",
        inverse="_inverse_b2b_family_carrier",
        required=True,
    )
    b2b_family_watch_here = fields.Boolean(
        "Watch from here as well",
        compute="_compute_b2b_family_carrier",
        inverse="_inverse_b2b_family_watch_here",
    )
    b2b_family_attachment_links = fields.Selection(
        FORMS,
        "Attachments as links",
        compute="_compute_b2b_family_carrier",
        inverse="_inverse_b2b_family_attachment_links",
        required=True,
    )
    b2b_family_uses_service = fields.Boolean(
        compute="_compute_b2b_family_uses_service",
        help="The account of B2B Family is set up, or some of it is, or that it delivers "
        "is chosen.",
    )
    b2b_family_suggests_watching = fields.Boolean(
        compute="_compute_b2b_family_suggests_watching"
    )

    # Not by config_parameter: that is written when the screen is applied, and the
    # buttons, which log in by a connection of their own, would use the old one.
    b2b_family_api_url = fields.Char(
        "Service address",
        compute="_compute_b2b_family_api_url",
        inverse="_inverse_b2b_credentials",
    )
    b2b_family_email_update_rate = fields.Integer(
        "Update rate of b2b letters",
        config_parameter="b2b_family_mail.email_update_rate",
        default=int(DEFAULTS["email_update_rate"]),
        help="How often the service is asked about each letter. While its webhooks are "
        "heard, about older letters less often: after a quarter of their age, and once "
        "a day at least.",
    )
    b2b_family_tracking_days = fields.Integer(
        "Days of tracking b2b letters",
        config_parameter="b2b_family_mail.tracking_days",
        default=int(DEFAULTS["tracking_days"]),
    )
    # Not by config_parameter: 0 is a value here, and would delete the parameter.
    b2b_family_not_open_days = fields.Integer(
        "Days until a letter counts as not opened",
        compute="_compute_b2b_family_not_open_days",
        inverse="_inverse_b2b_family_not_open_days",
    )
    b2b_family_unclear_counts = fields.Selection(
        [("1", "Counts as opened"), ("0", "Does not count")],
        "What may have been a program",
        config_parameter="b2b_family_mail.unclear_counts",
        default=DEFAULTS["unclear_counts"],
        required=True,
    )
    b2b_family_office_networks = fields.Char(
        "Own networks",
        config_parameter="b2b_family_mail.office_networks",
        help="Who opens a letter from there is a colleague. Separated by commas: "
        "198.51.100.0/24.",
    )
    b2b_family_evidence_lines = fields.Text(
        "Own lines",
        compute="_compute_b2b_family_evidence_lines",
        inverse="_inverse_b2b_family_evidence_lines",
        help="One a line: a network or a part of a program's name, an equals sign, and "
        "person, proxy, prefetch, scanner, own or unclear.",
    )
    b2b_family_is_judging_worth_it = fields.Boolean(
        compute="_compute_b2b_family_judgement"
    )
    b2b_family_judgement = fields.Char(compute="_compute_b2b_family_judgement")
    b2b_family_is_judging_done = fields.Boolean(compute="_compute_b2b_family_judgement")
    b2b_family_service_email = fields.Boolean(
        "E-mail notices by the service",
        config_parameter="b2b_family_mail.service_email",
    )
    b2b_family_service_sms = fields.Boolean(
        "SMS notices by the service", config_parameter="b2b_family_mail.service_sms"
    )

    b2b_family_consent_policy = fields.Selection(
        [
            ("track", "Track everybody who has not refused"),
            ("consent", "Track only who has agreed"),
        ],
        "Contacts who were not asked",
        config_parameter="b2b_family_mail.consent_policy",
        default=DEFAULTS["consent_policy"],
        required=True,
    )
    b2b_family_count_opens = fields.Boolean(
        "Count opens without a person", config_parameter="b2b_family_mail.count_opens"
    )
    b2b_family_consent_line = fields.Char(
        related="company_id.b2b_family_consent_line", readonly=False
    )
    b2b_family_consent_line_off = fields.Boolean(
        related="company_id.b2b_family_consent_line_off", readonly=False
    )

    b2b_family_last_success_date = fields.Datetime(compute="_compute_b2b_family_health")
    b2b_family_last_error_date = fields.Datetime(compute="_compute_b2b_family_health")
    b2b_family_last_error = fields.Char(compute="_compute_b2b_family_health")
    b2b_family_is_failing = fields.Boolean(compute="_compute_b2b_family_health")
    b2b_family_waiting_count = fields.Integer(compute="_compute_b2b_family_health")
    b2b_family_doubt_count = fields.Integer(compute="_compute_b2b_family_health")
    b2b_family_webhook_date = fields.Datetime(compute="_compute_b2b_family_health")

    def _compute_b2b_family_carrier(self):
        get = self.env["b2b.family.service"]._get_param
        self.b2b_family_carrier = get("carrier") or "by_itself"
        self.b2b_family_watch_here = get("watch_here") == "1"
        self.b2b_family_attachment_links = get("attachment_links") or "files"

    def _inverse_b2b_family_carrier(self):
        self._set_b2b_choice("carrier", "by_itself")

    def _inverse_b2b_family_attachment_links(self):
        self._set_b2b_choice("attachment_links", "files")

    def _set_b2b_choice(self, name, usual):
        """Write a setting whose usual choice is no value."""
        for settings in self:
            chosen = settings[f"b2b_family_{name}"]
            value = chosen != usual and chosen
            self.env["b2b.family.service"]._set_params({name: value})

    def _inverse_b2b_family_watch_here(self):
        for settings in self:
            value = settings.b2b_family_watch_here and "1"
            self.env["b2b.family.service"]._set_params({"watch_here": value})

    @api.depends("b2b_family_carrier")
    def _compute_b2b_family_uses_service(self):
        known = self.env["b2b.family.service"]._is_begun()
        for settings in self:
            settings.b2b_family_uses_service = (
                known or settings.b2b_family_carrier == "service"
            )

    @api.depends("b2b_family_watch_here")
    def _compute_b2b_family_suggests_watching(self):
        unreadable = (
            self.env["b2b.family.service.status"]._get_common()._is_unreadable()
        )
        for settings in self:
            settings.b2b_family_suggests_watching = (
                unreadable and not settings.b2b_family_watch_here
            )

    def _compute_b2b_family_api_url(self):
        self.b2b_family_api_url = self.env["b2b.family.service"]._get_param("api_url")

    def _prepare_b2b_credentials(self):
        url = (self.b2b_family_api_url or "").strip()
        return super()._prepare_b2b_credentials() | {"api_url": url}

    def _compute_b2b_family_not_open_days(self):
        days = self.env["b2b.family.service"]._get_int_param("not_open_days", 0)
        self.b2b_family_not_open_days = days

    def _inverse_b2b_family_not_open_days(self):
        for settings in self:
            days = settings.b2b_family_not_open_days
            # Not by a constraint: that sees the value that was read back, at least 0.
            if days < 0:
                raise ValidationError(
                    self.env._(
                        "Days until a letter counts as not opened: 0 or more; "
                        "0 means that nobody is told."
                    )
                )
            self.env["b2b.family.service"]._set_params({"not_open_days": str(days)})

    def _compute_b2b_family_evidence_lines(self):
        lines = self.env["b2b.family.service"]._get_param("evidence_lines")
        self.b2b_family_evidence_lines = lines

    def _inverse_b2b_family_evidence_lines(self):
        for settings in self:
            lines = settings.b2b_family_evidence_lines
            settings._check_b2b_family_evidence()
            self.env["b2b.family.service"]._set_params({"evidence_lines": lines})

    @api.constrains("b2b_family_office_networks")
    def _check_b2b_family_evidence(self):
        for settings in self:
            for name, parse in EVIDENCE_LINES.items():
                try:
                    parse(settings[name])
                except BadLine as error:
                    label = self._fields[name]._description_string(self.env)
                    words = f"{label}: {settings._b2b_bad_line_words(error)}"
                    raise ValidationError(words) from None

    def _b2b_bad_line_words(self, error):
        return {
            "network": self.env._(
                "“%(line)s” is no network. Write 198.51.100.0/24.", line=error.line
            ),
            "wide": self.env._("The network “%(line)s” is too wide.", line=error.line),
            "says": self.env._(
                "“%(line)s”: write a network or a part of a program's name, an equals "
                "sign, and one of: person, proxy, prefetch, scanner, own, unclear.",
                line=error.line,
            ),
            "words": self.env._(
                "“%(line)s”: a part of a program's name has 3 to 100 characters.",
                line=error.line,
            ),
            "many": self.env._("There are more lines than %(line)s.", line=error.line),
        }[error.code]

    def _compute_b2b_family_judgement(self):
        judgements = self.env["b2b.family.judgement"]
        last = judgements.search([], limit=1)
        self.b2b_family_is_judging_worth_it = judgements._is_worth_it()
        self.b2b_family_judgement = last._words() if last else False
        self.b2b_family_is_judging_done = bool(last.done_date)

    def _compute_b2b_family_health(self):
        letters = self.env["b2b.family.letter"]
        heard = self.env["b2b.family.event"].search(
            [("source", "=", "webhook")], order="id desc", limit=1
        )
        status = self.env["b2b.family.service.status"]._get_common()
        for settings in self:
            settings.b2b_family_last_success_date = status.last_success_date
            settings.b2b_family_last_error_date = status.last_error_date
            settings.b2b_family_last_error = status.last_error
            failed, succeeded = status.last_error_date, status.last_success_date
            settings.b2b_family_is_failing = bool(
                failed and (not succeeded or failed > succeeded)
            )
            settings.b2b_family_waiting_count = letters.search_count(
                [("state", "in", ("queued", "sending"))]
            )
            settings.b2b_family_doubt_count = letters.search_count(
                [("state", "=", "unknown")]
            )
            settings.b2b_family_webhook_date = heard.received_date

    @api.constrains("b2b_family_api_url")
    def _check_b2b_family_api_url(self):
        for settings in self.filtered("b2b_family_api_url"):
            try:
                check_url(settings.b2b_family_api_url.strip(), allow_loopback())
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "Service address: %(url)s cannot be used. It must begin with "
                        "https:// and be reachable from the internet. (%(reason)s)",
                        url=settings.b2b_family_api_url,
                        reason=error,
                    )
                ) from None

    @api.constrains(
        "b2b_family_email_update_rate",
        "b2b_family_tracking_days",
    )
    def _check_b2b_family_numbers(self):
        for settings in self:
            if settings.b2b_family_email_update_rate < MIN_UPDATE_RATE:
                raise ValidationError(
                    self.env._(
                        "Update rate of b2b letters: at least %(seconds)s seconds.",
                        seconds=MIN_UPDATE_RATE,
                    )
                )
            if settings.b2b_family_tracking_days < 1:
                raise ValidationError(
                    self.env._("Days of tracking b2b letters: at least one day.")
                )

    def set_values(self):
        """Write the settings, for administrators only.

        Core does it for whoever calls: without a record, which needs no right, it
        empties them.
        """
        self.env["b2b.family.service"]._check_administrator()
        return super().set_values()

    # The buttons of the screen save first what was typed beside them.

    def action_b2b_get_api_key(self):
        self._save_b2b_settings()
        return super().action_b2b_get_api_key()

    def action_b2b_subscribe(self):
        self._save_b2b_settings()
        return super().action_b2b_subscribe()

    def action_b2b_only_who_agreed(self):
        self._save_b2b_settings()
        return super().action_b2b_only_who_agreed()

    def action_b2b_judge_again(self):
        """Have all events that are kept judged by the rules and settings of today."""
        self._save_b2b_settings()
        # sudo: the letters of all companies
        self.env["b2b.family.judgement"].sudo()._start()
        return self._b2b_done(
            self.env._("The events are being judged again. You need not wait.")
        )

    def action_b2b_show_judged(self):
        """Open what changed at the letters when they were judged again last."""
        self.env["b2b.family.service"]._check_administrator()
        return self.env["b2b.family.judgement"].search([], limit=1)._action_show()

    def _save_b2b_settings(self):
        self.env["b2b.family.service"]._check_administrator()
        for settings in self:
            settings.set_values()

    def action_b2b_open_waiting(self):
        """Open the letters that wait or are in doubt."""
        self.env["b2b.family.service"]._check_administrator()
        return self.env["b2b.family.letter"]._action_show(
            [("state", "in", ("queued", "sending", "unknown"))]
        )
