"""Relationships between classes of one hierarchy, whose tables overlap; criteria of many forms."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def _facts(p: Any, attribute: Any) -> list[Any]:
    prop = attribute.property
    return [
        prop.direction.name,
        sorted(map(str, prop.local_columns)),
        sorted(map(str, prop.remote_side)),
        str(prop.primaryjoin),
    ]


def _staff(p: Any) -> tuple[Any, Any, Any]:
    class Person(p.Base):
        __tablename__ = "person"
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = p.Column(p.ForeignKey("person.id"), primary_key=True)
        boss_id = p.Column(p.ForeignKey("person.id"))
        boss = p.relationship(Person, primaryjoin=lambda: Person.__table__.c.id == Engineer.boss_id)
        __mapper_args__ = {
            "polymorphic_identity": "engineer",
            "inherit_condition": id == Person.id,
        }

    class Manager(Person):
        __tablename__ = "manager"
        id = p.Column(p.ForeignKey("person.id"), primary_key=True)
        engineer_id = p.Column(p.ForeignKey("engineer.id"))
        engineer = p.relationship(
            Engineer,
            primaryjoin=lambda: Manager.engineer_id == Engineer.id,
            foreign_keys=engineer_id,
        )
        through_base = p.relationship(
            Engineer,
            primaryjoin=lambda: Manager.engineer_id == Person.__table__.c.id,
            foreign_keys=engineer_id,
            viewonly=True,
        )
        __mapper_args__ = {"polymorphic_identity": "manager", "inherit_condition": id == Person.id}

    Engineer.managers = p.relationship(
        Manager,
        primaryjoin=Manager.engineer_id == Engineer.id,
        foreign_keys=Manager.engineer_id,
        viewonly=True,
    )
    Person.engineers = p.relationship(
        Engineer, primaryjoin=Person.__table__.c.id == Engineer.boss_id, viewonly=True
    )
    p.orm.configure_mappers()
    return Person, Engineer, Manager


@program
def facts_of_hierarchies(p: Any) -> None:
    person, engineer, manager = _staff(p)
    for attribute in (engineer.boss, manager.engineer, manager.through_base):
        p.show(*_facts(p, attribute))
    p.show(*_facts(p, engineer.managers), *_facts(p, person.engineers))


@program
def statements_of_hierarchies(p: Any) -> None:
    person, engineer, manager = _staff(p)
    p.show(str(p.select(engineer).where(engineer.boss.has(person.type == "x"))))
    p.show(str(p.select(engineer).join(engineer.boss)))
    p.show(str(p.select(engineer).join(engineer.boss.of_type(p.aliased(person)))))
    for attribute in (manager.engineer, manager.through_base):
        p.show(str(p.select(manager).options(p.joinedload(attribute))))
        p.show(str(p.select(manager).join(attribute.of_type(p.aliased(engineer, flat=True)))))


@program
def objects_of_hierarchies(p: Any) -> None:
    person, engineer, manager = _staff(p)
    session = p.session()
    chief = person(id=1)
    first = engineer(id=2, boss=chief)
    session.add_all([chief, first])
    session.flush()
    session.add(manager(id=3, engineer=first))
    session.commit()
    for load in (p.lazyload, p.joinedload, p.selectinload, p.subqueryload):
        session.expunge_all()
        found = session.scalars(p.select(engineer).options(load(engineer.boss))).one()
        p.show(found.boss.id, [m.id for m in found.managers])
        found = session.scalars(p.select(manager).options(load(manager.through_base))).one()
        p.show(found.through_base.id, found.engineer.id)
        p.show([e.id for e in session.get(person, 1).engineers])


@program
def association_of_a_hierarchy(p: Any) -> None:
    knows = p.Table(
        "knows",
        p.Base.metadata,
        p.Column("teacher_id", p.ForeignKey("person.id")),
        p.Column("pupil_id", p.ForeignKey("person.id")),
    )

    class Person(p.Base):
        __tablename__ = "person"
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type}

    class Pupil(Person):
        __tablename__ = "pupil"
        id = p.Column(p.ForeignKey("person.id"), primary_key=True)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "pupil"}

    class Teacher(Person):
        __tablename__ = "teacher"
        id = p.Column(p.ForeignKey("person.id"), primary_key=True)
        name = p.Column(p.String)
        pupils = p.relationship(
            Pupil,
            secondary=knows,
            primaryjoin=Person.id == knows.c.teacher_id,
            secondaryjoin=Person.id == knows.c.pupil_id,
            backref="teachers",
        )
        __mapper_args__ = {"polymorphic_identity": "teacher"}

    p.orm.configure_mappers()
    p.show(*_facts(p, Teacher.pupils), *_facts(p, Pupil.teachers))
    p.show(str(p.select(Teacher).where(Teacher.pupils.any(Pupil.name == "x"))))
    p.show(str(p.select(Pupil).where(Pupil.teachers.any(Teacher.name == "x"))))
    p.show(str(p.select(Teacher).options(p.joinedload(Teacher.pupils))))
    session = p.session()
    session.add(Teacher(id=1, name="t", pupils=[Pupil(id=2, name="x"), Pupil(id=3)]))
    session.commit()
    statement = p.select(Teacher.id).where(Teacher.pupils.any(Pupil.name == "x"))
    p.show(session.scalars(statement).all())


@program
def several_rows_of_one(p: Any) -> None:
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        one = p.relationship("Child", uselist=False)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    session.add_all([Parent(id=1), Parent(id=2)])
    session.flush()
    session.add_all([Child(id=1, parent_id=1), Child(id=2, parent_id=1), Child(id=3, parent_id=2)])
    session.commit()
    for load in (p.selectinload, p.subqueryload, p.lazyload):
        session.expunge_all()
        statement = p.select(Parent).options(load(Parent.one)).order_by(Parent.id)
        p.show([found.one.id for found in session.scalars(statement)])


@program
def keys_under_one_name(p: Any) -> None:
    metadata = p.MetaData()
    one = p.Table("one", metadata, p.Column("id", p.Integer, primary_key=True))
    two = p.Table(
        "two",
        metadata,
        p.Column("key", p.Integer, primary_key=True),
        p.Column("one_id", p.ForeignKey("one.id")),
    )

    def show(**kw: Any) -> None:
        base = type("One", (), {})
        sub = type("Two", (base,), {})
        mapped = p.orm.registry().map_imperatively
        mapped(base, one)
        mapper = mapped(sub, two, inherits=base, **kw)
        p.orm.configure_mappers()
        p.show([str(column) for column in mapper.primary_key])

    show()
    both = [two.c.key, one.c.id]
    show(properties={"id": both}, primary_key=both)
    show(properties={"id": both}, primary_key=[one.c.id])
    show(properties={"one_key": one.c.id, "key": two.c.key})


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function, warned=True)
    assert peer.error is None
