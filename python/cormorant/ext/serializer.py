"""Pickles of expressions, statements and queries that name what the reader has of its own.

A table, a column, a mapper and an attribute, a session and an engine are written by their names
and looked up when the pickle is read: in a MetaData, among the mapped classes, in a
scoped_session.
"""

from __future__ import annotations

import pickle
from base64 import b64decode, b64encode
from io import BytesIO
from typing import Any

from ..engine import Engine
from ..orm.attributes import QueryableAttribute
from ..orm.base import class_mapper
from ..orm.interfaces import MapperProperty
from ..orm.mapper import Mapper
from ..orm.session import Session
from ..sql.base import Annotated, annotated_class
from ..sql.schema import Column, Table

__all__ = ["Deserializer", "Serializer", "dumps", "loads"]


def _annotated(cls: type, state: dict[str, Any]) -> Any:
    """An annotated construct again: of the class whose instances it annotates."""
    made = annotated_class(cls)
    construct = made.__new__(made)
    construct.__dict__.update(state)
    construct._hash = hash(construct._original)
    return construct


def _annotate(original: Any, annotations: dict[str, Any]) -> Any:
    return original._annotate(annotations)


def _lookup(deserializer: Deserializer, name: str, args: tuple[Any, ...]) -> Any:
    """What was written by its name."""
    if name == "mapper":
        return class_mapper(args[0])
    if name == "property":
        return class_mapper(args[0]).get_property(args[1])
    if name == "attribute":
        return getattr(args[0], args[1])
    if name == "session":
        return deserializer.scoped_session()
    if name == "engine":
        return deserializer.get_engine()
    tables = deserializer.metadata.tables
    return tables[args[0]] if name == "table" else tables[args[0]].c[args[1]]


def _name_of(obj: Any) -> tuple[Any, ...] | None:
    """How an object is found by who reads the pickle; None: it is written itself."""
    if isinstance(obj, Mapper):
        return ("mapper", obj.class_)
    if isinstance(obj, MapperProperty):
        return ("property", obj.parent.class_, obj.key)
    if isinstance(obj, QueryableAttribute):
        mapper = obj._parententity
        return ("attribute", mapper.class_, obj.key) if mapper.is_mapper else None
    if isinstance(obj, Session):
        return ("session",)
    if isinstance(obj, Engine):
        return ("engine",)
    if isinstance(obj, Annotated):
        return None
    if isinstance(obj, Table):
        return ("table", obj.key)
    if isinstance(obj, Column) and isinstance(obj.table, Table):
        return ("column", obj.table.key, obj.key)
    return None


class Serializer(pickle.Pickler):
    """A pickler of constructs."""

    def persistent_id(self, obj: Any) -> str | None:
        """The text that stands for an object in the pickle, or None."""
        name = _name_of(obj)
        if name is None:
            return None
        return f"{name[0]}:{b64encode(pickle.dumps(name[1:])).decode('ascii')}"

    def reducer_override(self, obj: Any) -> Any:
        """How constructs whose class was made at run time are made again."""
        if not isinstance(obj, Annotated):
            return NotImplemented
        original = obj._original
        if _name_of(original) is not None:
            return _annotate, (original, dict(obj._annotations))
        state = {name: value for name, value in obj.__dict__.items() if name != "_hash"}
        return _annotated, (type(original), state)


class Deserializer(pickle.Unpickler):
    """The unpickler of what a `Serializer` has written."""

    def __init__(
        self, file: Any, metadata: Any = None, scoped_session: Any = None, engine: Any = None
    ) -> None:
        super().__init__(file)
        self.metadata = metadata
        self.scoped_session = scoped_session
        self.engine = engine

    def get_engine(self) -> Any:
        """The engine given, or that of the session; None if there is none."""
        if self.engine:
            return self.engine
        return self.scoped_session().bind if self.scoped_session else None

    def persistent_load(self, pid: Any) -> Any:
        """The object that a text stands for."""
        name, _, args = str(pid).partition(":")
        return _lookup(self, name, pickle.loads(b64decode(args)))


def dumps(obj: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
    """The pickle of a construct."""
    buffer = BytesIO()
    Serializer(buffer, protocol).dump(obj)
    return buffer.getvalue()


def loads(data: bytes, metadata: Any = None, scoped_session: Any = None, engine: Any = None) -> Any:
    """The construct of a pickle: its tables are those of `metadata`, its session is that of
    `scoped_session`, its engine `engine`, or the session's."""
    return Deserializer(BytesIO(data), metadata, scoped_session, engine).load()
