"""References and blocks that scenarios leave behind, as a debug interpreter counts them.

Run as a program by one: ``python3-dbg -m tests.refcounts ROUNDS [NAME...]``. The total of all
reference counts tells of objects that the collector does not know, and of single references too
many to anything, where the tests of a usual interpreter look at a few objects only.
"""

from __future__ import annotations

import gc
import sys
import warnings
from typing import Any

from .test_leaks import SCENARIOS, World


def total() -> int:
    """Reference counts of all objects."""
    sys._clear_type_cache()  # it holds names that were looked up
    while gc.collect():
        pass
    count: int = sys.gettotalrefcount()  # type: ignore[attr-defined]
    return count


def grown(scenario: Any, world: World, rounds: int) -> int:
    """References that as many rounds left, in the best of three tries: a cache may fill."""
    least = sys.maxsize
    for _ in range(3):
        before = total()
        for _ in range(rounds):
            scenario(world)
        least = min(least, total() - before)
        if least < rounds // 2:
            break
    return least


def main(rounds: int, *names: str) -> int:
    warnings.simplefilter("ignore")
    world = World()
    failed = []
    for scenario in SCENARIOS:
        name = scenario.__name__
        if names and name not in names:
            continue
        for _ in range(rounds // 2):
            scenario(world)
        count = grown(scenario, world, rounds)
        print(f"{name}: {count} references in {rounds} rounds", flush=True)
        if count >= rounds // 2:
            failed.append(name)
    print("grown:", ", ".join(failed) or "nothing")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
