"""The value of a ``lazy="dynamic"`` relationship: a query of its members that also adds and
removes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import _core
from ..util import warn
from .base import instance_str
from .exc import DetachedInstanceError
from .query import Query
from .query_running import one_of, one_or_none_of
from .util import object_session
from .writeonly import CollectionWriter

__all__ = ["AppenderMixin", "AppenderQuery"]

_T = TypeVar("_T")


class AppenderMixin(CollectionWriter[_T]):
    """Adds what a collection can do to a query of its members."""

    query_class: Any = None

    def __init__(self, prop: Any, instance: Any) -> None:
        self._prop = prop
        self.instance = instance
        Query.__init__(self, prop.entity.entity, None)  # type: ignore[arg-type]

    @property
    def _stmt(self) -> Any:
        """The statement, made when it is needed: it asks with the object's key."""
        self._session_or_error()
        statement = self._base.where(self._criterion())
        order_by = self._prop.order_by
        return statement.order_by(*order_by) if order_by else statement

    @_stmt.setter
    def _stmt(self, statement: Any) -> None:
        self._base = statement

    @property
    def session(self) -> Any:
        """The object's session, flushed; None if there is nothing in the database to ask."""
        found = object_session(self.instance)
        if found is not None and found.autoflush and self.instance in found:
            found.flush()
        return found if _core.identity_key(self.instance) is not None else None

    @session.setter
    def session(self, value: Any) -> None:
        """A query is given its session; this one has its object's."""

    def _query(self, session: Any) -> Any:
        query: Any = (self.query_class or Query)(self._prop.entity.entity, session)
        query._stmt = self._stmt
        return query

    def _generate(self) -> Any:
        return self._query(self._session_or_error())

    def _session_or_error(self) -> Any:
        session = object_session(self.instance)
        if session is None:
            raise DetachedInstanceError(
                f"Parent instance {instance_str(self.instance)} is not bound to a Session, and no "
                "contextual session is established; lazy load operation of attribute "
                f"'{self._prop.key}' cannot proceed"
            )
        return session

    def _run(self) -> Any:
        """The query of the members, or a list of those in memory."""
        session = self.session
        if session is not None:
            return self._query(session)
        if _core.identity_key(self.instance) is not None:
            warn(
                f"Instance {instance_str(self.instance)} is detached, dynamic relationship cannot "
                "return a correct result.   This warning will become a DetachedInstanceError in a "
                "future release."
            )
        return self._pending()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._run())

    def all(self) -> list[_T]:
        """Every member."""
        return list(self._run())

    def __getitem__(self, index: Any) -> Any:
        return self._run()[index]

    def count(self) -> int:
        """The number of members."""
        found = self._run()
        return len(found) if isinstance(found, list) else int(found.count())

    def one(self) -> Any:
        """The only member; NoResultFound or MultipleResultsFound if it is not one."""
        return one_of(self.all())

    def one_or_none(self) -> Any:
        """The only member, or None; MultipleResultsFound if there are more."""
        return one_or_none_of(self.all())

    def first(self) -> Any:
        """The first member, or None."""
        self._session_or_error()
        return self._query(self.session).first()

    def append(self, item: _T) -> None:
        """Add a member."""
        self._relate(item, True)

    add = append

    def extend(self, iterator: Iterable[_T]) -> None:
        """Add several members."""
        for item in iterator:
            self._relate(item, True)

    add_all = extend

    def remove(self, item: _T) -> None:
        """Remove a member."""
        self._relate(item, False)


class AppenderQuery(AppenderMixin[_T], Query[_T]):
    """The query of a dynamic relationship of one object."""

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[_T]: ...
        @overload
        def __getitem__(self, item: slice) -> list[_T]: ...
        @overload
        def __getitem__(self, item: int) -> _T: ...
        def __getitem__(self, item: Any) -> Any: ...


def appender_class(prop: Any, default: type[Any]) -> type[Any]:
    """`AppenderQuery`, or one that queries with the relationship's `query_class`."""
    given = prop.query_class
    if given is None:
        return default
    made: type[Any] | None = prop.__dict__.get("_appender_class")
    if made is None:
        made = prop._appender_class = type(
            "Appender" + given.__name__, (AppenderMixin, given), {"query_class": given}
        )
    return made
