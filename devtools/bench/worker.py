"""`python -m devtools.bench.worker DATABASE ADDONS_PATH`: does tasks inside Odoo.

One process for each of the compared databases, so that they can take turns. Not under
Odoo's test runner: commits are real, and so are threads.
"""

import importlib
import json
import sys


def main(database: str, addons_path: str) -> None:
    import odoo.service.server
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    # What Odoo prints must not get between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    options = ["-d", database, f"--addons-path={addons_path}", "--log-level=error"]
    config.parse_config([*options, "--no-http", "--max-cron-threads=0"])
    odoo.service.server.load_server_wide_modules()
    registry = Registry(database)
    for line in sys.stdin:
        message = json.loads(line)
        module = importlib.import_module(f"devtools.bench.{message['module']}")
        with registry.cursor() as cr:
            registry.check_signaling(cr)
            env = api.Environment(cr, SUPERUSER_ID, {})
            result = getattr(module, message["task"])(env, **message["args"])
        registry.signal_changes()
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
