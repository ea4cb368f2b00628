"""Constructs at the edges of the expression language, and DDL that depends on the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .harness import Peer, compare


def _show(p: Peer, *made: Callable[[], Any]) -> None:
    """The SQL of what is made, or the error."""
    for make in made:
        try:
            p.show(str(make()))
        except Exception as error:
            p.show(type(error).__name__, str(error))


def _tables(p: Peer) -> tuple[Any, Any, Any]:
    metadata = p.MetaData()
    item = p.Table(
        "t",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.Integer),
    )
    node = p.Table("n", metadata, p.Column("id", p.Integer), p.Column("parent_id", p.Integer))
    part = p.Table(
        "part",
        metadata,
        p.Column("id", p.Integer, p.ForeignKey("t.id"), primary_key=True),
        p.Column("x", p.Integer),
    )
    return item, node, part


def test_negated_any_and_all() -> None:
    def program(p: Peer) -> None:
        item, node, _ = _tables(p)
        array = p.column("q", p.ARRAY(p.Integer))
        ids = p.select(node.c.id).scalar_subquery()
        for aggregate in (p.any_(array), p.all_(array), p.any_(ids), p.all_(ids)):
            _show(
                p,
                lambda a=aggregate: p.not_(item.c.x == a),
                lambda a=aggregate: p.not_(a != item.c.x),
                lambda a=aggregate: ~(a < 5),
                lambda a=aggregate: p.not_(p.or_(item.c.x == a, item.c.id == 1)),
            )

    compare(program)


def test_aliases_of_aliases_of_ctes() -> None:
    def program(p: Peer) -> None:
        item, node, _ = _tables(p)
        cte = p.select(item.c.x).cte("c")
        one = cte.alias("a1")
        two = one.alias("a2")
        _show(
            p,
            lambda: p.select(two.alias("a3")),
            lambda: p.select(cte, one, two, two.alias("a3")),
            lambda: p.select(one.alias()),
            lambda: p.select(one, one.alias()),
        )
        root = p.select(node.c.id).where(node.c.parent_id.is_(None)).cte("r", recursive=True)
        first = root.alias("ra")
        second = first.alias("rb")
        up = p.select(node.c.id)
        _show(
            p,
            lambda: p.select(root.union_all(up.join(second, node.c.parent_id == second.c.id))),
            lambda: p.select(
                root.union_all(
                    up.join(first, node.c.parent_id == first.c.id).join(
                        second, node.c.id == second.c.id
                    )
                )
            ),
        )
        included = p.select(node.c.id).where(node.c.id == 1).cte(recursive=True).alias("incl")
        both = included.union(up.where(node.c.parent_id == included.c.id))
        _show(p, lambda: p.select(both))

        with p.session(create=False) as session:
            connection = session.connection()
            item.metadata.create_all(connection)
            connection.execute(item.insert(), [{"id": 1, "x": 5}, {"id": 2, "x": 7}])
            rows = [{"id": 1}, {"id": 2, "parent_id": 1}, {"id": 3, "parent_id": 2}]
            connection.execute(node.insert().values(parent_id=p.bindparam("parent_id", None)), rows)
            p.show(sorted(connection.scalars(p.select(two.alias("a3")))))
            p.show(sorted(connection.scalars(p.select(both))))

    compare(program)


def test_ctes_where_they_are_named() -> None:
    def program(p: Peer) -> None:
        item, _, _ = _tables(p)
        one = p.select(p.literal(1).label("i")).cte("n1")
        two = p.select(p.literal(2).label("i")).cte("n2")
        cte = p.select(item.c.x).cte("c")
        related = p.select(item.alias("t1").c.id).where(item.c.id == 5).correlate(item).cte("c1")
        changed = item.update().where(item.c.x > 5).values(x=7).returning(item.c.id).cte()
        here = {"nest_here": True}
        _show(
            p,
            lambda: p.select(
                p.select(one.c.i, two.c.i.label("j")).add_cte(one, two, **here).cte("cte")
            ),
            lambda: p.select(
                p.union(p.select(one), p.select(two)).add_cte(one, two, **here).subquery()
            ),
            lambda: p.select(item).join(
                p.select(cte.c.x).add_cte(cte, **here).where(cte.c.x == item.c.x).lateral(),
                p.true(),
            ),
            lambda: p.select(item).join(
                p.select(related).add_cte(related, **here).lateral(), p.true()
            ),
            lambda: p.select(item).where(item.c.x < 3).add_cte(changed),
        )

    compare(program)


def test_filter_by_of_expressions() -> None:
    def program(p: Peer) -> None:
        item, _, _ = _tables(p)

        class Mapped(p.Base):  # type: ignore[misc]
            __tablename__ = "mapped"
            id = p.Column(p.Integer, primary_key=True)
            renamed = p.Column("old", p.Integer)

        for first in (
            item.c.id == 1,
            p.cast(item.c.id, p.Integer),
            p.func.count(item.c.id),
            item.c.id.label("q"),
            -item.c.id,
            p.func.now(),
        ):
            _show(p, lambda first=first: p.select(first).filter_by(id=3))
        for first in (p.func.count(Mapped.id), Mapped.id + 1, Mapped.renamed.label("z")):
            _show(p, lambda first=first: p.select(first).filter_by(renamed=3))
            _show(p, lambda first=first: p.select(first).filter_by(old=3))

    compare(program)


def test_insert_from_any_selectable() -> None:
    def program(p: Peer) -> None:
        item, node, _ = _tables(p)
        names = ["id", "x"]
        _show(
            p,
            lambda: item.insert().from_select(names, node),
            lambda: item.insert().from_select(names, p.select(node).subquery()),
            lambda: item.insert().from_select(names, p.select(node).cte("c")),
            lambda: item.insert().from_select(names, p.union(p.select(node), p.select(node))),
            lambda: item.insert().from_select(names, node.c.id),
            lambda: item.insert().from_select(names, "select 1"),
        )

    compare(program)


def test_columns_of_joins_and_unions() -> None:
    def program(p: Peer) -> None:
        item, _, part = _tables(p)
        join = item.join(part)
        p.show([str(c) for c in join.primary_key])
        p.show([str(c) for c in item.join(part, item.c.x == part.c.id).primary_key])
        p.show([str(c) for c in item.join(part.alias("p")).primary_key])
        labelled = p.select(item, part).set_label_style(p.LABEL_STYLE_TABLENAME_PLUS_COL)
        p.show(list(labelled.selected_columns.keys()), list(labelled.exported_columns.keys()))
        p.show(list(p.select(item, part).selected_columns.keys()))
        union = p.union(p.select(item.c.id, item.c.x), p.select(item.c.x, item.c.id)).alias("u")
        again = p.select(union).subquery("v")
        for column in (item.c.x, item.c.id):
            p.show(str(union.corresponding_column(column)), str(again.corresponding_column(column)))
        other = p.Table("o", p.MetaData(), p.Column("id", p.Integer, p.ForeignKey("t.id")))
        p.error(lambda: other.join(item))
        p.error(lambda: item.join(other))
        p.error(lambda: p.Table("w", p.MetaData(), p.Column("id", p.Integer)).join(item))
        p.show(item.c == [item.c.id, item.c.x], item.c == [item.c.x], item.c != item.c)
        p.error(lambda: hash(item.c), text=False)

    compare(program)


def test_functions_as_rows_and_ordered_sets() -> None:
    def program(p: Peer) -> None:
        func = p.func
        x = func.generate_series(1, 2).column_valued("x")
        y = func.generate_series(3, 4).column_valued("y")
        number = p.column("d", p.Integer)
        _show(
            p,
            lambda: p.select(p.select(x, y).subquery()),
            lambda: p.select(p.select(x, x.label("z")).cte("c")),
            lambda: p.select(p.select(func.f().column_valued()).subquery()),
        )
        p.show(list(p.select(x, y).subquery().c.keys()))
        for aggregate in (
            func.percentile_cont(0.5),
            func.percentile_cont(0.5, 0.7),
            func.percentile_disc(0.5, 0.7),
            func.mode(),
        ):
            p.show(aggregate.within_group(number).type, aggregate.within_group(number.desc()).type)

    compare(program)


def test_exists_of_a_union_takes_no_criteria() -> None:
    def program(p: Peer) -> None:
        item, node, _ = _tables(p)
        exists = p.exists(p.union(p.select(item.c.id), p.select(node.c.id)))
        _show(
            p,
            lambda: p.select(exists),
            lambda: exists.where(item.c.x == 5),
            lambda: exists.select_from(item),
            lambda: exists.correlate(item),
        )

    compare(program)


def test_what_cannot_be_executed() -> None:
    def program(p: Peer) -> None:
        item, _, _ = _tables(p)
        with p.engine().connect() as connection:
            for thing in (
                p.true(),
                p.and_(p.true()),
                p.and_(p.true()).compile(),
                p.column("x").compile(),
                p.select(item).cte(),
                p.select(item).subquery(),
                p.Integer(),
                item,
            ):
                p.error(lambda thing=thing: connection.execute(thing), text=False)

    compare(program)


def test_indexes_on_some_databases_and_their_events() -> None:
    def program(p: Peer) -> None:
        metadata = p.MetaData()
        column = p.Column("data", p.String(20))
        asked: list[Any] = []

        def wanted(ddl: Any, target: Any, bind: Any, **kw: Any) -> bool:
            asked.append((type(ddl).__name__, type(target).__name__, bind is None, sorted(kw)))
            return bool(kw["state"] == "yes")

        table = p.Table(
            "a",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            column,
            p.Index("nowhere", column).ddl_if(dialect="mysql"),
            p.Index("never", column).ddl_if(callable_=wanted, state="no"),
            p.Index("always", column, "id").ddl_if(callable_=wanted, state="yes"),
            p.CheckConstraint("id > 5").ddl_if(dialect="mysql"),
        )
        made: list[str] = []
        mock = p.create_mock_engine(
            "sqlite://", lambda ddl, *a, **kw: made.append(str(ddl.compile(dialect=mock.dialect)))
        )
        metadata.create_all(mock)
        p.show(made)
        calls: list[Any] = []
        plain = p.Table("b", p.MetaData(), p.Column("x", p.Integer, index=True))
        (index,) = plain.indexes
        for target in (plain, index):
            for name in ("before_create", "after_create", "before_drop", "after_drop"):

                def note(target: Any, connection: Any, name: str = name, **kw: Any) -> None:
                    calls.append((name, target.name, sorted(kw)))

                p.event.listen(target, name, note)
        engine = p.engine()
        metadata.create_all(engine)
        plain.metadata.create_all(engine)
        index.drop(engine)
        index.create(engine)
        plain.metadata.drop_all(engine)
        p.show(calls)
        p.show(sorted(each["name"] for each in p.inspect(engine).get_indexes("a")))
        p.show(sorted({str(each) for each in asked}))
        metadata.drop_all(engine)
        p.show(table.indexes == table.indexes)

    compare(program)


def test_reflection_with_other_names_of_schemas() -> None:
    def program(p: Peer) -> None:
        with p.sa.create_engine("sqlite://").connect() as connection:
            connection.exec_driver_sql("attach ':memory:' as other")
            connection.exec_driver_sql(
                "create table other.z (q integer primary key, w integer unique)"
            )
            connection.exec_driver_sql("create index other.zi on z (w)")
            p.show(p.inspect(connection).has_table("z", schema="unknown"))
            inspector = p.inspect(connection)
            p.show(inspector.has_table("later"))
            connection.exec_driver_sql("create table later (a integer)")
            p.show(inspector.has_table("later"))
            inspector.clear_cache()
            p.show(inspector.has_table("later"))
            renamed = connection.execution_options(
                schema_translate_map={"shop": "other", None: "other"}
            )
            for options in ({"schema": "shop"}, {}):
                table = p.Table("z", p.MetaData(), autoload_with=renamed, **options)
                p.show(table.schema, list(table.c.keys()), [str(c) for c in table.primary_key])
                p.show(sorted(each.name for each in table.indexes))

    compare(program, sql=False)  # what is asked of the catalog is each package's own


@pytest.mark.sqlite_only
def test_tables_that_are_no_tables_keep_their_schema() -> None:
    """A schema_translate_map is about the tables of a MetaData, not about names alone."""

    def program(p: Peer) -> None:
        engine = p.engine(poolclass=p.module("pool").StaticPool)
        own = p.Table("t", p.MetaData(), p.Column("x", p.Integer))
        shop = p.Table("t", own.metadata, p.Column("x", p.Integer), schema="shop")
        name = p.table("t", p.column("x"))
        other = p.table("t", p.column("x"), schema="shop")
        with engine.connect() as connection:
            for schema in "a", "b", "shop":
                connection.exec_driver_sql(f"attach ':memory:' as {schema}")
                connection.exec_driver_sql(f"create table {schema}.t (x integer)")
            connection.exec_driver_sql("create table t (x integer)")
            for names in {None: "a"}, {None: "a", "shop": "b"}, {None: "b", "shop": "a"}:
                mapped = connection.execution_options(schema_translate_map=names)
                for number, table in enumerate((own, shop, name, other)):
                    mapped.execute(p.insert(table).values(x=number))
                    mapped.execute(p.update(table).values(x=table.c.x + 10))
                    p.show(mapped.execute(p.select(table).where(table.c.x > 0)).all())
                    p.show(mapped.scalar(p.select(p.func.count()).select_from(table.alias())))
                p.show(mapped.execute(p.select(own.c.x, other.c.x).join(other, p.true())).all())
                mapped.execute(
                    p.delete(name).where(name.c.x == p.select(own.c.x).scalar_subquery())
                )

    compare(program)


def test_labels_within_window_functions() -> None:
    """Beside the column that it names a label cannot be referred to: its expression stands there."""

    def program(p: Peer) -> None:
        class T(p.Base):
            __tablename__ = "t"
            id = p.Column(p.Integer, primary_key=True)

        s = p.session()
        s.add_all([T(id=n) for n in (1, 2, 3)])
        s.commit()
        total = (T.id + 5).label("total")
        rank = p.func.rank()
        for statement in (
            p.select(total, rank.over(order_by=total)),
            p.select(total, (1 + rank.over(order_by=total.desc(), partition_by=total)).label("x")),
            p.select(total, p.case((rank.over(order_by=[total, T.id]) == 1, "first"))),
            p.select(total).order_by(rank.over(order_by=total.desc())),
            p.select(total, T.id).order_by(total.desc()),
            p.select(total, T.id).order_by(p.nulls_last(total.desc()), T.id),
        ):
            p.show(s.execute(statement).all())

    compare(program)
