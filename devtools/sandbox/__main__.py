"""`python -m devtools.sandbox serve`, `... mailbox` and `... credentials`."""

import argparse
import json
import logging
import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from . import account
from .app import create_app
from .http_server import make_server
from .mailbox import Mailbox, MailServer, create_mailbox_app
from .service import Service


def main() -> None:
    options = _parser().parse_args()
    if options.command == "credentials":
        for name, value in account.CREDENTIALS.items():
            print(f"B2B_{name.upper()}={value}")
        return
    serve(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devtools.sandbox", description="A stand-in B2B Family service."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "credentials", help="print the demo account as B2B_...=... lines"
    )
    command = commands.add_parser(
        "serve", help="serve until SIGTERM; prints READY and the addresses as JSON"
    )
    command.add_argument(
        "--port", type=int, default=0, help="of the service; 0 chooses a free one"
    )
    command.add_argument(
        "--relay",
        metavar="HOST:PORT",
        help="deliver to this mail server instead of the catch-all",
    )
    command.add_argument(
        "--public-url",
        help="the service's address in letters, if readers reach it by another",
    )
    _add_mailbox_options(command)
    command = commands.add_parser(
        "mailbox",
        help="the same without the service: the catch-all mail server and its page",
    )
    _add_mailbox_options(command)
    return parser


def _add_mailbox_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--mailbox-port", type=int, default=0, help="of the mailbox page"
    )
    command.add_argument(
        "--smtp-host",
        default="127.0.0.1",
        help="loopback address the catch-all mail server binds",
    )
    command.add_argument(
        "--smtp-port", type=int, default=0, help="of the catch-all mail server"
    )
    command.add_argument(
        "--data",
        type=Path,
        help="directory to keep letters in; without it they are forgotten",
    )
    command.add_argument(
        "--until-eof",
        action="store_true",
        help="also end when standard input is closed",
    )


def serve(options: argparse.Namespace) -> None:
    """Runs all servers until SIGTERM or SIGINT. Everything binds loopback only."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if options.smtp_host not in ("127.0.0.1", "localhost"):
        sys.exit(
            "--smtp-host must be a loopback address; to deliver elsewhere, use --relay HOST:PORT"
        )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        directory = options.data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="b2b-sandbox-"))
        )
        directory.mkdir(parents=True, exist_ok=True)
        addresses = _start(options, directory, stack)
        print("READY", json.dumps(addresses), flush=True)
        if options.until_eof:
            threading.Thread(
                target=lambda: (sys.stdin.read(), ended.set()), daemon=True
            ).start()
        ended.wait()


def _start(
    options: argparse.Namespace, directory: Path, stack: ExitStack
) -> dict[str, str]:
    """Starts each server, to be stopped by `stack`; their addresses."""
    mailbox = Mailbox(directory)
    try:
        mail_server = MailServer(mailbox, options.smtp_host, options.smtp_port)
    except OSError as error:
        sys.exit(
            f"SMTP port {options.smtp_port}: {error.strerror}. Choose another with --smtp-port."
        )
    mail_server.start()
    stack.callback(mail_server.stop)
    addresses = {
        "mailbox": _serve_http(
            options.mailbox_port, create_mailbox_app(mailbox), stack
        ),
        "smtp": "{}:{}".format(*mail_server.address),
    }
    if options.command == "serve":
        addresses["service"] = _start_service(
            options, directory, stack, mail_server.address
        )
    return addresses


def _start_service(
    options: argparse.Namespace, directory: Path, stack: ExitStack, mail_server: tuple
) -> str:
    relay_host, _, relay_port = (options.relay or "").rpartition(":")
    service = Service(
        directory, *((relay_host, int(relay_port)) if options.relay else mail_server)
    )
    url = _serve_http(options.port, create_app(service), stack)
    service.start(options.public_url or url)
    stack.callback(service.stop)
    return url


def _serve_http(port: int, app, stack: ExitStack) -> str:
    server = make_server(port, app)
    threading.Thread(
        target=server.serve_forever, name=f"http-{server.port}", daemon=True
    ).start()
    stack.callback(server.shutdown)
    return f"http://127.0.0.1:{server.port}"


if __name__ == "__main__":
    main()
