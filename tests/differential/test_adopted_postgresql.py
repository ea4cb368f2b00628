"""Engines and pools whose connections the program makes itself, with psycopg and psycopg2."""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import psycopg2
import pytest

from .. import postgres
from .event_env import Recorder
from .harness import Peer, Programs, on_database, run
from .test_lost_connections import end, process

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()
unlogged = Programs()
"""What is logged differs: objects that psycopg2 makes of values, numbers of processes."""
UTC = datetime.UTC
MODULES = {"psycopg": psycopg, "psycopg2": psycopg2}


def both(function: Any, driver: str) -> tuple[Any, Any]:
    """Run a program on both packages, which show the same."""
    url = f"postgresql:{postgres.scratch()}"

    def on(p: Peer) -> None:
        postgres.clear(url.removeprefix("postgresql:"))
        connect = partial(MODULES[driver].connect, url)

        def engine(**options: Any) -> Any:
            if "pool" not in options:
                options.setdefault("creator", connect)
            return p.engine(f"postgresql+{driver}://", **options)

        function(p, engine, connect)

    with on_database("postgresql"):
        peer, ours = run(on, "sqlalchemy"), run(on, "cormorant")
    for outcome in (ours, peer):
        if outcome.error is not None:
            raise AssertionError(str(outcome.error)) from outcome.error_object  # type: ignore[attr-defined]
    assert ours.shown == peer.shown
    assert ours.warned == peer.warned
    return peer, ours


def failing(p: Peer, action: Callable[[], Any]) -> None:
    try:
        p.show(action())
    except p.DBAPIError as error:
        p.show(type(error), str(error), type(error.orig), error.connection_invalidated)


class Color(enum.Enum):
    red = 1
    blue = 2


def values_of_every_type(p: Peer, pg: Any) -> dict[str, tuple[Any, list[Any]]]:
    berlin = datetime.timezone(datetime.timedelta(hours=2))
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 6)
    return {
        "whole": (p.BigInteger, [2**40, -1]),
        "number": (p.Numeric(20, 4), [decimal.Decimal("1.5"), decimal.Decimal("NaN")]),
        "real": (p.Float, [1.25, float("inf")]),
        "string": (p.String, ["a%b é $1 %s", ""]),
        "bytes": (p.LargeBinary, [b"\0x", b""]),
        "truth": (p.Boolean, [True, False]),
        "day": (p.Date, [datetime.date(2020, 1, 2)]),
        "clock": (p.Time, [datetime.time(1, 2, 3, 4)]),
        "clock_zone": (p.Time(timezone=True), [datetime.time(1, 2, tzinfo=berlin)]),
        "moment": (p.DateTime, [moment]),
        "moment_zone": (p.DateTime(timezone=True), [moment.replace(tzinfo=berlin)]),
        "span": (p.Interval, [datetime.timedelta(-1, 2, 3)]),
        "guid": (p.Uuid, [uuid.UUID(int=5)]),
        "json_value": (p.JSON, [{"a": [1, None, "é"]}, "text", 5, [], p.JSON.NULL]),
        "jsonb_value": (pg.JSONB, [{"b": 1.5}, [True]]),
        "color": (p.Enum(Color), [Color.blue]),
        "wholes": (pg.ARRAY(p.Integer), [[1, None, 3], []]),
        "strings": (pg.ARRAY(p.String), [["a,b", '"', "\\", None, "NULL"]]),
        "matrix": (pg.ARRAY(p.Numeric, dimensions=2), [[[decimal.Decimal(1)], [None]]]),
        "jsons": (pg.ARRAY(pg.JSONB), [[{"a": 1}, [2]]]),
        "moments": (pg.ARRAY(p.DateTime(timezone=True)), [[moment.replace(tzinfo=UTC)]]),
        "bytess": (pg.ARRAY(p.LargeBinary), [[b"\0", b"ab"]]),
        "address": (pg.INET, ["10.0.0.1/24", "10.0.0.1"]),
        "network": (pg.CIDR, ["10.0.0.0/8"]),
        "bits": (pg.BIT(4), ["1010"]),
        "range_": (pg.INT4RANGE, [pg.Range(1, 5), pg.Range(empty=True), pg.Range(None, 3)]),
        "moments_range": (pg.TSTZRANGE, [pg.Range(moment.replace(tzinfo=UTC), None)]),
    }


@unlogged
def every_type(p: Peer, engine: Any, connect: Any) -> None:
    pg = p.module("dialects.postgresql")
    types = values_of_every_type(p, pg)
    table = p.Table(
        "kinds",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        *[p.Column(name, type_) for name, (type_, _) in types.items()],
    )
    e = engine()
    table.create(e)
    for name, (_, values) in types.items():
        with e.begin() as c:
            c.execute(table.insert(), {name: values[0]})
            c.execute(table.insert(), [{name: value} for value in values])
            column = table.c[name]
            rows = c.scalars(p.select(column).where(column.is_not(None)).order_by(table.c.id)).all()
            p.show(name, [(type(row).__name__, row) for row in rows])
            if "json" not in name and name != "bits":  # which have no operator of equality
                found = p.select(p.func.count()).where(column == values[0])
                p.show(c.scalar(found))
            raw = c.execute(
                p.text(f"SELECT {name} FROM kinds WHERE {name} IS NOT NULL ORDER BY id")
            )
            if "range" not in name:
                p.show([(type(row[0]).__name__, plainly(row[0])) for row in raw])
            c.execute(table.delete())


def plainly(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@program
def arrays_of_enums(p: Peer, engine: Any, connect: Any) -> None:
    pg = p.module("dialects.postgresql")
    words = pg.ENUM("a", "b c", 'd"', "e,f", "NULL", name="words")
    table = p.Table(
        "enums",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("words", pg.ARRAY(words)),
        p.Column("colors", pg.ARRAY(p.Enum(Color))),
    )
    e = engine()
    table.create(e)
    with e.begin() as c:
        for given in ([], ["a", None], ["b c", "a"], ["e,f", "b c"]):
            c.execute(table.insert(), {"words": given, "colors": [Color.red, None]})
        p.show(c.execute(p.select(table).order_by(table.c.id)).all())


@program
def parameters_of_text(p: Peer, engine: Any, connect: Any) -> None:
    e = engine()
    with e.connect() as c:
        for sql, values in (
            ("SELECT :x || 'a', :x || '$1 %'", {"x": "50% $1"}),
            ('SELECT 5 % 3, \'%\', $$a $1 %$$, "a$1".* FROM (SELECT 1) AS "a$1"', {}),
            ("SELECT 5 % :n, '$1', E'\\'$1', $q$ $1 $q$ -- $1 %\n, /* $1 */ :m", {"n": 3, "m": 4}),
            ("SELECT 1 WHERE 'x' LIKE '%x%' AND 2 = ANY(:these)", {"these": [1, 2]}),
            ("SELECT coalesce(CAST(:x AS integer), -:y)", {"x": None, "y": -3}),
        ):
            failing(p, lambda sql=sql, values=values: c.execute(p.text(sql), values).all())  # type: ignore[misc]
            c.rollback()
        p.show(c.exec_driver_sql("SELECT %(a)s || 'b%%'", {"a": "x"}).all())
        p.show(c.exec_driver_sql("SELECT 'b%%'").all())
        columns = p.text("SELECT generate_series(1, 3) AS x, 'a' AS y;").columns(
            y=p.String, x=p.Integer
        )
        p.show(c.execute(columns).all())


@program
def texts_with_columns_that_change_rows(p: Peer, engine: Any, connect: Any) -> None:
    """are executed once, though their columns are learned by executing them"""
    e = engine()
    heard: list[str] = []
    for listened in False, True:
        if listened:
            p.event.listen(e, "before_cursor_execute", lambda *given: heard.append(given[2]))
        with e.connect() as c:
            c.execute(p.text("CREATE TEMP TABLE once (id serial, n int)"))
            for sql in (
                "WITH made AS (INSERT INTO once (n) VALUES (:n) RETURNING id) SELECT id FROM made",
                "INSERT INTO once (n) VALUES (:n) RETURNING id",
                "SELECT nextval('once_id_seq') AS id WHERE :n > 0",
            ):
                text = p.text(sql).columns(id=p.Integer)
                p.show([c.execute(text, {"n": n}).all() for n in (1, 1, 2)])
            p.show(c.execute(p.text("SELECT id, n FROM once ORDER BY id")).all())
            p.show(c.execute(p.text("SHOW TimeZone").columns(p.column("TimeZone"))).all())
            c.rollback()
    p.show(heard)


@program
def the_connection_is_the_program_s(p: Peer, engine: Any, connect: Any) -> None:
    own = connect()
    e = engine(creator=lambda: own, poolclass=p.module("pool").StaticPool)
    with own.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE mine (x int); INSERT INTO mine VALUES (5)")
    own.commit()
    with e.connect() as c:
        p.show(
            c.connection.dbapi_connection is own,
            c.connection.driver_connection is own,
            type(c.connection.cursor()),
            c.scalar(p.text("SELECT x FROM mine")),
        )
        c.execute(p.text("INSERT INTO mine VALUES (6)"))
        c.commit()
    raw = e.raw_connection()
    cursor = raw.cursor()
    cursor.execute("SELECT sum(x), %s::json FROM mine", ('{"a": 1}',))
    p.show(raw.dbapi_connection is own, cursor.fetchall())
    raw.close()
    e.dispose()
    p.show(bool(own.closed))


@program
def errors(p: Peer, engine: Any, connect: Any) -> None:
    e = engine()
    table = p.Table("t", p.MetaData(), p.Column("id", p.Integer, primary_key=True))
    table.create(e)
    for statement, values in (
        (table.insert(), [{"id": 1}]),
        (table.insert(), [{"id": 2}, {"id": 1}]),
        (p.text("SELECT nothing FROM t"), None),
        (p.text("SELEC"), None),
        (p.select(1 / p.literal(0)), None),
        (p.text("SELECT :x"), [{"x": object()}]),
    ):
        with e.connect() as c:
            failing(p, lambda s=statement, v=values: c.execute(s, v).returns_rows)  # type: ignore[misc]
            p.show(c.in_transaction(), c.invalidated)
    module = "psycopg2" if "psycopg2" in e.dialect.driver else "psycopg"
    nobody = engine(creator=lambda: MODULES[module].connect("host=/nowhere port=1"))
    try:
        nobody.connect()
    except p.OperationalError as error:
        p.show(type(error.orig), error.connection_invalidated)


@unlogged
def lost_connections(p: Peer, engine: Any, connect: Any) -> None:
    e, other = engine(pool_size=1, max_overflow=0), engine()
    with e.connect() as c:
        end(p, other, process(p, c))
        try:
            c.execute(p.text("SELECT 1"))
        except p.DBAPIError as error:
            p.show(type(error), error.connection_invalidated, c.invalidated)
        c.rollback()
        p.show(c.scalar(p.text("SELECT 2")))
    e.dispose()
    with e.connect() as c:
        number = process(p, c)
    end(p, other, number)
    pinged = engine(pool_pre_ping=True, pool_size=1, max_overflow=0)
    with pinged.connect() as c:
        number = process(p, c)
    end(p, other, number)
    with pinged.connect() as c:
        p.show(c.scalar(p.text("SELECT 3")), process(p, c) == number)


@program
def isolation_levels(p: Peer, engine: Any, connect: Any) -> None:
    current = p.text("SHOW transaction_isolation")
    for options in ({}, {"isolation_level": "REPEATABLE READ"}, {"isolation_level": "AUTOCOMMIT"}):
        e = engine(pool_size=1, max_overflow=0, **options)
        for level in (None, "SERIALIZABLE", "AUTOCOMMIT", None):
            c = e.connect()
            if level is not None:
                c = c.execution_options(isolation_level=level)
            p.show(c.get_isolation_level(), c.default_isolation_level, c.scalar(current))
            dbapi = c.connection.dbapi_connection
            p.show(dbapi.autocommit)
            c.close()
        with e.connect().execution_options(postgresql_readonly=True) as c:
            p.show(c.scalar(p.text("SHOW transaction_read_only")))
        with e.connect() as c:
            p.show(c.scalar(p.text("SHOW transaction_read_only")))


@program
def a_program_with_objects(p: Peer, engine: Any, connect: Any) -> None:
    class Author(p.Base):
        __tablename__ = "authors"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String, unique=True)
        made = p.Column(p.DateTime(timezone=True), server_default=p.text("'2020-01-01 UTC'"))
        books = p.relationship("Book", back_populates="author", order_by="Book.id")

    class Book(p.Base):
        __tablename__ = "books"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        about = p.Column(p.JSON)
        author_id = p.Column(p.ForeignKey("authors.id"))
        author = p.relationship(Author, back_populates="books")

    e = engine()
    p.Base.metadata.create_all(e)
    with p.Session(e) as s:
        s.add_all(
            Author(name=f"a{n}", books=[Book(title=f"b{m}", about={"n": m}) for m in range(n)])
            for n in range(4)
        )
        s.commit()
        found = s.scalars(
            p.select(Author).options(p.selectinload(Author.books)).order_by(Author.id)
        ).all()
        p.show([(a.id, a.name, a.made, [(b.title, b.about) for b in a.books]) for a in found])
        found[1].name = "changed"
        s.delete(found[2].books[0])
        s.flush()
        with s.begin_nested() as nested:
            s.add(Author(name="inner"))
            s.flush()
            nested.rollback()
        try:
            with s.begin_nested():
                s.add(Author(name="changed"))
                s.flush()
        except p.IntegrityError as error:
            p.show(type(error.orig))
        s.commit()
        p.show(s.scalars(p.select(Author.name).order_by(Author.id)).all())
        p.show(s.execute(p.update(Book).values(title="x").where(Book.id > 2)).rowcount)
        p.show([len(part) for part in s.scalars(p.select(Book.id)).partitions(2)])
        s.rollback()
    p.show(sorted(p.inspect(e).get_table_names()), p.inspect(e).get_foreign_keys("books"))
    p.Base.metadata.drop_all(e)


@program
def streams(p: Peer, engine: Any, connect: Any) -> None:
    """Rows that are asked for as they are read stay in a cursor of the server's till then."""
    text = p.text("SELECT n, 'x' || n AS t FROM generate_series(1, :many) AS n")
    query = p.select(p.func.generate_series(1, 5000).label("n"))
    named = p.text("WITH c AS (SELECT 1 AS n) SELECT n FROM c")
    failing_late = p.text("SELECT 1 / (3000 - n) FROM generate_series(1, 5000) AS n")

    def cursors(c: Any) -> int:
        found: int = c.scalar(p.text("SELECT count(*) FROM pg_cursors"))
        return found

    for heard in (False, True):
        e = engine()
        if heard:
            p.event.listen(e, "before_cursor_execute", lambda *given: None)
        with e.connect() as plain:
            c = plain.execution_options(stream_results=True, max_row_buffer=100)
            for statement in (text, query, named):
                result = c.execute(statement, {"many": 3000} if statement is text else {})
                p.show(
                    list(result.keys()), result.fetchmany(2), cursors(c) if statement is text else 0
                )
                p.show([len(part) for part in result.partitions(700)], result.fetchall() == [])
            with c.execute(text, {"many": 3000}) as left:
                p.show(left.fetchone())
            p.show(cursors(c))
            for _ in c.execute(text, {"many": 3000}):
                break
            result = c.execute(failing_late)
            p.show(result.fetchmany(3))
            failing(p, lambda result=result: len(result.all()))
        with e.connect() as plain:
            result = plain.execute(query, execution_options={"yield_per": 1000})
            p.show([(len(part), part[0]) for part in result.partitions()], plain.in_transaction())
        e.dispose()


@program
def listeners_have_its_cursors(p: Peer, engine: Any, connect: Any) -> None:
    e = engine()
    seen = []

    @p.event.listens_for(e, "connect")
    def connected(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path TO pg_catalog")
        connection.commit()
        seen.append(type(connection))

    @p.event.listens_for(e, "before_cursor_execute", retval=True)
    def before(c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> Any:
        seen.append(type(cursor))
        return statement.replace("1", "2"), parameters

    with e.connect() as c:
        p.show(c.scalar(p.text("SELECT 1")), c.scalar(p.text("SHOW search_path")), seen)


@program
def do_connect(p: Peer, engine: Any, connect: Any) -> None:
    """What a listener is given is what the driver's connect() takes."""
    url = p.make_url(f"postgresql:{postgres.scratch()}")
    e = p.sa.create_engine(url.set(drivername=engine().url.drivername, database="nowhere"))
    module = MODULES[e.dialect.driver]

    @p.event.listens_for(e, "do_connect")
    def connecting(dialect: Any, record: Any, args: Any, params: Any) -> Any:
        p.show(args, sorted({*params} - {"context"}))  # psycopg's adapters
        params["dbname"] = url.database
        return module.connect(*args, **params)

    with e.connect() as c:
        p.show(type(c.connection.dbapi_connection), c.scalar(p.text("SELECT 1")))
    e.dispose()


@program
def a_pool_of_the_program_s(p: Peer, engine: Any, connect: Any) -> None:
    pools = p.module("pool")
    pool = pools.QueuePool(connect, pool_size=1, max_overflow=0)
    e = engine(pool=pool)
    recorder = Recorder(p, lambda value: value is None or hasattr(value, "cursor"))
    recorder.on(e, ["connect", "checkout", "checkin", "reset", "invalidate", "close"])
    for _ in range(2):
        with e.begin() as c:
            p.show(c.scalar(p.text("SELECT 1")))
    with e.connect() as c:
        c.invalidate()
        p.show(c.scalar(p.text("SELECT 2")))
    e.dispose()
    single = engine(poolclass=pools.NullPool)
    with single.connect() as c:
        p.show(c.scalar(p.text("SELECT 3")))


@unlogged
def extension_types(p: Peer, engine: Any, connect: Any) -> None:
    pg = p.module("dialects.postgresql")
    own = connect()
    with own.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS hstore")
    own.commit()
    own.close()
    e = engine()
    with e.connect() as c:
        p.show(c.scalar(p.text("SELECT 'a=>1, b=>NULL'::hstore")))
        p.show(c.scalar(p.select(p.cast({"x": "y", "z": None}, pg.HSTORE))))
        p.show(c.scalar(p.text("SELECT ARRAY['a=>1']::hstore[]")))
    plain = engine(use_native_hstore=False)
    with plain.connect() as c:
        p.show(c.scalar(p.text("SELECT 'a=>1'::hstore")))


@program
def addresses(p: Peer, engine: Any, connect: Any) -> None:
    pg = p.module("dialects.postgresql")
    with engine().connect() as c:
        for sql in ("'10.0.0.1'::inet", "'10.0.0.1/8'::inet", "'10.0.0.0/8'::cidr"):
            p.show(c.scalar(p.text(f"SELECT {sql}")))
            p.show(c.scalar(p.select(p.literal_column(sql, pg.INET))))
        if c.dialect.driver == "psycopg":
            given = ipaddress.ip_address("10.0.0.1")
            p.show(c.scalar(p.select(p.cast(given, pg.INET))))


@pytest.mark.parametrize("driver", MODULES)
@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any, driver: str) -> None:
    peer, ours = both(function, driver)
    assert ours.sql == peer.sql


@pytest.mark.parametrize("driver", MODULES)
@pytest.mark.parametrize("function", unlogged.registered)
def test_unlogged_program(function: Any, driver: str) -> None:
    both(function, driver)


def test_values_that_no_row_can_hold() -> None:
    """They are refused by name, and the connection is as after any error."""
    from psycopg.types.composite import CompositeInfo, register_composite

    import cormorant as sa

    url = f"postgresql:{postgres.scratch()}"
    postgres.clear(url.removeprefix("postgresql:"))
    own = psycopg.connect(url)
    own.execute("CREATE TYPE pair AS (x int, y int)")
    own.commit()
    info = CompositeInfo.fetch(own, "pair")
    assert info is not None
    register_composite(info, own)
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: own, poolclass=sa.pool.StaticPool
    )
    with engine.connect() as conn:
        for sql in ("SELECT 1, '(1,2)'::pair AS found", "SELECT 1, ARRAY['(1,2)'::pair] AS found"):
            with pytest.raises(sa.exc.NotSupportedError, match="column 'found': a row cannot hold"):
                conn.execute(sa.text(sql)).all()
            assert conn.scalar(sa.text("SELECT 5")) == 5
    engine.dispose()


def test_many_rows_go_in_one_statement() -> None:
    import cormorant as sa

    executed = []

    class Counting(psycopg2.extensions.cursor):
        def execute(self, query: Any, params: Any = None) -> None:
            executed.append(query)
            super().execute(query, params)

    url = f"postgresql:{postgres.scratch()}"
    postgres.clear(url.removeprefix("postgresql:"))
    engine = sa.create_engine(
        "postgresql+psycopg2://", creator=lambda: psycopg2.connect(url, cursor_factory=Counting)
    )
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("values (%", sa.String, server_default="none"),
        sa.Column("at", sa.Integer),
    )
    table.create(engine)
    rows = [{"values (%": f"({n}) %s", "at": n} for n in range(2500)]
    with engine.begin() as conn:
        executed.clear()
        assert conn.execute(table.insert(), rows).rowcount == 2500
        assert len(executed) == 3
        executed.clear()
        keys = conn.scalars(table.insert().returning(table.c.at), rows).all()
        assert (len(executed), keys) == (3, list(range(2500)))
        counted = conn.execute(sa.select(table.c.at, table.c["values (%"]).order_by(table.c.id))
        assert counted.all() == [(n, f"({n}) %s") for n in range(2500)] * 2
    engine.dispose()


@pytest.mark.parametrize("driver", MODULES)
def test_what_changes_rows_is_not_streamed(driver: str) -> None:
    """SQLAlchemy asks for a cursor of the server's, which refuses it."""
    import cormorant as sa

    url = f"postgresql:{postgres.scratch()}"
    postgres.clear(url.removeprefix("postgresql:"))
    connect = partial(MODULES[driver].connect, url)
    engine = sa.create_engine(f"postgresql+{driver}://", creator=connect)
    with engine.connect() as conn:
        conn.execute(sa.text("CREATE TABLE t (n integer)"))
        conn.execution_options(stream_results=True)
        for statement in (
            "INSERT INTO t SELECT generate_series(1, 3) RETURNING n",
            "WITH made AS (INSERT INTO t SELECT generate_series(4, 6) RETURNING n) TABLE made",
        ):
            assert len(conn.execute(sa.text(statement)).all()) == 3
        assert conn.scalars(sa.text("SELECT n FROM t")).all() == [1, 2, 3, 4, 5, 6]
    engine.dispose()


@pytest.mark.parametrize("driver", MODULES)
def test_streams_that_begin_otherwise(driver: str) -> None:
    """Rows wait on the server whatever stands before the query's first word."""
    import cormorant as sa

    connect = partial(MODULES[driver].connect, f"postgresql:{postgres.scratch()}")
    engine = sa.create_engine(f"postgresql+{driver}://", creator=connect)
    many = {"stream_results": True, "max_row_buffer": 9}
    with engine.connect() as conn:
        for statement in (
            "-- of all\n(SELECT generate_series(1, 5000) AS n)",
            "/* of all */ WITH s AS (SELECT generate_series(1, 5000) AS n) SELECT n FROM s",
        ):
            with conn.execute(sa.text(statement), execution_options=many) as result:
                assert result.fetchone() is not None
                assert conn.scalar(sa.text("SELECT count(*) FROM pg_cursors")) == 1
                assert len(result.all()) == 4999
    engine.dispose()
