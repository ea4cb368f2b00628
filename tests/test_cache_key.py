"""Cache keys: two statements with one key are the same SQL, whatever their values."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cormorant as c
from cormorant.dialects import sqlite

metadata = c.MetaData()
T = c.Table(
    "t",
    metadata,
    c.Column("id", c.Integer, primary_key=True),
    c.Column("a", c.Integer),
    c.Column("s", c.String),
    c.Column("b", c.Boolean),
)
R = c.Table(
    "r",
    metadata,
    c.Column("id", c.Integer, primary_key=True),
    c.Column("tid", c.ForeignKey("t.id")),
    c.Column("s", c.String(5)),
)
DIALECT = sqlite.dialect()


class Builder:
    """Makes a statement out of a sequence of small numbers: each is one decision."""

    def __init__(self, decisions: list[int]) -> None:
        self.decisions = iter(decisions)
        self.aliases = [T.alias(), T.alias(), T.alias("named")]
        self.shared = c.bindparam("shared", 7, unique=True)

    def pick(self, *options: Any) -> Any:
        return options[next(self.decisions, 0) % len(options)]

    def column(self) -> Any:
        return self.pick(
            T.c.a, T.c.id, T.c.s, T.c.b, R.c.s, R.c.tid, self.aliases[0].c.a, self.aliases[1].c.a,
            self.aliases[2].c.s, c.column("a"), c.literal_column("a"), c.column("a", c.String),
        )  # fmt: skip

    def value(self) -> Any:
        return self.pick(1, 2, "x", "y", 2.5, None, True, c.text("a"), self.shared, 10**12)

    def expression(self, depth: int = 0) -> Any:
        kind = next(self.decisions, 0) % (10 if depth < 2 else 3)
        if kind == 0:
            return self.column()
        if kind == 1:
            return c.literal(self.value() if False else self.pick(1, 2, "x", 2.5))
        if kind == 2:
            return self.pick(self.shared, c.bindparam("p", 1), c.bindparam("q", 1), c.null())
        left = self.expression(depth + 1)
        if kind == 3:
            return left + self.pick(1, 2, self.expression(depth + 1))
        if kind == 4:
            return self.pick(c.func.lower, c.func.upper, c.func.count)(left)
        if kind == 5:
            return c.case((self.condition(depth + 1), left), else_=self.pick(None, 1, left))
        if kind == 6:
            return c.cast(left, self.pick(c.Integer, c.String(3), c.String(4), c.String))
        if kind == 7:
            return c.type_coerce(left, self.pick(c.Integer, c.String))
        if kind == 8:
            return left.label(self.pick("l", "m", None))
        return c.select(self.column()).where(self.condition(depth + 1)).scalar_subquery()

    def condition(self, depth: int = 0) -> Any:
        kind = next(self.decisions, 0) % (12 if depth < 2 else 4)
        left = self.column() if kind < 4 else self.expression(depth + 1)
        if kind in (0, 4):
            return self.pick(left == self.pick(1, 2, "x"), left != 1, left == None)  # noqa: E711
        if kind in (1, 5):
            return left.in_(self.pick([1], [1, 2], [], [None], [1, T.c.id], c.select(R.c.id)))
        if kind in (2, 6):
            return left.like(self.pick("x%", "y"), escape=self.pick(None, "/", "^"))
        if kind in (3, 7):
            return left.between(1, self.pick(1, 2, R.c.id), symmetric=self.pick(False, True))
        if kind == 8:
            return c.and_(self.condition(depth + 1), self.condition(depth + 1))
        if kind == 9:
            return c.or_(self.condition(depth + 1), self.condition(depth + 1))
        if kind == 10:
            return ~self.condition(depth + 1)
        return left.op(self.pick("&", "|"), precedence=self.pick(0, 5))(self.pick(1, T.c.a)) == 1

    def select(self, depth: int = 0) -> Any:
        s = c.select(*[self.expression(1) for _ in range(1 + next(self.decisions, 0) % 3)])
        for _ in range(next(self.decisions, 0) % 5):
            kind = next(self.decisions, 0) % 14
            if kind in (0, 1):
                s = s.where(self.condition())
            elif kind == 2:
                s = s.order_by(self.pick(self.column(), self.column().desc(), c.text("1")))
            elif kind == 3:
                s = s.limit(self.pick(1, 2, None))
            elif kind == 4:
                s = s.offset(self.pick(1, 2))
            elif kind == 5:
                s = s.distinct()
            elif kind == 6:
                s = s.group_by(self.column())
            elif kind == 7:
                s = s.having(self.condition(1))
            elif kind == 8:
                s = s.select_from(self.pick(T, R, T.join(R), T.outerjoin(R), self.aliases[0]))
            elif kind == 9:
                s = s.set_label_style(
                    self.pick(
                        c.LABEL_STYLE_TABLENAME_PLUS_COL,
                        c.LABEL_STYLE_NONE,
                        c.LABEL_STYLE_DISAMBIGUATE_ONLY,
                    )
                )
            elif kind == 10:
                s = s.prefix_with(self.pick("A", "B"))
            elif kind == 11 and depth == 0:
                sub = self.select(1)
                s = self.pick(
                    c.select(sub.subquery()),
                    c.select(sub.subquery("named")),
                    c.select(sub.cte("named")),
                    c.union(s, sub),
                    c.union_all(s, sub),
                )
                return s
            elif kind == 12:
                s = s.join_from(
                    T, self.pick(R, self.aliases[1]), T.c.id == 1, isouter=self.pick(False, True)
                )
            else:
                s = s.where(c.exists().where(self.condition(1)))
        return s

    def statement(self) -> Any:
        kind = next(self.decisions, 0) % 8
        if kind < 5:
            return self.select()
        values = self.pick({"a": 1}, {"a": 2}, {"s": "x"}, {"a": 1, "s": "y"}, {"a": T.c.a + 1})
        if kind == 5:
            made = c.insert(T).values(values)
        elif kind == 6:
            made = c.update(T).values(values).where(self.condition())
        else:
            made = c.delete(T).where(self.condition())
        return made.returning(T.c.id) if next(self.decisions, 0) % 2 else made


def text_of(statement: Any) -> Any:
    """The SQL for both dialects, or the error there is instead."""
    texts = []
    for dialect in (DIALECT, None):
        try:
            made = statement.compile(dialect=dialect)
        except Exception as error:
            # (which may tell of an object by its address)
            texts.append((type(error), re.sub("0x[0-9a-f]+", "0x", str(error))))
        else:
            columns = [(c[0], c[3]._static_cache_key) for c in made.result_columns]
            texts.append((made.string, columns))
    return texts


def values_through(first: Any, binds: Any, others: Any) -> Any:
    """The parameters of the first statement's text with the values of another one."""
    compiled = first.compile(dialect=DIALECT)
    place = {id(b._ident): i for i, b in enumerate(binds)}
    values = {}
    for name, bind in compiled.binds.items():
        i = place.get(id(bind._ident))
        values[name] = bind.effective_value if i is None else others[i].effective_value
    return [values[name] for name in compiled.positiontup]


def own_values(statement: Any) -> Any:
    compiled = statement.compile(dialect=DIALECT)
    return [compiled.params[name] for name in compiled.positiontup]


def build(decisions: list[int]) -> Any:
    """A statement, or None if these decisions make none."""
    try:
        return Builder(decisions).statement()
    except (c.exc.SQLAlchemyError, TypeError, NotImplementedError, AttributeError):
        return None


decisions = st.lists(st.integers(0, 13), min_size=4, max_size=30)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(decisions, st.lists(st.tuples(st.integers(0, 29), st.integers(0, 13)), max_size=2))
@pytest.mark.filterwarnings("ignore")
def test_one_key_is_one_text(tape: list[int], changes: list[tuple[int, int]]) -> None:
    other = list(tape)
    for place, decision in changes:
        if place < len(other):
            other[place] = decision
    one, two = build(tape), build(other)
    if one is None or two is None:
        return
    first, second = one._generate_cache_key(), two._generate_cache_key()
    if not changes:
        assert first.key is None or first.key == second.key
    if first.key is None or first.key != second.key:
        return
    assert hash(first.key) == hash(second.key)
    assert len(first.bindparams) == len(second.bindparams)
    assert text_of(one) == text_of(two)
    if isinstance(text_of(one)[0][0], str):
        # what the cached text is run with is what the statement itself would be run with
        assert values_through(one, first.bindparams, second.bindparams) == own_values(two)


def key(statement: Any) -> Any:
    made = statement._generate_cache_key().key
    assert made is not None
    return made


SAME = [
    lambda v: c.select(T).where(T.c.a == v),
    lambda v: c.select(T.c.a).where(T.c.id.in_([v] * v)),
    lambda v: c.select(T.c.a).limit(v).offset(v),
    lambda v: c.select(T.c.a + v).order_by(T.c.a),
    lambda v: c.insert(T).values(a=v, s="x"),
    lambda v: c.update(T).values(a=v).where(T.c.id == v),
    lambda v: c.delete(T).where(T.c.id == v),
    lambda v: c.select(c.func.count(T.c.id)).having(c.func.count(T.c.id) > v),
    lambda v: c.text("select :a").bindparams(a=v),
    lambda v: (lambda x: c.select(x).where(x.c.a == v))(T.alias()),
    lambda v: (lambda x: c.select(x).where(x.c.a == v))(c.select(T).subquery()),
    lambda v: (lambda x: c.select(x).where(x.c.a == v))(c.select(T).cte("n")),
    lambda v: c.select(c.table("x", c.column("y"))).where(c.column("y") == v),
    lambda v: c.select((T.c.a + v).label(None)),
    lambda v: c.select(c.case((T.c.a == v, v), else_=v)),
    lambda v: c.select(T.c.a, c.select(R.c.id).where(R.c.tid == v).scalar_subquery()),
]


@pytest.mark.parametrize("make", SAME)
def test_values_are_not_in_the_key(make: Any) -> None:
    assert key(make(1)) == key(make(2))
    assert hash(key(make(1))) == hash(key(make(3)))


DIFFERENT = [
    (c.select(T.c.a), c.select(T.c.id)),
    (c.select(T.c.a), c.select(T.c.a).distinct()),
    (c.select(T.c.a), c.select(T.c.a).limit(1)),
    (c.select(T.c.a).limit(1), c.select(T.c.a).offset(1)),
    (c.select(T.c.a).where(T.c.a == 1), c.select(T.c.a).having(T.c.a == 1)),
    (c.select(T.c.a).where(T.c.a == 1), c.select(T.c.a).where(T.c.a != 1)),
    (c.select(T.c.a).where(T.c.a == 1), c.select(T.c.a).where(T.c.a == None)),  # noqa: E711
    (c.select(T.c.a).where(T.c.a == 1), c.select(T.c.a).where(T.c.a == "x")),
    (c.select(T.c.a.label("x")), c.select(T.c.a.label("y"))),
    (c.select(c.cast(T.c.a, c.String(3))), c.select(c.cast(T.c.a, c.String(4)))),
    (c.select(c.type_coerce(T.c.a, c.String)), c.select(c.type_coerce(T.c.a, c.Integer))),
    (c.select(T.alias().c.a), c.select(T.alias("x").c.a)),
    (c.select(T.join(R)), c.select(T.outerjoin(R))),
    (c.select(c.func.lower(T.c.s)), c.select(c.func.upper(T.c.s))),
    (c.select(T.c.s.like("x")), c.select(T.c.s.like("x", escape="/"))),
    (c.select(c.text("a")), c.select(c.text("b"))),
    (c.select(c.text("a")), c.select(c.literal_column("a"))),
    (c.select(c.column("a")), c.select(c.literal_column("a"))),
    (c.select(c.column("a")), c.select(c.column("a", c.Integer))),
    (c.select(c.bindparam("x", 1)), c.select(c.bindparam("y", 1))),
    (c.union(c.select(T.c.a)), c.union_all(c.select(T.c.a))),
    (c.insert(T).values(a=1), c.insert(T).values(id=1)),
    (c.insert(T).values(a=1), c.insert(T).values(a=T.c.a)),
    (c.update(T).values(a=1), c.update(T).values(a=1).where(T.c.a == 1)),
    (c.delete(T), c.delete(R)),
    (c.delete(T), c.delete(T).returning(T.c.a)),
    (c.select(T.c.a.in_([1])), c.select(T.c.a.not_in([1]))),
    (c.select(T.c.a.op("&")(1)), c.select(T.c.a.op("|")(1))),
    (c.select(c.extract("year", T.c.a)), c.select(c.extract("day", T.c.a))),
    (c.select(T.c.a).with_for_update(), c.select(T.c.a).with_for_update(nowait=True)),
    (c.select(T.c.a).prefix_with("x"), c.select(T.c.a).suffix_with("x")),
    (c.select(T.c.a.desc()), c.select(T.c.a.asc())),
    (c.select(c.table("x", c.column("y"))), c.select(c.table("x", c.column("z")))),
    (c.select(c.table("x", c.column("y"))), c.select(c.table("x", c.column("y"), schema="s"))),
    (c.select(c.quoted_name("x", True) and c.column(c.quoted_name("x", True))),
     c.select(c.column("x"))),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_structure_is_in_the_key(one: Any, two: Any) -> None:
    assert key(one) != key(two)


def test_identity_of_parameters_is_structure() -> None:
    p = c.literal(1)
    once = c.select(T.c.a).where(T.c.a == p, T.c.id == p)
    twice = c.select(T.c.a).where(T.c.a == c.literal(1), T.c.id == c.literal(1))
    assert key(once) != key(twice)


def test_identity_of_aliases_is_structure() -> None:
    x, y = T.alias(), T.alias()
    assert key(c.select(x.c.a, y.c.a)) != key(c.select(x.c.a, x.c.a))
    assert key(c.select(x.c.a, y.c.a)) == key(c.select(y.c.a, x.c.a))


def test_tables_of_one_name_are_not_one() -> None:
    other = c.Table("t", c.MetaData(), c.Column("a", c.Integer))
    assert key(c.select(T.c.a)) != key(c.select(other.c.a))


def test_a_memoized_key_is_forgotten_by_a_copy() -> None:
    s = c.select(T.c.a)
    before = key(s)
    assert key(s.where(T.c.a == 1)) != before
    assert key(s) == before


def test_statements_of_many_rows_are_not_cached() -> None:
    assert c.insert(T).values([{"a": 1}, {"a": 2}])._generate_cache_key().key is None


def test_uncacheable_type() -> None:
    class Own(c.types.UserDefinedType):  # type: ignore[misc]
        cache_ok = False

        def get_col_spec(self, **kw: Any) -> str:
            return "OWN"

    assert c.select(c.column("x", Own()))._generate_cache_key().key is None
    assert c.select(c.column("x") == c.bindparam("y", 1, Own()))._generate_cache_key().key is None


def test_options_are_in_the_key() -> None:
    class Option:
        _is_core = True

        def __init__(self, n: int) -> None:
            self.n = n

        def _cache_key(self, ctx: Any) -> Any:
            return self.n

    s = c.select(T.c.a)
    assert key(s.options(Option(1))) == key(s.options(Option(1)))
    assert key(s.options(Option(1))) != key(s.options(Option(2)))

    class Keyless:
        _is_core = True

    assert s.options(Keyless())._generate_cache_key().key is None
