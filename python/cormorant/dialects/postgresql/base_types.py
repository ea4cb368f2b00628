"""The generic types as PostgreSQL has them."""

from __future__ import annotations

from typing import Any

from ...sql import sqltypes
from ...sql.json_path import JSONIntIndexType, JSONPathType, JSONStrIndexType
from .array import ARRAY
from .json import JSONPATH, PGJSONIntIndexType, PGJSONStrIndexType
from .named_types import ENUM
from .types import INTERVAL

COLSPECS: dict[Any, Any] = {
    sqltypes.ARRAY: ARRAY,
    sqltypes.Enum: ENUM,
    sqltypes.Interval: INTERVAL,
    JSONIntIndexType: PGJSONIntIndexType,
    JSONStrIndexType: PGJSONStrIndexType,
    JSONPathType: JSONPATH,
}
