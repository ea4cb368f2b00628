"""Cursors of the C core over real connections: fetches in parts, streams, what outlives what."""

import gc
import weakref

import pytest

from cormorant import _core, exc
from cormorant._core import POPULATE_EXISTING, SessionBase
from cormorant.dialects.sqlite import dbapi

from .core_helpers import INTEGER, PYTHON, connect, entity, load_plan, make_class, run
from .hydration_models import USER, blog_classes, blog_tables, load, users_plan


@pytest.fixture
def conn():
    connection = blog_tables()
    yield connection
    connection.close()


@pytest.fixture
def model():
    return blog_classes()


@pytest.fixture
def session():
    return SessionBase()


def test_fetch_in_parts(conn):
    cursor = conn.execute(_core.Plan("SELECT id FROM users ORDER BY id"))
    assert cursor.fetch(0) == []
    assert cursor.fetch(2) == [(1,), (2,)]
    assert cursor.fetch(count=2) == [(3,)]
    assert cursor.fetch(2) == []
    assert cursor.fetch() == []
    assert not cursor.closed
    cursor.close()
    cursor.close()
    assert cursor.closed
    with pytest.raises(exc.ResourceClosedError, match="This result object is closed."):
        cursor.fetch()


def test_fetch_arguments(conn):
    cursor = conn.execute(_core.Plan("SELECT 1"))
    for bad in (lambda: cursor.fetch(1, 2), lambda: cursor.fetch(n=1), lambda: cursor.fetch("x")):
        with pytest.raises(TypeError):
            bad()


def test_no_rows(conn):
    cursor = conn.execute(_core.Plan("UPDATE users SET age = 7 WHERE id < 3"))
    assert not cursor.returns_rows
    assert cursor.rowcount == 2
    assert cursor.keys == ()
    with pytest.raises(exc.ResourceClosedError, match="does not return rows"):
        cursor.fetch()
    cursor = conn.execute(_core.Plan("INSERT INTO users (name) VALUES ('d')"))
    assert cursor.lastrowid == 4


COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) SELECT i FROM n"


def test_streaming(conn):
    cursor = conn.execute(_core.Plan(COUNT.format(1000)), stream=7)
    assert cursor.fetch_scalars(3) == [1, 2, 3]
    assert cursor.fetch_scalars(10) == list(range(4, 14))
    assert cursor.fetch_scalars() == list(range(14, 1001))
    assert cursor.fetch() == []


def test_a_stream_given_up_frees_its_statement(conn):
    plan = _core.Plan(COUNT.format(1000))
    for _ in range(3):
        cursor = conn.execute(plan, stream=5)
        assert cursor.fetch_scalars(2) == [1, 2]
    first, second = conn.execute(plan, stream=5), conn.execute(plan, stream=5)
    assert first.fetch_scalars(6) == second.fetch_scalars(6) == [1, 2, 3, 4, 5, 6]
    first.close()
    assert second.fetch_scalars(2) == [7, 8]


def test_a_stream_that_is_read_while_its_connection_works_ends(tmp_path):
    """Its statement, which would keep others from writing, ends with it."""
    path = str(tmp_path / "file.db")
    reader, writer = connect(path), connect(path)
    run(writer, "CREATE TABLE numbers (i INTEGER)")
    run(writer, "INSERT INTO numbers VALUES (1), (2), (3)")
    writer.commit()
    run(writer, "PRAGMA busy_timeout = 0")
    cursor = reader.execute(_core.Plan("SELECT i FROM numbers"), stream=1)
    assert cursor.fetch(1) == [(1,)]

    refused = []

    def act(number):
        with pytest.raises(dbapi.ProgrammingError, match="Recursive use") as caught:
            cursor.fetch(1)
        refused.append(caught.value)
        return number

    reader.create_function("act", 1, act)
    run(writer, "INSERT INTO numbers VALUES (4)")
    with pytest.raises(dbapi.OperationalError, match="locked"):
        writer.commit()
    assert run(reader, "SELECT act(5)") == [(5,)]
    assert len(refused) == 1
    writer.commit()
    assert cursor.fetch() == []
    for connection in (reader, writer):
        connection.close()


def test_a_stream_outlives_its_connection(conn):
    cursor = conn.execute(_core.Plan(COUNT.format(100)), stream=5)
    assert cursor.fetch_scalars(2) == [1, 2]
    conn.close()
    with pytest.raises(dbapi.ProgrammingError):
        cursor.fetch()
    cursor.close()


def test_rows_outlive_their_connection(model, session):
    connection = connect()
    run(connection, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)")
    run(connection, "INSERT INTO users VALUES (1, 'ann', 30)")
    cursor = connection.execute(users_plan(model), (), session)
    connection.close()
    assert cursor.fetch()[0].name == "ann"


def test_streamed_entities(conn, model):
    session = SessionBase()
    plan = users_plan(
        model, COUNT.format(5000).replace("SELECT i FROM", "SELECT i, 'n' || i, i FROM")
    )
    cursor = conn.execute(plan, (), session, stream=100, flags=POPULATE_EXISTING)
    total = 0
    while batch := cursor.fetch(100):
        total += sum(u.age for u in batch)
        assert len(session._persistent()) <= 200
    assert total == 5000 * 5001 // 2


def test_known_objects_of_rows(conn, model, session):
    plan = users_plan(model, "SELECT id, name, age FROM users ORDER BY id")
    kept = load(conn, session, plan)[1]
    numbers = _core.Plan("SELECT id, name, age FROM users ORDER BY id")
    for first, flags in ((plan, 0), (plan, _core.READ_ALL), (numbers, 0)):
        cursor = conn.execute(first, (), session, flags=flags)
        assert cursor.known(plan) == [None, kept, None]
        assert session._persistent() == [kept], "nothing was made"
        assert len(cursor.fetch()) == 3
        assert cursor.known(plan) == []
    cursor = conn.execute(plan, (), session)
    made = cursor.fetch(1)
    assert cursor.known(plan) == [kept, None]
    for wrong in (numbers, None):
        with pytest.raises(TypeError, match="a Plan that has a program"):
            cursor.known(wrong)
    cursor.close()
    streamed = conn.execute(plan, (), session, stream=1)
    for unable in (cursor, streamed):
        with pytest.raises(exc.InvalidRequestError, match="not there to look at"):
            unable.known(plan)
    assert made[0].name == "ann"


def test_an_error_in_a_stream(conn):
    plan = _core.Plan(
        "SELECT abs(i) FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT -9223372036854775808)"
    )
    cursor = conn.execute(plan, stream=1)
    assert cursor.fetch_scalars(2) == [1, 2]
    with pytest.raises(dbapi.Error, match="integer overflow"):
        cursor.fetch()
    assert cursor.fetch() == []
    assert run(conn, "SELECT 1") == [(1,)]


def test_fetch_and_close_within_fetch(conn):
    holder = []

    def again(value):
        with pytest.raises(exc.InvalidRequestError):
            holder[0].fetch()
        if value == 2:
            holder[0].close()
        return value

    plan = load_plan("SELECT id FROM users ORDER BY id", items=(("c", 0, PYTHON, again),))
    holder.append(conn.execute(plan, stream=1))
    assert holder[0].fetch() == [1, 2]
    assert holder[0].closed


def test_session_emptied_while_loading(conn, session):
    def drop(value):
        session._expunge_all()
        gc.collect()
        return value

    Odd = make_class("Odd", {"id": INTEGER, "name": (PYTHON, drop)})
    plan = load_plan("SELECT id, name FROM users", entity(Odd, ("id", "name")))
    objects = load(conn, session, plan)
    assert [o.name for o in objects] == ["ann", "bob", "cy"]


def test_a_plan_may_die_before_its_cursor_in_one_collection(conn, model):
    """The cursor still looks at the program when it lets its objects go."""

    def make():
        # The collector clears in the order of tracking: the plan first, which has a part in the
        # cycle; the cursor, which something else holds, too; last the dict, tracked since a
        # container is in it.
        holder = {0: 0}
        plan = load_plan(
            "SELECT id, name, age FROM users WHERE id > ?",
            entity(model.User, USER),
            binds=((0, PYTHON, holder.get),),
        )
        cursor = conn.execute(plan, (0,), SessionBase(), 1)
        assert cursor.fetch(1)[0].name == "ann"
        token = model.User()
        holder["cursor"], holder["token"] = cursor, token
        other = [cursor]
        other.append(other)
        return weakref.ref(token)

    for _ in range(3):
        ref = make()
        gc.collect()
        assert ref() is None
