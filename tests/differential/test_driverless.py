"""MySQL, Oracle and SQL Server, of which there are the types: shared models, and their SQL."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant

from .harness import Peer, compare

MYSQL = """
BIGINT() BIGINT(20) BIGINT(unsigned=True) INTEGER(11,unsigned=True,zerofill=True) SMALLINT(5)
TINYINT(1) TINYINT(display_width=4,unsigned=True) MEDIUMINT() BIT() BIT(8) YEAR() YEAR(4)
NUMERIC() NUMERIC(10) NUMERIC(10,2) NUMERIC(10,2,unsigned=True) DECIMAL(12,4,zerofill=True)
DOUBLE() DOUBLE(10,3) DOUBLE(asdecimal=False) REAL() REAL(8,2) FLOAT() FLOAT(5) FLOAT(8,3)
DATETIME() DATETIME(fsp=6) TIME(fsp=3) TIMESTAMP() TIMESTAMP(fsp=2,timezone=True) DATE()
TEXT() TEXT(50) TEXT(charset="utf8mb4",collation="utf8mb4_bin") TINYTEXT() MEDIUMTEXT(ascii=True)
LONGTEXT() LONGTEXT(collation="utf8mb4_bin") LONGTEXT(unicode=True,binary=True)
VARCHAR(20) VARCHAR(20,charset="latin1") VARCHAR(20,national=True) VARCHAR(5,binary=True) VARCHAR()
CHAR() CHAR(3) NVARCHAR(9) NVARCHAR() NCHAR() NCHAR(4,collation="x_ci")
BLOB() BLOB(100) TINYBLOB() MEDIUMBLOB() LONGBLOB() BINARY(16) VARBINARY(16) BOOLEAN() JSON()
ENUM("a","b'c","100%","d\\\\e") ENUM("x",charset="utf8",collation="utf8_bin")
SET("a","b") SET("a",collation="utf8_bin") INET4() INET6()
"""
ORACLE = """
NUMBER() NUMBER(10) NUMBER(10,2) NUMBER(10,0) NUMBER(asdecimal=True) FLOAT() FLOAT(16)
BINARY_DOUBLE() BINARY_FLOAT() DOUBLE_PRECISION() REAL() DATE() TIMESTAMP() TIMESTAMP(timezone=True)
TIMESTAMP(local_timezone=True) TIMESTAMP(timezone=True,local_timezone=True)
INTERVAL() INTERVAL(day_precision=2,second_precision=5) VARCHAR2() VARCHAR2(50) NVARCHAR2(50)
VARCHAR(50) VARCHAR() NVARCHAR(20) CHAR(3) NCHAR(3) CLOB() NCLOB() LONG() BLOB() BFILE() RAW(16)
RAW() ROWID()
"""
MSSQL = """
TINYINT() SMALLINT() INTEGER() BIGINT() BIT() REAL() DOUBLE_PRECISION() FLOAT() FLOAT(53)
DECIMAL(10,2) NUMERIC() MONEY() SMALLMONEY() DATE() DATETIME() DATETIME2() DATETIME2(7)
DATETIMEOFFSET() DATETIMEOFFSET(3) SMALLDATETIME() TIME() TIME(4) VARCHAR() VARCHAR(10)
VARCHAR(10,collation="Latin1_General_CI_AS") NVARCHAR() NVARCHAR(5) CHAR(2) NCHAR(2) TEXT() NTEXT()
XML() BINARY(8) VARBINARY() VARBINARY(8) VARBINARY("max",filestream=True) IMAGE() TIMESTAMP()
ROWVERSION() UNIQUEIDENTIFIER() UNIQUEIDENTIFIER(as_uuid=False) SQL_VARIANT() JSON()
VARBINARY(5,filestream=True)
"""
GENERIC = """
Integer() BigInteger() SmallInteger() String(20) String() Unicode(10) Text() UnicodeText()
Numeric(10,2) Float() Float(53) Double() Boolean() Date() DateTime() DateTime(timezone=True) Time()
LargeBinary() LargeBinary(20) JSON() Uuid() Uuid(native_uuid=False) Interval() Enum("a","b")
Enum("a","b",native_enum=False) String(10).with_variant(Text(),"mysql","oracle","mssql")
"""


class _Names(dict[str, Any]):
    """The names of a module, which may be looked up late."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def __missing__(self, name: str) -> Any:
        return getattr(self.module, name)


def _types(text: str, module: Any) -> Any:
    for source in text.split():
        yield source, lambda source=source: eval(source, {}, _Names(module))


@pytest.mark.parametrize(("name", "text"), [("mysql", MYSQL), ("oracle", ORACLE), ("mssql", MSSQL)])
def test_types(name: str, text: str) -> None:
    def program(p: Peer) -> None:
        module = p.module(f"dialects.{name}")
        dialect = module.dialect()
        if name == "mssql":
            # where SQLAlchemy has not asked a server, it takes it for one of 2005
            dialect.server_version_info = (16,)
            dialect.deprecate_large_types = True
        p.show(dialect.name, dialect.identifier_preparer.quote("a b"))
        for source, make in _types(text, module):
            try:
                made = make()
                sql = made.compile(dialect=dialect)
            except Exception as error:
                p.show(source, type(error), str(error))
                continue
            p.show(source, sql, repr(made), made.__visit_name__)
            p.show(made == made.copy() if hasattr(made, "copy") else None)
            with_variant = p.String(10).with_variant(made, name)
            p.show(with_variant.compile(dialect=dialect))
            p.show(with_variant.compile(dialect=p.module("dialects.sqlite").dialect()))
            p.show(with_variant.compile(dialect=p.module("dialects.postgresql").dialect()))

    compare(program)


@pytest.mark.parametrize("name", ["mysql", "oracle", "mssql"])
def test_generic_types(name: str) -> None:
    def program(p: Peer) -> None:
        dialect = p.module(f"dialects.{name}").dialect()
        if name == "mssql":
            dialect.server_version_info = (16,)
            dialect.deprecate_large_types = True
        if name == "oracle":
            dialect._use_nchar_for_unicode = False
        for source, make in _types(GENERIC, p.sa):
            try:
                p.show(source, make().compile(dialect=dialect))
            except Exception as error:
                p.show(source, type(error), str(error))

    compare(program)


@pytest.mark.parametrize("name", ["mysql", "mssql"])
def test_types_by_the_names_of_the_database(name: str) -> None:
    """As libraries with types of their own enter them for reflection."""

    def program(p: Peer) -> None:
        base = p.module(f"dialects.{name}.base")
        p.show(sorted((key, type_.__name__) for key, type_ in base.ischema_names.items()))
        p.show(base.dialect.ischema_names is base.ischema_names)
        module = p.module(f"dialects.{name}")
        for key, type_ in sorted(base.ischema_names.items()):
            own = getattr(module, type_.__name__, None)
            p.show(key, own is type_)

    compare(program)


def test_models_for_several_databases() -> None:
    def program(p: Peer) -> None:
        mysql, mssql = p.module("dialects.mysql"), p.module("dialects.mssql")
        oracle = p.module("dialects.oracle")

        class GUID(p.TypeDecorator):  # type: ignore[misc]
            impl = p.CHAR
            cache_ok = True

            def load_dialect_impl(self, dialect: Any) -> Any:
                if dialect.name == "mssql":
                    return dialect.type_descriptor(mssql.UNIQUEIDENTIFIER())
                if dialect.name == "mysql":
                    return dialect.type_descriptor(mysql.BINARY(16))
                return dialect.type_descriptor(p.CHAR(32))

            def process_bind_param(self, value: Any, dialect: Any) -> Any:
                return None if value is None else value.replace("-", "")

        class Page(p.Base):  # type: ignore[misc]
            __tablename__ = "page"
            __table_args__ = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4"}
            id = p.Column(p.BigInteger().with_variant(p.Integer(), "sqlite"), primary_key=True)
            guid = p.Column(GUID)
            body = p.Column(p.Text().with_variant(mysql.LONGTEXT(), "mysql"))
            data = p.Column(p.JSON().with_variant(mysql.JSON(), "mysql", "mariadb"))
            size = p.Column(p.Numeric(10, 0).with_variant(oracle.NUMBER(10), "oracle"))

        with p.session() as session:
            session.add(Page(id=1, guid="a-b", body="text", data={"x": 1}, size=5))
            session.commit()
            page = session.scalars(p.select(Page)).one()
            p.show(page.guid.strip(), page.body, page.data, page.size)
        for module in (mysql, mssql, oracle):
            dialect = module.dialect()
            p.show(Page.__table__.c.guid.type.compile(dialect=dialect))
        sqlite = p.module("dialects.sqlite").dialect()
        p.error(lambda: mysql.LONGTEXT().compile(dialect=sqlite))
        p.error(lambda: p.CreateTable(p.Table("t", p.MetaData(), p.Column("a", mysql.TINYINT(1)))))

    compare(program)


def test_on_duplicate_key_is_built_and_refused_elsewhere() -> None:
    def program(p: Peer) -> None:
        mysql = p.module("dialects.mysql")
        table = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.String))
        statement = mysql.insert(table).values(a=1)
        updating = statement.on_duplicate_key_update(b=statement.inserted.b)
        p.show(type(updating).__name__, statement.inserted.b.table.name)
        p.error(lambda: updating.on_duplicate_key_update(b="x"))
        p.error(lambda: statement.on_duplicate_key_update())
        p.error(lambda: statement.on_duplicate_key_update({"b": 1}, b=2))
        p.error(lambda: statement.on_duplicate_key_update({"b": 1}, {"b": 2}))
        sqlite = p.module("dialects.sqlite").dialect()
        p.error(lambda: updating.compile(dialect=sqlite), text=False)
        p.show(str(statement.compile(dialect=sqlite)))

    compare(program)


@pytest.mark.parametrize("url", ["mysql://h/d", "mysql+pymysql://h/d", "mariadb://h", "oracle://h"])
def test_there_is_no_driver(url: str) -> None:
    with pytest.raises(ImportError, match="no driver for .*SQLite and PostgreSQL"):
        cormorant.create_engine(url)
    dialect = cormorant.make_url(url).get_dialect()()
    with pytest.raises(cormorant.exc.CompileError, match="types alone"):
        cormorant.select(cormorant.column("x")).compile(dialect=dialect)
    table = cormorant.Table("t", cormorant.MetaData(), cormorant.Column("a", cormorant.Integer))
    with pytest.raises(cormorant.exc.CompileError, match="types alone"):
        cormorant.schema.CreateTable(table).compile(dialect=dialect)


class OfAProgram(cormorant.engine.default.DefaultDialect):
    name = "of_a_program"
    driver = "mine"

    @classmethod
    def import_dbapi(cls) -> Any:
        return object()


def test_a_dialect_of_a_program_has_no_driver_either() -> None:
    cormorant.dialects.registry.register(OfAProgram.name, __name__, OfAProgram.__name__)
    with pytest.raises(ImportError, match="no driver for of_a_program .*SQLite and PostgreSQL"):
        cormorant.create_engine("of_a_program://")
