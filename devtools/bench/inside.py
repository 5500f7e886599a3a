"""What is measured inside Odoo: sending, asking, deleting, showing."""

from . import history
from .plan import Plan
from .report import Report
from .turns import Turns, spread
from .worlds import Worlds

CONCURRENCY = 4  # b2b_family_mail.concurrency, as it comes
CEILING = CONCURRENCY / 0.2  # calls a second of 200 ms each


def _all(worlds: Worlds, task: str, **arguments) -> dict:
    return {
        world.name: lambda world=world: world.do(task, **arguments) for world in worlds
    }


def _ms(turns: Turns, name: str) -> str:
    return f"{turns.median(name) * 1000:.3g} ms"


def sending(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Mails with a file to one reader each, every commit included."""
    rows = f"{worlds.rows:,} rows of history"
    for count in (1, 10, plan.batch):
        rounds = plan.few if count == plan.batch else plan.rounds
        turns = Turns(rounds, _all(worlds, "send", count=count))
        ratio = turns.ratio("ours", "core")
        big = count == plan.batch
        report.add(
            f"send {count}, {rows}",
            _ms(turns, "ours"),
            core=_ms(turns, "core"),
            oca=_ms(turns, "oca"),
            ratio=str(ratio),
            goal="at most core" if big else "",
            met=ratio.median <= 1 if big else None,
        )
        queries = {world.name: turns.median(world.name, "queries") for world in worlds}
        each = {name: number / count for name, number in queries.items()}
        report.add(
            f"send {count}, queries a letter, {rows}",
            f"{each['ours']:.1f}",
            core=f"{each['core']:.1f}",
            oca=f"{each['oca']:.1f}",
            goal="at most 10, fewer than OCA" if big else "",
            met=each["ours"] <= min(10, each["oca"]) if big else None,
        )


def sending_slowly(worlds: Worlds, plan: Plan, report: Report) -> None:
    """With 200 ms for each call, or mail. Core and OCA send one after the other."""
    worlds.use_latency(True)
    works = _all(worlds, "send", count=10)
    works["ours"] = lambda: worlds.ours.do("send", count=40)
    turns = Turns(plan.few, works)
    rate = {name: (40 if name == "ours" else 10) / turns.median(name) for name in works}
    share = spread(40 / CEILING / seconds for seconds in turns.values("ours"))
    report.add(
        "send at 200 ms a call, letters a second",
        f"{rate['ours']:.1f}",
        core=f"{rate['core']:.1f}",
        oca=f"{rate['oca']:.1f}",
    )
    report.add(
        f"send at 200 ms, share of the ceiling of {CEILING:.0f} a second",
        share,
        goal="at least 0.8",
        met=share.median >= 0.8,
    )
    turns = Turns(plan.few, {"ours": lambda: worlds.ours.own("sync", count=plan.slow)})
    share = spread(plan.slow / CEILING / seconds for seconds in turns.values("ours"))
    report.add(
        "sync at 200 ms, share of the ceiling",
        share,
        goal="at least 0.8",
        met=share.median >= 0.8,
    )
    worlds.use_latency(False)


def syncing(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Letters that the sandbox really has, of which nothing is new."""
    for _number in range(2):
        worlds.ours.do("send", count=plan.synced // 2, with_file=False)
    work = {"ours": lambda: worlds.ours.own("sync", count=plan.synced)}
    turns = Turns(plan.few, work)
    rate = spread(60 * plan.synced / seconds for seconds in turns.values("ours"))
    report.add(
        "sync, letters a minute",
        rate,
        goal="at least 3,000",
        met=rate.median >= 3000,
    )
    queries = turns.median("ours", "queries") / plan.synced
    report.add(
        f"sync of {plan.synced:,}, queries a letter",
        f"{queries:.3f}",
        goal="at most 0.2",
        met=queries <= 0.2,
    )


def nothing_due(worlds: Worlds, plan: Plan, report: Report) -> None:
    """A round of the scheduled action while all letters are past their days."""
    turns = Turns(plan.rounds, {"ours": lambda: worlds.ours.own("select_due")})
    report.add(
        f"a round with nothing due, {worlds.rows:,} letters past their days",
        f"{turns.median('ours') * 1000:.2g} ms",
        goal="the same at any number" if worlds.rows else "",
        met=turns.median("ours") < 0.1 if worlds.rows else None,
    )


def growth(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Rounds over few and over many due letters, by a service that costs nothing."""
    small, large = plan.growth
    own = worlds.ours.own
    own("use_null_service", on=True)
    works = {
        str(count): lambda count=count: _sync_history(worlds, count)
        for count in plan.growth
    }
    turns = Turns(plan.growth_rounds, works)
    ratio = turns.ratio(str(large), str(small))
    report.add(
        f"sync of {large:,} due letters, time against {small:,}",
        ratio,
        goal="at most 11",
        met=ratio.median <= 11,
    )
    rate = spread(60 * large / seconds for seconds in turns.values(str(large)))
    report.add("sync with a service that costs nothing, letters a minute", rate)
    memory = max(turns.values(str(large), "memory")) / 1e6
    report.add(
        f"memory more after {large:,} letters synced",
        f"{memory:.1f} MB",
        goal="under 50 MB for 100,000",
        met=memory < 50,
    )
    own("use_null_service", on=False)


def _sync_history(worlds: Worlds, count: int) -> dict:
    worlds.ours.own("mark_history_due", count=count)
    worlds.ours.sql("VACUUM ANALYZE b2b_family_letter")
    return worlds.ours.own("sync_history", count=count)


def applying(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Opens taken in together and one by one, each of another letter."""
    own = worlds.ours.own
    turns = Turns(
        plan.few,
        {
            "batch": lambda: own("apply", count=1000, together=True),
            "single": lambda: own("apply", count=100, together=False),
        },
    )
    pairs = zip(turns.values("single"), turns.values("batch"), strict=True)
    factor = spread(10 * single / batch for single, batch in pairs)
    report.add(
        "1,000 opens in a batch, times faster than one by one",
        factor,
        goal="at least 20",
        met=factor.median >= 20,
    )
    report.add(
        "an open in a batch of 1,000, and alone, queries",
        f"{turns.median('batch', 'queries') / 1000:.2f} and"
        f" {turns.median('single', 'queries') / 100:.0f}",
    )


def chatter(worlds: Worlds, plan: Plan, report: Report) -> None:
    """A document with 30 messages, shown."""
    ids = {world.name: world.do("create_chatter", count=30) for world in worlds}
    queries = {
        world.name: world.do("read_chatter", record_id=ids[world.name])["queries"]
        for world in worlds
    }
    report.add(
        "chatter of 30 messages, queries",
        queries["ours"],
        core=str(queries["core"]),
        oca=str(queries["oca"]),
        goal="at most 2 above core",
        met=queries["ours"] <= queries["core"] + 2,
    )


def unlinking(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Twenty records deleted, with all that refers to them."""
    for model in ("mail.mail", "mail.message", "res.partner"):
        turns = Turns(plan.few, _all(worlds, "unlink", model=model, count=20))
        ratio = turns.ratio("ours", "core")
        report.add(
            f"unlink 20 {model}, {worlds.rows:,} rows of history",
            _ms(turns, "ours"),
            core=_ms(turns, "core"),
            oca=_ms(turns, "oca"),
            ratio=str(ratio),
            goal="at most 1.5 of core",
            met=ratio.median <= 1.5,
        )


def storage(worlds: Worlds, plan: Plan, report: Report) -> None:
    """Bytes a row, indexes included."""
    for what in ("letter", "event"):
        size = {
            world.name: history.bytes_per_row(
                worlds.machine, world.database, history.TABLES[world.name][what]
            )
            for world in (worlds.oca, worlds.ours)
        }
        report.add(
            f"bytes a {what}, indexes included",
            f"{size['ours']:.0f}",
            oca=f"{size['oca']:.0f}",
            goal="less than OCA",
            met=size["ours"] < size["oca"],
        )
