"""What Inspector and Table(autoload_with=…) say of one PostgreSQL schema, on both packages."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .. import postgres
from .harness import Peer, run

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

SCHEMA = (Path(__file__).parent / "postgresql_schema.sql").read_text()
SCHEMAS = (None, "other", "S x")
PARTS = (
    "columns",
    "pk_constraint",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "check_constraints",
    "table_comment",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database with the schema."""
    with postgres.empty() as url:
        with psycopg.connect(f"postgresql:{url}", autocommit=True) as connection:
            connection.execute(SCHEMA)
            for extension, type_ in (("hstore", "hstore"), ("citext", "citext")):
                try:
                    connection.execute(f"CREATE EXTENSION {extension}")
                except psycopg.Error:
                    continue  # not installed there
                connection.execute(f"CREATE TABLE of_{extension} (x {type_}, y {type_}[])")
        yield url
        postgres.clear(url)


def plain(p: Peer, value: Any) -> Any:
    """A value as comparable data: types by their class and what is known of them."""
    if isinstance(value, dict):
        return {k: plain(p, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(p, v) for v in value]
    if isinstance(value, p.sa.types.TypeEngine):
        names = (
            "precision", "scale", "length", "timezone", "collation", "name", "enums", "fields",
            "dimensions", "varying", "not_null", "constraint_name", "default", "asdecimal",
        )  # fmt: skip
        found = {n: getattr(value, n) for n in names if getattr(value, n, None) is not None}
        if getattr(value, "schema", None):
            found["schema"] = value.schema
        for inner in ("item_type", "data_type"):
            if hasattr(value, inner):
                found[inner] = plain(p, getattr(value, inner))
        if hasattr(value, "check"):
            found["check"] = str(value.check)
        return type(value).__name__, {k: v for k, v in found.items() if not callable(v)}
    return value


def same(program: Any, url: str) -> None:
    """Run a program on both packages; they must show the same."""

    def on(p: Peer) -> None:
        p.show(*program(p, p.engine(postgres.engine_url())))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer, ours = run(on, "sqlalchemy"), run(on, "cormorant")
    if ours.error is not None and peer.error is None:
        raise AssertionError(str(ours.error)) from ours.error_object  # type: ignore[attr-defined]
    assert (ours.error, ours.shown) == (peer.error, peer.shown)
    assert peer.error is None
    # of NOT VALID SQLAlchemy warns that it does not know what it made of it itself
    theirs = [w for w in peer.warned if "dialect_options" not in w]
    assert ours.warned == theirs


@pytest.mark.parametrize("schema", SCHEMAS)
def test_names(url: str, schema: str | None) -> None:
    def program(p: Peer, engine: Any) -> Iterator[Any]:
        inspector = p.inspect(engine)
        for kind in ("table", "view", "materialized_view", "sequence", "foreign_table"):
            yield kind, sorted(getattr(inspector, f"get_{kind}_names")(schema=schema))
        yield inspector.get_enums(schema=schema), inspector.get_domains(schema=schema)
        yield inspector.get_schema_names(), inspector.default_schema_name
        for name in ("parent", "v1", "mv1", "child", "nope", "T y"):
            yield name, inspector.has_table(name, schema)
        for name in ("sq1", "sq_o", "nope"):
            yield name, inspector.has_sequence(name, schema)
        for name in ("mood", "omood", "nope"):
            yield name, inspector.has_type(name, schema)

    same(program, url)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_tables(url: str, schema: str | None, part: str) -> None:
    """One table after the other, and all of them at once, as one says of the other."""

    def program(p: Peer, engine: Any) -> Iterator[Any]:
        inspector = p.inspect(engine)
        reflection = import_module(f"{p.package}.engine.reflection")
        names = [
            *inspector.get_table_names(schema),
            *inspector.get_view_names(schema),
            *inspector.get_materialized_view_names(schema),
        ]
        for name in sorted(names):
            found = getattr(inspector, f"get_{part}")(name, schema=schema)
            if part == "columns":
                yield [getattr(column["type"], "create_type", None) for column in found]
            yield name, plain(p, found)
        inspector = p.inspect(engine)
        multi = getattr(inspector, f"get_multi_{part}")
        kinds = [reflection.ObjectKind.TABLE, reflection.ObjectKind.ANY_VIEW]
        for kind in [*kinds, reflection.ObjectKind.ANY]:
            for scope in reflection.ObjectScope.DEFAULT, reflection.ObjectScope.ANY:
                found = multi(schema=schema, kind=kind, scope=scope)
                yield sorted(plain(p, list(found.items())), key=repr)
        yield sorted(plain(p, list(multi(schema, ["parent", "nope", "v1"]).items())), key=repr)
        yield multi(schema, [])

    same(program, url)


ODD_NAMES = ("a\x1fb", "\x1f", "c,d", "{e}", "\"'\x1f", "\\", " f ", "null", "\n")


def test_tables_of_odd_names(url: str) -> None:
    """Alone and several at once: each is one name, whatever is in it."""

    def program(p: Peer, engine: Any) -> Iterator[Any]:
        metadata = p.MetaData()
        for name in ODD_NAMES:
            p.Table(name, metadata, p.Column(name, p.Integer, primary_key=True), comment=name)
        with engine.begin() as connection:
            metadata.create_all(connection)
            inspector = p.inspect(connection)
            for part in PARTS:
                for name in ODD_NAMES:
                    yield part, name, plain(p, getattr(inspector, f"get_{part}")(name))
                multi = getattr(inspector, f"get_multi_{part}")
                yield sorted(plain(p, list(multi(None, ODD_NAMES).items())), key=repr)
            again = p.MetaData()
            again.reflect(connection, only=ODD_NAMES)
            yield [(t.name, list(t.c.keys())) for t in again.sorted_tables]
            connection.rollback()

    same(program, url)


@pytest.mark.parametrize("part", PARTS)
def test_no_such_table(url: str, part: str) -> None:
    def program(p: Peer, engine: Any) -> Iterator[Any]:
        inspector = p.inspect(engine)
        for schema in (None, "other", "no such"):
            try:
                yield getattr(inspector, f"get_{part}")("nope", schema=schema)
            except p.NoSuchTableError as error:
                yield type(error).__name__, str(error)
        for action in (
            lambda: inspector.get_view_definition("nope"),
            lambda: p.Table("nope", p.MetaData(), autoload_with=engine),
            lambda: p.MetaData().reflect(engine, only=["nope"]),
        ):
            try:
                yield action()
            except Exception as error:
                yield type(error).__name__, str(error).partition("Engine")[0]

    same(program, url)


def test_views(url: str) -> None:
    def program(p: Peer, engine: Any) -> Iterator[Any]:
        inspector = p.inspect(engine)
        yield inspector.get_view_definition("v1"), inspector.get_view_definition("mv1")
        yield inspector.get_view_definition("v2", "other")

    same(program, url)


def test_temporary(url: str) -> None:
    def program(p: Peer, engine: Any) -> Iterator[Any]:
        reflection = import_module(f"{p.package}.engine.reflection")
        scope = reflection.ObjectScope
        with engine.connect() as connection:
            connection.execute(p.text("CREATE TEMPORARY TABLE tt (a integer PRIMARY KEY, b text)"))
            connection.execute(p.text("CREATE TEMPORARY VIEW tv AS SELECT 1 AS one"))
            inspector = p.inspect(connection)
            yield inspector.get_temp_table_names(), inspector.get_temp_view_names()
            yield plain(p, inspector.get_columns("tt")), inspector.get_pk_constraint("tt")
            for one in (scope.DEFAULT, scope.TEMPORARY, scope.ANY):
                yield sorted([name for _, name in inspector.get_multi_columns(scope=one)])

    same(program, url)


def test_reflected_tables(url: str) -> None:
    """CREATE TABLE and CREATE INDEX of what was reflected."""

    def program(p: Peer, engine: Any) -> Iterator[Any]:
        schema = import_module(f"{p.package}.schema")
        for name, views in ((None, True), ("other", False), ("S x", False)):
            metadata = p.MetaData()
            metadata.reflect(engine, schema=name, views=views)
            yield sorted(metadata.tables)
            for key, table in sorted(metadata.tables.items()):
                if table.name != "types":  # some of these cannot be written again
                    yield key, str(schema.CreateTable(table).compile(engine))
                yield table.comment, [c.comment for c in table.c]
                for index in sorted(table.indexes, key=lambda i: i.name):
                    yield str(schema.CreateIndex(index).compile(engine))
        metadata = p.MetaData(schema="other")
        metadata.reflect(engine)
        yield sorted(metadata.tables)
        metadata = p.MetaData()
        p.Table("child", metadata, autoload_with=engine, schema="other", resolve_fks=False)
        yield sorted(metadata.tables)
        table = p.Table("idx", p.MetaData(), autoload_with=engine, include_columns=["id", "name"])
        yield sorted(table.c.keys()), sorted([i.name for i in table.indexes])

    same(program, url)


def test_few_queries(url: str) -> None:
    """A whole schema takes about as many queries as a table."""

    def program(p: Peer) -> None:
        engine = p.engine(postgres.engine_url())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            p.MetaData().reflect(engine)

    assert len([line for line in run(program, "cormorant").sql if "SELECT" in line]) <= 15
