"""Forms of mappings and of transactions that are seldom written, and what is refused in them."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare

HEAD = """
from typing import Annotated, List, Optional
from sqlalchemy import *
from sqlalchemy import event
from sqlalchemy.orm import *
class Base(DeclarativeBase):
    pass
engine = create_engine("sqlite://")
def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "a closed transaction's block": """
with engine.begin() as conn:
    conn.commit()
    attempt(lambda: type(conn.begin()).__name__)
    attempt(lambda: conn.execute(text("select 1")).all())
    attempt(lambda: type(conn.begin_nested()).__name__)
    attempt(lambda: conn.commit())
    attempt(lambda: conn.rollback())
    attempt(lambda: conn.in_transaction())
with engine.connect() as conn:
    with conn.begin():
        conn.rollback()
        attempt(lambda: type(conn.begin()).__name__)
        attempt(lambda: conn.execute(text("select 1")).all())
    with conn.begin() as tr:
        tr.commit()
        attempt(lambda: type(conn.begin()).__name__)
        attempt(lambda: conn.scalar(text("select 1")))
    with conn.begin():
        with conn.begin_nested() as n:
            n.rollback()
            attempt(lambda: conn.scalar(text("select 1")))
        attempt(lambda: conn.scalar(text("select 1")))
s=Session(engine)
with s.begin():
    s.commit()
    attempt(lambda: s.execute(text("select 1")).all())
    attempt(lambda: type(s.begin()).__name__)
with s.begin():
    with s.begin_nested():
        s.rollback()
        attempt(lambda: s.execute(text("select 1")).all())
""",
    "__table_cls__": """
class AutoTable:
    @declared_attr
    def __tablename__(cls):
        return cls.__name__
    @classmethod
    def __table_cls__(cls, *arg, **kw):
        for obj in arg[1:]:
            if (isinstance(obj, Column) and obj.primary_key) or isinstance(obj, PrimaryKeyConstraint):
                return Table(*arg, **kw)
        return None
class Person(AutoTable, Base):
    id = mapped_column(Integer, primary_key=True)
class Employee(Person):
    employee_name = mapped_column(String)
print(Person.__table__.c.keys(), inspect(Employee).single, select(Employee))
""",
    "expressions of a mixin": """
class SomethingMixin:
    x: Mapped[int]
    y: Mapped[int]
    @declared_attr
    def x_plus_y(cls) -> Mapped[int]:
        return column_property(cls.x + cls.y)
class Something(SomethingMixin, Base):
    __tablename__ = "something"
    id: Mapped[int] = mapped_column(primary_key=True)
print(select(Something.x_plus_y))
class Second:
    @declared_attr
    def x(cls) -> Mapped[int]: return mapped_column(Integer)
    @declared_attr
    def y(cls) -> Mapped[int]: return mapped_column("yy",Integer)
    @declared_attr
    def x_plus_y(cls) -> Mapped[int]:
        return column_property(cls.x + cls.y)
class Third(Second, Base):
    __tablename__ = "third"
    id: Mapped[int] = mapped_column(primary_key=True)
class Other(Second, Base):
    __tablename__ = "other"
    id: Mapped[int] = mapped_column(primary_key=True)
print(select(Third.x_plus_y),select(Other.x_plus_y))
""",
    "marks in a class body": """
class Host(Base):
    __tablename__ = "host"
    id = mapped_column(Integer, primary_key=True)
    number = mapped_column(Integer)
    content = mapped_column(String(50))
    parent = relationship("Host", primaryjoin=remote(number) == cast(foreign(content), Integer))
class Element(Base):
    __tablename__ = "element"
    path = mapped_column(String, primary_key=True)
    within = relationship(
        "Element",
        primaryjoin=remote(foreign(path)).like(path.concat("/%")),
        viewonly=True,
        order_by=path,
    )
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([Element(path="/a"), Element(path="/a/b"), Element(path="/c"), Host(id=1, number=5)])
session.add(Host(id=2, content="5"))
session.commit()
print([each.path for each in session.get(Element, "/a").within])
print(session.get(Host, 2).parent.id)
print(select(Host).join(Host.parent.of_type(aliased(Host))))
""",
    "expressions of an attribute": """
class A(Base):
    __tablename__ = "a"
    id = mapped_column(Integer, primary_key=True)
class B(Base):
    __tablename__ = "b"
    id = mapped_column(Integer, primary_key=True)
    a_id = mapped_column(ForeignKey("a.id"))
class AB(Base):
    __table__ = join(A.__table__, B.__table__)
    id = column_property(A.__table__.c.id, B.__table__.c.a_id)
    b_id = B.__table__.c.id
print([str(each) for each in AB.id.expressions], [str(each) for each in A.id.expressions])
print(select(AB).group_by(*AB.id.expressions), A.id.expression, AB.id.expression)
""",
    "annotations that are no types": """
import datetime
for annotation in (5, datetime, Optional[datetime.date]):
    def define():
        class M(registry().generate_base()):
            __tablename__ = "m"
            id = mapped_column(Integer, primary_key=True)
            c: Mapped[annotation]
        return repr(M.__table__.c.c.type)
    attempt(define)
""",
    "columns of single-table subclasses": """
for name, column in (("id", dict(primary_key=True)), ("other", dict(primary_key=True)), ("id", {}), ("name", {})):
    def define():
        class P(registry().generate_base()):
            __tablename__ = "p"
            id = mapped_column(Integer, primary_key=True)
            name = mapped_column(String)
        type("S", (P,), {name: mapped_column(Integer, **column)})
    attempt(define)
""",
    "dataclass arguments in Annotated": """
import inspect as python_inspect, warnings
from sqlalchemy.orm import MappedAsDataclass
for options in (dict(init=False), dict(default=5), dict(default_factory=int), dict(kw_only=True), dict(insert_default=3)):
    annotated = Annotated[int, mapped_column(**options)]
    for own in (None, dict(), dict(init=True)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            names = {"__annotations__": {"id": Mapped[int], "c": Mapped[annotated]}, "__tablename__": "d", "__module__": __name__}
            names["id"] = mapped_column(primary_key=True)
            if own is not None:
                names["c"] = mapped_column(**own)
            class Bare(MappedAsDataclass, DeclarativeBase): pass
            D = type(Bare)("D", (Bare,), names)
            print(list(python_inspect.signature(D.__init__).parameters), D.__table__.c.c.default, [str(w.message) for w in caught if w.category.__name__.startswith("SA")])
            print(D(1, 2).c)
""",
}

RELATIONSHIP = """
class A(Base):
    __tablename__ = "a"
    id = mapped_column(Integer, primary_key=True)
    x = mapped_column(String)
    y = mapped_column(Integer)
    bs = relationship("B", primaryjoin="{join}", foreign_keys="{foreign}", viewonly={viewonly})
class B(Base):
    __tablename__ = "b"
    id = mapped_column(Integer, primary_key=True)
    x = mapped_column(String)
    y = mapped_column(Integer)
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([A(id=1, x="AbC", y=3), B(id=1, x="abc", y=4)])
session.flush()
a = session.get(A, 1)
print([b.id for b in a.bs])
if not {viewonly}:
    a.bs.append(B(id=9))
session.flush()
print([(b.x, b.y) for b in session.query(B).order_by(B.id)])
print(select(A).join(A.bs), select(A).where(A.bs.any()))
for option in (selectinload(A.bs), joinedload(A.bs)):
    session.expunge_all()
    print([b.id for a in session.scalars(select(A).options(option)).unique() for b in a.bs])
"""

JOINS = {
    "func.lower(A.x) == B.x": "B.x",
    "A.x == func.upper(B.x)": "B.x",
    "cast(A.y, String) == B.x": "B.x",
    "A.y + 1 == B.y": "B.y",
    "A.y == B.y + 1": "B.y",
    "and_(A.x == B.x, A.y == B.y + 0)": "[B.x]",
    "A.y + A.id == B.y": "B.y",
    "A.y == B.y + B.id": "B.y",
    "and_(A.y <= B.y, A.id == B.id)": "B.id",
    "A.y == func.coalesce(B.y, A.id)": "B.y",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_form(name: str) -> None:
    compare(HEAD + PROGRAMS[name])


@pytest.mark.parametrize("viewonly", [False, True])
@pytest.mark.parametrize("join", JOINS)
def test_columns_within_expressions_of_a_primaryjoin(join: str, viewonly: bool) -> None:
    foreign = JOINS[join]
    program = HEAD + RELATIONSHIP.format(join=join, foreign=foreign, viewonly=viewonly)
    # what is appended gets a key that is taken
    compare(program, fails=foreign == "B.id" and not viewonly)


def test_keys_that_sql_makes() -> None:
    """A primary key set to an SQL expression is read back: objects are known by its value."""

    def program(p: Any) -> None:
        class Parent(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "parent"
            id = p.Column(p.Integer, primary_key=True)
            children = p.relationship("Child")

        class Child(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "child"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parent.id"))

        class Pair(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "pair"
            a = p.Column(p.Integer, primary_key=True)
            b = p.Column(p.String, primary_key=True)

        s = p.session()
        parent = Parent(id=p.func.abs(-5), children=[Child()])
        pair = Pair(a=1, b=p.func.lower("B"))
        s.add_all([parent, pair])
        s.flush()
        p.show(parent.id, p.inspect(parent).key, [c.parent_id for c in parent.children])
        p.show(pair.b, p.inspect(pair).key, s.get(Pair, (1, "b")) is pair)
        other = Parent(id=7)
        s.add(other)
        s.commit()
        other.id = Parent.id + 1
        s.flush()
        p.show(other.id, p.inspect(other).key, s.get(Parent, 8) is other)
        s.rollback()
        p.show(other.id, p.inspect(other).key)

    compare(program)
