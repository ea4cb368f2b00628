"""Listeners: what they may do, and that nothing of them is left."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import cormorant as sa
from cormorant import event
from cormorant.event import base as event_base
from cormorant.ext.mutable import MutableDict
from cormorant.orm import Session, declarative_base, relationship


def models() -> tuple[Any, Any]:
    Base = declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        posts = relationship("Post", back_populates="user")

    class Post(Base):
        __tablename__ = "posts"
        id = sa.Column(sa.Integer, primary_key=True)
        data = sa.Column(MutableDict.as_mutable(sa.JSON))
        user_id = sa.Column(sa.ForeignKey("users.id"))
        user = relationship("User", back_populates="posts")

    return User, Post


@pytest.fixture
def world() -> Any:
    User, Post = models()
    engine = sa.create_engine("sqlite://")
    User.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(name="a", posts=[Post(data={"n": 1})]))
        session.commit()
        yield User, Post, session
    engine.dispose()


def test_what_listens_goes_with_what_it_listens_to() -> None:
    def make() -> list[Any]:
        User, Post = models()
        engine = sa.create_engine("sqlite://")
        session = Session(engine)

        def listener(*args: Any, **kw: Any) -> Any:
            return User, Post, engine, session

        event.listen(engine, "begin", listener)
        event.listen(engine, "connect", listener)
        event.listen(session, "before_flush", listener)
        event.listen(User, "load", listener)
        event.listen(User, "before_insert", listener)
        event.listen(User.name, "set", listener)
        event.listen(User.posts, "append", listener)
        event.listen(User.__table__, "after_create", listener)
        User.metadata.create_all(engine)
        session.add(User(name="x"))
        session.commit()
        session.close()
        engine.dispose()
        return [weakref.ref(found) for found in (User, engine, session, listener)]

    make()
    registered = len(event_base._registry)
    refs = make()
    for _ in range(3):
        gc.collect()
    assert [ref() for ref in refs] == [None] * 4
    assert len(event_base._registry) <= registered + 1  # MutableDict listens to every mapper


def test_listeners_that_drop_what_they_are_told_of(world: Any) -> None:
    """Listeners empty the session, expire and query in the middle of everything."""
    User, Post, session = world

    def upset(*args: Any) -> None:
        for arg in args:
            if isinstance(arg, (User, Post)) and arg in session:
                session.expire(arg)
        gc.collect()

    def nested(*args: Any) -> None:
        with session.no_autoflush:
            session.query(Post).count()

    for cls in (User, Post):
        event.listen(cls, "load", upset)
        event.listen(cls, "refresh", nested)
        event.listen(cls, "expire", lambda *args: gc.collect())
    session.expunge_all()
    users = session.query(User).all()
    assert [user.name for user in users] == ["a"]
    assert users[0].posts[0].data == {"n": 1}

    def expunge(obj: Any, *rest: Any) -> None:
        session.expunge_all()

    event.listen(User.posts, "append", expunge, retval=False)
    event.listen(User.name, "set", expunge)
    users[0].posts.append(Post())
    users[0].name = "b"
    assert users[0] not in session


def test_a_listener_may_close_the_session_it_is_told_of(world: Any) -> None:
    User, _, session = world
    for name in ("after_attach", "transient_to_pending", "pending_to_transient"):
        event.listen(session, name, lambda s, obj: s.expunge_all())
    user = User(name="x")
    session.add(user)
    assert user not in session
    session.rollback()
    event.listen(session, "loaded_as_persistent", lambda s, obj: s.expunge(obj))
    found = session.query(User).all()
    assert [u.name for u in found] == ["a"]
    assert not list(session)


def test_a_listener_that_replaces_the_value_by_rubbish(world: Any) -> None:
    User, Post, session = world
    event.listen(User.posts, "append", lambda *args: 5, retval=True)
    event.listen(Post.user, "set", lambda *args: "text", retval=True)
    user = session.query(User).one()
    with pytest.raises(AttributeError):
        user.posts.append(Post())
    with pytest.raises(AttributeError):
        Post().user = user
    with pytest.raises(TypeError):
        event.listen(User.posts, "bulk_replace", lambda *args: None, nonsense=True)


def test_only_what_is_listened_to_is_called(world: Any) -> None:
    """Without listeners the masks and flags are off, and they go off again."""
    User, _, session = world
    manager = User.__mapper__.class_manager
    assert session._events is None
    assert session._event_mask == 0
    assert manager.event_mask == 0
    assert manager.hooks is None
    assert manager.reconstructor is None

    def listener(*args: Any) -> None:
        pass

    event.listen(User, "refresh", listener)
    event.listen(User, "load", listener)
    event.listen(session, "before_attach", listener)
    assert manager.event_mask
    assert manager.reconstructor is not None
    assert session._event_mask
    event.remove(User, "refresh", listener)
    event.remove(User, "load", listener)
    event.remove(session, "before_attach", listener)
    assert manager.event_mask == 0
    assert manager.reconstructor is None
    assert session._events is None
    assert session._event_mask == 0
    connection = session.connection()
    assert connection._events is None
    assert connection._live is connection._dbapi_connection
    event.listen(session.bind, "before_cursor_execute", listener)
    assert connection._live is not connection._dbapi_connection
    event.remove(session.bind, "before_cursor_execute", listener)
    assert connection._live is connection._dbapi_connection


def test_listeners_that_remove_themselves_while_they_are_called(world: Any) -> None:
    User, Post, _session = world
    called: list[str] = []

    def once(*args: Any) -> None:
        called.append("once")
        for attribute, name in ((User.name, "set"), (User.posts, "append")):
            if event.contains(attribute, name, once):
                event.remove(attribute, name, once)
        gc.collect()

    def always(*args: Any) -> None:
        called.append("always")

    for attribute, name in ((User.name, "set"), (User.posts, "append")):
        event.listen(attribute, name, once)
        event.listen(attribute, name, always)
    user = User()
    user.name = "a"
    user.name = "b"
    assert called == ["once", "always", "always"]
    user.posts.append(Post())
    assert called == ["once", "always", "always", "always"]


def test_the_tokens_of_an_attribute_are_its_own(world: Any) -> None:
    User, Post, _session = world
    tokens: list[Any] = []
    event.listen(User.posts, "append", lambda user, post, token: tokens.append(token))
    event.listen(User.posts, "remove", lambda user, post, token: tokens.append(token))
    user = User()
    post = Post()
    user.posts.append(post)
    user.posts.remove(post)
    post.user = user
    assert [(token.key, token.op.name) for token in tokens] == [
        ("posts", "APPEND"),
        ("posts", "REMOVE"),
        ("user", "REPLACE"),
    ]
    with pytest.raises(TypeError, match="not a tuple of listeners"):
        User.__mapper__.class_manager.set_listeners(0, ((), ()))
    with pytest.raises(IndexError):
        User.__mapper__.class_manager.set_listeners(99, None)
