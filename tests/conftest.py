"""Fixtures shared by all tests."""

from collections.abc import Iterator

import pytest

from . import postgres
from .differential.harness import PACKAGES, Outcome, Peer


@pytest.fixture(params=PACKAGES)
def p(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Either package: what a test expects must hold for SQLAlchemy, too."""
    peer = Peer(request.param, Outcome())
    yield peer
    peer.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql", "all"],
        default="sqlite",
        help="where the programs that compare packages run",
    )


def pytest_configure(config: pytest.Config) -> None:
    # before the workers of a parallel run are started, which inherit where it is
    postgres.provide()
