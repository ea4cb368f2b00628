"""Fixtures shared by all tests."""

from collections.abc import Iterator

import pytest

from .differential.harness import PACKAGES, Outcome, Peer


@pytest.fixture(params=PACKAGES)
def p(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Either package: what a test expects must hold for SQLAlchemy, too."""
    peer = Peer(request.param, Outcome())
    yield peer
    peer.close()
