"""Objects and rows that take the memory of dead ones have nothing of theirs."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import Any

import pytest

from cormorant import Column, Integer, String, create_engine, inspect, text
from cormorant.orm import Session, declarative_base

from . import leaks


def mapped() -> tuple[Any, Session]:
    """A class with three rows, and a session."""
    base: Any = declarative_base()

    class Thing(base):
        __tablename__ = "thing"
        id = Column(Integer, primary_key=True)
        name = Column(String)

    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all([Thing(id=n, name=f"thing {n}") for n in range(1, 4)])
    session.commit()
    return Thing, session


def test_new_objects_have_nothing_of_dead_ones() -> None:
    thing, session = mapped()
    for number in range(3):
        things = session.query(thing).order_by(thing.id).all()
        for one in things:
            assert vars(one).keys() == {"_sa_instance_state", "id", "name"}
            assert one.name == f"thing {one.id}"
            one.note = number
        refs = [weakref.ref(one) for one in things]
        del things, one
        assert [ref() for ref in refs] == [None] * 3
        fresh = thing()
        assert inspect(fresh).transient
        assert (fresh.id, fresh.name) == (None, None)
        assert not weakref.getweakrefcount(fresh)


def test_finalizers_run_for_each_object() -> None:
    thing, session = mapped()
    ended: list[int] = []
    thing.__del__ = lambda self: ended.append(self.id)
    for _ in range(3):
        session.query(thing).order_by(thing.id).all()
        gc.collect()
    assert sorted(ended) == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    del thing.__del__


ROWS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < :many) "
    "select i, 'row ' || i || :what, null from n"
)


def test_new_rows_have_nothing_of_dead_ones() -> None:
    with create_engine("sqlite://").connect() as connection:
        for what in ("a", "b"):
            rows = connection.execute(text(ROWS), {"many": 300, "what": what}).all()
            assert rows == [(i, f"row {i}{what}", None) for i in range(1, 301)]
            kept = rows[::7]
            del rows
            other = connection.execute(text("select 1 as x, 2 as y, 3 as z")).one()
            assert other._asdict() == {"x": 1, "y": 2, "z": 3}
            assert kept == [(i, f"row {i}{what}", None) for i in range(1, 301, 7)]


@pytest.mark.not_sanitized(reason="the allocator in use counts no blocks")
def test_rows_of_a_result_too_large_are_freed() -> None:
    """Of what dies at once no more is kept than CRM_SPARE_BYTES."""
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text(ROWS), {"many": 10, "what": ""}).all()
        before = sys.getallocatedblocks()
        rows = connection.execute(text(ROWS), {"many": 800_000, "what": ""}).all()
        assert sys.getallocatedblocks() - before > 1_600_000
        del rows
        assert sys.getallocatedblocks() - before < 32 * 1024 * 1024 // 48


USE_AFTER_THE_END = """
import ctypes
from cormorant import Column, Integer
from cormorant._core import Row
from cormorant.orm import declarative_base

class Thing(declarative_base()):
    __tablename__ = "thing"
    id = Column(Integer, primary_key=True)

dead = {what}
address = id(dead)
del dead
print("touched", flush=True)
ctypes.string_at(address, 8)
"""


@pytest.mark.skipif(not leaks.SANITIZED, reason="nobody would see it")
@pytest.mark.parametrize("what", ["Thing()", "Row(('x',), (1,))"])
def test_uses_of_kept_memory_are_reported(what: str) -> None:
    program = USE_AFTER_THE_END.format(what=what)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout == "touched\n"
    assert "use-after-poison" in ended.stderr
