"""Does pieces of work with their first, second, … allocation failing."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from cormorant import exc

# A sanitizer has an allocator of its own: the library is loaded then, for Python's.
library = ctypes.PyDLL(os.environ.get("FAIL_LIBRARY"))
if "FAIL_LIBRARY" in os.environ:
    library.fail_python()
counted = hasattr(library, "fail_arm")
if counted:
    arm, disarm = library.fail_arm, library.fail_disarm
    arm.argtypes, arm.restype = [ctypes.c_long], None
    disarm.restype = ctypes.c_long
else:
    import _testcapi

    def arm(n: int) -> None:
        _testcapi.set_nomemory(n, n + 1)

    disarm = _testcapi.remove_mem_hooks


everywhere = True


def only_within(files: Iterable[str], but_not: Iterable[str] = ()) -> None:
    """From now on only allocations count that the code in these files asks for, itself or
    through what it calls in C (`but_not` in libraries of these names): CPython 3.11 does not
    survive all of its own failing."""
    global everywhere
    everywhere = False
    for function, names in ((library.ask_within, files), (library.ask_not_within, but_not)):
        function.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
        for name in names:
            function(*code_of(name))


def code_of(name: str) -> tuple[int, int]:
    """Where the code of a loaded file is, whose path contains this."""
    with open("/proc/self/maps") as maps:
        [span] = [line.split()[0] for line in maps if name in line and " r-xp " in line]
    start, end = span.split("-")
    return int(start, 16), int(end, 16)


def was_raised_within_a_memory_error(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, MemoryError):
        error = error.__context__
    return error is not None


def had_no_frame(error: BaseException | None) -> bool:
    """Whether it came of a Python function's call for which CPython 3.11 had no memory, and said
    nothing of it."""
    while error is not None:
        if isinstance(error, SystemError) and str(error).startswith("<function "):
            return "without setting an exception" in str(error)
        error = error.__cause__
    return False


def fail_each(world: Any, work: Callable[[Any], Any], step: int, expected: Any) -> int:
    """How many times the work ran out of memory; otherwise it gave what was expected, and after
    each time all is well with the world."""
    n, failures, survived = 1, 0, 0
    while True:
        failed = False
        given: Any = None
        try:
            arm(n)
            given = work(world)
        except MemoryError:
            failed = True
        except exc.DBAPIError as error:
            # SQLite, out of memory, may undo the transaction; its savepoint is gone then.
            if not was_raised_within_a_memory_error(error):
                raise
            failed = True
        except exc.StatementError as error:
            # CPython's pickle says that it could not import what it had no memory to look up.
            if not isinstance(error.orig, pickle.PicklingError):
                raise
            failed = True
        except SystemError as error:  # CPython, out of memory for a frame
            if not had_no_frame(error) and (not everywhere or "without" not in str(error)):
                raise
            failed = True
        except ValueError as error:  # which tells of a value that was being decoded
            if not had_no_frame(error):
                raise
            failed = True
        finally:
            asked = disarm()
            if sys.exc_info()[0] not in (None, MemoryError, SystemError, ValueError):
                print(f"{work.__name__} failed at {n}", file=sys.stderr)
        try:
            assert failed or given == expected, given
            del given
            world.check()
        except BaseException:
            print(f"after {work.__name__} failed at {n}", file=sys.stderr)
            raise
        failures += failed
        survived = 0 if failed else survived + 1
        if asked < n if counted else survived == 5:
            return failures
        n += step
        if n % 64 == 0:
            gc.collect()


def fail_all(
    works: Iterable[Callable[[Any], Any]], make: Callable[[], Any], step: int, settled: int = 2
) -> None:
    """Do each piece of work in a world of its own, when caches have settled; print how many
    times each ran out of memory."""
    warnings.simplefilter("ignore")
    gc.disable()
    for work in works:
        world = make()
        expected = None
        for _ in range(settled):
            expected = work(world)
            world.check()
        print(work.__name__, fail_each(world, work, step, expected), flush=True)
