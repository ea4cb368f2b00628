"""Empty collections that the program has read of a new object, and changes when a flush has made a
row of it: `parent.children.append(session.get(Child, 1))` flushes between the two."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_collections_in_hand(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def models(p: Any, kind: Any = list) -> tuple[Any, Any, Any]:
    """A session, and a class whose members are in a collection of a kind."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child", back_populates="parent", collection_class=kind)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        place = p.Column(p.Integer)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship("Parent", back_populates="children")

    return p.session(), Parent, Child


def rows(p: Any, s: Any) -> None:
    p.show(s.execute(p.text("select id, parent_id, place from child order by id")).all())


@program
def appended_to_after_a_flush(p: Any) -> None:
    s, Parent, Child = models(p)
    other = Parent(id=3, children=[Child(id=31), Child(id=32)])
    s.add(other)
    s.commit()

    def step(change: Callable[[Any, Any], Any], end: Callable[[], None] = s.flush) -> None:
        parent = Parent(id=9)
        s.add(parent)
        children = parent.children
        end()
        p.show("children" in parent.__dict__)
        change(parent, children)
        p.show(children is parent.children, [each.id for each in parent.children])
        s.flush()
        rows(p, s)
        s.rollback()
        s.execute(p.delete(Child).where(Child.id < 30))
        s.execute(p.delete(Parent).where(Parent.id == 9))
        s.execute(p.update(Child).values(parent_id=3))
        s.commit()
        s.close()

    step(lambda parent, children: children.append(s.get(Child, 31)))
    step(lambda parent, children: children.append(s.get(Child, 31)), s.commit)
    step(lambda parent, children: setattr(s.get(Child, 31), "parent", parent))
    step(lambda parent, children: children.extend([Child(id=1), Child(id=2)]))
    step(lambda parent, children: (children.append(Child(id=1)), children.remove(children[0])))
    step(lambda parent, children: (parent.children, children.append(Child(id=1))))
    step(lambda parent, children: parent.children.append(s.get(Parent, 3).children[0]))
    step(lambda parent, children: children.clear())
    step(lambda parent, children: (s.add(Child(id=1, parent_id=9)), children.clear()))
    step(lambda parent, children: (children.clear(), children.append(Child(id=1))))
    step(lambda parent, children: (s.expire(parent), children.append(Child(id=1))))


@program
def loaded_as_what_they_are(p: Any) -> None:
    s, Parent, Child = models(p)
    one, two = Parent(id=1, children=[Child(id=11)]), Parent(id=2, children=[Child(id=21)])
    s.add_all([one, two])
    s.commit()
    before = one.children
    p.attributes.set_committed_value(one, "children", before)
    p.show(one.children is before, [each.id for each in one.children])
    one.children.append(Child(id=12))
    p.show(len(s.new), one in s.dirty)
    s.commit()
    rows(p, s)
    p.attributes.set_committed_value(one, "children", two.children)
    one.children.append(Child(id=13))
    two.children.append(Child(id=22))
    s.commit()
    rows(p, s)
    held = one.children
    one.__dict__["children"] = held
    p.show(one.children is held)
    one.children.append(Child(id=14))
    s.commit()
    rows(p, s)


@program
def of_objects_that_are_gone(p: Any) -> None:
    s, Parent, Child = models(p)

    def read() -> Any:
        parent = Parent()
        s.add(parent)
        return parent, parent.children

    _, children = read()
    s.flush()
    del _
    gc.collect()
    p.error(lambda: children.append(Child()))
    for end in (lambda parent: s.rollback(), s.expunge):
        parent, children = read()
        s.flush()
        end(parent)
        children.append(Child())
        p.show(len(parent.children), children is parent.children, len(s.new))
        s.add(parent)
        s.commit()
        rows(p, s)
    parent, children = read()
    s.flush()
    s.delete(parent)
    s.flush()
    children.append(Child())
    p.show(len(parent.children), children is parent.children)
    s.commit()
    rows(p, s)


KINDS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "set": (lambda p: set, lambda held, child: held.add(child)),
    "update": (lambda p: set, lambda held, child: held.update([child])),
    "insert": (lambda p: list, lambda held, child: held.insert(0, child)),
    "slice": (lambda p: list, lambda held, child: held.__setitem__(slice(0, 0), [child])),
    "plus": (lambda p: list, lambda held, child: held.__iadd__([child])),
    "dict": (
        lambda p: p.attribute_keyed_dict("name"),
        lambda held, child: held.__setitem__(child.name, child),
    ),
    "setdefault": (
        lambda p: p.attribute_keyed_dict("name"),
        lambda held, child: held.setdefault(child.name, child),
    ),
    "class": (lambda p: type("Own", (list,), {}), lambda held, child: held.append(child)),
    "ordered": (
        lambda p: p.module("ext.orderinglist").ordering_list("place"),
        lambda held, child: held.append(child),
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name: str) -> None:
    kind, put = KINDS[name]

    def run(p: Any) -> None:
        s, Parent, Child = models(p, kind(p))
        s.add(Child(id=1, name="x"))
        s.commit()
        parent = Parent()
        s.add(parent)
        held = parent.children
        child = s.scalars(p.select(Child)).first()
        put(held, child)
        p.show(held is parent.children, len(held), child.parent is parent)
        s.commit()
        rows(p, s)
        p.show(len(parent.children))

    compare(run)
