"""Run in an Odoo shell on a fresh database: prepare it for being cloned."""

env = globals()["env"]

# A clone shares no file store, so files go into the database.
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()

# Debian leaves this script out of its package, yet mail's bundle names it, and every
# page would log an error that fails a tour.
missing = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
env["ir.asset"].create(
    {
        "name": "left out by Debian",
        "bundle": "web.assets_backend",
        "directive": "remove",
        "path": missing,
    }
)
env.cr.commit()
