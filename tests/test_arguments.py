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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_arguments(seed: int) -> None:
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(cormorant.__file__).parent.parent),
        # (a round keeps what it made, if a method was told to)
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-m",
            "tests.arguments.worker",
            str(seed),
            str(ROUNDS),
        ],
        cwd=Path(__file__).parent.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = ast.literal_eval(done.stdout)
    assert seen["fine"] > ROUNDS
    assert seen["TypeError"] > ROUNDS
