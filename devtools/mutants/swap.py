"""Put changed functions into modules that are imported already.

It spares the start of Odoo, which most changes do not concern. What else a module
consists of has run: a change of it is refused here, and needs a process of its own.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType

# What tells a function's code, beside its constants; not where in the file it stands.
FACTS = (
    *("co_name", "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars"),
    *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags"),
)


class Unswappable(Exception):
    """The change is not one of functions alone."""


class Functions:
    """The functions of modules below a folder, as they are imported by now."""

    def __init__(self, folder: Path):
        self._found = defaultdict(list)
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and _is_below(one.__code__, folder):
                self._found[_place(one.__code__)].append(one)

    def swap(self, path: Path, before: str) -> None:
        """Have the functions of a file be what the file says now.

        :param before: what it said when it was imported
        :raises Unswappable: they cannot be; nothing has changed then
        """
        found = [
            (function, code)
            for was, code in _changed(*_compiled(path, before, path.read_text("utf-8")))
            for function in self._all_of(was, code)
        ]
        if not found:
            raise Unswappable("no function has changed")
        for function, code in found:
            function.__code__ = code

    def _all_of(self, old: CodeType, new: CodeType) -> list[FunctionType]:
        """Return the functions that have a code, which can have another."""
        if any(self._found.get(_place(inner)) for inner in _inner(old)):
            raise Unswappable("a function that it has made is in use")
        functions = [
            function
            for function in self._found.get(_place(old), ())
            if _facts(function.__code__) == _facts(old)
        ]
        if not functions or old.co_freevars != new.co_freevars:
            raise Unswappable("there is nothing to put it into")
        return functions


def _compiled(path: Path, *texts: str) -> list[CodeType]:
    try:
        return [compile(text, path, "exec", dont_inherit=True) for text in texts]
    except SyntaxError as error:
        raise Unswappable("it is not Python") from error


def _changed(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the functions that differ, as they were and as they are.

    :raises Unswappable: something else differs
    """
    if old.co_flags & CO_OPTIMIZED:
        if _facts(old) != _facts(new):
            yield old, new
        return
    consts = list(zip(old.co_consts, new.co_consts, strict=False))
    if (
        [getattr(old, name) for name in FACTS] != [getattr(new, name) for name in FACTS]
        or len(old.co_consts) != len(new.co_consts)
        or any(_fact(was) != _fact(now) for was, now in consts if not _both(was, now))
    ):
        raise Unswappable("more than functions has changed")
    for was, now in consts:
        if _both(was, now):
            if was.co_name != now.co_name:
                raise Unswappable("a function has another name")
            yield from _changed(was, now)


def _both(one, other) -> bool:
    return isinstance(one, CodeType) and isinstance(other, CodeType)


def _facts(code: CodeType) -> tuple:
    facts = (getattr(code, name) for name in FACTS)
    return (
        *facts,
        getattr(code, "co_exceptiontable", b""),
        *map(_fact, code.co_consts),
    )


def _fact(const):
    # By repr, because 1 == True.
    return _facts(const) if isinstance(const, CodeType) else repr(const)


def _inner(code: CodeType) -> Iterator[CodeType]:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from _inner(const)


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_name, code.co_firstlineno


def _is_below(code: CodeType, folder: Path) -> bool:
    return code.co_filename.startswith(f"{folder}/")
