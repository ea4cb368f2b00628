"""Warnings of cartesian products: when a statement is executed, and only of those that are."""

from __future__ import annotations

import functools
import re
import warnings

import pytest

from .harness import Peer, compare

# which FROM element SQLAlchemy begins with is the whim of a set
_NAMES = re.compile(r'FROM element\(s\) (.*) and FROM element "([^"]*)"\.')


def warned(action):
    """Statement kind and FROM elements of each warning of a cartesian product."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    found = []
    for w in caught:
        if issubclass(w.category, ResourceWarning):
            continue  # of a connection that another test left
        match = _NAMES.search(str(w.message))
        assert match is not None, w.message
        names = sorted([*re.findall(r'"([^"]*)"', match[1]), match[2]])
        text = _NAMES.sub("FROMS", str(w.message))
        found.append((text, len(names) > 1, type(w.message).__name__))
    return found


STATEMENTS = [
    "select(a, b)",
    "select(a.c.id, b.c.id).where(a.c.id == b.c.aid)",
    "select(a.c.id, b.c.id).where(a.c.id > b.c.aid)",
    "select(a.c.id, b.c.id).where(a.c.id == 5, b.c.id == 6)",
    "select(a, b, c).where(a.c.id == b.c.aid)",
    "select(a, b, c).where(a.c.id == b.c.aid, c.c.bid == b.c.id)",
    "select(a, b).where(or_(a.c.id == b.c.aid, a.c.id == 3))",
    "select(a, c).join(b, a.c.id == b.c.aid)",
    "select(a, c).join(b, a.c.id == b.c.aid).where(c.c.bid == b.c.id)",
    "select(a).join(b, true())",
    "select(a).join(b, a.c.id == b.c.aid).join(c, true())",
    "select(a, select(b).subquery())",
    "select(a, select(b).subquery('s'))",
    "(lambda s: select(a, s).where(s.c.aid == a.c.id))(select(b).subquery())",
    "select(a).where(exists().where(b.c.aid == a.c.id))",
    "select(a).where(exists().where(b.c.aid == 5))",
    "select(a).where(exists(select(b.c.id, c.c.id)))",
    "select(a).where(a.c.id == select(b.c.aid).scalar_subquery())",
    "select(a, a.alias())",
    "(lambda x: select(a, x).where(a.c.id == x.c.id))(a.alias())",
    "select(select(a, b).subquery())",
    "union(select(a.c.id), select(b.c.id).select_from(c))",
    "(lambda x: select(x, a))(select(b).cte('x'))",
    "(lambda x: select(x, a).where(x.c.aid == a.c.id))(select(b).cte('x'))",
    "select(a, b).where(a.c.id + b.c.id == 5)",
    "select(a, b).where(func.abs(a.c.id) == b.c.id)",
    "select(a, b).where(tuple_(a.c.id, b.c.id).in_([(1, 2)]))",
    "select(a, b).where(a.c.id.in_([b.c.id, 3]))",
    "select(a, b).where(~(a.c.id == b.c.id))",
    "select(a, b).where(a.c.id.between(b.c.id, 10))",
    "select(a).select_from(a, text('b'))",
    "select(a, func.json_each('[1]').table_valued('value'))",
    "select(a, func.json_each('[1]').table_valued('value', joins_implicitly=True))",
    "select(a, func.json_each(a.c.id).table_valued('value', joins_implicitly=True))",
    "update(a).values(id=b.c.id).where(a.c.id == b.c.aid)",
    "update(a).values(id=b.c.id).where(a.c.id == 77)",
]


@pytest.mark.parametrize("expression", STATEMENTS)
def test_warnings(expression: str) -> None:
    def program(p: Peer):
        n = {name: getattr(p.sa, name) for name in dir(p.sa) if not name.startswith("_")}
        for name in (
            "union",
            "exists",
            "text",
            "true",
            "tuple_",
            "or_",
            "func",
            "select",
            "update",
        ):
            n[name] = getattr(p.sa, name)
        metadata = p.MetaData()
        for name in "abc":
            n[name] = p.Table(
                name,
                metadata,
                p.Column("id", p.Integer, primary_key=True),
                p.Column("aid", p.Integer),
                p.Column("bid", p.Integer),
            )
        for options in ({}, {"enable_from_linting": False}):
            engine = p.engine(**options)
            metadata.create_all(engine)
            with engine.connect() as connection:
                statement = eval(expression, n)
                p.show(warned(functools.partial(connection.execute, statement)))
        p.show(warned(functools.partial(str, statement)))

    compare(program, sql=False)


def test_of_mapped_classes() -> None:
    def program(p: Peer):
        class A(p.Base):
            __tablename__ = "a"
            id = p.Column(p.Integer, primary_key=True)
            bs = p.relationship("B")

        class B(p.Base):
            __tablename__ = "b"
            id = p.Column(p.Integer, primary_key=True)
            aid = p.Column(p.ForeignKey("a.id"))

        session = p.session()
        for statement in (
            p.select(A, B),
            p.select(A).join(B).options(p.joinedload(A.bs)),
            p.select(A, B).join(A.bs),
            p.select(A).where(A.bs.any()),
            p.select(A, p.aliased(B)),
        ):
            p.show(warned(lambda statement=statement: session.execute(statement).unique().all()))
        p.show(warned(lambda: session.query(A, B).filter(A.id == 3).all()))
        session.close()

    compare(program, sql=False)
