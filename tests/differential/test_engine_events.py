"""Events of engines, connections and dialects."""

import datetime

import pytest

from .event_env import Recorder
from .harness import compare
from .models import many_to_many

CONNECTION = [
    "engine_connect",
    "begin",
    "rollback",
    "commit",
    "savepoint",
    "rollback_savepoint",
    "release_savepoint",
    "set_connection_execution_options",
    "set_engine_execution_options",
    "engine_disposed",
]


def cursor_events(p, recorder, target):
    def before(conn, cursor, statement, parameters, context, executemany):
        p.show("before", statement, parameters, executemany, type(conn).__name__)
        p.show(context.isinsert, context.isupdate, context.isdelete)
        context.seen = True

    def after(conn, cursor, statement, parameters, context, executemany):
        if not statement.endswith("RETURNING id"):  # the rows so far, or all of them
            p.show(parameters)
        p.show("after", statement, executemany, context.seen)

    p.sa.event.listen(target, "before_cursor_execute", before)
    p.sa.event.listen(target, "after_cursor_execute", after)


def execute_events(p, target):
    def before(conn, element, multiparams, params, options):
        p.show("before_execute", str(element), multiparams, params)

    def after(conn, element, multiparams, params, options, result):
        p.show("after_execute", str(element), multiparams, params, type(result).__name__)

    p.sa.event.listen(target, "before_execute", before)
    p.sa.event.listen(target, "after_execute", after)


def use_core(p, engine):
    meta = p.MetaData()
    t = p.Table("t", meta, p.Column("id", p.Integer, primary_key=True), p.Column("x", p.Integer))
    meta.create_all(engine, checkfirst=False)
    with engine.connect() as conn:
        conn.execute(t.insert(), {"x": 1})
        conn.execute(t.insert(), [{"x": 2}, {"x": 3}])
        conn.execute(t.insert().returning(t.c.id), {"x": 4}).all()
        conn.execute(t.update().where(t.c.x == 1).values(x=5))
        p.show(conn.execute(p.select(t.c.x).where(t.c.x.in_([2, 3]))).scalars().all())
        with conn.begin_nested() as point:
            conn.execute(t.delete())
            point.rollback()
        with conn.begin_nested():
            conn.exec_driver_sql("SELECT 1").all()
        mark = "?" if engine.dialect.positional else "%s"
        conn.exec_driver_sql(f"INSERT INTO t (x) VALUES ({mark})", [(7,), (8,)])
        conn.execute(p.text("SELECT x FROM t WHERE x > :x"), {"x": 2}).all()
        conn.commit()
        p.show(conn.scalar(p.select(p.func.count()).select_from(t)))
        conn.rollback()
    with engine.begin() as conn:
        conn.execution_options(a=1)
        conn.execute(p.select(t)).all()
    return t


def test_everything_of_an_engine():
    def program(p):
        engine = p.engine()
        recorder = Recorder(p)
        recorder.on(engine, CONNECTION)
        cursor_events(p, recorder, engine)
        execute_events(p, engine)
        use_core(p, engine)
        engine.execution_options(b=2)
        engine.dispose()

    compare(program)


def test_cursor_events_of_an_open_connection():
    """A listener that comes while a connection is in use is heard, and so is its removal."""

    def program(p):
        event = p.sa.event
        engine = p.engine()
        seen = []

        def before(conn, cursor, statement, parameters, context, executemany):
            seen.append(statement)

        with engine.connect() as conn:
            conn.exec_driver_sql("SELECT 1").all()
            event.listen(engine, "before_cursor_execute", before)
            p.show(event.contains(engine, "before_cursor_execute", before))
            conn.exec_driver_sql("SELECT 2").all()
            event.remove(engine, "before_cursor_execute", before)
            p.show(event.contains(engine, "before_cursor_execute", before))
            conn.exec_driver_sql("SELECT 3").all()
            event.listen(conn, "before_cursor_execute", before)
            conn.exec_driver_sql("SELECT 4").all()
        with engine.connect() as conn:
            conn.exec_driver_sql("SELECT 5").all()
        p.show(seen)
        p.error(lambda: event.remove(engine, "before_cursor_execute", before), text=False)
        p.error(lambda: event.listen(engine, "no_such_event", before), text=False)

    compare(program)


def test_listeners_of_the_engine_class():
    def program(p):
        event = p.sa.event
        engine = p.engine()
        seen = []

        def before(conn, cursor, statement, parameters, context, executemany):
            seen.append(statement)

        with engine.connect() as conn:
            event.listen(p.sa.engine.Engine, "before_cursor_execute", before)
            try:
                conn.exec_driver_sql("SELECT 1").all()
                with p.engine().connect() as other:
                    other.exec_driver_sql("SELECT 2").all()
            finally:
                event.remove(p.sa.engine.Engine, "before_cursor_execute", before)
            conn.exec_driver_sql("SELECT 3").all()
        p.show(seen)

    compare(program)


@pytest.mark.sqlite_only
def test_retval_changes_the_statement():
    def program(p):
        engine = p.engine()

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)

        p.Base.metadata.create_all(engine)

        def comment(conn, cursor, statement, parameters, context, executemany):
            if "INSERT" in statement:
                statement = statement.replace("INTO", "OR REPLACE INTO")
                if executemany and isinstance(parameters, list):
                    parameters = [(p[0], p[1] + "!") for p in parameters]
                else:
                    parameters = (parameters[0], parameters[1] + "?")
            return statement + " -- by me", parameters

        p.sa.event.listen(engine, "before_cursor_execute", comment, retval=True)

        @p.sa.event.listens_for(engine, "after_cursor_execute")
        def after(conn, cursor, statement, parameters, context, executemany):
            p.show(statement, parameters)

        with p.orm.Session(engine) as session:
            session.execute(p.sa.insert(Thing).values(id=9, name="old"))
            session.commit()
            things = [Thing(id=i, name=f"n{i}") for i in range(3)]
            session.add_all(things)
            session.commit()
            session.add(Thing(id=9, name="new"))
            session.commit()
            things[1].name = "changed"
            session.delete(things[2])
            session.commit()
            p.show([(t.id, t.name) for t in session.query(Thing).order_by(Thing.id)])
        with engine.connect() as conn:
            p.show(conn.execute(p.select(Thing.name).where(Thing.id == 0)).all())

    compare(program, sql=False)


def test_retval_changes_parameters():
    def program(p):
        engine = p.engine()
        meta = p.MetaData()
        t = p.Table("t", meta, p.Column("x", p.Integer))
        meta.create_all(engine)

        def double(conn, cursor, statement, parameters, context, executemany):
            if executemany:
                parameters = [twice(row) for row in parameters]
            else:
                parameters = twice(parameters)
            return statement, parameters

        def twice(row):
            if isinstance(row, dict):
                return {name: 2 * value for name, value in row.items()}
            return tuple(2 * value for value in row)

        p.sa.event.listen(engine, "before_cursor_execute", double, retval=True)
        with engine.connect() as conn:
            conn.execute(t.insert(), {"x": 1})
            conn.execute(t.insert(), [{"x": 2}, {"x": 3}])
            p.show(conn.execute(p.select(t.c.x)).scalars().all())

    compare(program, sql=False)


def test_retval_changes_sql():
    """A comment before each statement, also of a flush; other parameters."""

    def program(p):
        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            day = p.Column(p.Date)

        session = p.session()

        def comment(conn, cursor, statement, parameters, context, executemany):
            if "nobody" in statement:
                return statement.replace("nobody", "somebody"), parameters
            return f"/* 100%% */ {statement}" if "%" in statement else statement, parameters

        p.sa.event.listen(session.bind, "before_cursor_execute", comment, retval=True)
        thing = Thing(name="50%", day=datetime.date(2020, 1, 2))
        session.add(thing)
        session.flush()
        thing.name = "60%"
        session.commit()
        p.show(thing.name, thing.day)
        found = session.scalars(p.select(Thing).where(Thing.name.like("6%"), Thing.id == 1))
        p.show([(each.name, each.day) for each in found])
        p.show(session.scalar(p.text("SELECT 'nobody'")))
        session.close()

    compare(program, sql=False)


def test_retval_with_parameters_that_do_not_fit():
    def program(p):
        engine = p.engine()
        wrong = []

        def change(conn, cursor, statement, parameters, context, executemany):
            return statement, wrong[0]

        p.sa.event.listen(engine, "before_cursor_execute", change, retval=True)
        for each in ({}, {"b": 1}, (), (1, 2)):
            wrong[:] = [each]
            with engine.connect() as conn:
                p.error(lambda: conn.execute(p.text("SELECT :a"), {"a": 1}), text=False)
                conn.rollback()
                wrong[:] = [{"a": 3} if not engine.dialect.positional else (3,)]
                p.show(conn.execute(p.text("SELECT :a + 1"), {"a": 1}).scalar())

    compare(program, sql=False)


def test_before_execute_replaces_the_statement():
    def program(p):
        engine = p.engine()

        def replace(conn, element, multiparams, params, options):
            return p.text("SELECT :a AS a"), multiparams, {"a": 5}

        p.sa.event.listen(engine, "before_execute", replace, retval=True)
        with engine.connect() as conn:
            p.show(conn.execute(p.text("SELECT 1")).all())
        p.error(
            lambda: p.sa.event.listen(engine, "begin", replace, retval=True),
        )

    compare(program)


def test_statements_of_association_rows():
    def program(p):
        A, B, _ = many_to_many(p)
        session = p.session()
        a = A(id=1, bs=[B(id=1), B(id=2)])
        session.add(a)
        session.flush()
        execute_events(p, session.bind)
        a.bs.append(session.get(B, 1))
        a.bs[:1] = [B(id=3), B(id=4)]
        session.flush()

    compare(program)


def test_old_signatures_are_converted():
    def program(p):
        engine = p.engine()

        @p.sa.event.listens_for(engine, "before_execute")
        def before(conn, clauseelement, multiparams, params):
            p.show("before", str(clauseelement), multiparams, params)

        @p.sa.event.listens_for(engine, "engine_connect")
        def connected(conn, branch):
            p.show("engine_connect", branch)

        @p.sa.event.listens_for(engine, "reset")
        def reset(dbapi_connection, connection_record):
            p.show("reset")

        with engine.connect() as conn:
            conn.execute(p.text("SELECT 1"))

    compare(program, warned=True)


def test_a_connection_pinged_when_it_is_opened():
    """As documented for pools long ago, and still done."""

    def program(p):
        engine = p.engine()

        @p.sa.event.listens_for(engine, "engine_connect")
        def ping(conn):
            kept = conn.should_close_with_result
            conn.should_close_with_result = False
            try:
                with conn.begin():
                    p.show(kept, conn.scalar(p.select(1)))
            finally:
                conn.should_close_with_result = kept

        with engine.connect() as conn:
            p.show(conn.should_close_with_result, conn.in_transaction())

    compare(program)


def test_named_once_insert():
    def program(p):
        event = p.sa.event
        engine = p.engine()

        @event.listens_for(engine, "begin", once=True)
        def only_once(conn):
            p.show("once")

        @event.listens_for(engine, "before_cursor_execute", named=True)
        def named(**kw):
            p.show(sorted(kw), kw["statement"])

        @event.listens_for(engine, "begin")
        def last(conn):
            p.show("last")

        @event.listens_for(engine, "begin", insert=True)
        def not_first(conn):
            p.show("not first")

        @event.listens_for(engine, "checkout")
        def second(*args):
            p.show("second")

        @event.listens_for(engine, "checkout", insert=True)
        def first(*args):
            p.show("first")

        event.listen(engine, "begin", last)  # twice counts once
        for _ in range(2):
            with engine.begin() as conn:
                conn.exec_driver_sql("SELECT 1")

    compare(program)


def test_sqlite_transactions_begun_by_the_program():
    """The recipe that lets the program say BEGIN."""

    def program(p):
        engine = p.engine("sqlite:///f.db")

        @p.sa.event.listens_for(engine, "connect")
        def do_connect(dbapi_connection, connection_record):
            dbapi_connection.isolation_level = None

        @p.sa.event.listens_for(engine, "begin")
        def do_begin(conn):
            conn.exec_driver_sql("BEGIN")

        with engine.connect() as conn:
            conn.exec_driver_sql("CREATE TABLE t (x)")
            conn.rollback()
            p.show(conn.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar())
            conn.exec_driver_sql("CREATE TABLE t (x)")
            conn.exec_driver_sql("INSERT INTO t VALUES (1)")
            with conn.begin_nested() as nested:
                conn.exec_driver_sql("INSERT INTO t VALUES (2)")
                nested.rollback()
            conn.commit()
            p.show(conn.exec_driver_sql("SELECT x FROM t").all())

    compare(program)


def test_failing_listeners_lose_no_connection():
    def program(p):
        engine = p.engine("sqlite:///f.db", pool_size=1, max_overflow=0, pool_timeout=0.2)
        fail = []

        @p.sa.event.listens_for(engine, "checkout")
        def checkout(*args):
            if "checkout" in fail:
                raise ValueError("checkout")

        @p.sa.event.listens_for(engine, "begin")
        def begin(*args):
            if "begin" in fail:
                raise ValueError("begin")

        @p.sa.event.listens_for(engine, "before_cursor_execute")
        def before(*args):
            if "before" in fail:
                raise ValueError("before")

        def use():
            with engine.connect() as conn:
                return conn.exec_driver_sql("SELECT 1").scalar()

        for what in ("checkout", "begin", "before"):
            fail[:] = [what]
            p.error(use)
            fail[:] = []
            p.show(use())

    compare(program)


def test_do_execute():
    def program(p):
        engine = p.engine()
        meta = p.MetaData()
        t = p.Table("t", meta, p.Column("x", p.Integer))
        meta.create_all(engine)

        @p.sa.event.listens_for(engine, "do_execute")
        def do_execute(cursor, statement, parameters, context):
            p.show("do_execute", statement, parameters)
            if "INSERT" in statement:
                given = (42,) if engine.dialect.positional else {"x": 42}
                cursor.execute(statement, given)
                return True

        @p.sa.event.listens_for(engine, "do_executemany")
        def do_executemany(cursor, statement, parameters, context):
            p.show("do_executemany", statement, parameters)

        with engine.connect() as conn:
            conn.execute(t.insert(), {"x": 1})
            conn.execute(t.insert(), [{"x": 2}, {"x": 3}])
            p.show(conn.execute(p.select(t.c.x)).scalars().all())

    compare(program)


def test_cursor_events_of_a_flush():
    def program(p):
        class Node(p.Base):
            __tablename__ = "node"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            parent_id = p.Column(p.ForeignKey("node.id"))
            children = p.relationship("Node")

        session = p.session()
        recorder = Recorder(p)
        cursor_events(p, recorder, session.bind)
        session.add(Node(name="root", children=[Node(name=f"c{i}") for i in range(3)]))
        session.commit()
        nodes = session.query(Node).order_by(Node.id).all()
        for node in nodes:
            node.name += "x"
        session.flush()
        nodes[3].name = "y"
        session.delete(nodes[1])
        session.commit()
        p.show([c.name for c in nodes[0].children])

    compare(program)


def test_a_listener_that_executes():
    def program(p):
        engine = p.engine()
        depth = []

        @p.sa.event.listens_for(engine, "before_cursor_execute")
        def before(conn, cursor, statement, parameters, context, executemany):
            if len(depth) < 2:
                depth.append(statement)
                p.show(conn.exec_driver_sql("SELECT 'inner'").scalar())

        with engine.connect() as conn:
            p.show(conn.exec_driver_sql("SELECT 'outer'").scalar())

    compare(program)


def test_a_listener_that_listens():
    def program(p):
        engine = p.engine()

        @p.sa.event.listens_for(engine, "commit")
        def commit(conn):
            p.show("commit")
            p.sa.event.listen(engine, "rollback", lambda conn: p.show("rollback"))

        for _ in range(2):
            with engine.connect() as conn:
                conn.exec_driver_sql("SELECT 1")
                conn.commit()
                conn.exec_driver_sql("SELECT 1")

    compare(program)


def test_events_of_the_program():
    def program(p):
        event = p.sa.event

        class ThermostatEvents(event.Events):
            def too_hot(self, thermostat, degrees):
                """It is too hot."""

        class Thermostat:
            dispatch = event.dispatcher(ThermostatEvents)

        mine = Thermostat()
        event.listen(Thermostat, "too_hot", lambda t, d: p.show("class", d))
        event.listen(mine, "too_hot", lambda t, d: p.show("object", d))
        mine.dispatch.too_hot(mine, 30)
        Thermostat().dispatch.too_hot(None, 40)
        p.error(lambda: event.listen(mine, "too_cold", print), text=False)

    compare(program)


def test_two_phase_transactions():
    def program(p):
        engine = p.engine()
        if engine.dialect.name == "sqlite":
            return
        for name in ("begin", "commit", "rollback"):
            p.sa.event.listen(engine, name, lambda conn, name=name: p.show(name))
            told = f"{name}_twophase"
            p.sa.event.listen(
                engine,
                told,
                (lambda conn, xid: p.show("begins", xid))
                if name == "begin"
                else (lambda conn, xid, prepared, told=told: p.show(told, xid, prepared)),
            )
        connection = engine.connect()
        for how in ("commit", "rollback", "close"):
            transaction = connection.begin_twophase("x" + how)
            connection.execute(p.text("select 1"))
            getattr(transaction, how)()
            p.show(how, transaction.is_active)
            transaction = connection.begin_twophase("y" + how)
            getattr(connection, how)()
            p.show(how, transaction.is_active)
        with engine.connect() as connection, connection.begin_twophase("z"):
            p.error(lambda: connection.execute(p.text("select nothing")))

    compare(program)


def test_statements_of_the_orm_changed():
    def program(p):
        class User(p.Base):
            __tablename__ = "users"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            posts = p.relationship("Post", order_by="Post.id")

        class Post(p.Base):
            __tablename__ = "posts"
            id = p.Column(p.Integer, primary_key=True)
            user_id = p.Column(p.ForeignKey("users.id"))

        session = p.session()
        session.add_all([User(name="a", posts=[Post(), Post()]), User(name="b")])
        session.commit()

        def change(conn, element, multiparams, params, options):
            p.show(type(element).__name__.removeprefix("Annotated"), len(params))
            if getattr(element, "is_select", False):
                element = element.where(p.literal(7) == 7).limit(1)
            return element, multiparams, params

        p.sa.event.listen(session.bind, "before_execute", change, retval=True)
        p.show([u.name for u in session.scalars(p.select(User).order_by(User.id))])
        p.show([u.name for u in session.query(User).filter(User.name > "a")])
        user = session.get(User, 1)
        p.show(user.name, len(user.posts))
        session.expire_all()
        p.show(user.name)
        p.show(session.execute(p.select(User.name)).all())
        session.execute(p.sa.update(User).values(name="c"))
        session.add(User(name="z"))
        session.flush()

    compare(program, sql=False)


def test_options_said_in_several_places():
    """Those of the execution come first, then the connection's, then the statement's."""

    def program(p):
        heard = []
        engine = p.engine(execution_options={"e": "engine", "c": "engine"})
        with engine.connect() as connection:
            p.sa.event.listen(
                connection, "before_execute", lambda *given: heard.append(dict(given[-1]))
            )
            connection = connection.execution_options(c="connection", x="connection")
            said = {"e": "statement", "c": "statement", "x": "statement", "s": "statement"}
            statement = p.select(1).execution_options(**said)
            connection.execute(statement)
            connection.execute(statement, execution_options={"x": "execution"})
            t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), schema="given")
            there = "main" if engine.dialect.name == "sqlite" else "public"
            connection.execution_options(schema_translate_map={"given": there})
            p.Table("t", p.MetaData(), p.Column("a", p.Integer)).create(connection)
            statement = p.select(t).execution_options(schema_translate_map={"given": "absent"})
            p.show(connection.execute(statement).all())
            p.error(lambda: connection.execute(
                statement, execution_options={"schema_translate_map": {"given": "absent"}}
            ).all())  # fmt: skip
        p.show([sorted(options.items()) for options in heard[:2]])

    compare(program, error_text=False)


def test_values_before_they_are_encoded():
    """compiled_parameters, and what before_execute hears of a flush: dates are no texts, enums
    no names."""

    def program(p):
        import enum

        class Colour(enum.Enum):
            red = 1
            green = 2

        Base = p.declarative_base()
        association = p.Table(
            "paper_tag",
            Base.metadata,
            p.Column("paper_id", p.ForeignKey("paper.id"), primary_key=True),
            p.Column("tag_id", p.ForeignKey("tag.id"), primary_key=True),
        )

        class Tag(Base):
            __tablename__ = "tag"
            id = p.Column(p.Integer, primary_key=True)

        class Paper(Base):
            __tablename__ = "paper"
            id = p.Column(p.Integer, primary_key=True)
            day = p.Column(p.Date)
            colour = p.Column("col our", p.Enum(Colour))
            number = p.Column(p.Integer)
            tags = p.relationship(Tag, secondary=association, order_by=Tag.id)

        engine = p.engine()
        Base.metadata.create_all(engine)
        heard = []

        @p.sa.event.listens_for(engine, "before_execute")
        def before_execute(conn, element, multiparams, params, options):
            if element.__visit_name__ not in ("select", "textclause"):
                p.show(list(multiparams), params)

        @p.sa.event.listens_for(engine, "after_cursor_execute")
        def after_cursor_execute(conn, cursor, statement, parameters, context, executemany):
            if context.compiled is not None:
                found = [sorted(values.items()) for values in context.compiled_parameters]
                heard.append((statement.split()[0], sorted(map(str, found)), executemany))

        day = datetime.date(2024, 2, 29)
        with p.Session(engine) as s:
            s.add_all([Tag(id=n) for n in range(1, 4)])
            s.flush()
            some = s.query(Tag).filter(Tag.id.in_([1, 3])).all()
            paper = Paper(id=1, day=day, colour=Colour.green, tags=some)
            s.add(paper)
            s.commit()
            paper.day = datetime.date(1999, 1, 1)
            paper.colour = None
            s.commit()
            paper.tags.pop()
            s.commit()
            s.delete(paper)
            s.commit()
            s.execute(p.insert(Paper), [{"id": 2, "day": day}, {"id": 3, "day": None}])
            s.execute(p.select(Paper.id).where(Paper.day == day, Paper.colour.in_([Colour.red])))
            s.execute(p.update(Paper).where(Paper.id.in_([2, 3])).values(colour=Colour.red))
            s.execute(p.delete(Paper).where(Paper.day == day))
            s.execute(p.text("select :x").bindparams(x=1))
            s.rollback()
        with engine.connect() as conn:
            ids = conn.execute(
                p.insert(Paper).returning(Paper.id), [{"day": day, "number": n} for n in (1, 2)]
            ).all()
            p.show(len(ids))
            conn.exec_driver_sql("select 1")
        for item in heard:
            p.show(*item)

    compare(program)


def test_parameters_of_expressions_in_a_flush():
    """Defaults in SQL have parameters of their own, which listeners are not told; those of many
    rows are dictionaries in a list."""

    def program(p):
        class Paper(p.Base):
            __tablename__ = "papers"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String(10))
            size = p.Column(p.Integer, default=p.func.abs(-3))
            changed = p.Column(p.Integer, onupdate=p.func.abs(-4))

        engine = p.engine()
        p.Base.metadata.create_all(engine)

        @p.sa.event.listens_for(engine, "before_execute")
        def before_execute(conn, element, multiparams, params, options):
            shown = [sorted(row.items()) for row in multiparams]
            p.show("before", element.__visit_name__, shown)
            p.show(sorted(params.items()))

        @p.sa.event.listens_for(engine, "after_execute")
        def after_execute(conn, element, multiparams, params, options, result):
            p.show("after", [sorted(row.items()) for row in multiparams], sorted(params.items()))

        with p.Session(engine) as s:
            paper = Paper(name="a")
            s.add(paper)
            s.flush()
            paper.name = "b"
            s.flush()
            s.bulk_insert_mappings(Paper, [{"name": "c"}, {"name": "d"}])
            s.execute(p.insert(Paper), [{"name": "e"}, {"name": "f"}])
            s.execute(p.insert(Paper).values(name="g"))
            s.execute(p.update(Paper).where(Paper.name == "g").values(name="h"))
            s.commit()
            p.show(s.execute(p.select(Paper.name, Paper.size, Paper.changed)).all())

    compare(program)
