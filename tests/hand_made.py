"""Mapped classes made by hand on the C core, with a loader that reads a dict."""

from __future__ import annotations

from typing import Any

from cormorant import _core
from cormorant._core import (
    ATTR_ACTIVE_HISTORY,
    ATTR_CASCADE_SAVE,
    ATTR_COLLECTION,
    ATTR_COLUMN,
    ATTR_DELETE_ORPHAN,
    ATTR_EVENTS,
    ATTR_PRIMARY_KEY,
    ATTR_SCALAR,
    ATTR_SET,
    NO_VALUE,
    TYPE_INTEGER,
    TYPE_STRING,
)


class Prop:
    """Stands for a MapperProperty; records the calls of its hooks."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.calls: list[tuple[Any, ...]] = []

    def _on_set(self, obj, value, old):
        self.calls.append(("set", value, old))
        return value

    def _on_append(self, obj, value):
        self.calls.append(("append", value))
        return value

    def _on_remove(self, obj, value):
        self.calls.append(("remove", value))


def manager_of(cls):
    return cls.__cormorant_manager__


def add(cls, name, kind=ATTR_COLUMN, flags=0, code=0, arg=None):
    """Map one more attribute."""
    manager = manager_of(cls)
    prop = Prop(f"{cls.__name__}.{name}")
    cls.props = {**getattr(cls, "props", {}), name: prop}
    slot = manager.add_attribute(name, prop, kind, flags, code, arg)
    setattr(cls, name, _core.Attribute(manager, slot))
    return slot


def make(name, /, *, bases=(_core.Entity,), pk=("id",), body=None, **columns):
    """A class with columns {name: code}, 'id' first."""
    cls = type(name, bases, dict(body or {}))
    manager = _core.ClassManager(cls)
    for key, code in {"id": TYPE_INTEGER, **columns}.items():
        code, arg = code if isinstance(code, tuple) else (code, None)
        add(cls, key, ATTR_COLUMN, ATTR_PRIMARY_KEY if key in pk else 0, code, arg)
    manager.set_primary_key([manager.names[key] for key in pk])
    return cls


def relate(cls, name, target, reverse=None, fk=None):
    """Bind a relationship that `add` defined."""
    names = manager_of(cls).names
    fk_slot = -1 if fk is None else names[fk]
    manager_of(cls).set_relationship(names[name], manager_of(target), reverse, fk_slot)


def flags(obj: Any, name: str) -> bool:
    """Whether an object's state has a flag, named as in the core without STATE_."""
    return bool(_core.state_flags(obj) & getattr(_core, f"STATE_{name}"))


def slot(obj_or_class, name):
    return _core.manager_of(obj_or_class).names[name]


def history(obj, name):
    return _core.history(obj, slot(obj, name))


def committed(obj, name):
    return _core.committed(obj, slot(obj, name))


def blog(orphan=False):
    """User 1-n Post (list), User n-m Tag (list), User 1-1 Profile, User 1-n Note (set)."""
    user, post, tag, profile, note = (
        make(n, name=TYPE_STRING, **{"user_id": TYPE_INTEGER} if n != "User" else {})
        for n in ("User", "Post", "Tag", "Profile", "Note")
    )
    save = ATTR_CASCADE_SAVE
    orphans = ATTR_DELETE_ORPHAN if orphan else 0
    add(user, "posts", ATTR_COLLECTION, save | orphans)
    add(user, "tags", ATTR_COLLECTION, save)
    add(user, "profile", ATTR_SCALAR, save | ATTR_ACTIVE_HISTORY)
    add(user, "notes", ATTR_COLLECTION, save | ATTR_SET)
    add(post, "user", ATTR_SCALAR, save)
    add(tag, "users", ATTR_COLLECTION, save)
    add(profile, "user", ATTR_SCALAR, save)
    add(note, "user", ATTR_SCALAR, save)
    relate(user, "posts", post, "user")
    relate(post, "user", user, "posts", "user_id")
    relate(user, "tags", tag, "users")
    relate(tag, "users", user, "tags")
    relate(user, "profile", profile, "user")
    relate(profile, "user", user, "profile", "user_id")
    relate(user, "notes", note, "user")
    relate(note, "user", user, "notes", "user_id")
    return user, post, tag, profile, note


class Database:
    """What the loader finds: {(class, pk): {name: value}} and related objects by call."""

    def __init__(self, *classes):
        self.rows: dict[Any, dict[str, Any]] = {}
        self.related: dict[Any, Any] = {}
        self.loads: list[tuple[Any, str]] = []
        for cls in classes:
            manager_of(cls).loader = self.load

    def load(self, obj, number, quiet):
        manager = _core.manager_of(obj)
        name = next(key for key, value in manager.names.items() if value == number)
        pk = _core.identity_key(obj)[1][0]
        self.loads.append((pk, name))
        row = self.rows[type(obj), pk]
        if name not in row:
            found = self.related[type(obj), pk, name]
            return found() if callable(found) else found
        for key, value in row.items():
            if _core.peek(obj, manager.names[key]) is NO_VALUE:
                _core.set_loaded(obj, manager.names[key], value)
        return None

    def persistent(self, session, cls, pk, **values):
        """A loaded object in the session."""
        obj = manager_of(cls).new_instance()
        self.rows[cls, pk] = {"id": pk, **values}
        for key, value in self.rows[cls, pk].items():
            _core.set_loaded(obj, slot(obj, key), value)
        _core.set_identity(obj, (pk,))
        session._attach(obj)
        return obj


__all__ = [
    "ATTR_ACTIVE_HISTORY",
    "ATTR_CASCADE_SAVE",
    "ATTR_COLLECTION",
    "ATTR_COLUMN",
    "ATTR_DELETE_ORPHAN",
    "ATTR_EVENTS",
    "ATTR_SCALAR",
    "ATTR_SET",
    "NO_VALUE",
    "TYPE_INTEGER",
    "TYPE_STRING",
    "Database",
    "Prop",
    "add",
    "blog",
    "committed",
    "history",
    "make",
    "manager_of",
    "relate",
    "slot",
]
