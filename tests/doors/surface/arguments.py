# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Plausible arguments for each public method, so that a refusal is one of the rights."""

# method -> arguments after the ids, where there are any. Without a line here: none.
ARGUMENTS = {
    "activity_feedback": ([],),
    "activity_reschedule": ([],),
    "activity_schedule": ("mail.mail_activity_data_todo",),
    "activity_search": ([],),
    "activity_send_mail": (1,),
    "activity_unlink": ([],),
    "check_access_rights": ("read", False),
    "check_access_rule": ("read",),
    "check_field_access_rights": ("read", None),
    "copy_translations": (1,),
    "default_get": (["subject", "name"],),
    "export_data": (["display_name"],),
    "formatted_read_group": ([], [], ["__count"]),
    "formatted_read_grouping_sets": ([], [[]], ["__count"]),
    "get_empty_list_help": ("",),
    "get_property_definition": ("subject.x",),
    "get_views": ([[False, "form"], [False, "list"]],),
    "get_view": (None, "form"),
    "has_access": ("read",),
    "message_change_thread": (1,),
    "message_mail_with_source": ("mail.message_origin_link",),
    "message_new": ({},),
    "message_parse": ("From: a@x.example\n\nHello",),
    "message_post_with_source": ("mail.message_origin_link",),
    "message_process": ("no.such.model", "From: a@x.example\n\nHello"),
    "message_route": ("From: a@x.example\n\nHello", {}),
    "message_subscribe": ([1],),
    "message_unsubscribe": ([1],),
    "message_update": ({},),
    "name_create": ("canary-new",),
    "name_search": ("",),
    "notify_cancel_by_type": ("sms",),
    "onchange": ({}, [], {}),
    "read": ([],),
    "read_group": ([], ["__count"], []),
    "search": ([],),
    "search_count": ([],),
    "search_read": ([],),
    "send_mail_batch": ([],),
    "view_header_get": (False, "form"),
    "web_name_search": ("", {"display_name": {}}),
    "web_read": ({"display_name": {}},),
    "web_read_group": ([], ["create_uid"]),
    "web_resequence": ({"display_name": {}}, "id", 1),
    "web_search_read": ([], {"display_name": {}}),
    "get_param": ("b2b_family_mail.mail_password",),
    "set_param": ("b2b_family_mail.mail_password", "canary-new"),
}
# model -> a field of text, one to group by
FIELDS = {
    "mail.mail": ("subject", "author_id"),
    "b2b.family.letter": ("subject", "author_id"),
    "b2b.family.letter.attachment": ("name", "letter_id"),
    "b2b.family.letter.activity": ("email", "letter_id"),
    "b2b.family.event": ("url", "letter_id"),
    "b2b.family.consent": ("words", "letter_id"),
    "b2b.family.tally": ("subject", "author_id"),
    "b2b.family.template": ("name", "create_uid"),
    "b2b.family.service.status": ("last_error_message", "user_id"),
    "b2b.family.setup": ("user_email", "test_letter_id"),
    "b2b.family.resend": ("display_name", "create_uid"),
    "b2b.family.resend.line": ("email", "letter_id"),
    "b2b.family.check": ("display_name", "create_uid"),
    "b2b.family.check.line": ("name", "check_id"),
}
# (model, method) -> arguments that only this model's method takes.
OF_MODEL = {
    ("mail.mail", "process_email_queue"): (),
    ("b2b.family.event", "web_read_group"): ([], ["letter_id"]),
    ("b2b.family.consent", "web_read_group"): ([], ["letter_id"]),
    ("b2b.family.tally", "web_read_group"): ([], ["author_id"]),
    ("b2b.family.letter.activity", "web_read_group"): ([], ["letter_id"]),
}
KEYWORDS = {
    "message_post": {"body": "canary-new"},
    "message_notify": {"body": "canary-new", "partner_ids": [1]},
}
# The values of a new record of a model, and what is written to one.
NEW = {
    "mail.mail": {
        "subject": "canary-new",
        "body_content": "<p>Hello</p>",
        "email_to": "canary-new@client.example",
    },
    "b2b.family.template": {"name": "canary-new", "ref": "canary-new"},
    "b2b.family.letter": {"subject": "canary-new"},
    "b2b.family.letter.attachment": {"name": "canary-new"},
    "b2b.family.event": {"event_type": "message_open", "key": "canary-new"},
    "b2b.family.consent": {"partner_id": "$contact", "kind": "opens", "how": "page"},
    "b2b.family.tally": {"subject": "canary-new"},
    "b2b.family.service.status": {},
    "b2b.family.setup": {},
    "mail.message": {"body": "canary-new"},
    "mail.notification": {
        "mail_message_id": "$message",
        "res_partner_id": "$contact",
        "notification_type": "inbox",
    },
    "mail.compose.message": {"subject": "canary-new"},
    "res.partner": {"name": "canary-new"},
    "res.company": {"name": "canary-new"},
    "res.users": {"name": "canary-new", "login": "canary-new"},
    "res.config.settings": {},
    "ir.config_parameter": {"key": "b2b_family_mail.canary", "value": "canary-new"},
    "ir.attachment": {"name": "canary-new"},
}
WRITTEN = {
    "mail.mail": {"subject": "canary-new"},
    "b2b.family.template": {"name": "canary-new"},
    "b2b.family.letter": {"subject": "canary-new"},
    "b2b.family.letter.attachment": {"name": "canary-new"},
    "b2b.family.letter.activity": {"date": "2026-01-02 10:00:00"},
    "b2b.family.event": {"url": "canary-new"},
    "b2b.family.consent": {"words": "canary-new"},
    "b2b.family.tally": {"subject": "canary-new"},
    "b2b.family.resend": {"line_ids": []},
    "b2b.family.resend.line": {"email": "canary-new@client.example"},
    "b2b.family.service.status": {"last_error_message": "canary-new"},
    "b2b.family.setup": {"test_letter_id": False},
    "mail.message": {"body": "canary-new"},
    "mail.notification": {"b2b_state": "opened"},
    "mail.compose.message": {"b2b_send": True},
    "res.partner": {"b2b_tracking_consent": "no"},
    "res.company": {"b2b_family_consent_line": "canary-new"},
    "res.users": {"b2b_family_email": "canary-new@mailbox.example"},
    "res.config.settings": {"b2b_family_api_url": "https://canary.example"},
    "ir.config_parameter": {"value": "canary-new"},
    "ir.attachment": {"name": "canary-new"},
}
# field type -> a value that would be valid.
VALUES = {
    "boolean": True,
    "integer": 7,
    "float": 7.5,
    "monetary": 7.5,
    "char": "canary-new",
    "text": "canary-new",
    "html": "<p>canary-new</p>",
    "date": "2026-01-02",
    "datetime": "2026-01-02 10:00:00",
    "many2one": 1,
    "many2one_reference": 1,
    "reference": "res.partner,1",
    "one2many": [[6, 0, [1]]],
    "many2many": [[6, 0, [1]]],
    "json": {"canary": "new"},
    "binary": "Y2FuYXJ5",
}


def arguments(model, method):
    """Return the positional arguments after the ids, and those by name."""
    new, written = NEW.get(model, {}), WRITTEN.get(model, {})
    text, group = FIELDS.get(model, ("display_name", "id"))
    known = {
        "copy": ({},),
        "copy_data": ({},),
        "create": (new,),
        "get_field_translations": (text,),
        "load": (list(new), [list(new.values())]),
        "search_panel_select_multi_range": (group,),
        "search_panel_select_range": (group,),
        "update_field_translations": (text, {"en_US": "canary-new"}),
        "web_override_translations": ({text: "canary-new"},),
        "web_save": (written, {"display_name": {}}),
        "web_save_multi": ([written], {"display_name": {}}),
        "write": (written,),
    }
    by_name = KEYWORDS.get(method, {})
    if method == "read_progress_bar":
        bar = {"field": group, "colors": {}}
        by_name = {"domain": [], "group_by": group, "progress_bar": bar}
    if model == "mail.thread":
        by_name = by_name | {"b2b_send": True, "partner_ids": ["$contact"]}
    if (model, method) in OF_MODEL:
        return OF_MODEL[model, method], by_name
    return known.get(method) or ARGUMENTS.get(method, ()), by_name
