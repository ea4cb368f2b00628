"""Sessions interrupted at any Python call, and by signals at any moment of large loads and flushes:
rollback() is enough to go on."""

from __future__ import annotations

import gc
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cormorant
from cormorant import Column, ForeignKey, Integer, create_engine, func, insert, select, update
from cormorant.orm import (
    Session,
    declarative_base,
    joinedload,
    relationship,
    selectinload,
    subqueryload,
)
from cormorant.pool import QueuePool, StaticPool

from . import postgres

PACKAGE = str(Path(cormorant.__file__).parent)
Base: Any = declarative_base()


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    n = Column(Integer)
    bs = relationship("B", cascade="all, delete-orphan", back_populates="a")


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    a = relationship("A", back_populates="bs")


@pytest.fixture(autouse=True)
def left_by_other_tests() -> Iterator[None]:
    """The collector, which is run after each interruption, passes over what other tests have
    left in this process: looking through all of that took minutes."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def interrupted(
    work: Callable[[], object], n: int, raised: type[BaseException] = MemoryError
) -> bool:
    """Run `work` with an exception at the n-th call inside of it; False if it has fewer."""
    count = 0

    def profile(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        if event in ("call", "c_call") and PACKAGE in frame.f_code.co_filename:
            count += 1
            if count == n:
                sys.setprofile(None)
                raise raised

    sys.setprofile(profile)
    try:
        work()
    except raised:
        return True
    finally:
        sys.setprofile(None)
    return count >= n


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["commit", "rollback"])
@pytest.mark.parametrize("savepoint", [False, True])
def test_rollback_is_enough(method: str, savepoint: bool) -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    n = 0
    more = True
    while more:
        n += 1
        session = Session(engine)
        old = A(n=1, bs=[B(), B()])
        session.add(old)
        session.commit()
        before = session.query(A).count()
        nested = session.begin_nested() if savepoint else session
        old.n = 2
        del old.bs[0]
        session.add(A(n=3, bs=[B()]))
        session.flush()
        session.add(A(n=4))
        more = interrupted(getattr(nested, method), n)
        session.rollback()
        assert session.query(A).count() in (before, before + 2), n
        session.add(A(n=5))
        session.commit()
        assert old.n in (1, 2)
        assert len(old.bs) == 3 - old.n
        session.delete(old)
        session.commit()
        assert not session.in_transaction()
        session.close()
    assert n > 20


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """An engine with two connections and no more, which nobody may keep."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'interrupted.db'}"
    elif postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    else:
        postgres.clear(postgres.scratch())  # type: ignore[arg-type]
        url = f"postgresql:{postgres.scratch()}"
    made = create_engine(url, poolclass=QueuePool, pool_size=2, max_overflow=0, pool_timeout=5)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


def load(session: Session) -> None:
    for option in (joinedload, selectinload, subqueryload):
        session.expunge_all()
        session.scalars(select(A).options(option(A.bs))).unique().all()


def lazy(session: Session) -> None:
    for a in session.query(A):
        assert [b.a for b in a.bs] == [a] * len(a.bs)


def refresh(session: Session) -> None:
    a = session.query(A).order_by(A.id).first()
    assert a is not None
    session.refresh(a)
    session.expire_all()
    assert a.bs


def stream(session: Session) -> None:
    for a in session.scalars(select(A).execution_options(yield_per=1)):
        assert a.n is not None


def flush(session: Session) -> None:
    """Changes and inserts, moves and deletes: one object more, and no row of b."""
    one, two, three, *_ = session.query(A).order_by(A.id)
    one.n += 100
    one.bs.pop()
    two.bs[0].a = one
    session.delete(three)
    session.add_all([A(n=-1, bs=[B(), B()]), A(n=-1, bs=[B(), B()])])
    session.flush()


def commit(session: Session) -> None:
    flush(session)
    session.commit()


def bulk(session: Session) -> None:
    session.execute(insert(B), [{} for _ in range(5)])
    session.execute(update(A).values(n=A.n + 1))
    session.commit()


def rows(session: Session) -> tuple[int, int, int]:
    """What there is: numbers of rows, and the sum of what the first kind holds."""
    counts = [session.scalar(select(func.count()).select_from(entity)) for entity in (A, B)]
    total = session.scalar(select(func.sum(A.n)))
    return counts[0] or 0, counts[1] or 0, total or 0


def fill(session: Session, count: int) -> None:
    for entity in (B, A):
        session.query(entity).delete()
    session.add_all([A(n=n, bs=[B(), B(), B()]) for n in range(count)])
    session.commit()


def look(engine: Any, session: Session, allowed: list[tuple[int, int, int]]) -> bool:
    """The session and its pool after it was interrupted and rolled back; whether rows changed."""
    found = rows(session)
    assert found in allowed
    for a in session.query(A).order_by(A.id).limit(20):
        query = select(B.id).where(B.a_id == a.id).order_by(B.id)
        assert sorted(b.id for b in a.bs) == session.scalars(query).all()
        assert all(b.a is a for b in a.bs)
    assert [*session.new, *session.dirty, *session.deleted] == []
    session.add(added := A(n=7, bs=[B()]))
    session.commit()
    session.delete(added)
    session.commit()
    assert rows(session) == found
    session.close()
    gc.collect()
    assert engine.pool.checkedout() == 0
    return found != allowed[0]


def rows_around(engine: Any, work: Callable[[Session], None], count: int) -> Any:
    """What there is before and after a piece of work, and how long it takes."""
    with Session(engine) as session:
        fill(session, count)
        before = rows(session)
        began = time.monotonic()
        work(session)
        took = time.monotonic() - began
        session.rollback()
        after = rows(session)
        fill(session, count)
    return [before, after], took


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("work", [load, lazy, refresh, stream, flush, commit, bulk])
def test_work_interrupted_at_any_call(work: Callable[[Session], None], engine: Any) -> None:
    allowed, _ = rows_around(engine, work, 3)
    n, more = 1, True
    while more:
        session = Session(engine)
        kept = session.query(A).all()
        more = interrupted(lambda on=session: work(on), n, KeyboardInterrupt)
        session.rollback()
        if look(engine, session, allowed):
            fill(session, 3)
        del kept
        n += 23
    assert n > 100


class Alarm(BaseException):
    """Raised by the handler of a signal."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("work", [load, lazy, stream, commit, bulk])
def test_signals_at_any_moment(work: Callable[[Session], None], engine: Any) -> None:
    def alarm(*args: object) -> None:
        if armed:
            raise Alarm

    allowed, took = rows_around(engine, work, 300)
    armed, hits, chance = False, 0, random.Random(7)
    before = signal.signal(signal.SIGALRM, alarm)
    try:
        for _ in range(12):
            session = Session(engine)
            try:
                armed = True
                signal.setitimer(signal.ITIMER_REAL, max(chance.random() * took, 1e-5))
                work(session)
                armed = False
            except Alarm:
                hits += 1
            armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            session.rollback()
            if look(engine, session, allowed):
                fill(session, 300)
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert hits
