"""MySQL's and MariaDB's types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import _core
from ...sql import sqltypes
from ...sql.type_api import TypeEngine

_TEXT = ("charset", "collation", "ascii", "binary", "unicode", "national", "length")


def _shown(type_: Any, names: Iterable[str], values: Iterable[str] = ()) -> str:
    """The repr of a type: its values, and the attributes that are set."""
    given = [f"{name}={value!r}" for name in names if (value := getattr(type_, name))]
    return f"{type(type_).__name__}({', '.join([*map(repr, values), *given])})"


class NumericType:
    """What MySQL adds to numbers."""

    def __init__(self, *, unsigned: bool = False, zerofill: bool = False, **kw: Any) -> None:
        """`unsigned`: no negative ones; `zerofill`: shown with leading zeros."""
        self.unsigned = unsigned
        self.zerofill = zerofill
        super().__init__(**kw)


class IntegerType(NumericType):
    """What MySQL adds to integers."""

    def __init__(self, display_width: int | None = None, **kw: Any) -> None:
        """`display_width`: digits that clients show."""
        self.display_width = display_width
        super().__init__(**kw)


class FractionType(NumericType):
    """What MySQL adds to numbers with a fraction."""

    _decimal = True
    scale: Any

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        asdecimal: bool | None = None,
        **kw: Any,
    ) -> None:
        """`precision`: of all digits; `scale`: of those after the point; `asdecimal`: values
        are Decimal."""
        given = self._decimal if asdecimal is None else asdecimal
        super().__init__(precision=precision, asdecimal=given, **kw)
        self.scale = scale

    def __repr__(self) -> str:
        decimal: Any = self
        exact = not isinstance(self, sqltypes.Float)
        names = () if decimal.asdecimal is exact else ("asdecimal",)
        return _shown(self, ("unsigned", "zerofill", "precision", "scale", *names))


class StringType:
    """What MySQL adds to text."""

    def __init__(
        self,
        length: int | None = None,
        collation: str | None = None,
        charset: str | None = None,
        ascii: bool = False,
        binary: bool = False,
        unicode: bool = False,
        national: bool = False,
        **kw: Any,
    ) -> None:
        """`charset`: the character set, of which `ascii` and `unicode` are short for one each;
        `binary`: compared by bytes; `national`: in the server's own character set."""
        super().__init__(length=length, collation=collation, **kw)  # type: ignore[call-arg]
        self.charset = charset
        self.ascii = ascii
        self.binary = binary
        self.unicode = unicode
        self.national = national

    def __repr__(self) -> str:
        return _shown(self, _TEXT)


class NUMERIC(FractionType, sqltypes.NUMERIC):
    """NUMERIC."""


class DECIMAL(FractionType, sqltypes.DECIMAL):
    """DECIMAL."""


class DOUBLE(FractionType, sqltypes.DOUBLE):
    """DOUBLE."""


class REAL(FractionType, sqltypes.REAL):
    """REAL."""


class FLOAT(FractionType, sqltypes.FLOAT):
    """FLOAT."""

    _decimal = False


class INTEGER(IntegerType, sqltypes.INTEGER):
    """INTEGER."""


class BIGINT(IntegerType, sqltypes.BIGINT):
    """BIGINT."""


class SMALLINT(IntegerType, sqltypes.SMALLINT):
    """SMALLINT."""


class MEDIUMINT(IntegerType, sqltypes.Integer):
    """MEDIUMINT: of three bytes."""

    __visit_name__ = "MEDIUMINT"


class TINYINT(IntegerType, sqltypes.Integer):
    """TINYINT: of one byte."""

    __visit_name__ = "TINYINT"


class BIT(TypeEngine):
    """BIT: a number of up to 64 bits."""

    __visit_name__ = "BIT"
    _code = _core.TYPE_INTEGER

    def __init__(self, length: int | None = None) -> None:
        """`length`: of bits."""
        self.length = length


class _WithFraction:
    """Types of times with digits after the point of seconds."""

    def __init__(self, timezone: bool = False, fsp: int | None = None) -> None:
        """`fsp`: how many digits, 0 to 6."""
        super().__init__(timezone=timezone)  # type: ignore[call-arg]
        self.fsp = fsp


class TIME(_WithFraction, sqltypes.TIME):
    """TIME."""


class TIMESTAMP(_WithFraction, sqltypes.TIMESTAMP):
    """TIMESTAMP."""


class DATETIME(_WithFraction, sqltypes.DATETIME):
    """DATETIME."""


class YEAR(TypeEngine):
    """YEAR: a number of four digits."""

    __visit_name__ = "YEAR"
    _code = _core.TYPE_INTEGER

    def __init__(self, display_width: int | None = None) -> None:
        """`display_width`: digits that clients show."""
        self.display_width = display_width


class TEXT(StringType, sqltypes.TEXT):
    """TEXT: up to 64 KiB."""


class TINYTEXT(StringType, sqltypes.String):
    """TINYTEXT: up to 255 bytes."""

    __visit_name__ = "TINYTEXT"


class MEDIUMTEXT(StringType, sqltypes.String):
    """MEDIUMTEXT: up to 16 MiB."""

    __visit_name__ = "MEDIUMTEXT"


class LONGTEXT(StringType, sqltypes.String):
    """LONGTEXT: up to 4 GiB."""

    __visit_name__ = "LONGTEXT"


class VARCHAR(StringType, sqltypes.VARCHAR):
    """VARCHAR."""


class CHAR(StringType, sqltypes.CHAR):
    """CHAR."""


class _National(StringType):
    def __init__(self, length: int | None = None, **kw: Any) -> None:
        kw["national"] = True
        super().__init__(length, **kw)


class NVARCHAR(_National, sqltypes.NVARCHAR):
    """NATIONAL VARCHAR."""


class NCHAR(_National, sqltypes.NCHAR):
    """NATIONAL CHAR."""


class TINYBLOB(sqltypes.LargeBinary):
    """TINYBLOB: up to 255 bytes."""

    __visit_name__ = "TINYBLOB"


class MEDIUMBLOB(sqltypes.LargeBinary):
    """MEDIUMBLOB: up to 16 MiB."""

    __visit_name__ = "MEDIUMBLOB"


class LONGBLOB(sqltypes.LargeBinary):
    """LONGBLOB: up to 4 GiB."""

    __visit_name__ = "LONGBLOB"


class JSON(sqltypes.JSON):
    """JSON."""


class ENUM(StringType, sqltypes.Enum):
    """ENUM: one of some texts."""

    __visit_name__ = "ENUM"

    def __init__(self, *enums: Any, **kw: Any) -> None:
        """Arguments are those of Enum, and those of MySQL's text."""
        names = ("collation", "charset", "ascii", "binary", "unicode", "national")
        options = {name: kw.pop(name, None) for name in names}
        sqltypes.Enum.__init__(self, *enums, **kw)
        self.__dict__.update(options)

    def __repr__(self) -> str:
        return _shown(self, _TEXT[:5], self.enums)


class SET(StringType, sqltypes.String):
    """SET: some of some texts."""

    __visit_name__ = "SET"

    def __init__(self, *values: str, retrieve_as_bitwise: bool = False, **kw: Any) -> None:
        """`values`: the texts; `retrieve_as_bitwise`: read as a number of bits."""
        self.values = tuple(values)
        self.retrieve_as_bitwise = retrieve_as_bitwise
        kw.setdefault("length", max([len(value) for value in values] + [0]))
        super().__init__(**kw)

    def __repr__(self) -> str:
        return _shown(self, _TEXT[:5], self.values)


class INET4(TypeEngine):
    """MariaDB's INET4."""

    __visit_name__ = "INET4"
    _code = _core.TYPE_STRING


class INET6(TypeEngine):
    """MariaDB's INET6."""

    __visit_name__ = "INET6"
    _code = _core.TYPE_STRING
