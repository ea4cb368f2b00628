"""The C loops of a flush over real connections."""

import datetime
import gc
import sys

import pytest

from cormorant import _core, exc
from cormorant._core import (
    COLUMN_ALWAYS,
    COLUMN_DEFAULT,
    COLUMN_OMIT_NONE,
    InsertPlan,
    Plan,
    SessionBase,
    changed_columns,
    changed_slots,
    delete_objects,
    insert_objects,
    update_objects,
)
from cormorant.dialects.sqlite import dbapi

from .core_helpers import (
    INTEGER,
    STRING,
    connect,
    entity,
    load_plan,
    make_class,
    manager_of,
    run,
)

COLUMNS = {"id": INTEGER, "name": STRING, "age": INTEGER, "at": _core.TYPE_DATETIME}


@pytest.fixture
def conn():
    connection = connect()
    run(
        connection,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INTEGER CHECK (age < 1000),"
        " at TEXT, extra TEXT DEFAULT 'made')",
    )
    yield connection
    connection.close()


@pytest.fixture
def User():
    return make_class("User", {**COLUMNS, "extra": STRING})


class Flush:
    """What the unit of work does around insert_objects, in little."""

    def __init__(self, conn, cls, log=True):
        self.conn, self.cls, self.manager = conn, cls, manager_of(cls)
        self.names = {slot: name for name, slot in self.manager.names.items()}
        self.codecs = {**COLUMNS, "extra": STRING}
        self.lines = []
        self.made = []
        self.log = self._log if log else None
        self.cache = {}
        self.returning = ("id",)

    def _log(self, sql, params, given, number, total, returning):
        self.lines.append((sql, params, number, total, returning))

    def slot(self, name):
        return self.manager.names[name]

    def columns(self, **rules):
        rules = {
            "id": (COLUMN_OMIT_NONE, None),
            "name": (COLUMN_ALWAYS, None),
            "age": (COLUMN_ALWAYS, None),
            "at": (COLUMN_ALWAYS, None),
            "extra": (COLUMN_OMIT_NONE, None),
        } | rules
        return [(self.slot(name), *rule) for name, rule in rules.items()]

    def make(self, slots, many):
        self.made.append((tuple(self.names[s] for s in slots), many))
        names = [self.names[s] for s in slots]
        sql = f"INSERT INTO users ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        returning, last_id = (), -1
        if "id" not in names:
            if many or len(self.returning) > 1:
                sql += " RETURNING " + ", ".join(self.returning)
                returning = [self.slot(name) for name in self.returning]
            else:
                last_id = self.slot("id")
        binds = tuple((i, self.codecs[name], None) for i, name in enumerate(names))
        return InsertPlan(Plan(sql, binds), slots, returning, last_id)

    def insert(self, objects, special=None, **rules):
        insert_objects(
            self.conn,
            self.manager,
            self.columns(**rules),
            self.make,
            self.cache,
            objects,
            self.log,
            special,
        )

    def make_update(self, slots):
        names = [self.names[s] for s in slots]
        sql = f"UPDATE users SET {', '.join(f'{n}=?' for n in names)} WHERE users.id = ?"
        binds = [(i, self.codecs[name], None) for i, name in enumerate(names)]
        return Plan(sql, (*binds, (len(names), INTEGER, None)))

    def update(self, objects, special=None):
        slots = [self.slot(n) for n in self.codecs]
        return update_objects(
            self.conn, self.manager, slots, self.make_update, self.cache, objects, self.log, special
        )

    def delete(self, objects):
        plan = Plan("DELETE FROM users WHERE users.id = ?", ((0, INTEGER, None),))
        return delete_objects(self.conn, self.manager, plan, objects, self.log)


@pytest.fixture
def flush(conn, User):
    return Flush(conn, User)


@pytest.fixture
def loaded(conn, User):
    """Three persistent users of a session."""
    run(
        conn,
        "INSERT INTO users VALUES (1, 'a', 1, NULL, NULL), (2, 'b', 2, NULL, NULL), (3, 'c', 3, NULL, NULL)",
    )
    plan = load_plan(
        "SELECT id, name, age, at, extra FROM users ORDER BY id",
        entity(User, ("id", "name", "age", "at", "extra")),
    )
    session = SessionBase()
    users = conn.execute(plan, (), session).fetch()
    yield users
    del session


def rows(conn):
    return run(conn, "SELECT id, name, age FROM users ORDER BY id")


# ---- INSERT -------------------------------------------------------------------


def test_one_object_takes_the_generated_key(conn, User, flush):
    user = User(name="x", age=3)
    flush.insert([user])
    assert user.id == 1
    assert flush.lines == [
        ("INSERT INTO users (name, age, at) VALUES (?, ?, ?)", ("x", 3, None), 0, 0, False)
    ]
    assert rows(conn) == [(1, "x", 3)]


def test_several_objects_return_their_keys(conn, User, flush):
    users = [User(name=f"n{i}", age=i) for i in range(3)]
    flush.insert(users)
    assert [u.id for u in users] == [1, 2, 3]
    assert [line[1:] for line in flush.lines] == [
        (("n0", 0, None), 1, 3, True),
        (("n1", 1, None), 2, 3, True),
        (("n2", 2, None), 3, 3, True),
    ]
    assert flush.lines[0][0].endswith(" RETURNING id")


def test_objects_with_keys_are_one_executemany(conn, User, flush):
    users = [User(id=i * 10, name=f"n{i}") for i in range(1, 4)]
    flush.insert(users)
    ((_, params, *rest),) = flush.lines
    assert params == [(10, "n1", None, None), (20, "n2", None, None), (30, "n3", None, None)]
    assert rest == [0, 0, False]
    assert rows(conn) == [(10, "n1", None), (20, "n2", None), (30, "n3", None)]
    flush.lines.clear()
    flush.insert([User(id=99)])
    assert flush.lines[0][1] == (99, None, None, None)


def test_runs_and_their_plans(conn, User, flush):
    users = [
        User(name="a"),
        User(name="b"),
        User(id=50, name="c"),
        User(name="d", extra="e"),
        User(name="f", extra=None),
        User(name="g"),
    ]
    flush.insert(users)
    assert flush.made == [
        (("name", "age", "at"), True),
        (("id", "name", "age", "at"), False),
        (("name", "age", "at", "extra"), False),
    ]
    assert [u.id for u in users] == [1, 2, 50, 51, 52, 53]
    flush.insert([User(name="h")])
    assert flush.made[-1] == (("name", "age", "at"), False)
    made = len(flush.made)
    flush.insert([User(name="i"), User(name="j")])
    assert len(flush.made) == made


def test_values_are_encoded_by_their_types(conn, User, flush):
    user = User(name="x", at=datetime.datetime(2020, 1, 2, 3, 4, 5))
    flush.insert([user])
    assert flush.lines[0][1] == ("x", None, "2020-01-02 03:04:05.000000")
    assert run(conn, "SELECT at FROM users") == [("2020-01-02 03:04:05.000000",)]


def test_defaults(conn, User, flush):
    count = iter(range(100))
    users = [User(name="a"), User(name="b", age=None), User(name="c", age=77), User(name="d")]
    flush.insert(users, age=(COLUMN_DEFAULT, lambda context: next(count)))
    assert [u.age for u in users] == [0, 1, 77, 2]
    assert rows(conn) == [(1, "a", 0), (2, "b", 1), (3, "c", 77), (4, "d", 2)]
    other = [User(id=10, name="e"), User(id=11, name="f")]
    flush.insert(other, age=(COLUMN_DEFAULT, 5))
    assert [u.age for u in other] == [5, 5]


def test_defaults_are_made_once_and_errors_pass(conn, User, flush):
    calls = []
    flush.insert([User(name="a")], age=(COLUMN_DEFAULT, lambda c: calls.append(c) or 9))
    assert calls == [None]

    def broken(context):
        raise LookupError("no default")

    for users in ([User(name="b")], [User(name="c"), User(name="d")], [User(id=8), User(id=9)]):
        with pytest.raises(LookupError):
            flush.insert(users, age=(COLUMN_DEFAULT, broken))
        assert all(u.age is None for u in users)
    assert len(rows(conn)) == 1


def test_returned_columns(conn, User, flush):
    flush.returning = ("id", "extra")
    users = [User(name="a"), User(name="b")]
    flush.insert(users)
    assert [(u.id, u.extra) for u in users] == [(1, "made"), (2, "made")]
    one = User(name="c")
    flush.insert([one])
    assert (one.id, one.extra) == (3, "made")
    assert flush.lines[-1][2:] == (0, 0, True)


@pytest.mark.parametrize("log", [True, False])
def test_many(conn, User, log):
    flush = Flush(conn, User, log)
    users = [User(name=f"n{i}", age=i % 100) for i in range(1000)]
    flush.insert(users)
    assert [u.id for u in users] == list(range(1, 1001))
    keyed = [User(id=5000 + i, name=f"k{i}") for i in range(1000)]
    flush.insert(keyed)
    assert len(rows(conn)) == 2000
    assert len(flush.lines) == (1001 if log else 0)


def test_no_history_after_feeding(conn, User, flush):
    session = SessionBase()
    user = User(name="a")
    session._add(user)
    flush.insert([user])
    session._register([user])
    assert changed_slots(user) == []
    assert session._get(flush.manager, (1,)) is user


class Expression:
    def __clause_element__(self):
        return self


def test_expressions_are_handed_over_in_order(conn, User, flush):
    users = [User(name="a"), User(name=Expression()), User(name="b"), User(age=Expression())]
    seen = []

    def special(obj):
        seen.append((users.index(obj), len(rows(conn))))

    flush.insert(users, special)
    assert seen == [(1, 1), (3, 2)]
    assert [u.id for u in users] == [1, None, 2, None]
    with pytest.raises(exc.ArgumentError):
        flush.insert([User(name=Expression())])


def test_failing_insert(conn, User, flush):
    users = [User(name="a"), User(name="b"), User(name="a"), User(name="c")]
    with pytest.raises(dbapi.IntegrityError):
        flush.insert(users)
    assert conn.failed_params == ("a", None, None)
    assert conn.failed_sql == "INSERT INTO users (name, age, at) VALUES (?, ?, ?) RETURNING id"
    assert [u.id for u in users] == [None] * 4
    assert len(flush.lines) == 3


def test_failing_insert_without_log(conn, User):
    flush = Flush(conn, User, log=False)
    users = [User(name=f"n{i}") for i in range(200)]
    users[150].name = "n3"
    with pytest.raises(dbapi.IntegrityError):
        flush.insert(users)
    assert conn.failed_params == ("n3", None, None)
    users = [User(id=1000 + i, name=f"m{i}") for i in range(3)]
    users[1].age = 5000
    with pytest.raises(dbapi.IntegrityError, match="CHECK"):
        flush.insert(users)
    assert conn.failed_params == [
        (1000, "m0", None, None),
        (1001, "m1", 5000, None),
        (1002, "m2", None, None),
    ]
    assert run(conn, "SELECT 1") == [(1,)]


def test_values_that_cannot_be_bound(conn, User, flush):
    with pytest.raises(dbapi.Error):
        flush.insert([User(name="ok"), User(name=object())])
    with pytest.raises(UnicodeEncodeError):
        flush.insert([User(name="\udc00")])
    with pytest.raises((OverflowError, dbapi.Error)):
        flush.insert([User(age=1 << 70)])
    with pytest.raises((TypeError, exc.SQLAlchemyError)):
        flush.insert([User(at="no date")])
    conn.rollback()
    assert rows(conn) == []


def test_bad_sql(conn, User, flush):
    flush.cache[((flush.slot("name"), flush.slot("age"), flush.slot("at")), False)] = InsertPlan(
        Plan("INSERT INTO nowhere VALUES (?)", ((0, 0, None),)), (flush.slot("name"),)
    )
    with pytest.raises(dbapi.OperationalError, match="nowhere"):
        flush.insert([User(name="a")])
    assert conn.failed_sql == "INSERT INTO nowhere VALUES (?)"
    assert conn.failed_params == ("a",)


def test_bad_arguments(conn, User, flush):
    other = make_class("Other", {"id": INTEGER})
    with pytest.raises(TypeError, match="Other object in a flush of User"):
        flush.insert([other()])
    with pytest.raises(TypeError):
        flush.insert([3])
    with pytest.raises(TypeError):
        flush.insert(3)
    with pytest.raises(ValueError):
        InsertPlan(Plan("SELECT ?", ((2, 0, None),)), (0,))
    with pytest.raises(ValueError):
        InsertPlan(Plan("SELECT 1"), (-1,))
    with pytest.raises(ValueError):
        InsertPlan(Plan("SELECT 1"), (), (), 99999)
    with pytest.raises(ValueError):
        insert_objects(conn, flush.manager, [(99, 0, None)], flush.make, {}, [])
    with pytest.raises(TypeError):
        insert_objects(conn, flush.manager, [3], flush.make, {}, [])
    age = flush.slot("age")
    twice = InsertPlan(Plan("SELECT ?", ((0, INTEGER, None),)), (age,) * 99)
    with pytest.raises(ValueError, match="an attribute once"):
        defaults = [(age, COLUMN_DEFAULT, int)]
        insert_objects(conn, flush.manager, defaults, lambda *a: twice, {}, [User()])
    with pytest.raises(TypeError):
        insert_objects(conn, flush.manager, flush.columns(), lambda *a: 3, {}, [User()])
    with pytest.raises(ZeroDivisionError):
        insert_objects(conn, flush.manager, flush.columns(), lambda *a: 1 / 0, {}, [User()])
    flush.insert([])
    assert flush.lines == []


def test_closed_connection(conn, User, flush):
    conn.close()
    with pytest.raises(dbapi.ProgrammingError):
        flush.insert([User(name="a")])


def test_log_that_fails(conn, User, flush):
    def log(*args):
        raise RuntimeError("full disk")

    flush.log = log
    for users in ([User(name="a"), User(name="b")], [User(id=1)]):
        with pytest.raises(RuntimeError):
            flush.insert(users)
    assert rows(conn) == []


def test_the_list_may_change_meanwhile(conn, User, flush):
    users = [User(name=f"n{i}") for i in range(10)]
    flush.insert(users, age=(COLUMN_DEFAULT, lambda context: users.clear()))
    assert len(rows(conn)) == 10


# ---- UPDATE -------------------------------------------------------------------


def test_changed_columns(User, flush, loaded):
    user = loaded[0]
    slots = [flush.slot(n) for n in ("name", "age", "extra")]
    assert changed_columns(user, slots) == ()
    user.age = 2
    user.name = "a"
    assert changed_columns(user, slots) == (flush.slot("age"),)
    user.age = 1
    assert changed_columns(user, slots) == ()
    with pytest.raises(exc.SQLAlchemyError):
        changed_columns(3, slots)


def test_update(conn, flush, loaded):
    for user in loaded:
        user.age += 10
    loaded[1].name = "bb"
    assert flush.update(loaded) == 3
    assert rows(conn) == [(1, "a", 11), (2, "bb", 12), (3, "c", 13)]
    assert [line[:2] for line in flush.lines] == [
        ("UPDATE users SET age=? WHERE users.id = ?", (11, 1)),
        ("UPDATE users SET name=?, age=? WHERE users.id = ?", ("bb", 12, 2)),
        ("UPDATE users SET age=? WHERE users.id = ?", (13, 3)),
    ]


def test_update_of_a_run_is_one_executemany(conn, flush, loaded):
    for user in loaded:
        user.age += 10
    assert flush.update(loaded) == 3
    assert [line[1:] for line in flush.lines] == [([(11, 1), (12, 2), (13, 3)], 0, 0, False)]


def test_no_update_without_a_net_change(conn, flush, loaded):
    loaded[0].age, loaded[1].age, loaded[2].age = 1, 7, 3
    assert flush.update(loaded) == 1
    assert [line[1] for line in flush.lines] == [(7, 2)]


def test_update_of_a_key_finds_the_old_one(conn, flush, loaded):
    loaded[0].id = 100
    assert flush.update(loaded) == 1
    assert flush.lines[0][:2] == ("UPDATE users SET id=? WHERE users.id = ?", (100, 1))


def test_update_to_null(conn, flush, loaded):
    loaded[0].age = None
    flush.update(loaded)
    assert rows(conn)[0] == (1, "a", None)


def test_stale_update(conn, flush, loaded):
    run(conn, "DELETE FROM users WHERE id = 2")
    for user in loaded:
        user.age += 1
    with pytest.raises(exc.StaleDataError) as info:
        flush.update(loaded)
    assert info.value.args == (3, 2)


def test_update_with_an_expression(conn, flush, loaded):
    for user in loaded:
        user.age += 10
    loaded[1].age = Expression()
    loaded[1].name = "bb"
    seen = []

    def special(obj, slots):
        seen.append((obj.id, slots, rows(conn)[0][2]))

    assert flush.update(loaded, special) == 2
    assert seen == [(2, (flush.slot("name"), flush.slot("age")), 11)]
    with pytest.raises(exc.ArgumentError):
        flush.update(loaded)


def test_failing_update(conn, flush, loaded):
    for user in loaded:
        user.name = "z"
    with pytest.raises(dbapi.IntegrityError):
        flush.update(loaded)
    assert conn.failed_params == [("z", 1), ("z", 2), ("z", 3)]
    assert conn.failed_sql == "UPDATE users SET name=? WHERE users.id = ?"


class Odd:
    """A value whose comparison has no answer."""

    def __init__(self, error):
        self.error = error

    def __eq__(self, other):
        raise self.error

    __hash__ = None


def test_values_that_cannot_be_compared(conn, flush, loaded):
    slots = [flush.slot("extra")]
    for obj, error in zip(loaded, (ValueError("ambiguous"), LookupError()), strict=False):
        _core.set_loaded(obj, slots[0], Odd(error))
        obj.extra = "x"
        with pytest.raises(type(error)):
            changed_columns(obj, slots)
        with pytest.raises(type(error)):
            flush.update([obj])


# ---- DELETE -------------------------------------------------------------------


def test_delete(conn, flush, loaded):
    assert flush.delete(loaded[:2]) == 2
    assert rows(conn) == [(3, "c", 3)]
    assert flush.lines == [("DELETE FROM users WHERE users.id = ?", [(1,), (2,)], 0, 0, False)]
    assert flush.delete(loaded) == 1
    assert flush.delete([]) == 0
    flush.lines.clear()
    flush.delete([loaded[0]])
    assert flush.lines[0][1] == (1,)


def test_delete_without_an_identity(conn, User, flush):
    with pytest.raises(ValueError, match="without an identity"):
        flush.delete([User()])


def test_composite_keys(conn):
    run(conn, "CREATE TABLE pairs (a INTEGER, b TEXT, v INTEGER, PRIMARY KEY (a, b))")
    run(conn, "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)")
    Pair = make_class("Pair", {"a": INTEGER, "b": STRING, "v": INTEGER}, pk=("a", "b"))
    plan = load_plan("SELECT a, b, v FROM pairs", entity(Pair, ("a", "b", "v"), pk=("a", "b")))
    session = SessionBase()
    pairs = conn.execute(plan, (), session).fetch()
    manager = manager_of(Pair)
    pairs[1].v = 22
    update = Plan(
        "UPDATE pairs SET v=? WHERE b = ? AND a = ?",
        ((0, INTEGER, None), (2, STRING, None), (1, INTEGER, None)),
    )
    assert update_objects(conn, manager, [0, 1, 2], lambda slots: update, {}, pairs) == 1
    delete = Plan(
        "DELETE FROM pairs WHERE a = ? AND b = ?", ((0, INTEGER, None), (1, STRING, None))
    )
    assert delete_objects(conn, manager, delete, pairs[::2]) == 2
    assert run(conn, "SELECT * FROM pairs") == [(1, "y", 22)]


def test_references_are_given_back(conn, User):
    flush = Flush(conn, User, log=False)
    name = "a" + str(id(conn))
    before = sys.getrefcount(name)
    users = [User(id=i, name=name) for i in range(3)]
    with pytest.raises(dbapi.IntegrityError):
        flush.insert(users)
    conn.rollback()
    flush.insert(users[:1])
    conn.rollback()
    del users
    gc.collect()
    assert sys.getrefcount(name) == before
