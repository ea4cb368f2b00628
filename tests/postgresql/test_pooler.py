"""Behind a pooler that gives each transaction another connection, as PgBouncer does: with
prepared statements switched off, nothing is left on the server that a later one relies on."""

from __future__ import annotations

import re
from typing import Any

import pytest

import cormorant as sa
from cormorant.dialects import postgresql
from cormorant.engine.url import make_url
from cormorant.orm import Session, declarative_base

from .proxy import Proxy

text = sa.text

OFF: list[dict[str, Any]] = [
    {"connect_args": {"prepare_threshold": None}},
    {"query": {"prepared_statement_cache_size": "0"}},
    {"query": {"prepare_threshold": "None"}},
]


def work(engine: Any) -> None:
    """Most ways of talking to the server, each often."""
    base: Any = declarative_base()

    class Item(base):
        __tablename__ = "item"
        id = sa.Column(sa.Integer, primary_key=True)
        n = sa.Column(sa.Integer)
        mood = sa.Column(sa.Enum("good", "bad", name="mood"))
        list = sa.Column(postgresql.ARRAY(sa.Integer))

    base.metadata.create_all(engine)
    for count in (2, 3, 200):
        for _ in range(7):
            with Session(engine) as session:
                session.add_all([Item(n=i, mood="good", list=[i]) for i in range(count)])
                session.commit()
                items = session.query(Item).all()
                for item in items:
                    item.n += 1
                session.flush()
                with session.begin_nested():
                    session.delete(items[0])
                session.commit()
                assert session.get(Item, items[-1].id) is items[-1]
                assert session.scalar(text("select row(1, null::int)")) is not None
                rows = session.scalars(sa.select(Item), execution_options={"yield_per": 10})
                assert len([row.mood for row in rows]) == len(items) - 1
                session.rollback()
    with Session(engine) as session:
        for item in session.query(Item):
            session.delete(item)
        session.commit()


@pytest.mark.parametrize("how", OFF, ids=["argument", "as asyncpg", "in the URL"])
def test_no_statement_is_prepared(how: dict[str, Any], url: str) -> None:
    parsed = make_url(url)
    with Proxy(parsed.host or "127.0.0.1", parsed.port or 5432) as proxy:
        through = parsed.set(host="127.0.0.1", port=proxy.port, query=how.get("query", {}))
        engine = sa.create_engine(through, connect_args=how.get("connect_args", {}))
        work(engine)
        engine.dispose()
        asked = bytes(proxy.asked)
    assert re.search(rb"crm_\d|PREPARE|DEALLOCATE", asked) is None


def test_statements_are_prepared_otherwise(url: str) -> None:
    parsed = make_url(url)
    with Proxy(parsed.host or "127.0.0.1", parsed.port or 5432) as proxy:
        engine = sa.create_engine(parsed.set(host="127.0.0.1", port=proxy.port))
        work(engine)
        engine.dispose()
        assert re.search(rb"crm_\d", bytes(proxy.asked)) is not None
