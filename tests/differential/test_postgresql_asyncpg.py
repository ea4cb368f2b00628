"""The SQL of URLs that name asyncpg: numbered parameters, nearly each with a cast."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

from .. import postgres
from .harness import PACKAGES

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

ROW: dict[str, Any] = {
    "name": "a%", "f": 1.5, "n": Decimal("1.50"), "d": dt.date(2020, 1, 1), "j": {"a": [1]},
    "ar": [1, 2], "bl": True, "by": b"x", "en": "x", "u": uuid.UUID(int=3), "big": 2**40,
    "ts": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "iv": dt.timedelta(1),
}  # fmt: skip


class Run:
    """A package, and what its listeners hear and its statements give."""

    def __init__(self, package: str) -> None:
        self.sa: Any = import_module(package)
        self.orm: Any = import_module(f"{package}.orm")
        self.pg: Any = import_module(f"{package}.dialects.postgresql")
        self.aio: Any = import_module(f"{package}.ext.asyncio")
        self.said: list[Any] = []
        sa = self.sa
        self.table = sa.Table(
            "a",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(10)),
            sa.Column("f", sa.Float),
            sa.Column("n", sa.Numeric(10, 2)),
            sa.Column("d", sa.Date),
            sa.Column("j", self.pg.JSONB),
            sa.Column("ar", self.pg.ARRAY(sa.Integer)),
            sa.Column("bl", sa.Boolean),
            sa.Column("by", sa.LargeBinary),
            sa.Column("en", sa.Enum("x", "y", name="en")),
            sa.Column("ts", sa.DateTime(True)),
            sa.Column("u", sa.Uuid),
            sa.Column("big", sa.BigInteger),
            sa.Column("iv", sa.Interval),
        )

    def say(self, value: Any) -> None:
        self.said.append(repr(value))

    def heard(self, c: Any, cursor: Any, sql: str, params: Any, context: Any, many: bool) -> Any:
        if "pg_catalog" not in sql and "CREATE" not in sql:
            self.say((sql, params, many))
        return sql.replace("'before'", "'after'"), params

    def do(self, connection: Any, execute: Callable[[], Any]) -> None:
        """Say what a statement gives, and how its error shows it."""
        try:
            result = execute()
            self.say(result.returns_rows and [tuple(row) for row in result])
            connection.commit()
        except self.sa.exc.DBAPIError as error:
            connection.rollback()
            self.say(re.sub(r"\(Background.*", "", str(error)[str(error).index("[SQL") :]))


def programs(run: Run, connection: Any) -> None:
    sa, table, pg = run.sa, run.table, run.pg
    c = table.c
    named = sa.bindparam("x", "a%")
    day = sa.func.date_trunc("day", c.ts)
    for statement, *parameters in (
        (sa.insert(table), ROW),
        (sa.insert(table), [ROW, {**ROW, "name": None}]),
        (sa.insert(table).returning(c.id), ROW),
        (sa.select(table).where(c.name.like("a%%"), c.f > 1, c.n < 2.5, c.d == ROW["d"], c.bl),),
        (sa.select(c.id).where(c.name.in_(["a%", "b"]), c.id == 1, c.id.in_([1, 2])),),
        (sa.select(c.id % 2, sa.literal("50%")).order_by(c.id),),
        (sa.select(c.id).where(sa.or_(c.name == named, c.name == named), c.en == "x"),),
        (sa.select(c.id).where(c.name == "none").limit(3).offset(1),),
        (sa.text("SELECT :a || 'b%' AS q, cast(:b AS int), :a"), {"a": "x", "b": 5}),
        (sa.text("SELECT 'before', cast(:b AS int)"), {"b": 5}),
        (sa.update(table).values(name="q").where(c.id == 1),),
        (
            sa.update(table).where(c.id == sa.bindparam("k")).values(name=sa.bindparam("v")),
            [{"k": 1, "v": "z"}, {"k": 2, "v": "y"}],
        ),
        (sa.delete(table).where(c.id == 3).returning(c.name),),
        (sa.select(c.j["a"], c.j["a"][0].as_integer(), c.ar[1]).where(c.u == ROW["u"]),),
        (sa.select(sa.literal(1) / sa.literal(0)),),
        (sa.select(sa.func.concat("a", 1), sa.func.coalesce(c.name, "z")),),
        (sa.select(day, sa.func.count()).group_by(day),),
        (sa.select(day, sa.func.count()).group_by(sa.func.date_trunc("day", c.ts)),),
        (sa.select(c.id).where(sa.tuple_(c.id, c.name).in_([(1, "z"), (2, "y")])).order_by(c.id),),
        (sa.insert(table).values([{"name": "m1"}, {"name": "m2"}]),),
        (sa.insert(table).from_select(["name"], sa.select(sa.literal("fs"))),),
        (
            pg.insert(table)
            .values(id=1, name="c")
            .on_conflict_do_update(index_elements=["id"], set_={"name": "conf"}),
        ),
    ):
        run.do(connection, lambda s=statement, p=parameters: connection.execute(s, *p))
        run.say(str(statement.compile(connection)))
    for sql, *given in (
        ("SELECT $1::text, $2::int", ("x", 3)),
        ("SELECT 1 AS a WHERE 'x%' LIKE 'x%'",),
        ("INSERT INTO a (name) VALUES ($1)", [("p",), ("q",)]),
        ("SELECT $1::int / 0", (1,)),
    ):
        run.do(connection, lambda s=sql, g=given: connection.exec_driver_sql(s, *g))


def objects(run: Run, connection: Any) -> None:
    registry = run.orm.registry()

    class A:
        pass

    registry.map_imperatively(A, run.table)
    session = run.orm.Session(connection)
    made: Any = A()
    for name, value in ROW.items():
        setattr(made, name, value)
    session.add(made)
    session.flush()
    made.name = "zz"
    session.flush()
    session.expire_all()
    run.say((made.name, session.get(A, 1).name, session.scalar(run.sa.select(run.table.c.id))))
    found = session.scalars(run.sa.select(A).where(run.table.c.name.in_(["zz", "%"])))
    run.say([vars(row)["ts"] for row in found])
    session.delete(made)
    session.flush()
    connection.commit()
    registry.dispose()


def many_objects(run: Run, connection: Any) -> None:
    """Without listeners: of rows that are flushed at a time each package hears its own SQL."""
    registry = run.orm.registry()

    class A:
        pass

    registry.map_imperatively(A, run.table)
    session = run.orm.Session(connection)
    for number in range(100):
        made: Any = A()
        made.name, made.n, made.en, made.f = f"l{number}", Decimal(number), "y", number / 3
        session.add(made)
    session.flush()
    for row in session.scalars(run.sa.select(A)):
        row.name, row.d = "%", ROW["d"]
    session.flush()
    run.say([tuple(row) for row in session.query(*run.table.c).order_by(run.table.c.id)])
    connection.commit()
    registry.dispose()


async def work(run: Run, url: str) -> None:
    engine = run.aio.create_async_engine(f"postgresql+asyncpg:{url}")
    dialect = engine.dialect
    run.say((type(dialect).__name__, dialect.driver, dialect.paramstyle, dialect.positional))
    async with engine.begin() as connection:
        await connection.run_sync(run.table.metadata.create_all)
    async with engine.connect() as connection:
        await connection.run_sync(lambda c: many_objects(run, c))
        await connection.execute(run.sa.text("TRUNCATE a RESTART IDENTITY"))
        await connection.commit()
    run.sa.event.listen(engine.sync_engine, "before_cursor_execute", run.heard, retval=True)
    async with engine.connect() as connection:
        await connection.run_sync(lambda c: programs(run, c))
        await connection.run_sync(lambda c: objects(run, c))
    await engine.dispose()


def test_asyncpg() -> None:
    """What listeners hear, errors show and statements give."""
    said = []
    for package in PACKAGES:
        with postgres.empty() as url:
            run = Run(package)
            asyncio.run(work(run, url))
            said.append(run.said)
    assert said[1] == said[0]
