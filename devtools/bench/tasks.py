"""What all compared databases do alike, inside Odoo."""

import gc
import os

from odoo.addons.mail.tools.discuss import Store

from .meter import measure, tracing

PARTNERS = 1000
BODY = "<p>Dear customer,</p>" + "<p>%s</p>" % ("our offer is attached. " * 20) * 4
FILE = bytes(range(256)) * 120  # 30 kB


def set_up(env, smtp_port):
    """Make the people and the mail server; return nothing."""
    env["ir.mail_server"].search([]).unlink()
    env["ir.mail_server"].create(
        {
            "name": "sink",
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_encryption": "none",
        }
    )


def use_port(env, smtp_port):
    env["ir.mail_server"].search([]).smtp_port = smtp_port


def set_parameters(env, values):
    for key, value in values.items():
        env["ir.config_parameter"].set_param(key, value)


def partners(env):
    return env["res.partner"].search([("ref", "=like", "bench-%")], order="id")


def create_people(env):
    """Make the readers, once, in the database that the others are cloned from."""
    env["res.partner"].create(
        [
            {
                "name": f"Reader {number}",
                "email": f"reader{number}@client.example",
                "ref": f"bench-{number}",
            }
            for number in range(PARTNERS)
        ]
    )


def create_mails(env, count, with_file=True):
    """Make mails that wait to be sent, one recipient each; return their ids."""
    readers = partners(env)
    values = {
        "subject": "Our offer",
        "body_html": BODY,
        "author_id": env.ref("base.partner_admin").id,
        "email_from": '"Sally Seller" <sally@shop.example>',
        "auto_delete": False,
        "state": "outgoing",
        "model": "res.partner",
    }
    if "b2b_send" in env["mail.mail"]._fields:
        values["b2b_send"] = True
    if with_file:
        file = env["ir.attachment"].create({"name": "Offer.pdf", "raw": FILE})
        values["attachment_ids"] = [(4, file.id)]
    mails = env["mail.mail"].create(
        [
            {**values, "recipient_ids": [(4, reader.id)], "res_id": reader.id}
            for reader in (readers[n % len(readers)] for n in range(count))
        ]
    )
    return mails.ids


def send(env, count, with_file=True, traced=False):
    """Send fresh mails, every commit included, until all are with the other side.

    :return: what it took, or the queries if it is `traced`
    """
    ids = create_mails(env, count, with_file)
    env.cr.commit()
    env.invalidate_all()
    gc.collect()

    def work():
        mails = env["mail.mail"].browse(ids)
        mails.send(auto_commit=True)
        env.cr.commit()
        if count > 5 and "b2b.family.letter" in env:
            # More than a handful is left to the scheduled action.
            env["b2b.family.letter"]._cron_send()
            env.cr.commit()

    if traced:
        with tracing() as result:
            work()
    else:
        result = measure(work)
    env.invalidate_all()
    states = env["mail.mail"].browse(ids).mapped("state")
    if states != ["sent"] * count:
        raise AssertionError(f"Not all mails were sent: {set(states)}")
    return result


def trace(env, count):
    """Send fresh mails and return the queries of that, see meter.tracing()."""
    return send(env, count, traced=True)


def unlink(env, model, count):
    """Delete records: partners nothing refers to, or the mails and messages of history.

    Rolled back in the end.
    """
    if model == "res.partner":
        records = env[model].create([{"name": f"Nobody {n}"} for n in range(count)])
        env.flush_all()
    else:
        records = env[model].search([("subject", "=", "history")], limit=count)
    if len(records) != count:
        raise AssertionError(f"There are only {len(records)} of {model}")
    env.invalidate_all()

    def work():
        records.unlink()
        env.flush_all()

    result = measure(work)
    env.cr.rollback()
    return result


def create_chatter(env, count):
    """Post messages to a document of its own, letters where there are letters."""
    record, reader = env["res.partner"].create(
        [{"name": "Document"}, {"name": "Rita", "email": "rita@client.example"}]
    )
    options = {}
    if "b2b_send" in env["mail.mail"]._fields:
        options["b2b_send"] = True
    for number in range(count):
        record.with_context(mail_notify_force_send=True).message_post(
            body=f"Message {number}",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=reader.ids,
            **options,
        )
        env.cr.commit()
    return record.id


def read_chatter(env, record_id):
    """Fetch the messages of a document as the web client does."""
    record = env["res.partner"].with_user(env.ref("base.user_admin")).browse(record_id)
    env.invalidate_all()

    def work():
        messages = record.env["mail.message"]._message_fetch(domain=None, thread=record)
        Store().add(messages["messages"]).get_result()

    work()
    env.invalidate_all()
    return measure(work)


def memory(env):
    """Resident memory of this process in bytes."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pixel_paths(env, count):
    """Return the paths of as many pixels of core's mailings, each of another mail."""
    mails = env["mail.mail"].search([("subject", "=", "history")], limit=count) or env[
        "mail.mail"
    ].browse(create_mails(env, count, with_file=False))
    env["mailing.trace"].create(
        [
            {
                "model": "res.partner",
                "res_id": 1,
                "mail_mail_id": mail.id,
                "mail_mail_id_int": mail.id,
                "email": "reader@client.example",
                "trace_status": "sent",
            }
            for mail in mails
        ]
    )
    return [
        f"/mail/track/{mail.id}/{mail._generate_mail_recipient_token(mail.id)}/blank.gif"
        for mail in mails
    ]
