"""Schema on both packages: DDL, its order, attributes, errors, names by convention."""

from .harness import Peer, compare, making_tests
from .models import shop

program = making_tests()


# --- schema -----------------------------------------------------------------------


@program
def test_ddl_texts(p: Peer):
    schema = p.module("schema")
    dialect = p.module("dialects.sqlite").dialect()
    for table in shop(p, p.MetaData()).sorted_tables:
        p.show(str(schema.CreateTable(table).compile(dialect=dialect)))
        p.show(str(schema.DropTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: index.name):
            p.show(str(schema.CreateIndex(index).compile(dialect=dialect)))


@program
def test_create_and_drop_all(p: Peer):
    metadata = shop(p, p.MetaData())
    engine = p.engine()
    metadata.create_all(engine)
    metadata.create_all(engine)
    p.show(sorted(p.inspect(engine).get_table_names()))
    metadata.drop_all(engine, tables=[metadata.tables["links"]])
    metadata.drop_all(engine)
    metadata.drop_all(engine)
    metadata.tables["users"].create(engine)
    p.error(lambda: metadata.tables["users"].create(engine))
    metadata.tables["users"].create(engine, checkfirst=True)
    metadata.tables["users"].drop(engine)
    p.error(lambda: metadata.tables["users"].drop(engine))


def test_cycles_of_tables():
    def go(p: Peer):
        metadata = p.MetaData()
        p.Table(
            "x",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("y", p.ForeignKey("y.id")),
        )
        p.Table(
            "y",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("x", p.ForeignKey("x.id", use_alter=True, name="fkx")),
        )
        engine = p.engine()
        metadata.create_all(engine)
        p.show([table.name for table in metadata.sorted_tables])
        metadata.drop_all(engine)

    compare(go, warned=True)


@program
def test_schema_attributes(p: Peer):
    metadata = shop(p, p.MetaData())
    for table in metadata.sorted_tables:
        p.show(table.key, table.fullname, str(table), table.c.keys(), repr(table.primary_key))
        p.show(table.autoincrement_column, sorted(str(i.name) for i in table.indexes))
        p.show(sorted(type(c).__name__ for c in table.constraints))
        p.show(sorted(fk.target_fullname for fk in table.foreign_keys))
        for column in table.c:
            p.show(str(column), column.key, column.nullable, column.primary_key, column.unique)
            p.show(repr(column.type), column.index, column.server_default is None)
    users, posts = metadata.tables["users"], metadata.tables["posts"]
    p.show(posts.c.user_id.references(users.c.id), users.c.id.references(posts.c.user_id))
    p.show([fk.column is users.c.id for fk in posts.foreign_keys])
    p.show("users" in metadata, "zork" in metadata)
    copy = users.to_metadata(p.MetaData(), name="copied", schema="sc")
    p.show(copy.fullname, copy.c.keys(), sorted(i.name for i in copy.indexes))


@program
def test_schema_errors(p: Peer):
    metadata = p.MetaData()
    table = p.Table("t", metadata, p.Column("a", p.Integer), p.Column("b", p.Integer))

    def make(*items, name="new", **options):
        return p.Table(name, metadata, *items, **options)

    integer = p.Integer
    for case in [
        lambda: make(p.Column("q", integer), name="t"),
        lambda: make(name="zork", must_exist=True),
        lambda: make(name="t", extend_existing=True, keep_existing=True),
        lambda: p.Table("x"),
        lambda: p.Table("x", "y"),
        lambda: make(5),
        lambda: make("abc"),
        lambda: make(p.Column("a", integer), p.Column("a", integer)),
        lambda: make(p.Column("a", integer), p.Column("b", integer, key="a")),
        lambda: make(zork=5),
        lambda: make(sqlite_foo=5),
        lambda: make(p.Column("a", integer), p.ForeignKeyConstraint(["zz"], ["t.a"])),
        lambda: make(p.Column("a", integer), p.UniqueConstraint("zz")),
        lambda: make(p.Column("a", integer), p.Index("ix", "zz")),
        lambda: make(p.Column("a", integer), p.PrimaryKeyConstraint("zz")),
        lambda: make(p.Column("a", integer, index="x")),
        lambda: make(p.Column("a", integer, unique="x")),
        lambda: make(table.c.a),
        lambda: p.Column("a", "b"),
        lambda: p.Column("a", integer, 5),
        lambda: p.Column("a", integer, zork=1),
        lambda: p.Column("a", integer, name="b"),
        lambda: p.Column("a", integer, type_=p.String),
        lambda: p.Column("a", integer, p.Computed("b*2"), server_default="5"),
        lambda: p.Column("a", integer, p.Identity(), server_default="x"),
        lambda: p.ForeignKey(5),
        lambda: p.ForeignKey("a.b").column,
        lambda: p.ForeignKeyConstraint(["a"], ["x.b", "x.c"]),
        lambda: p.DefaultClause(5),
        lambda: p.ColumnDefault(p.FetchedValue()),
        lambda: p.ColumnDefault(lambda a, b: 5),
        lambda: p.Index("i2", table.c.a, make(p.Column("z", integer), name="other").c.z),
        lambda: table.append_column(p.Column("a", integer)),
        lambda: (
            next(iter(make(p.Column("r", p.ForeignKey("nope.id")), name="r1").foreign_keys)).column
        ),
        lambda: (
            next(iter(make(p.Column("r", p.ForeignKey("t.nope")), name="r2").foreign_keys)).column
        ),
        lambda: make(
            p.Column("x", integer),
            p.Column("y", integer),
            p.ForeignKeyConstraint(["x", "y"], ["t.a", "other.z"]),
            name="two",
        ),
        lambda: metadata.sorted_tables,
        lambda: table.c.nope,
        lambda: table.c["nope"],
        lambda: table.join(make(p.Column("lone", integer), name="lone")),
    ]:
        p.error(case)


@program
def test_foreign_key_types_follow_their_targets(p: Peer):
    metadata = p.MetaData()
    first = p.Table("a", metadata, p.Column("b_id", p.ForeignKey("b.id")))
    second = p.Table("c", metadata, p.Column("a_b", p.ForeignKey("a.b_id")))
    p.show(repr(first.c.b_id.type), repr(second.c.a_b.type))
    p.Table("b", metadata, p.Column("id", p.String(7), primary_key=True))
    p.show(repr(first.c.b_id.type), repr(second.c.a_b.type))
    late = p.Table("d", metadata, p.Column("x", p.ForeignKey("b.id")))
    p.show(repr(late.c.x.type), [table.name for table in metadata.sorted_tables])


@program
def test_names_by_convention(p: Peer):
    metadata = p.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    a = p.Table(
        "a",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.Integer, index=True),
        p.Column("y", p.Integer, unique=True),
        p.Column("b", p.Boolean(create_constraint=True, name="bb")),
        p.CheckConstraint("x > 5", name="cx"),
    )
    b = p.Table(
        "b",
        metadata,
        p.Column("id", p.Integer, p.ForeignKey("a.id"), primary_key=True),
        p.Column("z", p.Integer),
        p.UniqueConstraint("z", name="explicit"),
    )
    for table in (a, b):
        p.show(sorted(str(c.name) for c in [*table.constraints, *table.indexes]))
    metadata.create_all(p.engine())
    p.error(lambda: p.Table("e", metadata, p.Column("x", p.Integer), p.CheckConstraint("x > 5")))


@program
def test_autoincrement_column(p: Peer):
    def column(*items, **options):
        return p.Column("a", *items, primary_key=True, **options)

    def found(*columns):
        return p.Table("t", p.MetaData(), *columns).autoincrement_column

    for case in [
        lambda: found(column(p.Integer)),
        lambda: found(column(p.BigInteger)),
        lambda: found(column(p.String)),
        lambda: found(column(p.Integer, autoincrement=False)),
        lambda: found(column(p.Integer, p.ForeignKey("x.y"))),
        lambda: found(column(p.Integer, p.ForeignKey("x.y"), autoincrement="ignore_fk")),
        lambda: found(column(p.Integer, server_default="5")),
        lambda: found(column(p.Integer, default=5)),
        lambda: found(column(p.Integer), p.Column("b", p.Integer, primary_key=True)),
        lambda: found(
            column(p.Integer, autoincrement=True), p.Column("b", p.Integer, primary_key=True)
        ),
        lambda: found(column(p.Numeric(5, 0), autoincrement=True)),
        lambda: found(column(p.Numeric)),
        lambda: found(column(p.Float, default=1.5)),
        lambda: found(column(p.String, autoincrement=True)),
    ]:
        p.error(case)


def test_inspector():
    def go(p: Peer):
        engine = p.engine()
        shop(p, p.MetaData()).create_all(engine)
        inspector = p.inspect(engine)
        names = sorted(inspector.get_table_names())
        p.show(names, inspector.has_table("users"), inspector.has_table("zork"))
        for name in names:
            p.show(inspector.get_columns(name), inspector.get_pk_constraint(name))
            foreign_keys = inspector.get_foreign_keys(name)
            p.show(sorted(foreign_keys, key=str), inspector.get_indexes(name))
            p.show(inspector.get_unique_constraints(name), inspector.get_check_constraints(name))
        p.error(lambda: inspector.get_columns("zork"))
        p.error(lambda: p.inspect(5))
        loaded = p.MetaData()
        posts = p.Table("posts", loaded, autoload_with=engine)
        p.show(sorted(loaded.tables), [repr(column.type) for column in posts.c])
        p.show([fk.target_fullname for fk in posts.foreign_keys])
        everything = p.MetaData()
        everything.reflect(engine)
        p.show(sorted(everything.tables))
        p.error(lambda: p.Table("zork", p.MetaData(), autoload_with=engine))

    compare(go, sql=False)  # which PRAGMAs are read in which order may differ
