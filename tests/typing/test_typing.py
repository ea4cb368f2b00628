"""The package and a program that uses it, as a strict type checker sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

from . import program

ROOT = Path(__file__).parents[2]


def test_program_runs() -> None:
    program.main()


@pytest.mark.slow
@pytest.mark.not_sanitized(reason="runs mypy")
def test_program_is_well_typed(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    found = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary"),
            "--follow-imports=silent",  # as a type checker treats an installed package
            *("--config-file", str(ROOT / "pyproject.toml")),
            *("--cache-dir", os.environ.get("MYPY_CACHE_DIR", str(ROOT / ".mypy_cache"))),
            program.__file__,
        ],
        env={**environment, "MYPYPATH": str(Path(cormorant.__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
