"""Measurements that need a process of their own: memory per entity, import time.

Run as `python -m benchmarks.fresh memory|import PEER [DATABASE]`; prints one number.
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
    else:
        print(import_time(sys.argv[2]))
