"""Expressions: identity, copies, annotations, adaptation, names; text is compared with
SQLAlchemy in tests/differential/test_expressions.py."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as c
from cormorant import exc
from cormorant.sql import operators, visitors
from cormorant.sql.elements import BinaryExpression, BindParameter
from cormorant.sql.util import ClauseAdapter, ColumnAdapter

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


def text(element: Any) -> str:
    return " ".join(str(element).split())


def test_comparison_with_a_value_is_the_general_one() -> None:
    """The short way of `column == value` makes what the long way makes."""
    for op, negated in (("__eq__", operators.ne), ("__lt__", operators.ge)):
        quick = getattr(T.c.a, op)(5)
        slow = T.c.a.operate(getattr(operators, op.strip("_")), 5)
        assert type(quick) is type(slow) is BinaryExpression
        assert quick.negate is slow.negate is negated
        assert quick.type is slow.type
        assert quick.right.type is slow.right.type
        assert quick.right.value == slow.right.value
        assert quick.compare(slow)


@pytest.mark.parametrize("value", [True, None, 2.5, "x", 10**30, b"x", object()])
def test_values_of_any_type(value: Any) -> None:
    quick = T.c.a == value
    slow = T.c.a.operate(operators.eq, value)
    assert str(quick) == str(slow)
    assert type(quick.right) is type(slow.right)
    assert type(quick.right.type) is type(slow.right.type)


def test_truth_of_expressions() -> None:
    assert T.c.a == T.c.a
    assert not bool(T.c.a == T.c.s)
    assert T.c.a != T.c.s
    for element in (T.c.a, T.c.a > 5, c.and_(T.c.a == 1, T.c.s == "x"), c.select(T), c.text("x")):
        with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
            bool(element)


def test_columns_in_sets_and_lists() -> None:
    annotated = T.c.a._annotate({"x": 1})
    assert len({T.c.a, T.c.s, annotated}) == 2
    assert annotated in [T.c.s, T.c.a]
    assert T.c.id not in [T.c.s, T.c.a]


def test_annotations() -> None:
    annotated = T.c.a._annotate({"x": 1})
    assert annotated is not T.c.a
    assert hash(annotated) == hash(T.c.a)
    assert annotated._annotations == {"x": 1}
    assert not T.c.a._annotations
    assert isinstance(annotated, c.Column)
    assert annotated._annotate({"y": 2})._annotations == {"x": 1, "y": 2}
    assert annotated._deannotate() is T.c.a
    assert str(annotated == 5) == "t.a = :a_1"
    table = T._annotate({"x": 1})
    assert table == T
    assert table.c is T.c
    assert text(c.select(table)) == text(c.select(T))
    assert text(c.select(table, T.c.a)).endswith("FROM t")


def test_clone_forgets_what_was_computed() -> None:
    s = c.select(T.c.a)
    assert s._generate_cache_key().key is not None
    assert s.selected_columns is s.selected_columns
    other = s.add_columns(T.c.s)
    assert list(other.selected_columns.keys()) == ["a", "s"]
    assert list(s.selected_columns.keys()) == ["a"]


def test_iterate() -> None:
    found = [e.__visit_name__ for e in visitors.iterate(c.and_(T.c.a == 1, T.c.s.in_(["x"])))]
    assert found == [
        "expression_clauselist",
        "binary",
        "binary",
        "column",
        "bindparam",
        "column",
        "bindparam",
    ]


def test_params_and_cloned_traverse() -> None:
    s = c.select(T.c.a).where(T.c.a == c.bindparam("x", 1))
    other = s.params(x=2)
    assert s.compile().params == {"x": 1}
    assert other.compile().params == {"x": 2}
    inner = c.select(T).where(T.c.a == c.bindparam("x", 1)).subquery()
    nested = c.select(inner.c.a).where(inner.c.s == "y").params(x=5)
    assert nested.compile().params == {"x": 5, "s_1": "y"}
    assert text(nested) == text(c.select(inner.c.a).where(inner.c.s == "y"))


def test_replacement_keeps_what_it_need_not_change() -> None:
    expression = c.and_(T.c.a == 1, R.c.id == 2)
    same = visitors.replacement_traverse(expression, None, lambda e: None)
    assert same.compare(expression)
    alias = T.alias("x")

    def replace(element: Any) -> Any:
        return alias.c.a if element is T.c.a else None

    assert str(visitors.replacement_traverse(expression, None, replace)) == (
        "x.a = :a_1 AND r.id = :id_1"
    )
    assert str(expression) == "t.a = :a_1 AND r.id = :id_1"


def test_clause_adapter() -> None:
    alias = T.alias("x")
    adapter = ClauseAdapter(alias)
    assert str(adapter.traverse(T.c.a + T.c.id == R.c.tid)) == "x.a + x.id = r.tid"
    assert adapter.traverse(T.c.a) is alias.c.a
    assert adapter.traverse(R.c.id) is R.c.id
    assert adapter.traverse(None) is None
    both = adapter.chain(ClauseAdapter(R.alias("y")))
    assert str(both.traverse(T.c.id == R.c.tid)) == "x.id = y.tid"
    assert str(both.traverse(c.func.max(T.c.a).label("m"))) == "max(x.a)"
    sub = c.select(T.c.a, T.c.id).subquery("q")
    assert ClauseAdapter(sub).traverse(T.c.a) is sub.c.a
    assert ColumnAdapter(alias)[T.c.a] is alias.c.a
    exists = c.exists().where(T.c.id == R.c.tid)
    assert text(adapter.traverse(c.select(T.c.a).where(exists))).startswith(
        "SELECT x.a FROM t AS x"
    )


def test_adapter_of_an_alias_leaves_other_aliases() -> None:
    one, two = T.alias("one"), T.alias("two")
    assert ClauseAdapter(one).traverse(two.c.a) is two.c.a


def test_corresponding_column() -> None:
    alias = T.alias()
    assert alias.corresponding_column(T.c.a) is alias.c.a
    assert T.corresponding_column(alias.c.a) is T.c.a
    assert R.corresponding_column(T.c.a) is None
    sub = c.select(T.c.a, T.c.a.label("b"), R.c.id).subquery()
    assert sub.corresponding_column(T.c.a) is sub.c.a
    assert sub.corresponding_column(R.c.id) is sub.c.id
    union = c.union(c.select(T.c.a), c.select(R.c.id)).subquery()
    assert union.corresponding_column(T.c.a) is union.corresponding_column(R.c.id) is union.c.a
    nested = c.select(alias).subquery()
    assert nested.corresponding_column(T.c.a) is nested.c.a
    assert nested.c.a.shares_lineage(T.c.a)


def test_columns_of_derived_tables_keep_their_nature() -> None:
    alias = R.alias()
    assert isinstance(alias.c.id, c.Column)
    assert alias.c.id.primary_key
    assert alias.c.tid.foreign_keys
    assert alias.c.id.table is alias
    assert R.c.id.table is R
    assert text(T.join(alias)) == "t JOIN r AS r_1 ON t.id = r_1.tid"


def test_column_collection() -> None:
    assert T.c.keys() == ["id", "a", "s"]
    assert T.c["a"] is T.c.a is T.c[1]
    assert list(T.c[0:2]) == [T.c.id, T.c.a]
    assert "a" in T.c
    assert "z" not in T.c
    with pytest.raises(AttributeError, match="z"):
        T.c.z
    with pytest.raises(KeyError):
        T.c["z"]
    with pytest.raises(exc.ArgumentError, match="requires a string argument"):
        T.c.a in T.c  # noqa: B015
    table = c.table("x", c.column("keys"), c.column("values"))
    assert callable(table.c.keys)
    assert str(table.c["keys"]) == "x.keys"


def test_bind_parameters() -> None:
    unique = BindParameter("x", 1, unique=True)
    statement = c.select(unique, BindParameter("x", 2, unique=True))
    assert statement.compile().params == {"x_1": 1, "x_2": 2}
    assert c.select(unique, unique).compile().params == {"x_1": 1}
    clash = c.select(c.bindparam("x_1", 5), unique)
    with pytest.raises(exc.CompileError, match="conflicts with unique bind parameter"):
        clash.compile()
    assert c.bindparam("x").required
    assert not c.bindparam("x", None).required
    assert c.bindparam("x", callable_=lambda: 3).effective_value == 3


def test_user_function_with_a_class() -> None:
    class shout(c.sql.functions.GenericFunction):  # type: ignore[misc, name-defined]
        type = c.String()
        inherit_cache = True

    assert isinstance(c.func.shout("x"), shout)
    assert isinstance(c.func.SHOUT("x").type, c.String)
    assert str(c.func.shout("x") + "y") == "shout(:shout_1) || :shout_2"


def test_custom_operators_are_equal_by_what_they_say() -> None:
    one, two = operators.custom_op("&&"), operators.custom_op("&&")
    assert one == two
    assert hash(one) == hash(two)
    assert one != operators.custom_op("&&", precedence=3)
    with pytest.raises(exc.InvalidRequestError, match="can't be used with plain Python objects"):
        one(1, 2)
    assert operators.custom_op("+", python_impl=lambda a, b: a + b)(1, 2) == 3


def test_type_of_a_comparator_of_json() -> None:
    js = c.column("js", c.JSON)
    assert isinstance(js["a"].type, c.JSON)
    assert isinstance(js["a"].as_integer().type, c.Integer)
    with pytest.raises(exc.InvalidRequestError, match="only works with a JSON index expression"):
        js.as_string()
    with pytest.raises(AttributeError):
        T.c.a.as_string()


def test_json_is_indexed_by_sqlite() -> None:
    engine = c.create_engine("sqlite://")
    table = c.Table("j", c.MetaData(), c.Column("js", c.JSON))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(c.insert(table), [{"js": {"a": [1, {"b": "x"}], 'q"': 2}}])
        row = connection.execute(
            c.select(
                table.c.js["a"],
                table.c.js["a"][0].as_integer(),
                table.c.js[("a", 1, "b")].as_string(),
                table.c.js["none"],
            )
        ).one()
        assert row == ([1, {"b": "x"}], 1, "x", None)
        for key, value in (("a", [1, {"b": "x"}]), ("none", None)):
            # one plan, two paths
            assert connection.scalar(c.select(table.c.js[key])) == value
