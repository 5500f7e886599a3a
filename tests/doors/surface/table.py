# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may do what: the table, and what of Odoo's registry has to be in it.

``methods.csv`` has a row for each public method (that is: which can be called over
RPC) of each model that the addon defines and of mail.mail, which it opens; of models
that it extends, for each method that it defines or overrides. ``takes`` says whether
ids come first ("records") or not ("model"); ``effect`` whether an allowed call may
change anything. ``fields.csv`` has a row for each field, the same way: all of the
addon's models and of mail.mail, the addon's own of others; ``how`` is create or write,
``value`` is JSON, where it is another than the type's usual one.

A cell says what a role may do:

refused   nothing: it raises, and nothing changes
harmless  call it: it tells and changes nothing that is anybody's
draft     with an own draft
own       with own drafts and letters; what is searched for is found among these
company   with those of everybody in the own company
all       with all

The roles of the second company (_2) are tried on what belongs to the first; what
they do without ids, they do in their own.
"""

import csv
from pathlib import Path

MODULE = "b2b_family_mail"
OPENED = "mail.mail"
ROLES = (
    "stranger",
    "portal",
    "employee",
    "salesperson",
    "manager",
    "administrator",
    "salesperson_2",
    "manager_2",
)
CELLS = ("refused", "harmless", "draft", "own", "company", "all")
HEADS = {
    "methods": ("model", "method", "takes", "effect", *ROLES),
    "fields": ("model", "field", "how", "value", *ROLES),
}
MAGIC = ("id", "display_name", "create_uid", "create_date", "write_uid", "write_date")


def read(name):
    """Return the rows of a table as dictionaries."""
    with (Path(__file__).parent / f"{name}.csv").open(newline="") as source:
        return list(csv.DictReader(source))


def methods(env):
    """Return the keys that ``methods.csv`` owes: model, method, what it takes."""
    return {
        (model, name, "model" if getattr(method, "_api_model", False) else "records")
        for model, ours_only in _models()
        if model in env
        for name, method in _public(env[model], ours_only)
    }


def fields(env):
    """Return the keys that ``fields.csv`` owes: model, field, create or write."""
    return {
        (model, name, how)
        for model, ours_only in _models()
        if model in env and not env[model]._abstract
        for name, field in env[model]._fields.items()
        if name not in MAGIC and (not ours_only or MODULE in field._modules)
        for how in ("create", "write")
    }


def missing(env):
    """Yield the table's name and the row, without cells, of what is not in it."""
    for name, owed in (("methods", methods(env)), ("fields", fields(env))):
        known = keys(name)
        yield from ((name, ",".join(key)) for key in sorted(owed - known))


def stale(env):
    """Yield the table's name and the key of rows that nothing answers to any more."""
    for name, owed in (("methods", methods(env)), ("fields", fields(env))):
        yield from ((name, ",".join(key)) for key in sorted(keys(name) - owed))


def keys(name):
    return {tuple(row[head] for head in HEADS[name][:3]) for row in read(name)}


def _models():
    """Return pairs: each model that the addon has to do with; whether only our part."""
    from odoo.models import MetaModel

    names = {cls._name for cls in MetaModel._module_to_models__[MODULE]}
    return [
        (name, not name.startswith("b2b.family.") and name != OPENED) for name in names
    ]


def _public(model, ours_only):
    """Yield the methods that ``odoo.service.model`` lets through."""
    from odoo.service.model import get_public_method

    for name in dir(type(model)):
        if ours_only and not _is_ours(model, name):
            continue
        try:
            yield name, get_public_method(model, name)
        except Exception:  # private, or no method
            continue


def _is_ours(model, name):
    """Tell whether a class of the addon has a word in a model's method."""
    return any(
        getattr(cls, "_module", None) == MODULE
        and name in vars(cls)
        and (cls._name == model._name or cls._name.startswith("b2b.family."))
        for cls in type(model).__mro__
    )
