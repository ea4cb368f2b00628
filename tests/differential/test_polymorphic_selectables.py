"""Classes mapped with a FROM of their own for all subclasses: a join, its subquery, a union."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare, run

KINDS = ("union", "union of subclasses", "subquery", "join")


class _Models:
    def __init__(self, p: Any, kind: str) -> None:
        class Base(p.DeclarativeBase):
            pass

        metadata = Base.metadata
        key = {"primary_key": True}
        firm = p.Table(
            "firm", metadata, p.Column("id", p.Integer, **key), p.Column("name", p.String)
        )
        person = p.Table(
            "person",
            metadata,
            p.Column("id", p.Integer, **key),
            p.Column("firm_id", p.ForeignKey("firm.id")),
            p.Column("name", p.String),
            p.Column("type", p.String),
        )
        engineer = p.Table(
            "engineer",
            metadata,
            p.Column("id", p.ForeignKey("person.id"), **key),
            p.Column("language", p.String),
        )
        manager = p.Table(
            "manager",
            metadata,
            p.Column("id", p.ForeignKey("person.id"), **key),
            p.Column("level", p.String),
        )
        paper = p.Table(
            "paper",
            metadata,
            p.Column("id", p.Integer, **key),
            p.Column("person_id", p.ForeignKey("person.id")),
        )
        selectable = person.outerjoin(engineer).outerjoin(manager)
        if kind == "subquery":
            style = p.LABEL_STYLE_TABLENAME_PLUS_COL
            selectable = selectable.select().set_label_style(style).subquery("staff")
        elif kind != "join":
            # where no table of its own is part of it, keys are those of the subclasses
            tables = {"engineer": person.join(engineer), "manager": person.join(manager)}
            if kind == "union":
                plain = person.select().where(person.c.type == "person")
                tables["person"] = plain.subquery()
            selectable = p.orm.polymorphic_union(tables, None, "staff")
        classes: dict[str, Any] = {}
        for name, base in (
            ("Firm", object),
            ("Person", object),
            ("Engineer", "Person"),
            ("Manager", "Person"),
            ("Paper", object),
        ):
            classes[name] = type(name, (classes.get(str(base), object),), {})
        mapped = Base.registry.map_imperatively
        self.Firm, self.Person, self.Engineer, self.Manager, self.Paper = classes.values()
        staff = p.relationship(self.Person, back_populates="firm", order_by=person.c.id)
        mapped(self.Firm, firm, properties={"staff": staff})
        mapped(
            self.Person,
            person,
            with_polymorphic=("*", selectable),
            polymorphic_on=person.c.type,
            polymorphic_identity="person",
            properties={
                "papers": p.relationship(self.Paper, order_by=paper.c.id),
                "firm": p.relationship(self.Firm, back_populates="staff"),
            },
        )
        mapped(self.Engineer, engineer, inherits=self.Person, polymorphic_identity="engineer")
        mapped(self.Manager, manager, inherits=self.Person, polymorphic_identity="manager")
        mapped(self.Paper, paper)
        self.metadata = metadata

    def session(self, p: Any) -> Any:
        session = p.orm.Session(p.engine())
        self.metadata.create_all(session.get_bind())
        papers = [self.Paper(id=1)]
        session.add_all(
            [
                self.Firm(
                    id=1,
                    name="one",
                    staff=[
                        self.Engineer(id=1, name="e1", language="py", papers=papers),
                        self.Manager(id=2, name="m1", level="x"),
                        self.Person(id=3, name="p1"),
                    ],
                ),
                self.Firm(id=2, name="two", staff=[self.Engineer(id=4, name="e2", language="c")]),
            ]
        )
        session.commit()
        session.expunge_all()
        return session


def _of(objects: Any) -> list[Any]:
    return [(type(each).__name__, each.id) for each in objects]


def selects(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, engineer, manager = m.Person, m.Engineer, m.Manager
    query = session.query(person)
    p.show(_of(query.order_by(person.id)), query.count())
    p.show(_of(query.filter(person.name == "e1")))
    p.show(_of(query.filter(person.id > 1).order_by(person.name.desc()).limit(2)))
    p.show(_of(query.filter(engineer.language == "py")))
    either = p.or_(engineer.language == "py", manager.level == "x")
    p.show(_of(query.filter(either).order_by(person.id)))
    p.show(_of(session.query(engineer).filter(engineer.name == "e1")))
    p.show(session.query(person.id, person.name).order_by(person.id).all())
    p.show(session.query(engineer.id, engineer.language).order_by(engineer.id).all())
    alias = p.aliased(person)
    p.show(_of(session.query(alias).filter(alias.name == "e1")))


def joins(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, firm, engineer, paper = m.Person, m.Firm, m.Engineer, m.Paper
    query = session.query(firm.id, person.id).order_by(person.id)
    p.show(query.join(firm.staff).all())
    p.show(query.join(person, firm.id == person.firm_id).all())
    named = session.query(firm.id).filter(person.name == "e2")
    p.show(named.join(firm.staff).all())
    p.show(session.query(person.id, paper.id).join(person.papers).all())
    p.show(session.query(person.id).join(person.firm).filter(firm.name == "two").all())
    inside = session.query(firm.id)
    p.show(inside.join(firm.staff.of_type(engineer)).filter(engineer.language == "py").all())
    p.show(inside.filter(firm.staff.any(person.name == "e2")).all())
    p.show(inside.filter(firm.staff.any(name="e2")).all())
    p.show(inside.filter(firm.staff.of_type(engineer).any(engineer.language == "py")).all())
    p.show(_of(session.query(person).filter(person.firm.has(name="two"))))
    p.show(_of(session.query(person).filter(person.papers.any(paper.id == 1))))


def loads(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    p.show(_of([session.get(m.Person, 1), session.get(m.Engineer, 4)]))
    p.show(_of(session.get(m.Firm, 1).staff), [x.id for x in session.get(m.Person, 1).papers])
    for load in (p.joinedload, p.subqueryload):
        session.expunge_all()
        firms = session.query(m.Firm).options(load(m.Firm.staff)).order_by(m.Firm.id)
        p.show([_of(firm.staff) for firm in firms])
    for load in (p.joinedload, p.selectinload, p.subqueryload):
        session.expunge_all()
        people = session.query(m.Person).options(load(m.Person.papers)).order_by(m.Person.id)
        p.show([[paper.id for paper in each.papers] for each in people])


def keys_of_one_table(p: Any) -> None:
    m = _Models(p, "join")
    session = m.session(p)
    tables = m.metadata.tables
    person, engineer, manager = tables["person"], tables["engineer"], tables["manager"]
    parts = {"engineer": person.join(engineer), "manager": person.join(manager)}
    union = p.orm.polymorphic_union(parts, None, "staff")
    both = p.with_polymorphic(m.Person, [m.Engineer, m.Manager], union)
    p.show(_of(session.query(both).order_by(both.id)))
    p.show(_of(session.query(both).filter(both.Engineer.language == "py")))
    loaded = session.query(m.Firm).options(p.joinedload(m.Firm.staff.of_type(both)))
    p.show([_of(firm.staff) for firm in loaded.order_by(m.Firm.id)])


def test_keys_of_one_table() -> None:
    peer, _ = compare(keys_of_one_table, sql=False)
    assert peer.error is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [selects, joins])
def test_statements(part: Any, kind: str) -> None:
    peer, _ = compare(lambda p: part(p, kind), warned=True)
    assert peer.error is None


@pytest.mark.parametrize("kind", KINDS)
def test_loads(kind: str) -> None:
    # whether a subquery of keys says DISTINCT is left to each
    peer, _ = compare(lambda p: loads(p, kind), sql=False)
    assert peer.error is None


def test_selectin_of_a_union() -> None:
    """SQLAlchemy makes a product of the union and the table: here each firm has its own."""

    def program(p: Any) -> None:
        m = _Models(p, "union")
        session = m.session(p)
        firms = session.query(m.Firm).options(p.selectinload(m.Firm.staff)).order_by(m.Firm.id)
        p.show([_of(firm.staff) for firm in firms])

    shown = run(program, "cormorant").shown[0]
    assert [[key for _, key in staff] for staff in shown[0]] == [["1", "2", "3"], ["4"]]


def _tables(p: Any) -> Any:
    metadata = p.Base.metadata
    key = {"primary_key": True}
    person = p.Table(
        "person",
        metadata,
        p.Column("id", p.Integer, **key),
        p.Column("boss_id", p.ForeignKey("person.id")),
        p.Column("type", p.String),
    )
    engineer = p.Table(
        "engineer",
        metadata,
        p.Column("id", p.ForeignKey("person.id"), **key),
        p.Column("language", p.String),
    )
    chief = p.Table(
        "chief",
        metadata,
        p.Column("id", p.ForeignKey("engineer.id"), **key),
        p.Column("room", p.String),
    )
    return person, engineer, chief


def unions_of_each_class(p: Any) -> None:
    """Each class has a union of its own, the last one a join without a discriminator: no FROM of
    another class gets into its statements."""
    person, engineer, chief = _tables(p)
    both = person.join(engineer)
    all_three = chief.join(engineer).join(person)
    of_chiefs = both.outerjoin(chief).select().where(chief.c.id.is_(None)).reduce_columns()
    plain = person.outerjoin(engineer)
    of_persons = person.select().select_from(plain).where(engineer.c.id.is_(None))
    persons = p.polymorphic_union(
        {"person": of_persons.subquery(), "engineer": of_chiefs.subquery(), "chief": all_three},
        "kind",
        "persons",
    )
    engineers = p.polymorphic_union(
        {"engineer": of_chiefs.subquery(), "chief": all_three}, "kind", "engineers"
    )

    class Person:
        pass

    class Engineer(Person):
        pass

    class Chief(Engineer):
        pass

    map_class = p.Base.registry.map_imperatively
    map_class(
        Person,
        person,
        polymorphic_on=persons.c.kind,
        with_polymorphic=("*", persons),
        polymorphic_identity="person",
    )
    map_class(
        Engineer,
        engineer,
        inherits=Person,
        polymorphic_on=engineers.c.kind,
        with_polymorphic=("*", engineers),
        polymorphic_identity="engineer",
    )
    map_class(
        Chief,
        chief,
        inherits=Engineer,
        with_polymorphic=("*", all_three),
        polymorphic_identity="chief",
    )
    with p.session() as s:
        for number, cls in enumerate((Person, Engineer, Chief), 1):
            obj = cls()
            obj.id, obj.type = number, cls.__name__
            s.add(obj)
        s.commit()
        for cls in (Person, Engineer, Chief):
            s.expunge_all()
            p.show([(type(o).__name__, o.id, o.type) for o in s.query(cls).order_by(cls.id)])
            s.expunge_all()
            found = s.get(cls, 3)
            p.show(type(found).__name__, found.room)


def test_unions_of_each_class() -> None:
    compare(unions_of_each_class, warned=True)


def members_that_repeat(p: Any) -> None:
    """A union that has the rows of a class twice gives each object once."""
    person, engineer, _chief = _tables(p)
    twice = p.polymorphic_union(
        {"a": person.join(engineer), "b": person.select().subquery()}, None, "twice"
    )

    class Person:
        pass

    class Engineer(Person):
        pass

    map_class = p.Base.registry.map_imperatively
    map_class(
        Person,
        person,
        polymorphic_on=twice.c.type,
        with_polymorphic=("*", twice),
        polymorphic_identity="person",
        properties={
            "staff": p.relationship(
                Person, remote_side=[person.c.boss_id], order_by=person.c.id, join_depth=1
            )
        },
    )
    map_class(Engineer, engineer, inherits=Person, polymorphic_identity="engineer")
    with p.session() as s:
        boss, *others = Person(), Engineer(), Engineer(), Person()
        boss.staff = others
        s.add(boss)
        s.commit()
        # (in selectinload() SQLAlchemy makes a product of the union and the table)
        for load in (p.lazyload, p.subqueryload):
            s.expunge_all()
            found = s.query(Person).options(load(Person.staff)).order_by(Person.id).first()
            p.show([(type(o).__name__, o.id) for o in found.staff])


def test_members_that_repeat() -> None:
    compare(members_that_repeat)


def expression_as_discriminator(p: Any) -> None:
    """A discriminator that is no column, of objects that are joined eagerly."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("node.id"))
        children = p.relationship("Node", order_by="Node.id")
        __mapper_args__ = {
            "polymorphic_on": p.case((kind == "root", "root"), else_="leaf"),
            "polymorphic_identity": "root",
        }

    class Leaf(Node):
        __mapper_args__ = {"polymorphic_identity": "leaf"}

    with p.session() as s:
        s.add(Node(kind="root", children=[Leaf(kind="x"), Leaf(kind="y")]))
        s.commit()
        for load in (p.joinedload, p.selectinload, p.subqueryload, p.lazyload):
            s.expunge_all()
            for node in s.query(Node).options(load(Node.children)).order_by(Node.id):
                p.show(type(node).__name__, [(type(c).__name__, c.id) for c in node.children])
        other = p.aliased(Node)
        joined = s.query(Node, other).join(Node.children.of_type(other)).order_by(other.id)
        p.show([(type(a).__name__, type(b).__name__) for a, b in joined])


def test_expression_as_discriminator() -> None:
    # the name of the joined one in the SELECT differs
    compare(expression_as_discriminator, sql=False)
