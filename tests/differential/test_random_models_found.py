"""Mappings and sequences of test_random_models.py that once differed."""

from __future__ import annotations

import pytest

from .random_models import ClassSpec, ColumnSpec, Mapping, RelationSpec, SideSpec
from .test_random_models import Sequence, compare

C, Col, R, S = ClassSpec, ColumnSpec, RelationSpec, SideSpec

FOUND: dict[str, tuple[Mapping, Sequence]] = {
    "bulk_save_objects() of a class with an expression": (
        Mapping([C("A", expression=True), C("B", base="A", how="joined")], []),
        [("bulk_insert", (0, 0, 3)), ("bulk_insert", (1, 0, 3)), ("query", (0, 0, 4))],
    ),
    "an expression whose UPDATE met no row, of an object that becomes transient": (
        Mapping([C("A")], []),
        [
            *(("make", (0, 1, 0)), ("flush", (0, 0, 0)), ("expunge", (0, 0, 0))),
            *(("delete_statement", (0, 1, 0)), ("add", (0, 0, 0)), ("assign_sql", (0, 0, 0))),
            ("flush", (0, 0, 0)),
        ],
    ),
    "a child of a one-to-one whose next parent, a stranger, has another by now": (
        Mapping(
            [C("A"), C("B"), C("C")],
            [R(1, "one-one", "C", "B", S(), S(), link="back_populates")],
        ),
        [
            *(("make", (1, 0, 0)), ("make_related", (2, 0, 1)), ("make_related", (1, 2, 1))),
            *(("make", (2, 0, 0)), ("update_statement", (0, 0, 0)), ("move", (2, 0, 0))),
            *(("relate", (3, 0, 1)), ("merge_copy", (0, 1, 1))),
        ],
    ),
    "SQLAlchemy takes the row that an autoflush misses for that of a get()": (
        Mapping([C("C")], []),
        [
            *(("make", (0, 1, 0)), ("make", (0, 0, 0)), ("make", (0, 0, 0))),
            *(("make_related", (0, 2, 0)), ("commit", (0, 0, 0)), ("delete_statement", (0, 2, 0))),
            *(("assign_none", (3, 0, 0)), ("get", (0, 0, 0))),
        ],
    ),
    "bulk_update_mappings() of a concrete class that has not mapped its base's version": (
        Mapping([C("B", version="generated"), C("D", base="B", how="concrete")], []),
        [("make_related", (1, 0, 0)), ("commit", (0, 0, 0)), ("bulk_update", (0, 0, 0))],
    ),
    "an expression that was read before a rollback, of an object that is inserted again": (
        Mapping([C("B", expression=True)], []),
        [
            *(("make", (0, 1, 0)), ("query_eagerly", (0, 0, 0)), ("rollback", (0, 0, 0))),
            *(("add", (0, 0, 0)), ("flush", (0, 0, 0)), ("read", (0, 3, 0))),
        ],
    ),
    "a parent that the flush itself deletes spares no members": (
        Mapping(
            [C("A"), C("B")],
            [
                R(
                    *(2, "one-many", "A", "B", S()),
                    S(cascade="all, delete-orphan", single_parent=True),
                    link="backref",
                )
            ],
        ),
        [
            *(("make", (0, 0, 0)), ("make", (0, 0, 0)), ("make_related", (1, 0, 0))),
            *(("make", (0, 0, 0)), ("make", (0, 1, 0)), ("make", (1, 0, 0))),
            *(("autoflush", (0, 0, 0)), ("commit", (0, 0, 0)), ("delete", (2, 0, 0))),
            *(("replace", (10, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "a member that was deleted in an earlier transaction, and is again": (
        Mapping([C("A"), C("B")], [R(2, "one-many", "A", "B", S(), S(), link="backref")]),
        [
            *(("make", (0, 0, 0)), ("make", (0, 0, 0)), ("make_related", (1, 1, 0))),
            *(("delete_statement", (1, 1, 0)), ("commit", (0, 0, 0)), ("delete", (2, 0, 0))),
            *(("replace", (2, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "expunge of an object of a concrete class whose base has a relationship": (
        Mapping(
            [C("A"), C("B", base="A", how="concrete")],
            [R(3, "one-many", "B", "A", None, S(cascade="merge, expunge"))],
        ),
        [("make", (3, 10, 0)), ("expunge", (0, 0, 0))],
    ),
    "a key that changes of a base whose subclass has a many-to-many": (
        Mapping(
            [C("A"), C("D", base="A", how="single"), C("E")],
            [R(1, "many-many", "D", "E", S(passive_updates=False), None)],
        ),
        [
            *(("make", (0, 0, 0)), ("make_related", (0, 0, 0)), ("merge_object", (0, 0, 0))),
            *(("assign_key", (1, 0, 0)), ("savepoint", (0, 0, 0))),
        ],
    ),
    "delete with a changed key loads by the new one": (
        Mapping([C("A"), C("B")], [R(1, "many-many", "B", "A", S(cascade="all"), None)]),
        [
            *(("make", (11, 5, 0)), ("commit", (0, 0, 0)), ("assign_key", (0, 0, 0))),
            ("delete", (0, 0, 0)),
        ],
    ),
    "a changed key of a joined class, whose own table the database changes": (
        Mapping([C("A"), C("B", base="A", how="joined")], [], enforced=True),
        [
            *(("make", (11, 5, 0)), ("commit", (0, 0, 0)), ("assign_key", (0, 0, 0))),
            *(("flush", (0, 0, 0)), ("commit", (0, 0, 0)), ("read", (0, 0, 0))),
        ],
    ),
    "a relationship of a subclass orders only its own objects": (
        Mapping(
            [C("A"), C("B"), C("C", key="dependent"), C("D", base="B", how="joined")],
            [
                R(0, "one-many", "A", "C", None, None, identifying=True),
                R(3, "one-many", "C", "D", None, S()),
            ],
        ),
        [("make", (2, 2, 0)), ("make_related", (1, 0, 4)), ("query", (0, 0, 0))],
    ),
    "single_parent asks for the old object": (
        Mapping([C("C"), C("D")], [R(0, "one-many", "D", "C", None, S(single_parent=True))]),
        [
            *(("make", (0, 5, 0)), ("savepoint", (0, 0, 0)), ("expire_all", (0, 0, 0))),
            ("replace", (0, 0, 0)),
        ],
    ),
    "delete-orphan of a many-to-one asks what each object refers to": (
        Mapping(
            [C("A"), C("B")],
            [R(0, "one-many", "B", "B", None, S(cascade="all, delete-orphan", single_parent=True))],
        ),
        [
            *(("make", (1, 3, 1)), ("make_related", (1, 0, 3)), ("commit", (0, 0, 0))),
            *(("assign", (1, 0, 1)), ("flush", (0, 0, 0)), ("unrelate", (1, 0, 1))),
            ("commit", (0, 0, 0)),
        ],
    ),
    "versions that the database makes, without eager_defaults": (
        Mapping([C("A", version="manual", eager_defaults=False)], []),
        [
            ("bulk_insert", (0, 0, 0)),
            ("query", (0, 0, 4)),
            ("assign", (0, 0, 1)),
            ("flush", (0, 0, 0)),
        ],
    ),
    "post_update of what the other side has told already": (
        Mapping(
            [C("A"), C("B")],
            [R(0, "one-one", "B", "A", S(post_update=True), S(), link="back_populates")],
        ),
        [
            *(("make", (0, 1, 1)), ("commit", (0, 0, 0)), ("make", (1, 1, 1))),
            *(("relate", (1, 0, 0)), ("flush", (0, 0, 0))),
        ],
    ),
    "objects of a joined class with an expression, returned by an INSERT": (
        Mapping([C("A", expression=True), C("B", base="A", how="joined")], []),
        [("bulk_insert", (1, 1, 2))],
    ),
    "a key that a concrete class does not follow changes": (
        Mapping(
            [C("A", key="composite"), C("B", base="A", how="concrete")],
            [R(0, "one-many", "A", "A", None, S())],
        ),
        [
            *(("make", (0, 1, 1)), ("make", (1, 1, 1)), ("flush", (0, 0, 0))),
            *(("assign_key", (0, 1, 0)), ("flush", (0, 0, 0))),
        ],
    ),
    "a flush asks what was replaced in spite of raise_on_sql": (
        Mapping(
            [C("A"), C("B")],
            [R(0, "one-one", "A", "B", S(lazy="raise_on_sql"), None)],
        ),
        [
            *(("make", (0, 1, 1)), ("commit", (0, 0, 0)), ("unrelate", (0, 0, 1))),
            ("flush", (0, 0, 0)),
        ],
    ),
    "eager_defaults of an expired object of which nothing is written": (
        Mapping([C("A", columns=[Col("a0", default="server")], eager_defaults=True)], []),
        [
            *(("make", (0, 1, 1)), ("commit", (0, 0, 0)), ("expire", (0, 0, 0))),
            *(("assign", (0, 1, 3)), ("expire", (0, 1, 1)), ("flush", (0, 0, 0))),
        ],
    ),
    "a member that leaves a collection with passive_deletes='all'": (
        Mapping([C("A"), C("B")], [R(0, "one-many", "A", "B", S(passive_deletes="all"), None)]),
        [
            *(("make", (0, 1, 1)), ("make", (1, 1, 1)), ("relate", (0, 0, 0))),
            *(("commit", (0, 0, 0)), ("unrelate", (0, 0, 0)), ("flush", (0, 0, 0))),
        ],
    ),
    "post_update leaves what the server changes": (
        Mapping(
            [C("A"), C("B", columns=[Col("b0", onupdate="fetched")])],
            [R(0, "one-many", "A", "B", S(), S(post_update=True), link="backref")],
        ),
        [
            *(("make", (0, 1, 1)), ("make_related", (1, 0, 3)), ("make_related", (1, 0, 6))),
            *(("commit", (0, 0, 0)), ("read", (1, 3, 0))),
        ],
    ),
    "history of a key that was given, after a flush that failed": (
        Mapping(
            [
                C("A", columns=[Col("a0", default="server")]),
                C("B", columns=[Col("b0", nullable=False)]),
            ],
            [],
        ),
        [
            *(("make", (0, 1, 0)), ("make", (1, 1, 1)), ("flush", (0, 0, 0))),
            *(("history", (0, 0, 0)), ("history", (0, 1, 0))),
        ],
    ),
    "raise_on_sql after what is expired was loaded": (
        Mapping([C("A"), C("C")], [R(1, "one-one", "A", "C", S(lazy="raise_on_sql"), None)]),
        [("make", (0, 3, 0)), ("make", (0, 3, 0)), ("commit", (0, 0, 0)), ("move", (0, 0, 1))],
    ),
    "columns that a base and its subclass copy": (
        Mapping(
            [C("B"), C("C"), C("D", base="B", how="joined")],
            [R(3, "one-many", "C", "D", S(), S())],
        ),
        [],
    ),
    "post_update of a foreign key that is part of the primary key": (
        Mapping(
            [C("A"), C("B")],
            [
                R(
                    *(0, "one-many", "A", "B", S(), S(post_update=True), "back_populates"),
                    identifying=True,
                )
            ],
        ),
        [("make", (0, 0, 0)), ("make_related", (1, 0, 0)), ("update_statement", (0, 0, 0))],
    ),
    "None for what must be known, of a new object, is no change": (
        Mapping(
            [C("A"), C("B")],
            [R(0, "one-many", "A", "B", None, S(single_parent=True, post_update=True))],
        ),
        [("make", (1, 1, 0)), ("unrelate", (0, 0, 0)), ("delete_statement", (0, 0, 0))],
    ),
    "a deleted object lets go of what a post_update refers to": (
        Mapping([C("A"), C("C")], [R(2, "one-many", "A", "C", None, S(post_update=True))]),
        [
            *(("make", (1, 1, 0)), ("merge_object", (0, 0, 0)), ("unrelate", (0, 0, 0))),
            *(("delete", (0, 0, 0)), ("update_statement", (0, 0, 0))),
        ],
    ),
    "post_update of what is not in the session": (
        Mapping(
            [C("A"), C("B")],
            [R(2, "one-many", "A", "B", S(), S(post_update=True), link="back_populates")],
        ),
        [
            *(("make", (0, 0, 0)), ("make_related", (1, 1, 0)), ("replace", (0, 0, 0))),
            ("merge_object", (0, 0, 0)),
        ],
    ),
    "post_update of new and of older rows in one statement": (
        Mapping([C("A"), C("B")], [R(1, "one-many", "B", "A", S(), S(post_update=True))]),
        [
            *(("make", (0, 0, 0)), ("make", (0, 0, 0)), ("bulk_insert", (1, 1, 2))),
            *(("make_related", (0, 0, 0)), ("relate", (1, 0, 1)), ("merge_object", (1, 0, 0))),
            *(("make_related", (0, 2, 1)), ("relate", (2, 0, 0))),
        ],
    ),
    "post_update before a DELETE leaves what is loaded": (
        Mapping(
            [C("B", columns=[Col("b0", default="computed")])],
            [
                R(
                    *(0, "one-one", "B", "B"),
                    S(cascade="save-update, delete-orphan, delete", post_update=True),
                    S(),
                    link="backref",
                )
            ],
        ),
        [
            *(("bulk_insert", (0, 1, 2)), ("replace", (1, 1, 0)), ("query_eagerly", (0, 0, 0))),
            *(("unrelate", (0, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "post_update of a row whose versions the database makes": (
        Mapping(
            [C("A"), C("B", version="manual")],
            [R(0, "one-many", "A", "B", None, S(post_update=True))],
        ),
        [("make", (1, 1, 0)), ("unrelate", (0, 0, 0)), ("query_eagerly", (0, 0, 0))],
    ),
    "post_update does not fetch what eager_defaults would": (
        Mapping(
            [C("B"), C("C", columns=[Col("c0", onupdate="fetched")], eager_defaults=True)],
            [R(0, "one-one", "B", "C", S(post_update=True), None)],
        ),
        [
            *(("make", (1, 1, 0)), ("query_eagerly", (0, 0, 0)), ("make_related", (0, 2, 1))),
            ("commit", (0, 0, 0)),
        ],
    ),
    "INSERT of a concrete class without the versions of its base, which the program makes": (
        Mapping([C("A", version="manual"), C("C", base="A", how="concrete")], []),
        [("make", (1, 1, 0)), ("commit", (0, 0, 0))],
    ),
    "UPDATE of a concrete class without the versions of its base": (
        Mapping([C("A", version="generated"), C("D", base="A", how="concrete")], []),
        [
            *(("make", (1, 1, 0)), ("query_eagerly", (0, 0, 0)), ("assign_none", (0, 0, 0))),
            *(("flush", (0, 0, 0)), ("delete", (0, 0, 0)), ("flush", (0, 0, 0))),
        ],
    ),
    "merge() of a concrete class without the versions of its base": (
        Mapping([C("A", version="counter"), C("D", base="A", how="concrete")], []),
        [("make", (1, 0, 0)), ("merge_object", (0, 0, 0)), ("bulk_insert", (1, 0, 1))],
    ),
    "an expression of a class that is joined to itself": (
        Mapping([C("B", expression=True)], [R(2, "one-many", "B", "B", None, S())]),
        [("make", (0, 0, 0)), ("query_eagerly", (0, 0, 0))],
    ),
    "the first versions of rows of a joined class": (
        Mapping([C("A", version="counter"), C("B", base="A", how="joined")], []),
        [("bulk_insert", (1, 1, 0)), ("bulk_insert", (1, 1, 1)), ("bulk_insert", (1, 1, 2))],
    ),
    "objects of a joined class with a deferred column, returned by an INSERT": (
        Mapping([C("A", columns=[Col("a0", deferred=True)]), C("C", base="A", how="joined")], []),
        [("bulk_insert", (1, 0, 2))],
    ),
    "get() of an expired object whose deletion it flushes": (
        Mapping([C("B")], []),
        [
            *(("make", (0, 1, 0)), ("commit", (0, 0, 0)), ("delete", (0, 0, 0))),
            *(("get", (0, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "a one-to-one takes its object from one of a subclass": (
        Mapping(
            [C("A"), C("C", base="A", how="single"), C("D")],
            [R(0, "one-one", "D", "A", S(), S(), link="back_populates")],
        ),
        [("make", (2, 0, 0)), ("make_related", (1, 2, 1)), ("make_related", (0, 1, 2))],
    ),
    "eager_defaults of an expired object, whose identity is needed": (
        Mapping(
            [C("A"), C("B", columns=[Col("b0", default="sql")], eager_defaults=True)],
            [R(0, "one-many", "A", "B", S(), S(), link="back_populates")],
        ),
        [
            *(("make", (1, 1, 0)), ("make", (0, 0, 0)), ("flush", (0, 0, 0))),
            *(("expire_all", (0, 0, 0)), ("relate", (1, 0, 0)), ("flush", (0, 0, 0))),
        ],
    ),
    "an expression is loaded with the row that a post_update asks for": (
        Mapping(
            [C("A"), C("B", expression=True)],
            [R(3, "one-many", "A", "B", S(post_update=True), None)],
        ),
        [
            *(("make", (1, 1, 0)), ("make", (0, 1, 0)), ("commit", (0, 0, 0))),
            *(("relate", (1, 0, 0)), ("flush", (0, 0, 0))),
        ],
    ),
    "what is deferred is not loaded to be replaced": (
        Mapping([C("C", columns=[Col("c0", deferred=True, active_history=True)])], []),
        [("make", (0, 1, 1)), ("flush", (0, 0, 0)), ("assign", (0, 2, 0))],
    ),
    "what is replaced by a one-to-one is asked for by the key that the rows have": (
        Mapping([C("A"), C("B")], [R(2, "one-one", "A", "B", S(), None)]),
        [
            *(("make", (0, 1, 0)), ("savepoint", (0, 0, 0)), ("unrelate", (0, 0, 0))),
            *(("assign_key", (0, 0, 0)), ("update_statement", (0, 0, 0))),
        ],
    ),
    "a collection loses an object that is in no session": (
        Mapping([C("A"), C("D")], [R(1, "one-many", "A", "D", S(), S(), link="back_populates")]),
        [
            *(("make", (0, 0, 0)), ("make_related", (0, 0, 0)), ("make", (1, 0, 0))),
            *(("relate", (2, 0, 1)), ("flush", (0, 0, 0)), ("replace", (0, 0, 0))),
            ("commit", (0, 0, 0)),
        ],
    ),
    "delete-orphan of what is in no session": (
        Mapping(
            [C("A"), C("B")],
            [
                R(
                    0,
                    "one-many",
                    "A",
                    "B",
                    S(),
                    S(cascade="save-update, delete-orphan, delete", single_parent=True),
                    link="back_populates",
                )
            ],
        ),
        [
            *(("make", (0, 0, 0)), ("make", (1, 1, 0)), ("replace", (0, 0, 0))),
            *(("commit", (0, 0, 0)), ("delete", (1, 0, 0)), ("merge_copy", (0, 1, 0))),
        ],
    ),
    "what an UPDATE of a single-table class has set by onupdate": (
        Mapping(
            [
                C("A", columns=[Col("a0", onupdate="python")]),
                C("B", base="A", how="single", columns=[Col("b0")]),
            ],
            [],
        ),
        [("make", (0, 0, 0)), ("make_related", (1, 3, 0)), ("update_statement", (1, 3, 0))],
    ),
    "without batches, INSERTs come before UPDATEs": (
        Mapping([C("B", batch=False)], []),
        [
            *(("make", (0, 1, 0)), ("flush", (0, 0, 0)), ("assign_key", (0, 0, 0))),
            *(("make", (0, 1, 1)), ("query", (0, 0, 0))),
        ],
    ),
    "association rows of an object that has no key": (
        Mapping(
            [C("B"), C("C")],
            [R(0, "many-many", "C", "B", S(cascade="", passive_updates=False), None)],
        ),
        [
            *(("make", (0, 0, 0)), ("make", (0, 0, 0)), ("make_related", (0, 0, 0))),
            *(("make_related", (1, 1, 2)), ("delete_statement", (0, 0, 0))),
            *(("assign_key", (3, 0, 0)), ("delete_statement", (0, 0, 0))),
        ],
    ),
    "post_update of a concrete class without the versions of its base": (
        Mapping(
            [C("A", version="generated"), C("B"), C("C", base="A", how="concrete")],
            [R(1, "one-many", "B", "C", S(post_update=True), None)],
        ),
        [("make", (2, 0, 0)), ("make_related", (1, 0, 0)), ("flush", (0, 0, 0))],
    ),
    "UPDATE by key of a concrete class without the versions of its base": (
        Mapping([C("A", version="counter"), C("B", base="A", how="concrete")], []),
        [("make", (1, 1, 0)), ("bulk_insert", (0, 0, 1)), ("bulk_update", (0, 0, 0))],
    ),
    "DELETE asks for a value that was deleted": (
        Mapping([C("A")], []),
        [
            *(("make", (0, 1, 0)), ("flush", (0, 0, 0)), ("autoflush", (0, 0, 0))),
            *(("query", (0, 0, 2)), ("assign_none", (0, 1, 0)), ("delete_statement", (0, 0, 0))),
        ],
    ),
    "selectinload of a many-to-one that has an order": (
        Mapping([C("A"), C("B")], [R(0, "one-many", "A", "B", None, S(order_by=True))]),
        [("make", (0, 0, 0)), ("make_related", (1, 0, 0)), ("query_eagerly", (1, 0, 1))],
    ),
    "a deleted object that let go comes back with a savepoint": (
        Mapping(
            [C("A"), C("B")],
            [
                R(0, "one-many", "A", "B", None, S()),
                R(1, "one-one", "A", "A", None, S(post_update=True)),
            ],
        ),
        [
            *(("make", (0, 0, 0)), ("make_related", (1, 0, 0)), ("query_eagerly", (0, 0, 0))),
            *(("savepoint", (0, 0, 0)), ("delete", (0, 0, 0)), ("bulk_insert", (0, 0, 1))),
            ("rollback_to", (0, 0, 0)),
        ],
    ),
    "the versions of a subclass are made by what its base says": (
        Mapping(
            [
                C("A", version="generated"),
                C("B", base="A", how="single", columns=[Col("b0")]),
                C("D", version="manual"),
                C("E", base="D", how="joined"),
            ],
            [],
        ),
        [("make", (1, 1, 0)), ("make", (3, 1, 0)), ("flush", (0, 0, 0))],
    ),
    "a refresh flushes once": (
        Mapping([C("B"), C("C")], [R(0, "one-many", "B", "C", S(), S(), link="back_populates")]),
        [
            *(("make", (1, 1, 0)), ("make", (0, 0, 0)), ("query_eagerly", (0, 0, 0))),
            *(("relate", (0, 0, 0)), ("delete", (0, 0, 0)), ("refresh", (0, 0, 0))),
        ],
    ),
    "commit after an object was deleted twice": (
        Mapping(
            [C("B"), C("C")],
            [R(0, "one-many", "C", "B", None, S(cascade="save-update, delete"))],
        ),
        [
            *(("make", (1, 0, 0)), ("make", (0, 0, 0)), ("make_related", (0, 0, 0))),
            *(("merge_object", (0, 0, 0)), ("delete", (0, 0, 0)), ("merge_copy", (1, 0, 0))),
            *(("delete", (2, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "a deferred column of an object that a rollback has left without a row": (
        Mapping([C("B", columns=[Col("b0", deferred=True)])], []),
        [
            *(("make", (0, 1, 0)), ("flush", (0, 0, 0)), ("expire_all", (0, 0, 0))),
            *(("rollback", (0, 0, 0)), ("history", (0, 3, 1)), ("read", (0, 3, 0))),
        ],
    ),
    "the key in a dict of an object that a rollback has left without a row": (
        Mapping(
            [C("B"), C("D")],
            [R(1, "one-many", "B", "D", S(collection="dict"), S(), link="backref")],
        ),
        [
            *(("make", (0, 0, 0)), ("make", (1, 1, 0)), ("savepoint", (0, 0, 0))),
            *(("expire_all", (0, 0, 0)), ("rollback", (0, 0, 0)), ("relate", (1, 0, 0))),
        ],
    ),
    "DELETE of a parent whose member is in no session": (
        Mapping([C("B"), C("C")], [R(0, "one-many", "C", "B", S(cascade="merge"), None)]),
        [
            *(("make", (1, 1, 0)), ("make", (0, 0, 0)), ("relate", (0, 0, 0))),
            *(("delete_statement", (1, 1, 0)), ("commit", (0, 0, 0)), ("delete", (0, 0, 0))),
            ("commit", (0, 0, 0)),
        ],
    ),
    "post_update writes onupdate columns of the other tables of the row as they were given": (
        Mapping(
            [
                C("A"),
                C("B"),
                C("C", base="B", how="joined", columns=[Col("c0", onupdate="python")]),
            ],
            [R(0, "one-one", "A", "B", None, S(post_update=True))],
        ),
        [("make", (0, 0, 0)), ("make_related", (2, 0, 0)), ("commit", (0, 0, 0))],
    ),
    "the key of a member that the dict's own class does not know": (
        Mapping([C("B"), C("D")], [R(1, "one-many", "D", "B", S(collection="dict"), None)]),
        [
            *(("make", (0, 0, 0)), ("make", (1, 0, 0)), ("assign_none", (0, 0, 0))),
            ("replace", (1, 0, 0)),
        ],
    ),
    "an expression of what an INSERT has returned": (
        Mapping([C("A", expression=True)], []),
        [("bulk_insert", (0, 0, 2)), ("read", (0, 3, 0))],
    ),
    "a change of the subclass alone where the program counts the versions": (
        Mapping(
            [C("A", version="manual"), C("B", base="A", how="joined", columns=[Col("b0")])], []
        ),
        [
            *(("make", (1, 1, 0)), ("commit", (0, 0, 0)), ("assign", (0, 2, 0))),
            ("commit", (0, 0, 0)),
        ],
    ),
    "without batches, what fails comes before the next object": (
        Mapping([C("A", version="manual", batch=False), C("C", base="A", how="concrete")], []),
        [("make", (1, 1, 0)), ("make", (0, 1, 1)), ("flush", (0, 0, 0))],
    ),
    "a second parent by an object of a subclass": (
        Mapping(
            [C("A"), C("B"), C("C", base="B", how="single")],
            [R(1, "one-many", "A", "B", S(), S(single_parent=True), link="back_populates")],
        ),
        [("make", (1, 0, 0)), ("make_related", (0, 0, 0)), ("make_related", (2, 0, 0))],
    ),
    "a delete cascade in a flush reaches what is detached": (
        Mapping(
            [C("A"), C("B")],
            [
                R(0, "one-many", "B", "A", S(cascade="all, delete-orphan"), S()),
                R(1, "one-one", "B", "A", S(), S()),
                R(
                    2,
                    "one-many",
                    "A",
                    "B",
                    S(cascade="save-update, delete"),
                    S(cascade="all"),
                    link="back_populates",
                ),
            ],
        ),
        [
            *(("make", (1, 0, 0)), ("make_related", (0, 1, 0)), ("relate", (1, 2, 0))),
            *(("commit", (0, 0, 0)), ("expunge", (0, 0, 0)), ("delete", (1, 0, 0))),
            *(("relate", (0, 2, 0)), ("update_statement", (0, 0, 0))),
        ],
    ),
    "a value that was changed and is written by key": (
        Mapping([C("A"), C("B")], [R(0, "one-many", "B", "A", None, S())]),
        [
            *(("make", (1, 0, 0)), ("make_related", (0, 0, 0)), ("commit", (0, 0, 0))),
            *(("assign", (0, 0, 0)), ("autoflush", (0, 0, 0)), ("bulk_update", (0, 0, 1))),
        ],
    ),
    "a delete that a one-to-one takes back and a cascade of the same flush makes again": (
        Mapping(
            [C("A"), C("B", base="A", how="joined"), C("C"), C("D")],
            [
                R(
                    0,
                    "one-many",
                    "B",
                    "D",
                    None,
                    S(cascade="save-update, delete"),
                    ondelete="SET NULL",
                ),
                R(2, "one-one", "A", "A", S(), None),
            ],
        ),
        [
            *(("make", (4, 1, 0)), ("make_related", (3, 0, 3)), ("make", (0, 0, 0))),
            *(("make_related", (5, 0, 1)), ("autoflush", (1, 0, 0)), ("relate", (1, 0, 0))),
            *(("flush", (0, 0, 1)), ("delete", (1, 0, 0)), ("replace", (0, 0, 4))),
            *(("autoflush", (0, 0, 0)), ("read", (3, 0, 0))),
        ],
    ),
    "a class and a sibling are updated in one statement": (
        Mapping([C("A"), C("E", base="A", how="single", columns=[Col("e0")])], []),
        [
            *(("make", (0, 1, 0)), ("make", (1, 1, 1)), ("flush", (0, 0, 0))),
            *(("assign", (1, 0, 0)), ("assign", (0, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "a changed key of a parent whose child is in no session": (
        Mapping(
            [C("A"), C("B"), C("C"), C("D"), C("E")],
            [R(1, "one-many", "E", "B", S(), S(), link="back_populates")],
        ),
        [
            *(("make", (1, 0, 0)), ("make_related", (4, 0, 1)), ("replace", (0, 0, 0))),
            *(("delete_statement", (0, 0, 0)), ("assign_key", (1, 0, 0))),
            ("merge_object", (0, 0, 0)),
        ],
    ),
    "selectinload of a many-to-many of a joined class": (
        Mapping(
            [C("A"), C("B", base="A", how="joined"), C("C")],
            [R(3, "many-many", "C", "B", None, S())],
        ),
        [("make", (1, 1, 0)), ("query_eagerly", (1, 0, 1))],
    ),
    "is_modified() asks for what a one-to-one has replaced before it looks at a column": (
        Mapping([C("A"), C("B"), C("C"), C("E")], [R(1, "one-one", "C", "E", S(), None)]),
        [
            *(("make", (0, 0, 0)), ("make_related", (2, 0, 0)), ("flush", (0, 0, 0))),
            *(("assign_sql", (1, 0, 0)), ("unrelate", (1, 0, 0)), ("modified", (1, 0, 0))),
        ],
    ),
    "an onupdate in the place of a value that is not loaded": (
        Mapping(
            [
                C(
                    "B",
                    columns=[Col("b1", default="server", onupdate="call", active_history=True)],
                    eager_defaults=False,
                )
            ],
            [],
        ),
        [
            *(("make", (0, 1, 1)), ("flush", (0, 0, 0)), ("assign_sql", (0, 0, 0))),
            ("savepoint", (0, 0, 0)),
        ],
    ),
    "get() of an object of which a deferred column was loaded since it expired": (
        Mapping(
            [C("A"), C("B"), C("C", columns=[Col("c0", deferred=True)])],
            [R(0, "many-many", "A", "C", None, S())],
        ),
        [
            *(("make", (2, 1, 0)), ("commit", (0, 0, 0)), ("read", (0, 4, 0))),
            ("get", (0, 0, 0)),
        ],
    ),
    "a value written by key of a class that has a concrete one below": (
        Mapping([C("A"), C("B"), C("C", base="A", how="concrete")], []),
        [
            *(("make", (0, 0, 0)), ("make", (0, 1, 0)), ("bulk_insert", (2, 1, 2))),
            ("bulk_update", (1, 0, 1)),
        ],
    ),
    "get() of an object that was expired and is updated by key": (
        Mapping([C("B")], []),
        [
            *(("make", (0, 1, 0)), ("query", (0, 0, 0)), ("expire_all", (0, 0, 0))),
            *(("bulk_update", (0, 0, 1)), ("get", (0, 0, 0))),
        ],
    ),
    "a reference that is set and taken away of a row that had none": (
        Mapping([C("A"), C("B")], [R(0, "one-many", "B", "A", S(), S(), link="backref")]),
        [
            *(("make", (1, 0, 0)), ("make", (0, 1, 0)), ("merge_copy", (0, 0, 0))),
            *(("replace", (0, 0, 0)), ("unrelate", (1, 0, 0)), ("commit", (0, 0, 0))),
        ],
    ),
    "what an onupdate fills in a post_update of a row that was just inserted": (
        Mapping(
            [
                C(
                    "A",
                    columns=[Col("a0", default="server", onupdate="call")],
                    eager_defaults=False,
                ),
                C("B"),
            ],
            [
                R(1, "one-one", "A", "A", None, S()),
                R(2, "one-one", "A", "B", S(), None),
                R(3, "one-many", "B", "A", None, S(post_update=True)),
            ],
        ),
        [
            *(("make", (1, 0, 0)), ("make_related", (0, 0, 1)), ("relate", (1, 2, 0))),
            ("merge_copy", (0, 0, 0)),
        ],
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_found(name: str, database: str) -> None:
    mapping, sequence = FOUND[name]
    assert compare(mapping, sequence, database) is None
