"""What becomes of constructs that are copied, reduced, shown or warned of."""

from __future__ import annotations

import pickle
from typing import Any

from .harness import Peer, compare


def _tables(p: Peer) -> tuple[Any, Any]:
    metadata = p.MetaData()
    a = p.Table(
        "a", metadata, p.Column("id", p.Integer, primary_key=True), p.Column("x", p.Integer)
    )
    b = p.Table(
        "b",
        metadata,
        p.Column("id", p.ForeignKey("a.id"), primary_key=True),
        p.Column("a_id", p.ForeignKey("a.id")),
        p.Column("x", p.Integer),
    )
    return a, b


def test_reduced_columns() -> None:
    def program(p: Peer) -> None:
        a, b = _tables(p)
        of_a, of_b = p.select(a).subquery(), p.select(b).alias()
        renamed = p.select(a.c.id.label("key"), a.c.x).subquery()
        for statement in (
            p.select(a, b),
            p.select(a, b).where(a.c.x == b.c.x),
            p.select(b, a).where(a.c.x == b.c.x),
            p.select(a, of_a).where(a.c.id == of_a.c.id),
            p.select(a, of_a).where(of_a.c.id == a.c.id),
            p.select(a, renamed).where(renamed.c.key == a.c.id),
            p.select(a, renamed).where(a.c.id == renamed.c.key),
            p.select(a, of_b).where(a.c.x == of_b.c.x),
            p.select(a, b, of_b).where(p.and_(a.c.id == of_b.c.a_id, b.c.x == a.c.x)),
            p.select(a.join(b, a.c.x == b.c.x)),
            p.select(a.c.x, b.c.x).where(p.or_(a.c.x == b.c.x, a.c.id == 5)),
            p.select(a.c.x, b.c.x).where(a.c.x > b.c.x),
            p.select(a.c.id.label("other"), b.c.id, p.text("something")),
        ):
            for only_synonyms in (True, False):
                reduced = statement.reduce_columns(only_synonyms=only_synonyms)
                p.show(only_synonyms, str(reduced))
        p.show([c.name for c in a.join(of_b, a.c.x == of_b.c.x).primary_key])

    compare(program)


def test_copies_of_a_cte() -> None:
    def program(p: Peer) -> None:
        traverse = p.module("sql.visitors").cloned_traverse
        a, _ = _tables(p)
        first = p.select(a.c.x).where(a.c.id == 5).cte("named")
        statement = p.select(first.c.x)

        def changed(bind: Any) -> None:
            bind.value = 9

        def copy(**visitors: Any) -> Any:
            return traverse(statement, {}, visitors)

        p.show(str(p.union(statement, copy())))
        p.show(str(p.union(copy(binary=lambda b: None), statement)))
        p.show(str(p.select(statement.subquery(), copy().subquery())))
        p.error(lambda: str(p.union(statement, copy(bindparam=changed))))
        again = p.select(a.c.x).where(a.c.id == 5).cte("named")
        p.error(lambda: str(p.union(statement, p.select(again.c.x))))

    compare(program)


def test_columns_of_a_program_s_class() -> None:
    def program(p: Peer) -> None:
        class OfAType(p.Column):  # type: ignore[misc]
            inherit_cache = True

            def __init__(self, type_: Any, **kw: Any) -> None:
                p.Column.__init__(self, type_, **kw)

        class More(p.Column):  # type: ignore[misc]
            inherit_cache = True

            def __init__(self, *args: Any, more: Any = None, **kw: Any) -> None:
                self.more = more
                p.Column.__init__(self, *args, **kw)

        unnamed = OfAType(p.Integer, primary_key=True)
        unnamed.name = "id"
        table = p.Table(
            "t", p.MetaData(), unnamed, More("x", p.Integer, p.ForeignKey("a.id"), more=5)
        )
        copied = table.to_metadata(p.MetaData())
        p.show(repr(copied), [type(column) for column in copied.c], copied.c.x.more)

    compare(program)


def test_ddl_of_one_database_as_text() -> None:
    def program(p: Peer) -> None:
        dialect, schema = p.module("dialects.postgresql"), p.module("schema")
        a, _ = _tables(p)
        constraint = dialect.ExcludeConstraint((a.c.x, "="), name="none_alike")
        p.show(str(schema.AddConstraint(constraint)), str(schema.DropConstraint(constraint)))
        index = p.Index("i", a.c.x, postgresql_using="gin")
        p.show(str(schema.CreateIndex(index)))
        p.error(lambda: index.dialect_kwargs.update({"unheard_of": 1}))
        p.error(lambda: index.dialect_kwargs["unheard_of"])
        p.error(lambda: index.dialect_kwargs.update({"plain": 1}))
        index.dialect_kwargs["postgresql_using"] = "hash"
        p.show(index.dialect_options["postgresql"]["using"])

    compare(program)


def test_a_product_with_values_of_no_name() -> None:
    def program(p: Peer) -> None:
        columns = p.column("x", p.Integer), p.column("y", p.Integer)
        row = [(1, 2)]  # of which FROM the warning tells first is by chance
        other = p.select(p.literal(3).label("z")).subquery("other")
        for rows in (p.values(*columns), p.values(*columns, name="named")):
            statement = p.select(other.c.z, p.func.count()).select_from(rows.data(row), other)
            with p.engine().connect() as c:
                # not every database takes it; it is warned of first
                p.error(lambda s=statement, c=c: c.execute(s), text=False)

    peer, ours = compare(program)
    said = [sorted(text.replace('"', " ").split()) for text in peer.warned]
    assert sorted(said) == sorted([sorted(text.replace('"', " ").split()) for text in ours.warned])
    assert len(said) == 2


def test_pickled_by_every_protocol() -> None:
    def program(p: Peer) -> None:
        a, b = _tables(p)
        for construct in (
            a,
            a.metadata,
            p.Enum("x", "y", name="letter"),
            p.select(a).where(a.c.x == 5).order_by(a.c.id.desc()),
            p.select(p.func.max(a.c.x), p.case((a.c.x == 1, 2)), a.c.x.label("named")),
            p.select(a.alias(), b.join(a, a.c.id == b.c.id)),
            p.select(p.select(a).cte(), p.select(b).subquery()),
            p.union(p.select(a), p.select(a)),
            a.insert().values(x=1),
            a.update().where(a.c.x.in_([1, 2])),
        ):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                made = pickle.loads(pickle.dumps(construct, protocol))
                again = pickle.loads(pickle.dumps(made, protocol))
                p.show(protocol, str(again))
                assert str(again) == str(construct)

    compare(program)
