"""Queries whose construction is kept: functions that build one run once for each bakery.

Statements are compiled once whether or not they are baked; this is for programs written when
only baked ones were.

    bakery = BakedQuery.bakery()
    baked = bakery(lambda session: session.query(User))
    baked += lambda query: query.filter(User.name == bindparam("name"))
    baked(session).params(name="ed").all()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc
from ..orm.exc import NoResultFound
from ..orm.query import Query
from ..orm.session import Session
from ..util import LRUCache

if TYPE_CHECKING:
    from typing import Self

__all__ = ["BakedQuery", "Bakery", "Result"]

_Step = Callable[[Any], Any]


class Bakery:
    """Makes the baked queries of one cache."""

    __slots__ = ("cache", "cls")

    def __init__(self, cls_: type[BakedQuery], cache: LRUCache) -> None:
        self.cls = cls_
        self.cache = cache

    def __call__(self, initial_fn: _Step, *args: Any) -> BakedQuery:
        """A baked query that begins with a function of the session; `args` are part of its
        key in the cache."""
        return self.cls(self.cache, initial_fn, args)


class BakedQuery:
    """Functions that build a `Query`, the first from a session and each other from the query
    before it. Their code is the key under which what they build is kept."""

    __slots__ = ("_bakery", "_cache_key", "_spoiled", "steps")

    def __init__(self, bakery: LRUCache, initial_fn: _Step, args: tuple[Any, ...] = ()) -> None:
        self._cache_key: tuple[Any, ...] = ()
        self._spoiled = False
        self._bakery = bakery
        self.steps: list[_Step] = []
        self.add_criteria(initial_fn, *args)

    @classmethod
    def bakery(cls, size: int = 200, _size_alert: Any = None) -> Bakery:
        """A bakery that keeps `size` queries."""
        return Bakery(cls, LRUCache(size, size_alert=_size_alert))

    def _clone(self) -> BakedQuery:
        copy = BakedQuery.__new__(BakedQuery)
        copy._cache_key = self._cache_key
        copy.steps = list(self.steps)
        copy._bakery = self._bakery
        copy._spoiled = self._spoiled
        return copy

    def __iadd__(self, other: Any) -> Self:
        return self.add_criteria(*(other if isinstance(other, tuple) else (other,)))

    def __add__(self, other: Any) -> BakedQuery:
        return self.with_criteria(*(other if isinstance(other, tuple) else (other,)))

    def add_criteria(self, fn: _Step, *args: Any) -> Self:
        """One more function (``+=``), and what else its result depends on."""
        self._cache_key += (fn.__code__, *args)
        self.steps.append(fn)
        return self

    def with_criteria(self, fn: _Step, *args: Any) -> BakedQuery:
        """add_criteria() to a copy (``+``)."""
        return self._clone().add_criteria(fn, *args)

    def for_session(self, session: Session) -> Result:
        """What executes the query in a session; calling the baked query does the same."""
        return Result(self, session)

    __call__ = for_session

    def spoil(self, full: bool = False) -> Self:
        """Run the functions that are added from now on each time; with `full` all of them."""
        if not full and not self._spoiled:
            self.steps = [self._clone()._kept]
        self._spoiled = True
        return self

    def to_query(self, query_or_session: Any) -> Query[Any]:
        """The query to be used within another: of a session, or of the session of a query."""
        session = query_or_session
        if isinstance(session, Query):
            session = session.session
            if session is None:
                raise exc.ArgumentError("Given Query needs to be associated with a Session")
        elif not isinstance(session, Session):
            raise TypeError(f"Query or Session object expected, got {type(session)!r}.")
        return self._query(session)

    def _built(self, session: Any) -> Query[Any]:
        query: Any = session
        for step in self.steps:
            query = step(query)
        return query  # type: ignore[no-any-return]

    def _kept(self, session: Any) -> Query[Any]:
        """The query as it is in the cache, for a session."""
        # of that class are the queries of the session
        key = (*self._cache_key, session._query_cls)
        query = self._bakery.get(key)
        if query is None:
            query = self._bakery[key] = self._built(session).with_session(None)
        return query.with_session(session)  # type: ignore[no-any-return]

    def _query(self, session: Any) -> Query[Any]:
        if self._spoiled or not session.enable_baked_queries:
            return self._built(session)
        return self._kept(session)


bakery = BakedQuery.bakery


class Result:
    """A baked query to be executed in a session."""

    __slots__ = ("_params", "_post_criteria", "bq", "session")

    def __init__(self, bq: BakedQuery, session: Session) -> None:
        self.bq = bq
        self.session = session
        self._params: dict[str, Any] = {}
        self._post_criteria: list[_Step] = []

    def params(self, *args: Any, **kw: Any) -> Self:
        """Values of bind parameters."""
        if len(args) > 1:
            raise exc.ArgumentError(
                "params() takes zero or one positional argument, which is a dictionary."
            )
        self._params.update(*args, **kw)
        return self

    def with_post_criteria(self, fn: _Step) -> Self:
        """A function of the query that runs each time: for params() and
        execution_options()."""
        self._post_criteria.append(fn)
        return self

    def _query(self, *steps: _Step) -> Query[Any]:
        baked = self.bq
        for step in steps:
            baked = baked.with_criteria(step)
        query = baked._query(self.session)
        if self._params:
            query = query.params(self._params)
        for fn in self._post_criteria:
            query = fn(query)
        return query

    def __str__(self) -> str:
        return str(self._query())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._query())

    def all(self) -> Sequence[Any]:
        """Every result."""
        return self._query().all()

    def first(self) -> Any:
        """The first result, or None."""
        found = self._query(lambda query: query.slice(0, 1)).all()
        return found[0] if found else None

    def one(self) -> Any:
        """The only result; NoResultFound or MultipleResultsFound if it is not one."""
        return self._query().one()

    def one_or_none(self) -> Any:
        """The only result, or None; MultipleResultsFound if there are more."""
        return self._query().one_or_none()

    def scalar(self) -> Any:
        """The first item of the only result, or None if there is none."""
        try:
            found = self.one()
        except NoResultFound:
            return None
        return found[0] if isinstance(found, Sequence) else found

    def count(self) -> int:
        """How many rows there are."""
        return self._query().count()

    def get(self, ident: Any) -> Any:
        """The object of a primary key, or None."""
        return self._query()._get(ident)
