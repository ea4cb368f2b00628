"""Values written into a statement: what is none of its type must not become SQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from .harness import Peer, compare

WRITTEN = (
    "5", " 5.5", "1e5", "x", "1; DROP TABLE t", "0x1", "(SELECT 1)", "1_000", 5, 5.5, -5, 10**30,
    Decimal("5.50"), Decimal("1E+3"), True, 1 + 2j, b"5", float("inf"), [1], object,
)  # fmt: skip
TIMES = (
    dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.time(1, 2),
    dt.datetime(2020, 1, 2, tzinfo=dt.UTC), "2020-01-02", "x'y", 5,
)  # fmt: skip


def _written(p: Peer, types: list[Any], values: tuple[Any, ...]) -> None:
    dialects = [
        p.module("engine.default").DefaultDialect(),
        p.module("dialects.postgresql").dialect(),
    ]
    for type_ in types:
        for value in values:
            for dialect in dialects:
                statement = p.select(p.literal(value, type_))
                p.error(
                    lambda s=statement, d=dialect: str(
                        s.compile(dialect=d, compile_kwargs={"literal_binds": True})
                    )
                )


@pytest.mark.parametrize("name", ["Numeric", "Float", "Double", "DECIMAL", "Integer"])
def test_numbers(name: str) -> None:
    def program(p: Peer) -> None:
        type_ = getattr(p.module("types"), name)
        _written(p, [type_()], WRITTEN)
        if name in ("Numeric", "Float"):
            _written(p, [type_(asdecimal=name == "Float"), type_(5)], WRITTEN)

    compare(program)


@pytest.mark.parametrize("name", ["Date", "DateTime", "Time", "TIMESTAMP"])
def test_times(name: str) -> None:
    compare(lambda p: _written(p, [getattr(p.module("types"), name)()], TIMES))


def test_arrays() -> None:
    def program(p: Peer) -> None:
        _written(p, [p.ARRAY(p.Integer)], ([1, 2], [[1], [2]], (3,), [], ["5; DROP TABLE t"]))
        _written(p, [p.ARRAY(p.String)], (["a", "b'c"], [["x"], ["y"]]))
        _written(p, [p.module("dialects.postgresql").ARRAY(p.String)], (["a", "b'c"],))

    compare(program)
