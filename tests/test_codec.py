"""Column codecs, next to the bind and result processors of SQLAlchemy's SQLite dialect."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import gc
import json
import math
import pickle
import re
import struct
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import pysqlite

from cormorant import _core

DIALECT = pysqlite.dialect(dbapi=__import__("sqlite3"))


class Colour(enum.Enum):
    red = 1
    green = 2


class Missing(dict):
    """As cormorant.types makes them: a miss has its own words."""

    def __missing__(self, key):
        raise LookupError(f"no {key!r}")


NULL = object()
"""What stands for JSON's null."""

U = uuid.UUID("12345678123456781234567812345678")

# name, type code, argument, the type of SQLAlchemy
TYPES = [
    ("boolean", _core.TYPE_BOOLEAN, None, sa.Boolean()),
    ("float", _core.TYPE_FLOAT, None, sa.Float()),
    ("numeric", _core.TYPE_NUMERIC, None, sa.Numeric()),
    ("numeric_2", _core.TYPE_NUMERIC, 2, sa.Numeric(10, 2)),
    ("datetime", _core.TYPE_DATETIME, None, sa.DateTime()),
    ("date", _core.TYPE_DATE, None, sa.Date()),
    ("time", _core.TYPE_TIME, None, sa.Time()),
    ("binary", _core.TYPE_BINARY, None, sa.LargeBinary()),
    ("uuid", _core.TYPE_UUID, True, sa.Uuid()),
    ("uuid_str", _core.TYPE_UUID, False, sa.Uuid(as_uuid=False)),
    ("json", _core.TYPE_JSON, (None, None, NULL, False, False), sa.JSON()),
    ("json_null", _core.TYPE_JSON, (None, None, NULL, True, False), sa.JSON(none_as_null=True)),
    ("string", _core.TYPE_STRING, None, sa.String()),
    ("integer", _core.TYPE_INTEGER, None, sa.Integer()),
]
IDS = [t[0] for t in TYPES]

BINDS = [
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    1.0,
    0.5,
    decimal.Decimal(1),
    decimal.Decimal("1.25"),
    "x",
    "",
    "1.5",
    b"bytes",
    [],
    [1, "two", None],
    {"a": 1},
    dt.datetime(2020, 1, 2, 3, 4, 5, 678),
    dt.datetime(1, 1, 1),
    dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC),
    dt.date(2020, 12, 31),
    dt.time(23, 59, 59, 1),
    dt.time(0, 0),
    U,
    str(U),
    U.hex,
    math.inf,
    Colour.red,
]

RESULTS = [
    None,
    0,
    1,
    5,
    -7,
    2**53 + 1,
    0.1,
    -2.675,
    1e20,
    math.inf,
    "",
    "x",
    "0",
    "2020-01-02 03:04:05.000678",
    "2020-01-02 03:04:05",
    "2020-01-02T03:04:05",
    "2020-01-02 03:04:05.6",
    "2020-01-02 03:04:05.678",
    "2020-01-02 03:04:05.678901+02:00",
    "2020-01-02 03:04:05Z",
    "2020-01-02 03:04",
    "20200102T030405",
    "2020-W01-1",
    "2020-01-02",
    "2020-13-02",
    "2020-02-30",
    "0000-01-01",
    "2020-02-30 00:00:00.000000",
    "2020-01-02 24:00:00.000000",
    "2020-01-02 03:60:05.000000",
    "2020-01-02 03:04:05.00000x",
    "2020-01-02x03:04:05.000000",
    "2020/01/02 03:04:05.000000",
    "-020-01-02",
    "03:04:05.000678",
    "03:04:05",
    "03:04",
    "25:04:05",
    "03:04:05.67",
    "03:04:05+01:00",
    "\u0662020-01-02",
    U.hex,
    str(U),
    "not a uuid",
    b"",
    b"bytes",
    '{"a": [1, 2]}',
    "[1",
    "null",
]


def outcome(call):
    try:
        value = call()
    except Exception as error:
        return type(error), str(error)
    if isinstance(value, float):
        return float, struct.pack("d", value)
    return type(value), value


def same(ours, theirs):
    if ours == theirs:
        return True
    if theirs[0] is TypeError:  # from Python 3.14 on sets say of what it is an element as well
        return ours[0] is TypeError and f"({ours[1]})" in theirs[1]
    # A memoryview is what the driver stores as the same blob.
    return theirs[0] is memoryview and ours == (bytes, bytes(theirs[1]))


@pytest.mark.parametrize("value", BINDS, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize(("name", "code", "arg", "type_"), TYPES, ids=IDS)
def test_bind(name, code, arg, type_, value):
    processor = type_.dialect_impl(DIALECT).bind_processor(DIALECT)

    def theirs():
        made = processor(value) if processor else value
        # what is left to the driver, see test_driver
        return made if processor else _core.encode(_core.TYPE_ANY, None, value)

    expected = outcome(theirs)
    got = outcome(lambda: _core.encode(code, arg, value))
    if expected[0] in (bool,):
        expected = (int, int(expected[1]))
    assert same(got, expected) or not storable(expected)


def storable(expected):
    """False if a processor let something pass that no driver stores."""
    return expected[0] in (int, float, str, bytes, memoryview, type(None)) or issubclass(
        expected[0], Exception
    )


@pytest.mark.parametrize("value", RESULTS, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize(("name", "code", "arg", "type_"), TYPES, ids=IDS)
def test_result(name, code, arg, type_, value):
    processor = type_.dialect_impl(DIALECT).result_processor(DIALECT, None)
    expected = outcome(lambda: processor(value) if processor else value)
    got = outcome(lambda: _core.decode(code, arg, value))
    assert got[0] == expected[0]
    assert repr(got[1]) == repr(expected[1])


def test_round_trip_of_dates():
    for kind, code in ((dt.datetime, _core.TYPE_DATETIME), (dt.date, _core.TYPE_DATE)):
        for ordinal in [*range(1, dt.date.max.toordinal(), 999), dt.date.max.toordinal()]:
            value = kind.fromordinal(ordinal)
            text = _core.encode(code, None, value)
            assert _core.decode(code, None, text) == value
    value = dt.time(1, 2, 3, 4)
    assert _core.decode(_core.TYPE_TIME, None, _core.encode(_core.TYPE_TIME, None, value)) == value


def test_enum():
    arg = (
        Missing({Colour.red: "red", "red": "red"}),
        Missing({"red": Colour.red, 1: 2}),
        Colour,
        {"red": "by name"},
    )
    assert _core.encode(_core.TYPE_ENUM, arg, Colour.red) == "by name"
    assert _core.encode(_core.TYPE_ENUM, (*arg[:2], None, {}), Colour.red) == "red"
    assert _core.encode(_core.TYPE_ENUM, arg, "red") == "red"
    with pytest.raises(LookupError, match="no <Colour.green: 2>"):
        _core.encode(_core.TYPE_ENUM, arg, Colour.green)
    assert _core.encode(_core.TYPE_ENUM, arg, None) is None
    assert _core.decode(_core.TYPE_ENUM, arg, "red") is Colour.red
    assert _core.decode(_core.TYPE_ENUM, arg, 1) == 2
    assert _core.decode(_core.TYPE_ENUM, arg, None) is None
    with pytest.raises(LookupError, match="no 'blue'"):
        _core.encode(_core.TYPE_ENUM, arg, "blue")
    with pytest.raises(LookupError, match="no 'blue'"):
        _core.decode(_core.TYPE_ENUM, arg, "blue")
    with pytest.raises(TypeError, match="unhashable"):
        _core.encode(_core.TYPE_ENUM, arg, [])
    with pytest.raises(LookupError):
        _core.decode(_core.TYPE_ENUM, ({}, {}, None, {}), "blue")


@pytest.mark.parametrize(
    "document",
    [
        None,
        True,
        "ü\u2028\ud800",
        10**30,
        1e22,
        float("inf"),
        [],
        {"a": [1, {"b": None}], 5: (1,), None: {}},
        [[[[["deep"]]]]],
        {1, 2},
        object,
        {(1, 2): 3},
        {"date": [dt.date(2024, 1, 1)]},
    ],
    ids=repr,
)
def test_json_is_dumped_as_the_module_does(document):
    codec = _core.TYPE_JSON, (None, None, NULL, False, False)
    try:
        text = json.dumps(document)
    except Exception as error:
        with pytest.raises(type(error), match=f"^{re.escape(str(error))}$"):
            _core.encode(*codec, document)
    else:
        assert _core.encode(*codec, document) == text
        assert _core.decode(*codec, text) == json.loads(text)


def test_cycles_in_json():
    codec = _core.TYPE_JSON, (None, None, NULL, False, False)
    circle = [1]
    circle.append({"again": circle})
    for _ in range(2):
        with pytest.raises(ValueError, match="Circular reference detected"):
            _core.encode(*codec, circle)
    assert _core.encode(*codec, [circle[0]]) == "[1]"


@pytest.mark.parametrize(
    "text",
    [
        *("1", "-0.0", "1E400", "NaN", '"\\ud83d\\ude00"', '{"a": 1, "a": 2}', "[1, 2]"),
        *(" 1", "[1] ", "\n{}\t", "", " ", "{", "[1,]", "1 2", "nul", '"open', "\ufeff1", "'a'"),
        "[" * 100_000,
        b'{"in": "bytes"}',
        b"\xff",
        5,
    ],
    ids=lambda text: repr(text[:20] if isinstance(text, str) else text),
)
def test_json_is_loaded_as_the_module_does(text):
    codec = _core.TYPE_JSON, (None, None, NULL, False, False)
    try:
        value = json.loads(text)
    except TypeError:
        assert _core.decode(*codec, text) == text  # a number that SQLite made of a document
    except Exception as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            _core.decode(*codec, text)
    else:
        assert repr(_core.decode(*codec, text)) == repr(value)


def test_json_null_and_functions_of_a_program():
    codec = _core.TYPE_JSON, (lambda value: f"<{value}>", lambda text: [text], NULL, False, False)
    assert _core.encode(*codec, NULL) == "<None>"
    assert _core.decode(*codec, "x") == ["x"]
    assert _core.encode(_core.TYPE_JSON, (None, None, NULL, True, False), NULL) == "null"
    assert _core.encode(_core.TYPE_JSON, (None, None, NULL, True, False), None) is None
    assert _core.decode(_core.TYPE_JSON, (None, None, NULL, False, True), "{}") == "{}"


def test_interval():
    codec = _core.TYPE_INTERVAL, dt.datetime(2000, 1, 1)
    assert _core.encode(*codec, dt.timedelta(days=1)) == "2000-01-02 00:00:00.000000"
    assert _core.decode(*codec, "1999-12-31 00:00:00") == dt.timedelta(days=-1)
    assert _core.encode(*codec, None) is _core.decode(*codec, None) is None
    with pytest.raises(TypeError):
        _core.encode(*codec, "a day")
    with pytest.raises(OverflowError):
        _core.encode(*codec, dt.timedelta.max)
    with pytest.raises(ValueError, match="isoformat"):
        _core.decode(*codec, "tomorrow")


def test_pickle():
    codec = _core.TYPE_PICKLE, (pickle.dumps, pickle.loads, 2)
    assert _core.encode(*codec, [1]) == pickle.dumps([1], 2)
    assert _core.decode(*codec, pickle.dumps([1])) == [1]
    assert _core.encode(*codec, None) is _core.decode(*codec, None) is None
    with pytest.raises(pickle.UnpicklingError):
        _core.decode(*codec, b"no pickle")
    with pytest.raises((AttributeError, pickle.PicklingError)):
        _core.encode(*codec, lambda: None)


def test_python():
    both = (lambda v: f"<{v}>", lambda v: ("made", v))
    assert _core.encode(_core.TYPE_PYTHON, both, None) == "<None>"
    assert _core.decode(_core.TYPE_PYTHON, both, None) == ("made", None)
    assert _core.encode(_core.TYPE_PYTHON, (None, None), 5) == 5
    assert _core.decode(_core.TYPE_PYTHON, (None, None), 5) == 5
    with_argument = (lambda v, a: f"{v}{a}", lambda v, a: [v, a], None, "!")
    assert _core.encode(_core.TYPE_PYTHON, with_argument, "x") == "x!"
    assert _core.decode(_core.TYPE_PYTHON, with_argument, "x") == ["x", "!"]
    dates = (lambda v, a: a, lambda v, a: v.year, (_core.TYPE_DATE, None), dt.date(2024, 1, 2))
    assert _core.encode(_core.TYPE_PYTHON, dates, None) == "2024-01-02"
    assert _core.decode(_core.TYPE_PYTHON, dates, "2025-01-02") == 2025
    assert _core.encode(_core.TYPE_PYTHON, str.upper, "x") == "x"
    assert _core.decode(_core.TYPE_PYTHON, str.upper, "x") == "X"
    with pytest.raises(ZeroDivisionError):
        _core.decode(_core.TYPE_PYTHON, lambda v: 1 / 0, 1)
    with pytest.raises(TypeError, match="type 'object' is not supported"):
        _core.encode(_core.TYPE_PYTHON, (lambda v: object(), None), 1)


def test_errors_of_user_code_come_through():
    class Bad:
        def __hash__(self):
            raise RuntimeError("hash")

    class Odd:
        def __eq__(self, other):
            raise RuntimeError("eq")

        def __hash__(self):
            return 1

    class Numeric:
        def __float__(self):
            raise RuntimeError("float")

    for code, value in (
        (_core.TYPE_BOOLEAN, Bad()),
        (_core.TYPE_BOOLEAN, Odd()),
        (_core.TYPE_FLOAT, Numeric()),
    ):
        with pytest.raises(RuntimeError):
            _core.encode(code, None, value)

    def raises(value):
        raise RuntimeError("codec")

    with pytest.raises(RuntimeError):
        _core.encode(_core.TYPE_JSON, (raises, raises, NULL, False, False), {})
    with pytest.raises(RuntimeError):
        _core.decode(_core.TYPE_JSON, (raises, raises, NULL, False, False), "{}")


@pytest.mark.parametrize(
    ("code", "arg"),
    [
        (-1, None),
        (_core.TYPE_PYTHON + 1, None),
        (_core.TYPE_NUMERIC, "2"),
        (_core.TYPE_NUMERIC, -1),
        (_core.TYPE_NUMERIC, 10**30),
        (_core.TYPE_JSON, None),
        (_core.TYPE_JSON, (None, None, None, False)),
        (_core.TYPE_ENUM, None),
        (_core.TYPE_ENUM, ({}, [], None, {})),
        (_core.TYPE_ENUM, ({}, {}, None, [])),
        (_core.TYPE_ENUM, ({}, {})),
        (_core.TYPE_INTERVAL, None),
        (_core.TYPE_PICKLE, None),
        (_core.TYPE_PICKLE, (1, 2)),
        (_core.TYPE_PYTHON, None),
        (_core.TYPE_PYTHON, 5),
        (_core.TYPE_PYTHON, (None,)),
        (_core.TYPE_PYTHON, (None, None, 5)),
        (_core.TYPE_PYTHON, (None, None, None, 1, 2)),
    ],
)
def test_bad_codecs(code, arg):
    with pytest.raises((TypeError, ValueError)):
        _core.decode(code, arg, None)
    gc.collect()
