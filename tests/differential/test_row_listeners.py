"""What listeners of rows do to relationships: mostly too late for the flush that calls them."""

from __future__ import annotations

import pytest

from .harness import compare

PROGRAM = """
import warnings
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass

item_tags = Table(
    "item_tag",
    Base.metadata,
    Column("item_id", ForeignKey("item.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)

class Parent(Base):
    __tablename__ = "parent"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    items = relationship("Item", back_populates="parent")

class Item(Base):
    __tablename__ = "item"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    parent_id = mapped_column(ForeignKey("parent.id"))
    parent = relationship("Parent", back_populates="items")
    subs = relationship("Sub", cascade="all, delete-orphan")
    tags = relationship("Tag", secondary=item_tags)

class Sub(Base):
    __tablename__ = "sub"
    id = mapped_column(Integer, primary_key=True)
    item_id = mapped_column(ForeignKey("item.id"))

class Tag(Base):
    __tablename__ = "tag"
    id = mapped_column(Integer, primary_key=True)

def item_of(t):
    return t if isinstance(t, Item) else i1

def parent_of(t):
    return t if isinstance(t, Parent) else p1

ACTS = {
    "other parent": lambda t: setattr(item_of(t), "parent", p2),
    "no parent": lambda t: setattr(item_of(t), "parent", None),
    "one more tag": lambda t: item_of(t).tags.append(t2),
    "no tags": lambda t: setattr(item_of(t), "tags", []),
    "a new sub": lambda t: item_of(t).subs.append(Sub(id=98)),
    "no subs": lambda t: setattr(item_of(t), "subs", []),
    "another's sub": lambda t: item_of(t).subs.append(i2.subs[0]),
    "another's item": lambda t: parent_of(t).items.append(i2),
    "no items": lambda t: setattr(parent_of(t), "items", []),
}

def renamed():
    i1.name, p1.name = "renamed", "renamed, too"

def tagged():
    i1.name = "tagged"
    i1.tags.append(t2)

def new():
    s.add(Item(id=7, parent=p1, subs=[Sub(id=99)]))

def replaced():
    s.add(Parent(id=7, items=[i1]))
    s.delete(p1)

def gone():
    s.delete(i1)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
for op in (renamed, tagged, new, replaced, gone):
    for what, act in ACTS.items():
        for cls in (Item, Parent) if op in (renamed, replaced) else (Item,):
            s = Session(engine, autoflush=False)
            p1, p2, t1, t2 = Parent(id=1), Parent(id=2), Tag(id=1), Tag(id=2)
            i1 = Item(id=1, parent=p1, tags=[t1], subs=[Sub(id=1)])
            i2 = Item(id=2, parent=p2, subs=[Sub(id=2)])
            s.add_all([p1, p2, t2, i1, i2])
            s.commit()
            [x.id for x in (p1, p2, t1, t2)]
            [(x.parent, x.tags, x.subs) for x in (i1, i2)]
            [x.items for x in (p1, p2)]
            told = []

            def listener(mapper, connection, target):
                if not told:
                    told.append(target)
                    act(target)

            event.listen(cls, HOOK, listener)
            op()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    s.flush()
                    end = "done"
                except Exception as error:
                    end = type(error).__name__
                    s.rollback()
            event.remove(cls, HOOK, listener)
            print(op.__name__, what, cls.__name__, len(told), end)
            print(sorted({str(w.message) for w in caught if "SAWarning" in str(w.category)}))
            print(len(s.new), len(s.dirty), len(s.deleted))
            s.commit()
            for table in Base.metadata.sorted_tables:
                print(table.name, s.execute(select(table).order_by(*table.c)).all())
            for table in reversed(Base.metadata.sorted_tables):
                s.execute(delete(table))
            s.commit()
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["insert", "update", "delete"])
def test_changed_relationships(what: str, when: str) -> None:
    peer, _ = compare(f'HOOK = "{when}_{what}"\n' + PROGRAM)
    assert peer.error is None
