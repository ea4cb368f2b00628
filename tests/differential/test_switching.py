"""What programs met that had been written for SQLAlchemy and were run on this package."""

from __future__ import annotations

import pytest

from .harness import compare

HEAD = """
from sqlalchemy import *
from sqlalchemy.orm import *

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "functions within lists of relationship()": """
def relate(**given):
    Base = declarative_base()
    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        pid = Column(ForeignKey("a.id"))
    for name, make in given.items():
        A.children = relationship(A, **{name: make(A)})
    def configured():
        Base.registry.configure()
        return A.children.property.order_by, A.children.property.remote_side
    attempt(configured)

for name in "remote_side", "order_by", "foreign_keys":
    relate(**{name: lambda A: [len]})
    relate(**{name: lambda A: [lambda: A.pid]})
    relate(**{name: lambda A: lambda: A.pid})
    relate(**{name: lambda A: lambda: [A.pid]})
    relate(**{name: lambda A: lambda: lambda: A.pid})
    relate(**{name: lambda A: ["A.pid"]})
    relate(**{name: lambda A: "[A.pid]"})
    relate(**{name: lambda A: 5})
    relate(**{name: lambda A: {A.pid}})
""",
    "patterns and texts that are searched for": """
from sqlalchemy.dialects import postgresql
t = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("a", String))
for value in None, True, null(), "x", t.c.id, 3:
    for flags in None, "i":
        made = lambda: t.c.a.regexp_match(value, flags)
        for form in made, lambda: ~made():
            attempt(form)
            attempt(lambda: form().compile(dialect=postgresql.dialect()))
            attempt(lambda: form().type)
    for form in lambda **kw: t.c.a.match(value, **kw), lambda **kw: ~t.c.a.match(value, **kw):
        attempt(form)
        attempt(lambda: form(postgresql_regconfig="english").compile(dialect=postgresql.dialect()))
        attempt(lambda: form().type)
""",
    "columns of text that have no names": """
t = Table("t", MetaData(), Column("id", Integer, primary_key=True))
engine = create_engine("sqlite://")
made = text("select 1, 2, 3").columns("x", t.c.id, func.f().label("z"))
print([type(column).__name__ for column in made.selected_columns])
if engine.dialect.name == "sqlite":  # others are told of a parameter that the text has not
    with engine.connect() as connection:
        row = connection.execute(made).one()
        print(tuple(row), list(row._fields)[1:])
attempt(lambda: text("q").columns(3).selected_columns.values()[0].type)
attempt(lambda: text("q").columns(t.c.id, id=String).selected_columns.id.type)
attempt(lambda: text("q").columns(t))
""",
    "tables that listeners are told of": """
from sqlalchemy import event
m = MetaData()
def made(name, *others):
    columns = [Column(other, ForeignKey(f"{other}.id", name=f"{name}_{other}")) for other in others]
    return Table(name, m, Column("id", Integer, primary_key=True), *columns)
raw, dim, fact, log = made("raw"), made("dim"), made("fact", "dim"), made("log")
last = made("last", "log", "fact")
made("b", "last"), made("a")
for name in "before_create", "after_create", "before_drop", "after_drop":
    def heard(target, connection, name=name, **kw):
        print(name, [table.name for table in kw["tables"]], kw["checkfirst"])
    event.listen(m, name, heard)
    for table in m.tables.values():
        event.listen(table, name, lambda table, *_, name=name, **kw: print(name, table.name))
engine = create_engine("sqlite://")
m.create_all(engine)
m.create_all(engine)
m.drop_all(engine)
m.create_all(engine, tables=[last, log, fact, dim])
m.drop_all(engine, tables=[last, fact])
""",
    "an abstract base that keeps its subclasses' columns to them": """
from sqlalchemy.ext.declarative import AbstractConcreteBase
for strict in False, True:
    class Base(DeclarativeBase):
        pass
    class Staff(AbstractConcreteBase, Base):
        name = mapped_column(String(10))
        if strict:
            strict_attrs = True
    class Manager(Staff):
        __tablename__ = "manager"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(10))
        level = mapped_column(Integer)
        __mapper_args__ = {"polymorphic_identity": "manager", "concrete": True}
    class Engineer(Staff):
        __tablename__ = "engineer"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(10))
        tools = mapped_column(String)
        __mapper_args__ = {"polymorphic_identity": "engineer", "concrete": True}
    class Head(Manager):
        __tablename__ = "head"
        id = mapped_column(Integer, primary_key=True)
        name = mapped_column(String(10))
        budget = mapped_column(Integer)
        __mapper_args__ = {"polymorphic_identity": "head", "concrete": True}
    configure_mappers()
    for statement in select(Staff), select(Staff.name).where(Staff.name == "m"), select(Manager):
        print(statement)
    print(Staff.__mapper__.attrs.keys(), Staff.__mapper__.with_polymorphic_mappers)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Manager(name="m", level=1), Engineer(name="e", tools="t")])
        session.add(Head(name="h", budget=4))
        session.commit()
        for entity in Staff, Manager:
            for found in session.scalars(select(entity).order_by(entity.name)):
                loaded = {k: v for k, v in vars(found).items() if k[0] != "_"}
                print(type(found).__name__, sorted(loaded.items()))
    for name in "level", "tools", "budget", "id", "type":
        attempt(lambda: getattr(Staff, name))
""",
    "hybrids that are no attribute's": """
from sqlalchemy.ext.hybrid import hybrid_property
Base = declarative_base()
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    x = Column(Integer)
    @hybrid_property
    def twice(self):
        return self.x + self.x
    @hybrid_property
    def same(self):
        return self.x
    @hybrid_property
    def three(self):
        return 3
for name in "twice", "same", "three":
    for entity in A, aliased(A):
        attempt(lambda: getattr(entity, name).property)
        print(hasattr(getattr(entity, name), "property"))
""",
    "constraints and aliases, represented": """
from sqlalchemy import inspect
t = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("a", Integer))
def words(value):
    print(repr(value).replace("elements.", "").replace("sql.", ""))
words(CheckConstraint("a > 5", name="x", deferrable=True, initially="DEFERRED"))
words(CheckConstraint(t.c.a > 5))
Base = declarative_base()
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    type = Column(String)
    __mapper_args__ = {"polymorphic_on": type}
class B(A):
    __mapper_args__ = {"polymorphic_identity": "b"}
for entity in aliased(A), aliased(B), with_polymorphic(A, "*"), with_polymorphic(A, []):
    print(repr(entity), str(entity), repr(inspect(entity)), str(inspect(entity)))
    print(inspect(entity).with_polymorphic_mappers)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(HEAD + PROGRAMS[name], warned=True)
