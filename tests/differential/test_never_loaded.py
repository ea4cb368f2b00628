"""Cascades and merge() over collections that are never loaded: dynamic and write-only ones."""

from __future__ import annotations

from .harness import compare

PROGRAM = """
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass

class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    written: WriteOnlyMapped["Written"] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, back_populates="parent"
    )
    queried: DynamicMapped["Queried"] = relationship(back_populates="parent")

class Written(Base):
    __tablename__ = "written"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parent.id", ondelete="cascade"))
    parent: Mapped["Parent | None"] = relationship(back_populates="written")

class Queried(Base):
    __tablename__ = "queried"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parent.id"))
    parent: Mapped["Parent | None"] = relationship(back_populates="queried")

def history():
    attributes = inspect(parent).attrs
    return [[len(part) for part in attributes[n].history] for n in ("written", "queried")]

def merged(session, obj):
    try:
        session.merge(obj)
    except Exception as error:
        print(type(error).__name__, error)
    print(sorted(type(each).__name__ for each in session.new))
    session.rollback()

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
parent = Parent(written=[Written()], queried=[Queried()])
session.add(parent)
session.commit()
for how in ("expunge", "expire", "refresh", "expire_all", "rollback", "close", "delete"):
    members = Written(), Queried()
    parent.written.add(members[0])
    parent.queried.append(members[1])
    print(how, [each in session for each in members])
    of_parent = how in ("expunge", "expire", "refresh", "delete")
    getattr(session, how)(*([parent] if of_parent else []))
    print([each in session for each in members], history())
    if how == "expunge":
        more = Written(), Queried()
        parent.written.add(more[0])
        parent.queried.append(more[1])
        members += more
        print([each in session for each in members])
    session.add(parent)
    print([each in session for each in members])
    session.flush()
    if how == "delete":
        session.rollback()
    session.commit()
    print(parent.queried.count(), len(session.scalars(parent.written.select()).all()))

for leave in (lambda: session.expunge(parent), session.expunge_all):
    pair = session.scalars(parent.written.select()).first(), parent.queried.first()
    if leave == session.expunge_all:
        leave()
    parent.written.remove(pair[0])
    parent.queried.remove(pair[1])
    if leave != session.expunge_all:
        leave()
    print([each in session for each in pair])
    session.add(parent)
    print([each in session for each in pair])
    session.commit()
    print(inspect(pair[0]).detached, pair[1].parent_id)

merged(session, Parent(id=1, written=[Written()]))
other = Session(engine)
parent.written.add(Written())
merged(other, parent)
session.rollback()
"""

# (SQLAlchemy looks the members up one by one, which a load of the collection gives)
ADDED = """
parent.queried.append(Queried())
with session.no_autoflush:
    merged(other, parent)
"""


def test_never_loaded() -> None:
    peer, _ = compare(PROGRAM)
    assert peer.error is None


def test_merge_of_what_was_added() -> None:
    peer, _ = compare(PROGRAM + ADDED, sql=False)
    assert peer.error is None
