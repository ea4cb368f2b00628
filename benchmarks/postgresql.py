"""The same on PostgreSQL, beside SQLAlchemy's drivers, plain drivers and libpq alone.

Called by `python -m benchmarks` when a server answers (see tests/postgres.py), on a scratch
database over its Unix socket if there is one.
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import importlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests import postgres

from .workloads import CORMORANT, SQLALCHEMY

PSYCOPG, PSYCOPG2, ASYNCPG, LIBPQ = "SQLAlchemy+psycopg", "psycopg2", "asyncpg", "libpq"
ORMS = {SQLALCHEMY: ("sqlalchemy", "psycopg2"), PSYCOPG: ("sqlalchemy", "psycopg")}
ORMS[CORMORANT] = ("cormorant", "psycopg")
COLUMNS = "id, name, age, score, email, made"


def conninfo(url: str) -> str:
    """The scratch database for libpq, through the socket if there is one."""
    for directory in ("/var/run/postgresql", "/tmp"):
        if os.path.exists(f"{directory}/.s.PGSQL.5432") and ":5432" in url:
            return f"host={directory} user=postgres dbname={url.rpartition('/')[2]}"
    return f"postgresql:{url}"


def declare(package: str, driver: str, url: str) -> SimpleNamespace:
    """The mapped classes and an engine of one peer."""
    sa: Any = importlib.import_module(package)
    orm: Any = importlib.import_module(f"{package}.orm")
    base: Any = orm.declarative_base()

    class Item(base):
        __tablename__ = "item"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)
        score = sa.Column(sa.Float)
        email = sa.Column(sa.String)
        made = sa.Column(sa.DateTime)

    class Written(base):
        __tablename__ = "written"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)
        score = sa.Column(sa.Float)

    tagged = sa.Table(
        "tagged",
        base.metadata,
        sa.Column("page_id", sa.ForeignKey("page.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Page(base):
        __tablename__ = "page"
        id = sa.Column(sa.Integer, primary_key=True)
        tags = orm.relationship("Tag", secondary=tagged)

    class Tag(base):
        __tablename__ = "tag"
        id = sa.Column(sa.Integer, primary_key=True)

    class Owner(base):
        __tablename__ = "owner"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        pets = orm.relationship("Pet", back_populates="owner", cascade="all, delete-orphan")

    class Pet(base):
        __tablename__ = "pet"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        owner_id = sa.Column(sa.ForeignKey("owner.id"), index=True)
        owner = orm.relationship("Owner", back_populates="pets")

    class Top(base):
        __tablename__ = "top"
        id = sa.Column(sa.Integer, primary_key=True)
        middles = orm.relationship("Middle")

    class Middle(base):
        __tablename__ = "middle"
        id = sa.Column(sa.Integer, primary_key=True)
        top_id = sa.Column(sa.ForeignKey("top.id"), index=True)
        leaves = orm.relationship("Leaf")

    class Leaf(base):
        __tablename__ = "leaf"
        id = sa.Column(sa.Integer, primary_key=True)
        middle_id = sa.Column(sa.ForeignKey("middle.id"), index=True)
        name = sa.Column(sa.String)

    made: Any = sa.engine.make_url(f"postgresql+{driver}:{url}")
    info = conninfo(url)
    if info.startswith("host="):
        made = made.set(host=None, port=None, query={"host": info.split()[0][5:]})
    return SimpleNamespace(
        sa=sa,
        orm=orm,
        metadata=base.metadata,
        engine=sa.create_engine(made),
        Item=Item,
        Written=Written,
        Top=Top,
        Middle=Middle,
        Leaf=Leaf,
        Page=Page,
        Tag=Tag,
        Owner=Owner,
        Pet=Pet,
    )


@dataclass
class Peers:
    """Everybody, connected."""

    url: str
    rows: int
    writes: int
    directory: str
    orms: dict[str, SimpleNamespace] = field(default_factory=dict)
    floor: str | None = None

    def __post_init__(self) -> None:
        for name, (package, driver) in ORMS.items():
            self.orms[name] = declare(package, driver, self.url)
        ours = self.orms[CORMORANT]
        ours.metadata.create_all(ours.engine)
        day = datetime.datetime(2020, 1, 1)
        minute = datetime.timedelta(minutes=1)
        with ours.engine.begin() as connection:
            for number in range(0, self.rows, 10_000):
                connection.execute(
                    ours.sa.insert(ours.Item),
                    [
                        {
                            "name": f"name {i}",
                            "age": i % 90,
                            "score": i / 3,
                            "email": f"user{i}@example.com",
                            "made": day + i * minute,
                        }
                        for i in range(number, min(number + 10_000, self.rows))
                    ],
                )
            tops = self.rows // 200
            connection.exec_driver_sql("insert into top select generate_series(1, %s)", (tops,))
            for child, parent in (("middle", "top"), ("leaf", "middle")):
                connection.exec_driver_sql(
                    f"insert into {child} ({parent}_id) select p.id "
                    f"from {parent} p, generate_series(1, 10)"
                )
            connection.exec_driver_sql("analyze")
        self.floor = self._build_floor()

    def _build_floor(self) -> str | None:
        compiler = shutil.which("cc")
        if compiler is None:
            return None
        program = os.path.join(self.directory, "floor")
        source = str(Path(__file__).with_name("floor.c"))
        words = ["-O2", "-o", program, source]
        found = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "libpq"], capture_output=True, text=True
        )
        done = subprocess.run([compiler, *words, *found.stdout.split()], capture_output=True)
        return program if done.returncode == 0 else None

    def run_floor(self, sql: str, runs: int, *first: str) -> float:
        """Seconds that libpq alone takes."""
        assert self.floor is not None
        done = subprocess.run(
            [self.floor, conninfo(self.url), sql, str(runs), *first],
            check=True,
            capture_output=True,
            text=True,
        )
        return float(done.stdout)


Timed = Callable[[], float]


def clock(work: Callable[[], Any]) -> float:
    """Seconds of one call."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def load(peers: Peers, touch: bool) -> dict[str, Timed]:
    """query(E).all(), with or without reading what was loaded."""

    def orm(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            session.connection()

            def work() -> None:
                found = session.query(peer.Item).all()
                assert len(found) == peers.rows
                if touch:
                    for item in found:
                        item.id, item.name, item.age, item.score, item.email, item.made

            return clock(work)

    works: dict[str, Timed] = {
        name: lambda peer=peer: orm(peer)  # type: ignore[misc]
        for name, peer in peers.orms.items()
    }
    if touch:
        return works
    sql = f"select {COLUMNS} from item"

    def psycopg2_fetchall() -> float:
        import psycopg2

        connection = psycopg2.connect(conninfo(peers.url))
        cursor = connection.cursor()

        def work() -> None:
            cursor.execute(sql)
            assert len(cursor.fetchall()) == peers.rows

        seconds = clock(work)
        connection.close()
        return seconds

    def asyncpg_fetch() -> float:
        import asyncpg

        async def run() -> float:
            url = f"postgresql:{peers.url}"
            options = dict(word.split("=") for word in conninfo(peers.url).split() if "=" in word)
            connection = await (
                asyncpg.connect(
                    host=options["host"], user=options["user"], database=options["dbname"]
                )
                if "host" in options
                else asyncpg.connect(url)
            )
            gc.collect()
            start = time.perf_counter()
            found = await connection.fetch(sql)
            seconds = time.perf_counter() - start
            assert len(found) == peers.rows
            await connection.close()
            return seconds

        return asyncio.run(run())

    works[PSYCOPG2] = psycopg2_fetchall
    works[ASYNCPG] = asyncpg_fetch
    if peers.floor is not None:
        works[LIBPQ] = lambda: peers.run_floor(sql, 1)
    return works


GETS = 1000


def get(peers: Peers) -> dict[str, Timed]:
    """session.get of what is not in the map, within one transaction."""

    def orm(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            for key in range(1, 20):
                session.get(peer.Item, key)

            def work() -> None:
                for key in range(100, 100 + GETS):
                    session.get(peer.Item, key)

            return clock(work) / GETS

    works: dict[str, Timed] = {
        name: lambda peer=peer: orm(peer)  # type: ignore[misc]
        for name, peer in peers.orms.items()
    }
    if peers.floor is not None:
        sql = f"select {COLUMNS} from item where id = $1"
        works[LIBPQ] = lambda: peers.run_floor(sql, GETS, "100") / GETS
    return works


def each_orm(peers: Peers, work: Callable[[SimpleNamespace], float]) -> dict[str, Timed]:
    """The same for every ORM."""
    return {
        name: lambda peer=peer: work(peer)  # type: ignore[misc]
        for name, peer in peers.orms.items()
    }


def written(peers: Peers, peer: SimpleNamespace, session: Any) -> list[Any]:
    """New rows of `written`, loaded."""
    session.execute(peer.sa.text("truncate written restart identity"))
    session.execute(
        peer.sa.text(
            "insert into written (name, age, score) select 'n' || i, i % 90, i "
            f"from generate_series(1, {peers.writes}) i"
        )
    )
    session.commit()
    return list(session.query(peer.Written).order_by(peer.Written.id).all())


def insert(peers: Peers) -> dict[str, Timed]:
    """add_all and commit, keys by SERIAL."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            session.execute(peer.sa.text("truncate written restart identity"))
            session.commit()
            things = [peer.Written(name=f"n{i}", age=i % 90, score=i) for i in range(peers.writes)]

            def run() -> None:
                session.add_all(things)
                session.commit()

            return clock(run)

    return each_orm(peers, work)


def update(peers: Peers) -> dict[str, Timed]:
    """One column of each loaded object, and commit."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            things = written(peers, peer, session)

            def run() -> None:
                for thing in things:
                    thing.age += 1
                session.commit()

            return clock(run)

    return each_orm(peers, work)


def delete(peers: Peers) -> dict[str, Timed]:
    """Each loaded object, and commit."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            things = written(peers, peer, session)

            def run() -> None:
                for thing in things:
                    session.delete(thing)
                session.commit()

            return clock(run)

    return each_orm(peers, work)


def owners(peers: Peers, peer: SimpleNamespace, session: Any) -> list[Any]:
    """New owners, a tenth of `writes`, with 5 pets each, loaded."""
    count = peers.writes // 10
    text = peer.sa.text
    session.execute(text("truncate owner, pet restart identity"))
    session.execute(
        text(f"insert into owner (name) select 'n' || i from generate_series(1, {count}) i")
    )
    session.execute(
        text(
            "insert into pet (name, owner_id) select 'p' || i, i from "
            f"generate_series(1, {count}) i, generate_series(1, 5)"
        )
    )
    session.commit()
    loaded = session.query(peer.Owner).options(peer.orm.selectinload(peer.Owner.pets))
    return list(loaded.order_by(peer.Owner.id).all())


def graph(peers: Peers) -> dict[str, Timed]:
    """Parents with 10 children each, keys generated, and commit."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            session.execute(peer.sa.text("truncate owner, pet restart identity"))
            session.commit()
            made = [
                peer.Owner(name=f"n{i}", pets=[peer.Pet(name=f"p{k}") for k in range(10)])
                for i in range(peers.writes // 10)
            ]

            def run() -> None:
                session.add_all(made)
                session.commit()

            return clock(run)

    return each_orm(peers, work)


def delete_cascade(peers: Peers) -> dict[str, Timed]:
    """Each loaded object and 5 children of it by cascade, and commit."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            things = owners(peers, peer, session)

            def run() -> None:
                for thing in things:
                    session.delete(thing)
                session.commit()

            return clock(run)

    return each_orm(peers, work)


TAGS = 20


def rewrite_many_to_many(peers: Peers) -> dict[str, Timed]:
    """Another 20 of each of `writes` / 10 many-to-many collections, and commit."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            text = peer.sa.text
            pages = peers.writes // 10
            session.execute(text("truncate tagged, page, tag restart identity"))
            session.execute(text(f"insert into page select generate_series(1, {pages})"))
            session.execute(text("insert into tag select generate_series(1, 200)"))
            session.execute(
                text(
                    f"insert into tagged select p, (p * 3 + n) % 100 + 1 from "
                    f"generate_series(1, {pages}) p, generate_series(0, {TAGS - 1}) n"
                )
            )
            session.commit()
            every = session.query(peer.Tag).order_by(peer.Tag.id).all()
            loaded = session.query(peer.Page).options(peer.orm.selectinload(peer.Page.tags)).all()

            def run() -> None:
                for number, page in enumerate(loaded):
                    page.tags = [every[100 + (number * 7 + n) % 100] for n in range(TAGS)]
                session.commit()

            return clock(run)

    return each_orm(peers, work)


COMMITS = 100


def commit(peers: Peers) -> dict[str, Timed]:
    """A small object and its commit, one after the other, without waiting for the disk."""

    def work(peer: SimpleNamespace) -> float:
        with peer.orm.Session(peer.engine) as session:
            session.execute(peer.sa.text("set session synchronous_commit to off"))
            session.commit()
            for _ in range(10):
                session.add(peer.Written(name="x"))
                session.commit()

            def run() -> None:
                for _ in range(COMMITS):
                    session.add(peer.Written(name="x"))
                    session.commit()

            seconds = clock(run) / COMMITS
            session.execute(peer.sa.text("reset synchronous_commit"))
            session.commit()
            return seconds

    return each_orm(peers, work)


def selectin(peers: Peers) -> dict[str, Timed]:
    """selectinload over three levels, ten children each."""

    def work(peer: SimpleNamespace) -> float:
        deep = peer.orm.selectinload(peer.Top.middles).selectinload(peer.Middle.leaves)
        with peer.orm.Session(peer.engine) as session:
            session.connection()

            def run() -> None:
                tops = session.query(peer.Top).options(deep).all()
                assert len(tops[0].middles[0].leaves) == 10

            return clock(run)

    return each_orm(peers, work)


WORKLOADS: dict[str, tuple[str, str, Callable[[Peers], dict[str, Timed]], str]] = {
    "pg_load": ("PostgreSQL: query(E).all(), 6 columns", "row", lambda p: load(p, False), "rows"),
    "pg_read": (
        "PostgreSQL: load, then read every attribute",
        "row",
        lambda p: load(p, True),
        "rows",
    ),
    "pg_get": ("PostgreSQL: session.get, not in the map", "object", get, ""),
    "pg_insert": ("PostgreSQL: add_all + commit, SERIAL key", "object", insert, "writes"),
    "pg_update": ("PostgreSQL: change one column + commit", "object", update, "writes"),
    "pg_delete": ("PostgreSQL: delete loaded objects + commit", "object", delete, "writes"),
    "pg_graph": ("PostgreSQL: parents with 10 children each + commit", "object", graph, "graph"),
    "pg_many_to_many": (
        "PostgreSQL: rewrite a many-to-many of 20 each + commit",
        "row",
        rewrite_many_to_many,
        "tagged",
    ),
    "pg_cascade": (
        "PostgreSQL: delete objects and 5 children each by cascade",
        "object",
        delete_cascade,
        "cascade",
    ),
    "pg_commit": (
        "PostgreSQL: commit of one small object, synchronous_commit=off",
        "commit",
        commit,
        "",
    ),
    "pg_selectin": ("PostgreSQL: selectinload over three levels", "leaf", selectin, "leaves"),
}


def available() -> bool:
    """Whether there is a server."""
    return postgres.scratch() is not None


def measure(
    chosen: list[str],
    rows: int,
    writes: int,
    rounds: Iterable[int],
    step: Callable[[], None],
) -> dict[str, dict[str, Any]]:
    """Median microseconds of each workload per peer, interleaved."""
    results: dict[str, dict[str, Any]] = {}
    with postgres.empty() as url, tempfile.TemporaryDirectory() as directory:
        peers = Peers(url, rows, writes, directory)
        counts = {
            "rows": rows,
            "writes": writes,
            "leaves": rows // 200 * 100,
            "graph": writes // 10 * 11,
            "tagged": writes // 10 * TAGS * 2,
            "cascade": writes // 10 * 6,
            "": 1,
        }
        for name in chosen:
            title, per, make, count = WORKLOADS[name]
            works = make(peers)
            times: dict[str, list[float]] = {peer: [] for peer in works}
            for number in rounds:
                for peer, work in works.items():
                    seconds = work()
                    if number:
                        times[peer].append(seconds / counts[count] * 1e6)
                step()
            results[name] = {
                "title": title,
                "unit": f"us per {per}",
                "peers": {
                    peer: {
                        "median": statistics.median(values),
                        "min": min(values),
                        "max": max(values),
                    }
                    for peer, values in times.items()
                },
            }
        for peer in peers.orms.values():
            peer.engine.dispose()
    return results
