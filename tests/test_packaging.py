"""A source distribution holds all that a build needs, and what it builds works."""

import os
import shutil
import subprocess
import sys
import tarfile
import textwrap
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def environment() -> dict[str, str]:
    """What a build is started with: nothing of the build these tests run on, and what takes
    least time: objects that are in a cache, or that are not optimised."""
    mine = ("PYTHONPATH", "LD_PRELOAD", "PYTHONMALLOC", "CORMORANT_DEBUG")
    env = {name: value for name, value in os.environ.items() if name not in mine}
    if shutil.which("ccache") and env.get("CC", "ccache gcc") == "ccache gcc":
        return env | {"CC": "ccache gcc", "CCACHE_NOHASHDIR": "1"}
    return env | {"CORMORANT_COVERAGE": "1"}


@pytest.mark.slow
@pytest.mark.not_sanitized(reason="builds its own")
def test_sdist_builds_and_runs(tmp_path: Path) -> None:
    env = environment()

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
    for pattern in "csrc/**/*.h", "tests/**/*.py", "benchmarks/*.py":
        assert {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)} <= names
    assert {"python/cormorant/py.typed", "python/cormorant/_core.pyi", "LICENSE"} <= names
    assert {"Makefile", ".ci/run", "tests/differential/absent_names.txt"} <= names
    assert not any(name.endswith(".so") for name in names)

    venv.create(tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", archive)
    program = (
        "import cormorant, sys; from cormorant import create_engine, text;"
        " e = create_engine('sqlite:///x.db'); c = e.connect();"
        " assert c.execute(text('SELECT 6 * 7')).scalar() == 42;"
        " assert 'sqlite3' not in sys.modules and 'sqlalchemy' not in sys.modules;"
        " print(cormorant.__file__)"
    )
    assert str(tmp_path / "env") in run(python, "-c", program)


@pytest.mark.slow
@pytest.mark.not_sanitized(reason="builds its own")
def test_without_libpq_it_builds_and_runs_on_sqlite(tmp_path: Path) -> None:
    for part in ("csrc", "python"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("*.so"))
    for file in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, tmp_path)
    hiding = tmp_path / "pkg-config"
    hiding.write_text(
        '#!/bin/sh\nfor w; do [ "$w" = libpq ] && exit 1; done\nexec pkg-config "$@"\n'
    )
    hiding.chmod(0o755)
    env = environment() | {"PKG_CONFIG": str(hiding), "PG_CONFIG": "false"}
    env["PYTHONPATH"] = str(tmp_path / "python")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    built = run("setup.py", "-q", "build_ext", "--inplace")
    assert "libpq was not found: cormorant._postgres is left out" in built.stderr
    names = {path.name.partition(".")[0] for path in (tmp_path / "python/cormorant").glob("*.so")}
    assert names == {"_core", "_sqlite"}
    program = """
        import sys
        import cormorant as sa
        from cormorant.dialects import postgresql
        assert sa.__file__.startswith(sys.argv[1]), sa.__file__
        with sa.create_engine("sqlite://").connect() as connection:
            print(connection.scalar(sa.text("SELECT 6 * 7")))
        # what needs no server works: a statement's text
        print(sa.select(sa.column("x", postgresql.JSONB)).compile(dialect=postgresql.dialect()))
        for driver in ("", "+psycopg", "+psycopg2", "+asyncpg"):
            try:
                sa.create_engine(f"postgresql{driver}://localhost/x")
            except ImportError as error:
                print(error)
    """
    out = run("-c", textwrap.dedent(program), str(tmp_path)).stdout.splitlines()
    assert out[:2] == ["42", "SELECT x"]
    assert len(out) == 6
    assert all("without libpq" in line and "libpq-dev" in line for line in out[2:])
