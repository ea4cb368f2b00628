"""Types: codecs, cache keys, decorators. Behaviour is compared in differential/test_core_types."""

import datetime as dt
import decimal
import enum

import pytest

from cormorant import _core, exc, types
from cormorant.dialects.sqlite import dialect as sqlite_dialect
from cormorant.sql.sqltypes import _resolve_value_to_type, _type_for_python_type

DIALECT = sqlite_dialect()


class Color(enum.Enum):
    red = 1
    blue = 2


@pytest.mark.parametrize(
    ("type_", "code", "arg"),
    [
        (types.Integer(), _core.TYPE_INTEGER, None),
        (types.BigInteger(), _core.TYPE_INTEGER, None),
        (types.String(5), _core.TYPE_STRING, None),
        (types.Text(), _core.TYPE_STRING, None),
        (types.Float(), _core.TYPE_FLOAT, None),
        (types.Float(asdecimal=True), _core.TYPE_NUMERIC, 10),
        (types.Numeric(), _core.TYPE_NUMERIC, 10),
        (types.Numeric(10, 2), _core.TYPE_NUMERIC, 2),
        (types.Numeric(10, 2, decimal_return_scale=5), _core.TYPE_NUMERIC, 5),
        (types.Numeric(asdecimal=False), _core.TYPE_FLOAT, None),
        (types.Boolean(), _core.TYPE_BOOLEAN, None),
        (types.DateTime(), _core.TYPE_DATETIME, None),
        (types.Date(), _core.TYPE_DATE, None),
        (types.Time(), _core.TYPE_TIME, None),
        (types.LargeBinary(), _core.TYPE_BINARY, None),
        (types.Uuid(), _core.TYPE_UUID, True),
        (types.Uuid(as_uuid=False), _core.TYPE_UUID, False),
        (types.NullType(), _core.TYPE_ANY, None),
    ],
    ids=repr,
)
def test_codec(type_, code, arg):
    assert type_._codec(DIALECT) == (code, arg)


def test_enum_codec():
    code, (bind, result, cls, texts) = types.Enum(Color)._codec(DIALECT)
    assert code == _core.TYPE_ENUM
    assert bind[Color.red] == "red"
    assert bind["blue"] == "blue"
    assert result["red"] is Color.red
    with pytest.raises(LookupError, match="'green' is not among the defined enum values"):
        result["green"]
    with pytest.raises(LookupError, match="Possible values: red, blue"):
        bind[5]
    assert cls is Color
    assert texts == {"red": "red", "blue": "blue"}


def test_enum_values_callable():
    type_ = types.Enum(Color, values_callable=lambda cls: [str(m.value) for m in cls])
    assert type_.enums == ["1", "2"]
    assert type_._bind_lookup[Color.blue] == "2"
    assert type_.copy().enums == ["1", "2"]


def test_enum_length():
    with pytest.raises(ValueError, match="length must be larger or equal"):
        types.Enum("abc", length=2)
    assert types.Enum("abc", length=9).length == 9


def test_cache_keys_tell_types_apart():
    distinct = [
        types.Integer(),
        types.String(),
        types.String(5),
        types.String(5, collation="x"),
        types.Numeric(5, 2),
        types.Numeric(5, 3),
        types.Enum("a", "b"),
        types.Enum("a", "c"),
        types.JSON(),
        types.JSON(none_as_null=True),
        types.Uuid(),
        types.Uuid(as_uuid=False),
        types.Interval(),
        types.PickleType(),
        types.String().with_variant(types.Integer(), "sqlite"),
    ]
    keys = [type_._static_cache_key for type_ in distinct]
    assert len(set(keys)) == len(keys)
    again = [types.String(5), types.Enum("a", "b"), types.Uuid(as_uuid=False)]
    assert [type_._static_cache_key for type_ in again] == [keys[2], keys[6], keys[11]]


def test_decorator_without_cache_ok_warns_and_is_not_cached():
    class Plain(types.TypeDecorator):
        impl = types.Integer

    class Silent(types.TypeDecorator):
        impl = types.Integer
        cache_ok = False

    with pytest.warns(exc.SAWarning, match="``cache_ok`` attribute is not set to True"):
        assert Plain()._static_cache_key is None
    assert Silent()._static_cache_key is None


def test_decorator_functions_see_plain_values():
    class Shout(types.TypeDecorator):
        impl = types.String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return value.upper()

        def process_result_value(self, value, dialect):
            return value.lower()

    codec = Shout()._codec(DIALECT)
    assert _core.encode(*codec, "abc") == "ABC"
    assert _core.decode(*codec, "ABC") == "abc"


def test_decorator_over_a_type_that_is_stored_as_text():
    class Year(types.TypeDecorator):
        impl = types.Date
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return dt.date(value, 1, 1)

        def process_result_value(self, value, dialect):
            return value.year

    codec = Year()._codec(DIALECT)
    assert _core.encode(*codec, 2020) == "2020-01-01"
    assert _core.decode(*codec, "2021-05-05") == 2021


def test_decorator_shows_attributes_of_its_impl():
    class Wrapped(types.TypeDecorator):
        impl = types.String
        cache_ok = True

    assert Wrapped(7).length == 7
    assert repr(Wrapped(7)) == "Wrapped(length=7)"
    assert Wrapped(7).copy().length == 7
    with pytest.raises(AssertionError, match="class-level variable 'impl'"):
        types.TypeDecorator()


def test_interval_counts_from_1970():
    codec = types.Interval()._codec(DIALECT)
    assert _core.encode(*codec, dt.timedelta(days=1)) == "1970-01-02 00:00:00.000000"
    assert _core.decode(*codec, "1970-01-02 00:00:00.000000") == dt.timedelta(days=1)


def test_json_null():
    codec = types.JSON()._codec(DIALECT)
    assert _core.encode(*codec, types.JSON.NULL) == "null"
    assert _core.encode(*codec, None) == "null"
    assert _core.encode(*types.JSON(none_as_null=True)._codec(DIALECT), None) is None
    assert _core.decode(*codec, "[1]") == [1]
    custom = sqlite_dialect(json_serializer=lambda value: "X", json_deserializer=len)
    codec = types.JSON()._codec(custom)
    assert _core.encode(*codec, 5) == "X"
    assert _core.decode(*codec, "four") == 4


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        (types.String(), "it's", "'it''s'"),
        (types.Integer(), 5, "5"),
        (types.Numeric(), decimal.Decimal("1.50"), "1.50"),
        (types.Boolean(), True, "1"),
        (types.Date(), dt.date(2020, 1, 2), "'2020-01-02'"),
        (types.DateTime(), dt.datetime(2020, 1, 2, 3), "'2020-01-02 03:00:00.000000'"),
        (types.Enum(Color), Color.red, "'red'"),
        (types.JSON(), {"a": "b'c"}, "'{\"a\": \"b''c\"}'"),
        (types.LargeBinary(), b"x'y", "'x''y'"),
    ],
    ids=repr,
)
def test_literals(type_, value, text):
    assert type_.literal_processor(DIALECT)(value) == text


def test_variants():
    type_ = types.String(5).with_variant(types.Integer(), "sqlite", "mysql")
    assert type_.compile(DIALECT) == "INTEGER"
    assert type_.compile() == "VARCHAR(5)"
    with pytest.raises(exc.ArgumentError, match="already present"):
        type_.with_variant(types.Text(), "mysql")
    with pytest.raises(exc.ArgumentError, match="already has variants"):
        types.Text().with_variant(type_, "sqlite")


def test_types_of_python_classes():
    assert isinstance(_type_for_python_type(int), types.Integer)
    assert isinstance(_type_for_python_type(decimal.Decimal), types.Numeric)
    assert _type_for_python_type(object) is types.NULLTYPE
    assert isinstance(_resolve_value_to_type("é"), types.Unicode)
    assert isinstance(_resolve_value_to_type(2**40), types.BigInteger)


def test_as_generic():
    assert repr(types.VARCHAR(5).as_generic()) == "String(length=5)"
    assert isinstance(types.BIGINT().as_generic(), types.BigInteger)
    with pytest.raises(NotImplementedError):
        types.NullType().as_generic()


def test_null_type_has_no_ddl():
    with pytest.raises(exc.CompileError, match="did you forget to specify a type"):
        types.NullType().compile(DIALECT)
    assert str(types.NullType()) == "NULL"
