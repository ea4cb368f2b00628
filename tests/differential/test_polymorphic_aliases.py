"""Aliases of with_polymorphic(), loads that start from such, criteria about relationships of a
hierarchy's classes, and discriminators that are columns of a union."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare


class _Staff:
    """A hierarchy of joined tables whose members have skills."""

    def __init__(self, p: Any) -> None:
        class Base(p.DeclarativeBase):
            pass

        class Skill(Base):
            __tablename__ = "skill"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            owner_id = p.Column(p.ForeignKey("member.id"))

        class Member(Base):
            __tablename__ = "member"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            type = p.Column(p.String)
            head_id = p.Column(p.ForeignKey("member.id"))
            skills = p.relationship(Skill, order_by=Skill.id)
            head = p.relationship("Member", remote_side=id)
            __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "member"}

        class Coder(Member):
            __tablename__ = "coder"
            id = p.Column(p.ForeignKey("member.id"), primary_key=True)
            language = p.Column(p.String)
            machines = p.relationship("Machine", order_by="Machine.id")
            __mapper_args__ = {"polymorphic_identity": "coder"}

        class Lead(Member):
            __tablename__ = "lead"
            id = p.Column(p.ForeignKey("member.id"), primary_key=True)
            coders = p.relationship(
                Coder,
                secondary=p.Table(
                    "leads",
                    Base.metadata,
                    p.Column("lead_id", p.ForeignKey("lead.id")),
                    p.Column("coder_id", p.ForeignKey("coder.id")),
                ),
                order_by=Coder.id,
            )
            __mapper_args__ = {"polymorphic_identity": "lead"}

        class Machine(Base):
            __tablename__ = "machine"
            id = p.Column(p.Integer, primary_key=True)
            coder_id = p.Column(p.ForeignKey("coder.id"))

        self.Skill, self.Member, self.Coder, self.Lead = Skill, Member, Coder, Lead
        self.session = session = p.orm.Session(p.engine())
        Base.metadata.create_all(session.get_bind())
        one = Coder(id=1, name="c1", language="py")
        two = Coder(id=2, name="c2", language="c")
        session.add_all([one, two])
        session.flush()
        lead = Lead(id=3, name="l1", coders=[one, two])
        session.add(lead)
        session.flush()
        session.add(Member(id=4, name="m1", head=lead))
        session.flush()
        names = zip((one, two, lead), "xyx", strict=True)
        session.add_all([Skill(id=o.id, name=name, owner_id=o.id) for o, name in names])
        session.flush()
        session.add_all([Machine(id=1, coder_id=1), Machine(id=2, coder_id=1)])
        session.commit()
        session.expunge_all()


def aliases(p: Any, kw: dict[str, Any]) -> None:
    s = _Staff(p)
    kinds: list[dict[str, Any]] = [{}, {"name": "other"}, {"flat": True}]
    if "flat" not in kw:
        kinds.append({"flat": True, "name": "other"})
    for options in kinds:
        entity = p.aliased(p.with_polymorphic(s.Member, [s.Coder], **kw), **options)
        rows = p.select(entity.name, entity.Coder.language).order_by(entity.id)
        p.show(s.session.execute(rows).all())
        of_py = p.select(entity.id).where(entity.Coder.language == "py")
        p.show(s.session.execute(of_py).all())
        objects = s.session.scalars(p.select(entity).order_by(entity.id))
        p.show([(type(each).__name__, each.name) for each in objects])
        s.session.expunge_all()


def inner_joins(p: Any, kw: dict[str, Any]) -> None:
    s = _Staff(p)
    for alias in (False, True):
        entity = p.with_polymorphic(s.Member, [s.Coder], **kw)
        if alias:
            entity = p.aliased(entity)
        load = p.joinedload(entity.Coder.machines, innerjoin=True)
        found = s.session.scalars(p.select(entity).options(load).order_by(entity.id)).unique()
        p.show([(each.id, [m.id for m in getattr(each, "machines", ())]) for each in found])
        s.session.expunge_all()


@pytest.mark.parametrize("program", [aliases, inner_joins])
@pytest.mark.parametrize("kw", [{}, {"flat": True}, {"aliased": True}, {"innerjoin": True}])
def test_aliases(program: Any, kw: dict[str, Any]) -> None:
    peer, _ = compare(lambda p: program(p, kw), warned=True)
    assert peer.error is None


def criteria(p: Any) -> None:
    s = _Staff(p)
    session, member, coder, lead, skill = s.session, s.Member, s.Coder, s.Lead, s.Skill
    with_x = coder.skills.any(skill.name == "x")
    for load in (p.joinedload, p.selectinload):
        leads = session.scalars(p.select(lead).options(load(lead.coders.and_(with_x)))).unique()
        p.show([[each.name for each in found.coders] for found in leads])
        session.expunge_all()
    joined = p.select(lead.name, coder.name).join(lead.coders.and_(with_x))
    p.show(session.execute(joined).all())
    only = p.orm.with_loader_criteria(coder, lambda cls: cls.skills.any(skill.name == "x"))
    leads = session.scalars(p.select(lead).options(only, p.joinedload(lead.coders))).unique()
    p.show([[each.name for each in found.coders] for found in leads])
    other = p.aliased(member)
    heads = p.select(member.name).join(member.head.of_type(other)).where(other.head == None)  # noqa: E711
    p.show(session.execute(heads).all())


def test_criteria() -> None:
    # where the criteria stand in the statement of a selectinload() is left to each
    peer, _ = compare(criteria, sql=False, warned=True)
    assert peer.error is None


def discriminator_of_a_union(p: Any) -> None:
    metadata = p.MetaData()
    key = {"primary_key": True}
    person = p.Table(
        "person",
        metadata,
        p.Column("id", p.Integer, **key),
        p.Column("name", p.String),
        p.Column("type", p.String),
    )
    boss = p.Table(
        "boss",
        metadata,
        p.Column("id", p.ForeignKey("person.id"), **key),
        p.Column("friend_id", p.ForeignKey("person.id")),
    )

    class Person:
        pass

    class Boss(Person):
        pass

    same = person.c.id == boss.c.id
    plain = person.select().where(person.c.type == "person").subquery()
    parts = {"person": plain, "boss": person.join(boss, same)}
    union = p.orm.polymorphic_union(parts, None)
    mapped = p.orm.registry().map_imperatively
    mapped(
        Person,
        person,
        with_polymorphic=("*", union),
        polymorphic_on=union.c.type,
        polymorphic_identity="person",
    )
    friend = p.relationship(Person, primaryjoin=boss.c.friend_id == person.c.id)
    mapped(
        Boss,
        boss,
        inherits=Person,
        inherit_condition=same,
        polymorphic_identity="boss",
        properties={"friend": friend},
    )
    session = p.orm.Session(p.engine())
    metadata.create_all(session.get_bind())
    session.add_all([Person(), Boss()])
    session.flush()
    one, two = session.get(Person, 1), session.get(Boss, 2)
    one.name, two.name, two.friend = "one", "two", one
    session.commit()
    session.expunge_all()
    p.show([(type(each).__name__, each.name) for each in session.query(Boss)])
    people = session.query(Person).order_by(Person.id)
    p.show([(type(each).__name__, each.name, each.type) for each in people])
    session.expunge_all()
    p.show(session.get(Boss, 2).friend.name)
    session.expire_all()
    p.show(session.get(Boss, 2).type, session.query(Person.type).order_by(Person.id).all())


def test_discriminator_of_a_union() -> None:
    peer, _ = compare(discriminator_of_a_union, warned=True)
    assert peer.error is None
