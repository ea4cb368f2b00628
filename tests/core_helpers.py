"""Connections, plans and mapped classes made by hand on the C core, without the Python ORM; a
Python process that sees the package under test."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import cormorant
from cormorant import _core, _sqlite
from cormorant._core import ATTR_COLLECTION, ATTR_COLUMN, ATTR_PRIMARY_KEY, ATTR_SCALAR, ATTR_SET
from cormorant.dialects.sqlite import dbapi

INTEGER, STRING, FLOAT, PYTHON = (
    _core.TYPE_INTEGER,
    _core.TYPE_STRING,
    _core.TYPE_FLOAT,
    _core.TYPE_PYTHON,
)

NUMBERS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select i from n"
)


def connect(database=":memory:"):
    return _core.Connection(_sqlite.driver, dbapi, {"database": database})


def plan(sql, nbinds=0):
    # no generator: CPython 3.13.0 frees its code where there is no memory for its function
    return _core.Plan(sql, [(i, _core.TYPE_ANY, None) for i in range(nbinds)])


def run(connection, sql, *values):
    cursor = connection.execute(plan(sql, len(values)), values)
    return cursor.fetch() if cursor.returns_rows else None


def outcome(call):
    """The value, or what of an exception a program can see."""
    try:
        return call()
    except Exception as error:
        return (
            type(error).__name__,
            str(error),
            getattr(error, "sqlite_errorcode", None),
            getattr(error, "sqlite_errorname", None),
        )


def python(code: str, **kwargs) -> subprocess.CompletedProcess[str]:
    # the package that is tested here, which may be a build of its own
    paths = [str(Path(cormorant.__file__).parent.parent), str(Path(__file__).parent.parent)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        **kwargs,
    )


class Prop:
    """Stands for a MapperProperty."""

    def __init__(self, key):
        self.key = key


def make_class(name, columns, pk=("id",), related=(), root=None):
    """A mapped class: columns {name: (code, arg)}, related [(name, kind, flags)]."""
    cls = type(name, (_core.Entity,), {})
    manager = _core.ClassManager(cls, root)
    for key, codec in columns.items():
        code, arg = codec if isinstance(codec, tuple) else (codec, None)
        flags = ATTR_PRIMARY_KEY if key in pk else 0
        slot = manager.add_attribute(key, Prop(key), ATTR_COLUMN, flags, code, arg)
        setattr(cls, key, _core.Attribute(manager, slot))
    for key, kind, flags in related:
        slot = manager.add_attribute(key, Prop(key), kind, flags)
        setattr(cls, key, _core.Attribute(manager, slot))
    manager.set_primary_key([manager.names[key] for key in pk])
    return cls


def manager_of(cls):
    return cls.__cormorant_manager__


def entity(cls, columns, pk=("id",), parent=-1, slot="", collection=False, options=None, at=0):
    """A program's entity whose attributes stand in the row in the order given."""
    manager = manager_of(cls)
    cols = [-1] * len(manager.names)
    for i, key in enumerate(columns):
        cols[manager.names[key]] = at + i
    pk_cols = tuple(at + list(columns).index(key) for key in pk)
    return (manager, tuple(cols), pk_cols, parent, slot if slot != "" else -1, collection, options)


def load_plan(sql, *entities, items=None, keys=None, scalar=True, unique=False, binds=()):
    items = items if items is not None else (("e", 0),)
    keys = keys or tuple(f"i{n}" for n in range(len(items)))
    return _core.Plan(sql, tuple(binds), (tuple(entities), tuple(items), keys, scalar, unique))


__all__ = [
    "ATTR_COLLECTION",
    "ATTR_SCALAR",
    "ATTR_SET",
    "FLOAT",
    "INTEGER",
    "PYTHON",
    "STRING",
    "connect",
    "entity",
    "load_plan",
    "make_class",
    "manager_of",
    "run",
]
