"""Every public name of SQLAlchemy is here, under the same path and with the same parameters.

A name is public if its module lists it in ``__all__``, or else if it has no underscore and
belongs to the module (to a package: if it can be imported from it). A member of a class is
public if it has a docstring of its own; so is a constructor. What is missing on purpose stands
in ``absent_names.txt`` with the reason, and must be missing.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

OURS, THEIRS = "cormorant", "sqlalchemy"

PACKAGES = [
    ".",
    ".orm",
    ".sql",
    ".sql.expression",
    ".engine",
    ".exc",
    ".event",
    ".inspection",
    ".pool",
    ".types",
    ".schema",
    ".dialects",
    ".dialects.sqlite",
    ".dialects.postgresql",
    ".dialects.mysql",
    ".dialects.oracle",
    ".dialects.mssql",
    ".future",
]

MODULES = [
    ".ext.associationproxy",
    ".ext.asyncio",
    ".ext.automap",
    ".ext.baked",
    ".ext.compiler",
    ".ext.declarative",
    ".ext.horizontal_shard",
    ".ext.hybrid",
    ".ext.indexable",
    ".ext.instrumentation",
    ".ext.mutable",
    ".ext.orderinglist",
    ".ext.serializer",
    ".orm.attributes",
    ".orm.collections",
    ".orm.events",
    ".orm.exc",
    ".orm.interfaces",
    ".orm.mapper",
    ".orm.properties",
    ".orm.query",
    ".orm.relationships",
    ".orm.scoping",
    ".orm.session",
    ".orm.strategy_options",
    ".orm.util",
    ".engine.base",
    ".engine.create",
    ".engine.events",
    ".engine.interfaces",
    ".engine.mock",
    ".engine.reflection",
    ".engine.result",
    ".engine.row",
    ".engine.url",
    ".sql.compiler",
    ".sql.ddl",
    ".sql.dml",
    ".sql.elements",
    ".sql.functions",
    ".sql.lambdas",
    ".sql.naming",
    ".sql.operators",
    ".sql.schema",
    ".sql.selectable",
    ".sql.sqltypes",
    ".sql.type_api",
    ".sql.util",
    ".sql.visitors",
    ".dialects.postgresql.array",
    ".dialects.postgresql.dml",
    ".dialects.postgresql.ext",
    ".dialects.postgresql.hstore",
    ".dialects.postgresql.json",
    ".dialects.postgresql.named_types",
    ".dialects.postgresql.ranges",
    ".dialects.postgresql.types",
    ".dialects.sqlite.dml",
]

# what programs and libraries take from sqlalchemy.util, which lists nothing
UTIL = [
    "EMPTY_DICT",
    "FacadeDict",
    "IdentitySet",
    "LRUCache",
    "OrderedDict",
    "OrderedSet",
    "Properties",
    "ScopedRegistry",
    "ThreadLocalRegistry",
    "asbool",
    "asint",
    "await_only",
    "classproperty",
    "column_dict",
    "column_set",
    "coerce_to_immutabledict",
    "counter",
    "deprecated",
    "flatten_iterator",
    "generic_repr",
    "get_cls_kwargs",
    "greenlet_spawn",
    "has_intersection",
    "hybridmethod",
    "hybridproperty",
    "immutabledict",
    "memoized_property",
    "preload_module",
    "set_creation_order",
    "symbol",
    "to_column_set",
    "to_list",
    "to_set",
    "unique_list",
    "update_copy",
    "walk_subclasses",
    "warn",
    "warn_deprecated",
    "warn_exception",
]

ABSENT = Path(__file__).with_name("absent_names.txt")


def absent() -> dict[str, str]:
    """Name -> reason. A line of words gives names; the line ending with a colon before them
    says why they are missing."""
    found: dict[str, str] = {}
    reason = ""
    for line in ABSENT.read_text().splitlines():
        if line.endswith(":"):
            reason = line[:-1]
        else:
            assert reason or not line.strip(), line
            for name in line.split():
                assert name not in found, f"{name} is listed twice"
                found[name] = reason
    return found


def public(path: str) -> Iterator[str]:
    """The public names of a module of SQLAlchemy's."""
    module = importlib.import_module(THEIRS + path.rstrip("."))
    if hasattr(module, "__all__"):
        yield from module.__all__
        return
    for name, value in sorted(vars(module).items()):
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        home = getattr(value, "__module__", None)
        if path in PACKAGES:
            if isinstance(home, str) and home.startswith(THEIRS):
                yield name
        elif home == module.__name__:
            yield name


def documented(value: object) -> bool:
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    return bool(
        (inspect.isroutine(value) or isinstance(value, property) or hasattr(value, "__get__"))
        and getattr(value, "__doc__", None)
    )


def members(cls: type) -> Iterator[tuple[str, Any, type]]:
    """Public members of a class, its bases' included, and the class that has each."""
    seen: set[str] = set()
    for owner in cls.__mro__:
        for name, value in vars(owner).items():
            if name in seen:
                continue
            seen.add(name)
            theirs = owner.__module__.startswith(THEIRS)
            if theirs and not name.startswith("_") and documented(value):
                yield name, value, owner


def parameters(value: Any) -> list[inspect.Parameter] | None:
    """The public parameters of what can be called, without the one it is bound to."""
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    try:
        found = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return None
    bound = ("self", "cls", "__self", "mcs")
    if found and (found[0].name in bound or found[0].name.endswith("__self")):
        del found[0]
    return [
        p
        for p in found
        if not p.name.startswith("_") or "__" in p.name[1:] or p.default is inspect.Parameter.empty
    ]


def kind(parameter: inspect.Parameter) -> str:
    """How a parameter is given; a name of two underscores says "by position" in SQLAlchemy."""
    if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name.startswith("_"):
        return "POSITIONAL_ONLY"
    return parameter.kind.name


def difference(theirs: Any, ours: Any) -> str | None:
    """What a caller of theirs could not do with ours."""
    expected, found = parameters(theirs), parameters(ours)
    if expected is None or found is None:
        return None if expected is None else "no signature"
    by_position = [p for p in found if kind(p).startswith("POSITIONAL")]
    named = {p.name: p for p in found}
    many = {p.kind: p for p in found}
    if all(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in expected):
        return None  # it says nothing
    position = 0
    for p in expected:
        if p.kind is p.VAR_KEYWORD:
            continue  # ours may name them
        if p.kind is p.VAR_POSITIONAL:
            if p.kind not in many:
                return f"no {p}"
            continue
        if kind(p).startswith("POSITIONAL"):
            if position >= len(by_position):
                if kind(p) == "POSITIONAL_ONLY" and p.VAR_POSITIONAL in many:
                    continue
                return f"{p.name} is not taken by position"
            other = by_position[position]
            position += 1
            if kind(p) == "POSITIONAL_OR_KEYWORD" and other.name != p.name:
                return f"{other.name} is where {p.name} should be"
        elif p.name not in named:
            return f"no parameter {p.name}"
        else:
            other = named[p.name]
        if (p.default is p.empty) != (other.default is p.empty):
            return f"{p.name} has a default in one of them only"
    known = {p.name for p in expected}
    for p in found:
        asked_for = p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        if asked_for and p.name not in known and kind(p) != "POSITIONAL_ONLY":
            return f"{p.name} is asked for, too"
    return None


def missing() -> dict[str, str]:
    """Name of what is not here, or differs -> what is wrong with it."""
    found: dict[str, str] = {}
    done: set[object] = set()
    for path in [*PACKAGES, *MODULES, ".util"]:
        home = THEIRS + path.rstrip(".")
        theirs = importlib.import_module(home)
        try:
            ours = importlib.import_module(OURS + path.rstrip("."))
        except ImportError:
            found[path] = "no such module"
            continue
        for name in UTIL if path == ".util" else public(path):
            value = getattr(theirs, name, None)
            where = f"{path}:{name}"
            if not has(ours, name):
                found[where] = "no such name"
            elif isinstance(value, type):
                if value not in done:
                    done.add(value)
                    compare_classes(where, value, getattr(ours, name), found, done)
            elif callable(value) and documented(value) and id(value) not in done:
                done.add(id(value))
                wrong = difference(value, getattr(ours, name))
                if wrong:
                    found[where + "()"] = wrong
    return found


def is_annotated(cls: type, name: str) -> bool:
    """Whether an attribute of the instances is declared."""
    return any(name in vars(base).get("__annotations__", ()) for base in cls.__mro__)


def has(package: types.ModuleType, name: str) -> bool:
    """Whether a module has a name, or a package such a module."""
    if hasattr(package, name):
        return True
    try:
        importlib.import_module(f"{package.__name__}.{name}")
    except ImportError:
        return False
    return True


def compare_classes(
    where: str, theirs: type, ours: Any, found: dict[str, str], done: set[object]
) -> None:
    if not isinstance(ours, type):
        found[where] = "not a class"
        return
    constructor = vars(theirs).get("__init__")
    if constructor is not None and constructor.__doc__:
        wrong = difference(theirs, ours)
        if wrong:
            found[where + "()"] = wrong
    for name, value, owner in members(theirs):
        if (owner, name) in done:
            continue
        done.add((owner, name))
        try:
            other = inspect.getattr_static(ours, name)
        except AttributeError:
            if not hasattr(ours, name) and not is_annotated(ours, name):
                found[f"{where}.{name}"] = "no such member"
            continue
        if inspect.isfunction(getattr(value, "__func__", value)):
            wrong = difference(value, other)
            if wrong:
                found[f"{where}.{name}()"] = wrong


def test_every_public_name_is_here() -> None:
    excused = absent()
    wrong = {name: why for name, why in missing().items() if name not in excused}
    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())


def test_what_is_listed_as_absent_is_absent() -> None:
    stale = set(absent()) - set(missing())
    assert not stale, f"these are here now: {sorted(stale)}"


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (lambda a, b=1, *, c=2: None, None),
        (lambda a, b=1, d=3, *, c=2, **more: None, None),
        (lambda a, x=1, *, c=2: None, "x is where b should be"),
        (lambda a, b, *, c=2: None, "b has a default in one of them only"),
        (lambda a, b=1, **more: None, "no parameter c"),
        (lambda *args, c=2: None, "a is not taken by position"),
        (lambda a, b=1, *, c=2, d: None, "d is asked for, too"),
    ],
)
def test_what_counts_as_a_difference(ours: Any, expected: str | None) -> None:
    assert difference(lambda a, b=1, *, c=2: None, ours) == expected


STAR = """
import json, sys, types

package, path = sys.argv[1:]
given = {}
exec(f"from {package}{path} import *", given)
found = {}
for name, value in given.items():
    home = value.__name__ if isinstance(value, types.ModuleType) else value.__class__.__module__
    home = getattr(value, "__module__", home) or home
    if not name.startswith("_") and (package != "sqlalchemy" or home.startswith(package)):
        found[name] = isinstance(value, types.ModuleType)
print(json.dumps(found))
"""


def starred(package: str, path: str) -> dict[str, bool]:
    """What ``from … import *`` gives in a new process, and whether it is a module."""
    command = [sys.executable, "-c", STAR, package, path]
    found: dict[str, bool] = json.loads(subprocess.check_output(command, text=True))
    return found


@pytest.mark.sqlite_only
@pytest.mark.parametrize("path", ["", ".orm", ".sql", ".engine", ".event", ".pool", ".schema"])
def test_import_star(path: str) -> None:
    """Old programs take all there is: `event` and `exc` come along."""
    theirs, ours = starred(THEIRS, path), starred(OURS, path)
    assert len(theirs) > 5
    listed = absent()
    lacking = {
        name
        for name, is_module in theirs.items()
        if name not in ours
        and f"{path or '.'}:{name}" not in listed
        and not (is_module and importlib.util.find_spec(f"{OURS}{path}.{name}") is None)
    }
    assert not lacking
