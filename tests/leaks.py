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
MAPPED = 8 << 20
"""Bytes of what may be stacks of frames; the sanitizer's own tables are larger."""
AROUND = 32 << 10
"""Bytes of a stack to either side of a frame, where a mapping is larger than that."""
LEAKED = "cormorant_leaked"


def leaked() -> bool:
    """Whether memory is lost in this process: nothing leads to it. The report is on stderr."""
    if "detect_leaks=1" not in os.environ.get("ASAN_OPTIONS", ""):
        return False
    check: Any = getattr(ctypes.CDLL(None), "__lsan_do_recoverable_leak_check", None)
    if check is None:
        return False
    gc.collect()
    _show_frames()
    return bool(check())


def _frames() -> list[int]:
    """Where the interpreter has what it runs: the third word of a frame object says it."""
    found = []
    for frame in sys._current_frames().values():
        while frame is not None:
            found.append(ctypes.c_size_t.from_address(id(frame) + 24).value)
            frame = frame.f_back
    return found


def _show_frames() -> None:
    """Tell the sanitizer of the stacks of CPython's frames, which it does not look at: they are
    mapped, not allocated, and hold the only reference to much of what is alive."""
    register = ctypes.CDLL(None).__lsan_register_root_region
    register.argtypes = ctypes.c_void_p, ctypes.c_size_t
    frames = _frames()
    with open("/proc/self/maps") as maps:
        for line in maps:
            addresses, mode, _, _, inode, *name = line.split()
            start, end = (int(word, 16) for word in addresses.split("-"))
            # above what the sanitizer has for itself: its heap, and the shadow of everything
            if mode != "rw-p" or inode != "0" or name or start < 0x7F0000000000:
                continue
            if end - start <= MAPPED:
                register(start, end - start)
                continue
            # The kernel makes one of neighbours: a stack may lie beside the sanitizer's own.
            for frame in frames:
                if start <= frame < end:
                    first, last = max(start, frame - AROUND), min(end, frame + AROUND)
                    register(first, last - first)


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
        if getattr(node, "workeroutput", {}).get(LEAKED):
            self.found.append(node.gateway.id)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.found:
            terminalreporter.write_line("memory leaked in " + ", ".join(self.found), red=True)
