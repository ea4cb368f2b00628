"""Constructs given where other ones belong: each of many values in each of many places is taken,
warned of or refused as SQLAlchemy does, in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from .harness import compare

# names of modules and numbers of objects within representations are no part of the words
_WITHIN = re.compile(r"(?<=[<'])[\w.]+\.(?=\w+)|\(\d{9,}\)|%\(\d+ ")


def schema(p: Any) -> Any:
    return p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("a", p.Integer)
    )


def values(p: Any, table: Any) -> dict[str, Any]:
    """What is no plain value, nor a column."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)

    alias = p.aliased(User)
    ids = p.select(table.c.id)
    return {
        "select": ids,
        "subquery": ids.subquery(),
        "alias of a subquery": ids.subquery().alias(),
        "cte": ids.cte(),
        "scalar subquery": ids.scalar_subquery(),
        "lateral": ids.lateral(),
        "union": p.union(ids, p.select(table.c.a)),
        "subquery of a union": p.union(ids, p.select(table.c.a)).subquery(),
        "table": table,
        "columns of a table": table.c,
        "join": table.join(p.table("other"), p.text("1")),
        "values": p.values(p.column("x", p.Integer), name="v").data([(1,)]),
        "text": p.text("x"),
        "text with columns": p.text("select 1").columns(table.c.id),
        "insert": p.insert(table),
        "sequence": p.Sequence("s"),
        "foreign key": p.ForeignKey("t.id"),
        "metadata": p.MetaData(),
        "exists": p.exists().where(table.c.id == 1),
        "tuple": p.tuple_(table.c.id, 3),
        "null": p.null(),
        "none": None,
        "mapper": p.inspect(User),
        "alias of a class": alias,
        "what it stands for": p.inspect(alias),
        "attribute": User.id,
        "object": User(id=1),
        "bundle": p.Bundle("b", User.id),
    }


PLACES: dict[str, Callable[[Any, Any], Callable[[Any], Any]]] = {
    "function": lambda p, t: p.func.f,
    "second argument": lambda p, t: lambda v: p.func.coalesce(t.c.id, v),
    "aggregate": lambda p, t: p.func.count,
    "array_agg": lambda p, t: p.func.array_agg,
    "not": lambda p, t: p.not_,
    "distinct": lambda p, t: p.distinct,
    "collate": lambda p, t: lambda v: p.collate(v, "x"),
    "bitwise not": lambda p, t: p.bitwise_not,
    "and": lambda p, t: lambda v: p.and_(t.c.id == 1, v),
    "or": lambda p, t: lambda v: (t.c.id == 1) | v,
    "where": lambda p, t: p.select(t.c.id).where,
    "having": lambda p, t: p.select(t.c.id).having,
    "update where": lambda p, t: p.update(t).where,
    "filter": lambda p, t: p.func.f().filter,
    "equals": lambda p, t: lambda v: t.c.id == v,
    "plus": lambda p, t: lambda v: t.c.id + v,
    "reversed": lambda p, t: lambda v: v + t.c.id,
    "like": lambda p, t: t.c.id.like,
    "is": lambda p, t: t.c.id.is_,
    "in": lambda p, t: t.c.id.in_,
    "between": lambda p, t: lambda v: t.c.id.between(v, 1),
    "regexp_match": lambda p, t: t.c.id.regexp_match,
    "match": lambda p, t: t.c.id.match,
    "case": lambda p, t: lambda v: p.case((t.c.id == 1, v)),
    "else": lambda p, t: lambda v: p.case((t.c.id == 1, 2), else_=v),
    "tuple": lambda p, t: lambda v: p.tuple_(t.c.id, v),
    "any": lambda p, t: p.any_,
    "extract": lambda p, t: lambda v: p.extract("year", v),
    "label": lambda p, t: lambda v: p.label("x", v),
    "order by": lambda p, t: p.select(t.c.id).order_by,
    "desc": lambda p, t: p.desc,
    "nulls first": lambda p, t: p.nulls_first,
    "over": lambda p, t: lambda v: p.func.f().over(order_by=v),
    "within group": lambda p, t: p.func.f().within_group,
    "distinct on": lambda p, t: p.select(t.c.id).distinct,
    "limit": lambda p, t: p.select(t.c.id).limit,
    "offset": lambda p, t: p.select(t.c.id).offset,
    "fetch": lambda p, t: p.select(t.c.id).fetch,
    "select": lambda p, t: p.select,
    "select from": lambda p, t: p.select(t.c.id).select_from,
    "join": lambda p, t: lambda v: p.select(t.c.id).join(p.table("o"), v),
    "prefix": lambda p, t: p.select(t.c.id).prefix_with,
    "suffix": lambda p, t: p.select(t.c.id).suffix_with,
    "insert prefix": lambda p, t: p.insert(t).prefix_with,
    "values": lambda p, t: lambda v: p.insert(t).values(a=v),
    "set": lambda p, t: lambda v: p.update(t).values(a=v),
    "returning": lambda p, t: p.insert(t).returning,
    "literal": lambda p, t: p.literal,
    "columns of text": lambda p, t: p.text("q").columns,
    "server default": lambda p, t: lambda v: p.Column("x", p.Integer, server_default=v),
    "computed": lambda p, t: lambda v: type(p.Computed(v).sqltext).__name__,
    "unique": lambda p, t: p.UniqueConstraint,
    "primary key": lambda p, t: p.PrimaryKeyConstraint,
    "index": lambda p, t: lambda v: p.Index("i", v),
}

# what SQLAlchemy fails at by errors that name its own attributes, or writes as no SQL
LEFT = {
    ("returning", "bundle"),
    ("literal", "alias of a class"),
    ("limit", "alias of a class"),
    ("offset", "alias of a class"),
    ("fetch", "alias of a class"),
    ("values", "alias of a class"),
    ("set", "alias of a class"),
    ("select from", "foreign key"),
    ("select from", "metadata"),
    ("select from", "sequence"),
    ("columns of text", "text"),
    ("in", "foreign key"),
    ("in", "metadata"),
    ("in", "sequence"),
}


@pytest.mark.parametrize("place", PLACES)
def test_misplaced(place: str) -> None:
    def program(p: Any) -> None:
        function = PLACES[place](p, table := schema(p))
        for name, value in values(p, table).items():
            if (place, name) in LEFT:
                continue
            try:
                said = str(function(value))
            except Exception as error:
                said = f"{type(error).__name__} {error}"
            said = said.replace("Annotated_BundleClause", "AnnotatedClauseList")
            p.show(name, _WITHIN.sub("", said))

    compare(program, warned=True)
