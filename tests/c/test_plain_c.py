"""The parts of the core that are plain C, tested in C: compile each and run it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..fuzz import embed
from ..leaks import SANITIZED

ITS_OWN = "a sanitized build of its own, in any run"
HERE = Path(__file__).parent
CSRC = HERE.parent.parent / "csrc"
PLAIN = CSRC / "plain"
POSTGRES = CSRC / "postgres"
DECODE = [POSTGRES / "decode.c", POSTGRES / "compound.c"]
FLAGS = [f"-I{CSRC}", "-std=c11", "-Wall", "-Wextra", "-Werror", "-g"]
SANITIZE = [
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.not_sanitized(reason=ITS_OWN)
@pytest.mark.parametrize("flags", [["-O2"], SANITIZE], ids=["optimized", "sanitized"])
@pytest.mark.parametrize("part", ["page", "identity", "ptrset", "moment", "memory", "decode"])
def test_part(part: str, flags: list[str], tmp_path: Path) -> None:
    program = tmp_path / part
    # test_memory.c includes what it tests, with an allocator that fails.
    tested = [] if part == "memory" else [PLAIN / f"{part}.c"]
    if part == "decode":
        tested = [*DECODE, PLAIN / "page.c"]
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
PARTS = {
    "page": [PLAIN / "page.c"],
    "identity": [PLAIN / "identity.c"],
    "moment": [PLAIN / "moment.c"],
    "decode": [*DECODE, PLAIN / "page.c"],
    "lexer": [POSTGRES / "lexer.c"],
    "records": [POSTGRES / "records.c", *DECODE, PLAIN / "page.c"],
}


def replay(
    part: str, program: Path, words: list[object], rounds: int = 200, **variables: str
) -> None:
    """Run what libFuzzer has found to run other code, and changes of it, without libFuzzer."""
    # Python itself may run under a preloaded sanitizer, which finds leaks in gcc.
    env = {**os.environ, "LD_PRELOAD": "", **variables}
    sources = [FUZZ / f"fuzz_{part}.c", FUZZ / "replay.c"]
    command = ["gcc", *FLAGS, "-D_GNU_SOURCE", "-o", program, *sources, *words]
    subprocess.run([str(word) for word in command], check=True, env=env)
    done = subprocess.run(
        [program, str(rounds), FUZZ / "corpus" / part], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    files, executions = (int(word) for word in done.stdout.split() if word.isdigit())
    assert files > 10
    assert executions > files * rounds


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.not_sanitized(reason=ITS_OWN)
@pytest.mark.parametrize("part", PARTS)
def test_fuzz_corpus(part: str, tmp_path: Path) -> None:
    found: list[str] = []
    if part in ("lexer", "records"):
        if shutil.which("pg_config") is None:
            pytest.skip("needs libpq's headers")
        asked = ["pg_config", "--includedir"]
        found = ["-I" + subprocess.run(asked, capture_output=True, text=True).stdout.strip()]
    replay(part, tmp_path / part, [*SANITIZE, *found, *PARTS[part]])


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.skipif(not embed.library().exists(), reason="needs Python as a library")
@pytest.mark.skipif(not embed.library().exists(), reason="needs Python as a library")
@pytest.mark.not_sanitized(reason="its C only starts Python")
def test_fuzz_corpus_of_urls(tmp_path: Path) -> None:
    words = ["-O1", *embed.flags()]
    replay("url", tmp_path / "url", words, rounds=20, PYTHONPATH=embed.path())


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_fuzz_corpus_of_codecs(tmp_path: Path) -> None:
    """With the objects of the build that the tests run on."""
    build = HERE.parent.parent / "build" / ("debug" if SANITIZED else "")
    objects = [*build.glob("temp.*/cormorant._core/csrc/**/*.o")]
    if not objects:
        pytest.skip("needs the objects of a build")
    words = [*(SANITIZE if SANITIZED else ["-O1"]), *DECODE, *objects, *embed.flags()]
    variables = {"PYTHONPATH": embed.path(), "ASAN_OPTIONS": "detect_leaks=0"}
    replay("codec", tmp_path / "codec", words, **variables)
