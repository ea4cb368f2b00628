"""What there is in a database, as both packages see it."""

from __future__ import annotations

import pytest

from .harness import Peer, compare, making_tests

sqlite_only = pytest.mark.sqlite_only  # what has the schema, which is in SQLite's SQL

SCHEMA = """
CREATE TABLE kinds (code VARCHAR(10) NOT NULL, label TEXT DEFAULT 'x''y', PRIMARY KEY (code));
CREATE TABLE things (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind VARCHAR(10) REFERENCES kinds (code),
  name NVARCHAR NOT NULL UNIQUE,
  price DECIMAL(10, 2) DEFAULT 0 CHECK (price >= 0),
  weight DOUBLE PRECISION,
  made DATETIME DEFAULT CURRENT_TIMESTAMP,
  parent_id INTEGER,
  total INTEGER GENERATED ALWAYS AS (price * 2) STORED,
  CONSTRAINT uq_kind_name UNIQUE (kind, name),
  CONSTRAINT ck_weight CHECK (weight > 0 AND weight < 100),
  CONSTRAINT fk_parent FOREIGN KEY (parent_id) REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE "Odd Names" ("select" INTEGER, "a b" FLOAT, PRIMARY KEY ("select", "a b"));
CREATE TABLE links (a INTEGER, b INTEGER, CONSTRAINT pk_links PRIMARY KEY (a, b),
  FOREIGN KEY (a) REFERENCES things (id), FOREIGN KEY (b) REFERENCES things);
CREATE TABLE loose (x, y BLOB, z FOO, w BIGINT UNSIGNED);
CREATE INDEX ix_things_kind ON things (kind, price);
CREATE UNIQUE INDEX ux_made ON things (made) WHERE made > '2020';
CREATE VIEW cheap AS SELECT id, name FROM things WHERE price < 10;
CREATE TEMPORARY TABLE passing (id INTEGER PRIMARY KEY, v TEXT);
CREATE TEMPORARY VIEW passing_view AS SELECT * FROM passing;
"""


def database(p: Peer):
    engine = p.engine(poolclass=p.module("pool").StaticPool)
    with engine.begin() as c:
        for statement in SCHEMA.split(";\n"):
            if statement.strip():
                c.exec_driver_sql(statement)
    return engine


# how often and in what order a PRAGMA is asked is up to the package
program = making_tests(warned=True, sql=False)


def listed(value):
    """Answers of an inspector with the types written out."""
    if isinstance(value, dict):
        return {k: listed(v) for k, v in sorted(value.items(), key=str)}
    if isinstance(value, list):
        return [listed(v) for v in value]
    return repr(value) if type(value).__module__.startswith(("sqlalchemy", "cormorant")) else value


TABLES = ("kinds", "things", "Odd Names", "links", "loose", "cheap", "passing")


@sqlite_only
@program
def test_one_table_after_the_other(p: Peer):
    insp = p.inspect(database(p))
    for name in TABLES:
        for kind in ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints",
                     "check_constraints", "table_options"):  # fmt: skip
            p.show(name, kind, listed(getattr(insp, f"get_{kind}")(name)))
    p.show(insp.get_view_definition("cheap"))
    for what in ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints",
                 "check_constraints", "table_options", "table_comment",
                 "view_definition"):  # fmt: skip
        p.error(lambda what=what: getattr(insp, f"get_{what}")("nothing"), text=what != "x")


@sqlite_only
@program
def test_names(p: Peer):
    insp = p.inspect(database(p))
    p.show(insp.get_table_names(), insp.get_view_names(), insp.get_schema_names())
    p.show(insp.get_temp_table_names(), insp.get_temp_view_names(), insp.default_schema_name)
    p.show([insp.has_table(n) for n in ("things", "cheap", "passing", "nope")])
    p.show(insp.has_index("things", "ux_made"), insp.has_index("things", "nope"))
    p.show(insp.has_index("nope", "nope"), insp.has_schema("main"), insp.has_schema("nope"))
    # tables that do not depend on each other come in the order of a set
    for tables in (
        insp.get_sorted_table_and_fkc_names(),
        insp.sort_tables_on_foreign_key_dependency(),
    ):
        p.show(sorted((str(table), sorted(map(str, keys))) for table, keys in tables))
    p.error(lambda: insp.get_sequence_names())
    p.error(lambda: insp.has_sequence("x"))
    p.error(lambda: insp.get_materialized_view_names(), text=False)


@sqlite_only
def test_several_tables_at_once():
    def program(p: Peer):
        engine = p.module("engine")
        insp = p.inspect(database(p))
        kind, scope = engine.ObjectKind, engine.ObjectScope
        for what in ("columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints",
                     "check_constraints", "table_options"):  # fmt: skip
            read = getattr(insp, f"get_multi_{what}")
            for options in (
                {},
                {"filter_names": ["things", "nope", "cheap"]},
                {"kind": kind.ANY_VIEW},
                {"kind": kind.ANY, "scope": scope.ANY},
                {"scope": scope.TEMPORARY},
                {"schema": "main", "filter_names": ["links"]},
            ):
                answer = read(**options)
                p.show(what, sorted((str(k), str(listed(v))) for k, v in answer.items()))
        p.error(lambda: insp.get_multi_table_comment())

    compare(program, sql=False)


@sqlite_only
@program
def test_tables_from_the_database(p: Peer):
    engine = database(p)
    metadata = p.MetaData()
    things = p.Table("things", metadata, autoload_with=engine)
    p.show(sorted(metadata.tables), [c.name for c in things.primary_key])
    p.show([(c.name, repr(c.type), c.nullable, bool(c.server_default)) for c in things.c])
    p.show(sorted(str(f.column) for f in things.foreign_keys))
    p.show(sorted(i.name for i in things.indexes))
    p.show(sorted(str(c.name) for c in things.constraints))
    some = p.Table(
        "things", p.MetaData(), p.Column("price", p.Float), autoload_with=engine,
        include_columns=["id", "price", "name"], resolve_fks=False,
    )  # fmt: skip
    p.show([(c.name, repr(c.type)) for c in some.c])
    p.error(lambda: p.Table("nope", p.MetaData(), autoload_with=engine))
    with engine.connect() as c:
        p.show(c.execute(p.select(things).where(things.c.id > 3)).all())


@sqlite_only
@program
def test_reflect(p: Peer):
    engine = database(p)
    for options in (
        {},
        {"only": ["things"]},
        {"only": lambda name, meta: name.startswith("k")},
        {"views": True},
        {"resolve_fks": False, "only": ["links"]},
        {"schema": "main"},
    ):
        metadata = p.MetaData()
        metadata.reflect(engine, **options)
        p.show(sorted(metadata.tables))
    p.show([t.name for t in metadata.sorted_tables])
    p.error(lambda: p.MetaData().reflect(engine, only=["things", "nope"]))
    metadata = p.MetaData()
    metadata.reflect(engine)
    other = p.engine()
    p.error(lambda: metadata.create_all(other))  # a column without a type
    metadata.remove(metadata.tables["loose"])
    metadata.create_all(other)
    with other.connect() as c:
        query = "select sql from sqlite_master where type = 'index' order by name"
        p.show(c.exec_driver_sql(query).all())


@sqlite_only
@program
def test_defaults_that_listeners_put(p: Peer):
    engine = database(p)
    given = p.text("'given'"), p.DefaultClause("'given'"), p.FetchedValue(), None, "'plain'"
    for default in given:
        metadata = p.MetaData()

        @p.event.listens_for(metadata, "column_reflect")
        def replace(inspector, table, column, default=default):
            if column["name"] == "label":
                column["default"] = default

        found = p.Table("kinds", metadata, autoload_with=engine).c.label.server_default
        p.show(type(found).__name__, str(getattr(found, "arg", None)))


@program
def test_reflect_what_is_there(p: Peer):
    """What a foreign key leads to is read once, and a column of the key is replaced there, too."""
    engine = p.engine()
    metadata = p.MetaData()
    owner = p.Table(
        "owners",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String(50)),
        p.Column("code", p.String(50)),
        p.UniqueConstraint("code"),
    )
    p.Index("by_name", owner.c.name)
    p.Table("held", metadata, p.Column("id", p.ForeignKey("owners.id")))
    metadata.create_all(engine)
    found = p.MetaData()
    found.reflect(engine, extend_existing=True)
    table = found.tables["owners"]
    p.show([index.name for index in table.indexes])
    p.show(sorted(type(constraint).__name__ for constraint in table.constraints))
    for again in (False, True):
        found = p.MetaData()
        declared = p.Column("code", p.Integer, primary_key=True)
        p.Table("owners", found, declared, p.Column("more", p.Integer))
        table = p.Table("owners", found, extend_existing=True, autoload_with=engine)
        if again:
            found.reflect(engine, extend_existing=True)
        p.show([column.name for column in table.primary_key], sorted(table.c.keys()))
        p.show([column is table.c[column.name] for column in table.primary_key])
        p.show(type(table.c.code.type).__name__, table.c.code is declared)


def test_inspectors_made_by_their_class():
    """As the oldest programs make them: they are warned."""

    def program(p: Peer):
        engine = p.engine()
        p.Table("t", p.MetaData(), p.Column("x", p.Integer)).create(engine)
        for make in p.Inspector, p.Inspector.from_engine, p.inspect:
            p.show(make(engine).get_table_names())
        with engine.connect() as connection:
            p.show(p.Inspector(connection).get_view_names())

    peer, _ = compare(program, warned=True, sql=False)
    assert len(peer.warned) == 2
