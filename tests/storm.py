"""Threads on one engine: random statements, cancellations, timeouts, lost connections and forks.

Run as a program: ``python -m tests.storm URL SECONDS [THREADS SIZE OVERFLOW SEED]``; it prints
what it did. It fails, with every thread's stack, when nothing moves any more, when two threads
hold one connection, when an error comes that nothing asked for, or when the pool has lost count
of its connections in the end.
"""

from __future__ import annotations

import collections
import contextlib
import faulthandler
import gc
import logging
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import cormorant as sa
from cormorant import exc
from cormorant.orm import Session, declarative_base
from cormorant.pool import NullPool, QueuePool

STUCK = 120
"""Seconds without any progress after which there is a deadlock, however busy the machine."""
WAIT = 0.3
"""Seconds that the pool lets a thread wait."""

CAUSES = {"interrupts": "cancelled", "terminated": "lost"}
"""What is to come of a disturbance."""

Base: Any = declarative_base()


class Item(Base):
    __tablename__ = "storm_items"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(40))
    owner = sa.Column(sa.Integer)


class Gate:
    """Passed by whoever uses a driver; shut while the process forks.

    Locks of libpq, SQLite and the C library that another thread holds in that moment would be
    held for ever in the child: POSIX leaves it to the program to fork between such calls. A
    thread that waits for the pool, or sits on a connection, is outside of the gate.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._shut = False
        self._local = threading.local()

    def __enter__(self) -> None:
        depth = getattr(self._local, "depth", 0)
        if depth == 0:
            with self._condition:
                self._condition.wait_for(lambda: not self._shut)
                self._inside += 1
        self._local.depth = depth + 1

    def __exit__(self, *error: object) -> None:
        self._local.depth -= 1
        if self._local.depth == 0:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    def open(self) -> None:
        """Nobody is inside, and nobody kept out: for a child, which has no other threads."""
        self.__init__()  # type: ignore[misc]

    @contextlib.contextmanager
    def shut(self) -> Iterator[None]:
        """Nobody is inside."""
        with self._condition:
            self._condition.wait_for(lambda: not self._shut)
            self._shut = True
            self._condition.wait_for(lambda: self._inside == 0)
        try:
            yield
        finally:
            with self._condition:
                self._shut = False
                self._condition.notify_all()


GATE = Gate()


class GatedPool(QueuePool):
    """Opening a connection is a use of the driver, too, which checkout() hides."""

    def _create(self) -> Any:
        with GATE:
            return super()._create()


class Storm:
    """The engine, what the threads hold of it, and what happened."""

    def __init__(self, url: str, threads: int, size: int, overflow: int, seed: int) -> None:
        self.url = url
        self.postgresql = url.startswith("postgresql")
        self.threads, self.capacity, self.size = threads, size + overflow, size
        self.seed = seed
        arguments = {} if self.postgresql else {"timeout": 60}
        self.engine = sa.create_engine(
            url,
            poolclass=GatedPool,
            pool_size=size,
            max_overflow=overflow,
            pool_timeout=WAIT,
            connect_args=arguments,
        )
        self.admin = sa.create_engine(url, poolclass=NullPool, connect_args=arguments)
        self.lock = threading.Lock()
        self.held: dict[int, tuple[int, Any, int]] = {}
        self.most = 0
        self.done: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self.stop = threading.Event()

    # --- what a thread does ---

    @contextlib.contextmanager
    def connection(self, number: int, chance: random.Random) -> Iterator[Any]:
        """A connection that nobody else holds, given back in one of several ways."""
        connection = self.engine.connect()
        core = connection.connection.dbapi_connection._core
        try:
            with self.lock:
                other = self.held.get(id(core))
                if other is not None:
                    self.failures.append(f"{core} is held by {other[0]} and {number}")
                self.held[id(core)] = (number, core, 0)
                if not self.done["disposed"]:  # then those of the pool before count no more
                    self.most = max(self.most, len(self.held))
            with GATE:
                self.sign(connection, number)
            yield connection
            with GATE:
                self.check(connection, number)
        finally:
            with self.lock:
                # Nobody cancels or ends it from here on.
                self.held.pop(id(core), None)
            del core
            with GATE:
                if chance.random() < 0.08:
                    self.done["dropped"] += 1
                    del connection
                    gc.collect()  # by now it may be in any generation
                elif chance.random() < 0.08:
                    self.done["invalidated"] += 1
                    connection.invalidate()
                    connection.close()
                else:
                    connection.close()

    def sign(self, connection: Any, number: int) -> None:
        """Leave a name in the connection: another thread that used it would leave its own."""
        if self.postgresql:
            pid = connection.scalar(
                sa.text("SELECT pg_backend_pid() FROM set_config('storm.owner', :n, false)"),
                {"n": str(number)},
            )
            with self.lock:
                for key, (holder, core, _) in self.held.items():
                    if holder == number:
                        self.held[key] = (holder, core, pid)
        else:
            connection.execute(sa.text("CREATE TEMP TABLE IF NOT EXISTS owner (n)"))
            connection.execute(sa.text("DELETE FROM owner"))
            connection.execute(sa.text("INSERT INTO owner VALUES (:n)"), {"n": number})
        connection.commit()

    def check(self, connection: Any, number: int) -> None:
        connection.rollback()
        query = (
            "SELECT current_setting('storm.owner')" if self.postgresql else "SELECT n FROM owner"
        )
        found = connection.scalar(sa.text(query))
        if str(found) != str(number):
            self.failures.append(f"the connection of {number} says {found}")

    def statements(self, connection: Any, number: int, chance: random.Random) -> None:
        for _ in range(chance.randrange(1, 4)):
            chosen = chance.randrange(6)
            with GATE:
                if chosen == 0:
                    n = chance.randrange(1, 200)
                    rows = connection.execute(sa.select(Item).where(Item.id <= n)).all()
                    if len(rows) != n:
                        self.failures.append(f"{len(rows)} rows of {n}")
                elif chosen == 1:
                    with Session(connection) as session:
                        item = session.get(Item, chance.randrange(1, 200))
                        if item.name != f"item {item.id}":
                            self.failures.append(f"item {item.id} is {item.name}")
                        item.owner = number  # and is not flushed
                elif chosen == 2:
                    stream = connection.execution_options(yield_per=7).execute(sa.select(Item.id))
                    next(iter(stream))
                elif chosen == 3:
                    try:
                        connection.execute(sa.text("SELECT nothing FROM nowhere"))
                    except (exc.ProgrammingError, exc.OperationalError) as error:
                        if connection.invalidated:
                            # ended by the server right after it had answered
                            raise RuntimeError("the connection was lost") from error
                        connection.rollback()
                elif chosen == 4:
                    self.slow(connection, chance)
                else:
                    with Session(connection) as session:
                        session.execute(
                            sa.update(Item).where(Item.id == 1000 + number).values(owner=number)
                        )
                        session.rollback()
                self.done["statements"] += 1
            if chance.random() < 0.3:
                time.sleep(chance.random() * 0.02)

    def slow(self, connection: Any, chance: random.Random) -> None:
        """A statement that takes long enough to be cancelled, or to be timed out."""
        if self.postgresql:
            if chance.random() < 0.3:
                self.done["timed statements"] += 1
                connection.execute(sa.text("SET LOCAL statement_timeout = 5"))
            connection.execute(sa.text("SELECT pg_sleep(0.05)"))
        else:
            connection.scalar(
                sa.text(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) "
                    "SELECT count(*) FROM n"
                )
            )

    def use(self, number: int, chance: random.Random) -> None:
        # A function of its own: a connection that is dropped is gone when it returns.
        with self.connection(number, chance) as connection:
            self.statements(connection, number, chance)
            del connection

    def work(self, number: int) -> None:
        chance = random.Random(self.seed * 1000 + number)
        while not self.stop.is_set():
            try:
                self.use(number, chance)
                if chance.random() < 0.2:
                    with GATE, Session(self.engine) as session:
                        session.scalars(sa.select(Item).limit(50)).all()
            except Exception as error:
                self.expected(error)
            self.done["rounds"] += 1

    def expected(self, error: Exception) -> None:
        """Count an error that something here asks for; a failure otherwise."""
        text = str(error)
        for kind, words in {
            "pool timeouts": ("QueuePool limit of size",),
            "cancelled": ("interrupted", "canceling statement due to user request"),
            "locked": ("database is locked",),  # a reader of SQLite that begins to write
            "statement timeouts": ("canceling statement due to statement timeout",),
            "lost": (
                "terminating connection due to administrator command",
                "server closed the connection",
                "no connection to the server",
                "connection was lost",
                "Can't reconnect until invalid transaction is rolled back",
            ),
        }.items():
            if any(word in text for word in words):
                self.done[kind] += 1
                return
        import traceback

        self.failures.append("".join(traceback.format_exception(error)))

    # --- what disturbs them ---

    def victim(self, chance: random.Random) -> tuple[int, Any, int] | None:
        held = list(self.held.values())
        return chance.choice(held) if held else None

    def disturb(self, kind: str, chance: random.Random) -> None:
        """Cancel or end what some thread does, or begin a new pool."""
        if kind == "disposed":
            with GATE:
                self.engine.dispose()
            self.done["disposed"] += 1
        elif kind == "interrupts":
            # While the lock is held the victim cannot give the connection back.
            with GATE, self.lock:
                victim = self.victim(chance)
                if victim is not None:
                    victim[1].interrupt()
                    self.done["interrupts"] += 1
        else:
            with GATE, self.admin.connect() as admin, self.lock:
                victim = self.victim(chance)
                if victim is not None and victim[2]:
                    admin.execute(sa.text("SELECT pg_terminate_backend(:p)"), {"p": victim[2]})
                    self.done["terminated"] += 1

    def fork(self) -> None:
        """A child uses the engine, with connections of its own, while the threads of its parent
        hold connections and wait for them."""
        with GATE.shut():
            pid = os.fork()
            if pid == 0:
                self.child()
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            self.failures.append(f"the child ended with {os.waitstatus_to_exitcode(status)}")
        self.done["forks"] += 1

    def child(self) -> None:
        code = 1
        try:
            # The thread of the parent's watchdog is not here: a signal takes its place.
            faulthandler.register(signal.SIGALRM, chain=True)
            signal.alarm(STUCK // 2)
            GATE.open()
            held = [self.engine.connect() for _ in range(self.capacity)]
            mine = {id(c.connection.dbapi_connection._core) for c in held}
            ours = {id(core) for _, core, _ in self.held.values()}
            assert len(mine) == self.capacity
            assert not mine & ours
            for connection in held:
                assert len(connection.execute(sa.select(Item).limit(3)).all()) == 3
                connection.close()
            assert self.engine.pool.checkedout() == 0
            # What the parent's threads hold is forgotten here, and goes on there.
            self.held.clear()
            gc.collect()
            self.engine.dispose()
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    # --- the whole ---

    def backends(self) -> int:
        """How many connections the process has with the database, beside this one."""
        if self.postgresql:
            with self.admin.connect() as admin:
                return admin.scalar(
                    sa.text(
                        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                        "AND datname = current_database() AND backend_type = 'client backend'"
                    )
                )
        path = os.path.realpath(self.engine.url.database)
        names = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
        return sum(os.path.realpath(name) == path for name in names)

    def wait_for_backends(self, most: int) -> None:
        """No more than so many are open: a server needs a moment to see that one was closed."""
        deadline = time.monotonic() + STUCK / 2
        while (found := self.backends()) > most and time.monotonic() < deadline:
            time.sleep(0.05)
        assert found <= most, f"{found} connections are open, not {most}"

    def prepare(self) -> None:
        Base.metadata.drop_all(self.admin)
        Base.metadata.create_all(self.admin)
        with Session(self.admin) as session:
            session.add_all([Item(id=n, name=f"item {n}") for n in range(1, 301)])
            session.commit()

    def missing(self) -> set[str]:
        """What has not happened yet."""
        wanted = {"statements", "interrupts", "cancelled", "pool timeouts", "dropped", "disposed"}
        wanted |= {"invalidated", "forks"}
        if self.postgresql:
            wanted |= {"terminated", "lost", "statement timeouts"}
        return {kind for kind in wanted if not self.done[kind]}

    def run(self, seconds: float) -> None:
        self.prepare()
        chance = random.Random(self.seed)
        threads = [
            threading.Thread(target=self.work, args=(n,), name=f"storm {n}", daemon=True)
            for n in range(self.threads)
        ]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        fork_at = seconds / 2
        seen = -1
        while not self.failures:
            elapsed = time.monotonic() - start
            missing = self.missing()
            if elapsed > seconds and not missing:
                break
            if self.done["rounds"] != seen:
                # The watchdog: with a deadlock, or threads that wait for ever, it goes off.
                faulthandler.dump_traceback_later(STUCK, exit=True)
                seen = self.done["rounds"]
            if elapsed > fork_at:
                self.fork()
                fork_at = elapsed + max(5, seconds / 4)
            kinds = ["interrupts", "terminated"] if self.postgresql else ["interrupts"]
            if elapsed > seconds:  # only what is still to happen
                kinds = [kind for kind in kinds if CAUSES[kind] in missing] or kinds
            # To begin a new pool comes last and once: the old one's connections are not counted
            # then, and with a pool for each thread there were more than a server takes.
            if elapsed > seconds * 0.7 and "disposed" in missing:
                kinds = ["disposed"]
            self.disturb(chance.choice(kinds), chance)
            time.sleep(chance.random() * 0.02)
        self.stop.set()
        for thread in threads:
            thread.join()
        del thread, threads
        gc.collect()
        self.check_counts()
        faulthandler.cancel_dump_traceback_later()

    def check_counts(self) -> None:
        """Every connection is accounted for, and every place of the pool can be taken."""
        pool = self.engine.pool
        assert not self.failures, "\n".join(self.failures[:5])
        assert self.held == {}
        assert self.most <= self.capacity, self.most
        assert pool.checkedout() == 0, pool.status()
        assert pool.checkedin() <= self.size, pool.status()
        # fewer are open where one was invalidated, which left its place
        self.wait_for_backends(pool.checkedin())
        held = [self.engine.connect() for _ in range(self.capacity)]
        cores = {id(c.connection.dbapi_connection._core) for c in held}
        assert len(cores) == self.capacity
        self.wait_for_backends(self.capacity)
        assert self.backends() == self.capacity
        try:
            self.engine.connect()
            raise AssertionError("the pool gave out more than it has")
        except exc.TimeoutError:
            pass
        for connection in held:
            connection.close()
        assert (pool.checkedout(), pool.checkedin()) == (0, self.size), pool.status()
        self.engine.dispose()
        self.wait_for_backends(0)


def main(url: str, seconds: str, *rest: str) -> None:
    faulthandler.enable()
    logging.disable(logging.CRITICAL)  # the pool logs each connection that it could not reset
    threads, size, overflow, seed = (*map(int, rest), *(64, 10, 0, os.getpid())[len(rest) :])
    storm = Storm(url, threads, size, overflow, seed)
    try:
        storm.run(float(seconds))
    finally:
        print(f"seed {seed}, at most {storm.most} of {storm.capacity}:", dict(storm.done))


if __name__ == "__main__":
    main(*sys.argv[1:])
