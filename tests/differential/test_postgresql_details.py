"""What is PostgreSQL's alone, on a server: search paths, types of the program, subscripts."""

from __future__ import annotations

import pytest

from .. import postgres
from . import harness
from .harness import Peer

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


def in_the_search_path(p: Peer):
    engine = p.engine()
    with engine.connect() as c:
        for statement in (
            "CREATE SCHEMA elsewhere",
            "CREATE TABLE elsewhere.parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE public.child (id INTEGER PRIMARY KEY, up INTEGER REFERENCES elsewhere.parent)",
            "CREATE TABLE elsewhere.own (id INTEGER PRIMARY KEY REFERENCES public.child)",
            "SET search_path TO elsewhere, public",
        ):
            c.execute(p.text(statement))
        inspector = p.sa.inspect(c)
        for ignored in (False, True):
            option = {"postgresql_ignore_search_path": ignored}
            for name, schema in (("child", None), ("child", "public"), ("own", "elsewhere")):
                p.show(name, schema, inspector.get_foreign_keys(name, schema=schema, **option))
            metadata = p.MetaData()
            child = p.Table("child", metadata, schema="public", autoload_with=c, **option)
            p.show(sorted(metadata.tables), [key.target_fullname for key in child.foreign_keys])
        c.rollback()


def types_of_the_program(p: Peer):
    class Point(p.module("types").UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "point"

    names = p.module("dialects.postgresql.base").ischema_names
    dialect = p.module("dialects.postgresql").dialect
    p.show(dialect.ischema_names is names, dialect().ischema_names is names)
    p.show(p.module("dialects.sqlite").dialect.ischema_names["DATE"].__name__)
    names["point"] = Point
    try:
        with p.engine().connect() as c:
            c.execute(p.text("CREATE TABLE marks (id INTEGER, at POINT)"))
            columns = p.sa.inspect(c).get_columns("marks")
            p.show([type(column["type"]).__name__ for column in columns])
            c.rollback()
    finally:
        del names["point"]


def subscripts_of_jsonb(p: Peer):
    jsonb = p.module("dialects.postgresql").JSONB
    value = p.cast({"a": {"b": 1}}, jsonb)
    built = p.func.jsonb_build_object("a", 1, type_=jsonb)
    with p.engine().connect() as c:
        for item in (
            value["a"],
            value["a"]["b"],
            value["a"].astext,
            built["a"],
            p.cast([1, 2], jsonb)[0],
        ):
            p.show(str(item.compile(dialect=c.dialect)), c.scalar(p.select(item)))


@pytest.mark.parametrize("program", [in_the_search_path, types_of_the_program, subscripts_of_jsonb])
def test_on_the_server(program):
    with harness.on_database("postgresql"):
        harness.compare(program, sql=False, warned=True)
