"""The machine of test_machine.py with more operations: natural keys and composites, bulk methods,
upserts, histories, a second session, objects that are made transient or detached.

`SOAK` and `SOAK_DATABASE` are those of that machine.
"""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .. import postgres
from . import test_machine as plain
from .harness import DATABASES, on_database
from .test_machine import DATABASE, SOAK, Run, assert_alike, ordered_session


class WideRun(Run):
    """One package, with two sessions."""

    def __init__(self, name: str, database: str) -> None:
        super().__init__(name, database)
        orm = self.package.orm
        self.package.tables[0].metadata.create_all(self.package.other)
        self.other = ordered_session(orm, self.package.other)
        self.lent: list[Any] = []
        self.asked: set[int] = set()
        self.second = importlib.import_module(f"{name}.dialects.{database}")

    # -- operations

    def make_more(self, a: int, b: int, c: int) -> Any:
        country, city = self.package.more
        if a % 2:
            obj = country(code=f"c{b % 4}", name=f"n{c % 3}")
        else:
            obj = city(name=f"n{b % 4}", at=self.package.point(a, b) if c % 3 else None)
        self.objects.append(obj)
        self.session.add(obj)

    def rename(self, a: int, b: int, c: int) -> Any:
        countries = [o for o in self.objects if type(o).__name__ == "Country"]
        if countries:
            countries[a % len(countries)].code = f"c{b % 6}"

    def move(self, a: int, b: int, c: int) -> Any:
        cities = [o for o in self.objects if type(o).__name__ == "City"]
        if cities:
            city = cities[a % len(cities)]
            if c % 4 == 0:
                city.at = None
            else:
                city.at = self.package.point(b, c)
            return city.at and (city.at.x, city.at.y)

    def settle(self, a: int, b: int, c: int) -> Any:
        city, country = self.related(a, "City"), self.related(b, "Country")
        if city is not None:
            city.country = country if c % 3 else None

    def query_more(self, a: int, b: int, c: int) -> Any:
        cls = self.package.more[a % 2]
        query = self.session.query(cls).order_by(*cls.__table__.primary_key)
        if b % 3 == 0:
            query = query.populate_existing()
        elif b % 3 == 1:
            query = query.yield_per(2)
        return [self.index(o) for o in query]

    def merge_unloaded(self, a: int, b: int, c: int) -> Any:
        return self.index(self.session.merge(self.object(a), load=False))

    def out_and_in(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        self.session.expunge(obj)
        self.session.add(obj)

    def let_go(self) -> None:
        """SQLAlchemy's close() and expunge_all() forget those that gave way to others."""
        for obj in self.objects:
            here = self.package.sa.inspect(obj).session is self.session
            if here and obj not in self.session:
                self.session.expunge(obj)

    def expunge_all(self, a: int, b: int, c: int) -> Any:
        if not any(self.package.sa.inspect(obj).deleted for obj in self.objects):
            self.let_go()
            self.session.expunge_all()

    def flush_one(self, a: int, b: int, c: int) -> Any:
        self.session.flush([self.object(a)])

    def add_all(self, a: int, b: int, c: int) -> Any:
        self.session.add_all([self.object(a), self.object(b)])

    def bulk_save(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 5]
        objects = [cls(name=f"s{b}{n}", age=n) for n in range(c % 3)]
        self.session.bulk_save_objects(objects)

    def upsert(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[(0, 3)[a % 2]]
        statement = self.second.insert(cls).values(id=b % 4 + 1, name=f"u{b % 4}", age=c)
        statement = statement.on_conflict_do_update(
            index_elements=["id"], set_={"age": statement.excluded.age}
        ).returning(cls)
        options = {"populate_existing": True} if c % 2 else {}
        found = self.session.scalars(statement, execution_options=options)
        return [self.index(o) for o in found]

    def insert_returning(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[(1, 2, 3)[a % 3]]
        rows = [{"name": f"r{n}", "age": c} for n in range(b % 3 + 1)]
        if cls is self.package.classes[1]:
            rows = [{**row, "version": 1} for row in rows]
        statement = self.package.sa.insert(cls).returning(cls, sort_by_parameter_order=True)
        return [self.index(o) for o in self.session.scalars(statement, rows)]

    def update_returning(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[(0, 1, 3)[a % 3]]
        statement = self.package.sa.update(cls).where(cls.age <= b % 4).values(age=cls.age + 1)
        synchronize = ("fetch", "evaluate", "auto", False)[c % 4]
        return self.session.execute(
            statement, execution_options={"synchronize_session": synchronize}
        ).rowcount

    def history(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        names = self.names(obj)[1:]
        name = names[b % len(names)]
        if (
            name == "profile"
        ):  # SQLAlchemy asks each time for what an object was set in the place of
            if self.index(obj) in self.asked:
                return None
            self.asked.add(self.index(obj))
        attribute = self.package.sa.inspect(obj).attrs[name]
        found = attribute.load_history() if c % 2 else attribute.history
        for value in itertools.chain(*found):
            if type(value).__name__ == "LoaderCallableStatus":
                _ = value.of_an_object_that_is_transient  # no value, but an error of SQLAlchemy's
        shown = [
            sorted(
                str(self.index(v) if type(v).__name__ in plain.RELATIONS else plain._plain(v))
                for v in part
            )
            for part in found
        ]
        return shown

    def flag(self, a: int, b: int, c: int) -> Any:
        attributes = importlib.import_module(f"{self.package.name}.orm.attributes")
        obj = self.object(a)
        if b % 2:
            attributes.flag_modified(obj, ("name", "age")[c % 2])
        elif self.package.sa.inspect(obj).key is not None:
            attributes.set_committed_value(obj, "age", c)

    def transient(self, a: int, b: int, c: int) -> Any:
        self.package.orm.make_transient(self.object(a))

    def detached(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if "id" in type(obj).__mapper__.attrs and "id" in self.package.sa.inspect(obj).dict:
            self.package.orm.make_transient_to_detached(obj)

    def takes_lent(self, obj: Any) -> bool:
        """Whether an expunge reaches objects of the other session: SQLAlchemy takes them out of it,
        and it goes on to know them."""
        held = self.package.sa.inspect(obj).dict
        reached = (held.get("profile"), *(held.get("children") or ()))
        return any(each in self.other for each in reached if each is not None)

    def expunge(self, a: int, b: int, c: int) -> Any:
        if not self.takes_lent(self.object(a)):
            super().expunge(a, b, c)

    def to_other(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if c % 2 and self.takes_lent(obj):
            return
        if c % 2:
            self.session.expunge(obj)
        self.other.add(obj)
        self.lent.append(obj)

    def from_other(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        self.other.expunge(obj)
        if c % 2:
            self.session.add(obj)

    def merge_to_other(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if any(self.package.sa.inspect(each).key is None for each in self.lent):
            return None  # SQLAlchemy's other session still knows what lost its row in this one
        with self.other.no_autoflush:
            return self.index(self.other.merge(obj))

    def close(self, a: int, b: int, c: int) -> Any:
        self.session.rollback()
        self.let_go()
        self.session.close()

    def rows(self) -> list[Any]:
        self.other.close()
        return super().rows()


_MORE = (
    *("make_more", "make_more", "make_more", "rename", "rename", "move", "move", "settle"),
    *("settle", "query_more", "query_more", "merge_unloaded", "out_and_in", "flush_one"),
    *("add_all", "bulk_save", "upsert", "insert_returning", "update_returning", "history"),
    *("history", "flag", "transient", "detached", "to_other", "from_other"),
    *("merge_to_other", "close", "expunge_all"),
)
_SEQUENCES = st.lists(
    st.tuples(
        st.sampled_from((*plain._OPERATIONS, *_MORE, *_MORE)),
        st.tuples(plain._NUMBER, plain._NUMBER, plain._NUMBER),
    ),
    min_size=3,
    max_size=30,
)


_RENAMED_HERE = [
    ("make_more", (1, 5, 4)),
    ("flush", (0, 0, 0)),
    ("rename", (0, 5, 0)),
    ("flush", (0, 0, 0)),
]
_RENAMED = [
    ("make_more", (1, 5, 4)),
    ("commit", (0, 0, 0)),
    ("rename", (0, 5, 0)),
    ("flush", (0, 0, 0)),
]
FOUND: dict[str, list[tuple[str, tuple[int, int, int]]]] = {
    "a key that is set to what it was": [
        ("make_more", (5, 3, 9)),
        ("query", (5, 4, 2)),
        ("rename", (3, 3, 11)),
        ("delete_statement", (11, 9, 0)),
    ],
    "merge(load=False) of an object of the session": [
        ("insert_returning", (9, 3, 3)),
        ("assign", (9, 10, 10)),
        ("merge_unloaded", (3, 11, 1)),
    ],
    "history of an object whose INSERT was rolled back": [
        ("make_with_key", (5, 5, 6)),
        ("query_more", (7, 1, 3)),
        ("bulk_update", (10, 10, 10)),
        ("history", (11, 9, 11)),
    ],
    "history of a reference that was never given": [
        ("make", (6, 5, 2)),
        ("savepoint", (9, 1, 3)),
        ("history", (10, 11, 3)),
    ],
    "a key that was changed of an object whose INSERT was rolled back": [
        ("make_more", (1, 5, 4)),
        ("flush", (7, 1, 11)),
        ("rename", (9, 11, 8)),
        ("query", (6, 6, 1)),
        ("rollback", (4, 7, 11)),
        ("merge_unloaded", (0, 0, 0)),
        ("history", (0, 0, 0)),
    ],
    "the same, changed, and added again": [
        *_RENAMED_HERE,
        ("assign", (0, 0, 1)),
        ("rollback", (0, 0, 0)),
        ("history", (0, 0, 0)),
        ("add", (0, 0, 0)),
    ],
    "the same, deleted": [
        *_RENAMED_HERE,
        ("delete", (0, 0, 0)),
        ("flush", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
        ("add", (0, 0, 0)),
    ],
    "the same, expunged": [*_RENAMED_HERE, ("expunge", (0, 0, 0)), ("rollback", (0, 0, 0))],
    "the same, in another session": [
        *_RENAMED_HERE,
        ("to_other", (0, 0, 1)),
        ("rollback", (0, 0, 0)),
    ],
    "a key that was changed of an object that was expunged": [
        *_RENAMED,
        ("expunge", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "the same, in another session, with its row": [
        *_RENAMED,
        ("to_other", (0, 0, 1)),
        ("rollback", (0, 0, 0)),
    ],
    "the same, pending again": [
        *_RENAMED,
        ("transient", (0, 0, 0)),
        ("add", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "a key that was changed, and again in a savepoint": [
        *_RENAMED,
        ("savepoint", (0, 0, 0)),
        ("rename", (0, 0, 0)),
        ("flush", (0, 0, 0)),
        ("release", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "a key that was changed in a savepoint after the INSERT": [
        ("make_more", (1, 5, 4)),
        ("flush", (0, 0, 0)),
        ("savepoint", (0, 0, 0)),
        ("rename", (0, 5, 0)),
        ("flush", (0, 0, 0)),
        ("rollback_to", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "keys that were exchanged": [
        ("make_more", (1, 5, 4)),
        ("make_more", (1, 6, 4)),
        ("commit", (0, 0, 0)),
        *(("rename", (0, 5, 0)), ("flush", (0, 0, 0))),
        *(("rename", (1, 1, 0)), ("flush", (0, 0, 0))),
        *(("rename", (0, 2, 0)), ("flush", (0, 0, 0))),
        ("rollback", (0, 0, 0)),
        ("query_more", (0, 2, 0)),
    ],
    "an object that was inserted here, in another session": [
        ("make_more", (1, 5, 4)),
        ("flush", (0, 0, 0)),
        ("to_other", (0, 0, 1)),
        ("rollback", (0, 0, 0)),
    ],
    "the order of new objects after all were expunged and then some": [
        ("make", (2, 1, 0)),
        ("expunge_all", (0, 0, 0)),
        *[("make", (2, 1, 0))] * 4,
        ("expunge", (1, 0, 0)),
        ("expunge", (2, 0, 0)),
        ("make", (2, 1, 1)),
        ("flush", (0, 0, 0)),
    ],
    "objects that were inserted and expunged with all": [
        ("make_more", (1, 5, 4)),
        ("make_more", (1, 6, 4)),
        ("flush", (0, 0, 0)),
        ("savepoint", (0, 0, 0)),
        ("make_more", (1, 7, 4)),
        ("flush", (0, 0, 0)),
        ("expunge_all", (0, 0, 0)),
        ("rollback_to", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "history of an object that was inserted and expunged": [
        ("make_more", (1, 5, 4)),
        ("flush", (0, 0, 0)),
        ("expunge", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
        ("history", (0, 0, 0)),
    ],
    "what is expired of an object that is made transient": [
        ("insert_returning", (0, 11, 4)),
        ("assign_sql", (7, 2, 9)),
        ("delete_statement", (3, 10, 7)),
        ("transient", (10, 9, 2)),
        ("read", (1, 2, 0)),
        ("history", (1, 1, 0)),
        ("add", (1, 0, 0)),
        ("flush", (0, 0, 0)),
    ],
    "an object that was inserted here and made detached": [
        ("make", (11, 4, 9)),
        ("savepoint", (9, 11, 5)),
        ("transient", (3, 11, 4)),
        ("detached", (10, 7, 0)),
        ("rollback", (5, 3, 8)),
    ],
    "a new object with the key of one that is expired but for one value": [
        ("make_more", (11, 11, 2)),
        ("commit", (4, 9, 10)),
        ("savepoint", (6, 2, 11)),
        ("flag", (6, 0, 9)),
        ("make_more", (5, 7, 7)),
        ("query_eagerly", (9, 0, 7)),
    ],
    "an empty collection that was only read, made detached": [
        ("upsert", (10, 7, 11)),
        ("transient", (9, 11, 3)),
        ("read", (3, 3, 1)),
        ("detached", (7, 11, 11)),
        ("relate", (7, 4, 5)),
    ],
    "history of a detached reference that was never given": [
        ("make_more", (2, 2, 8)),
        ("update_returning", (6, 4, 6)),
        ("expunge", (11, 6, 0)),
        ("history", (6, 8, 11)),
    ],
    "history of what is expired of an object without a row": [
        ("make_more", (5, 1, 0)),
        ("savepoint", (3, 11, 0)),
        ("flag", (6, 5, 3)),
        ("rollback", (7, 6, 3)),
        ("history", (4, 9, 5)),
    ],
    "merge(load=False) onto an object with changes": [
        ("insert_returning", (1, 1, 0)),
        ("delete", (1, 0, 0)),
        ("relate", (0, 0, 0)),
        ("make", (2, 1, 0)),
        ("get", (0, 0, 0)),
        ("assign_sql", (2, 0, 0)),
        ("merge_unloaded", (1, 0, 0)),
    ],
    "merge(load=False) of an expired object onto one that is loaded": [
        ("make_more", (0, 0, 0)),
        ("insert_returning", (0, 0, 0)),
        ("close", (0, 0, 0)),
        ("make", (1, 1, 0)),
        ("update_returning", (0, 0, 0)),
        ("merge_unloaded", (1, 0, 0)),
    ],
    "criteria on an object that holds an expression": [
        ("insert_returning", (0, 0, 0)),
        ("autoflush", (0, 0, 0)),
        ("assign_sql", (0, 0, 0)),
        ("update_returning", (1, 0, 1)),
    ],
    "a failed INSERT, then in another session until the rollback": [
        ("upsert", (0, 0, 0)),
        ("make_more", (1, 0, 0)),
        ("unrelate", (0, 0, 0)),
        ("make_more", (1, 0, 0)),
        ("merge_object", (0, 0, 0)),
        ("to_other", (1, 0, 0)),
        ("add", (2, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "a failed INSERT, then in another session by a cascade": [
        ("insert_returning", (1, 1, 0)),
        ("upsert", (0, 0, 0)),
        ("merge", (1, 0, 0)),
        ("query_more", (0, 0, 0)),
        ("bulk_update", (0, 1, 0)),
        ("merge_to_other", (0, 0, 0)),
        ("relate", (4, 0, 0)),
        ("make_more", (0, 0, 0)),
        ("close", (0, 0, 0)),
    ],
    "a failed INSERT, then made detached until the rollback": [
        ("make", (0, 1, 0)),
        ("upsert", (0, 0, 0)),
        ("bulk_update", (1, 0, 0)),
        ("make_more", (0, 0, 0)),
        ("detached", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "a key that was changed of an object made transient": [
        ("make_more", (1, 0, 0)),
        ("flush", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("query_more", (0, 0, 0)),
        ("transient", (0, 0, 0)),
        ("close", (0, 0, 0)),
        ("add_all", (0, 0, 0)),
    ],
    "history of a default that a failed flush filled in": [
        ("make_more", (0, 0, 0)),
        ("assign_sql", (0, 0, 0)),
        ("make", (0, 0, 0)),
        ("make_more", (1, 0, 0)),
        ("flush", (0, 0, 0)),
        ("history", (2, 1, 0)),
    ],
    "a key set to what it was, with children that are detached": [
        ("make_more", (0, 0, 0)),
        ("flush_one", (0, 0, 0)),
        ("expunge_all", (0, 0, 0)),
        ("autoflush", (0, 0, 0)),
        ("make_more", (1, 0, 0)),
        ("settle", (0, 0, 1)),
        ("autoflush", (0, 0, 0)),
        ("flush", (0, 0, 0)),
        ("rename", (0, 0, 0)),
        ("query", (0, 0, 0)),
    ],
    "a key set to what it was, with children that are expired": [
        ("make_more", (0, 0, 0)),
        ("make_more", (1, 0, 0)),
        ("replace", (1, 0, 0)),
        ("merge_object", (0, 0, 0)),
        ("expire", (0, 0, 0)),
        ("rename", (0, 0, 0)),
        ("savepoint", (0, 0, 0)),
    ],
    "a deleted object comes back to where merge(load=False) made another": [
        ("upsert", (0, 0, 0)),
        ("delete", (0, 0, 0)),
        ("query_more", (0, 0, 0)),
        ("merge_unloaded", (0, 0, 0)),
        ("rollback", (0, 0, 0)),
    ],
    "a deleted object comes back to where a row was inserted": [
        ("upsert", (1, 0, 0)),
        ("delete", (0, 0, 0)),
        ("insert_returning", (2, 0, 0)),
        ("close", (0, 0, 0)),
    ],
    "the key of a row that merge(load=False) says was written": [
        ("make_more", (1, 0, 0)),
        ("query_more", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("merge_unloaded", (0, 0, 0)),
        ("flag", (0, 1, 0)),
        ("commit", (0, 0, 0)),
    ],
    "a detached object with a key that is not its identity": [
        ("make_more", (1, 0, 0)),
        ("flush", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("upsert", (0, 0, 0)),
        ("close", (0, 0, 0)),
        ("make_more", (0, 0, 0)),
        ("settle", (0, 0, 1)),
        ("update_returning", (0, 0, 0)),
    ],
    "a key that merge(load=False) says was written, set back": [
        ("make_more", (1, 0, 0)),
        ("savepoint", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("merge_unloaded", (0, 0, 0)),
        ("rename", (0, 0, 0)),
        ("get", (0, 0, 0)),
    ],
    "what the flush before a refresh has loaded": [
        ("make_more", (1, 0, 0)),
        ("upsert", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("refresh", (0, 2, 0)),
    ],
    "a key that is changed, with a child that is transient": [
        ("make_more", (0, 0, 0)),
        ("make_more", (1, 0, 0)),
        ("upsert", (0, 0, 0)),
        ("transient", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("settle", (0, 0, 1)),
        ("delete_statement", (0, 0, 0)),
        ("rename", (0, 0, 0)),
        ("query_eagerly", (0, 0, 0)),
    ],
    "merge(load=False) of an expired object of the session, which then is only partly expired": [
        ("make_more", (0, 0, 0)),
        ("delete_statement", (0, 0, 0)),
        ("merge_to_other", (0, 0, 0)),
        ("from_other", (1, 0, 1)),
        ("expire_all", (0, 0, 0)),
        ("merge_unloaded", (0, 0, 0)),
        ("query", (0, 0, 0)),
    ],
    "a key that was changed, given back by a failure and again by the rollback": [
        ("make_more", (1, 0, 0)),
        ("insert_returning", (0, 0, 0)),
        ("rename", (0, 1, 0)),
        ("flush", (0, 0, 0)),
        ("bulk_update", (0, 0, 0)),
        ("make_more", (0, 0, 0)),
        ("close", (0, 0, 0)),
    ],
    "an object that gave way to another of its identity, and whose row a rollback takes": [
        ("make", (1, 1, 2)),
        ("savepoint", (0, 0, 0)),
        ("flag", (0, 0, 0)),
        ("delete_statement", (0, 2, 0)),
        ("make", (1, 1, 0)),
        ("relate", (0, 1, 0)),
        ("close", (0, 0, 0)),
    ],
}


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("name", FOUND)
def test_found(name: str, database: str) -> None:
    if database == "postgresql" and postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with on_database(database):
        assert_alike(FOUND[name], database, WideRun)


@settings(
    max_examples=SOAK or 100,
    derandomize=not SOAK,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=False,
)
@given(_SEQUENCES)
def test_no_difference(sequence: Any) -> None:
    with on_database(DATABASE):
        assert_alike(sequence, DATABASE, WideRun)
