"""What an INSERT of a flush gives for columns that the program gave no value, None, or an
expression, and what it returns."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_insert_values(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None


def a_class(p: Any, *columns: tuple[str, Any], **options: Any) -> Any:
    arguments = options.pop("mapper", {})
    attributes = {"__tablename__": "a", "__table_args__": options, "__mapper_args__": arguments}
    return type(
        "A", (p.Base,), {**attributes, "id": p.Column(p.Integer, primary_key=True)} | dict(columns)
    )


def again(p: Any, s: Any) -> None:
    s.rollback()
    s.close()
    p.Base.registry.dispose()
    p.Base.metadata.clear()


@program
def none_that_is_a_value(p: Any) -> None:
    A = a_class(
        p,
        ("a", p.Column(p.String().evaluates_none(), default="made")),
        ("b", p.Column(p.String, default="made")),
        ("c", p.Column(p.String().evaluates_none())),
        ("d", p.Column(p.String().evaluates_none(), server_default="made")),
        ("e", p.Column(p.String().evaluates_none(), default=lambda context: "made")),
        ("f", p.Column(p.String().evaluates_none(), default=p.func.lower("MADE"))),
        ("j", p.Column(p.JSON, default={"a": 1})),
        ("k", p.Column(p.JSON(none_as_null=True), default={"a": 1})),
    )
    s = p.session()
    none = dict.fromkeys("abcdefjk")
    for objects in ([A()], [A(**none)], [A(a=None, j=None), A(d=None, k=None)], [A(**none), A()]):
        s.add_all(objects)
        s.flush()
        p.show([tuple(getattr(obj, name) for name in "abcdefjk") for obj in objects])
    s.add(A(**{**none, "b": p.func.lower("B")}))
    s.flush()
    s.bulk_insert_mappings(A, [{}, none])
    s.bulk_save_objects([A(), A(**none)])
    p.show(s.execute(p.text("select * from a order by id")).all())
    first = s.get(A, 1)
    first.a = first.d = first.j = None
    s.flush()
    s.expire_all()
    p.show(first.a, first.d, first.j)


@program
def expressions_for_what_is_returned(p: Any) -> None:
    for eager in (True, False, "auto"):
        columns = ("foo", p.Column(p.Integer)), ("bar", p.Column(p.Integer, server_default="3"))
        A = a_class(p, *columns, mapper={"eager_defaults": eager})
        s = p.session()
        found = [A(foo=1), A(foo=2)]
        s.add_all(found)
        s.flush()
        found[0].bar, found[1].bar = A.foo + 4, A.foo + 6
        s.flush()
        p.show([obj.bar for obj in found])
        new = [A(foo=3, bar=p.text("2+5")), A(foo=p.text("1"), bar=5), A(foo=7)]
        s.add_all(new)
        s.flush()
        p.show([(obj.foo, obj.bar) for obj in new])
        again(p, s)


@program
def nothing_returned(p: Any) -> None:
    for arguments in ({}, {"eager_defaults": True}):
        columns = (
            ("name", p.Column(p.String, onupdate=p.func.lower("XX"))),
            ("filled", p.Column(p.String, server_default="x")),
        )
        A = a_class(p, *columns, implicit_returning=False, mapper=arguments)
        s = p.session()
        found = [A(name=str(n)) for n in range(3)]
        s.add_all(found)
        s.flush()
        p.show([(obj.id, obj.filled) for obj in found])
        s.add(A(name="one"))
        s.flush()
        s.add_all([A(name="two", filled="g"), A(id=900, name="nine", filled="g")])
        s.flush()
        for obj in found:
            obj.filled = "q"
        s.flush()
        p.show([obj.name for obj in found])
        again(p, s)


@program
def nothing_returned_of_versions(p: Any) -> None:
    version = p.Column(p.Integer)
    A = a_class(
        p,
        ("name", p.Column(p.String)),
        ("version", version),
        implicit_returning=False,
        mapper={"version_id_col": version},
    )
    s = p.session()
    found = [A(name=str(n)) for n in range(2)]
    s.add_all(found)
    s.flush()
    p.show([(obj.id, obj.version) for obj in found])
    found[0].name = "x"
    s.flush()
    p.show([(obj.id, obj.version) for obj in found])


@program
def what_stands_for_columns(p: Any) -> None:
    """Keys of rows that are hybrids, synonyms or composites of a class."""
    hybrid_property = p.module("ext.hybrid").hybrid_property

    class Box(p.Base):
        __tablename__ = "box"
        id = p.Column(p.Integer, primary_key=True)
        low = p.Column(p.Integer)
        high = p.Column("top", p.Integer)
        least = p.synonym("low")

        @hybrid_property
        def size(self) -> Any:
            return self.high - self.low

        @size.update_expression  # type: ignore[no-redef, untyped-decorator]
        def size(cls, value: Any) -> Any:
            return [(cls.low, 0), (cls.high, value)]

        @hybrid_property
        def bottom(self) -> Any:
            return self.low

        @bottom.update_expression  # type: ignore[no-redef, untyped-decorator]
        def bottom(cls, value: Any) -> Any:
            return [(cls.low, value), (cls.high, value + 1)]

    s = p.session()

    def run(*rows: dict[Any, Any]) -> None:
        for values in rows[0], list(rows):
            s.execute(p.insert(Box).values(values))
            p.show(s.execute(p.text("select low, top from box order by id")).all())
            s.execute(p.delete(Box))

    run({Box.size: 5}, {Box.size: 6})
    run({"size": 5}, {"size": 6})
    run({Box.size: 5}, {Box.low: 3, "high": 4})
    run({Box.size: p.func.abs(-5)}, {Box.size: p.literal(3) + 1})
    run({Box.bottom: 5}, {"bottom": 6})
    run({Box.least: 5}, {"least": 6})
    s.add(Box(low=1, high=2))
    s.flush()
    s.execute(p.update(Box).values({Box.bottom: 7, "high": 3}))
    s.execute(p.update(Box).values(size=9).where(Box.bottom == 7))
    p.show(s.execute(p.text("select low, top from box order by id")).all())
