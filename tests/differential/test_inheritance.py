"""How classes that inherit may be declared, and what is refused."""

import pytest

from .harness import Peer, Programs, compare

program = Programs()


def staff(p: Peer, joined: bool = True, **arguments):
    """A base class with two subclasses."""

    class Employee(p.Base):
        __tablename__ = "employee"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        type = p.Column(p.String)
        __mapper_args__ = {
            "polymorphic_on": type,
            "polymorphic_identity": "employee",
            **arguments,
        }

    class Engineer(Employee):
        if joined:
            __tablename__ = "engineer"
            id = p.Column(p.ForeignKey("employee.id"), primary_key=True)
        info = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    class Manager(Employee):
        if joined:
            __tablename__ = "manager"
            id = p.Column(p.ForeignKey("employee.id"), primary_key=True)
        data = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "manager"}

    p.Employee, p.Engineer, p.Manager = Employee, Engineer, Manager
    return Employee


@program
def the_same_identity_twice(p):
    base = staff(p)

    class Other(base):
        __mapper_args__ = {"polymorphic_identity": "manager"}

    p.show(p.Employee.__mapper__.polymorphic_map["manager"] is Other.__mapper__)


@program
def no_identity(p):
    base = staff(p)

    class Other(base):
        pass

    p.show(p.inspect(Other).polymorphic_identity, Other().type)


@program
def an_abstract_class_of_a_hierarchy(p):
    base = staff(p, joined=False)

    class Abstract(base):
        __mapper_args__ = {"polymorphic_abstract": True}

    class Concrete(Abstract):
        __mapper_args__ = {"polymorphic_identity": "concrete"}

    s = p.session()
    s.add(Concrete(name="c"))
    s.flush()
    s.expunge_all()
    p.show(s.scalars(p.select(Abstract.name)).all(), Concrete().type)
    p.error(lambda: Abstract())


@program
def an_unmapped_class_between(p):
    base = staff(p)

    class Between(base):
        __abstract__ = True
        note = p.Column(p.String)

    class Leaf(Between):
        __tablename__ = "leaf"
        id = p.Column(p.ForeignKey("employee.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "leaf"}

    p.show(Leaf.__mapper__.inherits, Leaf.__table__.c.keys(), Leaf.__mapper__.attrs.keys())


@program
def a_mixin_gives_tables_and_columns(p):
    class Mixin:
        @p.declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

        @p.declared_attr
        def stamp(cls):
            return p.Column(p.Integer)

    class Person(Mixin, p.Base):
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person"}

    class Worker(Person):
        id = p.Column(p.ForeignKey("person.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "worker"}

    class Sharing(Person):
        __tablename__ = None
        __mapper_args__ = {"polymorphic_identity": "sharing"}

    p.show([(c.__mapper__, c.__mapper__.attrs.keys()) for c in (Person, Worker, Sharing)])
    p.show(str(p.select(Worker)), str(p.select(Sharing)))


@program
def a_cascading_column(p):
    class Mixin:
        @p.declared_attr.cascading
        def id(cls):
            if p.has_inherited_table(cls):
                return p.Column(p.ForeignKey("person.id"), primary_key=True)
            return p.Column(p.Integer, primary_key=True)

    class Person(Mixin, p.Base):
        __tablename__ = "person"

    class Worker(Person):
        __tablename__ = "worker"

    p.show(Worker.__mapper__.inherit_condition, str(p.select(Worker)))


@program
def two_classes_use_one_column(p):
    base = staff(p, joined=False)

    class A(base):
        start = p.mapped_column(p.Integer, use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "a"}

    class B(base):
        start = p.mapped_column(p.Integer, use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "b"}

    p.show(base.__table__.c.keys(), A.start.property.columns[0] is B.start.property.columns[0])
    s = p.session()
    s.add_all([A(start=1), B(start=2)])
    s.flush()
    p.show(s.execute(p.select(A.start)).all(), s.execute(p.select(B.start)).all())


@program
def columns_that_conflict(p):
    base = staff(p, joined=False)

    def declare():
        class Other(base):
            info = p.Column(p.Integer)
            __mapper_args__ = {"polymorphic_identity": "other"}

    p.error(declare, text=False)


@program
def a_key_in_a_shared_table(p):
    base = staff(p, joined=False)

    def declare():
        class Other(base):
            key = p.Column(p.Integer, primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "other"}

    p.error(declare)


@program
def table_arguments_without_a_table(p):
    base = staff(p, joined=False)

    def declare():
        class Other(base):
            __table_args__ = {"comment": "x"}
            __mapper_args__ = {"polymorphic_identity": "other"}

    p.error(declare)


@program
def no_foreign_key_to_the_base(p):
    base = staff(p)

    def declare():
        class Other(base):
            __tablename__ = "other"
            id = p.Column(p.Integer, primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "other"}

    p.error(declare)


@program
def two_foreign_keys_to_the_base(p):
    base = staff(p)

    def declare(**arguments):
        class Other(base):
            __tablename__ = "other"
            id = p.Column(p.ForeignKey("employee.id"), primary_key=True)
            boss_id = p.Column(p.ForeignKey("employee.id"))
            __mapper_args__ = {"polymorphic_identity": "other", **arguments}

        return Other

    p.error(declare)


@program
def a_condition_is_given(p):
    base = staff(p)
    table = p.Table(
        "other",
        p.Base.metadata,
        p.Column("id", p.ForeignKey("employee.id"), primary_key=True),
        p.Column("boss_id", p.ForeignKey("employee.id")),
    )

    class Other(base):
        __table__ = table
        __mapper_args__ = {
            "polymorphic_identity": "other",
            "inherit_condition": table.c.id == base.__table__.c.id,
        }

    p.show(str(p.select(Other)))


@program
def several_mapped_bases(p):
    staff(p)

    def declare():
        class Both(p.Engineer, p.Manager):
            pass

    p.error(declare, text=False)


@program
def bad_arguments(p):
    for arguments in ({"polymorphic_on": "nothing"}, {"polymorphic_load": "odd"}):

        def declare(arguments=arguments):
            name = f"odd_{next(iter(arguments))}"  # (the collector says when a name is free)
            members = {
                "__tablename__": name,
                "id": p.Column(p.Integer, primary_key=True),
                "__mapper_args__": arguments,
            }
            type(name, (p.Base,), members)

        p.error(declare)
    staff(p)
    p.error(lambda: p.with_polymorphic(p.Engineer, [p.Manager]), text=False)
    p.error(lambda: p.with_polymorphic(p.Employee, "*", selectable=p.Employee.__table__, flat=True))


@program
def abstract_without_a_discriminator(p):
    def declare(base, **members):
        arguments = {"polymorphic_abstract": True}
        type("Abstract", (base,), {"__mapper_args__": arguments, **members})

    class Plain(p.Base):
        __tablename__ = "plain"
        id = p.Column(p.Integer, primary_key=True)

    p.error(lambda: declare(p.Base, __tablename__="t", id=p.Column(p.Integer, primary_key=True)))
    p.error(lambda: declare(Plain))


@program
def keys_by_columns_of_two_tables(p):
    """A column of the base's table is that, though the class's own has one of its name."""

    class Part(p.Base):
        __tablename__ = "part"
        part_id = p.Column("id", p.Integer, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "part"}

    class Wheel(Part):
        __tablename__ = "wheel"
        wheel_id = p.Column("id", p.Integer, primary_key=True)
        base_id = p.Column(p.ForeignKey("part.id"))
        __mapper_args__ = {"polymorphic_identity": "wheel"}

    p.orm.configure_mappers()
    wheel = Wheel(part_id=1, wheel_id=2, base_id=3)
    for spec in (
        Part.part_id,
        Wheel.part_id,
        Wheel.wheel_id,
        (Wheel.wheel_id, Part.part_id, Wheel.base_id),
        Part.__table__.c.id,
        Wheel.__table__.c.id,
    ):
        p.show(p.orm.column_keyed_dict(spec)().keyfunc(wheel))


@program
def discriminators_of_rows_are_odd(p):
    staff(p)
    s = p.session()
    s.execute(
        p.text("INSERT INTO employee VALUES (1, 'a', NULL), (2, 'b', 'what'), (3, 'c', 'engineer')")
    )
    s.execute(p.text("INSERT INTO engineer VALUES (3, 'i')"))
    s.execute(p.text("INSERT INTO employee VALUES (4, 'd', 'manager')"))
    s.execute(p.text("INSERT INTO engineer VALUES (4, 'i')"))
    p.error(lambda: s.scalars(p.select(p.Employee).where(p.Employee.id == 1)).all())
    p.error(lambda: s.scalars(p.select(p.Employee).where(p.Employee.id == 2)).all())
    p.error(lambda: s.scalars(p.select(p.Engineer)).all())
    p.show([type(e) for e in s.scalars(p.select(p.Employee).where(p.Employee.id >= 3))])


@program
def a_discriminator_is_assigned(p):
    staff(p)
    s = p.session()
    e = p.Engineer(name="a", type="manager")
    s.add(e)
    s.flush()
    p.show(e.type)


@program
def one_identity_map_for_all(p):
    staff(p)
    s = p.session()
    s.add_all([p.Engineer(name="a", info="x"), p.Manager(name="b"), p.Employee(name="c")])
    s.flush()
    engineer = s.get(p.Engineer, 1)
    p.show(s.get(p.Employee, 1) is engineer, s.get(p.Manager, 1), s.get(p.Employee, 3) is None)
    p.show(p.inspect(engineer).identity_key[0], p.inspect(engineer).identity_key[1])
    p.show(s.get(p.Engineer, 2), s.get(p.Engineer, 3))
    s.expunge_all()
    p.show(type(s.get(p.Employee, 1)), s.get(p.Manager, 1))
    s.delete(s.get(p.Employee, 1))
    s.flush()
    p.show(s.get(p.Engineer, 1))


@program
def versions_of_joined_rows(p):
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        version = p.Column(p.Integer)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "version_id_col": version}

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        extra = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "sub"}

    s = p.session()
    s.add(Sub(name="a", extra="x"))
    s.commit()
    sub = s.scalars(p.select(Sub)).one()
    sub.name = "b"
    s.flush()
    p.show(sub.version)


@program
def mapped_by_hand(p):
    registry = p.registry()
    people = p.Table(
        "people",
        registry.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("kind", p.String),
    )
    workers = p.Table(
        "workers",
        registry.metadata,
        p.Column("id", p.ForeignKey("people.id"), primary_key=True),
        p.Column("skill", p.String),
    )
    base = registry.generate_base()

    class Person(base):
        __table__ = people
        __mapper_args__ = {"polymorphic_on": people.c.kind, "polymorphic_identity": "p"}

    class Worker(Person):
        __table__ = workers
        __mapper_args__ = {"polymorphic_identity": "w"}

    p.show(str(p.select(Worker)), Worker().kind, Worker.__mapper__.tables)


def numbered(p: Peer, count: int):
    """A base class whose subclasses, one table for all, are told apart by numbers."""

    class Shape(p.Base):
        __tablename__ = "shape"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": 0}

    return Shape, [
        type(f"Shape{n}", (Shape,), {"__mapper_args__": {"polymorphic_identity": n}})
        for n in range(1, count)
    ]


@program
def many_classes_by_numbers(p):
    shape, others = numbered(p, 40)
    s = p.session()
    s.add_all(cls() for cls in [shape, *others, *others[::-1]])
    s.flush()
    s.expunge_all()
    found = s.scalars(p.select(shape).order_by(shape.id)).all()
    p.show([type(o).__name__ for o in found], [o.kind for o in found])
    s.execute(p.text("INSERT INTO shape (id, kind) VALUES (1000, 99)"))
    p.error(lambda: s.scalars(p.select(shape)).all())
    s.execute(p.text("UPDATE shape SET kind = NULL WHERE id = 1000"))
    p.error(lambda: s.scalars(p.select(shape)).all())


@program
def many_classes_by_texts(p):
    class Shape(p.Base):
        __tablename__ = "shape"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": ""}

    names = ["a" * n for n in range(1, 30)] + ["é", "🦜" * 20]
    for n, name in enumerate(names):
        type(f"Shape{n}", (Shape,), {"__mapper_args__": {"polymorphic_identity": name}})
    s = p.session()
    s.add_all(mapper.class_() for mapper in Shape.__mapper__.self_and_descendants)
    s.flush()
    s.expunge_all()
    found = s.scalars(p.select(Shape).order_by(Shape.id)).all()
    p.show([(type(o).__name__, o.kind) for o in found])
    s.expunge_all()
    s.execute(p.text("UPDATE shape SET kind = 'aaa'"))
    p.show({type(o).__name__ for o in s.scalars(p.select(Shape))})


@program
def a_class_that_came_after_the_statement(p):
    shape, _ = numbered(p, 3)
    s = p.session()
    s.add(shape())
    s.flush()
    statement = p.select(shape).order_by(shape.id)
    p.show([type(o).__name__ for o in s.scalars(statement)])

    class Late(shape):
        __mapper_args__ = {"polymorphic_identity": 7}

    s.add(Late())
    s.flush()
    s.expunge_all()
    p.show([type(o).__name__ for o in s.scalars(statement)])


@program
def a_row_of_another_branch(p):
    staff(p, joined=False)
    s = p.session()
    s.add_all([p.Engineer(name="a"), p.Manager(name="b")])
    s.flush()
    s.expunge_all()
    p.error(
        lambda: s.scalars(
            p.select(p.Engineer).from_statement(p.text("SELECT * FROM employee"))
        ).all()
    )


@program
def inherited_keys_of_other_names(p):
    class Base(p.Base):
        __tablename__ = "base"
        one = p.Column(p.Integer, primary_key=True)
        two = p.Column(p.String, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class Sub(Base):
        __tablename__ = "sub"
        sub_one = p.Column(p.Integer, primary_key=True)
        sub_two = p.Column(p.String, primary_key=True)
        extra = p.Column(p.String)
        __table_args__ = (p.ForeignKeyConstraint(["sub_one", "sub_two"], ["base.one", "base.two"]),)
        __mapper_args__ = {"polymorphic_identity": "sub"}

    class Leaf(Sub):
        __tablename__ = "leaf"
        leaf_one = p.Column(p.Integer, primary_key=True)
        leaf_two = p.Column(p.String, primary_key=True)
        more = p.Column(p.String)
        __table_args__ = (
            p.ForeignKeyConstraint(["leaf_one", "leaf_two"], ["sub.sub_one", "sub.sub_two"]),
        )
        __mapper_args__ = {"polymorphic_identity": "leaf"}

    s = p.session()
    new = [cls(one=n, two=str(n)) for n, cls in enumerate([Base, Sub, Leaf, Leaf, Sub, Base])]
    s.add_all(new)
    s.flush()
    p.show([(o.sub_one, o.sub_two) for o in new[1:3]], new[2].leaf_one, new[2].leaf_two)
    for n, o in enumerate(new[1:5]):
        o.extra = f"x{n}"
    s.flush()
    s.expunge_all()
    every = p.with_polymorphic(Base, "*")
    found = s.query(every).order_by(every.one).all()
    p.show([(type(o).__name__, o.one, o.two) for o in found])
    p.show([(o.sub_one, o.extra) for o in found[1:5]])
    for o in found:
        s.delete(o)
    s.flush()
    p.show(s.query(Base).count())


def keys_of_two_columns(p, *options):
    class Parent(p.Base):
        __tablename__ = "parent"
        one = p.Column(p.Integer, primary_key=True)
        two = p.Column(p.String, primary_key=True)
        children = p.relationship("Child", back_populates="parent", order_by="Child.id")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        one = p.Column(p.Integer)
        two = p.Column(p.String)
        parent = p.relationship("Parent", back_populates="children")
        __table_args__ = (p.ForeignKeyConstraint(["one", "two"], ["parent.one", "parent.two"]),)

    s = p.session()
    s.add_all(
        Parent(one=n, two=t, children=[Child() for _ in range(n)]) for n in range(3) for t in "ab"
    )
    s.add_all([Child(), Child(one=1)])
    s.flush()
    for option in options:
        s.expunge_all()
        query = s.query(Parent).options(option(Parent.children)).order_by(Parent.one, Parent.two)
        p.show([[c.id for c in o.children] for o in query])
        s.expunge_all()
        children = s.query(Child).options(option(Child.parent)).order_by(Child.id)
        p.show([c.parent and (c.parent.one, c.parent.two) for c in children])


@program
def keys_of_two_columns_are_loaded(p):
    keys_of_two_columns(p, p.selectinload, p.joinedload)


def test_keys_of_two_columns_by_subquery() -> None:
    # SQLAlchemy has the columns of such a key in a set's order, another in each process
    compare(lambda p: keys_of_two_columns(p, p.subqueryload), sql=False, warned=True)


@pytest.mark.parametrize("program", program.registered)
def test_inheritance(program) -> None:
    compare(program, warned=True)
