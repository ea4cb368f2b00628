"""Objects that carry their state in a box: what becomes of the box when they go."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import cormorant as sa
from cormorant import _core
from cormorant.orm import Session, joinedload, registry, relationship

pytestmark = pytest.mark.usefixtures("apart")


def mapped(*bases: type, **namespace: Any) -> tuple[Any, Any]:
    """A class of these bases, imperatively mapped, and an engine with its table."""
    cls: Any = type("Node", bases, namespace)
    mapper_registry = registry()
    table = sa.Table(
        "nodes",
        mapper_registry.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String),
        sa.Column("above_id", sa.ForeignKey("nodes.id")),
    )
    mapper_registry.map_imperatively(
        cls,
        table,
        properties={
            "below": relationship(cls, backref=sa.orm.backref("above", remote_side=table.c.id))
        },
    )
    engine = sa.create_engine("sqlite://")
    mapper_registry.metadata.create_all(engine)
    return cls, engine


KINDS = [(), (Exception,), (dict,), (list,)]


@pytest.mark.parametrize("bases", KINDS)
def test_objects_and_cycles_are_freed(bases):
    Node, engine = mapped(*bases)
    with Session(engine) as session:
        top = Node()
        top.name, top.below = "top", [Node(), Node()]
        session.add(top)
        session.commit()
        top.free = top  # a cycle through an attribute that is not mapped
        refs = [weakref.ref(top), weakref.ref(top.below[0])]
        del top
        gc.collect()
        assert [ref() for ref in refs] == [None, None]
        assert len(session.identity_map) == 0
        found = session.get(Node, 1)
        assert found.name == "top"
        plain = weakref.ref(found)
        del found
        assert plain() is None  # without the collector
        assert list(session) == []
        changed = session.get(Node, 1)
        changed.name = "new"
        del changed
        gc.collect()
        assert [node.name for node in session.dirty] == ["new"]
        session.commit()
        assert session.get(Node, 1).name == "new"


def test_a_session_goes_with_its_objects():
    Node, engine = mapped()
    session = Session(engine)
    node = Node(name="a")
    node.session = session
    session.add(node)
    ref = weakref.ref(node)
    del node, session
    gc.collect()
    assert ref() is None


def test_finalizers_use_their_object():
    seen: list[Any] = []

    def finalize(self: Any) -> None:
        seen.append((self.__dict__.get("name"), sa.inspect(self).persistent))
        self.name = "changed"

    Node, engine = mapped(__del__=finalize)
    with Session(engine) as session:
        node = Node(name="a", below=[Node(name="b")])
        session.add(node)
        session.commit()
        _ = node.name, [below.name for below in node.below]
        del node
        gc.collect()
        assert seen[-1] == ("a", True)
        assert "changed" in [node.name for node in session.dirty]


def test_a_finalizer_revives():
    kept: list[Any] = []
    Node, engine = mapped(__del__=lambda self: kept.append(self))
    with Session(engine) as session:
        node = Node(name="a")
        node.myself = node
        session.add(node)
        session.commit()
        _ = node.name
        del node
        gc.collect()
        (node,) = kept
        assert node.name == "a"
        node.name = "b"
        session.add(node)
        session.commit()
        assert session.scalars(sa.select(Node.name)).all() == ["b"]
        kept.clear()
        del node


def test_callbacks_of_weak_references_see_no_dying_object():
    Node, engine = mapped()
    session = Session(engine)
    session.add(Node(name="a"))
    session.commit()
    found: list[Any] = []

    def look(ref: Any) -> None:
        found.append(ref())
        found.append(session.get(Node, 1).name)
        found.append(len(list(session)))

    node = session.get(Node, 1)
    ref = weakref.ref(node, look)
    del node
    gc.collect()
    assert found[:2] == [None, "a"]
    assert ref() is None
    session.close()


def holder(name: str) -> type:
    return type(name, (), {})


def test_a_dict_outlives_its_object():
    Base = holder("Base")
    get = Base.__dict__["__dict__"].__get__
    Node, engine = mapped(Base)
    session = Session(engine)
    session.add_all([Node(name="a"), Node(name="b")])
    session.commit()
    first = session.get(Node, 1)
    _ = first.name
    kept = get(first)
    assert "_sa_instance_state" in kept
    del first
    gc.collect()
    assert [node.name for node in session.scalars(sa.select(Node))] == ["a", "b"]
    assert session.get(Node, 1).name == "a"
    kept.clear()
    session.commit()
    # And an object whose state was taken away is no mapped object any more.
    second = session.get(Node, 2)
    session.flush()
    get(second).clear()
    assert not sa.inspect(second, raiseerr=False)
    with pytest.raises(sa.orm.exc.UnmappedInstanceError):
        _ = second.name
    session.close()


def test_a_listener_takes_the_state_away():
    Base = holder("Base")
    get = Base.__dict__["__dict__"].__get__
    Node, _ = mapped(Base)
    taken: list[Any] = []

    def take(obj: Any, value: Any, old: Any, initiator: Any) -> None:
        taken.append(get(obj).pop("_sa_instance_state"))

    node = Node(name="a")
    sa.event.listen(Node.name, "set", take)
    node.name = "b"
    assert len(taken) == 1
    with pytest.raises(sa.orm.exc.UnmappedInstanceError):
        _ = node.name
    taken.clear()


def test_no_growth():
    Node, engine = mapped(dict)

    def work() -> None:
        with Session(engine) as session:
            session.add(Node())
            top = Node()
            top.below = [Node(), Node()]
            top.free = [top]
            session.add(top)
            session.flush()
            session.scalars(sa.select(Node).options(joinedload(Node.below))).unique().all()
            session.expire_all()
            top.__dict__.update(name="x")
            session.rollback()

    for _ in range(5):
        work()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(50):
        work()
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_a_constructor_of_its_own_makes_no_new_object():
    only: list[Any] = []

    def new(cls: Any, *args: Any, **kw: Any) -> Any:
        if not only:
            only.append(object.__new__(cls))
        return only[0]

    Node, engine = mapped(__new__=new)
    with Session(engine) as session:
        session.execute(sa.insert(Node), [{"id": 1}, {"id": 2}])
        with pytest.raises(sa.exc.InvalidRequestError):
            session.scalars(sa.select(Node)).all()
    only.clear()

    Other, engine = mapped(__new__=lambda cls, *a: 3)
    with Session(engine) as session:
        session.execute(sa.insert(Other), [{"id": 1}])
        with pytest.raises(TypeError, match="must give a new Node"):
            session.scalars(sa.select(Other)).all()


def test_attributes_that_the_class_gets_late():
    Node, engine = mapped()
    node = Node(name="a")
    sa.inspect(Node).add_property("upper", sa.orm.column_property(sa.func.upper(Node.name)))
    other = Node(name="b")
    with Session(engine) as session:
        session.add_all([node, other])
        session.commit()
        assert (node.upper, other.upper) == ("A", "B")
        assert "upper" in node.__dict__
        session.expire(node)
        assert node.upper == "A"


def test_a_state_can_be_taken_from_its_object_while_it_is_used() -> None:
    """Out of the object's own dict, in the middle of a change and with a session that has it."""
    Base = holder("Base")
    own_values = Base.__dict__["__dict__"].__get__
    Node, engine = mapped(Base)
    taking = False

    @sa.event.listens_for(Node.name, "set", retval=True)
    def changed(node: Any, value: Any, *_: Any) -> Any:
        if taking:
            own_values(node).clear()
            gc.collect()
        return value

    with Session(engine) as session:
        node = Node()
        node.name = "one"
        session.add(node)
        session.commit()
        assert node.name == "one"
        taking = True
        node.name = "two"
        gc.collect()
        with pytest.raises(sa.orm.exc.UnmappedInstanceError):
            session.flush()
        taking = False
        session.rollback()
        ref = weakref.ref(node)
        del node
    gc.collect()
    assert ref() is None
    with Session(engine) as session:
        assert session.query(Node.name).scalar() == "one"


def test_a_state_is_taken_while_another_gets_the_identity() -> None:
    Base = holder("Base")
    own_values = Base.__dict__["__dict__"].__get__
    acts: list[Callable[[], None]] = []

    class Members(list[Any]):
        def __del__(self) -> None:
            if acts:
                acts.pop()()

    Node, engine = mapped(Base)
    nodes = relationship(Node, collection_class=Members, viewonly=True)
    sa.inspect(Node).add_property("nodes", nodes)
    with Session(engine) as session:
        first, second = Node(), Node()
        first.id = second.id = 1
        session.add(first)
        session.commit()
        assert first.id == 1
        session.add(second)
        assert second.nodes == []  # goes when there is a row
        acts.append(own_values(first).clear)
        session._register([second])
        assert not acts
        assert session.get(Node, 1) is second


def test_a_state_is_taken_while_objects_are_sorted() -> None:
    """The collector runs code when the list of them is made."""
    Base = holder("Base")
    own_values = Base.__dict__["__dict__"].__get__
    Node, engine = mapped(Base)

    class Acts:
        def __init__(self, act: Callable[[], None]) -> None:
            self.act, self.me = act, self

        def __del__(self) -> None:
            self.act()

    with Session(engine) as session:
        session.add_all(Node() for _ in range(3))
        session.commit()
        for after in range(6):
            nodes = session.query(Node).order_by(Node.id.desc()).all()
            gc.collect()
            gc.disable()
            Acts(own_values(nodes[1]).clear)
            taken: list[Any] = [[] for _ in range(300)]  # CPython keeps some for new ones
            gc.set_threshold(gc.get_count()[0] + after, 1000, 1000)
            try:
                gc.enable()
                found = _core.sort_by_key(nodes)
            except sa.orm.exc.UnmappedInstanceError:
                found = nodes[::-1]  # it was before they were looked at
            finally:
                gc.disable()
                gc.set_threshold(700, 10, 10)
                gc.enable()
            assert found == nodes[::-1]
            del nodes, found
            taken.clear()
            session.expunge_all()


def test_what_a_boxed_object_gives_for_inspection():
    Base = holder("Base")
    Node, _ = mapped(Base)
    node = Node(name="a")
    state = node._sa_instance_state
    assert type(state) is type(sa.inspect(node))
    assert state.object is node
    Base.__dict__["__dict__"].__get__(node).clear()
    with pytest.raises(AttributeError, match="'Node' object has no attribute '_sa_instance_state'"):
        _ = node._sa_instance_state
