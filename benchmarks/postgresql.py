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

import psycopg
from tests import postgres

from . import changes, fresh
from .workloads import CORMORANT, SQLALCHEMY

PSYCOPG, PSYCOPG2, ASYNCPG, LIBPQ = "SQLAlchemy+psycopg", "psycopg2", "asyncpg", "libpq"
ORMS = {SQLALCHEMY: ("sqlalchemy", "psycopg2"), PSYCOPG: ("sqlalchemy", "psycopg")}
ORMS[CORMORANT] = ("cormorant", "psycopg2")
COLUMNS = "id, name, age, score, email, made"


def conninfo(url: str) -> str:
    """The scratch database for libpq, through the socket if there is one."""
    for directory in ("/var/run/postgresql", "/tmp"):
        if os.path.exists(f"{directory}/.s.PGSQL.5432") and ":5432" in url:
            return f"host={directory} user=postgres dbname={url.rpartition('/')[2]}"
    return f"postgresql:{url}"


def engine_url(sa: Any, driver: str, url: str) -> Any:
    """The scratch database for an engine, through the socket if there is one."""
    made = sa.engine.make_url(f"postgresql+{driver}:{url}")
    info = conninfo(url)
    if info.startswith("host="):
        made = made.set(host=None, port=None, query={"host": info.split()[0][5:]})
    return made


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

    related = changes.declare(sa, orm, base)

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

    return SimpleNamespace(
        sa=sa,
        orm=orm,
        metadata=base.metadata,
        engine=sa.create_engine(engine_url(sa, driver, url)),
        Item=Item,
        Written=Written,
        Top=Top,
        Middle=Middle,
        Leaf=Leaf,
        **vars(related),
    )


@dataclass
class Peers:
    """Everybody, connected."""

    url: str
    rows: int
    writes: int
    directory: str
    cpu: bool = False
    orms: dict[str, SimpleNamespace] = field(default_factory=dict)
    floor: str | None = None

    def __post_init__(self) -> None:
        self._watch: Any = psycopg.connect(f"postgresql:{self.url}", autocommit=True)
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

    def close(self) -> None:
        """Let go of the server."""
        for peer in self.orms.values():
            peer.engine.dispose()
        self._watch.close()

    def clock(self, work: Callable[[], Any]) -> float:
        """Seconds of one call, elapsed or of processor time."""
        gc.collect()
        if not self.cpu:
            start = time.perf_counter()
            work()
            return time.perf_counter() - start
        server, start = self._server_seconds(), time.process_time()
        work()
        seconds = time.process_time() - start
        return seconds + self._server_seconds() - server

    def _server_seconds(self) -> float:
        """Processor time of the server's processes for this database, on this machine."""
        backends = self._watch.execute(
            "select pid from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid()"
        )
        stats = [Path(f"/proc/{pid}/schedstat") for (pid,) in backends]
        return sum(int(stat.read_text().split()[0]) for stat in stats if stat.exists()) / 1e9

    def _build_floor(self) -> str | None:
        compiler = shutil.which("cc")
        if compiler is None or self.cpu:
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

            return peers.clock(work)

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

        seconds = peers.clock(work)
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
    if not peers.cpu:
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

            return peers.clock(work) / GETS

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
    return changes.with_pets(peer, peer, session)


def pages(peers: Peers, peer: SimpleNamespace, session: Any) -> tuple[Any, Any]:
    """New pages, a tenth of `writes`, with tags, loaded, and all tags."""
    count = peers.writes // 10
    text = peer.sa.text
    session.execute(text("truncate tagged, page, tag restart identity"))
    session.execute(text(f"insert into page select generate_series(1, {count})"))
    session.execute(text(f"insert into tag select generate_series(1, {changes.TAGS})"))
    session.connection().exec_driver_sql(
        "insert into tagged values (%s, %s)", changes.tagged_rows(count)
    )
    session.commit()
    return changes.with_tags(peer, peer, session)


def new_objects(peers: Peers, peer: SimpleNamespace, session: Any) -> list[Any]:
    """New objects for an empty table."""
    session.execute(peer.sa.text("truncate written restart identity"))
    session.commit()
    return [peer.Written(name=f"n{i}", age=i % 90, score=i) for i in range(peers.writes)]


def new_owners(peers: Peers, peer: SimpleNamespace, session: Any) -> list[Any]:
    """New parents, a tenth of `writes`, with 10 children each, for empty tables."""
    session.execute(peer.sa.text("truncate owner, pet restart identity"))
    session.commit()
    return [
        peer.Owner(name=f"n{i}", pets=[peer.Pet(name=f"p{k}") for k in range(10)])
        for i in range(peers.writes // 10)
    ]


def in_session(
    prepare: Callable[[Peers, SimpleNamespace, Any], Any], work: Callable[..., Any]
) -> Callable[[Peers], dict[str, Timed]]:
    """A workload: `work` is timed for every ORM, with a session and what `prepare` made of it."""

    def make(peers: Peers) -> dict[str, Timed]:
        def run(peer: SimpleNamespace) -> float:
            with peer.orm.Session(peer.engine) as session:
                made = prepare(peers, peer, session)
                given = made if isinstance(made, tuple) else (made,)
                return peers.clock(lambda: work(session, *given))

        return each_orm(peers, run)

    return make


COMMITS = 100


def commit(peers: Peers) -> dict[str, Timed]:
    """A small object and its commit, one after the other, without waiting for the disk."""

    def work(peer: SimpleNamespace) -> float:
        def some(count: int) -> int:
            return changes.add_each(session, (peer.Written(name="x") for _ in range(count)))

        with peer.orm.Session(peer.engine) as session:
            session.execute(peer.sa.text("set session synchronous_commit to off"))
            session.commit()
            some(10)
            seconds = peers.clock(lambda: some(COMMITS)) / COMMITS
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

            return peers.clock(run)

    return each_orm(peers, work)


PEAK = 100_000


def peak(peers: Peers) -> dict[str, Timed]:
    """Memory at the peak of a flush of `PEAK` new objects, in fresh processes."""

    def work(package: str, driver: str) -> float:
        url = engine_url(importlib.import_module(package), driver, peers.url)
        return fresh.run("peak", package, url.render_as_string(False), str(PEAK))

    return {
        name: lambda words=words: work(*words)  # type: ignore[misc]
        for name, words in ORMS.items()
    }


def stream(peers: Peers) -> dict[str, Timed]:
    """The most memory above the start while entities are read a thousand at a time, in fresh
    processes."""

    def work(package: str, driver: str) -> float:
        url = engine_url(importlib.import_module(package), driver, peers.url)
        return fresh.run("stream", package, url.render_as_string(False), str(fresh.STREAMED_SERVED))

    return {
        name: lambda words=words: work(*words)  # type: ignore[misc]
        for name, words in ORMS.items()
    }


@dataclass(frozen=True)
class Served:
    """A measurement: how it is set up, and what its figures are per."""

    title: str
    per: str
    make: Callable[[Peers], dict[str, Timed]]
    count: Callable[[Peers], int]
    unit: str = "us"
    scale: float = 1e6


def _writes(peers: Peers) -> int:
    return peers.writes


def _rows(peers: Peers) -> int:
    return peers.rows


WORKLOADS: dict[str, Served] = {
    "pg_load": Served("query(E).all(), 6 columns", "row", lambda p: load(p, False), _rows),
    "pg_read": Served("load, then read every attribute", "row", lambda p: load(p, True), _rows),
    "pg_get": Served("session.get, not in the map", "object", get, lambda p: 1),
    "pg_insert": Served(
        "add_all + commit, SERIAL key", "object", in_session(new_objects, changes.add), _writes
    ),
    "pg_update": Served(
        "change one column + commit", "object", in_session(written, changes.change), _writes
    ),
    "pg_delete": Served(
        "delete loaded objects + commit", "object", in_session(written, changes.delete), _writes
    ),
    "pg_graph": Served(
        "parents with 10 children each + commit",
        "object",
        in_session(new_owners, changes.add),
        lambda p: p.writes // 10 * 11,
    ),
    "pg_many_to_many": Served(
        "rewrite a many-to-many of 20 each + commit",
        "row",
        in_session(pages, changes.rewrite),
        lambda p: p.writes // 10 * changes.TAGS_OF_A_PAGE * 2,
    ),
    "pg_cascade": Served(
        "delete objects and 5 children each by cascade",
        "object",
        in_session(owners, changes.delete),
        lambda p: p.writes // 10 * 6,
    ),
    "pg_commit": Served(
        "commit of one small object, synchronous_commit=off", "commit", commit, lambda p: 1
    ),
    "pg_selectin": Served(
        "selectinload over three levels", "leaf", selectin, lambda p: p.rows // 200 * 100
    ),
    "pg_peak": Served(
        f"memory at the peak of a flush of {PEAK:,}", "object", peak, lambda p: PEAK, "bytes", 1
    ),
    "pg_stream": Served(
        f"peak above start, yield_per(1000) of {fresh.STREAMED_SERVED:,}",
        "stream",
        stream,
        lambda p: 1,
        "MB",
        1e-6,
    ),
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
    cpu: bool = False,
) -> dict[str, dict[str, Any]]:
    """Medians of each workload per peer, interleaved; with `cpu` of processor time, the server's
    included."""
    results: dict[str, dict[str, Any]] = {}
    with postgres.empty() as url, tempfile.TemporaryDirectory() as directory:
        peers = Peers(url, rows, writes, directory, cpu)
        for name in chosen:
            load = WORKLOADS[name]
            works = load.make(peers)
            times: dict[str, list[float]] = {peer: [] for peer in works}
            for number in rounds:
                for peer, work in works.items():
                    found = work()
                    if number:
                        times[peer].append(found / load.count(peers) * load.scale)
                step()
            results[name] = {
                "title": f"PostgreSQL: {load.title}",
                "unit": f"{load.unit} per {load.per}",
                "peers": {
                    peer: {
                        "median": statistics.median(values),
                        "min": min(values),
                        "max": max(values),
                    }
                    for peer, values in times.items()
                },
            }
        peers.close()
    return results
