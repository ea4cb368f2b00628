"""Exceptions of the asyncio extension."""

from __future__ import annotations

from ... import exc

__all__ = ["AsyncContextAlreadyStarted", "AsyncContextNotStarted", "AsyncMethodRequired"]


class AsyncMethodRequired(exc.InvalidRequestError):
    """What is asked for can only be had with the asynchronous method of another name."""


class AsyncContextNotStarted(exc.InvalidRequestError):
    """An object that has to be awaited or entered first was not."""


class AsyncContextAlreadyStarted(exc.InvalidRequestError):
    """An object was awaited or entered a second time."""
