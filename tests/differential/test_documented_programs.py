"""What SQLAlchemy's documentation shows and no other file here had."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()

_CELL = """
from typing import List
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    children: Mapped[List["Child"]] = relationship(back_populates="parent")
    first: Mapped["Child"] = relationship(viewonly=True)


class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
    parent: Mapped["Parent"] = relationship(back_populates="children")


Base.registry.configure()
print(Parent(children=[Child()]).children[0].parent.__class__ is Parent)
"""


def test_classes_that_are_made_again() -> None:
    """As a notebook does when a cell runs twice: names mean classes of the new base."""
    compare(_CELL * 3)


def _world(p: Any) -> tuple[Any, Any]:
    class Point:
        def __init__(self, x: int, y: int) -> None:
            pass

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)
        y = p.Column(p.Integer)
        other = p.synonym("x")
        parts = p.relationship("Part")
        plain = 5

    class Part(Item):
        __tablename__ = "part"
        id = p.Column(p.ForeignKey("item.id"), primary_key=True)
        item_id = p.Column(p.ForeignKey("item.id"))
        __mapper_args__ = {"inherit_condition": id == Item.id}

    return Item, Part


@program
def attributes_that_are_replaced(p: Any) -> None:
    item, part = _world(p)
    expression = item.__table__.c.id + 1
    item.y = p.column_property(expression)
    item.plain = p.column_property(expression)
    item.other = p.column_property(expression)
    part.x = p.column_property(expression)
    item.parts = p.relationship(part, foreign_keys=part.item_id)
    item.__mapper__.add_property("x", p.deferred(item.__table__.c.x))
    item.quiet = p.synonym("x")
    item.y = p.synonym("x")
    p.configure_mappers()


@program
def properties_that_hide_those_of_the_base(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        value = p.Column(p.Integer)

    def one() -> None:
        class One(Item):
            __tablename__ = "one"
            id = p.column_property(p.Column(p.ForeignKey("item.id"), primary_key=True))

    def two() -> None:
        class Two(Item):
            __tablename__ = "two"
            two_id = p.Column(p.ForeignKey("item.id"), primary_key=True)
            value = p.deferred(p.Column(p.Integer))

    class Three(Item):
        __tablename__ = "three"
        id = p.column_property(p.Column(p.ForeignKey("item.id"), primary_key=True), Item.id)
        value = p.column_property(p.Column(p.Integer), Item.value)

    p.error(one)
    p.error(two)
    p.show([[str(c) for c in prop.columns] for prop in Three.__mapper__.column_attrs])


@program
def classes_without_their_key(p: Any) -> None:
    table = p.Table(
        "item",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String),
    )

    def mapped(**arguments: Any) -> None:
        class Item(p.Base):
            __table__ = table
            __mapper_args__ = arguments

    p.error(lambda: mapped(include_properties=["name"]))
    p.error(lambda: mapped(exclude_properties=["id"]))
    p.error(lambda: mapped(polymorphic_on=type))


@program
def sentinels_of_a_mixin(p: Any) -> None:
    class Numbered:
        @p.declared_attr
        def _sentinel(cls) -> p.Mapped[int]:  # type: ignore[name-defined]
            return p.orm_insert_sentinel()

    Numbered.__dict__["_sentinel"].fget.__annotations__["return"] = p.Mapped[int]

    class Item(Numbered, p.Base):
        __tablename__ = "item"
        id = p.Column(p.String, primary_key=True, server_default=p.FetchedValue())

    class Part(Item):
        __tablename__ = "part"
        id = p.Column(p.ForeignKey("item.id"), primary_key=True)

    class Kind(Item):
        pass

    for cls in (Item, Part, Kind):
        p.show(cls.__table__.c.keys(), [attr.key for attr in cls.__mapper__.column_attrs])


@program
def dataclasses_mixed_in(p: Any) -> None:
    from dataclasses import dataclass, field

    registry = p.registry()

    @dataclass
    class ItemMixin:
        __tablename__ = "item"
        __sa_dataclass_metadata_key__ = "sa"
        id: int = field(init=False, metadata={"sa": p.Column(p.Integer, primary_key=True)})
        parts: list[Any] = field(
            default_factory=list, metadata={"sa": lambda: p.relationship("Part")}
        )

    @dataclass
    class PartMixin:
        __tablename__ = "part"
        __sa_dataclass_metadata_key__ = "sa"
        id: int = field(init=False, metadata={"sa": p.Column(p.Integer, primary_key=True)})
        email: str | None = field(default=None, metadata={"sa": p.Column(p.String(50))})
        item_id: int = field(init=False, metadata={"sa": lambda: p.Column(p.ForeignKey("item.id"))})

    @registry.mapped
    class Item(ItemMixin):
        pass

    @registry.mapped
    class Part(PartMixin):
        pass

    registry.configure()
    p.show(str(p.module("schema").CreateTable(Part.__table__)))
    p.show(Item(parts=[Part(email="x")]).parts)


@program
def defaults_that_use_the_connection(p: Any) -> None:
    """A function of a default or an onupdate may ask the database."""

    def counted(context: Any) -> int:
        p.show(context.isinsert, context.isupdate, context.engine is engine)
        p.show(context.dialect.name, context.current_column.key)
        p.show(context.connection is context.root_connection)
        return context.connection.scalar(p.select(p.func.max(Item.id))) or 0  # type: ignore[no-any-return]

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        before = p.Column(p.Integer, default=counted, onupdate=counted)

    engine = p.engine()
    p.Base.metadata.create_all(engine)
    with p.Session(engine) as session:
        for number in (1, 2):
            session.add(Item(id=number, name="one"))
            session.flush()
        p.show(session.execute(p.select(Item.id, Item.before).order_by(Item.id)).all())
        session.get(Item, 1).name = "two"
        session.commit()
        p.show(session.get(Item, 1).before)


@program
def wildcards_and_lazy_loads(p: Any) -> None:
    """An option of all attributes is for what the statement loads, not for what comes later."""

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        parts = p.relationship("Part", back_populates="item", order_by="Part.id")

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        item_id = p.Column(p.ForeignKey("item.id"))
        name = p.Column(p.String)
        item = p.relationship("Item", back_populates="parts")
        marks = p.relationship("Mark")

    class Mark(p.Base):
        __tablename__ = "mark"
        id = p.Column(p.Integer, primary_key=True)
        part_id = p.Column(p.ForeignKey("part.id"))

    session = p.session()
    session.add(Item(id=1, parts=[Part(id=1, marks=[Mark(id=1)]), Part(id=2)]))
    session.commit()
    for options in (
        (p.lazyload(Item.parts), p.raiseload("*")),
        (p.lazyload(Item.parts).raiseload("*"),),
        (p.selectinload(Item.parts), p.raiseload("*")),
        (p.lazyload(Item.parts), p.defer("*")),
        (p.lazyload("*"),),
    ):
        session.expunge_all()
        item = session.scalars(p.select(Item).options(*options)).one()
        for part in item.parts:
            p.show(sorted(name for name in part.__dict__ if name[0] != "_"))
            try:
                p.show([mark.id for mark in part.marks])
            except p.InvalidRequestError as error:
                p.show(str(error))


@program
def values_of_updates_as_pairs(p: Any) -> None:
    """Pairs are for ordered_values(): as values() they were taken for the first columns."""

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)

    session = p.session()
    session.add(Item(id=1, x=1))
    session.commit()
    pairs = [(Item.x, 3)]
    query = session.query(Item)
    for given in (pairs, tuple(pairs), [{"x": 1}]):
        p.error(lambda given=given: str(p.update(Item).values(given)))
        p.error(lambda given=given: query.update(given))
    p.show(query.update(pairs, update_args={"preserve_parameter_order": True}))
    p.show(query.update({"x": 4}, update_args={"preserve_parameter_order": False}))
    p.show(query.one().x, str(p.insert(Item).values(((1, 2), (3, 4)))))


@program
def selects_as_values(p: Any) -> None:
    """Of one row they are warned of, as an element of several they are not."""
    table = p.Table("item", p.MetaData(), p.Column("id", p.Integer), p.Column("x", p.Integer))
    one = p.select(table.c.id)
    p.show(str(p.insert(table).values([{"x": one}, {"x": one}])))
    lite = p.module("dialects.sqlite").insert(table).values(x=1)
    p.show(str(lite.on_conflict_do_update(index_elements=["id"], set_={"x": one})))


@program
def names_of_columns_in_windows(p: Any) -> None:
    """An expression that no SELECT is around, for a dialect."""
    row = p.func.row_number()
    for dialect in (None, p.module("dialects.postgresql").dialect()):
        for over in (
            row.over(order_by="x", rows=(None, 0)),
            row.over(order_by=["x", p.desc("y z")], partition_by="y"),
            p.func.mode().within_group(p.desc("x")),
        ):
            p.show(str(over.compile(dialect=dialect)))


@program
def classes_that_are_always_refreshed(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)
        __mapper_args__ = {"always_refresh": True}

    session = p.session()
    session.add(Item(id=1, x=1))
    session.commit()
    item = session.get(Item, 1)
    for load in (
        lambda: session.scalars(p.select(Item)).all(),
        lambda: session.get(Item, 1),
        lambda: session.query(Item).first(),
    ):
        session.execute(p.update(Item.__table__).values(x=Item.x + 1))
        load()
        p.show(item.x)
        item.x = 77
        with session.no_autoflush:
            load()
        p.show(item.x, session.is_modified(item))


@program
def lists_for_select(p: Any) -> None:
    """As it was written before version 1.4."""

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)

    for columns in ([Item], [Item.__table__], [Item.__table__.c.id, Item], ["a", 1, None], []):
        p.error(lambda columns=columns: p.select(columns))


@program
def casts_that_may_fail(p: Any) -> None:
    column = p.Column("c", p.String)
    cast = p.try_cast(column, p.Numeric(10, 2))
    p.show(str(p.select(cast, cast + 1, p.try_cast("5", p.Integer))), cast.type)
    p.show(p.select(cast).subquery().c.keys(), cast.compare(p.try_cast(column, p.Integer)))


@pytest.mark.parametrize("case", program.registered)
def test_program(case: Any) -> None:
    compare(case, warned=True)
