"""What mypy infers of a program is what it infers with SQLAlchemy in its place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cormorant

pytestmark = [pytest.mark.slow, pytest.mark.not_sanitized(reason="runs mypy")]
ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("revealed.py")

# Lines of the program of which something else is inferred here, and why that is so.
DIFFERS = {
    "reveal_type(or_(User.id == 3, True))": "a plain bool is taken",
    "reveal_type(select(User).subquery().c.id)": "the name of a class is another",
    "reveal_type(connection.execute(insert(table)).inserted_primary_key)": "not typed",
}


def inferred(package: str, directory: Path) -> dict[int, list[str]]:
    """Line -> what mypy says of it, with names of classes instead of their paths."""
    source = directory / "revealed.py"
    source.write_text(re.sub(r"\bsqlalchemy\b", package, PROGRAM.read_text()))
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    run = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary"),
            "--follow-imports=silent",
            "--config-file=",
            *("--cache-dir", os.environ.get("MYPY_CACHE_DIR", str(ROOT / ".mypy_cache"))),
            source.name,
        ],
        env={**environment, "MYPYPATH": str(Path(cormorant.__file__).parents[1])},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not run.stderr, run.stderr
    said: dict[int, list[str]] = {}
    for line in run.stdout.splitlines():
        match = re.match(r"revealed\.py:(\d+): \w+: (.*)", line)
        assert match is not None, line
        text = re.sub(r"(?:\w+\.)+(\w+)", r"\1", match[2])
        said.setdefault(int(match[1]), []).append(text)
    return said


def test_the_same_is_inferred(tmp_path: Path) -> None:
    found = []
    for package in ("sqlalchemy", "cormorant"):
        (tmp_path / package).mkdir()
        found.append(inferred(package, tmp_path / package))
    theirs, ours = found
    lines = PROGRAM.read_text().splitlines()
    assert len(theirs) > 150
    assert set(ours) == set(theirs)
    for number, said in theirs.items():
        line = lines[number - 1].strip()
        if line in DIFFERS:
            assert ours[number] != said, f"{line} does not differ any more"
        else:
            assert ours[number] == said, line
