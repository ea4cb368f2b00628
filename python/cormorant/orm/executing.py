"""What a Session runs for the program: statements, queries, and look-ups of one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import _core, exc, util
from .._late import late_function
from ..sql.selectable import Select
from .parts import part_of
from .transactional import TransactionalSession

if TYPE_CHECKING:
    from typing import TypeAlias

    from ..engine import Result, ScalarResult
    from ..sql.expression import _Selected
    from ..sql.typed_operators import TypedReturnsRows
    from .mapper import Mapper
    from .query import Query, RowReturningQuery

_O = TypeVar("_O")
_T = TypeVar("_T")

_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_First: TypeAlias = "tuple[_T, *tuple[Any, ...]]"  # a row whose first column is so typed
_EMPTY: Mapping[str, Any] = {}

_AUTOFLUSH = (
    "raised as a result of Query-invoked autoflush; consider using a "
    "session.no_autoflush block if this flush is occurring prematurely"
)
_AUTOFLUSH_WARNING = (
    "This warning originated from the Session 'autoflush' process, which was invoked "
    "automatically in response to a user-initiated operation. Consider using ``no_autoflush`` "
    "context manager if this warning happened while initializing objects."
)


_execute = late_function(__name__, "_execute", ".loading", "execute")
_load_at_once = late_function(__name__, "_load_at_once", ".key_loading", "load_at_once")
_load_on_pk = late_function(__name__, "_load_on_pk", ".key_loading", "load_on_pk")
_only_row = late_function(__name__, "_only_row", ".key_loading", "only_row")
_execute_dml = late_function(__name__, "_execute_dml", ".bulk", "execute_dml")


@part_of("Session")
class ExecutingSession(TransactionalSession):
    """The part of a Session that runs statements and gives out what they load."""

    autoflush: bool
    _flushing: bool

    if TYPE_CHECKING:

        @property
        def _query_cls(self) -> type[Query[Any]]: ...

        def _note_deleted(self, objects: list[Any]) -> None: ...

    # -- statements ---------------------------------------------------------

    @overload
    def execute(
        self,
        statement: TypedReturnsRows[_T],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[_T]: ...
    @overload
    def execute(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[Any]: ...
    def execute(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[Any]:
        """Run a statement: a Result of rows or entities.

        statement: select() and the like, or text(). params: a dict of parameters, or a list of them
        to run it for each. execution_options: dict; bind_arguments: dict that says which database,
        where there are several. Raises exc.ArgumentError for a str, and what the database refuses.
        """
        if self._events is not None:
            heard = self._events._find("do_orm_execute")
            if heard or _add_event is not None:
                from ..sql.coercions import expect_executed
                from .execute_state import execute

                if getattr(statement, "_orm", None) is None:
                    statement = expect_executed(statement)
                return execute(  # type: ignore[no-any-return]
                    self,  # type: ignore[arg-type]
                    statement,
                    params,
                    execution_options,
                    bind_arguments,
                    heard if _add_event is None else (*heard, _add_event),
                )
        elif (
            statement.__class__ is Select
            and not statement._plain
            and statement._memo_cache_key[1].orm
        ):
            # the usual case, with few calls
            return _execute(  # type: ignore[no-any-return]
                self, statement, params, execution_options, bind_arguments
            )
        return self._execute_unheard(statement, params, execution_options, bind_arguments)

    def _execute_unheard(
        self,
        statement: Any,
        params: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
    ) -> Result[Any]:
        orm = getattr(statement, "_orm", None)
        if orm is None:
            from ..sql.coercions import expect_executed

            statement = expect_executed(statement)
            orm = getattr(statement, "_orm", False)
        if orm:
            if not getattr(statement, "is_dml", False):
                return _execute(  # type: ignore[no-any-return]
                    self, statement, params, execution_options, bind_arguments
                )
            # a change of a bare table is no business of the ORM, whatever its criteria name
            annotations = statement.table._annotations
            if "parententity" in annotations or "parentmapper" in annotations:
                return _execute_dml(  # type: ignore[no-any-return]
                    self,
                    statement,
                    params,
                    execution_options,
                    bind_arguments,
                )
        if bind_arguments:
            arguments = dict(bind_arguments)
            arguments.setdefault("clause", statement)
            bind = self.get_bind(**arguments)
        else:
            bind = self.get_bind(clause=statement)
        connection = self._connection_for_bind(bind)
        return connection.execute(statement, params or {}, execution_options=execution_options)

    @overload
    def scalar(
        self, statement: TypedReturnsRows[_First[_T]], params: Any = None, **kw: Any
    ) -> _T | None: ...
    @overload
    def scalar(self, statement: Any, params: Any = None, **kw: Any) -> Any: ...
    def scalar(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any:
        """Run a statement: the first column of the first row, or None."""
        return self.execute(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **kw,
        ).scalar()

    @overload
    def scalars(
        self, statement: TypedReturnsRows[_First[_T]], params: Any = None, **kw: Any
    ) -> ScalarResult[_T]: ...
    @overload
    def scalars(self, statement: Any, params: Any = None, **kw: Any) -> ScalarResult[Any]: ...
    def scalars(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]:
        """Run a statement: its first column."""
        return self.execute(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **kw,
        ).scalars()

    @overload
    def query(self, entity: type[_O], /) -> Query[_O]: ...  # type: ignore[overload-overlap]
    @overload
    def query(self, _0: _Selected[_T1], /) -> RowReturningQuery[tuple[_T1]]: ...
    @overload
    def query(
        self, _0: _Selected[_T1], _1: _Selected[_T2], /
    ) -> RowReturningQuery[tuple[_T1, _T2]]: ...
    @overload
    def query(
        self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], /
    ) -> RowReturningQuery[tuple[_T1, _T2, _T3]]: ...
    @overload
    def query(
        self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], _3: _Selected[_T4], /
    ) -> RowReturningQuery[tuple[_T1, _T2, _T3, _T4]]: ...
    @overload
    def query(self, *entities: Any, **kwargs: Any) -> Query[Any]: ...
    def query(self, *entities: Any, **kwargs: Any) -> Query[Any]:
        """A Query of classes and columns."""
        if kwargs:
            return self._query_cls(entities, self, **kwargs)
        return self._query_cls(entities, self)

    def _autoflush(self) -> None:
        """Write pending changes before a query."""
        if self._unflushed and self.autoflush and not self._flushing:
            note = util.warning_note
            before, note.text = note.text, _AUTOFLUSH_WARNING
            try:
                self.flush()
            except exc.StatementError as error:
                error.add_detail(_AUTOFLUSH)
                raise
            finally:
                note.text = before

    # -- one object ---------------------------------------------------------

    def get(
        self,
        entity: type[_O] | Mapper[_O],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> _O | None:
        """The object of a primary key, from the identity map or the database, or None.

        entity: a mapped class; ident: the key, a tuple or dict of several. options: loader options;
        populate_existing: load it anew; with_for_update: True or a dict, to lock the row;
        identity_token, execution_options, bind_arguments: which database, and how. Raises
        exc.InvalidRequestError for a key of another number of values.
        """
        look = False
        if not populate_existing and (with_for_update is None or with_for_update is False):
            # The common case, a look-up; everything else comes below.
            obj = self._find(entity, ident, identity_token)
            if obj is not None and obj is not False:
                return obj  # type: ignore[no-any-return]
            look = obj is False
        if with_for_update is False:
            with_for_update = None
        try:
            manager = entity.__dict__["__cormorant_manager__"]
            mapper = manager.mapper
        except (AttributeError, KeyError, ValueError):
            mapper = _mapper_for_get(entity)
            manager = mapper.class_manager
        key: tuple[Any, ...]
        if type(ident) is int:
            key = (ident,)
        else:
            key = _identity(mapper, ident)
        if len(key) != len(mapper.primary_key):
            raise exc.InvalidRequestError(
                "Incorrect number of values in identifier to formulate primary key for "
                "session.get(); primary key columns are "
                + ",".join(f"'{c}'" for c in mapper.primary_key)
            )
        if look and not mapper.always_refresh:
            obj = self._get(manager, key, identity_token)
            if obj is not None:
                if not _core.state_flags(obj) & _core.STATE_EXPIRED:
                    return obj if isinstance(obj, mapper.class_) else None
                from .row_loading import load_expired

                if not isinstance(obj, mapper.class_):
                    return None
                self._autobegin_t()
                if load_expired(self, obj):
                    return obj  # type: ignore[no-any-return]
                # Its row is gone; the SELECT that follows will say so again.
                if not _core.state_flags(obj) & _core.STATE_DELETED:  # by the flush before
                    self._note_deleted([obj])
        if (
            type(ident) is int
            and with_for_update is None
            and identity_token is None
            and not (options or populate_existing or execution_options or bind_arguments)
        ):
            rows = _load_at_once(self, mapper, key)
            if rows is not None:
                return rows[0] if len(rows) == 1 else _only_row(rows)  # type: ignore[no-any-return]
        if self.bind is None and not bind_arguments and not self._routes:
            self.get_bind(mapper=mapper, clause=mapper.__clause_element__())
        if identity_token is not None:
            execution_options = {**execution_options, "identity_token": identity_token}
        return _load_on_pk(  # type: ignore[no-any-return]
            self,
            mapper,
            key,
            options or (),
            populate_existing,
            with_for_update,
            execution_options,
            bind_arguments,
        )

    def _identity_lookup(
        self,
        mapper: Mapper[_O],
        primary_key_identity: Any,
        identity_token: Any = None,
        *,
        lazy_loaded_from: Any = None,
        **kw: Any,
    ) -> _O | None:
        """The object of a primary key in the identity map, or None; `lazy_loaded_from`: the
        InstanceState of the object that refers to it."""
        return self._get(  # type: ignore[no-any-return]
            mapper.class_manager, tuple(primary_key_identity), identity_token
        )

    def get_one(
        self,
        entity: type[_O] | Mapper[_O],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> _O:
        """As get(), but NoResultFound if there is no such object."""
        instance = self.get(
            entity,
            ident,
            options=options,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            identity_token=identity_token,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        )
        if instance is None:
            raise exc.NoResultFound("No row was found when one was required")
        return instance


def _mapper_for_get(entity: Any) -> Any:
    from ..inspection import inspect

    mapper = inspect(entity)
    if mapper is None or not getattr(mapper, "is_mapper", False):
        raise exc.ArgumentError(f"Expected mapped class or mapper, got: {entity!r}")
    return mapper


def _identity(mapper: Any, ident: Any) -> tuple[Any, ...]:
    """The primary key values given to get(): a scalar, a sequence, a mapping or a composite."""
    if isinstance(ident, dict):
        names = [mapper._columntoproperty[column].key for column in mapper.primary_key]
        if len(ident) != len(names):
            raise exc.InvalidRequestError(
                "Incorrect number of values in identifier to formulate primary key for "
                "session.get(); primary key columns are "
                + ",".join(f"'{c}'" for c in mapper.primary_key)
            )
        if not ident.keys() >= set(names):
            synonyms = {key: synonym.name for key, synonym in mapper.synonyms.items()}
            ident = {synonyms.get(key, key): value for key, value in ident.items()}
        try:
            return tuple(ident[name] for name in names)
        except KeyError:
            raise exc.InvalidRequestError(
                "Incorrect names of values in identifier to formulate primary key for "
                "session.get(); primary key attribute names are "
                + ",".join(f"'{n}'" for n in names)
                + " (synonym names are also accepted)"
            ) from None
    if isinstance(ident, (tuple, list, _core.Row)):
        return tuple(ident)
    if hasattr(ident, "__composite_values__"):
        return tuple(ident.__composite_values__())
    if mapper.base_mapper._has_composites:
        for prop in mapper.composites.values():
            if type(ident) is prop.composite_class:
                return tuple(prop._split(ident))
    return (ident,)
