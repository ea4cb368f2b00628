"""Mapped objects and the cyclic garbage collector."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from cormorant import (
    JSON,
    Column,
    ForeignKey,
    Integer,
    PickleType,
    String,
    _core,
    _sqlite,
    create_engine,
    event,
    inspect,
    select,
)
from cormorant.dialects.sqlite import dbapi
from cormorant.exc import ProgrammingError
from cormorant.orm import (
    DeclarativeBase,
    Session,
    declarative_base,
    joinedload,
    relationship,
    selectinload,
)
from cormorant.pool import QueuePool

Base: Any = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    data = Column(JSON)
    blob = Column(PickleType)
    posts = relationship("Post", back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as s:
        s.add(User(id=1, name="a", data={"x": [1]}, posts=[Post(title="p"), Post(title="q")]))
        s.commit()
        s.expunge_all()
        gc.collect()
        yield s
    engine.dispose()


def test_scalars_are_not_tracked(session: Session) -> None:
    post = session.get(Post, 1)
    assert not gc.is_tracked(post)
    assert (post.id, post.title, post.user_id) == (1, "p", 1)
    assert not gc.is_tracked(post)
    post.title = "changed"
    session.flush()
    assert not gc.is_tracked(post)
    session.refresh(post)
    session.expire(post)
    assert post.title == "changed"
    assert not gc.is_tracked(post)
    assert not any(map(gc.is_tracked, session.query(Post).all()))
    assert not gc.is_tracked(Post(title="new"))


def test_holders_are_tracked(session: Session) -> None:
    user = session.get(User, 1)
    post = session.get(Post, 1)
    assert not gc.is_tracked(user)
    assert user.data == {"x": [1]}
    assert gc.is_tracked(user)
    assert post.user is user
    assert gc.is_tracked(post)
    other = session.get(Post, 2)
    assert not gc.is_tracked(other)
    other.note = []
    assert gc.is_tracked(other)
    new = Post()
    new.title = [new]
    assert gc.is_tracked(new)
    assert gc.is_tracked(Post(user=user))


@pytest.mark.parametrize("option", [joinedload, selectinload])
def test_eager_loads_are_tracked(session: Session, option: Any) -> None:
    user = session.query(User).options(option(User.posts)).one()
    assert gc.is_tracked(user)
    assert user.posts[0].user is user
    assert gc.is_tracked(user.posts[0])


def cyclic(session: Session) -> list[weakref.ref[Any]]:
    user = session.query(User).options(selectinload(User.posts)).one()
    assert [post.user is user for post in user.posts] == [True, True]
    return [weakref.ref(user), *(weakref.ref(post) for post in user.posts)]


def test_cycles_of_related_objects_are_collected(session: Session) -> None:
    gc.disable()
    try:
        refs = cyclic(session)
        assert all(ref() is not None for ref in refs)
        assert len(session.identity_map) == 3
    finally:
        gc.enable()
    gc.collect()
    assert all(ref() is None for ref in refs)
    assert len(session.identity_map) == 0
    assert session.get(User, 1).name == "a"


def test_cycles_through_own_attributes_are_collected(session: Session) -> None:
    def make() -> list[weakref.ref[Any]]:
        user, post, new = session.get(User, 1), session.get(Post, 1), Post()
        user.self = user
        user.data["me"] = user
        post.blob = [post]
        new.dict_of = new.__dict__
        return [weakref.ref(obj) for obj in (user, post, new)]

    refs = make()
    gc.collect()
    assert [ref() for ref in refs] == [None] * 3


def test_sessions_and_results_are_collected(session: Session) -> None:
    def make() -> weakref.ref[Any]:
        other = Session(session.get_bind())
        result = other.execute(session.query(User).statement)
        other.info["result"] = result
        other.info["session"] = other
        user = other.get(User, 1)
        user.session = other
        return weakref.ref(user)

    ref = make()
    gc.collect()
    assert ref() is None


def test_changed_objects_survive(session: Session) -> None:
    session.get(User, 1).name = "changed"
    gc.collect()
    assert [u.name for u in session.dirty] == ["changed"]
    session.flush()
    gc.collect()
    assert len(session.identity_map) == 0
    assert session.get(User, 1).name == "changed"


def own_classes(obj: object) -> set[str]:
    return {base.__name__ for base in type(obj).__mro__ if base.__module__ == "cormorant._core"}


def check_ways_back() -> set[str]:
    """Each object of the core is among the referrers of all that it refers to; the names of the
    core's classes that there were objects of."""
    seen: set[str] = set()
    for obj in [obj for obj in gc.get_objects() if own_classes(obj)]:
        seen |= own_classes(obj)
        for referent in gc.get_referents(obj):
            assert any(found is obj for found in gc.get_referrers(referent)), (obj, referent)
    return seen


def test_what_lasts_leads_back_to_it() -> None:
    """The same of what the core and the mappings keep."""
    kinds = ("ClassManager", "KeyRecipe", "AttributeKey", "Attribute", "Plan", "RowKeys")
    lasting: list[Any] = [sys.modules["cormorant._core"]]
    for kind in kinds:
        objects = [obj for obj in gc.get_objects() if type(obj).__name__ == kind]
        lasting += sorted(objects, key=lambda obj: len(gc.get_referents(obj)))[-2:]
    assert len(lasting) > 4
    for obj in filter(gc.is_tracked, lasting):
        for referent in gc.get_referents(obj):
            assert any(found is obj for found in gc.get_referrers(referent)), (obj, referent)


def test_what_an_object_refers_to_leads_back_to_it() -> None:
    """The collector hears of each reference, whichever it looks for: of all that is there after
    some of the programs that memory runs out for."""
    gc.collect()
    gc.freeze()  # what is there already is not looked at
    try:
        from .nomemory import package
        from .nomemory.world import Item, Owner, World, note

        world = World("sqlite://")
        session = world.session
        seen: set[str] = set()
        for work in (package.chosen, package.events, package.objects, package.inheritance):
            work(world)
            seen |= check_ways_back()
            world.check()
        query = select(Owner, Item.name).join(Owner.items)
        result = session.execute(query.execution_options(yield_per=1))
        row = next(result)
        view = vars(row[0])
        new = Owner(name="new", doc={"a": 1}, by_name={"b": Item(name="b")})
        session.add(new)
        event.listen(session, "before_attach", note("attach"))
        pooled = create_engine("sqlite://", poolclass=QueuePool).connect()
        item = session.query(Item).first()
        alive = (view["id"], row._mapping["name"], new.shelf, inspect(new).pending, item.tags)
        assert len(alive) == 5
        seen |= check_ways_back()
        assert seen >= {"ClassManager", "Connection", "Cursor", "Entity", "Pool", "Row"}
        assert seen >= {"InstrumentedDict", "InstrumentedList", "InstrumentedSet", "SessionBase"}
        pooled.close()
        session.close()
    finally:
        gc.unfreeze()


@pytest.fixture
def collected() -> Iterator[list[Any]]:
    """What the collector runs at each allocation that it sees: nothing until it is appended."""
    actions: list[Any] = []

    def act(phase: str, info: Any) -> None:
        if phase == "start":
            for action in actions:
                action()

    before = gc.get_threshold()
    gc.callbacks.append(act)
    gc.set_threshold(1, 1000, 1000)
    yield actions
    gc.set_threshold(*before)
    gc.callbacks.remove(act)


def test_what_a_statement_did_is_known_before_others_run(collected: list[Any]) -> None:
    """The collector may run as many others as there are prepared ones, which end that one."""
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("create table t (id integer primary key, x)")

        def others() -> None:
            for number in range(130):
                sql = f"insert into t (x) values ({number}), (0), ({-number})"
                connection.exec_driver_sql(sql)

        for number in range(1000, 1008):
            collected.append(others)
            made = connection.exec_driver_sql(f"insert into t (x) values (1), ({number})")
            rows = connection.exec_driver_sql(
                f"select id, x as x{number} from t where x = {number}"
            )
            changed = connection.exec_driver_sql(f"update t set x = 5 where x = {number}")
            collected.clear()
            assert (made.rowcount, changed.rowcount) == (2, 1)
            assert list(rows.keys()) == ["id", f"x{number}"]
            assert rows.all() == [(made.lastrowid, number)]


def test_the_connection_of_a_statement_that_ran_may_be_closed(collected: list[Any]) -> None:
    engine = create_engine("sqlite://")
    for number in range(8):
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            connection.exec_driver_sql("select 1").all()
            collected.append(driver.close)
            with contextlib.suppress(ProgrammingError):  # it was closed before
                rows = connection.exec_driver_sql(f"select 1 as a{number}, 'x' as b")
                collected.clear()
                assert list(rows.keys()) == [f"a{number}", "b"]
                assert rows.all() == [(1, "x")]
            collected.clear()
            connection.invalidate()
    engine.dispose()


def test_what_the_collector_has_cleared_refuses_to_work(session: Session) -> None:
    """It clears one object after the other, and others may call the first until all are gone."""
    slot = ctypes.pythonapi.PyType_GetSlot
    slot.restype, slot.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    Clear = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)
    tp_clear = 51  # CPython's typeslots.h

    user = session.get(User, 1)
    view = user.__dict__
    memoized = _core.memoized(lambda construct: construct)
    by_name = _core.AttributeKey(("name",), True)
    by_mapper = _core.AttributeKey(lambda mapper: ("id", "name"), False)
    pool = _core.Pool(lambda: _core.Connection(_sqlite.driver, dbapi, {}))
    recipe = _core.KeyRecipe(settled="key", rest=lambda construct, context: "made")
    uses: list[tuple[Any, Any, Any]] = [
        (pool, lambda: pool.checkin(pool.checkout()), None),
        (recipe, lambda: recipe(Post, _core.KeyContext()), "made"),
        (memoized, lambda: memoized.__get__(user), user),
        (by_name, lambda: by_name(user), "a"),
        (by_mapper, lambda: by_mapper(user), (1, "a")),
        (view, lambda: view["name"], "a"),
    ]
    for cleared, use, value in uses:
        assert use() == value
        pool.dispose()
        Clear(slot(type(cleared), tp_clear))(cleared)
        with pytest.raises(ReferenceError, match="gone"):
            use()

    # objects of a class that is being destroyed do what they can without its mapper
    class Base(DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "things"
        id = Column(Integer, primary_key=True)
        thing_id = Column(ForeignKey("things.id"))
        things = relationship("Thing", back_populates="thing")
        thing = relationship("Thing", back_populates="things", remote_side=[id])

    other, thing = Thing(id=2), Thing(id=1)
    thing.things.append(other)
    manager: Any = Thing.__dict__["__cormorant_manager__"]
    Clear(slot(type(manager), tp_clear))(manager)
    thing.things.remove(other)
    thing.things = [other, other]
    other.thing = thing
    assert (thing.things, other.thing, other.id) == ([other, other], thing, 2)
    assert manager.mapper is None
    with pytest.raises(AttributeError):
        _ = manager.dispatch


def test_the_collector_looks_for_conflicting_identities(session: Session) -> None:
    """An object that is garbage is found in the identity map until the collector has been there;
    one that it ends changes the object that is looked at."""

    class Thing(Base):
        __tablename__ = "things"
        id = Column(Integer, primary_key=True)
        of = Column(Integer, primary_key=True)

    class Acts:
        def __init__(self, act: Any) -> None:
            self.act, self.me = act, self

        def __del__(self) -> None:
            self.act()

    Base.metadata.create_all(session.get_bind())
    session.add(Thing(id=1, of=1))
    session.commit()
    found = set()
    for cls, key, acts in [
        (User, {"id": 1}, False),
        (Thing, {"id": 1, "of": 1}, False),
        (Thing, {"id": 1, "of": 1}, True),
    ]:
        for after in range(14):
            session.expunge_all()
            new = [cls(**key)]
            session.add(new[0])
            gc.collect()
            gc.disable()
            with session.no_autoflush:
                garbage: Any = session.get(cls, tuple(key.values()))
            garbage.me = garbage
            if acts:
                Acts(lambda new=new: _core.expire(new[0]))
            # what CPython keeps of freed objects, which makes no new ones necessary
            taken: list[Any] = [[(n,), (n, n)] for n in range(3000)]
            del garbage
            gc.set_threshold(gc.get_count()[0] + after, 1000, 1000)
            taken += [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), [], [], [], []]
            taken += [(after, n) for n in range(4)]
            try:
                gc.enable()
                conflicts = _core.identity_conflicts(session, new)
            finally:
                gc.disable()
                gc.set_threshold(700, 10, 10)
                gc.enable()
            taken.clear()
            assert conflicts == [] or [type(obj) for obj in conflicts[0]] == [cls, cls]
            found.add((cls, len(conflicts)))
    assert {(User, 1), (Thing, 1)} <= found
