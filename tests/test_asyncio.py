"""What the asyncio extension promises beyond SQLAlchemy's: an event loop that is never blocked,
statements that end when their task is cancelled, and nothing lost by it."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cormorant import Column, Integer, String, event, func, select, text
from cormorant.exc import MissingGreenlet
from cormorant.ext.asyncio import AsyncSession, create_async_engine
from cormorant.orm import declarative_base
from cormorant.pool import NullPool
from cormorant.util import concurrency

from . import postgres

Base = declarative_base()

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
    "postgresql": "select pg_sleep(1000)",
}


class Item(Base):  # type: ignore[valid-type,misc]
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    name = Column(String)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/t.db"
    scratch = postgres.scratch()
    if scratch is None:
        pytest.skip("no PostgreSQL server")
    return f"postgresql+asyncpg:{scratch}"


def run(program: Callable[[Any], Awaitable[Any]], url: str, **options: Any) -> None:
    """Run a coroutine function of an engine whose database has the table."""

    async def whole() -> None:
        engine = create_async_engine(url, **options)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        try:
            await asyncio.wait_for(program(engine), 60)
        finally:
            await engine.dispose()

    asyncio.run(whole())


def test_the_loop_runs_while_a_statement_does(url: str) -> None:
    async def program(engine: Any) -> None:
        started = time.perf_counter()
        ticks = 0
        async with engine.connect() as connection:
            task = asyncio.create_task(connection.execute(text(ENDLESS[engine.name])))
            while time.perf_counter() - started < 0.5:
                await asyncio.sleep(0.01)
                ticks += 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert ticks > 10

    run(program, url)


def test_a_cancelled_statement_ends_and_its_connection_is_replaced(url: str) -> None:
    async def program(engine: Any) -> None:
        started = time.perf_counter()
        async with engine.connect() as connection:
            await connection.execute(Item.__table__.insert().values(id=1))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await connection.execute(text(ENDLESS[engine.name]))
            assert connection.invalidated
        async with engine.connect() as connection:
            assert await connection.scalar(select(func.count()).select_from(Item)) == 0
        assert time.perf_counter() - started < 20
        assert engine.pool.checkedout() == 0

    run(program, url, pool_size=1, max_overflow=0)


def test_a_job_that_is_cancelled_runs_no_further_statement(url: str) -> None:
    async def program(engine: Any) -> None:
        reached = []

        def several(connection: Any) -> None:
            try:
                connection.execute(text(ENDLESS[engine.name]))
            except asyncio.CancelledError:
                reached.append("cancelled")
                connection.rollback()
                connection.execute(text("select 1"))
                reached.append("executed")

        async with engine.connect() as connection:
            task = asyncio.create_task(connection.run_sync(several))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert reached == ["cancelled"]

    run(program, url)


def test_a_database_in_memory_outlives_cancellation() -> None:
    async def program(engine: Any) -> None:
        async with AsyncSession(engine) as session, session.begin():
            session.add(Item(id=1, name="kept"))
        async with AsyncSession(engine) as session:
            session.add(Item(id=2, name="lost"))
            await session.flush()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await session.execute(text(ENDLESS["sqlite"]))
        async with AsyncSession(engine) as session:
            assert (await session.scalars(select(Item.name))).all() == ["kept"]

    run(program, "sqlite+aiosqlite://")


def test_tasks_share_the_connection_of_a_database_in_memory() -> None:
    async def program(engine: Any) -> None:
        async def add(number: int) -> None:
            async with AsyncSession(engine) as session, session.begin():
                session.add(Item(id=number))
                await session.flush()

        # one transaction at a time: they are on one connection
        for number in range(20):
            await add(number)
        counts = await asyncio.gather(*(_count(engine) for _ in range(50)))
        assert counts == [20] * 50

    run(program, "sqlite+aiosqlite://")


async def _count(engine: Any) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(Item))  # type: ignore[no-any-return]


@pytest.mark.parametrize("pooled", [True, False])
def test_a_storm_of_cancellations_loses_no_connection(url: str, pooled: bool) -> None:
    rng = random.Random(5)
    options = {"pool_size": 2, "max_overflow": 1} if pooled else {"poolclass": NullPool}

    async def program(engine: Any) -> None:
        async def work(number: int) -> None:
            async with AsyncSession(engine) as session, session.begin():
                session.add(Item(name=str(number)))
                await session.flush()
                (await session.scalars(select(Item).limit(3))).all()
                if number % 7 == 0:
                    await session.rollback()

        if engine.name == "sqlite":
            async with engine.connect() as connection:
                await connection.exec_driver_sql("pragma journal_mode=wal")
        tasks = [asyncio.create_task(work(n)) for n in range(60)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.002)
            rng.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        gc.collect()
        if pooled:
            assert engine.pool.checkedout() == 0
            assert engine.pool._gate._free == 3
        assert await asyncio.gather(*(_count(engine) for _ in range(6)))

    run(program, url, **options)


def test_calls_on_one_connection_take_turns(url: str) -> None:
    async def program(engine: Any) -> None:
        async with engine.connect() as connection:
            found = await asyncio.gather(
                *(connection.scalar(text(f"select {n}")) for n in range(20))
            )
        assert found == list(range(20))

    run(program, url)


def test_a_cancelled_connect_gives_its_connection_back(url: str) -> None:
    async def program(engine: Any) -> None:
        for delay in range(20):
            task = asyncio.ensure_future(engine.connect().start())
            for _ in range(delay % 4):
                await asyncio.sleep(0)
            task.cancel()
            for made in await asyncio.gather(task, return_exceptions=True):
                if not isinstance(made, BaseException):
                    await made.close()
        assert engine.pool.checkedout() == 0

    run(program, url, pool_size=1, max_overflow=0)


def test_idle_workers_are_few(url: str) -> None:
    async def program(engine: Any) -> None:
        await asyncio.gather(*(_count(engine) for _ in range(200)))
        await asyncio.sleep(0.1)
        workers = [t for t in threading.enumerate() if t.name == "cormorant-asyncio"]
        assert len(workers) <= concurrency._KEPT + 1

    run(program, url, pool_size=3, max_overflow=0)


def test_engines_serve_one_loop_after_another(url: str) -> None:
    engine = create_async_engine(url)
    for _ in range(3):
        assert asyncio.run(_one(engine)) == 1
    asyncio.run(engine.dispose())


async def _one(engine: Any) -> Any:
    async with engine.connect() as connection:
        return await connection.scalar(text("select 1"))


def test_exceptions_leave_no_cycles(url: str) -> None:
    async def program(engine: Any) -> None:
        async with engine.connect() as connection:
            gc.collect()
            gc.disable()
            try:
                for _ in range(3):
                    try:
                        await connection.run_sync(lambda _: 1 / 0)
                    except ZeroDivisionError:
                        pass
                # a worker that has woken the task may not have let go of its job yet; what
                # is in a cycle stays, as the collector is off
                left = 500
                while any(isinstance(o, concurrency.Job) for o in gc.get_objects()):
                    await asyncio.sleep(0.01)
                    left -= 1
                    assert left, "a job is in a cycle"
            finally:
                gc.enable()

    run(program, url)


def test_a_session_of_an_asynchronous_engine_needs_a_job() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(MissingGreenlet):
        engine.sync_engine.connect()


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("kind", ["session", "connection"])
def test_closing_outlasts_cancellation(url: str, kind: str, own: bool) -> None:
    """However often the task is cancelled, at whatever moment of leaving the block, the
    same connection goes back, and a program's own close() is made to its end."""
    ended: list[int] = []
    replaced: list[int] = []

    class Own(AsyncSession):
        async def close(self) -> None:
            await asyncio.sleep(0)
            await super().close()
            ended.append(1)

    async def program(engine: Any) -> None:
        left: list[int] = []
        event.listen(engine.sync_engine, "connect", lambda *_: replaced.append(1))

        @event.listens_for(engine.sync_engine, "rollback")
        def rolls_back(connection: Any) -> None:
            time.sleep(0.02)  # meanwhile the task is cancelled
            assert connection.scalar(text("select 2")) == 2

        async def work() -> None:
            maker = engine.connect if kind == "connection" else (Own if own else AsyncSession)
            async with maker() if kind == "connection" else maker(engine) as use:
                await use.execute(text("select 1"))
                left.append(1)

        for turns in range(12):
            task = asyncio.ensure_future(work())
            while not left:
                await asyncio.sleep(0)
            left.clear()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for _ in range(1000):
                if engine.pool.checkedout() == 0:
                    break
                await asyncio.sleep(0.001)
            assert engine.pool.checkedout() == 0
        if own and kind == "session":
            while len(ended) < 12:
                await asyncio.sleep(0.001)
        assert not replaced

    run(program, url, pool_size=1, max_overflow=0)


def test_a_session_without_a_connection_is_closed_at_once() -> None:
    async def program() -> None:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        session = AsyncSession(engine)
        session.add(Item(name="a"))
        await session.commit()
        item = Item(name="b")
        session.add(item)
        await session.commit()
        closing = session.close()
        with pytest.raises(StopIteration):
            closing.send(None)  # nothing is waited for
        assert item not in session
        # a listener may wait for the database
        session.add(Item(name="c"))
        await session.commit()
        found = []

        def heard(_session: Any, obj: Any) -> None:
            with engine.sync_engine.connect() as connection:
                found.append(connection.scalar(text("select count(*) from item")))

        event.listen(session.sync_session, "persistent_to_detached", heard)
        kept = (await session.scalars(select(Item))).all()
        await session.commit()
        await session.close()
        assert found == [3] * len(kept)
        await engine.dispose()

    asyncio.run(program())
