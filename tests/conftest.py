"""Fixtures shared by all tests."""

import gc
import logging
from collections.abc import Generator, Iterator

import pytest

pytest.register_assert_rewrite("tests.differential.harness")  # what differs is shown

from . import counters, leaks, postgres  # noqa: E402
from .differential.harness import DATABASES, PACKAGES, Outcome, Peer, on_database  # noqa: E402


@pytest.fixture
def p(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Either package, on each database: what a test expects must hold for SQLAlchemy, too."""
    package, database = request.param
    if database == "postgresql":
        url = postgres.scratch()
        if url is None:
            pytest.skip("no PostgreSQL server")
        postgres.clear(url)
    with on_database(database):
        peer = Peer(package, Outcome())
        yield peer
        peer.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "p" not in metafunc.fixturenames:
        return
    asked = metafunc.config.getoption("--database")
    databases = DATABASES if asked == "all" else (asked,)
    if metafunc.definition.get_closest_marker("sqlite_only") is not None:
        databases = ("sqlite",)
    pairs = [(package, database) for database in databases for package in PACKAGES]
    ids = [
        package if database == "sqlite" else f"{package}-{database}" for package, database in pairs
    ]
    metafunc.parametrize("p", pairs, ids=ids, indirect=True)


@pytest.fixture(scope="module")
def apart() -> Iterator[None]:
    """For tests that make the collector run often: it does not look at what was there before
    those of their module, which after thousands of tests takes it a second each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Loggers are left as they were found: a logged statement runs with more Python."""
    found = {
        logger: logger.level
        for logger in logging.root.manager.loggerDict.values()
        if isinstance(logger, logging.Logger) and logger.name.startswith("cormorant")
    }
    yield
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and logger.name.startswith("cormorant."):
            logger.setLevel(found.get(logger, logging.NOTSET))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a failure without collecting garbage meanwhile.

    ast.parse, which shows a failure's source, does not bear being entered again in CPython
    3.11: a finalizer that logs an exception, as SQLAlchemy's pool does for a connection that
    the server ended, enters it through traceback and would end the whole run.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if enabled:
            gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql", "all"],
        default="sqlite",
        help="where the programs that compare packages run",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs no C of a sanitized build is left out of a run of one. What takes long is run
    first: at the end of a parallel run one process would do it while the others have nothing."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items if leaks.SANITIZED else ():
        mark = item.get_closest_marker("not_sanitized")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=mark.kwargs["reason"]))


def pytest_configure(config: pytest.Config) -> None:
    # before the workers of a parallel run are started, which inherit where it is
    postgres.provide()
    config.pluginmanager.register(leaks.Leaks(), "leaks")
    config.pluginmanager.register(counters.Counters(), "counters")
