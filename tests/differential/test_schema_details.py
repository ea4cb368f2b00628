"""Constraints, copies, names and errors of schemas, in the corners."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from .harness import Peer, Programs, compare

programs = Programs()


def _ddl(p: Peer, table: Any, dialect: Any = None) -> str:
    return str(p.schema.CreateTable(table).compile(dialect=dialect))


def _constraints(table: Any) -> list[tuple[str, list[str]]]:
    return sorted((type(c).__name__, [x.key for x in c.columns]) for c in table.constraints)


@programs
def onupdate_of_a_sequence(p: Peer) -> None:
    column = p.Column(p.String, onupdate=p.Sequence("s"))
    p.show(repr(column.onupdate), repr(column.default))


@programs
def onupdate_that_is_given(p: Peer) -> None:
    given = p.ColumnDefault("f5")
    column = p.Column(p.String, onupdate=given)
    p.show(column.onupdate is given, column.default is given, given.for_update)
    column = p.Column(p.String, onupdate="x")
    p.show(repr(column.onupdate), column.default, column.onupdate.for_update)


@programs
def events_of_attaching(p: Peer) -> None:
    from importlib import import_module

    event = import_module(f"{p.package}.event")
    heard: list[str] = []

    def before(item: Any, parent: Any) -> None:
        heard.append(f"{type(item).__name__}->{type(parent).__name__}")

    def after(item: Any, parent: Any) -> None:
        heard.append(f"{type(item).__name__} is in {parent}")

    event.listen(p.schema.SchemaItem, "before_parent_attach", before)
    event.listen(p.schema.SchemaItem, "after_parent_attach", after)
    try:
        metadata = p.MetaData()
        p.Table(
            "t1", metadata, p.Column("id", p.Integer, p.Sequence("foo_id"), primary_key=True),
            p.Column("bar", p.String, p.ForeignKey("t2.id"), index=True, unique=True),
        )  # fmt: skip
        p.Table("t2", metadata, p.Column("id", p.Integer, primary_key=True))
    finally:
        event.remove(p.schema.SchemaItem, "before_parent_attach", before)
        event.remove(p.schema.SchemaItem, "after_parent_attach", after)
    p.show([word for word in heard if "MetaData" not in word or "->" in word])


@programs
def constraints_of_mapped_attributes(p: Peer) -> None:
    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        age = p.Column(p.Integer)

    User.__table__.append_constraint(p.CheckConstraint(User.age > 5))
    User.__table__.append_constraint(p.UniqueConstraint(User.age, "id"))
    p.Index("i", User.age.desc())
    p.Index("j", p.func.lower(User.age))
    again = User.__table__
    p.show(_ddl(p, again), sorted(str(p.schema.CreateIndex(i)) for i in again.indexes))
    p.show(_constraints(again))


@programs
def sentinels(p: Peer) -> None:
    p.error(
        lambda: (
            p.Table(
                "t",
                p.MetaData(),
                p.Column("id", p.Integer, primary_key=True, insert_sentinel=True),
                p.Column("x", p.String(50)),
                p.insert_sentinel("s"),
            ).name
        )
    )
    table = p.Table("t", p.MetaData(), p.Column("id", p.Integer), p.insert_sentinel("s"))
    p.show(_ddl(p, table), [c.name for c in table.c], p.select(table).columns.keys())


@programs
def options_of_dialects_in_statements(p: Peer) -> None:
    t = p.table("t", p.column("x", p.Integer))
    for cls, make in (("Insert", p.insert), ("Update", p.update), ("Delete", p.delete)):
        getattr(p, cls).argument_for("sqlite", "probe", None)
        statement = make(t).with_dialect_options(sqlite_probe=5)
        p.show(dict(statement.dialect_kwargs), statement.dialect_options["sqlite"]["probe"])
        more = statement.with_dialect_options(sqlite_probe=6)
        p.show(dict(more.dialect_kwargs), statement.compare(make(t)))
        p.error(lambda make=make: make(t).with_dialect_options(sqlite_other=5))
        p.error(lambda make=make: make(t).with_dialect_options(other=5))


@programs
def constraints_of_two_tables(p: Peer) -> None:
    metadata = p.MetaData()
    a = p.Table("a", metadata, p.Column("x", p.Integer), p.Column("y", p.Integer))
    b = p.Table("b", metadata, p.Column("x", p.Integer), p.Column("y", p.Integer))
    p.CheckConstraint(a.c.x > b.c.y)
    p.show(_constraints(a), _constraints(b))
    p.error(lambda: p.UniqueConstraint(a.c.x, b.c.y))
    p.error(lambda: p.Index("i", a.c.x, b.c.y))
    p.error(lambda: p.Table("c", metadata, p.Column("z", p.Integer), p.Index("bar", a.c.x)))
    c = p.Column("c", p.Integer)
    d = p.Column("d", p.Integer)
    p.CheckConstraint(c > d)
    a.append_column(c)
    b.append_column(d)
    p.show(_constraints(a), _constraints(b))


@programs
def constraints_of_names_and_columns(p: Peer) -> None:
    metadata = p.MetaData()
    a, b = p.Column("a", p.Integer), p.Column("b", p.Integer)
    unique = p.UniqueConstraint(a, "b")
    table = p.Table("t", metadata, a, p.Column("c", p.Integer), b)
    p.show(_constraints(table), unique in table.constraints)
    a, b = p.Column("a", p.Integer), p.Column("b", p.Integer)
    unique = p.UniqueConstraint("a", b)
    table = p.Table("t2", metadata, a, b)
    p.show(_constraints(table), unique in table.constraints)
    a, b = p.Column("a", p.Integer), p.Column("b", p.Integer)
    p.UniqueConstraint(a, b)
    p.Table("t3", metadata, a)
    p.error(lambda: p.Table("t4", metadata, b))
    a, b = p.Column("a", p.Integer), p.Column("b", p.Integer)
    table = p.Table("t5", metadata, a, b)
    unique = p.UniqueConstraint(a, "b")
    p.show(_constraints(table), unique in table.constraints)
    p.error(lambda: p.UniqueConstraint(a, "nothing"))
    plain = p.table("t", p.column("a"))
    other = p.table("u", p.column("a"))
    p.error(lambda: len(p.ForeignKeyConstraint([plain.c.a], [other.c.a]).elements))


@programs
def index_on_a_table_clause(p: Peer) -> None:
    column = p.column("x")
    table = p.table("t", column)
    p.error(lambda: p.Index("q", table.c.x))
    c = p.Column("c", p.Integer)
    t = p.table("lower", c)
    index = p.Index("q", c)
    p.show(index.table is t, p.schema.CreateIndex(index))
    p.error(lambda: p.UniqueConstraint(5))
    p.error(lambda: p.Index("a", p.Column()))
    p.error(lambda: p.Index("foo", p.text("foo") == 5))
    p.error(
        lambda: p.Table("t", p.MetaData(), p.Column("x", p.Integer), p.Index("foo", p.Column()))
    )
    p.error(lambda: p.UniqueConstraint(p.Column()))

    class Claims:
        def __clause_element__(self) -> Any:
            return p.table("x")

    p.error(lambda: p.Index("foo", Claims()))


@programs
def pickled_schemas(p: Peer) -> None:
    metadata = p.MetaData()
    table = p.Table(
        "t", metadata, p.Column("q", p.Integer), p.Column("ok", p.Boolean(create_constraint=True)),
        p.Column("e", p.Enum("a", "b", name="e", create_constraint=True)),
    )  # fmt: skip
    marked = table.c.q._annotate({"my": "word"})
    table.append_constraint(p.UniqueConstraint(marked))
    table.append_constraint(p.CheckConstraint(marked > 5))
    p.Index("i", marked.desc())
    again = pickle.loads(pickle.dumps(metadata)).tables["t"]
    p.show(_ddl(p, again), [str(p.schema.CreateIndex(i)) for i in again.indexes])
    p.show(_constraints(again))


@programs
def types_of_foreign_keys_that_come_later(p: Peer) -> None:
    metadata = p.MetaData()
    base = p.Table("base", metadata, p.Column("id", p.Integer, primary_key=True))
    p.Table("first", metadata, p.Column("id", None, p.ForeignKey("base.q"), primary_key=True))
    base.append_column(p.Column("q", p.Integer))
    p.show(metadata.tables["first"].c.id.type)
    named = p.Table(
        "named", metadata, p.Column("id", None, p.ForeignKey("base.zz", link_to_name=True))
    )
    base.append_column(p.Column("zz", p.String, key="other"))
    p.show(named.c.id.type)
    keyed = p.Table("keyed", metadata, p.Column("id", None, p.ForeignKey("base.kk")))
    base.append_column(p.Column("kx", p.String, key="kk"))
    p.show(keyed.c.id.type)


@programs
def options_of_dialects_are_copied(p: Peer) -> None:
    for cls in (p.CheckConstraint, p.ForeignKeyConstraint, p.UniqueConstraint):
        cls.argument_for("postgresql", "probe", None)
    metadata = p.MetaData()
    p.Table("o", metadata, p.Column("id", p.Integer, primary_key=True))
    table = p.Table(
        "t", metadata,
        p.Column("a", p.Integer, p.CheckConstraint("a > 1", postgresql_probe=1)),
        p.Column("b", p.Integer, p.ForeignKey("o.id", postgresql_probe=2)),
        p.Column("c", p.Integer),
        p.CheckConstraint("c > 1", postgresql_probe=3),
        p.ForeignKeyConstraint(["c"], ["o.id"], postgresql_probe=4),
        p.UniqueConstraint("a", "c", postgresql_probe=5),
    )  # fmt: skip
    copied = table.to_metadata(p.MetaData())
    for t in (table, copied):
        p.show(
            sorted((type(c).__name__, repr(dict(c.dialect_kwargs))) for c in t.constraints),
            [dict(c.dialect_kwargs) for c in t.c.a.constraints],
        )


@programs
def copies_of_defaults(p: Peer) -> None:
    metadata = p.MetaData()

    class Fetched(p.FetchedValue):
        def __init__(self, word: str = "x") -> None:
            super().__init__()
            self.word = word

    table = p.Table(
        "t", metadata,
        p.Column("a", p.Integer, server_default="3"),
        p.Column("b", p.Integer, server_default=p.FetchedValue()),
        p.Column("c", p.Integer, server_default=Fetched("y"), server_onupdate=p.FetchedValue()),
        p.Column("d", p.Integer, default=5, onupdate=6),
    )  # fmt: skip
    copied = table.to_metadata(p.MetaData())
    for name in "abcd":
        for what in ("default", "onupdate", "server_default", "server_onupdate"):
            old, new = getattr(table.c[name], what), getattr(copied.c[name], what)
            p.show(name, what, old is None, new is None, old is new and old is not None)
            if old is not None:
                p.show(old.column is table.c[name], new.column is copied.c[name])
                p.show(type(new).__name__, getattr(new, "word", None), new.for_update)


@programs
def foreign_keys_to_what_is_no_table(p: Peer) -> None:
    metadata = p.MetaData()
    t = p.Table("t", metadata, p.Column("x", p.Integer))
    p.error(lambda: p.ForeignKey(t.alias().c.x))

    class Claims:
        def __clause_element__(self) -> Any:
            return t.alias("q").c.x

    p.error(lambda: p.ForeignKey(Claims()))
    p.error(lambda: p.ForeignKey(p.column("x")))
    p.error(lambda: p.ForeignKey(5))
    a = p.Table("a", metadata, p.Column("x", p.Integer), p.Column("y", p.Integer))
    b = p.Table("b", metadata, p.Column("y", p.Integer, p.ForeignKey("a")))
    p.show(b.c.y.references(a.c.y), b.c.y.references(a.c.x))
    c = p.Table("c", metadata, p.Column("z", p.Integer, p.ForeignKey("a")))
    p.error(lambda: c.c.z.references(a.c.x))


@programs
def naming_of_duplicate_labels(p: Peer) -> None:
    metadata = p.MetaData(
        naming_convention={"ix": "ix_%(column_0_label)s", "uq": "uq_%(column_0_label)s"}
    )
    table = p.Table("foo", metadata, p.Column("id", p.Integer), p.Column("foo_id", p.Integer))
    one, two = p.Index(None, table.c.id), p.UniqueConstraint(table.c.id)
    three, four = p.Index(None, table.c.foo_id), p.UniqueConstraint(table.c.foo_id)
    p.show(one.name, two.name, three.name, four.name)
    other = p.Table(
        "foo2", p.MetaData(naming_convention={"ck": "x"}), p.Column("a", p.Integer, index=True)
    )
    for index in other.indexes:
        p.show(index.name)
        p.error(lambda index=index: p.schema.CreateIndex(index).compile())
        p.error(lambda index=index: p.schema.DropIndex(index).compile())


@programs
def naming_of_many_columns(p: Peer) -> None:
    for part in ("0N", "0_N"):
        metadata = p.MetaData(
            naming_convention={
                "fk": f"fk_%(table_name)s_%(column_{part}_name)s_%(referred_table_name)s_"
                f"%(referred_column_{part}_name)s",
                "ix": f"ix_%(table_name)s_%(column_{part}_name)s",
                "uq": f"uq_%(table_name)s_%(column_{part}_name)s",
                "pk": f"pk_%(table_name)s_%(column_{part}_name)s_%(column_{part}_label)s",
            }
        )
        user = p.Table(
            "user", metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("data", p.String(30), primary_key=True),
            p.Column("Data2", p.String(30), key="data2"),
            p.Column("Data3", p.String(30), key="data3"),
        )  # fmt: skip
        address = p.Table(
            "address", metadata,
            p.Column("UserData", p.String(30), key="user_data"),
            p.Column("UserData2", p.String(30), key="user_data2"),
            p.Column("UserData3", p.String(30), key="user_data3"),
        )  # fmt: skip
        fk = p.ForeignKeyConstraint(
            ["user_data", "user_data2", "user_data3"], ["user.data", "user.data2", "user.data3"]
        )
        address.append_constraint(fk)
        unique = p.UniqueConstraint(user.c.data, user.c.data2, user.c.data3)
        index = p.Index(None, user.c.data, user.c.data2, user.c.data3)
        p.show(fk.name, unique.name, index.name, user.primary_key.name)
        default = p.module("engine.default").DefaultDialect
        for dialect in (default(), default(max_identifier_length=15)):
            p.show(
                str(p.schema.AddConstraint(fk).compile(dialect=dialect)),
                str(p.schema.AddConstraint(unique).compile(dialect=dialect)),
                str(p.schema.CreateIndex(index).compile(dialect=dialect)),
            )
        dialect = default()
        dialect.max_index_name_length = 15
        p.show(str(p.schema.CreateIndex(index).compile(dialect=dialect)))
        dialect.max_constraint_name_length = 15
        p.show(str(p.schema.AddConstraint(unique).compile(dialect=dialect)))


@programs
def naming_of_primary_keys(p: Peer) -> None:
    for convention in (
        "pk_%(column_0_name)s", "pk_%(column_0N_name)s", "pk_%(column_0_N_label)s", "%(table_name)s"
    ):  # fmt: skip
        metadata = p.MetaData(naming_convention={"pk": convention})
        marked = p.Table(
            "t1", metadata, p.Column("x", p.Integer, primary_key=True),
            p.Column("y", p.Integer, primary_key=True),
        )  # fmt: skip
        said = p.Table(
            "t2", metadata, p.Column("x", p.Integer), p.Column("y", p.Integer),
            p.PrimaryKeyConstraint("x", "y"),
        )  # fmt: skip
        empty = p.Table(
            "t3", metadata, p.Column("x", p.Integer, primary_key=True),
            p.Column("y", p.Integer, primary_key=True), p.PrimaryKeyConstraint(),
        )  # fmt: skip
        p.show(marked.primary_key.name, said.primary_key.name, empty.primary_key.name)


@programs
def naming_of_checks_of_types(p: Peer) -> None:
    postgresql = p.module("dialects.postgresql").dialect()
    default = p.module("engine.default").DefaultDialect()
    for convention in (
        {"ck": "ck_%(table_name)s_%(constraint_name)s"}, {"ck": "ck_%(table_name)s"}, None,
        {"ck": "ck_%(table_name)s_%(column_0_name)s"},
    ):  # fmt: skip
        for type_ in (
            p.Boolean(create_constraint=True), p.Boolean(create_constraint=True, name="foo"),
            p.Enum("a", "b", create_constraint=True, native_enum=False),
            p.Enum("a", "b", create_constraint=True, native_enum=False, name="bar"),
        ):  # fmt: skip
            metadata = p.MetaData(naming_convention=convention)
            try:
                table = p.Table("user", metadata, p.Column("x", type_))
            except p.exc.InvalidRequestError as error:
                p.show(str(error))
                continue
            (check,) = [c for c in table.constraints if isinstance(c, p.CheckConstraint)]
            p.show(str(check.name))
            p.error(lambda table=table: _ddl(p, table, postgresql))
            p.error(lambda table=table: _ddl(p, table, default))
    metadata = p.MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    check = p.CheckConstraint("x > 5")
    p.error(lambda: p.Table("user", metadata, p.Column("x", p.Integer), check))


@programs
def texts_of_schema_elements(p: Peer) -> None:
    sequence = p.Sequence("my_seq", start=5, increment=2)
    p.show(str(p.schema.CreateSequence(sequence)), str(p.schema.DropSequence(sequence)))
    p.show(repr(p.schema.DefaultGenerator(for_update=True)))
    table = p.Table("t", p.MetaData(), p.Column("x", p.Integer, comment="it's"), comment="so")
    for cls, item in (
        ("SetTableComment", table), ("DropTableComment", table), ("SetColumnComment", table.c.x),
        ("DropColumnComment", table.c.x),
    ):  # fmt: skip
        p.show(str(getattr(p.schema, cls)(item)))
    p.show(repr(p.FetchedValue()), repr(p.DefaultClause("1")))
    for identity in (
        p.Identity(), p.Identity(always=True, start=5), p.Identity(increment=2, minvalue=0),
        p.Identity(cache=1000, cycle=False), p.Identity(nominvalue=True, maxvalue=4),
    ):  # fmt: skip
        table = p.Table("t", p.MetaData(), p.Column("id", p.Integer, identity))
        p.show(_ddl(p, table))
        key = p.Table(
            "t", p.MetaData(), p.Column("id", p.Integer, identity._copy(), primary_key=True)
        )
        p.show(_ddl(p, key))


@programs
def identities_that_a_database_has_not(p: Peer) -> None:
    for module in ("sqlite", "postgresql"):
        dialect = p.module(f"dialects.{module}").dialect()
        for supported in (True, False):
            if module == "sqlite" and supported:
                continue
            dialect.supports_identity_columns = supported
            table = p.Table(
                "t", p.MetaData(), p.Column("foo", p.Integer, p.Identity("always", start=3))
            )
            p.show(_ddl(p, table, dialect))
            table = p.Table(
                "t", p.MetaData(),
                p.Column("foo", p.Integer, p.Identity("always", start=3), primary_key=True),
                p.Column("bar", p.Integer, p.Identity(), nullable=True),
            )  # fmt: skip
            p.show(_ddl(p, table, dialect))


@programs
def columns_of_one_name(p: Peer) -> None:
    metadata = p.MetaData()
    t = p.Table("t", metadata, p.Column("c1", p.Integer), p.Column("col", p.Integer, key="c2"))
    p.error(lambda: t.append_column(p.Column("c1", p.String)))
    p.error(lambda: t.append_column(p.Column("col", p.String, key="c2")))
    t.append_column(p.Column("col", p.String, key="c2"), replace_existing=True)
    p.show(t.c.keys(), [c.name for c in t.c])
    for first, second in (("b", "b"), ("b2", None), (None, "b2"), ("b1", "b2"), (None, None)):

        def build(first: Any = first, second: Any = second, **kw: Any) -> Any:
            return p.Table(
                "users", metadata, p.Column("a", p.Integer),
                p.Column("b", p.String, key=first), p.Column("b", p.String, key=second), **kw,
            )  # fmt: skip

        p.error(build)
        p.error(lambda build=build: build(extend_existing=True).c.keys())
        metadata.clear()
        p.error(lambda build=build: build(keep_existing=True).c.keys())
        p.show(sorted(metadata.tables))
        metadata.clear()
        p.Table("users", metadata, p.Column("a", p.Integer))
        p.error(lambda build=build: build(extend_existing=True).c.keys())
        metadata.clear()
        p.Table("users", metadata, p.Column("a", p.Integer), p.Column("b", p.String, key=first))
        p.error(
            lambda second=second: p.Table(
                "users", metadata, p.Column("b", p.String, key=second), extend_existing=True
            ).c.keys()
        )
        metadata.clear()


@programs
def quoting_of_what_exists(p: Peer) -> None:
    for first in ({}, {"quote": True}, {"quote": False}):
        metadata = p.MetaData()
        p.Table("users", metadata, p.Column("a", p.Integer), **first)
        for second in ({}, {"quote": True}, {"quote": False}):
            for how in ("keep_existing", "extend_existing"):

                def again(second: Any = second, how: str = how, metadata: Any = metadata) -> Any:
                    table = p.Table(
                        "users", metadata, p.Column("b", p.Integer), **second, **{how: True}
                    )
                    return str(p.schema.CreateTable(table)), getattr(table.name, "quote", None)

                p.error(again)
    for kw in (
        {"schema": "foo", "quote_schema": True}, {"schema": "foo", "quote_schema": False},
        {"schema": "foo"}, {"schema": p.module("sql").quoted_name("foo", True)}, {},
    ):  # fmt: skip
        metadata = p.MetaData(**kw)
        t = p.Table("t", metadata, p.Column("a", p.Integer))
        u = p.Table("u", metadata, schema=p.schema.BLANK_SCHEMA)
        v = p.Table("v", metadata, schema="bar", quote_schema=True)
        p.show(t.schema, u.schema, v.schema, p.select(t), p.select(v).select_from(v))
        p.show(getattr(t.schema, "quote", None), getattr(v.schema, "quote", None))


@programs
def places_of_columns(p: Peer) -> None:
    """They are counted from the front alone."""
    t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.Integer))
    for columns in (t.c, p.select(t).selected_columns, p.select(t).subquery().c):
        for place in (-1, 0, 1, 2, None, 1.5, True, (0, 7), (0, "b"), ("a", -1), slice(-1, None)):
            p.error(
                lambda c=columns, place=place: (
                    list(map(str, c[place])) if isinstance(place, tuple | slice) else str(c[place])
                )
            )


@programs
def copies_of_constraints_of_unknown_columns(p: Peer) -> None:
    """A column of no table stands for what the database has under its name."""
    t = p.Table("t", p.MetaData(), p.Column("id", p.Integer, primary_key=True))
    for constraint in (
        p.UniqueConstraint(p.column("hidden"), name="u"),
        p.UniqueConstraint(t.c.id, p.column("hidden")),
        p.CheckConstraint(p.column("hidden") > 5),
    ):
        t.append_constraint(constraint)
        p.show(p.schema.AddConstraint(constraint))
    copy = t.to_metadata(p.MetaData())
    unique = [each for each in copy.constraints if isinstance(each, p.UniqueConstraint)]
    for each in sorted(unique, key=lambda each: len(each.columns)):
        p.show([(str(c), c.table is copy) for c in each.columns])
        p.show(p.schema.AddConstraint(each))


@pytest.mark.parametrize("program", programs.registered)
def test_schema_details(program: Any) -> None:
    """One corner of schemas."""
    compare(program, warned=True)
