# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One role that goes from door to door, and what is wrong with what happens."""

import json
import os
import re
from collections import Counter
from itertools import groupby

from people import Refused
from scene import AUTHORS, COMPANIES, OF_A_LETTER, SESSIONS
from surface.arguments import NEW, VALUES, arguments

REACH = {
    "draft": ("own_draft",),
    "own": ("own_",),
    "company": ("own_", "other_"),
    "all": ("own_", "other_", "foreign_"),
}
EVERYTHING = os.environ.get("B2B_SURFACE") == "all"  # ./dev test --long
# How the account's last call went is written down whoever made it.
NOTED = "b2b_family_service_status"
# Abstract, so that it is called on a model that has it.
CALLED_ON = {"mail.thread": "res.partner"}
NO_RIGHT = {"AccessError", "MissingError", "AccessDenied"}


class Visitor:
    """``problems`` are words; ``counted`` the calls and how they ended."""

    def __init__(self, scene, role):
        self.scene, self.role, self.login = scene, role, SESSIONS[role]
        self.person = scene.person(self.login)
        self.problems, self.counted = [], Counter()
        self._types = {}
        self._before = scene.snapshot()

    def visit(self, rows):
        """Make the calls of the rows of a table, first those that change nothing."""
        later = []
        for model, group in groupby(rows, lambda row: row["model"]):
            calls = [call for row in group for call in self._calls(model, row)]
            if self.role == "stranger" and not EVERYTHING:
                # Turned away by the one address of all, before anything is looked at.
                calls = calls[:1]
            later += [call for call in calls if call.is_loud]
            self._knock_quietly([call for call in calls if not call.is_loud])
        for call in later:
            self._knock_loudly(call)

    def _calls(self, model, row):
        if "method" in row:
            calls = list(self._method_calls(model, row))
        else:
            calls = list(self._field_calls(model, row))
        if EVERYTHING:
            return calls[:1] if row[self.role] == "harmless" else calls
        if row[self.role] != "harmless":
            return calls
        # It is so on whatever record. By day, two roles show it for those between.
        return calls[:1] if self.role in ("portal", "manager") else []

    def _method_calls(self, model, row):
        args, by_name = arguments(model, row["method"])
        if row["takes"] == "model":
            targets = [("model", None)]
        else:
            name = CALLED_ON.get(model, model)
            targets = self.scene.targets(name, self.role, row["method"])
        for label, ids in targets:
            call = Call(model, row["method"], label, ids, args, by_name, row[self.role])
            call.is_loud = call.allowed and row["effect"] == "changes"
            yield call

    def _field_calls(self, model, row):
        values = self._values(model, row)
        if row["how"] == "create":
            values = NEW.get(model, {}) | values
            yield Call(model, "create", "model", None, (values,), {}, row[self.role])
            return
        for label, ids in self.scene.targets(model, self.role):
            yield Call(model, "write", label, ids, (values,), {}, row[self.role])

    def _values(self, model, row):
        if row["value"]:
            value = json.loads(row["value"])
            return value if isinstance(value, dict) else {row["field"]: value}
        field = self._types_of(model).get(row["field"], {"type": "char"})
        if field["type"] == "selection":
            return {row["field"]: field["selection"][0][0]}
        return {row["field"]: VALUES[field["type"]]}

    def _filled(self, values):
        """Return arguments with the ids that stand for their placeholders."""
        text = json.dumps(values)
        for name, value in self._placeholders().items():
            text = text.replace(f'"${name}"', str(value))
        return json.loads(text)

    def _placeholders(self):
        scene = self.scene
        owner = self.login if self.login in AUTHORS else "bob"
        return {
            "contact": scene.contact,
            "template": scene.template,
            "file": scene.files[owner],
            "others_file": scene.files["bob" if self.login != "bob" else "alice"],
            "message": scene.posted[owner],
            "line": scene.lines[owner],
        }

    def _types_of(self, model):
        if model not in self._types:
            self._types[model] = self.scene.root.call(
                model, "fields_get", [], ["type", "selection"]
            )
        return self._types[model]

    # -- calls

    def _knock_quietly(self, calls):
        """Make calls after which nothing may be other than before."""
        if not calls:
            return
        accepted = self.scene.doors.sandbox.accepted()
        for call in calls:
            self._judge(call, self._make(call))
        after = self.scene.snapshot()
        if after != self._before and self.role != "administrator":
            self._name_the_culprit(calls, after)
        if self.scene.doors.sandbox.accepted() != accepted:
            self.problems.append(f"{calls[0].model}: a letter was sent")

    def _name_the_culprit(self, calls, after):
        """Make the calls once more, one by one, to tell which of them it was."""
        changed = sorted(set(self._before.items()) ^ set(after.items()))
        self.problems.append(f"{calls[0].model}: changed {_brief(changed)}")
        before = after
        for call in calls:
            self._make(call)
            if (after := self.scene.snapshot()) != before:
                changed = sorted(set(before.items()) ^ set(after.items()))
                self.problems.append(f"{call} changed {_brief(changed)}")
            before = after
        self._before = after

    def _knock_loudly(self, call):
        """Make a call that may change something: but nothing that was there before."""
        # An administrator may have broken already what something new is made with.
        if call.ids and self.role != "administrator":
            call = call.on(self._fresh(call))
        self._judge(call, self._make(call))
        if self.role == "administrator":
            return  # to whom nothing is forbidden, so that there is nothing to compare
        self.scene.doors.settle()
        after = self.scene.snapshot()
        table = CALLED_ON.get(call.model, call.model).replace(".", "_")
        own = {(table, str(record)) for record in call.ids or []}
        # What has come since the quiet calls was made for loud ones.
        spoiled = [
            key
            for key, digest in self._before.items()
            if after.get(key) != digest and key not in own and key[0] != NOTED
        ]
        if spoiled:
            self.problems.append(f"{call} changed {_brief(spoiled)}")
        self._before = {key: after[key] for key in self._before if key in after}

    def _fresh(self, call):
        """Return the ids of a record made for one call, of the same kind."""
        scene = self.scene
        owner = self.login if call.label.startswith("own") else "bob"
        if CALLED_ON.get(call.model, call.model) == "res.partner":
            contact = {"name": "Fresh", "email": "fresh@client.example"}
            return [scene.root.call("res.partner", "create", contact)]
        if call.model == "mail.mail":
            make = scene.fresh_draft if "draft" in call.label else scene.fresh_letter
            return [make(owner)]
        if call.model == "ir.attachment":
            return [scene.file(self.person, owner)]
        if call.model == "b2b.family.template":
            return [scene.fresh_template()]
        if call.model in OF_A_LETTER:
            return scene.of_letter(call.model, scene.fresh_letter(owner))
        return call.ids

    def _make(self, call):
        self.counted["calls"] += 1
        model = CALLED_ON.get(call.model, call.model)
        args, by_name = self._filled([call.args, call.by_name])
        args = args if call.ids is None else (call.ids, *args)
        said = self.person.attempt(model, call.method, *args, **by_name)
        if not isinstance(said, Refused):
            self.counted["answered"] += 1
        else:
            self.counted["refused" if said.is_clean else "crashed"] += 1
        return said

    def _judge(self, call, said):
        if isinstance(said, Refused):
            if not said.is_clean:
                if call.cell not in ("harmless", "all"):
                    self.problems.append(f"{call} crashed: {said.kind} {said}")
            elif call.allowed and said.kind in NO_RIGHT and self._may_expect(said):
                self.problems.append(f"{call} was refused: {said.kind} {said}")
            return
        if call.method == "load" and not said["ids"]:
            return
        if not call.allowed and call.cell != "harmless":
            self.problems.append(f"{call} was answered: {str(said)[:80]}")
        text = json.dumps(said, default=str)
        strangers = set(re.findall(rf"canary-({'|'.join(AUTHORS)})\b", text))
        strangers -= self._may_see(call.cell)
        if strangers:
            self.problems.append(f"{call} tells of {strangers}")

    def _may_expect(self, said):
        """Whether it was for the addon to let it through: core refuses something to
        administrators, too, who come after others and miss what these removed.
        """
        return self.role != "administrator" or said.is_ours

    def _may_see(self, cell):
        if cell == "all":
            return set(AUTHORS)
        if cell == "company":
            return COMPANIES[self.role.endswith("_2")]
        return {self.login}


class Call:
    """A method of a model, called on ids (None where it takes none)."""

    def __init__(self, model, method, label, ids, args, by_name, cell):
        self.model, self.method, self.label, self.ids = model, method, label, ids
        self.args, self.by_name, self.cell = args, by_name, cell
        self.is_loud = self.allowed

    @property
    def allowed(self):
        if self.cell in ("refused", "harmless"):
            return False
        if self.label in ("model", "shared"):
            return True
        return self.label.startswith(REACH[self.cell])

    def on(self, ids):
        return Call(
            *(self.model, self.method, self.label, ids),
            *(self.args, self.by_name, self.cell),
        )

    def __str__(self):
        values = ""
        if self.method in ("create", "write") and self.args:
            values = " " + "+".join(self.args[0])
        return f"{self.cell}: {self.model}.{self.method}({self.label}{values})"


def _brief(changed):
    return f"{len(changed)} rows: {changed[:4]}"
