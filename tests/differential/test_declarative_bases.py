"""Declarative classes whose other bases lay their objects out (exceptions, dicts, lists), and what
declarative bases are by themselves."""

import copy
import pickle
import sys
from typing import Any, Generic, TypeVar

import pytest

from .harness import Programs, compare

program = Programs()


def bases_of(p: Any) -> list[Any]:
    """Declarative bases as they are made."""

    class Typed(p.DeclarativeBase):
        pass

    class Explicit(metaclass=p.orm.DeclarativeMeta):
        __abstract__ = True
        registry = p.orm.registry()
        metadata = registry.metadata
        __init__ = registry.constructor

    return [Typed, p.orm.declarative_base(), Explicit]


@pytest.mark.parametrize("kind", [Exception, OSError, dict, list])
@pytest.mark.parametrize("first", [True, False])
def test_life_of_objects(kind: type, first: bool) -> None:
    def program(p: Any) -> None:
        for Base in bases_of(p):

            class Thing(*((kind, Base) if first else (Base, kind))):  # type: ignore[misc]
                __tablename__ = "things"
                id = p.Column(p.Integer, primary_key=True)
                name = p.Column(p.String)
                above_id = p.Column(p.ForeignKey("things.id"))
                below = p.relationship("Thing", order_by=id, back_populates="above")
                above = p.relationship("Thing", remote_side=id, back_populates="below")

                @p.orm.validates("name")
                def check(self, key: str, value: str) -> str:
                    return value.lower()

            p.show(issubclass(Thing, Base), issubclass(Thing, kind), Thing.name, Thing.__table__)
            p.error(lambda cls=Thing: cls(name="A", id=9).name)
            p.error(lambda cls=Thing: cls(nothing=1))
            p.error(lambda cls=Thing: cls(1, 2, 3, 4, 5, 6, 7))
            one, two = Thing(), Thing()
            one.name, two.name = "One", "Two"
            one.below.append(two)
            one.free = "kept"
            p.show(sorted(one.__dict__), isinstance(one, Base), isinstance(one, kind))
            engine = p.engine()
            Base.metadata.drop_all(engine)
            Base.metadata.create_all(engine)
            with p.Session(engine) as s:
                s.add(one)
                s.commit()
                p.show(one.id, one.name, one.free, [thing.name for thing in one.below])
                two.name = "Other"
                p.show(p.inspect(two).attrs.name.history, two in s.dirty)
                s.commit()
                s.expunge_all()
                top = s.scalars(
                    p.select(Thing).where(Thing.above_id.is_(None)).options(
                        p.selectinload(Thing.below)
                    )
                ).one()  # fmt: skip
                p.show(top.name, [thing.name for thing in top.below], top.below[0].above is top)
                if not issubclass(kind, Exception):
                    p.show(s.merge(copy.copy(top)) is top)
                s.delete(top.below[0])
                s.commit()
                p.show(s.scalar(p.select(p.func.count()).select_from(Thing)))

    compare(program)


@program
def errors_of_the_program(p: Any) -> None:
    """A hierarchy of exceptions that are kept when they are caught."""

    class Base(p.DeclarativeBase):
        def hello(self) -> str:
            return f"{type(self).__name__} {sorted(k for k in self.__dict__ if k[0] != '_')}"

    class Kept(Base):
        __abstract__ = True
        id: p.orm.Mapped[int] = p.orm.mapped_column(primary_key=True)  # type: ignore[valid-type]
        kind: p.orm.Mapped[str]  # type: ignore[valid-type]

    class Failure(Kept, Exception):
        __tablename__ = "failures"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "failure"}
        text: p.orm.Mapped[str]  # type: ignore[valid-type]

        def __init__(self, text: str) -> None:
            super().__init__(text=text)
            self.args = (text, 1)

        def hello(self) -> str:
            return super().hello() + "!"

    class Refused(Failure):
        __tablename__ = "refused"
        __mapper_args__ = {"polymorphic_identity": "refused"}
        id: p.orm.Mapped[int] = p.orm.mapped_column(  # type: ignore[valid-type]
            p.ForeignKey("failures.id"), primary_key=True
        )
        reason: p.orm.Mapped[str | None]  # type: ignore[valid-type]

    engine = p.engine()
    Base.metadata.create_all(engine)
    with p.Session(engine) as s:
        for cls in Failure, Refused:
            try:
                raise cls(f"of {cls.__name__}")
            except Failure as failure:
                p.show(failure.args, failure.hello(), type(failure) is cls)
                s.add(failure)
        s.commit()
        s.expunge_all()
        for found in s.scalars(p.select(Failure).order_by(Failure.id)):
            p.show(found.text, found.hello(), found.args, isinstance(found, Kept))
        refused = s.scalars(p.select(Refused)).one()
        refused.reason = "none"
        s.commit()
        p.show(s.scalars(p.select(Refused.reason)).all())
        try:
            raise refused from ValueError("x")
        except Refused as caught:
            p.show(caught is refused, repr(caught.__cause__), caught.__traceback__ is not None)


@program
def objects_of_bases(p: Any) -> None:
    """Bases and abstract classes have objects too, which are none of a mapped class."""
    for Base in bases_of(p):

        class Abstract(Base):  # type: ignore[misc]
            __abstract__ = True
            given = 1

        for cls in Base, Abstract:
            p.show(type(cls()) is cls, p.inspect(cls(), raiseerr=False))
            p.error(lambda cls=cls: cls(x=1))
            p.error(lambda cls=cls: cls(1), text=False)
        p.show(Abstract(given=3).given)
    p.show(type(p.DeclarativeBase()) is p.DeclarativeBase)


@program
def constructors(p: Any) -> None:
    """A base of the program's, its constructor and the registry's."""

    class Loud:
        def __init__(self, **kwargs: Any) -> None:
            self.loud = sorted(kwargs)

    for options in {}, {"constructor": None}, {"constructor": lambda self, *args: None}:
        Base = p.orm.declarative_base(cls=Loud, **options)

        class Thing(Base):  # type: ignore[misc,valid-type]
            __tablename__ = "things"
            id = p.Column(p.Integer, primary_key=True)

        class Explicit(Base):  # type: ignore[misc,valid-type]
            __tablename__ = "explicit"
            id = p.Column(p.Integer, primary_key=True)

            def __init__(self, **kwargs: Any) -> None:
                type(self).__mro__[1].__init__(self, **kwargs)

        for cls in Thing, Explicit:
            p.error(lambda cls=cls: sorted(k for k in vars(cls(id=3)) if k[0] != "_"), text=False)


@program
def new_of_object(p: Any) -> None:
    """A class that makes its objects by ``object.__new__``."""

    class Single(p.Base):
        __tablename__ = "singles"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return object.__new__(cls)

    class Below(Single):
        more = p.Column(p.String)

    session = p.session()
    session.add_all([Single(name="a"), Below(name="b", more="c")])
    session.commit()
    p.show([(s.id, s.name) for s in session.scalars(p.select(Single).order_by(Single.id))])


@program
def decorators_as_functions(p: Any) -> None:
    """What `mapped()` gives is not used: the class itself is mapped."""
    reg = p.orm.registry()

    class One:
        __tablename__ = "one"
        id = p.Column(p.Integer, primary_key=True)
        others = p.relationship("Two")

    class Two:
        __tablename__ = "two"
        id = p.Column(p.Integer, primary_key=True)
        one_id = p.Column(p.ForeignKey("one.id"))

    class Above:
        __tablename__ = "above"
        id = p.Column(p.Integer, primary_key=True)

    class Under(Above):
        pass

    above = Above
    kept = [One, Two]
    for cls in kept:
        reg.mapped(cls)
    reg.mapped(above)

    @reg.mapped
    class Further(Two):
        more = p.Column(p.String)

    @reg.mapped
    class Failure(Exception):
        __tablename__ = "failures"
        id = p.Column(p.Integer, primary_key=True)

    class Point:
        __tablename__ = "points"
        id: p.orm.Mapped[int] = p.orm.mapped_column(primary_key=True)  # type: ignore[valid-type]
        x: p.orm.Mapped[int]  # type: ignore[valid-type]

    reg.mapped_as_dataclass(Point)
    engine = p.engine()
    reg.metadata.create_all(engine)
    with p.Session(engine) as s:
        s.add_all([One(others=[Two(), Two()]), Above(), Failure("text"), Point(id=1, x=2)])
        s.commit()
        p.show(len(s.scalars(p.select(One)).one().others), s.scalars(p.select(Point)).one().x)
        p.show(s.scalars(p.select(Failure)).one().args, p.inspect(Under, raiseerr=False))
        p.show(type(s.scalars(p.select(Above)).one()) is Above)
        s.add(Further(more="x"))
        s.commit()
        p.show([(f.more, type(f) is Further) for f in s.scalars(p.select(Further).limit(1))])


@program
def classes_made_by_calls(p: Any) -> None:
    """The module of a class that is made by a call is the caller's."""
    made = type(p.Base)(
        "Made", (p.Base,), {"__tablename__": "made", "id": p.Column(p.Integer, primary_key=True)}
    )
    p.show(made.__module__, made.__qualname__)
    other = type("Other", (Exception, p.Base), {"__tablename__": "o", "id": made.id.copy()})
    p.show(other.__module__, issubclass(other, p.Base))


@program
def pickles(p: Any) -> None:
    """Dicts and lists that are mapped, through a pickle."""
    found = []
    for kind in dict, list:

        class Thing(kind, p.Base):  # type: ignore[misc,valid-type]
            __tablename__ = f"of_{kind.__name__}"
            __qualname__ = f"Thing_{kind.__name__}"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)

        setattr(sys.modules[__name__], Thing.__qualname__, Thing)
        Thing.__name__ = Thing.__qualname__
        found.append(Thing)
    session = p.session()
    for cls in found:
        thing = cls()
        thing.name = "x"
        session.add(thing)
        session.commit()
        p.show(thing.name)
        again = pickle.loads(pickle.dumps(thing))
        p.show(again.name, p.inspect(again).detached, type(again) is cls)


@program
def registries_with_a_map_beside(p: Any) -> None:
    space = {"registry": p.orm.registry(), "type_annotation_map": {int: p.Integer}}
    p.error(lambda: type(p.DeclarativeBase)("Base", (p.DeclarativeBase,), space))


@program
def bases_of_generic_classes(p: Any) -> None:
    T = TypeVar("T")

    class Common(Generic[T]):
        @classmethod
        def itself(cls) -> Any:
            return cls

    @p.orm.as_declarative()
    class Base(Common[T]):  # type: ignore[valid-type, misc]
        pass

    class Thing(Base["Thing"]):  # type: ignore[misc]
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)

    p.show(Base["Thing"] is Base, Thing.itself() is Thing, Thing.__table__.c.keys())


@pytest.mark.parametrize("program", program.registered)
def test_program(program: Any) -> None:
    compare(program)
