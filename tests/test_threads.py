"""Engines, connections and sessions under several threads."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cormorant import Column, ForeignKey, Integer, String, select
from cormorant.orm import DeclarativeBase, declared_attr, relationship

from .differential.models import blog

pytestmark = pytest.mark.sqlite_only  # in a file; tests/storm.py has threads on PostgreSQL

ROWS = 5_000


def database(path: Path) -> str:
    db = sqlite3.connect(path)
    db.execute("create table users (id integer primary key, name text, age integer)")
    db.execute("create table posts (id integer primary key, title text, user_id integer)")
    db.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) "
        "insert into users select i, 'user ' || i, i % 90 from n",
        (ROWS,),
    )
    db.execute("insert into posts select id, 'post ' || id, id % 100 + 1 from users")
    db.commit()
    db.close()
    return f"sqlite:///{path}"


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(number)` in threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait(10)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database(tmp_path / "data.db")


def test_scans_in_parallel(p: Any, url: str) -> None:
    User, _ = blog(p)
    engine = p.engine(url)

    def scan(number: int) -> tuple[int, int, int]:
        total = 0
        for _ in range(3):
            with p.Session(engine) as s:
                users = s.query(User).order_by(User.id).all()
                assert [u.id for u in users[:3]] == [1, 2, 3]
                assert len({id(u) for u in users}) == len(s.identity_map) == ROWS
                total += sum(u.age for u in users)
        return number, total, len(users)

    results = together(4, scan)
    assert len({total for _, total, _ in results}) == 1


def test_large_scans_give_way_to_each_other(p: Any, url: str) -> None:
    """Threads that come back from reading let another begin to read: whatever that one does
    with its connection then, or if it does nothing."""
    User, _ = blog(p)
    engine = p.engine(url)
    with p.Session(engine) as s:
        s.add_all([User(id=i, name=f"user {i}", age=1) for i in range(ROWS + 1, 4 * ROWS + 1)])
        s.commit()

    def scan(number: int) -> None:
        for turn in range(6):
            with p.Session(engine) as s:
                users = s.query(User).order_by(User.id).all()
                assert [users[0].id, users[-1].id, len(users)] == [1, 4 * ROWS, 4 * ROWS]
                if turn % 3 == number % 3:
                    s.connection().invalidate()
                elif turn % 3 == 1:
                    assert s.query(User.id).count() == 4 * ROWS
                users[0].name  # loaded

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        together(4, scan)
    finally:
        sys.setswitchinterval(interval)


def test_many_threads_share_an_engine(p: Any, url: str) -> None:
    """More threads than connections: each waits for its turn and sees its own objects."""
    User, Post = blog(p)
    engine = p.engine(url, pool_size=2, max_overflow=1)

    def work(number: int) -> int:
        found = 0
        for i in range(20):
            with p.Session(engine) as s:
                user = s.get(User, number * 20 + i + 1)
                assert user.name == f"user {number * 20 + i + 1}"
                found += len(s.scalars(p.select(Post).where(Post.user_id == user.id)).all())
                assert len(user.posts) == (ROWS // 100 if user.id <= 100 else 0)
            with engine.connect() as c:
                assert c.scalar(p.text("select 1")) == 1
        return found

    together(3, work)
    assert engine.pool.checkedout() == 0
    together(3, work)


def test_writers_take_turns(p: Any, url: str) -> None:
    User, _ = blog(p)
    engine = p.engine(url, connect_args={"timeout": 30})

    def write(number: int) -> None:
        for i in range(5):
            with p.Session(engine) as s, s.begin():
                s.execute(p.text("update users set age = age + 1 where id = 1"))
                s.add(User(name=f"new {number} {i}"))
                s.flush()

    with p.Session(engine) as s:
        before = s.get(User, 1).age
    together(4, write)
    with p.Session(engine) as s:
        assert s.get(User, 1).age == before + 20
        assert s.query(User).filter(User.name.like("new %")).count() == 20


def test_readers_beside_writers(p: Any, url: str) -> None:
    """Each loads objects and their collections, and adds one, while others do."""
    User, _ = blog(p)
    engine = p.engine(url, connect_args={"timeout": 60})

    def work(number: int) -> None:
        for turn in range(15):
            with p.Session(engine) as s:
                users = s.query(User).filter(User.id <= 200).order_by(User.id).all()
                assert len(users) == 200
                assert sum(len(user.posts) for user in users[:3]) == 3 * (ROWS // 100)
                if turn % 5 == number % 5:
                    s.add(User(name=f"new {number} {turn}"))
                    s.commit()

    together(6, work)
    with p.Session(engine) as s:
        assert s.query(User).count() == ROWS + 6 * 3


def test_scoped_session(p: Any, url: str) -> None:
    User, _ = blog(p)
    Session = p.scoped_session(p.sessionmaker(p.engine(url)))

    def work(number: int) -> int:
        try:
            session = Session()
            assert session is Session()
            user = Session.get(User, number + 1)
            assert user is Session.query(User).filter_by(id=number + 1).one()
            assert Session.registry() is session
            return id(session)
        finally:
            Session.remove()

    Session()
    assert len(set(together(2, lambda n: (work(n), threading.get_ident())[1]))) == 2
    Session.remove()


def test_first_use_of_a_mapping_by_many_threads(p: Any, url: str) -> None:
    """Mappers are configured once, whoever comes first."""
    User, _Post = blog(p)
    engine = p.engine(url)

    def work(number: int) -> tuple[int, str]:
        with p.Session(engine) as s:
            user = s.scalars(
                p.select(User).options(p.selectinload(User.posts)).where(User.id == 7)
            ).one()
            return len(user.posts), user.posts[0].user.name

    assert set(together(8, work)) == {(ROWS // 100, "user 7")}


def test_objects_dropped_by_another_thread(p: Any, url: str) -> None:
    """Objects go from thread to thread while their session loads more."""
    User, _post = blog(p)
    engine = p.engine(url)
    given: list[Any] = []
    done = threading.Event()

    def drop() -> None:
        while not done.is_set() or given:
            if given:
                given.pop()

    thread = threading.Thread(target=drop)
    thread.start()
    try:
        with p.Session(engine) as s:
            for _ in range(5):
                for user in s.query(User).yield_per(100):
                    given.append(user)
                assert s.get(User, 5).name == "user 5"
    finally:
        done.set()
        thread.join()


def test_a_relationship_waits_for_a_class_that_another_thread_is_mapping() -> None:
    for _ in range(5):

        class Base(DeclarativeBase):
            pass

        class Parent(Base):
            __tablename__ = "parents"
            id = Column(Integer, primary_key=True)
            children = relationship("Child")

        begun = threading.Event()

        def define(base: Any = Base, begun: threading.Event = begun) -> None:
            class Child(base):
                __tablename__ = "children"
                id = Column(Integer, primary_key=True)
                parent_id = Column(ForeignKey("parents.id"))

                @declared_attr
                def name(cls) -> Column[str]:
                    begun.set()
                    time.sleep(0.02)
                    return Column(String)

        thread = threading.Thread(target=define)
        thread.start()
        assert begun.wait(10)
        assert "JOIN children ON parents.id" in str(select(Parent).join(Parent.children))
        thread.join()
