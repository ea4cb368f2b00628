"""64 threads on a pool of 10: see storm.py. STORM=60 makes each run last as many seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from . import postgres

SECONDS = os.environ.get("STORM", "1.2")
ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("overflow", [0, 5])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_threads_on_a_small_pool(database: str, overflow: int, tmp_path: Path) -> None:
    if database == "sqlite":
        url = f"sqlite:///{tmp_path / 'storm.db'}"
    elif "STORM" not in os.environ:
        pytest.skip("its server is shared with other tests: make soak")
    elif (server := postgres.scratch()) is not None:
        postgres.clear(server)  # connections are counted
        url = f"postgresql:{server}"
    else:
        pytest.skip("no PostgreSQL server")
    # A process of its own: it forks, and ends itself when it is stuck.
    done = subprocess.run(
        [sys.executable, "-m", "tests.storm", url, SECONDS, "64", "10", str(overflow)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-6000:]
    if "STORM" in os.environ:
        print(database, overflow, done.stdout)
