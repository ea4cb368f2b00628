"""Joins and correlated subqueries from and to classes mapped with a FROM of their own for all
subclasses, from one class of a hierarchy along a relationship of another."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare
from .test_polymorphic_selectables import KINDS, _Models, _of


def between_classes(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, engineer, paper, firm = m.Person, m.Engineer, m.Paper, m.Firm
    p.show(_of(session.query(engineer).join(person.papers)))
    p.show(
        _of(session.query(engineer).order_by(person.id).join(person.papers).filter(paper.id > 0))
    )
    p.show(_of(session.query(person).join(engineer.papers)))
    p.show(_of(session.query(person).join(engineer.papers).filter(paper.id == 2)))
    p.show(_of(session.query(firm).join(firm.staff).join(engineer.papers)))
    p.show(_of(session.query(firm).join(firm.staff).join(person.papers).filter(paper.id == 1)))


def several_entities(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, engineer, firm = m.Person, m.Engineer, m.Firm
    rows = session.query(person, firm.name).join(firm.staff).order_by(person.id)
    p.show([(each.id, name) for each, name in rows])
    p.show(session.query(person.name, firm.name).join(firm.staff).order_by(person.id).all())
    p.show(session.query(firm.name, person.name).join(person.firm).order_by(person.id).all())
    rows = session.query(engineer, firm.name).join(firm.staff)
    p.show([(each.id, name) for each, name in rows.filter(person.type == "engineer")])
    alias = p.aliased(person)
    query = session.query(person.name, alias.name).filter(person.id < alias.id)
    p.show(query.order_by(person.id, alias.id).all())
    flat = p.aliased(engineer, flat=True)
    query = session.query(person.name, flat.language).join(flat, flat.firm_id == person.firm_id)
    p.show(query.order_by(person.id).all())


def correlations(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, firm = m.Person, m.Firm
    for entity in (
        person,
        p.aliased(person),
        p.aliased(person, flat=True),
        p.with_polymorphic(person, "*"),
        p.with_polymorphic(person, "*", flat=True),
    ):
        names = p.select(firm.name).where(firm.id == entity.firm_id)
        of_one = names.correlate(entity).scalar_subquery() == "one"
        p.show(session.query(entity.name).filter(of_one).order_by(entity.name).all())
        others = names.correlate_except(firm).scalar_subquery() != "one"
        p.show(session.query(entity.name).filter(others).order_by(entity.name).all())
    staff = p.select(p.func.count(person.id)).where(person.firm_id == firm.id)
    query = p.select(firm.name, staff.correlate_except(person).scalar_subquery())
    p.show(session.execute(query.order_by(firm.id)).all())


def exists(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, engineer, paper, firm = m.Person, m.Engineer, m.Paper, m.Firm
    staff = firm.staff
    p.show(_of(session.query(firm).filter(staff.any(person.name == "e1"))))
    p.show(_of(session.query(firm).filter(staff.of_type(engineer).any(engineer.language == "c"))))
    p.show(_of(session.query(person).filter(person.papers.any(paper.id == 1))))
    p.show(_of(session.query(person).filter(~person.papers.any()).order_by(person.id)))
    p.show(_of(session.query(engineer).filter(engineer.firm.has(firm.name == "two"))))
    p.show(_of(session.query(paper).filter(paper.id.in_(p.select(person.id)))))


def loads(p: Any, kind: str) -> None:
    m = _Models(p, kind)
    session = m.session(p)
    person, engineer, firm = m.Person, m.Engineer, m.Firm
    for load in (p.joinedload, p.subqueryload):
        for path in (load(firm.staff), load(firm.staff.of_type(engineer))):
            firms = session.query(firm).options(path).order_by(firm.id).all()
            p.show([(each.id, _of(each.staff)) for each in firms])
            session.expunge_all()
        people = session.query(person).options(load(person.papers)).order_by(person.id)
        p.show([(each.id, _of(each.papers)) for each in people.all()])
        p.show([(each.id, _of(each.papers)) for each in people.limit(2)])
        session.expunge_all()
    deep = p.subqueryload(firm.staff.of_type(engineer)).subqueryload(engineer.papers)
    firms = session.query(firm).options(deep).order_by(firm.id).all()
    p.show([(each.id, [_of(member.papers) for member in each.staff]) for each in firms])
    p.show(session.get(person, 1).name, session.get(engineer, 4).language)
    session.expunge_all()
    p.show(session.get(firm, 1).staff[0].name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "program", [between_classes, several_entities, correlations, exists, loads]
)
def test_polymorphic_joins(program: Any, kind: str) -> None:
    peer, _ = compare(lambda p: program(p, kind), warned=True)
    assert peer.error is None
