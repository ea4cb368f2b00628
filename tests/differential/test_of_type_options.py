"""Loader options that name subclasses: of_type() of several, chains from it, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


class _Models:
    def __init__(self, p: Any) -> None:
        class Firm(p.Base):
            __tablename__ = "firm"
            id = p.Column(p.Integer, primary_key=True)
            staff = p.relationship("Person", order_by="Person.id")

        class Person(p.Base):
            __tablename__ = "person"
            id = p.Column(p.Integer, primary_key=True)
            firm_id = p.Column(p.ForeignKey("firm.id"))
            name = p.Column(p.String)
            type = p.Column(p.String)
            papers = p.relationship("Paper")
            __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person"}

        class Engineer(Person):
            __tablename__ = "engineer"
            id = p.Column(p.ForeignKey("person.id"), primary_key=True)
            language = p.Column(p.String)
            machines = p.relationship("Machine")
            __mapper_args__ = {"polymorphic_identity": "engineer"}

        class Manager(Person):
            __tablename__ = "manager"
            id = p.Column(p.ForeignKey("person.id"), primary_key=True)
            level = p.Column(p.String)
            __mapper_args__ = {"polymorphic_identity": "manager"}

        class Boss(Manager):
            __tablename__ = "boss"
            id = p.Column(p.ForeignKey("manager.id"), primary_key=True)
            golf = p.Column(p.String)
            __mapper_args__ = {"polymorphic_identity": "boss"}

        class Machine(p.Base):
            __tablename__ = "machine"
            id = p.Column(p.Integer, primary_key=True)
            engineer_id = p.Column(p.ForeignKey("engineer.id"))

        class Paper(p.Base):
            __tablename__ = "paper"
            id = p.Column(p.Integer, primary_key=True)
            person_id = p.Column(p.ForeignKey("person.id"))

        self.Firm, self.Person, self.Engineer, self.Manager = Firm, Person, Engineer, Manager
        self.Boss, self.Machine, self.Paper = Boss, Machine, Paper

    def session(self, p: Any) -> Any:
        session = p.session()
        machines = [self.Machine(id=1), self.Machine(id=2)]
        first = self.Engineer(id=1, name="e1", machines=machines, papers=[self.Paper(id=1)])
        staff = [first, self.Manager(id=2, name="m1", level="x"), self.Boss(id=3, golf="g")]
        session.add(self.Firm(id=1, staff=staff))
        session.flush()
        session.add(self.Firm(id=2, staff=[self.Engineer(id=4, language="c")]))
        session.commit()
        return session


def _loaded(firms: Any) -> list[Any]:
    return [
        (
            firm.id,
            [
                (person.id, sorted(key for key in person.__dict__ if not key.startswith("_")))
                for person in firm.staff
            ],
        )
        for firm in firms
    ]


@program
def several_subclasses(p: Any) -> None:
    m = _Models(p)
    session = m.session(p)
    staff = m.Firm.staff
    for load in (p.joinedload, p.selectinload, p.subqueryload):
        for options in (
            (load(staff.of_type(m.Engineer)), load(staff.of_type(m.Manager))),
            (load(staff.of_type(m.Manager)), load(staff.of_type(m.Boss))),
            (load(staff), load(staff.of_type(m.Engineer))),
            (
                load(staff.of_type(m.Engineer)),
                load(staff.of_type(p.with_polymorphic(m.Person, [m.Manager], flat=True))),
            ),
            (
                load(staff.of_type(m.Engineer)).joinedload(m.Engineer.machines),
                load(staff.of_type(m.Manager)).joinedload(m.Manager.papers),
            ),
            (
                load(staff.of_type(m.Engineer)),
                p.defaultload(staff.of_type(m.Manager)).joinedload(m.Manager.papers),
            ),
        ):
            session.expunge_all()
            statement = p.select(m.Firm).options(*options).order_by(m.Firm.id)
            p.show(_loaded(session.scalars(statement).unique()))


@program
def contained_subclasses(p: Any) -> None:
    m = _Models(p)
    session = m.session(p)
    for cls in (m.Engineer, m.Manager, m.Boss):
        session.expunge_all()
        attribute = m.Firm.staff.of_type(cls)
        statement = p.select(m.Firm).join(attribute).options(p.contains_eager(attribute))
        p.show(_loaded(session.scalars(statement.order_by(m.Firm.id)).unique()))
    session.expunge_all()
    attribute = m.Firm.staff.of_type(m.Engineer)
    path = p.contains_eager(attribute).contains_eager(m.Engineer.machines)
    statement = p.select(m.Firm).join(attribute).join(m.Engineer.machines).options(path)
    for firm in session.scalars(statement.order_by(m.Machine.id)).unique():
        p.show([[machine.id for machine in person.machines] for person in firm.staff])


@program
def targets_that_do_not_go_together(p: Any) -> None:
    m = _Models(p)
    session = m.session(p)
    staff = m.Firm.staff
    engineers, managers = p.aliased(m.Engineer), p.aliased(m.Manager)
    for load in (p.joinedload, p.selectinload, p.subqueryload, p.contains_eager):
        for first, second in (
            (engineers, managers),
            (m.Engineer, engineers),
        ):
            statement = p.select(m.Firm)
            options = (load(staff.of_type(first)), load(staff.of_type(second)))
            statement = statement.options(*options)
            p.error(lambda s=statement: session.execute(s), text=load is not p.contains_eager)
    different = (p.joinedload(staff.of_type(m.Engineer)), p.selectinload(staff.of_type(m.Manager)))
    p.error(lambda: session.execute(p.select(m.Firm).options(*different)))
    plain = p.with_polymorphic(m.Person, [m.Engineer, m.Manager])
    statement = p.select(m.Firm).options(p.joinedload(staff.of_type(plain)))
    p.error(lambda: session.execute(statement))


@program
def chains_that_do_not_link(p: Any) -> None:
    m = _Models(p)
    staff, alias = m.Firm.staff, p.aliased(m.Engineer)
    both = p.with_polymorphic(m.Person, [m.Engineer, m.Manager])
    load = p.joinedload
    for chain in (
        lambda: p.orm.Load(m.Person).joinedload(m.Engineer.machines),
        lambda: p.orm.Load(m.Person).options(load(m.Engineer.machines)),
        lambda: p.orm.Load(m.Engineer).joinedload(m.Person.papers),
        lambda: load(staff).joinedload(m.Engineer.machines),
        lambda: load(staff).load_only(m.Manager.level),
        lambda: load(staff).options(p.load_only(m.Manager.level)),
        lambda: load(staff).options(load(m.Engineer.machines)),
        lambda: load(staff).options(p.defer(alias.language)),
        lambda: load(staff.of_type(alias)).joinedload(m.Engineer.machines),
        lambda: load(staff.of_type(alias)).joinedload(alias.machines),
        lambda: load(staff.of_type(both)).joinedload(alias.machines),
        lambda: load(staff.of_type(both)).joinedload(both.Engineer.machines),
        lambda: load(staff.of_type(both)).defer(m.Manager.level),
        lambda: load(staff.of_type(m.Engineer)).joinedload(m.Manager.papers),
        lambda: load(staff.of_type(m.Engineer)).joinedload(m.Person.papers),
        lambda: load(staff.of_type(m.Manager)).load_only(m.Boss.golf),
        lambda: load(staff.of_type(m.Boss)).load_only(m.Manager.level),
        lambda: p.defaultload(staff).joinedload(m.Engineer.machines),
        lambda: load(staff).selectin_polymorphic([m.Engineer]).joinedload(m.Engineer.machines),
        lambda: load(staff).options(
            p.orm.selectin_polymorphic(m.Person, [m.Engineer]), load(m.Engineer.machines)
        ),
        lambda: load(staff).options(
            load(m.Engineer.machines), p.orm.selectin_polymorphic(m.Person, [m.Engineer])
        ),
    ):
        p.error(lambda chain=chain: bool(chain()))


@program
def columns_of_subclasses_named_together(p: Any) -> None:
    m = _Models(p)
    session = m.session(p)
    both = p.with_polymorphic(m.Person, [m.Engineer, m.Manager])
    flat = p.with_polymorphic(m.Person, "*", flat=True)
    staff = m.Firm.staff
    for option in (
        p.load_only(both.name, both.Engineer.language, both.Manager.level),
        p.load_only(both.Engineer.language),
        p.orm.Load(both).load_only(both.Manager.level),
        p.orm.Load(both.Engineer).load_only(both.Engineer.language),
        p.orm.Load(both.Manager).defer(both.Manager.level),
        p.orm.Load(both.Engineer).defer("*"),
        p.orm.Load(both).load_only("*"),
        p.orm.Load(both).load_only(both.name, "*"),
    ):
        session.expunge_all()
        people = session.scalars(p.select(both).options(option).order_by(both.id))
        p.show([sorted(o.__dict__.keys() - {"id", "_sa_instance_state"}) for o in people])
    for load in (p.joinedload, p.selectinload, p.subqueryload):
        for option in (
            load(staff.of_type(flat)).options(p.load_only(flat.id, flat.Engineer.language)),
            load(staff.of_type(flat)).load_only(flat.name, flat.Manager.level, flat.Boss.golf),
            load(staff).load_only("*"),
        ):
            session.expunge_all()
            p.show(_loaded(session.scalars(p.select(m.Firm).options(option)).unique()))
    for entity in (m.Engineer, m.Person):
        for make in (
            lambda: p.load_only(m.Engineer.language, m.Person.name),
            lambda: p.load_only(m.Person.name, m.Engineer.language),
            lambda: p.load_only(m.Engineer.language, m.Machine.id),
            lambda: p.load_only("name"),
            lambda: p.load_only("*"),
            lambda: p.load_only(m.Person.name, 5),
            lambda: p.load_only(m.Person.papers),
        ):
            session.expunge_all()

            def load(make: Any = make, entity: Any = entity) -> Any:
                people = session.scalars(p.select(entity).options(make()).order_by(entity.id))
                return [sorted(key for key in o.__dict__ if key[0] != "_") for o in people]

            p.error(load)


@program
def options_in_conflict(p: Any) -> None:
    m = _Models(p)
    session = m.session(p)
    staff, papers = m.Firm.staff, m.Person.papers
    joined, selectin = p.joinedload, p.selectinload
    for entity, first, second in (
        (m.Firm, joined(staff), selectin(staff)),
        (m.Firm, joined(staff.of_type(m.Engineer)), selectin(staff)),
        (m.Firm, joined(staff), selectin(staff.of_type(m.Engineer))),
        (m.Firm, selectin(staff).joinedload(papers), selectin(staff).selectinload(papers)),
        (
            m.Firm,
            selectin(staff.of_type(m.Engineer)).joinedload(m.Engineer.machines),
            selectin(staff.of_type(m.Engineer)).selectinload(m.Engineer.machines),
        ),
        (m.Engineer, joined(papers), selectin(papers)),
        (m.Engineer, joined(m.Engineer.papers), selectin(papers)),
        (m.Engineer, joined(m.Engineer.machines), selectin(m.Engineer.machines)),
        (m.Engineer, p.defer(m.Person.name), p.undefer(m.Engineer.name)),
    ):
        statement = p.select(entity).options(first, second)
        p.error(lambda statement=statement: session.scalars(statement).unique().all())
        # as a part of another statement it loads nothing
        p.show(len(session.execute(p.union_all(statement, statement)).all()))


@program
def subqueries_of_distinct_statements(p: Any) -> None:
    m = _Models(p)
    session = m.session(p)
    for load in (p.subqueryload, p.selectinload):
        statement = p.select(m.Firm).join(m.Firm.staff).options(load(m.Firm.staff)).distinct()
        for ordered in (
            statement.order_by(m.Person.id),
            statement.order_by(m.Person.name.desc(), m.Firm.id).limit(3),
            statement.add_columns(m.Person.id).order_by(m.Person.id).offset(1).limit(2),
        ):
            session.expunge_all()
            p.error(lambda ordered=ordered: _loaded(session.scalars(ordered).all()))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function)
    assert peer.error is None
