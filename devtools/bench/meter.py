"""How a piece of work inside Odoo is measured."""

import cProfile
import io
import os
import pstats
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo import sql_db

SHOWN = 110  # characters of a statement
FRAMES = 3  # of ours, or of core's addons, that led to it


def measure(work) -> dict:
    """Run `work`; return its seconds, this process's processor seconds, and its queries.

    The queries of all cursors count, those of other connections that the work opens too.
    With `B2B_BENCH_PROFILE` set to a directory, a profile is left there as well.
    """
    folder = os.environ.get("B2B_BENCH_PROFILE")
    profile = cProfile.Profile() if folder else None
    queries = sql_db.sql_counter
    cpu, wall = time.process_time(), time.perf_counter()
    if profile:
        profile.runcall(work)
    else:
        work()
    result = {
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "queries": sql_db.sql_counter - queries,
    }
    if profile:
        _write(profile, Path(folder))
    return result


@contextmanager
def tracing():
    """Yield a list that gets what every cursor is asked in the block.

    In order, each as the places in addons that it comes from, the innermost first, and
    the statement; commits among them.
    """
    asked = []
    execute, commit = sql_db.Cursor.execute, sql_db.Cursor.commit

    def traced_execute(cursor, query, *args, **kwargs):
        asked.append((_origin(), " ".join(_text(query).split())[:SHOWN]))
        return execute(cursor, query, *args, **kwargs)

    def traced_commit(cursor):
        asked.append((_origin(), "COMMIT"))
        return commit(cursor)

    with (
        patch.object(sql_db.Cursor, "execute", traced_execute),
        patch.object(sql_db.Cursor, "commit", traced_commit),
    ):
        yield asked


def _text(query) -> str:
    return query if isinstance(query, str) else getattr(query, "code", str(query))


def _origin() -> str:
    places, frame = [], sys._getframe(2)
    while frame and len(places) < FRAMES:
        path = frame.f_code.co_filename
        if "b2b_family_mail/" in path or "/addons/" in path:
            file = path.rpartition("b2b_family_mail/")[2].rpartition("/addons/")[2]
            places.append(f"{file}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(places)


def _write(profile: cProfile.Profile, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text)
    stats.sort_stats("cumulative").print_stats(70)
    stats.sort_stats("tottime").print_stats(30)
    name = f"{os.getpid()}-{len(list(folder.glob('*.txt'))):04}.txt"
    (folder / name).write_text(text.getvalue())
