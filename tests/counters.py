"""The counters of a coverage build, written by processes that do not end in an orderly way.

A process writes how often it ran which line when it exits. The processes of a parallel run are
ended before they get there, and children of a fork leave by ``os._exit()``.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, NoReturn

import pytest


def counting() -> list[Any]:
    """The extensions that were built with counters. Each has its own function that writes."""
    loaded = [sys.modules.get(f"cormorant.{name}") for name in ("_core", "_sqlite", "_postgres")]
    libraries: list[Any] = [ctypes.CDLL(module.__file__) for module in loaded if module]
    return [library for library in libraries if hasattr(library, "__gcov_dump")]


class Counters:
    """The hooks."""

    def pytest_collection_finish(self) -> None:
        if not counting():
            return
        leave = os._exit

        def leave_counted(status: int) -> NoReturn:
            self.write()
            leave(status)

        os._exit = leave_counted

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            self.write()

    def write(self) -> None:
        for library in counting():
            # in a class its plain name would be changed
            getattr(library, "__gcov_dump")()
