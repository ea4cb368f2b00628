"""INSERT, UPDATE, DELETE: values, defaults, parameters and their names."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as c
from cormorant import exc
from cormorant.dialects import sqlite

metadata = c.MetaData()
T = c.Table(
    "t",
    metadata,
    c.Column("id", c.Integer, primary_key=True),
    c.Column("a", c.Integer),
    c.Column("s", c.String, default="d"),
    c.Column("u", c.Integer, onupdate=lambda: 9),
)
DIALECT = sqlite.dialect()


def compiled(statement: Any, **kw: Any) -> Any:
    return statement.compile(dialect=DIALECT, **kw)


@pytest.fixture
def connection() -> Any:
    engine = c.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection


def test_column_keys_are_parameters() -> None:
    made = compiled(c.insert(T), column_keys=["a", "id"])
    assert made.string == "INSERT INTO t (id, a, s) VALUES (?, ?, ?)"
    assert made.positiontup == ["id", "a", "s"]
    assert [col.key for col in made.insert_prefetch] == ["s"]
    assert made.binds["a"].required
    assert not made.binds["s"].required
    made = compiled(c.update(T).where(T.c.id == c.bindparam("b_id")), column_keys=["a", "b_id"])
    assert made.string == "UPDATE t SET a=?, u=? WHERE t.id = ?"
    assert made.positiontup == ["a", "u", "b_id"]
    assert [col.key for col in made.update_prefetch] == ["u"]


def test_reserved_parameter_names() -> None:
    statement = c.update(T).where(T.c.a == c.bindparam("a"))
    with pytest.raises(exc.CompileError, match="reserved for automatic usage"):
        compiled(statement, column_keys=["a"])


def test_wrong_values() -> None:
    with pytest.raises(exc.CompileError, match="Unconsumed column names: nope"):
        compiled(c.insert(T).values(nope=1))
    with pytest.raises(exc.ArgumentError, match="Only a single dictionary/tuple or list"):
        c.insert(T).values({"a": 1}, {"a": 2})
    with pytest.raises(exc.ArgumentError, match="Can't pass positional and kwargs"):
        c.insert(T).values({"a": 1}, a=1)
    with pytest.raises(exc.ArgumentError, match="subject table for an INSERT, UPDATE or DELETE"):
        c.insert("t")
    with pytest.raises(exc.InvalidRequestError, match="already inserts from a SELECT"):
        c.insert(T).from_select(["a"], c.select(T.c.a)).values(a=1)
    with pytest.raises(exc.CompileError, match="explicitly rendered as a boundparameter"):
        compiled(c.insert(T).values([{"a": 1}, {"id": 2}]))


def test_statements_run(connection: Any) -> None:
    connection.execute(c.insert(T).values(a=1))
    connection.execute(c.insert(T).values([{"a": 2, "s": "x"}, {"a": 3, "s": "y"}]))
    connection.execute(c.insert(T), [{"a": 4}, {"a": 5}])
    connection.execute(c.insert(T).from_select(["a"], c.select(T.c.a + 10).where(T.c.a > 3)))
    rows = connection.execute(c.select(T.c.a, T.c.s).order_by(T.c.id)).all()
    assert rows == [(1, "d"), (2, "x"), (3, "y"), (4, "d"), (5, "d"), (14, "d"), (15, "d")]
    result = connection.execute(c.update(T).where(T.c.a > 3).values(s=T.c.s + "!", a=T.c.a - 1))
    assert result.rowcount == 4
    rows = connection.execute(c.select(T.c.a, T.c.s, T.c.u).where(T.c.s == "d!")).all()
    assert rows == [(3, "d!", 9), (4, "d!", 9), (13, "d!", 9), (14, "d!", 9)]
    returned = connection.execute(c.delete(T).where(T.c.a > 12).returning(T.c.a)).scalars().all()
    assert sorted(returned) == [13, 14]


def test_a_cached_statement_takes_the_new_values(connection: Any) -> None:
    for value in (1, 2, 3):
        connection.execute(c.insert(T).values(a=c.literal(value), s=c.func.lower("X")))
        connection.execute(c.update(T).where(T.c.a == value).values(u=value * 2, s=str(value)))
    rows = connection.execute(c.select(T.c.a, T.c.u, T.c.s).order_by(T.c.a)).all()
    assert rows == [(1, 2, "1"), (2, 4, "2"), (3, 6, "3")]
    for ids in ([1], [1, 2], [], [3, 2, 1]):
        found = connection.scalars(c.select(T.c.id).where(T.c.id.in_(ids)).order_by(T.c.id)).all()
        assert found == sorted(ids)


def test_update_from_another_table(connection: Any) -> None:
    connection.execute(c.insert(T), [{"a": 1, "s": "x"}, {"a": 2, "s": "y"}])
    other = T.alias("o")
    connection.execute(c.update(T).where(T.c.a == other.c.a - 1).values(s=other.c.s))
    assert connection.scalars(c.select(T.c.s).order_by(T.c.id)).all() == ["y", "y"]


def test_params_of_dml() -> None:
    with pytest.raises(NotImplementedError):
        c.update(T).where(T.c.id == c.bindparam("x")).values(a=1).params(x=5)


def test_defaults_alone_before_a_column_that_sqlite_fills() -> None:
    """NULL would be a value of it."""
    metadata = c.MetaData()
    t = c.Table(
        "t",
        metadata,
        c.Column("n", c.Integer, server_default="3"),
        c.Column("id", c.Integer, primary_key=True),
    )
    engine = c.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(t.insert(), [{}, {}])
        assert connection.scalars(t.insert().returning(t.c.n), [{}, {}]).all() == [3, 3]
        assert connection.execute(t.select()).all() == [(3, i) for i in range(1, 5)]
