"""What a flush does besides one table's rows: association rows, cascades, one object at a time.

Imported for its workloads, which have mapped classes of their own.
"""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace
from typing import Any

from . import changes
from .workloads import Bench, Work, workload


def _models(peer: SimpleNamespace) -> SimpleNamespace:
    """The classes, mapped once for a peer."""
    found: SimpleNamespace | None = getattr(peer, "unitofwork", None)
    if found is None:
        base: Any = peer.orm.declarative_base()
        found = peer.unitofwork = changes.declare(peer.sa, peer.orm, base)
        found.metadata = base.metadata
    return found


def _session(bench: Bench, peer: SimpleNamespace, *inserts: tuple[str, Any]) -> Any:
    """A session on a new file with these rows."""
    models = _models(peer)
    path = bench.scratch()
    engine = peer.sa.create_engine(f"sqlite:///{path}")
    models.metadata.create_all(engine)
    db = sqlite3.connect(path)
    for statement, rows in inserts:
        db.executemany(statement, rows)
    db.commit()
    db.close()
    return peer.orm.Session(engine)


def _named(kind: str, count: int) -> list[tuple[int, str]]:
    return [(n, f"{kind} {n}") for n in range(1, count + 1)]


@workload(
    "rewrite a many-to-many of 20 each",
    "row",
    lambda b: b.writes // 10 * changes.TAGS_OF_A_PAGE * 2,
)
def rewrite_many_to_many(bench: Bench, peer: SimpleNamespace) -> Work:
    pages = bench.writes // 10

    def prepare() -> Any:
        session = _session(
            bench,
            peer,
            ("INSERT INTO page VALUES (?, ?)", _named("page", pages)),
            ("INSERT INTO tag VALUES (?, ?)", _named("tag", changes.TAGS)),
            ("INSERT INTO tagged VALUES (?, ?)", changes.tagged_rows(pages)),
        )
        return session, *changes.with_tags(peer, _models(peer), session)

    return (prepare, lambda given: changes.rewrite(*given))


@workload("delete objects and 5 children each by cascade", "object", lambda b: b.writes * 6)
def delete_cascade(bench: Bench, peer: SimpleNamespace) -> Work:
    owners = bench.writes

    def prepare() -> Any:
        session = _session(
            bench,
            peer,
            ("INSERT INTO owner VALUES (?, ?)", _named("owner", owners)),
            (
                "INSERT INTO pet VALUES (?, ?, ?)",
                ((n, f"pet {n}", n // 5 + 1) for n in range(owners * 5)),
            ),
        )
        return session, changes.with_pets(peer, _models(peer), session)

    return (prepare, lambda given: changes.delete(*given))


@workload("add one object and commit, synchronous=off", "commit", lambda b: b.writes // 4)
def add_and_commit(bench: Bench, peer: SimpleNamespace) -> Work:
    models = _models(peer)
    count = bench.writes // 4

    def prepare() -> Any:
        session = _session(bench, peer)
        session.execute(peer.sa.text("pragma synchronous=off"))
        session.commit()
        return session

    def work(session: Any) -> int:
        return changes.add_each(session, (models.Owner(name=f"owner {n}") for n in range(count)))

    return (prepare, work)
