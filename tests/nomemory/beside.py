"""Flushes whose first, second, … allocation fails: objects, session and database are as SQLAlchemy
leaves them when an error is raised somewhere in the flush.

Started by tests/test_nomemory.py with the allocator of fail.c preloaded.
"""

from __future__ import annotations

import gc
import itertools
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from cormorant import _core, _sqlite, exc
from tests.differential.harness import Outcome, Peer
from tests.differential.test_failing_flush import change, contents, loaded, models
from tests.nomemory.failing import arm, disarm, only_within, was_raised_within_a_memory_error

COUNTS = ("new", "dirty", "deleted")


class Work:
    """One package with a session and rows that a flush is to change."""

    def __init__(self, package: str) -> None:
        self.p = Peer(package, Outcome())
        self.classes = User, Post, Tag = models(self.p)
        self.session = self.p.session(expire_on_commit=False)
        red, blue = Tag(label="red"), Tag(label="blue")
        self.session.add_all(
            [
                User(name="a", posts=[Post(title="1", tags=[red]), Post(title="2", tags=[blue])]),
                User(name="b", posts=[Post(title="3", tags=[red, blue]), Post(title="4")]),
                User(name="c", posts=[Post(title="5", tags=[red])]),
            ]
        )
        self.session.commit()
        self.before = self.contents()

    def contents(self) -> Any:
        found = contents(self.p, self.session)
        self.session.rollback()
        return [[tuple(row) for row in rows] for rows in found]

    def shape(self, objects: list[Any]) -> tuple[Any, list[Any]]:
        """What a session says of itself, and what it has made of each object."""
        s = self.session
        return (s.is_active, *(len(getattr(s, name)) for name in COUNTS)), loaded(self.p, objects)

    def fail(self, savepoint: bool, failing: Callable[[], Any]) -> Any:
        """Both shapes of a flush within a failing context: then and after a rollback. None if it
        did not fail; the database is as before in either case."""
        s = self.session
        nested = s.begin_nested() if savepoint else None
        with s.no_autoflush:
            objects = change(self.p, s, self.classes)
        try:
            with failing():
                s.flush()
            shapes = None
        except MemoryError:
            shapes = [self.shape(objects)]
        except exc.DBAPIError as error:
            if not was_raised_within_a_memory_error(error):
                raise
            shapes = [self.shape(objects)]
        if nested is not None and shapes is not None:
            try:
                nested.rollback()
            except exc.OperationalError:
                shapes = []  # SQLite, out of memory, has undone the transaction
        else:
            s.rollback()
        if shapes:
            shapes.append(self.shape(objects))
        s.rollback()
        s.expunge_all()
        assert self.contents() == self.before
        return shapes


def peer_shapes(savepoint: bool) -> tuple[list[set[Any]], list[list[list[Any]]]]:
    """What SQLAlchemy leaves when an error is raised before any statement of the flush, or in a
    listener: of sessions, and of each object."""
    work = Work("sqlalchemy")
    event = work.p.sa.event
    sessions: list[set[Any]] = [set(), set()]
    objects: list[list[list[Any]]] = [[], []]

    @contextmanager
    def failing_at_call(target: Any, name: str, n: int) -> Iterator[None]:
        left = [n]

        def listener(*args: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise MemoryError

        event.listen(target, name, listener)
        try:
            yield
        finally:
            event.remove(target, name, listener)

    def note(target: Any, name: str) -> int:
        """How many calls of a listener there are in the flush."""
        for n in itertools.count(1):
            shapes = work.fail(savepoint, partial(failing_at_call, target, name, n))
            if shapes is None:
                return n - 1
            for number, (session, each) in enumerate(shapes):
                sessions[number].add(session)
                objects[number].append(each)
        raise AssertionError

    assert note(work.session.bind, "before_cursor_execute") > 3
    for name in ("before_flush", "after_flush", "after_flush_postexec"):
        assert note(work.session, name) == 1
    return sessions, objects


@contextmanager
def failing_at(n: int, asked: list[int]) -> Iterator[None]:
    arm(n)
    try:
        yield
    finally:
        asked[0] = disarm()


def run(savepoint: bool) -> int:
    """How often a flush ran out of memory."""
    sessions, objects = peer_shapes(savepoint)
    work = Work("cormorant")
    for _ in range(2):
        assert work.fail(savepoint, partial(failing_at, 10**9, [0])) is None
    n = failures = 0
    asked = [0]
    while asked[0] >= n:
        n += 1
        shapes = work.fail(savepoint, partial(failing_at, n, asked))
        if shapes is None:
            continue
        failures += 1
        for number, (session, each) in enumerate(shapes):
            assert session in sessions[number], (n, number, session, sessions[number])
            for place, found in enumerate(each):
                known = [other[place] for other in objects[number]]
                assert found in known, (n, number, place, found, known)
    return failures


def main() -> None:
    warnings.simplefilter("ignore")
    gc.disable()
    only_within([_core.__file__, _sqlite.__file__])
    for savepoint in (False, True):
        print(("flush", "flush_in_a_savepoint")[savepoint], run(savepoint), flush=True)


if __name__ == "__main__":
    sys.exit(main())
