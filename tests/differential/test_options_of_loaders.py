"""Options handed to what loads relationships: execution options of the statement, and loader
options that come out of a pickle."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def _models(p: Any) -> tuple[Any, Any, Any]:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        bs = p.relationship("B", order_by="B.id")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        cs = p.relationship("C", order_by="C.id")

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))

    session = p.session()
    session.add_all([A(id=i, name="x", bs=[B(id=i, cs=[C(id=i)])]) for i in (1, 2)])
    session.commit()
    return session, A, B


@program
def options_that_listeners_see(p: Any) -> None:
    session, a, b = _models(p)
    seen = []

    @p.sa.event.listens_for(session, "do_orm_execute")
    def hear(state: Any) -> None:
        given = {k: state.execution_options.get(k) for k in ("own", "more", "populate_existing")}
        seen.append((state.is_relationship_load, given))

    for load in (p.selectinload, p.subqueryload):
        for existing in (False, True):
            session.expunge_all()
            statement = p.select(a).options(load(a.bs).selectinload(b.cs))
            options = {"more": 2, "populate_existing": existing}
            found = session.scalars(statement.execution_options(own=1), execution_options=options)
            p.show([[[c.id for c in x.cs] for x in each.bs] for each in found])
    session.expunge_all()
    query = session.query(a).options(p.selectinload(a.bs)).execution_options(own=3)
    p.show([[x.id for x in each.bs] for each in query])
    p.show([(loads, sorted(given.items(), key=str)) for loads, given in seen])


def schemas_of_statements(p: Any) -> None:
    session, a, b = _models(p)
    names = {"schema_translate_map": {None: "main"}}
    for load in (p.selectinload, p.joinedload, p.subqueryload):
        session.expunge_all()
        statement = p.select(a).options(load(a.bs).selectinload(b.cs))
        found = session.scalars(statement, execution_options=names).unique()
        p.show([[[c.id for c in x.cs] for x in each.bs] for each in found])
    p.show(session.query(a.id).execution_options(**names).all())
    p.show(session.scalars(p.select(a.id).execution_options(**names)).all())
    session.expunge_all()
    p.show(session.get(a, 1, execution_options=names).name)
    p.show(session.scalars(p.select(a.name)).all())
    write = p.update(a).values(name="y").where(a.id == 1)
    p.show(session.execute(write, execution_options=names).rowcount)


def schemas_of_statements_alone(p: Any) -> None:
    """The tables have another schema than the database; None is its default one."""

    class A(p.Base):
        __tablename__ = "a"
        __table_args__ = {"schema": "x"}
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        bs = p.relationship("B", order_by="B.id")

    class B(p.Base):
        __tablename__ = "b"
        __table_args__ = {"schema": "x"}
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("x.a.id"))

    engine = p.engine()

    def load(names: Any, option: Any) -> None:
        session = p.Session(engine)
        select = p.select(A).options(option)

        def step(find: Any) -> None:
            p.error(lambda: [(a.n, [b.id for b in a.bs]) for a in find()])
            session.close()

        step(lambda: session.scalars(select.execution_options(**names)).unique().all())
        step(lambda: session.scalars(select, execution_options=names).unique().all())
        step(lambda: session.query(A).options(option).execution_options(**names).all())
        step(lambda: [session.get(A, 1, options=[option], execution_options=names)])

    for schema in ("main", None):
        names = {"schema_translate_map": {"x": schema}}
        made = engine.execution_options(**names)
        p.Base.metadata.create_all(made)
        with p.Session(made) as session:
            a = A(id=1, n=1, bs=[B(id=1)])
            session.add(a)
            session.commit()
            a.n = 2
            a.bs.append(B())
            session.commit()
            session.query(A).update({"n": 3})
            session.commit()
        for way in (p.selectinload, p.joinedload, p.subqueryload, p.immediateload, p.lazyload):
            load(names, way(A.bs))
        p.Base.metadata.drop_all(made)


@program
def recursion_into_objects_that_are_there(p: Any) -> None:
    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("node.id"))
        children = p.relationship("Node", order_by=id)

    session = p.session()
    leaves = [Node(id=5), Node(id=6)]
    session.add(Node(id=1, children=[Node(id=2, children=leaves), Node(id=3)]))
    session.commit()
    for depth in (-1, 1, 2):
        for held in (False, True):
            session.expunge_all()
            nodes = session.scalars(p.select(Node)).all() if held else []
            load = p.immediateload(Node.children, recursion_depth=depth)
            top = session.scalars(p.select(Node).where(Node.id == 1).options(load)).one()
            p.show(len(nodes), top.id)
            p.show(sorted((n.id, "children" in n.__dict__) for n in session.identity_map.values()))


@program
def pickled_options(p: Any) -> None:
    """Loader options name mapped attributes in a pickle, and mean the reader's."""
    session, a, b = _models(p)
    # what is pickled is found by its name
    for cls in a, b, b.cs.property.mapper.class_:
        cls.__qualname__ = f"Pickled{cls.__name__}"
        setattr(sys.modules[__name__], cls.__qualname__, cls)
        cls.__name__ = cls.__qualname__
    given = [
        p.joinedload(a.bs),
        p.selectinload(a.bs).load_only(b.id),
        p.orm.Load(a).subqueryload(a.bs).joinedload(b.cs),
        p.defer(a.name),
        p.load_only(a.name, raiseload=True),
        p.raiseload("*"),
        p.selectinload(a.bs).options(p.joinedload(b.cs), p.defer(b.a_id)),
        p.lazyload(a.bs).raiseload(b.cs),
    ]
    for option in given:
        again = pickle.loads(pickle.dumps(option))
        for options in (option,), (again,), (p.lazyload("*"), again):
            session.expunge_all()
            for found in session.scalars(p.select(a).options(*options).order_by(a.id)).unique():
                p.show(sorted(k for k in found.__dict__ if k[0] != "_"))
                p.error(lambda found=found: [sorted(b.__dict__) for b in found.bs])
                p.error(lambda found=found: [len(b.cs) for b in found.bs])


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function)
    assert peer.error is None


@pytest.mark.sqlite_only
def test_schemas_of_statements() -> None:
    peer, _ = compare(schemas_of_statements)
    assert peer.error is None
    compare(schemas_of_statements_alone)
