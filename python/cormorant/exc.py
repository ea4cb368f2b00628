"""Exceptions and warnings.

The C core raises these by name, so this module holds every one of them and imports
nothing else of the package. Those of the ORM are published as ``cormorant.orm.exc``.
"""

from __future__ import annotations

import re
from typing import Any

_ERROR_URL = "https://sqlalche.me/e/20/"


class HasDescriptionCode:
    """Something with a code that leads to a page of background."""

    code: str | None = None

    def __init__(self, *args: Any, **kw: Any) -> None:
        code = kw.pop("code", None)
        if code is not None:
            self.code = code
        super().__init__(*args, **kw)

    _what_code_describes = "error"

    def _code_str(self) -> str:
        if not self.code:
            return ""
        return f"(Background on this {self._what_code_describes} at: {_ERROR_URL}{self.code})"

    def __str__(self) -> str:
        message = super().__str__()
        if self.code:
            message = f"{message} {self._code_str()}"
        return message


class SQLAlchemyError(HasDescriptionCode, Exception):
    """The base of every error this package raises of its own."""

    def _message(self) -> str:
        if len(self.args) == 1:
            text = self.args[0]
            if isinstance(text, bytes):
                return text.decode("utf-8", "backslashreplace")
            return str(text)
        return str(self.args)

    def _sql_message(self) -> str:
        message = self._message()
        if self.code:
            message = f"{message} {self._code_str()}"
        return message

    def __str__(self) -> str:
        return self._sql_message()


class ArgumentError(SQLAlchemyError):
    """An argument of a construct is wrong."""


class DuplicateColumnError(ArgumentError):
    """A column would replace another one of the same name in a Table."""


class ObjectNotExecutableError(ArgumentError):
    """Something that is no statement was given to .execute()."""

    def __init__(self, target: Any) -> None:
        super().__init__(f"Not an executable object: {target!r}")
        self.target = target

    def __reduce__(self) -> Any:
        return self.__class__, (self.target,)


class NoSuchModuleError(ArgumentError):
    """A dynamically loaded module (a dialect) is not there."""


class NoForeignKeysError(ArgumentError):
    """A join found no foreign keys between two selectables."""


class AmbiguousForeignKeysError(ArgumentError):
    """A join found more than one foreign key between two selectables."""


class ConstraintColumnNotFoundError(ArgumentError):
    """A constraint names a column that the table does not have."""


class CircularDependencyError(SQLAlchemyError):
    """A sort by dependencies met a cycle."""

    def __init__(
        self,
        message: str,
        cycles: Any,
        edges: Any,
        msg: str | None = None,
        code: str | None = None,
    ) -> None:
        if msg is None:
            message += " ({})".format(", ".join(repr(s) for s in cycles))
        else:
            message = msg
        super().__init__(message, code=code)
        self.cycles = cycles
        self.edges = edges

    def __reduce__(self) -> Any:
        return (
            self.__class__,
            (None, self.cycles, self.edges, self.args[0]),
            {"code": self.code} if self.code is not None else {},
        )


class CompileError(SQLAlchemyError):
    """A statement cannot be turned into SQL."""


class UnsupportedCompilationError(CompileError):
    """The compiler does not know how to render an element."""

    code = "l7de"

    def __init__(self, compiler: Any, element_type: Any, message: str | None = None) -> None:
        super().__init__(
            f"Compiler {compiler!r} can't render element of type {element_type}"
            + (f": {message}" if message else "")
        )
        self.compiler = compiler
        self.element_type = element_type
        self.message = message

    def __reduce__(self) -> Any:
        return self.__class__, (self.compiler, self.element_type, self.message)


class IdentifierError(SQLAlchemyError):
    """An identifier is too long for the database."""


class DisconnectionError(SQLAlchemyError):
    """A connection turned out to be closed; the pool connects again."""

    invalidate_pool: bool = False


class InvalidatePoolError(DisconnectionError):
    """As DisconnectionError, and every other pooled connection is stale too."""

    invalidate_pool: bool = True


class TimeoutError(SQLAlchemyError):
    """The pool gave no connection in time."""


class InvalidRequestError(SQLAlchemyError):
    """The program asked for something that cannot be done."""


class IllegalStateChangeError(InvalidRequestError):
    """An object changed state while that was not allowed."""


class NoInspectionAvailable(InvalidRequestError):
    """The subject of inspect() has no inspection."""


class PendingRollbackError(InvalidRequestError):
    """A transaction has failed and must be rolled back first."""


class ResourceClosedError(InvalidRequestError):
    """A connection, cursor or result that is closed was used."""


class NoSuchColumnError(InvalidRequestError, KeyError):
    """A row has no such column."""


class NoResultFound(InvalidRequestError):
    """A result was required and there was none."""


class MultipleResultsFound(InvalidRequestError):
    """One result was required and there were more."""


class NoReferenceError(InvalidRequestError):
    """A ForeignKey leads nowhere."""

    table_name: str


class AwaitRequired(InvalidRequestError):
    """The async extension met a call that had to be awaited."""

    code = "xd1r"


class MissingGreenlet(InvalidRequestError):
    """The async extension was used outside of its greenlet."""

    code = "xd2s"


class NoReferencedTableError(NoReferenceError):
    """The table of a ForeignKey is not known."""

    def __init__(self, message: str, tname: str) -> None:
        super().__init__(message)
        self.table_name = tname

    def __reduce__(self) -> Any:
        return self.__class__, (self.args[0], self.table_name)


class NoReferencedColumnError(NoReferenceError):
    """The column of a ForeignKey is not known."""

    def __init__(self, message: str, tname: str, cname: str) -> None:
        super().__init__(message)
        self.table_name = tname
        self.column_name = cname

    def __reduce__(self) -> Any:
        return self.__class__, (self.args[0], self.table_name, self.column_name)


class NoSuchTableError(InvalidRequestError):
    """The table does not exist in the database."""


class UnreflectableTableError(InvalidRequestError):
    """The table exists but cannot be reflected."""


class UnboundExecutionError(InvalidRequestError):
    """There is no database connection to run the statement on."""


class DontWrapMixin:
    """Mixin of exceptions that are raised as they are, not inside StatementError."""


class StatementError(SQLAlchemyError):
    """An error while a statement ran, with the statement and its parameters."""

    statement: str | None = None
    params: Any = None
    orig: BaseException | None = None
    ismulti: bool | None = None
    hide_parameters: bool
    connection_invalidated: bool = False

    def __init__(
        self,
        message: str,
        statement: str | None,
        params: Any,
        orig: BaseException | None,
        hide_parameters: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.statement = statement
        self.params = params
        self.orig = orig
        self.ismulti = ismulti
        self.hide_parameters = hide_parameters
        self.detail: list[str] = []

    def add_detail(self, msg: str) -> None:
        """Put a line of detail before the message."""
        self.detail.append(msg)

    def __reduce__(self) -> Any:
        return (
            self.__class__,
            (
                self.args[0],
                self.statement,
                self.params,
                self.orig,
                self.hide_parameters,
                self.__dict__.get("code"),
                self.ismulti,
            ),
            {"detail": self.detail},
        )

    def _sql_message(self) -> str:
        lines = [f"({detail})" for detail in self.detail]
        lines.append(self._message())
        if self.statement:
            lines.append(f"[SQL: {self.statement}]")
            if self.params:
                if self.hide_parameters:
                    lines.append("[SQL parameters hidden due to hide_parameters=True]")
                else:
                    from .util import repr_params

                    shown = repr_params(self.params, 10, ismulti=self.ismulti)
                    lines.append(f"[parameters: {shown}]")
        if self.code:
            lines.append(self._code_str())
        return "\n".join(lines)


class DBAPIError(StatementError):
    """The database or its driver reported an error; see ``orig``."""

    code = "dbapi"
    orig: Exception

    @classmethod
    def instance(
        cls,
        statement: str | None,
        params: Any,
        orig: BaseException,
        dbapi_base_err: Any,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        dialect: Any = None,
        ismulti: bool | None = None,
    ) -> BaseException:
        """The error that stands for `orig`: of the same class as far as there is one."""
        if (isinstance(orig, BaseException) and not isinstance(orig, Exception)) or isinstance(
            orig, DontWrapMixin
        ):
            return orig
        if not isinstance(orig, dbapi_base_err) and statement:
            # Not the database's: a value that cannot be bound, say.
            return StatementError(
                f"({type(orig).__module__}.{type(orig).__name__}) "
                + (orig._message() if isinstance(orig, SQLAlchemyError) else str(orig)),
                statement,
                params,
                orig,
                hide_parameters=hide_parameters,
                code=orig.code if isinstance(orig, SQLAlchemyError) else None,
                ismulti=ismulti,
            )
        for super_ in type(orig).__mro__:
            found = _DBAPI_CLASSES.get(super_.__name__)
            if found is not None:
                cls = found
                break
        return cls(
            statement,
            params,
            orig,
            connection_invalidated=connection_invalidated,
            hide_parameters=hide_parameters,
            ismulti=ismulti,
        )

    def __init__(
        self,
        statement: str | None,
        params: Any,
        orig: BaseException,
        hide_parameters: bool = False,
        connection_invalidated: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        try:
            text = str(orig)
        except Exception as error:
            text = "Error in str() of DB-API-generated exception: " + str(error)
        super().__init__(
            f"({type(orig).__module__}.{type(orig).__name__}) {text}",
            statement,
            params,
            orig,
            hide_parameters,
            code=code,
            ismulti=ismulti,
        )
        self.connection_invalidated = connection_invalidated

    def __reduce__(self) -> Any:
        return (
            self.__class__,
            (
                self.statement,
                self.params,
                self.orig,
                self.hide_parameters,
                self.connection_invalidated,
                self.__dict__.get("code"),
                self.ismulti,
            ),
            {"detail": self.detail},
        )


class InterfaceError(DBAPIError):
    """Wraps a DB-API InterfaceError."""

    code = "rvf5"


class DatabaseError(DBAPIError):
    """Wraps a DB-API DatabaseError."""

    code = "4xp6"


class DataError(DatabaseError):
    """Wraps a DB-API DataError."""

    code = "9h9h"


class OperationalError(DatabaseError):
    """Wraps a DB-API OperationalError."""

    code = "e3q8"


class IntegrityError(DatabaseError):
    """Wraps a DB-API IntegrityError."""

    code = "gkpj"


class InternalError(DatabaseError):
    """Wraps a DB-API InternalError."""

    code = "2j85"


class ProgrammingError(DatabaseError):
    """Wraps a DB-API ProgrammingError."""

    code = "f405"


class NotSupportedError(DatabaseError):
    """Wraps a DB-API NotSupportedError."""

    code = "tw8g"


_DBAPI_CLASSES: dict[str, type[DBAPIError]] = {
    cls.__name__: cls
    for cls in (
        InterfaceError,
        DatabaseError,
        DataError,
        OperationalError,
        IntegrityError,
        InternalError,
        ProgrammingError,
        NotSupportedError,
    )
}


# --- warnings ---------------------------------------------------------------------


class SATestSuiteWarning(Warning):
    """A warning of a test suite."""


class SADeprecationWarning(HasDescriptionCode, DeprecationWarning):
    """Something deprecated was used."""

    deprecated_since: str | None = None


class Base20DeprecationWarning(SADeprecationWarning):
    """Something was used that belongs to the API before 2.0."""

    deprecated_since: str | None = "1.4"

    def __str__(self) -> str:
        return super().__str__() + (
            " (Background on SQLAlchemy 2.0 at: https://sqlalche.me/e/b8d9)"
        )


class LegacyAPIWarning(Base20DeprecationWarning):
    """An API of the past that stays for now."""


class MovedIn20Warning(Base20DeprecationWarning):
    """An API that is elsewhere in 2.0."""


class SAPendingDeprecationWarning(PendingDeprecationWarning):
    """As SADeprecationWarning; not shown by default."""

    deprecated_since: str | None = None


class SAWarning(HasDescriptionCode, RuntimeWarning):
    """Something doubtful happened."""

    _what_code_describes = "warning"


# --- the ORM's: published as cormorant.orm.exc ------------------------------------


class StaleDataError(SQLAlchemyError):
    """The database did not change as many rows as the flush meant to."""

    __module__ = "cormorant.orm.exc"


ConcurrentModificationError = StaleDataError


class FlushError(SQLAlchemyError):
    """A flush cannot go on."""

    __module__ = "cormorant.orm.exc"


class MappedAnnotationError(ArgumentError):
    """A Mapped[] annotation cannot be interpreted."""

    __module__ = "cormorant.orm.exc"


class UnmappedError(InvalidRequestError):
    """The base of errors about something that is not mapped."""

    __module__ = "cormorant.orm.exc"


class ObjectDereferencedError(SQLAlchemyError):
    """An object needed for an operation was garbage collected."""

    __module__ = "cormorant.orm.exc"


class DetachedInstanceError(SQLAlchemyError):
    """An attribute of an object without a session has to be loaded."""

    __module__ = "cormorant.orm.exc"
    code = "bhk3"


def _class_name(cls: Any) -> str:
    name = getattr(cls, "__name__", None)
    if name is None:
        return repr(cls)
    return f"{cls.__module__}.{name}"


def _not_mapped(cls: Any) -> str:
    if isinstance(cls, type):
        mapper = cls.__dict__.get("__mapper__")
        if mapper is not None:
            return (
                f"Class '{_class_name(cls)}' is mapped, but this instance lacks instrumentation.  "
                "This occurs when the instance is created before sqlalchemy.orm.mapper"
                f"({_class_name(cls)}) was called."
            )
    return f"Class '{_class_name(cls)}' is not mapped"


class UnmappedInstanceError(UnmappedError):
    """An object is not an instance of a mapped class.

    The core raises it with the finished message, Python code with the object.
    """

    __module__ = "cormorant.orm.exc"

    def __init__(self, obj: object, msg: str | None = None) -> None:
        if msg is None:
            if isinstance(obj, str):
                msg = obj
            else:
                msg = _not_mapped(type(obj))
                if isinstance(obj, type):
                    msg += (
                        f"; was a class ({_class_name(obj)}) supplied where an instance was "
                        "required?"
                    )
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class UnmappedClassError(UnmappedError):
    """A class is not mapped."""

    __module__ = "cormorant.orm.exc"

    def __init__(self, cls: Any, msg: str | None = None) -> None:
        if msg is None:
            msg = cls if isinstance(cls, str) else f"Class '{_class_name(cls)}' is not mapped"
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class ObjectDeletedError(InvalidRequestError):
    """The row of an object that had to be refreshed is gone.

    The first argument is the object, its state, or (from the core) the message.
    """

    __module__ = "cormorant.orm.exc"

    def __init__(self, state: Any, msg: str | None = None) -> None:
        if not msg:
            if isinstance(state, str):
                msg = state
            else:
                obj = getattr(state, "obj", None)
                target = obj() if callable(obj) else state
                msg = (
                    f"Instance '<{type(target).__name__} at {hex(id(target))}>' has been deleted, "
                    "or its row is otherwise not present."
                )
        super().__init__(msg)

    def __reduce__(self) -> Any:
        return self.__class__, (None, self.args[0])


class UnmappedColumnError(InvalidRequestError):
    """A column is not mapped to an attribute."""

    __module__ = "cormorant.orm.exc"


def _plain_name(cls: type | str) -> str:
    """A class name in words: "column property"."""
    if isinstance(cls, str):
        return cls
    return " ".join(word.lower() for word in re.findall(r"[A-Z][a-z]+|SQL", cls.__name__))


class LoaderStrategyException(InvalidRequestError):
    """A loader strategy does not exist for an attribute."""

    __module__ = "cormorant.orm.exc"

    def __init__(
        self,
        applied_to_property_type: type | str,
        requesting_property: Any,
        applies_to: type | str | None,
        actual_strategy_type: type | str | None,
        strategy_key: tuple[Any, ...],
    ) -> None:
        if actual_strategy_type is None:
            super().__init__(f"Can't find strategy {strategy_key} for {requesting_property}")
        else:
            assert applies_to is not None
            super().__init__(
                f'Can\'t apply "{_plain_name(actual_strategy_type)}" strategy to property '
                f'"{requesting_property}", which is a "{_plain_name(applied_to_property_type)}"; '
                "this loader strategy is intended to be used with a "
                f'"{_plain_name(applies_to)}".'
            )
