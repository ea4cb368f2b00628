"""Measurements that need a process of their own: memory, import time.

Run as `python -m benchmarks.fresh memory|stream|peak|import PEER [DATABASE …]`; prints one number.
"""

from __future__ import annotations

import importlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path


def resident() -> int:
    """Resident bytes of this process (Linux)."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(peer: str, path: str) -> float:
    """Bytes of resident memory per row of table item, all rows held."""
    if peer == "sqlite3":
        db = sqlite3.connect(path)
        db.execute("SELECT id, name, age, score, email FROM item LIMIT 10").fetchall()
        before = resident()
        held = db.execute("SELECT id, name, age, score, email FROM item").fetchall()
    else:
        from .models import declare

        ns = declare(peer)
        session = ns.orm.Session(ns.sa.create_engine(f"sqlite:///{path}"))
        session.query(ns.Item).limit(10).all()
        before = resident()
        held = session.query(ns.Item).all()
    return (resident() - before) / len(held)


# rows of class Item that no table holds, so that only the reader needs memory
_MANY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
SELECT i AS id, 'user number ' || i AS name, i % 90 AS age, i / 7.0 AS score, NULL AS email FROM n
"""
# the same of PostgreSQL
_MANY_SERVED = """
SELECT i AS id, 'user number ' || i AS name, i % 90 AS age, i / 7.0::float8 AS score,
    NULL::varchar AS email FROM (SELECT generate_series(1, :rows) AS i) AS n
"""

# how many are read from SQLite; of PostgreSQL, where the peers take seconds for so many
STREAMED, STREAMED_SERVED = 5_000_000, 200_000


def stream(peer: str, url: str, rows: int) -> float:
    """The most bytes of resident memory above the start while `rows` entities are read a
    thousand at a time, each thousand dropped before the next."""
    served = url.startswith("postgresql")
    if peer == "sqlite3":
        path = url.removeprefix("sqlite:///")
        cursor = sqlite3.connect(path).execute(_MANY, {"rows": rows})
        parts = iter(lambda: cursor.fetchmany(1000), [])
    else:
        from .models import declare

        ns = declare(peer)
        engine = ns.sa.create_engine(url)
        ns.Item.__table__.create(engine, checkfirst=True)
        session = ns.orm.Session(engine)
        session.query(ns.Item).limit(10).all()
        many = ns.sa.text(_MANY_SERVED if served else _MANY).bindparams(rows=rows)
        statement = ns.sa.select(ns.Item).from_statement(many)
        parts = session.scalars(statement, execution_options={"yield_per": 1000}).partitions()
    before = most = resident()
    count = 0
    for part in parts:
        count += len(part)
        most = max(most, resident())
    if count != rows:
        raise SystemExit(f"{peer}: {count} rows of {rows}")
    return most - before


def peak(peer: str, url: str, objects: int) -> float:
    """The most bytes of resident memory above the start while so many new objects are made,
    added and flushed."""
    from .models import declare

    ns = declare(peer)
    engine = ns.sa.create_engine(url)
    ns.Item.__table__.create(engine, checkfirst=True)
    with ns.orm.Session(engine) as session:
        session.add(ns.Item(name="first"))
        session.flush()
        before = resident()
        Path("/proc/self/clear_refs").write_text("5")  # the peak from now on
        made = [
            ns.Item(name=f"user {n}", age=n % 90, score=n / 7, email=f"user{n}@example.org")
            for n in range(objects)
        ]
        session.add_all(made)
        session.flush()
        status = Path("/proc/self/status").read_text().split()
        most = int(status[status.index("VmHWM:") + 1]) * 1024
        session.rollback()
    engine.dispose()
    return most - before


def import_time(peer: str) -> float:
    """Seconds to import the names an application uses, which loads what stands behind them."""
    names = ("create_engine", "select", "func", "Column", "ForeignKey", "Integer", "String")
    orm_names = ("Session", "declarative_base", "relationship", "joinedload", "sessionmaker")
    start = time.perf_counter()
    package, orm = importlib.import_module(peer), importlib.import_module(f"{peer}.orm")
    for name in names:
        getattr(package, name)
    for name in orm_names:
        getattr(orm, name)
    return time.perf_counter() - start


def run(what: str, *words: str, environment: Mapping[str, str] | None = None) -> float:
    """What one of the measurements of this file finds in a new process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fresh", what, *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    return float(done.stdout)


def main(what: str, peer: str, database: str = "", count: str = "100000") -> None:
    """Print one number."""
    if what == "memory":
        print(memory(peer, database))
    elif what == "stream":
        print(stream(peer, database, int(count)))
    elif what == "peak":
        print(peak(peer, database, int(count)))
    else:
        print(import_time(peer))


if __name__ == "__main__":
    main(*sys.argv[1:])
