"""Engines and connections on both packages: URLs, errors, transactions, execution, logging."""

import logging
import pickle
import sqlite3

import pytest

from .harness import Peer, compare, making_tests
from .models import Opaque, shop

program = making_tests()


# --- URLs and create_engine -------------------------------------------------------

URLS = [
    "sqlite://",
    "sqlite:///a.db",
    "sqlite:////abs/a.db",
    "sqlite:///:memory:",
    "sqlite+pysqlite:///x?timeout=5&a=1&a=2",
    "sqlite:///a b?c d=e f",
    "sqlite:///C:\\path\\foo.db",
    "sqlite:///file:path?mode=ro&uri=true",
    "sqlite:///x\n",
    "postgresql://scott:tiger@host:5432/db",
    "postgresql+psycopg2://sc%40tt:ti%2Fger%3A@host/db?sslmode=require&x=",
    "mysql://[::1]:33/db",
    "mysql://u@[::1]/db",
    "mysql://u:@h/",
    "mysql://:p@h",
    "1sqlite://x",
    "pg://h:99999/db",
    "pg://h/?a=1;b=2",
    "pg://h/db?",
    "pg://h/db?=x",
    "pg://h/db?a",
    "pg://u:p:q@h/db",
    "pg://u@v@h/db",
    "pg://u:p@q@h/db",
    "pg:///db?host=/tmp",
    "pg://h?x=1",
    "pg://ü:é@ö/ñ?ü=é",
    "pg://u:a+b%20c@h/d",
    "pg://u:***@h/d",
    "pg://h/d?a=%26%3D+b",
    "PG://h/d",
]
BAD_URLS = ["foo", "", "sqlite:/", "sqlite:a", "//", "://", "a b://x", " sqlite:///x"]
BAD_PORTS = ["pg://u:p@h:port/db", "pg://h:1x/db", "pg://h:/db", "pg://h1:1,h2:2/d"]


@program
def test_url_parts(p: Peer):
    for text in URLS:
        url = p.make_url(text)
        p.show(text, str(url), repr(url), url.render_as_string(hide_password=False))
        p.show(url.drivername, url.username, url.password, url.host, url.port, url.database)
        p.show(dict(url.query), dict(url.normalized_query), url.get_backend_name())
        p.show(p.make_url(url) is url, p.make_url(text) == url, hash(url) == hash(url))
        p.show(pickle.loads(pickle.dumps(url)) == url)


@program
def test_url_errors(p: Peer):
    for text in [*BAD_URLS, *BAD_PORTS, 5, None]:
        p.error(lambda text=text: p.make_url(text))
    create = p.URL.create
    for arguments in [
        {"drivername": 5},
        {"drivername": None},
        {"drivername": "pg", "port": "x"},
        {"drivername": "pg", "host": 5},
        {"drivername": "pg", "username": 5},
        {"drivername": "pg", "database": 5},
        {"drivername": "pg", "query": {"a": 5}},
        {"drivername": "pg", "query": {5: "a"}},
        {"drivername": "pg", "query": {"a": ["x", 5]}},
    ]:
        p.error(lambda arguments=arguments: create(**arguments))
    p.show(create("pg", password=5).render_as_string(False), create("pg", port="55").port)


@program
def test_url_changes(p: Peer):
    url = p.make_url("pg://u:p@h/d?a=1&b=2&b=3")
    for changed in [
        url.set(host="z", port=3, query={"q": "r"}, drivername="dd", username="uu"),
        url.set(password="s3/cret", database="x"),
        url.update_query_dict({"a": "9"}),
        url.update_query_dict({"a": "9"}, append=True),
        url.update_query_pairs([("a", "9"), ("a", "8"), ("z", "")]),
        url.update_query_string("a=5&z=3"),
        url.update_query_string("a=5&z=3", append=True),
        url.difference_update_query(["a", "zz"]),
        url._replace(host="q"),
    ]:
        p.show(changed, changed.render_as_string(False), changed == url)
    p.show(url.translate_connect_args(), url.translate_connect_args(username="user"))
    p.error(lambda: setattr(url, "host", "x"))


@program
def test_create_engine_arguments(p: Peer):
    def shown(url, **options):
        engine = p.sa.create_engine(url, **options)
        return engine, type(engine.pool).__name__, engine.dialect.name, engine.driver

    for url in ("foo://", "foo+bar://x", "sqlite+foo://", "bad", "", 5, None):
        p.error(lambda url=url: shown(url))
    for url in ("sqlite://host/x", "sqlite://user:pw@host:5/x"):
        p.error(lambda url=url: shown(url))
    for options in [
        {"foo": 1},
        {"foo": 1, "bar": 2},
        {"pool_size": 5},
        {"max_overflow": 5},
        {"pool_size": 5, "max_overflow": 1},
        {"poolclass": p.StaticPool, "pool_size": 5},
        {"encoding": "x"},
        {"future": True},
        {"future": False},
        {"pool_reset_on_return": "foo"},
        {"convert_unicode": True},
        {"pool_recycle": 5, "pool_pre_ping": True, "pool_use_lifo": True},
        {"json_serializer": str, "hide_parameters": True, "query_cache_size": 3},
        {"connect_args": {"timeout": 3}, "execution_options": {"a": 1}},
    ]:
        p.error(lambda options=options: shown("sqlite://", **options))
    for options in [
        {"zork": 1, "pool_size": 3},
        {"poolclass": p.NullPool, "pool_size": 5},
        {"poolclass": p.NullPool, "pool_timeout": 5},
        {"pool_recycle": 5, "pool_pre_ping": True, "pool_use_lifo": True},
    ]:
        p.error(lambda options=options: shown("sqlite:///x", **options))
    p.show(p.sa.create_engine("sqlite:///x").pool.status())
    p.error(lambda: p.sa.create_engine("sqlite://", isolation_level="foo_bar").connect())
    p.error(lambda: p.sa.create_engine("sqlite://", connect_args={"foo": 1}).connect())
    p.error(lambda: p.sa.create_engine("sqlite:////nonexistent/dir/x.db").connect())


# --- exceptions -------------------------------------------------------------------


def driver_error(p: Peer, name: str, message: str):
    """The driver's exception of a name: sqlite3's, or ours that says it is sqlite3's."""
    if p.package == "sqlalchemy":
        return getattr(sqlite3, name)(message)
    return getattr(p.module("dialects.sqlite.dbapi"), name)(message)


@program
def test_exception_texts(p: Peer):
    orm_exc = p.module("orm.exc")
    orig = driver_error(p, "IntegrityError", "UNIQUE constraint failed: t.x")
    cases = [
        p.exc.SQLAlchemyError("x"),
        p.exc.SQLAlchemyError(),
        p.exc.SQLAlchemyError("x", 5),
        p.exc.SQLAlchemyError(b"x\xff"),
        p.exc.SQLAlchemyError("x", code="abcd"),
        p.exc.ObjectNotExecutableError("foo"),
        p.exc.CircularDependencyError("foo", ["a"], ["b"]),
        p.exc.NoReferencedTableError("foo", "t"),
        p.exc.NoReferencedColumnError("foo", "t", "c"),
        p.exc.NoSuchColumnError("foo"),
        p.exc.TimeoutError("foo", code="3o7r"),
        p.exc.StatementError("foo", "select 1", {"a": 1}, orig),
        p.exc.StatementError("foo", "select 1", {"a": 1}, orig, hide_parameters=True),
        p.exc.IntegrityError("select 1", (1, 2), orig),
        p.exc.IntegrityError("select 1", [(1, 2)] * 20, orig, ismulti=True),
        p.exc.IntegrityError("select 1", [{"a": 1}] * 20, orig, ismulti=True),
        p.exc.IntegrityError("select 1", [], orig),
        p.exc.IntegrityError("select 1", {"a": "x" * 1000}, orig),
        p.exc.SADeprecationWarning("foo", code="ab12"),
        p.exc.SAWarning("foo", code="ab12"),
        p.exc.MovedIn20Warning("foo"),
        orm_exc.UnmappedInstanceError(5),
        orm_exc.UnmappedInstanceError(int),
        orm_exc.UnmappedClassError(int),
        orm_exc.UnmappedClassError(5),
        orm_exc.DetachedInstanceError("foo"),
        orm_exc.StaleDataError("foo"),
    ]
    for error in cases:
        p.show(str(error), error.args, error.code, [c.__name__ for c in type(error).__mro__])
        again = pickle.loads(pickle.dumps(error))
        p.show(str(again), again.args, type(again) is type(error))
    error = p.exc.IntegrityError("select 1", {"a": 1}, orig)
    error.add_detail("more detail")
    p.show(str(error))


@program
def test_exception_wrapping(p: Peer):
    base = type(driver_error(p, "Error", ""))
    names = ["IntegrityError", "OperationalError", "ProgrammingError", "Error", "Warning"]
    origs = [driver_error(p, name, "v") for name in names]
    origs += [ValueError("v"), KeyboardInterrupt("v"), p.exc.ArgumentError("v", code="abcd")]
    for orig in origs:
        for statement in ("select 1", None):
            error = p.exc.DBAPIError.instance(statement, {"a": 1}, orig, base)
            p.show(type(error).__name__, str(error), error is orig)


VALUES_SHOWN = [
    list(range(200)),
    tuple(range(100)),
    tuple(range(101)),
    {f"k{i}": i for i in range(101)},
    (),
    ("x" * 298, "x" * 299, b"x" * 400),
    {"a": ["x" * 500] * 3, "b": "q" * 299},
    [(1,)] * 10,
    [(1,)] * 11,
    [{"a": 1}] * 30,
    [tuple(range(200)), (1, 2)],
    [[1, 2], [3]],
    None,
    "abc",
]


@pytest.mark.parametrize("value", VALUES_SHOWN, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("multi", [None, False, True])
def test_parameter_repr(value, multi):
    from sqlalchemy.sql.util import _repr_params

    from cormorant.util import repr_params

    flat = not (
        isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple, dict))
    )
    if multi and flat and value and not isinstance(value, str):
        pytest.skip("not a list of parameter sets")
    assert repr_params(value, 10, multi) == repr(_repr_params(value, 10, ismulti=multi))


# --- transactions -----------------------------------------------------------------


def key_type(connection):
    """The type of a key that the database makes."""
    return "integer" if connection.dialect.name == "sqlite" else "serial"


def simple(p: Peer, **options):
    """A connection to a database with one small table."""
    connection = p.engine(**options).connect()
    kind = key_type(connection)
    connection.execute(p.text(f"create table t (id {kind} primary key, x varchar unique)"))
    connection.commit()
    return connection


@program
def test_transaction_states(p: Peer):
    c = simple(p)
    p.show(c.in_transaction(), c.get_transaction(), c.closed, c.invalidated)
    c.execute(p.text("select 1"))
    p.show(c.in_transaction(), type(c.get_transaction()).__name__)
    p.error(c.begin)
    c.commit()
    p.show(c.in_transaction(), c.commit(), c.rollback())
    transaction = c.begin()
    p.show(transaction.is_active, transaction.is_valid)
    transaction.commit()
    p.show(transaction.is_active, transaction.is_valid)
    p.error(transaction.commit)
    p.error(transaction.rollback)
    p.error(transaction.close)
    transaction = c.begin()
    c.commit()
    p.show(transaction.is_active)
    p.error(transaction.commit)


@program
def test_transaction_contexts(p: Peer):
    c = simple(p)

    def ended_inside(end):
        with c.begin() as transaction:
            getattr(transaction, end)()
            c.execute(p.text("select 1"))

    for end in ("rollback", "commit", "close"):
        p.error(lambda end=end: ended_inside(end))
        p.show(c.in_transaction())

    def twice():
        with c.begin():
            c.begin()

    def committed_by_connection():
        with c.begin():
            c.execute(p.text("insert into t (x) values ('a')"))
            c.commit()
            c.rollback()

    def failed():
        with c.begin():
            c.execute(p.text("insert into t (x) values ('b')"))
            raise ValueError("boo")

    for case in (twice, committed_by_connection, failed):
        p.error(case)
        p.show(c.in_transaction(), c.scalar(p.text("select count(*) from t")))
        c.rollback()


def test_savepoints():
    def go(p: Peer):
        c = simple(p)
        insert = p.text("insert into t (x) values (:x)")
        with c.begin():
            c.execute(insert, {"x": "1"})
            with c.begin_nested():
                c.execute(insert, {"x": "2"})
            nested = c.begin_nested()
            p.show(c.in_nested_transaction(), type(c.get_nested_transaction()).__name__)
            c.execute(insert, {"x": "3"})
            nested.rollback()
            p.show(nested.is_active, c.in_nested_transaction())
            with c.begin_nested() as nested:
                c.execute(insert, {"x": "4"})
                nested.rollback()
            outer = c.begin_nested()
            inner = c.begin_nested()
            outer.rollback()
            p.show(outer.is_active, inner.is_active)
            p.error(lambda: c.execute(p.text("select 1")))
            p.error(inner.rollback)
        p.show(c.scalars(p.text("select x from t order by x")).all())
        nested = c.begin_nested()
        p.show(c.in_transaction())
        c.rollback()
        p.show(nested.is_active)
        p.error(nested.commit)

    compare(go, warned=True)


@program
def test_engine_begin(p: Peer):
    engine = p.engine()

    def fail():
        with engine.begin() as c:
            c.execute(p.text(f"create table u (id {key_type(c)} primary key)"))
            raise ValueError("boo")

    p.error(fail)
    with engine.begin() as c:
        if c.dialect.name != "sqlite":  # which makes tables at once
            c.execute(p.text(f"create table u (id {key_type(c)} primary key)"))
        c.execute(p.text("insert into u default values"))
    with engine.connect() as c:
        p.show(c.scalar(p.text("select count(*) from u")))
    p.show(c.closed)


@program
def test_closed_and_invalidated(p: Peer):
    c = simple(p)
    c.close()
    p.show(c.closed, c.close(), c.in_transaction(), c.commit(), c.rollback(), c.invalidated)
    for case in (
        lambda: c.execute(p.text("select 1")),
        lambda: c.exec_driver_sql("select 1"),
        c.begin,
        c.begin_nested,
        c.invalidate,
        lambda: c.connection,
        lambda: c.info,
    ):
        p.error(case)
    c = p.engine("sqlite:///file.db").connect()
    c.execute(p.text("select 1"))
    c.invalidate()
    p.show(c.invalidated, c.closed, c.in_transaction())
    p.error(lambda: c.execute(p.text("select 1")))
    c.rollback()
    p.show(c.execute(p.text("select 1")).all())
    c.close()


@program
def test_isolation_levels(p: Peer):
    c = simple(p)
    p.show(c.get_isolation_level(), c.default_isolation_level)
    p.error(lambda: c.execution_options(isolation_level="foo"))
    c.execute(p.text("select 1"))
    p.error(lambda: c.execution_options(isolation_level="AUTOCOMMIT"))
    c.rollback()
    c.execution_options(isolation_level="AUTOCOMMIT")
    c.execute(p.text("insert into t (x) values ('auto')"))
    c.rollback()
    p.show(c.scalar(p.text("select count(*) from t")))
    c.commit()
    engine = c.engine
    c.close()
    with engine.connect() as c:
        c.execute(p.text("insert into t (x) values ('gone')"))
        c.rollback()
        p.show(c.scalar(p.text("select count(*) from t")))
        c.rollback()
        c.execution_options(isolation_level="READ UNCOMMITTED")
        p.show(c.get_isolation_level())
    with engine.connect() as c:
        p.show(c.get_isolation_level())
    auto = engine.execution_options(isolation_level="AUTOCOMMIT")
    p.show(dict(auto.get_execution_options()), auto.pool is engine.pool)
    with auto.connect() as c:
        c.execute(p.text("insert into t (x) values ('auto2')"))
    with engine.connect() as c:
        p.show(c.scalar(p.text("select count(*) from t")))


# --- execution --------------------------------------------------------------------


@program
def test_insert_update_delete(p: Peer):
    engine = p.engine()
    metadata = shop(p, p.MetaData())
    metadata.create_all(engine)
    users = metadata.tables["users"]
    columns = (users.c.id, users.c.name, users.c.age, users.c.n, users.c.f, users.c.upd)
    c = engine.connect()
    result = c.execute(users.insert().values(name="a", email="a@x"))
    p.show(result.inserted_primary_key, result.rowcount, result.lastrowid, result.is_insert)
    result = c.execute(users.insert(), {"name": "b", "age": None, "zork": 5})
    p.show(result.inserted_primary_key, result.last_inserted_params())
    p.error(lambda: c.execute(users.insert().values(zork=5)))
    result = c.execute(users.insert(), [{"name": "c"}, {"name": "d"}])
    p.show(result.rowcount, result.returns_rows)
    p.show(c.execute(p.select(*columns).order_by(users.c.id)).all())
    p.show(c.execute(users.update().where(users.c.name == "a").values(age=5)).rowcount)
    update = users.update().where(users.c.id == p.bindparam("x")).values(age=p.bindparam("y"))
    p.show(c.execute(update, [{"x": 1, "y": 50}, {"x": 2, "y": 60}]).rowcount)
    p.show(c.execute(p.select(*columns).order_by(users.c.id)).all())
    p.show(c.execute(users.delete().where(users.c.id == 4)).rowcount)
    returning = users.insert().returning(users.c.id, users.c.name)
    p.show(c.execute(returning, {"name": "r"}).all())
    p.show(c.execute(returning, [{"name": f"r{i}"} for i in range(3)]).all())
    ordered = users.insert().returning(users.c.id, sort_by_parameter_order=True)
    p.show(c.execute(ordered, [{"name": f"q{i}"} for i in range(2)]).all())
    p.show(c.execute(users.update().values(age=1).returning(users.c.id)).all())
    p.show(c.execute(users.delete().returning(users.c.name)).scalars().all())
    chosen = p.select(users.c.name + "x", users.c.email)
    p.show(c.execute(users.insert().from_select(["name", "email"], chosen)).rowcount)
    p.error(lambda: c.execute(users.insert(), {"email": "zz"}))
    p.error(lambda: c.execute(users.insert(), {"name": "n", "age": -5}))
    nodes, comp = metadata.tables["nodes"], metadata.tables["comp"]
    p.show(c.execute(nodes.insert()).inserted_primary_key)
    p.show(c.execute(nodes.insert(), {"ok": True, "kind": "x"}).inserted_primary_key)
    p.error(lambda: c.execute(nodes.insert(), {"kind": "zzz"}))
    p.show(c.execute(comp.insert(), {"a": 6, "b": "q", "sel": 3}).inserted_primary_key)
    p.show(c.execute(p.select(comp)).mappings().all())


def test_column_defaults_see_the_row():
    def go(p: Peer):
        seen = []

        def computed(context):
            values = context.get_current_parameters()
            seen.append(dict(values))
            return values["x"] * 2

        table = p.Table(
            "t",
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("x", p.Integer),
            p.Column("y", p.Integer, default=computed),
            p.Column("z", p.Integer, onupdate=lambda context: 5),
        )
        engine = p.engine()
        table.metadata.create_all(engine)
        with engine.begin() as c:
            c.execute(table.insert(), {"x": 3})
            c.execute(table.insert(), [{"x": 4}, {"x": 5}])
            c.execute(table.update().values(x=1).where(table.c.id == 1))
            p.show(c.execute(p.select(table)).all(), seen)

    compare(go)


@program
def test_execution_errors(p: Peer):
    c = simple(p)
    text = p.text
    insert = text("insert into t (x) values (:x)")
    c.execute(insert, {"x": "q"})
    c.commit()
    c.execute(text("select 1"))
    for case in [
        lambda: c.execute("select 1"),
        lambda: c.execute(5),
        lambda: c.execute(None),
        lambda: c.execute(text("select :x")),
        lambda: c.execute(text("select :x"), {"y": 1}),
        lambda: c.execute(text("select :x"), [1]),
        lambda: c.execute(text("select :x"), 5),
        lambda: c.execute(text("select :x"), "abc"),
        lambda: c.execute(text("select :x"), [(1,)]),
        lambda: c.execute(insert, {"x": "q"}),
        lambda: c.execute(insert, [{"x": "z1"}, {"x": "q"}]),
        lambda: c.execute(insert, [{"x": "w1"}, {"y": "w2"}]),
        lambda: c.execute(text("select * from nope")),
        lambda: c.execute(text("selec")),
        lambda: c.execute(text("select 1; select 2")),
        lambda: c.execute(text("select '%d %% :a \\:b', 'x::y'")),
        lambda: c.execute(text("select :x").bindparams(x=7)).all(),
        lambda: c.execute(text("select :x"), ({"x": 1},)).all(),
        lambda: c.execute(text("select 5"), {"a": 1}).all(),
        lambda: c.execute(text("select 5"), []).all(),
    ]:
        p.error(case)
        c.rollback()
        c.execute(text("select 1"))
    if c.dialect.name == "sqlite":  # psycopg executes them
        p.error(lambda: c.execute(text("select :x"), [{"x": 1}, {"x": 2}]))
        p.error(lambda: c.execute(text("select :x"), ({"x": 1}, {"x": 2})))


def test_unbindable_values():
    """sqlite3 tells of the last error of the connection here: only ours is compared."""

    def go(p: Peer):
        c = simple(p)
        for value in (Opaque(), 2**63, -(2**63) - 1, "\ud800"):
            p.error(lambda value=value: c.execute(p.text("select :x"), {"x": value}).all())

    compare(go)


@program
def test_driver_sql(p: Peer):
    c = simple(p)
    run = c.exec_driver_sql
    for case in [
        lambda: run("select ?", (1,)).all(),
        lambda: run("select ?", [1]),
        lambda: run("select ?", 1),
        lambda: run("select :a, :b, :a", {"a": 5, "b": 6}).all(),
        lambda: run("select ?, ?", (1,)),
        lambda: run("select ?2, ?1", (1, 2)).all(),
        lambda: run("insert into t (x) values (?)", [("e1",), ("e2",)]).rowcount,
        lambda: run("insert into t (x) values (:x)", [{"x": "e3"}, {"x": "e4"}]).rowcount,
        lambda: run("select ?", [(1,), (2,)]),
        lambda: run("select 1", {}).all(),
        lambda: run("select 1", []).all(),
        lambda: run(p.text("select 1")),
        lambda: run("select 'a?b', ? -- ?\n, ?", (1, 2)).all(),
        lambda: run("select \"x\" from t where x = '?' /* ? */ or x = ?", ("e1",)).all(),
        lambda: run("insert into t (x) values (?)", ("e1",)),
        lambda: run("select :a", {"b": 1}),
    ]:
        p.error(case)


@program
def test_hidden_parameters(p: Peer):
    c = simple(p, hide_parameters=True)
    p.error(lambda: c.execute(p.text("select nope where :x = 1"), {"x": "secret"}))
    c.rollback()
    try:
        c.execute(p.text("select nope where :x = 1"), {"x": "secret"})
    except p.DatabaseError as error:
        orig = error.orig
        p.show(error.statement, error.params, orig.args, error.code, error.hide_parameters)
        p.show(error.connection_invalidated)
        p.show([getattr(orig, f"sqlite_error{what}", None) for what in ("code", "name")])
        p.show(error.__cause__ is orig)


@program
def test_in_lists_and_limits(p: Peer):
    c = simple(p)
    c.exec_driver_sql("insert into t (x) values ('a'), ('b'), ('c')")
    t = p.table("t", p.column("id", p.Integer), p.column("x", p.String))
    for values in ([1, 2, 3], [1], [], [3, 2]):
        p.show(c.execute(p.select(t.c.x).where(t.c.id.in_(values))).all())
        p.show(c.execute(p.select(t.c.x).where(t.c.id.not_in(values))).all())
    pairs = p.tuple_(t.c.id, t.c.x).in_([(1, "a"), (2, "z"), (3, "c")])
    p.show(c.execute(p.select(t.c.id).where(pairs)).all())
    named = p.select(t.c.x).where(t.c.id.in_(p.bindparam("ids", expanding=True)))
    for ids in ([1, 3], [2], []):
        p.show(c.execute(named, {"ids": ids}).all())
    for limit, offset in ((2, 1), (1, 0), (5, 2)):
        p.show(c.execute(p.select(t.c.id).limit(limit).offset(offset)).all())
    p.show(c.execute(p.func.lower("ABC")).scalar())


# --- logging ----------------------------------------------------------------------


@program
def test_logged_parameters(p: Peer):
    c = simple(p)
    select = p.text("select :x as x")
    for value in ("short", "x" * 400, b"bytes", 1.5, None):
        c.execute(select, {"x": value})
    c.execute(p.text("insert into t (x) values (:x)"), [{"x": f"v{i}"} for i in range(30)])
    c.execution_options(logging_token="tok").execute(select, {"x": 1})


def test_echo(capsys):
    """echo=True prints on standard output, with the time and the logger's name."""
    import re

    texts = []
    for package in ("sqlalchemy", "cormorant"):
        # not the standard output of this test on another database
        logging.getLogger(f"{package}.engine.Engine.echo_{package}").handlers.clear()
        sa = __import__(package)
        engine = sa.create_engine("sqlite://", echo=True, logging_name=f"echo_{package}")
        with engine.begin() as connection:
            connection.execute(sa.text("select :a"), {"a": 1})
            connection.exec_driver_sql("select 2")
        engine.dispose()
        out = capsys.readouterr().out
        out = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME", out)
        out = re.sub(r"\[generated in [\d.e-]+s\]", "[generated in T]", out)
        texts.append(out.replace(package, "PKG"))
    assert texts[0] == texts[1]
    assert "TIME INFO PKG.engine.Engine.echo_PKG BEGIN (implicit)" in texts[1]
    assert "[raw sql] ()" in texts[1]
