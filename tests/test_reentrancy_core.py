"""Code of a program where the core hardly has any run: numbers, keys and names that are objects of
its own, and finalizers of what was thought to be plain."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import cormorant as sa
from cormorant import _core
from cormorant.orm import Session, declarative_base, relationship

from . import hand_made
from .core_helpers import PYTHON, STRING, connect, entity, load_plan, make_class, run
from .hydration_models import USER, blog_classes, blog_tables, load


class Acting:
    """A name or key that does something each time it is looked up."""

    def __init__(self, value: Any, act: Callable[[], Any]) -> None:
        self.value = value
        self.act = act

    def __hash__(self) -> int:
        self.act()
        return hash(self.value)

    def __eq__(self, other: Any) -> bool:
        return bool(self.value == getattr(other, "value", other))


def test_names_of_a_pickle_end_it() -> None:
    cls = hand_made.make("Thing", name=_core.TYPE_STRING)
    committed: dict[Any, Any] = {}
    unloaded: list[Any] = []

    def forget() -> None:
        unloaded.clear()
        if committed:
            committed.clear()

    name = Acting("name", lambda: None)
    committed[name] = bytearray(1000)
    name.act = forget
    unloaded.append(Acting("name", forget))
    del name
    for info in ({"committed": committed}, {"unloaded": unloaded}):
        obj = cls.__new__(cls)
        obj.__setstate__({"id": 1, "_sa_instance_state": info})
        assert obj.id == 1
        old = hand_made.committed(obj, "name")
        assert old == (bytearray(1000) if "committed" in info else ...)
    assert (committed, unloaded) == ({}, [])


def test_flags_of_a_relationship_add_attributes() -> None:
    cls, target = hand_made.make("One"), hand_made.make("Other")
    slot = hand_made.add(cls, "others", _core.ATTR_COLLECTION)

    class Flags:
        def __index__(self) -> int:
            for number in range(40):
                hand_made.add(cls, f"more{number}")
            return 0

    hand_made.manager_of(cls).set_relationship(slot, hand_made.manager_of(target), flags=Flags())
    one = cls(others=[target()])
    assert type(one.others[0]) is target
    assert one.more39 is None


class Option:
    """A loader option that does something at its end."""

    def __init__(self, act: Callable[[], Any] = lambda: None) -> None:
        self.act = act

    def __del__(self) -> None:
        self.act()


def test_options_that_end_expire_the_object_being_loaded() -> None:
    model, connection, session = blog_classes(), blog_tables(), _core.SessionBase()

    def plan(options: Any, where: str) -> _core.Plan:
        user = entity(model.User, USER, options=options)
        return load_plan(f"SELECT id, name, age FROM users {where} ORDER BY id", user)

    objects: list[Any] = []
    plans = [
        plan(Option(lambda: _core.expire(objects[0])), "WHERE id = 1"),
        plan(Option(), "WHERE id = 2"),
    ]
    [first], [second] = (load(connection, session, one) for one in plans)
    name = hand_made.slot(first, "name")
    everything = plan(None, "")
    # a layout remembers the options of the last object that it was for
    _core.expire(first, (name,))
    load(connection, session, everything)
    objects.append(second)
    del first
    plans.clear()
    _core.expire(second, (name,))
    assert [user.name for user in load(connection, session, everything)] == ["ann", "bob", "cy"]
    assert objects[0] is second


def test_a_key_loads_its_object_while_that_enters_the_session() -> None:
    """Of two objects for one row the one that comes last has the identity."""
    inner: list[Any] = []
    calls = 0

    def act() -> None:
        nonlocal calls
        calls += 1
        if calls == 2 and not inner:
            inner.extend(load(connection, session, plan))

    cls = make_class("Thing", {"id": (PYTHON, lambda value: Acting(value, act)), "name": STRING})
    connection, session = connect(), _core.SessionBase()
    run(connection, "CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT)")
    run(connection, "INSERT INTO things VALUES ('a', 'x')")
    plan = load_plan("SELECT id, name FROM things", entity(cls, ("id", "name")))
    [outer] = load(connection, session, plan)
    assert len(inner) == 1
    assert inner[0] is not outer
    assert _core.session_of(outer) is session
    assert _core.session_of(inner[0]) is None
    assert load(connection, session, plan) == [outer]
    assert inner[0].name == outer.name == "x"


Base: Any = declarative_base()


class Pair(Base):
    __tablename__ = "pairs"
    one = sa.Column(sa.String, primary_key=True)
    two = sa.Column(sa.String, primary_key=True)
    of_one = sa.Column(sa.String)
    of_two = sa.Column(sa.String)
    of = relationship("Pair", remote_side=[one, two])
    __table_args__ = (sa.ForeignKeyConstraint(["of_one", "of_two"], ["pairs.one", "pairs.two"]),)


sa.orm.configure_mappers()
MANAGER: Any = hand_made.manager_of(Pair)
OF = dict(MANAGER.names)["of"]
LOOKS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "group_by_manager": lambda session, objects: _core.group_by_manager(objects),
    "sort_by_key": lambda session, objects: _core.sort_by_key(objects),
    "identity_conflicts": _core.identity_conflicts,
    "runs_by": lambda session, objects: _core.runs_by(objects, {MANAGER: [1]}),
    "has_history": lambda session, objects: _core.has_history(objects, OF),
    "relation_scan": lambda session, objects: _core.relation_scan(session, objects, OF),
}


@pytest.mark.parametrize("name", LOOKS)
def test_the_collector_empties_a_list_that_is_looked_at(name: str) -> None:
    """Its objects are then nobody else's."""
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all(Pair(one=str(n), two="x") for n in range(9))
    session.commit()
    objects: list[Any] = []
    threshold = gc.get_threshold()

    def empty(phase: str, info: Any) -> None:
        if phase == "stop":
            objects.clear()

    try:
        for after in range(1, 40):
            session.expunge_all()
            objects[:] = session.scalars(sa.select(Pair))
            for pair in objects:
                pair.of_one = pair.one
            del pair
            gc.collect()
            gc.callbacks.append(empty)
            gc.set_threshold(after)
            try:
                with suppress(RuntimeError):  # "list changed size"
                    repr(LOOKS[name](session, objects))
            finally:
                gc.callbacks.remove(empty)
                gc.set_threshold(*threshold)
    finally:
        session.close()


@pytest.mark.parametrize("change", [list.clear, lambda rows: rows.extend(list(rows))])
def test_the_collector_changes_the_rows_whose_first_items_are_taken(
    change: Callable[[list[Any]], Any],
) -> None:
    rows: list[Any] = []
    threshold = gc.get_threshold()

    def act(phase: str, info: Any) -> None:
        if phase == "stop":
            change(rows)

    def take() -> str | None:
        rows[:] = [(object(), n) for n in range(9)]
        gc.collect()  # a list has to be allocated then: CPython keeps none that was freed
        kept = {n: {n} for n in range(9)}  # enough for the collector to begin
        gc.callbacks.append(act)
        gc.set_threshold(1)
        try:
            _core.first_items(rows)
        except RuntimeError as error:
            return str(error)
        finally:
            gc.callbacks.remove(act)
            gc.set_threshold(*threshold)
        assert len(kept) == 9
        return None

    # another thread, as that of a test runner, may free a list that is taken instead
    said = next((text for text in (take() for _ in range(50)) if text is not None), None)
    # from CPython 3.12 on it runs between two bytecodes alone
    assert said == ("the rows have changed" if sys.version_info < (3, 12) else None)


class Fresh:
    """A sequence whose items nobody else has."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, at: int) -> Any:
        item = self.items[at]
        return "".join(list(item)) if isinstance(item, str) else item


def test_names_that_a_sequence_makes_when_it_is_asked() -> None:
    conn = connect()
    run(conn, "create table blobs (data)")
    run(conn, "insert into blobs values (x'0102')")
    place: Any = Fresh("main", "blobs", "data", 1)
    assert conn.blob_read(tuple(place), 0, 2) == b"\1\2"
    for use in (
        lambda: conn.blob_size(place, False),
        lambda: conn.blob_read(place, 0, 2),
        lambda: conn.blob_write(place, 0, b"\3"),
        lambda: _core.Plan("select 1", many=Fresh("arrays", "guard")),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="tuple"):
            use()
