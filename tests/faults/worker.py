"""Runs one piece of work with the first, second, … call of a database's library failing.

Started by tests/test_faults.py with the library of faults.c preloaded. After each failure
the database is as before the work or as after it, the error is one that programs expect,
and the same session and engine do the work again.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import io
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import cormorant as sa
from cormorant.dialects.postgresql import dbapi
from cormorant.orm import Session, declarative_base, joinedload, relationship, selectinload

library = ctypes.PyDLL(None)
arm, disarm = library.faults_arm, library.faults_disarm
arm.argtypes, arm.restype = [ctypes.c_long, ctypes.c_int], None
arm_state = library.faults_arm_state
arm_state.argtypes, arm_state.restype = [ctypes.c_long, ctypes.c_char_p], None
disarm.restype = ctypes.c_long

CODES = {"ALLOCATION": -1, "LOST": -2, "BUSY": 5, "NOMEM": 7, "INTERRUPT": 9, "IOERR": 10, "CORRUPT": 11, "FULL": 13,
         "CONSTRAINT": 19, "MISUSE": 21}  # fmt: skip
"""Other names are SQLSTATEs."""
EXPECTED = (sa.exc.DBAPIError, MemoryError, dbapi.Error)
Base = declarative_base()


class User(Base):
    __tablename__ = "fault_users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    age = sa.Column(sa.Float)
    data = sa.Column(sa.LargeBinary)
    posts = relationship(
        "Post", back_populates="user", cascade="all, delete-orphan", order_by="Post.id"
    )


class Post(Base):
    __tablename__ = "fault_posts"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String)
    user_id = sa.Column(sa.ForeignKey("fault_users.id"))
    user = relationship("User", back_populates="posts")


def load(session: Session) -> None:
    for user in session.query(User).options(joinedload(User.posts)).order_by(User.id):
        repr((user.name, user.data, [post.title for post in user.posts]))
    for user in session.scalars(sa.select(User).options(selectinload(User.posts))):
        repr(user.posts)
    session.get(User, -1)


def stream(session: Session) -> None:
    for post in session.query(Post).yield_per(2):
        repr(post.title)


def write(session: Session) -> None:
    user = session.query(User).order_by(User.id).first()
    assert user is not None
    user.name += "!"
    user.posts.pop()
    user.posts.append(Post(title="more"))
    session.add(User(name="new", age=1.5, data=b"x", posts=[Post(title=None)]))
    session.flush()
    session.execute(sa.update(Post).values(title="changed").where(Post.title == "0"))
    session.commit()


def delete(session: Session) -> None:
    for user in session.query(User):
        session.delete(user)
    session.commit()


def savepoint(session: Session) -> None:
    session.add(User(name="outer"))
    with session.begin_nested():
        session.add(User(name="inner"))
    nested = session.begin_nested()
    session.add(User(name="undone"))
    session.flush()
    nested.rollback()
    session.commit()


def core(session: Session) -> None:
    connection = session.connection()
    connection.execute(sa.insert(User), [{"name": f"n{n}", "age": n} for n in range(3)])
    connection.exec_driver_sql("delete from fault_posts")
    session.commit()


def reflect(session: Session) -> None:
    inspector = sa.inspect(session.connection())
    for name in inspector.get_table_names():
        repr((inspector.get_columns(name), inspector.get_foreign_keys(name)))


def many(session: Session) -> None:
    """More than are sent as single rows."""
    posts = [Post(title=f"m{n}") for n in range(40)]
    session.add_all(posts)
    session.flush()
    for post in posts:
        post.title += "!"
    session.flush()
    for post in posts[1:]:
        session.delete(post)
    session.commit()


def values(session: Session) -> None:
    """What the server is asked about: types, and values that nobody here can read."""
    engine = sa.create_engine(session.get_bind().url)
    try:
        with engine.connect() as connection:
            row = connection.exec_driver_sql(
                "select '1'::money, row(1, 'x'), array[now()], 'sad'::fault_mood, "
                "'{sad}'::fault_mood[], now()"
            ).one()
            assert row[3:5] == ("sad", ["sad"])
    finally:
        engine.dispose()


def copying(session: Session) -> None:
    """What has to be ended, since it is no statement of a session's."""
    for way in ("from stdin", "to stdout"):
        try:
            session.connection().exec_driver_sql(f"copy fault_posts {way}")
        except sa.exc.ProgrammingError as error:
            if "COPY cannot be used" not in str(error):
                raise
        session.rollback()


def files(session: Session) -> None:
    """COPY by a raw cursor, in both directions, left early as well, and a notification."""
    raw = session.get_bind().engine.raw_connection()
    try:
        cursor = raw.cursor()
        rows = io.StringIO("-10\tcopied\t\\N\n-11\tcopied\t\\N\n")
        cursor.copy_expert("copy fault_posts from stdin", rows)
        out = io.StringIO()
        cursor.copy_expert("copy (select title from fault_posts where id < -9) to stdout", out)
        assert out.getvalue() == "copied\ncopied\n"
        cursor.execute("listen ears; notify ears, 'x'")
        raw.commit()
        del raw.notifies[:]
        with contextlib.suppress(ZeroDivisionError):
            cursor.copy_expert("copy (select generate_series(1, 5)) to stdout", Refusing())
    finally:
        raw.close()


class Refusing:
    """A file that cannot be written."""

    def write(self, data: bytes) -> None:
        raise ZeroDivisionError


class Alarm(Exception):
    """What the program interrupts itself with."""


def interrupted(session: Session) -> None:
    """A statement that is cancelled."""

    def ring(*_: Any) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        connection = session.connection()
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        connection.exec_driver_sql("select pg_sleep(1)")
    except Alarm:
        session.rollback()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


WORK: list[Callable[[Session], None]] = [load, stream, write, delete, savepoint, core, reflect]
POSTGRESQL_WORK = [many, values, copying, files, interrupted]


class World:
    """A database, and what is in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = sa.create_engine(url)
        Base.metadata.drop_all(self.engine)
        Base.metadata.create_all(self.engine)
        self.tables = [User.__table__, Post.__table__]
        self.observer = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        self.work = list(WORK)
        if url.startswith("postgresql"):
            with self.observer.connect() as connection:
                connection.exec_driver_sql("create type fault_mood as enum ('sad', 'glad')")
            self.work += POSTGRESQL_WORK
        self._after: dict[Any, list[Any]] = {}
        self.filled = False
        """Whether there is in it what :meth:`fill` puts there, and nothing else."""
        self.fill()
        self.before = self.content()

    def after(self, work: Callable[[Session], None]) -> list[Any]:
        """What is in it when nothing fails."""
        if work not in self._after:
            self.fill()
            with Session(self.engine) as session:
                work(session)
            self._after[work] = self.content()
            self.filled = self._after[work] == self.before
        return self._after[work]

    def settle(self) -> None:
        """Wait until the server has ended the transactions of connections that were lost."""
        if self.observer.dialect.name != "postgresql":
            return
        with self.observer.connect() as connection:
            while connection.exec_driver_sql(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and state <> 'idle'"
            ).scalar():
                time.sleep(0.001)

    def fill(self) -> None:
        if self.filled:
            return
        self.filled = True
        with self.observer.connect() as connection:
            for table in reversed(self.tables):
                connection.execute(table.delete())
            connection.execute(
                User.__table__.insert(),
                # (negative: no sequence gives these)
                [{"id": -n, "name": f"u{n}", "age": n / 2, "data": b"b"} for n in (1, 2, 3)],
            )
            connection.execute(
                Post.__table__.insert(),
                [{"id": -n, "title": str(n % 2), "user_id": -(n % 3 + 1)} for n in range(1, 7)],
            )

    def content(self) -> list[Any]:
        """Everything but the keys that the database chose."""
        users, posts = self.tables
        with self.observer.connect() as connection:
            return [
                sorted(map(repr, connection.execute(sa.select(users.c.name, users.c.age)))),
                sorted(map(repr, connection.execute(sa.select(posts.c.title)))),
            ]


def attempt(world: World, work: Callable[[Session], None], n: int, name: str) -> str | None:
    """What came of the work whose n-th call failed; None: it has no n-th call."""
    after = world.after(work)
    world.fill()
    world.filled = after == world.before
    session = Session(world.engine)
    outcome = "fine"
    if name in CODES:
        arm(n, CODES[name])
    else:
        arm_state(n, name.encode())
    try:
        work(session)
        session.close()
    except EXPECTED as error:
        # of the driver's own by its class in the DB-API
        classes = (cls for cls in type(error).__mro__ if not cls.__module__.endswith(".errors"))
        outcome = next(classes).__name__
    finally:
        calls = disarm()
    if calls < n:
        session.close()
        world.settle()
        return None
    if outcome == "fine":
        # what failed did not matter: a reset, a name for a log
        world.settle()
        assert world.content() == after
        return outcome
    session.rollback()
    world.settle()
    now = world.content()
    if now != world.before:
        # the failure came after the commit, or it was the commit's own answer
        assert now == after
        outcome += ", done"
        world.fill()
        world.filled = False
    work(session)
    session.close()
    return outcome


def main(url: str, names: list[str]) -> None:
    warnings.simplefilter("ignore")
    world = World(url)
    # those that ask anew or wait have so many allocations that it takes minutes
    slow = (values, copying, files, interrupted) if "ALLOCATION" in names else ()
    for work in world.work:
        if work in slow:
            continue
        seen: Counter[str] = Counter()
        for name in names:
            n = 1
            while (outcome := attempt(world, work, n, name)) is not None:
                seen[f"{name} {outcome}"] += 1
                n += 1
        gc.collect()
        assert (
            "checked out" not in world.engine.pool.status() or world.engine.pool.checkedout() == 0
        )
        print(work.__name__, dict(seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
