"""Make the changes one by one; print which of them the tests notice."""

import argparse
import os
import signal
import sys

from ..console import DevError, say
from ..machine import prepare
from . import catalogue, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev mutants", description=__doc__)
    parser.add_argument(
        "wanted",
        nargs="*",
        metavar="NAME-OR-FILE",
        help="changes, rooms, files or suites (default: all)",
    )
    parser.add_argument("--list", action="store_true", help="print them, run nothing")
    parser.add_argument("--jobs", type=int, default=2, help="side by side (default: 2)")
    parser.add_argument("--again", action="store_true", help="also those that were run")
    parser.add_argument(
        "--trust",
        action="store_true",
        help="do not first run the tests without any change",
    )
    options = parser.parse_args()
    # So that `kill` stops it as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        mutants = catalogue.chosen(catalogue.read(), options.wanted)
        if options.list:
            return run.show(mutants)
        if options.jobs < 1:
            raise DevError("--jobs: at least one.")
        machine = prepare()
        os.environ.update(machine.environ)
        return run.run(
            machine,
            mutants,
            jobs=options.jobs,
            again=options.again,
            trust=options.trust,
        )
    except DevError as error:
        say(f"dev: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
