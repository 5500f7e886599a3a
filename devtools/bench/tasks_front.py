"""What the screens are full of, made by SQL in one database: ours, and core's beside it."""

LETTERS = """
INSERT INTO b2b_family_letter
       (carrier, key, ref, subject, email, author_id, partner_id, company_id, state, sent_date,
        refreshed_date, first_open_date, last_open_date, open_count, create_date)
SELECT 'service', md5(n::text), 'f' || n, 'Offer ' || n, p.email, %(author)s, p.id, %(company)s,
       (ARRAY['sent', 'opened', 'opened', 'failed'])[n %% 4 + 1], {date}, {date}, {date},
       {date}, 1, {date}
  FROM generate_series(1, %(letters)s) AS n
  JOIN (SELECT id, email, row_number() OVER (ORDER BY id) AS number FROM res_partner
         WHERE ref = 'front') p ON p.number = n %% 1000 + 1;
INSERT INTO b2b_family_event (letter_id, event_type, date, source, key, pending)
SELECT id, 'message_open', sent_date, 'webhook', md5(key), false
  FROM b2b_family_letter
"""
CONTACTS = """
INSERT INTO res_partner (name, complete_name, email, ref, active, type, company_id)
SELECT 'Client ' || n, 'Client ' || n, 'client' || n || '@client.example', 'front', true,
       (ARRAY['contact', 'invoice', 'delivery'])[n %% 3 + 1], NULL
  FROM generate_series(1, %(letters)s) AS n
"""
EVENTS = """
INSERT INTO b2b_family_event (letter_id, event_type, date, source, agent_class, key, pending)
SELECT %(letter)s, 'message_open', {date}, 'webhook', 'browser', 'e' || n, false
  FROM generate_series(1, %(events)s) AS n
"""
MESSAGES = """
WITH messages AS (
    INSERT INTO mail_message (subject, date, author_id, message_type, subtype_id, body,
                              email_from, message_id, model, res_id, create_date)
    SELECT 'Offer', {date}, %(author)s, 'comment', %(subtype)s,
           '<p>Message ' || n || '</p>', 'sally@shop.example',
           '<' || %(record)s || '-' || n || '@shop.example>', 'res.partner', %(record)s,
           {date}
      FROM generate_series(1, %(messages)s) AS n
    RETURNING id)
INSERT INTO mail_notification (mail_message_id, author_id, res_partner_id,
                               notification_type, notification_status, is_read)
SELECT id, %(author)s, %(reader)s, 'email', 'sent', true FROM messages
"""
TRACK = """
UPDATE mail_notification n SET b2b_state = 'opened', b2b_open_date = now()
  FROM mail_message m WHERE m.id = n.mail_message_id AND m.model = 'res.partner'
   AND m.res_id = %(record)s;
INSERT INTO b2b_family_letter
       (carrier, key, ref, subject, email, author_id, partner_id, company_id, message_id, res_model,
        res_id, state, sent_date, open_count, create_date)
SELECT 'service', 'c' || id, 'c' || id, 'Offer', 'client1@client.example', %(author)s, %(reader)s,
       %(company)s, id, 'res.partner', %(record)s, 'opened', date, 1, date
  FROM mail_message WHERE model = 'res.partner' AND res_id = %(record)s
"""
DATE = "now() AT TIME ZONE 'utc' - n * interval '1 minute'"


def fill(env, password, letters, events, messages):
    """Make all of it and a salesperson without other rights; return what to open."""
    seller = env["res.users"].create(
        {
            "name": "Sally Seller",
            "login": "seller",
            "password": password,
            "email": "sally@shop.example",
            "group_ids": [(6, 0, _group_ids(env))],
        }
    )
    values = {
        "author": seller.partner_id.id,
        "company": env.company.id,
        "subtype": env.ref("mail.mt_comment").id,
        "letters": letters,
        "events": events,
        "messages": messages,
    }
    plain, tracked = env["res.partner"].create(
        [{"name": "Plain Ltd"}, {"name": "Tracked Ltd"}]
    )
    env.flush_all()
    _run(env, CONTACTS, values)
    _run(env, LETTERS, values)
    reader = env["res.partner"].search([("ref", "=", "front")], limit=1)
    letter = env["b2b.family.letter"].search([], limit=1)
    values |= {"reader": reader.id, "letter": letter.id}
    _run(env, EVENTS, values)
    for record in (plain, tracked):
        _run(env, MESSAGES, values | {"record": record.id})
    _run(env, TRACK, values | {"record": tracked.id})
    return {"letter": letter.id, "plain": plain.id, "tracked": tracked.id}


def _group_ids(env):
    names = ("base.group_user", "b2b_family_mail.group_user")
    return [env.ref(name).id for name in names]


def _run(env, statement, values):
    env.cr.execute(statement.format(date=DATE), values)
