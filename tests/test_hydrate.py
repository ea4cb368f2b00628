"""Hydration programs over real connections."""

import gc
import weakref

import pytest

from cormorant import _core, exc
from cormorant._core import NO_VALUE, POPULATE_EXISTING, SessionBase, peek, session_of
from cormorant.dialects.sqlite import dbapi

from .core_helpers import (
    ATTR_COLLECTION,
    INTEGER,
    PYTHON,
    STRING,
    entity,
    load_plan,
    make_class,
    manager_of,
    run,
)
from .hydration_models import USER, blog_classes, blog_tables, load, slot, users_plan


@pytest.fixture
def conn():
    connection = blog_tables()
    yield connection
    connection.close()


@pytest.fixture
def model():
    return blog_classes()


@pytest.fixture
def session():
    return SessionBase()


# ---- entities -----------------------------------------------------------------


def test_entities(conn, model, session):
    users = load(conn, session, users_plan(model))
    assert [type(u) for u in users] == [model.User] * 3
    assert [(u.id, u.name, u.age) for u in users] == [
        (1, "ann", 30),
        (2, "bob", None),
        (3, "cy", 5),
    ]
    assert session_of(users[0]) is session
    assert _core.identity_key(users[1]) == (model.User, (2,), None)
    assert session._get(manager_of(model.User), (3,)) is users[2]


def test_entities_are_untracked_until_they_can_be_in_a_cycle(conn, model, session):
    (user, *_) = load(conn, session, users_plan(model))
    assert not gc.is_tracked(user)
    assert user.name == "ann"
    assert not gc.is_tracked(user)


def test_identity(conn, model, session):
    first = load(conn, session, users_plan(model))
    again = load(conn, session, users_plan(model))
    assert all(a is b for a, b in zip(first, again, strict=True))
    assert load(conn, SessionBase(), users_plan(model))[0] is not first[0]


def test_objects_die_and_leave_the_map(conn, model, session):
    users = load(conn, session, users_plan(model))
    ref = weakref.ref(users[0])
    del users
    assert ref() is None
    assert session._persistent() == []


def test_loaded_values_stay_unloaded_appear(conn, model, session):
    part = load_plan("SELECT id, name FROM users ORDER BY id", entity(model.User, ("id", "name")))
    users = load(conn, session, part)
    assert peek(users[0], slot(model.User, "age")) is NO_VALUE
    run(conn, "UPDATE users SET name = 'new', age = 99")
    load(conn, session, users_plan(model))
    assert users[0].name == "ann"
    assert users[0].age == 99


def test_expired_objects_are_refilled(conn, model, session):
    users = load(conn, session, users_plan(model))
    run(conn, "UPDATE users SET name = 'new'")
    _core.expire(users[0])
    load(conn, session, users_plan(model))
    assert [u.name for u in users] == ["new", "bob", "cy"]
    _core.expire(users[1], [slot(model.User, "name")])
    load(conn, session, users_plan(model))
    assert [u.name for u in users] == ["new", "new", "cy"]


def test_pending_changes_win(conn, model, session):
    users = load(conn, session, users_plan(model))
    users[0].name = "mine"
    load(conn, session, users_plan(model))
    assert users[0].name == "mine"
    assert _core.committed(users[0], slot(model.User, "name")) == "ann"


def test_populate_existing(conn, model, session):
    users = load(conn, session, users_plan(model))
    users[0].name = "mine"
    _core.set_loaded(users[1], slot(model.User, "posts"), [])
    run(conn, "UPDATE users SET age = 1")
    load(conn, session, users_plan(model), POPULATE_EXISTING)
    assert [(u.name, u.age) for u in users] == [("ann", 1), ("bob", 1), ("cy", 1)]
    assert session._modified() == []
    assert _core.changed_slots(users[0]) == []
    assert peek(users[1], slot(model.User, "posts")) is NO_VALUE


def test_no_entity_without_a_key(conn, model, session):
    plan = users_plan(model, "SELECT NULL, 'x', 1 UNION ALL SELECT 1, 'ann', 30")
    none, user = load(conn, session, plan)
    assert none is None
    assert user.id == 1


def test_composite_and_other_keys(conn, session):
    run(conn, "CREATE TABLE pairs (a INTEGER, b TEXT, v INTEGER)")
    run(conn, "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2), (NULL, 'y', 3), (NULL, NULL, 4)")
    Pair = make_class("Pair", {"a": INTEGER, "b": STRING, "v": INTEGER}, pk=("a", "b"))
    plan = load_plan("SELECT a, b, v FROM pairs", entity(Pair, ("a", "b", "v"), pk=("a", "b")))
    pairs = load(conn, session, plan)
    assert [p and (p.a, p.b, p.v) for p in pairs] == [
        (1, "x", 1),
        (1, "y", 2),
        (None, "y", 3),
        None,
    ]
    assert _core.identity_key(pairs[0])[1] == (1, "x")
    assert load(conn, session, plan)[1] is pairs[1]
    assert session._get(manager_of(Pair), (1, "y")) is pairs[1]

    Word = make_class("Word", {"word": STRING}, pk=("word",))
    plan = load_plan("SELECT 'a' UNION SELECT 'b'", entity(Word, ("word",), pk=("word",)))
    words = load(conn, session, plan)
    assert [w.word for w in words] == ["a", "b"]
    assert load(conn, session, plan)[0] is words[0]


def test_partial_keys_only_where_the_mapper_allows_them(conn, session):
    class Strict:
        allow_partial_pks = False

    Pair = make_class("Pair", {"a": INTEGER, "b": INTEGER}, pk=("a", "b"))
    manager_of(Pair).mapper = Strict()
    plan = load_plan("SELECT 1, NULL", entity(Pair, ("a", "b"), pk=("a", "b")))
    assert load(conn, session, plan) == [None]


def test_integer_key_that_is_no_integer(conn, model, session):
    plan = users_plan(model, "SELECT 'one', 'x', 1")
    (user,) = load(conn, session, plan)
    assert user.id == "one"
    assert load(conn, session, plan)[0] is user


@pytest.mark.parametrize(
    ("code", "sql"),
    [
        (_core.TYPE_ANY, "SELECT 1"),
        (STRING, "SELECT 1"),
        (_core.TYPE_FLOAT, "SELECT 1.0"),
        (_core.TYPE_FLOAT, "SELECT 1"),
        (PYTHON, "SELECT '1'"),
    ],
)
def test_integer_keys_of_other_types(conn, session, code, sql):
    Thing = make_class("Thing", {"id": (code, int) if code == PYTHON else code})
    manager = manager_of(Thing)
    thing = Thing(id=1)
    session._add(thing)
    session._register([thing])
    (found,) = load(conn, session, load_plan(sql, entity(Thing, ("id",))))
    assert found is thing
    assert session._get(manager, (1,)) is thing
    session._expunge_all()
    (found,) = load(conn, session, load_plan(sql, entity(Thing, ("id",))))
    assert session._get(manager, (1,)) is found


def test_reconstructor(conn, model, session):
    seen = []
    manager_of(model.User).reconstructor = lambda obj: seen.append((obj.name, session_of(obj)))
    users = load(conn, session, users_plan(model))
    assert seen == [("ann", session), ("bob", session), ("cy", session)]
    load(conn, session, users_plan(model))
    assert len(seen) == 3
    assert len(users) == 3

    def broken(obj):
        raise RuntimeError(obj.name)

    manager_of(model.User).reconstructor = broken
    with pytest.raises(RuntimeError, match="ann"):
        load(conn, SessionBase(), users_plan(model))


def test_python_types_are_decoded_at_load(conn, session):
    calls = []

    def shout(value):
        calls.append(value)
        return value.upper()

    Loud = make_class("Loud", {"id": INTEGER, "name": (PYTHON, shout)})
    plan = load_plan("SELECT id, name FROM users ORDER BY id", entity(Loud, ("id", "name")))
    users = load(conn, session, plan)
    assert calls == ["ann", "bob", "cy"]
    assert [u.name for u in users] == ["ANN", "BOB", "CY"]
    assert len(calls) == 3


def test_error_of_a_python_type(conn, session):
    def refuse(value):
        raise ValueError(f"no {value}")

    Loud = make_class("Loud", {"id": INTEGER, "name": (PYTHON, refuse)})
    plan = load_plan("SELECT id, name FROM users ORDER BY id", entity(Loud, ("id", "name")))
    with pytest.raises(ValueError, match="no ann"):
        load(conn, session, plan)


def test_load_options(conn, model, session):
    marker = object()
    plan = load_plan("SELECT id, name, age FROM users", entity(model.User, USER, options=marker))
    user = load(conn, session, plan)[0]
    assert _core.load_options(user) is marker
    assert _core.load_options(load(conn, SessionBase(), users_plan(model))[0]) is None


def test_entities_need_a_session(conn, model):
    with pytest.raises(ValueError, match="session"):
        conn.execute(users_plan(model)).fetch()


# ---- rows ---------------------------------------------------------------------


def test_rows_of_entities_and_columns(conn, model, session):
    plan = users_plan(
        model,
        items=(("e", 0), ("c", 1, STRING, None), ("c", 2)),
        keys=("User", "name", "age"),
        scalar=False,
    )
    rows = load(conn, session, plan)
    assert isinstance(rows[0], _core.Row)
    assert rows[0].User is session._get(manager_of(model.User), (1,))
    assert [(r.name, r.age) for r in rows] == [("ann", 30), ("bob", None), ("cy", 5)]
    assert rows[0]._keys is rows[1]._keys
    cursor = conn.execute(plan, (), session)
    assert cursor.keys == ("User", "name", "age")
    assert cursor.row_keys is rows[0]._keys
    assert [type(u) for u in cursor.fetch_scalars()] == [model.User] * 3


def test_keys_of_one_execution(conn):
    plan = load_plan(
        "SELECT id, name FROM users ORDER BY id",
        items=(("c", 1, STRING, None), ("c", 0, INTEGER, None)),
        keys=("name", "id"),
        scalar=False,
    )
    cursor = conn.execute(plan, ())
    keys = cursor.row_keys.with_source(None)
    for wrong in (None, _core.RowKeys(("name",))):
        with pytest.raises(TypeError, match="as many items"):
            cursor.row_keys = wrong
    cursor.row_keys = keys
    assert cursor.row_keys is keys
    (row, *rest) = cursor.fetch()
    assert {id(other._keys) for other in (row, *rest)} == {id(keys)}
    assert row.name == "ann"
    assert conn.execute(plan, ()).row_keys is not keys
    cursor = conn.execute(plan, ())
    cursor.fetch(1)
    with pytest.raises(exc.InvalidRequestError, match="before the first fetch"):
        cursor.row_keys = keys


def test_columns_alone(conn):
    plan = load_plan(
        "SELECT id, name FROM users ORDER BY id",
        items=(("c", 1, STRING, None), ("c", 0, INTEGER, None)),
        keys=("name", "id"),
        scalar=False,
    )
    assert conn.execute(plan).fetch() == [("ann", 1), ("bob", 2), ("cy", 3)]
    assert conn.execute(plan).fetch_scalars() == ["ann", "bob", "cy"]
    scalar = load_plan("SELECT id FROM users ORDER BY id", items=(("c", 0),), scalar=True)
    assert conn.execute(scalar).fetch() == [1, 2, 3]


def test_plain_rows_are_named_by_the_driver(conn):
    cursor = conn.execute(_core.Plan("SELECT id AS a, name, 1.5, x'00ff', NULL FROM users LIMIT 1"))
    assert cursor.keys[:2] == ("a", "name")
    assert cursor.returns_rows
    (row,) = cursor.fetch()
    assert row == (1, "ann", 1.5, b"\x00\xff", None)
    assert row.a == 1


def test_text_of_every_kind(conn):
    texts = ["", "a", "é", "abc", "naïve", "日本", "😀", "x" * 100_000, "é" * 50_000]
    for text in texts:
        (row,) = run(conn, "SELECT ?", text)
        assert row[0] == text


def test_rows_of_atoms_are_untracked(conn, model, session):
    (row,) = run(conn, "SELECT 1, 'x'")
    assert not gc.is_tracked(row)
    plan = users_plan(model, items=(("e", 0),), scalar=False)
    assert gc.is_tracked(load(conn, session, plan)[0])
    assert not gc.is_tracked(load(conn, session, plan, flags=_core.BRIEF_ROWS)[0])


def test_containers_in_rows_are_tracked(conn):
    plan = load_plan(
        "SELECT '12'", items=(("c", 0, _core.TYPE_PYTHON, list),), keys=("a",), scalar=False
    )
    (row,) = conn.execute(plan).fetch()
    assert row == (["1", "2"],)
    assert gc.is_tracked(row)


def test_keys_of_brief_rows(conn):
    plan = load_plan(
        "SELECT 1000, 'a' UNION ALL SELECT 1000, 'b' UNION ALL SELECT 2000, 'c'"
        " UNION ALL SELECT NULL, 'd' UNION ALL SELECT 2000, 'e' UNION ALL SELECT 'x', 'f'",
        items=(("c", 0, INTEGER, None), ("c", 1, STRING, None)),
        keys=("key", "value"),
        scalar=False,
    )
    rows = conn.execute(plan, flags=_core.BRIEF_ROWS).fetch()
    assert rows == conn.execute(plan).fetch()
    assert [key for key, _ in rows] == [1000, 1000, 2000, None, 2000, "x"]
    assert rows[0].key is rows[1].key
    assert rows[2].key is rows[4].key


def test_decode_errors_name_the_column(conn):
    plan = load_plan(
        "SELECT 1, 'no date'",
        items=(("c", 0), ("c", 1, _core.TYPE_DATETIME, None)),
        keys=("id", "created"),
        scalar=False,
    )
    with pytest.raises(ValueError) as info:
        conn.execute(plan).fetch()
    assert "created" in "".join(info.value.__notes__)


def test_unique_results(conn, model, session):
    sql = "SELECT u.id, u.name, u.age, p.title FROM users u JOIN posts p ON p.user_id = u.id ORDER BY p.id"
    plan = load_plan(sql, entity(model.User, USER), unique=True)
    assert [u.id for u in load(conn, session, plan)] == [1, 2]
    plan = load_plan(sql, entity(model.User, USER))
    assert [u.id for u in load(conn, session, plan)] == [1, 1, 2]
    cursor = conn.execute(plan, (), session)
    cursor.unique = True
    assert [u.id for u in cursor.fetch(1)] == [1]
    assert [u.id for u in cursor.fetch(1)] == [2]
    assert cursor.fetch(1) == []
    pairs = load_plan(
        sql, entity(model.User, USER), items=(("e", 0), ("c", 1)), scalar=False, unique=True
    )
    assert [r[1] for r in load(conn, session, pairs)] == ["ann", "bob"]
    values = load_plan(
        "SELECT 1 UNION ALL SELECT 1.0 UNION ALL SELECT 2", items=(("c", 0),), unique=True
    )
    assert load(conn, session, values) == [1, 2]
    nothing = users_plan(model, "SELECT NULL, 1, 1 UNION ALL SELECT NULL, 1, 1", unique=True)
    assert load(conn, session, nothing) == [None]
    lists = load_plan(
        "SELECT '[1]' UNION ALL SELECT '[1]'",
        items=(("c", 0, PYTHON, lambda text: [text]),),
        unique=True,
    )
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        load(conn, session, lists)


def test_unique_is_chosen_before_the_first_fetch(conn, model, session):
    cursor = conn.execute(users_plan(model), (), session)
    cursor.fetch(1)
    cursor.unique = False
    with pytest.raises(exc.InvalidRequestError):
        cursor.unique = True


# ---- eager joins --------------------------------------------------------------


def joined_plan(model, order="u.id, p.id", **kw):
    return load_plan(
        "SELECT u.id, u.name, u.age, p.id, p.user_id, p.title FROM users u"
        f" LEFT JOIN posts p ON p.user_id = u.id ORDER BY {order}",
        entity(model.User, USER),
        entity(
            model.Post,
            ("id", "user_id", "title"),
            parent=0,
            slot=slot(model.User, "posts"),
            collection=True,
            at=3,
        ),
        **{"unique": True, **kw},
    )


def test_joined_collection(conn, model, session):
    users = load(conn, session, joined_plan(model))
    assert [[p.title for p in u.posts] for u in users] == [["p10", "p11"], ["p12"], []]
    assert isinstance(users[0].posts, _core.InstrumentedList)
    assert session._modified() == []
    assert _core.changed_slots(users[0]) == []


def test_joined_collection_whose_rows_interleave(conn, model, session):
    users = load(conn, session, joined_plan(model, "p.id % 2, u.id"))
    assert {u.id: [p.id for p in u.posts] for u in users} == {1: [10, 11], 2: [12], 3: []}


def test_joined_collection_without_unique(conn, model, session):
    users = load(conn, session, joined_plan(model, unique=False))
    assert [u.id for u in users] == [1, 1, 2, 3]
    assert len(users[0].posts) == 2


def test_loaded_collections_are_left_alone(conn, model, session):
    users = load(conn, session, users_plan(model))
    _core.set_loaded(users[0], slot(model.User, "posts"), [])
    load(conn, session, joined_plan(model))
    assert users[0].posts == []
    assert [p.id for p in users[1].posts] == [12]
    load(conn, session, joined_plan(model), POPULATE_EXISTING)
    assert [p.id for p in users[0].posts] == [10, 11]
    load(conn, session, joined_plan(model), POPULATE_EXISTING)
    assert [p.id for p in users[0].posts] == [10, 11]


def test_self_referential_rows_with_populate_existing(conn, session):
    run(conn, "CREATE TABLE nodes (id INTEGER PRIMARY KEY, up INTEGER)")
    run(conn, "INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 2), (4, 2)")
    Node = make_class(
        "Node", {"id": INTEGER, "up": INTEGER}, related=[("below", ATTR_COLLECTION, 0)]
    )
    below = slot(Node, "below")
    manager_of(Node).set_relationship(below, manager_of(Node))
    for order in ("a.id", "a.id DESC"):
        plan = load_plan(
            f"SELECT a.id, a.up, b.id, b.up FROM nodes a LEFT JOIN nodes b ON b.up = a.id ORDER BY {order}",
            entity(Node, ("id", "up")),
            entity(Node, ("id", "up"), parent=0, slot=below, collection=True, at=2),
            unique=True,
        )
        for flags in (0, POPULATE_EXISTING, POPULATE_EXISTING):
            nodes = load(conn, session, plan, flags)
            found = {n.id: sorted(c.id for c in n.below) for n in nodes}
            assert found == {1: [2], 2: [3, 4], 3: [], 4: []}
        session._expunge_all()


def test_two_collections_and_a_nested_one(conn, model, session):
    posts, marks, tags = (
        slot(model.User, "posts"),
        slot(model.User, "marks"),
        slot(model.Post, "tags"),
    )
    plan = load_plan(
        "SELECT u.id, u.name, u.age, p.id, p.user_id, p.title, t.id, t.post_id, t.word,"
        " m.id, m.post_id, m.word FROM users u LEFT JOIN posts p ON p.user_id = u.id"
        " LEFT JOIN tags t ON t.post_id = p.id LEFT JOIN tags m ON u.id < 3 ORDER BY u.id, m.id, p.id, t.id",
        entity(model.User, USER),
        entity(model.Post, ("id", "user_id", "title"), parent=0, slot=posts, collection=True, at=3),
        entity(model.Tag, ("id", "post_id", "word"), parent=1, slot=tags, collection=True, at=6),
        entity(model.Tag, ("id", "post_id", "word"), parent=0, slot=marks, collection=True, at=9),
        unique=True,
    )
    users = load(conn, session, plan)
    assert [[p.id for p in u.posts] for u in users] == [[10, 11], [12], []]
    assert [[t.word for t in p.tags] for u in users for p in u.posts] == [["x", "y"], [], ["z"]]
    assert isinstance(users[0].marks, _core.InstrumentedSet)
    assert [sorted(t.id for t in u.marks) for u in users] == [[100, 101, 102]] * 2 + [[]]


def test_joined_scalar(conn, model, session):
    run(conn, "INSERT INTO posts VALUES (13, NULL, 'alone')")
    plan = load_plan(
        "SELECT p.id, p.user_id, p.title, u.id, u.name, u.age FROM posts p"
        " LEFT JOIN users u ON p.user_id = u.id ORDER BY p.id",
        entity(model.Post, ("id", "user_id", "title")),
        entity(model.User, USER, parent=0, slot=slot(model.Post, "user"), at=3),
    )
    posts = load(conn, session, plan)
    assert [p.user and p.user.name for p in posts] == ["ann", "ann", "bob", None]
    assert posts[0].user is posts[1].user
    assert gc.is_tracked(posts[0])


def test_joined_scalar_with_several_rows_warns(conn, model, session):
    plan = load_plan(
        "SELECT 10, 1, 'p', id, name, age FROM users ORDER BY id",
        entity(model.Post, ("id", "user_id", "title")),
        entity(model.User, USER, parent=0, slot=slot(model.Post, "user"), at=3),
        unique=True,
    )
    with pytest.warns(
        exc.SAWarning, match="uselist=False for eagerly-loaded attribute 'Post.user'"
    ):
        (post,) = load(conn, session, plan)
    assert post.user.id == 1


def test_whole_collections_whatever_is_fetched(conn, model, session):
    cursor = conn.execute(joined_plan(model), (), session)
    (ann,) = cursor.fetch(1)
    assert len(ann.posts) == 2
    assert [u.id for u in cursor.fetch(1)] == [2]
    assert [u.id for u in cursor.fetch(5)] == [3]
    assert cursor.fetch() == []
    rows = joined_plan(model, items=(("e", 0), ("c", 1)), scalar=False)
    assert [u.id for u in conn.execute(rows, (), session).fetch_scalars(2)] == [1, 2]
    streamed = conn.execute(joined_plan(model), (), SessionBase(), stream=1)
    assert [len(u.posts) for u in streamed.fetch()] == [2, 1, 0]


def test_cycles_between_loaded_objects_are_collected(conn, model, session):
    users = load(conn, session, joined_plan(model))
    for user in users:
        for post in user.posts:
            _core.set_loaded(post, slot(model.Post, "user"), user)
    ref = weakref.ref(users[0])
    del users, user, post
    gc.collect()
    assert ref() is None
    assert session._persistent() == []


# ---- rows whose objects are there ----------------------------------------------


def test_rows_of_what_is_there_are_not_read(conn, model, session):
    """Seen by a text that cannot be read."""
    count = 3000
    run(conn, "DELETE FROM users")
    for n in range(count):
        run(conn, f"INSERT INTO users VALUES ({n}, 'name', 1)")
    plan = users_plan(model, "SELECT id, name, age FROM users ORDER BY id")
    held = load(conn, session, plan)
    run(conn, "UPDATE users SET name = CAST(x'ff' AS TEXT) WHERE id > 2000")
    assert load(conn, session, plan) == held
    assert {x.name for x in held} == {"name"}
    del held[2500]
    gc.collect()
    with pytest.raises(dbapi.OperationalError, match="Could not decode"):
        load(conn, session, plan)


# ---- bad programs -------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda p: 3,
        lambda p: p[:3],
        lambda p: ((1,), *p[1:]),
        lambda p: (p[0], (("x", 0),), *p[2:]),
        lambda p: (p[0], (("e", 9),), *p[2:]),
        lambda p: (p[0], (("c", -1),), *p[2:]),
        lambda p: (p[0], (("c", 0, 999, None),), *p[2:]),
        lambda p: (p[0], p[1], ("a", "b"), *p[3:]),
        lambda p: (p[0], (), (), *p[3:]),
        lambda p: (((p[0][0][0], (0, 99999, 2), *p[0][0][2:]),), *p[1:]),
        lambda p: (((p[0][0][0], ("x",), *p[0][0][2:]),), *p[1:]),
        lambda p: (((*p[0][0][:2], (), *p[0][0][3:]),), *p[1:]),
        lambda p: (((*p[0][0][:2], (0, 1), *p[0][0][3:]),), *p[1:]),
        lambda p: (((*p[0][0][:3], 0, 3, True),), *p[1:]),
        lambda p: ((p[0][0], (*p[0][0][:3], 0, 99, True)), *p[1:]),
        lambda p: ((p[0][0], (*p[0][0][:3], 0, 0, True)), *p[1:]),
        lambda p: (*p, 3),
    ],
)
def test_bad_programs(model, change):
    program = ((entity(model.User, USER),), (("e", 0),), ("User",), True, False)
    _core.Plan("SELECT 1", (), program)
    with pytest.raises((TypeError, ValueError)):
        _core.Plan("SELECT 1", (), change(program))


def test_program_that_needs_more_columns(conn, model, session):
    with pytest.raises(ValueError, match="needs 3 columns, the statement has 1"):
        load(conn, session, users_plan(model, "SELECT 1"))


def test_plans_are_collected():
    Thing = make_class("Thing", {"id": INTEGER})
    plan = load_plan("SELECT 1", entity(Thing, ("id",)))
    manager_of(Thing).mapper = type("Mapper", (), {"plan": plan})()
    ref = weakref.ref(Thing)
    del Thing, plan
    gc.collect()
    assert ref() is None
