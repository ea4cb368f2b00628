"""Types that a program makes: what they are compared with, their processors, their names."""

from __future__ import annotations

import datetime as dt
import enum
import pickle
from typing import Any

import pytest

from .harness import Peer, compare


def _shown(p: Peer, make: Any) -> None:
    try:
        p.show(str(make()))
    except Exception as error:
        p.show(type(error).__name__, str(error))


def _yes_or_no(p: Peer, **attributes: Any) -> Any:
    class YesNo(p.module("types").TypeDecorator):  # type: ignore[misc]
        impl = p.String(1)
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return None if value is None else "Y" if value else "N"

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value == "Y"

    for name, value in attributes.items():
        setattr(YesNo, name, value)
    return YesNo


@pytest.mark.parametrize("is_types", [None, (), (bool,), (bool, type(None))])
def test_constants_beside_a_decorated_type(is_types: Any) -> None:
    def program(p: Peer) -> None:
        given = {} if is_types is None else {"coerce_to_is_types": is_types}
        x = p.column("x", _yes_or_no(p, **given))
        for make in (
            lambda: x == None,  # noqa: E711
            lambda: x == True,  # noqa: E712
            lambda: x != False,  # noqa: E712
            lambda: x.is_(True),
            lambda: x.is_(None),
            lambda: x.is_not(False),
            lambda: x == p.null(),
            lambda: x == p.true(),
            lambda: x < None,
            lambda: x < True,
            lambda: x.is_distinct_from(True),
            lambda: x.like(None),
            lambda: x.in_([True, None]),
            lambda: x.label("q") == True,  # noqa: E712
            lambda: p.func.f(type_=x.type) == True,  # noqa: E712
            lambda: p.cast(p.column("u"), x.type) == False,  # noqa: E712
        ):
            _shown(p, make)
            _shown(p, lambda m=make: m().right.type)

    compare(program)


def test_a_decorated_boolean_is_found() -> None:
    def program(p: Peer) -> None:
        table = p.Table(
            "flags",
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("flag", _yes_or_no(p)),
        )
        with p.engine().begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), [{"flag": True}, {"flag": False}, {"flag": None}])
            for condition in (
                table.c.flag == True,  # noqa: E712
                table.c.flag == False,  # noqa: E712
                table.c.flag == None,  # noqa: E711
                table.c.flag.is_not(None),
                table.c.flag.in_([True, False]),
            ):
                p.show(connection.scalars(p.select(table.c.id).where(condition)).all())

    compare(program)


def _types_with_processors(p: Peer) -> list[tuple[str, Any, Any]]:
    types = p.module("types")

    class Upper(p.String):  # type: ignore[misc]
        cache_ok = True

        def bind_processor(self, dialect: Any) -> Any:
            return lambda value: None if value is None else value.upper()

        def result_processor(self, dialect: Any, coltype: Any) -> Any:
            return lambda value: None if value is None else value + "!"

    class Wrapped(types.TypeDecorator):  # type: ignore[misc]
        impl = p.String
        cache_ok = True

        def bind_processor(self, dialect: Any) -> Any:
            inner = super().bind_processor(dialect) or (lambda value: value)
            return lambda value: "in:" + inner(value)

        def result_processor(self, dialect: Any, coltype: Any) -> Any:
            inner = super().result_processor(dialect, coltype) or (lambda value: value)
            return lambda value: inner(value) + ":out"

    class WrappedTwice(Wrapped):
        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return f"({value})"

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return f"<{value}>"

    class OfWrapped(types.TypeDecorator):  # type: ignore[misc]
        impl = WrappedTwice
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value[::-1]

    class OfUpper(types.TypeDecorator):  # type: ignore[misc]
        impl = Upper
        cache_ok = True

    class Days(types.TypeDecorator):  # type: ignore[misc]
        impl = p.DateTime
        cache_ok = True
        start = dt.datetime(2000, 1, 1)

        def bind_processor(self, dialect: Any) -> Any:
            inner = super().bind_processor(dialect) or (lambda value: value)
            return lambda value: inner(self.start + dt.timedelta(value))

        def result_processor(self, dialect: Any, coltype: Any) -> Any:
            inner = super().result_processor(dialect, coltype) or (lambda value: value)
            return lambda value: (inner(value) - self.start).days

    class OnlyBind(types.UserDefinedType):  # type: ignore[misc]
        cache_ok = True

        def get_col_spec(self, **kw: Any) -> str:
            return "INTEGER"

        def bind_processor(self, dialect: Any) -> Any:
            return lambda value: value * 10

    class OnlyResult(p.Integer):  # type: ignore[misc]
        cache_ok = True

        def result_processor(self, dialect: Any, coltype: Any) -> Any:
            return lambda value: -value

    return [
        ("upper", Upper, "a"),
        ("wrapped", Wrapped, "a"),
        ("twice", WrappedTwice, "a"),
        ("of_wrapped", OfWrapped, "abc"),
        ("of_upper", OfUpper, "a"),
        ("days", Days, 5),
        ("only_bind", OnlyBind, 4),
        ("only_result", OnlyResult, 4),
    ]


@pytest.mark.parametrize("which", range(8))
def test_processors_that_a_class_has_itself(which: int) -> None:
    def program(p: Peer) -> None:
        name, made, value = _types_with_processors(p)[which]
        table = p.Table(
            name,
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("v", made),
        )
        # (psycopg's own String stands for subclasses of String there, and loses what they do)
        subclass = name in ("upper", "of_upper", "only_result")
        with p.engine("sqlite+pysqlite://" if subclass else "sqlite://").begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), {"v": value})
            connection.execute(table.insert(), [{"v": value}, {"v": value}])
            connection.execute(table.insert().values(v=value))
            p.show(connection.execute(p.select(table)).all())
            p.show(connection.scalars(p.select(table.c.id).where(table.c.v == value)).all())
            p.show(connection.scalars(p.select(table.c.id).where(table.c.v.in_([value]))).all())
            p.show(connection.exec_driver_sql(f"SELECT v FROM {name}").all())

    compare(program, sql=False)


def test_processors_of_mapped_attributes() -> None:
    def program(p: Peer) -> None:
        wrapped = _types_with_processors(p)[1][1]
        of_wrapped = _types_with_processors(p)[3][1]

        class Thing(p.Base):  # type: ignore[misc]
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            upside = p.Column(of_wrapped)
            wrapped_ = p.Column(wrapped)

        session = p.session()
        session.add_all([Thing(upside="x", wrapped_="y"), Thing(upside="z", wrapped_="w")])
        session.commit()
        p.show([(t.upside, t.wrapped_) for t in session.query(Thing).order_by(Thing.id)])
        session.query(Thing).first().upside = "changed"
        session.commit()
        p.show(session.scalars(p.select(Thing.upside).order_by(Thing.id)).all())

    # (which casts SQLAlchemy writes in an UPDATE differs from run to run)
    compare(program, sql=False)


def test_operators_of_a_decorated_type() -> None:
    def program(p: Peer) -> None:
        types = p.module("types")

        class Own(p.Integer):  # type: ignore[misc]
            class comparator_factory(types.TypeEngine.Comparator):  # type: ignore[misc,name-defined]
                def __add__(self, other: Any) -> Any:
                    return self.expr.op("plus")(other)

                def near(self, other: Any) -> Any:
                    return self.expr.op("near")(other)

        def decorator(of: Any) -> Any:
            class Decorated(types.TypeDecorator):  # type: ignore[misc]
                impl = of
                cache_ok = True

            return Decorated

        for made in (Own, decorator(Own), decorator(decorator(Own))):
            x = p.column("x", made)
            _shown(p, lambda x=x: x + 5)
            _shown(p, lambda x=x: x.near(5))
            _shown(p, lambda x=x: (x - 5) + 3)
            _shown(p, lambda x=x: p.select(x).subquery().c.x + 5)
            p.show((x + 5).compare(x.op("plus")(5)))
        array = p.column("x", decorator(p.ARRAY(p.Integer)))
        _shown(p, lambda: array.any(5))
        _shown(p, lambda: array[1].type)
        _shown(p, lambda: array.contains([1]))

    compare(program)


def test_a_comparator_that_makes_up_its_methods() -> None:
    """`__getattr__` of a type's comparator, and types that it says its operators give."""

    def program(p: Peer) -> None:
        types = p.module("types")
        custom_op = p.module("sql.operators").custom_op

        class Place(types.UserDefinedType):  # type: ignore[misc,name-defined]
            cache_ok = True

            class comparator_factory(types.UserDefinedType.Comparator):  # type: ignore[misc,name-defined]
                def __getattr__(self, name: str) -> Any:
                    if not name.startswith("st_"):
                        raise AttributeError(f"no {name}")
                    return lambda *args: getattr(p.func, name)(self.expr, *args)

                def distance(self, other: Any, **kw: Any) -> Any:
                    return self.operate(custom_op("<->"), other, **kw)

                def distance_from(self, other: Any, **kw: Any) -> Any:
                    return self.reverse_operate(custom_op("<->"), other, **kw)

                def within(self, other: Any, **kw: Any) -> Any:
                    return self.operate(custom_op("@", is_comparison=True), other, **kw)

            def column_expression(self, column: Any) -> Any:
                return p.func.as_text(column, type_=self)

        class Town(p.declarative_base()):  # type: ignore[misc]
            __tablename__ = "towns"
            id = p.Column(p.Integer, primary_key=True)
            at = p.Column(Place)

        for x in p.column("x", Place), p.column("x", Place).label("y"), Town.at:
            _shown(p, lambda x=x: x.st_buffer(2))
            _shown(p, lambda x=x: x.buffer)
            p.show(hasattr(x, "st_buffer"), hasattr(x, "buffer"))
            for made in x.distance, x.distance_from, x.within:
                for given in p.Float, p.Float(), None:
                    _shown(p, lambda m=made, g=given: p.select(m("p", result_type=g)))
                    p.show(repr(made("p", result_type=given).type))
                p.show(made("p", weight=1).modifiers)
        p.show(p.select(Town), p.select(Town.at.st_x()).order_by(Town.at.distance("p")))

    compare(program)


def test_an_array_with_arguments_of_its_own() -> None:
    def program(p: Peer) -> None:
        class Grid(p.ARRAY):  # type: ignore[misc]
            def __init__(self, dimensions: int = 2) -> None:
                self.dimensions = dimensions
                self.item_type = p.Integer()

        x = p.column("x", Grid())
        p.show(x[5].type.dimensions, x[5][6].type, x[1:2].type.dimensions)
        _shown(p, lambda: p.column("x", Grid(1))[5])

    compare(program)


def test_affinity_of_defined_types() -> None:
    def program(p: Peer) -> None:
        class Money(p.module("types").UserDefinedType):  # type: ignore[misc]
            cache_ok = True

            def get_col_spec(self, **kw: Any) -> str:
                return "MONEY"

        class Amount:
            @property
            def __sa_type_engine__(self) -> Any:
                return Money()

        x, y = p.column("x", Money), p.column("y", p.Integer)
        p.show((x + 5).type, (x + y).type, (y + x).type, (x + 5).right.type)
        p.show(Money().as_generic(allow_nulltype=True))
        p.show(p.literal(Amount()).type, (y == Amount()).right.type)
        p.show((p.column("d", p.Date) == p.bindparam("x").self_group()).right.type)
        grouped = p.sql.elements.Grouping(p.bindparam("x"))
        p.show((p.column("d", p.Date) == grouped).right.element.type)

    compare(program)


def test_names_of_types_without_sql() -> None:
    def program(p: Peer) -> None:
        types = p.module("types")

        class Tiny(types.TypeEngine):  # type: ignore[misc]
            pass

        class TINY(types.TypeEngine):  # type: ignore[misc]
            pass

        for made in (Tiny(), TINY(), types.UserDefinedType(), types.NullType(), _yes_or_no(p)()):
            p.show(str(made), repr(made))

    compare(program)


class Colour(enum.Enum):
    red = 1
    green = 2


def test_enums_as_text() -> None:
    def program(p: Peer) -> None:
        for made in (
            p.Enum("a", "b", "c"),
            p.Enum("a", "b", name="n"),
            p.Enum(Colour),
            p.Enum(Colour, native_enum=False),
            p.Enum("a", length=5),
            p.Enum("x", "y", name="s", inherit_schema=True, native_enum=False),
            p.Enum("a", schema="q", name="r", metadata=p.MetaData()),
            p.Enum("a", "b", length=None),
            p.Enum("a", create_constraint=True),
            p.Enum("a", "b", validate_strings=True),
            p.Enum(),
        ):
            p.show(repr(made), repr(made.copy()), repr(made.as_generic()))
        names = ("one", "twothreefourfive", "seven", "eight", "nine")
        strict = p.Enum(*names, validate_strings=True)
        for type_ in (strict, p.Enum(), p.Enum(*names[:3])):
            query = p.select(p.type_coerce(p.literal_column("'q'"), type_))
            with p.engine("sqlite://").connect() as connection:
                p.error(lambda q=query, c=connection: c.scalar(q))

    compare(program)


def test_generic_forms() -> None:
    def program(p: Peer) -> None:
        types, pg = p.module("types"), p.module("dialects.postgresql")
        for made in (
            types.ARRAY(p.Integer),
            pg.ARRAY(p.String(4)),
            types.VARBINARY(5),
            types.BINARY(3),
            types.MatchType(),
            p.Interval(day_precision=3),
            p.PickleType(),
            pg.INET(),
            pg.BIT(),
            types.NullType(),
            types.UserDefinedType(),
        ):
            _shown(p, lambda m=made: repr(m.as_generic()))
            _shown(p, lambda m=made: repr(m.as_generic(allow_nulltype=True)))

    compare(program)


def test_pickled_types_and_copied_values() -> None:
    def program(p: Peer) -> None:
        made = pickle.loads(pickle.dumps(p.PickleType(protocol=2)))
        p.show(type(made), made.protocol, made.compare_values([1], [1]))
        p.show(p.PickleType(comparator=None).copy_value([1]), p.Integer().copy_value(3))
        p.show(_yes_or_no(p)().copy_value(True))

    compare(program)


def test_schema_types_of_a_program() -> None:
    def program(p: Peer) -> None:
        types = p.module("types")

        class Own(types.SchemaType, types.TypeEngine):  # type: ignore[misc]
            def __init__(self, size: int = 3, **kw: Any) -> None:
                super().__init__(**kw)
                self.size = size

        metadata = p.MetaData()
        for options in (
            {},
            {"name": "q"},
            {"name": "q", "schema": "other"},
            {"name": "q", "inherit_schema": True},
            {"metadata": metadata, "quote": True, "name": "q"},
        ):
            made = Own(size=4, **options)
            p.show(made.name, getattr(made.name, "quote", None), made.schema, made.size)
            p.show(made.metadata is metadata, made.inherit_schema)
            table = p.Table("t", p.MetaData(), p.Column("a", made), schema="mine")
            p.show(table.c.a.type.schema, table.c.a.type.name)
            copy = table.to_metadata(p.MetaData(), schema="yours")
            p.show(copy.c.a.type.schema, copy.c.a.type.name, copy.c.a.type.size)

    compare(program)


def test_constraints_of_decorated_types() -> None:
    """A CHECK names the values as they are stored, whatever a decorator does with its own."""

    def program(p: Peer) -> None:
        class Color(enum.Enum):
            red = 1
            green = 2
            rouge = 1  # noqa: PIE796

        class Said(p.TypeDecorator):  # type: ignore[name-defined,misc]
            impl = p.Enum(Color, native_enum=False, create_constraint=True, name="ck_said")
            cache_ok = True

            def process_literal_param(self, value: Any, dialect: Any) -> str:
                return f"said {value}"

        class Upper(p.TypeDecorator):  # type: ignore[name-defined,misc]
            impl = p.Enum("a", "b", native_enum=False, create_constraint=True, name="ck_upper")
            cache_ok = True

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return value.upper()

        class Negated(p.TypeDecorator):  # type: ignore[name-defined,misc]
            impl = p.Boolean(create_constraint=True, name="ck_negated")
            cache_ok = True

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return not value

        columns = {
            "said": Said,
            "upper": Upper,
            "negated": Negated,
            "plain": p.Boolean(create_constraint=True, name="ck_plain"),
            "alias": p.Enum(Color, native_enum=False, create_constraint=True, omit_aliases=False),
            "values": p.Enum(
                Color,
                native_enum=False,
                create_constraint=True,
                values_callable=lambda cls: [str(member.value) for member in cls],
            ),
        }
        metadata = p.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
        for name, type_ in columns.items():
            table = p.Table(name, metadata, p.Column("x", type_), p.Column("y", p.Integer))
            for dialect in "sqlite", "postgresql":
                made = p.schema.CreateTable(table).compile(
                    dialect=p.module(f"dialects.{dialect}").dialect()
                )
                p.show(str(made))
            for each in sorted(table.constraints, key=lambda each: type(each).__name__):
                p.show([column.name for column in getattr(each, "columns", [])])
            copied = table.to_metadata(p.MetaData())
            p.show(str(p.schema.CreateTable(copied)))

    compare(program)


def test_casts_of_parameters() -> None:
    """A type that says so has its parameters cast, where the dialect has casts."""

    def program(p: Peer) -> None:
        types = p.module("types")

        class Point(types.UserDefinedType):  # type: ignore[misc]
            cache_ok = True
            render_bind_cast = True

            def get_col_spec(self, **kw: Any) -> str:
                return "POINT"

        class Decorated(p.TypeDecorator):  # type: ignore[name-defined,misc]
            impl = Point
            cache_ok = True

        for dialect in "sqlite", "postgresql":
            for cls in Point, Decorated:
                where = p.column("z", cls())
                for made in where == "q", where.in_(["a", "b"]), p.insert(p.table("t", where)):
                    p.show(str(made.compile(
                        dialect=p.module(f"dialects.{dialect}").dialect(),
                        compile_kwargs={"render_postcompile": True},
                    )))  # fmt: skip
        p.show(p.Integer().render_bind_cast, Point().render_bind_cast)

    compare(program)


def test_operators_beside_those_a_type_has():
    """`comparator_factory` of each type can be derived from, also where it is the usual one."""

    def program(p):
        types = [p.Integer, p.String, p.Numeric, p.DateTime, p.Boolean, p.LargeBinary, p.JSON]
        for usual in types:

            class Own(usual):
                cache_ok = True

                class comparator_factory(usual.comparator_factory):
                    def __add__(self, other):
                        return self.op("+++")(other)

                    def halved(self):
                        return p.func.halved(self.expr)

            x, y = p.sa.column("x", Own), p.sa.column("y", usual)
            p.show(str(x + x), str(x.halved()), str(x == y), str(y == x), str(y != y))
            p.error(lambda: x.absent)  # noqa: B023
            p.error(lambda: y.halved())  # noqa: B023

    compare(program)


def test_a_dialect_describes_a_class_of_types() -> None:
    """As fields of JSON choose their type for a dialect: by the class."""

    def program(p: Peer) -> None:
        class Text(p.TypeDecorator):  # type: ignore[name-defined,misc]
            impl = p.UnicodeText
            cache_ok = True

            def load_dialect_impl(self, dialect: Any) -> Any:
                return dialect.type_descriptor(p.UnicodeText)

        table = p.Table("t", p.MetaData(), p.Column("x", Text))
        with p.engine().begin() as connection:
            table.create(connection)
            connection.execute(table.insert(), {"x": "é"})
            p.show(connection.execute(p.select(table).where(table.c.x == "é")).all())

    compare(program)
