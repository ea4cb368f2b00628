"""A source distribution holds all that a build needs, and what it builds works."""

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.not_sanitized(reason="builds its own")
def test_sdist_builds_and_runs(tmp_path: Path) -> None:
    # What is built must run by itself, not with the build these tests run on.
    mine = ("PYTHONPATH", "LD_PRELOAD", "PYTHONMALLOC")
    env = {name: value for name, value in os.environ.items() if name not in mine}

    def run(*command: object) -> str:
        done = subprocess.run(
            [str(word) for word in command], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    make = (
        "import os, sys; os.chdir(sys.argv[1]); from setuptools import build_meta;"
        " build_meta.build_sdist(sys.argv[2])"
    )
    run(sys.executable, "-c", make, ROOT, tmp_path)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    headers = {str(path.relative_to(ROOT)) for path in ROOT.glob("csrc/**/*.h")}
    assert headers <= names
    assert {"python/cormorant/py.typed", "python/cormorant/_core.pyi", "LICENSE"} <= names
    assert not any(name.endswith(".so") for name in names)

    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", archive)
    program = (
        "import cormorant, sys; from cormorant import create_engine, text;"
        " e = create_engine('sqlite:///x.db'); c = e.connect();"
        " assert c.execute(text('SELECT 6 * 7')).scalar() == 42;"
        " assert 'sqlite3' not in sys.modules and 'sqlalchemy' not in sys.modules;"
        " print(cormorant.__file__)"
    )
    assert str(tmp_path / "env") in run(python, "-c", program)
