"""Mappings on their way to a statement for many: _core.tabulate."""

from __future__ import annotations

import gc
import sys
from collections import UserDict
from typing import Any

import pytest

from cormorant import _core

PLACES = {"a": 0, "b": 1, "also b": 1, "c": 2}
KEEP = b"\1\0\1"


class Shouting(str):
    """A key that runs code when it is looked up."""

    row: dict[Any, Any]

    def __hash__(self) -> int:
        self.row.pop("b", None)
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == other


def test_runs() -> None:
    rows: list[Any] = [
        {"a": 1, "b": 2},
        {"b": 3, "a": 4, "unknown": 5},
        {"b": None, "a": None},
        {"a": 6},
        UserDict({"also b": 7, "c": None}),
        {},
        {"a": 8, "b": 9},
    ]
    assert _core.tabulate(rows, PLACES, KEEP) == [
        ((0, 1), [(1, 2), (4, 3)]),
        ((0,), [(None,), (6,)]),
        ((1, 2), [(7, None)]),
        ((), [()]),
        ((0, 1), [(8, 9)]),
    ]
    assert _core.tabulate(iter(rows[:1]), PLACES, KEEP) == [((0, 1), [(1, 2)])]
    assert _core.tabulate([], PLACES, KEEP) == []
    assert _core.tabulate([{"b": 1, "also b": 2}], PLACES, KEEP) == [((1,), [(2,)])]


def test_keys_that_run_code() -> None:
    key = Shouting("a")
    row: dict[Any, Any] = {"b": 1}
    key.row = {}
    row[key] = 2
    key.row = row
    (run,) = _core.tabulate([row], PLACES, KEEP)
    assert run == ((0, 1), [(2, 1)]), "the row as it was when it was read"
    assert "b" not in row


@pytest.mark.parametrize(
    ("rows", "places", "error"),
    [
        (None, PLACES, TypeError),
        ([None], PLACES, (TypeError, AttributeError)),
        ([{"a": 1}], {"a": 3}, IndexError),
        ([{"a": 1}], {"a": -1}, IndexError),
        ([{"a": 1}], {"a": "x"}, TypeError),
        ([{"a": 1}, 5], PLACES, (TypeError, AttributeError)),
        ([{"a": 1}], [], TypeError),
    ],
)
def test_what_is_refused(rows: Any, places: Any, error: Any) -> None:
    with pytest.raises(error):
        _core.tabulate(rows, places, KEEP)


def test_nothing_leaks() -> None:
    value = object()
    rows = [{"a": value, "b": value}, UserDict({"c": value}), {"a": value, "x": value}]
    gc.collect()
    before = sys.getrefcount(value)
    for _ in range(50):
        _core.tabulate(rows, PLACES, KEEP)
        with pytest.raises((TypeError, AttributeError)):
            _core.tabulate([*rows, None], PLACES, KEEP)
    assert sys.getrefcount(value) == before
