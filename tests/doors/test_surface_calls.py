# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""All of the surface, called as each role on a real server: see surface/table.py.

What a role may not do has to raise and to leave the database as it was; what it may
do changes nothing but what was made for the call. What is answered holds nothing that
the role may not see: each person's letters carry the person's own word.
"""

import re
from collections import Counter

import pytest
from scene import Scene
from surface import table
from visitor import EVERYTHING, Visitor

# Those who differ in kind. The second company's are the mirror of these, who reach for
# what is its; nothing is refused to an administrator.
BY_DAY = ("stranger", "portal", "employee", "salesperson", "manager")
# The administrator comes last: he leaves little whole.
ROLES = sorted(
    table.ROLES if EVERYTHING else BY_DAY, key=lambda role: role == "administrator"
)


def crashes_of_ours(said):
    """Return the tracebacks in a log that end in the addon's own lines.

    Arguments that make no sense crash core, maybe through an override of ours.
    """
    traces = re.findall(r"^Traceback .*\n((?: .*\n)+)", said, re.MULTILINE)
    places = [re.findall(r'File "(.*?)", line', trace)[-1:] for trace in traces]
    return [place for place in places if "b2b_family_mail/" in str(place)]


@pytest.fixture(scope="module")
def scene(knocking):
    knocking.reset()
    return Scene(knocking)


@pytest.fixture(scope="module")
def figures():
    counted = Counter()
    yield counted
    methods, fields = (len(table.keys(name)) for name in table.HEADS)
    print(
        f"\nsurface: {len(ROLES)} roles, {methods} methods, {fields} fields,"
        f" {counted['calls']} calls, {counted['refused']} refused,"
        f" {counted['answered']} answered, {counted['crashed']} crashed in core"
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("role", "name"), [(role, name) for role in ROLES for name in table.HEADS]
)
def test_each_role_can_do_what_the_table_says(scene, figures, role, name):
    log = scene.doors.server.log_path
    start = log.stat().st_size
    visitor = Visitor(scene, role)
    visitor.visit(table.read(name))
    figures.update(visitor.counted)
    if visitor.problems:
        pytest.fail("\n".join(visitor.problems), pytrace=False)
    if role != "administrator":
        said = log.read_bytes()[start:].decode(errors="replace")
        assert crashes_of_ours(said) == []
