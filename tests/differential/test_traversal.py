"""Copies of statements with other values and other elements: params(), sql.visitors, comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, Programs, compare

programs = Programs()


def _tables(p: Peer) -> tuple[Any, Any, Any]:
    metadata = p.MetaData()
    return tuple(
        p.Table(name, metadata, p.Column("x", p.Integer), p.Column("y", p.Integer))
        for name in "abc"
    )


def _shown(p: Peer, statement: Any) -> None:
    compiled = statement.compile()
    p.show(str(compiled), dict(compiled.params))


@programs
def params_everywhere(p: Peer) -> None:
    a, b, c = _tables(p)
    inner = p.select(b.c.x).where(b.c.y == p.bindparam("v", 1))
    sub, cte, lateral = inner.subquery("s"), inner.cte("k"), inner.lateral("l")
    exists = p.exists().where(b.c.x == a.c.x, b.c.y == p.bindparam("v", 1))
    for statement in (
        inner, p.select(sub), p.select(a).where(a.c.x.in_(inner)), p.select(a).where(exists),
        p.select(a).join(sub, a.c.x == sub.c.x),
        p.select(a.c.x).join_from(a, sub, a.c.x == sub.c.x),
        p.select(a).join(b, b.c.x == p.bindparam("v", 1)),
        p.select(a.c.x).select_from(a.join(sub, a.c.x == sub.c.x)),
        p.select(a.c.x).select_from(a, sub), p.select(a).join(cte, a.c.x == cte.c.x),
        p.select(cte), p.select(a.c.x).select_from(cte), p.select(a, cte.c.x),
        p.select(a.c.x).add_cte(cte), p.select(a).join(lateral, p.true()),
        p.union(inner, p.select(c.c.x)), p.select(p.union(inner, p.select(c.c.x)).subquery()),
        p.select(inner.scalar_subquery()), p.select(a).order_by(inner.scalar_subquery()),
        p.select(a).group_by(a.c.x + p.bindparam("v", 1)),
        p.select(a).having(a.c.x > p.bindparam("v", 1)),
        p.select(p.case((a.c.x == p.bindparam("v", 1), 2), else_=p.bindparam("v", 1))),
        p.select(p.func.f(p.bindparam("v", 1))), p.select(a).limit(p.bindparam("v", 1)),
        p.select(a).where(p.tuple_(a.c.x, a.c.y) == p.tuple_(p.bindparam("v", 1), 2)),
        p.update(a).values(x=p.bindparam("v", 1)), p.update(a).where(exists).values(x=1),
        p.delete(a).where(a.c.x == p.bindparam("v", 1)),
        p.insert(a).values(x=p.bindparam("v", 1)), p.insert(a).from_select(["x"], inner),
        p.text("select :v").bindparams(v=1), p.text("select :v").columns(a.c.x).bindparams(v=3),
        p.select(sub.alias("q")), p.select(a).join(sub.alias("q"), p.true()),
        p.select(p.over(p.func.f(a.c.x), order_by=a.c.y + p.bindparam("v", 1))),
        p.select(p.func.f(a.c.x).filter(a.c.y == p.bindparam("v", 1))),
        p.select(p.cast(p.bindparam("v", 1), p.Integer)), p.select(a.c.x.op("@")(p.bindparam("v", 1))),
    ):  # fmt: skip
        p.error(lambda s=statement: _shown(p, s))
        p.error(lambda s=statement: _shown(p, s.params(v=5)))
        p.error(lambda s=statement: _shown(p, s.params({"v": 6})))
        p.error(lambda s=statement: _shown(p, s))


@programs
def params_that_run(p: Peer) -> None:
    engine = p.engine()
    a, b, _ = _tables(p)
    a.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(a.insert(), [{"x": i, "y": i} for i in range(4)])
        connection.execute(b.insert(), [{"x": i, "y": i * 10} for i in range(4)])
        inner = p.select(b.c.x).where(b.c.y == p.bindparam("v", 10))
        sub, cte = inner.subquery(), inner.cte("k")
        for statement in (
            p.select(a).join(sub, a.c.x == sub.c.x),
            p.select(a.c.x).select_from(a.join(sub, a.c.x == sub.c.x)),
            p.select(a).join(b, (a.c.x == b.c.x) & (b.c.y == p.bindparam("v", 10))),
            p.select(a).where(a.c.x.in_(inner)),
            p.select(a).join(cte, a.c.x == cte.c.x),
        ):
            p.show(connection.execute(statement).all())
            p.show(connection.execute(statement.params(v=20)).all())
            p.show(connection.execute(statement.params(v=30)).all())
            p.show(connection.execute(statement, {"v": 20}).all())


@programs
def unique_params(p: Peer) -> None:
    a, _, _ = _tables(p)
    clause = (a.c.x == p.bindparam("v")) & (a.c.y == p.bindparam("w"))
    first, second = clause.unique_params(v=1, w=2), clause.unique_params({"v": 3, "w": 4})
    _shown(p, p.or_(first, second))
    _shown(p, clause.params(v=1))
    p.error(lambda: clause.unique_params({"v": 1}, {"w": 2}))
    p.error(lambda: clause.params({"v": 1}, {"w": 2}))
    p.error(lambda: clause.params({"v": 1}, w=2).compile().params)


@programs
def replacing_what_is_within(p: Peer) -> None:
    visitors = p.module("sql.visitors")
    a, b, _ = _tables(p)
    alias = a.alias("z")

    def to_alias(element: Any, **kw: Any) -> Any:
        if element is a:
            return alias
        if getattr(element, "table", None) is a:
            return alias.c[element.key]
        return None

    inner = p.select(a.c.x).where(a.c.y == 5)
    sub = inner.subquery("s")
    for statement in (
        inner, p.select(sub), p.select(b).join(sub, b.c.x == sub.c.x), p.select(b).join(a, b.c.x == a.c.x),
        p.select(a).join(b, b.c.x == a.c.x), p.select(b.c.x).select_from(b.join(a, a.c.x == b.c.x)),
        p.select(b).where(b.c.x.in_(inner)), p.select(b).where(p.exists().where(a.c.x == b.c.x)),
        p.union(inner, p.select(b.c.x)), p.select(inner.cte("k")), a.c.x + a.c.y,
        p.select(p.func.f(a.c.x)).order_by(a.c.y).group_by(a.c.x).having(a.c.y > 1),
        p.case((a.c.x == 1, a.c.y), else_=5), p.select(a.c.x.label("q")).order_by("q"),
        p.select(b).join_from(b, sub, sub.c.x == b.c.y).where(sub.c.x == 3),
        p.select(p.over(p.func.f(a.c.x), partition_by=a.c.y)), p.select(a).distinct(a.c.x).limit(5),
        p.and_(a.c.x == 1, p.or_(a.c.y == 2, b.c.x == a.c.x)), p.select(p.literal_column("1").label("o"), a.c.x),
    ):  # fmt: skip
        p.error(lambda s=statement: _shown(p, visitors.replacement_traverse(s, {}, to_alias)))
        p.error(lambda s=statement: _shown(p, visitors.cloned_traverse(s, {}, {})))
        p.error(
            lambda s=statement: _shown(
                p,
                visitors.cloned_traverse(
                    s, {}, {"bindparam": lambda bind: setattr(bind, "value", 99)}
                ),
            )
        )
        _shown(p, statement)


@programs
def walking(p: Peer) -> None:
    visitors = p.module("sql.visitors")
    a, b, _ = _tables(p)
    sub = p.select(b.c.x).where(b.c.y == 3).subquery()
    for statement in (
        a.c.x == 5, p.and_(a.c.x == 1, a.c.y.in_([1, 2])), p.func.f(a.c.x, 5).label("q"),
        p.case((a.c.x == 1, 2), else_=3),
        p.not_(p.or_(a.c.x == 1, b.c.x == 2)), a.c.x.desc(),
        p.func.f(a.c.x).over(order_by=a.c.y), p.extract("year", a.c.x), -a.c.x,
    ):  # fmt: skip
        p.show([e.__visit_name__ for e in visitors.iterate(statement)])
        seen: list[str] = []
        visitors.traverse(
            statement, {},
            {name: (lambda e, name=name, seen=seen: seen.append(name)) for name in ("column", "bindparam", "binary")},
        )  # fmt: skip
        p.show(seen)
    statement = p.select(a.c.x).join(sub, sub.c.x == a.c.x).where(a.c.y == 7)
    p.show(
        sorted(str(e.value) for e in visitors.iterate(statement) if e.__visit_name__ == "bindparam")
    )
    for other in (
        statement, p.select(a), p.select(a.c.x).where(a.c.y == 1), p.select(a.c.x).join(b, a.c.x == b.c.x),
        p.select(a.c.x).select_from(a.join(b, a.c.x == b.c.x)), a, a.alias("z"), p.select(sub.c.x),
        p.select(p.func.count()).select_from(a), p.select(b).where(p.exists().where(a.c.x == b.c.x)),
        p.delete(a).where(a.c.x == 1), p.select(a).where(a.c.x.in_(p.select(b.c.x))),
        p.union(p.select(a.c.x), p.select(b.c.x)), p.select(p.select(b.c.x).cte("k").c.x),
    ):  # fmt: skip
        p.show(sorted({e.name for e in visitors.iterate(other) if e.__visit_name__ == "table"}))


@programs
def comparing(p: Peer) -> None:
    a, b, _ = _tables(p)
    pairs = [
        (a.c.x == 5, a.c.x == 5), (a.c.x == 5, a.c.x == 6), (a.c.x == b.c.x, b.c.x == a.c.x),
        (a.c.x == a.c.y, a.c.x == a.c.y), (p.and_(a.c.x == 1, a.c.y == 2), p.and_(a.c.y == 2, a.c.x == 1)),
        (p.func.f(a.c.x), p.func.f(a.c.x)), (p.func.f(a.c.x), p.func.g(a.c.x)), (a.c.x + 1, a.c.x - 1),
        (p.select(a), p.select(a)), (p.select(a), p.select(a.c.x)), (a.c.x.desc(), a.c.x.asc()),
        (p.literal("x"), p.literal("x")), (p.bindparam("v", 1), p.bindparam("v", 1)), (a.c.x, a.c.x),
        (p.cast(a.c.x, p.Integer), p.cast(a.c.x, p.String)), (p.text("x"), p.text("x")), (a.c.x, b.c.x),
        (a.c.x.in_([1]), a.c.x.in_([1])), (a.c.x.in_([1]), a.c.x.in_([2])), (p.true(), p.false()),
        (a.c.x > b.c.x, b.c.x < a.c.x), (a.c.x.label("q"), a.c.x.label("q")), (p.null(), p.null()),
        (a.alias("q"), a.alias("q")), (p.select(a).where(a.c.x == 1), p.select(a).where(a.c.x == 1)),
    ]  # fmt: skip
    p.show([left.compare(right) for left, right in pairs])


@pytest.mark.parametrize("program", programs.registered)
def test_traversal(program: Any) -> None:
    """One way to copy or walk."""
    compare(program, warned=True)
