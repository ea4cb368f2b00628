"""What classes say of their own mapping: declared attributes, hooks, instrumentation events."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_declared(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def _show_columns(p: Peer, table: Any) -> None:
    for column in table.c:
        p.show(column.name, repr(column.type), column.nullable, column.primary_key)


@program
def base_with_computed_table_names(p: Peer) -> None:
    class Base(p.DeclarativeBase):
        @p.declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower() + "s"

        id = p.mapped_column(p.Integer, primary_key=True)

    class Thing(Base):
        name = p.mapped_column(p.String)

    class Other(Base):
        thing_id = p.mapped_column(p.ForeignKey("things.id"))
        thing = p.relationship(Thing)

    engine = p.engine()
    Base.metadata.create_all(engine)
    with p.Session(engine) as session:
        session.add(Other(thing=Thing(name="t")))
        session.commit()
        p.show(session.scalars(p.select(Other)).one().thing.name, sorted(Base.metadata.tables))
    Base.registry.dispose()


@program
def bases_that_cannot_be(p: Peer) -> None:
    for namespace in ({"__tablename__": "t"}, {"__table__": p.Table("t", p.MetaData())}):
        p.error(lambda n=namespace: type("Base", (p.DeclarativeBase,), dict(n)))
        p.error(lambda n=namespace: type("Base", (p.DeclarativeBaseNoMeta,), dict(n)))


@program
def annotations_of_declared_attributes(p: Peer) -> None:
    """They count in mixins, not in the mapped class itself."""

    def declared(made, annotation):
        def attribute(cls):
            return made()

        attribute.__annotations__ = {"return": annotation}
        return p.declared_attr(attribute)

    def text():
        return p.mapped_column(p.String(30))

    class Mixin:
        a = declared(text, p.Mapped[str])
        b = declared(p.mapped_column, p.Mapped[str | None])
        c = declared(p.mapped_column, p.Mapped[int])

    class Person(Mixin, p.Base):
        __tablename__ = "person"
        id = p.mapped_column(p.Integer, primary_key=True)
        d = declared(text, p.Mapped[str])

    class Engineer(Person):
        e = declared(lambda: Person.__table__.c.get("e", text()), p.Mapped[str])

    class Manager(Person):
        e = declared(lambda: Person.__table__.c.get("e", text()), p.Mapped[str])

    _show_columns(p, Person.__table__)
    p.show(Manager.e.property.columns[0] is Engineer.e.property.columns[0])

    def without_type():
        class Wrong(p.Base):
            __tablename__ = "wrong"
            id = p.mapped_column(p.Integer, primary_key=True)
            f = declared(p.mapped_column, p.Mapped[str])

    def without_target():
        class Lost(p.Base):
            __tablename__ = "lost"
            id = p.mapped_column(p.ForeignKey("person.id"), primary_key=True)
            person = declared(p.relationship, p.Mapped[Person])

    p.error(without_type)
    p.error(without_target)


@program
def hooks_around_the_configuration(p: Peer) -> None:
    heard: list[str] = []

    class Counted:
        @classmethod
        def __declare_first__(cls):
            if heard[-1:] != ["over"]:  # SQLAlchemy calls it when later programs are configured
                heard.append(f"first {cls.__name__}")

        @classmethod
        def __declare_last__(cls):
            if heard[-1] == "over":
                return
            heard.append(f"last {cls.__name__}")
            other = cls.__table__.alias()
            cls.later = p.column_property(
                p.select(p.func.count(other.c.id))
                .where(other.c.id > cls.id)
                .correlate(cls.__table__)
                .scalar_subquery()
            )

    class A(Counted, p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    class B(Counted, p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    session = p.session()
    session.add_all([A(id=1), A(id=2), A(id=3)])
    session.commit()
    p.show(session.execute(p.select(A.id, A.later).order_by(A.id)).all())
    p.show([a.later for a in session.scalars(p.select(A).order_by(A.later))])
    p.show(heard)
    heard.append("over")


@program
def instrumentation_events(p: Peer) -> None:
    heard: list[Any] = []

    def note(*args):
        heard.append([a.__name__ if isinstance(a, type) else a for a in args])

    class Base:
        pass

    p.sa.event.listen(Base, "class_instrument", lambda cls: note("class", cls))

    @p.sa.event.listens_for(Base, "attribute_instrument")
    def attribute(cls, key, inst):
        note("attribute", cls, key, inst.key)
        if key == "name":
            p.sa.event.listen(inst, "set", lambda obj, value, old, how: note("set", value))
        if key == "children":
            p.sa.event.listen(inst, "append", lambda obj, value, how: note("append", value.name))

    base = p.declarative_base(cls=Base)

    class Parent(base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class Child(base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship(Parent, backref="children")

    class Special(Child):
        pass

    p.orm.configure_mappers()
    p.show(sorted(heard))
    del heard[:]
    parent = Parent(name="p")
    parent.children.append(Child(name="c"))
    Child(name="d").parent = parent
    parent.name = "q"
    Child.extra = p.column_property(Child.id + 1)
    p.show(heard)
    p.sa.event.remove(Base, "attribute_instrument", attribute)
    del heard[:]

    class Other(base):
        __tablename__ = "other"
        id = p.Column(p.Integer, primary_key=True)

    p.show(heard)


@program
def columns_of_one_name(p: Peer) -> None:
    def declare() -> None:
        class Thing(p.Base):
            __tablename__ = "things"
            id = p.Column(p.Integer, primary_key=True)
            x = p.Column("x", p.Integer)
            y = p.Column("x", p.Integer)

    p.error(declare)


@program
def warnings_are_of_the_line_that_caused_them(p: Peer) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for base in (p.Base, type("Base", (p.DeclarativeBase,), {})):
            for number in range(2):
                type(
                    "Twice",
                    (base,),
                    {
                        "__tablename__": f"t{number}",
                        "id": p.mapped_column(p.Integer, primary_key=True),
                        "tail": (p.mapped_column(p.Integer),),
                    },
                )
        p.select(p.Base.metadata.tables["t0"]).where(p.select(p.literal(1)).alias() == 1)
    found = [
        (str(w.message)[:40], w.filename.endswith("test_declared.py"))
        for w in caught
        if type(w.message).__module__.startswith(p.package)
    ]
    p.show(sorted(set(found)))


def test_annotations_as_text_have_the_builtins() -> None:
    # Generic[...] imports by them from Python 3.12 on, strptime() in any version
    peer, _ = compare("""
import time
from typing import Annotated
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

WHEN = "Thu Jan  1 00:00:00 1970"

class Base(DeclarativeBase):
    pass

class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Annotated[str, time.strptime(WHEN)]]

print([repr(column) for column in Thing.__table__.c])
try:
    class Other(Base):
        __tablename__ = "others"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[1 / 0]
except Exception as error:
    frame = error.__traceback__
    while frame is not None:
        names = frame.tb_frame.f_locals
        assert not names.get("__tracebackhide__") and "__tracebackhide__" not in names
        frame = frame.tb_next
    print("refused")
""")
    assert peer.error is None
