"""What is otherwise from driver to driver: values of no declared type, and how INSERTs of many rows
are written."""

from __future__ import annotations

from typing import Any

import pytest

from .. import postgres
from .application_env import DRIVERS, compare, failing, rows
from .harness import Peer, Programs

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any, driver: str) -> None:
    compare(function, driver)


def seen(value: Any) -> Any:
    """A value with its class, and what is in it."""
    if isinstance(value, list):
        return [seen(item) for item in value]
    return (type(value).__name__, bytes(value) if isinstance(value, memoryview) else value)


@program
def bytes_of_no_type(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """psycopg2 has memoryviews of them."""

    class Pickler:
        @staticmethod
        def dumps(value: Any, protocol: int) -> bytes:
            return b"pickled"

        @staticmethod
        def loads(data: Any) -> Any:
            return seen(data)

    binary = p.literal_column("'\\x01'::bytea")
    for statement in (
        p.text("SELECT '\\x01'::bytea, ARRAY['\\x01'::bytea, NULL], NULL::bytea"),
        p.select(p.literal(b"x"), p.func.sha256(b"x"), binary, p.type_coerce(binary, p.String)),
        p.select(p.type_coerce(binary, p.LargeBinary), p.cast([b"x"], pg.ARRAY(p.LargeBinary))),
        p.text("SELECT '\\x01'::bytea AS a").columns(a=p.LargeBinary),
        p.select(p.type_coerce(binary, p.PickleType(pickler=Pickler))),
    ):
        for row in c.execute(statement):
            p.show([seen(value) for value in row])
    if c.dialect.driver != "asyncpg":
        cursor = c.connection.cursor()
        cursor.execute("SELECT '\\x01'::bytea")
        p.show(seen(cursor.fetchone()[0]))


@program
def bytes_of_objects(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Columns say that they are bytes, also where they are keys."""

    class Blob(p.Base):
        __tablename__ = "blobs"
        id = p.mapped_column(p.LargeBinary, primary_key=True)
        data = p.mapped_column(p.LargeBinary)

    p.Base.metadata.create_all(c)
    c.commit()
    s = p.Session(c)
    s.add(Blob(id=b"k", data=b"\x00\xff"))
    s.commit()
    found = s.scalars(p.select(Blob)).one()
    p.show(seen(found.id), seen(found.data), s.get(Blob, b"k") is found)


@program
def small_floats_and_void(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """asyncpg has the very number that a float4 is, and None of void."""
    p.show(rows(c.execute(p.text("SELECT 0.1::real, ARRAY[0.1::real], 'NaN'::real, pg_sleep(0)"))))
    p.show(rows(c.execute(p.select(p.cast(0.1, p.REAL), p.func.pg_advisory_xact_lock(1)))))


@program
def many_rows(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """ON CONFLICT is executed for each row where nothing is returned; parameters that are not of
    the rows have the first numbers."""
    t = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("k", p.CHAR, unique=True),
        p.Column("n", p.Integer),
    )
    t.create(c)
    insert = pg.insert(t)
    upsert = insert.on_conflict_do_update(index_elements=["k"], set_={"n": t.c.n + 5})
    sets = [{"k": "a", "n": 1}, {"k": "b", "n": 2}]
    c.execute(upsert, sets)
    c.execute(insert.on_conflict_do_nothing(), sets)
    p.show(rows(c.execute(upsert.returning(t.c.n, t.c.n + 7), sets)))
    ordered = upsert.returning(t.c.id, t.c.n * 2, sort_by_parameter_order=True)
    p.show(rows(c.execute(ordered, sets)))
    failing(p, c, lambda: c.execute(upsert.returning(t.c.n / 0), sets))


@program
def types_of_other_schemas(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Casts of parameters are to the types of the schema that stands for another."""
    m = p.MetaData()
    kind = p.Enum("x", "y", name="kind", schema="of_all")
    t = p.Table(
        "t",
        m,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("kind", kind),
        p.Column("kinds", pg.ARRAY(kind)),
        schema="of_all",
    )

    class T:
        pass

    p.orm.registry().map_imperatively(T, t)
    c.execute(p.schema.CreateSchema("mine"))
    c.execution_options(schema_translate_map={"of_all": "mine"})
    m.create_all(c)
    c.execute(p.insert(t), [{"kind": "x", "kinds": ["x"]}, {"kind": "y", "kinds": []}] * 20)
    c.execute(p.update(t).where(t.c.kind == "x").values(kinds=["y", "x"]))
    p.show(rows(c.execute(p.select(t.c.kind, t.c.kinds).where(t.c.id < 3).order_by(t.c.id))))
    new = p.insert(t).returning(t.c.id, sort_by_parameter_order=True)
    p.show(rows(c.execute(new, [{"kind": "x"}, {"kind": "y"}])))
    p.show(rows(c.execute(p.select(p.cast(["x"], pg.ARRAY(kind)), p.cast("y", kind)))))
    s = p.Session(c, join_transaction_mode="rollback_only")
    for one in s.scalars(p.select(T).order_by(t.c.id)).all():
        one.kind = "y"
    s.flush()
    p.show(rows(c.execute(p.select(t.c.kind, p.func.count()).group_by(t.c.kind))))
    s.close()


@program
def rows_that_a_flush_changes(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Listeners are told how many there are, of each statement."""

    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.mapped_column(p.Integer, primary_key=True)
        n = p.mapped_column(p.Integer)
        m = p.mapped_column(p.Integer)

    p.Base.metadata.create_all(c)
    c.commit()

    @p.module("event").listens_for(c, "after_cursor_execute")
    def after(conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: bool) -> None:
        if sql.startswith(("UPDATE", "DELETE")) and (not many or conn.dialect.driver != "asyncpg"):
            p.show(sql, many, cursor.rowcount, context.rowcount)

    s = p.Session(c)
    s.add_all([Node(id=n, n=n) for n in range(50)])
    s.commit()
    nodes = s.scalars(p.select(Node).order_by(Node.id)).all()
    for node in nodes[:40]:
        node.n += 1
    nodes[45].m = 3
    nodes[47].n = p.func.abs(-3)
    s.flush()
    nodes[3].m = 1
    s.flush()
    for node in nodes[44:]:
        s.delete(node)
    s.flush()
    s.delete(nodes[0])
    s.commit()


@program
def rows_of_a_page(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """A connection's number of rows in an INSERT holds in its flushes."""

    class Leaf(p.Base):
        __tablename__ = "leaves"
        id = p.mapped_column(p.Integer, primary_key=True)
        n = p.mapped_column(p.Integer)

    p.Base.metadata.create_all(c)
    c.commit()
    for size in (2, 3, 2):
        with p.Session(c.execution_options(insertmanyvalues_page_size=size)) as s:
            s.add_all([Leaf(n=n) for n in range(5)])
            s.commit()
            p.show(s.scalars(p.select(Leaf.n).order_by(Leaf.id)).all())
    with p.Session(other) as s:
        s.add_all([Leaf(n=n) for n in range(5)])
        s.commit()


@program
def collations(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """A text before COLLATE is one, where nothing else says of which type it is."""
    for sql in (
        """SELECT :x COLLATE "C" UNION SELECT :y ORDER BY 1""",
        """SELECT :x UNION SELECT (:y) COLLATE "C" ORDER BY 1""",
        """SELECT (:x) COLLATE "C" < :y""",
    ):
        if c.dialect.driver == "psycopg2":
            p.show(rows(c.execute(p.text(sql), {"x": "b", "y": "A"})))
    failing(p, c, lambda: c.execute(p.select(p.literal("b").collate("C") < "A")))


@program
def fetching_none(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """fetchmany(0) of a cursor."""
    if c.dialect.driver == "asyncpg":
        return
    cursor = c.connection.cursor()
    cursor.execute("SELECT generate_series(1, 6)")
    p.show(cursor.fetchmany(0), cursor.fetchmany(), cursor.fetchmany(2), cursor.fetchmany(0))
    p.show(cursor.fetchall())


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_early_refusals(driver: str) -> None:
    """What is not there is refused by its name."""
    import cormorant as sa

    url = f"postgresql+{driver}:{postgres.scratch()}"
    for option in ("cursor_factory", "row_factory", "connection_factory"):
        with pytest.raises(sa.exc.ProgrammingError, match=f'connection option "{option}"'):
            sa.create_engine(url, connect_args={option: object}).connect()
    if driver == "psycopg2":
        engine = sa.create_engine(url)
        with (
            engine.connect() as connection,
            pytest.raises(engine.dialect.dbapi.NotSupportedError, match=r"lobject\(\) is not"),
        ):
            connection.connection.lobject()
        engine.dispose()
