"""The parts of the core that are plain C, tested in C: compile each and run it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CORE = HERE.parent.parent / "csrc" / "core"
POSTGRES = CORE.parent / "postgres"
DECODE = [POSTGRES / "decode.c", POSTGRES / "compound.c", CORE / "page.c"]
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
        tested = DECODE
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


FUZZ = HERE.parent / "fuzz"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.parametrize("part", ["page", "identity", "moment", "decode"])
def test_fuzz_corpus(part: str, tmp_path: Path) -> None:
    """What libFuzzer has found to run other code, and changes of it, without libFuzzer."""
    program = tmp_path / part
    tested = [CORE / f"{part}.c"]
    if part == "decode":
        tested = DECODE
    sources = [FUZZ / f"fuzz_{part}.c", FUZZ / "replay.c", *tested]
    env = {**os.environ, "LD_PRELOAD": ""}
    flags = [*FLAGS, *SANITIZE, "-D_GNU_SOURCE"]
    subprocess.run(["gcc", *flags, "-o", program, *sources], check=True, env=env)
    done = subprocess.run(
        [program, "200", FUZZ / "corpus" / part], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    files, executions = (int(word) for word in done.stdout.split() if word.isdigit())
    assert files > 10
    assert executions > files * 200
