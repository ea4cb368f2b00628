"""Collections of relationships: dicts by key, custom classes, duck-typed ones."""

from __future__ import annotations

import pickle
import sys
from collections import OrderedDict
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_collection_classes(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def models(p: Any, make: Any, **options: Any) -> tuple[Any, Any]:
    """A parent whose children are in a collection that `make(p, Child)` gives."""
    if p._base is not None:
        p._base.registry.dispose()
    p._base = None

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        word = p.Column("the_word", p.String)
        place = p.Column(p.Integer)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship("Parent", back_populates="kids")

        @property
        def shout(self) -> str:
            return str(self.word).upper()

        def __hash__(self) -> int:  # so that sets iterate in the same order on both
            return sum(map(ord, self.word or ""))

        def __repr__(self) -> str:
            return f"C({self.word})"

    options.setdefault("order_by", Child.id)

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        kids = p.relationship(
            Child, collection_class=make(p, Child), back_populates="parent", **options
        )

    p.Base.registry.configure()
    return Parent, Child


KEYED = {
    "attribute": lambda p, C: p.attribute_keyed_dict("word"),
    "property": lambda p, C: p.attribute_keyed_dict("shout"),
    "column": lambda p, C: p.column_keyed_dict(C.__table__.c.the_word),
    "columns": lambda p, C: p.column_keyed_dict([C.__table__.c.the_word, C.place]),
    "function": lambda p, C: p.keyfunc_mapping(lambda c: (c.word, 1)),
    "class anew": lambda p, C: lambda: p.keyfunc_mapping(lambda c: (c.word, 1))(),
    "ignoring": lambda p, C: p.attribute_keyed_dict("word", ignore_unpopulated_attribute=True),
    "old name": lambda p, C: p.attribute_mapped_collection("word"),
    "old column": lambda p, C: p.column_mapped_collection(C.word),
    "old function": lambda p, C: p.mapped_collection(lambda c: c.word),
}


@pytest.mark.parametrize("kind", KEYED)
@pytest.mark.parametrize("lazy", ["select", "selectin", "joined", "subquery"])
def test_keyed(kind: str, lazy: str) -> None:
    def run(p: Any) -> None:
        Parent, Child = models(p, KEYED[kind], lazy=lazy, cascade="all, delete-orphan")
        s = p.session()
        parent, other = Parent(), Parent()
        s.add_all([parent, other])
        for n, word in enumerate("abcd"):
            parent.kids.set(Child(word=word, place=n))
        p.show(parent.kids, [c.parent is parent for c in parent.kids.values()])
        s.commit()
        p.show(parent.kids)
        s.expunge_all()
        parent, other = s.query(Parent).order_by(Parent.id).all()
        p.show(list(parent.kids), parent.kids, other.kids)
        child = next(iter(parent.kids.values()))
        child.parent = other
        p.show(parent.kids, other.kids, p.inspect(parent).attrs.kids.history)
        s.commit()
        p.show(parent.kids, other.kids)
        gone = parent.kids.pop(next(iter(parent.kids)))
        p.show(gone, gone.parent, len(parent.kids))
        added = Child(word="new", place=9)
        other.kids.update({"any": added})
        p.show(added.parent is other, added in s, other.kids)
        s.commit()
        p.show(parent.kids, other.kids, s.query(Child).count())
        s.delete(other)
        s.commit()
        p.show(s.query(Child).order_by(Child.id).all())

    compare(run, warned=True)


@program
def dict_methods(p: Any) -> None:
    Parent, Child = models(p, lambda p, C: p.attribute_keyed_dict("word"))
    parent = Parent()
    a, b = Child(word="a"), Child(word="b")
    parent.kids["a"] = a
    parent.kids["other"] = b
    p.show(parent.kids, a.parent is parent, b.parent is parent)
    parent.kids["a"] = b
    p.show(parent.kids, a.parent, b.parent)
    parent.kids = {"x": a}
    p.show(parent.kids)
    for wrong in ([a], None, 5, {a}):
        p.error(lambda wrong=wrong: setattr(parent, "kids", wrong))
    parent.kids.clear()
    p.show(a.parent, parent.kids)
    parent.kids.update([("k", Child(word="k"))], z=Child(word="z"))
    p.show(parent.kids)
    p.error(lambda: parent.kids.pop("nope"))
    p.show(parent.kids.pop("nope", 3), parent.kids.pop("k"), parent.kids.popitem())
    p.error(lambda: parent.kids.popitem())
    p.show(parent.kids.setdefault("r"), parent.kids.setdefault("q", b), b.parent is parent)
    p.show(parent.kids.setdefault("q", a), parent.kids)
    del parent.kids["q"]
    p.show(b.parent, parent.kids)
    p.error(lambda: parent.kids.__delitem__("q"))
    p.error(lambda: parent.kids.remove(Child(word="nope")))
    n = Child(word="1", parent=parent)
    n.word = "2"
    p.error(lambda: parent.kids.remove(n))
    n.word = "r"
    parent.kids.set(b)
    b.word = "1"
    p.error(lambda: parent.kids.remove(b))
    p.show(parent.kids.keyfunc(b), parent.kids | {"w": 1})


@program
def unpopulated_keys(p: Any) -> None:
    Parent, Child = models(p, lambda p, C: p.attribute_keyed_dict("word"))
    parent = Parent()
    p.error(lambda: parent.kids.set(Child()))
    p.error(lambda: Child(parent=parent))
    child = Child(place=1)
    p.error(lambda: setattr(child, "parent", parent))
    parent.kids.set(Child(word=None))
    p.show(parent.kids)
    Parent, Child = models(
        p, lambda p, C: p.attribute_keyed_dict("word", ignore_unpopulated_attribute=True)
    )
    parent, child = Parent(), Child()
    child.parent = parent
    parent.kids.set(child)
    p.show(parent.kids)
    child.word = "x"
    child.parent = None
    child.parent = parent
    p.show(parent.kids)
    Parent, Child = models(p, lambda p, C: p.column_keyed_dict(p.Column("strange")))
    parent = Parent()
    p.error(lambda: parent.kids.set(Child()))
    p.error(lambda: p.column_keyed_dict(5))


def words(p: Any, Child: Any) -> Any:
    """Several classes that serve as collections."""
    collection = p.module("orm.collections").collection

    class Plain:
        """Duck-typed as a list."""

        def __init__(self) -> None:
            self.data: list[Any] = []

        def append(self, item: Any) -> None:
            self.data.append(item)

        def remove(self, item: Any) -> None:
            self.data.remove(item)

        def __iter__(self) -> Any:
            return iter(self.data)

    class Bag:
        """Duck-typed as a set."""

        def __init__(self) -> None:
            self.data: set[Any] = set()

        def add(self, item: Any) -> None:
            self.data.add(item)

        def remove(self, item: Any) -> None:
            self.data.remove(item)

        def __iter__(self) -> Any:
            return iter(sorted(self.data, key=lambda c: c.word))

    class Sub(list):
        def first(self) -> Any:
            return self[0]

    class Loud(list):
        def append(self, item: Any) -> None:
            p.show("append", item)
            super().append(item)

        def remove(self, item: Any) -> None:
            p.show("remove", item)
            super().remove(item)

    class SubSet(set):
        pass

    class ByWord(dict):
        @collection.appender
        def put(self, child: Any) -> None:
            self[child.word] = child

        @collection.remover
        def drop(self, child: Any) -> None:
            del self[child.word]

    class Ordered(OrderedDict, p.KeyFuncDict):
        def __init__(self, *args: Any, **kw: Any) -> None:
            p.KeyFuncDict.__init__(self, keyfunc=lambda c: c.word)
            OrderedDict.__init__(self, *args, **kw)

    class Internal(p.KeyFuncDict):
        def __init__(self) -> None:
            super().__init__(lambda c: c.word)

        @collection.internally_instrumented
        def __setitem__(self, key: Any, value: Any, _sa_initiator: Any = None) -> None:
            p.show("set", key, value)
            super().__setitem__(key, value, _sa_initiator)

        @collection.internally_instrumented
        def __delitem__(self, key: Any, _sa_initiator: Any = None) -> None:
            p.show("del", key)
            super().__delitem__(key, _sa_initiator)

    class Derived(p.module("orm.collections").InstrumentedList):
        def first(self) -> Any:
            return self[0]

    class Emulating:
        __emulates__ = list

        def __init__(self) -> None:
            self.data: list[Any] = []

        @collection.appender
        def put(self, item: Any) -> None:
            self.data.append(item)

        @collection.remover
        def drop(self, item: Any) -> None:
            self.data.remove(item)

        @collection.iterator
        def walk(self) -> Any:
            return iter(self.data)

        def __iter__(self) -> Any:
            return iter(self.data)

    return {
        c.__name__: c
        for c in (
            Plain,
            Bag,
            Sub,
            Loud,
            SubSet,
            ByWord,
            Ordered,
            Internal,
            Derived,
            Emulating,
        )
    }


CLASSES = [
    "Plain",
    "Bag",
    "Sub",
    "Loud",
    "SubSet",
    "ByWord",
    "Ordered",
    "Internal",
    "Derived",
    "Emulating",
]


def members(items: Any) -> list[Any]:
    """What a collection of any of the classes holds, sorted."""
    if isinstance(items, dict):
        items = items.values()
    elif hasattr(items, "walk"):
        items = items.walk()
    return sorted(items, key=lambda c: c.word)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("lazy", ["select", "joined", "selectin"])
def test_custom_class(name: str, lazy: str) -> None:
    def run(p: Any) -> None:
        Parent, Child = models(p, lambda p, C: words(p, C)[name], lazy=lazy)
        s = p.session()
        parent = Parent()
        add = next(n for n in ("append", "add", "put", "set") if hasattr(parent.kids, n))
        a, b, c = (Child(word=w) for w in "abc")
        getattr(parent.kids, add)(a)
        b.parent = parent
        p.show(type(parent.kids).__name__, members(parent.kids), a.parent is parent)
        s.add(parent)
        p.show(a in s, b in s)
        s.commit()
        p.show(members(parent.kids))
        c.parent = parent
        a.parent = None
        p.show(members(parent.kids), a.parent, p.inspect(parent).attrs.kids.history.unchanged)
        s.commit()
        s.expunge_all()
        parent = s.query(Parent).one()
        p.show(members(parent.kids))
        p.show(p.inspect(parent).attrs.kids.history.unchanged != ())
        fresh = type(parent.kids)()
        new = [Child(word=w) for w in "xy"]
        for child in new:
            if isinstance(fresh, dict):
                fresh[child.word] = child
            else:
                getattr(fresh, add)(child)
        parent.kids = fresh
        p.show(members(parent.kids), [child.parent is parent for child in new])
        p.show([x.parent for x in s.query(Child).order_by(Child.id) if x.word < "x"])
        s.commit()
        p.show(s.query(Child.word, Child.parent_id).order_by(Child.id).all())
        for wrong in (5, None, "text"):
            p.error(lambda wrong=wrong: setattr(parent, "kids", wrong))
        old = parent.kids
        other = s.merge(Parent(id=parent.id))
        p.show(other is parent, members(parent.kids))
        s.expire(parent)
        p.show(parent.kids is old, members(parent.kids))
        getattr(old, add)(Child(word="late"))
        p.show(members(parent.kids))

    # the order in which two classes' new objects are told apart is not compared
    compare(run)


@program
def list_methods(p: Any) -> None:
    Parent, Child = models(p, lambda p, C: words(p, C)["Sub"])
    parent = Parent()
    a, b, c, d, e = (Child(word=w) for w in "abcde")
    parent.kids.extend([a, b])
    parent.kids += [c]
    parent.kids.insert(0, d)
    p.show(parent.kids, [x.parent is parent for x in (a, b, c, d)])
    p.show(parent.kids.pop(), parent.kids.pop(0), c.parent, d.parent)
    parent.kids[0] = e
    p.show(parent.kids, a.parent, e.parent is parent)
    parent.kids[0:1] = [c, d]
    p.show(parent.kids, e.parent, c.parent is parent)
    parent.kids[::2] = [a, e]
    p.show(parent.kids, c.parent)
    del parent.kids[0]
    del parent.kids[0:1]
    p.show(parent.kids, a.parent, parent.kids.first())
    p.error(lambda: parent.kids.remove(a))
    p.error(lambda: parent.kids.__setitem__(slice(None, None, 2), [a, b, c]))
    parent.kids.clear()
    p.show(parent.kids, e.parent)


@program
def set_methods(p: Any) -> None:
    Parent, Child = models(p, lambda p, C: words(p, C)["SubSet"])
    parent = Parent()
    a, b, c, d = (Child(word=w) for w in "abcd")
    parent.kids.update([a, b])
    parent.kids |= {c}
    parent.kids.add(c)
    p.show(members(parent.kids), [x.parent is parent for x in (a, b, c)])
    parent.kids.discard(a)
    parent.kids -= {b}
    parent.kids.difference_update([d])
    p.show(members(parent.kids), a.parent, b.parent)
    parent.kids ^= {c, d}
    p.show(members(parent.kids), c.parent, d.parent is parent)
    parent.kids.intersection_update([a])
    p.show(members(parent.kids), d.parent)
    parent.kids.symmetric_difference_update([a, b])
    parent.kids &= {a}
    p.show(members(parent.kids), a.parent is parent, b.parent)
    p.error(lambda: parent.kids.remove(d))
    p.show(parent.kids.pop(), a.parent)
    parent.kids.add(d)
    parent.kids.clear()
    p.show(members(parent.kids), d.parent)


@program
def decorated_methods(p: Any) -> None:
    collection = p.module("orm.collections").collection

    class Stack:
        def __init__(self) -> None:
            self.data: list[Any] = []

        @collection.appender
        def put(self, item: Any) -> None:
            self.data.append(item)

        @collection.remover
        def drop(self, item: Any) -> None:
            self.data.remove(item)

        @collection.iterator
        def __iter__(self) -> Any:
            return iter(self.data)

        @collection.converter
        def convert(self, value: Any) -> Any:
            p.show("convert", value)
            return list(value)

        @collection.adds(1)
        def push(self, item: Any) -> None:
            self.data.append(item)

        @collection.adds("item")
        def push_named(self, other: Any, item: Any) -> None:
            self.data.append(item)

        @collection.removes(1)
        def take(self, item: Any) -> None:
            self.data.remove(item)

        @collection.removes_return()
        def pull(self) -> Any:
            return self.data.pop()

        @collection.replaces(2)
        def change(self, index: int, item: Any) -> Any:
            old, self.data[index] = self.data[index], item
            return old

    Parent, Child = models(p, lambda p, C: Stack)
    parent = Parent()
    a, b, c, d = (Child(word=w) for w in "abcd")
    parent.kids.put(a)
    parent.kids.push(b)
    parent.kids.push_named(1, c)
    parent.kids.push_named(1, item=d)
    p.show(list(parent.kids), [x.parent is parent for x in (a, b, c, d)])
    parent.kids.drop(a)
    parent.kids.take(b)
    p.show(parent.kids.pull(), a.parent, b.parent, d.parent)
    parent.kids.change(0, a)
    p.show(list(parent.kids), a.parent is parent, c.parent)
    parent.kids = (b, c)
    p.show(list(parent.kids), a.parent, b.parent is parent)
    adapter = p.module("orm.collections").collection_adapter(parent.kids)
    p.show(list(adapter), len(adapter), bool(adapter), adapter.data is parent.kids)
    p.show(adapter.owner_state.obj() is parent, adapter.attr.key)
    adapter.append_with_event(a)
    p.show(list(adapter), a.parent is parent)
    adapter.append_without_event(d)
    p.show(list(adapter), d.parent)
    adapter.remove_without_event(d)
    adapter.remove_with_event(a)
    p.show(list(adapter), a.parent)
    adapter.clear_with_event()
    p.show(list(adapter), b.parent)


@program
def classes_that_do_not_serve(p: Any) -> None:
    collection = p.module("orm.collections").collection

    class OnlyAppends:
        @collection.appender
        def put(self, item: Any) -> None: ...

    class NoIterator(OnlyAppends):
        @collection.remover
        def drop(self, item: Any) -> None: ...

    for wrong in (dict, dict, object, frozenset, tuple, OnlyAppends, NoIterator, 5):
        p.error(lambda wrong=wrong: models(p, lambda p, C: wrong))
    for fine in (list, lambda: set(), list, set):
        Parent, _ = models(p, lambda p, C, fine=fine: fine)
        parent = Parent()
        p.show(type(parent.kids))


@program
def pickled(p: Any) -> None:
    for make in ("attribute", "property"):
        Parent, Child = models(p, KEYED[make])
        for cls in (Parent, Child):
            cls.__module__, cls.__qualname__ = __name__, cls.__name__
            setattr(sys.modules[__name__], cls.__name__, cls)
        parent = Parent(kids={w: Child(word=w) for w in "ab"})
        copied = pickle.loads(pickle.dumps(parent))
        p.show(copied.kids, [c.parent is copied for c in copied.kids.values()])
        extra = Child(word="z")
        copied.kids["z"] = extra
        p.show(extra.parent is copied, list(copied.kids), list(parent.kids))


@program
def changes_before_loading(p: Any) -> None:
    Parent, Child = models(p, KEYED["attribute"])
    s = p.session()
    s.add(Parent(kids={w: Child(word=w) for w in "ab"}))
    s.commit()
    s.close()
    parent = s.get(Parent, 1)
    child = Child(word="c", parent=parent)
    gone = s.query(Child).filter_by(word="a").one()
    gone.parent = None
    p.show("kids" in vars(parent), parent.kids, child in s)
    p.show(p.inspect(parent).attrs.kids.history.unchanged)
    s.rollback()
    p.show(parent.kids)


@program
def one_to_many_of_custom_secondary(p: Any) -> None:
    links = p.Table(
        "links",
        p.Base.metadata,
        p.Column("a_id", p.ForeignKey("a.id"), primary_key=True),
        p.Column("b_id", p.ForeignKey("b.id"), primary_key=True),
    )

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        owners = p.relationship("A", secondary=links, back_populates="bs", collection_class=set)

        def __repr__(self) -> str:
            return f"B({self.name})"

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship(
            B,
            secondary=links,
            back_populates="owners",
            collection_class=p.attribute_keyed_dict("name"),
            order_by=B.id,
        )

    s = p.session()
    a1, a2 = A(), A()
    s.add_all([a1, a2])
    s.flush()
    b = [B(name=n) for n in "xyz"]
    a1.bs = {x.name: x for x in b}
    a2.bs["x"] = b[0]
    s.commit()
    p.show(a1.bs, a2.bs, len(b[0].owners))
    del a1.bs["x"]
    b[1].owners.clear()
    s.commit()
    p.show(a1.bs, a2.bs)
    moved = s.merge(A(id=1, bs={"q": B(name="q")}))
    s.commit()
    p.show(moved.bs, s.execute(links.select()).all())


@program
def members_that_leave_before_the_collection_is_loaded(p: Any) -> None:
    makes = (
        lambda p, child: list,
        lambda p, child: set,
        lambda p, child: p.attribute_keyed_dict("word"),
        lambda p, child: type("Own", (list,), {}),
        lambda p, child: type("OwnSet", (set,), {}),
    )
    for make in makes:
        parent_class, child_class = models(p, make)
        session = p.session(autoflush=False)
        parent = parent_class()
        children = [child_class(word=word, parent=parent) for word in "abc"]
        session.add_all([parent, *children])
        session.commit()
        children[0].parent = None
        new = child_class(word="d", parent=parent)
        members = parent.kids.values() if hasattr(parent.kids, "values") else parent.kids
        p.show(sorted(member.word for member in members), new.parent is parent)
        history = p.inspect(parent).attrs.kids.history
        p.show([[member.word for member in some] for some in (history.added, history.deleted)])
        session.flush()
        session.expire_all()
        p.show(len(parent.kids), children[0].parent)
        session.delete(parent)
        session.commit()


ANNOTATED = """
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.orm import KeyFuncDict, attribute_keyed_dict, keyfunc_mapping
from typing import Dict, Set

class Base(DeclarativeBase): pass

class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parent.id"))
    def __repr__(self): return f"C({self.word})"

class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[dict[str, "Child"]] = relationship(
        collection_class=attribute_keyed_dict("word"), cascade="all, delete-orphan")
    same: Mapped[KeyFuncDict[str, "Child"]] = relationship(
        collection_class=keyfunc_mapping(lambda c: c.word), viewonly=True)
    others: Mapped[Set["Child"]] = relationship(viewonly=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add(Parent(items={"x": Child(word="x"), "y": Child(word="y")}))
    session.commit()
    parent = session.scalars(select(Parent)).one()
    print(parent.items, parent.same, sorted(c.word for c in parent.others))
    del parent.items["x"]
    session.commit()
    print(parent.items, session.scalars(select(Child)).all())

class Bare(Base):
    __tablename__ = "bare"
    id: Mapped[int] = mapped_column(ForeignKey("child.id"), primary_key=True)
    item: Mapped[Dict[str, "Child"]] = relationship()
    rests: Mapped[Dict[str, "Rest"]] = relationship()

class Rest(Base):
    __tablename__ = "rest"
    id: Mapped[int] = mapped_column(ForeignKey("bare.id"), primary_key=True)
try:
    Bare()
except Exception as error:
    print(type(error).__name__, error)
finally:
    Base.registry.dispose()
"""


def test_annotated() -> None:
    compare(ANNOTATED)


PUSHED_OUT = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import attribute_keyed_dict, declarative_base, relationship

Base = declarative_base()
pairs = Table(
    "pairs",
    Base.metadata,
    Column("one", ForeignKey("one.id"), primary_key=True),
    Column("two", ForeignKey("two.id"), primary_key=True),
)

class One(Base):
    __tablename__ = "one"
    id = Column(Integer, primary_key=True)
    name = Column(String)

class Two(Base):
    __tablename__ = "two"
    id = Column(Integer, primary_key=True)
    ones = relationship(
        One, secondary=pairs, backref="twos", collection_class=attribute_keyed_dict("name")
    )

first, second, two = One(name="same"), One(name="same"), Two()
two.ones["same"] = first
two.ones["same"] = second
print(first.twos == [], second.twos == [two])
try:
    first.twos.append(two)
except RecursionError as error:
    print(type(error).__name__)
finally:
    Base.registry.dispose()
"""


def test_members_that_push_each_other_out_of_a_dict() -> None:
    peer, _ = compare(PUSHED_OUT)
    assert peer.error is None
