"""Every call of the database's library fails in turn: an error, and all goes on."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import cormorant

from . import postgres
from .leaks import SANITIZED

STATES = {
    "0A000": "NotSupportedError",
    "22012": "DataError",
    "23505": "IntegrityError",
    "26000": "OperationalError",
    "40001": "OperationalError",
    "57P01": "OperationalError",
    "72000": "DatabaseError",
    "XX000": "InternalError",
}
"""Of each class an error, and those after which a driver does something else."""
HERE = Path(__file__).parent
CODES = "BUSY,NOMEM,INTERRUPT,IOERR,CORRUPT,FULL,CONSTRAINT,MISUSE"


def preloaded(directory: Path) -> str:
    """The library of faults.c, which brings the ones whose calls it stands before."""
    library = directory / "faults.so"
    # Python itself may run under a preloaded sanitizer, which finds leaks in these.
    env = {**os.environ, "LD_PRELOAD": ""}
    include = subprocess.run(
        ["pg_config", "--includedir"], capture_output=True, text=True, check=True, env=env
    ).stdout.strip()
    source = HERE / "faults" / "faults.c"
    libraries = ["-Wl,--no-as-needed", "-lsqlite3", "-ldl"]
    if not SANITIZED:  # ASan waits for itself when libpq is there from the start
        libraries.insert(2, "-lpq")
    subprocess.run(
        [
            "cc",
            "-O1",
            "-shared",
            "-fPIC",
            f"-I{include}",
            "-o",
            library,
            source,
            *libraries,
        ],
        check=True,
        env=env,
    )
    return " ".join([*os.environ.get("LD_PRELOAD", "").split(), str(library)])


def run(module: str, *words: str, directory: Path) -> str:
    """What a module of tests/faults prints."""
    env = {
        **os.environ,
        "LD_PRELOAD": preloaded(directory),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONPATH": str(Path(cormorant.__file__).parent.parent),
    }
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", f"tests.faults.{module}", *words],
        cwd=HERE.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def work(url: str, codes: str, directory: Path) -> dict[str, str]:
    """What came of each piece of work."""
    printed = run("worker", url, codes, directory=directory)
    return dict(line.split(" ", 1) for line in printed.splitlines())


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(shutil.which("pg_config") is None, reason="needs libpq's headers")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library")
def test_every_call_of_sqlite_can_fail(tmp_path: Path) -> None:
    # In memory: thousands of commits need not wait for a disk.
    with tempfile.TemporaryDirectory(dir=next(filter(os.path.isdir, ["/dev/shm", "."]))) as fast:
        seen = work(f"sqlite:///{fast}/data.db", CODES, tmp_path)
    assert len(seen) == 7
    for outcome in seen.values():
        assert "OperationalError" in outcome
        assert "MemoryError" in outcome
        assert "IntegrityError" in outcome
        assert "done" not in outcome  # no commit that failed has been one


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(shutil.which("pg_config") is None, reason="needs libpq's headers")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library")
def test_result_codes_of_sqlite_have_the_standard_classes_and_names(tmp_path: Path) -> None:
    count, wrong = run("codes", directory=tmp_path).split(" ", 1)
    assert int(count) > 90
    assert wrong.strip() == "{}"


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(shutil.which("pg_config") is None, reason="needs libpq's headers")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library")
@pytest.mark.skipif(SANITIZED, reason="no process with libpq preloaded starts under ASan")
def test_every_call_of_libpq_can_fail(tmp_path: Path) -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        seen = work(f"postgresql:{url}", "IOERR,LOST", tmp_path)
    assert len(seen) == 12
    for outcome in seen.values():
        assert "IOERR OperationalError" in outcome
        assert "LOST OperationalError" in outcome


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(shutil.which("pg_config") is None, reason="needs libpq's headers")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library")
@pytest.mark.skipif(SANITIZED, reason="no process with libpq preloaded starts under ASan")
def test_every_result_of_libpq_can_be_an_error_of_each_class(tmp_path: Path) -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        seen = work(f"postgresql:{url}", ",".join(STATES), tmp_path)
    assert len(seen) == 12
    wanted = {f"{state} {name}" for state, name in STATES.items()}
    for outcome in seen.values():
        found = {name.removesuffix(", done") for name in ast.literal_eval(outcome)}
        # what is repeated, or fails where nobody minds
        assert {name for name in found if not name.endswith(" fine")} <= wanted, found
        assert "23505 IntegrityError" in found


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(shutil.which("pg_config") is None, reason="needs libpq's headers")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library")
@pytest.mark.skipif(SANITIZED, reason="ASan has the memory")
def test_libpq_can_be_out_of_memory_anywhere(tmp_path: Path) -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        seen = work(f"postgresql:{url}", "ALLOCATION", tmp_path)
    assert len(seen) == 8
    for outcome in seen.values():
        assert "OperationalError" in outcome
