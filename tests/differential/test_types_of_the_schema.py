"""Types that are objects of the schema: who hears that they are made, and who makes them."""

from __future__ import annotations

from typing import Any

import pytest

from .. import postgres
from . import harness
from .harness import Peer


def _types(p: Peer) -> tuple[Any, dict[str, Any], Any]:
    dialect = p.module("dialects.postgresql")
    metadata = p.MetaData()
    types = {
        "of the metadata": p.Enum("a", "b", name="of_all", metadata=metadata),
        "of the table": p.Enum("a", "b", name="of_one"),
        "PostgreSQL's": dialect.ENUM("a", "long", name="of_pg", metadata=metadata),
        "a domain": dialect.DOMAIN("small", p.Integer, metadata=metadata),
    }
    table = p.Table(
        "things",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        *[p.Column(f"c{number}", type_) for number, type_ in enumerate(types.values())],
    )
    for name, type_ in types.items():
        for event in ("before_create", "after_create", "before_drop", "after_drop"):

            def heard(target: Any, c: Any, *, as_: Any = (name, event), **kw: Any) -> None:
                p.show(*as_, type(target).__name__, target.name, sorted(kw))

            p.sa.event.listen(type_, event, heard)
    return metadata, types, table


@pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")
def test_events_of_types() -> None:
    def program(p: Peer) -> None:
        metadata, types, table = _types(p)
        with p.engine().connect() as c:
            metadata.create_all(c)
            metadata.create_all(c)
            metadata.drop_all(c)
            for type_ in types.values():
                type_.create(c, checkfirst=True)
                type_.create(c, checkfirst=True)
            p.error(lambda: types["of the table"].create(c))
            c.rollback()
            p.mark("of a table alone")
            types["of the metadata"].create(c)
            types["PostgreSQL's"].create(c)
            types["a domain"].create(c)
            table.create(c)
            table.drop(c)
            for name in ("of the metadata", "PostgreSQL's", "a domain"):
                types[name].drop(c)
                types[name].drop(c, checkfirst=True)

    with harness.on_database("postgresql"):
        harness.compare(program)


def test_types_of_other_databases() -> None:
    def program(p: Peer) -> None:
        dialect = p.module("dialects.postgresql")
        type_ = dialect.ENUM("a", "long", name="of_pg")
        p.show(str(type_))
        for module in ("engine.default", "dialects.sqlite.base"):
            made = getattr(p.module(module), "DefaultDialect", None)
            made = made or p.module("dialects.sqlite").dialect
            p.show(type_.compile(dialect=made()))
        engine = p.engine()
        generic = p.Enum("a", "b", name="anything")
        generic.create(engine)
        generic.drop(engine, checkfirst=True)
        metadata = p.MetaData()
        table = p.Table("t", metadata, p.Column("x", type_), p.Column("y", generic))
        metadata.create_all(engine)
        with engine.connect() as c:
            c.execute(table.insert(), {"x": "long", "y": "b"})
            p.show(c.execute(p.select(table)).all())
            p.error(lambda: c.execute(table.insert(), {"x": "c"}))

    harness.compare(program)
