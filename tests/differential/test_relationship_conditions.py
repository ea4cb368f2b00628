"""Relationships joined by what is no plain foreign key: joins as secondary tables, functions as
comparisons; what viewonly ones say of themselves; which types their members may have."""

from __future__ import annotations

import pytest

from .harness import compare

HEAD = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.attributes import get_history

class Base(DeclarativeBase):
    pass

def begin(*objects):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all(objects)
    session.commit()
    return session

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)

LOADERS = lazyload, joinedload, selectinload, subqueryload, immediateload
"""

PROGRAMS = {
    "a join as secondary": """
class A(Base):
    __tablename__ = "a"
    id = mapped_column(Integer, primary_key=True)
    b_id = mapped_column(ForeignKey("b.id"))

class B(Base):
    __tablename__ = "b"
    id = mapped_column(Integer, primary_key=True)
    d_id = mapped_column(ForeignKey("d.id"))

class C(Base):
    __tablename__ = "c"
    id = mapped_column(Integer, primary_key=True)
    a_id = mapped_column(ForeignKey("a.id"))
    d_id = mapped_column(ForeignKey("d.id"))

class D(Base):
    __tablename__ = "d"
    id = mapped_column(Integer, primary_key=True)

A.d = relationship(
    "D", secondary="join(B, D, D.id == B.d_id).join(C, C.d_id == D.id)",
    primaryjoin="and_(A.id == C.a_id, A.b_id == B.id)", secondaryjoin="D.id == B.d_id",
    uselist=False, viewonly=True)
A.ds = relationship(
    "D", secondary=lambda: join(B, D, D.id == B.d_id).join(C, C.d_id == D.id),
    primaryjoin=lambda: and_(A.id == C.a_id, A.b_id == B.id),
    secondaryjoin=lambda: D.id == B.d_id, viewonly=True)
session = begin(
    D(id=1), D(id=2), B(id=1, d_id=1), B(id=2, d_id=2), A(id=1, b_id=1), A(id=2, b_id=2), A(id=3),
    C(id=1, a_id=1, d_id=1), C(id=2, a_id=2, d_id=2), C(id=3, a_id=1, d_id=2))
for load in LOADERS[:3]:  # others write the columns in the order of a set
    for attribute in (A.d, A.ds):
        session.expunge_all()
        found = session.scalars(select(A).options(load(attribute)).order_by(A.id)).unique()
        print([(a.id, [d.id for d in a.ds], a.d and a.d.id) for a in found])
x, y = aliased(D), aliased(A)
for statement in (
    select(A.id, D.id).join(A.d).order_by(A.id),
    select(A.id, x.id).join(A.ds.of_type(x)).order_by(A.id),
    select(y.id, x.id).join(y.ds.of_type(x)).order_by(y.id),
    select(A.id).where(A.d.has(D.id == 2)),
    select(A.id).where(A.ds.any(D.id == 2)),
    select(y.id).where(y.ds.any(D.id == 2)),
):
    print(session.execute(statement).all())
""",
    "a function as comparison": """
class Place(Base):
    __tablename__ = "place"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    below = relationship(
        "Place", viewonly=True, order_by=name,
        primaryjoin=func.instr(remote(foreign(name)), name + "/").as_comparison(1, 2) == 1)
    above = relationship(
        "Place", viewonly=True, order_by=name,
        primaryjoin=lambda: func.instr(
            Place.name, remote(foreign(Place.name)) + "/").as_comparison(1, 2) == 1)

names = "p", "q", "p/a", "p/b", "q/a"
session = begin(*[Place(id=i, name=name) for i, name in enumerate(names, 1)])
for load in LOADERS:
    session.expunge_all()
    found = session.scalars(select(Place).options(load(Place.below)).order_by(Place.name))
    print([(place.name, [each.name for each in place.below]) for place in found.unique()])
found = session.scalars(select(Place).order_by(Place.id)).all()
print(Place.below.property.direction.name, [[p.name for p in place.above] for place in found])
x = aliased(Place)
print(session.execute(select(Place.name).where(Place.below.any())).all())
print(session.execute(select(Place.name, x.name).join(Place.below.of_type(x))).all())
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(HEAD + PROGRAMS[name], warned=True)
