"""What SQL PostgreSQL gets: expressions and statements in postgresql_expressions/ and all of
those in expressions/, compiled for the dialects of psycopg2, psycopg and asyncpg by both
packages; the same text, parameters and result columns, or the same error.

No server is asked.
"""

from __future__ import annotations

import importlib
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from . import test_expressions as generic

DRIVERS = ("psycopg2", "psycopg", "asyncpg")
FILES = sorted((Path(__file__).parent / "postgresql_expressions").glob("*.txt"))
OWN = [
    pytest.param(line, id=f"{path.stem}-{number}")
    for path in FILES
    for number, line in enumerate(path.read_text().splitlines(), 1)
    if line and not line.startswith("#")
]


@cache
def namespace(package: str) -> dict[str, Any]:
    """What an expression can name: that of the generic ones, and PostgreSQL's names."""
    n = dict(generic.namespace(package))
    sa = importlib.import_module(package)
    n["pg"] = pg = importlib.import_module(f"{package}.dialects.postgresql")
    for name in importlib.import_module("sqlalchemy.dialects.postgresql").__all__:
        n[name] = getattr(pg, name)
    n["insert"] = sa.insert
    column, table, metadata = sa.column, sa.table, sa.MetaData()
    n["t"] = table(
        "t", column("j", pg.JSONB), column("j2", sa.JSON), column("pj", pg.JSON),
        column("a", pg.ARRAY(sa.Integer)), column("ga", sa.ARRAY(sa.String)),
        column("h", pg.HSTORE), column("r", pg.INT4RANGE), column("dr", pg.DATERANGE),
        column("mr", pg.INT4MULTIRANGE), column("z", sa.ARRAY(sa.Integer, zero_indexes=True)),
        column("d2", sa.ARRAY(sa.Integer, dimensions=2)),
    )  # fmt: skip
    n["seq"] = sa.Table(
        "seq", metadata, sa.Column("id", sa.Integer, sa.Sequence("sq"), primary_key=True),
        sa.Column("o", sa.Integer, sa.Sequence("so", optional=True)), sa.Column("v", sa.Integer),
    )  # fmt: skip
    n["uq"] = sa.UniqueConstraint("v", name="uq v")
    n["uqt"] = sa.Table("uqt", metadata, sa.Column("v", sa.String), n["uq"])
    n["ix"] = sa.Index("ix", n["uqt"].c.v)
    n["ix2"] = sa.Index(None, n["uqt"].c.v, postgresql_where=n["uqt"].c.v > "q")
    return n


@cache
def dialect(package: str, driver: str) -> Any:
    return importlib.import_module(f"{package}.dialects.postgresql.{driver}").dialect()


def evaluate(expression: str, package: str, names: dict[str, Any]) -> Any:
    """All that is compared of an expression."""
    try:
        built = eval(expression, names)
    except Exception as error:
        return "error", type(error).__name__, generic.same(str(error))
    if not hasattr(built, "compile"):
        return None
    found: dict[Any, Any] = {}

    def compiled(driver: str, **kw: Any) -> Any:
        made = built.compile(dialect=dialect(package, driver), compile_kwargs=kw)
        columns = [generic.same(str(c[0])) for c in made._result_columns]
        params = generic.same(repr(made.params))
        return generic.same(str(made)), None if kw else params, columns

    for driver in DRIVERS:
        found[driver] = generic.outcome(lambda: compiled(driver))  # noqa: B023
    for driver in DRIVERS[:2]:
        found[driver, "expanded"] = generic.outcome(
            lambda: compiled(driver, render_postcompile=True)  # noqa: B023
        )
        found[driver, "literal"] = literal(
            generic.outcome(
                lambda: compiled(driver, literal_binds=True)  # noqa: B023
            )
        )
    return found


def literal(outcome: Any) -> Any:
    """An outcome with literals; a literal that cannot be rendered is an error, however it
    is said."""
    if outcome[0] == "error" and "iteral value" in outcome[2]:
        return "no literal"
    return outcome


def same(expression: str, namespace: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = evaluate(expression, "cormorant", namespace("cormorant"))
        theirs = evaluate(expression, "sqlalchemy", namespace("sqlalchemy"))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in theirs.items():
            # where SQLAlchemy has no literal of a type, having one is no fault
            if value == "no literal":
                ours[key] = value
    assert ours == theirs


@pytest.mark.parametrize("expression", OWN)
def test_own(expression: str) -> None:
    same(expression, namespace)


@pytest.mark.parametrize(
    "expression", [p for p in generic.EXPRESSIONS if "sqlite" not in p.values[0]]
)
def test_generic(expression: str) -> None:
    same(expression, generic.namespace)


def test_there_are_many() -> None:
    assert len(OWN) >= 250


def test_names() -> None:
    peer = importlib.import_module("sqlalchemy.dialects.postgresql")
    ours = importlib.import_module("cormorant.dialects.postgresql")
    assert not [name for name in peer.__all__ if not hasattr(ours, name)]


TYPES = [
    "String()",
    "String(20)",
    "Text()",
    "Unicode(5)",
    "VARCHAR(3)",
    "CHAR(3)",
    "Integer()",
    "SmallInteger()",
    "BigInteger()",
    "Numeric(10,2)",
    "Numeric()",
    "Float()",
    "Float(53)",
    "Double()",
    "REAL()",
    "DateTime()",
    "DateTime(True)",
    "Date()",
    "Time()",
    "Time(True)",
    "Interval()",
    "Interval(native=False)",
    "Interval(second_precision=3)",
    "LargeBinary()",
    "Boolean()",
    "Enum('a','b',name='e')",
    "Enum('a','b',name='e',schema='S')",
    "Enum('a','b',native_enum=False)",
    "JSON()",
    "Uuid()",
    "Uuid(as_uuid=False)",
    "Uuid(native_uuid=False)",
    "UUID()",
    "PickleType()",
    "ARRAY(Integer)",
    "ARRAY(String(4),dimensions=2)",
    "pg.ARRAY(DateTime(True))",
    "pg.ARRAY(Enum('a',name='q'))",
    "pg.JSON()",
    "JSONB()",
    "JSONPATH()",
    "HSTORE()",
    "INET()",
    "CIDR()",
    "MACADDR()",
    "MACADDR8()",
    "MONEY()",
    "OID()",
    "REGCLASS()",
    "REGCONFIG()",
    "TSVECTOR()",
    "TSQUERY()",
    "BIT()",
    "BIT(3)",
    "BIT(3,varying=True)",
    "BIT(varying=True)",
    "BYTEA()",
    "CITEXT()",
    "DOUBLE_PRECISION()",
    "DOUBLE_PRECISION(10)",
    "INTERVAL()",
    "INTERVAL(precision=3)",
    "INTERVAL(fields='DAY',precision=2)",
    "pg.TIMESTAMP()",
    "pg.TIMESTAMP(True,3)",
    "pg.TIMESTAMP(precision=6)",
    "pg.TIME(True,2)",
    "pg.TIME(precision=1)",
    "ENUM('x','y',name='pe')",
    "DOMAIN('dom',Integer)",
    "INT4RANGE()",
    "INT8RANGE()",
    "NUMRANGE()",
    "DATERANGE()",
    "TSRANGE()",
    "TSTZRANGE()",
    "INT4MULTIRANGE()",
    "INT8MULTIRANGE()",
    "NUMMULTIRANGE()",
    "DATEMULTIRANGE()",
    "TSMULTIRANGE()",
    "TSTZMULTIRANGE()",
    "FLOAT(3)",
    "BLOB()",
    "BINARY(3)",
    "VARBINARY(4)",
    "DECIMAL(3,1)",
    "CLOB()",
    "String(collation='C')",
    "String(5,collation='de')",
    "NCHAR(3)",
    "String().with_variant(JSONB(),'postgresql')",
    "Integer().with_variant(BigInteger(),'sqlite')",
]


@pytest.mark.parametrize("text", TYPES)
def test_type(text: str) -> None:
    """The SQL of a type in DDL and as the cast of a parameter."""

    def outcome(package: str) -> Any:
        n = namespace(package)
        type_ = eval(text, n)
        bind = n["bindparam"]("p", type_=type_)
        return [repr(type_)] + [
            generic.outcome(lambda: str(action(dialect(package, driver))))  # noqa: B023
            for driver in DRIVERS
            for action in (type_.compile, lambda d: bind.compile(dialect=d))
        ]

    assert outcome("cormorant") == outcome("sqlalchemy")


SCHEMA = [
    "AddConstraint",
    "CreateIndex",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "DropColumnComment",
    "DropConstraint",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "DropTableComment",
    "SetColumnComment",
    "SetTableComment",
]


def ddl(package: str, source: str) -> list[str]:
    """The statements that a program sends to a mock engine."""
    n = dict(namespace(package))
    sent: list[str] = []
    schema = importlib.import_module(f"{package}.schema")
    n.update({name: getattr(schema, name) for name in SCHEMA})
    engine = n["create_mock_engine"](
        "postgresql+psycopg://",
        lambda statement, *a, **kw: sent.append(str(statement.compile(dialect=engine.dialect))),
    )
    n.update(m=n["MetaData"](), e=engine, show=lambda s: sent.append(
        generic.same(str(s.compile(dialect=engine.dialect)))
    ))  # fmt: skip

    def fails(action: Any) -> None:
        with pytest.raises(Exception) as caught:
            action()
        sent.append(f"{caught.type.__name__}: {generic.same(str(caught.value))}")

    n["fails"] = fails
    exec(source, n)
    return [re.sub("sqlalchemy", "cormorant", text) for text in sent]


PROGRAMS = (Path(__file__).parent / "postgresql_expressions" / "ddl.program").read_text()


@pytest.mark.parametrize(
    "source",
    [pytest.param(part, id=part.strip().split("\n")[0]) for part in PROGRAMS.split("# ---")[1:]],
)
def test_ddl(source: str) -> None:
    source = "#" + source
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ddl("cormorant", source) == ddl("sqlalchemy", source)
