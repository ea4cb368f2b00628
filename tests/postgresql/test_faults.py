"""Connections that are lost: what a program is told, and what becomes of its pool."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.engine.url import make_url
from cormorant.orm import Session, declarative_base

from .. import postgres
from .proxy import Proxy

text = sa.text


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    parsed = make_url(url)
    with Proxy(parsed.host or "127.0.0.1", parsed.port or 5432) as made:
        yield made


@pytest.fixture
def through(proxy: Proxy, url: str) -> Iterator[Any]:
    """An engine whose connections go through the proxy."""
    parsed = make_url(url).set(host="127.0.0.1", port=proxy.port)
    engine = sa.create_engine(parsed, pool_size=1, max_overflow=0, pool_timeout=10)
    yield engine
    engine.dispose()


def terminate(engine: Any, process: int) -> None:
    with engine.connect() as conn:
        conn.execute(text("select pg_terminate_backend(:p)"), {"p": process})
        for _ in range(100):
            alive = text("select count(*) from pg_stat_activity where pid = :p")
            if conn.execute(alive, {"p": process}).scalar() == 0:
                return
            time.sleep(0.02)


def test_backend_terminated(engine: Any) -> None:
    with engine.connect() as conn:
        process = conn.execute(text("select pg_backend_pid()")).scalar()
        terminate(engine, process)
        with pytest.raises(exc.OperationalError) as caught:
            conn.execute(text("select 1"))
        assert caught.value.connection_invalidated
        assert caught.value.orig.sqlstate == "57P01"
        assert conn.invalidated
        with pytest.raises(exc.PendingRollbackError):
            conn.execute(text("select 1"))
        conn.rollback()
        # a new connection takes its place
        assert conn.execute(text("select pg_backend_pid()")).scalar() != process


def test_backend_terminated_in_the_pool(engine: Any, url: str) -> None:
    for pre_ping in (True, False):
        pooled = sa.create_engine(url, pool_pre_ping=pre_ping, pool_size=1)
        with pooled.connect() as conn:
            process = conn.execute(text("select pg_backend_pid()")).scalar()
        terminate(engine, process)
        if not pre_ping:
            with pooled.connect() as conn, pytest.raises(exc.OperationalError):
                conn.execute(text("select 1"))
        with pooled.connect() as conn:
            assert conn.execute(text("select pg_backend_pid()")).scalar() != process
        pooled.dispose()


def test_idle_timeout(conn: Any) -> None:
    conn.execute(text("set idle_in_transaction_session_timeout = '100ms'"))
    time.sleep(0.4)
    with pytest.raises(exc.DBAPIError) as caught:
        conn.execute(text("select 1"))
    assert caught.value.connection_invalidated
    conn.rollback()
    assert conn.execute(text("select 1")).scalar() == 1


def test_cut_at_every_byte(proxy: Proxy, through: Any, engine: Any) -> None:
    """A transaction whose answers end after any number of bytes is done wholly or not at all,
    the error is the one for lost connections, and the pool works again."""
    with engine.begin() as conn:
        conn.execute(text("create table t (a int, b text)"))

    def exchange() -> int:
        with through.connect() as conn:
            proxy.answered = 0
            conn.execute(text("insert into t values (1, 'some text')"))
            query = text("select a, b from t where b = 'some text' limit 1")
            assert conn.execute(query).one() == (1, "some text")
            conn.commit()
        return proxy.answered

    total = exchange()
    assert total > 100
    failures = 0
    for limit in range(total):
        with engine.begin() as conn:
            before = conn.execute(text("select count(*) from t")).scalar()
        proxy.limit = None
        with through.connect() as conn:
            # a connection that works, until …
            conn.execute(text("select 1"))
            conn.rollback()
            proxy.answered = 0
            proxy.limit = limit
            try:
                conn.execute(text("insert into t values (1, 'some text')"))
                conn.execute(text("select a, b from t where b = 'some text' limit 1")).all()
                conn.commit()
            except exc.OperationalError as error:
                failures += error.connection_invalidated
            proxy.limit = None
            conn.rollback()
            assert conn.execute(text("select 1")).scalar() == 1
        with engine.begin() as conn:
            after = conn.execute(text("select count(*) from t")).scalar()
        assert after in (before, before + 1)
    # but for the bytes of the answers that this exchange does not have
    assert failures > total - 60
    assert exchange() > 100


def test_cut_in_a_flush(proxy: Proxy, through: Any, engine: Any) -> None:
    Base = declarative_base()

    class Thing(Base):
        __tablename__ = "things"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)

    Base.metadata.create_all(engine)
    for limit in (0, 10, 100, 1000, 3000):
        things = [Thing(name="x" * 100) for _ in range(600)]
        with Session(through) as session:
            session.execute(text("select 1"))
            proxy.answered, proxy.limit = 0, limit
            session.add_all(things)
            with pytest.raises(exc.OperationalError) as caught:
                session.flush()
            assert caught.value.connection_invalidated
            proxy.limit = None
            session.rollback()
            # nothing is half done
            assert all(sa.inspect(thing).transient for thing in things)
            session.add_all(things)
            session.commit()
            assert session.query(Thing).count() == 600
            for thing in things:
                session.delete(thing)
            session.commit()


def test_cut_in_the_middle_of_a_large_result(proxy: Proxy, through: Any) -> None:
    query = text("select i, repeat('x', 100) from generate_series(1, 20000) i")
    for stream in (False, True):
        with through.connect() as conn:
            conn.execute(text("select 1"))
            proxy.answered, proxy.limit = 0, 300000
            options = {"yield_per": 500} if stream else {}
            with pytest.raises(exc.OperationalError) as caught:
                for _ in conn.execute(query, execution_options=options):
                    pass
            assert caught.value.connection_invalidated
            proxy.limit = None
            conn.rollback()
            assert conn.execute(text("select 1")).scalar() == 1


def test_cut_while_waiting(proxy: Proxy, through: Any) -> None:
    import threading

    with through.connect() as conn:
        threading.Timer(0.3, proxy.cut).start()
        with pytest.raises(exc.OperationalError) as caught:
            conn.execute(text("select pg_sleep(20)"))
        assert caught.value.connection_invalidated


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    try:
        made = postgres.Server("max_prepared_transactions=5")
    except FileNotFoundError:
        pytest.skip("PostgreSQL is not installed")
    yield made
    made.remove()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
@pytest.mark.parametrize("pre_ping", [False, True])
def test_server_restarted(how: signal.Signals, pre_ping: bool, server: postgres.Server) -> None:
    engine = sa.create_engine(server.url, pool_size=3, pool_pre_ping=pre_ping)
    held = [engine.connect() for _ in range(3)]
    for conn in held:
        conn.execute(text("create temp table t (a int)"))
    for conn in held[1:]:
        conn.close()
    server.stop(how)
    with pytest.raises(exc.OperationalError) as caught:
        held[0].execute(text("select 1"))
    assert caught.value.connection_invalidated
    with pytest.raises(exc.OperationalError):
        for _ in range(300):  # a killed server leaves children that end a little later
            with engine.connect() as conn:
                conn.execute(text("select 1"))
            time.sleep(0.1)
    for _ in range(300):
        try:
            server.start()
            break
        except RuntimeError:
            time.sleep(0.1)
    held[0].rollback()
    assert held[0].execute(text("select 1")).scalar() == 1
    held[0].close()
    for _ in range(4):
        with engine.connect() as conn:
            assert conn.execute(text("select 1")).scalar() == 1
    engine.dispose()


def test_two_phase(server: postgres.Server) -> None:
    engine = sa.create_engine(server.url)
    with engine.connect() as conn:
        conn.execute(text("create table two (a int)"))
        conn.commit()
        for number, end in enumerate(("commit", "rollback", "close")):
            xact = conn.begin_twophase(f"mine'{number}")
            conn.execute(text("insert into two values (1)"))
            xact.prepare()
            assert conn.dialect.recover_twophase(engine.connect()) == [f"mine'{number}"]
            getattr(xact, end)()
        assert conn.execute(text("select count(*) from two")).scalar() == 1
        assert conn.execute(text("select count(*) from pg_prepared_xacts")).scalar() == 0
    with Session(engine, twophase=True) as session:
        session.execute(text("insert into two values (2)"))
        session.prepare()
        session.commit()
        assert session.execute(text("select count(*) from two")).scalar() == 2
    engine.dispose()


def recovered(package: str, url: str) -> list[Any]:
    """What a package does with transactions whose connection was lost after PREPARE."""
    library = import_module(package)
    engine = library.create_engine(url.replace(":", "+psycopg:", 1))
    insert, count = (
        library.text(s) for s in ("insert into r values (1)", "select count(*) from r")
    )
    shown: list[Any] = []
    with engine.begin() as conn:
        conn.execute(library.text("create table r (a int)"))
    for name in ("a", "b'", "c"):
        with engine.connect() as conn:
            xact = conn.begin_twophase(name)
            conn.execute(insert)
            xact.prepare()
            conn.invalidate()
    with engine.connect() as conn:
        shown += [sorted(conn.recover_twophase()), conn.in_transaction()]
        conn.commit_prepared("a", recover=True)
        conn.rollback_prepared("b'", recover=True)
        shown += [conn.recover_twophase(), conn.execute(count).scalar(), conn.in_transaction()]
        # that one is rolled back first
        conn.rollback_prepared("c", recover=True)
        shown += [conn.execute(count).scalar(), conn.recover_twophase()]
        conn.rollback()
        for end in (conn.commit_prepared, conn.rollback_prepared):
            try:
                end("nothing", recover=True)
            except Exception as error:
                shown.append("does not exist" in str(error))
        conn.execute(library.text("drop table r"))
        conn.commit()
    engine.dispose()
    with library.create_engine("sqlite://").connect() as conn, pytest.raises(NotImplementedError):
        conn.recover_twophase()
    return shown


def test_recovered(server: postgres.Server) -> None:
    assert recovered("cormorant", server.url) == recovered("sqlalchemy", server.url)


def test_socket_and_several_hosts(server: postgres.Server) -> None:
    directory, port = server.directory, server.port
    for url in (
        server.socket_url,
        f"postgresql+psycopg2://postgres@/postgres?host={directory}&port={port}",
        f"postgresql+psycopg://postgres@/postgres?host=127.0.0.1:1&host=127.0.0.1:{port}",
        f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres?ssl=prefer&timeout=5",
        f"postgresql://postgres@127.0.0.1:{port}/postgres?application_name=a%20b"
        "&options=-csearch_path%3Dpg_catalog&connect_timeout=5&sslmode=prefer",
    ):
        engine = sa.create_engine(url)
        with engine.connect() as conn:
            assert conn.execute(text("select 1")).scalar() == 1
            if "application_name" in url:
                assert conn.execute(text("show application_name")).scalar() == "a b"
                assert conn.execute(text("show search_path")).scalar() == "pg_catalog"
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://nobody_here@127.0.0.1:{port}/postgres", "nobody_here"),
        ("postgresql://postgres@127.0.0.1:{port}/no_such_database", "no_such_database"),
        ("postgresql://postgres@127.0.0.1:1/postgres", "Connection refused"),
        ("postgresql://postgres@127.0.0.1:{port}/postgres?foo=1", "invalid connection option"),
        ("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=odd", "sslmode"),
        ("postgresql://postgres@127.0.0.1:{port}/postgres?prepare_threshold=-2", "threshold"),
        ("postgresql:///?service=none_such", "none_such"),
    ],
)
def test_connections_that_are_refused(url: str, said: str, server: postgres.Server) -> None:
    engine = sa.create_engine(url.format(port=server.port))
    with pytest.raises(exc.DBAPIError, match=said):
        engine.connect()


def test_hosts_and_ports_that_do_not_fit() -> None:
    with pytest.raises(exc.ArgumentError, match="multihost"):
        sa.create_engine("postgresql:///d?host=a:1&host=b:2&port=3,4")
    with pytest.raises(exc.ArgumentError, match="don't match"):
        sa.create_engine("postgresql:///d?host=a,b&port=3,4,5")
