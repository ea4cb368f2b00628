"""Point 7: detached objects, the error classes and what their texts say; bad input."""

import os
import sqlite3
import threading

import pytest

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def e(p, tmp_path):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String, unique=True)
        age = p.Column(p.Integer, nullable=False, default=1)
        born = p.Column(p.DateTime)
        posts = p.relationship("Post", back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    p.User, p.Post = User, Post
    p.path = tmp_path / "test.db"
    p.db = p.engine(f"sqlite:///{p.path}", connect_args={"timeout": 0.2})
    p.Base.metadata.create_all(p.db)
    return p


def test_detached(e):
    with e.Session(e.db) as session:
        session.add(e.User(name="a"))
        session.commit()
        loaded = session.query(e.User).one()
    assert loaded.name == "a"
    with pytest.raises(e.module("orm.exc").DetachedInstanceError, match="Parent instance <User at"):
        loaded.posts
    with e.Session(e.db) as session:
        expired = session.query(e.User).one()
        session.commit()
    with pytest.raises(
        e.module("orm.exc").DetachedInstanceError, match="is not bound to a Session"
    ):
        expired.name


def test_hierarchy(e):
    exc, orm = e.exc, e.module("orm.exc")
    assert issubclass(exc.IntegrityError, exc.DatabaseError)
    assert issubclass(exc.DatabaseError, exc.DBAPIError)
    assert issubclass(exc.DBAPIError, exc.StatementError)
    assert issubclass(exc.StatementError, exc.SQLAlchemyError)
    assert issubclass(exc.OperationalError, exc.DatabaseError)
    assert issubclass(exc.NoResultFound, exc.InvalidRequestError)
    assert issubclass(exc.PendingRollbackError, exc.InvalidRequestError)
    assert issubclass(orm.StaleDataError, exc.SQLAlchemyError)
    assert issubclass(orm.DetachedInstanceError, exc.SQLAlchemyError)
    assert orm.NoResultFound is exc.NoResultFound


def test_duplicate_key(e):
    session = e.Session(e.db)
    session.add(e.User(name="a"))
    session.commit()
    session.add(e.User(name="a"))
    with pytest.raises(e.exc.IntegrityError) as caught:
        session.commit()
    text = str(caught.value)
    assert text.startswith(
        "(sqlite3.IntegrityError) UNIQUE constraint failed: users.name\n[SQL: INSERT"
    )
    assert "[parameters: ('a', 1, None)]" in text
    assert caught.value.statement.startswith("INSERT INTO users")
    assert caught.value.params == ("a", 1, None)
    assert caught.value.orig.args == ("UNIQUE constraint failed: users.name",)
    with pytest.raises(e.exc.PendingRollbackError, match="rolled back due to a previous exception"):
        session.query(e.User).all()
    session.rollback()
    assert session.query(e.User).count() == 1


def test_not_null(e):
    session = e.Session(e.db)
    session.add(e.User(name="x"))
    session.commit()
    session.query(e.User).one().age = None
    with pytest.raises(e.exc.IntegrityError, match="NOT NULL constraint failed: users.age"):
        session.flush()
    session.rollback()
    assert session.query(e.User).one().age == 1


def test_same_primary_key_twice(e):
    session = e.Session(e.db)
    session.add_all([e.User(id=1, name="a"), e.User(id=1, name="b")])
    with pytest.raises(e.exc.IntegrityError, match=r"UNIQUE constraint failed: users\.id"):
        session.flush()
    session.rollback()
    assert session.query(e.User).all() == []


def test_stale(e):
    session = e.Session(e.db)
    user = e.User(name="a")
    session.add(user)
    session.commit()
    assert user.age == 1
    user.age = 5
    with session.no_autoflush:
        session.execute(e.text("DELETE FROM users"))
    with pytest.raises(
        e.module("orm.exc").StaleDataError, match=r"expected to update 1 row\(s\); 0"
    ):
        session.flush()


def test_row_deleted_behind_the_session(e):
    session = e.Session(e.db)
    user = e.User(name="a")
    session.add(user)
    session.commit()
    session.execute(e.text("DELETE FROM users"))
    with pytest.raises(e.module("orm.exc").ObjectDeletedError, match="has been deleted"):
        user.name


def test_locked_database(e):
    other = sqlite3.connect(e.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    session = e.Session(e.db)
    session.add(e.User(name="a"))
    with pytest.raises(e.exc.OperationalError, match="database is locked"):
        session.flush()
    session.rollback()
    other.execute("ROLLBACK")
    other.close()
    session.add(e.User(name="a"))
    session.commit()


def test_lock_that_ends_in_time(e):
    engine = e.engine(f"sqlite:///{e.path}")
    other = sqlite3.connect(e.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    timer.start()
    with e.Session(engine) as session:
        session.add(e.User(name="waited"))
        session.commit()
        assert session.query(e.User).count() == 1
    timer.join()
    other.close()


def test_wrong_types(e):
    session = e.Session(e.db)
    session.add(e.User(name="a", born="yesterday"))
    with pytest.raises(e.exc.StatementError, match="only accepts Python datetime"):
        session.flush()
    session.rollback()
    session.add(e.User(name=object()))
    with pytest.raises(e.exc.ProgrammingError, match="type 'object' is not supported"):
        session.flush()
    session.rollback()
    assert session.query(e.User).count() == 0


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**40])
def test_integer_out_of_range(e, value):
    session = e.Session(e.db)
    session.add(e.User(name="a", age=value))
    with pytest.raises(OverflowError, match="too large to convert to SQLite INTEGER"):
        session.flush()
    session.rollback()
    with pytest.raises(OverflowError):
        session.query(e.User).filter(e.User.age == value).all()


def test_nul_and_surrogates(e):
    session = e.Session(e.db)
    session.add(e.User(name="a\x00b"))
    session.commit()
    assert session.query(e.User).one().name == "a\x00b"
    session.add(e.User(name="lone \ud800"))
    with pytest.raises(UnicodeEncodeError):
        session.flush()
    session.rollback()
    with pytest.raises(UnicodeEncodeError):
        session.query(e.User).filter_by(name="\udfff").all()
    assert session.query(e.User).count() == 1


def test_corrupt_file(e, tmp_path):
    path = tmp_path / "corrupt.db"
    path.write_bytes(b"this is no database at all" * 100)
    engine = e.engine(f"sqlite:///{path}")
    with pytest.raises(e.exc.DatabaseError, match="file is not a database"), engine.connect() as c:
        c.execute(e.text("SELECT * FROM users"))


def test_damaged_pages(e, tmp_path):
    with e.Session(e.db) as session:
        session.add_all([e.User(name=f"user {n}" * 20) for n in range(500)])
        session.commit()
    e.db.dispose()
    content = bytearray(e.path.read_bytes())
    for start in range(8192, len(content), 1024):
        content[start : start + 64] = os.urandom(64)
    e.path.write_bytes(content)
    with pytest.raises(e.exc.DatabaseError), e.Session(e.db) as session:
        for user in session.query(e.User).all():
            user.name.upper()
            user.age + 1
        session.execute(e.text("PRAGMA integrity_check")).all()
        raise e.exc.DatabaseError("read", {}, Exception("the damage was not in what was read"))


def test_text_that_is_no_utf8(e):
    raw = sqlite3.connect(e.path)
    raw.execute("INSERT INTO users (id, name, age) VALUES (1, CAST(x'ff61' AS TEXT), 1)")
    raw.commit()
    raw.close()
    with e.Session(e.db) as session, pytest.raises(Exception, match=r"decode|utf-?8"):
        session.query(e.User).one().name


def test_dropped_table(e):
    session = e.Session(e.db)
    raw = sqlite3.connect(e.path)
    raw.execute("DROP TABLE users")
    raw.close()
    with pytest.raises(e.exc.OperationalError, match="no such table: users"):
        session.query(e.User).all()
    session.rollback()
    session.add(e.User(name="a"))
    with pytest.raises(e.exc.OperationalError, match="no such table: users"):
        session.flush()


def test_table_changed_between_two_queries(e):
    session = e.Session(e.db)
    session.add(e.User(name="a"))
    session.commit()
    assert session.query(e.User).count() == 1
    session.commit()
    raw = sqlite3.connect(e.path)
    raw.execute("ALTER TABLE users ADD COLUMN later INTEGER DEFAULT 7")
    raw.close()
    assert session.query(e.User).one().name == "a"
    assert session.execute(e.text("SELECT * FROM users")).one().later == 7


def test_closed_things(e):
    connection = e.db.connect()
    connection.close()
    connection.close()
    for use in (
        lambda: connection.execute(e.text("SELECT 1")),
        connection.begin,
        lambda: connection.exec_driver_sql("SELECT 1"),
    ):
        with pytest.raises(e.exc.ResourceClosedError):
            use()
    session = e.Session(e.db, close_resets_only=False)
    session.close()
    with pytest.raises(e.exc.InvalidRequestError, match="has been permanently closed"):
        session.query(e.User).all()
    with e.db.connect() as connection:
        result = connection.execute(e.text("SELECT 1"))
        result.close()
        with pytest.raises(e.exc.ResourceClosedError):
            result.all()


def test_bad_sql(e):
    with e.db.connect() as connection:
        with pytest.raises(e.exc.OperationalError, match="syntax error"):
            connection.execute(e.text("SELEC 1"))
        with pytest.raises(e.exc.StatementError, match="value is required for bind parameter 'x'"):
            connection.execute(e.text("SELECT :x"))
        with pytest.raises(e.exc.ObjectNotExecutableError):
            connection.execute("SELECT 1")
        assert (
            connection.execute(e.text("SELECT :x"), {"x": "still works"}).scalar() == "still works"
        )
