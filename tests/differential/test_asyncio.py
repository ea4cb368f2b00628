"""Programs with an event loop, on both packages."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from .harness import Peer, compare, database_url

Program = Callable[["Async"], Awaitable[Any]]


class Async:
    """A peer's asyncio extension and a schema to use it on."""

    def __init__(self, p: Peer) -> None:
        self.p = p
        self.aio = p.module("ext.asyncio")
        self.engines: list[Any] = []

        class Base(self.aio.AsyncAttrs, p.DeclarativeBase):  # type: ignore[name-defined,misc]
            pass

        class Author(Base):
            __tablename__ = "author"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String, unique=True)
            books = p.relationship("Book", order_by="Book.id", back_populates="author")

        class Book(Base):
            __tablename__ = "book"
            id = p.Column(p.Integer, primary_key=True)
            title = p.Column(p.String)
            blurb = p.deferred(p.Column(p.String))
            author_id = p.Column(p.ForeignKey("author.id"))
            author = p.relationship("Author", back_populates="books")

        self.Base, self.Author, self.Book = Base, Author, Book

    def engine(self, url: str = "sqlite://", **options: Any) -> Any:
        url = database_url(url).replace("sqlite:", "sqlite+aiosqlite:")
        url = url.replace("+psycopg2:", "+psycopg:")  # which has no coroutines
        engine = self.aio.create_async_engine(url, **options)
        self.engines.append(engine)
        return engine

    async def filled(self, url: str = "sqlite://", **options: Any) -> Any:
        """An engine with two authors and three books."""
        engine = self.engine(url, **options)
        async with engine.begin() as connection:
            await connection.run_sync(self.Base.metadata.create_all)
        async with self.aio.AsyncSession(engine) as session, session.begin():
            session.add_all(
                [
                    self.Author(
                        id=1,
                        name="ann",
                        books=[self.Book(id=1, title="one"), self.Book(id=2, title="two")],
                    ),
                    self.Author(id=2, name="bob", books=[self.Book(id=3, title="three")]),
                ]
            )
        return engine

    async def error(self, awaitable: Awaitable[Any], *, text: bool = True) -> None:
        """Record the error that awaiting must raise."""
        try:
            value = await awaitable
        except Exception as error:
            self.p.show("error", type(error).__module__.partition(".")[2], type(error).__name__)
            if text:
                self.p.show(str(error))
        else:
            self.p.show("no error", value)


def run(program: Program, **options: Any) -> None:
    """Run a coroutine function on both packages, in an event loop each."""

    def whole(p: Peer) -> Any:
        async def inner() -> Any:
            env = Async(p)
            try:
                return await asyncio.wait_for(program(env), 60)
            finally:
                for engine in env.engines:
                    await engine.dispose()
                env.Base.registry.dispose()

        return asyncio.run(inner())

    compare(whole, **options)


def test_connections_execute_and_transact() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        author = a.Author.__table__
        async with engine.connect() as c:
            p.show(c.in_transaction(), c.closed, c.invalidated)
            result = await c.execute(p.select(author).order_by(author.c.id))
            p.show(result.keys(), result.all(), c.in_transaction())
            p.show(await c.scalar(p.select(p.func.count()).select_from(author)))
            p.show((await c.scalars(p.select(author.c.name).order_by(author.c.id))).all())
            p.show((await c.exec_driver_sql("select 1")).scalar())
            await c.execute(p.insert(author), [{"id": 8, "name": "cy"}, {"id": 9, "name": "di"}])
            await c.rollback()
            async with c.begin() as t:
                await c.execute(p.insert(author).values(id=10, name="ed"))
                async with c.begin_nested() as n:
                    await c.execute(p.insert(author).values(id=11, name="flo"))
                    p.show(c.get_nested_transaction() is n, n.is_active, n.is_valid)
                    await n.rollback()
                p.show(c.get_transaction() is t, c.in_nested_transaction(), t.is_active)
            p.show(t.is_active, c.get_transaction())
            p.show((await c.scalars(p.select(author.c.name).order_by(author.c.id))).all())
            await a.error(c.execute(p.text("select nothing")), text=False)
            await c.rollback()
            await c.execute(p.delete(author).where(author.c.name == "ed"))
            await c.commit()
        p.show(c.closed)
        await a.error(c.execute(p.select(author)))
        with contextlib.suppress(ZeroDivisionError):
            async with engine.begin() as c:
                await c.execute(p.insert(author).values(id=12, name="gus"))
                1 / 0
        async with engine.connect() as c:
            p.show(await c.scalar(p.select(p.func.count()).select_from(author)))
            made = await c.execute(p.insert(author).values(id=77, name="hal"))
            p.show(made.inserted_primary_key)
            if engine.dialect.name == "sqlite":  # psycopg counts none that return
                p.show(made.rowcount)

    run(program)


def test_objects_that_are_not_started() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        c = engine.connect()
        await a.error(c.execute(p.text("select 1")))
        p.error(c.begin)
        p.error(lambda: c.connection)
        p.error(lambda: p.inspect(engine))
        p.error(lambda: p.inspect(c))
        await c
        await a.error(c.start())
        t = c.begin()
        p.error(lambda: t.is_active)
        await a.error(t.commit())
        await t
        p.show(t.is_active, t.nested)
        await t.rollback()
        p.error(lambda: c.connection)
        await c.close()
        s = a.aio.AsyncSession(engine)
        await a.error(s.begin().commit())
        p.error(lambda: a.aio.AsyncSession(engine.sync_engine))
        p.error(lambda: a.aio.create_async_engine("sqlite://"))
        p.error(lambda: a.aio.create_async_engine("sqlite+aiosqlite://", server_side_cursors=True))
        p.error(
            lambda: a.aio.create_async_engine(
                "sqlite+aiosqlite://", async_creator=print, creator=print
            )
        )
        p.error(
            lambda: a.aio.create_async_engine(
                "sqlite+aiosqlite://", poolclass=p.module("pool").QueuePool
            )
        )
        p.error(lambda: p.module("event").listen(engine, "connect", print))
        p.error(lambda: p.module("event").listen(s, "before_flush", print))
        p.error(lambda: p.module("event").listen(a.aio.AsyncSession, "before_flush", print))

    run(program)


def test_sessions() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        Author, Book = a.Author, a.Book
        maker = a.aio.async_sessionmaker(engine, expire_on_commit=False)
        async with maker() as s:
            found = await s.execute(
                p.select(Author).order_by(Author.id).options(p.selectinload(Author.books))
            )
            for author in found.scalars():
                p.show(author.name, [book.title for book in author.books])
            joined = await s.execute(
                p.select(Author).order_by(Author.id).options(p.joinedload(Author.books))
            )
            p.show([author.name for author in joined.unique().scalars().all()])
            p.show((await s.get(Author, 1)).name, await s.get(Author, 99))
            await a.error(s.get_one(Author, 99))
            p.show(await s.scalar(p.select(Author.name).where(Author.id == 2)))
            p.show((await s.scalars(p.select(Author.name).order_by(Author.id))).all())
            ann = await s.get_one(Author, 1)
            ann.name = "anna"
            s.add(Author(id=3, name="cy"))
            p.show(len(s.new), len(s.dirty), s.is_active, ann in s, s.is_modified(ann))
            await s.flush()
            await s.delete(await s.get(Book, 3))
            await s.commit()
            p.show(ann.name)
            await s.refresh(ann, ["books"])
            p.show([book.title for book in ann.books])
            merged = await s.merge(Author(id=2, name="rob"))
            p.show(merged.name, s.in_transaction())
            async with s.begin_nested() as n:
                merged.name = "robert"
                await s.flush()
                p.show(s.in_nested_transaction(), s.get_nested_transaction() is n)
                await n.rollback()
            await s.rollback()
            p.show(
                await s.run_sync(
                    lambda sync: [x.name for x in sync.query(Author).order_by(Author.id)]
                )
            )
            c = await s.connection()
            p.show(type(c).__name__, c.in_transaction(), await s.connection() is c)
            p.show(c.engine == engine)
            p.show(a.aio.async_object_session(ann) is s, a.aio.async_session(s.sync_session) is s)
            p.show(p.inspect(ann).async_session is s)
        async with maker.begin() as s:
            s.add(Author(id=4, name="di"))
        with contextlib.suppress(ZeroDivisionError):
            async with maker.begin() as s:
                s.add(Author(id=5, name="ed"))
                await s.flush()
                1 / 0
        async with maker() as s:
            p.show((await s.scalars(p.select(Author.id).order_by(Author.id))).all())
            s.add(Author(id=4, name="x"))
            await a.error(s.commit(), text=False)
            await a.error(s.execute(p.select(Author)), text=False)
            await s.rollback()
            t = await s.begin()
            p.show(s.get_transaction() is t, t.is_active)
            await a.error(s.begin().start())
            await t.commit()
            p.show(t.is_active)

    run(program)


def test_attributes_outside_of_a_greenlet() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        Author, Book = a.Author, a.Book
        async with a.aio.AsyncSession(engine) as s:
            ann = await s.get_one(Author, 1)
            p.error(lambda: ann.books)
            p.show([book.title for book in await ann.awaitable_attrs.books])
            p.show(len(ann.books))
            book = (await s.scalars(p.select(Book).where(Book.id == 3))).one()
            p.error(lambda: book.blurb)
            p.show(await book.awaitable_attrs.blurb)
            p.error(lambda: book.author)
            two = await s.get_one(Book, 2)
            p.show(two.author is ann)  # in the identity map
            await s.commit()
            p.error(lambda: ann.name)
            p.show(await ann.awaitable_attrs.name)
            p.show(ann.name)
            s.expire(ann)
            p.show(await s.run_sync(lambda sync: (ann.name, len(ann.books))))
            s.sync_session.expire_all()
            p.error(lambda: s.sync_session.execute(p.select(Author)))
        p.error(lambda: book.author)  # detached
        await a.error(ann.awaitable_attrs.nothing, text=False)

    # SQLAlchemy logs the statements that it then cannot run
    run(program, sql=False)


def test_streams() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        book = a.Book.__table__
        rows = p.select(book.c.id, book.c.title).order_by(book.c.id)
        async with engine.connect() as c:
            async with c.stream(rows) as result:
                p.show(result.keys())
                p.show([row async for row in result], result.closed)
            p.show(result.closed)
            result = await c.stream(rows)
            p.show(await result.fetchone(), await result.fetchmany(1), await result.all())
            for fetch in ("first", "one", "one_or_none", "scalar", "scalar_one"):
                result = await c.stream(rows)
                await a.error(getattr(result, fetch)())
            p.show([part async for part in (await c.stream(rows)).partitions(2)])
            p.show([x async for x in await c.stream_scalars(rows)])
            p.show([x async for x in (await c.stream(rows)).scalars(1)])
            p.show([dict(x) async for x in (await c.stream(rows)).mappings()])
            doubled = p.union_all(p.select(book.c.author_id), p.select(book.c.author_id))
            p.show(sorted([x async for x in (await c.stream_scalars(doubled)).unique()]))
            result = await c.stream(rows)
            async for row in result:
                p.show(row)
                break
            p.show(await result.fetchall())
            p.show((await (await c.stream(rows)).freeze())().all())
            await a.error(c.execute(rows, execution_options={"stream_results": True}))
        async with a.aio.AsyncSession(engine) as s:
            result = await s.stream(p.select(a.Author).order_by(a.Author.id))
            p.show([author.name async for author in result.scalars()])
            result = await s.stream_scalars(
                p.select(a.Author).order_by(a.Author.id).options(p.selectinload(a.Author.books)),
                execution_options={"yield_per": 1},
            )
            p.show([len(author.books) async for author in result])
            await a.error(
                s.execute(p.select(a.Author), execution_options={"yield_per": 1}), text=True
            )

    run(program)


def test_scoped_sessions() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        maker = a.aio.async_sessionmaker(engine)
        scoped = a.aio.async_scoped_session(maker, scopefunc=asyncio.current_task)

        async def name(ident: int) -> tuple[str, bool]:
            found = await scoped.get(a.Author, ident)
            same = scoped() is scoped()
            await scoped.remove()
            return found.name, same

        p.show(await asyncio.gather(name(1), name(2)))
        scoped.add(a.Author(id=9, name="i"))
        p.show(len(scoped.new), scoped.is_active)
        await scoped.commit()
        p.show((await scoped.scalars(p.select(a.Author.id).order_by(a.Author.id))).all())
        await scoped.remove()

    run(program, sql=False)


def test_events_and_context_variables() -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def program(a: Async) -> None:
        p, engine = a.p, a.engine()
        seen: list[Any] = []
        event, concurrency = p.module("event"), p.module("util.concurrency")

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def before(c: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append((variable.get(), statement))
            variable.set(variable.get() + 1)

        variable.set(5)
        async with engine.connect() as c:
            await c.execute(p.text("select 1"))
            await c.execute(p.text("select 2"))
        p.show(seen, variable.get())

        async def twice(value: int) -> int:
            await asyncio.sleep(0)
            return value * 2

        def sync(connection: Any, value: int) -> Any:
            found = concurrency.await_only(twice(value))
            return connection.scalar(p.text(f"select {found}"))

        async with engine.connect() as c:
            p.show(await c.run_sync(sync, 21))
        p.show(await concurrency.greenlet_spawn(lambda: concurrency.await_only(twice(4))))
        p.error(lambda: concurrency.await_only(twice(1)))

    run(program)


@pytest.mark.parametrize("debug", [False, True])
def test_listeners_find_the_loop_and_the_task(debug: bool) -> None:
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled()
        event, concurrency = p.module("event"), p.module("util.concurrency")
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        loop.set_debug(debug)
        seen: list[Any] = []
        made: list[Any] = []

        async def work(name: str) -> str:
            seen.append((name, variable.get(), asyncio.get_running_loop() is loop))
            await asyncio.sleep(0)
            if name == "fails":
                raise ValueError(name)
            return name

        def done(task: Any) -> None:
            seen.append((task.get_name(), "done"))

        def heard(session: Any) -> None:
            here = asyncio.get_running_loop()
            seen.append((asyncio.current_task() is task, here.is_running(), here.time() > 0))
            seen.append((asyncio.get_event_loop() is here, here.get_debug()))
            variable.set(1)
            made.append(asyncio.create_task(work("first"), name="named"))
            made[0].add_done_callback(done)
            variable.set(2)
            made.append(here.create_task(work("fails")))
            made.append(asyncio.ensure_future(work("third")))
            made.append(asyncio.create_task(work("cancelled")))
            made[-1].cancel()
            future = here.create_future()
            here.call_soon(future.set_result, "soon")
            made.append(future)
            future = here.create_future()
            here.call_later(0.001, future.set_result, "later")
            made.append(future)
            seen.append("heard")
            for wrong in (
                lambda: asyncio.create_task(5),  # type: ignore[arg-type]
                lambda: asyncio.run(asyncio.sleep(0)),
                lambda: here.run_until_complete(here.create_future()),
            ):
                try:
                    wrong()
                except (TypeError, RuntimeError) as error:
                    seen.append((type(error).__name__, str(error)))

        async with a.aio.AsyncSession(engine) as session:
            event.listen(session.sync_session, "after_commit", heard)
            session.add(a.Author(id=3, name="cat"))
            await session.commit()
            p.show(variable.get())
            p.show(list(map(repr, await asyncio.gather(*made, return_exceptions=True))))
            await asyncio.sleep(0)
            p.show(seen)
            seen.clear()

            def sync(session: Any) -> Any:
                both = [asyncio.create_task(work("a")), asyncio.create_task(work("b"))]
                seen.append("made")
                found = concurrency.await_only(both[1])
                late = asyncio.create_task(work("late"))
                count = session.scalar(p.select(p.func.count(a.Author.id)))
                return found, concurrency.await_only(late), count

            p.show(await session.run_sync(sync), seen)
            kept = await session.run_sync(lambda session: asyncio.get_running_loop())
            p.show(await kept.create_task(work("of a loop that was kept")))
            await a.error(session.run_sync(lambda session: made[1].result()))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # asyncio.run() waits for no coroutine
        run(program, sql=False)


def test_many_tasks_on_a_small_pool() -> None:
    async def program(a: Async) -> None:
        p = a.p
        engine = await a.filled("sqlite:///small.db", pool_size=2, max_overflow=1)

        async def work(number: int) -> int:
            async with a.aio.AsyncSession(engine) as s:
                found = await s.get_one(a.Author, 1 + number % 2)
                await asyncio.sleep(0.001)
                return len(await found.awaitable_attrs.books)

        p.show(sum(await asyncio.gather(*(work(n) for n in range(60)))))
        p.show(engine.pool.checkedout(), engine.pool.size())

    run(program, sql=False)


def test_waiting_for_a_connection_times_out() -> None:
    async def program(a: Async) -> None:
        p = a.p
        engine = await a.filled("sqlite:///small.db", pool_size=1, max_overflow=0, pool_timeout=0.2)
        async with engine.connect() as c:
            await a.error(engine.connect().start())
            waiting = asyncio.ensure_future(engine.connect().start())
            await asyncio.sleep(0.05)
            waiting.cancel()
            p.show((await asyncio.gather(waiting, return_exceptions=True))[0].__class__)
            p.show(await c.scalar(p.text("select 1")))
        async with engine.connect() as c:
            p.show(await c.scalar(p.text("select 2")), engine.pool.checkedout())

    run(program, sql=False)


SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000000) "
    "SELECT max(x) FROM n",
    "postgresql": "select pg_sleep(1.5)",
}


def test_cancelled_statements_leave_session_and_pool_usable() -> None:
    async def program(a: Async) -> None:
        p, engine = a.p, await a.filled("sqlite:///slow.db", pool_size=1, max_overflow=0)
        slow = p.text(SLOW[engine.name])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                async with a.aio.AsyncSession(engine) as s:
                    s.add(a.Author(id=7, name="lost"))
                    await s.flush()
                    await s.execute(slow)
        async with a.aio.AsyncSession(engine) as s:
            p.show((await s.scalars(p.select(a.Author.id).order_by(a.Author.id))).all())
            task = asyncio.ensure_future(s.execute(slow))
            await asyncio.sleep(0.1)
            task.cancel()
            p.show((await asyncio.gather(task, return_exceptions=True))[0].__class__)
            await s.rollback()
            p.show((await s.scalars(p.select(a.Author.id).order_by(a.Author.id))).all())
        p.show(engine.pool.checkedout())

    run(program, sql=False)


def test_concurrent_use_of_a_new_session_is_refused() -> None:
    async def program(a: Async) -> None:
        p = a.p
        engine = await a.filled("sqlite:///misuse.db")
        await engine.dispose()
        s = a.aio.AsyncSession(engine)
        first, second = await asyncio.gather(
            s.execute(p.text("select 1")), s.execute(p.text("select 2")), return_exceptions=True
        )
        p.show(first.scalar(), type(second), str(second))
        await s.close()

    run(program, sql=False)


def test_engines_from_configuration() -> None:
    async def program(a: Async) -> None:
        p = a.p
        engine = a.aio.async_engine_from_config({"sqlalchemy.url": "sqlite+aiosqlite:///x.db"})
        p.show(engine.name, engine.driver, engine.url.database, engine.dialect.is_async)
        p.show(type(engine.pool).__name__, engine.pool.size(), engine.echo)
        p.show(type(a.engine().pool).__name__ if a.p.package else None)
        other = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with other.connect() as c:
            await c.execute(p.text("create table t (x integer)"))
            p.show(await c.get_isolation_level(), c.get_transaction() is not None)
            await c.execution_options(logging_token="x")
        pool = a.aio.create_async_pool_from_url("sqlite+aiosqlite://")
        p.show(type(pool).__name__)
        raw = await engine.raw_connection()
        p.show(raw.is_valid)
        raw.close()
        await engine.dispose()

    run(program, sql=False)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_drivers_of_postgresql(driver: str) -> None:
    from .. import postgres

    scratch = postgres.scratch()
    if not scratch:
        pytest.skip("no server")

    async def program(a: Async) -> None:
        p = a.p
        engine = a.aio.create_async_engine(f"postgresql+{driver}:{scratch}")
        p.show(engine.driver, engine.name)
        async with engine.connect() as c:
            p.show(await c.scalar(p.select(p.literal(5) + 1)))
            p.show(
                [
                    x
                    async for x in await c.stream_scalars(p.select(p.func.generate_series(1, 2000)))
                ][-1]
            )
        await engine.dispose()

    run(program, sql=False)
