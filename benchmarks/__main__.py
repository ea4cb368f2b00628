"""Run the benchmarks: `python -m benchmarks [workload …]`.

Every workload runs on all its peers in turn (A B C A B C …) in one process, after one
uncounted round; the figures are medians, the ratios are between medians of one run.
Writes a table to the terminal, results.json and chart.png to --output.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from . import fresh as processes
from . import polymorphic as _polymorphic  # noqa: F401  its workloads
from . import postgresql, report
from . import unitofwork as _unitofwork  # noqa: F401  its workloads
from .models import declare, fill
from .workloads import (
    ALL,
    CORMORANT,
    ORMS,
    SCANS,
    SQLALCHEMY,
    STDLIB,
    WORKLOADS,
    Bench,
    Workload,
    scan,
)

Figures = dict[str, Any]
Clock = Callable[[], float]


def once(work: Any, clock: Clock) -> tuple[float, Any]:
    """One timed run: seconds and what it returned."""
    argument: tuple[Any, ...] = ()
    if isinstance(work, tuple):
        prepare, work = work
        argument = (prepare(),)
    gc.collect()
    start = clock()
    result = work(*argument)
    return clock() - start, result


def measure(
    load: Workload,
    bench: Bench,
    peers: dict[str, Any],
    rounds: Rounds,
    step: Any,
    clock: Clock = time.perf_counter,
) -> Figures:
    """Median seconds of a workload per peer, interleaved."""
    works = {name: load.setup(bench, peers[name]) for name in load.peers}
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in rounds:
        done = {}
        for name, work in works.items():
            seconds, done[name] = once(work, clock)
            if number:
                times[name].append(seconds)
        if len(set(done.values())) != 1:
            raise SystemExit(f"{load.name}: the peers did different work: {done}")
        step()
    count = load.count(bench)
    return {
        "title": load.title,
        "unit": "us per " + load.per,
        "peers": {
            name: {
                "median": statistics.median(values) / count * 1e6,
                "min": min(values) / count * 1e6,
                "max": max(values) / count * 1e6,
            }
            for name, values in times.items()
        },
    }


@dataclass(frozen=True)
class Fresh:
    """What is measured in a process of its own; see fresh.py."""

    title: str
    unit: str
    scale: float
    peers: tuple[str, ...]
    rounds: int | None = None
    database: Callable[[Bench], str] = lambda bench: bench.path
    words: tuple[str, ...] = ()


FRESH = {
    "memory": Fresh("memory of a held entity", "bytes", 1, ALL),
    # minutes for SQLAlchemy, and the same each time
    "stream": Fresh(
        "peak above start, yield_per(1000) of 5 million",
        "MB",
        1e-6,
        ALL,
        1,
        lambda bench: f"sqlite:///{bench.path}",
        (str(processes.STREAMED),),
    ),
    "peak": Fresh(
        f"memory at the peak of a flush of {postgresql.PEAK:,}, each",
        "bytes",
        1 / postgresql.PEAK,
        ORMS,
        None,
        lambda bench: f"sqlite:///{bench.scratch()}",
    ),
    "import": Fresh("import of the orm", "ms", 1e3, ORMS),
}


def measure_fresh(what: str, bench: Bench, rounds: Rounds, step: Any) -> Figures:
    """Median over fresh processes."""
    fresh = FRESH[what]
    values: dict[str, list[float]] = {name: [] for name in fresh.peers}
    # both packages run from bytecode, which the uncounted round writes
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": os.path.join(bench.directory, "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for number in rounds:
        if fresh.rounds is not None and number >= fresh.rounds:
            break
        for name in fresh.peers:
            database = fresh.database(bench)
            found = processes.run(what, name, database, *fresh.words, environment=environment)
            if number or fresh.rounds is not None:
                values[name].append(found * fresh.scale)
        step()
    return {
        "title": fresh.title,
        "unit": fresh.unit,
        "peers": {
            name: {"median": statistics.median(v), "min": min(v), "max": max(v)}
            for name, v in values.items()
        },
    }


def measure_threads(bench: Bench, peer: Any, rounds: Rounds, step: Any) -> Figures:
    """Two threads with a connection each scan, and one thread does the same work alone.

    The speed-up, one thread over two, stands in the title: it means something only while two
    cores are free.
    """
    times: dict[int, list[float]] = {1: [], 2: []}
    for number in rounds:
        for threads, into in times.items():
            seconds = scan(bench, peer, threads) / (2 * SCANS * bench.rows)
            if number:
                into.append(seconds * 1e6)
        step()
    one, two = (statistics.median(values) for values in times.values())
    return {
        "title": f"two threads scanning ({one / two:.2f} x one thread)",
        "unit": "us per row",
        "speedup": one / two,
        "peers": {CORMORANT: {"median": two, "min": min(times[2]), "max": max(times[2])}},
    }


def with_ratios(figures: Figures) -> Figures:
    """Adds how many times less than each other peer Cormorant needs."""
    ours = figures["peers"][CORMORANT]["median"]
    figures["ratios"] = {
        name: figures["peers"][name]["median"] / ours
        for name in figures["peers"]
        if name != CORMORANT and ours > 0
    }
    return figures


class Rounds:
    """How many rounds there are: as many as asked for, or as its share of the time allows.

    The uncounted round and a counted one are always run.
    """

    def __init__(self, wanted: int, workloads: int, minutes: float | None) -> None:
        self.wanted = wanted
        self._left = workloads
        self._end = None if minutes is None else time.monotonic() + minutes * 60

    def __iter__(self) -> Iterator[int]:
        """The numbers of the next workload's rounds, from 0, the uncounted one."""
        share = None
        if self._end is not None:
            now = time.monotonic()
            share = now + max(self._end - now, 0) / max(self._left, 1)
        self._left -= 1
        yield 0
        last = time.monotonic()
        for number in range(1, self.wanted + 1):
            yield number
            now = time.monotonic()
            if share is not None and now + (now - last) > share:
                return
            last = now


def main(argv: list[str] | None = None) -> int:
    names = [load.name for load in WORKLOADS] + ["threads", *FRESH, *postgresql.WORKLOADS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workload", nargs="*", help=f"of: {', '.join(names)}; default: all")
    parser.add_argument("--rows", type=int, default=100_000, help="rows to load")
    parser.add_argument("--writes", type=int, default=20_000, help="objects to insert")
    parser.add_argument("--rounds", type=int, default=5, help="counted runs of each")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="processor time, the server's included, instead of elapsed time: for a machine that "
        "others use as well",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="about how long all of it may take: fewer rounds of what takes longer than its share",
    )
    parser.add_argument(
        "--readme", metavar="FILE", help="put the figures between the marks of this file as well"
    )
    parser.add_argument("--output", default="benchmarks/results", help="directory")
    arguments = parser.parse_args(argv)
    unknown = set(arguments.workload) - set(names)
    if unknown:
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    chosen = arguments.workload or names

    from rich.progress import Progress

    peers: dict[str, Any] = {name: declare(name) for name in (SQLALCHEMY, CORMORANT)}
    peers[STDLIB] = SimpleNamespace(package=STDLIB)
    results: dict[str, Figures] = {}
    rounds = Rounds(arguments.rounds, len(chosen), arguments.minutes)
    steps = len(chosen) * (arguments.rounds + 1)
    clock = time.process_time if arguments.cpu else time.perf_counter
    with tempfile.TemporaryDirectory() as directory, Progress(disable=None) as progress:
        bench = Bench(
            directory,
            rows=arguments.rows,
            wide_rows=arguments.rows // 5,
            parents=max(arguments.rows // 100, 1),
            children=10,
            writes=arguments.writes,
            lookups=2_000,
        )
        task = progress.add_task("making data", total=steps)
        fill(bench.path, bench.rows, bench.wide_rows, bench.parents, bench.children)

        def step() -> None:
            progress.advance(task)

        for load in WORKLOADS:
            if load.name in chosen:
                progress.update(task, description=load.title)
                results[load.name] = with_ratios(measure(load, bench, peers, rounds, step, clock))
        if "threads" in chosen:
            progress.update(task, description="threads")
            results["threads"] = with_ratios(measure_threads(bench, peers[CORMORANT], rounds, step))
        for what in FRESH:
            if what in chosen:
                progress.update(task, description=what)
                results[what] = with_ratios(measure_fresh(what, bench, rounds, step))
        progress.update(task, description="PostgreSQL")
        served = [name for name in postgresql.WORKLOADS if name in chosen]
        if served and postgresql.available():
            on_server = postgresql.measure(
                served, bench.rows, bench.writes, rounds, step, arguments.cpu
            )
            results |= {name: with_ratios(figures) for name, figures in on_server.items()}
        progress.update(task, completed=steps, description="done")

    report.console(results)
    os.makedirs(arguments.output, exist_ok=True)
    about = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "sqlite": sqlite3.sqlite_version,
        "sqlalchemy": peers[SQLALCHEMY].sa.__version__,
        "cormorant": peers[CORMORANT].sa.__version__,
        "rounds": arguments.rounds,
        "clock": "processor" if arguments.cpu else "elapsed",
        "rows": arguments.rows,
        "writes": arguments.writes,
    }
    with open(os.path.join(arguments.output, "results.json"), "w") as file:
        json.dump({"about": about, "results": results}, file, indent=2)
    report.chart(results, os.path.join(arguments.output, "chart.png"))
    if arguments.readme:
        report.rewrite(arguments.readme, report.markdown(results, about))
    print(f"written: {arguments.output}/results.json, {arguments.output}/chart.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
