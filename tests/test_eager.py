"""Eager loading: joins, selectin, subquery, contains_eager, and what options may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.orm import (
    Load,
    Session,
    aliased,
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    load_only,
    selectinload,
    subqueryload,
    undefer,
)

from .orm_models import Post, Tag, User, filled_session


@pytest.fixture
def session() -> Iterator[Session]:
    session = filled_session()
    yield session
    session.close()
    session.get_bind().dispose()


def _posts(users: list[Any]) -> list[list[int]]:
    """The ids of posts, which must be loaded already."""
    return [[post.id for post in vars(user)["posts"]] for user in users]


ALL = [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    "strategy", [joinedload, selectinload, subqueryload, immediateload], ids=lambda s: s.__name__
)
def test_strategies(session: Session, strategy: Any) -> None:
    users = session.query(User).options(strategy(User.posts)).order_by(User.id).all()
    assert _posts(users) == ALL
    # Also for another statement and a part of the objects.
    session.expunge_all()
    users = session.query(User).options(strategy(User.posts)).order_by(User.id).limit(2).all()
    assert _posts(users) == ALL[:2]


@pytest.mark.parametrize(
    "strategy", [joinedload, selectinload, subqueryload], ids=lambda s: s.__name__
)
def test_many_to_many_and_many_to_one(session: Session, strategy: Any) -> None:
    options = [strategy(Post.tags), strategy(Post.user)]
    posts = session.query(Post).options(*options).order_by(Post.id).all()
    assert [[t.id for t in vars(p)["tags"]] for p in posts] == [[1, 2], [1], [], [], [], []]
    assert [vars(p)["user"].id for p in posts] == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("outer", [joinedload, selectinload, subqueryload])
@pytest.mark.parametrize("inner", ["joinedload", "selectinload", "subqueryload"])
def test_nested(session: Session, outer: Any, inner: str) -> None:
    option = getattr(outer(User.posts), inner)(Post.tags)
    users = session.query(User).options(option).order_by(User.id).all()
    assert _posts(users) == ALL
    assert [t.id for t in vars(users[0].posts[0])["tags"]] == [1, 2]
    assert vars(users[2].posts[1])["tags"] == []


def test_objects_of_the_session_keep_their_collections(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    before = user.posts
    before.append(Post(id=60, title="pending"))
    with session.no_autoflush:
        session.query(User).options(joinedload(User.posts)).all()
    assert user.posts is before
    assert len(before) == 3


def test_select_needs_unique(session: Session) -> None:
    statement = sa.select(User).options(joinedload(User.posts)).order_by(User.id)
    with pytest.raises(exc.InvalidRequestError) as caught:
        session.execute(statement).all()
    assert str(caught.value) == (
        "The unique() method must be invoked on this Result, as it contains results that include "
        "joined eager loads against collections"
    )
    assert _posts(session.execute(statement).unique().scalars().all()) == ALL
    assert _posts(session.scalars(statement).unique().all()) == ALL
    # One object of each is no collection.
    assert len(session.scalars(sa.select(Post).options(joinedload(Post.user))).all()) == 6


def test_rows_of_entities_and_columns(session: Session) -> None:
    rows = (
        session.query(User.name, Post, User)
        .join(Post.user)
        .options(selectinload(Post.tags), joinedload(User.posts))
        .order_by(Post.id)
        .all()
    )
    assert [(name, post.id, user.id) for name, post, user in rows][:3] == [
        ("u1", 1, 1),
        ("u1", 2, 1),
        ("u2", 3, 2),
    ]
    assert [t.id for t in vars(rows[0][1])["tags"]] == [1, 2]


def test_aliases(session: Session) -> None:
    other = aliased(User)
    users = session.query(other).options(joinedload(other.posts)).order_by(other.id).all()
    assert _posts(users) == ALL
    session.expunge_all()
    users = session.query(other).options(selectinload(other.posts)).order_by(other.id).all()
    assert _posts(users) == ALL


def test_contains_eager(session: Session) -> None:
    users = (
        session.query(User)
        .join(User.posts)
        .filter(Post.id.in_([2, 3]))
        .options(contains_eager(User.posts))
        .order_by(User.id)
        .all()
    )
    assert _posts(users) == [[2], [3]]


def test_criteria(session: Session) -> None:
    for strategy in (joinedload, selectinload):
        session.expunge_all()
        option = strategy(User.posts.and_(Post.id > 3))
        users = session.query(User).options(option).order_by(User.id).all()
        assert _posts(users) == [[], [4], [5, 6]]


def test_load_only_below_an_eager_load(session: Session) -> None:
    for strategy in (joinedload, selectinload):
        session.expunge_all()
        option = strategy(User.posts).load_only(Post.title)
        user = session.query(User).options(option).order_by(User.id).first()
        assert user is not None
        assert "title" in vars(user.posts[0])
        assert "user_id" not in vars(user.posts[0])
        assert user.posts[0].user_id == 1


def test_column_options(session: Session) -> None:
    query = session.query(User).order_by(User.id)

    def loaded(*options: Any) -> list[str]:
        session.expunge_all()
        user = query.options(*options).first()
        assert user is not None
        return sorted(name for name in vars(user) if not name.startswith("_"))

    assert loaded() == ["age", "id", "name"]
    assert loaded(defer(User.name)) == ["age", "id"]
    assert loaded(load_only(User.name)) == ["id", "name"]
    assert loaded(defer("*"), undefer(User.age)) == ["age", "id"]
    assert loaded(Load(User).load_only(User.age)) == ["age", "id"]
    # The primary key is always there.
    assert loaded(defer(User.id)) == ["age", "id", "name"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            lambda: joinedload(Post.user),
            "Mapped class Mapper[Post(posts)] does not apply to any of the root entities in this "
            "query, e.g. Mapper[User(users)]. Please specify the full path from one of the root "
            "entities to the target attribute. ",
        ),
        (
            lambda: joinedload(User.posts).joinedload(User.posts),
            'ORM mapped entity or attribute "User.posts" does not link from relationship '
            '"User.posts".',
        ),
        (
            lambda: joinedload("posts"),
            "Strings are not accepted for attribute names in loader options; please use "
            "class-bound attributes directly.",
        ),
        (
            lambda: joinedload(User),
            "expected ORM mapped attribute for loader strategy argument",
        ),
        (
            lambda: Load(User).joinedload(Post.tags),
            'ORM mapped attribute "Post.tags" does not link mapped class "Mapper[User(users)]"',
        ),
    ],
)
def test_wrong_options(session: Session, option: Any, message: str) -> None:
    with pytest.raises(exc.ArgumentError) as caught:
        session.query(User).options(option()).all()
    assert str(caught.value) == message


def test_options_for_the_wrong_kind_of_attribute(session: Session) -> None:
    for option, message in (
        (
            joinedload(User.name),
            'Can\'t apply "joined loader" strategy to property "User.name", which is a "column '
            'property"; this loader strategy is intended to be used with a "relationship '
            'property".',
        ),
        (
            load_only(User.posts),
            'Can\'t apply "column loader" strategy to property "User.posts", which is a '
            '"relationship"; this loader strategy is intended to be used with a "column '
            'property".',
        ),
    ):
        with pytest.raises(exc.LoaderStrategyException) as caught:
            session.query(User).options(option).all()
        assert str(caught.value) == message


def test_options_that_contradict_each_other(session: Session) -> None:
    with pytest.raises(exc.InvalidRequestError) as caught:
        session.query(User).options(joinedload(User.posts), selectinload(User.posts)).all()
    assert str(caught.value) == (
        "Loader strategies for ORM Path[Mapper[User(users)] -> User.posts -> "
        "Mapper[Post(posts)]] conflict"
    )
    # To leave it as it is contradicts nothing.
    option = defaultload(User.posts).joinedload(Post.tags)
    users = session.query(User).options(joinedload(User.posts), option).order_by(User.id).all()
    assert _posts(users) == ALL


def test_only_columns(session: Session) -> None:
    with pytest.raises(exc.ArgumentError, match="Query has only expression-based entities"):
        session.query(User.name).options(joinedload(User.posts)).all()
    # But a statement whose entities were taken away keeps its options quietly.
    query = session.query(User).options(joinedload(User.posts)).with_entities(User.id)
    assert sorted(query) == [(1,), (2,), (3,)]


def test_wildcard(session: Session) -> None:
    tag = session.query(Tag).options(selectinload("*")).order_by(Tag.id).first()
    assert tag is not None
    posts = vars(tag)["posts"]
    assert [post.id for post in posts] == [1, 2]
    assert vars(posts[0])["user"].id == 1


def test_an_empty_result(session: Session) -> None:
    query = session.query(User).filter(User.id > 99)
    for option in (selectinload(User.posts), subqueryload(User.posts), joinedload(User.posts)):
        assert query.options(option).all() == []
