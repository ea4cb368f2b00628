"""Results over lists, and what the comparison with SQLAlchemy does not reach."""

import pytest

from cormorant import _core, create_engine, exc, text
from cormorant.engine.result import (
    ChunkedIteratorResult,
    IteratorResult,
    Result,
    SimpleResultMetaData,
    result_tuple,
)


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_from_list():
    result = Result._from_list(("a", "b"), [(1, 2), (3, 4)])
    rows = result.all()
    assert rows == [(1, 2), (3, 4)]
    assert rows[0].b == 2
    assert isinstance(rows[0], _core.Row)
    assert list(result.keys()) == ["a", "b"]
    assert result.all() == []


def test_from_list_of_scalars():
    result = Result._from_list(("X",), ["p", "q"], scalar=True)
    assert result.scalars().all() == ["p", "q"]
    assert Result._from_list(("X",), ["p"], scalar=True).all() == ["p"]
    assert Result._from_list(("X",), ["p"], scalar=True).scalar_one() == "p"
    assert Result._from_list(("X",), ["p", "p"], scalar=True).unique().all() == ["p"]


def test_iterator_result():
    result = IteratorResult(SimpleResultMetaData(["a"]), iter([(1,), (2,), (2,)]))
    assert result.unique().all() == [(1,), (2,)]
    chunks = ChunkedIteratorResult(SimpleResultMetaData(["a"]), lambda size: [[(1,)], [(2,)]])
    assert chunks.scalars().all() == [1, 2]
    assert result_tuple(["a", "b"])((1, 2)).b == 2


def test_iteration_and_fetching_mix():
    result = Result._from_list(("n",), [(i,) for i in range(10)])
    seen = []
    for row in result:
        seen.append(row.n)
        if row.n == 2:
            break
    assert seen == [0, 1, 2]
    assert result.fetchone() == (3,)
    assert result.fetchmany(2) == [(4,), (5,)]
    assert [row.n for row in result] == [6, 7, 8, 9]


def test_many_rows_in_chunks(connection):
    sql = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500) "
        "select i from n"
    )
    assert [row[0] for row in connection.execute(text(sql))] == list(range(1, 2501))
    assert list(connection.execute(text(sql)).scalars()) == list(range(1, 2501))
    result = connection.execute(text(sql))
    iterator = iter(result)
    assert [next(iterator).i for _ in range(3)] == [1, 2, 3]
    assert len(result.all()) == 2497


def test_unique_over_fetches():
    result = Result._from_list(("n",), [(i % 3,) for i in range(9)]).unique()
    assert result.fetchmany(2) == [(0,), (1,)]
    assert result.fetchmany(2) == [(2,)]
    assert result.fetchmany(2) == []


def test_required_unique():
    def make():
        result = Result._from_list(("n",), [(1,), (1,)])
        result._require_unique = True
        result._set_slow()
        return result

    with pytest.raises(exc.InvalidRequestError, match=r"unique\(\) method must be invoked"):
        make().all()
    with pytest.raises(exc.InvalidRequestError, match=r"unique\(\) method must be invoked"):
        make().scalars().all()
    assert make().unique().all() == [(1,)]
    assert make().scalars().unique().all() == [1]
    assert make().first() == (1,)


def test_frozen():
    frozen = Result._from_list(("n",), [(1,), (2,)]).freeze()
    assert frozen().all() == frozen().all() == [(1,), (2,)]
    assert frozen.with_new_rows([(9,)])().all() == [(9,)]


def test_merged():
    one, two = (Result._from_list(("n",), [(i,)]) for i in range(2))
    assert one.merge(two).all() == [(0,), (1,)]


def test_ambiguous_and_missing_columns(connection):
    result = connection.execute(text("select 1 as a"))
    with pytest.raises(exc.NoSuchColumnError, match="Could not locate column in row"):
        result.columns("zz")
    with pytest.raises(IndexError):
        result.scalars(3)
