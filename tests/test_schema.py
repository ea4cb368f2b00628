"""Tables, columns, constraints. Behaviour is compared in differential/test_core_schema."""

import pickle

import pytest

from cormorant import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    exc,
    func,
)
from cormorant.schema import conv, sort_tables_and_constraints


def make(*items, name="t", metadata=None, **options):
    return Table(name, MetaData() if metadata is None else metadata, *items, **options)


def test_the_same_name_is_the_same_table():
    metadata = MetaData()
    table = make(Column("id", Integer), metadata=metadata)
    assert Table("t", metadata) is table
    assert make(Column("x", Integer), metadata=metadata, extend_existing=True) is table
    assert table.c.keys() == ["id", "x"]
    assert make(Column("y", Integer), metadata=metadata, keep_existing=True) is table
    assert "y" not in table.c


def test_a_table_that_fails_is_not_left_behind():
    metadata = MetaData()
    with pytest.raises(exc.ArgumentError):
        make(Column("id", Integer), "nonsense", metadata=metadata)
    assert not metadata.tables


def test_columns_are_reached_by_key():
    table = make(Column("name", String, key="n"), Column("id", Integer))
    assert table.c.n.name == "name"
    assert table.c["n"] is table.c.n
    assert list(table.c) == [table.c.n, table.c.id]
    assert table.c.contains_column(table.c.id)


def test_primary_key():
    table = make(Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True))
    assert table.primary_key.columns.keys() == ["a", "b"]
    assert not table.c.a.nullable
    assert table.autoincrement_column is None
    table = make(Column("a", Integer), PrimaryKeyConstraint("a", name="pk_t"))
    assert table.c.a.primary_key
    assert table.primary_key.name == "pk_t"
    assert table.autoincrement_column is table.c.a
    with pytest.warns(exc.SAWarning, match="not matching locally specified columns"):
        make(
            Column("a", Integer, primary_key=True),
            Column("b", Integer),
            PrimaryKeyConstraint("b"),
        )


def test_constraints_are_kept_in_order():
    table = make(
        Column("a", Integer),
        Column("b", Integer),
        UniqueConstraint("b", name="u2"),
        CheckConstraint("a > 0", name="c1"),
        UniqueConstraint("a", name="u1"),
    )
    assert [c.name for c in table._sorted_constraints if c.name] == ["u2", "c1", "u1"]


def test_constraints_attach_to_the_table_of_their_columns():
    table = make(Column("a", Integer), Column("b", Integer))
    unique = UniqueConstraint(table.c.a, table.c.b, name="u")
    check = CheckConstraint(table.c.a > 5, name="c")
    index = Index("i", func.lower(table.c.b), table.c.a)
    assert {unique, check} <= table.constraints
    assert index in table.indexes
    assert index.columns.keys() == ["b", "a"]
    later = Column("x", Integer)
    waiting = Index("late", later)
    assert waiting.table is None
    assert make(later, name="u").indexes == {waiting}


def test_foreign_keys_by_name_and_object():
    metadata = MetaData()
    child = make(
        Column("p", ForeignKey("parent.id")), Column("q", Integer), name="child", metadata=metadata
    )
    (key,) = child.foreign_keys
    with pytest.raises(exc.NoReferencedTableError, match="could not find table 'parent'"):
        _ = key.column
    parent = make(Column("id", Integer, primary_key=True), name="parent", metadata=metadata)
    assert key.column is parent.c.id
    assert isinstance(child.c.p.type, Integer)
    assert child.c.p.references(parent.c.id)
    other = make(Column("r", ForeignKey(parent.c.id)), name="other", metadata=metadata)
    assert next(iter(other.foreign_keys)).target_fullname == "parent.id"
    assert next(t.name for t in metadata.sorted_tables) == "parent"


def test_composite_foreign_key():
    metadata = MetaData()
    make(Column("a", Integer), Column("b", Integer), name="p", metadata=metadata)
    child = make(
        Column("x", Integer),
        Column("y", Integer),
        ForeignKeyConstraint(["x", "y"], ["p.a", "p.b"], name="fk"),
        name="c",
        metadata=metadata,
    )
    (constraint,) = child.foreign_key_constraints
    assert constraint.column_keys == ["x", "y"]
    assert constraint.referred_table.name == "p"
    assert [e.column.name for e in constraint.elements] == ["a", "b"]
    assert repr(constraint) == "ForeignKeyConstraint(['x', 'y'], ['p.a', 'p.b'], name='fk')"


def test_defaults():
    column = Column("a", Integer, default=5, onupdate=lambda: 6, server_default="7")
    assert column.default.is_scalar
    assert column.default.arg == 5
    assert column.onupdate.is_callable
    assert column.onupdate.arg(None) == 6
    assert column.server_default.arg == "7"
    assert Column("a", Integer, default=list).default.arg(None) == []
    assert Column("a", Integer, default=lambda context: context).default.arg(3) == 3
    assert Column("a", Integer, default=lambda x=5: x).default.arg(3) == 5
    assert Column("a", Integer, default=func.now()).default.is_clause_element
    assert Column("a", Integer, default=Sequence("s")).default.is_sequence
    assert Column("a", Integer, default=None).default is None


class _Callable:
    def __call__(self, context):
        return context

    def method(self):
        return "m"


def test_default_callables_of_all_kinds():
    assert Column("a", Integer, default=_Callable()).default.arg(4) == 4
    assert Column("a", Integer, default=_Callable().method).default.arg(4) == "m"
    assert Column("a", Integer, default=dict).default.arg(4) == {}


def test_identity_and_computed():
    table = make(Column("a", Integer, Identity(start=3)), Column("b", Integer, Computed("a + 1")))
    assert table.c.a.identity.start == 3
    assert not table.c.a.nullable
    assert table.c.b.computed.sqltext.text == "a + 1"
    assert table.c.b.server_default is table.c.b.computed


def test_naming_convention():
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_N_name)s"})
    table = make(
        Column("a", Integer),
        Column("b", Integer),
        UniqueConstraint("a", "b"),
        metadata=metadata,
    )
    names = [c.name for c in table.constraints if isinstance(c, UniqueConstraint)]
    assert names == ["uq_t_a_b"]
    assert isinstance(names[0], conv)
    assert UniqueConstraint("a", name=conv("kept")).name == "kept"


def test_custom_convention_token():
    metadata = MetaData(
        naming_convention={
            "shout": lambda constraint, table: table.name.upper(),
            "uq": "%(shout)s_%(column_0_key)s",
        }
    )
    table = make(Column("a", Integer, unique=True), metadata=metadata)
    assert "T_a" in [c.name for c in table.constraints]


def test_to_metadata():
    metadata = MetaData()
    make(Column("id", Integer, primary_key=True), name="p", metadata=metadata)
    table = make(
        Column("id", Integer, primary_key=True, comment="c", info={"x": 1}),
        Column("p_id", ForeignKey("p.id"), index=True),
        Column("n", String(5), unique=True, default="d"),
        Column("e", Integer, CheckConstraint("e > 0")),
        CheckConstraint("id > 5", name="ck"),
        Index("ix", "id", "n"),
        metadata=metadata,
        comment="tc",
        info={"y": 2},
    )
    copy = table.to_metadata(MetaData(), schema="s", name="copied")
    assert copy.fullname == "s.copied"
    assert copy.c.keys() == table.c.keys()
    assert copy.c.id.comment == "c"
    assert copy.c.id.info == {"x": 1}
    assert copy.info == {"y": 2}
    assert copy.c.n.default.arg == "d"
    assert {i.name for i in copy.indexes} == {"ix", "ix_s_copied_p_id"}
    assert [fk.target_fullname for fk in copy.foreign_keys] == ["s.p.id"]
    assert "ck" in [c.name for c in copy.constraints]
    assert copy.c.id.table is copy
    assert table.c.id.table is table
    with pytest.warns(exc.SAWarning, match="already exists within the given MetaData"):
        assert table.to_metadata(metadata) is table


def test_dialect_options():
    table = make(Column("a", Integer), sqlite_autoincrement=True, sqlite_strict=True)
    assert table.dialect_options["sqlite"]["autoincrement"] is True
    assert table.dialect_options["sqlite"]["with_rowid"] is True
    assert dict(table.dialect_kwargs) == {
        "sqlite_autoincrement": True,
        "sqlite_strict": True,
    }
    with pytest.raises(exc.ArgumentError, match="is not accepted by dialect 'sqlite'"):
        make(Column("a", Integer), sqlite_zork=True)


def test_metadata_collection():
    metadata = MetaData(schema="s")
    table = make(Column("id", Integer), metadata=metadata)
    assert "s.t" in metadata
    assert table in [t for t in metadata.tables.values()]
    with pytest.raises(TypeError, match="immutable"):
        metadata.tables["x"] = table
    metadata.remove(table)
    assert not metadata.tables


def test_sort_of_cycles():
    metadata = MetaData()
    make(Column("y", ForeignKey("y.id")), Column("id", Integer), name="x", metadata=metadata)
    make(Column("x", ForeignKey("x.id")), Column("id", Integer), name="y", metadata=metadata)
    with pytest.warns(exc.SAWarning, match="unresolvable cycles"):
        assert [t.name for t in metadata.sorted_tables] == ["x", "y"]
    ordered = sort_tables_and_constraints(list(metadata.tables.values()))
    assert [t.name if t is not None else None for t, _ in ordered] == ["x", "y", None]
    assert len(ordered[-1][1]) == 2


def test_a_table_survives_pickling():
    metadata = MetaData()
    make(Column("id", Integer, primary_key=True), name="p", metadata=metadata)
    make(Column("p", ForeignKey("p.id")), name="c", metadata=metadata)
    again = pickle.loads(pickle.dumps(metadata))
    assert sorted(again.tables) == ["c", "p"]
    assert again.tables["c"].c.p.references(again.tables["p"].c.id)
    again.create_all(create_engine("sqlite://"))
