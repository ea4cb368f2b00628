"""Structural keys made in C, and the bases of constructs: `_core.KeyRecipe` and its kin."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

import cormorant as sa
from cormorant import _core
from cormorant.sql.base import Annotated, KeyContext

VALUE, FLAG, CHILD, CHILDREN = (
    _core.KEY_VALUE,
    _core.KEY_FLAG,
    _core.KEY_CHILD,
    _core.KEY_CHILDREN,
)
MAY_CHILD, MAY_CHILDREN = _core.KEY_MAY_CHILD, _core.KEY_MAY_CHILDREN


class Leaf:
    def _cache_key(self, ctx: Any) -> Any:
        return "leaf"


def note_rest(self: Any, ctx: Any, key: list[Any]) -> None:
    key.append(("rest", self.__dict__.get("odd")))


class Node:
    _cache_key = _core.KeyRecipe(
        "node",
        ((VALUE, "a"), (FLAG, "b"), (CHILD, "c"), (CHILDREN, "d"), (MAY_CHILD, "e"),
         (MAY_CHILDREN, "f")),
        rare=frozenset(["odd"]),
        usual=("a", 1),
        rest=note_rest,
    )  # fmt: skip

    def __init__(self, **said: Any) -> None:
        self.__dict__.update({"a": 1, "c": Leaf(), "d": [], **said})


def test_parts() -> None:
    ctx = KeyContext()
    assert Node()._cache_key(ctx) == ("node", 1, False, "leaf", ())
    full = Node(b=True, d=[Leaf(), Node()], e=Leaf(), f=(Leaf(), Leaf()))
    assert full._cache_key(ctx) == (
        "node", 1, True, "leaf", ("leaf", ("node", 1, False, "leaf", ())), ("e", "leaf"),
        ("f", "leaf", "leaf"),
    )  # fmt: skip
    assert Node(e=None, f=())._cache_key(ctx) == Node()._cache_key(ctx)
    assert Node(odd=7)._cache_key(ctx)[-1] == ("rest", 7)
    assert Node(a=2)._cache_key(ctx)[-1] == ("rest", None)


def test_names_are_told_by_what_they_say() -> None:
    class Named:
        _cache_key = _core.KeyRecipe("named", ((FLAG, "some_flag"),))

    named = Named()
    named.__dict__["_".join(("some", "flag"))] = 5  # another object than the recipe's
    assert named._cache_key(KeyContext()) == ("named", 5)
    named.some_flag = 6  # type: ignore[attr-defined]
    assert named._cache_key(KeyContext()) == ("named", 6)
    named.__dict__[7] = "no name"  # type: ignore[index]
    assert named._cache_key(KeyContext()) == ("named", 6)


def test_a_settled_key_is_asked_for_once() -> None:
    asked = []

    def make(self: Any, ctx: Any) -> str:
        asked.append(self)
        self.known = "made"
        return "made"

    class Settled:
        known = None
        _cache_key = _core.KeyRecipe(settled="known", orm=True, rest=make)

    one, ctx = Settled(), KeyContext()
    assert one._cache_key(ctx) == "made"
    assert not ctx.orm
    assert one._cache_key(ctx) == "made"
    assert ctx.orm
    assert asked == [one]


def test_bad_constructs_and_recipes_are_refused() -> None:
    ctx = KeyContext()
    bare = Node()
    del bare.__dict__["c"]
    with pytest.raises(AttributeError, match="c"):
        bare._cache_key(ctx)
    with pytest.raises(AttributeError, match="_cache_key"):
        Node(c=object())._cache_key(ctx)
    with pytest.raises(TypeError):
        Node(d=5)._cache_key(ctx)
    with pytest.raises(TypeError, match="KeyContext"):
        Node()._cache_key([])
    with pytest.raises(TypeError):
        Node()._cache_key()
    with pytest.raises(TypeError, match="memo"):
        ctx.memo = None  # type: ignore[assignment]
    with pytest.raises(TypeError, match="memo"):
        del ctx.memo
    with pytest.raises(ValueError, match="parts"):
        _core.KeyRecipe("x", ((VALUE, "a"),) * 20)
    with pytest.raises(ValueError, match="kind"):
        _core.KeyRecipe("x", ((99, "a"),))
    with pytest.raises(ValueError, match="complete"):
        _core.KeyRecipe("x", rare=frozenset(["a"]))
    with pytest.raises(ValueError, match="complete"):
        _core.KeyRecipe("x", usual=("a",), rest=note_rest)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core.KeyRecipe("x", ("a",))  # type: ignore[arg-type]


def test_errors_of_what_is_asked_come_through() -> None:
    class Broken:
        def _cache_key(self, ctx: Any) -> Any:
            raise KeyError("broken")

    def rest(self: Any, ctx: Any, key: Any) -> None:
        raise KeyError("rest")

    class Odd:
        _cache_key = _core.KeyRecipe("odd", usual=("a", None), rest=rest)

    for part in ({"c": Broken()}, {"d": [Leaf(), Broken()]}, {"e": Broken()}, {"f": [Broken()]}):
        with pytest.raises(KeyError, match="broken"):
            Node(**part)._cache_key(KeyContext())
    with pytest.raises(KeyError, match="rest"):
        Node(c=Odd())._cache_key(KeyContext())


def test_constructs_may_change_while_their_key_is_made() -> None:
    node = Node()

    class Meddler:
        def _cache_key(self, ctx: Any) -> Any:
            node.__dict__.clear()
            items.clear()
            gc.collect()
            return "meddler"

    items = [Meddler(), Leaf(), Leaf()]
    node.__dict__["d"] = items
    node.__dict__["f"] = (Leaf(),)
    key = node._cache_key(KeyContext())
    assert key[:5] == ("node", 1, False, "leaf", ("meddler", "leaf", "leaf"))


def test_a_name_that_leaves_when_it_is_hashed() -> None:
    told: list[str] = []

    class Name:
        """Equal to nothing, with the hash of a name that is looked for."""

        leaves: Any = None

        def __hash__(self) -> int:
            if self.leaves is not None:
                self.leaves.clear()
            return hash("odd")

        def __eq__(self, other: object) -> bool:
            told.append("compared")
            return False

        def __del__(self) -> None:
            told.append("gone")

    node = Node()
    names = node.__dict__
    name = Name()
    names[name] = 1
    name.leaves = names
    del name
    assert node._cache_key(KeyContext()) == Node()._cache_key(KeyContext())
    assert told[0] == "compared"
    assert told[-1] == "gone"


def test_deep_constructs_end_in_an_error_not_a_crash() -> None:
    node = Node()
    for _ in range(100_000):
        node = Node(c=node)
    with pytest.raises(RecursionError):
        node._cache_key(KeyContext())
    while isinstance(node, Node):  # take it apart without recursion
        node = node.__dict__.pop("c")


def test_parameters_are_numbered_by_identity() -> None:
    value = sa.bindparam("p", 1, type_=sa.Integer(), unique=True)
    other = sa.bindparam("p", 1, type_=sa.Integer(), unique=True)
    column = sa.column("x", sa.Integer)
    same = sa.and_(column == value, column < value)._generate_cache_key()
    different = sa.and_(column == value, column < other)._generate_cache_key()
    assert same.key != different.key
    assert list(same.bindparams) == [value, value]
    copy = value._clone(maintain_key=True)
    again = sa.and_(column == value, column < copy)._generate_cache_key()
    assert again.key == same.key


def test_comparisons_of_plain_values() -> None:
    column = sa.Column("x", sa.Integer)
    one = 1
    made_of = [(column == one, "="), (column != one, "!="), (column < one, "<")]
    made_of += [(column <= one, "<="), (column > one, ">"), (column >= one, ">=")]
    made_of += [(one == column, "="), (one < column, ">"), (one >= column, "<=")]
    for made, operator in made_of:
        assert str(made) == f"x {operator} :x_1"
        assert made.right.value == 1
        assert made.right.unique
        assert made.right.type is column.type
        negated = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
        assert str(sa.not_(made)) == f"x {negated} :x_1"
    assert str(column == None) == "x IS NULL"  # noqa: E711
    assert str(column == True) == "x = true"  # noqa: E712
    assert str(column + 1 == 2) == "x + :x_1 = :param_1"
    assert str(sa.func.f(column) == 2) == "f(x) = :f_1"
    assert str(sa.any_(sa.select(column).scalar_subquery()) == 5) == ":param_1 = ANY (SELECT x)"


def test_comparisons_of_values_of_another_type() -> None:
    class Loud(sa.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def coerce_compared_value(self, op: Any, value: Any) -> Any:
            return sa.Integer() if isinstance(value, int) else self

    column = sa.Column("x", Loud())
    assert isinstance((column == 1).right.type, sa.Integer)
    assert isinstance((column == "a").right.type, Loud)
    assert isinstance((sa.Column("y", sa.String) == 1).right.type, sa.Integer)


def test_hashes_and_equality() -> None:
    column = sa.Column("x", sa.Integer)
    table = sa.Table("t", sa.MetaData(), column)
    assert len({column, column, sa.Column("x", sa.Integer)}) == 2
    annotated = table._annotate({"a": 1})
    assert isinstance(annotated, Annotated)
    assert annotated == table
    assert hash(annotated) == hash(table)
    assert annotated in {table}
    marked = column._annotate({"a": 1})
    assert hash(marked) == hash(column)
    assert str(marked == 1) == "t.x = :x_1"


def test_generating_forgets_what_was_computed() -> None:
    statement = sa.select(sa.column("a"))
    statement._generate_cache_key()
    assert "_memo_cache_key" in statement.__dict__
    copy = statement._generate()
    assert type(copy) is type(statement)
    assert copy is not statement
    assert "_memo_cache_key" not in copy.__dict__
    assert "_memoized" not in copy.__dict__
    assert "_memo_cache_key" in statement.__dict__
    assert copy._raw_columns is statement._raw_columns


def test_generating_with_a_change() -> None:
    statement = sa.select(sa.column("a"))
    statement._generate_cache_key()
    limited = statement._generate_with("_limit_clause", 5)
    assert (limited._limit_clause, statement._limit_clause) == (5, None)
    assert "_memo_cache_key" not in limited.__dict__
    one = statement._generate_more("_where_criteria", "x")
    two = one._generate_more("_where_criteria", "y")
    assert (statement._where_criteria, one._where_criteria) == ((), ("x",))
    assert two._where_criteria == ("x", "y")
    assert two._raw_columns is statement._raw_columns
    for arguments in (("_limit_clause",), (1, 2), ("a", "b", "c")):
        with pytest.raises(TypeError):
            statement._generate_with(*arguments)
        with pytest.raises(TypeError):
            statement._generate_more(*arguments)
    with pytest.raises(TypeError, match="_distinct is not a tuple"):
        statement._generate_more("_distinct", 1)
    with pytest.raises(AttributeError):
        statement._generate_more("absent", 1)


def test_nothing_leaks() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), sa.Column("y", sa.String))

    def work() -> None:
        statement = sa.select(table).where(table.c.x == 1, table.c.y.in_(["a", "b"]))
        statement.order_by(table.c.y).limit(3).distinct()._generate_cache_key()
        with pytest.raises(TypeError):
            Node(d=5)._cache_key(KeyContext())

    for _ in range(30):
        work()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(300):
        work()
    gc.collect()
    assert sys.getallocatedblocks() - before < 150


class Joining:
    _cache_key = _core.KeyRecipe("joining", ((_core.KEY_MAY_JOINS, "joins"),))

    def __init__(self, *joins: Any) -> None:
        self.__dict__["joins"] = joins

    def _join_key(self, part: Any, ctx: Any) -> Any:
        return ("other", part)


def test_joins_have_a_key_of_each_part() -> None:
    ctx = KeyContext()
    assert Joining()._cache_key(ctx) == ("joining",)
    flags = {"isouter": True, "full": False}
    key = Joining((Node(), None, "x", flags), (Node(a=2), Node(), None, flags))._cache_key(ctx)
    node = Node()._cache_key(ctx)
    assert key == (
        "joining",
        ("joins", node, None, ("other", "x"), True, False,
         Node(a=2)._cache_key(ctx), node, None, True, False),
    )  # fmt: skip
    for bad in (
        [(Node(), None, None, flags)],
        ((Node(), None, None),),
        ((Node(), None, None, []),),
        (None,),
    ):
        construct = Joining()
        construct.__dict__["joins"] = bad
        with pytest.raises(TypeError, match="join"):
            construct._cache_key(ctx)
    with pytest.raises(KeyError):
        Joining((Node(), None, None, {"full": False}))._cache_key(ctx)


def test_values_of_parameters() -> None:
    binds = [sa.bindparam("a", 1), sa.bindparam("b", None, unique=True)]
    assert _core.bound_values(binds) == [1, None]
    assert _core.bound_values(()) == []
    assert _core.bound_values([*binds, sa.bindparam("c", callable_=list)]) is None
    assert _core.bound_values([*binds, sa.bindparam("d", required=True)]) is None
    assert _core.bound_values([sa.bindparam("e")]) is None
    with pytest.raises(AttributeError):
        _core.bound_values([object()])
    with pytest.raises(TypeError, match="sequence"):
        _core.bound_values(None)  # type: ignore[arg-type]


# --- memo.c -----------------------------------------------------------------------


def test_a_memoized_attribute_is_computed_once_and_forgotten_by_copies() -> None:
    asked: list[Any] = []

    class Construct(_core.Generative):
        _memo_names = frozenset({"size"})

        @_core.memoized
        def size(self) -> int:
            """How large."""
            asked.append(self)
            return len(asked)

        @_core.memoized
        def broken(self) -> int:
            raise ValueError("no")

    assert isinstance(Construct.size, _core.memoized)
    assert (Construct.size.name, Construct.size.__doc__) == ("size", "How large.")
    made = Construct()
    assert (made.size, made.size, len(asked)) == (1, 1, 1)
    copy = made._generate()
    assert (copy.size, made.size, asked) == (2, 1, [made, copy])
    with pytest.raises(ValueError, match="no"):
        made.broken
    assert "broken" not in made.__dict__


def test_what_cannot_be_memoized() -> None:
    with pytest.raises(TypeError):
        _core.memoized()  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="__name__"):
        _core.memoized(3)  # type: ignore[arg-type]
    computed = _core.memoized(lambda construct: 7)
    with pytest.raises(TypeError):
        computed.__set_name__(object, 5)  # type: ignore[arg-type]
    assert computed.__get__(None, object) is computed
    with pytest.raises(AttributeError):
        computed.__get__(object(), object)  # it has no dictionary


def test_entries_of_a_dict_that_knows_when_they_were_used() -> None:
    used = _core.UsedDict(a=["x", 0], b=None, c=["x"])
    assert (used.get("a"), used["a"], used._clock) == ("x", ["x", 1], 1)
    for wrong in ("b", "c"):
        with pytest.raises(TypeError, match="a value and a number"):
            used.get(wrong)
    with pytest.raises(TypeError, match="a key and a default"):
        used.get()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unhashable"):
        used.get([])
    assert used._clock == 1


def test_what_cannot_be_a_recipe() -> None:
    with pytest.raises(ValueError, match="six operators"):
        _core.Comparable._set_up(int, int, object(), bool, (min,), int)  # type: ignore[arg-type]
    for parts in (((1,),), ((99, "x"),), (5,), ((1, 2),), tuple((1, f"a{n}") for n in range(300))):
        with pytest.raises((TypeError, ValueError)):
            _core.KeyRecipe("x", parts)  # type: ignore[arg-type]


def test_a_dict_knows_when_its_values_were_used() -> None:
    cache = sa.util.LRUCache(4, 0.5)
    for key in range(4):
        cache[key] = str(key)
    assert (cache.get(0), cache.get(9), cache.get(9, "none")) == ("0", None, "none")
    for key in range(4, 7):
        cache[key] = str(key)
    assert sorted(cache.keys()) == [0, 4, 5, 6]  # 0 was used since
    with pytest.raises(TypeError):
        cache.get()
    with pytest.raises(TypeError):
        cache.get([])


def test_the_name_of_a_memoized_attribute_is_the_programs() -> None:
    """Equal names are one string from then on; the one given keeps its references."""
    computed = _core.memoized(lambda construct: 7)
    kept = sys.intern("an attribute of one name")
    given = " ".join(["an attribute", "of one name"])
    before = sys.getrefcount(given)
    computed.__set_name__(object, given)
    assert computed.name is kept
    assert sys.getrefcount(given) == before
