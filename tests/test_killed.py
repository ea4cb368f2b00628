"""A process killed in a commit loop loses no acknowledged commit and leaves no half transaction."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import cormorant

from . import postgres

LOOP = """
import sys
from cormorant import Column, ForeignKey, Integer, create_engine
from cormorant.orm import Session, declarative_base, relationship

Base = declarative_base()


class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
    n = Column(Integer)
    children = relationship("Child")


class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parent.id"))


engine = create_engine(sys.argv[1])
Base.metadata.create_all(engine)
session = Session(engine)
n = int(sys.argv[2])
while True:
    session.add(Parent(n=n, children=[Child(), Child(), Child()]))
    if n % 5 == 4:
        last = session.query(Parent).filter_by(n=n - 1).first()
        if last is not None:
            last.n = -n
    session.commit()
    print(n, flush=True)
    n += 1
"""

KILLS = int(os.environ.get("SOAK", "4"))


Rows = Callable[[str], list[tuple[Any, ...]]]


def sqlite_rows(path: Path) -> Rows:
    """What another process reads of the file."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(path)) as db:
            return db.execute(sql).fetchall()

    return rows


def server_rows(url: str) -> Rows:
    """What another connection reads."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"postgresql:{url}") as connection:
            return connection.execute(sql).fetchall()

    return rows


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_commit_is_lost_and_none_is_half(tmp_path: Path, database: str) -> None:
    if database == "sqlite":
        path = tmp_path / "killed.db"
        rows = sqlite_rows(path)
        kill_in_a_loop(f"sqlite:///{path}", rows)
        assert rows("pragma integrity_check") == [("ok",)]
        return
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        kill_in_a_loop(f"postgresql:{url}", server_rows(url))


def kill_in_a_loop(url: str, rows: Rows) -> None:
    """Kill the loop some times, and look each time at what it has left."""
    chance = random.Random(7)
    env = {**os.environ, "PYTHONPATH": str(Path(cormorant.__file__).parent.parent)}
    start, acknowledged = 0, []
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", LOOP, url, str(start)],
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            process.kill()
            # What was printed before the end was committed before.
            lines = [first, *process.stdout]
        acknowledged += [int(line) for line in lines if line.endswith("\n")]
        start = acknowledged[-1] + 10
        numbers = {n for (n,) in rows("select n from parent")}
        # Each fifth transaction also renamed the row before it.
        for n in acknowledged:
            assert n in numbers or -(n + 1) in numbers, n
            if n % 5 == 4 and n - 1 in acknowledged:
                assert -n in numbers, n
                assert n - 1 not in numbers, n
        counts = rows(
            "select count(child.id) from parent left join child on parent.id = parent_id "
            "group by parent.id"
        )
        assert {count for (count,) in counts} == {3}
    assert len(acknowledged) > KILLS
