# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tools.sql import column_exists, rename_column

TABLE = "b2b_family_event"


def migrate(cr, version):
    """Store events as from now on: short keys, and nothing that the letter says.

    The keys are the beginning of the same digest, so that what the service tells
    again is still known. They were hexadecimal once, and longer.
    """
    # Odoo keeps the indexes that a model has no more.
    cr.execute("DROP INDEX IF EXISTS res_partner_b2b_refused_idx")
    if not column_exists(cr, TABLE, "received_date"):
        rename_column(cr, TABLE, "create_date", "received_date")
        rename_column(cr, TABLE, "email", "other_email")
    cr.execute(
        f"""ALTER TABLE {TABLE}
              DROP COLUMN IF EXISTS create_uid,
              DROP COLUMN IF EXISTS write_uid,
              DROP COLUMN IF EXISTS write_date;
            UPDATE {TABLE}
               SET key = translate(encode(decode(key, 'hex'), 'base64'), '+/', '-_')
             WHERE key ~ '^[0-9a-f]{{64}}$';
            UPDATE {TABLE} SET key = left(key, 16);
            UPDATE {TABLE} e
               SET other_email = NULLIF(e.other_email, l.email),
                   letter_ref = NULLIF(e.letter_ref, l.ref),
                   payload = CASE WHEN e.event_type = 'unknown' THEN e.payload END
              FROM b2b_family_letter l
             WHERE l.id = e.letter_id AND l.ref IS NOT NULL"""
    )
