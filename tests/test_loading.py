"""Loading what objects lack: lazy loads, refreshes, Session.get, and their errors."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.exc import DetachedInstanceError, ObjectDeletedError
from cormorant.orm import (
    Session,
    defaultload,
    defer,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectinload,
)

from .orm_models import SQL, Post, Tag, User, filled_session


@pytest.fixture
def sql() -> Iterator[SQL]:
    recorder = SQL()
    logger = logging.getLogger("cormorant.engine.Engine")
    level = logger.level
    logger.addHandler(recorder)
    logger.setLevel(logging.INFO)
    yield recorder
    logger.setLevel(level)
    logger.removeHandler(recorder)


@pytest.fixture
def session(sql: SQL) -> Iterator[Session]:
    session = filled_session()
    sql.take()
    yield session
    session.close()
    session.get_bind().dispose()


def test_get_asks_once(session: Session, sql: SQL) -> None:
    user = session.get(User, 1)
    assert session.get(User, 1) is user
    assert len(sql.take()) == 1
    assert session.get(User, 99) is None
    assert session.get(User, 99) is None
    assert len(sql.take()) == 2


def test_get_of_an_expired_object_refreshes_it(session: Session, sql: SQL) -> None:
    user = session.get(User, 1)
    session.expire(user)
    sql.take()
    assert session.get(User, 1) is user
    assert len(sql.take()) == 1
    assert user is not None
    assert user.name == "u1"
    assert sql.take() == []


def test_get_with_bad_keys(session: Session) -> None:
    with pytest.raises(exc.InvalidRequestError, match="Incorrect number of values in identifier"):
        session.get(User, (1, 2))
    with pytest.raises(exc.InvalidRequestError, match="Incorrect names of values in identifier"):
        session.get(User, {"nope": 1})
    with pytest.warns(exc.SAWarning, match="fully NULL primary key identity"):
        assert session.get(User, None) is None


def test_lazy_collection_and_back(session: Session, sql: SQL) -> None:
    user = session.get(User, 1)
    assert user is not None
    sql.take()
    assert [p.title for p in user.posts] == ["p1.0", "p1.1"]
    assert len(sql.take()) == 1
    # The other side is in the identity map.
    assert user.posts[0].user is user
    assert sql.take() == []


def test_many_to_one_without_a_key_asks_nothing(session: Session, sql: SQL) -> None:
    session.add(Post(id=50, title="alone"))
    session.commit()
    post = session.get(Post, 50)
    assert post is not None
    sql.take()
    assert post.user is None
    assert sql.take() == []


def test_many_to_many(session: Session, sql: SQL) -> None:
    post = session.get(Post, 1)
    assert post is not None
    sql.take()
    assert [t.name for t in post.tags] == ["t1", "t2"]
    (statement,) = sql.take()
    assert "FROM tags, post_tags" in statement


def test_a_lazy_load_flushes_first(session: Session, sql: SQL) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.add(Post(title="new", user_id=1))
    sql.take()
    assert len(user.posts) == 3
    assert [s.split()[0] for s in sql.take()] == ["INSERT", "SELECT"]


def test_expired_columns_come_back_together(session: Session, sql: SQL) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.expire(user, ["name", "age"])
    sql.take()
    assert user.name == "u1"
    assert user.age == 21
    (statement,) = sql.take()
    assert statement.startswith("SELECT users.name AS users_name, users.age AS users_age")


def test_a_deferred_column_comes_alone(session: Session, sql: SQL) -> None:
    user = session.query(User).options(load_only(User.name)).order_by(User.id).first()
    assert user is not None
    assert sorted(k for k in vars(user) if not k.startswith("_")) == ["id", "name"]
    sql.take()
    assert user.age == 21
    (statement,) = sql.take()
    assert statement.startswith("SELECT users.age AS users_age")


def test_refresh(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.execute(sa.text("update users set name = 'x', age = 99 where id = 1"))
    session.refresh(user, ["age"])
    assert (user.name, user.age) == ("u1", 99)
    session.refresh(user)
    assert user.name == "x"


def test_the_row_is_gone(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.execute(sa.text("delete from users where id = 1"))
    session.expire(user)
    with pytest.raises(
        ObjectDeletedError,
        match=r"Instance '<User at 0x[0-9a-f]+>' has been deleted, or its row is otherwise",
    ):
        _ = user.name
    with pytest.raises(exc.InvalidRequestError, match="Could not refresh instance '<User at"):
        session.refresh(user)


def test_detached(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.expunge(user)
    assert user.name == "u1"
    with pytest.raises(DetachedInstanceError) as caught:
        _ = user.posts
    assert str(caught.value) == (
        f"Parent instance <User at {id(user):#x}> is not bound to a Session; lazy load operation "
        "of attribute 'posts' cannot proceed (Background on this error at: "
        "https://sqlalche.me/e/20/bhk3)"
    )


def test_detached_and_expired(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.expire(user)
    session.expunge(user)
    with pytest.raises(DetachedInstanceError) as caught:
        _ = user.name
    assert str(caught.value) == (
        f"Instance <User at {id(user):#x}> is not bound to a Session; attribute refresh "
        "operation cannot proceed (Background on this error at: https://sqlalche.me/e/20/bhk3)"
    )


def test_detached_and_deferred(session: Session) -> None:
    user = session.query(User).options(defer(User.age)).first()
    assert user is not None
    session.expunge(user)
    with pytest.raises(DetachedInstanceError, match="deferred load operation of attribute 'age'"):
        _ = user.age


def test_raiseload(session: Session) -> None:
    user = session.query(User).options(raiseload(User.posts)).first()
    assert user is not None
    with pytest.raises(exc.InvalidRequestError) as caught:
        _ = user.posts
    assert str(caught.value) == "'User.posts' is not available due to lazy='raise'"
    session.expunge_all()
    post = session.query(Post).options(raiseload("*")).first()
    assert post is not None
    # Also for what the identity map would have.
    session.get(User, 1)
    with pytest.raises(exc.InvalidRequestError, match=r"'Post.user' is not available"):
        _ = post.user
    with pytest.raises(exc.InvalidRequestError, match="due to raiseload=True"):
        _ = session.query(User).options(defer(User.age, raiseload=True)).filter_by(id=2).one().age


def test_raiseload_of_sql_only(session: Session) -> None:
    posts = session.query(Post).options(raiseload(Post.user, sql_only=True)).order_by(Post.id).all()
    with pytest.raises(exc.InvalidRequestError, match="lazy='raise_on_sql'"):
        _ = posts[0].user
    user = session.get(User, 1)
    assert posts[0].user is user


def test_noload(session: Session, sql: SQL) -> None:
    user = session.query(User).options(noload(User.posts)).first()
    post = session.query(Post).options(noload(Post.user)).first()
    assert user is not None
    assert post is not None
    sql.take()
    assert user.posts == []
    assert post.user is None
    assert sql.take() == []


def test_options_go_with_the_objects(session: Session, sql: SQL) -> None:
    option = lazyload(User.posts).selectinload(Post.tags)
    user = session.query(User).options(option).order_by(User.id).first()
    assert user is not None
    sql.take()
    posts = user.posts
    assert len(sql.take()) == 2
    assert [len(p.tags) for p in posts] == [2, 1]
    assert sql.take() == []


def test_options_hold_for_a_refresh(session: Session, sql: SQL) -> None:
    user = session.query(User).options(joinedload(User.posts)).filter_by(id=1).one()
    session.expire(user)
    sql.take()
    assert user.name == "u1"
    assert len(user.posts) == 2
    (statement,) = sql.take()
    assert "LEFT OUTER JOIN posts" in statement


def test_defaultload(session: Session, sql: SQL) -> None:
    option = defaultload(User.posts).load_only(Post.title)
    user = session.query(User).options(option).order_by(User.id).first()
    assert user is not None
    sql.take()
    assert "user_id" not in vars(user.posts[0])
    (statement,) = sql.take()
    assert statement.startswith("SELECT posts.id AS posts_id, posts.title AS posts_title \n")


def test_changes_of_the_program_win_over_rows(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    user.name = "mine"
    session.query(User).autoflush(False).all()
    assert user.name == "mine"


def test_loaded_objects_are_let_go(session: Session) -> None:
    session.query(User).options(selectinload(User.posts).selectinload(Post.tags)).all()
    gc.collect()
    assert session._counts()[3] == 0
    assert session.query(Tag).count() == 3


def test_a_thousand_parents_load_in_chunks(sql: SQL) -> None:
    session = filled_session(users=1200, posts=1)
    sql.take()
    users = session.query(User).options(selectinload(User.posts)).all()
    statements = sql.take()
    assert len(statements) == 4
    assert [s.count("?") for s in statements[1:]] == [500, 500, 200]
    assert all(len(u.posts) == 1 for u in users)
    assert sql.take() == []
    session.close()
