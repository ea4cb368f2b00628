"""What is loaded for subclasses by statements of their own, and columns that they declare."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from .harness import Peer, Programs, compare

program = Programs()


def loaded(obj) -> list[str]:
    return sorted(key for key in obj.__dict__ if key[0] != "_")


def three_levels(p: Peer, b=(), c=(), d=()):
    """A, of which B is joined, of which C is joined and D in the same table."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        ad = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "a"}

    class B(A):
        __tablename__ = "b"
        id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        bd = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "b", **dict(b)}

    class C(B):
        __tablename__ = "c"
        id = p.Column(p.ForeignKey("b.id"), primary_key=True)
        cd = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "c", **dict(c)}

    class D(B):
        dd = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "d", **dict(d)}

    s = p.session()
    s.add_all(
        [A(id=1, ad="x"), B(id=2, bd="b"), C(id=3, cd="c", bd="cb"), D(id=4, dd="d", bd="db")]
    )
    s.commit()
    s.expunge_all()
    return A, B, C, D, s


@program
def named_by_an_option(p: Peer):
    """A class that is named is loaded with its bases, each by a statement of its own."""
    A, B, C, D, s = three_levels(p)
    other = p.aliased(A)
    for classes in [B, C], [C, B], [B], [B, C, D]:
        for entity in A, other:
            options = p.selectin_polymorphic(entity, classes)
            found = s.scalars(p.select(entity).options(options).order_by(entity.id)).all()
            p.show([loaded(obj) for obj in found])
            s.expunge_all()
    named = p.select(A).options(p.selectin_polymorphic(A, [C])).where(A.id == 3)
    p.show([loaded(obj) for obj in s.scalars(named)])


@program
def inline_below_selectin(p: Peer):
    """What is loaded with a class inline is so when the class is loaded by a statement."""
    inline, selectin = {"polymorphic_load": "inline"}, {"polymorphic_load": "selectin"}
    A, B, _C, _D, s = three_levels(p, selectin, inline, inline)
    for statement in p.select(A), p.select(B), p.select(A).options(p.load_only(A.ad)):
        p.show([loaded(obj) for obj in s.scalars(statement.order_by("id"))])
        s.expunge_all()


@program
def options_of_aliases(p: Peer):
    """Options for an alias of the base are not for what a subclass has further."""
    selectin = {"polymorphic_load": "selectin"}
    A, _B, _C, _D, s = three_levels(p, selectin, selectin)
    other = p.aliased(A)
    for statement in (
        p.select(other),
        p.select(other).options(p.load_only(other.ad)),
        p.select(other).options(p.defer(other.ad)),
    ):
        p.show([loaded(obj) for obj in s.scalars(statement.order_by(other.id))])
        s.expunge_all()
    for statement in p.select(A), p.select(A).options(p.load_only(A.ad)):
        p.show([loaded(obj) for obj in s.scalars(statement.order_by(A.id))])
        s.expunge_all()


@program
def existing_columns(p: Peer):
    """`use_existing_column` is about the table that is shared: one of its own has its own."""

    class Base(p.Base):
        __tablename__ = "base"
        id = p.mapped_column(p.Integer, primary_key=True)
        type = p.mapped_column(p.String)
        name = p.mapped_column(p.String)
        __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "base"}

    class Joined(Base):
        __tablename__ = "joined"
        id = p.mapped_column(p.ForeignKey("base.id"), primary_key=True)
        name = p.mapped_column(p.String, use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "joined"}

    class Shared(Base):
        name = p.mapped_column(p.String, use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "shared"}

    p.show(Joined.__table__.c.keys(), Base.__table__.c.keys(), str(p.select(Joined)))
    p.show(str(p.select(Shared)))


@program
def decorated_classes(p: Peer):
    """registry.mapped() maps the class it decorates, and none that derives from it unasked."""
    reg = p.registry()

    @reg.mapped
    class Base:
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "base"}

    @reg.mapped
    class Derived(Base):
        data = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "derived"}

    class Unmapped(Derived):
        pass

    p.show(type(Base), type(Derived), str(p.select(Derived)), Base.__mro__[0])
    p.error(lambda: p.inspect(Unmapped), text=False)
    engine = p.engine()
    reg.metadata.create_all(engine)
    with p.orm.Session(engine) as s:
        s.add_all([Base(id=1), Derived(id=2, data="d")])
        s.commit()
        p.show([(type(o).__name__, o.id) for o in s.query(Base).order_by(Base.id)])


@program
def concrete_below_a_union(p: Peer):
    """A base mapped to the union of its subclasses' tables: each is written to its own."""
    tables = [
        p.Table(
            name,
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("name", p.String),
            p.Column(f"{name}_data", p.String),
        )
        for name in ("manager", "engineer")
    ]
    union = p.polymorphic_union({table.name: table for table in tables}, "type", "pjoin")

    class Employee:
        def __init__(self, **values):
            for name, value in values.items():
                setattr(self, name, value)

    class Manager(Employee):
        pass

    class Engineer(Employee):
        pass

    map_to = p.Base.registry.map_imperatively
    map_to(Employee, union, polymorphic_on=union.c.type)
    for cls, table in zip((Manager, Engineer), tables, strict=True):
        map_to(cls, table, inherits=Employee, concrete=True, polymorphic_identity=table.name)
    with p.session() as s:
        s.add(Manager(name="Tom", manager_data="m"))
        s.add(Engineer(name="Kurt", engineer_data="e"))
        s.commit()
        found = s.query(Employee).order_by(union.c.name).all()
        p.show([(type(o).__name__, o.id, o.name) for o in found])
        found[0].name = "Other"
        s.delete(found[1])
        s.commit()
        p.show([(type(o).__name__, o.id, o.name) for o in s.query(Employee)])


@program
def defaults_of_what_is_left_out(p: Peer):
    """A column that is not mapped may be all that a row is given."""
    table = p.Table(
        "t",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("left_out", p.String, default="hello"),
        p.Column("x", p.String, server_default="x"),
    )

    class Some(p.Base):
        __table__ = table
        __mapper_args__ = {"exclude_properties": ["left_out"]}

    with p.session() as s:
        s.add(Some())
        s.flush()
        s.add(Some(x="y"))
        s.flush()
        p.show(s.execute(table.select().order_by(table.c.id)).all())


@program
def dataclass_mixins(p: Peer):
    """Fields of a dataclass mixin are mapped in each class below it, in the order of a class."""
    reg = p.registry()

    @dataclasses.dataclass
    class WithKey:
        __sa_dataclass_metadata_key__ = "sa"
        key: int = dataclasses.field(
            init=False, metadata={"sa": lambda: p.Column(p.Integer, primary_key=True)}
        )
        note: str = dataclasses.field(
            default="some", metadata={"sa": p.declared_attr(lambda: p.Column(p.String(50)))}
        )

    @reg.mapped
    @dataclasses.dataclass
    class Widget(WithKey):
        __tablename__ = "widgets"
        type = p.Column(p.String(30))
        name: str | None = dataclasses.field(default=None, metadata={"sa": p.Column(p.String(30))})
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "widget"}

    @reg.mapped
    @dataclasses.dataclass
    class Special(Widget):
        magic: bool = dataclasses.field(default=False, metadata={"sa": p.Column(p.Boolean)})
        __mapper_args__ = {"polymorphic_identity": "special"}

    p.show(str(p.select(Widget)), str(p.select(Special)), Widget.__table__.c.keys())
    engine = p.engine()
    reg.metadata.create_all(engine)
    with p.orm.Session(engine) as s:
        s.add_all([Widget(name="a"), Special(name="b", magic=True, note="other")])
        s.commit()
        p.show(sorted(repr(widget) for widget in s.query(Widget)))


@program
def columns_of_an_abstract_concrete_base(p: Peer):
    """A column that has another name than its attribute is the union's."""
    base = p.module("ext.declarative").AbstractConcreteBase

    class Document(base, p.Base):
        kind = p.Column("document_kind", p.String)

    class Offer(Document):
        __tablename__ = "offers"
        id = p.Column(p.Integer, primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "offer", "concrete": True}

    class Contract(Document):
        __tablename__ = "contracts"
        id = p.Column(p.Integer, primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "contract", "concrete": True}

    p.configure_mappers()
    # SQLAlchemy would call it again for later programs, when the mapper is gone
    type.__setattr__(Document, "__declare_first__", classmethod(lambda cls: None))
    p.show(str(p.select(Document.kind)))
    with p.session() as s:
        s.add_all([Offer(kind="o"), Contract(kind="c")])
        s.commit()
        found = s.query(Document).order_by(Document.kind).all()
        p.show([(type(d).__name__, d.id, d.kind) for d in found])
        p.show(s.query(Document).filter(Document.kind == "c").count())


@program
def mappers_of_a_program(p: Peer):
    """What makes mappers is called with the class, its table and arguments by name."""
    made = []

    def make(cls, table, **arguments):
        made.append((cls.__name__, table.name, "polymorphic_identity" in arguments))
        return p.orm.Mapper(cls, table, **arguments)

    base = p.declarative_base(mapper=make)

    class A(base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "a"}

    p.show(made, str(p.select(A)))


@pytest.mark.parametrize("program", program.registered)
def test_subclass_loads(program) -> None:
    compare(program)


@pytest.mark.parametrize("joined", [False, True], ids=["single", "joined"])
def test_columns_never_given(joined: bool) -> None:
    """What a query does not have, and its objects were never given, is asked for afterwards; what
    options leave out of it is not."""

    def run(p: Any) -> None:
        class Animal(p.Base):
            __tablename__ = "animal"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String(20))
            kind = p.Column(p.String(20))
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

        def subclass(name: str, base: Any, columns: str) -> Any:
            made = {each: p.Column(p.Integer) for each in columns}
            made["__mapper_args__"] = {"polymorphic_identity": name}
            if joined:
                made["__tablename__"] = name
                made["id"] = p.Column(p.ForeignKey(base.id), primary_key=True)
            return type(name.title(), (base,), made)

        Cat, Dog = subclass("cat", Animal, "x"), subclass("dog", Animal, "z")
        Puppy = subclass("puppy", Dog, "")
        s = p.session()

        def step(query: Any, **given: Any) -> None:
            s.rollback()
            made = [Cat(name="1", **given), Cat(name="2", x=1), Dog(), Puppy(), Animal(), Cat()]
            s.add_all(made)
            s.flush()
            made[5].x = 7
            with s.no_autoflush:
                s.scalars(query).all()
            for obj in made:
                found = p.inspect(obj)
                p.show([sorted(names) for names in (found.dict, found.expired_attributes)])
            for obj in made:
                p.mark("read")
                p.show([getattr(obj, name) for name in "xz" if hasattr(obj, name)])
                p.show(sorted(p.inspect(obj).dict))
            s.delete(made[0])
            s.flush()
            p.show(sorted(p.inspect(made[0]).dict))

        query = p.select(Animal).order_by(Animal.id)
        step(query)
        step(query, x=None)
        step(query.options(p.load_only(Animal.name)))
        step(p.select(Dog))
        step(p.select(p.with_polymorphic(Animal, [Cat])))
        step(p.select(p.with_polymorphic(Animal, "*")))
        columns = p.select(Animal.__table__.c["id", "name", "kind"])
        step(p.select(Animal).from_statement(columns))

    compare(run)


def test_what_the_first_statement_gave_stays() -> None:
    """With populate_existing the statement for a subclass completes what the one before it loaded,
    and what was there before both is read anew."""

    def run(p: Peer) -> None:
        class Person(p.Base):
            __tablename__ = "person"
            id = p.Column(p.Integer, primary_key=True)
            kind = p.Column(p.String)
            boss_id = p.Column(p.ForeignKey("person.id"))
            boss = p.relationship("Person", remote_side=[id])
            things = p.relationship("Thing", order_by="Thing.id")
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

        class Maker(Person):
            __tablename__ = "maker"
            id = p.Column(p.ForeignKey(Person.id), primary_key=True)
            craft = p.Column(p.String)
            tools = p.relationship("Tool", order_by="Tool.id")
            __mapper_args__ = {"polymorphic_identity": "maker"}

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            person_id = p.Column(p.ForeignKey(Person.id))

        class Tool(p.Base):
            __tablename__ = "tool"
            id = p.Column(p.Integer, primary_key=True)
            maker_id = p.Column(p.ForeignKey(Maker.id))

        s = p.session()
        s.add_all([Person(id=1), Maker(id=2, boss_id=1, things=[Thing()], tools=[Tool()])])
        s.commit()
        maker = s.get(Maker, 2)
        query = p.select(Person).options(p.selectin_polymorphic(Person, [Maker]))
        for options in (
            (),
            (p.joinedload(Person.boss), p.joinedload(Person.things)),
            (p.selectinload(Person.things), p.selectinload(Maker.tools)),
            (p.subqueryload(Person.things), p.joinedload(Maker.tools)),
        ):
            p.show(len(maker.things), len(maker.tools))
            s.execute(p.insert(Thing).values(person_id=2))
            s.execute(p.insert(Tool).values(maker_id=2))
            maker.craft = "changed"
            wanted = query.options(*options).execution_options(populate_existing=True)
            with s.no_autoflush:
                s.scalars(wanted.order_by(Person.id)).unique().all()
            p.show(loaded(maker), maker.craft, len(maker.things), len(maker.tools))

    compare(run)
