"""Programs run on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .. import postgres
from .harness import DATABASES, on_database

# Programs that the packages do not run alike on PostgreSQL: what is specific to SQLite (its
# affinities, PRAGMA, typeof), texts of INSERT statements for many rows in errors and events,
# and what is not done yet. A file stands for all that is in it.
DIFFERS = frozenset(Path(__file__).with_name("postgresql_differs.txt").read_text().split("\n"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = item.nodeid.partition("differential/")[2]
        if "[postgresql" in item.name and (name in DIFFERS or name.partition("::")[0] in DIFFERS):
            item.add_marker(pytest.mark.xfail(reason="differs on PostgreSQL", strict=False))


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
