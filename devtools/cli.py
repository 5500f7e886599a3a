"""The commands of ./dev. Each imports what it needs when it runs, to start quickly."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time

from .console import DevError, say
from .paths import DEV, LOG, ODOO_BIN, PYTHON, ROOT


def main(argv=None) -> int:
    """Run one command; return its exit code."""
    # So that `kill` stops what was started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    try:
        return arguments.run(arguments) or 0
    except DevError as error:
        say(f"dev: {error}")
        return 1
    except KeyboardInterrupt:
        say()
        return 130


def _parse(argv) -> argparse.Namespace:
    # argparse cannot leave the options of another program alone, so these go around it.
    ours, rest = argv, []
    if argv[:1] in (["python"], ["screenshots"], ["mutants"]):
        ours, rest = argv[:1], argv[1:]
    elif argv[:1] == ["test"] and "--" in argv:
        cut = argv.index("--")
        ours, rest = argv[:cut], argv[cut + 1 :]
    arguments = _parser().parse_args(ours)
    arguments.rest = rest
    return arguments


def _prepare():
    from .machine import prepare

    machine = prepare()
    environ = machine.environ  # made from os.environ: read it before clearing that
    os.environ.clear()
    os.environ.update(environ)
    return machine


def _run(command, **kwargs) -> int:
    return subprocess.call([str(part) for part in command], **kwargs)


def demo(arguments) -> int:
    from . import demo

    return demo.run(_prepare(), port=arguments.port, self_hosted=arguments.self_hosted)


def test(arguments) -> int:
    from . import suites

    start = time.monotonic()
    if arguments.long:
        os.environ.update(suites.LONG)
    return suites.run(
        _prepare(),
        arguments.suites,
        browser=arguments.browser,
        pytest_args=arguments.rest,
        since=start,
    )


def lint(arguments) -> int:
    from . import suites

    return suites.run(_prepare(), ["lint"])


def shell(arguments) -> int:
    from . import database

    database.require(_prepare(), arguments.database)
    command = [PYTHON, ODOO_BIN, "shell", "--database", arguments.database, "--no-http"]
    return _run([*command, "--log-level=warn"], cwd=DEV)


def serve(arguments) -> int:
    from . import database
    from .server import OdooServer, choose_port

    database.require(_prepare(), arguments.database)
    port = choose_port(arguments.port, default=8069)
    with OdooServer(arguments.database, port=port, workers=arguments.workers) as server:
        say(
            f"Odoo is at {server.url} (database {arguments.database}). Ctrl-C stops it."
        )
        return server.process.wait()


def sandbox(arguments) -> int:
    _prepare()
    if arguments.show_credentials:
        return _run([PYTHON, "-m", "devtools.sandbox", "credentials"], cwd=ROOT)
    from .server import choose_port

    port = choose_port(arguments.port, default=8025)
    return _run([PYTHON, "-m", "devtools.sandbox", "serve", "--port", port], cwd=ROOT)


def database(arguments) -> int:
    from . import database, templates

    machine = _prepare()
    if arguments.action == "list":
        print("\n".join(database.names(machine)))
    elif not arguments.name:
        raise DevError(f"Say which database: ./dev db {arguments.action} NAME")
    elif arguments.action == "new":
        template = templates.BASE if arguments.bare else templates.WITH_ADDON
        database.new(machine, arguments.name, template)
    else:
        database.drop(machine, arguments.name)
    return 0


def python(arguments) -> int:
    _prepare()
    return _run([PYTHON, *arguments.rest])


def core_tests(arguments) -> int:
    from . import core_tests

    return core_tests.run(_prepare())


def bench(arguments) -> int:
    _prepare()
    options = ["--quick"] if arguments.quick else []
    options += ["--only", arguments.only] if arguments.only else []
    return _run([PYTHON, "-m", "devtools.bench", *options], cwd=ROOT)


def evidence(arguments) -> int:
    from pathlib import Path

    from . import evidence

    path = Path(arguments.file) if arguments.file else None
    return evidence.run(path, timed=arguments.time, rst=arguments.rst)


def mutants(arguments) -> int:
    _prepare()
    return _run([PYTHON, "-m", "devtools.mutants", *arguments.rest], cwd=ROOT)


def soak(arguments) -> int:
    from . import soak

    return soak.run(_prepare(), arguments.minutes)


def docs(arguments) -> int:
    from . import suites

    return suites.build_docs(_prepare())


def screenshots(arguments) -> int:
    _prepare()
    return _run([PYTHON, "-m", "devtools.screenshots", *arguments.rest], cwd=ROOT)


def i18n(arguments) -> int:
    _prepare()
    return _run([PYTHON, "-m", "devtools.i18n"], cwd=ROOT)


def stop(arguments) -> int:
    from . import postgres, processes

    count = processes.stop_noted()
    server = postgres.find() if DEV.exists() else None
    if server and server.is_running():
        server.stop()
        count += 1
    say(f"Stopped {count} processes." if count else "Nothing was running.")
    return 0


def clean(arguments) -> int:
    from . import postgres

    stop(arguments)
    server = postgres.find() if DEV.exists() else None
    if server:
        for folder in server.folders():
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(DEV, ignore_errors=True)
    if DEV.exists():
        raise DevError(
            f"{DEV} could not be removed whole. Does part of it belong to another user?"
        )
    say(f"Removed {DEV}.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__.splitlines()[0])
    parser.epilog = f"All that is generated goes to {DEV}; logs are in {LOG}."
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command(
        "demo", demo, "Odoo with the addon, the stand-in service and a mailbox."
    )
    sub.add_argument(
        "--port", type=int, help="Odoo's port (default: the first free from 8069)"
    )
    sub.add_argument(
        "--self-hosted",
        action="store_true",
        help="no service at all: Odoo itself delivers and watches",
    )

    sub = command(
        "test",
        test,
        "Run the test suites, all of them unless some are named. Left out: ./dev soak,"
        " bench, core-tests, and what --long adds.",
    )
    sub.add_argument(
        "suites",
        nargs="*",
        metavar="SUITE",
        help="lint unit sandbox odoo live hosting doors ...",
    )
    sub.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="leave the browser suites out",
    )
    sub.add_argument(
        "--long",
        action="store_true",
        help="live, hosting, doors: two minutes of soak, 2,100 fuzzed bodies, more kills"
        " (else 18 s, 240, 2 at each point), the whole surface as each of the roles",
    )

    command("lint", lint, "Check style with ruff and pylint-odoo.")

    sub = command(
        "shell", shell, "An Odoo shell on a database; reads a script from stdin."
    )
    sub.add_argument("-d", "--database", required=True)

    sub = command("serve", serve, "Odoo alone, on a database.")
    sub.add_argument("-d", "--database", required=True)
    sub.add_argument("--port", type=int, help="default: the first free from 8069")
    sub.add_argument(
        "--workers", type=int, default=0, help="prefork processes (default: threads)"
    )

    sub = command("sandbox", sandbox, "The stand-in service alone.")
    sub.add_argument("--port", type=int, help="default: the first free from 8025")
    sub.add_argument(
        "--show-credentials",
        action="store_true",
        help="print its demo account and exit",
    )

    sub = command(
        "db",
        database,
        "Databases: new (with the addon, from the template), drop, list.",
    )
    sub.add_argument("action", choices=["new", "drop", "list"])
    sub.add_argument("name", nargs="?", metavar="NAME")
    sub.add_argument("--bare", action="store_true", help="new: without the addon")

    command(
        "python",
        python,
        "The interpreter that can import odoo; all arguments are its own.",
    )
    command(
        "core-tests", core_tests, "Odoo's own mail tests, without and with the addon."
    )
    sub = command(
        "bench",
        bench,
        "Measure against core Odoo and the peers' addons (half an hour).",
    )
    sub.add_argument(
        "--quick", action="store_true", help="less of everything (five minutes)"
    )
    sub.add_argument(
        "--only",
        choices=["alone", "front", "judging", "opens", "posting", "watching"],
        help="alone: one letter, query by query; front: the screens, in a browser; "
        "judging: whether it was the reader (minutes); watching: the addresses in "
        "letters",
    )
    command(
        "mutants",
        mutants,
        "Change the code on purpose, one place at a time: does a test notice? (an hour)",
    )
    sub = command(
        "soak", soak, "Letters, news and faults at random for minutes; nothing is lost."
    )
    sub.add_argument("--minutes", type=float, default=30, help="how long (default: 30)")
    sub = command(
        "evidence",
        evidence,
        "Judge observations, one a line of JSON, and compare with the truth they tell.",
    )
    sub.add_argument(
        "file", nargs="?", metavar="FILE", help="default: the corpus of the tests"
    )
    sub.add_argument(
        "--time", action="store_true", help="also judge 100,000 and print the seconds"
    )
    sub.add_argument(
        "--rst",
        action="store_true",
        help="print what docs/evidence.rst shows between its marks",
    )
    command("docs", docs, "Build the documentation; warnings are errors.")
    command("screenshots", screenshots, "Make the documentation's screenshots anew.")
    command(
        "i18n", i18n, "Export the addon's terms and merge them into its translations."
    )
    command("stop", stop, "Stop everything that ./dev has started in this checkout.")
    command("clean", clean, "Stop everything and remove .dev/.")
    return parser
