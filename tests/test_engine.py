"""Engine and connection: what is not a comparison with SQLAlchemy."""

import gc
import logging
import sqlite3
import subprocess
import sys
import threading

import pytest

from cormorant import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    exc,
    insert,
    pool,
    select,
    text,
)

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("x", String),
    Column("y", Integer, default=5),
)


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def file_engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/file.db", pool_size=2, max_overflow=1)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


# --- statements are compiled once -------------------------------------------------


def compilations(engine, monkeypatch):
    """A list that grows with every compilation."""
    compiler = engine.dialect.statement_compiler
    made = []

    class Counting(compiler):
        def __init__(self, *args, **kw):
            made.append(args[1])
            super().__init__(*args, **kw)

    engine.dialect.statement_compiler = Counting
    return made


def test_a_statement_is_compiled_once_per_structure(engine, monkeypatch):
    made = compilations(engine, monkeypatch)
    with engine.connect() as connection:
        for number in range(20):
            statement = select(things.c.id).where(things.c.x == str(number))
            connection.execute(statement).all()
        for length in range(1, 20):
            connection.execute(select(things.c.id).where(things.c.id.in_(range(length)))).all()
        for number in range(20):
            connection.execute(things.insert(), {"x": str(number)})
    assert len(made) == 3


def test_values_of_a_cached_statement_are_its_own(engine):
    with engine.connect() as connection:
        connection.execute(things.insert(), [{"x": "a", "y": 1}, {"x": "b", "y": 2}])
        for x, y in (("a", 1), ("b", 2), ("a", 1)):
            statement = select(things.c.y).where(things.c.x == x, things.c.y < 10)
            assert connection.scalar(statement) == y


def test_the_cache_is_bounded():
    engine = create_engine("sqlite://", query_cache_size=10)
    with engine.connect() as connection:
        for number in range(100):
            connection.execute(text(f"select {number}"))
    assert len(engine._plans) <= 15
    engine.clear_compiled_cache()
    assert not engine._plans


def test_cache_can_be_off(monkeypatch):
    engine = create_engine("sqlite://", query_cache_size=0)
    made = compilations(engine, monkeypatch)
    with engine.connect() as connection:
        for _ in range(3):
            assert connection.scalar(select(bindparam("q", 5))) == 5
    assert len(made) == 3


# --- connections ------------------------------------------------------------------


def test_a_forgotten_connection_goes_back(file_engine):
    connection = file_engine.connect()
    connection.execute(things.insert(), {"x": "lost"})
    assert file_engine.pool.checkedout() == 1
    del connection
    gc.collect()
    assert file_engine.pool.checkedout() == 0
    with file_engine.connect() as connection:
        assert connection.execute(select(things)).all() == []


def test_pool_limits(file_engine):
    file_engine.pool._core.dispose()
    held = [file_engine.connect() for _ in range(3)]
    assert "Current Checked out connections: 3" in file_engine.pool.status()
    assert file_engine.pool.overflow() == 1
    for connection in held:
        connection.close()
    assert file_engine.pool.checkedin() == 2


def test_pool_timeout(tmp_path):
    engine = create_engine(
        f"sqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    with (
        engine.connect(),
        pytest.raises(exc.TimeoutError, match="QueuePool limit of size 1 overflow 0 reached"),
    ):
        engine.connect()


def test_memory_database_is_one_per_thread(engine):
    with engine.connect() as one, engine.connect() as two:
        assert one._dbapi_connection is two._dbapi_connection
    seen = []

    def other():
        with engine.connect() as connection:
            seen.append(connection.exec_driver_sql("select name from sqlite_master").all())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [[]]


def test_static_pool_is_shared_by_threads():
    engine = create_engine(
        "sqlite://", poolclass=pool.StaticPool, connect_args={"check_same_thread": False}
    )
    metadata.create_all(engine)
    seen = []

    def other():
        with engine.connect() as connection:
            seen.append(connection.execute(select(things)).all())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [[]]


def test_null_and_assertion_pool(tmp_path):
    url = f"sqlite:///{tmp_path}/x.db"
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        core = connection._dbapi_connection
    assert core.closed
    assert engine.pool.status() == "NullPool"
    engine = create_engine(url, poolclass=pool.AssertionPool)
    with engine.connect(), pytest.raises(AssertionError, match="already checked out"):
        engine.connect()
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1


def test_creator_and_pool_argument(tmp_path):
    from cormorant.dialects.sqlite import dbapi

    made = []

    def creator():
        made.append(1)
        return dbapi.connect(str(tmp_path / "x.db"))

    engine = create_engine("sqlite://", creator=creator)
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    engine = create_engine("sqlite://", pool=pool.QueuePool(creator, pool_size=1))
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    assert len(made) == 2
    for foreign in object, sqlite3.connect(":memory:").cursor:
        name = f"{type(foreign()).__module__}.{type(foreign()).__name__}"
        with pytest.raises(TypeError, match=f"the creator of a pool must return .* {name}$"):
            create_engine("sqlite://", creator=foreign).connect()


def test_dispose_begins_anew(file_engine):
    with file_engine.connect() as connection:
        core = connection._dbapi_connection
    before = file_engine.pool
    file_engine.dispose()
    assert core.closed
    assert file_engine.pool is not before
    with file_engine.connect() as connection:
        assert connection.execute(select(things)).all() == []


def test_interruption_invalidates(file_engine):
    class Interrupting:
        def __getattr__(self, name):
            return getattr(real, name)

        def execute(self, *args, **kw):
            raise KeyboardInterrupt

    with file_engine.connect() as connection:
        connection.begin()
        real = connection._dbapi_connection
        connection._live = Interrupting()
        with pytest.raises(KeyboardInterrupt):
            connection.execute(text("select 1"))
        assert connection.invalidated
        assert real.closed
        with pytest.raises(exc.PendingRollbackError):
            connection.execute(text("select 1"))
        connection.rollback()
        assert connection.scalar(text("select 1")) == 1


def test_detach(file_engine):
    connection = file_engine.connect()
    core = connection._dbapi_connection
    connection.detach()
    connection.close()
    assert core.closed
    assert file_engine.pool.checkedout() == 0


def test_raw_connection(file_engine):
    raw = file_engine.raw_connection()
    cursor = raw.cursor()
    cursor.executemany("insert into things (x) values (?)", [("a",), ("b",)])
    assert cursor.rowcount == 2
    raw.commit()
    cursor.execute("select x from things where x = :x", {"x": "a"})
    assert [column[0] for column in cursor.description] == ["x"]
    assert cursor.fetchone() == ("a",)
    assert cursor.fetchone() is None
    cursor.close()
    raw.close()
    assert file_engine.pool.checkedout() == 0
    with pytest.raises(exc.ResourceClosedError):
        raw.cursor()


def test_locked_database(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/x.db", connect_args={"timeout": 0.05})
    metadata.create_all(engine)
    with engine.connect() as one, engine.connect() as two:
        one.execute(things.insert(), {"x": "a"})
        with pytest.raises(exc.OperationalError, match="database is locked") as caught:
            two.execute(things.insert(), {"x": "b"})
        assert caught.value.orig.sqlite_errorname == "SQLITE_BUSY"
        assert not caught.value.connection_invalidated
        two.rollback()
        one.commit()
        two.execute(things.insert(), {"x": "b"})
        two.commit()


def test_not_a_database(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database at all" * 100)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection, pytest.raises(exc.DatabaseError, match="not a database"):
        connection.execute(text("select * from t"))


def test_missing_directory():
    engine = create_engine("sqlite:////nonexistent/directory/x.db")
    with pytest.raises(exc.OperationalError, match="unable to open database file"):
        engine.connect()


def test_uri_filename(tmp_path):
    path = tmp_path / "x.db"
    metadata.create_all(create_engine(f"sqlite:///{path}"))
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with engine.connect() as connection:
        assert connection.execute(select(things)).all() == []
        with pytest.raises(exc.OperationalError, match="readonly"):
            connection.execute(things.insert(), {"x": "a"})


# --- execution options ------------------------------------------------------------


def test_streaming(engine):
    with engine.connect() as connection:
        connection.execute(things.insert(), [{"x": str(i)} for i in range(50)])
        statement = select(things.c.x).order_by(things.c.id)
        for options in (
            {"stream_results": True},
            {"yield_per": 7},
            {"stream_results": True, "max_row_buffer": 3},
        ):
            result = connection.execute(statement, execution_options=options)
            assert result.fetchone() == ("0",)
            assert len(result.fetchmany(10)) == 10
            assert [row.x for row in result] == [str(i) for i in range(11, 50)]
        parts = connection.execute(statement.execution_options(yield_per=20)).partitions()
        assert [len(part) for part in parts] == [20, 20, 10]


def test_executemany_is_one_call(engine):
    with engine.begin() as connection:
        rows = [{"x": str(i)} for i in range(1000)]
        assert connection.execute(insert(things), rows).rowcount == 1000
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from things where y = 5")) == 1000


def test_schema_translate_map(engine):
    table = Table("things", MetaData(), Column("id", Integer), schema="other")
    with engine.connect() as connection:
        mapped = connection.execution_options(schema_translate_map={"other": None})
        assert mapped.execute(select(table)).all() == []


# --- logging ----------------------------------------------------------------------


def test_logging_can_be_configured_without_echo(engine, caplog):
    with (
        caplog.at_level(logging.INFO, logger="cormorant.engine.Engine"),
        engine.connect() as connection,
    ):
        connection.execute(text("select :a"), {"a": 5})
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0] == "BEGIN (implicit)"
    assert messages[1] == "select ?"
    assert messages[2].startswith("[generated in ")
    assert messages[2].endswith("s] (5,)")
    assert messages[-1] == "ROLLBACK"


def test_debug_shows_rows(caplog):
    engine = create_engine("sqlite://", echo="debug")
    with engine.connect() as connection:
        connection.execute(text("select 1 as a, 'x' as b")).all()
    messages = [r.getMessage() for r in caplog.records if r.levelno == logging.DEBUG]
    assert messages == ["Col ('a', 'b')", "Row (1, 'x')"]
    engine.echo = False
    assert not engine._should_log_info()


def test_echo_can_be_switched_on(engine, caplog):
    engine.echo = True
    with engine.connect() as connection:
        connection.execute(text("select 1"))
    assert "select 1" in caplog.text
    engine.echo = False


# --- importing --------------------------------------------------------------------


def test_every_name_of_the_package_exists():
    import cormorant

    for name in cormorant.__all__:
        assert getattr(cormorant, name) is not None
    assert "create_engine" in dir(cormorant)
    with pytest.raises(AttributeError, match="has no attribute 'zork'"):
        _ = cormorant.zork


def test_logging_is_imported_with_the_first_engine():
    """And quiet from then on, whatever the program told the root logger before."""
    code = (
        "import sys, cormorant, cormorant.orm as orm; orm.Session, cormorant.select;"
        " print('logging' in sys.modules);"
        " import logging; logging.basicConfig(level=logging.INFO, stream=sys.stdout);"
        " engine = cormorant.create_engine('sqlite://');"
        " engine.connect().execute(cormorant.select(1));"
        " logging.getLogger('cormorant.engine').setLevel(logging.INFO);"
        " engine.connect().execute(cormorant.select(1))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, *logged = done.stdout.splitlines()
    assert loaded == "False"
    assert [line for line in logged if "SELECT" in line] == [
        "INFO:cormorant.engine.Engine:SELECT 1"
    ]


def test_importing_the_package_loads_little():
    code = "import sys, cormorant; print(len([m for m in sys.modules if 'cormorant' in m]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 3


@pytest.mark.parametrize("way", ["close", "invalidate", "detach", "drop", "raw"])
def test_connections_go_back_to_the_pool_they_are_of(p, tmp_path, way):
    """dispose() gives the engine another pool, which does not know what is in use."""
    engine = p.engine(f"sqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0)
    connection = engine.raw_connection() if way == "raw" else engine.connect()
    before = engine.pool
    engine.dispose()
    assert engine.pool is not before
    if way == "invalidate":
        connection.invalidate()
    elif way == "detach":
        connection.detach()
    if way != "drop":
        connection.close()
    del connection
    gc.collect()
    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        assert connection.scalar(p.text("select 1")) == 1
        assert engine.pool.checkedout() == 1
    assert engine.pool.checkedout() == 0


def test_a_raw_cursor_has_its_sql_prepared_once() -> None:
    from cormorant.dialects.sqlite import cursor as cursors

    engine = create_engine("sqlite://")
    raw = engine.raw_connection()
    cursor = raw.cursor()
    before = cursors._plan.cache_info().misses
    for number in range(5):
        cursor.execute("select ?, 'once'", (number,))
        assert cursor.fetchall() == [(number, "once")]
    assert cursors._plan.cache_info().misses == before + 1
    with pytest.raises(engine.dialect.dbapi.ProgrammingError, match="1, and there are 2"):
        cursor.execute("select ?, 'once'", (1, 2))
    with pytest.raises(TypeError, match="argument 1 must be str, not list"):
        cursor.execute([], ())  # type: ignore[arg-type]
    raw.close()
