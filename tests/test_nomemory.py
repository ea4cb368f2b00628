"""Memory runs out, at every allocation in turn: MemoryError, and all goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

from . import postgres
from .leaks import SANITIZED

HERE = Path(__file__).parent
# the pieces of work in tests/nomemory/package.py, whose import here would map its classes
WORK = [
    "load",
    "eager",
    "with_values",
    "lazy",
    "refresh",
    "stream",
    "lists",
    "dicts",
    "sets",
    "chosen",
    "many_to_many",
    "flush",
    "savepoints",
    "merge",
    "composites",
    "mutables",
    "bulk",
    "codecs",
    "core",
    "inheritance",
    "inheritance_writes",
    "events",
    "statements",
    "compiled_anew",
    "unions",
    "functions",
    "hooks",
    "reflect",
    "pooled",
    "rows",
    "objects",
    "deletes",
    "eager_anew",
    "inheritance_anew",
    "mapping",
    "modules",
]
# those in boxes.py
WORK_WITH_BOXES = ["boxed", "boxes_alone", "anew"]
# those in seldom.py
SELDOM = [
    "raw_cursors",
    "statement_events",
    "own_rows",
    "association_rows",
    "untyped",
    "defining",
    "bulk_objects",
    "bundles",
    "made_values",
    "cascades",
]
SELDOM_OF_SQLITE = ["adopted", "adopted_many"]
# those that take long: each so-manyth allocation fails
STEPS = {"mapping": 7, "eager_anew": 3, "unions": 5}
# those that ask most of the driver
WORK_OF_SERVER = [
    "load",
    "stream",
    "flush",
    "savepoints",
    "bulk",
    "codecs",
    "core",
    "inheritance_writes",
    "pooled",
    "many_rows",
    "server_types",
    "copying",
    "told",
    "zones",
    "modules",
]


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("nomemory") / "fail.so"
    source = HERE / "nomemory" / "fail.c"
    subprocess.run(
        ["cc", "-O1", "-shared", "-fPIC", "-o", made, source, "-ldl"],
        check=True,
        env={**os.environ, "LD_PRELOAD": ""},
    )
    return made


def run_out(module: str, *words: str, leaks: bool = False, **variables: str) -> dict[str, str]:
    """How often each piece of work of a module ran out of memory."""
    env = {**os.environ, "PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "165", **variables}
    env["PYTHONPATH"] = str(Path(cormorant.__file__).parent.parent)

    def run(whole_stacks: bool) -> subprocess.CompletedProcess[str]:
        # CPython's compiler loses tuples when it has no memory; the worker counts for itself.
        options = f"detect_leaks={leaks:d}:fast_unwind_on_malloc={not whole_stacks:d}"
        env["ASAN_OPTIONS"] = f"{options}:intercept_tls_get_addr=0"  # see Makefile
        return subprocess.run(
            [sys.executable, "-X", "faulthandler", "-m", f"tests.nomemory.{module}", *words],
            cwd=HERE.parent,
            env=env,
            capture_output=True,
            text=True,
            timeout=3600,  # sanitized, on a machine that does much else, ten minutes were too few
        )

    done = run(whole_stacks=False)
    if leaks and done.returncode != 0:
        # What is suppressed is told by its callers; to note these takes four times as long.
        done = run(whole_stacks=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(line.split() for line in done.stdout.splitlines())


def test_every_allocation_can_fail(library: Path) -> None:
    variables = {} if SANITIZED else {"LD_PRELOAD": str(library)}
    counts = run_out("worker", "1", **variables)
    assert len(counts) == 14
    assert all(int(count) > 5 for count in counts.values()), counts


@pytest.mark.parametrize("work", WORK)
def test_every_allocation_of_a_program_can_fail(work: str, library: Path) -> None:
    variables = {"FAIL_LIBRARY" if SANITIZED else "LD_PRELOAD": str(library)}
    step = str(STEPS.get(work, 1))
    counts = run_out("package", step, "sqlite://", work, leaks=SANITIZED, **variables)
    assert int(counts[work]) > 5


def test_flush_leaves_what_sqlalchemy_does(library: Path) -> None:
    """Objects, session and database after each failure, beside those of SQLAlchemy's."""
    variables = {"FAIL_LIBRARY" if SANITIZED else "LD_PRELOAD": str(library)}
    counts = run_out("beside", leaks=SANITIZED, **variables)
    assert set(counts) == {"flush", "flush_in_a_savepoint"}
    assert all(int(count) > 100 for count in counts.values())


@pytest.mark.parametrize("work", WORK_WITH_BOXES)
def test_every_allocation_of_boxes_can_fail(work: str, library: Path) -> None:
    variables = {"FAIL_LIBRARY" if SANITIZED else "LD_PRELOAD": str(library)}
    counts = run_out("boxes", "1", "sqlite://", work, leaks=SANITIZED, **variables)
    assert int(counts[work]) > 5


@pytest.mark.parametrize("work", [*SELDOM, *SELDOM_OF_SQLITE])
def test_every_allocation_of_what_is_seldom_can_fail(work: str, library: Path) -> None:
    variables = {"FAIL_LIBRARY" if SANITIZED else "LD_PRELOAD": str(library)}
    counts = run_out("seldom", "1", "sqlite://", work, leaks=SANITIZED, **variables)
    assert int(counts[work]) > 5


@pytest.mark.parametrize("work", [*WORK_OF_SERVER, *SELDOM])
def test_every_allocation_can_fail_on_postgresql(work: str, library: Path) -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    variables = {"FAIL_LIBRARY" if SANITIZED else "LD_PRELOAD": str(library)}
    with postgres.empty() as url:
        module = "seldom" if work in SELDOM else "package"
        counts = run_out(module, "1", f"postgresql:{url}", work, leaks=SANITIZED, **variables)
    assert int(counts[work]) > 5
