"""Types of columns by annotation: foreign keys, unions, names of types, what Annotated gives."""

from __future__ import annotations

import pytest

from .harness import compare

HEAD = """
import decimal
from typing import Annotated, List, Literal, Optional, Union
from typing_extensions import TypeAliasType
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass

def show(cls):
    for c in cls.__table__.c:
        print(c.key, str(c.type), c.nullable, c.primary_key, c.unique, c.index)

made = []

def columns(base, *types):
    made.append(None)
    number = len(made)
    annotations = {f"x{i}": Mapped[type_] for i, type_ in enumerate(types)}
    try:
        show(type(f"K{number}", (base,), {
            "__tablename__": f"k{number}", "id": mapped_column(Integer, primary_key=True),
            "__annotations__": annotations, "__module__": __name__}))
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "foreign keys": """
class Target(Base):
    __tablename__ = "target"
    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)

key = Annotated[int, mapped_column(ForeignKey("target.id"))]

class Mixin:
    w: Mapped[int] = mapped_column(ForeignKey("target.id"))
    @declared_attr
    def v(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("target.id"))

class A(Mixin, Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(ForeignKey("target.id"), primary_key=True)
    a: Mapped[Optional[int]] = mapped_column(ForeignKey(Target.id))
    b: Mapped[Optional[str]] = mapped_column(ForeignKey("late.id"))
    c: Mapped[int] = mapped_column(Integer, ForeignKey("late.id"))
    d = mapped_column(ForeignKey("late.id"))
    e: Mapped[key]
    f: Mapped[Optional[key]]
    g: Mapped[key] = mapped_column(index=True)

class Late(Base):
    __tablename__ = "late"
    id: Mapped[str] = mapped_column(String(7), primary_key=True)

show(A)
print(select(A).where(A.a == 1))
""",
    "unions": """
class Known(DeclarativeBase):
    type_annotation_map = {
        Union[float, decimal.Decimal, None]: Numeric(4, 2), Optional[str]: String(4),
        int | str | None: String(3), str: String(5)}

F, D = float, decimal.Decimal
columns(Known, Union[F, D], F | D | None, Optional[Union[D, F]], "F | D | None")
columns(Known, Optional[str], str, str | None, Union[int, str], Union[int, str, None])
columns(Base, Union[int, str])
""",
    "names of types": """
S = TypeAliasType("S", str)
O = TypeAliasType("O", Optional[str])
A = TypeAliasType("A", Annotated[str, mapped_column(String(9), unique=True)])
L = TypeAliasType("L", Literal["a", "bbb"])
N = TypeAliasType("N", S)
R = TypeAliasType("R", Union[str, List["R"]])
U = TypeAliasType("U", Union[int, str])

class Known(DeclarativeBase):
    type_annotation_map = {S: String(20), R: JSON, U: String(6)}

for base in (Base, Known):
    for type_ in (S, O, A, L, N, R, U, List[S], Annotated[S, 5]):
        columns(base, type_)
        columns(base, Optional[type_])
columns(Base, S, O, A, L, Optional[A])
""",
    "what Annotated gives": """
given = Annotated[int, mapped_column(
    Integer, default=5, index=True, unique=True, comment="c", server_default="6", onupdate=7,
    doc="d", info={"a": 1}, sort_order=4, nullable=True)]

class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
    x: Mapped[given]
    y: Mapped[given] = mapped_column("yy", default=9, nullable=False)
    z: Mapped[Optional[given]] = mapped_column(insert_default=9, index=False, unique=False)
    old: int = Column(Integer)
    plain: int = 5

for c in A.__table__.c:
    print(
        c.key, c.name, c.nullable, c.index, c.unique, c.comment, c.default and c.default.arg,
        c.server_default and c.server_default.arg, c.onupdate and c.onupdate.arg, c.doc, c.info)
print(A.plain, A.x.info)
""",
    "columns of deferred() and column_property()": """
class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str] = deferred(mapped_column(Text))
    b: Mapped[str] = deferred(Column(Text))
    c: Mapped[str] = column_property(mapped_column(Text))
    d: Mapped[Optional[str]] = deferred(mapped_column(Text, nullable=False))
    e: Mapped[str] = deferred(mapped_column())
    f: Mapped[int] = deferred(mapped_column("ff", Integer, default=4), group="x")
    g: Mapped[str] = mapped_column(Text, deferred=True)
    h = deferred(mapped_column(Text))

for c in A.__table__.c:
    print(c.name, c.type, c.nullable, inspect(A).get_property_by_column(c).deferred)
""",
    "sentinels": """
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.schema import _InsertSentinelColumnDefault

class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mark: Mapped[int] = orm_insert_sentinel()

class B(Base):
    __tablename__ = "b"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    mark: Mapped[int] = mapped_column(
        insert_default=_InsertSentinelColumnDefault(), insert_sentinel=True,
        nullable=True, _omit_from_statements=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    for cls in A, B:
        show(cls)
        print(CreateTable(cls.__table__), insert(cls))
        for name in "ab":
            session.add(cls(name=name))
            session.flush()
        print(session.execute(select(cls.id, cls.name).order_by(cls.name)).all())
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(HEAD + PROGRAMS[name], warned=True)
