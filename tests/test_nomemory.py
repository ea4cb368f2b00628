"""Memory runs out, at every allocation in turn: MemoryError, and all goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library")
def test_every_allocation_can_fail(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "165"}
    if "asan" not in env.get("LD_PRELOAD", ""):
        library = tmp_path / "fail.so"
        source = HERE / "nomemory" / "fail.c"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        env["LD_PRELOAD"] = str(library)
    # CPython's compiler loses tuples when it has no memory; the worker counts for itself.
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    env["PYTHONPATH"] = str(Path(cormorant.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.nomemory.worker", "1"],
        cwd=HERE.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = dict(line.split() for line in done.stdout.splitlines())
    assert len(counts) == 14
    assert all(int(count) > 5 for count in counts.values()), counts
