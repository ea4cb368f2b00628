"""Fixtures shared by all tests."""

import gc
import logging
from collections.abc import Generator, Iterator

import pytest

from . import leaks, postgres
from .differential.harness import PACKAGES, Outcome, Peer


@pytest.fixture(params=PACKAGES)
def p(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Either package: what a test expects must hold for SQLAlchemy, too."""
    peer = Peer(request.param, Outcome())
    yield peer
    peer.close()


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
    """What runs no C of a sanitized build is left out of a run of one."""
    for item in items if leaks.SANITIZED else ():
        mark = item.get_closest_marker("not_sanitized")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=mark.kwargs["reason"]))


def pytest_configure(config: pytest.Config) -> None:
    # before the workers of a parallel run are started, which inherit where it is
    postgres.provide()
    config.pluginmanager.register(leaks.Leaks(), "leaks")
