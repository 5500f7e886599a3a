"""`python -m devtools.bench.sink`: a mail server on loopback that keeps nothing.

It takes mail on two ports: on one at once, on the other after the time that a call of the
service takes in the same comparison. Prints the ports as JSON; ends with its input.
"""

import asyncio
import json
import sys
from functools import partial

from aiosmtpd.smtp import SMTP

LATENCY = 0.2  # seconds


class _Handler:
    def __init__(self, latency: float):
        self.latency = latency

    async def handle_DATA(self, _server, _session, _envelope):
        if self.latency:
            await asyncio.sleep(self.latency)
        return "250 OK"


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(partial(SMTP, _Handler(latency)), "127.0.0.1", 0)
        for latency in (0, LATENCY)
    ]
    print(
        json.dumps([server.sockets[0].getsockname()[1] for server in servers]),
        flush=True,
    )
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
