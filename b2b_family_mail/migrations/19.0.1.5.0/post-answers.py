# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Keep as proof what contacts have answered until now, as far as it is known."""
    cr.execute(
        """INSERT INTO b2b_family_consent
                  (partner_id, email, kind, answer, date, how, words)
           SELECT id, email_normalized, 'opens', b2b_tracking_consent,
                  b2b_tracking_consent_date, 'user', b2b_tracking_consent_source
             FROM res_partner
            WHERE b2b_tracking_consent IS NOT NULL"""
    )
