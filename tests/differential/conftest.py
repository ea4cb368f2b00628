"""Programs run on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .. import postgres
from .harness import DATABASES, on_database


def _differs() -> dict[str, str]:
    """What the packages do not run alike on PostgreSQL, or both not to the end: the id of a test
    and the reason, which stands above it."""
    found, reason = {}, ""
    for line in Path(__file__).with_name("postgresql_differs.txt").read_text().splitlines():
        if line.startswith("#"):
            reason = line[1:].strip()
        elif line:
            found[line] = reason
    return found


DIFFERS = _differs()


def _reason(item: pytest.Item) -> str:
    reason = DIFFERS.get(item.nodeid.partition("differential/")[2], "")
    if reason.startswith("psycopg alone") and postgres.DRIVER != "psycopg":
        return ""
    return reason


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        reason = _reason(item)
        if reason and not reason.startswith("ends"):
            strict = not reason.startswith("by chance") and postgres.DRIVER == "psycopg"
            item.add_marker(pytest.mark.xfail(reason=reason, strict=strict))


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The database that programs of a test run on."""
    name: str = getattr(request, "param", "sqlite")
    if name == "postgresql" and postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    ended: list[bool] | None = [] if _reason(request.node).startswith("ends") else None
    with on_database(name, ended):
        yield name
    if ended and postgres.DRIVER == "psycopg":
        assert any(ended), "the program runs to its end"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if hasattr(metafunc.module, "compare") or hasattr(metafunc.module, "making_tests"):
        asked = metafunc.config.getoption("--database")
        databases = DATABASES if asked == "all" else (asked,)
        if metafunc.definition.get_closest_marker("sqlite_only") is not None:
            databases = ("sqlite",)
        metafunc.parametrize("database", databases, indirect=True)
