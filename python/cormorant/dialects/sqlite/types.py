"""DATE, DATETIME and TIME as text of a form that the program chooses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ... import _core
from ...sql import sqltypes
from ...sql.plain_types import text_literal
from ...sql.type_api import Codec, TypeEngine

# a mix-in: what derives from TypeEngine directly would be taken for a kind of type of its own
if TYPE_CHECKING:
    _Base: TypeAlias = TypeEngine
else:
    _Base = object


class _Stored(_Base):
    """What the three have in common. Without arguments they are stored as the generic types
    are, which is the core's work; with them, each value goes through Python."""

    _accepts: type
    """The class of values; parts that those of a subclass alone have are 0."""
    _makes: Callable[..., Any]
    _default: str
    _parts: tuple[str, ...]
    _input: str
    """Whatever else is bound is refused with this text."""

    storage_format: str | None = None
    regexp: Any = None
    truncate_microseconds: bool = False

    def _store_as(self, storage_format: str | None, regexp: Any, truncate: bool) -> None:
        if truncate and (storage_format is not None or regexp is not None):
            what = "storage_format" if storage_format is not None else "regexp"
            raise AssertionError(f"You can specify only one of truncate_microseconds or {what}.")
        self.storage_format = storage_format
        self.regexp = regexp
        self.truncate_microseconds = truncate

    @property
    def _format(self) -> str:
        if self.truncate_microseconds:
            return self._default.removesuffix(".%(microsecond)06d")
        return self.storage_format or self._default

    @property
    def format_is_text_affinity(self) -> bool:
        """Whether SQLite takes what is stored for text by itself; else the column's declared
        type has to say so."""
        spec = self._format % dict.fromkeys(self._parts, 0)
        return bool(re.search(r"[^0-9]", spec))

    def _to_text(self) -> Callable[[Any], Any]:
        form, accepted, names = self._format, self._accepts, self._parts

        def process(value: Any) -> str | None:
            if value is None:
                return None
            if not isinstance(value, accepted):
                raise TypeError(self._input)
            return form % {name: getattr(value, name, 0) for name in names}

        return process

    def _from_text(self) -> Callable[[Any], Any]:
        kind = self.__visit_name__
        pattern = re.compile(self.regexp)
        named = bool(pattern.groupindex)

        def process(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, str):
                raise ValueError(
                    f"Couldn't parse {kind} string {str(value)!r} - value is not a string."
                )
            match = pattern.match(value)
            if match is None:
                raise ValueError(f"Couldn't parse {kind} string: {value!r}")
            if named:
                return self._makes(**{k: int(v or 0) for k, v in match.groupdict().items()})
            return self._makes(*[int(part or 0) for part in match.groups()])

        return process

    def _codec(self, dialect: Any) -> Codec:
        code, arg = super()._codec(dialect)
        if self.storage_format is None and not self.truncate_microseconds and self.regexp is None:
            return code, arg
        if self.regexp is not None:
            result = self._from_text()
        else:

            def result(value: Any) -> Any:
                return _core.decode(code, arg, value)

        return (_core.TYPE_PYTHON, (self._to_text(), result))

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        to_text, literal = self._to_text(), text_literal(dialect)
        return lambda value: literal(to_text(value))


class DATETIME(_Stored, sqltypes.DateTime):
    """datetime.datetime as text.

    `storage_format`: the text, with the parts of a value as in ``"%(year)04d/%(month)02d"``;
    `regexp`: what reads it, whose groups are the arguments of datetime() in their order, or by
    their names; `truncate_microseconds`: store whole seconds.
    """

    _accepts = dt.date
    _makes = dt.datetime
    _default = (
        "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d.%(microsecond)06d"
    )
    _parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    _input = "SQLite DateTime type only accepts Python datetime and date objects as input."

    def __init__(
        self,
        timezone: bool = False,
        *,
        storage_format: str | None = None,
        regexp: Any = None,
        truncate_microseconds: bool = False,
    ) -> None:
        sqltypes.DateTime.__init__(self, timezone)
        self._store_as(storage_format, regexp, truncate_microseconds)


class DATE(_Stored, sqltypes.Date):
    """datetime.date as text; the arguments are those of DATETIME."""

    _accepts = dt.date
    _makes = dt.date
    _default = "%(year)04d-%(month)02d-%(day)02d"
    _parts = ("year", "month", "day")
    _input = "SQLite Date type only accepts Python date objects as input."

    def __init__(self, *, storage_format: str | None = None, regexp: Any = None) -> None:
        self._store_as(storage_format, regexp, False)


class TIME(_Stored, sqltypes.Time):
    """datetime.time as text; the arguments are those of DATETIME."""

    _accepts = dt.time
    _makes = dt.time
    _default = "%(hour)02d:%(minute)02d:%(second)02d.%(microsecond)06d"
    _parts = ("hour", "minute", "second", "microsecond")
    _input = "SQLite Time type only accepts Python time objects as input."

    def __init__(
        self,
        timezone: bool = False,
        *,
        storage_format: str | None = None,
        regexp: Any = None,
        truncate_microseconds: bool = False,
    ) -> None:
        sqltypes.Time.__init__(self, timezone)
        self._store_as(storage_format, regexp, truncate_microseconds)
