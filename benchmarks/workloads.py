"""What is measured. A workload is set up once per peer and then run in turn.

Each function below takes a `Bench` (sizes and the database's path) and a peer, and
returns a callable that does the timed work once and returns what was done (a count
that must agree between the peers). A `(prepare, work)` pair has an untimed part.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from . import changes

Work = Callable[[], Any] | tuple[Callable[[], Any], Callable[[Any], Any]]
SQLALCHEMY, CORMORANT, STDLIB = "sqlalchemy", "cormorant", "sqlite3"
ORMS = (SQLALCHEMY, CORMORANT)
ALL = (*ORMS, STDLIB)


@dataclass
class Bench:
    """Where the data is and how much of it the workloads use."""

    directory: str
    rows: int
    wide_rows: int
    parents: int
    children: int
    writes: int
    lookups: int
    counter: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def path(self) -> str:
        return os.path.join(self.directory, "bench.db")

    def scratch(self) -> str:
        """A path for a database of one run."""
        return os.path.join(self.directory, f"scratch{next(self.counter)}.db")


@dataclass(frozen=True)
class Workload:
    """A named measurement: its setup per peer, and what its numbers are per."""

    name: str
    title: str
    per: str
    count: Callable[[Bench], int]
    setup: Callable[[Bench, SimpleNamespace], Work]
    peers: tuple[str, ...] = ORMS


WORKLOADS: list[Workload] = []


def workload(
    title: str, per: str, count: Callable[[Bench], int], peers: tuple[str, ...] = ORMS
) -> Callable[[Callable[..., Work]], Callable[..., Work]]:
    def register(setup: Callable[..., Work]) -> Callable[..., Work]:
        WORKLOADS.append(Workload(setup.__name__, title, per, count, setup, peers))
        return setup

    return register


def _session(bench: Bench, peer: SimpleNamespace) -> Any:
    return peer.orm.Session(peer.sa.create_engine(f"sqlite:///{bench.path}"))


# --- reading -----------------------------------------------------------------


@workload("query(E).all(), 5 columns", "row", lambda b: b.rows, ALL)
def load(bench: Bench, peer: SimpleNamespace) -> Work:
    if peer.package == STDLIB:
        db = sqlite3.connect(bench.path)
        return lambda: len(db.execute("SELECT id, name, age, score, email FROM item").fetchall())
    session = _session(bench, peer)

    def work(_: Any) -> int:
        return len(session.query(peer.Item).all())

    return (session.close, work)


@workload("load, then read every attribute", "row", lambda b: b.rows, ALL)
def load_touch(bench: Bench, peer: SimpleNamespace) -> Work:
    if peer.package == STDLIB:
        db = sqlite3.connect(bench.path)

        def touch() -> int:
            rows = db.execute("SELECT id, name, age, score, email FROM item").fetchall()
            for row in rows:
                row[0], row[1], row[2], row[3], row[4]
            return len(rows)

        return touch
    session = _session(bench, peer)

    def work(_: Any) -> int:
        items = session.query(peer.Item).all()
        for item in items:
            item.id, item.name, item.age, item.score, item.email
        return len(items)

    return (session.close, work)


def _load_all(bench: Bench, peer: SimpleNamespace, name: str) -> Work:
    """All objects of a class, or the rows of its table."""
    if peer.package == STDLIB:
        db = sqlite3.connect(bench.path)
        return lambda: len(db.execute(f"SELECT * FROM {name.lower()}").fetchall())
    session = _session(bench, peer)
    return (session.close, lambda _: len(session.query(getattr(peer, name)).all()))


@workload("query(E).all(), 30 columns of 6 types", "row", lambda b: b.wide_rows, ALL)
def load_wide(bench: Bench, peer: SimpleNamespace) -> Work:
    return _load_all(bench, peer, "Wide")


@workload("query(E).all(), keys are UUIDs", "row", lambda b: b.wide_rows, ALL)
def load_uuid(bench: Bench, peer: SimpleNamespace) -> Work:
    return _load_all(bench, peer, "Token")


@workload("load, then read JSON, an enum, a decimal, dates", "row", lambda b: b.wide_rows)
def load_typed(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)

    def work(_: Any) -> int:
        offers = session.query(peer.Offer).all()
        for offer in offers:
            offer.document, offer.colour, offer.price, offer.day, offer.lasts
        return len(offers)

    return (session.close, work)


@workload("load again, all identities present", "row", lambda b: b.rows)
def reload(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    held = session.query(peer.Item).all()

    def work() -> int:
        assert len(held) == bench.rows
        return len(session.query(peer.Item).all())

    return work


@workload("column tuples, query(E.a, E.b, …).all()", "row", lambda b: b.rows, ALL)
def columns(bench: Bench, peer: SimpleNamespace) -> Work:
    if peer.package == STDLIB:
        db = sqlite3.connect(bench.path)
        return lambda: len(db.execute("SELECT id, name, age, score, email FROM item").fetchall())
    session = _session(bench, peer)
    item = peer.Item
    return lambda: len(session.query(item.id, item.name, item.age, item.score, item.email).all())


@workload("rows of a Table, connection.execute(select(t))", "row", lambda b: b.rows, ALL)
def core_rows(bench: Bench, peer: SimpleNamespace) -> Work:
    if peer.package == STDLIB:
        db = sqlite3.connect(bench.path)
        return lambda: len(db.execute("SELECT id, name, age, score, email FROM item").fetchall())
    connection = peer.sa.create_engine(f"sqlite:///{bench.path}").connect()
    statement = peer.sa.select(peer.Item.__table__)
    return lambda: len(connection.execute(statement).all())


@workload("session.get, not in the map", "call", lambda b: b.lookups, ALL)
def get_miss(bench: Bench, peer: SimpleNamespace) -> Work:
    keys = range(1, bench.lookups + 1)
    if peer.package == STDLIB:
        db = sqlite3.connect(bench.path)
        sql = "SELECT id, name, age, score, email FROM item WHERE id = ?"
        return lambda: sum(db.execute(sql, (key,)).fetchone() is not None for key in keys)
    session = _session(bench, peer)
    return (session.close, lambda _: sum(session.get(peer.Item, key) is not None for key in keys))


@workload("session.get, in the map", "call", lambda b: b.lookups)
def get_hit(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    held = session.query(peer.Item).limit(bench.lookups).all()
    keys = [item.id for item in held]

    def work() -> int:
        assert held
        return sum(session.get(peer.Item, key) is not None for key in keys)

    return work


@workload("query.filter(E.k == v).first()", "call", lambda b: b.lookups)
def filter_first(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    item, keys = peer.Item, range(1, bench.lookups + 1)

    def work(_: Any) -> int:
        return sum(session.query(item).filter(item.id == key).first() is not None for key in keys)

    return (session.close, work)


@workload("select().where().order_by().limit(20)", "call", lambda b: b.lookups)
def select_limit(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    item, keys, select = peer.Item, range(1, bench.lookups + 1), peer.sa.select

    def work(_: Any) -> int:
        done = 0
        for key in keys:
            statement = select(item).where(item.id >= key).order_by(item.id).limit(20)
            done += len(session.scalars(statement).all())
        return done

    return (session.close, work)


@workload("select() of a join of four tables, one row", "call", lambda b: b.lookups)
def select_join(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    select, item, wide = peer.sa.select, peer.Item, peer.Wide
    child, parent, keys = peer.Child, peer.Parent, range(1, bench.lookups + 1)

    def work(_: Any) -> int:
        done = 0
        for key in keys:
            statement = (
                select(child.name, parent.name, item.email, wide.c1)
                .join(parent, child.parent_id == parent.id)
                .join(item, item.id == child.id)
                .join(wide, wide.id == item.id)
                .where(child.id == key)
            )
            done += len(session.execute(statement).all())
        return done

    return (session.close, work)


@workload("building a select(), not run", "statement", lambda b: b.lookups)
def build_select(bench: Bench, peer: SimpleNamespace) -> Work:
    item, keys, select = peer.Item, range(bench.lookups), peer.sa.select

    def work() -> int:
        for key in keys:
            select(item).where(item.age == key, item.id > 5).order_by(item.name).limit(20)
        return len(keys)

    return work


@workload("building an expression alone", "expression", lambda b: b.lookups)
def build_expression(bench: Bench, peer: SimpleNamespace) -> Work:
    item, keys, sa = peer.Item, range(bench.lookups), peer.sa

    def work() -> int:
        for key in keys:
            sa.and_(
                sa.or_(item.age > key, item.score * 2 <= 1.5, item.name.is_(None)),
                sa.func.lower(item.email).like("%@example.org"),
                ~item.id.in_([key, key + 1, key + 2]),
                item.age.between(key, key + 10),
                sa.case((item.score > 1, item.age + key), else_=0).label("n").desc(),
            )
        return len(keys)

    return work


@workload("read of a loaded attribute", "read", lambda b: 1_000_000)
def attribute_read(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    item = session.get(peer.Item, 1)

    def work() -> int:
        for _ in range(100_000):
            item.name, item.name, item.name, item.name, item.name
            item.name, item.name, item.name, item.name, item.name
        return len(item.name)

    return work


@workload("write of a loaded attribute", "write", lambda b: 4 * b.writes)
def attribute_write(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)

    def prepare() -> Any:
        session.close()
        items = session.query(peer.Item).limit(bench.writes).all()
        for item in items:
            item.id, item.name, item.age, item.score, item.email
        return items

    def work(items: Any) -> int:
        for item in items:
            item.name, item.age, item.score, item.email = "new", 1, 0.5, "new@example.org"
        return len(session.dirty)

    return (prepare, work)


@workload("write of a loaded attribute with a listener", "write", lambda b: b.writes)
def attribute_write_heard(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    heard = [0]

    def listener(target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        heard[0] += 1

    def prepare() -> Any:
        session.close()
        items = session.query(peer.Item).limit(bench.writes).all()
        for item in items:
            item.name
        heard[0] = 0
        peer.sa.event.listen(peer.Item.name, "set", listener)
        return items

    def work(items: Any) -> int:
        for item in items:
            item.name = "new"
        peer.sa.event.remove(peer.Item.name, "set", listener)
        return heard[0]

    return (prepare, work)


@workload("joinedload of 10 children each", "child", lambda b: b.parents * b.children)
def joined(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    option = peer.orm.joinedload(peer.Parent.children)

    def work(_: Any) -> int:
        parents = session.query(peer.Parent).options(option).all()
        return sum(len(parent.children) for parent in parents)

    return (session.close, work)


@workload("joinedload of a many-to-one", "child", lambda b: b.parents * b.children)
def joined_reference(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    option = peer.orm.joinedload(peer.Child.parent)

    def work(_: Any) -> int:
        children = session.query(peer.Child).options(option).all()
        return sum(child.parent is not None for child in children)

    return (session.close, work)


@workload("selectinload of 10 children each", "child", lambda b: b.parents * b.children)
def selectin(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    option = peer.orm.selectinload(peer.Parent.children)

    def work(_: Any) -> int:
        parents = session.query(peer.Parent).options(option).all()
        return sum(len(parent.children) for parent in parents)

    return (session.close, work)


@workload("lazy load of a collection", "load", lambda b: b.parents)
def lazy_collection(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)

    def prepare() -> Any:
        session.close()
        return session.query(peer.Parent).all()

    return (prepare, lambda parents: sum(len(parent.children) for parent in parents))


@workload("lazy many-to-one, already in the map", "load", lambda b: b.parents * b.children)
def lazy_reference(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)

    def prepare() -> Any:
        session.close()
        return session.query(peer.Parent).all(), session.query(peer.Child).all()

    return (prepare, lambda both: sum(child.parent is not None for child in both[1]))


SCANS = 4


def scan(bench: Bench, peer: SimpleNamespace, threads: int) -> float:
    """Seconds in which the entities of twice SCANS queries are read, by one thread or by two
    with a connection each. Everything is warm when the clock starts."""
    begin, end = threading.Barrier(threads + 1), threading.Barrier(threads + 1)

    def work() -> None:
        session = _session(bench, peer)
        session.query(peer.Item).all()
        begin.wait()
        for _ in range(2 * SCANS // threads):
            assert len(session.query(peer.Item).all()) == bench.rows
        end.wait()
        session.close()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    begin.wait()
    start = time.perf_counter()
    end.wait()
    seconds = time.perf_counter() - start
    for worker in workers:
        worker.join()
    return seconds


# --- writing -----------------------------------------------------------------


def _fresh(bench: Bench, peer: SimpleNamespace) -> Any:
    engine = peer.sa.create_engine(f"sqlite:///{bench.scratch()}")
    peer.metadata.create_all(engine)
    return peer.orm.Session(engine)


def _item_rows(count: int) -> list[tuple[str, int, float, str]]:
    return [(f"user {n}", n % 90, n / 7, f"user{n}@example.org") for n in range(count)]


@workload("construct + add_all + commit", "object", lambda b: b.writes, ALL)
def insert(bench: Bench, peer: SimpleNamespace) -> Work:
    rows = _item_rows(bench.writes)
    if peer.package == STDLIB:

        def fresh() -> sqlite3.Connection:
            db = sqlite3.connect(bench.scratch())
            db.execute(
                "CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR, age INTEGER,"
                " score FLOAT, email VARCHAR, PRIMARY KEY (id))"
            )
            return db

        def many(db: sqlite3.Connection) -> int:
            db.executemany("INSERT INTO item (name, age, score, email) VALUES (?, ?, ?, ?)", rows)
            db.commit()
            return len(rows)

        return (fresh, many)

    def work(session: Any) -> int:
        made = [peer.Item(name=a, age=b, score=c, email=d) for a, b, c, d in rows]
        return changes.add(session, made)

    return (lambda: _fresh(bench, peer), work)


@workload("construct E(a=…, b=…), no session", "object", lambda b: b.writes)
def construct(bench: Bench, peer: SimpleNamespace) -> Work:
    rows, item = _item_rows(bench.writes), peer.Item
    return lambda: len([item(name=a, age=b, score=c, email=d) for a, b, c, d in rows])


def _filled(bench: Bench, peer: SimpleNamespace, count: int) -> Any:
    session = _fresh(bench, peer)
    session.connection().execute(
        peer.Item.__table__.insert(),
        [
            {"id": n, "name": a, "age": b, "score": c, "email": d}
            for n, (a, b, c, d) in enumerate(_item_rows(count), 1)
        ],
    )
    session.commit()
    return session, session.query(peer.Item).all()


def _filled_file(bench: Bench, count: int) -> sqlite3.Connection:
    db = sqlite3.connect(bench.scratch())
    db.execute(
        "CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR, age INTEGER,"
        " score FLOAT, email VARCHAR, PRIMARY KEY (id))"
    )
    rows = [(n, *row) for n, row in enumerate(_item_rows(count), 1)]
    db.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?)", rows)
    db.commit()
    return db


@workload(
    "change one column + commit (UPDATE)",
    "object",
    lambda b: b.writes,
    ALL,
)
def update(bench: Bench, peer: SimpleNamespace) -> Work:
    count = bench.writes
    if peer.package == STDLIB:
        rows = [(n % 90 + 1, n) for n in range(1, count + 1)]

        def many(db: sqlite3.Connection) -> int:
            db.executemany("UPDATE item SET age=? WHERE item.id = ?", rows)
            db.commit()
            return count

        return (lambda: _filled_file(bench, count), many)

    return (lambda: _filled(bench, peer, count), lambda given: changes.change(*given))


@workload(
    "delete loaded objects + commit",
    "object",
    lambda b: b.writes,
    ALL,
)
def delete(bench: Bench, peer: SimpleNamespace) -> Work:
    count = bench.writes
    if peer.package == STDLIB:
        rows = [(n,) for n in range(1, count + 1)]

        def many(db: sqlite3.Connection) -> int:
            db.executemany("DELETE FROM item WHERE item.id = ?", rows)
            db.commit()
            return count

        return (lambda: _filled_file(bench, count), many)

    return (lambda: _filled(bench, peer, count), lambda given: changes.delete(*given))


@workload("parents with 10 children each, commit", "object", lambda b: b.writes)
def insert_graph(bench: Bench, peer: SimpleNamespace) -> Work:
    parents = bench.writes // 11

    def work(session: Any) -> int:
        for n in range(parents):
            parent = peer.Parent(name=f"parent {n}")
            parent.children = [peer.Child(name=f"child {n}.{k}") for k in range(10)]
            session.add(parent)
        session.commit()
        return parents

    return (lambda: _fresh(bench, peer), work)
