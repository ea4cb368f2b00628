"""Rows: sequences of values with names, as SQLAlchemy's."""

import collections.abc
import copy
import gc
import operator
import pickle
import sys

import pytest

from cormorant import _core, exc
from cormorant._core import Row, RowKeys, RowMapping


def row(**values):
    return Row(tuple(values), tuple(values.values()))


@pytest.fixture
def abc():
    return row(a=1, b="x", c=2.5)


def test_items_by_position(abc):
    assert (abc[0], abc[-1]) == (1, 2.5)
    assert abc[0:2] == (1, "x")
    assert type(abc[0:2]) is tuple
    with pytest.raises(IndexError):
        abc[3]
    with pytest.raises(TypeError, match="tuple indices must be integers or slices, not str"):
        abc["a"]


def test_what_rows_and_their_keys_say_of_themselves(abc):
    assert sys.getsizeof(abc) - sys.getsizeof(row(a=1)) == sys.getsizeof((1, 2)) - sys.getsizeof(())
    assert repr(RowKeys(("a", "b"))) == "RowKeys(('a', 'b'))"


def test_items_by_name(abc):
    assert (abc.a, abc.b, abc.c) == (1, "x", 2.5)
    with pytest.raises(AttributeError, match="Could not locate column in row for column 'zzz'"):
        abc.zzz


def test_names_that_rows_have_themselves():
    r = row(count=1, index=2, t=3, _fields=4, keys=5)
    assert (r.count, r.index, r.keys) == (1, 2, 5)
    with pytest.warns(exc.SADeprecationWarning):
        assert r.t is r
    assert r._fields == ("count", "index", "t", "_fields", "keys")
    assert r._mapping["t"] == 3


def test_is_a_sequence_but_no_tuple(abc):
    assert not isinstance(abc, tuple)
    assert isinstance(abc, collections.abc.Sequence)
    assert len(abc) == 3
    assert list(abc) == [1, "x", 2.5]
    assert list(reversed(abc)) == [2.5, "x", 1]
    assert "x" in abc
    assert 7 not in abc
    assert abc.count(1) == 1
    assert abc.index("x") == 1
    with pytest.raises(ValueError):
        abc.index("x", 2)
    with pytest.raises(ValueError):
        abc.index(1, 0, 0)
    assert abc.index(2.5, -1) == 2
    assert abc.index("x", 0, -1) == 1
    with pytest.raises(ValueError):
        abc.index(2.5, 0, -1)
    match abc:
        case (x, y, z):
            assert (x, y, z) == (1, "x", 2.5)
        case _:
            pytest.fail("no sequence pattern")
    a, *rest = abc
    assert (a, rest) == (1, ["x", 2.5])


@pytest.mark.parametrize("last", [2.5, []], ids=["plain", "tracked"])
def test_iterators(last):
    given = row(a=1, b="x", c=last)
    a, b, c = given
    assert (a, b, c) == (1, "x", last)
    iterator = iter(given)
    assert iter(iterator) is iterator
    assert operator.length_hint(iterator) == 3
    del given  # the iterator keeps it
    assert next(iterator) == 1
    assert operator.length_hint(iterator) == 2
    assert list(iterator) == ["x", last]
    assert list(iterator) == []
    assert operator.length_hint(iterator) == 0
    with pytest.raises(ValueError, match="too many values to unpack"):
        a, b = row(a=1, b="x", c=last)
    with pytest.raises(TypeError):
        type(iterator)()


def test_compares_and_hashes_as_a_tuple(abc):
    assert abc == (1, "x", 2.5)
    assert abc == (1, "x", 2.5)
    assert abc == row(q=1, w="x", e=2.5)
    assert abc != (1,)
    assert abc != [1, "x", 2.5]
    assert abc < (2,)
    assert abc > (0,)
    assert sorted([row(a=2), row(a=1)]) == [(1,), (2,)]
    assert hash(abc) == hash((1, "x", 2.5))
    with pytest.raises(TypeError):
        operator.lt(abc, 3)
    with pytest.raises(TypeError):
        hash(row(a=[]))


def test_does_not_add(abc):
    with pytest.raises(TypeError):
        operator.add(abc, (1,))
    with pytest.raises(TypeError):
        operator.add((1,), abc)
    with pytest.raises(TypeError):
        operator.mul(abc, 2)


def test_is_immutable(abc):
    with pytest.raises(AttributeError, match="can't set attribute"):
        abc.a = 3
    with pytest.raises(AttributeError, match="can't delete attribute"):
        del abc.a
    with pytest.raises(AttributeError):
        abc.zzz = 3
    with pytest.raises(TypeError):
        abc[0] = 3


def test_text(abc):
    assert repr(abc) == "(1, 'x', 2.5)"
    assert str(row(a=1)) == "(1,)"
    nest = []
    nest.append(row(a=nest))
    assert repr(nest) == "[([...],)]"


def test_other_forms(abc):
    assert abc._fields == ("a", "b", "c")
    assert abc._asdict() == {"a": 1, "b": "x", "c": 2.5}
    assert abc._tuple() is abc
    with pytest.warns(exc.SADeprecationWarning, match=r"Please use Row._tuple\(\)"):
        assert abc.tuple() is abc
    with pytest.warns(exc.SADeprecationWarning, match="Please use Row._t"):
        assert abc.t is abc
    assert abc._t is abc
    assert type(abc._to_tuple_instance()) is tuple
    assert abc._to_tuple_instance() == (1, "x", 2.5)
    assert str(Row[int, str]).endswith("Row[int, str]")


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))]
)
def test_copies(abc, clone):
    other = clone(abc)
    assert other == abc
    assert other.b == "x"
    with pytest.raises(exc.NoSuchColumnError, match="Row was unpickled; lookup by ColumnElement"):
        other._mapping[object()]


def test_mapping(abc):
    m = abc._mapping
    assert isinstance(m, RowMapping)
    assert isinstance(m, collections.abc.Mapping)
    assert m["a"] == 1
    assert repr(m) == "{'a': 1, 'b': 'x', 'c': 2.5}"
    assert list(m) == ["a", "b", "c"]
    assert list(m.keys()) == ["a", "b", "c"]
    assert list(m.values()) == [1, "x", 2.5]
    assert list(m.items()) == [("a", 1), ("b", "x"), ("c", 2.5)]
    assert dict(m) == m == {"a": 1, "b": "x", "c": 2.5}
    assert m != {"a": 1}
    assert m != 3
    assert "a" in m
    assert "q" not in m
    assert m.get("q", 5) == 5
    assert m.get("a") == 1
    assert len(m) == 3
    assert hash(m) == hash(abc)
    assert {**m} == {"a": 1, "b": "x", "c": 2.5}
    with pytest.raises(exc.NoSuchColumnError, match="column in row for column 'zz'"):
        m["zz"]
    with pytest.raises(exc.NoSuchColumnError, match="column in row for column '0'"):
        m[0]
    with pytest.raises(KeyError):
        m["zz"]
    assert pickle.loads(pickle.dumps(m)) == m
    match m:
        case {"a": a}:
            assert a == 1


def test_equal_names_the_last_wins():
    r = Row(("n", "m", "n"), (1, 2, 3))
    assert r.n == 3
    assert r._mapping["n"] == 3
    assert r._asdict() == {"n": 3, "m": 2}
    assert r._fields == ("n", "m", "n")
    assert list(r._mapping.items()) == [("n", 3), ("m", 2), ("n", 3)]


def test_ambiguous_names():
    keys = RowKeys(("n", "n"), {"n": -1})
    r = Row(keys, (1, 2))
    message = "Ambiguous column name 'n' in result set column descriptions"
    for use in (lambda: r.n, lambda: r._mapping["n"], lambda: repr(r._mapping), r._asdict):
        with pytest.raises(exc.InvalidRequestError, match=message):
            use()
    assert "n" in r._mapping
    assert r == (1, 2)


def test_items_without_a_name():
    r = Row(("a", None, "c"), (1, 2, 3))
    assert r == (1, 2, 3)
    assert r.c == 3
    assert r._fields == ("a", "c")
    assert r._asdict() == {"a": 1, "c": 3}
    assert len(r._mapping) == 2
    assert pickle.loads(pickle.dumps(r)).c == 3


def test_lookup_of_other_keys():
    column, unknown, error = object(), object(), object()

    def lookup(key):
        if key is error:
            raise RuntimeError("broken")
        return 1 if key is column else None

    keys = RowKeys(("a", "b"), lookup=lookup)
    r = Row(keys, ("x", "y"))
    assert r._keys is keys
    assert r._mapping[column] == "y"
    assert column in r._mapping
    assert unknown not in r._mapping
    assert r._mapping.get(unknown, 3) == 3
    with pytest.raises(exc.NoSuchColumnError):
        r._mapping[unknown]
    with pytest.raises(RuntimeError):
        r._mapping[error]
    with pytest.raises(RuntimeError):
        operator.contains(r._mapping, error)
    keys.lookup = lambda key: 99
    with pytest.raises(exc.NoSuchColumnError):
        r._mapping[column]
    keys.lookup = None
    assert keys.lookup is None


def test_bad_arguments():
    with pytest.raises(ValueError, match="2 keys, but 1 values"):
        Row(("a", "b"), (1,))
    with pytest.raises(TypeError):
        Row(["a"], (1,))
    with pytest.raises(TypeError, match="keys must be strings"):
        Row((1,), (1,))
    with pytest.raises(TypeError):
        Row(("a",), 5)
    with pytest.raises(ValueError):
        RowKeys(("a",), {"a": 1})
    with pytest.raises(ValueError):
        RowKeys(("a",), {"a": "x"})
    with pytest.raises(TypeError):
        RowKeys(("a",), [])
    with pytest.raises(TypeError):
        RowMapping(3)


def test_the_first_bad_bound_of_index_is_the_one_that_raises(abc):
    class Bound:
        def __index__(self):
            raise AssertionError("not asked")

    with pytest.raises(TypeError, match="'str' object"):
        abc.index(2, "a", Bound())


def test_collector_sees_only_what_can_be_in_a_cycle():
    assert not gc.is_tracked(row(a=1, b="x", c=None, d=(1, 2)))
    assert gc.is_tracked(row(a=[]))
    loop = []
    loop.append(row(a=loop, m=0))
    loop.append(loop[0]._mapping)
    del loop
    assert gc.collect() > 0


def test_what_is_in_no_cycle_has_no_header_of_the_collector():
    keys, counted = RowKeys(("a", "b")), []
    gc.disable()
    try:
        for pair in ((1, "x"), (1, [])):
            rows = [None] * 1000
            before = gc.get_count()[0]
            for i in range(1000):
                rows[i] = Row(keys, pair)
            counted.append(gc.get_count()[0] - before)
            assert rows[0] == pair
    finally:
        gc.enable()
    assert counted[0] < 100
    assert counted[1] >= 1000


def test_deep_nesting_is_freed():
    r = row(a=1)
    for _ in range(100_000):
        r = row(a=r)
    del r


def test_references_are_given_back():
    value = object()
    before = sys.getrefcount(value)
    for _ in range(10):
        r = row(a=value, b=value)
        r[0], r.a, r[0:1], list(r), repr(r), r._asdict(), dict(r._mapping), hash(r), r == r
        pickle_free = (r._mapping["a"], r._to_tuple_instance())
        del r, pickle_free
    assert sys.getrefcount(value) == before
    assert _core.Row is Row


class Places(dict):
    """A lookup that counts what is made of it."""

    __call__ = dict.get
    made = 0

    def of(self, source):
        self.made += 1
        if source is None:
            raise ZeroDivisionError
        return Places(source)


def test_keys_found_by_what_a_lookup_makes_of_a_source():
    lookup = Places({3: 0})
    keys = RowKeys(("a", None), {"a": 0, "b": 1}, lookup)
    other = keys.with_source({3: 1})
    assert (other.names, other.index) == (keys.names, keys.index)
    assert (Row(keys, (1, 2))._mapping[3], Row(other, (1, 2)).a, lookup.made) == (1, 1, 0)
    assert (Row(other, (1, 2))._mapping[3], other.lookup, lookup.made) == (2, {3: 1}, 1)
    assert 4 not in Row(other, (1, 2))._mapping
    failing = keys.with_source(None)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            Row(failing, (1, 2))._mapping[3]
        with pytest.raises(ZeroDivisionError):
            failing.lookup
    without = RowKeys(("a",)).with_source(1)
    assert without.lookup is None
    with pytest.raises(exc.NoSuchColumnError):
        Row(without, (1,))._mapping[3]


def test_a_long_chain_of_rows_is_dropped():
    """Neither a row of plain values nor an iterator over one is an object of the collector's,
    which would see to it that the end of one does not end the next from within."""
    chain = Row(("x",), [1])
    for _ in range(300_000):
        chain = Row(("x",), [iter(chain)])
    (below,) = chain
    assert next(next(below)) is not None
    del chain, below
