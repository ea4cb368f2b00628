"""The Result API: every method of results of rows, scalars, mappings, of merged, frozen and
streamed ones, and their errors."""

from collections.abc import KeysView
from functools import wraps
from typing import Any

import pytest

from .harness import Peer, compare

PROGRAMS = []


def program(function):
    @wraps(function)
    def closed(p: Peer) -> None:
        function(p)
        p.connection.close()

    PROGRAMS.append(closed)
    return closed


def filled(p: Peer, count: int = 5):
    """A connection to a table of a few rows, and a SELECT of it."""
    meta = p.MetaData()
    table = p.Table(
        "t",
        meta,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String),
        p.Column("n", p.Integer),
    )
    engine = p.engine()
    meta.create_all(engine)
    p.connection = connection = engine.connect()
    rows = [{"id": i, "name": f"n{i % 3}", "n": i % 2} for i in range(1, count + 1)]
    if rows:
        connection.execute(table.insert(), rows)
    return connection, table, p.select(table).order_by(table.c.id)


@program
def fetching(p: Peer):
    c, _t, select = filled(p)
    result = c.execute(select)
    p.show(result.fetchone(), result.fetchmany(2), result.fetchall(), result.fetchall())
    p.show(result.fetchone(), result.fetchmany(2), result.closed)
    result.close()
    for name in ("fetchone", "fetchall", "first", "one", "all", "scalar", "one_or_none"):
        p.error(getattr(result, name))
    p.error(lambda: result.fetchmany(3))
    p.error(lambda: list(result))
    p.error(lambda: next(result))
    p.show(result.closed, result.returns_rows, list(result.keys()))


@program
def loops_that_end_early(p: Peer):
    """What a loop has not seen is there for the next one."""
    c, _t, select = filled(p)

    def one_then(result: Any, rest: Any) -> None:
        for row in result:
            p.show(row)
            break
        p.show(rest(result))

    rest = (lambda r: r.all(), lambda r: r.fetchmany(2), lambda r: next(iter(r)))
    for then in rest:
        one_then(c.execute(select), then)
        one_then(c.execute(select).unique(), then)
        one_then(c.execute(select).unique(lambda row: row.n), then)
        one_then(c.execute(select).columns("n"), then)
        one_then(c.execute(select).columns("n", "id").unique(), then)
        one_then(c.execute(select).yield_per(2).columns("name"), then)
        one_then(c.execute(select).scalars(), then)
        one_then(c.execute(select).scalars(1), then)
        one_then(c.execute(select).scalars("n").unique(), then)
        one_then(c.execute(select).unique().scalars(2), then)
        one_then(c.execute(select).mappings(), then)
        one_then(c.execute(select).columns("n", "name").mappings(), then)
        one_then(c.execute(select).mappings().unique(), then)
        one_then(c.execute(select).freeze()().columns("n"), then)
        one_then(c.execute(select).freeze()().mappings(), then)


@program
def loops_side_by_side(p: Peer):
    c, _t, select = filled(p)
    result = c.execute(select)
    rows, mappings, names = iter(result), iter(result.mappings()), iter(result.scalars(1))
    p.show(next(rows), next(mappings), next(names), next(mappings), next(rows), list(names))
    p.show([dict(row) for row in c.execute(select).mappings()])


@program
def views_of_mappings(p: Peer):
    c, _t, select = filled(p, 2)
    twice = p.text("SELECT id, name, n AS id FROM t ORDER BY t.id")
    for statement in (select, twice):
        for row in c.execute(statement).mappings():
            p.show(list(row), list(row.keys()), len(row), len(row.keys()))
            p.error(lambda row=row: list(row.values()))
            p.error(lambda row=row: list(row.items()))
            p.error(lambda row=row: dict(row))
            p.error(lambda row=row: {**row})
    [row] = c.execute(select.limit(1)).mappings()
    for keys in (row.keys(), c.execute(select).keys()):
        p.show(isinstance(keys, KeysView), keys & {"id", "none"}, keys | ["more"], keys - {"id"})
        p.show(keys == ["id", "name"], keys != {"id"}, keys <= {"id", "name", "x"}, repr(keys))
        p.show({"id"} & keys, keys.isdisjoint(["x"]), keys ^ {"id", "y"}, dict.fromkeys(keys))
        p.error(lambda keys=keys: hash(keys))
        p.error(lambda keys=keys: keys[0])
    p.show(("id", 1) in row.items(), ("id", 2) in row.items(), "name" in row.keys())  # noqa: SIM118
    p.show(len(row.items()), len(row.values()), 1 in row.values(), row.items() == row.items())


@program
def first_and_one(p: Peer):
    c, t, select = filled(p)
    p.show(c.execute(select).first(), c.execute(select.where(t.c.id > 9)).first())
    for limit in (0, 1, 2):
        few = select.limit(limit)
        p.error(lambda few=few: c.execute(few).one())
        p.error(lambda few=few: c.execute(few).one_or_none())
        p.error(lambda few=few: c.execute(few).scalar_one())
        p.error(lambda few=few: c.execute(few).scalar_one_or_none())
        p.error(lambda few=few: c.execute(few).scalar())
        p.error(lambda few=few: c.execute(few).scalars().first())
        p.error(lambda few=few: c.execute(few).scalars().one())
        p.error(lambda few=few: c.execute(few).scalars().one_or_none())
        p.error(lambda few=few: c.execute(few).mappings().first())
        p.error(lambda few=few: c.execute(few).mappings().one())
        p.error(lambda few=few: c.execute(few).mappings().one_or_none())
    result = c.execute(select)
    p.show(result.first(), result.closed)
    p.error(result.first)
    result = c.execute(select)
    p.error(result.one)
    p.error(result.fetchone)


@program
def scalars_of_columns(p: Peer):
    c, t, select = filled(p)
    p.show(c.execute(select).scalars().all(), c.execute(select).scalars(1).all())
    p.show(c.execute(select).scalars("name").all(), c.execute(select).scalars(t.c.n).all())
    p.show(c.scalars(select).fetchmany(2), c.scalar(select))
    result = c.execute(select).scalars("name")
    p.show(result.first(), result.closed)
    p.error(lambda: c.execute(select).scalars(7))
    p.error(lambda: c.execute(select).scalars("nope"))
    p.error(lambda: c.execute(select).scalars(p.column("nope")))
    scalars = c.execute(select).scalars("n")
    p.show(next(scalars), list(scalars))
    p.show(list(c.execute(select).scalars("n").unique()))
    p.show(list(c.execute(select).scalars("n").partitions(2)))


@program
def mappings(p: Peer):
    c, t, select = filled(p)
    result = c.execute(select).mappings()
    p.show(list(result.keys()), result.fetchone(), result.fetchmany(1), len(result.all()))
    row = c.execute(select).mappings().first()
    p.show(row["name"], row[t.c.n], dict(row), list(row), len(row), "id" in row, t.c.id in row)
    p.show(list(row.keys()), list(row.values()), list(row.items()), row.get("x", 3))
    p.show(row == {"id": 1, "name": "n1", "n": 1}, row == dict(row), "x" in row)
    p.error(lambda: row["x"])
    p.error(lambda: row[0])
    p.show([dict(m) for m in c.execute(select).mappings().columns("n", "id").partitions(2)][0:0])
    p.show(c.execute(select).mappings().columns("n", "id").first())
    p.show([[dict(m) for m in part] for part in c.execute(select).mappings().partitions(2)])
    p.show([dict(m) for m in c.execute(p.select(t.c.n)).mappings().unique()])


@program
def choosing_columns(p: Peer):
    c, t, select = filled(p)
    p.show(c.execute(select).columns("n", "id").all())
    p.show(c.execute(select).columns(t.c.name).all(), c.execute(select).columns(2, 0).first())
    result = c.execute(select).columns("n", "id")
    p.show(list(result.keys()), result.columns("id").all(), list(result.keys()))
    p.show(c.execute(select).columns(-1).first())
    p.error(lambda: c.execute(select).columns("x"))
    p.error(lambda: c.execute(select).columns(9))
    row = c.execute(select).columns("n", "name").first()
    p.show(row.n, row.name, row._mapping["name"], row._fields)
    p.error(lambda: row.id)


@program
def uniqueness(p: Peer):
    c, t, _ = filled(p, 8)
    select = p.select(t.c.name, t.c.n).order_by(t.c.id)
    p.show(c.execute(select).unique().all())
    p.show(c.execute(select).unique(lambda row: row[1]).all())
    result = c.execute(select).unique()
    p.show(result.fetchone(), result.fetchmany(2), result.fetchmany(9), result.fetchone())
    p.show(c.execute(p.select(t.c.n).limit(1)).unique().one())
    p.show(c.execute(p.select(t.c.n).where(t.c.n == 1)).unique().one())
    p.show(c.execute(p.select(t.c.n).where(t.c.n == 1)).unique().scalar_one())
    p.error(lambda: c.execute(p.select(t.c.n)).unique().one())
    p.show(c.execute(select).unique().scalars("name").all())
    p.show(c.execute(select).scalars("name").unique().all())
    p.show(c.execute(select).unique().columns("n").all())
    p.show(c.execute(select).columns("n").unique().all())
    p.show([list(part) for part in c.execute(select).unique().partitions(2)])
    p.show(list(c.execute(select).unique()))


@program
def unhashable_rows(p: Peer):
    c, _t, _ = filled(p)
    select = p.select(p.literal([1], p.JSON), p.literal({"a": 2}, p.JSON))
    p.error(lambda: c.execute(select).unique().all())
    p.error(lambda: c.scalars(select).unique().all())
    p.show(c.execute(select).unique(repr).all())

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        data = p.Column(p.JSON)

    s = p.session()
    s.add_all([A(data=[1]), A(data=[1])])
    s.commit()
    for select in (p.select(A.data), p.select(A, A.data), p.select(A.id, A.data)):
        p.error(lambda select=select: len(s.execute(select).unique().all()))
    p.error(lambda: s.scalars(p.select(A.data)).unique().all())
    p.show(s.scalars(p.select(A.data)).unique(repr).all(), s.query(A, A.data).count())
    p.show(len(s.query(A, A.data).all()), len(s.query(A.data).all()))


@program
def partitions(p: Peer):
    c, _t, select = filled(p, 7)
    p.show([len(part) for part in c.execute(select).partitions(3)])
    p.show([len(part) for part in c.execute(select).yield_per(2).partitions()])
    p.show([part[0].id for part in c.execute(select).partitions(1)])
    p.error(lambda: [list(part) for part in c.execute(select).partitions()])
    result = c.execute(select)
    parts = result.partitions(4)
    p.show(next(parts)[0], len(result.all()))
    p.show(len(c.execute(select).yield_per(2).fetchmany()))
    p.show(len(c.execute(select).fetchmany()))
    p.show(len(c.execute(select).yield_per(3).all()))
    p.show(list(c.execute(select).yield_per(3).scalars().partitions()))
    p.show(list(c.execute(select).yield_per(3).scalars().partitions(2)))


@program
def tuples(p: Peer):
    c, _t, select = filled(p)
    result = c.execute(select)
    p.show(result.tuples() is result, result.t is result)
    row = result.tuples().first()
    p.show(row._tuple() == row, row._t == row, row.tuple() is row, row.t == row, type(row._tuple()))
    p.show(row, row == (1, "n1", 1), row < (2,), hash(row) == hash((1, "n1", 1)), row[0:2], row[-1])
    p.show(row.id, row._fields, row._asdict(), len(row), list(row), "n1" in row, row.count(1))
    p.show(row.index("n1"), tuple(row))
    p.error(lambda: row.nope)
    p.error(lambda: row["id"])
    p.error(lambda: row[5])
    p.error(lambda: setattr(row, "id", 3))
    p.error(lambda: delattr(row, "id"))
    a, b, n = row
    p.show(a, b, n, repr(row), str(row))


@program
def frozen(p: Peer):
    c, t, select = filled(p)
    frozen = c.execute(select).freeze()
    p.show(frozen().all(), frozen().scalars().all(), frozen().first(), frozen.data)
    p.show(frozen().mappings().first(), frozen().columns("n").all(), list(frozen().keys()))
    p.show(frozen.with_new_rows([(9, "x", 2)])().all(), frozen().first().name)
    frozen = c.execute(select).columns("n", "id").freeze()
    p.show(frozen().all(), list(frozen().keys()), frozen().first().id)
    frozen = c.execute(p.select(t.c.n)).unique().freeze()
    p.show(frozen().all(), frozen().unique().all())
    p.show(type(frozen()).__name__)
    p.error(lambda: c.execute(select).scalars().freeze())


@program
def merged(p: Peer):
    c, t, select = filled(p)
    one = c.execute(select.where(t.c.id < 3))
    two = c.execute(select.where(t.c.id > 3))
    three = c.execute(select.where(t.c.id == 3))
    merged = one.merge(two, three)
    p.show(type(merged).__name__, merged.all(), merged.fetchone())
    merged = c.execute(select).unique().merge(c.execute(select).unique())
    p.show(merged.all())
    merged = c.execute(select).merge(c.execute(select))
    p.show(merged.scalars().all(), merged.closed)
    merged = c.execute(select).merge(c.execute(select))
    p.show(merged.mappings().first(), merged.closed)
    merged = c.execute(select).columns("n").merge(c.execute(select).columns("n"))
    p.show(merged.all(), list(merged.keys()))
    a = c.execute(select).yield_per(2)
    p.show(a.merge(c.execute(select)).fetchmany(9))
    a, b = c.execute(select), c.execute(select)
    merged = a.merge(b)
    merged.close()
    p.show(a.closed, b.closed, merged.closed)


@program
def of_iterators(p: Peer):
    filled(p)
    result = p.module("engine.result")
    metadata = result.SimpleResultMetaData(["a", "b"])
    made = result.IteratorResult(metadata, iter([(1, 2), (3, 4)]))
    p.show(list(made.keys()), made.all(), made.closed)
    made = result.IteratorResult(metadata, iter([(1, 2), (3, 4)]))
    p.show(made.scalars("b").all())
    chunks = result.ChunkedIteratorResult(
        metadata, lambda size: iter([[(1, 2)] * 2, [(3, 4)] * (size or 1)])
    )
    p.show(chunks.fetchone(), chunks.fetchall(), chunks.fetchone())
    chunks = result.ChunkedIteratorResult(
        metadata, lambda size: iter([[(1, 2)] * 2, [(3, 4)] * (size or 1)])
    )
    p.show([len(part) for part in chunks.yield_per(3).partitions()])
    made = result.IteratorResult(metadata, iter([(1, 2), (3, 4)]))
    made.close()
    p.show(made.closed)
    p.error(made.all)
    p.error(made.fetchone)
    p.error(lambda: list(made))
    made = result.IteratorResult(metadata, iter([]))
    p.show(made.first(), made.closed)
    p.error(lambda: result.IteratorResult(metadata, iter([])).one())
    p.error(lambda: result.IteratorResult(metadata, iter([(1, 2), (1, 2)])).one())
    row = result.result_tuple(["x", "y"])((1, 2))
    p.show(row, row.x, row._fields)


@program
def closing(p: Peer):
    c, _t, select = filled(p)
    with c.execute(select) as result:
        p.show(result.fetchone(), result.closed)
    p.show(result.closed)
    with c.execute(select).scalars() as scalars:
        p.show(scalars.first(), scalars.closed)
    with c.execute(select).mappings() as found:
        p.show(found.fetchone(), found.closed)
    p.show(found.closed)
    p.error(found.all)
    result = c.execute(select)
    scalars = result.scalars()
    result.close()
    p.error(scalars.all)
    p.show(scalars.closed)
    result = c.execute(select)
    p.show(result.fetchmany(2))
    result.close()
    result.close()
    p.error(result.scalars)
    p.error(lambda: result.mappings().all())
    p.error(lambda: result.columns("id").all())


@program
def without_rows(p: Peer):
    c, t, _ = filled(p)
    result = c.execute(t.update().values(n=3))
    p.show(result.returns_rows, result.rowcount, result.closed)
    for name in ("fetchone", "fetchall", "all", "first", "one", "scalar", "scalars", "mappings"):
        p.error(lambda name=name: getattr(result, name)())
    p.error(lambda: result.keys())
    p.error(lambda: result.fetchmany(2))
    p.error(lambda: list(result))
    p.error(lambda: result.columns("id"))
    p.error(lambda: result.unique().all())
    p.show(result.is_insert, result.supports_sane_rowcount())
    result = c.execute(p.text("create table x (a integer)"))
    p.show(result.returns_rows)
    p.error(result.fetchall)


@program
def keys(p: Peer):
    c, t, _ = filled(p)
    result = c.execute(p.select(t.c.id, t.c.id.label("x"), p.func.abs(t.c.n), p.literal(3)))
    found = result.keys()
    p.show(list(found), len(found), "x" in found, t.c.id in found, "nope" in found)
    p.show(type(found).__name__, repr(found), found == ["id"], found == [1])
    result = c.execute(p.select(t.c.id, t.c.id, t.c.name, t.c.name).limit(1))
    p.show(list(result.keys()))
    row = result.first()
    p.show(len(row), row.id, row.name)
    result = c.execute(p.text("select id as a, n as a from t limit 1"))
    row = result.first()
    p.show(list(result.keys()), row)
    p.error(lambda: row.a)
    p.error(lambda: row._mapping["a"])


@program
def cursor_result(p: Peer):
    c, t, select = filled(p)
    result = c.execute(select)
    p.show(result.connection is c)
    p.error(lambda: result.inserted_primary_key)
    p.error(lambda: result.lastrow_has_defaults())
    p.error(lambda: result.last_updated_params())
    p.error(lambda: result.last_inserted_params())
    p.error(lambda: result.prefetch_cols())
    p.error(lambda: result.postfetch_cols())
    result = c.execute(t.insert().values(id=70, name="z"))
    p.show(result.inserted_primary_key, result.inserted_primary_key_rows, result.is_insert)
    p.show(result.lastrow_has_defaults(), result.last_inserted_params())
    p.show(result.prefetch_cols(), result.postfetch_cols(), result.inserted_primary_key.id)
    p.error(result.last_updated_params)
    result = c.execute(t.update().values(n=1).where(t.c.id == 1))
    p.show(result.last_updated_params(), result.rowcount)
    p.error(result.last_inserted_params)
    p.error(lambda: result.inserted_primary_key)
    result = c.execute(p.text("insert into t (id, name) values (71, 'q')"))
    p.error(lambda: result.inserted_primary_key)
    p.error(result.last_inserted_params)
    result = c.exec_driver_sql("update t set n = 4")
    p.error(lambda: result.inserted_primary_key)
    p.error(result.last_updated_params)
    p.error(result.postfetch_cols)
    p.show(result.rowcount, result.lastrow_has_defaults())


@program
def orm_results(p: Peer):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def __repr__(self):
            return f"A({self.id})"

    filled(p)
    s = p.session()
    s.add_all([A(id=i, name=f"n{i % 2}") for i in range(1, 6)])
    s.commit()
    select = p.select(A).order_by(A.id)
    p.show(s.execute(select).all(), s.execute(select).scalars().all(), s.scalars(select).first())
    p.show(s.execute(select).first(), s.execute(select).mappings().first())
    p.show(list(s.execute(select).keys()), s.execute(select).scalar())
    p.show(s.execute(select).fetchmany(2), s.execute(select).freeze()().scalars().all())
    p.show(s.execute(p.select(A, A.name).order_by(A.id)).columns("name").unique().all())
    p.show(s.execute(p.select(A, A.name).order_by(A.id)).columns(A).first())
    p.show(s.execute(p.select(A.name).order_by(A.id)).scalars().unique().all())
    p.show([list(x) for x in s.scalars(select.execution_options(yield_per=2)).partitions()])
    p.show([list(x) for x in s.scalars(select).yield_per(3).partitions()])
    p.show(s.execute(select).unique().scalars().all(), s.scalars(select).unique().all())
    p.error(lambda: s.execute(select).one())
    p.error(lambda: s.execute(select).scalars().one())
    p.error(lambda: s.execute(select).scalar_one())
    p.error(lambda: s.execute(select.where(A.id > 9)).scalar_one())
    p.show(s.execute(select.where(A.id > 9)).scalar_one_or_none())
    result = s.execute(select)
    result.close()
    p.error(result.all)
    a = s.execute(select.where(A.id == 1))
    p.show(a.merge(s.execute(select.where(A.id == 2))).scalars().all())
    result = s.scalars(select)
    p.show(next(result), result.fetchmany(2), list(result))


@program
def streamed(p: Peer):
    c, t, select = filled(p, 30)
    result = c.execution_options(stream_results=True).execute(select)
    p.show(result.fetchone(), len(result.fetchmany(5)), len(result.all()), result.fetchone())
    result = c.execute(select, execution_options={"yield_per": 7})
    p.show([len(part) for part in result.partitions()])
    result = c.execute(select, execution_options={"stream_results": True, "max_row_buffer": 3})
    p.show(result.first(), result.closed)
    result = c.execute(select, execution_options={"stream_results": True})
    p.show(result.fetchone())
    result.close()
    p.error(result.fetchone)
    p.show(c.scalar(p.select(p.func.count()).select_from(t)))


@program
def streamed_after_rollback(p: Peer):
    """The server's cursor is gone; what SQLite gives does not end with the transaction."""
    c, t, select = filled(p, 5000)
    c.commit()
    result = c.execute(select, execution_options={"stream_results": True})
    p.show(result.fetchone())
    c.rollback()
    p.error(lambda: len(result.fetchall()) > 0, text=False)
    p.show(c.scalar(p.select(p.func.count()).select_from(t)))
    result = c.execute(select)
    p.show(result.fetchone())
    c.rollback()
    p.show(len(result.fetchall()))


@program
def what_a_strategy_is_told(p: Peer) -> None:
    """Rows, of as many columns as are left; of single entities these."""
    c, _, select = filled(p, 8)
    results = p.module("engine.result")

    def made() -> Any:
        names = results.SimpleResultMetaData(["id", "name", "n"])
        return results.IteratorResult(names, iter([(1, "x", 5), (2, "x", 6), (3, "y", 5)]))

    def told(row: Any) -> Any:
        p.show(tuple(row) if isinstance(row, tuple) else row, type(row).__name__)
        return row[-1] if isinstance(row, tuple) else row.name

    for result in (lambda: c.execute(select), made, lambda: c.execute(select).freeze()()):
        for view in (
            lambda r: r.scalars(1).unique(told),
            lambda r: r.unique(told).scalars(1),
            lambda r: r.mappings().unique(told),
            lambda r: r.unique(told).mappings(),
            lambda r: r.columns(1, 0).unique(told),
        ):
            for take in (list, lambda v: v.all(), lambda v: v.fetchmany(2)):
                p.show(take(view(result())))

    class Named(p.Base):
        __tablename__ = "named"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    p.Base.metadata.create_all(c)
    with p.Session(c) as s:
        s.add_all([Named(id=n, name=f"n{n % 3}") for n in range(5)])
        s.flush()
        for statement in (
            p.select(Named).order_by(Named.id),
            p.select(Named.name).order_by(Named.id),
            p.update(Named).where(Named.id == 1).values(name="n").returning(Named),
        ):
            p.show(len(s.scalars(statement).unique(told).all()))
        p.show(len(s.execute(p.select(Named)).unique(lambda row: row[0].name).all()))


@program
def how_many_are_taken_if_nothing_says(p: Peer) -> None:
    c, _, select = filled(p, 8)
    results = p.module("engine.result")

    class Entity(p.Base):
        __tablename__ = "entities"
        id = p.Column(p.Integer, primary_key=True)

    p.Base.metadata.create_all(c)
    s = p.Session(c)
    s.add_all([Entity(id=n) for n in range(5)])
    s.flush()
    rows = [(1,), (2,), (3,)]
    for result in (
        lambda: c.execute(select),
        lambda: c.execute(select).freeze()(),
        lambda: results.IteratorResult(results.SimpleResultMetaData(["id"]), iter(rows)),
        lambda: s.execute(p.select(Entity)),
        lambda: s.execute(p.select(Entity.id)),
        lambda: s.execute(p.select(Entity).execution_options(yield_per=2)),
    ):
        for view in (lambda r: r, lambda r: r.scalars(), lambda r: r.mappings()):
            p.show(len(view(result()).fetchmany()), len(view(result()).fetchmany(2)))
            p.show([len(part) for part in view(result()).partitions()])
    s.close()


@program
def none_are_asked_for(p: Peer) -> None:
    """fetchmany(0): a driver's own idea of it, none where the rows are of objects or of lists."""
    connection, _, select = filled(p)
    views = (
        lambda r: r,
        lambda r: r.scalars(),
        lambda r: r.mappings(),
        lambda r: r.tuples(),
        lambda r: r.unique(),
        lambda r: r.scalars().unique(),
        lambda r: r.columns(1),
        lambda r: r.freeze()(),
    )
    for options in ({}, {"stream_results": True}, {"yield_per": 2}):
        for view in views:
            result = view(connection.execute(select, execution_options=options))
            p.show(result.fetchmany(0), result.fetchall())
            result = view(connection.execute(select, execution_options=options))
            p.show(list(result.partitions(0)))
            result.close()
            result = view(connection.execute(select, execution_options=options))
            p.show(result.fetchmany(2), result.fetchmany(0), result.fetchall())
    with p.orm.Session(connection) as session:
        p.show(session.execute(select).fetchmany(0), session.scalars(select).fetchmany(0))


@program
def what_an_execution_was(p: Peer) -> None:
    c, table, select = filled(p)
    made = p.Table(
        "made",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.String, default="d", onupdate="u"),
        p.Column("y", p.Integer, server_default="7"),
    )
    made.create(c)
    asked = c.execution_options(of_the_connection=1)
    for result in (
        asked.execute(made.insert(), {"id": 1}, execution_options={"of_it": 2}),
        c.execute(made.insert(), [{"id": 2}, {"id": 3}]),
        c.execute(made.update().where(made.c.id == 1).values(y=4)),
        c.execute(made.delete().where(made.c.id == 3)),
        c.execute(select.where(table.c.n == 1).execution_options(of_the_statement=3)),
        c.execute(select.where(table.c.id.in_([2, 3]))),
        c.execute(select.where(table.c.id == p.bindparam("given")), {"given": 4}),
        c.execute(p.text("SELECT :x + 0"), {"x": 5}),
        c.exec_driver_sql("SELECT 1"),
    ):
        context = result.context
        for name in (
            "isinsert", "isupdate", "isdelete", "is_crud", "is_text", "isddl", "executemany",
            "statement", "no_parameters",
        ):  # fmt: skip
            p.show(name, getattr(context, name))
        p.show(sorted(context.execution_options.items()))
        p.show(context.dialect is c.dialect, context.engine is c.engine)
        p.show(context.compiled is None or str(context.compiled))
        if context.compiled is not None:
            p.show(context.parameters)
            if "IN (" not in context.statement:  # whose names in SQLAlchemy are those of items
                p.show(context.compiled_parameters)
            p.show(type(context.invoked_statement))
        if context.isinsert:
            if c.dialect.name == "sqlite":
                p.show(context.get_lastrowid() == result.lastrowid)
            p.show(context.returned_default_rows, context.inserted_primary_key_rows)
            p.show([list(map(str, f)) for f in (context.prefetch_cols, context.postfetch_cols)])
        result.close()


def _sources(p: Peer) -> Any:
    """Functions that give the same rows, of which some repeat others, from elsewhere each."""
    connection, table, _ = filled(p, 0)
    rows = [(1, "a", 1), (2, "a", 1), (3, "a", 1), (4, "b", 2), (5, "a", 2)]
    columns = (table.c.name, table.c.n)
    connection.execute(table.insert(), [dict(zip(("id", "name", "n"), row)) for row in rows])  # noqa: B905
    select = p.select(*columns).order_by(table.c.id)
    made = p.module("engine.result")
    names = made.SimpleResultMetaData(["name", "n"])
    plain = [row[1:] for row in rows]

    def chunks(size: Any) -> Any:
        yield plain[:2]
        yield plain[2:]

    return [
        lambda: connection.execute(select),
        lambda: made.IteratorResult(names, iter(plain)),
        lambda: made.ChunkedIteratorResult(names, chunks),
        lambda: connection.execute(select).freeze()(),
    ]


@program
def rows_that_are_repeated(p: Peer) -> None:
    """However the rows came, as many different ones are taken as are asked for."""
    for source in _sources(p):
        for name in ("one", "one_or_none", "first", "scalar_one", "scalar", "all"):
            p.error(lambda source=source, name=name: getattr(source().unique(), name)())
        result = source().unique()
        p.show(result.fetchmany(2), result.fetchmany(2), result.fetchmany(2))
        p.show([list(part) for part in source().unique().partitions(1)])
        for view in (lambda r: r.scalars(), lambda r: r.mappings(), lambda r: r.columns("n")):
            for name in ("one", "one_or_none", "first", "all"):
                p.error(
                    lambda source=source, view=view, name=name: getattr(
                        view(source()).unique(), name
                    )()
                )


@program
def views_that_leave_the_result_as_it_is(p: Peer) -> None:
    for source in _sources(p):
        result = source()
        view = result.mappings().columns("n")
        p.show(view.fetchone(), result.fetchone(), list(view.keys()), list(result.keys()))
        p.show("n" in view.keys(), "name" in view.keys(), view.columns(0, "n").fetchone())  # noqa: SIM118
        p.error(lambda view=view: view.columns(5))
        p.show(result.fetchone(), view.all())
        result = source().columns("n", "name")
        view = result.mappings().columns("name")
        p.show(view.fetchone(), result.fetchone(), view.all())
        result = source().unique()
        view = result.mappings().columns("n")
        p.show(view.fetchmany(2))
        result = source().unique()
        p.show(result.scalars().fetchmany(1), result.fetchmany(3))
        one, two = source(), source()
        one.unique().scalars("n")
        two.unique().scalars("n")
        p.show(one.merge(two).scalars("n").all())


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_program(function: Any) -> None:
    # psycopg's connection is to be rolled back after a cursor that is gone
    sql = function.__name__ != "streamed_after_rollback"
    peer, _ = compare(function, warned=True, sql=sql)
    assert peer.error is None
