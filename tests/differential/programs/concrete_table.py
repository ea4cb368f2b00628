"""Concrete table inheritance: each class has a whole table of its own."""
from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine, select
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    configure_mappers,
    mapped_column,
    polymorphic_union,
    relationship,
    selectinload,
    with_polymorphic,
)


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    engineers: Mapped[list["Engineer"]] = relationship(order_by="Engineer.id")


class Employee(ConcreteBase, Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "employee", "concrete": True}


class Manager(Employee):
    __tablename__ = "manager"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    data: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "manager", "concrete": True}


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(primary_key=True)
    info: Mapped[str | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    __mapper_args__ = {"polymorphic_identity": "engineer", "concrete": True}


class Shape(AbstractConcreteBase, Base):
    pass


class Square(Shape):
    __tablename__ = "square"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    side = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "square", "concrete": True}


class Circle(Shape):
    __tablename__ = "circle"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))
    radius = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "circle", "concrete": True}


class Plain(Base):
    __tablename__ = "plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]


class Special(Plain):
    __tablename__ = "special"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    __mapper_args__ = {"concrete": True}


engine = create_engine("sqlite://")
configure_mappers()
Base.metadata.create_all(engine)
s = Session(engine)
s.add_all(
    [
        Employee(name="a"),
        Manager(name="b", data="x"),
        Engineer(info="y"),
        Manager(name="c"),
        Company(name="co", engineers=[Engineer(info="z")]),
        Square(name="s", side=2),
        Circle(name="c", radius=3),
        Plain(name="p", note="n"),
        Special(name="sp"),
    ]
)
s.commit()


def show(title, statement):
    print("--", title)
    s.expunge_all()
    found = s.scalars(statement).all()
    for item in found:
        print(type(item).__name__, sorted((key, value) for key, value in item.__dict__.items() if key[0] != "_"))
    return found


show("all", select(Employee).order_by(Employee.id, Employee.name))
show("one", select(Manager).order_by(Manager.id))
show("engineer", select(Engineer).where(Engineer.info == "y"))
show("where", select(Employee).where(Employee.name == "b"))
show("shapes", select(Shape).order_by(Shape.id, Shape.name))
show("square", select(Square))
show("plain", select(Plain))
show("special", select(Special))
show("related", select(Company))
for e in s.scalars(select(Employee)):
    if isinstance(e, Manager):
        e.data = "changed"
    elif isinstance(e, Engineer):
        s.delete(e)
s.flush()
try:
    print(Engineer(name="q"))
except Exception as error:
    print(type(error).__name__, error)
try:
    print(Special(name="q").note)
except Exception as error:
    print(type(error).__name__, error)
for cls in (Employee, Manager, Engineer, Shape, Square, Special):
    m = cls.__mapper__
    print(m, m.concrete, m.single, m.inherits, m.base_mapper, m.polymorphic_identity, m.tables, m.primary_key, sorted(m.attrs.keys()), m.isa(Employee.__mapper__))
try:
    s.get(Employee, 1)
except Exception as error:
    print(type(error).__name__, error)
s.add(Manager(id=7, name="only", data="m"))
s.flush()
print(type(s.get(Employee, 7)).__name__, s.get(Manager, 7) is s.get(Employee, 7))
s.expunge_all()
m = s.get(Manager, 1)
print(m.__mapper__.identity_key_from_instance(m)[0].__name__)
u = polymorphic_union({"e": Employee.__table__, "m": Manager.__table__}, "kind", "pu")
print(select(u))
print(select(polymorphic_union({"e": Employee.__table__, "m": Manager.__table__}, None, "pu", cast_nulls=False)))
try:
    polymorphic_union({"e": Employee.__table__}, "name")
except Exception as error:
    print(type(error).__name__, error)
