"""SELECT: generative methods, compiled form, IN lists, result columns."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as c
from cormorant import exc
from cormorant.dialects import sqlite
from cormorant.sql.compiler import SQLCompiler

metadata = c.MetaData()
T = c.Table(
    "t",
    metadata,
    c.Column("id", c.Integer, primary_key=True),
    c.Column("a", c.Integer),
    c.Column("s", c.String),
)
R = c.Table(
    "r",
    metadata,
    c.Column("id", c.Integer, primary_key=True),
    c.Column("tid", c.ForeignKey("t.id")),
)
DIALECT = sqlite.dialect()


def compiled(statement: Any, **kw: Any) -> SQLCompiler:
    made: SQLCompiler = statement.compile(dialect=DIALECT, **kw)
    return made


def text(statement: Any) -> str:
    return " ".join(compiled(statement).string.split())


def test_generative_methods_leave_the_original() -> None:
    s = c.select(T.c.a)
    before = str(s)
    for other in (
        s.where(T.c.a == 1),
        s.order_by(T.c.a),
        s.group_by(T.c.a),
        s.having(T.c.a > 1),
        s.limit(1),
        s.offset(1),
        s.distinct(),
        s.select_from(R),
        s.join(R),
        s.add_columns(T.c.s),
        s.with_only_columns(T.c.s),
        s.prefix_with("x"),
        s.correlate(R),
        s.set_label_style(c.LABEL_STYLE_TABLENAME_PLUS_COL),
        s.with_for_update(),
        s.execution_options(x=1),
    ):
        assert other is not s
        assert str(s) == before


def test_result_columns() -> None:
    one = c.func.count(T.c.id)
    made = compiled(c.select(T.c.a, T.c.a, one, -T.c.id, (T.c.a + 1).label("n"), c.text("5")))
    assert [r.keyname for r in made.result_columns] == ["a", "a__1", "count_1", "id", "n", None]
    assert made.result_columns[2].objects[0] is not None
    assert one in made.result_columns[2].objects
    assert T.c.a in made.result_columns[0].objects
    assert isinstance(made.result_columns[2].type, c.Integer)
    assert made.returns_rows


def test_result_columns_of_a_subquery_are_not_the_statements() -> None:
    sub = c.select(T.c.a, T.c.s).subquery()
    made = compiled(c.select(sub.c.s, c.select(R.c.id).limit(1).scalar_subquery().label("r")))
    assert [r.keyname for r in made.result_columns] == ["s", "r"]
    made = compiled(c.union(c.select(T.c.a), c.select(R.c.id.label("z"))))
    assert [r.keyname for r in made.result_columns] == ["a"]


def test_expanding_lists() -> None:
    made = compiled(c.select(T.c.a).where(T.c.a == 5, T.c.id.in_([1, 2]), T.c.s != "x"))
    assert made.string.endswith("WHERE t.a = ? AND t.id IN (__[POSTCOMPILE_id_1]) AND t.s != ?")
    assert made.positiontup == ["a_1", "id_1", "s_1"]
    sql, positions = made.expand({"id_1": [7, 8, 9]})
    assert sql.endswith("WHERE t.a = ? AND t.id IN (?, ?, ?) AND t.s != ?")
    members = [("id_1", i, f"id_1_{i + 1}") for i in range(3)]
    assert positions == [("a_1", None, "a_1"), *members, ("s_1", None, "s_1")]
    sql, positions = made.expand({"id_1": []})
    assert "IN (SELECT 1 FROM (SELECT 1) WHERE 1!=1)" in sql
    assert positions == [("a_1", None, "a_1"), ("s_1", None, "s_1")]
    pairs = compiled(c.select(T.c.a).where(c.tuple_(T.c.id, T.c.a).in_([(1, 2)])))
    sql, positions = pairs.expand({"param_1": [(1, 2), (3, 4)]})
    assert sql.endswith("IN (VALUES (?, ?), (?, ?))")
    assert [index for _, index, _ in positions] == [0, 1, 2, 3]
    assert [name for *_, name in positions] == [
        "param_1_1_1",
        "param_1_1_2",
        "param_1_2_1",
        "param_1_2_2",
    ]


def test_literal_execute() -> None:
    made = compiled(c.select(T.c.a).where(T.c.a == c.bindparam("x", 5, literal_execute=True)))
    sql, positions = made.expand({"x": 6})
    assert sql.endswith("t.a = 6")
    assert positions == []


def test_parameters_are_in_the_order_of_the_text() -> None:
    cte = c.select(T.c.a).where(T.c.a == 1).cte("q")
    made = compiled(c.select(cte.c.a + 2).where(cte.c.a == 3))
    values = [made.params[name] for name in made.positiontup]
    assert values == [1, 2, 3]
    assert made.string.count("?") == 3


def test_one_parameter_twice() -> None:
    p = c.literal(5)
    made = compiled(c.select(T.c.a).where(T.c.a == p, T.c.id == p))
    assert made.positiontup == ["param_1", "param_1"]
    assert made.params == {"param_1": 5}


def test_control_characters_in_text_are_text() -> None:
    made = compiled(c.select(c.literal_column("'\x01param_1\x01'"), c.literal(1)))
    assert made.positiontup.count("param_1") >= 1
    assert compiled(c.select(c.text("'\x02'"))).string == "SELECT '\x02'"


def test_joins_between_more_than_two() -> None:
    x, y = T.alias("x"), T.alias("y")
    s = c.select(x.c.a).join(R, R.c.tid == x.c.id).outerjoin(y, y.c.id == R.c.tid)
    assert text(s) == (
        "SELECT x.a FROM t AS x JOIN r ON r.tid = x.id LEFT OUTER JOIN t AS y ON y.id = r.tid"
    )
    nested = T.outerjoin(R.join(x, x.c.id == R.c.tid), T.c.id == R.c.tid)
    assert text(c.select(T.c.a).select_from(nested)) == (
        "SELECT t.a FROM t LEFT OUTER JOIN (r JOIN t AS x ON x.id = r.tid) ON t.id = r.tid"
    )


def test_join_errors() -> None:
    other = c.Table("o", c.MetaData(), c.Column("id", c.Integer))
    with pytest.raises(exc.NoForeignKeysError, match="between 't' and 'o'"):
        T.join(other)
    with pytest.raises(exc.InvalidRequestError, match="Don't know how to join to"):
        str(c.select(T).join(other))
    double = c.Table(
        "d",
        metadata,
        c.Column("x", c.ForeignKey("t.id")),
        c.Column("y", c.ForeignKey("t.id")),
    )
    with pytest.raises(exc.AmbiguousForeignKeysError, match="between 't' and 'd'"):
        T.join(double)
    metadata.remove(double)


def test_auto_correlation() -> None:
    inner = c.select(R.c.id).where(R.c.tid == T.c.id)
    assert text(c.select(T.c.a, inner.scalar_subquery())) == (
        "SELECT t.a, (SELECT r.id FROM r WHERE r.tid = t.id) AS anon_1 FROM t"
    )
    assert "FROM r, t" in text(c.select(c.func.count()).select_from(inner.subquery()))
    empty = c.select(T.c.a).correlate(T).scalar_subquery()
    assert text(c.select(T.c.id).where(T.c.a == empty)) == (
        "SELECT t.id FROM t WHERE t.a = (SELECT t.a)"
    )


def test_identifier_quoting() -> None:
    quote = DIALECT.identifier_preparer.quote
    assert quote("abc") == "abc"
    assert quote("Abc") == '"Abc"'
    assert quote("select") == '"select"'
    assert quote("a b") == '"a b"'
    assert quote('a"b') == '"a""b"'
    assert quote("1a") == '"1a"'
    assert quote("a1_$") == "a1_$"
    assert quote(c.quoted_name("abc", True)) == '"abc"'
    assert quote(c.quoted_name("Abc", False)) == "Abc"


def test_literal_binds() -> None:
    made = compiled(
        c.select(T.c.a).where(T.c.s == "it's", T.c.a.in_([1, 2])),
        compile_kwargs={"literal_binds": True},
    )
    assert made.string.endswith("WHERE t.s = 'it''s' AND t.a IN (1, 2)")
    with pytest.raises(exc.CompileError, match="No literal value renderer"):
        compiled(c.select(c.literal(object())), compile_kwargs={"literal_binds": True})


def test_unknown_construct() -> None:
    class Strange(c.sql.elements.ColumnElement):  # type: ignore[misc, name-defined, type-arg]
        __visit_name__ = "strange"

    with pytest.raises(exc.UnsupportedCompilationError, match="can't render element of type"):
        compiled(c.select(Strange()))


def test_deep_conditions() -> None:
    condition = T.c.a == 0
    for i in range(200):
        condition = c.or_(condition, T.c.a == i) if i % 2 else c.and_(condition, T.c.a == i)
    made = compiled(c.select(T.c.a).where(condition))
    assert made.string.count("?") == 201


def test_self_reference_of_a_recursive_cte_runs() -> None:
    engine = c.create_engine("sqlite://")
    base = c.select(c.literal(1).label("n")).cte("nums", recursive=True)
    nums = base.union_all(c.select(base.c.n + 1).where(base.c.n < 5))
    with engine.connect() as connection:
        assert connection.scalars(c.select(nums.c.n)).all() == [1, 2, 3, 4, 5]
        assert connection.scalar(c.select(c.func.sum(nums.c.n))) == 15
