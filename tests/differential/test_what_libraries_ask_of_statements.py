"""What libraries on top of the ORM ask of expressions, statements, queries and results."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def parameters_that_are_literals(p: Any) -> None:
    """As Alembic writes the values of op.bulk_insert() into scripts."""

    class Literal(p.BindParameter):
        inherit_cache = True

    @p.module("ext.compiler").compiles(Literal)
    def render(element: Any, compiler: Any, **kw: Any) -> str:
        return compiler.render_literal_bindparam(element, **kw)

    table = p.table("t", p.column("x"))
    for statement in (
        table.insert().values(x=Literal("x", "d'1", type_=p.String())),
        p.select(Literal("y", 5, type_=p.Integer())),
        p.select(table).where(table.c.x == Literal(None, 5)),
        table.update().values(x=Literal("x", 7)),
        p.select(table).where(table.c.x.in_([Literal(None, 5), Literal(None, 6)])),
    ):
        for name in ("sqlite", "postgresql"):
            p.show(str(statement.compile(dialect=p.module(f"dialects.{name}").dialect())))


@program
def statement_and_parameters_of_a_context(p: Any) -> None:
    engine = p.engine()
    table = p.Table("t", p.MetaData(), p.Column("a", p.Integer))

    @p.event.listens_for(engine, "before_cursor_execute", retval=True)
    def before(conn: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> Any:
        p.show("before", context.statement, context.parameters)
        if "WHERE" in sql:
            return sql + " AND 1 = 1", parameters
        return sql, parameters

    @p.event.listens_for(engine, "after_cursor_execute")
    def after(conn: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        p.show("after", sql, context.statement, context.parameters)

    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"a": 1})
        connection.execute(table.insert(), [{"a": 2}, {"a": 3}])
        p.show(connection.scalars(p.select(table.c.a).where(table.c.a < 3)).all())
        p.show(connection.exec_driver_sql("select 1").all())
        p.show(connection.execute(p.text("select a from t where a = :a"), {"a": 2}).all())


@program
def clauses_of_a_query(p: Any) -> None:
    """What a Query consists of, which has no public names."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        children = p.relationship("Child", backref="parent")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    query = session.query(Parent)
    names = ("_where_criteria", "_order_by_clauses", "_group_by_clauses", "_having_criteria",
             "_from_obj", "_raw_columns", "_distinct_on", "_with_options")  # fmt: skip
    whole = query.filter(Parent.id > 3).filter(Parent.name == "x").order_by(Parent.name.desc())
    whole = whole.group_by(Parent.id).having(p.func.count() > 1).limit(4).offset(5)
    for each in query, whole, query.select_from(Child), query.distinct():
        for name in names:
            p.show(name, [str(clause) for clause in getattr(each, name)])
        p.show(str(each._limit_clause), str(each._offset_clause), each._distinct)
        p.show(len(each._setup_joins), each._for_update_arg is None, each._statement is None)
        p.show(each._has_row_limiting_clause, dict(each._execution_options))
    given = query.from_statement(p.text("SELECT * FROM parent"))
    p.show(str(given._statement), given._order_by_clauses, given._where_criteria)
    other = p.aliased(Child)
    queries = [
        query, whole, session.query(Parent.id, Parent.name), session.query(Parent, Child),
        query.join(Parent.children), query.join(other, Parent.children).join(Child),
        session.query(p.func.count()), session.query(other), session.query(p.func.max(Parent.id)),
        session.query(Parent).select_from(Child).join(Child.parent), session.query(p.literal(1)),
        session.query(p.orm.Bundle("b", Parent.id, Parent.name)), session.query(Parent.__table__),
        query.outerjoin(Child, Child.parent_id == Parent.id), query.join(Child.__table__),
        query.options(p.orm.joinedload(Parent.children)), session.query(Parent.id.label("x")),
    ]  # fmt: skip
    for each in queries:
        state = each._compile_state()
        for entity in state._entities:
            zero = entity.entity_zero
            p.show(type(entity.expr).__name__, type(zero).__name__, getattr(zero, "class_", None))
        p.show([(type(e).__name__, e.class_) for e in state._join_entities])
        p.show(type(state._entity_zero()).__name__, type(state.statement).__name__)
        p.show(type(state._mapper_zero()).__name__)
    for each in queries[:5]:
        p.show(each._entity_from_pre_ent_zero().class_)


@program
def scalar_subqueries_asked_for_twice(p: Any) -> None:
    table, other = p.table("t", p.column("x")), p.table("u", p.column("y"))
    once = p.select(table.c.x).where(table.c.x == other.c.y).correlate(other).scalar_subquery()
    twice = once.scalar_subquery()
    p.show(twice is once, twice.element is once.element, type(twice), str(twice.type))
    p.show(str(p.select(other).where(other.c.y == twice)), str(twice.label("z")))


@program
def entities_of_a_query(p: Any) -> None:
    """As pagers ask whether a query gives rows, and what finds the items of these."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    context = p.module("orm.context")
    q = p.session().query
    for query in (
        q(User),
        q(User).tuples(),
        q(User.__mapper__),
        q(User.__table__),
        q(User.id, User.name.label("z")),
        q(User, User.name),
        q(p.aliased(User)),
        q(p.func.count(User.id)),
        q(p.Bundle("b", User.id, User.name)),
        q(p.Bundle("b", User.id, User.name, single_entity=True)),
    ):
        p.show(query._compile_context().load_options._only_return_tuples)
        for entity in query._compile_state()._entities:
            p.show(entity._label_name, entity.supports_single_entity)
            p.show(isinstance(entity, context._MapperEntity))
            p.show(isinstance(entity, context._ColumnEntity))
            p.show([str(found) for found in entity._extra_entities][-1:])


def _statement_of_a_query(p: Any) -> None:
    """By a name that is not public, as pagers ask for it."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    session = p.session()
    session.add(User(name="a"))
    session.flush()
    for query in session.query(User), session.query(User.id, User), session.query(User).limit(1):
        statement = query._statement_20()
        p.show(type(statement), [column.key for column in statement.selected_columns])
        p.show([each["name"] for each in statement.column_descriptions])
        result = session.execute(statement.order_by(User.id))
        p.show(list(result.keys()), [len(row) for row in result])


@program
def names_of_a_result(p: Any) -> None:
    """As a library that makes tables of results asks for them."""
    with p.engine().connect() as connection:
        for statement in p.text("SELECT 1 AS a, 2 AS b"), p.select(p.literal(1).label("c")):
            result = connection.execute(statement)
            p.show(list(result._metadata.keys))
            p.show(result.all(), list(result._metadata.keys))
        result = connection.execute(p.text("CREATE TABLE t (x INTEGER)"))
        p.error(lambda: result._metadata.keys)


@program
def final_froms_of_mapped_selects(p: Any) -> None:
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        children = p.relationship("Child")
        __mapper_args__ = {"polymorphic_on": kind}

    class Special(Parent):
        __tablename__ = "special"
        id = p.Column(p.ForeignKey("parent.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "special"}

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parts = p.relationship("Part")

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        child_id = p.Column(p.ForeignKey("child.id"))

    select, alias = p.select, p.aliased(Parent)
    eager = p.joinedload(Parent.children)
    for statement in (
        select(Parent),
        select(Special),
        select(Parent.id),
        select(Parent, Child),
        select(Parent).join(Parent.children),
        select(Parent).join(Child).join(Child.parts),
        select(Parent).outerjoin(Parent.children.of_type(p.aliased(Child))),
        select(alias).join(alias.children),
        select(Special).join(Special.children),
        select(Parent).where(Child.id == 1),
        select(p.func.count()).select_from(Parent).join(Parent.children),
        select(Parent).select_from(p.orm.join(Parent, Child)),
        select(Parent).options(eager),
        select(Parent).options(eager).limit(1),
        select(Parent.id).where(p.exists().where(Part.id == Parent.id)),
        select(Parent.__table__).join(Child),
    ):
        froms = statement.get_final_froms()
        p.show([str(each) for each in froms], froms[0] is Parent.__table__)
        p.show([isinstance(each, p.Table) for each in froms])
    join = select(Parent).join(Parent.children).get_final_froms()[0]
    p.show(str(join.left), str(join.right), isinstance(join.left, p.Table))


@program
def where_options_and_lambdas_are(p: Any) -> None:
    """As a library that adds criteria to statements looks what these load, and where."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parts = p.relationship("Part")

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        child_id = p.Column(p.ForeignKey("child.id"))

    alias = p.aliased(Parent)
    below = p.aliased(Child)
    for option in (
        p.joinedload(Parent.children),
        p.joinedload(Parent.children).selectinload(Child.parts),
        p.joinedload(Parent.children).options(p.joinedload(Child.parts)),
        p.orm.load_only(Parent.id),
        p.joinedload(alias.children),
        p.selectinload(Parent.children.of_type(below)).load_only(below.id),
        p.orm.Load(alias),
    ):
        p.show(isinstance(option, p.orm.Load), [str(each) for each in option.path])
    select = p.select
    join = select(Parent).join(Parent.children).get_final_froms()[0]
    p.show(isinstance(join, p.module("orm.util")._ORMJoin))
    lambdas = p.module("sql.lambdas")
    statement = p.lambda_stmt(lambda: select(Parent))
    linked = statement + (lambda found: found.order_by(Parent.id))
    for each in statement, linked, linked.add_criteria(lambda found: found.limit(1)):
        p.show(isinstance(each, lambdas.StatementLambdaElement))
        p.show(isinstance(each, lambdas.LinkedLambdaElement))
        p.show(str(each._resolved))


@program
def statements_that_return_rows(p: Any) -> None:
    kind = p.module("sql.selectable").ExecutableReturnsRows

    class Thing(p.Base):
        __tablename__ = "t"
        x = p.Column(p.Integer, primary_key=True)

    t = Thing.__table__
    text = p.text("SELECT x FROM t")
    for statement in (
        p.select(t), p.union(p.select(t), p.select(t)), text, text.columns(t.c.x), t, t.alias(),
        p.insert(t), p.update(t).returning(t.c.x), p.delete(t), p.func.now(), t.c.x,
        p.select(Thing).from_statement(text), p.select(t).subquery(), p.schema.CreateTable(t),
    ):  # fmt: skip
        p.show(type(statement), isinstance(statement, kind))


@program
def frozen_results_in_a_cache(p: Any) -> None:
    """As dogpile.cache keeps them: pickled."""
    with p.engine().connect() as connection:
        for statement in (
            p.text("SELECT 1 AS a, 2 AS b"),
            p.select(p.literal(1).label("a"), p.literal("x").label("b")),
            p.text("SELECT 1 AS a WHERE 1 = 0"),
        ):
            frozen = pickle.loads(pickle.dumps(connection.execute(statement).freeze()))
            p.show(type(frozen), list(frozen().keys()))
            p.show([(row, row._fields, row.a) for row in frozen()])
            p.show(frozen().mappings().all(), frozen().scalars().all())
            p.show(frozen().columns("a").all())
            p.show(pickle.loads(pickle.dumps(frozen))().all())


@program
def columns_and_names_of_froms(p: Any) -> None:
    """As programs that draw tables, or name FROMs in errors, ask for them."""
    anonymous = p.module("sql.elements")._anonymous_label
    t = p.Table("t", p.MetaData(), p.Column("x", p.Integer), p.Column("y", p.Integer))
    p.show(sorted(column.name for column in t.c._colset), t.c.x in t.c._colset)
    for named in t, t.alias(), t.alias("z"), p.select(t).subquery(), p.select(t).cte("c"):
        p.show(isinstance(named.name, anonymous))


@program
def binary_expressions_made_of_attributes(p: Any) -> None:
    """As a library joins by the condition of a relationship, but to an alias."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        more = p.column_property(id + 1)

    alias, t = p.aliased(User), p.table("t", p.column("x"))
    make, eq = p.module("sql.elements").BinaryExpression, p.module("sql.operators").eq
    for left, right in (t.c.x, User.id), (User.id, alias.id), (User.more, t.c.x), (alias.id, t.c.x):
        made = make(left, right, eq)
        p.show(str(made), isinstance(made.left, p.ColumnElement), made.right.key)
        p.show(str(p.select(t).join(User, made)))
    session = p.session()
    session.execute(p.select(User.id).join(alias, make(User.id, alias.id, eq), isouter=True))


@program
def constructs_copied_by_hand(p: Any) -> None:
    """As a pager turns the direction of an ORDER BY."""
    t = p.table("t", p.column("x"), p.column("y"))
    for original in p.desc(t.c.x).label("z"), p.desc(t.c.x + 1).nulls_last(), p.asc(t.c.y):
        copied = made = original._clone()
        while hasattr(made, "element"):
            made._copy_internals()
            if getattr(made, "modifier", None) is p.module("sql.operators").desc_op:
                made.modifier = p.module("sql.operators").asc_op
            made = made.element
        p.show(str(original), str(copied))
    label = p.column("x").label("z")
    label.element = p.column("y")
    p.show(str(p.select(label)))


@program
def results_that_need_unique(p: Any) -> None:
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    result = session.execute(p.select(Parent).options(p.joinedload(Parent.children)))
    p.show(result._unique_filter_state[0])
    p.show(result.unique()._unique_filter_state[0] is None)
    p.show(session.execute(p.select(Parent))._unique_filter_state)


@program
def what_statements_are_ordered_by(p: Any) -> None:
    t = p.table("t", p.column("a"), p.column("b"))
    ordered = p.select(t).order_by(t.c.a, p.desc("b")).group_by(t.c.b)
    for statement in ordered, p.select(t), p.union(p.select(t), p.select(t)).order_by("a"):
        for clauses in statement._order_by_clause, statement._group_by_clause:
            p.show(type(clauses).__name__, str(clauses), [str(clause) for clause in clauses])
            p.show(len(clauses), bool(clauses.clauses))
            p.show([clause.compare(t.c.a) for clause in clauses])
    down = p.select(t).order_by(t.c.b, t.c.a.desc())._order_by_clause
    p.show([clause.compare(t.c.a.desc()) for clause in down])


@program
def descriptions_of_the_columns_of_results(p: Any) -> None:
    """As polars finds the types of what it reads."""
    with p.engine().connect() as connection:
        for statement in (
            p.text("SELECT 1 AS a, 'x' AS b, CAST(NULL AS INTEGER) AS c"),
            p.select(p.literal(1).label("q"), p.literal("x")),
        ):
            result = connection.execute(statement)
            p.show([tuple(column) for column in result.cursor.description])
            result.close()


@pytest.mark.parametrize("program", program.registered)
def test_program(program: Any) -> None:
    compare(program)


def test_statement_of_a_query() -> None:
    compare(_statement_of_a_query, sql=False)  # SQLAlchemy's columns are labelled with the table
