"""What a compiled statement says of itself, and what the program says to its compiler."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def stock(p: Any) -> Any:
    """A table that is no Table: names, and two columns of numbers."""
    return p.table("stock", p.column("id", p.Integer), p.column("name", p.String), p.column("n"))


def dialects(p: Any) -> Any:
    """A dialect of each paramstyle."""
    default = p.module("engine.default").DefaultDialect
    styles = ("named", "pyformat", "qmark", "format", "numeric", "numeric_dollar")
    return [default(paramstyle=style) for style in styles]


def text(made: Any) -> str:
    """The SQL on one line."""
    return " ".join(str(made).split())


@program
def lists_within_the_text(p: Any) -> None:
    t = stock(p)
    statement = p.select(t.c.id).where(
        t.c.id.in_([1, 2, 3]),
        t.c.name == "a",
        p.tuple_(t.c.id, t.c.name).in_([(1, "a"), (2, "b")]),
        t.c.n.in_(p.bindparam("none", [], literal_execute=True)),
    )
    for dialect in dialects(p):
        for rendered in (False, True):
            made = statement.compile(
                dialect=dialect, compile_kwargs={"render_postcompile": rendered}
            )
            p.show(text(made), made.params, made.positiontup, made.construct_params())
            p.error(lambda made=made: made.construct_params({"name_1": "c"}))
            state = made.construct_expanded_state({"id_1": [7], "name_1": "q"})
            p.show(text(state.statement), state.parameters, state.positiontup)
            p.show(state.parameter_expansion, state.additional_parameters)
            p.error(lambda state=state: state.positional_parameters)


@program
def numbers_of_parameters(p: Any) -> None:
    """Members of lists are numbered after the other parameters, which have a number each."""
    t = stock(p)
    statements = [
        p.select(t.c.id).where(t.c.id == 5, t.c.id.in_([1, 2]), t.c.n == 3, t.c.n.in_([7, 8])),
        p.select(t.c.id).where(t.c.id == p.bindparam("a"), t.c.n < p.bindparam("b"),
                               t.c.n != p.bindparam("a"), t.c.id.in_([1])),
        p.select(p.func.count()).where(t.c.id.in_([]), t.c.n == 4).limit(3),
        p.insert(t).values([{"id": 1, "n": 2}, {"id": 3, "n": 4}]),
        p.update(t).where(t.c.id.in_([4, 5])).values(n=t.c.n + 1),
    ]  # fmt: skip
    for style in "numeric", "numeric_dollar":
        for dialect in [p.module(f"dialects.{n}").dialect for n in ("sqlite", "postgresql")]:
            for statement in statements:
                made = statement.compile(dialect=dialect(paramstyle=style))
                p.show(text(made), made.positiontup)
                p.show(
                    *[
                        (text(state.statement), state.positiontup, state.positional_parameters)
                        for state in [made.construct_expanded_state({"a": 1, "b": 2})]
                    ]
                )


@program
def names_of_members_that_others_have(p: Any) -> None:
    t = stock(p)
    ids = t.c.id.in_(p.bindparam("q", value=[1, 2]))
    for rest in (
        t.c.n == p.bindparam("q_1", value=3),
        t.c.n.in_(p.bindparam("q_1", value=[3, 5])),
        p.and_(t.c.n == p.bindparam("q_1", value=3), t.c.n != p.bindparam("q_1__1", value=4)),
        p.tuple_(t.c.id, t.c.n).in_(p.bindparam("q_1", value=[(3, 5), (4, 6)])),
    ):
        for criteria in ((ids, rest), (rest, ids)):
            made = p.select(t.c.id).where(*criteria)
            made = made.compile(compile_kwargs={"render_postcompile": True})
            p.show(text(made), sorted(made.params.items()))


@program
def values_of_members_whose_names_others_have(p: Any) -> None:
    engine = p.engine()
    numbers = p.Table("numbers", p.MetaData(), p.Column("id", p.Integer), p.Column("n", p.Integer))
    numbers.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(numbers.insert(), [{"id": i, "n": i % 3} for i in range(12)])
        statement = p.select(numbers).where(
            numbers.c.id.in_(p.bindparam("q")), numbers.c.n == p.bindparam("q_1")
        )
        statement = statement.order_by(numbers.c.id)
        rows = connection.execute(statement, {"q": [1, 4, 5, 8], "q_1": 1})
        p.show([tuple(row) for row in rows])


@program
def values_that_are_asked_for(p: Any) -> None:
    t = stock(p)
    made = p.select(t).where(t.c.id == p.bindparam("x"), t.c.n == p.bindparam("y", 5)).compile()
    p.show(made.params)
    p.error(made.construct_params)
    p.error(lambda: made.construct_params({"y": 3}))
    p.show(made.construct_params({"x": 3}))
    p.error(lambda: p.select(t).where(t.c.id.in_(p.bindparam("z"))).compile(
        compile_kwargs={"render_postcompile": True}
    ))  # fmt: skip
    strange = p.select(t).where(t.c.id == p.bindparam("has spaces (two)", 5)).compile()
    p.show(text(strange), strange.params, dict(strange.escaped_bind_names))
    p.show(strange.construct_params({"has spaces (two)": 7}))
    p.show(strange.construct_params({"has spaces (two)": 7}, escape_names=False))
    for dialect in dialects(p):
        listed = p.select(t).where(t.c.id == p.bindparam("has spaces", 5), t.c.n.in_([1, 2]))
        made = listed.compile(dialect=dialect)
        for escaped in (True, False):
            state = made.construct_expanded_state({"has spaces": 7}, escape_names=escaped)
            p.show(text(state.statement), sorted(state.parameters.items()))
            if state.positiontup is not None and not escaped:
                p.show(state.positional_parameters, state.positiontup)


@program
def options_of_what_was_compiled(p: Any) -> None:
    t = stock(p)
    schema = p.module("schema")
    table = p.Table("made", p.MetaData(), p.Column("id", p.Integer))
    for construct in (
        p.select(t),
        p.select(t).execution_options(a=1),
        t.insert().execution_options(a=1),
        schema.CreateTable(table),
        p.text("select 1").execution_options(b=2),
    ):
        p.show(construct.compile().execution_options)


@program
def words_for_the_program_s_own_constructs(p: Any) -> None:
    """What is in compile_kwargs reaches them wherever they are."""

    class Own(p.module("sql.expression").ColumnClause):
        inherit_cache = True

    @p.module("ext.compiler").compiles(Own)
    def compile_own(element: Any, compiler: Any, **kw: Any) -> str:
        return f"<{element.name} {kw.get('word')}>"

    q, t = Own("q"), stock(p)
    pg = p.module("dialects.postgresql")
    inner = p.select(q).where(q == 1).group_by(q).order_by(q).having(q == 2)
    for construct in (
        q == 5,
        inner,
        p.select(inner.subquery()),
        p.select(inner.cte("c")),
        p.select(p.exists().where(q == 1)),
        p.select(inner.scalar_subquery()),
        p.union(p.select(q), p.select(q)).order_by(q),
        t.insert().values(id=q),
        t.insert().from_select(["id"], p.select(q)),
        t.update().values(id=q).where(q == 1),
        t.delete().where(q == 2),
        pg.insert(t).values(id=1).on_conflict_do_update(index_elements=["id"], set_={"id": q}),
        p.select(p.func.f(q).over(partition_by=q, order_by=q)),
        p.extract("year", q),
    ):
        for dialect in (None, pg.dialect(), p.module("dialects.sqlite").dialect()):
            made = construct.compile(dialect=dialect, compile_kwargs={"word": "heard"})
            p.show(text(made))


@program
def constructs_that_one_dialect_has(p: Any) -> None:
    """They are written as that dialect writes them in a text for none."""
    pg = p.module("dialects.postgresql")
    expression = p.module("sql.expression")
    compiles = p.module("ext.compiler").compiles

    class Own(expression.ColumnElement):
        stringify_dialect = "sqlite"
        inherit_cache = True
        type = p.Integer()

    class Other(Own):
        stringify_dialect = "default"
        inherit_cache = True

    @compiles(Own, "sqlite")
    def compile_own(element: Any, compiler: Any, **kw: Any) -> str:
        return f"own({compiler.process(p.literal('x'), **kw)})"

    @compiles(Other, "sqlite")
    def compile_other(element: Any, compiler: Any, **kw: Any) -> str:
        return "other"

    t = stock(p)
    p.show(text(Own()), text(Own() == 5))
    p.error(lambda: str(Other()), text=False)
    p.error(lambda: str(p.select(Other())), text=False)
    p.show(text(pg.insert(t).values(id=1).on_conflict_do_nothing()))
    p.show(text(pg.array([1, 2])))
    p.show(text(pg.insert(t).values(id=pg.array([1, 2])).on_conflict_do_nothing()))


@program
def numbers_of_limits(p: Any) -> None:
    t = stock(p)
    for value in (None, 5, p.literal_column("q"), p.bindparam("q"), p.literal(5)):
        statement = p.select(t).limit(value).offset(value)
        p.error(lambda statement=statement: statement._limit)
        p.error(lambda statement=statement: statement._offset)


@program
def columns_without_a_name(p: Any) -> None:
    column = p.Column(p.String)
    statement = p.select(column)
    p.error(lambda: statement.subquery().c.keys())
    p.error(lambda: statement.subquery().select().compile())
    column.name = "late"
    p.show(text(statement))


@program
def keys_in_the_order_of_their_constraint(p: Any) -> None:
    schema = p.module("schema")
    for auto in (True, "auto", False):
        for given in ((), ("a", "b"), ("b", "a")):
            table = p.Table(
                "keyed",
                p.MetaData(),
                p.Column("a", p.Integer, primary_key=not given),
                p.Column("b", p.Integer, primary_key=not given, autoincrement=auto),
                *([p.PrimaryKeyConstraint(*given)] if given else ()),
            )
            p.show(text(schema.CreateTable(table)))
            pg = p.module("dialects.postgresql").dialect()
            p.show(text(schema.CreateTable(table).compile(dialect=pg)))


@program
def locks_of_tables_that_are_replaced(p: Any) -> None:
    table = p.Table("locked", p.MetaData(), p.Column("id", p.Integer), p.Column("n", p.Integer))
    alias = table.alias("other")
    pg = p.module("dialects.postgresql").dialect()
    visitors = p.module("sql.visitors")

    def replace(element: Any, **kw: Any) -> Any:
        if element is table:
            return alias
        column = getattr(element, "table", None) is table
        return alias.c[element.name] if column else None

    for of in (None, table, table.c.id, [table.c.id, table.c.n]):
        statement = p.select(table).with_for_update(of=of, nowait=True)
        adapted = p.module("sql.util").ClauseAdapter(alias).traverse(statement)
        p.show(text(adapted.compile(dialect=pg)))
        p.show(text(visitors.replacement_traverse(statement, {}, replace).compile(dialect=pg)))
        union = p.union(statement, statement).with_for_update(of=of)
        p.show(text(visitors.replacement_traverse(union, {}, replace).compile(dialect=pg)))


@program
def locks_within_eager_loads(p: Any) -> None:
    """A limited statement that is joined eagerly stands within another: tables that the lock names
    are not among those outside."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        above_id = p.Column(p.ForeignKey("node.id"))
        below = p.relationship("Node")

    pg = p.module("dialects.postgresql").dialect()
    query = p.Session().query(Node).options(p.joinedload(Node.below))
    for of in (None, Node):
        for limited in (query, query.limit(1)):
            statement = limited.with_for_update(of=of).statement
            p.show(text(statement.compile(dialect=pg)))


@program
def text_among_columns_that_are_reduced(p: Any) -> None:
    metadata = p.MetaData()
    a = p.Table("a", metadata, p.Column("id", p.Integer, primary_key=True))
    b = p.Table("b", metadata, p.Column("id", p.ForeignKey("a.id")), p.Column("n", p.Integer))
    statement = p.select(a, b, p.text("now()")).join_from(a, b)
    p.show(text(statement.reduce_columns()), text(statement.reduce_columns(only_synonyms=False)))


@program
def constructs_that_functions_make(p: Any) -> None:
    expression = p.module("sql.expression")
    for name in ("Alias", "Subquery", "CTE", "TableSample", "Lateral"):
        p.error(lambda name=name: getattr(expression, name)(p.select(stock(p)), name="q"))


@pytest.mark.parametrize("program", program.registered)
def test_compiled(program: Any) -> None:
    compare(program)
