"""Programs run on both databases."""

from collections.abc import Iterator

import pytest

from .. import postgres
from .harness import DATABASES, on_database


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database that programs of a test run on."""
    name: str = getattr(request, "param", "sqlite")
    if name == "postgresql" and postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with on_database(name):
        yield name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if hasattr(metafunc.module, "compare"):
        asked = metafunc.config.getoption("--database")
        databases = DATABASES if asked == "all" else (asked,)
        metafunc.parametrize("database", databases, indirect=True)
