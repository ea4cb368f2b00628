"""Texts, names, types and errors of statements, in the corners."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from .harness import Peer, Programs, compare

programs = Programs()


def _default(p: Peer, **facts: Any) -> Any:
    dialect = p.module("engine.default").DefaultDialect()
    for name, value in facts.items():
        setattr(dialect, name, value)
    return dialect


def _text(p: Peer, element: Any, dialect: Any = None, params: bool = True, **kw: Any) -> None:
    """Show what an element is compiled to, and its parameters, or the error."""
    dialect = dialect or _default(p)

    def compiled() -> Any:
        made = (element() if callable(element) else element).compile(dialect=dialect, **kw)
        return str(made), dict(made.params or {}) if params else None

    p.error(compiled)


def _tables(p: Peer) -> tuple[Any, Any]:
    a = p.table("a", p.column("x", p.Integer), p.column("y", p.String), p.column("z", p.Integer))
    b = p.table("b", p.column("x", p.Integer), p.column("w", p.String))
    return a, b


@programs
def lateral_derived_tables(p: Peer) -> None:
    a, b = _tables(p)
    true = p.module("engine.default").DefaultDialect(supports_native_boolean=True)
    inner = p.select(b.c.w).where(b.c.x == a.c.x)
    for lateral in (
        inner.lateral(), inner.lateral("l"), inner.subquery().lateral(),
        inner.subquery().lateral("l"), inner.correlate(a).subquery().lateral("l"),
        p.lateral(inner.subquery(), name="l"), p.lateral(inner, name="l"),
        p.func.generate_series(1, a.c.x).lateral(),
    ):  # fmt: skip
        for dialect in (true, _default(p)):
            _text(
                p,
                lambda lateral=lateral: p.select(a.c.x, lateral).select_from(
                    a.join(lateral, p.true())
                ),
                dialect,
            )
            _text(p, lambda lateral=lateral: p.select(lateral.alias("q")), dialect)
            _text(p, lambda lateral=lateral: a.join(lateral, p.true()), dialect)
    _text(p, p.true(), true)
    _text(p, p.select(a.c.x).where(p.and_(p.false(), a.c.x == 5)), true)
    flag = p.column("flag", p.Boolean)
    _text(p, p.select(flag).where(flag), true)
    _text(p, p.select(flag).where(~flag), true)
    _text(p, p.select(flag).where(flag), _default(p))


@programs
def order_by_labels(p: Peer) -> None:
    a, _ = _tables(p)
    one, two = (a.c.x + 12).label("one"), p.func.some(a.c.y).label("two")
    both = (a.c.x + a.c.x).label("both")
    for how in (
        p.desc, p.asc, p.nulls_first, p.nulls_last, lambda c: c.desc().nulls_last(),
        lambda c: c.nulls_first().asc(), lambda c: c,
    ):  # fmt: skip
        _text(p, p.select(one, two).order_by(one, how(two)))
        _text(p, p.select(one, two).order_by(p.func.hoho(one), how(two)))
        _text(p, p.select(both, two).order_by(both, how(two)))
        _text(p, p.select(one, two).order_by(a.c.x.label("one"), how(a.c.y.label("two"))))
        _text(p, p.select(one, two).order_by(how(a.alias().c.y.label("two"))))
        _text(
            p,
            p.select(one, two).order_by(how(two)),
            _default(p, supports_simple_order_by_label=False),
        )


@programs
def correlation_of_nothing(p: Peer) -> None:
    a, b = _tables(p)
    inner = p.select(a.c.x).where(a.c.x == b.c.x)
    for nothing in (None, False):
        _text(p, lambda n=nothing: p.select(b).where(b.c.x == inner.correlate(n).scalar_subquery()))
        _text(
            p,
            lambda n=nothing: p.select(b).where(
                b.c.x == inner.correlate_except(n).scalar_subquery()
            ),
        )


@programs
def tables_of_one_name_in_two_schemas(p: Peer) -> None:
    metadata = p.MetaData()
    plain = p.Table("t", metadata, p.Column("id", p.Integer), p.Column("q", p.String))
    other = p.Table("t", metadata, p.Column("id", p.Integer), p.Column("p", p.String), schema="foo")
    _text(p, p.select(plain, other).where(plain.c.id == other.c.id))
    _text(p, p.select(plain).join(other, plain.c.id == other.c.id))
    _text(p, p.select(plain.alias(), other))
    _text(p, p.select(plain).where(plain.c.id == other.c.id))
    sub = p.select(plain).where(plain.c.id == other.c.id).subquery()
    _text(p, p.select(other).join(sub, other.c.id == sub.c.id))
    _text(p, p.select(plain, sub.c.id).join(sub, plain.c.id == sub.c.id))
    _text(p, p.select(p.union(p.select(plain.c.id), p.select(other.c.id)).subquery()))
    _text(p, p.select(plain))
    _text(p, p.select(other))


@programs
def phrases_of_foreign_keys(p: Peer) -> None:
    a = p.Table("a", p.MetaData(), p.Column("q", p.Integer))
    b = p.Table("b", p.MetaData(), p.Column("p", p.Integer))
    for option in ("ondelete", "onupdate", "initially", "match"):
        for phrase in (
            "CASCADE", "SET NULL", "set  default", "SOME FUTURE KEYWORD", "CASCADE; DROP TABLE b",
            "CASCADE -- x", "'CASCADE'", '"CASCADE"', " CASCADE", "CASCADE ", "", "FULL",
            "SET NULL(some_column)", "SET NULL (x, y)", "DEFERRED",
        ):  # fmt: skip
            for dialect in (_default(p), p.module("dialects.postgresql").dialect()):
                _text(
                    p,
                    lambda option=option, phrase=phrase: p.schema.AddConstraint(
                        p.ForeignKeyConstraint([a.c.q], [b.c.p], **{option: phrase})
                    ),
                    dialect,
                )


@programs
def limits_and_fetches(p: Peer) -> None:
    for statement in (
        p.select(1).limit(42).fetch(1), p.select(1).fetch(42).limit(1),
        p.select(1).limit(42).offset(7).fetch(1), p.select(1).fetch(1).slice(2, 5),
        p.select(1).slice(2, 5).fetch(1), p.select(1).fetch(5, with_ties=True).offset(1),
    ):  # fmt: skip
        _text(p, statement)


@programs
def names_of_parameters(p: Peer) -> None:
    t = p.table(
        "t", p.column("_one"), p.column("_3foo"), p.column("4%foo"), p.column("a_"), p.column("_")
    )
    for c in t.c:
        _text(p, c == 5)
        _text(p, p.and_(c == 5, c == 6, c.in_([1, 2])))
    _text(p, t.insert().values(_one=5))
    _text(p, t.update().values(_one=5).where(t.c._one == 7))


@programs
def texts_without_a_dialect(p: Peer) -> None:
    a, b = _tables(p)

    class MyType(p.module("types").TypeEngine):
        __visit_name__ = "mytype"
        cache_ok = True

    p.error(lambda: str(p.cast(a.c.x, MyType())))
    p.error(lambda: str(p.select(a.c.x.op("@")(5), p.literal_column("x", MyType()))))
    p.error(
        lambda: p.schema.CreateTable(p.Table("t", p.MetaData(), p.Column("q", MyType()))).compile(
            dialect=p.module("dialects.sqlite").dialect()
        )
    )
    p.error(lambda: str(p.Column("q", p.Integer)))
    p.error(lambda: str(p.Column(p.Integer)))
    p.error(lambda: str(p.Column()))
    p.error(lambda: str(p.select(p.Column()).select_from(a)))
    p.error(lambda: str(p.select(a).cte("c")))
    p.error(lambda: str(p.select(a).cte()))
    p.error(lambda: str(p.select(a).subquery()))
    p.error(lambda: str(a.insert().values(x=1).returning(a.c.x).cte("c")))
    p.error(lambda: str(a.delete().returning(a.c.x).cte()))
    p.error(lambda: str(p.select(a).lateral()))
    p.error(lambda: str(p.select(a).scalar_subquery()))
    p.error(lambda: str(p.select(a).with_hint(a, "use %(name)s", dialect_name="*")))
    p.error(lambda: str(p.select(a).with_hint(a, "hint").join(b, a.c.x == b.c.x)))
    p.error(lambda: str(p.select(a).with_hint(a, "hint", "oracle")))
    p.error(lambda: str(p.select(a).with_statement_hint("final")))

    def strange(x: Any, y: Any) -> Any:
        return x

    p.error(
        lambda: str(p.module("sql.elements").BinaryExpression(a.c.x, b.c.x, strange)), text=False
    )


@programs
def functions_in_the_corners(p: Peer) -> None:
    a, _ = _tables(p)
    f = p.func
    generic = p.module("sql.functions").GenericFunction
    _text(p, p.select(f.rows("foo").alias("bar")))
    p.show(len(f.rows("foo").alias("bar").c), f.rows("foo").alias("bar").column.type)
    agg = f.array_agg(p.column("data", p.Integer))
    p.show(agg.type, agg.type.dimensions, agg.type.item_type)

    class legacy(generic):
        inherit_cache = True
        __return_type__ = p.DateTime

    p.show(f.legacy().type)
    for _ in range(2):

        class replaced(generic):
            type = p.Integer
            identifier = "replaced_func"

    p.show(p.func.replaced_func().type)
    within = f.percentile_cont(p.literal(1)).within_group()
    _text(p, within)
    _text(p, pickle.loads(pickle.dumps(within)))
    within = f.percentile_cont(p.literal(1)).within_group(p.column("q"), p.column("p").desc())
    _text(p, pickle.loads(pickle.dumps(within)))
    comparison = f.some("x", "y", "z", "p").as_comparison(2, 3)
    _text(p, comparison.left)
    _text(p, comparison.right)
    p.show(comparison.type)
    values = f.json_to_recordset("[]").table_valued(
        p.column("a", p.Integer), p.column("b", p.String)
    )
    for dialect in (_default(p), p.module("dialects.postgresql").dialect()):
        for made in (
            values.alias("v"), values.render_derived(name="v"),
            values.render_derived(name="v", with_types=True), values.render_derived(),
            f.unnest(a.c.x).table_valued("u", with_ordinality="o").render_derived(),
            f.unnest(a.c.x).table_valued("u", with_ordinality="o", name="n"),
            f.unnest(a.c.x).table_valued("u", joins_implicitly=True).render_derived(name="j"),
            values.render_derived(with_types=True).alias("k"), values.render_derived().alias(),
        ):  # fmt: skip
            _text(p, p.select(made), dialect)
            _text(p, p.select(a.c.x, made).join_from(a, made, p.true()), dialect)
            p.show([c.type for c in made.c], made.column.type)
        lateral = f.unnest(a.c.x).table_valued(p.column("u", p.Text)).render_derived(
            name="j", with_types=True
        ).lateral()  # fmt: skip
        _text(p, p.select(a.c.x, lateral), dialect)
    for made in (
        values,
        values.alias("v"),
        values.render_derived(),
        values.render_derived().lateral(),
    ):
        p.error(lambda made=made: str(p.select(made)))


@programs
def types_of_case(p: Peer) -> None:
    pk, q = p.column("pk", p.Integer), p.column("q", p.String)
    for whens in (
        [(pk < 0, p.null()), (pk > 9, pk)], [(pk < 0, None), (pk > 9, None)],
        [(pk < 0, p.literal("x")), (pk > 9, None), (pk <= 9, pk)], [(pk < 0, "x"), (pk > 9, 5)],
        [(pk < 0, 5), (pk > 9, "x")], [(pk < 0, q), (pk > 1, pk)],
    ):  # fmt: skip
        for else_ in (None, q, pk, p.null(), 5):
            p.show(p.case(*whens, else_=else_).type, p.case(*whens).type)


@programs
def inserts_in_the_corners(p: Peer) -> None:
    a, b = _tables(p)
    none = _default(p, supports_default_values=False, supports_empty_insert=False)
    _text(p, a.insert().values({}), none)
    _text(p, a.insert(), none, column_keys=[])
    _text(p, a.insert().values([{"x": 1}, {"x": 2}]))
    _text(p, a.insert().values([{"x": 1}, {"x": 2}]), _default(p, supports_multivalues_insert=True))
    many = _default(p, supports_multivalues_insert=True)
    for second in ({"x": 1}, [{"x": 1}, {"x": 2}], (1, "a", 2), {"y": p.func.now()}):
        for first in ({"x": 1}, [{"x": 1}, {"x": 2}], (1, "a", 2)):
            _text(
                p, lambda first=first, second=second: a.insert().values(first).values(second), many
            )
    pg = p.module("dialects.postgresql").dialect()
    for sort in (True, False):
        _text(
            p,
            lambda sort=sort: (
                a.insert()
                .values([{"x": 1}, {"x": 2}])
                .returning(a.c.x, sort_by_parameter_order=sort)
            ),
            pg,
        )
        _text(
            p,
            lambda sort=sort: (
                a.insert()
                .from_select(["x"], p.select(b.c.x))
                .returning(a.c.x, sort_by_parameter_order=sort)
            ),
            pg,
        )
    with_default = p.Table(
        "d", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("x", p.Integer),
        p.Column("f", p.Integer, default=p.func.foo(5)), p.Column("g", p.Integer, default=7),
    )  # fmt: skip
    union = p.union(p.select(b.c.x), p.select(b.c.x + 1))
    _text(p, lambda: with_default.insert().from_select(["x"], union))
    _text(p, lambda: with_default.insert().from_select(["x"], union, include_defaults=False))
    _text(p, lambda: with_default.insert().from_select(["x"], p.select(b.c.x)))


@programs
def defaults_within_other_statements(p: Peer) -> None:
    engine = p.engine()
    if engine.dialect.name == "sqlite":
        return  # has no INSERT in WITH
    metadata = p.MetaData()
    made = iter(range(100, 200))
    q = p.Table(
        "q", metadata, p.Column("x", p.Integer, default=2), p.Column("y", p.Integer, onupdate=5),
        p.Column("z", p.Integer), p.Column("w", p.Integer, default=lambda: next(made)),
    )  # fmt: skip
    metadata.create_all(engine)
    with engine.begin() as connection:
        for _ in range(2):
            inserted = q.insert().values(z=1).returning(q.c.z).cte("c")
            p.show(connection.execute(p.select(inserted)).all())
            updated = q.update().values(x=7).returning(q.c.y).cte("c")
            p.show(connection.execute(p.select(updated)).all())
            p.show(connection.execute(p.select(q)).all())


@programs
def keys_as_their_type_reads_them(p: Peer) -> None:
    class Marked(p.TypeDecorator):
        impl = p.Integer
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return None if value is None else int(value[4:])

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return None if value is None else f"INT_{value}"

    engine = p.engine()
    metadata = p.MetaData()
    t = p.Table("t", metadata, p.Column("k", Marked, primary_key=True), p.Column("d", p.Integer))
    metadata.create_all(engine)
    with engine.begin() as connection:
        for statement in (
            t.insert().values(d=5),
            t.insert().values(k="INT_9", d=5),
            t.insert().values(d=1),
        ):
            if engine.dialect.name == "postgresql" and statement.compile().params.get("k"):
                continue
            result = connection.execute(statement)
            p.show(result.inserted_primary_key)
        p.show(connection.execute(p.select(t)).all())


@programs
def keys_that_get_no_value(p: Peer) -> None:
    metadata = p.MetaData()
    one = p.Table(
        "one", metadata, p.Column("x", p.Integer, primary_key=True, autoincrement=False),
        p.Column("q", p.Integer),
    )  # fmt: skip
    two = p.Table(
        "two", metadata, p.Column("x", p.Integer, primary_key=True),
        p.Column("y", p.Integer, primary_key=True), p.Column("q", p.Integer),
    )  # fmt: skip
    text = p.Table(
        "text", metadata, p.Column("x", p.String, primary_key=True), p.Column("q", p.Integer)
    )
    for table in (one, two, text):
        for dialect in (
            _default(p), p.module("dialects.postgresql").dialect(), p.module("dialects.sqlite").dialect()
        ):  # fmt: skip
            _text(p, table.insert(), dialect, False, column_keys=["q"])
            _text(p, table.insert(), dialect, False, column_keys=["x", "q"])
            _text(p, table.insert().values(q=1), dialect)
            _text(p, table.insert().values(q=1).inline(), dialect)


@programs
def ctes_in_the_corners(p: Peer) -> None:
    a, b = _tables(p)
    deleted = a.delete().where(a.c.x == 5).returning(a.c.x, a.c.y).cte("d")
    _text(p, p.select(deleted))
    updated = p.update(a).values(x=1).returning(a).cte("u")
    _text(p, b.insert().from_select(["x"], p.select(updated.c.x)))
    _text(p, p.select(updated.c.x).union(p.select(b.c.x)))
    upsert = (
        p.insert(a)
        .from_select(["x"], p.select(b.c.x).where(~p.exists(p.select(updated.c.x))))
        .returning(*a.c)
    ).cte("i")
    _text(p, p.select(upsert.c.x))
    p.error(lambda: [c.name for c in p.select(updated.alias("q")).selected_columns])
    nested = p.select(p.literal(1).label("id")).cte("gen", nesting=True)
    wrapped = a.insert().from_select(["x"], p.select(nested.c.id)).returning(a.c.x).cte("ic")
    _text(p, p.select(wrapped.c.x))


@programs
def lambdas_in_the_places_of_elements(p: Peer) -> None:
    a, b = _tables(p)
    _text(p, lambda: p.select(lambda: a.c.x))
    _text(p, lambda: p.select(lambda: a.c.x, lambda: a.c.y).where(lambda: a.c.x > a.c.z))
    _text(p, lambda: p.select(a.c.x).select_from(lambda: b))
    _text(p, lambda: p.select(a.c.x).join(b, lambda: a.c.x == b.c.x))
    _text(p, lambda: p.select(a.c.x).order_by(lambda: a.c.y).group_by(lambda: a.c.z))
    _text(p, lambda: p.select(a.c.x).having(lambda: a.c.y == a.c.z))
    _text(p, lambda: p.select(lambda: a))


@programs
def methods_that_were_not_called(p: Peer) -> None:
    a, b = _tables(p)
    method = p.select(a).subquery
    for build in (
        lambda: p.select(1).select_from(method), lambda: p.select(method),
        lambda: p.select(1).where(p.select(a).exists), lambda: p.select(1).order_by(method),
        lambda: p.select(a.c.x).join(b, p.select(a).exists), lambda: p.select(max),
        lambda: p.select(1).where(max), lambda: p.select(1).select_from(max),
    ):  # fmt: skip
        p.error(build)


@programs
def names_of_repeated_columns(p: Peer) -> None:
    a, _ = _tables(p)
    alias = a.alias()
    none, qualified = p.LABEL_STYLE_NONE, p.LABEL_STYLE_TABLENAME_PLUS_COL
    for style in (none, qualified, p.LABEL_STYLE_DISAMBIGUATE_ONLY):
        for columns in (
            (p.cast(a.c.x, p.Integer), p.cast(a.c.x, p.String), a.c.x),
            (p.type_coerce(a.c.x, p.Integer), p.type_coerce(a.c.x, p.String), a.c.x),
            (alias.c.x, alias.c.x, alias.c.y, alias.c.x), (a.c.x, a.c.x, alias.c.x, alias.c.x),
            (p.func.f(a.c.x), p.func.f(a.c.x), p.func.f(a.c.y)), (a.c.x + 1, a.c.x + 1, a.c.x),
            (a.c.x.label("q"), a.c.y.label("q"), a.c.x),
        ):  # fmt: skip
            _text(p, p.select(*columns).set_label_style(style))
    for columns in (
        (a.c.x, a.c.x, alias.c.x),
        (a.c.x + 1, a.c.x),
        (a.c.x.label("q"), a.c.y.label("q")),
    ):
        _text(
            p, lambda columns=columns: p.select(p.select(*columns).set_label_style(none).subquery())
        )


@programs
def defaults_that_run_alone(p: Peer) -> None:
    engine = p.engine()
    with engine.connect() as connection:
        p.show(connection.scalar(p.ColumnDefault(5)), connection.scalar(p.ColumnDefault(lambda: 7)))
        p.show(connection.execute(p.ColumnDefault(9)))


@programs
def copies_that_warn(p: Peer) -> None:
    metadata = p.MetaData()
    t = p.Table(
        "t", metadata, p.Column("x", p.Integer, p.ForeignKey("u.x")), p.CheckConstraint("x > 1")
    )
    p.error(lambda: repr(t.c.x.copy()))
    p.error(lambda: repr(next(iter(t.c.x.foreign_keys)).copy()))
    for constraint in sorted(t.constraints, key=repr):
        p.error(lambda constraint=constraint: type(constraint.copy()).__name__)
    p.error(lambda: repr(p.Identity().copy()))
    p.error(lambda: repr(p.Computed("x").copy()))
    p.error(lambda: t.tometadata(p.MetaData()).name)
    p.error(lambda: p.Table("t", metadata, mustexist=True).name)


@pytest.mark.parametrize("program", programs.registered)
def test_statement_details(program: Any) -> None:
    """One corner of statements."""
    compare(program, warned=True)
