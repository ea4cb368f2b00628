"""Arguments that dialects add to tables, columns, indexes and constraints: those of dialects
of the program's own, too."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def registered(p: Any) -> Any:
    """Dialects mine… and bare… of a program, whose class says what items take; the first."""
    default = p.module("engine.default")

    class Mine(default.DefaultDialect):
        name = "mine"
        construct_arguments = [
            (p.Table, {"engine": "x", "opt": None}),
            (p.Index, {"using": False}),
            (p.Column, {"enc": 1}),
            (p.UniqueConstraint, {"*": None}),
            (p.PrimaryKeyConstraint, {"clustered": None}),
        ]

    class Bare(default.DefaultDialect):
        name = "bare"

    class Derived(p.module("dialects.postgresql").dialect):
        name = "derived"

    registry, module = p.module("dialects").registry, sys.modules[__name__]
    for cls in (Mine, Bare, Derived):
        setattr(module, f"{cls.__name__}_{p.package}", cls)
        registry.register(cls.name, __name__, f"{cls.__name__}_{p.package}")
    return Mine


@program
def what_items_take(p: Any) -> None:
    registered(p)
    metadata = p.MetaData()
    for kind, given in (
        (lambda **k: p.Table("t", p.MetaData(), p.Column("id", p.Integer), **k), "opt nope"),
        (lambda **k: p.Column("id", p.Integer, **k), "enc nope"),
        (lambda **k: p.Index("i", "a", **k), "using nope"),
        (lambda **k: p.UniqueConstraint("a", **k), "anything"),
        (lambda **k: p.PrimaryKeyConstraint("a", **k), "clustered nope"),
        (lambda **k: p.ForeignKeyConstraint(["a"], ["b.c"], **k), "nope"),
        (lambda **k: p.CheckConstraint("a", **k), "nope"),
    ):
        for argument in given.split():
            for name in (f"mine_{argument}", f"bare_{argument}", argument):

                def made(kind: Any = kind, name: str = name) -> Any:
                    item = kind(**{name: 3})
                    options = {
                        k: sorted(v.items(), key=str) for k, v in item.dialect_options.items()
                    }
                    return sorted(item.dialect_kwargs.items()), options

                p.error(made)
    p.error(lambda: p.Index("i", "a", derived_using="gin").dialect_options["derived"]["include"])
    p.error(lambda: p.Index("i", "a", derived_nope="gin"))
    p.error(lambda: p.Index("i", "a", postgresql_nope="gin"))
    p.show(dict(p.Table("t", metadata, absent_dialect=3).kwargs))


@program
def options_read_and_changed(p: Any) -> None:
    mine = registered(p)
    index = p.Index("i", "a", mine_using=3)
    options = index.dialect_options
    p.show(options["mine"]["using"], options["postgresql"]["using"], dict(index.kwargs))
    p.error(lambda: options["mine"]["nope"])
    p.error(lambda: options["absent"]["nope"])
    options["mine"]["using"] = 7
    p.show(dict(index.kwargs), len(options["mine"]), sorted(options["mine"]))
    index.dialect_kwargs["mine_using"] = 8
    p.show(options["mine"]["using"])
    p.error(lambda: index.dialect_kwargs.update(using=3))
    p.error(lambda: index.dialect_kwargs.update(mine_other=3))
    p.error(lambda: index.dialect_kwargs.pop("mine_using"))
    p.show(dict(index.kwargs), options["mine"]["using"])
    p.Index.argument_for("mine", "added", 5)
    p.show(p.Index("i", "a").dialect_options["mine"]["added"])
    p.show(dict(p.Index("i", "a", mine_added=9).kwargs))
    p.error(lambda: p.Index.argument_for("bare", "added", 5))
    p.error(lambda: p.Index.argument_for("absent", "added", 5))
    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, mine_enc=5),
        p.Index("x", "id", mine_using=4),
        p.UniqueConstraint("id", mine_q=1),
        mine_opt=3,
    )
    copied = table.to_metadata(p.MetaData())
    p.show(dict(copied.kwargs), dict(copied.c.id.kwargs))
    p.show([dict(item.kwargs) for item in (*copied.indexes, *copied.constraints) if item.kwargs])
    p.show(str(p.module("schema").CreateTable(table).compile(dialect=mine())))


@program
def collections_that_are_only_read(p: Any) -> None:
    t = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("x", p.Integer)
    )
    unique = p.UniqueConstraint(t.c.x)
    for columns in (
        t.c,
        t.alias().columns,
        p.select(t).subquery().c,
        p.select(t).selected_columns,
        t.primary_key.columns,
        unique.columns,
    ):
        p.show(type(columns).__name__, str(columns))
        for change in (
            lambda c: c.add(t.c.x),
            lambda c: c.remove(t.c.x),
            lambda c: c.extend([t.c.x]),
            lambda c: setattr(c, "a", 3),
            lambda c: delattr(c, "x"),
            lambda c: c.__setitem__("a", 3),
            lambda c: c.__delitem__("x"),
        ):
            p.error(lambda: change(columns))  # noqa: B023
        p.show(columns.keys())
    columns = t.c
    t.append_column(p.Column("y", p.Integer))
    p.show(columns.keys(), columns is t.c, str(columns.y), "y" in columns, len(columns))
    import pickle

    again = pickle.loads(pickle.dumps(t))
    again.append_column(p.Column("z", p.Integer))
    p.show(again.c.keys(), str(again.c.z), [c.name for c in again.primary_key.columns])


@program
def arguments_of_dialects_without_drivers(p: Any) -> None:
    metadata = p.MetaData()
    table = p.Table(
        "t",
        metadata,
        p.Column("id", p.Integer, mssql_identity_start=5),
        p.PrimaryKeyConstraint("id", mssql_clustered=False, mysql_using="btree"),
        mysql_engine="InnoDB",
        mariadb_engine="Aria",
        oracle_on_commit="DROP",
    )
    index = p.Index("i", table.c.id, mssql_include=["id"], mysql_length=5, oracle_bitmap=True)
    for item in table, table.c.id, table.primary_key, index:
        p.show(sorted(item.dialect_kwargs.items(), key=str))
        for dialect in "mysql", "mariadb", "mssql", "oracle":
            p.show(sorted(item.dialect_options[dialect].items()))
    for make in (
        lambda: p.Index("j", table.c.id, mssql_engine=1),
        lambda: p.Index("j", table.c.id, mariadb_engine=1),
        lambda: p.Table("u", metadata, oracle_engine=1),
        lambda: p.UniqueConstraint("id", mysql_using="hash"),
        lambda: p.Table("v", metadata, mysql_anything=1).dialect_options["mysql"]["anything"],
    ):
        p.error(make)


@program
def arguments_added_to_a_dialect_without_driver(p: Any) -> None:
    table = p.Table("t", p.MetaData(), p.Column("id", p.Integer))
    for dialect in "mssql", "mysql", "oracle":
        p.Index.argument_for(dialect, "grid", 7)
        index = p.Index("i", table.c.id)
        p.show([each for each in ("mariadb", "mysql") if "grid" in index.dialect_options[each]])
        index = p.Index("i", table.c.id, **{f"{dialect}_grid": 8})
        p.show(
            dict(index.dialect_kwargs), p.Index("j", table.c.id).dialect_options[dialect]["grid"]
        )
        p.error(lambda: p.UniqueConstraint("id", **{f"{dialect}_grid": 8}))  # noqa: B023


@program
def checks_of_variants(p: Any) -> None:
    def enum(**options: Any) -> Any:
        return p.Enum("a", "b", name="e1", create_constraint=True, **options)

    checked = p.Boolean(create_constraint=True, name="b1")
    for type_ in (
        enum().with_variant(p.String(5), "sqlite"),
        p.String(5).with_variant(enum(native_enum=False), "sqlite"),
        p.String(5).with_variant(enum(native_enum=False), "postgresql"),
        enum(native_enum=False).with_variant(enum(native_enum=False, length=9), "sqlite"),
        p.Integer().with_variant(checked, "sqlite"),
        checked.with_variant(p.Integer(), "sqlite"),
    ):
        table = p.Table("t", p.MetaData(), p.Column("e", type_))
        for made in (table, table.to_metadata(p.MetaData())):
            p.show([str(c.name) for c in made.constraints if c.name])
            for name in ("sqlite", "postgresql"):
                dialect = p.module(f"dialects.{name}").dialect()
                p.show(str(p.module("schema").CreateTable(made).compile(dialect=dialect)))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    compare(function, warned=True)
