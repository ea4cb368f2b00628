"""Connections that the program made: code of theirs that does its worst, and what stays of it."""

from __future__ import annotations

import contextlib
import datetime
import gc
import sqlite3
import sys
import weakref
from decimal import Decimal
from ipaddress import IPv4Address
from uuid import UUID

import pytest

import cormorant as sa
from cormorant import pool
from cormorant.orm import Session, declarative_base, relationship, selectinload

from .leaks import SANITIZED

pytestmark = pytest.mark.usefixtures("apart")
ROUNDS = 20 if SANITIZED else 60

Base = declarative_base()


class Parent(Base):
    __tablename__ = "parents"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    children = relationship("Child", back_populates="parent")


class Child(Base):
    __tablename__ = "children"
    id = sa.Column(sa.Integer, primary_key=True)
    parent_id = sa.Column(sa.ForeignKey("parents.id"))
    parent = relationship("Parent", back_populates="children")


class Meddling(sqlite3.Connection):
    """Calls a function before each call of the connection or of its cursors."""

    meddle = staticmethod(lambda name: None)

    def cursor(self, *args):
        self.meddle("cursor")
        return super().cursor(MeddlingCursor)

    def commit(self):
        self.meddle("commit")
        super().commit()

    def rollback(self):
        self.meddle("rollback")
        super().rollback()

    def close(self):
        self.meddle("close")
        super().close()


class MeddlingCursor(sqlite3.Cursor):
    def execute(self, *args):
        self.connection.meddle("execute")
        return super().execute(*args)

    def executemany(self, *args):
        self.connection.meddle("executemany")
        return super().executemany(*args)

    def fetchmany(self, *args):
        self.connection.meddle("fetchmany")
        return super().fetchmany(*args)

    @property
    def rowcount(self):
        self.connection.meddle("rowcount")
        return super().rowcount

    @property
    def lastrowid(self):
        self.connection.meddle("lastrowid")
        return super().lastrowid

    @property
    def description(self):
        self.connection.meddle("description")
        return super().description

    def close(self):
        self.connection.meddle("close")
        super().close()


def make(base=Meddling, **options):
    """An engine with one connection in memory, and the class of that connection."""

    class Own(base):
        pass

    def connect():
        return sqlite3.connect(":memory:", factory=Own, check_same_thread=False)

    options = {"creator": connect, "poolclass": pool.StaticPool, **options}
    return sa.create_engine("sqlite://", **options), Own


def work(engine, seen=None):
    """A little of everything."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Parent(name=f"p{n}", children=[Child(), Child()]) for n in range(3)])
        session.commit()
        for parent in session.scalars(sa.select(Parent).options(selectinload(Parent.children))):
            parent.name += "!"
        session.flush()
        with session.begin_nested():
            session.delete(session.scalars(sa.select(Child)).first())
        session.commit()
        streamed = session.execute(sa.select(Parent.id).execution_options(yield_per=1))
        found = [streamed.fetchone()]
        session.execute(sa.insert(Parent), [{"id": 50}, {"id": 51}])
        session.execute(sa.insert(Parent).returning(Parent.id), [{}, {}]).all()
        del streamed
        session.rollback()
    with engine.connect() as conn:
        conn.execute(sa.select(sa.text("name, id")).select_from(Parent)).all()
    Base.metadata.drop_all(engine)
    return found


def test_every_call_raises_in_turn():
    engine, own = make()
    calls = 0

    def count(name):
        nonlocal calls
        calls += 1

    own.meddle = staticmethod(count)
    expected = work(engine)
    assert calls > 100
    raised = []
    for turn in range(1, calls + 1):
        left = turn

        def fail(name):
            nonlocal left
            left -= 1
            if left == 0:
                raise sqlite3.OperationalError(f"in {name}")

        engine, own = make()
        own.meddle = staticmethod(fail)
        try:
            work(engine)
        except sa.exc.DBAPIError as error:
            raised.append(type(error.orig))
        left = 0
        with engine.begin() as conn:  # the engine can be used
            for name in conn.scalars(sa.text("SELECT name FROM sqlite_master")).all():
                conn.execute(sa.text(f"DROP TABLE {name}"))
        assert work(engine) == expected
    # closing cursors and resetting connections fail unheard
    assert set(raised) == {sqlite3.OperationalError}
    assert len(raised) > calls // 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError, SystemExit])
def test_what_is_no_error_of_a_database(error):
    engine, own = make()
    Base.metadata.create_all(engine)

    def fail(name):
        if name == "fetchmany":
            raise error("now")

    own.meddle = staticmethod(fail)
    with engine.connect() as conn, pytest.raises(error, match="now"):
        conn.execute(sa.select(Parent))


def test_every_call_uses_the_engine():
    engine, own = make()
    expected = work(engine)
    said = set()
    depth = 0

    def use(name):
        nonlocal depth
        if depth:
            return
        depth += 1
        try:
            with engine.connect() as conn:
                said.add(conn.scalar(sa.text("SELECT 'used'")))
                list(
                    conn.execution_options(yield_per=1).scalars(sa.text("SELECT 1 UNION SELECT 2"))
                )
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            said.add(type(error))
        finally:
            depth -= 1
        gc.collect()

    own.meddle = staticmethod(use)
    try:
        assert work(engine) == expected
    except sa.exc.SQLAlchemyError:
        pass  # its transaction may have been ended in between
    assert sa.exc.ProgrammingError in said  # the connection is in use


def test_every_call_closes_or_invalidates():
    refused = 0
    for turn in range(1, 90, 2):
        engine, own = make()
        left = turn
        session = Session(engine)

        def end(name, engine=engine, session=session):
            nonlocal left
            left -= 1
            if left != 0:
                return
            raw = engine.raw_connection().dbapi_connection
            for close in session.close, engine.dispose, lambda: sqlite3.Connection.close(raw):
                with contextlib.suppress(Exception):
                    close()

        own.meddle = staticmethod(end)
        try:
            with session:
                Base.metadata.create_all(session.connection())
                session.add_all([Parent(children=[Child()]) for _ in range(3)])
                session.commit()
                for _ in range(10):
                    session.execute(sa.select(Parent).execution_options(yield_per=1)).first()
        except (sa.exc.SQLAlchemyError, sqlite3.Error):
            refused += 1
    assert refused > 20


def test_rows_of_a_cursor_that_lies():
    class Lies(MeddlingCursor):
        rows = ()

        def fetchmany(self, size):
            given, Lies.rows = Lies.rows, ()
            return given

    class Liar(Meddling):
        def cursor(self, *args):
            return sqlite3.Connection.cursor(self, Lies)

    engine, _ = make(Liar)

    def ask(rows):
        Lies.rows = rows
        with engine.connect() as conn:
            return conn.execute(sa.text("SELECT 1 AS a, 2 AS b")).all()

    assert ask([(1, 2)] * 3000) == [(1, 2)] * 3000
    assert ask(iter([[1, 2], {3: 0, 4: 0}])) == [(1, 2), (3, 4)]
    for rows in [(1,)], [(1, 2, 3)]:
        with pytest.raises(sa.exc.InterfaceError, match="describes 2 columns"):
            ask(rows)
    for rows in 5, [5], None:
        with pytest.raises(TypeError):
            ask(rows)
    for value, kind in ({2}, "set"), ([2], "list"), (2**70, "int"), (IPv4Address(2), "IPv4Address"):
        match = f"column 'b': a row cannot hold the {kind} that"
        with pytest.raises(sa.exc.NotSupportedError, match=match):
            ask([(1, value)])
    utc = datetime.UTC
    for value in (
        Decimal("1.50"), UUID(int=7), datetime.date(2020, 1, 2), datetime.timedelta(1, 2, 3),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.datetime(2020, 1, 2, tzinfo=utc),
        datetime.time(1, 2, tzinfo=utc), True, b"bytes", -(2**63), 2.5,
    ):  # fmt: skip
        assert ask([(1, value)]) == [(1, value)]
        assert type(ask([(1, value)])[0][1]) is type(value)
    with pytest.raises(UnicodeEncodeError):
        ask([(1, "\udc80")])


def test_a_description_that_lies():
    class Lies(MeddlingCursor):
        description = None

    class Liar(Meddling):
        def cursor(self, *args):
            return sqlite3.Connection.cursor(self, Lies)

    engine, _ = make(Liar)
    for lie in 5, [5], [()], [("\udc80",)]:
        Lies.description = lie
        with engine.connect() as conn, pytest.raises((TypeError, IndexError, UnicodeEncodeError)):
            conn.execute(sa.text("SELECT 1"))
    Lies.description = [(1,)]  # no name
    with engine.connect() as conn:
        assert conn.execute(sa.text("SELECT 1")).all() == [(1,)]


def test_a_description_that_changes_from_row_to_row():
    """An INSERT that returns something is executed for one row after the other."""

    class Changes(MeddlingCursor):
        ours = False
        runs = 0

        def execute(self, sql, *args):
            self.ours = sql.startswith("INSERT INTO stamped")
            Changes.runs += self.ours
            return super().execute(sql, *args)

        @property
        def description(self):
            return [("a",), ("b",)][: 3 - self.runs] if self.ours else super().description

        def fetchmany(self, size):
            found = super().fetchmany(size)
            return [(1, 2 if self.runs == 1 else {2}) for _ in found] if self.ours else found

    class Changing(Meddling):
        def cursor(self, *args):
            return sqlite3.Connection.cursor(self, Changes)

    class Stamped(declarative_base()):
        __tablename__ = "stamped"
        id = sa.Column(sa.Integer, primary_key=True)
        made = sa.Column(sa.Integer, server_default="7")
        __mapper_args__ = {"eager_defaults": True}

    engine, _ = make(Changing, use_insertmanyvalues=False)
    Stamped.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Stamped(id=1), Stamped(id=2)])
        with pytest.raises(sa.exc.InterfaceError, match="describes 1 columns, that before it 2"):
            session.flush()


def test_statements_find_fewer_columns_than_they_were_made_for():
    class Narrow(MeddlingCursor):
        def execute(self, sql, parameters):
            return super().execute("SELECT 1 AS a" if "parents" in sql else sql, ())

    class Narrows(Meddling):
        def cursor(self, *args):
            return sqlite3.Connection.cursor(self, Narrow)

    engine, _ = make(Narrows)
    with Session(engine) as session, pytest.raises(Exception, match="column"):
        session.scalars(sa.select(Parent)).all()


def test_a_connection_that_leads_to_its_engine_is_collected():
    class Leads(sqlite3.Connection):
        pass

    def lead():
        engine, _ = make(Leads)
        with engine.connect() as conn:
            own = conn.connection.dbapi_connection
            own.engine = engine
            rows = conn.execution_options(yield_per=1).execute(sa.text("SELECT 1 UNION SELECT 2"))
            rows.fetchone()
            own.rows = rows
        return weakref.ref(own)

    gone = lead()
    gc.collect()
    assert gone() is None


def test_nothing_stays():
    engine, _ = make()

    def once():
        work(engine)
        with engine.connect() as conn, pytest.raises(sa.exc.OperationalError):
            conn.execute(sa.text("SELECT nothing"))
        engine.dispose()

    def kept():
        gc.collect()
        return len(gc.get_objects()), sys.getallocatedblocks()

    for _ in range(10):
        once()
    objects, blocks = kept()
    for _ in range(ROUNDS):
        once()
    now = kept()
    assert now[0] - objects < ROUNDS
    assert now[1] - blocks < 15 * ROUNDS  # one for each statement would be more


def test_closing_says_what_failed(caplog):
    engine, own = make()

    def fail(name):
        if name == "close":
            raise sqlite3.OperationalError("at the end")

    with engine.connect() as conn:
        conn.execute(sa.text("SELECT 1"))
    own.meddle = staticmethod(fail)
    with caplog.at_level("ERROR"):
        engine.dispose()
    assert [record.exc_info[1].args for record in caplog.records] == [("at the end",)]


def test_connections_that_are_refused():
    class Waits:
        Error = sqlite3.Error

        def cursor(self): ...

        async def commit(self): ...

        async def rollback(self): ...

        async def close(self): ...

    class Silent:
        def cursor(self): ...

        commit = rollback = close = cursor

    for made in Waits(), Silent(), None, 5:
        with pytest.raises(TypeError, match="the creator of a pool must return a connection of"):
            sa.create_engine("sqlite://", creator=lambda made=made: made).connect()


def test_postgresql_refuses_other_drivers():
    engine = sa.create_engine("postgresql://", creator=lambda: sqlite3.connect(":memory:"))
    with pytest.raises(TypeError, match="not a sqlite3.Connection"):
        engine.connect()


def test_what_is_asked_of_the_connection_raises():
    """Besides statements: whether it is in a transaction, its interruption, what is lost."""
    asked = []

    class Silent(Meddling):
        @property
        def in_transaction(self):
            raise ValueError("asked")

        def interrupt(self):
            asked.append("interrupt")
            raise ValueError("interrupted")

    engine, _ = make(Silent)
    shown = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda about: shown.append(str(about.exc_value))
    try:
        with engine.connect() as conn:
            core = conn.connection._core
            assert core.in_transaction  # there may be one
            core.interrupt()
            assert conn.scalar(sa.text("SELECT 1")) == 1
    finally:
        sys.unraisablehook = before
    assert asked == ["interrupt"]
    assert shown == ["interrupted"]
