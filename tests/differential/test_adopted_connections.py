"""Engines and pools whose connections the program makes itself, with sqlite3."""

import datetime
import decimal
import enum
import sqlite3
import threading
import uuid

import pytest

from .event_env import Recorder
from .harness import Programs, compare

pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
program = Programs()
unlogged = Programs()
"""What is logged differs: SQLAlchemy makes the cursor before it begins and says the statement."""
POOL = ["first_connect", "connect", "checkout", "checkin", "reset", "invalidate", "close"]


def made(**options):
    """A creator of connections to a memory that is shared by nobody."""
    return lambda: sqlite3.connect(":memory:", **options)


@program
def uri_that_is_read_only(p):
    sqlite3.connect("file.db").executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    engine = p.engine(
        "sqlite://", creator=lambda: sqlite3.connect("file:file.db?mode=ro", uri=True)
    )
    with engine.connect() as conn:
        p.show(conn.execute(p.text("SELECT x FROM t")).all())
        p.error(lambda: conn.execute(p.text("INSERT INTO t VALUES (:x)"), {"x": 2}))
    missing = p.engine("sqlite://", creator=lambda: sqlite3.connect("file:no?mode=ro", uri=True))
    p.error(missing.connect)


@program
def the_connection_is_the_program_s(p):
    own = sqlite3.connect(":memory:")
    engine = p.engine("sqlite://", creator=lambda: own, poolclass=p.module("pool").StaticPool)
    own.create_function("twice", 1, lambda x: 2 * x)
    own.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    own.execute("PRAGMA foreign_keys=ON")
    with engine.connect() as conn:
        p.show(
            conn.connection.dbapi_connection is own,
            conn.connection.driver_connection is own,
            type(conn.connection.cursor()),
            conn.scalar(p.text("SELECT twice(21)")),
            conn.scalar(p.text("PRAGMA foreign_keys")),
            conn.scalars(
                p.text("SELECT 'a' AS x UNION SELECT 'b' ORDER BY x COLLATE backwards")
            ).all(),
            conn.scalar(p.text("SELECT 'abc' REGEXP 'b.'")),
        )
        traced = []
        own.set_trace_callback(traced.append)
        conn.execute(p.text("SELECT 1"))
        own.set_trace_callback(None)
        p.show(traced)
    raw = engine.raw_connection()
    p.show(raw.dbapi_connection is own, raw.execute("SELECT 5").fetchone())
    raw.close()
    engine.dispose()
    p.error(lambda: own.execute("SELECT 1"))


@program
def errors_are_those_of_the_connection(p):
    engine = p.engine("sqlite://", creator=made())
    table = p.Table("t", p.MetaData(), p.Column("id", p.Integer, primary_key=True))
    table.create(engine)
    statements = [
        (table.insert(), [{"id": 1}]),
        (table.insert(), [{"id": 2}, {"id": 1}]),
        (p.text("SELECT nothing FROM t"), [{}]),
        (p.text("SELEC"), [{}]),
        (p.text("SELECT :x"), [{"x": object()}]),
        (p.text("SELECT :x"), [{"x": 2**70}]),
        (p.text("SELECT 1; SELECT 2"), [{}]),
        (table.select().where(p.func.abs(table.c.id) == p.func.abs(-(2**63))), [{}]),
    ]
    with engine.begin() as conn:
        conn.execute(table.insert(), {"id": 1})
    for statement, rows in statements:
        with engine.connect() as conn:
            try:
                conn.execute(statement, rows if len(rows) > 1 else rows[0])
            except Exception as error:
                orig = getattr(error, "orig", None)
                p.show(type(error).__name__, str(error), type(orig), orig is error.__cause__)
                p.show(
                    isinstance(orig, sqlite3.Error),
                    getattr(orig, "sqlite_errorname", None),
                    getattr(error, "params", None).__class__,
                )


class _Raises(sqlite3.Connection):
    error = RuntimeError("of the program's")

    def cursor(self, *args, **kw):
        raise self.error


@unlogged
def what_is_no_error_of_the_driver_is_raised_as_it_is(p):
    engine = p.engine("sqlite://", creator=made(factory=_Raises))
    p.error(lambda: engine.connect().execute(p.text("SELECT 1")))


@unlogged
def a_closed_connection_is_lost(p):
    connections = []

    def creator():
        connections.append(sqlite3.connect("f.db"))
        return connections[-1]

    engine = p.engine("sqlite:///f.db", creator=creator)
    with engine.connect() as conn:
        conn.execute(p.text("SELECT 0"))
        connections[-1].close()
        try:
            conn.execute(p.text("SELECT 1"))
        except p.DBAPIError as error:
            p.show(type(error), str(error), error.connection_invalidated, conn.invalidated)
        conn.rollback()
        p.show(conn.scalar(p.text("SELECT 3")), len(connections))


@program
def pre_ping_replaces_a_closed_connection(p):
    connections = []

    def creator():
        connections.append(sqlite3.connect("f.db"))
        return connections[-1]

    engine = p.engine("sqlite:///f.db", creator=creator, pool_pre_ping=True)
    with engine.connect() as conn:
        conn.execute(p.text("SELECT 1"))
    connections[-1].close()
    with engine.connect() as conn:
        p.show(conn.scalar(p.text("SELECT 2")), len(connections))


@program
def transactions(p):
    engine = p.engine("sqlite:///f.db", creator=lambda: sqlite3.connect("f.db", timeout=0))
    table = p.Table("t", p.MetaData(), p.Column("x", p.Integer))
    table.create(engine)

    def stored():
        with sqlite3.connect("f.db") as other:
            return [x for (x,) in other.execute("SELECT x FROM t ORDER BY x")]

    with engine.connect() as conn:
        own = conn.connection.dbapi_connection
        p.show(own.in_transaction, own.isolation_level)
        conn.execute(table.insert(), {"x": 1})
        p.show(own.in_transaction, stored())
        conn.commit()
        p.show(own.in_transaction, stored())
        conn.execute(table.insert(), {"x": 2})
        conn.rollback()
        with conn.begin():
            conn.execute(table.insert(), {"x": 3})
            nested = conn.begin_nested()
            conn.execute(table.insert(), {"x": 4})
            nested.rollback()
            with conn.begin_nested():
                conn.execute(table.insert(), {"x": 5})
        p.show(stored())
        conn.execute(table.insert(), {"x": 6})
    p.show("given back without commit", stored())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        p.show(conn.connection.dbapi_connection.isolation_level)
        conn.execute(table.insert(), {"x": 7})
        p.show(stored(), conn.get_isolation_level())
    with engine.connect() as conn:
        p.show(conn.connection.dbapi_connection.isolation_level, conn.get_isolation_level())
        conn.execute(table.insert(), {"x": 8})
        conn.rollback()
        p.show(stored())
    with engine.connect().execution_options(isolation_level="READ UNCOMMITTED") as conn:
        p.show(conn.get_isolation_level(), conn.scalar(p.text("PRAGMA read_uncommitted")))


@program
def begin_is_emitted_by_a_listener(p):
    """As the documentation says to do for savepoints that hold."""
    engine = p.engine("sqlite://", creator=made())

    @p.event.listens_for(engine, "connect")
    def connected(connection, record):
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        p.show(type(connection), record.dbapi_connection is connection)

    @p.event.listens_for(engine, "begin")
    def begun(conn):
        conn.exec_driver_sql("BEGIN")

    with engine.connect() as conn:
        p.show(conn.scalar(p.text("PRAGMA foreign_keys")))
        p.show(conn.connection.dbapi_connection.in_transaction)
        conn.execute(p.text("CREATE TABLE t (x)"))
        conn.rollback()
        p.error(lambda: conn.execute(p.text("SELECT * FROM t")))


@program
def results(p):
    engine = p.engine("sqlite://", creator=made())
    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String, server_default="none"),
    )
    table.create(engine)
    with engine.begin() as conn:
        inserted = conn.execute(table.insert(), {"name": "a"})
        p.show(inserted.lastrowid, inserted.inserted_primary_key, inserted.rowcount)
        many = conn.execute(table.insert(), [{"name": n} for n in "bcd"])
        p.show(many.rowcount)
        p.show(conn.execute(table.insert().returning(table.c.id, table.c.name)).all())
        returned = table.insert().returning(table.c.id)
        p.show(conn.execute(returned, [{"name": "x"}, {"name": "y"}]).all())
        p.show(conn.execute(table.update().values(name="z")).rowcount)
        changed = conn.execute(table.delete().where(table.c.id > 3).returning(table.c.id))
        p.show(sorted(changed.all()), conn.execute(table.delete().where(table.c.id > 3)).rowcount)
        result = conn.execute(p.text("SELECT id AS number, name AS number FROM t ORDER BY id"))
        p.show(list(result.keys()), result.all())
        p.show(conn.execute(p.text("SELECT id, name FROM t").columns(table.c.id)).all())
        p.show(conn.execute(p.select(p.text("id, name")).select_from(table)).mappings().all())
        p.show(conn.exec_driver_sql("SELECT :x, :y, :x", {"y": 1, "x": 2}).all())
        p.show(conn.exec_driver_sql("SELECT ?, ?", (1, None)).all())
        p.show(conn.execute(p.text("SELECT 1 WHERE 0")).all())
        p.show(conn.execute(p.text("CREATE TABLE u (x)")).returns_rows)
        p.show(conn.execute(p.text("INSERT INTO u VALUES (1) RETURNING x")).all())


@program
def texts_with_columns_run_once(p):
    calls = []

    def connect():
        own = sqlite3.connect(":memory:")
        own.create_function("volatile", -1, lambda *given: calls.append(given) or len(calls))
        return own

    def use(engine):
        with engine.connect() as conn:
            conn.execute(p.text("CREATE TABLE t (x)"))
            conn.execute(p.text("INSERT INTO t VALUES (1), (2), (3)"))
            v, x = p.column("v", p.Integer), p.column("x", p.Integer)
            some = p.text("SELECT volatile(x) AS v, x FROM t ORDER BY x").columns(v, x)
            p.show(conn.execute(some).all(), conn.execute(some).first(), len(calls))
            given = p.text("SELECT volatile(:a) AS v").columns(v)
            p.show(conn.execute(given, {"a": 5}).all(), conn.execute(given, {"a": 6}).all())
            mixed = p.select(p.text("volatile(x), x")).select_from(p.text("t"))
            p.show(conn.execute(mixed).all(), calls)
            wrong = p.text("SELECT volatile(:a) AS v FROM nowhere").columns(v)
            with pytest.raises(p.OperationalError):
                conn.execute(wrong, {"a": 1})
            p.show(conn.execute(p.text("SELECT volatile() AS v").columns(v)).all(), len(calls))
            streaming = conn.execution_options(stream_results=True)
            result = streaming.execute(p.text("SELECT x, volatile(x) AS v FROM t").columns(x, v))
            p.show(result.fetchone(), result.fetchall(), len(calls))
            conn.commit()
            conn.execute(p.text("DROP TABLE t"))
            conn.commit()

    use(p.engine("sqlite://", creator=connect))
    heard = p.engine("sqlite://", creator=connect)
    p.sa.event.listen(heard, "before_cursor_execute", lambda *given: None)
    p.sa.event.listen(heard, "after_cursor_execute", lambda *given: p.show(given[2], given[3]))
    use(heard)


def test_listeners_change_a_text_with_columns():
    def run(p):
        engine = p.engine("sqlite://", creator=made())

        def change(conn, cursor, sql, parameters, context, many):
            return sql.replace("7", "8"), parameters

        p.sa.event.listen(engine, "before_cursor_execute", change, retval=True)
        with engine.connect() as conn:
            for _ in range(2):
                changed = p.text("SELECT 7 AS v").columns(p.column("v", p.Integer))
                p.show(conn.execute(changed).all())

    compare(run)


@program
def streams(p):
    engine = p.engine("sqlite://", creator=made())
    with engine.begin() as conn:
        conn.execute(p.text("CREATE TABLE t (x)"))
        conn.execute(p.text("INSERT INTO t VALUES (:x)"), [{"x": n} for n in range(2500)])
        select = p.text("SELECT x FROM t ORDER BY x")
        p.show(sum(conn.scalars(select)))
        result = conn.execution_options(stream_results=True, max_row_buffer=3).execute(select)
        p.show(result.fetchmany(7), result.fetchone(), next(result))
        p.show(conn.scalar(p.text("SELECT count(*) FROM t")))
        p.show(len(result.all()))
        result = conn.execution_options(yield_per=1000).execute(select)
        p.show([len(part) for part in result.partitions()])
        given_up = conn.execution_options(yield_per=10).execute(select)
        p.show(given_up.fetchone())
        given_up.close()
        open_still = conn.execution_options(yield_per=10).execute(select)
        p.show(open_still.fetchone())


@program
def values_of_odd_settings(p):
    for options in ({"detect_types": sqlite3.PARSE_DECLTYPES}, {}):
        engine = p.engine("sqlite://", creator=made(**options))
        with engine.connect() as conn:
            conn.execute(p.text("CREATE TABLE t (d DATE, t TIMESTAMP, n INTEGER, b BLOB, x TEXT)"))
            conn.execute(
                p.text("INSERT INTO t VALUES (:d, :t, 1, :b, 'text')"),
                {"d": "2020-02-03", "t": "2020-02-03 04:05:06.000007", "b": b"\0\xff"},
            )
            p.show(conn.execute(p.text("SELECT * FROM t")).all())
    engine = p.engine("sqlite://", creator=made())
    for factory in (bytes, lambda b: b.decode("latin-1").upper()):
        with engine.connect() as conn:
            conn.connection.dbapi_connection.text_factory = factory
            p.show(conn.execute(p.text("SELECT 'é', x'00', 1.5, NULL, 1e400")).all())
            conn.connection.dbapi_connection.text_factory = str
    for factory in (sqlite3.Row, lambda cursor, row: tuple(reversed(row)), None):
        with engine.connect() as conn:
            conn.connection.dbapi_connection.row_factory = factory
            row = conn.execute(p.text("SELECT 1 AS a, 'b' AS b")).one()
            p.show(row, row.a, row.b)
            conn.connection.dbapi_connection.row_factory = None


class _Color(enum.Enum):
    red = 1
    blue = 2


@program
def every_generic_type(p):
    class Thing(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        big = p.Column(p.BigInteger)
        small = p.Column(p.SmallInteger)
        real = p.Column(p.Float)
        double = p.Column(p.Double)
        number = p.Column(p.Numeric(10, 2))
        as_float = p.Column(p.Numeric(10, 2, asdecimal=False))
        text = p.Column(p.Text)
        string = p.Column(p.String(20))
        unicode = p.Column(p.Unicode)
        flag = p.Column(p.Boolean)
        date = p.Column(p.Date)
        time = p.Column(p.Time)
        moment = p.Column(p.DateTime)
        interval = p.Column(p.Interval)
        binary = p.Column(p.LargeBinary)
        pickled = p.Column(p.PickleType)
        enum = p.Column(p.Enum(_Color))
        words = p.Column(p.Enum("a", "b"))
        json = p.Column(p.JSON)
        uuid = p.Column(p.Uuid)
        plain_uuid = p.Column(p.Uuid(as_uuid=False))

    engine = p.engine("sqlite://", creator=made())
    p.Base.metadata.create_all(engine)
    names = [c.key for c in Thing.__table__.c if c.key != "id"]
    values = {
        "big": 2**62,
        "small": -3,
        "real": 1.25,
        "double": 1e300,
        "number": decimal.Decimal("12.30"),
        "as_float": 1.5,
        "text": "täxt\0 with \U0001f600",
        "string": "",
        "unicode": "ünicode",
        "flag": True,
        "date": datetime.date(2020, 2, 29),
        "time": datetime.time(1, 2, 3, 4),
        "moment": datetime.datetime(2020, 2, 29, 1, 2, 3, 4),
        "interval": datetime.timedelta(days=3, microseconds=5),
        "binary": b"\0\xff",
        "pickled": {"a": (1, 2)},
        "enum": _Color.blue,
        "words": "b",
        "json": {"a": [1, None, "x"]},
        "uuid": uuid.UUID(int=2**127 + 5),
        "plain_uuid": str(uuid.UUID(int=7)),
    }
    assert sorted(values) == sorted(names)
    with p.orm.Session(engine) as session:
        session.add_all([Thing(**values), Thing(), Thing(**values)])
        session.commit()
        for thing in session.scalars(p.select(Thing).order_by(Thing.id)):
            p.show([(name, getattr(thing, name)) for name in names])
        for name in names:
            column = getattr(Thing, name)
            found = session.scalars(
                p.select(Thing.id).where(column == values[name]).order_by(Thing.id)
            )
            p.show(name, found.all() if name not in ("json", "pickled") else None)
        other = session.get(Thing, 2)
        for name in names:
            setattr(other, name, values[name])
        session.commit()
        p.show([(name, getattr(other, name)) for name in names])
        p.show(session.execute(p.select(*[getattr(Thing, n) for n in names])).all())


@program
def objects(p):
    class Parent(p.Base):
        __tablename__ = "parents"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        version = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}
        children = p.relationship("Child", cascade="all, delete-orphan", order_by="Child.id")

    class Child(p.Base):
        __tablename__ = "children"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parents.id"))
        key = p.Column(p.String, unique=True)
        made = p.Column(p.String, server_default="now")

    engine = p.engine("sqlite://", creator=made())
    p.Base.metadata.create_all(engine)
    with p.orm.Session(engine) as session:
        session.add_all(
            [
                Parent(name=f"p{i}", children=[Child(key=f"{i}-{k}") for k in range(i)])
                for i in range(5)
            ]
        )
        session.commit()
        for option in (p.orm.joinedload, p.orm.selectinload, p.orm.lazyload):
            session.expunge_all()
            loaded = session.scalars(
                p.select(Parent).options(option(Parent.children)).order_by(Parent.id)
            ).unique()
            p.show([(o.name, [(c.key, c.made) for c in o.children]) for o in loaded])
        first = session.get(Parent, 3)
        first.name = "changed"
        first.children.pop()
        first.children.append(Child(key="new"))
        session.commit()
        p.show(first.version, [c.key for c in first.children])
        session.execute(
            p.update(Parent).values(version=9).execution_options(synchronize_session=False)
        )
        first.name = "again"
        p.error(session.flush)
        session.rollback()
        session.add_all([Child(key="x"), Child(key="y"), Child(key="x")])
        p.error(session.flush)
        session.rollback()
        session.add_all([Child(id=100, key="x"), Child(id=101, key="y"), Child(id=102, key="x")])
        p.error(session.flush)
        session.rollback()
        session.delete(session.get(Parent, 4))
        session.commit()
        session.bulk_insert_mappings(Child, [{"key": f"b{n}"} for n in range(3)])
        session.bulk_update_mappings(Child, [{"id": 1, "made": "then"}])
        session.execute(p.insert(Child), [{"key": f"i{n}"} for n in range(3)])
        p.show(session.scalars(p.insert(Child).returning(Child.id), [{"key": "r"}]).all())
        session.commit()
        p.show(session.execute(p.select(Child.id, Child.key, Child.made).order_by(Child.id)).all())
        p.show([c.id for c in session.query(Child).yield_per(2)])


@program
def events_of_statements(p):
    engine = p.engine("sqlite://", creator=made())
    metadata = p.MetaData()
    table = p.Table(
        "t", metadata, p.Column("id", p.Integer, primary_key=True), p.Column("x", p.Integer)
    )
    seen = []

    @p.event.listens_for(engine, "before_cursor_execute", retval=True)
    def before(conn, cursor, statement, parameters, context, executemany):
        seen[:] = [cursor]
        p.show(type(cursor), cursor.connection is conn.connection.dbapi_connection)
        return statement.replace("42", "43"), parameters

    @p.event.listens_for(engine, "after_cursor_execute")
    def after(conn, cursor, statement, parameters, context, executemany):
        p.show(statement, parameters, executemany, cursor is seen[0], context.cursor is cursor)
        p.show(cursor.rowcount, cursor.lastrowid, cursor.description)

    metadata.create_all(engine)
    with engine.begin() as conn:
        conn.execute(table.insert(), {"x": 1})
        conn.execute(table.insert(), [{"x": 2}, {"x": 3}])
        conn.execute(table.update().values(x=5))
        p.show(conn.execute(p.text("SELECT 42, x FROM t")).all())
        with conn.begin_nested():
            pass


@program
def statements_that_listeners_execute(p):
    engine = p.engine("sqlite://", creator=made())

    @p.event.listens_for(engine, "do_execute")
    def do(cursor, statement, parameters, context):
        if "instead" in statement:
            cursor.execute("SELECT 'other' AS o, ?", parameters)
            return True

    @p.event.listens_for(engine, "do_executemany")
    def many(cursor, statement, parameters, context):
        cursor.executemany(statement, [*parameters, (9,)])
        return True

    with engine.begin() as conn:
        result = conn.execute(p.text("SELECT 1 AS instead, :x"), {"x": 4})
        p.show(list(result.keys()), result.all())
        conn.execute(p.text("CREATE TABLE t (x)"))
        p.show(conn.execute(p.text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}]).rowcount)
        p.show(conn.scalars(p.text("SELECT x FROM t")).all())


@program
def do_connect_gives_a_connection(p):
    engine = p.engine("sqlite://")
    own = sqlite3.connect(":memory:")

    @p.event.listens_for(engine, "do_connect")
    def connect(dialect, record, arguments, options):
        return own

    with engine.connect() as conn:
        p.show(conn.connection.dbapi_connection is own)


@program
def pools_of_the_program(p):
    pool = p.module("pool")
    queue = pool.QueuePool(made(check_same_thread=False), pool_size=2, max_overflow=0)
    raw = queue.connect()
    cursor = raw.cursor()
    cursor.execute("SELECT 1")
    p.show(type(raw.dbapi_connection), cursor.fetchall(), queue.checkedout())
    raw.close()
    p.show(queue.checkedout())
    engine = p.engine("sqlite://", pool=queue)
    with engine.connect() as conn:
        p.show(conn.scalar(p.text("SELECT 2")))
    for name in ("NullPool", "StaticPool", "AssertionPool", "SingletonThreadPool"):
        engine = p.engine("sqlite://", creator=made(), poolclass=getattr(pool, name))
        for _ in range(2):
            with engine.connect() as conn:
                p.show(name, conn.scalar(p.text("SELECT 3")))


@program
def connections_that_cannot_be_reset_or_closed(p):
    class Stubborn(sqlite3.Connection):
        fails = ()

        def rollback(self):
            if "rollback" in self.fails:
                raise sqlite3.OperationalError("not rolled back")
            super().rollback()

        def close(self):
            if "close" in self.fails:
                raise sqlite3.OperationalError("not closed")
            super().close()

    for name in ("QueuePool", "NullPool", "StaticPool", "AssertionPool", "SingletonThreadPool"):
        connections = []

        def creator(connections=connections):
            connections.append(sqlite3.connect(":memory:", factory=Stubborn))
            return connections[-1]

        engine = p.engine("sqlite://", creator=creator, poolclass=getattr(p.module("pool"), name))
        for fails in ("rollback",), ("rollback", "close"), ():
            with engine.connect() as conn:
                conn.execute(p.text("SELECT 1"))
                conn.commit()
                connections[-1].fails = fails
            p.show(name, fails, len(connections))
        connections[-1].fails = ("close",)
        engine.dispose()


@unlogged
def reflection_and_inspection(p):
    def creator():
        connection = sqlite3.connect(":memory:")
        connection.executescript(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, x VARCHAR(20) NOT NULL DEFAULT 'q');"
            "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a(id));"
            "CREATE UNIQUE INDEX ix ON b (a_id); CREATE VIEW v AS SELECT * FROM a"
        )
        return connection

    engine = p.engine("sqlite://", creator=creator)
    inspector = p.inspect(engine)
    p.show(inspector.get_table_names(), inspector.get_view_names())
    p.show(inspector.get_columns("a"), inspector.get_foreign_keys("b"), inspector.get_indexes("b"))
    metadata = p.MetaData()
    metadata.reflect(engine)
    p.show(sorted(metadata.tables), str(p.schema.CreateTable(metadata.tables["b"])))


@unlogged
def threads(p):
    engine = p.engine("sqlite:///f.db", creator=lambda: sqlite3.connect("f.db", timeout=60))
    with engine.connect() as conn:
        conn.execute(p.text("SELECT 0"))
        errors = []

        def other():
            try:
                conn.execute(p.text("SELECT 1"))
            except Exception as error:
                errors.append(str(error).partition(". The object")[0])

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        p.show(errors)


@pytest.mark.parametrize("run", program.registered)
def test_program(run):
    compare(run)


@pytest.mark.parametrize("run", unlogged.registered)
def test_unlogged_program(run):
    compare(run, sql=False)


@pytest.mark.parametrize("kind", ["file", "memory", "static"])
def test_events_of_a_pool(kind):
    def events(p):
        options = {"poolclass": p.module("pool").StaticPool} if kind == "static" else {}
        url = "sqlite:///f.db" if kind == "file" else "sqlite://"
        engine = p.engine(url, creator=lambda: sqlite3.connect("f.db"), **options)
        recorder = Recorder(p, lambda value: value is None or isinstance(value, sqlite3.Connection))
        recorder.on(engine, POOL)
        for _ in range(2):
            with engine.connect() as conn:
                conn.exec_driver_sql("SELECT 1")
        with engine.connect() as conn:
            conn.invalidate()
            conn.exec_driver_sql("SELECT 1")
        engine.dispose()
        p.show("disposed")

    compare(events)
