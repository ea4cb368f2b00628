"""Flushes and results at the edges: columns of sibling classes, tables without a key, members
added twice, objects that a rollback expired."""

from __future__ import annotations

import datetime
import gc
import itertools
from typing import Any

import pytest

from .harness import Programs, compare, making_tests

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_flush_edges(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def siblings_in_one_statement(p: Any) -> None:
    """Rows of one table are updated together whatever their class, if the same columns change, and
    deleted together."""

    class Base(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(10))
        name = p.Column(p.String(20))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class One(Base):
        one = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "one"}

    class Two(Base):
        two = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "two"}

    class Joined(Base):
        __tablename__ = "joined"
        id = p.Column(p.ForeignKey(Base.id), primary_key=True)
        extra = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "joined"}

    class More(Joined):
        more = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "more"}

    s = p.session()
    classes = (Base, One, One, Joined, More, One, Base, More, Two)
    s.add_all([cls(id=i, name="a") for i, cls in enumerate(classes, 1)])
    s.commit()
    found = s.query(p.with_polymorphic(Base, "*")).order_by(Base.id).all()

    def step(names: str, *places: int) -> None:
        p.mark(f"{names} {places}")
        for place in places or range(len(found)):
            for name in names.split():
                if hasattr(found[place], name):
                    setattr(found[place], name, f"{names}!" if name == "name" else len(names))
        s.flush()
        p.show([(each.name, getattr(each, "two", None)) for each in found])

    step("name")
    step("name one")
    step("name more", 0, 1, 3, 4, 7)
    step("extra", 3, 4, 7)
    found[1].one = 77
    step("name extra", 0, 1, 2, 3, 4, 5)
    s.commit()
    for each in s.query(p.with_polymorphic(Base, "*")):
        s.delete(each)
    s.commit()


def _family(p: Any, **columns: Any) -> tuple[Any, Any, Any]:
    class Base(p.Base):
        __tablename__ = "things"
        note = p.Column(p.Integer)
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class One(Base):
        one = p.Column(p.Integer, default=7)
        again = p.Column(p.Integer, onupdate=8)
        __mapper_args__ = {"polymorphic_identity": "one"}

    two = {
        "date": p.Column(p.Date, default=datetime.date(2020, 1, 1)),
        "data": p.Column(p.JSON, default={"a": 1}),
        "__mapper_args__": {"polymorphic_identity": "two"},
    }
    Two = type("Two", (Base,), two | columns)
    return Base, One, Two


def _fill_and_change(p: Any, Base: Any, One: Any, Two: Any) -> None:
    s = p.session()
    for new in (Base(), Base(note=1), One(), Two(), One(one=3), Two(date=None)):
        s.add(new)
        s.flush()
    s.add_all([Base(id=20), Base(id=21), Base(note=p.text("2 + 3"))])
    s.commit()
    p.show(s.execute(p.text("select * from things order by id")).all())
    for thing in s.query(Base).order_by(Base.id):
        thing.note = 17 if thing.id != 20 else p.text("2 + 2")
        s.flush()  # rows of several classes are not one statement
    s.commit()
    p.show(s.execute(p.text("select * from things order by id")).all())


@program
def defaults_of_sibling_classes(p: Any) -> None:
    _fill_and_change(p, *_family(p))


@program
def functions_for_columns_of_sibling_classes(p: Any) -> None:
    made, changed = itertools.count(100), itertools.count(1000)
    family = _family(
        p,
        made=p.Column(p.Integer, default=lambda: next(made)),
        changed=p.Column(p.Integer, onupdate=lambda: next(changed)),
    )
    s = p.session()
    Base, One, Two = family
    for new in (Base(), Base(note=1), One(), Two(), Two(made=4)):
        s.add(new)
        try:
            s.flush()
        finally:
            # which columns are read back is not what this is about
            p.outcome.sql.clear()
    s.commit()
    p.show(s.execute(p.text("select * from things order by id")).all())
    for thing in s.query(Base).order_by(Base.id):
        thing.note = 17
        s.flush()
    s.commit()
    p.show(s.execute(p.text("select * from things order by id")).all())


@program
def functions_that_see_the_row_of_a_sibling(p: Any) -> None:
    Base, One, Two = _family(
        p,
        seen=p.Column(
            p.Integer, default=lambda c: (c.get_current_parameters().get("note") or 0) + 1
        ),
    )
    s = p.session()
    for new in (Base(), Base(note=4), One(note=5), Two(note=6)):
        s.add(new)
        s.flush()
    s.commit()
    p.show(s.execute(p.text("select * from things order by id")).all())


@program
def rows_without_a_whole_key(p: Any) -> None:
    class Strict(p.Base):
        __tablename__ = "pairs"
        a = p.Column(p.Integer, primary_key=True)
        b = p.Column(p.Integer, primary_key=True)
        __mapper_args__ = {"allow_partial_pks": False}

    s = p.session()
    s.execute(p.text("drop table pairs"))
    s.execute(p.text("create table pairs (a integer, b integer)"))
    s.execute(p.text("insert into pairs values (1, 2), (1, null), (null, null), (3, 4)"))

    def values(found: Any) -> Any:
        return [None if x is None else (x.a, x.b) for x in found]

    p.show(values(s.query(Strict).all()))
    p.show(values(s.query(Strict)))
    p.show(values(s.scalars(p.select(Strict)).all()))
    p.show(values(s.scalars(p.select(Strict)).unique().all()))
    p.show([values(row) for row in s.query(Strict, Strict).all()])
    p.show([(a, x and x.b) for a, x in s.query(Strict.a, Strict).all()])


@program
def expired_when_a_rollback_took_the_row(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        note = p.Column(p.String)

    def added(s: Any) -> Any:
        thing = Thing(id=6, name="q")
        s.add(thing)
        s.flush()
        return thing

    with p.session() as s:
        thing = added(s)
        s.expire(thing)
        s.rollback()
        p.error(lambda: thing.name)
        p.error(lambda: setattr(thing, "id", 6))
        s.add(thing)
        p.error(lambda: thing.name)
        p.error(s.flush)
        s.rollback()
        p.show(s.query(Thing).all(), thing in s)
    with p.session() as s:
        with s.begin_nested():
            thing = added(s)
        s.expire(thing)
        s.rollback()
        p.error(lambda: thing.note)
        p.make_transient(thing)
        p.show(thing.name, thing.id)
        thing.id = 8
        s.add(thing)
        s.commit()
        p.show(thing.id, thing.name)
    with p.session() as s:  # not expired: as it was
        thing = added(s)
        s.rollback()
        p.show(thing.id, thing.name, thing.note)
        s.add(thing)
        s.commit()
        p.show(thing.id, thing.name)


KINDS = {
    "list": [
        lambda c, new: c.append(new()),
        lambda c, new: c.append(c[0]),
        lambda c, new: c.extend([new()]),
        lambda c, new: c.extend([]),
        lambda c, new: c.insert(0, new()),
        lambda c, new: c.remove(c[0]),
        lambda c, new: c.pop(),
        lambda c, new: c.clear(),
        lambda c, new: c.__setitem__(0, new()),
        lambda c, new: c.__setitem__(slice(0, 1), [new()]),
        lambda c, new: c.__delitem__(0),
    ],
    "set": [
        lambda c, new: c.add(new()),
        lambda c, new: c.add(next(iter(c))),
        lambda c, new: c.update([new()]),
        lambda c, new: c.discard(new()),
        lambda c, new: c.discard(next(iter(c))),
        lambda c, new: c.remove(next(iter(c))),
        lambda c, new: c.pop(),
        lambda c, new: c.clear(),
        lambda c, new: c.difference_update(set(c)),
        lambda c, new: c.symmetric_difference_update({new()}),
    ],
    "dict": [
        lambda c, new: c.__setitem__(5, new()),
        lambda c, new: c.__setitem__(9, c[9]),
        lambda c, new: c.set(new()),
        lambda c, new: c.setdefault(5, new()),
        lambda c, new: c.setdefault(9, None),
        lambda c, new: c.update({5: new()}),
        lambda c, new: c.pop(9),
        lambda c, new: c.pop(8, None),
        lambda c, new: c.popitem(),
        lambda c, new: c.__delitem__(9),
        lambda c, new: c.clear(),
    ],
}
KINDS["own"] = KINDS["list"]


def _collection_without_owner(p: Any, kind: str) -> None:
    class Own(list[Any]):
        pass

    chosen = {"list": list, "set": set, "own": Own}
    chosen["dict"] = p.attribute_keyed_dict("id") if kind == "dict" else None

    class Owner(p.Base):
        __tablename__ = "owners"
        id = p.Column(p.Integer, primary_key=True)
        items = p.relationship("Item", collection_class=chosen[kind])

    class Item(p.Base):
        __tablename__ = "items"
        id = p.Column(p.Integer, primary_key=True)
        owner_id = p.Column(p.ForeignKey("owners.id"))

    s = p.session()
    s.add_all([Owner(id=1), Item(id=9, owner_id=1)])
    s.commit()

    def persistent() -> Any:
        return s.get(Owner, 1).items

    def detached() -> Any:
        owner = s.get(Owner, 1)
        items = owner.items
        s.expunge(owner)
        return items

    def in_a_cycle() -> Any:
        owner = s.get(Owner, 1)
        owner.self = [owner]
        return owner.items

    for make in (persistent, detached, in_a_cycle, lambda: Owner().items):
        for change in KINDS[kind]:
            items = make()
            gc.collect()
            try:
                change(items, lambda: Item(id=5))
                p.show("done")
            except (p.orm.exc.ObjectDereferencedError, LookupError, StopIteration) as error:
                p.show(type(error).__name__, str(error))
            p.show(len(items))
    # The same in an object again: fine.
    if kind != "own":
        owner = Owner(id=2)
        owner.items = persistent()
        p.show(len(owner.items))


@pytest.mark.parametrize("kind", KINDS)
def test_collection_without_owner(kind: str) -> None:
    gc.collect()
    gc.freeze()  # so that the many collections of the program have little to look at
    try:
        compare(lambda p: _collection_without_owner(p, kind))
    finally:
        gc.unfreeze()


@making_tests(sql=False)  # (what was sent before is rolled back)
def test_members_of_a_wrong_class(p: Any) -> None:
    """What no cascade looked at is found by the flush."""

    class Other(p.Base):
        __tablename__ = "others"
        id = p.Column(p.Integer, primary_key=True)

    class Parent(p.Base):
        __tablename__ = "parents"
        id = p.Column(p.Integer, primary_key=True)
        other_id = p.Column(p.ForeignKey("others.id"))
        children = p.relationship("Child", cascade="")
        other = p.relationship(Other, cascade="")

    class Child(p.Base):
        __tablename__ = "children"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parents.id"))

    s = p.session()
    for persistent in (False, True):
        for name in ("children", "other"):
            wrong = Parent() if name == "other" else Other()
            parent = Parent()
            if persistent:
                s.add(parent)
                s.flush()
            s.add_all([parent, wrong])
            setattr(parent, name, [wrong] if name == "children" else wrong)
            p.error(s.flush)
            s.rollback()
            s.expunge_all()


@program
def new_objects_alone(p: Any) -> None:
    """New objects of one class and nothing else, and each way in which there is more to them."""

    class Parent(p.Base):
        __tablename__ = "parents"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String(20), unique=True)
        size = p.Column(p.Integer, default=3)
        born = p.Column(p.Integer, server_default="5")
        children = p.relationship("Child", back_populates="parent", order_by="Child.id")

    class Child(p.Base):
        __tablename__ = "children"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parents.id"))
        parent = p.relationship(Parent, back_populates="children")

    class Owned(p.Base):
        __tablename__ = "owned"
        id = p.Column(p.Integer, primary_key=True)
        child_id = p.Column(p.ForeignKey("children.id"))

    s = p.session()

    def flushed(*objects: Any) -> None:
        s.add_all(objects)
        p.error(s.flush)
        p.show(len(s.new), s.is_active)
        for obj in objects:
            states = p.inspect(obj)
            p.show(states.pending, states.persistent, states.transient, sorted(states.unloaded))
        if s.is_active:
            p.show([(obj.id, getattr(obj, "born", None)) for obj in objects])
        else:
            s.rollback()

    flushed(Parent(name="a"), Parent(name="b", size=None), Parent(id=70, name="c"))
    s.commit()
    flushed(Parent(name=p.func.lower("D")), Parent(name="e"))
    flushed(Parent(name="f"), Parent(name="a"))
    flushed(Parent(name="g", children=[Child()]))
    flushed(Child(parent=s.get(Parent, 70)))
    held = s.get(Parent, 70)
    flushed(Parent(id=70, name="h"))
    flushed(Parent(id=held.id, name="i"))
    s.expunge_all()
    flushed(Parent(id=70, name="j"))
    held = s.get(Parent, 70)
    held.name = "changed"
    flushed(Parent(name="k"))
    s.delete(held)
    flushed(Parent(name="l"))
    new = Parent(name="m")
    s.add(new)
    with s.begin_nested():
        flushed(Parent(name="n"))
    p.show(s.execute(p.select(Parent.name, Parent.size).order_by(Parent.id)).all())
    s.rollback()
    p.show(new in s, p.inspect(new).transient)

    # what is mapped later counts: an owner that it cannot be without, a version
    flushed(Child())
    Child.owned = p.relationship(Owned, cascade="all, delete-orphan")
    Owned.child = p.relationship(Child, overlaps="owned")
    flushed(Owned())
    heard: list[Any] = []
    p.event.listen(Child, "before_insert", lambda mapper, connection, obj: heard.append(obj.id))
    flushed(Child(), Child())
    p.show(heard)
    s.rollback()
    p.show(s.execute(p.select(Child.id)).all(), s.execute(p.select(Owned.id)).all())


def concrete_classes(p: Any, **of_key: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    class B(A):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        c_id = p.Column(p.ForeignKey("c.id", **of_key))
        cs = p.relationship("C", foreign_keys="C.b_id")
        __mapper_args__ = {"concrete": True}

    class C(A):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))
        bs = p.relationship("B", foreign_keys="B.c_id")
        __mapper_args__ = {"concrete": True}

    s = p.session(create=False)
    for name, columns in ("a", []), ("b", ["c_id"]), ("c", ["b_id"]):  # (without foreign keys)
        plain = [p.Column(each, p.Integer) for each in columns]
        table = p.Table(name, p.MetaData(), p.Column("id", p.Integer, primary_key=True), *plain)
        table.create(s.get_bind())
    s.add(C())
    s.flush()
    s.add_all([A(), C(bs=[B(cs=[C()])])])
    s.commit()
    b = s.query(B).one()
    p.show(len(b.cs), b.c_id)
    b.cs.append(C(id=40))
    s.flush()
    s.delete(b)
    s.commit()
    p.show(s.query(C.id, C.b_id).order_by(C.id).all())


@program
def concrete_classes_that_refer_to_each_other(p: Any) -> None:
    concrete_classes(p)


@program
def concrete_classes_of_which_one_is_altered(p: Any) -> None:
    concrete_classes(p, use_alter=True, name="of_c")


@program
def keys_that_the_database_makes(p: Any) -> None:
    """A foreign key to a column that an INSERT has filled and not returned: it is asked for."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        number = p.Column(p.Integer, unique=True, server_default="5")
        computed = p.Column(p.Integer, unique=True, default=p.func.length("1234567"))
        children = p.relationship(
            "Child", back_populates="parent", primaryjoin="Child.number == Parent.number"
        )
        tags = p.relationship("Tag", secondary="tagged")
        __mapper_args__ = {"eager_defaults": False}

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        number = p.Column(p.ForeignKey("parent.number"))
        computed = p.Column(p.ForeignKey("parent.computed"))
        parent = p.relationship(
            Parent, back_populates="children", primaryjoin=number == Parent.number
        )
        other = p.relationship(Parent, primaryjoin=computed == Parent.computed)

    class Tag(p.Base):
        __tablename__ = "tag"
        id = p.Column(p.Integer, primary_key=True)
        label = p.Column(p.Integer, unique=True, server_default="8")
        __mapper_args__ = {"eager_defaults": False}

    p.Table(
        "tagged",
        p.Base.metadata,
        p.Column("number", p.ForeignKey("parent.number")),
        p.Column("label", p.ForeignKey("tag.label")),
    )
    s = p.session()
    parent = Parent(children=[Child(), Child()], tags=[Tag()])
    s.add_all([parent, Child(other=parent)])
    s.flush()
    p.show([(one.number, one.computed) for one in s.query(Child).order_by(Child.id)])
    p.show(s.execute(p.text("SELECT number, label FROM tagged")).all())
    p.show(parent.number, parent.computed)
    s.commit()
    p.show([len(parent.children), len(parent.tags), parent.children[0].parent is parent])


@program
def parents_that_are_not_asked_for(p: Any) -> None:
    """passive_deletes of a many-to-one: what is not loaded is neither loaded nor deleted."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship(Parent, cascade="all, delete", passive_deletes=True)

    s = p.session()
    s.add_all([Child(id=1, parent=Parent(id=1)), Child(id=2, parent=Parent(id=2))])
    s.commit()
    first, second = s.query(Child).order_by(Child.id)
    p.show(second.parent.id)
    for child in first, second:
        s.delete(child)
    s.commit()
    p.show(s.scalars(p.select(Parent.id)).all(), s.scalars(p.select(Child.id)).all())
