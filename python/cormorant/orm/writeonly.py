"""Collections that are not loaded: ``lazy="write_only"`` and ``lazy="dynamic"``.

Reading such an attribute gives an object that adds and removes members without loading the
others, and a SELECT of them: `WriteOnlyCollection.select()`, or the query that
`AppenderQuery` is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from .. import _core, exc
from ..sql import bindparam
from ..sql import delete as sql_delete
from ..sql import insert as sql_insert
from ..sql import update as sql_update
from ..sql.expression import select as sql_select
from .attributes import InstrumentedAttribute

__all__ = ["WriteOnlyAttribute", "WriteOnlyCollection"]

if TYPE_CHECKING:
    from ..sql.selectable import Select

_T = TypeVar("_T")


class CollectionWriter(Generic[_T]):
    """Adds and removes members of an attribute of one object."""

    instance: Any
    _prop: Any

    def _relate(self, member: Any, add: bool) -> None:
        _core.relate_member(self.instance, self._prop.slot, member, add)

    def _pending(self) -> list[Any]:
        """What an object that is not in the database has in memory."""
        value = _core.peek(self.instance, self._prop.slot)
        return [] if value is _core.NO_VALUE or value is None else _core.collection_members(value)

    def _criterion(self) -> Any:
        return self._prop._with_parent(self.instance, alias_secondary=False)


class WriteOnlyCollection(CollectionWriter[_T]):
    """The value of a ``lazy="write_only"`` relationship of an object."""

    __slots__ = ("_prop", "instance")

    def __init__(self, prop: Any, instance: Any) -> None:
        self._prop = prop
        self.instance = instance

    def add(self, item: _T) -> None:
        """Add a member."""
        self._relate(item, True)

    def add_all(self, iterator: Iterable[_T]) -> None:
        """Add several members."""
        for item in iterator:
            self._relate(item, True)

    def remove(self, item: _T) -> None:
        """Remove a member."""
        self._relate(item, False)

    def select(self) -> Select[tuple[_T]]:
        """A SELECT of the members."""
        statement = sql_select(self._prop.entity.entity).where(self._criterion())
        return statement.order_by(*self._prop.order_by) if self._prop.order_by else statement

    def insert(self) -> Any:
        """An INSERT of members, to be executed with their values.

        Raises InvalidRequestError for a relationship through a secondary table.
        """
        if self._prop.secondary is not None:
            raise exc.InvalidRequestError(
                "Write only bulk INSERT only supported for one-to-many collections; for "
                "many-to-many, use a separate bulk INSERT along with add_all()."
            )
        mapper = self._prop.parent
        values = {}
        for local, remote in self._prop.synchronize_pairs:
            value = getattr(self.instance, mapper._columntoproperty[local].key)
            values[remote.key] = bindparam(None, value, type_=remote.type, unique=True)
        return sql_insert(self._prop.mapper.class_).values(values)

    def update(self) -> Any:
        """An UPDATE of the members."""
        return sql_update(self._prop.mapper.class_).where(self._criterion())

    def delete(self) -> Any:
        """A DELETE of the members."""
        return sql_delete(self._prop.mapper.class_).where(self._criterion())

    def __iter__(self) -> NoReturn:
        raise TypeError(
            "WriteOnly collections don't support iteration in-place; to query for collection "
            "items, use the select() method to produce a SQL statement and execute it with "
            "session.scalars()."
        )


class WriteOnlyAttribute(InstrumentedAttribute[Any]):
    """The class attribute of a relationship whose collection is not loaded."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        if self._prop.lazy == "write_only":
            return WriteOnlyCollection(self._prop, instance)
        from .dynamic import AppenderQuery, appender_class

        return appender_class(self._prop, AppenderQuery)(self._prop, instance)

    def __set__(self, instance: Any, value: Any) -> None:
        if self._prop.lazy == "write_only" and _core.identity_key(instance) is not None:
            raise exc.InvalidRequestError(
                f'Collection "{self._prop}" does not support implicit iteration; collection '
                "replacement operations can't be used"
            )
        _core.set_value(instance, self._prop.slot, value)
