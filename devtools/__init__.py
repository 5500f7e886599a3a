"""How a machine gets Odoo, PostgreSQL and a database with the addon. Not the product.

Standard library only, so that it runs before anything is installed.
"""
