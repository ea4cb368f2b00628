"""INSERTs of several rows with defaults, and UPDATEs of aliases and of several tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def tables(p: Any) -> Any:
    metadata, number = p.MetaData(), iter(range(1, 1000))
    a = p.Table(
        "a",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.Integer),
        p.Column("y", p.String, onupdate="changed"),
        p.Column("z", p.Integer, onupdate=p.func.length("abc")),
        p.Column("n", p.Integer, default=lambda: next(number)),
        p.Column("c", p.Integer, default=9),
        p.Column("q", p.Integer, default=p.func.length("ab")),
        p.Column("s", p.Integer, server_default="4"),
        p.Column("r", p.Integer, default=lambda c: c.get_current_parameters()["x"] + 100),
        p.Column(
            "w",
            p.String(200),
            default=lambda c: ",".join(sorted(c.get_current_parameters(False))),
        ),
    )
    b = p.Table("b", metadata, *[p.Column(n, p.Integer) for n in ("id", "x", "k")])
    return a, b


@program
def several_rows_of_which_some_have_defaults(p: Any) -> None:
    a, _ = tables(p)
    with p.engine().begin() as connection:
        a.metadata.create_all(connection)
        for rows in (
            [{"x": 1}, {"x": 2}],
            [{"x": 1, "n": 50}, {"x": 2}],
            [{"x": 1}, {"x": 2, "n": 60}, {"x": 3}],
            [{"x": 1, "c": 1}, {"x": 2}],
            [{"x": 1, "s": 1}, {"x": 2}],
            [{"x": 1, "r": 3}, {"x": 2}],
            [{"x": 1, "id": 70}, {"x": 2}],
            [{"x": 1}, {"x": 2, "nowhere": 1}],
            [{"x": 1}, {"n": 3}],
        ):

            def insert(rows: Any = rows) -> Any:
                with connection.begin_nested():
                    result = connection.execute(a.insert().values(rows))
                return result.last_inserted_params()

            p.error(insert)
            shown = [c for c in a.c if c is not a.c.id]
            p.show(connection.execute(p.select(*shown).order_by(a.c.x)).all())
            connection.execute(a.delete())


@program
def several_rows_of_parameters(p: Any) -> None:
    """Each of them keeps its own value, though all are of the same column."""
    t = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("x", p.String)
    )
    engine = p.engine()
    with engine.begin() as connection:
        t.create(connection)

        def own(value: Any) -> Any:
            return p.bindparam("x", value, unique=True)

        for rows in (
            [{"id": 1, "x": "a"}, {"id": 2, "x": own("b")}, {"id": 3, "x": own("c")}],
            [{"id": n, "x": p.sa.literal(f"v{n}")} for n in range(4, 7)],
            [{"id": n, "x": own(f"v{n}")} for n in range(7, 10)],
            [{"id": p.sa.literal(n), "x": p.null() if n == 11 else own("d")} for n in (10, 11, 12)],
        ):
            insert = t.insert().values(rows)
            p.show(str(insert), insert.compile().params)
            connection.execute(insert)
        p.show(connection.execute(t.select().order_by(t.c.id)).all())
        named = [
            {"id": 20, "x": p.bindparam("a")},
            {"id": 21, "x": p.bindparam("b", type_=p.String)},
        ]
        connection.execute(t.insert().values(named), {"a": "1", "b": "2"})
        p.show(connection.execute(t.select().where(t.c.id >= 20).order_by(t.c.id)).all())


@program
def columns_of_other_tables(p: Any) -> None:
    a, b = tables(p)
    alias = a.alias()
    both = a.c.id == b.c.id
    for change in (
        lambda: a.update().values({b.c.x: 4}),
        lambda: a.update().values({b.c.k: 4}),
        lambda: a.update().values({b.c.x: 4}).where(both),
        lambda: a.update().values({a.c.x: b.c.x, b.c.x: a.c.x}).where(both),
        lambda: a.update().values({alias.c.x: 4}),
        lambda: a.insert().values({b.c.x: 4}),
        lambda: a.insert().values({b.c.k: 4}),
        lambda: alias.update().values({a.c.x: 4}),
        lambda: p.update(alias).values({alias.c.x: 4}).where(alias.c.id == b.c.id),
        lambda: p.update(alias).ordered_values((alias.c.x, 4)).returning(alias.c.x),
        lambda: p.update(a.alias("n")).values(x=4),
        lambda: p.delete(alias).where(alias.c.id == 4),
    ):
        for name in ("sqlite", "postgresql"):
            dialect = p.module(f"dialects.{name}").dialect()
            p.error(lambda: str(change().compile(dialect=dialect)))  # noqa: B023


@program
def rows_of_changed_aliases(p: Any) -> None:
    a, _ = tables(p)
    alias = a.alias()
    with p.engine().begin() as connection:
        a.metadata.create_all(connection)
        connection.execute(a.insert(), [{"id": 1, "x": 3}, {"id": 2, "x": 4}])
        for change in (
            p.update(alias).values(x=7).where(alias.c.id == 1),
            p.update(a).values(x=8).where(a.c.id == 2),
        ):
            result = connection.execute(change)
            p.show(result.rowcount, result.last_updated_params())
        p.show(connection.execute(p.select(a.c.x, a.c.y, a.c.z).order_by(a.c.id)).all())


@program
def what_deleted_rows_had(p: Any) -> None:
    t = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("a", p.String),
        p.Column("b", p.Integer, default=4),
    )
    with p.engine().begin() as connection:
        t.metadata.create_all(connection)
        for number, asked in enumerate(
            (
                lambda d: d,
                lambda d: d.return_defaults(),
                lambda d: d,
                lambda d: d.return_defaults(t.c.b),
                lambda d: d.return_defaults(t.c.b, supplemental_cols=[t.c.a]),
                lambda d: d.return_defaults(supplemental_cols=[t.c.a]),
                lambda d: d.returning(t.c.id),
            )
        ):
            connection.execute(t.insert(), {"id": number, "a": "x"})
            result = connection.execute(asked(t.delete().where(t.c.id == number)))
            p.show(result.returns_rows, result.returned_defaults, result.returned_defaults_rows)
            p.error(lambda: result.all())  # noqa: B023
    p.error(lambda: t.delete().return_defaults().returning(t.c.id))


@program
def defaults_that_are_asked_for_several_times(p: Any) -> None:
    t = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("a", p.Integer, server_default="1", server_onupdate=p.FetchedValue()),
        p.Column("b", p.Integer, server_default="2"),
    )
    dialect = p.module("dialects.postgresql").dialect()
    for statement in (t.insert(), t.update().values(b=5), t.delete()):
        for first in ((), (t.c.a,), (t.c.a, t.c.b)):
            for second in ((), (t.c.a,), (t.c.b,)):
                asked = statement.return_defaults(*first).return_defaults(*second)
                for compiled in (asked.compile(dialect=dialect), asked.compile()):
                    # sorted: there the columns of several calls are in a set
                    p.show(sorted(re.split("[ ,]+", str(compiled))))
        p.error(lambda s=statement: str(s.return_defaults(sort_by_parameter_order=True)))


@program
def second_conflict_clauses(p: Any) -> None:
    t = tables(p)[0]
    for name in ("sqlite", "postgresql"):
        insert = p.module(f"dialects.{name}").insert(t)
        p.error(lambda insert=insert: insert.on_conflict_do_update(index_elements=["id"]))
        for made in (
            insert.on_conflict_do_nothing(),
            insert.on_conflict_do_update(index_elements=["id"], set_={"x": 1}),
        ):
            p.error(made.on_conflict_do_nothing)
            p.error(made.on_conflict_do_update)


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    compare(function)


@program
def columns_fetched_afterwards(p: Any) -> None:
    """What SQL has made of a row, and no RETURNING said, is among those to be fetched."""
    table = p.Table(
        "t",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("n", p.Integer),
        p.Column("s", p.Integer, server_default="3"),
        p.Column("d", p.Integer, default=p.literal(3) + 1),
        p.Column("u", p.Integer, onupdate=p.func.length("abc")),
        p.Column("py", p.Integer, default=5),
    )
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    made = p.literal(2) + 1
    with engine.begin() as connection:
        for statement in (
            table.insert().values(n=1),
            table.insert().values(n=made),
            table.insert().values(n=made, s=5, d=made),
            table.insert().values(id=made + 90, n=made),
            table.insert().values(n=made).inline(),
            table.insert().values(n=made).return_defaults(),
            table.insert().values(n=made).return_defaults(table.c.n),
            table.update().values(n=9),
            table.update().values(n=table.c.n + 1, s=3),
            table.update().ordered_values((table.c.s, made), (table.c.n, table.c.s)),
            table.update().values(n=made).return_defaults(),
            table.update().values(n=made).return_defaults(table.c.u),
        ):
            result = connection.execute(statement)
            p.show([column.name for column in result.postfetch_cols()])
            p.show(result.lastrow_has_defaults())
            p.show([column.name for column in result.context.postfetch_cols])
