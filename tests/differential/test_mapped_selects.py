"""Classes mapped to SELECTs and to unions: reading, writing, classes that inherit from them."""

from __future__ import annotations

import pytest

from .harness import Peer, Programs, compare

program = Programs()


def two_tables(p: Peer):
    """Tables of a base and of a class below it."""
    base = p.Table(
        "base",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("type", p.String),
        p.Column("data", p.String),
    )
    sub = p.Table(
        "sub",
        p.Base.metadata,
        p.Column("id", p.ForeignKey("base.id"), primary_key=True),
        p.Column("more", p.String),
    )
    return base, sub


def rows(s, *tables):
    return [sorted(map(tuple, s.execute(table.select()))) for table in tables]


@program
def base_is_a_select(p: Peer):
    """Joined to the SELECT, a class below it is written to the table that it selects from."""
    base, sub = two_tables(p)
    selected = p.select(base).alias("selected")

    class Base(p.Base):
        __table__ = selected
        __mapper_args__ = {"polymorphic_on": selected.c.type, "polymorphic_identity": "base"}

    class Sub(Base):
        __table__ = sub
        __mapper_args__ = {
            "polymorphic_identity": "sub",
            "inherit_condition": selected.c.id == sub.c.id,
        }

    with p.session() as s:
        s.execute(
            base.insert(),
            [{"id": 1, "type": "base", "data": "x"}, {"id": 2, "type": "sub", "data": "y"}],
        )
        s.execute(sub.insert(), [{"id": 2, "more": "m"}])
        p.show([(type(o).__name__, o.id, o.data) for o in s.query(Base).order_by(Base.id)])
        p.show([(o.id, o.data, o.more) for o in s.query(Sub)])
        found = s.query(Sub).one()
        found.more, found.data = "other", "changed"
        s.commit()
        p.show(rows(s, base, sub))
        s.add_all([Sub(id=3, data="n", more="q"), Base(id=4, data="b")])
        s.commit()
        p.show(rows(s, base, sub))
        s.delete(s.get(Sub, 3))
        s.commit()
        p.show(rows(s, base, sub))


@program
def written_through_a_subquery(p: Peer):
    """The table gets what it has of the columns; a new key is read back."""
    base, _ = two_tables(p)
    selected = p.select(base.c.id, base.c.data, (base.c.data + "!").label("loud")).subquery("s")

    class Selected(p.Base):
        __table__ = selected

    with p.session() as s:
        s.execute(base.insert(), [{"data": "x"}])
        found = s.query(Selected).one()
        found.data = "y"
        s.commit()
        p.show(found.loud)
        found.loud = "not a column"
        s.commit()
        new = Selected(data="z")
        s.add(new)
        s.commit()
        p.show(new.id, new.loud, rows(s, base))
        s.delete(found)
        s.commit()
        p.show(rows(s, base))


@program
def written_through_an_alias(p: Peer):
    base, _ = two_tables(p)

    class Aliased(p.Base):
        __table__ = base.alias("other")

    with p.session() as s:
        one, two = Aliased(id=1, data="x"), Aliased(id=2, data="y")
        s.add_all([one, two])
        s.commit()
        one.data = "changed"
        s.delete(two)
        s.commit()
        p.show([(o.id, o.data) for o in s.query(Aliased)], rows(s, base))


@program
def key_named_by_the_table(p: Peer):
    """`primary_key` may be columns of a table that the union selects from."""
    base, sub = two_tables(p)
    both = p.union_all(p.select(base.c.id, base.c.data), p.select(sub.c.id, sub.c.more)).alias("u")

    class Both(p.Base):
        __table__ = both
        __mapper_args__ = {"primary_key": [base.c.id]}

    p.show([str(c) for c in p.inspect(Both).primary_key])
    with p.session() as s:
        s.execute(base.insert(), [{"id": 1, "data": "a"}])
        s.execute(base.insert(), [{"id": 2, "data": "b"}])
        p.show(sorted((o.id, o.data) for o in s.query(Both)))
        found = s.get(Both, 2)
        s.expire(found)
        p.show(found.data)


@program
def joins_select(p: Peer):
    """What a join's select() selects from stays with other columns, and with fewer."""
    base, sub = two_tables(p)
    joined = base.outerjoin(sub)
    chosen = joined.select()
    p.show(str(chosen), str(chosen.reduce_columns()), str(chosen.with_only_columns(base.c.data)))
    p.show(str(chosen.where(sub.c.id.is_(None)).with_only_columns(p.func.count())))
    p.show(str(joined.select().join(base.alias(), p.true())), chosen.selected_columns.keys())
    both = p.select(base, sub).select_from(base.join(sub, base.c.id == sub.c.id))
    p.show(str(both.reduce_columns()), str(both.reduce_columns(only_synonyms=False)))


@pytest.mark.parametrize("program", program.registered)
def test_mapped_selects(program) -> None:
    compare(program)
