"""Engines, connections and transactions as "Working with Engines and Connections" tells of them:
execution options, isolation levels, nested transactions, errors."""

from typing import Any

import pytest

from .harness import Peer, Programs, compare

program = Programs()


def things(p: Peer, **options: Any):
    """An engine with a table of three rows."""
    meta = p.MetaData()
    t = p.Table(
        "t", meta, p.Column("id", p.Integer, primary_key=True), p.Column("name", p.String(20))
    )
    engine = p.engine("sqlite:///x.db", **options)
    meta.create_all(engine)
    with engine.begin() as c:
        c.execute(t.insert(), [{"id": i, "name": f"n{i}"} for i in (1, 2, 3)])
    return engine, t


@program
def transactions(p: Peer):
    engine, t = things(p)
    count = p.select(p.func.count()).select_from(t)
    with engine.connect() as c:
        p.show(c.in_transaction(), c.in_nested_transaction(), c.get_transaction())
        c.execute(t.delete().where(t.c.id == 1))
        p.show(c.in_transaction(), c.get_transaction() is not None)
        c.rollback()
        p.show(c.in_transaction(), c.scalar(count))
        p.error(c.begin)
        c.commit()
        with c.begin() as tx:
            p.show(tx.is_active, tx.is_valid, c.get_transaction() is tx)
            c.execute(t.delete().where(t.c.id == 1))
            p.error(c.begin)
        p.show(tx.is_active, tx.is_valid)
        p.error(tx.commit)
        tx.close()
        p.show(c.scalar(count))
        c.rollback()
        tx = c.begin()
        tx.rollback()
        p.error(tx.commit)
        with pytest.raises(ValueError, match="no"), c.begin():
            c.execute(t.delete())
            raise ValueError("no")
        p.show(c.scalar(count))


@program
def savepoints(p: Peer):
    engine, t = things(p)
    count = p.select(p.func.count()).select_from(t)
    with engine.begin() as c:
        nested = c.begin_nested()
        p.show(c.in_nested_transaction(), c.get_nested_transaction() is nested, nested.is_active)
        c.execute(t.delete().where(t.c.id == 1))
        nested.rollback()
        p.show(nested.is_active, c.in_nested_transaction(), c.scalar(count))
        with c.begin_nested():
            c.execute(t.delete().where(t.c.id == 2))
        p.show(c.scalar(count))
    with engine.connect() as c:
        p.show(c.scalar(count))
        c.begin_nested()
        c.execute(t.delete())
        c.commit()
        p.show(c.scalar(count), c.in_nested_transaction())


@program
def after_a_context_manager_ended(p: Peer):
    engine, _ = things(p)
    with engine.begin() as c:
        c.rollback()
        p.error(lambda: c.execute(p.text("select 1")))
    with engine.connect() as c:
        with c.begin() as tx:
            tx.commit()
            p.error(lambda: c.execute(p.text("select 1")))
            p.error(c.begin_nested)
        p.show(c.scalar(p.text("select 1")))


@program
def closed_connections(p: Peer):
    engine, _ = things(p)
    c = engine.connect()
    p.show(c.closed, c.invalidated)
    c.close()
    c.close()
    p.show(c.closed, c.invalidated, engine.pool.checkedout())
    p.error(lambda: c.execute(p.text("select 1")))
    p.error(c.begin)
    p.error(c.begin_nested)
    p.error(lambda: c.connection)
    p.error(lambda: c.execution_options(isolation_level="SERIALIZABLE"))
    p.show(c.in_transaction())
    with engine.connect() as c:
        c.execute(p.text("select 1"))
        c.invalidate()
        p.show(c.invalidated, c.closed)
        p.error(lambda: c.execute(p.text("select 1")))
        c.rollback()
        p.show(c.scalar(p.text("select 1")), c.invalidated)
        c.detach()
        p.show(c.scalar(p.text("select 1")), engine.pool.checkedout())


@program
def execution_options(p: Peer):
    engine, t = things(p)
    c = engine.connect()
    p.show(c.execution_options(a=1) is c, c.get_execution_options())
    c.execution_options(b=2)
    p.show(c.get_execution_options(), engine.get_execution_options())
    statement = p.select(t).execution_options(x=1).execution_options(y=2)
    p.show(statement.get_execution_options())
    seen = []

    @p.event.listens_for(engine, "before_cursor_execute")
    def before(conn, cursor, text, params, context, many):
        seen.append(dict(context.execution_options))

    c.execute(statement, execution_options={"z": 3})
    p.show(sorted(seen[0].items()))
    c.close()
    other = engine.execution_options(shard="a")
    p.show(other is engine, other.pool is engine.pool, other.get_execution_options())
    with other.connect() as c:
        p.show(c.get_execution_options())
    engine.update_execution_options(later=1)
    p.show(engine.get_execution_options(), other.get_execution_options())
    engine2 = p.engine(execution_options={"first": 1})
    p.show(engine2.get_execution_options(), engine2.connect().get_execution_options())


@program
def no_parameters(p: Peer):
    engine, _ = things(p)
    with engine.connect() as c:
        result = c.exec_driver_sql(
            "select name from t where name like 'n%'", execution_options={"no_parameters": True}
        )
        p.show(len(result.all()))


@program
def preserve_rowcount(p: Peer):
    engine, t = things(p)
    with engine.connect() as c:
        result = c.execute(
            t.update().where(t.c.id < 3).values(name="x"),
            execution_options={"preserve_rowcount": True},
        )
        p.show(result.rowcount)
        p.show(c.execute(t.delete().where(t.c.id > 5)).rowcount)
        p.show(
            c.execute(
                t.update().values(name="y").where(t.c.id == p.bindparam("k")), [{"k": 1}, {"k": 2}]
            ).rowcount
        )


@program
def isolation_levels(p: Peer):
    engine, t = things(p)
    with engine.connect() as c:
        p.show(c.get_isolation_level(), c.default_isolation_level)
        p.error(lambda: c.execution_options(isolation_level="NONSENSE"))
        c.execution_options(isolation_level="SERIALIZABLE")
        p.show(c.get_isolation_level())
        c.execute(p.select(t)).all()
        p.error(lambda: c.execution_options(isolation_level="SERIALIZABLE"))
        c.rollback()
        c.execution_options(isolation_level="AUTOCOMMIT")
        c.execute(t.insert().values(id=9, name="auto"))
        p.show(c.in_transaction())
        c.rollback()
    with engine.connect() as c:
        p.show(c.scalar(p.select(t.c.name).where(t.c.id == 9)))
    auto = engine.execution_options(isolation_level="AUTOCOMMIT")
    with auto.connect() as c:
        c.execute(t.delete().where(t.c.id == 9))
    with engine.connect() as c:
        p.show(c.scalar(p.select(p.func.count()).select_from(t)))
    p.error(lambda: p.engine(isolation_level="NONSENSE").connect())


@program
def driver_sql(p: Peer):
    engine, _ = things(p)
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    with engine.connect() as c:
        p.show(c.exec_driver_sql("select id from t order by id").all())
        sql = f"select name from t where id = {mark}"
        p.show(c.exec_driver_sql(sql, (1,)).scalar())
        update = f"update t set name = {mark} where id = {mark}"
        p.show(c.exec_driver_sql(update, [("a", 1), ("b", 2)]).rowcount >= 0)
        p.error(lambda: c.execute("select 1"))


@program
def engines(p: Peer):
    engine, _ = things(p)
    p.show(engine.driver in ("pysqlite", "psycopg"), engine.echo, engine.name)
    p.show(engine.has_table("t") if hasattr(engine, "has_table") else "none")
    engine.dispose()
    p.show(engine.pool.checkedin())
    with engine.connect() as c:
        p.show(c.engine is engine, c.dialect is engine.dialect)
    engine.dispose(close=False)
    p.show(p.inspect(engine).get_table_names())
    with engine.begin() as c:
        p.show(c.scalar(p.text("select count(*) from t")))
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("select id from t order by id")
    p.show([row[0] for row in cursor.fetchall()], cursor.description[0][0])
    cursor.close()
    raw.close()
    p.error(lambda: p.create_engine("nope://"))
    p.error(lambda: p.create_engine("sqlite://", nonsense=3))
    p.error(lambda: p.create_engine("sqlite://", pool_size="x"), text=False)


@program
def session_options(p: Peer):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    one, two = p.engine("sqlite:///one.db"), p.engine("sqlite:///two.db")
    p.Base.metadata.create_all(one)
    if one.dialect.name == "sqlite":
        p.Base.metadata.create_all(two)
    session = p.Session(one)
    session.add(A(id=1, name="a"))
    session.commit()
    select = p.select(A)
    found = session.scalars(select, bind_arguments={"bind": two}).all()
    p.show(len(found) if one.dialect.name == "sqlite" else 0)
    p.show(session.scalars(select, bind_arguments={"mapper": A}).one().name)
    a = session.scalars(select).one()
    a.name = "changed"
    with session.no_autoflush:
        p.show(session.scalars(p.select(A.name)).one())
    quiet = select.execution_options(autoflush=False)
    p.show(session.scalars(quiet).one().name, session.dirty == {a})
    again = session.scalars(select, execution_options={"populate_existing": True}).one()
    p.show(again is a, a.name)
    p.show(session.get(A, 1, populate_existing=True).name)
    session.rollback()
    session.close()


@program
def get_with_bind_arguments(p: Peer):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    one, two = p.engine("sqlite:///one.db"), p.engine("sqlite:///two.db")
    p.Base.metadata.create_all(one)
    if one.dialect.name == "sqlite":
        p.Base.metadata.create_all(two)
        with two.begin() as connection:
            connection.execute(p.insert(A), {"id": 1, "name": "two"})
    with one.begin() as connection:
        connection.execute(p.insert(A), {"id": 2 - (one.dialect.name == "sqlite"), "name": "one"})

    def name(session: Any, **given: Any) -> Any:
        try:
            found = session.get(A, 1, **given)
        finally:
            session.close()
        return None if found is None else found.name

    p.show(name(p.Session(one), bind_arguments={"bind": two}))
    p.show(name(p.Session(), bind_arguments={"bind": two}))
    p.show(name(p.Session(one), bind_arguments={"bind": two}, with_for_update=True))
    p.show(name(p.Session(one), bind_arguments={"bind": two}, populate_existing=True))
    p.show(name(p.Session(binds={A: one, B: two}), bind_arguments={"mapper": B}))
    session = p.Session(binds={A: one, B: two})
    p.show(session.scalars(p.select(A.name), bind_arguments={"mapper": B}).all())
    rename = p.update(A).values(name="1").where(A.name == "one")
    p.show(session.execute(rename, bind_arguments={"mapper": B}).rowcount)
    session.close()
    p.show(name(p.Session(one), bind_arguments={"other": 1}))
    p.error(lambda: name(p.Session()), text=False)

    class Routed(p.Session):
        def get_bind(self, mapper: Any = None, **kw: Any) -> Any:
            clause = kw.pop("clause", None)
            p.show(mapper.class_.__name__, type(clause).__name__, sorted(kw))
            return two if kw.get("shard") == 2 else one

    p.show(name(Routed(), bind_arguments={"shard": 2}))
    p.show(name(Routed(), bind_arguments={"shard": 1}))
    p.show(name(Routed()))
    p.show(name(Routed(), with_for_update=True))
    p.show(Routed().scalars(p.select(A.name), bind_arguments={"shard": 2, "clause": 1}).all())


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function, warned=True)
    assert peer.error is None
