"""What a statement, a table or a batch of rows refuses: parts of a schema as values, two
generators of one column, names that are too long, RETURNING of many rows that is switched off."""

from __future__ import annotations

from typing import Any

from .harness import Peer, compare


def test_parts_of_a_schema_are_no_values() -> None:
    def program(p: Peer) -> None:
        table = p.Table("t", p.MetaData(), p.Column("id", p.Integer), p.Column("x", p.String))
        for part in (
            p.Sequence("s"),
            p.sa.ColumnDefault("y"),
            p.sa.DefaultClause("y"),
            p.FetchedValue(),
            p.Identity(),
            p.Computed("x"),
            p.Index("i", table.c.id),
            p.MetaData(),
            p.PrimaryKeyConstraint(),
        ):
            p.show(type(part))
            for made in (
                lambda v: p.select(table).where(v),
                lambda v: p.select(table).order_by(v),
                lambda v: p.select(v),
                lambda v: table.insert().values(id=v),
                lambda v: table.update().values(id=v),
                lambda v: table.c.id == v,
                lambda v: table.c.id + v,
                lambda v: p.func.something(v),
                lambda v: p.and_(table.c.id == 1, v),
                lambda v: p.case((table.c.id == 1, v)),
                lambda v: p.cast(v, p.Integer),
                lambda v: p.literal(v),
            ):
                try:
                    p.show(str(made(part)))
                except Exception as error:
                    p.show(type(error).__name__, str(error))

    compare(program)


def test_two_generators_of_a_column() -> None:
    def program(p: Peer) -> None:
        for parts in (
            lambda: (p.Identity(), p.Sequence("s")),
            lambda: (p.Sequence("s"), p.Identity()),
            lambda: (p.Identity(), p.Computed("y")),
            lambda: (p.Computed("y"), p.Sequence("s")),
        ):
            p.error(
                lambda made=parts: p.Table(
                    "t", p.MetaData(), p.Column("x", p.Integer, *made().name)
                )
            )

    compare(program)


def test_names_that_are_too_long() -> None:
    def program(p: Peer) -> None:
        metadata = p.MetaData()
        p.Table("short", metadata, p.Column("id", p.Integer))
        long = p.Table("longer than ten", metadata, p.Column("id", p.Integer))
        engine = p.engine(max_identifier_length=10)
        for made in (metadata.create_all, metadata.drop_all, long.create, long.drop):
            for first in (True, False):
                p.error(lambda m=made, f=first: m(engine, checkfirst=f))
        schema = p.module("schema")
        p.show(str(schema.AddConstraint(long.primary_key)))
        elsewhere = p.Table("t", p.MetaData(), p.Column("x", p.Integer), schema="longer than ten")
        p.error(lambda: elsewhere.create(engine))
        validate = engine.dialect.validate_identifier
        p.show(validate("x" * 10))
        p.error(lambda: validate("x" * 11))

    compare(program)


def test_rows_in_parts() -> None:
    def program(p: Peer) -> None:
        def fill(**options: Any) -> None:
            engine = p.engine(**options)
            table = p.Table(
                "t",
                p.MetaData(),
                p.Column("id", p.Integer, primary_key=True),
                p.Column("x", p.String),
            )
            table.create(engine)
            rows = [{"x": f"x{n}"} for n in range(7)]
            returning = table.insert().returning(table.c.id)
            with engine.connect() as c:
                for given, statement in (
                    ({"insertmanyvalues_page_size": 3}, returning),
                    (None, returning.execution_options(insertmanyvalues_page_size=2)),
                    (None, returning),
                ):
                    p.error(
                        lambda s=statement, g=given: c.execute(s, rows, execution_options=g).all()
                    )
                c.execution_options(insertmanyvalues_page_size=4)
                p.error(lambda: c.execute(returning, rows).all())
                p.error(lambda: c.execute(returning, rows[:1]).all())
                c.execute(table.insert(), rows)
                p.show(c.execute(p.select(table)).all())
            table.drop(engine)

        fill()
        fill(insertmanyvalues_page_size=5)
        fill(use_insertmanyvalues=False)

    compare(program)


def test_a_name_that_programs_ask_for() -> None:
    def program(p: Peer) -> None:
        variant = p.module("types").Variant
        p.show(isinstance(p.String().with_variant(p.Text(), "sqlite"), variant))
        p.show(issubclass(variant, p.TypeDecorator))
        p.error(variant, text=False)

    compare(program)
