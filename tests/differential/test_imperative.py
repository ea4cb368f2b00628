"""Imperative mapping of classes that were there before, whatever they derive from."""

from __future__ import annotations

import abc
import copy
import pickle
import sys
from typing import Any, Generic, TypeVar

import pytest

from .harness import compare

T = TypeVar("T")


class Plain:
    """A class of the program's."""

    kind = "plain"

    def hello(self) -> str:
        return f"hello {self.name}"  # type: ignore[attr-defined]


class Slotted:
    __slots__ = ("__dict__", "__weakref__", "room")


class Failure(Exception):
    pass


class Words(dict[str, Any]):
    pass


class Several(list[Any]):
    pass


class Abstract(abc.ABC):
    @abc.abstractmethod
    def area(self) -> int: ...


class Square(Abstract):
    def area(self) -> int:
        return int(self.id) ** 2  # type: ignore[attr-defined]


class Of(Generic[T]):
    pass


class Built:
    def __new__(cls, *args: Any, **kw: Any) -> Any:
        return super().__new__(cls)

    def __init__(self, first: Any, /, *rest: Any, name: Any = None) -> None:
        self.name = name
        self.made = (first, rest)


class Pickled:
    def __getstate__(self) -> Any:
        return {"name": self.name, "other": 7}  # type: ignore[attr-defined]

    def __setstate__(self, given: Any) -> None:
        self.__dict__.update(given)


CLASSES = [Plain, Slotted, Failure, Words, Several, Square, Of, Built, Pickled]


def fresh(cls: type) -> Any:
    """The same class for each package: it is mapped once."""
    namespace = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
    namespace.pop("room", None)
    if cls is Built:  # its super() is about the class as it was
        namespace["__new__"] = lambda cls, *a, **k: object.__new__(cls)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__name__
    return made


def mapped(p: Any, cls: type) -> tuple[Any, Any]:
    """A class, mapped with a relationship to itself."""
    found = fresh(cls)
    registry = p.orm.registry(metadata=p.Base.metadata)
    table = p.sa.Table(
        "things",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String(20)),
        p.Column("above_id", p.ForeignKey("things.id")),
    )
    registry.map_imperatively(
        found,
        table,
        properties={
            "below": p.relationship(
                found, backref=p.orm.backref("above", remote_side=[table.c.id]),
                order_by=table.c.id,
            )
        },
    )  # fmt: skip
    return found, registry


def make(cls: Any, name: str) -> Any:
    if cls.__name__ == "Built":
        return cls(1, 2, name=name)
    made = cls()
    made.name = name
    return made


@pytest.mark.parametrize("cls", CLASSES)
def test_life_of_objects(cls: type) -> None:
    def program(p: Any) -> None:
        Thing, registry = mapped(p, cls)
        s = p.session()
        one = make(Thing, "one")
        one.below.append(make(Thing, "two"))
        one.extra = "kept"
        p.show(sorted(one.__dict__), p.inspect(one).transient)
        s.add(one)
        s.commit()
        p.show(one.id, one.name, one.extra, [t.name for t in one.below])
        one.name = "changed"
        p.show(p.inspect(one).attrs.name.history, one in s.dirty)
        s.commit()
        s.expunge_all()
        for options in (), (p.joinedload(Thing.below),), (p.selectinload(Thing.below),):
            query = p.select(Thing).where(Thing.above_id.is_(None)).options(*options)
            found = s.scalars(query).unique().one()
            p.show(type(found) is Thing, found.name, [t.name for t in found.below])
            p.show(found.below[0].above is found, found is s.get(Thing, 1))
            s.expunge_all()
        one = s.get(Thing, 1)
        s.expire(one)
        p.show(sorted(one.__dict__), one.name, p.inspect(one).identity)
        one.__dict__["free"] = 5
        p.show(one.free, "free" in vars(one))
        del one.__dict__["free"]
        p.show(hasattr(one, "free"))
        s.delete(one.below[0])
        s.commit()
        p.show(len(one.below), s.scalar(p.select(p.func.count()).select_from(Thing)))
        again = make(Thing, "merged")
        again.id = one.id
        p.show(s.merge(again) is one, one.name)
        s.rollback()
        p.show(one.name)
        p.show(s.execute(p.update(Thing).values(name="all")).rowcount, one.name)
        s.expunge(one)
        p.orm.make_transient(one)
        p.show(p.inspect(one).transient, one.name)
        registry.dispose()
        p.show(hasattr(Thing, "name"), hasattr(Thing, "__mapper__"))

    peer, _ = compare(program)
    assert peer.error is None


@pytest.mark.parametrize("cls", [Plain, Slotted, Words, Several, Pickled])
def test_pickles_and_copies(cls: type) -> None:
    def program(p: Any) -> None:
        Thing, _ = mapped(p, cls)
        setattr(sys.modules[Thing.__module__], "Thing", Thing)  # noqa: B010
        Thing.__qualname__ = Thing.__name__ = "Thing"
        s = p.session()
        one = make(Thing, "one")
        one.below = [make(Thing, "two")]
        one.extra = "kept"
        s.add(one)
        s.commit()
        p.show(one.name, len(one.below))
        back = pickle.loads(pickle.dumps(one))
        p.show(back.name, getattr(back, "extra", None), getattr(back, "other", None))
        if cls is not Pickled:
            p.show(p.inspect(back).detached, [t.name for t in back.below])
            back.name = "other"
            p.show(s.merge(back) is one, one.name, one in s.dirty)
            p.show(copy.deepcopy(make(Thing, "x")).name)

    peer, _ = compare(program)
    assert peer.error is None


def test_constructors() -> None:
    def program(p: Any) -> None:
        Thing, registry = mapped(p, Plain)
        p.show(Thing(name="a").name)
        p.error(lambda: Thing(nothing=1))
        p.error(lambda: Thing(1))
        p.error(lambda: registry.map_imperatively(Thing, Thing.__table__), text=False)
        p.error(lambda: registry.map_imperatively(int, Thing.__table__), text=False)
        bare = Thing.__new__(Thing)
        p.error(lambda: bare.name)
        p.error(lambda: p.session().add(bare), text=False)
        p.error(lambda: p.inspect(bare), text=False)

        class Small:
            __slots__ = ("x",)

        registry.map_imperatively(Small, Thing.__table__)
        p.error(Small)

        own = p.orm.registry(metadata=p.Base.metadata, constructor=lambda self, **kw: p.show(kw))

        class Given:
            pass

        own.map_imperatively(Given, Thing.__table__)
        Given(a=1)

        class Failing:
            def __init__(self) -> None:
                raise ValueError("no")

        own.map_imperatively(Failing, Thing.__table__)
        p.error(Failing)

    peer, _ = compare(program)
    assert peer.error is None


def test_an_object_from_before_its_mapping() -> None:
    def program(p: Any) -> None:
        Thing = fresh(Plain)
        early = Thing()
        early.name = "early"
        registry = p.orm.registry(metadata=p.Base.metadata)
        table = p.sa.Table(
            "things",
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("name", p.String),
        )
        registry.map_imperatively(Thing, table)
        registry.configure()
        p.show(early.name)
        p.error(lambda: early.id)
        p.error(lambda: p.session().add(early), text=False)
        p.show(early.__dict__)
        registry.dispose()
        p.show(early.name, Thing().__dict__)
        registry.map_imperatively(Thing, table)
        s = p.session()
        s.add(Thing(name="late"))
        s.commit()
        p.show(s.scalars(p.select(Thing)).one().hello())

    peer, _ = compare(program)
    assert peer.error is None


def test_hierarchies_and_events() -> None:
    def program(p: Any) -> None:
        Animal = fresh(Failure)
        Dog = type("Dog", (Animal,), {"sound": "wuff"})
        registry = p.orm.registry(metadata=p.Base.metadata)
        animals = p.sa.Table(
            "animals",
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("kind", p.String(10)),
            p.Column("name", p.String(10)),
        )
        dogs = p.sa.Table(
            "dogs",
            p.Base.metadata,
            p.Column("id", p.ForeignKey("animals.id"), primary_key=True),
            p.Column("size", p.Integer),
        )
        registry.map_imperatively(
            Animal, animals, polymorphic_on=animals.c.kind, polymorphic_identity="animal"
        )
        registry.map_imperatively(Dog, dogs, inherits=Animal, polymorphic_identity="dog")
        for name in ("init", "load", "refresh"):
            p.event.listen(
                Animal, name, lambda obj, *a, name=name: p.show(name, type(obj).__name__),
                propagate=True,
            )  # fmt: skip
        s = p.session()
        dog = Dog("bites")
        dog.name, dog.size = "rex", 3
        animal = Animal("x", "y")
        s.add_all([dog, animal])
        p.show(dog.kind, dog.args, animal.args)
        s.commit()
        s.expunge_all()
        found = s.scalars(p.select(Animal).order_by(Animal.id)).all()
        p.show([(type(a).__name__, a.name, getattr(a, "size", None)) for a in found])
        try:
            raise found[0]
        except Animal as caught:
            p.show(caught is found[0], caught.kind)
        s.delete(found[0])
        found[1].name = "new"
        s.commit()
        p.show(s.execute(p.select(animals)).all(), s.execute(p.select(dogs)).all())

    peer, _ = compare(program)
    assert peer.error is None


def test_mapping_refused() -> None:
    """A class whose mapping was refused is mapped after dispose(), otherwise."""

    def program(p: Any) -> None:
        registry = p.registry()
        table = p.Table("t", registry.metadata, p.Column("id", p.Integer, primary_key=True))
        other = p.Table("u", registry.metadata, p.Column("kind", p.Integer))
        kind = p.select(other).subquery().c.kind

        class Thing:
            pass

        p.error(lambda: registry.map_imperatively(Thing, table, polymorphic_on=kind))
        registry.dispose()
        registry.map_imperatively(Thing, table)
        p.show(str(p.select(Thing)), Thing().id)

    compare(program)


def test_primary_key_of_one_column() -> None:
    """`primary_key` may be a column instead of a list."""

    def program(p: Any) -> None:
        registry = p.registry()
        columns = (p.Column("id", p.Integer), p.Column("other", p.Integer))
        table = p.Table("t", registry.metadata, *columns)

        class Thing:
            pass

        mapper = registry.map_imperatively(Thing, table, primary_key=table.c.other)
        p.show([str(column) for column in mapper.primary_key])

    compare(program)


def test_columns_of_other_tables():
    """A column that is given for an attribute is the mapped table's, or that of an alias or a
    subquery of it; others have to be asked for."""

    def program(p):
        metadata = p.MetaData()
        t = p.Table(
            "t", metadata, p.Column("id", p.Integer, primary_key=True), p.Column("a", p.Integer)
        )
        u = p.Table("u", metadata, p.Column("id", p.Integer, primary_key=True))
        sub = p.select(t).subquery("sub")
        joined = t.join(u, t.c.id == u.c.id)
        for table, given in (
            (t, u.c.id),
            (t, [t.c.a, u.c.id]),
            (t, t.c.a + 1),
            (t, p.literal_column("5")),
            (t, p.column("a")),
            (t, p.Column("free", p.Integer)),
            (t, t.c.a.label("b")),
            (t, t.alias().c.a),
            (t, p.column_property(u.c.id)),
            (sub, t.c.a),
            (sub, sub.c.a),
            (joined, [t.c.id, u.c.id]),
        ):

            def mapped(table=table, given=given):
                class Thing:
                    pass

                mapper = p.orm.registry().map_imperatively(Thing, table, properties={"x": given})
                p.show(sorted(mapper.attrs.keys()))
                return str(p.select(Thing))

            p.error(mapped)

        class Declared(p.Base):
            __tablename__ = "declared"
            id = p.Column(p.Integer, primary_key=True)

        p.error(lambda: setattr(Declared, "other", t.c.a))

    compare(program)
