"""What each workload is to reach: how many times less than a peer, in the same run."""

from __future__ import annotations

from .workloads import SQLALCHEMY, STDLIB

PSYCOPG, PSYCOPG2, LIBPQ = "SQLAlchemy+psycopg", "psycopg2", "libpq"


def _times(sqlalchemy: float, **others: float) -> dict[str, float]:
    return {SQLALCHEMY: sqlalchemy, **others}


def _served(sqlalchemy: float, **others: float) -> dict[str, float]:
    """On PostgreSQL: beside SQLAlchemy with either driver."""
    return {SQLALCHEMY: sqlalchemy, PSYCOPG: sqlalchemy, **others}


GOALS: dict[str, dict[str, float]] = {
    "load": _times(30, **{STDLIB: 1 / 0.6}),
    "load_touch": _times(12, **{STDLIB: 1 / 1.6}),
    "load_wide": _times(20),
    "load_uuid": _times(20),
    "reload": _times(20),
    "columns": _times(5, **{STDLIB: 1 / 0.8}),
    "core_rows": _times(5, **{STDLIB: 1 / 0.8}),
    "get_miss": _times(15),
    "get_hit": _times(6),
    "filter_first": _times(10),
    "select_limit": _times(10),
    "select_join": _times(8),
    "build_select": _times(3),
    "build_expression": _times(3),
    "attribute_read": _times(2),
    "attribute_write": _times(6),
    "joined": _times(20),
    "joined_reference": _times(20),
    "selectin": _times(20),
    "lazy_collection": _times(12),
    "lazy_reference": _times(6),
    "insert": _times(20, **{STDLIB: 1 / 3}),
    "construct": _times(10),
    "update": _times(12),
    "delete": _times(12),
    "insert_graph": _times(20),
    "rewrite_many_to_many": _times(10),
    "delete_cascade": _times(12),
    "add_and_commit": _times(6),
    "memory": _times(5, **{STDLIB: 1}),
    "peak": _times(4),
    "import": _times(5),
    "pg_load": _served(20, **{PSYCOPG2: 1, LIBPQ: 1 / 1.6}),
    "pg_read": _served(10),
    "pg_get": _served(3, **{LIBPQ: 1 / 1.25}),
    "pg_insert": _served(15),
    "pg_update": _served(10),
    "pg_delete": _served(10),
    "pg_graph": _served(12),
    "pg_many_to_many": _served(8),
    "pg_cascade": _served(10),
    "pg_commit": _served(2),
    "pg_selectin": _served(10),
    "pg_peak": _served(4),
}

# two threads with a connection each beside one that does all of it
THREADS = 1.7
# the most that streaming may take above the start, in MB
STREAM = 30


def missed(name: str, ratios: dict[str, float]) -> list[str]:
    """The peers beside which a workload does not reach its goal."""
    goals = GOALS.get(name, {})
    return [peer for peer, goal in goals.items() if peer in ratios and ratios[peer] < goal]
