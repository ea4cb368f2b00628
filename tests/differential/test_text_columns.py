"""Text and literal columns among what is selected, and what names in ORDER BY mean."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog

program = Programs()


def filled(p: Any) -> Any:
    User, Post = blog(p)
    s = p.session()
    s.add_all(
        [
            User(id=1, name="a", age=3, posts=[Post(id=1, title="x"), Post(id=2, title="y")]),
            User(id=2, name="b", age=4),
        ]
    )
    s.commit()
    return User, Post, s


def rows_of(p: Any, result: Any) -> Any:
    return list(result.keys()), [
        [value if isinstance(value, (str, int, float, type(None))) else value.id for value in row]
        for row in result
    ]


@program
def text_beside_entities(p: Any) -> None:
    User, _, s = filled(p)
    t, e = p.text, User.__tablename__
    for columns in (
        [t("id"), t("name")],
        [User, t("name")],
        [t("name"), User],
        [t(f"{e}.name"), User.id, t("age as q")],
        [t("count(*)")],
        [p.literal_column("id"), p.literal_column("name", p.String).label("q")],
        [p.literal_column("*")],
    ):
        statement = p.select(*columns).select_from(User)
        if str(columns[0]) != "count(*)":
            statement = statement.order_by(User.id)
        p.show(str(statement))
        p.show(rows_of(p, s.execute(statement)))
    query = s.query(t("id"), t("name"))
    p.show(query.from_statement(t(f"select id, name from {e} order by id")).all())
    p.show(query.select_from(User).filter(User.id == 1).all())


@program
def text_that_is_several_columns(p: Any) -> None:
    User, _, s = filled(p)
    t, e = p.text, User.__tablename__
    for columns in (
        [t("id, name")],
        [t(f"{e}.id, {e}.age"), User.id],
        [User.id, t(f"{e}.id, {e}.name")],
        [t(f"{e}.name, {e}.age"), User],
        [p.literal_column("id, name")],
    ):
        statement = p.select(*columns).select_from(User).order_by(User.id)
        p.error(lambda: s.execute(statement).all())  # noqa: B023
        p.error(lambda: s.query(*columns).select_from(User).all())  # noqa: B023
        s.rollback()
    for columns in ((t("name"), User), (User, t(f"{e}.name"))):
        query = s.query(*columns).options(p.joinedload(User.posts))
        p.error(lambda: query.limit(1).all())  # noqa: B023
        p.show(sorted(value for row in query for value in row if isinstance(value, str)))


@program
def several_columns_in_core(p: Any) -> None:
    day = p.module("types").TypeDecorator

    class Doubled(day):
        impl = p.Integer
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value * 2

    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String),
        p.Column("n", Doubled),
    )
    literal, text = p.literal_column, p.text
    with p.engine().begin() as connection:
        table.metadata.create_all(connection)
        connection.execute(table.insert(), [{"id": 1, "name": "a", "n": 4}])
        for columns in (
            [literal("id, name")],
            [literal("t.id, t.name"), table.c.n],
            [table.c.n, literal("t.id, t.name")],
            [text("t.id, t.name"), table.c.n],
            [literal("t.*")],
            [literal("coalesce(id, 4)")],
            [literal("id").label("q"), table.c.n],
            [text("t.id"), table.c.n],
        ):
            for statement in (
                p.select(*columns).select_from(table),
                p.select(*columns).select_from(table).where(table.c.id.in_([1, 2])),
            ):
                result = connection.execute(statement)
                p.show(list(result.keys()))
                row = result.one()
                p.show(row)
                for key in (table.c.n, "id", "name", "n"):
                    p.error(lambda: row._mapping[key], text=False)  # noqa: B023


@program
def lists_in_given_statements(p: Any) -> None:
    User, _, s = filled(p)
    text = p.text(f"select * from {User.__tablename__} where id in :ids order by id")
    ids = p.bindparam("ids", expanding=True)
    given = p.select(User).from_statement(text.bindparams(ids))
    for params in ({"ids": [1, 2]}, {"ids": [2]}, {"ids": []}, None):
        p.error(lambda: [user.name for user in s.scalars(given, params)])  # noqa: B023
    columns = text.bindparams(ids).columns(User.id, User.name)
    p.show(s.execute(columns, {"ids": [1, 2]}).all())
    beside = p.select(p.text("name"), User.id).where(User.id.in_(ids))
    p.show(s.execute(beside, {"ids": [1, 2]}).all())


@program
def text_that_the_database_refuses(p: Any) -> None:
    User, _, s = filled(p)
    for statement in (
        p.select(p.text("nowhere"), User.id).where(User.id == 5),
        p.select(p.text("nowhere"), User.__table__.c.id).where(User.id == 5),
        p.text("select nowhere, 1").columns(User.id, User.name),
        p.select(User).from_statement(p.text("select nowhere")),
    ):
        p.error(lambda: s.execute(statement).all())  # noqa: B023
        s.rollback()


@program
def keys_of_subqueries(p: Any) -> None:
    table = p.Table("t", p.MetaData(), p.Column("id", p.Integer), p.Column("x", p.Integer, key="k"))

    class Entity(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        value = p.Column("value_", p.Integer)

    for columns in (
        (table,),
        (Entity,),
        (Entity.value, Entity.value, table.c.k),
        (p.func.max(table.c.k),),
        (table.alias("n"), table.c.k),
    ):
        for style in (p.LABEL_STYLE_DISAMBIGUATE_ONLY, p.LABEL_STYLE_TABLENAME_PLUS_COL):
            select = p.select(*columns).set_label_style(style)
            p.show(select.selected_columns.keys(), select.union(select).selected_columns.keys())
            p.show(select.subquery().c.keys(), str(p.select(select.subquery("q"))))


@program
def names_that_several_columns_have(p: Any) -> None:
    metadata = p.MetaData()
    a, b = [
        p.Table(
            name,
            metadata,
            p.Column("id", p.Integer),
            p.Column("name", p.String),
            p.Column("x", p.Integer, key="k"),
        )
        for name in ("a", "b")
    ]
    selects = (
        p.select(a, b),
        p.select(a.c.name, b.c.name),
        p.select(b.c.name, a.c.name),
        p.select(a.c.id.label("name"), b.c.name, a.c.name.label("lab")),
        p.select(a.c.id).select_from(b),
        p.select(p.func.max(a.c.id).label("name"), a.c.name),
        p.select(a.c.name, p.func.max(a.c.id).label("name")),
        p.select(a.c.id, p.func.max(b.c.id).label("lab"), p.func.max(a.c.id).label("lab")),
        p.select(a, a.alias()),
    )
    for style in (p.LABEL_STYLE_DISAMBIGUATE_ONLY, p.LABEL_STYLE_TABLENAME_PLUS_COL):
        for name in ("name", "a_name", "id", "k", "x", "a_x", "lab", "name_1", "nowhere"):
            for number, select in enumerate(selects):
                select = select.set_label_style(style)
                p.error(lambda: str(select.order_by(name)))  # noqa: B023
                p.error(lambda: str(select.group_by(p.desc(name))))  # noqa: B023
                if number < 5:
                    p.error(lambda: str(select.union(select).order_by(name)))  # noqa: B023


@program
def entities_ordered_by_names(p: Any) -> None:
    User, Post, s = filled(p)
    for name in ("id", "title", "name", "user_id"):
        statement = p.select(User, Post).join(Post).order_by(name)
        p.show(str(statement), rows_of(p, s.execute(statement)))
    eager = p.joinedload(User.posts)
    labelled = p.select(User, User.age.label("years")).options(eager)
    for name in ("id", "name", "age", "years", "nowhere"):
        for ordered in (name, p.desc(name)):
            for query in (
                p.select(User).options(eager).order_by(ordered),
                p.select(User).options(eager).order_by(ordered).limit(1),
                labelled.order_by(ordered),
                labelled.order_by(ordered).limit(1),
                s.query(User).options(eager).order_by(ordered),
            ):
                p.error(lambda: str(query))  # noqa: B023


@program
def loaded_in_the_order_of_a_name(p: Any) -> None:
    User, Post, s = filled(p)
    s.add(User(id=3, name="A", age=5, posts=[Post(id=9, title="a"), Post(id=8, title="b")]))
    s.commit()
    for name in ("name", "age", "id"):
        for statement in (
            p.select(User).options(p.joinedload(User.posts)).order_by(p.desc(name)),
            p.select(User).options(p.joinedload(User.posts)).order_by(name).limit(2),
        ):
            s.expunge_all()
            users = s.scalars(statement).unique().all()
            p.show([(user.id, sorted(post.id for post in user.posts)) for user in users])


@program
def stars_and_names_that_are_there_twice(p: Any) -> None:
    t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.String))
    one = p.Table("o", t.metadata, p.Column("a", p.Integer))
    engine = p.engine()
    t.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(t.insert(), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
        connection.execute(one.insert(), {"a": 1})
        star = p.literal_column("*")
        for statement in (
            p.select("*").select_from(p.select(t.c.a.label("col1")).subquery()),
            p.select("*").select_from(one),
            p.select(star).select_from(t),
            p.select(p.literal_column("o.*")).select_from(one),
            p.select(p.text("o.*")).select_from(one),
            p.select(p.literal_column("count(*)")).select_from(t),
            p.select(p.text("*"), t.c.a, t.c.b).select_from(t),
            p.select(t.c.a, p.text("b, a, b")),
            p.select(t.c.b, p.text("b, a, b"), t.c.a),
            p.select(t.c.a, t.c.a.label("q"), p.text("*")),
            p.text("select a, a as a, b from t").columns(t.c.a, t.c.b),
            p.text("select a, a as a, b from t").columns(t.c.a),
            p.text("select a, a as a, b from t"),
        ):
            p.show(list(connection.execute(statement).keys()))
            for key in ("a", "b", t.c.a, t.c.b):
                row = connection.execute(statement).first()
                p.error(lambda row=row, key=key: row._mapping[key])
            p.error(lambda row=row: dict(row._mapping))
            p.error(lambda row=row: row.a)


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    compare(function, sql=False)
