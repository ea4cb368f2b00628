"""Names that are made up: those longer than a database takes, or than create_engine(label_length=)
allows, and those of names that have to be quoted."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()

LENGTHS = (None, 6, 7, 10, 14, 20)


def table(p: Any) -> Any:
    return p.Table(
        "tab",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("some_long_column_name", p.Integer),
        p.Column("x", p.Integer),
    )


def entities(p: Any) -> Any:
    class Entity(p.Base):
        __tablename__ = "a_table_with_a_name_that_is_rather_long"
        id = p.Column(p.Integer, primary_key=True)
        a_column_whose_name_is_rather_long_as_well = p.Column(p.Integer)
        a_column_whose_name_is_rather_long_too = p.Column(p.String, index=True)
        children = p.relationship("Child", order_by="Child.id")

    class Child(p.Base):
        __tablename__ = "another_table_with_a_name_that_is_rather_long"
        id = p.Column(p.Integer, primary_key=True)
        of_the_one_it_belongs_to = p.Column(p.ForeignKey(Entity.id))
        something_with_a_name_of_this_length = p.Column(p.Integer)
        version_of_this_object = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version_of_this_object}

    return Entity, Child


@program
def entities_with_long_names(p: Any) -> None:
    E, C = entities(p)
    for options in ({}, {"label_length": 10}, {"label_length": 6}, {"label_length": 30}):
        engine = p.engine(**options)
        p.Base.metadata.drop_all(engine)
        p.Base.metadata.create_all(engine)
        with p.Session(engine) as s:
            s.add(
                E(
                    id=1,
                    a_column_whose_name_is_rather_long_as_well=3,
                    children=[C(id=1, something_with_a_name_of_this_length=4)],
                )
            )
            s.commit()
            p.show(s.query(E).one().a_column_whose_name_is_rather_long_as_well)
            s.expunge_all()
            e = s.query(E).options(p.joinedload(E.children)).limit(1).one()
            p.show(e.children[0].something_with_a_name_of_this_length)
            e.a_column_whose_name_is_rather_long_as_well = 5
            e.children[0].something_with_a_name_of_this_length = 7
            s.commit()
            s.execute(p.update(E), [{"id": 1, "a_column_whose_name_is_rather_long_as_well": 6}])
            sub = p.select(E, C).join(C)
            sub = sub.set_label_style(p.LABEL_STYLE_TABLENAME_PLUS_COL).subquery()
            p.show(s.execute(p.select(sub)).keys(), s.execute(p.select(sub)).mappings().all())
            for alias in (p.aliased(E, sub), p.aliased(E, name="an_alias_that_is_long" * 4)):
                p.show(s.scalars(p.select(alias)).one().a_column_whose_name_is_rather_long_as_well)
                row = s.execute(p.select(alias).order_by(alias.id)).one()
                p.show(row._fields)
                named = alias.a_column_whose_name_is_rather_long_as_well
                p.show(s.query(alias).filter(named == 6).one().id)
            row = s.query(E.id, E.a_column_whose_name_is_rather_long_as_well).one()
            p.show(row._fields, row.a_column_whose_name_is_rather_long_as_well)


@program
def text_of_statements(p: Any) -> None:
    t = table(p)
    named, anonymous = t.alias("named_alias_of_it_long"), t.alias()
    qualified = p.LABEL_STYLE_TABLENAME_PLUS_COL
    long = t.c.some_long_column_name
    s = p.select(
        long,
        t.c.id,
        p.func.some_function_of_length(t.c.x),
        p.func.max(t.c.x).label("a_label_of_the_program"),
        t.c.x + 1,
    )
    a, b = p.column("a"), anonymous.c.some_long_column_name
    twice = p.select(t.c.x, t.c.x, anonymous.c.x, long, long)
    each = p.func.json_each(t.c.x)
    statements = [
        p.select(t).set_label_style(qualified),
        p.select(anonymous, named, t).where(b == named.c.some_long_column_name),
        p.select(anonymous).where(b.in_([1, 2]), b == 5, anonymous.c.x > 4),
        s,
        p.select(s.subquery()),
        p.select(s.cte()),
        p.select(s.cte("named_cte_of_length"), s.cte(), s.lateral()),
        p.select(s.scalar_subquery()),
        s.order_by(p.desc("a_label_of_the_program"), "some_long_column_name"),
        s.union(s),
        p.select(s.set_label_style(qualified).subquery()),
        p.select(s.set_label_style(qualified).alias().alias()),
        twice,
        twice.set_label_style(qualified),
        t.insert().values(some_long_column_name=4),
        t.insert().values([{"some_long_column_name": 4}, {"some_long_column_name": 4}]),
        t.update().where(long == 5).values(some_long_column_name=4, x=t.c.x + 5),
        t.delete().where(long == 5).returning(t),
        p.select(p.literal(5), p.bindparam("a_parameter_of_length", 4)),
        p.select(p.bindparam("a_parameter_of_length", 4, unique=True)),
        p.select(p.case((t.c.x > 4, 5)), p.cast(long, p.String), ~t.c.x),
        p.select(p.func.coalesce(t.c.x, 4).over(), p.extract("year", t.c.x)),
        p.select(p.values(a).data([(1,)]).alias("values_of_a_long_name")),
        p.select(each.table_valued("value", "key_of_it_that_is_long")),
        p.select(each.table_valued("value", "key").alias("an_alias_that_is_long")),
        p.select(each.column_valued()),
    ]
    for length in LENGTHS:
        dialect = p.engine(label_length=length).dialect
        p.show(dialect.label_length)
        for statement in statements:
            compiled = statement.compile(dialect=dialect)
            p.show(str(compiled), compiled.params)


@program
def rows_of_long_names(p: Any) -> None:
    t = table(p)
    for length in LENGTHS:
        engine = p.engine(label_length=length)
        t.metadata.drop_all(engine)
        t.metadata.create_all(engine)
        a = t.alias()
        long = t.c.some_long_column_name
        statements = (
            p.select(t).set_label_style(p.LABEL_STYLE_TABLENAME_PLUS_COL),
            p.select(a, t).where(a.c.id == t.c.id),
            p.select(a.c.some_long_column_name, a.c.x + 1, long).join(t, a.c.id == t.c.id),
            t.update().values(some_long_column_name=long + 1).returning(t, long + 1),
        )
        with engine.begin() as connection:
            connection.execute(t.insert(), {"id": 1, "some_long_column_name": 4, "x": 7})
            for statement in statements:
                for _ in range(2):
                    result = connection.execute(statement)
                    p.show(result.keys())
                    row = result.one()
                    p.show(row)
                    for key in (
                        long,
                        a.c.some_long_column_name,
                        "some_long_column_name",
                        "tab_some_long_column_name",
                    ):
                        p.error(lambda: row._mapping[key])  # noqa: B023


@program
def constraints_and_indexes(p: Any) -> None:
    schema = p.module("schema")
    convention = {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
    made = []
    for metadata, name in ((p.MetaData(naming_convention=convention), "a"), (p.MetaData(), "b")):
        made.append(
            p.Table(
                f"{name}_table_with_a_name_that_is_rather_long_of_course",
                metadata,
                p.Column("id", p.Integer, primary_key=True),
                p.Column("a_column_of_length", p.Integer, index=True),
                p.Column("another_column_of_length", p.Integer, unique=True),
                p.CheckConstraint("id > 4", name="a_check_with_a_name" * (2 if name == "a" else 4)),
            )
        )
    p.Index("an_index_with_a_name_" * 4, made[1].c.id)
    p.Index(schema.conv("the_index_with_a_name_" * 4), made[1].c.id)
    label = p.module("sql.elements")._truncated_label
    p.Index(label("another_index_with_a_name_" * 4), made[1].c.id)
    for name in ("sqlite", "postgresql"):
        for options in ({}, {"max_identifier_length": 20}):
            dialect = p.module(f"dialects.{name}").dialect(**options)
            for t in made:
                p.error(lambda: str(schema.CreateTable(t).compile(dialect=dialect)))  # noqa: B023
                for index in sorted(t.indexes, key=lambda index: index.name):
                    for item in (schema.CreateIndex(index), schema.DropIndex(index)):
                        p.error(lambda: str(item.compile(dialect=dialect)))  # noqa: B023


@program
def names_made_of_odd_ones(p: Any) -> None:
    odd = ("a col", "b%c", "(x)", "q$")
    t = p.Table("some table", p.MetaData(), *[p.Column(name, p.Integer) for name in odd])
    q = p.Table("t", p.MetaData(), p.Column("x", p.Integer, quote=True), p.Column("Z", p.Integer))
    a, b = t.c["a col"], t.c["b%c"]
    qualified = p.LABEL_STYLE_TABLENAME_PLUS_COL
    values = p.values(p.column("c"), name="some name").data([(1,)])
    for statement in (
        p.select(t.alias()),
        p.select(t, t.alias()),
        p.select(t.alias()).set_label_style(qualified),
        p.select(p.select(a + 1, p.func.max(b), a, a).subquery()),
        p.select(t).where(a == 4, b > 3, t.c["(x)"].in_([1]), t.c["q$"] < 5),
        p.select(q.alias()).set_label_style(qualified),
        p.select(q.c.x.label(None), (q.c.x + 1).label(None)),
        values.cte().select(),
    ):
        for name in ("sqlite", "postgresql"):
            compiled = statement.compile(dialect=p.module(f"dialects.{name}").dialect())
            p.show(str(compiled), compiled.params)
    p.show(a._label, q.c.x._label, q.c.x.label("z")._label)


@program
def lengths_above_the_database_s(p: Any) -> None:
    """They are refused by connections, not before."""
    engine = p.engine(label_length=20000)
    p.show(engine.dialect.label_length)
    p.error(engine.connect)
    p.error(engine.connect)
    engine = p.engine(label_length=12)
    with engine.connect() as connection:
        p.show(connection.scalar(p.select(p.literal(5).label("a_name_of_many_characters"))))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    compare(function)
