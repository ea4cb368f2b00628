"""A name that tools written for older versions import."""

from __future__ import annotations

from .mock import MockConnection

__all__ = ["MockEngineStrategy"]


class MockEngineStrategy:
    """Holds the class of what create_mock_engine() makes."""

    MockConnection = MockConnection
