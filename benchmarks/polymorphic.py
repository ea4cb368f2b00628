"""Loading classes that inherit: by one table, and by joined tables.

A third of the rows each is of the base and of two subclasses, in turn, so that every row
is of another class than the one before.
"""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace
from typing import Any

from .workloads import Bench, Work, workload

KINDS = ("staff", "clerk", "chief")


def _fill(bench: Bench) -> None:
    """The tables, made by whichever peer is set up first."""
    db = sqlite3.connect(bench.path)
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'staff'").fetchone() is None:
        rows = range(1, bench.rows + 1)
        db.execute(
            "CREATE TABLE single (id INTEGER NOT NULL, name VARCHAR, type VARCHAR, desk VARCHAR,"
            " grade INTEGER, PRIMARY KEY (id))"
        )
        db.execute(
            "CREATE TABLE staff (id INTEGER NOT NULL, name VARCHAR, type VARCHAR, PRIMARY KEY (id))"
        )
        db.execute("CREATE TABLE clerk (id INTEGER NOT NULL, desk VARCHAR, PRIMARY KEY (id))")
        db.execute("CREATE TABLE chief (id INTEGER NOT NULL, grade INTEGER, PRIMARY KEY (id))")
        db.executemany(
            "INSERT INTO single VALUES (?, ?, ?, ?, ?)",
            ((n, f"name {n}", KINDS[n % 3], f"desk {n}", n % 7) for n in rows),
        )
        db.executemany(
            "INSERT INTO staff VALUES (?, ?, ?)", ((n, f"name {n}", KINDS[n % 3]) for n in rows)
        )
        db.executemany(
            "INSERT INTO clerk VALUES (?, ?)", ((n, f"desk {n}") for n in rows if n % 3 == 1)
        )
        db.executemany("INSERT INTO chief VALUES (?, ?)", ((n, n % 7) for n in rows if n % 3 == 2))
        db.commit()
    db.close()


def _declare(peer: SimpleNamespace) -> SimpleNamespace:
    sa, orm = peer.sa, peer.orm
    base: Any = orm.declarative_base()

    class Single(base):
        __tablename__ = "single"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        type = sa.Column(sa.String)
        __mapper_args__ = {
            "polymorphic_on": "type",
            "polymorphic_identity": "staff",
            "with_polymorphic": "*",
        }

    class SingleClerk(Single):
        desk = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "clerk"}

    class SingleChief(Single):
        grade = sa.Column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "chief"}

    class Staff(base):
        __tablename__ = "staff"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        type = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "staff"}

    class Clerk(Staff):
        __tablename__ = "clerk"
        id = sa.Column(sa.ForeignKey("staff.id"), primary_key=True)
        desk = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "clerk"}

    class Chief(Staff):
        __tablename__ = "chief"
        id = sa.Column(sa.ForeignKey("staff.id"), primary_key=True)
        grade = sa.Column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "chief"}

    return SimpleNamespace(Single=Single, Staff=Staff, Clerk=Clerk, Chief=Chief)


def _session(bench: Bench, peer: SimpleNamespace) -> Any:
    _fill(bench)
    return peer.orm.Session(peer.sa.create_engine(f"sqlite:///{bench.path}"))


@workload("query(Base).all(), three classes in one table", "row", lambda b: b.rows)
def load_single_table(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    cls = _declare(peer).Single
    return (session.close, lambda _: len(session.query(cls).all()))


@workload('with_polymorphic(Base, "*"), three joined classes', "row", lambda b: b.rows)
def load_joined_tables(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    entity = peer.orm.with_polymorphic(_declare(peer).Staff, "*")
    return (session.close, lambda _: len(session.query(entity).all()))


@workload("query(Sub).all(), two joined tables", "row", lambda b: (b.rows + 2) // 3)
def load_joined_subclass(bench: Bench, peer: SimpleNamespace) -> Work:
    session = _session(bench, peer)
    cls = _declare(peer).Clerk
    return (session.close, lambda _: len(session.query(cls).all()))
