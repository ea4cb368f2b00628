"""What listeners see of objects and sessions while a flush runs."""

from __future__ import annotations

import pytest

from .harness import compare

PROGRAM = """
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass

class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    given: Mapped[int | None]
    defaulted: Mapped[int | None] = mapped_column(default=4)
    by_server: Mapped[int | None] = mapped_column(server_default="3")
    on_update: Mapped[int | None] = mapped_column(onupdate=9)
    version: Mapped[int] = mapped_column()
    kind: Mapped[str | None] = mapped_column(String(5))
    children: Mapped[list["Child"]] = relationship(cascade="all, delete-orphan", backref="parent")
    notes: Mapped[list["Note"]] = relationship(backref="parent")
    __mapper_args__ = {
        "version_id_col": version, "polymorphic_on": kind, "polymorphic_identity": "p",
    }

class Special(Parent):
    __tablename__ = "special"
    id: Mapped[int] = mapped_column(ForeignKey("parent.id"), primary_key=True)
    more: Mapped[int | None] = mapped_column(default=lambda: 8, onupdate=lambda: 10)
    __mapper_args__ = {"polymorphic_identity": "s"}

class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))

class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parent.id"))

RELATED = {"children", "notes", "parent"}

def changes(obj, unchanged=False):
    return {
        attr.key: [len(part) if attr.key in RELATED else list(part) for part in attr.history]
        for attr in inspect(obj).attrs
        if attr.history.has_changes() or (unchanged and attr.history.unchanged)
    }

def names(objects):
    return sorted(type(obj).__name__ for obj in objects)

def tell(when):
    def listener(session, *_):
        print(when, names(session.new), names(session.dirty), names(session.deleted))
        objects = [*session.new, *session.dirty, *session.deleted]
        for obj in sorted(objects, key=lambda o: (type(o).__name__, o.id or 0)):
            print("   ", type(obj).__name__, inspect(obj).modified, changes(obj, True))
    return listener

def tell_row(when):
    return lambda mapper, connection, obj: print("  ", when, type(obj).__name__, changes(obj))

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    for when in WHENS:
        event.listen(session, when, tell(when))
    for when in ROWS:
        for cls in Parent, Child, Note:
            event.listen(cls, when, tell_row(when), propagate=True)
    for cls in Parent, Special:
        obj = cls(given=1, children=[Child(), Child()], notes=[Note()])
        session.add(obj)
        session.flush()
        obj.given = 2
        session.flush()
        obj.children.pop()
        session.flush()
        obj.notes.pop()
        obj.on_update = 5
        session.flush()
        obj.children.append(Child(id=77))
        session.flush()
        session.delete(obj)
        session.flush()
        session.rollback()
    print(names(session.deleted), names(session.dirty))
"""

WHENS = ("before_flush", "after_flush", "after_flush_postexec")
ROWS = ("after_insert", "after_update", "after_delete")


@pytest.mark.parametrize(
    ("whens", "rows"),
    [(WHENS, ROWS), (WHENS[1:2], ()), ((), ROWS[:2])],
    ids=["all", "session", "rows"],
)
def test_histories(whens: tuple[str, ...], rows: tuple[str, ...]) -> None:
    head = f"WHENS = {whens!r}\nROWS = {rows!r}\n"
    peer, _ = compare(head + PROGRAM)
    assert peer.error is None
