"""Run in an Odoo shell on a fresh database: mend the web client of Debian's package."""

env = globals()["env"]

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
