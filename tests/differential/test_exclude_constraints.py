"""EXCLUDE constraints over expressions, their copies, and ON CONFLICT with indexes."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def elements_that_are_expressions(p: Any) -> None:
    pg, schema = p.module("dialects.postgresql"), p.module("schema")
    E, dialect = pg.ExcludeConstraint, pg.dialect()
    for made in (
        lambda t: E(("x", "=")),
        lambda t: E((t.c.x, "="), ("y", "<>"), name="n"),
        lambda t: E((p.literal_column("x+y"), "="), ("y", "<>")),
        lambda t: E((p.text("x-y"), "%")),
        lambda t: E((p.func.int8range(p.column("x"), t.c.y), "&&")),
        lambda t: E((p.func.power(t.c.x, 42), "="), (t.c.x // t.c.y, "??")),
        lambda t: E((t.c.x, "="), using="foobar"),
        lambda t: E((t.c.x, "="), where="x > 5"),
        lambda t: E((p.func.lower(t.c.x), "=")),
        lambda t: E(("nowhere", "=")),
        lambda t: E((3, "=")),
        lambda t: E(("x", "="), using="a;b"),
    ):

        def shown(made: Any = made) -> Any:
            t = p.Table("t", p.MetaData(), p.Column("x", p.Integer), p.Column("y", p.Integer))
            constraint = made(t)
            before = sorted(constraint.operators.items()), constraint.columns.keys()
            t.append_constraint(constraint)
            copied = t.to_metadata(p.MetaData(), name="t2")
            (again,) = [c for c in copied.constraints if isinstance(c, E)]
            return (
                before,
                constraint.columns.keys(),
                again.columns.keys(),
                str(schema.CreateTable(t).compile(dialect=dialect)),
                str(schema.AddConstraint(again).compile(dialect=dialect)),
            )

        p.error(shown)


@program
def conditions_and_information(p: Any) -> None:
    pg, schema = p.module("dialects.postgresql"), p.module("schema")
    t = p.Table("t", p.MetaData(), p.Column("x", p.Integer))
    constraint = pg.ExcludeConstraint((t.c.x, "="), where=t.c.x > 5, info={"a": 1})
    t.append_constraint(constraint)
    p.show(constraint.info, str(schema.CreateTable(t).compile(dialect=pg.dialect())))


@program
def conflicts_with_indexes(p: Any) -> None:
    pg = p.module("dialects.postgresql")
    t = p.table("t", p.column("name"))
    named = p.Index("i", t.c.name, postgresql_where=t.c.name > "m")
    where = named.dialect_options["postgresql"]["where"]
    p.show([str(expression) for expression in named.expressions], p.Index("j", "x").expressions)
    insert = pg.insert(t).values(name="x")
    for target in (
        {"index_elements": named.expressions, "index_where": where},
        {"constraint": named},
        {"constraint": p.Index(None, t.c.name, postgresql_where=t.c.name > "m")},
    ):
        changed = insert.on_conflict_do_update(set_={"name": insert.excluded.name}, **target)
        p.error(lambda: str(changed.compile(dialect=pg.dialect())))  # noqa: B023


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    compare(function)
