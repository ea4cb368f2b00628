"""Operators where they meet NULL, ANY, VALUES, tuples, labels and percent signs."""

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


def test_any_and_all_beside_constants() -> None:
    def program(p: Peer) -> None:
        for aggregate in (p.any_(p.column("data")), p.all_(p.column("data", p.ARRAY(p.Integer)))):
            for expression in (
                lambda a=aggregate: a == None,  # noqa: E711
                lambda a=aggregate: a != None,  # noqa: E711
                lambda a=aggregate: p.null() == a,
                lambda a=aggregate: a == True,  # noqa: E712
                lambda a=aggregate: a != p.false(),
                lambda a=aggregate: a.is_(None),
                lambda a=aggregate: a.is_not(True),
                lambda a=aggregate: a < None,
                lambda a=aggregate: a.is_distinct_from(None),
                lambda a=aggregate: a.like(None),
                lambda a=aggregate: a.between(1, 2),
                lambda a=aggregate: p.column("x") < a,
                lambda a=aggregate: a < 5,
                lambda a=aggregate: a + 5,
            ):
                _show(p, expression, lambda e=expression: ~e())

    compare(program)


def test_values_as_an_expression() -> None:
    def program(p: Peer) -> None:
        q = p.column("q")
        one = p.values(p.column("a", p.Integer)).data([(1,), (2,)])
        two = p.values(p.column("a", p.Integer), p.column("b", p.String)).data([(1, "x")])
        scalar = one.scalar_values()
        p.show(type(scalar), scalar.type, type(scalar).__module__)
        _show(
            p,
            lambda: ~scalar,
            lambda: p.select(scalar),
            lambda: p.select(scalar.label("x")),
            lambda: p.select(q == scalar),
            lambda: p.select(q.in_(one)),
            lambda: p.select(q.not_in(scalar)),
            lambda: p.tuple_(q, q).in_(two),
            lambda: scalar == 5,
        )
        for refused in (p.any_, p.all_, p.tuple_, p.func.f, p.distinct, p.not_):
            p.error(lambda f=refused: f(p.table("t")))
            p.error(lambda f=refused: f(p.values(p.column("a"), name="v")), text=False)

    compare(program)


def test_what_in_refuses() -> None:
    def program(p: Peer) -> None:
        x = p.column("x")
        for members in (
            [p.sql.elements.ClauseList()],
            [p.text("q")],
            [p.table("t", p.column("a"))],
            "abc",
            None,
        ):
            _show(p, lambda m=members: x.in_(m))
        _show(p, lambda: x.in_([None]), lambda: x.in_([None, x]), lambda: x.in_([p.null(), x]))
        _show(p, lambda: p.select(x).limit(p.table("t")), lambda: p.select(x).offset(p.table("t")))

    compare(program)


def test_negated_in_has_a_parameter_of_its_own() -> None:
    def program(p: Peer) -> None:
        a = p.column("a", p.Integer)
        for values in ([5], []):
            inside = a.in_(values)
            both = p.and_(inside, ~inside)
            _show(
                p,
                lambda b=both: b,
                lambda b=both: b.compile(compile_kwargs={"literal_binds": True}),
            )
        empty = ~a.in_(p.bindparam("x", [], expanding=True))
        twice = ~~a.in_(p.bindparam("x", [], expanding=True))
        for made in (empty, twice, ~p.tuple_(a, a).in_([])):
            _show(p, lambda m=made: m.compile(compile_kwargs={"literal_binds": True}))
        p.show(a.in_([1, 2]).compare(a.in_([1, 2])), a.in_([1]).compare(a.in_([2])))
        p.show(a.in_([1]).compare(a.not_in([1])))
        with p.engine().connect() as connection:
            for made in (empty, twice, a.in_([]), ~a.in_([3])):
                p.show(
                    connection.scalar(
                        p.select(made).select_from(p.select(p.literal(1).label("a")).subquery())
                    )
                )

    compare(program, sql=False)


def test_tuples_have_types() -> None:
    def program(p: Peer) -> None:
        x, s, d = p.column("x", p.Integer), p.column("s", p.String), p.column("d", p.Date)
        p.show(
            p.tuple_(x, s).type,
            p.tuple_(3, "a").type,
            p.tuple_(x, d, types=[p.Integer, p.JSON]).type,
        )
        for value in ((3, "h"), (3, None), (None, 5)):
            p.show(p.tuple_(x, d).in_([value]).right.type)
            right = (p.tuple_(x, s) == value).right
            p.show(type(right), right.type, [c.type for c in right.clauses])
        p.show(p.tuple_(x, d).in_([]).right.type)
        with p.engine().connect() as connection:
            rows = p.values(x, s, name="v").data([(1, "a"), (2, "b")]).cte()
            p.show(
                connection.execute(
                    p.select(rows).where(p.tuple_(rows.c.x, rows.c.s).in_([(1, "a"), (2, "z")]))
                ).all()
            )

    compare(program, sql=False)


def test_negated_labels_keep_their_name() -> None:
    def program(p: Peer) -> None:
        x, b = p.column("x", p.Integer), p.column("b", p.Boolean)
        for labelled in (
            b.label("l"),
            x.label("l"),
            (x == 5).label("l"),
            p.or_(x == 5, x == 6).label("l"),
            p.func.f().label("l"),
            p.true().label("l"),
            p.exists(p.select(x)).label("l"),
            p.select(x).scalar_subquery().label("l"),
        ):
            negated = ~labelled
            p.show(type(negated), negated.name)
            _show(
                p,
                lambda n=negated: n,
                lambda n=negated: p.select(n),
                lambda n=negated: p.select(n).where(n).order_by(n),
                lambda n=negated: p.and_(n, x == 7),
                lambda n=negated: p.select(n).subquery().select(),
            )

    compare(program)


def test_conditions_as_columns() -> None:
    def program(p: Peer) -> None:
        x, b = p.column("x"), p.column("b", p.Boolean)
        default = p.module("engine.default").DefaultDialect
        for condition in (
            b,
            ~b,
            ~p.true(),
            x == True,  # noqa: E712
            x.is_(False),
            p.or_(p.false()),
            p.and_(p.true(), x == 5),
            p.and_(b),
            ~p.literal(True),
            ~p.func.f(type_=p.Boolean),
            ~p.type_coerce(x, p.Boolean),
            p.and_(p.cast(x, p.Boolean)),
        ):
            for native in (True, False):
                dialect = default(supports_native_boolean=native)
                _show(
                    p,
                    lambda c=condition, d=dialect: p.select(c).compile(dialect=d),
                    lambda c=condition, d=dialect: p.select(x).where(c).compile(dialect=d),
                    lambda c=condition, d=dialect: (
                        p.select(c, x).subquery().select().compile(dialect=d)
                    ),
                )

    compare(program)


def test_names_that_nobody_gave_need_no_parentheses() -> None:
    """Before AS an expression of low precedence has them where the program gives the name."""

    def program(p: Peer) -> None:
        a, b = p.column("a", p.String), p.column("b", p.Integer)
        pg = p.module("dialects.postgresql").dialect()
        made = [
            a.contains("x"), a.startswith("x"), ~a.endswith("x"), a.icontains("x", autoescape=True),
            ~a.istartswith("x"), a.iendswith(b.cast(p.String)), a.like("x"), a.op("@", -5)("x"),
            b.op("@", precedence=-50)(1), p.and_(a.contains("x"), b == 1), p.case((a == "x", b)),
        ]  # fmt: skip
        for each in made:
            for statement in (
                p.select(each), p.select(each.label("q")), p.select(p.select(each).subquery()),
                p.union(p.select(each), p.select(b)), p.select(p.func.f(each)),
            ):  # fmt: skip
                _show(p, lambda s=statement: str(s), lambda s=statement: str(s.compile(dialect=pg)))

    compare(program)


def test_percent_signs_by_paramstyle() -> None:
    def program(p: Peer) -> None:
        x = p.column("x", p.Integer)
        table = p.table("t%", p.column("a%b"))
        default = p.module("engine.default").DefaultDialect
        percent = p.module("sql.operators").custom_op("%")
        unary = p.sql.elements.UnaryExpression
        for style in ("format", "pyformat", "qmark", "named", "numeric"):
            dialect = default(paramstyle=style)
            for made in (
                unary(x, operator=percent),
                unary(x, modifier=percent),
                x.op("%")(5),
                x % 5,
                p.select(table.c["a%b"].label("q%")),
                p.select(table),
                p.insert(table).values({"a%b": 1}),
                p.update(table).values({"a%b": 1}),
                p.func.foo("%").label("%"),
                x.collate("a%b"),
                p.literal_column("a%b"),
            ):
                _show(p, lambda m=made, d=dialect: m.compile(dialect=d))

    compare(program)


def test_percent_signs_in_names() -> None:
    def program(p: Peer) -> None:
        engine = p.engine()
        metadata = p.MetaData()
        p.Table(
            "per%cent",
            metadata,
            p.Column("id%", p.Integer, primary_key=True),
            p.Column("%(value)s", p.String, index=True),
        )
        metadata.create_all(engine)
        table = p.Table("per%cent", p.MetaData(), autoload_with=engine)
        p.show([c.name for c in table.c], p.inspect(engine).get_table_names())
        with engine.begin() as connection:
            connection.execute(table.insert(), {"id%": 1, "%(value)s": "50%"})
            connection.execute(table.insert(), [{"id%": n, "%(value)s": f"{n}%"} for n in (2, 3)])
            connection.execute(table.update().where(table.c["id%"] == 1).values({"%(value)s": "%"}))
            p.show(connection.execute(p.select(table).order_by(table.c["id%"])).mappings().all())
        metadata.drop_all(engine)

    compare(program, sql=False)


def test_expressions_of_many_operands() -> None:
    def program(p: Peer) -> None:
        for operator in ("add", "mul", "and_", "or_"):
            apply = getattr(p.module("sql.operators"), operator)
            one = other = apply(p.column("q"), p.column("r"))
            for number in range(450):
                one = apply(one, p.column(f"d{number}"))
                other = apply(p.column(f"d{number}"), other)
            for made in (one, other, apply(one, other), ~one):
                p.show(str(p.select(made).where(made == 5)))
        x = p.column("x", p.Integer)
        text = p.column("t", p.String)
        for mixed in (
            1 + x + 2 + (x + 3) + (x * 4 * (x + 5)) * 6,
            (x + 1) - (x + 2) - 3 + x,
            text + "a" + ("b" + text) + text.concat("c"),
            text.concat(x + 1 + x).concat("d"),
        ):
            p.show(str(mixed), mixed.compile().params)
        with p.engine().connect() as connection:
            many = p.literal(1)
            for number in range(300):
                many = many + number
            p.show(connection.scalar(p.select(many)))

    compare(program, sql=False)


def test_match_is_a_type_of_its_own() -> None:
    def program(p: Peer) -> None:
        matched = p.column("x").match("a")
        p.show(matched.type, (~matched).type, isinstance(matched.type, p.Boolean))

    compare(program)


def test_equality_of_the_same_expression_is_true() -> None:
    def program(p: Peer) -> None:
        c = p.column("c")
        bigger = c > 5
        other = c > 5
        p.show(bool(bigger == bigger), bool(bigger != bigger), bool(bigger == other))
        p.show(bool(bigger != other), bool(c == c), bool(c == p.column("c")))
        p.error(lambda: bool(bigger))
        for name in (None, "x"):
            labelled = (c > 5).label(name)
            p.show(bool(labelled == labelled), bool(labelled != labelled))
            p.show(bool(labelled == (c > 5).label(name)))

    compare(program)


def test_types_of_regular_expressions() -> None:
    def program(p: Peer) -> None:
        metadata = p.MetaData()
        t = p.Table(
            "t", metadata, p.Column("id", p.Integer, primary_key=True), p.Column("n", p.String)
        )
        engine = p.engine()
        metadata.create_all(engine)
        with engine.connect() as c:
            c.execute(t.insert(), [{"n": "abc"}, {"n": "xyz"}, {"n": None}])
            match = t.c.n.regexp_match("b")
            for made in (
                match,
                ~match,
                p.not_(match),
                match.label("z"),
                t.c.n.regexp_match("b", flags="i"),
                t.c.n.regexp_match(t.c.n),
                p.literal("q").regexp_match("q"),
                p.func.lower(t.c.n).regexp_match("b"),
                match & (t.c.id > 0),
                match == p.true(),
                p.and_(match),
                p.or_(match, match),
                p.case((match, 1), else_=2),
            ):
                p.show(repr(made.type), str(made), c.execute(p.select(made)).all())
            p.show(repr(t.c.n.regexp_replace("b", "c").type))
            for criterion in (match, ~match, p.or_(match, t.c.n.is_(None))):
                p.show(c.execute(p.select(t).where(criterion).order_by(t.c.id)).all())

    compare(program)


def test_negations() -> None:
    """What is of no type is read as the database gives it."""

    def program(p: Peer) -> None:
        c, b = p.column("c", p.Integer), p.column("b", p.Boolean)
        one = p.literal(1)
        with p.engine().connect() as connection:
            for made in (
                lambda x: x.between(1, 3),
                lambda x: ~x.between(2, 3),
                lambda x: p.and_(x > 0, x < 3),
                lambda x: p.or_(x > 0, b) if x is c else p.or_(x > 0, x < 0),
                lambda x: (x > 0).self_group(),
                lambda x: p.tuple_(x, x).in_([(1, 1)]),
            ):
                for times in range(4):
                    column, value = made(c), made(one)
                    for _ in range(times):
                        column, value = ~column, ~value
                    p.show(str(column), repr(column.type))
                    p.show(connection.execute(p.select(value)).scalar())
        for made in (
            c.bool_op("@@")(1),
            c.op("@@", is_comparison=True)(1),
            c.op("@@")(1),
            p.exists(),
            p.exists() & p.exists(),
            p.func.f(type_=p.Boolean),
            p.case((c == 1, True), else_=False),
            p.any_(p.select(c).scalar_subquery()) == 1,
            (c > 1).label("x"),
        ):
            for expression in (~made, ~~made, p.not_(made.self_group(p.sql.operators.inv))):
                p.show(repr(expression.type))
                _show(p, lambda e=expression: p.select(e), lambda e=expression: e & b)
                for name in ("sqlite", "postgresql"):
                    dialect = p.module(f"dialects.{name}").dialect()
                    p.show(str(p.select(c).where(expression).compile(dialect=dialect)))

    compare(program)


def test_casts_of_casts() -> None:
    """They go by the name of what is within."""

    def program(p: Peer) -> None:
        t = p.table("t", p.column("a", p.String))
        length = p.func.length(t.c.a)
        for within in (t.c.a, length, length.label("q"), p.literal_column("x"), t.c.a + "x"):
            for outer in (p.cast, p.try_cast, p.type_coerce):
                for inner in (p.cast, p.type_coerce):
                    chosen = p.select(outer(inner(p.cast(within, p.Text), p.Text), p.Integer))
                    p.show(str(chosen), str(p.select(chosen.subquery())))
                    p.show(chosen.subquery().c.keys())

    compare(program)


def test_modifiers_that_are_added_to_one_expression_are_of_no_other() -> None:
    """As ormar adds the escape character of LIKE."""

    def program(p: Peer) -> None:
        a, b = p.sa.column("a"), p.sa.column("b", p.Integer)
        own = a.like("x"), a.ilike("%x"), a.contains("x"), a.startswith("x") == p.true()
        for condition in own:
            condition.modifiers["escape"] = "\\"
        given = a.like("x", escape="/")
        given.modifiers["escape"] = "!"
        between = b.between(1, 2)
        between.modifiers["symmetric"] = True
        for condition in (*own, given, between):
            p.show(str(condition), str(~condition), dict(condition.modifiers))
        for condition in a.like("y"), a.ilike("y"), a == "y", b.between(1, 2), b.in_([1]), b + 1:
            p.show(str(condition), any(condition.modifiers.values()))
        with p.engine().connect() as connection:
            for escape in "#", "!", None:
                made = p.sa.literal("a%b").like(f"%{escape or ''}%%")
                if escape is not None:
                    made.modifiers["escape"] = escape
                assert made.modifiers is made.modifiers
                p.show(connection.execute(p.select(made)).all())

    compare(program)


def test_groups_within_groups_of_the_same_operator() -> None:
    """Parentheses that self_group() adds say nothing where the operators are the same."""

    def program(p: Peer) -> None:
        a, b, c, d = (p.sa.column(name, p.Integer) for name in "abcd")
        inner = p.or_(b == 2, c == 3)
        for made in (
            p.or_(a == 1, inner.self_group()).self_group(),
            p.or_(inner.self_group(), inner.self_group().self_group(), p.and_(a == 1)),
            p.and_(a == 1, inner.self_group().self_group()),
            p.and_(p.and_(p.and_(a == 1, b == 2).self_group(), c == 3).self_group(), d == 4),
            (a == 1) & p.and_(b == 2, c == 3).self_group(),
            (a == 1) | (inner.self_group() | (d == 4)),
            p.or_(a == 1, p.or_((b == 2).self_group(), (c == 3).self_group()).self_group()),
            p.not_(p.or_(a == 1, inner.self_group()).self_group()),
            p.or_(p.or_(b == 2).self_group(), c == 1),
            p.select(a).where(inner.self_group()).where(p.and_(c == 1, d == 2).self_group()),
        ):
            p.show(str(made))

    compare(program)
