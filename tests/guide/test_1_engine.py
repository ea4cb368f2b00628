"""Point 1: the version, create_engine, URLs and their errors."""

import os

import pytest


def test_version(p):
    assert isinstance(p.sa.__version__, str)
    assert p.sa.__version__.split(".")[0].isdigit()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_relative_and_absolute_files(p, tmp_path, monkeypatch, scheme):
    monkeypatch.chdir(tmp_path)
    for url in (f"{scheme}:///example.db", f"{scheme}:///{tmp_path}/absolute.db"):
        engine = p.engine(url)
        with engine.begin() as connection:
            connection.execute(p.text("CREATE TABLE t (x INTEGER)"))
    assert sorted(os.listdir(tmp_path)) == ["absolute.db", "example.db"]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite+pysqlite:///:memory:"])
def test_memory_keeps_one_connection_a_thread(p, url):
    engine = p.engine(url)
    with engine.begin() as connection:
        connection.execute(p.text("CREATE TABLE t (x INTEGER)"))
        connection.execute(p.text("INSERT INTO t VALUES (7)"))
    with engine.connect() as connection:
        assert connection.execute(p.text("SELECT x FROM t")).scalar() == 7


@pytest.mark.sqlite_only
def test_pool_options(p, tmp_path):
    engine = p.engine(
        f"sqlite:///{tmp_path}/x.db",
        pool_size=2,
        max_overflow=1,
        pool_timeout=0.05,
        pool_recycle=60,
        pool_pre_ping=True,
        connect_args={"timeout": 1},
    )
    assert engine.pool.size() == 2
    held = [engine.connect() for _ in range(3)]
    assert engine.pool.checkedout() == 3
    with pytest.raises(p.exc.TimeoutError, match="QueuePool limit of size 2 overflow 1 reached"):
        engine.connect()
    for connection in held:
        connection.close()
    assert engine.pool.checkedin() == 2
    assert engine.pool.status() == (
        "Pool size: 2  Connections in pool: 2 Current Overflow: 0 Current Checked out connections: 0"
    )


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("no url", "ArgumentError"),
        ("", "ArgumentError"),
        ("nosuch://host/db", "NoSuchModuleError"),
        ("sqlite+nosuch://", "NoSuchModuleError"),
    ],
)
def test_bad_urls(p, url, error):
    with pytest.raises(getattr(p.exc, error)):
        p.sa.create_engine(url)


def test_unknown_argument(p):
    with pytest.raises(TypeError, match="Invalid argument"):
        p.sa.create_engine("sqlite://", no_such_option=1)


def test_password_is_hidden(p):
    url = p.module("engine").make_url("postgresql://scott:tiger@localhost:5432/db?x=1")
    assert "tiger" not in repr(url)
    assert str(url) == "postgresql://scott:***@localhost:5432/db?x=1"
    assert url.render_as_string(hide_password=False).startswith("postgresql://scott:tiger@")
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "scott",
        "tiger",
        "localhost",
        5432,
        "db",
    )


@pytest.mark.sqlite_only
def test_missing_directory(p, tmp_path):
    engine = p.engine(f"sqlite:///{tmp_path}/no/such/dir/x.db")
    with pytest.raises(p.exc.OperationalError, match="unable to open database file"):
        engine.connect()
