# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Changed functions in modules that are imported: as the file says, or not at all."""

import functools
import importlib.util

import pytest

from devtools.mutants.swap import Functions, Unswappable

BEFORE = '''
import functools

LIMIT = 3

def plain(number, much=1):
    """Says it."""
    return number + much

def within(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

class Base:
    def said(self):
        return "base"

class Child(Base):
    size = 3
    check = staticmethod(lambda number: number > 3)

    @property
    def half(self):
        return [n / 2 for n in range(4)]

    @within
    def said(self):
        return super().said() + "child"
'''


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text(BEFORE, "utf-8")
    spec = importlib.util.spec_from_file_location("changing", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def change(module, tmp_path):
    functions = Functions(tmp_path)

    def make(*pairs):
        after = BEFORE
        for text, instead in pairs:
            assert after.count(text) == 1
            after = after.replace(text, instead)
        (tmp_path / "changing.py").write_text(after, "utf-8")
        functions.swap(tmp_path / "changing.py", BEFORE)

    return make


def test_functions_methods_and_lambdas(module, change):
    child, plain = module.Child(), functools.partial(module.plain, 1)
    change(
        ("    return number + much", "\n    return number - much"),
        ("n / 2", "n / 4"),
        ("number > 3", "number > 5"),
        ('super().said() + "child"', 'super().said() + "heir"'),
    )
    assert plain() == 0
    assert child.half == [0, 0.25, 0.5, 0.75]
    assert not child.check(4)
    assert child.said() == "baseheir"


@pytest.mark.parametrize(
    "pair",
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("size = 3", "size = True"),
        ("much=1", "much=2"),
        ("def plain(", "def plane("),
        ("class Child(Base)", "class Child"),
        ("    @within\n", ""),
        ("def half(self):", "def half(self): return 1\n\n    def third(self):"),
        ("return function(*args)", "return None"),
        ('super().said() + "child"', '"child"'),
        ("return number + much", "return ("),
        ("import functools\n", "import functools\n\n"),
    ],
)
def test_what_is_not_of_functions_alone_is_refused(module, change, pair):
    with pytest.raises(Unswappable):
        change(pair)
    assert module.plain(1) == 2
    assert module.Child().said() == "basechild"
    assert module.Child().half[1] == 0.5
