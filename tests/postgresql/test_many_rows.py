"""Flushes of many objects: by arrays where nothing can tell, else as VALUES or row by row."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.dialects import postgresql
from cormorant.orm import Session, declarative_base

text = sa.text
COUNT = 200


class Mapped:
    """A table of items with rows, and a session."""

    def __init__(self, engine: Any, *more: str, create: str = "") -> None:
        base: Any = declarative_base()

        class Item(base):
            __tablename__ = "item"
            id = sa.Column(sa.Integer, primary_key=True)
            n = sa.Column(sa.Integer)
            note = sa.Column(sa.String)
            parent_id = sa.Column(sa.Integer)

        self.Item: Any = Item
        self.session = Session(engine)
        columns = "id int primary key, n int, note varchar, parent_id int"
        self.session.execute(text(create or f"create table item ({columns})"))
        self.session.execute(
            text(f"insert into item (id, n) select i, -i from generate_series(1, {COUNT}) i")
        )
        for sql in more:
            self.session.execute(text(sql))
        self.session.commit()

    def items(self) -> list[Any]:
        return list(self.session.query(self.Item).order_by(self.Item.id))

    def update(self) -> str:
        for item in self.items():
            item.n += 3 * item.id
            item.note = f"note {item.id}"
        return self._ran("UPDATE")

    def delete(self) -> str:
        for item in self.items():
            self.session.delete(item)
        return self._ran("DELETE")

    def _ran(self, what: str) -> str:
        """How the flush ran: by what it prepared."""
        self.session.flush()
        found = self.session.execute(text("select statement from pg_prepared_statements"))
        statements = {s for s in found.scalars() if s.startswith(what)}
        self.session.execute(text("deallocate all"))
        assert len(statements) == 1, statements
        self.session.commit()
        self.session.connection().invalidate()
        self.session.close()
        return "arrays" if "unnest(" in statements.pop() else "rows"


@pytest.fixture
def mapped(engine: Any) -> Any:
    made: list[Mapped] = []

    def make(*more: str, create: str = "") -> Mapped:
        made.append(Mapped(engine, *more, create=create))
        return made[-1]

    yield make
    for each in made:
        each.session.close()


def test_plain_tables_go_by_arrays(mapped: Any) -> None:
    m = mapped()
    assert m.update() == "arrays"
    assert [(i.n, i.note) for i in m.items()] == [(2 * i, f"note {i}") for i in range(1, COUNT + 1)]
    assert m.delete() == "arrays"
    assert m.items() == []


INDEXED = [
    "create unique index u on item (n)",
    "create unique index u on item (lower(note))",
    "create unique index u on item (parent_id) where n > 500",
    "alter table item add constraint x exclude (note with =)",
    "alter table item add g int generated always as (n + 1) stored unique",
]
ALWAYS = [
    "create rule r as on {} to item do also select 1",
    "create function f() returns trigger language plpgsql as $$begin return {}; end$$;"
    "create trigger t before {} on item for each row execute function f()",
    "create function f() returns trigger language plpgsql as $$begin return null; end$$;"
    "create trigger t after {} on item execute function f()",
    "create table below () inherits (item)",
    "alter table item enable row level security",
]


@pytest.mark.parametrize("sql", [*INDEXED, *ALWAYS])
def test_updates_that_the_order_can_matter_to(sql: str, mapped: Any) -> None:
    sql = sql.replace("{}", "new", 1).replace("{}", "update") if "return {}" in sql else sql
    m = mapped("update item set note = id", sql.replace("{}", "update"))
    assert m.update() == "rows"
    assert sum(i.n for i in m.items()) == COUNT * (COUNT + 1)


@pytest.mark.parametrize(
    "sql",
    [
        *ALWAYS,
        "alter table item add foreign key (parent_id) references item",
        "create table other (id int primary key, item_id int references item on delete cascade);"
        "alter table item add foreign key (parent_id) references other on delete cascade",
    ],
)
def test_deletes_that_the_order_can_matter_to(sql: str, mapped: Any) -> None:
    sql = sql.replace("{}", "old", 1).replace("{}", "delete") if "return {}" in sql else sql
    m = mapped(sql.replace("{}", "delete"))
    assert m.delete() == "rows"
    assert m.items() == []


@pytest.mark.parametrize(
    "sql",
    [
        "create unique index u on item (parent_id)",
        "create index i on item (n)",
        "create table child (item_id int references item on delete cascade);"
        "insert into child select id from item",
        "alter table item add foreign key (parent_id) references item",
    ],
)
def test_what_does_not_matter_to_updates(sql: str, mapped: Any) -> None:
    assert mapped(sql).update() == "arrays"


@pytest.mark.parametrize("action", ["", "on delete cascade", "on delete set null"])
def test_deletes_with_children(action: str, mapped: Any) -> None:
    m = mapped(f"create table child (item_id int references item {action})")
    m.session.execute(text("insert into child values (5)"))
    m.session.commit()
    if action:
        assert m.delete() == "arrays"
        left = m.session.execute(text("select item_id from child")).all()
        assert left == ([] if "cascade" in action else [(None,)])
    else:
        with pytest.raises(exc.IntegrityError, match="still referenced") as caught:
            m.delete()
        error: Any = caught.value
        assert error.statement == "DELETE FROM item WHERE item.id = %(id)s::INTEGER"
        assert error.params == [{"id": i} for i in range(1, COUNT + 1)]


@pytest.mark.parametrize(
    ("sql", "how"),
    [
        ("select 1", "arrays"),
        ("create rule r as on delete to tagged do also select 1", "rows"),
    ],
)
def test_association_rows(sql: str, how: str, engine: Any) -> None:
    base: Any = declarative_base()
    tagged = sa.Table(
        "tagged",
        base.metadata,
        sa.Column("page_id", sa.ForeignKey("page.id"), primary_key=True),
        sa.Column("tag", sa.ForeignKey("tag.name"), primary_key=True),
    )

    class Page(base):
        __tablename__ = "page"
        id = sa.Column(sa.BigInteger, primary_key=True)
        tags = sa.orm.relationship("Tag", secondary=tagged)

    class Tag(base):
        __tablename__ = "tag"
        name = sa.Column(sa.String(10), primary_key=True)

    base.metadata.create_all(engine)
    session = Session(engine)
    tags = [Tag(name=f"tag '{i}") for i in range(COUNT)]
    pages = [Page(id=2**40, tags=tags[:150]), Page(id=-1, tags=tags[:])]
    session.add_all(pages)
    session.execute(text(sql))
    session.commit()
    pages[0].tags = tags[70:]
    pages[1].tags = tags[:100]
    session.flush()
    found = session.execute(text("select statement from pg_prepared_statements")).scalars()
    [deletes] = [s for s in found if s.startswith("DELETE")]
    assert ("unnest(" in deletes) == (how == "arrays")
    session.commit()
    rows = session.execute(sa.select(tagged).order_by(tagged.c.page_id, tagged.c.tag)).all()
    names = sorted(t.name for t in tags[70:])
    assert rows[100:] == [(2**40, name) for name in names]
    assert rows[:100] == [(-1, name) for name in sorted(t.name for t in tags[:100])]
    session.close()


def test_partitions_and_views(mapped: Any) -> None:
    columns = "id int primary key, n int, note varchar, parent_id int"
    m = mapped(
        create=f"create table item ({columns}) partition by range (id);"
        "create table one partition of item for values from (0) to (1000)"
    )
    assert m.update() == "rows"
    m.session.execute(text("drop table item"))
    m.session.commit()
    m = mapped(create=f"create table base ({columns}); create view item as select * from base")
    assert m.update() == "rows"
    assert sum(i.n for i in m.items()) == COUNT * (COUNT + 1)


def test_few_rows_are_not_worth_it(mapped: Any) -> None:
    m = mapped()
    for item in m.items()[:31]:
        item.n = 5
    assert m._ran("UPDATE") == "rows"


def test_guard_asks_each_time(mapped: Any) -> None:
    m = mapped()
    session = m.session
    for index in (False, True):
        if index:
            session.execute(text("create unique index u on item (n)"))
        for item in m.items():
            item.n = item.id - 1 if index else item.id
        session.flush()
    assert sum(i.n for i in m.items()) == COUNT * (COUNT - 1) // 2


def test_rows_too_large_for_one_statement(mapped: Any) -> None:
    m = mapped()
    items = m.items()
    for item in items:
        item.note = f"{item.id}" * 10_000
    assert m._ran("UPDATE") == "arrays"
    for item in m.items():
        assert item.note == f"{item.id}" * 10_000


def test_more_rows_than_one_statement_takes(mapped: Any) -> None:
    m = mapped("create sequence s start 1001", "alter table item alter id set default nextval('s')")
    made = [m.Item(n=n) for n in range(10_000)]
    m.session.add_all(made)
    m.session.flush()
    assert [i.id for i in made] == list(range(1001, 11_001))
    for item in made:
        item.note = str(item.n)
    m.session.flush()
    found = m.session.execute(text("select id - 1001, n, note from item where n >= 0 order by 1"))
    assert found.all() == [(n, n, str(n)) for n in range(10_000)]
    m.session.execute(text("alter table item add check (n <> -9000)"))
    for item in made:
        item.n = -item.n
    with pytest.raises(exc.IntegrityError):
        m.session.flush()
    m.session.rollback()
    assert len(m.items()) == COUNT


def test_values_that_the_server_refuses(mapped: Any) -> None:
    m = mapped()
    for item in m.items():
        item.note = "x\x00" if item.id == 100 else "y"
    with pytest.raises(exc.DataError, match="NUL"):
        m.session.flush()
    m.session.rollback()
    for item in m.items():
        item.n = 2**31 if item.id == 150 else 1
    with pytest.raises(exc.DataError, match="integer out of range"):
        m.session.flush()
    m.session.rollback()
    assert {(i.n, i.note) for i in m.items()} == {(-i, None) for i in range(1, COUNT + 1)}


def test_without_prepared_statements(url: str) -> None:
    engine = sa.create_engine(url, connect_args={"prepare_threshold": None})
    m = Mapped(engine)
    for item in m.items():
        item.n = item.id
    m.session.commit()
    assert m.session.execute(text("select * from pg_prepared_statements")).all() == []
    assert [i.n for i in m.items()] == list(range(1, COUNT + 1))
    for item in m.items():
        m.session.delete(item)
    m.session.commit()
    assert m.items() == []
    m.session.close()
    engine.dispose()


def test_a_row_changed_meanwhile(engine: Any, mapped: Any) -> None:
    """The statement waits for the other transaction and changes the newest row."""
    import threading

    m = mapped()
    for item in m.items():
        item.n = item.id
    with engine.connect() as other:
        other.execute(text("update item set note = 'other' where id = 77"))
        flush = threading.Thread(target=m.session.commit)
        flush.start()
        with engine.connect() as watch:
            waiting = text("select count(*) from pg_locks where not granted")
            while watch.execute(waiting).scalar() == 0:
                watch.rollback()
        other.commit()
        flush.join()
    assert {(i.n, i.note) for i in m.items() if i.id in (76, 77)} == {(76, None), (77, "other")}


def inserted(session: Any) -> str:
    """How the INSERTs since the last time ran: by what was prepared for them."""
    found = session.execute(text("select statement from pg_prepared_statements")).scalars()
    longest = max((s for s in found if s.startswith("INSERT")), key=len, default="")
    session.execute(text("deallocate all"))
    return "arrays" if "unnest(" in longest else "values"


MANY_TYPES = [
    (sa.Integer, "int", [1, None, -5]),
    (sa.BigInteger, "int", [2**30, None]),
    (sa.Float, "numeric(5, 2)", [1.25, None, 2.0]),
    (sa.Numeric(6, 3), "float8", [1, 2, 3]),
    (sa.String(9), "text", ["a", None, "", 'q"\\,{}', "NULL", "\u20ac"]),
    (sa.Text, "varchar(9)", ["a", None, "NULL"]),
    (sa.CHAR(3), "char(5)", ["a", "abc", None]),
    (sa.Boolean, "bool", [True, None]),
    (sa.LargeBinary, "bytea", [b"\0\xff", None, b""]),
    (sa.DateTime(timezone=True), "timestamptz", [None]),
    (postgresql.TIMESTAMP(precision=0), "timestamp", [dt.datetime(2020, 1, 1, 1, 1, 1), None]),
    (postgresql.DOUBLE_PRECISION, "float8", [0.1, None]),
    (postgresql.JSONB, "jsonb", [{"a": ['"', "\\"]}, "x", [1]]),
    (postgresql.INT4RANGE, "int4range", [postgresql.Range(1, 5), None]),
    (postgresql.INET, "inet", [ipaddress.ip_address("10.0.0.1"), None]),
]
# not cast, or arrays: what the elements are is not known, or they would be taken apart
ROWS_TYPES = [
    (sa.Enum("a", 'b"c', name="Odd Name"), '"Odd Name"', ["a", 'b"c', None]),
    (postgresql.BIT(3), "bit(3)", ["101", None]),
    (postgresql.ARRAY(sa.Integer), "int[]", [[1, 2], [], None]),
    (sa.String(collation="C"), "text", ["a", None]),
]


@pytest.mark.parametrize(
    ("how", "type_", "stored", "values"),
    [("arrays", *case) for case in MANY_TYPES] + [("values", *case) for case in ROWS_TYPES],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_inserts(how: str, type_: Any, stored: str, values: list[Any], engine: Any) -> None:
    """Each row with its key, whatever the type, and whatever the column's really is."""
    base: Any = declarative_base()

    class Thing(base):
        __tablename__ = "thing"
        id = sa.Column(sa.Integer, primary_key=True)
        n = sa.Column(sa.Integer)
        value = sa.Column(type_)

    with Session(engine) as session:
        session.execute(text("""create type "Odd Name" as enum ('a', 'b"c')"""))
        session.execute(text(f"create table thing (id serial primary key, n int, value {stored})"))
        session.commit()
        made = [Thing(n=i, value=values[i % len(values)]) for i in range(COUNT)]
        session.add_all(made)
        session.flush()
        keys = [thing.id for thing in made]
        assert keys == list(range(1, COUNT + 1))
        assert inserted(session) == how
        session.commit()
        read = session.query(Thing).order_by(Thing.id).all()
        assert [thing.n for thing in read] == list(range(COUNT))
        wanted = [v.ljust(5) if stored == "char(5)" and v else v for v in values]
        assert [thing.value for thing in read] == [wanted[i % len(values)] for i in range(COUNT)]


@pytest.mark.parametrize(
    ("type_", "how"),
    [
        ("numeric(6, 2)", "arrays"),
        ("double precision", "arrays"),
        ("character varying(3)", "arrays"),
        ("pg_catalog.int4", "arrays"),
        ('"pg_catalog"."numeric"', "arrays"),
        ("int[]", "values"),
        ("numeric(6, n)", None),
        ("numeric(6", None),
        ("pg_catalog.1", None),
        ("1", None),
    ],
)
def test_inserts_of_values_that_the_program_casts(type_: str, how: str | None, engine: Any) -> None:
    """A type as SQL names it is that of the elements, if it is one."""
    statement = f"INSERT INTO thing (n, value) VALUES (%(n)s::int, %(value)s::{type_})"
    values = ["{1,2}", "{}"] if type_ == "int[]" else ["3", "7"]
    rows = [{"n": n, "value": values[n % 2]} for n in range(COUNT)]
    with Session(engine) as session:
        session.execute(text("create table thing (n int, value text)"))
        connection = session.connection()
        if how is None:
            with pytest.raises(exc.DBAPIError):
                connection.exec_driver_sql(statement, rows)
            return
        connection.exec_driver_sql(statement, rows)
        assert inserted(session) == how
        found = session.execute(text("select n, value from thing order by n")).all()
        as_text = [v + ".00" if type_.startswith("numeric(") else v for v in values]
        assert found == [(n, as_text[n % 2]) for n in range(COUNT)]


@pytest.mark.parametrize(
    ("key", "sql"),
    [
        ("int generated always as identity", ""),
        ("int generated by default as identity", "alter sequence item_id_seq increment by 3"),
        ("serial", "create view seen as select * from item"),
        (
            "serial",
            "create function f() returns trigger language plpgsql as $$begin new.id = new.id * 7;"
            " new.note = (select count(*) from item); return new; end$$;"
            "create trigger t before insert on item for each row execute function f()",
        ),
        ("serial", "create rule r as on insert to item do also update item set note = 'ruled'"),
        (
            "serial",
            "create table other (n int);"
            "create rule r as on insert to item do also insert into other values (new.n)",
        ),
    ],
)
def test_inserts_leave_what_one_at_a_time_leaves(key: str, sql: str, url: str) -> None:
    """The same rows and keys whether many come together or each alone."""
    left = []
    for together in (True, False):
        base: Any = declarative_base()

        class Item(base):
            __tablename__ = "item"
            id = sa.Column(sa.Integer, primary_key=True)
            n = sa.Column(sa.Integer)
            note = sa.Column(sa.String)

        engine = sa.create_engine(url)
        with Session(engine) as session:
            for name in (
                "view if exists seen",
                "table if exists item cascade",
                "function if exists f",
            ):
                session.execute(text(f"drop {name}"))
            session.execute(text("drop table if exists other"))
            session.execute(text(f"create table item (id {key}, n int, note varchar)"))
            session.execute(text(sql or "select 1"))
            session.commit()
            made = [Item(n=-i) for i in range(COUNT)]
            for part in [made] if together else [[item] for item in made]:
                session.add_all(part)
                session.flush()
            if together:
                keys = [item.id for item in made]
                assert inserted(session) == "arrays"
                session.expire_all()
                assert [session.get(Item, k).n for k in keys] == [-i for i in range(COUNT)]
            rows = session.execute(text("select id, n, note from item order by n")).all()
            left.append([tuple(row) for row in rows])
            session.rollback()
            session.execute(text("drop table item cascade"))
            session.execute(text("drop table if exists other"))
            session.commit()
        engine.dispose()
    assert left[0] == left[1]


def test_inserts_after_the_schema_changed(engine: Any) -> None:
    """What was prepared is prepared again: when the type of the key changes, and when the
    program lets the server forget it."""
    base: Any = declarative_base()

    class Item(base):
        __tablename__ = "item"
        id = sa.Column(sa.Integer, primary_key=True)
        n = sa.Column(sa.Integer)

    base.metadata.create_all(engine)
    with Session(engine) as session:

        def write(count: int) -> None:
            session.add_all([Item(n=i) for i in range(count)])
            session.commit()
            for item in session.query(Item):
                item.n += 1
            session.commit()

        write(COUNT)
        write(5)
        with engine.begin() as other:
            other.execute(text("alter table item alter column id type bigint"))
        write(COUNT)
        write(5)
        for sql in ("deallocate all", "discard all"):
            if sql == "discard all":
                session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            session.execute(text(sql))
            session.commit()
            write(COUNT)
            write(5)
        assert session.query(Item).count() == 4 * (COUNT + 5)


@pytest.mark.parametrize("times", [1, 2, 7, 400])
def test_a_parameter_several_times_in_a_row(times: int, conn: Any) -> None:
    """Its number becomes longer at each of its places."""
    columns = [f"c{i}" for i in range(times)]
    conn.exec_driver_sql(f"create temp table wide ({', '.join(f'{c} int' for c in columns)})")
    for count in (2, 31, COUNT):
        values = ", ".join([":x"] * times)
        conn.execute(text(f"insert into wide values ({values})"), [{"x": n} for n in range(count)])
        sums = ", ".join(f"sum({c})" for c in columns)
        found = conn.exec_driver_sql(f"select count(*), {sums} from wide").one()
        assert found == (count, *[count * (count - 1) // 2] * times)
        conn.exec_driver_sql("truncate wide")


@pytest.mark.parametrize("cast", ["box", "pg_catalog.box", '"Odd \'type"', "mood", "point"])
def test_inserted_values_that_are_cast(cast: str, conn: Any) -> None:
    """Elements of an array's text are not always divided by commas."""
    conn.exec_driver_sql('create domain "Odd \'type" as box')
    conn.exec_driver_sql("create type mood as enum ('sad', '(1,2)')")
    conn.exec_driver_sql(f"create temp table made (id serial, v {cast})")
    given = {"mood": "(1,2)", "point": "(1,2)"}.get(cast, "(3,4),(1,2)")
    sql = f"insert into made (v) values (%s::{cast})"
    for _ in range(2):
        conn.exec_driver_sql(sql, [(None,), *[(given,)] * COUNT])
    found = conn.exec_driver_sql("select v::text, count(*) from made group by 1 order by 1")
    assert found.all() == [(given, 2 * COUNT), (None, 2)]
