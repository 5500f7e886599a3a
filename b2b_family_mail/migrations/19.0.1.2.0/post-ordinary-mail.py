# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def migrate(cr, version):
    """Tell letters by ordinary mail apart from those that core could not send.

    Until now nobody wrote down what became of them: the copy that core sent was
    deleted, and one that was not sent stayed. A link had the state of a sent letter.
    """
    cr.execute(
        """UPDATE b2b_family_letter l
              SET state = 'failed', failure_reason = c.failure_reason
             FROM mail_mail c
            WHERE l.state = 'untracked' AND c.state = 'exception'
              AND c.mail_message_id = l.message_id AND c.id <> l.mail_id
              AND c.is_notification AND c.b2b_send IS NOT TRUE
              AND (c.email_to LIKE '%' || l.email || '%' OR l.partner_id IN (
                       SELECT res_partner_id FROM mail_mail_res_partner_rel
                        WHERE mail_mail_id = c.id));
           UPDATE b2b_family_letter
              SET sent_date = COALESCE(write_date, create_date)
            WHERE state = 'untracked' AND sent_date IS NULL;
           UPDATE b2b_family_letter
              SET state = 'linked' WHERE state = 'sent' AND link IS NOT NULL"""
    )
