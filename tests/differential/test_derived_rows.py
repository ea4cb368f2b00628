"""Rows that a program makes itself, and its own classes of rows."""

from __future__ import annotations

import collections.abc
import copy
import functools
import gc
import pickle
import typing
import weakref
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()
_T = typing.TypeVar("_T")


def a_row(p: Any) -> Any:
    with p.engine().connect() as connection:
        return connection.exec_driver_sql("select 1 as a, 'x' as b").one()


def another(cls: Any, row: Any, data: Any = None) -> Any:
    """A row made as libraries do that leave columns out."""
    return cls(row._parent, None, row._key_to_index, row._data if data is None else data)


@program
def what_rows_are_made_of(p: Any) -> None:
    row = a_row(p)
    p.show(row._data, type(row._data), row._key_to_index, list(row._parent.keys))
    p.show("a" in row._parent.keys, "z" in row._parent.keys)
    made = p.Row(row._parent, None, {"a": 0, "b": 1}, (5, 6))
    p.show(made, made.a, made._fields, made == row, made == (5, 6), type(made) is p.Row)
    made = p.Row(row._parent, [str, None], {"a": 0, "b": 1}, [5, 6])
    p.show(made, made._mapping, pickle.loads(pickle.dumps(made)))
    made = p.Row(parent=row._parent, processors=None, key_to_index={"b": 0}, data=iter([5]))
    p.show(made, made.b, made._mapping["b"])
    metadata = p.module("engine.result").SimpleResultMetaData(["a", "b"])
    made = p.Row(metadata, None, {"a": 0, "b": 1}, (1, 2))
    p.show(made._parent is metadata, made._mapping["b"], "a" in made._mapping, made._fields)
    with pytest.raises(TypeError):
        p.Row((1, 2))


@program
def derived_rows(p: Any) -> None:
    class Plain(p.Row):
        constant = 7

        def greeting(self) -> Any:
            return f"hello {self.b}"

        @property
        def double(self) -> Any:
            return self.a * 2

        @functools.cached_property
        def kept(self) -> Any:
            return object()

    class Below(Plain):
        pass

    class Slotted(p.Row):
        __slots__ = ("_x",)

    class Generic(p.Row, typing.Generic[_T]):
        pass

    class OfInt(p.Row[int]):
        pass

    class Sequence(p.Row, collections.abc.Sequence):
        pass

    row = a_row(p)
    for cls in Plain, Below, Slotted, Generic, OfInt, Sequence:
        made = another(cls, row)
        p.show(cls.__name__, made, isinstance(made, p.Row), issubclass(cls, p.Row))
        p.show(made == row, row == made, made == (1, "x"), made < (2,), row < another(cls, row))
        p.show(hash(made) == hash(row), len(made), made[0], made[-1], made[:1], type(made[:1]))
        p.show(list(made), list(reversed(made)), "x" in made, made.count(1), made.index("x"))
        p.show(made.a, made._fields, made._asdict(), made._tuple() is made, made._t is made)
        p.show(made._mapping, dict(made._mapping), list(made._mapping.values()))
        p.show(made._parent is row._parent, hasattr(made, "__dict__"))
        match made:
            case [first, second]:
                p.show(first, second)
        for wrong in (
            lambda: setattr(made, "zz", 1),  # noqa: B023
            lambda: made.zz,  # noqa: B023
            lambda: made[5],  # noqa: B023
            lambda: made["a"],  # noqa: B023
        ):
            try:
                wrong()
            except Exception as error:
                p.show(type(error).__name__, str(error))
    made = another(Plain, row)
    p.show(made.greeting(), made.double, made.constant, made.kept is made.kept)


@program
def derived_rows_with_an_init_of_their_own(p: Any) -> None:
    class Noted(p.Row):
        def __init__(self, row: Any, note: str) -> None:
            super().__init__(row._parent, None, row._key_to_index, row._data)
            self.__dict__["note"] = note

    made = Noted(a_row(p), "n")
    p.show(made, made.note, made.b)
    with pytest.raises(TypeError):
        Noted((1, 2))


class Module:
    """Stands where pickles look for classes."""


@program
def copies_and_pickles_of_derived_rows(p: Any) -> None:
    class Own(p.Row):
        pass

    Own.__qualname__ = "Module.Own"
    Module.Own = Own  # type: ignore[attr-defined]
    made = another(Own, a_row(p))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(made, protocol))
        p.show(type(back) is Own, back, back == made, back.a, back._fields, back._mapping)
    for each in copy.copy(made), copy.deepcopy(made):
        p.show(type(each) is Own, each, each == made, each.b)


@program
def derived_rows_and_the_collector(p: Any) -> None:
    class Own(p.Row):
        pass

    row, held = a_row(p), []
    made = another(Own, row, (held, 2))
    held.append(made)
    gone = weakref.ref(made)
    del made, held
    gc.collect()
    p.show(gone() is None)
    cls = weakref.ref(Own)
    kept = [another(Own, row, (i, i)) for i in range(1000)]
    p.show(sum(each.a for each in kept))
    del Own, kept
    gc.collect()
    p.show(cls() is None)


@program
def derived_rows_by_column(p: Any) -> None:
    class Own(p.Row):
        pass

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    with p.session() as session:
        session.add(User(id=1, name="n"))
        session.commit()
        table = User.__table__
        row = session.connection().execute(p.select(table)).one()
        made = another(Own, row)
        p.show(made._mapping[table.c.id], made._mapping[table.c.name], table.c.id in made._mapping)
        made = another(Own, row, row._data[:1])
        p.show(made, made.id, made._mapping["id"])
        row = session.execute(p.select(User, User.name)).one()
        made = another(Own, row)
        p.show(made.User is row.User, made._mapping[User] is row.User, made.name)


@program
def results_of_derived_rows(p: Any) -> None:
    class Own(p.Row):
        pass

    module = p.module("engine.result")
    metadata = module.SimpleResultMetaData(["a", "b"])
    rows = [Own(metadata, None, {"a": 0, "b": 1}, (i, i + 1)) for i in range(3)]
    found = module.IteratorResult(metadata, iter(rows)).all()
    p.show(found, [type(row).__name__ for row in found], [row.b for row in found])
    p.show(module.IteratorResult(metadata, iter(rows)).columns("b").all())


@pytest.mark.parametrize("run", program.registered)
def test_derived_rows(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None
