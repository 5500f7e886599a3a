"""./dev demo: Odoo with the addon, the stand-in service and a mailbox page, all set up."""

import time
from pathlib import Path

from . import database, processes
from .console import log_path, preparing, say, step
from .machine import Machine
from .paths import ADDON, DEV, PYTHON, ROOT, tree_digest
from .server import HOST, OdooServer, choose_port, wait_for

DATABASE = "b2b_demo"
SETUP_SCRIPT = database.SCRIPTS / "demo_settings.py"
# Digest of the addon as the demo database has it.
STAMP = DEV / "demo-addon"
SANDBOX_DATA = DEV / "demo-sandbox"

WELCOME = """
  Odoo      {odoo}    login: admin   password: admin
                                 or demo / demo, a salesperson
  Service   {service}    the stand-in for B2B Family: what it was sent, what it knows
  Mailbox   {mailbox}    where every letter arrives

  Try it:
    1. In Odoo: B2B Family > New Letter. Write to anybody, attach a file, Send via B2B.
    2. In the mailbox: open the letter, then its attachment.
    3. Back in Odoo, without pressing anything: first open, last open, and after some 15
       seconds (it may have been a program) attachment opened.
    4. In the mailbox, choose what a letter is read with: Apple Mail, a security gateway
       ... What programs fetch does not count as opened.

  Ctrl-C stops all three (or ./dev stop). Letters are kept until ./dev clean.
"""


def run(machine: Machine, port: int | None = None) -> int:
    """Serve the demo until Ctrl-C; return an exit code."""
    with preparing():
        _ensure_database(machine)
    odoo = OdooServer(
        DATABASE, choose_port(port, default=8069), log=log_path("demo-odoo")
    )
    service_port = choose_port(None, default=8025)
    mailbox_port = choose_port(None, default=service_port + 1)
    smtp_port = choose_port(None)
    service, mailbox = f"http://{HOST}:{service_port}", f"http://{HOST}:{mailbox_port}"
    sandbox = None
    try:
        with step("Starting the stand-in service and the mailbox"):
            sandbox = _start_sandbox(service_port, mailbox_port, smtp_port)
        with step("Connecting Odoo to it"):
            database.run_script(
                machine,
                DATABASE,
                SETUP_SCRIPT,
                log="demo-setup",
                B2B_DEMO_ODOO=odoo.url,
                B2B_DEMO_SERVICE=service,
                B2B_DEMO_SMTP_PORT=str(smtp_port),
                PYTHONPATH=str(ROOT),
            )
        with step("Starting Odoo"):
            odoo.start()
        say(WELCOME.format(odoo=odoo.url, service=service, mailbox=mailbox))
        return _wait(odoo, sandbox)
    finally:
        odoo.stop()
        processes.stop(sandbox)


def _wait(odoo: OdooServer, sandbox) -> int:
    """Return when a process has ended by itself, which it should not."""
    while odoo.process.poll() is None and sandbox.poll() is None:
        time.sleep(0.5)
    name = "Odoo" if odoo.process.poll() is not None else "The stand-in service"
    say(f"{name} was stopped. Logs: {log_path('demo-odoo').parent}")
    return 1


def _start_sandbox(port: int, mailbox_port: int, smtp_port: int):
    command = [PYTHON, "-m", "devtools.sandbox", "serve", "--data", SANDBOX_DATA]
    command += ["--port", port, "--mailbox-port", mailbox_port]
    command += ["--smtp-port", smtp_port]
    log: Path = log_path("demo-sandbox")
    with log.open("ab") as output:
        process = processes.start(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        wait_for(f"http://{HOST}:{port}/", process, log, timeout=30)
    except BaseException:
        processes.stop(process)
        raise
    return process


def _ensure_database(machine: Machine) -> None:
    current = tree_digest(ADDON)
    if DATABASE not in database.names(machine):
        with step("Building the demo database"):
            database.new_with_demo(machine, DATABASE)
    elif not STAMP.exists() or STAMP.read_text() != current:
        with step("Upgrading the addon in the demo database"):
            database.upgrade(machine, DATABASE)
    else:
        return
    STAMP.write_text(current)
