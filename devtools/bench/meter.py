"""How a piece of work inside Odoo is measured."""

import cProfile
import io
import os
import pstats
import time
from pathlib import Path

from odoo import sql_db


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


def _write(profile: cProfile.Profile, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text)
    stats.sort_stats("cumulative").print_stats(70)
    stats.sort_stats("tottime").print_stats(30)
    name = f"{os.getpid()}-{len(list(folder.glob('*.txt'))):04}.txt"
    (folder / name).write_text(text.getvalue())
