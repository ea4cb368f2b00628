"""Updates and deletes of many objects: by arrays where nothing can tell, else row by row."""

from __future__ import annotations

from typing import Any

import pytest

import cormorant as sa
from cormorant import exc
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
