"""Statements seldom written: types with SQL of their own on some databases, several columns at
once, joins beside broken foreign keys, VALUES with WITH."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .harness import Peer, compare


def _show(p: Peer, *made: Callable[[], Any]) -> None:
    """The text of what is made, or the error."""
    for make in made:
        try:
            p.show(str(make()))
        except Exception as error:
            p.show(type(error).__name__, str(error))


def _types_with_sql(p: Peer) -> list[Any]:
    types = p.module("types")

    class Inside(p.String):  # type: ignore[misc]
        def bind_expression(self, bindvalue: Any) -> Any:
            return p.func.inside_bind(bindvalue)

        def column_expression(self, column: Any) -> Any:
            return p.func.inside_column(column)

    class Loaded(types.TypeDecorator):  # type: ignore[misc]
        impl = p.String
        cache_ok = True

        def load_dialect_impl(self, dialect: Any) -> Any:
            return Inside() if dialect.name == "default" else p.String()

    class Around(Loaded):
        def bind_expression(self, bindvalue: Any) -> Any:
            return p.func.outside_bind(self.impl.bind_expression(bindvalue))

        def column_expression(self, column: Any) -> Any:
            return p.func.outside_column(self.impl.column_expression(column))

    return [Inside, Loaded, Around]


def test_sql_of_types_on_one_database() -> None:
    def program(p: Peer) -> None:
        default = p.module("engine.default").DefaultDialect()
        sqlite = p.module("dialects.sqlite").dialect()
        for made in _types_with_sql(p):
            for type_ in (
                made(),
                p.String(30).with_variant(made(), "default"),
                made().with_variant(p.String(3), "sqlite"),
            ):
                table = p.Table("t", p.MetaData(), p.Column("x", p.String), p.Column("y", type_))
                for dialect in (default, sqlite):
                    if dialect is sqlite and made.__name__ == "Around" and type_.__class__ is made:
                        continue  # a String has no expression to be put around
                    for statement in (
                        p.select(table).where(table.c.y == "hi"),
                        p.insert(table),
                        p.update(table).values(y="a"),
                        p.select(table.c.y.in_(["a", "b"])),
                        p.select(p.func.max(table.c.y)),
                        p.select(table).subquery().select(),
                        p.select(table.c.y.label("q")),
                        p.union(p.select(table), p.select(table)),
                    ):
                        _show(p, lambda s=statement, d=dialect: s.compile(dialect=d))

    compare(program)


def test_rows_of_a_loaded_type() -> None:
    def program(p: Peer) -> None:
        class Shouted(p.String):  # type: ignore[misc]
            def column_expression(self, column: Any) -> Any:
                return p.func.upper(column, type_=self)

        class Loaded(p.module("types").TypeDecorator):  # type: ignore[misc]
            impl = p.String
            cache_ok = True

            def load_dialect_impl(self, dialect: Any) -> Any:
                return Shouted()

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return value + "."

        table = p.Table(
            "loaded",
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("v", Loaded),
        )
        with p.engine("sqlite+pysqlite://").begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), [{"v": "a"}, {"v": "b"}])
            p.show(connection.execute(p.select(table)).all())
            p.show(connection.scalars(p.select(table.c.id).where(table.c.v == "a")).all())

    compare(program)


def test_several_columns_at_once() -> None:
    def program(p: Peer) -> None:
        table = p.Table(
            "several",
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("x", p.String),
            p.Column("y", p.String),
        )
        _show(
            p,
            lambda: p.select(table.c["x", "y"]),
            lambda: p.update(table).returning(table.c["x", "y"]),
            lambda: p.delete(table).returning(table.c[0, 1], table.c.y),
            lambda: p.insert(table).returning(table.c["x", "none"]),
        )
        with p.engine().begin() as connection:
            table.create(connection)
            insert = p.insert(table).returning(table.c["x", "y"])
            p.show(connection.execute(insert, {"x": "1", "y": "2"}).all())
            p.show(connection.execute(insert, [{"x": "1", "y": "2"}, {"x": "3", "y": "4"}]).all())

    compare(program, sql=False)


def test_lists_cannot_be_of_many_executions() -> None:
    def program(p: Peer) -> None:
        table = p.Table("of_many", p.MetaData(), p.Column("x", p.String))
        with p.engine().begin() as connection:
            table.create(connection)
            members = table.c.x.in_(p.bindparam("q", expanding=True))
            sets = [{"q": ["a"]}, {"q": ["b"]}]
            p.error(lambda: connection.execute(table.delete().where(members), sets), text=False)
            update = table.update().where(members).values(x="c")
            p.error(lambda: connection.execute(update, sets), text=False)
            p.show(connection.execute(table.delete().where(members), sets[0]).rowcount)

    compare(program, sql=False)


def test_joins_beside_foreign_keys_that_lead_nowhere() -> None:
    def program(p: Peer) -> None:
        metadata = p.MetaData()
        one = p.Table(
            "one",
            metadata,
            p.Column("x", p.Integer, p.ForeignKey("two.id")),
            p.Column("y", p.Integer, p.ForeignKey("three.none")),
            p.Column("z", p.Integer, p.ForeignKey("gone.id")),
        )
        two = p.Table("two", metadata, p.Column("id", p.Integer))
        three = p.Table("three", metadata, p.Column("id", p.Integer))
        gone = p.Table("gone", p.MetaData(), p.Column("id", p.Integer))
        _show(
            p,
            lambda: one.join(two),
            lambda: two.join(one),
            lambda: p.select(one).join(two),
            lambda: one.join(three),
            lambda: two.join(three),
            lambda: one.join(gone),
            lambda: one.outerjoin(two, full=True),
        )

    compare(program)


def test_values_with_ctes() -> None:
    def program(p: Peer) -> None:
        own = p.column("p")
        rows = p.values(own, p.column("q"), name="v").data([(1, "a"), (2, "b")])
        unnamed = p.values(p.column("p")).data([(1,)])
        p.show(rows.c.p is own, rows.c.keys())
        cte = p.select(p.column("z")).cte("w")
        _show(
            p,
            lambda: p.select(own),
            lambda: rows.add_cte(cte).select(),
            lambda: unnamed.add_cte(cte).select(),
            lambda: p.select(rows.lateral().cte()),
            lambda: p.select(rows.cte("c", recursive=True)),
            lambda: p.select(p.values(p.table("t", p.column("x")).c.x, name="q").data([("a",)])),
        )

    compare(program)


def test_labels_and_escapes_alone() -> None:
    def program(p: Peer) -> None:
        x = p.column("x")
        _show(
            p,
            lambda: p.desc("label"),
            lambda: p.asc("q").nulls_last(),
            lambda: p.over(p.func.f(), order_by="z"),
            lambda: p.select(x).order_by(p.desc("none")),
            lambda: p.select(x.label("z")).order_by(p.desc("z")),
            lambda: p.text(r"time='12\:30:00'"),
            lambda: p.text(r"a \:b ':c' ::d"),
            lambda: p.text(r"SELECT '\:x'"),
            lambda: p.select(x).correlate_except(None, p.table("t")),
            lambda: p.select(x).correlate_except(None),
        )
        t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.Integer))
        p.show([c.name for c in p.module("sql.util").reduce_columns([t.c.a, t.c.b, t.c.a])])

    compare(program)


def test_columns_that_functions_give() -> None:
    def program(p: Peer) -> None:
        t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.Integer))
        several = p.select(lambda: (t.c.a, t.c.b), lambda: t.c.a)
        p.show(several, several.add_columns(lambda: [t.c.b, t.c.a]))
        p.show(several.with_only_columns(lambda: (t.c.a,), t.c.b))
        p.error(lambda: p.select(lambda: 5))

    compare(program)


def test_ctes_that_are_to_be_within_a_statement() -> None:
    """They are, whatever refers to them first; and in one statement of those around."""

    def program(p: Peer) -> None:
        contracts = p.table("contracts", p.column("id"))
        invoices = p.table("invoices", p.column("id"), p.column("contract_id"))
        other = contracts.alias()
        one = p.select(other).where(other.c.id == contracts.c.id).correlate(contracts)
        one = one.cte("one")
        two = p.select(invoices).join(one, invoices.c.contract_id == one.c.id).cte("two")
        for order in ((one, two), (two, one)):
            within = p.select(one, two).add_cte(*order, nest_here=True)
            p.show(p.select(contracts).outerjoin(within.lateral(), p.true()))
        plain = p.select(p.literal(1).label("i")).cte("plain")
        within = p.select(plain).add_cte(plain, nest_here=True)
        p.show(p.select(within.subquery()))
        p.error(lambda: str(p.select(within.subquery()).add_cte(plain, nest_here=True)))
        union = p.union(within, p.select(p.literal(2))).cte("both")
        p.error(lambda: str(p.select(union).add_cte(plain, nest_here=True)))
        p.show(p.select(union))

    compare(program)


def test_lists_of_parameters_for_a_session() -> None:
    """One set in a list is that set, but for UPDATE, which takes rows of a list by their keys,
    and for DELETE, which takes none; no SELECT is of several sets."""

    def program(p: Peer) -> None:
        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)

        session = p.session()
        session.add_all([Thing(id=1, name="a"), Thing(id=2, name="b")])
        session.commit()
        wanted = Thing.id == p.bindparam("i")
        lists = ([{"i": 1}], ({"i": 2},), [], (), [{}], [1], [None], 5)

        def ids(statement: Any, given: Any) -> Any:
            return [str(getattr(row[0], "id", row[0])) for row in session.execute(statement, given)]

        for select in p.select(Thing).where(wanted), p.select(Thing.name).where(wanted):
            for given in lists:
                p.error(lambda: ids(select, given))  # noqa: B023
                session.rollback()
            several = [{"i": 1}, {"i": 2}]
            if session.bind.dialect.name == "sqlite":  # psycopg executes it: NotImplementedError
                p.error(lambda: ids(select, several))  # noqa: B023
            session.rollback()
        update = p.update(Thing).where(wanted).values(name="z")
        for given in lists[1:5]:
            for change in update, p.update(Thing).values(name="z"), p.delete(Thing).where(wanted):
                p.error(lambda: getattr(session.execute(change, given), "rowcount", None))  # noqa: B023
                p.show(session.execute(p.select(Thing.id, Thing.name).order_by(Thing.id)).all())
                session.rollback()

    compare(program)
