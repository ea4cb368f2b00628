"""What a function that makes criteria depends on: `with_loader_criteria(E, lambda cls: …)`.

A program gives such a function with every statement, and it is called for every class of a
mixin. Its criteria are made once where its code says that they can only be the same again.
"""

from __future__ import annotations

import builtins
import datetime
import decimal
import enum
import types
import uuid
import weakref
from typing import Any, NamedTuple

from .. import _core
from ..sql.functions import func

_PACKAGE = __name__.partition(".")[0]

#: values that do not change
_LASTING = frozenset(
    [
        bool,
        bytes,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
        float,
        int,
        str,
        type(None),
        uuid.UUID,
    ]
)


class _Uses(NamedTuple):
    """The names that code uses."""

    globals: tuple[str, ...]
    attributes: tuple[str, ...]


#: None: code that does more than to make one expression
_known: weakref.WeakKeyDictionary[types.CodeType, _Uses | None] = weakref.WeakKeyDictionary()


def _uses_of(code: types.CodeType) -> _Uses | None:
    try:
        return _known[code]
    except KeyError:
        found = _known[code] = _look_at(code)
        return found


def _look_at(code: types.CodeType) -> _Uses | None:
    import dis

    globals_: dict[str, None] = {}
    attributes: dict[str, None] = {}
    if any(isinstance(each, types.CodeType) for each in code.co_consts):
        return None
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name == "LOAD_GLOBAL":
            globals_[instruction.argval] = None
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            attributes[instruction.argval] = None
        elif name.startswith(("IMPORT", "STORE_", "DELETE_", "LOAD_NAME", "YIELD", "LOAD_SUPER")):
            return None
    return _Uses(tuple(globals_), tuple(attributes))


def lasting_key(function: Any) -> tuple[Any, ...] | None:
    """The function's code and the values it takes from elsewhere, if these cannot change; None
    if the function has to be called each time."""
    if type(function) is not types.FunctionType or function.__defaults__ is not None:
        return None
    uses = _uses_of(function.__code__)
    if uses is None or function.__kwdefaults__:
        return None
    taken: list[Any] = []
    for name in uses.globals:
        value = function.__globals__.get(name, vars(builtins).get(name))
        if not _is_lasting(value):
            return None
        taken.append((type(value), value))
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            return None
        if not _is_lasting(value):
            return None
        taken.append((type(value), value))
    return (function.__code__, *taken)


def _is_lasting(value: Any) -> bool:
    if type(value) in _LASTING or isinstance(value, enum.Enum):
        return True
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] == _PACKAGE
    if isinstance(value, types.FunctionType):
        return bool(value.__globals__.get("__name__", "").partition(".")[0] == _PACKAGE)
    return value is func


def reads_columns_alone(function: Any, class_: type) -> bool:
    """Whether what the function reads of a mapped class are mapped attributes: a method or a
    property of the program's could say something else next time."""
    uses = _uses_of(function.__code__)
    assert uses is not None
    for name in uses.attributes:
        for base in class_.__mro__:
            if name in base.__dict__:
                if not isinstance(base.__dict__[name], _core.Attribute):
                    return False
                break
    return True
