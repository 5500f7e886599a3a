"""Run in an Odoo shell: make the web client's bundles, which else the first visitor waits for."""

env = globals()["env"]

# The pages of the login and the web client, and the tours.
for bundle in (
    "web.assets_frontend",
    "web.assets_frontend_minimal",
    "web.assets_frontend_lazy",
    "web.assets_web",
    "web.assets_tests",
    "bus.websocket_worker_assets",
):
    files = env["ir.qweb"]._get_asset_bundle(bundle)
    files.js()
    files.css()
env.cr.commit()
