"""The parts of the core that are plain C, tested in C: compile each and run it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CORE = HERE.parent.parent / "csrc" / "core"
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-g"]
SANITIZE = [
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.parametrize("flags", [["-O2"], SANITIZE], ids=["optimized", "sanitized"])
@pytest.mark.parametrize("part", ["page", "identity", "ptrset", "moment", "memory", "decode"])
def test_part(part: str, flags: list[str], tmp_path: Path) -> None:
    program = tmp_path / part
    # test_memory.c includes what it tests, with an allocator that fails.
    tested = [] if part == "memory" else [CORE / f"{part}.c"]
    if part == "decode":
        tested = [CORE.parent / "postgres" / "decode.c", CORE / "page.c"]
    # Python itself may run under a preloaded sanitizer, which finds leaks in gcc.
    env = {**os.environ, "LD_PRELOAD": ""}
    subprocess.run(
        ["gcc", *FLAGS, *flags, "-o", program, HERE / f"test_{part}.c", *tested],
        check=True,
        env=env,
    )
    done = subprocess.run(
        [program],
        capture_output=True,
        text=True,
        env=env,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
