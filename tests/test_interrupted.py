"""commit() and rollback() interrupted at any Python call: rollback() is enough to go on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cormorant
from cormorant import Column, ForeignKey, Integer, create_engine
from cormorant.orm import Session, declarative_base, relationship
from cormorant.pool import StaticPool

PACKAGE = str(Path(cormorant.__file__).parent)
Base: Any = declarative_base()


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    n = Column(Integer)
    bs = relationship("B", cascade="all, delete-orphan")


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))


def interrupted(work: Callable[[], object], n: int) -> bool:
    """Run `work` with a MemoryError at the n-th call inside of it; False if it has fewer."""
    count = 0

    def profile(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        if event in ("call", "c_call") and PACKAGE in frame.f_code.co_filename:
            count += 1
            if count == n:
                sys.setprofile(None)
                raise MemoryError

    sys.setprofile(profile)
    try:
        work()
    except MemoryError:
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
