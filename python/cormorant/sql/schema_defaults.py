"""Defaults of columns: Python values, SQL of the server, sequences, computed columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import exc
from .base import Executable
from .elements import ClauseElement
from .schema_base import SchemaItem, copy_is_deprecated, quoted
from .sqltypes import INTEGERTYPE

if TYPE_CHECKING:
    from .schema import Column, MetaData


class DefaultGenerator(Executable, SchemaItem):
    """The base of what makes a value of a column before the statement runs."""

    __visit_name__ = "default_generator"
    is_default_generator = True
    is_sequence = False
    is_identity = False
    is_server_default = False
    is_clause_element = False
    is_callable = False
    is_scalar = False
    is_sentinel = False
    has_arg = False
    column: Column[Any] | None = None
    for_update = False

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update

    def __str__(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"DefaultGenerator({'for_update=True' if self.for_update else ''})"

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.onupdate = self
        else:
            parent.default = self

    def __bool__(self) -> bool:
        return True

    def _execute_on_connection(self, connection: Any, params: Any, options: Any) -> Any:
        return connection._execute_default(self, params, options)


class ColumnDefault(DefaultGenerator):
    """A value, function or SQL expression that INSERT or UPDATE uses."""

    arg: Any
    has_arg = True
    __visit_name__ = "column_default"

    def __new__(cls, arg: Any = None, for_update: bool = False) -> Any:
        """`arg`: a value, a function of no or one (context) argument, or SQL."""
        if cls is not ColumnDefault:
            return object.__new__(cls)
        if isinstance(arg, FetchedValue):
            raise exc.ArgumentError("ColumnDefault may not be a server-side default type.")
        if hasattr(arg, "__clause_element__") or isinstance(arg, ClauseElement):
            return object.__new__(ColumnElementColumnDefault)
        if callable(arg):
            return object.__new__(CallableColumnDefault)
        return object.__new__(ScalarElementColumnDefault)

    def __init__(self, arg: Any = None, for_update: bool = False) -> None:
        super().__init__(for_update)
        self.arg = arg

    def _copy(self) -> ColumnDefault:
        return ColumnDefault(self.arg, self.for_update)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.arg!r})"


class ScalarElementColumnDefault(ColumnDefault):
    """A plain value."""

    is_scalar = True


class ColumnElementColumnDefault(ColumnDefault):
    """A SQL expression."""

    is_clause_element = True

    def __init__(self, arg: Any = None, for_update: bool = False) -> None:
        while not isinstance(arg, ClauseElement):
            arg = arg.__clause_element__()
        super().__init__(arg, for_update)


class CallableColumnDefault(ColumnDefault):
    """A function: `arg(context)`."""

    is_callable = True

    def __init__(self, arg: Any = None, for_update: bool = False) -> None:
        super().__init__(_with_context(arg), for_update)

    def _copy(self) -> ColumnDefault:
        new = object.__new__(CallableColumnDefault)
        DefaultGenerator.__init__(new, self.for_update)
        new.arg = self.arg
        return new


class _InsertSentinelColumnDefault(ColumnDefault):
    """The default of a column that only tells rows of an INSERT apart: the number of the row,
    where many are inserted and what they return has to be in their order."""

    has_arg = False
    is_sentinel = True

    def __new__(cls) -> _InsertSentinelColumnDefault:
        made: _InsertSentinelColumnDefault = object.__new__(cls)
        return made

    def __init__(self) -> None:
        super().__init__()

    def _copy(self) -> ColumnDefault:
        return _InsertSentinelColumnDefault()


def _with_context(fn: Callable[..., Any]) -> Callable[[Any], Any]:
    """The function as one of one argument, the context."""
    target: Any = fn
    bound = 0
    if hasattr(fn, "__func__"):
        target = fn.__func__
        bound = 1
    code = getattr(target, "__code__", None)
    if code is None and not bound:
        if isinstance(fn, type):
            target = fn.__init__  # type: ignore[misc]
            code = getattr(target, "__code__", None)
            bound = 1
        elif type(fn).__module__ != "builtins" and hasattr(type(fn).__call__, "__code__"):
            target = type(fn).__call__
            code = target.__code__
            bound = 1
    if code is None:
        # a builtin: none of those takes our context
        return _without_context(fn)
    positional = code.co_argcount - bound - len(target.__defaults__ or ())
    if positional == 0:
        return _without_context(fn)
    if positional == 1:
        return fn
    raise exc.ArgumentError("ColumnDefault Python function takes zero or one positional arguments")


def _without_context(fn: Callable[[], Any]) -> Callable[[Any], Any]:
    def call(ctx: Any) -> Any:
        return fn()

    call.__name__ = getattr(fn, "__name__", "call")
    call.__qualname__ = getattr(fn, "__qualname__", call.__name__)
    call.__wrapped__ = fn  # type: ignore[attr-defined]
    return call


class FetchedValue(SchemaItem):
    """The database makes the value: a trigger, say."""

    __visit_name__ = "fetched_value"
    is_server_default = True
    reflected = False
    has_argument = False
    is_clause_element = False
    is_identity = False
    column: Column[Any] | None = None

    def __init__(self, for_update: bool = False) -> None:
        self.for_update = for_update

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        self.column = parent
        if self.for_update:
            parent.server_onupdate = self
        else:
            parent.server_default = self

    def _copy(self) -> Any:
        return self._clone(self.for_update)

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self if for_update == self.for_update else self._clone(for_update)

    def _clone(self, for_update: bool) -> Any:
        new = self.__class__.__new__(self.__class__)
        new.__dict__.update(self.__dict__)
        new.__dict__.pop("column", None)
        new.for_update = for_update
        return new

    def __repr__(self) -> str:
        return "FetchedValue()"


class DefaultClause(FetchedValue):
    """DEFAULT in the column's DDL."""

    has_argument = True

    def __init__(self, arg: Any, for_update: bool = False, _reflected: bool = False) -> None:
        """`arg`: a string, which is quoted, or SQL."""
        if not isinstance(arg, (str, ClauseElement)) or isinstance(arg, Sequence):
            module = ClauseElement.__module__.rpartition(".")[0]
            raise exc.ArgumentError(
                "Argument 'arg' is expected to be one of type '<class 'str'>' or "
                f"'<class '{module}.elements.ClauseElement'>' or "
                f"'<class '{module}.elements.TextClause'>', got '{type(arg)}'"
            )
        super().__init__(for_update)
        self.arg = arg
        self.reflected = _reflected

    def __repr__(self) -> str:
        return f"DefaultClause({self.arg!r}, for_update={self.for_update!r})"


_IDENTITY_OPTIONS = (
    "start", "increment", "minvalue", "maxvalue", "nominvalue", "nomaxvalue", "cycle", "cache",
    "order",
)  # fmt: skip


class IdentityOptions:
    """Options of sequences and identity columns."""

    def __init__(
        self,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        cache: int | None = None,
        order: bool | None = None,
    ) -> None:
        """Options as the databases name them; what is None is left to the database."""
        self._set_options(
            start=start,
            increment=increment,
            minvalue=minvalue,
            maxvalue=maxvalue,
            nominvalue=nominvalue,
            nomaxvalue=nomaxvalue,
            cycle=cycle,
            cache=cache,
            order=order,
        )

    def _set_options(self, **kw: Any) -> None:
        for name, value in kw.items():
            setattr(self, name, value)

    def _options_repr(self) -> str:
        parts = []
        for name in _IDENTITY_OPTIONS:
            value = getattr(self, name, None)
            if value is not None:
                parts.append(f"{name}={value!r}")
        return ", ".join(parts)


class Sequence(IdentityOptions, DefaultGenerator):
    """A sequence of the database, where it has such a thing."""

    __visit_name__ = "sequence"
    is_sequence = True

    def __init__(
        self,
        name: str,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        schema: Any = None,
        cache: int | None = None,
        order: bool | None = None,
        data_type: Any = None,
        optional: bool = False,
        quote: bool | None = None,
        metadata: MetaData | None = None,
        quote_schema: bool | None = None,
        for_update: bool = False,
    ) -> None:
        """`optional`: only for databases that need a sequence to generate keys."""
        DefaultGenerator.__init__(self, for_update=for_update)
        self._set_options(
            start=start,
            increment=increment,
            minvalue=minvalue,
            maxvalue=maxvalue,
            nominvalue=nominvalue,
            nomaxvalue=nomaxvalue,
            cycle=cycle,
            cache=cache,
            order=order,
        )
        self.name = quoted(name, quote)
        self.optional = optional
        self.schema = quoted(schema, quote_schema)
        self.metadata = metadata
        self._key = f"{self.schema}.{self.name}" if self.schema else str(self.name)
        from .sqltypes import to_instance

        self.data_type = None if data_type is None else to_instance(data_type)
        self.type = self.data_type or INTEGERTYPE
        self._bound = metadata is not None
        """Whether it belongs to a metadata of its own rather than to a column."""
        if metadata is not None:
            self._set_metadata(metadata)

    def create(self, bind: Any, checkfirst: bool = True) -> None:
        """CREATE SEQUENCE; with `checkfirst` if it is not there."""
        from .ddl import SchemaGenerator

        bind._run_ddl_visitor(SchemaGenerator, self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool = True) -> None:
        """DROP SEQUENCE; with `checkfirst` if it is there."""
        from .ddl import SchemaDropper

        bind._run_ddl_visitor(SchemaDropper, self, checkfirst=checkfirst)

    @property
    def key(self) -> str:
        """The sequence's name with its schema."""
        return self._key

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        DefaultGenerator._set_parent(self, parent)
        parent._on_table_attach(self._set_table)

    def _set_table(self, column: Any, table: Any) -> None:
        self._set_metadata(table.metadata)

    def _set_metadata(self, metadata: MetaData) -> None:
        # by this name for tools, which make sequences of a metadata by it
        self.metadata = metadata
        metadata._sequences[self._key] = self

    def next_value(self) -> Any:
        """SQL for the sequence's next value."""
        from .functions import func

        return func.next_value(self)

    def _copy(self) -> Sequence:
        return Sequence(
            self.name,
            start=self.start,  # type: ignore[attr-defined]
            increment=self.increment,  # type: ignore[attr-defined]
            schema=self.schema,
            optional=self.optional,
            data_type=self.data_type,
            for_update=self.for_update,
        )

    def __repr__(self) -> str:
        options = self._options_repr()
        return f"Sequence({str(self.name)!r}{', ' + options if options else ''})"


class Computed(FetchedValue):
    """GENERATED ALWAYS AS."""

    __visit_name__ = "computed_column"

    def __init__(self, sqltext: Any, persisted: bool | None = None) -> None:
        """`persisted`: stored (True), computed when read (False), as the database likes."""
        from .coercions import expect_check
        from .constructs import TextClause

        self.sqltext = (
            TextClause(sqltext) if isinstance(sqltext, str) else expect_check(sqltext)._deannotate()
        )
        self.persisted = persisted
        super().__init__(for_update=True)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if not isinstance(parent.server_default, (type(None), Computed)) or not isinstance(
            parent.server_onupdate, (type(None), Computed)
        ):
            raise exc.ArgumentError(
                "A generated column cannot specify a server_default or a server_onupdate argument"
            )
        self.column = parent
        parent.computed = self
        parent.server_onupdate = self
        parent.server_default = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self

    def _copy(self, target_table: Any = None, **kw: Any) -> Computed:
        return Computed(self.sqltext, persisted=self.persisted)

    def copy(self, *, target_table: Any = None, **kw: Any) -> Computed:
        """A definition of the same expression."""
        copy_is_deprecated("Computed")
        return self._copy(target_table, **kw)

    def __repr__(self) -> str:
        persisted = "" if self.persisted is None else f", persisted={self.persisted!r}"
        return f"Computed({self.sqltext!r}{persisted})"


class Identity(IdentityOptions, FetchedValue):
    """GENERATED AS IDENTITY, where the database has it."""

    __visit_name__ = "identity_column"
    is_identity = True

    def __init__(
        self,
        always: bool | None = False,
        on_null: bool | None = None,
        start: int | None = None,
        increment: int | None = None,
        minvalue: int | None = None,
        maxvalue: int | None = None,
        nominvalue: bool | None = None,
        nomaxvalue: bool | None = None,
        cycle: bool | None = None,
        cache: int | None = None,
        order: bool | None = None,
    ) -> None:
        FetchedValue.__init__(self)
        self.always = always
        self.on_null = on_null
        self._set_options(
            start=start,
            increment=increment,
            minvalue=minvalue,
            maxvalue=maxvalue,
            nominvalue=nominvalue,
            nomaxvalue=nomaxvalue,
            cycle=cycle,
            cache=cache,
            order=order,
        )

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if (
            not isinstance(parent.server_default, (type(None), Identity))
            or parent.server_onupdate is not None
        ):
            raise exc.ArgumentError(
                "A column with an Identity object cannot specify a server_default or a "
                "server_onupdate argument"
            )
        if parent.autoincrement is False:
            raise exc.ArgumentError(
                "A column with an Identity object cannot specify autoincrement=False"
            )
        self.column = parent
        parent.identity = self
        if parent._user_defined_nullable is None:
            parent.nullable = False
        parent.server_default = self

    def _as_for_update(self, for_update: bool) -> FetchedValue:
        return self

    def copy(self, **kw: Any) -> Identity:
        """A definition of the same options."""
        copy_is_deprecated("Identity")
        made: Identity = self._copy()
        return made

    def __repr__(self) -> str:
        always = "always=True" if self.always else ""
        options = self._options_repr()
        return f"Identity({', '.join(part for part in (always, options) if part)})"
