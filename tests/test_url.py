"""Database URLs: what they are made of, what is hidden, what is refused."""

import pickle

import pytest

from cormorant import create_engine, exc, make_url
from cormorant.engine import URL


def test_parts():
    url = make_url("postgresql+psycopg2://scott:t%40ger@host:5432/db?sslmode=require")
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg2", "scott", "t@ger")
    assert (url.host, url.port, url.database) == ("host", 5432, "db")
    assert dict(url.query) == {"sslmode": "require"}
    assert url.get_backend_name() == "postgresql"


def test_sqlite_forms():
    assert make_url("sqlite://").database is None
    assert make_url("sqlite:///relative.db").database == "relative.db"
    assert make_url("sqlite:////absolute.db").database == "/absolute.db"
    assert make_url("sqlite:///:memory:").database == ":memory:"
    assert make_url("sqlite://").get_driver_name() == "pysqlite"


def test_password_is_hidden():
    url = make_url("pg://user:secret@host/db")
    assert "secret" not in str(url)
    assert "secret" not in repr(url)
    assert url.render_as_string(hide_password=False) == "pg://user:secret@host/db"


@pytest.mark.parametrize("text", ["", "foo", "sqlite:/x", "//", "a b://x", "://"])
def test_malformed(text):
    with pytest.raises(exc.ArgumentError, match="Could not parse SQLAlchemy URL"):
        make_url(text)


def test_not_a_string():
    with pytest.raises(exc.ArgumentError, match="Expected string or URL object, got 5"):
        make_url(5)


def test_what_is_added_to_the_uri_of_a_file_is_read_as_it_was_given(tmp_path):
    url = make_url("sqlite://").set(
        database=f"file:{tmp_path}/x.db", query={"uri": "true", "vfs": "none such&mode=ro"}
    )
    with pytest.raises(exc.OperationalError, match="no such vfs: none such&mode=ro"):
        create_engine(url).connect()


def test_of_options_given_twice_the_last_counts():
    url = make_url("postgresql://h/d?timeout=1&ssl=true&timeout=2&ssl=false&host=a&host=b:3")
    _, options = create_engine("postgresql://").dialect.create_connect_args(url)
    wanted = {"host": "a,b", "port": ",3", "connect_timeout": "2", "sslmode": "disable"}
    assert options == {"dbname": "d", **wanted}


def test_unknown_dialect():
    with pytest.raises(exc.NoSuchModuleError, match="Can't load plugin: cormorant.dialects:foo"):
        make_url("foo://x").get_dialect()


def test_a_dialect_can_be_registered():
    from cormorant.dialects import registry
    from cormorant.dialects.sqlite import dialect

    registry.register("toy", "cormorant.dialects.sqlite", "dialect")
    try:
        assert make_url("toy://").get_dialect() is dialect
    finally:
        registry.deregister("toy")


def test_immutable():
    url = make_url("pg://h/d")
    with pytest.raises(AttributeError):
        url.host = "x"
    with pytest.raises(TypeError, match="immutable"):
        url.query["a"] = "b"


def test_changes_give_new_urls():
    url = make_url("pg://h/d?a=1")
    assert str(url.set(host="z", port=3)) == "pg://z:3/d?a=1"
    assert str(url.update_query_dict({"b": "2"})) == "pg://h/d?a=1&b=2"
    assert str(url.update_query_string("a=2", append=True)) == "pg://h/d?a=1&a=2"
    assert str(url.difference_update_query(["a"])) == "pg://h/d"
    assert str(url) == "pg://h/d?a=1"


def test_equality_and_pickle():
    url = URL.create("pg", "u", "p@:/", "h", 5, "db", {"a": ["1", "2"]})
    assert make_url(url.render_as_string(False)) == url
    assert pickle.loads(pickle.dumps(url)) == url
    assert url != "pg://u@h"
