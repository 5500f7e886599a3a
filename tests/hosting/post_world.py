# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A world whose letters leave by Odoo's own mail server, one that fails as it is told."""

from contextlib import contextmanager

from devtools.sandbox.faulty_smtp import FaultyServer

SERVER = """
env['ir.mail_server'].create({{
    'name': 'Faulty', 'smtp_host': '127.0.0.1', 'smtp_port': {0},
    'smtp_encryption': 'none', 'smtp_authentication': 'login',
}})
"""


@contextmanager
def posting(world, forks):
    """Yield the mail server by which letters leave meanwhile."""
    with FaultyServer() as post:
        assert forks.run(SERVER.format(post.port)) == [0]
        world.set_parameter("b2b_family_mail.carrier", "odoo")
        try:
            yield post
        finally:
            world.set_parameter("b2b_family_mail.carrier", False)
            world.sql("DELETE FROM b2b_family_service_status WHERE is_mail_server")
            world.sql("DELETE FROM ir_mail_server")
