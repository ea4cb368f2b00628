"""The unit of work at bulk: order, batches, and loops that stay in C."""

from __future__ import annotations

import gc
import sys

import pytest

import cormorant as ca
from cormorant import _core, exc
from cormorant.orm import Session, declarative_base, relationship
from cormorant.orm.flushinfo import info_of, relations_of
from cormorant.orm.ordering import Nodes, Plan, layers, plan_of

from .session_models import blog, state


def python_frames(function):
    """How many Python frames a call enters."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "call"

    sys.setprofile(trace)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("size", [1, 2, 500])
def test_many_objects_of_one_class(size):
    b = blog()
    s = b.session
    users = [b.User(name=f"n{i}", age=i) for i in range(size)]
    s.add_all(users)
    s.commit()
    assert [u.id for u in users] == list(range(1, size + 1))
    for u in users:
        u.age += 1
    s.commit()
    assert s.scalar(ca.select(ca.func.sum(b.User.age))) == sum(range(1, size + 1))
    for u in users:
        s.delete(u)
    s.commit()
    assert s.query(b.User).count() == 0
    assert state(users[0]) == "detached"


def test_no_python_frame_an_object():
    b = blog()
    s = b.session

    def add(count):
        users = [b.User(name=None, age=i) for i in range(count)]

        def run():
            s.add_all(users)
            s.commit()

        return python_frames(run)

    def update():
        for u in users:
            u.age = 0
        return python_frames(s.commit)

    def add_parents(count):
        parents = [b.User(posts=[b.Post(title="x") for _ in range(3)]) for _ in range(count)]

        def run():
            s.add_all(parents)
            s.commit()

        return python_frames(run)

    add(10)
    assert add(1000) <= add(10) + 5
    users = s.query(b.User).all()
    assert update() < len(users) / 3
    add_parents(5)
    assert add_parents(500) <= add_parents(5) + 5


def test_delete_without_relationships_has_no_frame_an_object():
    base = declarative_base()

    class E(base):
        __tablename__ = "e"
        id = ca.Column(ca.Integer, primary_key=True)

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    s = Session(engine)
    s.add_all([E() for _ in range(1000)])
    s.commit()
    for e in s.query(E).all():
        s.delete(e)
    assert python_frames(s.commit) < 200
    assert s.query(E).count() == 0


def test_sort_by_key():
    b = blog()
    s = b.session
    users = [b.User(id=i) for i in (5, 1, 3)]
    s.add_all(users)
    s.commit()
    assert [ca.inspect(u).identity[0] for u in _core.sort_by_key(users)] == [1, 3, 5]
    ordered = _core.sort_by_key(users)
    assert _core.sort_by_key(ordered) == ordered
    with pytest.raises(TypeError):
        _core.sort_by_key((1, 2))


def test_sort_by_composite_and_mixed_keys():
    base = declarative_base()

    class C(base):
        __tablename__ = "c"
        x = ca.Column(ca.String, primary_key=True)
        y = ca.Column(ca.Integer, primary_key=True)

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    s = Session(engine)
    objects = [C(x="b", y=1), C(x="a", y=2), C(x="a", y=1)]
    s.add_all(objects)
    s.commit()
    keys = [ca.inspect(o).identity for o in _core.sort_by_key(objects)]
    assert keys == [("a", 1), ("a", 2), ("b", 1)]


def test_unsortable_keys():
    b = blog()
    s = b.session
    s.execute(ca.text("create table odd (k primary key, v)"))

    class Odd(b.Base):
        __tablename__ = "odd"
        k = ca.Column(ca.String, primary_key=True)
        v = ca.Column(ca.Integer)

    s.execute(ca.text("insert into odd values ('a', 1), (5, 1)"))
    objects = s.query(Odd).all()
    for o in objects:
        o.v = 2
    with pytest.raises(exc.InvalidRequestError, match="must be sortable"):
        s.flush()


def test_plan_is_made_once():
    b = blog()
    infos = tuple(info_of(cls.__mapper__) for cls in (b.User, b.Post))
    active = frozenset(r for info in infos for r in relations_of(info))
    plan = plan_of(infos, active)
    assert plan_of(tuple(reversed(infos)), active) is plan
    order = [(n.kind, n.subject.sort_key.rsplit(".", 1)[-1]) for n in plan.nodes]
    assert order.index(("save", "User")) < order.index(("save", "Post"))
    assert order.index(("delete", "Post")) < order.index(("delete", "User"))
    assert not plan.cyclic


def test_relationship_added_later_is_seen():
    base = declarative_base()

    class A(base):
        __tablename__ = "a"
        id = ca.Column(ca.Integer, primary_key=True)

    class B(base):
        __tablename__ = "b"
        id = ca.Column(ca.Integer, primary_key=True)
        a_id = ca.Column(ca.ForeignKey("a.id"))

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    s = Session(engine)
    s.add(A())
    s.flush()
    A.bs = relationship(B)
    s.add(A(bs=[B()]))
    s.flush()
    assert s.scalar(ca.select(B.a_id)) == 2


def test_circular_dependency():
    base = declarative_base()

    class N(base):
        __tablename__ = "n"
        id = ca.Column(ca.Integer, primary_key=True)
        parent_id = ca.Column(ca.ForeignKey("n.id"))
        parent = relationship("N", remote_side=[id])

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    s = Session(engine)
    n = N()
    n.parent = n
    s.add(n)
    with pytest.raises(exc.CircularDependencyError, match=r"SaveUpdateState\(<N at 0x"):
        s.flush()


def test_two_classes_that_refer_to_each_other():
    base = declarative_base()

    class X(base):
        __tablename__ = "x"
        id = ca.Column(ca.Integer, primary_key=True)
        y_id = ca.Column(ca.ForeignKey("y.id"))
        y = relationship("Y", foreign_keys=[y_id])

    class Y(base):
        __tablename__ = "y"
        id = ca.Column(ca.Integer, primary_key=True)
        x_id = ca.Column(ca.ForeignKey("x.id"))
        x = relationship("X", foreign_keys=[x_id])

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    s = Session(engine)
    s.add_all([X(y=Y(x=X())), Y(x=X(y=Y()))])
    s.commit()
    linked = s.query(X).filter(X.y_id.is_not(None)).all()
    assert {x.y.id for x in linked} == {x.y_id for x in linked}
    for o in [*s.query(X), *s.query(Y)]:
        s.delete(o)
    s.commit()
    assert s.query(X).count() == s.query(Y).count() == 0


def test_layers_are_stable():
    b = blog()
    info = info_of(b.User.__mapper__)
    made = Nodes()
    save, delete = made.get("save", info), made.get("delete", info)
    assert list(layers([save, delete], {(save, delete)})) == [[save], [delete]]
    with pytest.raises(exc.CircularDependencyError):
        list(layers([save, delete], {(save, delete), (delete, save)}))
    assert made.get("save", info) is save
    assert [n.kind for n in Plan((info,), frozenset()).nodes] == ["save", "delete"]


def test_scan_refuses_what_is_not_mapped():
    b = blog()
    with pytest.raises(exc.UnmappedInstanceError):
        _core.group_by_manager([1])
    with pytest.raises(TypeError):
        _core.relation_scan(None, [], 0)
    with pytest.raises(ValueError, match="no slot"):
        _core.relation_scan(b.session, [b.User()], 99)
    with pytest.raises(TypeError):
        _core.sync_children(b.session, [], 0, [0], (0,))
    user = b.User()
    for kept in ([], {id(user): []}, {id(user): ((), (), ())}):
        with pytest.raises(TypeError, match="histor"):
            _core.sync_children(b.session, [user], 0, (0,), (0,), kept)


def test_wrong_class_in_a_collection():
    b = blog()

    class Other(b.Base):
        __tablename__ = "other"
        id = ca.Column(ca.Integer, primary_key=True)

    b.Base.metadata.create_all(b.engine)
    s = b.session
    user, other = b.User(), Other()
    s.add_all([user, other])
    slot = b.User.posts.slot
    assert user.posts == []
    try:
        user.posts.append(other)
    except Exception:
        pytest.skip("refused when it was appended")
    assert _core.history(user, slot)[0] == [other]
    with pytest.raises(exc.FlushError, match="Attempting to flush an item of type"):
        s.flush()


def lines_run(function):
    """How many lines of Python a call runs."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    gc.collect()
    gc.disable()  # what dies is told to others
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def test_putting_back_what_was_deleted_is_linear():
    """Each of many deleted objects that a collection has again was looked for among all."""
    counts = []
    for size in (10, 20, 40, 80):  # the first imports and compiles for all
        b = blog()
        s = b.session
        s.autoflush = False
        user = b.User(name="u", age=1)
        posts = [b.Post(title=f"{i}") for i in range(size)]
        s.add_all([user, *posts])
        s.flush()
        assert user.posts == []
        for post in reversed(posts):
            s.delete(post)
        user.posts = posts
        counts.append(lines_run(s.flush))
        assert s.query(b.Post).filter_by(user_id=user.id).count() == size
        assert len(s.deleted) == size  # marked still: the next flush looks again
    _, *counts = counts
    assert counts[2] - counts[1] <= 2.2 * (counts[1] - counts[0])
