"""Measurements that need a process of their own: memory, import time.

Run as `python -m benchmarks.fresh memory|stream|import PEER [DATABASE]`; prints one number.
"""

from __future__ import annotations

import importlib
import os
import sqlite3
import sys
import time


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


def stream(peer: str, path: str, rows: int = 5_000_000) -> float:
    """The most bytes of resident memory above the start while `rows` entities are read a
    thousand at a time, each thousand dropped before the next."""
    if peer == "sqlite3":
        cursor = sqlite3.connect(path).execute(_MANY, {"rows": rows})
        parts = iter(lambda: cursor.fetchmany(1000), [])
    else:
        from .models import declare

        ns = declare(peer)
        session = ns.orm.Session(ns.sa.create_engine(f"sqlite:///{path}"))
        session.query(ns.Item).limit(10).all()
        statement = ns.sa.select(ns.Item).from_statement(ns.sa.text(_MANY).bindparams(rows=rows))
        parts = session.scalars(statement, execution_options={"yield_per": 1000}).partitions()
    before = most = resident()
    count = 0
    for part in parts:
        count += len(part)
        most = max(most, resident())
    if count != rows:
        raise SystemExit(f"{peer}: {count} rows of {rows}")
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


if __name__ == "__main__":
    if sys.argv[1] == "memory":
        print(memory(sys.argv[2], sys.argv[3]))
    elif sys.argv[1] == "stream":
        print(stream(sys.argv[2], sys.argv[3]))
    else:
        print(import_time(sys.argv[2]))
