# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Write down the consent policy that was in force without being written down.

    A missing one meant "track" and means "consent" from now on.
    """
    cr.execute(
        """INSERT INTO ir_config_parameter (key, value, create_date, write_date)
           VALUES ('b2b_family_mail.consent_policy', 'track',
                   now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
           ON CONFLICT (key) DO NOTHING"""
    )
