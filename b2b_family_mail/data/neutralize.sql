-- A copy of a database must neither send letters nor ask about them nor keep keys.
DELETE FROM ir_config_parameter
 WHERE key IN ('b2b_family_mail.api_key', 'b2b_family_mail.app_key',
               'b2b_family_mail.secret_key', 'b2b_family_mail.mail_password',
               'b2b_family_mail.webhook_token', 'b2b_family_mail.webhook_ref');
UPDATE ir_cron
   SET active = false
 WHERE id IN (SELECT res_id FROM ir_model_data
               WHERE model = 'ir.cron' AND module = 'b2b_family_mail');
UPDATE res_users
   SET b2b_family_mail_password_kept = NULL, b2b_family_api_key_kept = NULL
 WHERE b2b_family_mail_password_kept IS NOT NULL OR b2b_family_api_key_kept IS NOT NULL;
