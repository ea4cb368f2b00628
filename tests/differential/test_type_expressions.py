"""Types whose values are in an expression, going and coming: bind_expression() and
column_expression()."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as sa

from .harness import Peer, compare


def _types(p: Peer) -> dict[str, Any]:
    class Lower(p.String):  # type: ignore[misc]
        def bind_expression(self, bindvalue: Any) -> Any:
            return p.func.lower(bindvalue)

        def column_expression(self, column: Any) -> Any:
            return p.func.upper(column)

    class Replaced(p.TypeDecorator):  # type: ignore[misc]
        impl = p.String
        cache_ok = True

        def bind_expression(self, bindvalue: Any) -> Any:
            one, other = p.literal_column("'a'"), p.literal_column("'b'")
            return p.func.replace(bindvalue, one, other, type_=self)

        def column_expression(self, column: Any) -> Any:
            return p.func.substr(column, 2, type_=self)

    return {"lower": Lower, "replaced": Replaced}


@pytest.mark.parametrize("kind", ["lower", "replaced"])
def test_sql(kind: str) -> None:
    def program(p: Peer) -> None:
        type_ = _types(p)[kind]
        table = p.Table("secrets", p.MetaData(), p.Column("x", p.String), p.Column("y", type_))
        some = p.select(table)
        forms: list[dict[str, bool]] = [{}, {"render_postcompile": True}]
        if kind == "lower":
            # SQLAlchemy leaves parameters beside the value as they are
            forms.append({"literal_binds": True})
        for statement in (
            some.where(table.c.y.in_(["A", "B"])),
            some.where(table.c.y.not_in(["A"])),
            table.insert().values(y="Q"),
            table.update().values(y="Q").where(table.c.y == "q"),
            p.select(some.subquery()),
            p.select(some.cte("c")),
            p.select(p.select(some.subquery()).subquery()),
            p.union(some, some),
            p.select(p.union(some, some).subquery()),
            p.select(p.select(table.c.y).scalar_subquery()),
            some.where(p.select(table.c.y).exists()),
            some.where(table.c.y.in_(p.select(table.c.y))),
            p.select(table.alias("q")),
            p.select(table.c.y.label("a"), table.c.y),
            p.select(p.cast(table.c.x, type_)),
            p.select(p.func.max(table.c.y)),
            table.insert().from_select(["x", "y"], some),
        ):
            for options in forms:
                try:
                    p.show(str(statement.compile(compile_kwargs=options)))
                except Exception as error:
                    p.show(type(error).__name__, str(error))

    compare(program)


@pytest.mark.parametrize("kind", ["lower", "replaced"])
def test_rows_and_objects(kind: str) -> None:
    def program(p: Peer) -> None:
        type_ = _types(p)[kind]

        class Secret(p.Base):  # type: ignore[misc]
            __tablename__ = "secrets"
            id = p.Column(p.Integer, primary_key=True)
            x = p.Column(p.String)
            y = p.Column(type_)

        table = Secret.__table__
        with p.session() as session:
            connection = session.connection()
            connection.execute(table.insert(), [{"x": "X1", "y": "Ya1"}, {"x": "X2", "y": "Ya2"}])
            connection.execute(table.insert().values(x="X3", y="Ya3"))
            by_x = p.select(table.c.x, table.c.y).order_by(table.c.x)
            row = connection.execute(by_x).first()
            p.show(row._mapping[table.c.y], row._mapping[table.c.x], row.y)
            for values in (["Ya1", "Ya3"], ["Ya2"], ["Ya1", "Ya2", "Ya3"]):
                p.show(connection.execute(by_x.where(table.c.y.in_(values))).all())
            p.show(connection.execute(p.select(by_x.subquery()).order_by("x")).all())
            p.show(connection.execute(p.union_all(by_x.limit(5).subquery().select())).all())
            p.show(connection.execute(table.insert().values(y="Ya4").returning(table.c.y)).all())
            session.add_all([Secret(id=11, y="AbC"), Secret(id=12, y="aBD")])
            session.commit()
            p.show([each.y for each in session.scalars(p.select(Secret).order_by(Secret.id))])
            found = session.scalars(p.select(Secret.id).where(Secret.y.in_(["aBD", "no"])))
            p.show(found.all())
            one = session.get(Secret, 11)
            one.y = "New"
            session.commit()
            p.show(one.y)
            inner = p.select(Secret).where(Secret.id > 10).subquery()
            p.show([each.y for each in session.scalars(p.select(p.orm.aliased(Secret, inner)))])

    compare(program)


def test_parameters_beside_the_values_of_a_list() -> None:
    """SQLAlchemy leaves their names in the SQL, and wraps the subquery of an empty list."""

    class Keyed(sa.TypeDecorator[str]):
        impl = sa.String
        cache_ok = True

        def bind_expression(self, bindvalue: Any) -> Any:
            return sa.func.replace(bindvalue, "key", "", type_=self)

    table = sa.Table("keyed", sa.MetaData(), sa.Column("y", Keyed))
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"y": "keya"}, {"y": "b"}, {"y": "c"}])
        some = sa.select(table).order_by(table.c.y)
        for values, found in (
            (["a", "keyb"], ["a", "b"]),
            (["keyc"], ["c"]),
            ([], []),
            (["keya", "b", "keyc"], ["a", "b", "c"]),
        ):
            assert connection.scalars(some.where(table.c.y.in_(values))).all() == found
        assert connection.scalars(some.where(table.c.y.not_in([]))).all() == ["a", "b", "c"]
        literal = some.where(table.c.y.in_(["keyb"])).compile(
            engine, compile_kwargs={"literal_binds": True}
        )
        assert "IN (replace('keyb', 'key', ''))" in str(literal)
    engine.dispose()


def test_columns_are_found_by_their_labels() -> None:
    def program(p: Peer) -> None:
        class Lower(p.String):
            def column_expression(self, column: Any) -> Any:
                return p.func.lower(column)

        table = p.Table("t", p.MetaData(), p.Column("x", p.String(5)), p.Column("y", Lower(5)))
        with p.engine().begin() as connection:
            table.metadata.create_all(connection)
            connection.execute(table.insert(), {"x": "X", "y": "Y"})
            selected = p.select(table.c.x.label("a"), table.c.y.label("b"))
            for statement in (selected, selected.union(selected), p.select(table)):
                row = connection.execute(statement).one()
                p.show(row, row._fields)
                for column in table.c:
                    p.error(lambda: row._mapping[column])  # noqa: B023

    compare(program)
