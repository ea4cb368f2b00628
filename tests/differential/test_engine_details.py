"""What engines, connections and create_engine() do in the corners."""

from __future__ import annotations

import datetime
import sys
import types
from typing import Any

from .harness import Peer, making_tests

program = making_tests(warned=True, sql=False)


@program
def test_listeners_of_classes_are_called_once(p: Peer):
    event, heard = p.event, []
    engine_class, connection_class = p.module("engine").Engine, p.module("engine").Connection

    def of_class(*args):
        heard.append("class")

    engine = p.engine()
    event.listen(engine_class, "before_execute", of_class)
    event.listen(engine, "before_execute", lambda *args: heard.append("engine"))
    first = engine.execution_options(a=1)
    event.listen(first, "before_execute", lambda *args: heard.append("first"))
    second = first.execution_options(b=1)
    event.listen(second, "before_execute", lambda *args: heard.append("second"))
    for which in (engine, first, second):
        with which.connect() as c:
            c.execute(p.select(1))
        heard.append("|")
    event.remove(engine_class, "before_execute", of_class)
    p.show(heard)

    del heard[:]
    plain = p.engine()

    def of_connections(*args):
        heard.append("connections")

    with plain.connect() as c:
        c.execute(p.select(1))
        event.listen(connection_class, "before_execute", of_connections)
        c.execute(p.select(1))
        event.listen(c, "before_execute", lambda *args: heard.append("connection"))
        c.execution_options(a=1).execute(p.select(1))
        with second.connect() as other:
            other.execute(p.select(1))
        event.remove(connection_class, "before_execute", of_connections)
        c.execute(p.select(1))
    p.show(heard)


@program
def test_errors_of_connecting(p: Peer):
    def engine():
        made = p.sa.create_engine("sqlite:////no/such/directory/x.db")
        p.engines.append(made)
        return made

    lost = engine()

    @p.event.listens_for(lost, "handle_error")
    def call_it_a_disconnect(context):
        context.is_disconnect = True

    for made in (engine(), lost):
        try:
            made.connect()
        except p.exc.DBAPIError as error:
            p.show(str(error), error.connection_invalidated)
    p.error(lambda: engine().raw_connection())
    p.error(lambda: engine().pool.connect())
    p.error(lambda: engine().dialect.has_table(engine(), "t"))


@program
def test_many_rows_cannot_be_returned(p: Peer):
    table = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("v", p.String)
    )
    engine = p.engine()
    table.metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(table.insert(), [{"id": 1}, {"id": 2}])
        chosen = table.c.id == p.bindparam("which")
        for statement in (
            table.update().where(chosen).values(v="new").returning(table.c.id),
            table.delete().where(chosen).returning(table.c.id, table.c.v),
        ):
            try:
                c.execute(statement, [{"which": 1}, {"which": 2}])
            except p.exc.StatementError as error:
                p.show(str(error).splitlines()[0], type(error.orig).__name__, error.params)
            p.show(c.execute(statement, [{"which": 1}]).all())
        p.show(c.execute(p.select(table)).all())


@program
def test_arguments_that_are_superseded_or_refused(p: Peer):
    for options in (
        {"implicit_returning": False},
        {"empty_in_strategy": "static"},
        {"_json_serializer": str},
        {"server_side_cursors": True, "poolclass": p.module("pool").NullPool},
        {"strategy": "threadlocal"},
        {"future": False},
        {"future": "yes"},
        {"no_such": 1, "nor_this": 2},
        {"plugins": ["no_such_plugin"]},
    ):
        if "server_side_cursors" in options:
            url = "postgresql+psycopg://localhost/x"
        else:
            url = "sqlite://"
        p.error(lambda url=url, options=options: p.sa.create_engine(url, **options).name)
    p.error(lambda: p.sa.create_engine("sqlite://?plugin=no_such_plugin"))
    written = []
    mock = p.sa.create_engine(
        "sqlite://", strategy="mock", executor=lambda sql, *a, **kw: written.append(str(sql))
    )
    p.Table("t", p.MetaData(), p.Column("id", p.Integer)).create(mock, checkfirst=False)
    p.show(written, mock.dialect.name)
    for url, options in (
        (
            "postgresql+psycopg://localhost/x",
            {"client_encoding": "utf8", "use_native_hstore": False},
        ),
        ("postgresql+psycopg2://localhost/x", {"executemany_mode": "values_plus_batch"}),
        ("postgresql+psycopg2://localhost/x", {"executemany_mode": "no such"}),
    ):
        p.error(lambda url=url, options=options: p.sa.create_engine(url, **options).name)
    prefix = "db."
    for options in (
        {"future": "true"},
        {"future": "false"},
        {"pool_timeout": "x"},
        {"echo": "perhaps"},
    ):
        config = {prefix + "url": "sqlite:///x.db"} | {prefix + k: v for k, v in options.items()}
        p.error(lambda config=config: p.sa.engine_from_config(config, prefix=prefix).name)


@program
def test_plugins(p: Peer):
    calls = []

    class Plugin(p.module("engine").CreateEnginePlugin):
        def __init__(self, url, kwargs):
            super().__init__(url, kwargs)
            calls.append(("made", str(url), sorted(kwargs), kwargs.pop("own", None)))

        def update_url(self, url):
            return url.difference_update_query(["level"])

        def handle_dialect_kwargs(self, dialect_cls, dialect_args):
            calls.append(("dialect", dialect_cls.__name__, sorted(dialect_args)))
            dialect_args["label_length"] = 12

        def handle_pool_kwargs(self, pool_cls, pool_args):
            calls.append(("pool", pool_cls.__name__, sorted(pool_args)))
            pool_args["logging_name"] = "given"

        def engine_created(self, engine):
            calls.append(("created", str(engine.url)))

    module = types.ModuleType("differential_plugins")
    module.Plugin = Plugin
    sys.modules[module.__name__] = module
    plugins = p.module("dialects").plugins
    plugins.register("differential", module.__name__, "Plugin")
    for url, options in (
        ("sqlite://?plugin=differential&level=5", {}),
        ("sqlite://?level=7", {"plugins": ["differential"], "own": 3}),
        ("sqlite://?plugin=differential&plugin=differential", {"echo": False}),
    ):
        engine = p.sa.create_engine(url, **options)
        p.show(str(engine.url), engine.dialect.label_length, engine.pool.logging_name)
    p.show(calls)


@program
def test_transactions_that_are_over(p: Peer):
    engine = p.engine()
    with engine.connect() as c:
        outer = c.begin()
        outer.rollback()
        p.show(outer.is_active, outer.is_valid)
        outer.close()
        p.error(outer.commit)
        outer.rollback()
        outer = c.begin()
        inner = c.begin_nested()
        outer.rollback()
        inner.rollback()
        p.error(inner.commit)
        with c.begin() as outer:
            outer.rollback()
        p.show(c.in_transaction(), c.in_nested_transaction())


@making_tests(warned=True)
def test_listeners_that_change_what_a_flush_executes(p: Any) -> None:
    """before_execute(retval=True): other values, more values, more criteria, IN lists."""

    class Note(p.Base):
        __tablename__ = "note"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        said = p.Column(p.String)
        at = p.Column(p.DateTime)

    s = p.session()

    def listener(conn: Any, clause: Any, multi: Any, params: Any, options: Any) -> Any:
        kind = type(clause).__name__
        if kind == "Insert":
            if multi:
                return clause, [{**row, "said": "changed"} for row in multi], {}
            return clause, [], {**params, "said": "changed"}
        if kind == "Update":
            return clause.values(said="updated").where(Note.n < 1000), multi, params
        if kind == "Delete":
            return clause.where(Note.n.in_([5, 6, 7])), multi, params
        return clause, multi, params

    p.event.listen(s.get_bind(), "before_execute", listener, retval=True)

    def rows() -> None:
        p.show(s.execute(p.select(Note.n, Note.said, Note.at).order_by(Note.n)).all())

    at = datetime.datetime(2020, 1, 2, 3, 4, 5)
    note = Note(n=1, at=at)
    s.add(note)
    s.commit()
    s.add_all([Note(id=12, n=2, at=at), Note(id=13, n=3, at=at)])
    s.flush()
    s.add_all([Note(n=8, at=at), Note(n=9, at=at)])
    s.commit()
    rows()
    note.n, note.at = 5, at + datetime.timedelta(1)
    s.commit()
    rows()
    note.n = note.at = None
    s.flush()
    note.n = 6
    p.error(s.flush)
    s.rollback()
    rows()
    for each in s.query(Note).order_by(Note.id):
        s.delete(each)
        s.flush()
    rows()


@making_tests(warned=True)
def test_listeners_that_return_both_kinds_of_parameters(p: Any) -> None:
    class Note(p.Base):
        __tablename__ = "note"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)

    s = p.session()
    p.event.listen(
        s.get_bind(),
        "before_execute",
        lambda conn, clause, multi, params, options: (clause, [params, params], params),
        retval=True,
    )
    s.add(Note(n=1))
    p.error(s.flush)
    p.error(lambda: s.execute(p.select(Note.n)))
    s.rollback()


@making_tests(warned=True)
def test_listeners_are_told_the_options_of_the_execution(p: Any) -> None:
    """Not those of the statement of that structure that was executed first."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        bs = p.relationship("B", order_by="B.id")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))

    s = p.session()
    s.add(A(id=1, n=1, bs=[B(id=1)]))
    s.commit()

    def own(options: Any) -> Any:
        return {k: v for k, v in sorted(options.items(), key=str) if k in ("mine", "more", "all")}

    def execute(conn: Any, clause: Any, multi: Any, params: Any, options: Any) -> None:
        p.show("execute", own(options))

    def cursor(conn: Any, cur: Any, sql: str, params: Any, context: Any, many: bool) -> None:
        p.show("cursor", sql.split()[0], own(context.execution_options))

    p.event.listen(s.get_bind(), "before_execute", execute)
    p.event.listen(s.get_bind(), "before_cursor_execute", cursor)
    select = p.select(A)
    for i in (1, 2):
        more = {"more": i}
        s.scalars(select.execution_options(mine=i)).all()
        s.scalars(select, execution_options=more).all()
        s.scalars(select.execution_options(mine=i), execution_options=more).all()
        s.execute(p.select(A.id).execution_options(mine=i), execution_options=more).all()
        s.execute(p.select(A.__table__).execution_options(mine=i), execution_options=more).all()
        query = s.query(A).execution_options(mine=i)
        p.show(query.count(), query.first().n, len(query.all()))
        s.execute(p.update(A).values(n=4).execution_options(mine=i), execution_options=more)
        s.execute(p.insert(A).execution_options(mine=i), [{"id": 10 + i}], execution_options=more)
        s.execute(p.text("select 1").execution_options(mine=i), execution_options=more).all()
        s.expunge_all()
        p.show(s.get(A, 1, execution_options=more).n)
        for load in (p.selectinload, p.joinedload, p.subqueryload, p.lazyload):
            s.expunge_all()
            with_option = select.options(load(A.bs)).execution_options(mine=i)
            found = s.scalars(with_option, execution_options=more).unique()
            p.show([[b.id for b in a.bs] for a in found])
    s.commit()
    s.connection(execution_options={"all": 1})
    a = s.get(A, 1)
    a.n = 9
    s.add(A(id=20))
    s.delete(a.bs[0])
    s.commit()


@making_tests()
def test_refused_parameters_begin_no_transaction(p: Any) -> None:
    def refuse() -> int:
        raise ValueError("no default")

    t = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.Integer),
        p.Column("d", p.Integer, default=refuse),
    )
    engine = p.engine()
    t.metadata.create_all(engine)
    x = p.bindparam("x", type_=p.Integer)
    text = p.text("select :x")
    executions: list[Any] = [
        lambda c: c.execute(text),
        lambda c: c.execute(text.columns(p.column("a", p.Integer))),
        lambda c: c.execute(p.text("update t set x = :x"), [{"x": 1}, {}]),
        lambda c: c.scalar(p.select(t.c.x).where(t.c.x == x)),
        lambda c: c.scalar(p.select(t.c.x).where(t.c.x.in_(p.bindparam("l", expanding=True)))),
        lambda c: c.execute(t.update().values(x=x + p.bindparam("y"))),
        lambda c: c.execute(t.insert().values(x=x + p.bindparam("y"), d=1), [{"y": 1}] * 2),
        lambda c: c.execute(t.insert().returning(t.c.x), [{"x": 1, "d": 1}, {"d": 1}]).all(),
        lambda c: c.execute(t.delete().where(t.c.x == p.bindparam("y"))),
        lambda c: c.execute(t.insert(), {"x": 1}),
        lambda c: c.execute(p.select(t.c.x).where(t.c.x == x).compile(engine)),
        lambda c: c.execute(text.compile(engine)),
        lambda c: c.execute(text, 5),
        lambda c: c.exec_driver_sql("select 1", 5),
    ]
    level = {"isolation_level": "AUTOCOMMIT"}
    for options in ({}, level):
        for execute in executions:
            with engine.connect().execution_options(**options) as connection:
                for _ in range(2):  # compiled then
                    p.error(lambda c=connection, e=execute: e(c))
                    p.show(connection.in_transaction())
                with connection.begin():
                    p.error(lambda c=connection, e=execute: e(c))
                    p.show(connection.in_transaction())
            p.error(lambda c=connection, e=execute: e(c))
    for name in ("begin", "rollback", "handle_error"):
        p.event.listen(engine, name, lambda *given, name=name: p.show(name))
    with engine.connect() as connection:
        p.error(lambda: connection.execute(text))
        p.show(connection.in_transaction())
        connection.invalidate()
        p.error(lambda: connection.execute(text))
        p.show(connection.invalidated, connection.in_transaction())
        connection.execute(text, {"x": "1"})
        connection.invalidate()
        p.error(lambda: connection.execute(text))


@making_tests()
def test_parameters_whose_keys_are_no_strings(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)

    t = A.__table__
    where = p.select(t.c.x).where(t.c.x == p.bindparam("q", type_=p.Integer))
    session = p.session()
    keys: list[Any] = [1, None, b"x", ("x",), t.c.x, A.x]
    both = p.delete(t).where(t.c.x == p.bindparam("x")), p.text("update a set x = :x")
    statements = [p.select(t), where, p.insert(t), p.update(t), p.delete(t), p.func.abs(1), *both]
    statements += [p.insert(t).returning(t.c.id), p.select(A.x)]
    for statement in statements:
        for key in keys:
            with session.bind.connect() as connection:
                given = {key: 2}
                p.error(lambda c=connection, s=statement, g=given: c.execute(s, g), text=key == 1)
    for statement in (t.insert(), t.update().values(x=1), t.insert().returning(t.c.id), *both):
        for sets in ([{1: 2}, {1: 3}], [{"x": 1}, {1: 3}], [{"x": 1, 2: 3}]):
            with session.bind.connect() as connection:
                p.error(lambda c=connection, s=statement, g=sets: c.execute(s, g))
    of_the_orm = [p.select(A), p.insert(A), p.insert(A).values(x=1), p.update(A), p.delete(A)]
    of_the_orm += [p.insert(A).returning(A), p.update(A).values(x=1), p.select(A).where(A.x == 1)]
    for statement in of_the_orm:
        for key in (1, None, b"x"):
            p.error(lambda s=statement, k=key: session.execute(s, {k: 2}) and None)
            session.rollback()
    p.error(lambda: p.show(session.query(A).params({1: 2}).all()))
    for statement in (p.select(A), p.update(A).values(x=1), p.update(A), p.delete(A), p.text("x")):
        p.error(lambda s=statement: session.execute(s, 5))
        p.error(lambda s=statement: session.execute(s, "ab"))
    session.rollback()
    with session.bind.connect() as connection:
        for given in (0, False, True, "", 5, [5], (), [], [()]):
            p.error(lambda g=given: connection.execute(t.select(), g) and None)
            p.error(lambda g=given: connection.exec_driver_sql("select 1", g) and None)


@program
def test_hosts_of_the_query_of_a_url(p: Peer):
    """Those of the query replace the one before it, and its port goes with a single one."""
    for driver in ("psycopg", "psycopg2"):
        for rest in (
            "fixed/d?host=a",
            "fixed/d?host=a:111",
            "fixed:99/d?host=a",
            "fixed:99/d?host=/sockets",
            "fixed:99/d?host=a&port=111",
            "fixed:99/d?port=111",
            "fixed:99/d?host=a:1&host=b",
            "fixed:99/d?port=1,2",
        ):

            def arguments(rest=rest, driver=driver):
                engine = p.sa.create_engine(f"postgresql+{driver}://u:p@{rest}")
                given = engine.dialect.create_connect_args(engine.url)[1]
                return str(given["host"]), str(given.get("port"))

            p.error(lambda arguments=arguments: p.show(arguments()))


@program
def test_levels_that_do_not_exist(p: Peer):
    """An option of the engine is looked at when there is a connection to set it on."""
    options = {"isolation_level": "NO SUCH"}
    engine = p.sa.create_engine("sqlite://", execution_options=options)
    p.error(engine.connect)
    engine = p.sa.create_engine("sqlite://").execution_options(**options)
    p.error(engine.connect)


@program
def test_errors_that_listeners_are_not_told(p: Peer):
    engine, heard = p.engine(), []

    @p.sa.event.listens_for(engine, "handle_error")
    def told(context):
        heard.append(context.statement)
        raise ValueError("instead")

    with engine.connect() as c:
        for skip in (True, False):
            c.execution_options(skip_user_error_events=skip)
            p.error(lambda: c.exec_driver_sql("SELECT no_such"))
            p.show(heard)


@program
def test_names_of_a_mock_engine(p: Peer):
    written = []
    mock = p.sa.create_mock_engine("postgresql://", lambda sql, *a, **k: written.append(str(sql)))
    t = p.Table("t", p.MetaData(), p.Column("a", p.Integer))
    for name in ("postgresql", "sqlite"):
        ddl = p.DDL(f"for {name}").execute_if(
            callable_=lambda ddl, target, bind, name=name, **kw: bind.name == name
        )
        p.sa.event.listen(t, "after_create", ddl)
    t.create(mock)
    p.show(mock.name, mock.engine.name, written)


@program
def test_connections_that_were_invalidated(p: Peer):
    """Have nothing behind them, wherever they were got from."""
    engine = p.engine()
    with engine.connect() as c:
        before = c.connection
        c.invalidate()
        p.show(before.is_valid, c.invalidated)
        c.rollback()
        p.show(c.connection.is_valid, before.is_valid, c.invalidated)
    s = p.Session(engine)
    c = s.connection()
    before = c.connection
    s.invalidate()
    p.show(c.closed, c.invalidated, before.is_valid, s.connection().connection.is_valid)
    s.close()
