"""Run in an Odoo shell: keep files in the database, because a clone shares no file store."""

env = globals()["env"]

env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()
env.cr.commit()
