"""Classes of every kind and a database of them, for programs whose allocations fail."""

from __future__ import annotations

import datetime
import decimal
import enum
import importlib
import pickle
import uuid
from collections.abc import Callable
from typing import Any

import cormorant as sa
from cormorant import event
from cormorant.ext.declarative import ConcreteBase
from cormorant.ext.mutable import MutableDict, MutableList
from cormorant.orm import (
    Session,
    attribute_keyed_dict,
    composite,
    declarative_base,
    joinedload,
    relationship,
    selectinload,
)
from cormorant.orm.collections import collection
from cormorant.pool import StaticPool

Base = declarative_base()


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Doubled(sa.TypeDecorator):
    """A type whose conversions are Python's."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value * 2

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value // 2


class Point:
    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y

    def __composite_values__(self) -> tuple[Any, Any]:
        return self.x, self.y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __ne__(self, other: object) -> bool:
        return not self == other


class Shelf(list[Any]):
    """A list of the program's own."""


class Bag:
    """A collection that is no list, set or dict."""

    def __init__(self) -> None:
        self.things: list[Any] = []

    @collection.appender
    def put(self, thing: Any) -> None:
        self.things.append(thing)

    @collection.remover
    def take(self, thing: Any) -> None:
        self.things.remove(thing)

    @collection.iterator
    def each(self) -> Any:
        return iter(self.things)


labels = sa.Table(
    "labels",
    Base.metadata,
    sa.Column("item_id", sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tags.id"), primary_key=True),
)


class Owner(Base):
    __tablename__ = "owners"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String, unique=True)
    x = sa.Column(sa.Integer)
    y = sa.Column(sa.Integer)
    doc = sa.Column(MutableDict.as_mutable(sa.JSON))
    numbers = sa.Column(MutableList.as_mutable(sa.PickleType))
    at = sa.Column(sa.DateTime)
    price = sa.Column(sa.Numeric(10, 2))
    colour = sa.Column(sa.Enum(Colour))
    token = sa.Column(sa.Uuid)
    span = sa.Column(sa.Interval)
    twice = sa.Column(Doubled)
    version = sa.Column(sa.Integer, nullable=False)
    place = composite(Point, "x", "y")
    items = relationship("Item", back_populates="owner", cascade="all, delete-orphan")
    by_name = relationship(
        "Item", collection_class=attribute_keyed_dict("name"), overlaps="items,owner"
    )
    shelf = relationship("Item", collection_class=Shelf, overlaps="items,owner,by_name")
    bag = relationship("Item", collection_class=Bag, overlaps="items,owner,by_name,shelf")
    __mapper_args__ = {"version_id_col": version}


class Item(Base):
    __tablename__ = "items"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String, default="unnamed")
    owner_id = sa.Column(sa.ForeignKey("owners.id"))
    owner = relationship("Owner", back_populates="items")
    tags = relationship("Tag", secondary=labels, back_populates="items", collection_class=set)


class Tag(Base):
    __tablename__ = "tags"
    id = sa.Column(sa.Integer, primary_key=True)
    items = relationship("Item", secondary=labels, back_populates="tags")


class Wrapped(sa.TypeDecorator):
    """Lists in JSON, as a tuple of the program's."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else list(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else tuple(value)


class Coded(Base):
    """Values that are stored as others, also as keys."""

    __tablename__ = "coded"
    key = sa.Column(sa.Uuid, primary_key=True)
    text_key = sa.Column(sa.Uuid(as_uuid=False))
    doc = sa.Column(sa.JSON)
    wrapped = sa.Column(Wrapped)
    pickled = sa.Column(sa.PickleType)
    span = sa.Column(sa.Interval)
    of_key = sa.Column(sa.ForeignKey("coded.key"))
    of = relationship("Coded", remote_side=[key])


class Person(Base):
    __tablename__ = "people"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    kind = sa.Column(sa.String)
    boss_id = sa.Column(sa.ForeignKey("people.id"))
    boss = relationship("Person", remote_side=[id], back_populates="team")
    team = relationship("Person", back_populates="boss")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}


class Engineer(Person):
    __tablename__ = "engineers"
    id = sa.Column(sa.ForeignKey("people.id"), primary_key=True)
    field = sa.Column(sa.String)
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Person):
    __tablename__ = "managers"
    id = sa.Column(sa.ForeignKey("people.id"), primary_key=True)
    level = sa.Column(sa.Integer)
    __mapper_args__ = {"polymorphic_identity": "manager", "polymorphic_load": "selectin"}


class Clerk(Person):
    desk = sa.Column(sa.String)
    __mapper_args__ = {"polymorphic_identity": "clerk"}


class Vehicle(ConcreteBase, Base):
    """With its subclass, a union of two tables."""

    __tablename__ = "vehicles"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    __mapper_args__ = {"polymorphic_identity": "vehicle", "concrete": True}


class Car(Vehicle):
    __tablename__ = "cars"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    doors = sa.Column(sa.Integer)
    __mapper_args__ = {"polymorphic_identity": "car", "concrete": True}


class Watched(Base):
    """Every event that is raised for objects has a listener."""

    __tablename__ = "watched"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    parent_id = sa.Column(sa.ForeignKey("watched.id"))
    children = relationship("Watched", back_populates="parent")
    parent = relationship("Watched", remote_side=[id], back_populates="children")


seen: list[str] = []


def note(name: str) -> Callable[..., Any]:
    def listener(*args: Any) -> Any:
        seen.append(name)

    return listener


def note_value(target: Any, value: Any, *args: Any) -> Any:
    seen.append("value")
    return value


for name in ("init", "load", "refresh", "refresh_flush", "expire", "pickle", "unpickle"):
    event.listen(Watched, name, note(name))
for name in ("insert", "update", "delete"):
    event.listen(Watched, f"before_{name}", note(name))
    event.listen(Watched, f"after_{name}", note(name))
for attribute in (Watched.name, Watched.parent):
    event.listen(attribute, "set", note_value, retval=True)
event.listen(Watched.name, "init_scalar", note("scalar"))
for name in ("append", "bulk_replace"):
    event.listen(Watched.children, name, note(name))
event.listen(Watched.children, "remove", note("remove"))
SESSION_EVENTS = (
    "transient_to_pending", "pending_to_persistent", "pending_to_transient",
    "persistent_to_transient", "persistent_to_deleted", "deleted_to_persistent",
    "persistent_to_detached", "detached_to_persistent", "loaded_as_persistent",
    "before_attach", "after_attach", "before_flush", "after_flush", "after_flush_postexec",
    "after_begin", "after_soft_rollback",
)  # fmt: skip

NAMES = ["a", "b", "c"]


class World:
    """A database and one session, used again after every failure."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url, poolclass=StaticPool)
        self.server = self.engine.dialect.name == "postgresql"
        self.driver: Any = self.driver_of(self.engine.dialect.name)
        Base.metadata.drop_all(self.engine)
        Base.metadata.create_all(self.engine)
        self.session = Session(self.engine)
        with Session(self.engine) as session:
            for n, name in enumerate(NAMES):
                owner = Owner(
                    name=name,
                    place=Point(n, -n),
                    doc={"n": n},
                    numbers=[n],
                    at=datetime.datetime(2024, 1, 1 + n, 12, 30),
                    price=decimal.Decimal("1.25"),
                    colour=Colour.RED,
                    token=uuid.UUID(int=n),
                    span=datetime.timedelta(days=n),
                    twice=n,
                )
                owner.items = [Item(name=f"{name}{m}", tags={Tag()}) for m in range(2)]
                session.add(owner)
                session.add(Watched(name=name, children=[Watched(name=name * 2)]))
            boss = Manager(name="m", level=1)
            session.add_all([boss, Engineer(name="e", field="f", boss=boss)])
            session.add_all([Clerk(name="c", desk="d", boss=boss), Person(name="p")])
            session.add_all([Vehicle(id=1, name="cart"), Car(id=2, name="bus", doors=3)])
            session.commit()
        self.pickled = pickle.dumps(
            self.session.query(Owner).options(joinedload(Owner.items)).order_by(Owner.id).all()
        )
        self.session.rollback()
        self.check()

    @staticmethod
    def driver_of(name: str) -> Any:
        """The extension module for a database."""
        return importlib.import_module("cormorant._" + {"postgresql": "postgres"}.get(name, name))

    def check(self) -> None:
        """The same session shows what there was, once what was begun is undone."""
        session = self.session
        seen.clear()
        try:
            session.rollback()
        except sa.exc.OperationalError:
            # SQLite, out of memory, has undone more than to the savepoint that this was about.
            session.rollback()
        session.expunge_all()
        if self.server:
            self.restart_sequences()
        owners = session.query(Owner).options(selectinload(Owner.items)).order_by(Owner.id).all()
        assert [
            (o.name, o.place, o.doc, o.numbers, o.price, o.colour, o.twice) for o in owners
        ] == [
            (name, Point(n, -n), {"n": n}, [n], decimal.Decimal("1.25"), Colour.RED, n)
            for n, name in enumerate(NAMES)
        ]
        assert [[i.name for i in o.items] for o in owners] == [[f"{n}0", f"{n}1"] for n in NAMES]
        assert [sorted(t.id for i in o.items for t in i.tags) for o in owners] == [
            [1, 2],
            [3, 4],
            [5, 6],
        ]
        people = session.query(Person).order_by(Person.id).all()
        assert sorted(type(person).__name__ for person in people) == [
            "Clerk", "Engineer", "Manager", "Person",
        ]  # fmt: skip
        assert session.query(Watched).count() == 6
        assert not session.new
        assert not session.dirty
        assert not session.deleted
        del owners, people
        assert len(session.identity_map) == 0
        session.rollback()
        seen.clear()

    def restart_sequences(self) -> None:
        """What a server's sequence has given it does not take back."""
        restarts = [
            f"setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
            for table in Base.metadata.sorted_tables
            if "id" in table.c and not table.c.id.foreign_keys
        ]
        self.session.execute(sa.text(" UNION ALL ".join(f"SELECT {each}" for each in restarts)))
