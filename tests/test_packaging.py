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


def run(where: Path, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=where,
        env=environment() | variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def installed(archive: Path, where: Path) -> Path:
    """The interpreter of a new environment that has the archive."""
    venv.create(where)
    python = where / "bin" / "python"
    run(where, sys.executable, "-m", "pip", "--python", python, "install", "-q", archive)
    return python


def sdist_builds_and_runs(archive: Path, where: Path) -> None:
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    for pattern in "csrc/**/*.h", "tests/**/*.py", "benchmarks/*.py":
        assert {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)} <= names
    assert {"python/cormorant/py.typed", "python/cormorant/_core.pyi", "LICENSE"} <= names
    assert {"Makefile", ".ci/run", "tests/differential/absent_names.txt"} <= names
    assert not any(name.endswith(".so") for name in names)

    python = installed(archive, where)
    program = (
        "import cormorant, sys; from cormorant import create_engine, text;"
        " e = create_engine('sqlite:///x.db'); c = e.connect();"
        " assert c.execute(text('SELECT 6 * 7')).scalar() == 42;"
        " assert 'sqlite3' not in sys.modules and 'sqlalchemy' not in sys.modules;"
        " print(cormorant.__file__)"
    )
    assert str(where) in run(where, python, "-c", program).stdout


def wheel_brings_libpq_and_shares_sqlite(wheel: Path, where: Path) -> None:
    assert "manylinux" in wheel.name
    python = installed(wheel, where)
    program = """
        import sqlite3
        from cormorant import create_engine, text
        for url in "sqlite://", "postgresql://nobody@127.0.0.1:1/x?connect_timeout=1":
            try:
                print(create_engine(url).connect().scalar(text("SELECT 6 * 7")))
            except Exception as error:
                print(type(error).__name__)
        mapped = {line.split()[-1] for line in open("/proc/self/maps") if "/lib" in line}
        for library in "libpq", "libsqlite3":
            print(*(path for path in mapped if f"/{library}" in path))
    """
    done = run(where, python, "-c", textwrap.dedent(program))
    answer, error, libpq, sqlite = done.stdout.splitlines()
    assert (answer, error) == ("42", "OperationalError")
    assert libpq.startswith(str(where))
    # the one that Python's own module has loaded
    assert sqlite.count("libsqlite3") == 1
    assert not sqlite.startswith(str(where))


@pytest.mark.slow
@pytest.mark.not_sanitized(reason="builds its own")
def test_dist(tmp_path: Path) -> None:
    # without what the make that runs the tests was told
    run(ROOT, "make", "-s", "dist", f"DIST={tmp_path}", MAKEFLAGS="")
    (archive,) = tmp_path.glob("*.tar.gz")
    sdist_builds_and_runs(archive, tmp_path / "sdist")
    (wheel,) = tmp_path.glob("*.whl")
    wheel_brings_libpq_and_shares_sqlite(wheel, tmp_path / "wheel")


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
    env = {
        "PKG_CONFIG": str(hiding),
        "PG_CONFIG": "false",
        "PYTHONPATH": str(tmp_path / "python"),
    }
    start = tmp_path, sys.executable
    built = run(*start, "setup.py", "-q", "build_ext", "--inplace", **env)
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
    out = run(*start, "-c", textwrap.dedent(program), tmp_path, **env).stdout.splitlines()
    assert out[:2] == ["42", "SELECT x"]
    assert len(out) == 6
    assert all("without libpq" in line and "libpq-dev" in line for line in out[2:])
