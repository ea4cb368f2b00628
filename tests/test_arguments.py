"""Arguments of every kind for every function of the core: an error or a result, never a crash."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

ROUNDS = int(os.environ.get("CORMORANT_ROUNDS", "40"))


def call(module: str, *words: str) -> dict[str, int]:
    """How many of a worker's calls ended in which way."""
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(cormorant.__file__).parent.parent),
        # (a round keeps what it made, if a method was told to)
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", f"tests.arguments.{module}", *words],
        cwd=Path(__file__).parent.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, int] = ast.literal_eval(done.stdout)
    return seen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_arguments(seed: int) -> None:
    seen = call("worker", str(seed), str(ROUNDS))
    assert seen["fine"] > ROUNDS
    assert seen["TypeError"] > ROUNDS


def test_arguments_of_programs_with_something_changed() -> None:
    seen = call("changed")
    assert seen["functions"] > 50
    assert seen["fine"] > 1000
    assert seen["TypeError"] > 10000
    assert seen["ValueError"] > 1000
