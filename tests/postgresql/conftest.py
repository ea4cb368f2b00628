"""A database of this process on the server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cormorant import create_engine

from .. import postgres


@pytest.fixture
def url() -> Iterator[str]:
    """The URL of the empty scratch database."""
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as found:
        yield f"postgresql:{found}"


@pytest.fixture
def engine(url: str) -> Iterator[Any]:
    """An engine on it, whose values are psycopg's."""
    made = create_engine(url.replace(":", "+psycopg:", 1))
    yield made
    made.dispose()


@pytest.fixture
def conn(engine: Any) -> Iterator[Any]:
    """A connection of that engine."""
    with engine.connect() as connection:
        yield connection
