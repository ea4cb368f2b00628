"""Every place where code of a program runs, and there everything that it should not do.

A table of hooks and acts: listeners, types, validators, comparisons, finalizers, callbacks of weak
references, collections and the collector; each closes, empties, expires, flushes, rolls back or
queries the session, drops all objects, changes them, raises, or lets another thread have them. What
comes of the work at hand may be an error; the process, the session and the database stay whole.
"""

from __future__ import annotations

import functools
import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import cormorant as sa
from cormorant import event
from cormorant.orm import (
    Session,
    declarative_base,
    joinedload,
    relationship,
    selectinload,
    validates,
)

pytestmark = pytest.mark.usefixtures("apart")

CALLS = 12
"""How often a hook acts in one piece of work."""


class Stop(Exception):
    """Raised by an act."""


class World:
    """Fresh classes whose hook acts, and what it acts on."""

    def __init__(self) -> None:
        self.action: Callable[[World], Any] | None = None
        self.session: Any = None
        self.kept: list[Any] = []
        self.calls = 0
        self.inside = False
        self.Base: Any = declarative_base()
        self.User: Any = None
        self.Post: Any = None

    def act(self, *arguments: Any, **named: Any) -> None:
        if self.action is None or self.inside or self.calls >= CALLS or self.session is None:
            return
        self.calls += 1
        self.inside = True
        try:
            self.action(self)
        finally:
            self.inside = False

    def objects(self) -> list[Any]:
        return list(self.session.identity_map.values())[:4]


# ---- what is done -----------------------------------------------------------


def query(world: World) -> None:
    options = joinedload(world.User.posts)
    world.kept = world.session.query(world.User).options(options).populate_existing().all()


def drop(world: World) -> None:
    world.kept = []
    gc.collect(1)


def change(world: World) -> None:
    for number, obj in enumerate(world.objects()):
        if isinstance(obj, world.User):
            obj.name = f"m{number}"
            obj.posts = [world.Post(title="n")]
        else:
            obj.user = None


def forget(world: World) -> None:
    for obj in world.objects():
        obj.__dict__.clear()


def stop(world: World) -> None:
    raise Stop


def switch(world: World) -> None:
    """Another thread reads what there is, and drops it."""

    def work() -> None:
        try:
            for obj in world.objects():
                repr(vars(obj))
                obj.posts if isinstance(obj, world.User) else obj.user
            world.kept.clear()
        except (sa.exc.SQLAlchemyError, KeyError):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


ACTS: dict[str, Callable[[World], Any]] = {
    "close": lambda world: world.session.close(),
    "expunge_all": lambda world: world.session.expunge_all(),
    "expire_all": lambda world: world.session.expire_all(),
    "rollback": lambda world: world.session.rollback(),
    "flush": lambda world: world.session.flush(),
    "delete": lambda world: [world.session.delete(obj) for obj in world.objects()[:1]],
    "query": query,
    "drop": drop,
    "change": change,
    "forget": forget,
    "raise": stop,
    "switch threads": switch,
}


# ---- where ------------------------------------------------------------------


def classes(
    world: World,
    name: Any = sa.String,
    collection: Any = list,
    bodies: dict[str, Any] | None = None,
) -> None:
    bodies = bodies or {}

    class User(world.Base):  # type: ignore[misc]
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name_ = sa.Column("name", name, key="name")
        posts = relationship(
            "Post", back_populates="user", cascade="all, delete-orphan", collection_class=collection
        )
        locals()["name"] = locals().pop("name_")
        locals().update(bodies.get("User", {}))

    class Post(world.Base):  # type: ignore[misc]
        __tablename__ = "posts"
        id = sa.Column(sa.Integer, primary_key=True)
        title = sa.Column(sa.String)
        user_id = sa.Column(sa.ForeignKey("users.id"))
        user = relationship("User", back_populates="posts")
        locals().update(bodies.get("Post", {}))

    world.User, world.Post = User, Post


def decorated(world: World, side: str) -> None:
    def process(self: Any, value: Any, dialect: Any) -> Any:
        world.act()
        return value

    body = {"impl": sa.String, "cache_ok": True, f"process_{side}": process}
    classes(world, name=type("Loud", (sa.types.TypeDecorator,), body))


def validated(world: World) -> None:
    def validate(self: Any, key: str, value: Any) -> Any:
        world.act()
        return value

    classes(world, bodies={"User": {"validate": validates("name", "posts")(validate)}})


def compared(world: World) -> None:
    def equal(self: Any, other: Any) -> bool:
        world.act()
        return self is other

    def hashed(self: Any) -> int:
        world.act()
        return 7

    classes(world, bodies={"Post": {"__eq__": equal, "__hash__": hashed}})


def hashed_in_sets(world: World) -> None:
    def hashed(self: Any) -> int:
        world.act()
        return id(self) >> 4

    classes(world, collection=set, bodies={"Post": {"__hash__": hashed}})


def finalized(world: World) -> None:
    classes(world, bodies={name: {"__del__": world.act} for name in ("User", "Post")})


def collected(world: World, method: str) -> None:
    def call(self: Any, *arguments: Any) -> Any:
        world.act()
        return getattr(list, method)(self, *arguments)

    classes(world, collection=type("Own", (list,), {method: call}))


def weakly_referenced(world: World) -> None:
    classes(world)
    references = set()

    def refer(obj: Any, context: Any) -> None:
        references.add(weakref.ref(obj, world.act))

    for cls in (world.User, world.Post):
        event.listen(cls, "load", refer)


def listening(world: World, target: str, name: str) -> None:
    classes(world)
    if target == "session":
        event.listen(world.Session, name, world.act)
    elif target == "mapper":
        for cls in (world.User, world.Post):
            event.listen(cls, name, world.act)
    elif target == "engine":
        event.listen(world.engine, name, world.act)
    else:
        event.listen(getattr(world.User, target), name, world.act)


HOOKS: dict[str, Callable[[World], Any]] = {
    "bound value": lambda world: decorated(world, "bind_param"),
    "result value": lambda world: decorated(world, "result_value"),
    "validator": validated,
    "__eq__ and __hash__": compared,
    "__hash__ in a set": hashed_in_sets,
    "__del__": finalized,
    "weak reference": weakly_referenced,
    "collector": classes,
}
for _method in ("append", "remove", "__iter__"):
    HOOKS[f"collection's {_method}"] = functools.partial(collected, method=_method)
for _target, _names in {
    "session": "before_flush after_flush after_flush_postexec before_commit after_commit after_begin "
    "after_rollback after_soft_rollback before_attach after_attach transient_to_pending "
    "pending_to_persistent persistent_to_deleted loaded_as_persistent do_orm_execute "
    "persistent_to_detached",
    "mapper": "before_insert after_insert before_update after_update before_delete after_delete "
    "load refresh expire init",
    "name": "set",
    "posts": "append remove bulk_replace",
    "engine": "before_cursor_execute after_cursor_execute begin commit rollback",
}.items():
    for _name in _names.split():
        HOOKS[f"{_target} {_name}"] = functools.partial(listening, target=_target, name=_name)


def work(world: World) -> None:
    """What a program usually does."""
    session, User, Post = world.session, world.User, world.Post
    world.kept = session.query(User).all()
    for user in session.query(User).options(joinedload(User.posts)):
        list(user.posts)
    session.expire_all()
    for user in session.query(User).options(selectinload(User.posts)).order_by(User.id):
        user.name += "x"
        put(user.posts, Post(title="w"))
    session.query(User.name, User, Post).join(Post).all()
    first, second = session.query(User).order_by(User.id).limit(2)
    first.posts = type(first.posts)(list(second.posts)[:1])
    second.posts.clear()
    put(second.posts, post := Post(title="p"))
    assert Post() not in second.posts
    second.posts.remove(post)
    session.flush()
    session.delete(first)
    session.commit()
    del first
    session.merge(User(id=second.id, name="merged"))
    session.refresh(second)
    session.add(User(name="new", posts=[Post()] if isinstance(second.posts, list) else {Post()}))
    session.flush()
    session.expunge(second)
    session.rollback()
    del second, user, post
    world.kept = []


def put(posts: Any, post: Any) -> None:
    (posts.append if isinstance(posts, list) else posts.add)(post)


@functools.cache
def world_of(hook: str) -> World:
    world = World()
    world.engine = sa.create_engine("sqlite://")  # type: ignore[attr-defined]
    world.Session = type("HookedSession", (Session,), {})  # type: ignore[attr-defined]
    HOOKS[hook](world)
    return world


@pytest.fixture
def world(hook: str) -> Iterator[World]:
    world = world_of(hook)
    world.calls = 0
    engine: Any = world.engine  # type: ignore[attr-defined]
    world.Base.metadata.drop_all(engine)
    world.Base.metadata.create_all(engine)
    with Session(engine) as session:
        for n in range(3):
            user = world.User(id=n + 1, name=f"u{n}")
            for _ in range(2):
                put(user.posts, world.Post(title="a"))
            session.add(user)
        session.commit()
    yield world
    world.action = world.session = None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("hook", HOOKS)
def test_hook_that_acts(hook: str, act: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest's does not bear being entered again: a finalizer ends within another
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    world.session = world.Session(world.engine)  # type: ignore[attr-defined]
    world.action = ACTS[act]
    before = gc.get_threshold()
    if hook == "collector":
        gc.callbacks.append(callback := lambda phase, info: phase == "stop" and world.act())
        gc.set_threshold(5, 2, 2)
    try:
        work(world)
    except SystemError:
        raise
    except Exception:
        pass  # what was asked for may be impossible by now
    finally:
        gc.set_threshold(*before)
        if hook == "collector":
            gc.callbacks.remove(callback)
    session, world.action = world.session, None
    assert world.calls > 0
    try:
        for user in session.query(world.User):
            assert all(post.user is user for post in user.posts)
    except sa.exc.SQLAlchemyError:
        pass  # it was rolled back in the middle of a flush
    session.close()
    session.add(world.User(name="last"))
    session.commit()
    session.close()
    with Session(world.engine) as other:  # type: ignore[attr-defined]
        assert other.query(world.User).filter_by(name="last").count() == 1
        for user in other.query(world.User):
            assert all(post.user is user for post in user.posts)
