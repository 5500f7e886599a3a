"""Years of use, made in seconds: rows inserted by SQL.

Every database gets the same messages and mails. Ours and the peers' get, for each of them,
what each would have kept: a letter or a tracking e-mail, and one event.
"""

from ..machine import Machine

# How long ago row n is: all of it is past the days in which letters are asked about.
DATE = "now() AT TIME ZONE 'utc' - interval '40 days' - n * interval '1 minute'"
SERIES = "generate_series({first}, {last}) AS n"

MESSAGES = """
INSERT INTO mail_message (id, subject, date, author_id, message_type, subtype_id,
                          email_from, message_id, body, create_date)
SELECT {base} + n, 'history', {date}, {author}, 'email_outgoing', {subtype},
       'sally@shop.example', '<history-' || n || '@shop.example>', '<p>Offer</p>',
       {date}
  FROM {series};
INSERT INTO mail_mail (id, mail_message_id, state, email_to, auto_delete, create_date)
SELECT {base} + n, {base} + n, 'sent', NULL, false, {date} FROM {series};
"""
OURS = """
INSERT INTO b2b_family_letter
       (carrier, id, key, ref, subject, mail_id, message_id, partner_id, email, author_id, company_id,
        res_model, res_id, state, sent_date, refreshed_date, first_open_date,
        last_open_date, open_count, claim_date, try_count, create_date, create_uid)
SELECT 'service', {base} + n, left(md5(n::text), 22), 'h' || n, 'history', {base} + n, {base} + n, p.id, p.email,
       {author}, 1, 'res.partner', p.id, 'opened', {date}, {date}, {date}, {date}, 1, {date},
       1, {date}, 1
  FROM {series} JOIN bench_reader p ON p.number = n % 1000 ORDER BY n;
INSERT INTO b2b_family_event
       (letter_id, event_type, date, source, agent_class, key, pending, received_date)
SELECT {base} + n, 'message_open', {date}, 'webhook', 'browser', left(md5(n::text), 16),
       false, {date}
  FROM {series};
"""
OCA = """
INSERT INTO mail_tracking_email
       (id, name, timestamp, time, date, mail_message_id, mail_id, partner_id, recipient,
        recipient_address, sender, state, token, create_date, create_uid)
SELECT {base} + n, 'history', extract(epoch FROM {date}), {date}, ({date})::date, {base} + n,
       {base} + n, p.id, p.email, p.email, 'sally@shop.example', 'opened', md5(n::text),
       {date}, 1
  FROM {series} JOIN bench_reader p ON p.number = n % 1000 ORDER BY n;
INSERT INTO mail_tracking_event
       (tracking_email_id, recipient, recipient_address, timestamp, time, date, event_type,
        ip, user_agent, os_family, ua_family, create_date, create_uid)
SELECT {base} + n, p.email, p.email, extract(epoch FROM {date}), {date}, ({date})::date,
       'open', '192.0.2.7', 'Mozilla/5.0', 'Linux', 'Firefox', {date}, 1
  FROM {series} JOIN bench_reader p ON p.number = n % 1000 ORDER BY n;
"""
BASE = 10_000_000  # far from the ids of what is sent
OWN = {"core": "", "oca": OCA, "ours": OURS}
TABLES = {
    "ours": {"letter": "b2b_family_letter", "event": "b2b_family_event"},
    "oca": {"letter": "mail_tracking_email", "event": "mail_tracking_event"},
}


def grow(machine: Machine, database: str, kind: str, first: int, last: int) -> None:
    """Add rows number `first` to `last` to the history of a database, and analyze it."""
    [author] = machine.postgres.sql(
        "SELECT id FROM res_partner WHERE name = 'Administrator'", database
    )
    [subtype] = machine.postgres.sql(
        "SELECT res_id FROM ir_model_data WHERE module = 'mail' AND name = 'mt_note'",
        database,
    )
    values = {
        "date": DATE,
        "series": SERIES.format(first=first, last=last),
        "base": BASE,
        "author": author,
        "subtype": subtype,
    }
    machine.postgres.sql((MESSAGES + OWN[kind]).format(**values), database)
    machine.postgres.sql("VACUUM ANALYZE", database)


def number_readers(machine: Machine, database: str) -> None:
    """Make the table from which history takes its readers."""
    machine.postgres.sql(
        "CREATE TABLE bench_reader AS SELECT id, email, substr(ref, 7)::int AS number"
        " FROM res_partner WHERE ref LIKE 'bench-%'",
        database,
    )


def bytes_per_row(machine: Machine, database: str, table: str) -> float:
    """What a row of a table takes, indexes included."""
    [row] = machine.postgres.sql(
        f"SELECT pg_total_relation_size('{table}')::float / count(*) FROM {table}",
        database,
    )
    return float(row)
