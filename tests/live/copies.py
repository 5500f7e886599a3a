# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Backups of databases, and what is restored from them."""

import os
import subprocess

from devtools.postgres import find


def restore(source: str, target: str, cluster=None) -> None:
    """Back up a database and restore it under another name.

    :param cluster: the ``Postgres`` to restore it in, by default the same
    """
    server = find()
    into = cluster or server
    into.sql(f'CREATE DATABASE "{target}" TEMPLATE template0')
    dump = subprocess.Popen(
        [server.bindir / "pg_dump", "--no-owner", source],
        env=os.environ | server.environ,
        stdout=subprocess.PIPE,
    )
    command = [into.bindir / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", target]
    subprocess.run(
        command,
        env=os.environ | into.environ,
        stdin=dump.stdout,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    dump.stdout.close()
    assert dump.wait() == 0
