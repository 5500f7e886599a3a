"""The databases that are compared, and what each of them talks to."""

from collections.abc import Iterable
from contextlib import ExitStack

from .. import database, templates
from ..console import step
from ..machine import Machine
from ..paths import ROOT
from ..sandbox.control import Sandbox
from . import history, peers
from .child import Child

PREFIX = "b2b_bench_"
LOG = "bench"
CORE_MODULES = ("mass_mailing",)  # for its pixel, the nearest thing to a webhook
MODULES = {"core": (), "oca": peers.MODULES, "ours": (database.ADDON_MODULE,)}


class World:
    """One database with a process that works in it."""

    def __init__(self, name: str, machine: Machine, addons_path: str):
        self.name = name
        self.database = PREFIX + name
        self.machine = machine
        self._worker = Child(
            "worker", self.database, addons_path, env=machine.environ, log=LOG
        )

    def do(self, task: str, _module="tasks", **arguments):
        """Have a task done and return what it returns."""
        return self._worker.ask({"module": _module, "task": task, "args": arguments})

    def own(self, task: str, **arguments):
        """Have a task done that only this database knows."""
        return self.do(task, f"tasks_{self.name}", **arguments)

    def sql(self, statement: str) -> list[str]:
        return self.machine.postgres.sql(statement, self.database)

    def close(self) -> None:
        self._worker.close()


class Worlds:
    """All of it, as a context manager: `core`, `oca`, `ours`, `sandbox`.

    Or some of it, by their names; `ours` is always among them.
    """

    def __init__(self, machine: Machine, names: Iterable[str] = MODULES):
        self.machine = machine
        self.names = tuple(names)
        self.rows = 0

    def __enter__(self) -> "Worlds":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception) -> None:
        self._stack.close()
        for name in self.names:
            database.drop(self.machine, PREFIX + name)

    def __iter__(self):
        return iter([getattr(self, name) for name in self.names])

    def grow(self, rows: int) -> None:
        """Let every database have `rows` rows of history."""
        if rows > self.rows:
            with step(f"Making history, {rows:,} rows"):
                for world in self:
                    history.grow(
                        self.machine, world.database, world.name, self.rows + 1, rows
                    )
            self.rows = rows

    def use_latency(self, on: bool) -> None:
        """Let every call of the service, and every mail, take 200 ms, or no time."""
        self.sandbox.clear_faults()
        if on:
            for call in ("send", "statistics"):
                self.sandbox.fault(call, "latency", times=None, seconds=0.2)
        for world in (self.core, self.oca):
            world.do("use_port", smtp_port=self.smtp_ports[on])

    def _start(self, stack: ExitStack) -> None:
        if "oca" in self.names:
            peers.ensure()
        self._make_databases()
        self.sandbox = stack.enter_context(Sandbox())
        self.sandbox.settings(deliver=False)
        sink = Child("sink", env=self.machine.environ, log=LOG)
        stack.callback(sink.close)
        self.smtp_ports = sink.read()
        with step("Starting Odoo on each"):
            for name in self.names:
                world = World(name, self.machine, self.addons_path(name))
                stack.callback(world.close)
                world.do("set_up", smtp_port=self.smtp_ports[0])
                setattr(self, name, world)
        if "oca" in self.names:
            self.oca.do(
                "set_parameters",
                values={"mailgun.apikey": "stub", "mailgun.domain": "shop.example"},
            )
        self.token = self.ours.own(
            "connect", url=self.sandbox.url, credentials=self.sandbox.credentials
        )

    def addons_path(self, name: str) -> str:
        paths = [*self.machine.odoo.addons_paths]
        if name == "oca":
            paths.append(peers.ADDONS)
        if name == "ours":
            paths.append(ROOT)
        return ",".join(map(str, paths))

    def _make_databases(self) -> None:
        """One template with the people in it, a clone of it for each."""
        for name in ("template", *self.names):
            database.drop(self.machine, PREFIX + name)
        template = PREFIX + "template"
        sql = self.machine.postgres.sql
        database.new(self.machine, template, templates.BASE)
        with step("Building the databases to compare"):
            database.install(self.machine, template, CORE_MODULES, log=LOG)
            world = World("template", self.machine, self.addons_path("core"))
            try:
                world.do("create_people")
            finally:
                world.close()
            history.number_readers(self.machine, template)
            for name in self.names:
                sql(f'CREATE DATABASE "{PREFIX + name}" TEMPLATE "{template}"')
                if modules := MODULES[name]:
                    path = f"--addons-path={self.addons_path(name)}"
                    database.install(
                        self.machine, PREFIX + name, modules, path, log=LOG
                    )
            database.drop(self.machine, template)
