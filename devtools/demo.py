"""./dev demo: Odoo with the addon and a mailbox page, all set up; and with the stand-in
service, unless Odoo itself shall deliver.
"""

import time
from pathlib import Path

from . import database, processes
from .console import log_path, preparing, say, step
from .machine import Machine
from .paths import ADDON, DEV, PYTHON, ROOT, tree_digest
from .server import HOST, OdooServer, choose_port, wait_for

SETUP_SCRIPT = database.SCRIPTS / "demo_settings.py"

ODOO = """
  Odoo      {odoo}    login: admin   password: admin
                                 or demo / demo, a salesperson
"""
MAILBOX = "  Mailbox   {mailbox}    where every letter arrives\n"
END = "  Ctrl-C stops {all} (or ./dev stop). Letters are kept until ./dev clean.\n"
WELCOME = f"""{ODOO}\
  Service   {{service}}    the stand-in for B2B Family: what it was sent, what it knows
{MAILBOX}
  Try it:
    1. In Odoo: B2B Family > New Letter. Write to anybody, attach a file, Send via B2B.
    2. In the mailbox: open the letter, then its attachment.
    3. Back in Odoo, without pressing anything: first open, last open, and after some 15
       seconds (it may have been a program) attachment opened.
    4. In the mailbox, choose what a letter is read with: Apple Mail, a security gateway
       ... What programs fetch does not count as opened.

{END.format(all="all three")}"""
SELF_HOSTED = f"""{ODOO}{MAILBOX}
  No service, no account: Odoo delivers by an ordinary mail server, and watches itself.

  Try it:
    1. In Odoo: B2B Family > New Letter. Write to anybody, with a link in the text,
       attach a file, choose “Links instead of the files”, Send via B2B.
    2. In the mailbox: open the letter, follow its link; after some 15 seconds open the
       attachment. All links within ten seconds would look like a program.
    3. Back in Odoo, without pressing anything: opened, when, how often; after some 15
       seconds (it may have been a program) which link and which attachment, in the tabs
       of the letter.
    4. In the mailbox, choose what a letter is read with: Apple Mail, a security gateway
       ... What programs fetch does not count as opened.

{END.format(all="both")}"""


class Demo:
    """What a demo consists of, by whether Odoo itself delivers."""

    def __init__(self, self_hosted: bool):
        self.self_hosted = self_hosted
        self.database = "b2b_demo_self_hosted" if self_hosted else "b2b_demo"
        self.name = "demo-self-hosted" if self_hosted else "demo"
        # Digest of the addon as the database has it.
        self.stamp = DEV / f"{self.name}-addon"
        self.data = DEV / f"{self.name}-sandbox"
        self.welcome = SELF_HOSTED if self_hosted else WELCOME


def run(machine: Machine, port: int | None = None, self_hosted: bool = False) -> int:
    """Serve the demo until Ctrl-C; return an exit code."""
    demo = Demo(self_hosted)
    with preparing():
        _ensure_database(machine, demo)
    odoo = OdooServer(
        demo.database,
        choose_port(port, default=8069),
        log=log_path(f"{demo.name}-odoo"),
        # The mailbox tells, as a proxy does, where the reader's program is.
        options=["--proxy-mode"],
    )
    ports = {} if self_hosted else {"service": choose_port(None, default=8025)}
    ports["mailbox"] = choose_port(None, default=ports.get("service", 8025) + 1)
    urls = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
    smtp_port = choose_port(None)
    sandbox = None
    try:
        with step("Starting the mailbox and what delivers to it"):
            sandbox = _start_sandbox(demo, ports, smtp_port)
        with step("Connecting Odoo to it"):
            database.run_script(
                machine,
                demo.database,
                SETUP_SCRIPT,
                log=f"{demo.name}-setup",
                B2B_DEMO_ODOO=odoo.url,
                B2B_DEMO_SERVICE=urls.get("service", ""),
                B2B_DEMO_SMTP_PORT=str(smtp_port),
                PYTHONPATH=str(ROOT),
            )
        with step("Starting Odoo"):
            odoo.start()
        say(demo.welcome.format(odoo=odoo.url, **urls))
        return _wait(odoo, sandbox)
    finally:
        odoo.stop()
        processes.stop(sandbox)


def _wait(odoo: OdooServer, sandbox) -> int:
    """Return when a process has ended by itself, which it should not."""
    while odoo.process.poll() is None and sandbox.poll() is None:
        time.sleep(0.5)
    name = "Odoo" if odoo.process.poll() is not None else "The mailbox"
    say(f"{name} was stopped. Logs: {odoo.log_path.parent}")
    return 1


def _start_sandbox(demo: Demo, ports: dict[str, int], smtp_port: int):
    command = [PYTHON, "-m", "devtools.sandbox"]
    command += (
        ["mailbox"] if demo.self_hosted else ["serve", "--port", ports["service"]]
    )
    command += ["--data", demo.data, "--mailbox-port", ports["mailbox"]]
    command += ["--smtp-port", smtp_port]
    log: Path = log_path(f"{demo.name}-sandbox")
    with log.open("ab") as output:
        process = processes.start(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        for port in ports.values():
            wait_for(f"http://{HOST}:{port}/", process, log, timeout=30)
    except BaseException:
        processes.stop(process)
        raise
    return process


def _ensure_database(machine: Machine, demo: Demo) -> None:
    current = tree_digest(ADDON)
    if demo.database not in database.names(machine):
        with step("Building the demo database"):
            database.new_with_demo(machine, demo.database)
    elif not demo.stamp.exists() or demo.stamp.read_text() != current:
        with step("Upgrading the addon in the demo database"):
            database.upgrade(machine, demo.database)
    else:
        return
    demo.stamp.write_text(current)
