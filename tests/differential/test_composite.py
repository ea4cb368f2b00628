"""Composite attributes: several columns as one value; Bundle, which selects them."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
import dataclasses
import pickle
from typing import Optional
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm import attributes
from sqlalchemy.ext.mutable import MutableComposite

class Base(DeclarativeBase):
    pass

# with annotations that are types, not strings, wherever the program runs
Point = dataclasses.make_dataclass("Point", [("x", int), ("y", Optional[int])])
Point.__module__ = __name__

class Money:
    def __init__(self, amount, currency):
        self.amount = amount
        self.currency = currency

    def __composite_values__(self):
        return self.amount, self.currency

    def __eq__(self, other):
        return isinstance(other, Money) and (
            other.__composite_values__() == self.__composite_values__())

    def __ne__(self, other):
        return not self == other

    def __repr__(self):
        return f"M({self.amount},{self.currency})"

class ByAmount(CompositeProperty.Comparator):
    def __gt__(self, other):
        return and_(*[
            a > b for a, b in
            zip(self.__clause_element__().clauses, other.__composite_values__())])

    def richer(self, amount):
        return self.__clause_element__().clauses[0] > amount

class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    amount = Column("am", Integer)
    currency = Column(String)
    pay = composite(Money, amount, currency, comparator_factory=ByAmount, info={"a": 1})
    known = composite(Money, "amount", "currency", active_history=True)
    vertices = relationship("Vertex", backref="person")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}

class Engineer(Person):
    __tablename__ = "engineers"
    id = Column(ForeignKey("people.id"), primary_key=True)
    a: Mapped[int]
    b: Mapped[Optional[int]]
    place: Mapped[Point] = composite("a", "b")
    __mapper_args__ = {"polymorphic_identity": "e"}

class Manager(Person):
    c = mapped_column(Integer, nullable=True)
    d = mapped_column(Integer, nullable=True)
    place = composite(Point, c, d)
    __mapper_args__ = {"polymorphic_identity": "m"}

class Vertex(Base):
    __tablename__ = "vertices"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id = mapped_column(ForeignKey("people.id"))
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end: Mapped[Point] = composite(
        Point, mapped_column("x2", nullable=True), mapped_column("y2"), deferred=True, group="g")

class Plain(Base):
    __tablename__ = "plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[Point] = composite()

class Tracked(MutableComposite):
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __setattr__(self, key, value):
        object.__setattr__(self, key, value)
        self.changed()

    def __composite_values__(self):
        return self.x, self.y

    def __getstate__(self):
        return self.x, self.y

    def __setstate__(self, state):
        self.x, self.y = state

    def __eq__(self, other):
        return isinstance(other, Tracked) and other.x == self.x and other.y == self.y

    __hash__ = None

    def __repr__(self):
        return f"T({self.x},{self.y})"

class Shape(Base):
    __tablename__ = "shapes"
    id: Mapped[int] = mapped_column(primary_key=True)
    at = composite(Tracked, mapped_column("x", Integer), mapped_column("y", Integer))

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([
    Person(id=1, pay=Money(1, "d")),
    Engineer(id=2, pay=Money(2, "e"), place=Point(1, 2), vertices=[
        Vertex(id=1, start=Point(0, 0), end=Point(7, 8)), Vertex(id=2, start=Point(3, 3))]),
    Manager(id=3, place=Point(5, 6)),
    Plain(id=1, place=Point(1, None)),
    Shape(id=1, at=Tracked(1, 2)),
])
session.commit()

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "mapping": """
print([(c.name, str(c.type), c.nullable) for c in Vertex.__table__.c])
print([(c.name, str(c.type), c.nullable) for c in Plain.__table__.c])
mapper = inspect(Vertex)
print(mapper.composites.keys(), mapper.attrs.keys())
prop = mapper.composites["start"]
print(prop.composite_class is Point, [c.name for c in prop.columns], [p.key for p in prop.props])
print(Vertex.start, Vertex.start.key, Vertex.start.property is prop, Vertex.start.parent)
print(Person.pay.info, sorted(inspect(Engineer).composites.keys()))
print(sorted(inspect(Engineer).all_orm_descriptors.keys()))
print(isinstance(prop, CompositeProperty), isinstance(prop, Composite))
""",
    "objects": """
v = Vertex()
print(v.start, v.end, Vertex(start=Point(1, 2)).x1, Vertex(start=None).x1)
v = session.get(Vertex, 1)
print(v.start, v.end, v.start is v.start, v.x1, sorted(k for k in v.__dict__ if k[0] != "_"))
v.start = Point(5, 6)
print(v in session.dirty, v.x1, v.y1)
session.flush()
v.start.x = 9
print(v in session.dirty, v.x1)
session.rollback()
print(v.start)
v.start = None
print(v.x1, v.start)
session.rollback()
del v.end
print(v.x2, v.end)
session.commit()
print(v.end, session.get(Plain, 1).place)
attempt(lambda: setattr(v, "start", 5))
session.rollback()
attempt(lambda: Person(pay=3))
""",
    "history": """
v = session.get(Vertex, 1)
v.start
print(inspect(v).attrs.start.history)
v.start = Point(0, 5)
print(inspect(v).attrs.start.history, attributes.get_history(v, "start"))
print(inspect(v).attrs.x1.history, inspect(v).attrs.y1.history)
v.x1 = 4
print(inspect(v).attrs.start.history)
session.flush()
print(inspect(v).attrs.start.history, v.start)
session.rollback()
p = session.get(Person, 1)
session.expire(p)
p.known = Money(8, "z")
print(inspect(p).attrs.known.history, inspect(p).attrs.amount.history)
session.rollback()
p.pay = Money(8, "z")
print(inspect(p).attrs.pay.history)
new = Vertex(start=Point(1, 2))
print(inspect(new).attrs.start.history, inspect(new).attrs.end.history)
""",
    "loading again": """
v = session.get(Vertex, 2)
print(v.start)
session.execute(text("update vertices set x1 = 11"))
session.scalars(select(Vertex).execution_options(populate_existing=True)).all()
print(v.start)
session.execute(text("update vertices set x1 = 12"))
session.refresh(v)
print(v.start)
session.execute(text("update vertices set x1 = 13"))
session.expire(v, ["x1"])
print("start" in v.__dict__, v.start)
session.execute(text("update vertices set x1 = 14"))
session.refresh(v, ["x1"])
print(v.start)
session.execute(text("update vertices set x1 = 15"))
session.expire(v, ["start"])
print("start" in v.__dict__, v.start)
session.expire_all()
print(v.start, "start" in inspect(v).unloaded)
session.rollback()
print(v.start)
session.expunge(v)
print(v.start)
attempt(lambda: v.end)
v = session.get(Vertex, 2)
session.expire(v)
session.expunge(v)
attempt(lambda: v.start)
""",
    "queries": """
print(session.scalars(select(Vertex.id).where(Vertex.start == Point(3, 3))).all())
print(select(Vertex.id).where(Vertex.start != Point(3, 3), Vertex.start < Point(1, 1)))
print(Vertex.start == None, Person.pay > Money(1, "x"), Person.pay.richer(5))
print(session.query(Vertex).filter_by(start=Point(0, 0)).one().end)
print(select(Vertex).order_by(Vertex.start, Vertex.id))
print(select(Vertex.id).group_by(Vertex.start))
alias = aliased(Vertex)
print(select(alias.start).where(alias.end == Point(1, 2)))
print(select(Engineer.pay), select(Engineer.place))
print(session.query(Vertex).join(Vertex.person).filter(Person.pay == Money(2, "e")).count())
poly = with_polymorphic(Person, "*")
print(poly.Engineer.place == Point(1, 2))
print([getattr(p, "place", None) for p in session.scalars(select(poly).order_by(poly.id))])
print([p.pay for p in session.scalars(select(Person).order_by(Person.id))])
query = session.query(Person).options(joinedload(Person.vertices))
print(query.filter_by(pay=Money(2, "e")).one().vertices[1].start)
for operation in (lambda: Vertex.start.asc(), lambda: Vertex.start.is_(None)):
    try:
        operation()
    except NotImplementedError:
        print("not implemented")
attempt(lambda: Vertex.start == 5)
print(select(Vertex).options(defer(Vertex.start)))
print(select(Vertex).options(load_only(Vertex.start)))
print(select(Vertex).options(undefer(Vertex.end)))
print(select(Vertex).options(undefer_group("g")))
""",
    "selected": """
result = session.execute(select(Vertex.start).order_by(Vertex.id))
print(result.keys(), result.all())
result = session.execute(select(Vertex.id, Vertex.start.label("q"), Vertex.end))
print(result.keys(), result.all())
print(session.execute(select(Vertex.start, Vertex.id)).mappings().all())
print(session.execute(select(Vertex.start)).first().start)
print(session.scalars(select(Vertex.end)).all(), session.query(Vertex.start).all())
print(session.execute(select(Person.pay, Vertex.start).join(Person.vertices)).all())
print(session.execute(select(Person.pay, Person.known)).all())
print(session.query(Vertex.start, Vertex.id).column_descriptions[0]["name"])
sub = select(Vertex.id, Vertex.start).subquery()
print(sub.c.keys(), select(aliased(Vertex, sub).start))
print(session.execute(select(Vertex.start, func.count()).group_by(Vertex.start)).all())
print(session.execute(select(Vertex.start).distinct().order_by(Vertex.start).limit(1)).all())
""",
    "many rows": """
v = session.get(Vertex, 1)
v.start
session.execute(update(Vertex).where(Vertex.id == 1).values({Vertex.start: Point(9, 9)}))
print(v.start)
session.execute(update(Vertex).values(start=Point(8, 8)))
print(v.start)
session.query(Vertex).filter(Vertex.start == Point(8, 8)).update(
    {"start": Point(7, 7)}, synchronize_session="fetch")
print(v.start)
print(session.scalars(
    update(Vertex).where(Vertex.id == 1).values(start=Point(1, 1)).returning(Vertex)).one().start)
print(session.execute(
    update(Vertex).where(Vertex.id == 1).values(end=None).returning(Vertex.id, Vertex.end)).all())
session.execute(insert(Vertex).values(id=10, start=Point(4, 4)))
session.execute(insert(Vertex), [{"id": 11, "start": Point(5, 5)}, {"id": 12, "x1": 1, "y1": 2}])
session.execute(insert(Vertex).values([{"id": 13, "start": Point(6, 6)}]))
print(session.execute(
    insert(Vertex).returning(Vertex.id, Vertex.start), [{"id": 14, "start": Point(5, 6)}]).all())
session.execute(update(Vertex), [{"id": 11, "start": Point(1, 5)}])
session.bulk_insert_mappings(Vertex, [{"id": 15, "start": Point(1, 8)}])
session.bulk_update_mappings(Vertex, [{"id": 15, "start": Point(1, 9)}])
session.bulk_save_objects([Vertex(id=16, start=Point(2, 2))])
print(session.query(Vertex).filter(Vertex.start == Point(4, 4)).delete())
print(session.execute(select(Vertex.id, Vertex.start).order_by(Vertex.id)).all())
attempt(lambda: session.execute(update(Vertex).values(start=None)))
""",
    "merged and pickled": """
v = session.get(Vertex, 1)
v.start
session.expunge(v)
v.start = Point(4, 4)
merged = session.merge(v)
print(merged is v, merged.x1, inspect(merged).attrs.x1.history)
session.commit()
session.expire_all()
print(merged.start)
v = session.get(Plain, 1)
v.place
print(pickle.loads(pickle.dumps(Point(1, 2))))
""",
    "dictionaries": """
def shown(obj):
    print(sorted(obj.__dict__.keys() - {"_sa_instance_state"}), sorted(inspect(obj).unloaded))

v = session.get(Vertex, 1)
shown(v)
print(v.__dict__["start"], "end" in v.__dict__, vars(v).get("end"))
v.end
shown(v)
v.start = Point(8, 9)
print({key: value for key, value in v.__dict__.items() if key == "start"})
session.rollback()
shown(v)
v.x1
shown(v)
session.expire(v, ["x1"])
shown(v)
print(v.start, v.__dict__["start"])
session.refresh(v, ["y1"])
shown(v)
new = Vertex(id=7, x1=1, y1=2)
shown(new)
shown(session.scalars(select(Person).where(Person.id == 1)).one())
shown(session.scalars(select(Engineer).options(load_only(Person.amount))).one())
shown(session.scalars(select(Plain)).one())
shape = session.scalars(select(Shape)).one()
shape.__dict__["at"].x = 7
print(shape in session.dirty, shape.at)
""",
    "optional": """
class Maybe(Base):
    __tablename__ = "maybe"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[Optional[Point]] = composite(Point, mapped_column("a1"), mapped_column("a2"))
    b: Mapped[Optional[Point]] = composite(
        Point, mapped_column("b1", Integer, nullable=True), mapped_column("b2", Integer))
    c: Mapped[Optional[Money]] = composite(
        Money, mapped_column("c1", Integer), mapped_column("c2", String))
    d: Mapped[Optional[Point]] = composite(
        mapped_column("d1", Integer), mapped_column("d2", Integer))

print([(c.name, str(c.type), c.nullable) for c in Maybe.__table__.c])
""",
    "keys": """
@dataclasses.dataclass(frozen=True)
class Version:
    number: int
    revision: int

class Release(Base):
    __tablename__ = "releases"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]
    version: Mapped[Version] = composite("a", "b")

class Price(Base):
    __tablename__ = "prices"
    amount = Column(Integer, primary_key=True)
    currency = Column(String, primary_key=True)
    money = composite(Money, amount, currency)

Base.metadata.create_all(engine)
session.add_all([Release(version=Version(1, 2), name="x"), Price(money=Money(3, "e"))])
session.commit()
attempt(lambda: session.get(Release, Version(1, 2)).name)
attempt(lambda: session.get(Release, Version(1, 2), populate_existing=True).name)
attempt(lambda: session.get(Release, Version(2, 2)))
attempt(lambda: session.get_one(Price, Money(3, "e")).currency)
attempt(lambda: session.query(Price).get(Money(3, "e")).currency)
session.get(Release, Version(1, 2)).version = Version(4, 5)
session.commit()
attempt(lambda: (session.get(Release, Version(4, 5)).name, session.get(Release, Version(1, 2))))
""",
    "mutable": """
s = session.get(Shape, 1)
s.at.x = 5
print(s in session.dirty, s.x, inspect(s).attrs.at.history)
session.commit()
print(s.at)
old = s.at
s.at = Tracked(8, 8)
old.x = 77
print(s.x)
s.at.y = 9
session.commit()
print(session.execute(text("select x, y from shapes")).all())
attempt(lambda: setattr(s, "at", (1, 2)))
s.at = None
print(s.x)
session.rollback()
s.at.x = 3
print(s.x, s.at)
""",
    "dataclasses": """
class Data(MappedAsDataclass, DeclarativeBase):
    pass

class Line(Data):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    start: Mapped[Point] = composite(mapped_column("sx"), mapped_column("sy"))
    end: Mapped[Optional[Point]] = composite(
        Point, mapped_column("ex", nullable=True), mapped_column("ey", nullable=True),
        default=None)

print(Line(Point(1, 2)), Line(start=Point(1, 2), end=Point(3, 4)).ex)
try:
    Line()
except TypeError:
    print("an argument is missing")
""",
    "later": """
Vertex.corner = composite(Point, Vertex.y1, Vertex.x1)
print(Vertex.corner == Point(1, 2), Vertex(corner=Point(5, 6)).y1)
print(session.execute(select(Vertex.corner)).all(), session.get(Vertex, 1).corner)
""",
    "errors": """
def bad(make):
    class Other(DeclarativeBase):
        pass

    def define():
        class W(Other):
            __tablename__ = "w"
            id: Mapped[int] = mapped_column(primary_key=True)
            x: Mapped[int]
            p = make()
        Other.registry.configure()
        return W.p == None
    attempt(define)

class Opaque:
    def __init__(self, a, b):
        pass

bad(lambda: composite(Point, "x", "id", "x"))
bad(lambda: composite())
bad(lambda: composite("x", "id"))
bad(lambda: composite(Opaque, mapped_column(Integer), "id"))
bad(lambda: composite(Opaque, Column("q", Integer), "id"))

class Hidden(Base):
    __tablename__ = "hidden"
    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[int]
    p = composite(Opaque, "x", "id")

attempt(lambda: Hidden(p=Opaque(1, 2)))
print(Hidden().p)
""",
    "bundles": """
V = Vertex
result = session.execute(select(Bundle("b", V.id, V.start)))
print(result.keys(), result.all())
result = session.execute(select(V.id, Bundle("b", V.id, V.x1), Bundle("c", V.x1), V.y1))
print(result.keys(), result.all())
print(session.execute(select(Bundle("b", V.id, single_entity=True))).keys())
print(session.query(Bundle("b", V.id, single_entity=True)).all())
print(session.execute(select(Bundle("b", V.id, single_entity=True))).all())
print(session.scalars(select(Bundle("b", V.id, single_entity=True))).all())
print(session.query(Bundle("b", V.id, single_entity=True), V.x1).all())
nested = Bundle("n", V.id, Bundle("m", V.x1, V.y1))
print(session.execute(select(nested)).all(), session.query(nested).first().n.m.y1)
b = Bundle("b", V.x1, V.y1)
print(session.execute(select(b).where(b.c.x1 < 3).order_by(b.c.y1)).scalars().all())

class Dicts(Bundle):
    def create_row_processor(self, query, procs, labels):
        return lambda row: dict(zip(labels, (proc(row) for proc in procs)))

print(session.query(Dicts("d", V.id, V.y1.label("why"))).all())
described = session.query(b, V.id).column_descriptions
print([d["name"] for d in described], described[0]["expr"] is b, described[0]["entity"])
print(session.execute(
    update(V).where(V.id == 1).values(y1=5).returning(Bundle("r", V.x1, V.y1), V.id)).all())
print(session.execute(select(func.count(V.id), b).group_by(b)).all())
unnamed = Bundle("u", V.id, V.x1 + 1)
print(session.query(unnamed).all(), unnamed.columns.keys(), session.query(unnamed).first().u._fields)
query = session.query(Bundle("b", V.x1, Bundle("c", V.id, V.y1)), V.x1)
print(sorted(map(str, query.union_all(query.filter(V.id == 1)))))
print(session.execute(select(select(nested).subquery())).all())
print(session.execute(union(select(nested), select(nested))).all())
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_composite(name: str) -> None:
    compare(MODELS + PROGRAMS[name])
