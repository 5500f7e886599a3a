# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def uninstall_hook(env):
    """Forget the jobs: their methods are gone, the scheduled actions do the work."""
    env["queue.job"].search([("model_name", "=", "b2b.family.letter")]).unlink()
