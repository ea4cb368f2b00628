"""What tools of migrations, as Alembic, ask of schemas and do to them."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def values_of_a_class_of_their_own(p: Any) -> None:
    """As Alembic writes literals into INSERT and UPDATE (op.inline_literal())."""

    class Literal(p.sa.BindParameter):
        pass

    class Plain(p.sa.BindParameter):
        pass

    @p.module("ext.compiler").compiles(Literal)
    def write(element: Any, compiler: Any, **kw: Any) -> str:
        return str(compiler.render_literal_bindparam(element, **kw))

    t = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("name", p.String)
    )
    engine = p.engine()
    with warnings.catch_warnings(record=True) as caught, engine.begin() as connection:
        warnings.simplefilter("always")
        t.create(connection)
        for make in Literal, Plain:

            def of(value: Any, make: Any = make) -> Any:
                type_ = p.Integer() if type(value) is int else p.String()
                return make("v", value, type_=type_, unique=True)

            first = 10 if make is Plain else 1
            for statement in (
                t.insert().values(id=of(first), name=of("it's")),
                t.insert().values([{"id": of(first + 1), "name": of("b")}, {"id": first + 2, "name": "c"}]),
                t.insert().values([{"id": first + 3, "name": "c"}, {"id": of(first + 4), "name": of("d")}]),
                t.update().values(name=of("e")).where(t.c.id == of(first + 1)),
                t.update().values({t.c.name: make("given", "f")}).where(t.c.id == first),
                t.update().ordered_values((t.c.name, of("g"))).where(t.c.id == first + 3),
            ):  # fmt: skip
                p.show(statement)
                connection.execute(statement)
        cte = t.update().values(name=Plain("v", "h", unique=True)).returning(t.c.id).cte()
        p.show(p.select(cte))
        p.show(connection.execute(p.select(t).order_by(t.c.id)).all())
        p.show(t.insert().values(id=1, name=Plain("a", "x", unique=True)).compile().params)
        p.show(t.insert().values(name=Plain("a", "x", unique=True, required=True)).compile().params)
    p.show([str(w.message) for w in caught])


@program
def types_assigned_before_the_column_is_in_a_table(p: Any) -> None:
    """They bring neither constraints nor types of the database with them."""
    boolean = p.sa.Boolean(create_constraint=True, name="ck1")
    for given, later in (p.Integer(), boolean), (boolean, p.Integer()), (p.Integer(), None):
        column = p.Column("x", given)
        if later is not None:
            column.type = later
        else:
            column = p.Column("x", p.ForeignKey("t.y"))
        table = p.Table("t", p.MetaData(), column, p.Column("y", boolean.copy()))
        p.show(str(p.module("schema").CreateTable(table)))
        p.show(sorted(repr(type(c)) for c in table.constraints))
        p.show(str(p.module("schema").CreateTable(table.to_metadata(p.MetaData()))))


@program
def columns_taken_out_of_a_key(p: Any) -> None:
    """As Alembic drops columns of the primary key in batch mode."""
    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("a", p.Integer, primary_key=True),
        p.Column("b", p.Integer, primary_key=True),
        p.UniqueConstraint("b", "a", name="u"),
    )
    for constraint in sorted(table.constraints, key=repr):
        columns = constraint.columns
        columns._parent.remove(columns["a"])
        p.show(columns.keys(), constraint.c.keys(), len(constraint), hasattr(columns, "a"))
        p.error(lambda columns=columns: columns._parent.remove(columns["a"]))
    p.show(str(p.module("schema").CreateTable(table)))


@program
def columns_of_indexes(p: Any) -> None:
    """Each expression counts as the first column in it, of a table or not."""
    meta = p.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s"})
    t = p.Table("t", meta, p.Column("x", p.Integer, key="xk"), p.Column("y", p.Integer))
    o = p.Table("o", meta, p.Column("x", p.Integer))
    column = p.sa.column
    for expressions in (
        [p.sa.desc(column("x"))],
        [column("x") + column("y"), p.text("z")],
        [p.func.lower(t.c.xk) + t.c.y],
        [p.text("x")],
        [p.sa.literal_column("x"), "y"],
        [o.c.x, column("z"), column("x") + 1],
        [o.c.x + t.c.y],
    ):
        index = p.Index(None, *expressions)
        p.show(index.columns.keys(), None if index.table is None else index.table.name)
        if index.table is None:
            t.append_constraint(index)
        p.show(index.columns.keys(), len(index.expressions), index.table.name, index.name)
        p.show(str(p.module("schema").CreateIndex(index)))
    p.error(lambda: p.Index("i", o.c.x, t.c.y))
    copied = t.to_metadata(p.MetaData())
    p.show(sorted((i.name, i.columns.keys()) for i in copied.indexes))


@program
def elements_of_exclude_constraints(p: Any) -> None:
    """They are known before the constraint is part of a table."""
    exclude = p.module("dialects.postgresql").ExcludeConstraint
    t = p.Table("t", p.MetaData(), p.Column("x", p.Integer, key="xk"), p.Column("y", p.Integer))
    for elements in (
        [("xk", "=")],
        [(p.sa.column("x"), "=")],
        [(t.c.xk, "=")],
        [(p.func.f(t.c.xk, t.c.y), "&&"), ("y", ">")],
    ):
        made = exclude(*elements, name="e", ops={"x": "ops", "xk": "opsk"})
        p.show([(str(a), b, c) for a, b, c in made._render_exprs], made.operators, repr(made))
        if not made.columns:
            t.append_constraint(made)
        p.show([(str(a), b, c) for a, b, c in made._render_exprs], made.columns.keys())
    made = exclude((p.text("a b"), "="))
    p.show([(str(a), b, c) for a, b, c in made._render_exprs], made.columns.keys())


@program
def constraints_of_their_own(p: Any) -> None:
    class Own(p.module("sql.schema").ColumnCollectionConstraint):
        __visit_name__ = "own"

    class Unique(p.UniqueConstraint):
        pass

    table = p.Table("t", p.MetaData(), p.Column("id", p.Integer), Own("id"), Unique("id"))
    p.show(sorted(map(repr, table.constraints)), repr(Own("id")))


@program
def objects_that_stand_for_names(p: Any) -> None:
    """As a table is given to create_table() in place of its name."""
    schema = p.module("schema")
    first = p.Table("first", p.MetaData(), p.Column("x", p.Integer))
    meta = p.MetaData()
    for given in first, 5, b"x":
        table = p.Table(given, meta, p.Column("x", p.Integer))
        p.show(repr(table.name), table.key, table.fullname, table is p.Table(given, meta))
        p.show(str(schema.CreateTable(table)))
    p.show(len(meta.tables))
    p.error(lambda: p.Table(None, meta))
    p.show(p.module("sql.schema").quoted_name is p.module("sql").quoted_name)
    p.error(lambda: p.module("sql").quoted_name(None, None))


@program
def whether_many_tables_are_read_at_once(p: Any) -> None:
    """Alembic asks it of the dialect where there are more than 100 tables."""
    parts = "columns pk_constraint foreign_keys indexes unique_constraints check_constraints"
    for name in "sqlite", "postgresql":
        dialect = p.module(f"dialects.{name}").dialect()
        p.show([dialect._overrides_default(f"get_multi_{part}") for part in parts.split()])
        p.show(dialect._overrides_default("get_multi_table_comment"))
        p.show(dialect.requires_name_normalize)


@program
def sequences_that_are_put_into_a_metadata(p: Any) -> None:
    metadata, sequence = p.MetaData(), p.Sequence("numbers", schema="other")
    sequence._set_metadata(metadata)
    p.show(sequence.metadata is metadata, metadata._sequences == {"other.numbers": sequence})


@pytest.mark.parametrize("program", program.registered)
def test_program(program: Any) -> None:
    compare(program)
