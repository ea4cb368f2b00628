"""Loading: the expressions of loading_cases.txt on SQLAlchemy and on Cormorant.

Each line of the file is a case: an expression over the classes of `loading_env`. Results,
errors and emitted SQL must be the same. A line that begins with ``~`` loads several
relationships by statements of their own, whose order SQLAlchemy leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .loading_env import Env

CASES = [
    line
    for line in (Path(__file__).parent / "loading_cases.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def environments() -> Iterator[tuple[Env, Env]]:
    both = Env("sqlalchemy"), Env("cormorant")
    yield both
    for env in both:
        env.close()


def _sql(outcome: dict[str, Any], unordered: bool) -> list[Any]:
    lines = outcome["sql"]
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    return sorted(pairs) if unordered else pairs


@pytest.mark.parametrize("case", CASES)
def test_case(environments: tuple[Env, Env], case: str) -> None:
    unordered = case.startswith("~")
    expression = case.lstrip("~ ")
    peer, ours = (env.run(expression) for env in environments)
    if ours["error"] is not None and peer["error"] is None:
        raise AssertionError(f"only cormorant failed: {ours['error']}") from ours["raised"]
    assert ours["error"] == peer["error"]
    assert ours["result"] == peer["result"]
    assert _sql(ours, unordered) == _sql(peer, unordered)
    assert ours["warned"] == peer["warned"]


def test_enough_cases() -> None:
    assert len(CASES) >= 60
