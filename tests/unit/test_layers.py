# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Imports point one way: client, evidence <- models <- controllers. Read, not run."""

import ast
import sys
from pathlib import Path

import pytest

ADDON = Path(__file__).parents[2] / "b2b_family_mail"
NAME = "odoo.addons.b2b_family_mail"
THIRD_PARTY = {"requests", "urllib3"}


def imports(path):
    """Yield the absolute names of all modules that a file of the addon imports."""
    package = [NAME, *path.relative_to(ADDON).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            names = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{names}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and is_dynamic(node.func):
            pytest.fail(f"{path}:{node.lineno}: imports by name cannot be followed")


def is_dynamic(function):
    name = getattr(function, "id", None) or getattr(function, "attr", None)
    return name in ("__import__", "import_module")


def files(*folders):
    roots = [ADDON / folder for folder in folders] if folders else [ADDON]
    return [path for root in roots for path in sorted(root.rglob("*.py"))]


def within(name, package):
    return name == package or name.startswith(package + ".")


def breaches(paths, forbidden):
    return [
        f"{path.relative_to(ADDON.parent)} imports {name}"
        for path in paths
        for name in imports(path)
        if forbidden(name)
    ]


def test_there_is_something_to_read():
    assert ADDON / "client" / "client.py" in files("client")


def test_client_knows_only_the_standard_library_and_requests():
    def forbidden(name):
        top = name.partition(".")[0]
        own = within(name, f"{NAME}.client")
        return not own and top not in sys.stdlib_module_names | THIRD_PARTY

    assert breaches(files("client"), forbidden) == []


def test_evidence_knows_only_the_standard_library():
    def forbidden(name):
        own = within(name, f"{NAME}.evidence")
        return not own and name.partition(".")[0] not in sys.stdlib_module_names

    assert ADDON / "evidence" / "judge.py" in files("evidence")
    assert breaches(files("evidence"), forbidden) == []


def test_evidence_asks_no_clock_and_draws_nothing_at_random():
    def forbidden(name):
        return name.partition(".")[0] in ("time", "datetime", "random", "socket", "os")

    assert breaches(files("evidence"), forbidden) == []


def test_only_the_runtime_commits_starts_threads_or_knows_that_it_is_tested():
    """Nor opens cursors, nor hangs anything on a commit."""
    calls = {"commit", "rollback", "cursor", "postcommit", "precommit", "current_test"}
    imported = {"Thread", "Timer", "ThreadPoolExecutor", "Registry", "retrying"}
    imported |= {"multiprocessing", "subprocess", "asyncio", "gevent"}
    tested = {"in_test_mode", "current_thread", "test_enable", "testing"}

    def used(path):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            attribute = isinstance(node, ast.Attribute) and node.attr
            alias = isinstance(node, ast.alias) and node.name
            text = isinstance(node, ast.Constant) and node.value
            known = attribute in calls | imported | tested or alias in imported
            if known or text in tested:
                name = attribute or alias or text
                yield f"{path.relative_to(ADDON.parent)}: {name}"

    glue = ADDON.parent / "b2b_family_mail_queue"
    paths = [*files(), *sorted(glue.rglob("*.py"))]
    found = {use for path in paths for use in used(path)}
    outside = {use for use in found if not use.startswith("b2b_family_mail/runtime.py")}
    assert len(found) - len(outside) > 8, "the runtime was not read"
    assert outside == set()


def test_models_import_nothing_that_calls_them():
    def forbidden(name):
        return any(
            within(name, f"{NAME}.{room}") for room in ("controllers", "wizards")
        )

    assert breaches(files("models"), forbidden) == []


def test_the_runtime_and_the_tools_know_no_model():
    def forbidden(name):
        rooms = ("models", "controllers", "wizards")
        return any(within(name, f"{NAME}.{room}") for room in rooms)

    paths = [*files("tools"), ADDON / "runtime.py"]
    assert breaches(paths, forbidden) == []


def test_models_and_controllers_use_the_client_only_as_a_package():
    public = ast.literal_eval(
        next(
            node.value
            for node in ast.parse((ADDON / "client" / "__init__.py").read_text()).body
            if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
        )
    )

    def forbidden(name):
        inside = within(name, f"{NAME}.client") or within(name, "client")
        return inside and name.removeprefix(f"{NAME}.client.") not in public

    outside = [path for path in files() if ADDON / "client" not in path.parents]
    paths = [path for path in outside if path.parent != ADDON]
    assert breaches(paths, forbidden) == []


def test_the_addon_stands_without_tools_and_tests():
    def forbidden(name):
        return name.partition(".")[0] in ("devtools", "tests")

    assert breaches(files(), forbidden) == []


def test_no_file_grows_over_400_lines():
    sizes = {path.name: len(path.read_text().splitlines()) for path in files("client")}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
