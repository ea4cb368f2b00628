"""Every file in programs/ is an ordinary SQLAlchemy program: run it on both packages."""

from pathlib import Path

import pytest

from .harness import compare

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path) -> None:
    peer, _ours = compare(path.read_text())
    # A program that stops halfway says nothing of what comes after: errors it wants it catches.
    assert peer.error is None
