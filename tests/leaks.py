"""Leaks found by LeakSanitizer in each process of a test run.

The processes of a parallel run end without telling how, so that what leaked in them would go
unnoticed. Each looks for itself when its tests are over and says so to the one that reports.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")
"""Whether the C runs under AddressSanitizer, which keeps freed memory for a while."""
HEAD = 16
"""Words of a frame before its variables, or a few more."""
LEAKED = "cormorant_leaked"


def looked_for() -> bool:
    """Whether this is a run that looks for leaks."""
    return "detect_leaks=1" in os.environ.get("ASAN_OPTIONS", "")


def leaked() -> bool:
    """Whether memory is lost in this process: nothing leads to it. The report is on stderr.

    No other thread runs Python meanwhile: what it made after its frames were shown would count
    as lost. The lock is kept during the calls, and not given up between them.
    """
    if not looked_for():
        return False
    check: Any = getattr(ctypes.PyDLL(None), "__lsan_do_recoverable_leak_check", None)
    if check is None:
        return False
    gc.collect()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        _show_frames()
        return bool(check())
    finally:
        sys.setswitchinterval(interval)


def _show_frames() -> None:
    """Tell the sanitizer of CPython's frames, which it does not look at: they are mapped, not
    allocated, and hold the only reference to much of what is alive.

    Of them alone: what lies around them may be the sanitizer's own, which grows and moves while
    it looks.
    """
    register = ctypes.PyDLL(None).__lsan_register_root_region
    register.argtypes = ctypes.c_void_p, ctypes.c_size_t
    for frame in sys._current_frames().values():
        while frame is not None:
            code = frame.f_code
            cells = len(code.co_cellvars) + len(code.co_freevars)
            words = HEAD + code.co_nlocals + cells + code.co_stacksize
            # the third word of a frame object says where the interpreter has what it runs
            start = ctypes.c_size_t.from_address(id(frame) + 24).value
            register(start, words * ctypes.sizeof(ctypes.c_size_t))
            frame = frame.f_back


@contextmanager
def not_looked_for() -> Iterator[None]:
    """What this thread allocates meanwhile is not looked for: another library loses some."""
    if not SANITIZED:
        yield
        return
    library: Any = ctypes.CDLL(None)
    library.__lsan_disable()
    try:
        yield
    finally:
        library.__lsan_enable()


def import_pandas() -> Any:
    """The module, or the test is skipped. NumPy loses the names of its string functions."""
    with not_looked_for():
        # CPython keeps a hundred freed floats, which were looked for when they were allocated
        spare = [n + 0.5 for n in range(200)]
        pandas = pytest.importorskip("pandas")
        del spare
    return pandas


class Leaks:
    """The hooks."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if leaked():
            self.found.append("this process" if output is None else "")
        if output is not None:
            output[LEAKED] = bool(self.found)
        elif self.found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", {})
        if output.get(LEAKED):
            self.found.append(node.gateway.id)
        elif looked_for() and LEAKED not in output:
            self.found.append(f"{node.gateway.id}, perhaps: it ended while looking")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.found:
            terminalreporter.write_line("memory leaked in " + ", ".join(self.found), red=True)
