"""The core of a session: strong references, states, errors; rows of objects."""

from __future__ import annotations

import gc
import weakref

import pytest

from cormorant import _core, exc
from cormorant.orm import exc as orm_exc

from . import core_helpers
from .hand_made import (
    ATTR_COLLECTION,
    NO_VALUE,
    TYPE_STRING,
    Database,
    add,
    blog,
    flags,
    history,
    make,
    manager_of,
    slot,
)


@pytest.fixture
def user():
    return make("User", name=TYPE_STRING)


@pytest.fixture
def session():
    return _core.SessionBase()


# --- life of an object --------------------------------------------------------


def test_states(user, session):
    obj = user(name="a")
    assert obj not in session
    session._add(obj)
    session._add(obj)
    assert obj in session
    assert flags(obj, "NEW")
    assert session._counts() == (1, 0, 0, 0)
    assert _core.session_of(obj) is session
    obj.id = 1
    session._register([obj])
    assert session._counts() == (0, 0, 0, 1)
    assert _core.identity_key(obj) == (user, (1,), None)
    assert session._get(manager_of(user), (1,)) is obj
    obj.name = "b"
    assert session._modified() == [obj]
    session._mark_deleted(obj)
    assert session._deleted() == [obj]
    session._remove_deleted([obj])
    assert session._counts() == (0, 0, 0, 0)
    assert obj not in session
    assert flags(obj, "DELETED")
    assert session._gone() == [obj]
    assert _core.session_of(obj) is session
    session._restore_deleted([obj])
    assert session._counts()[3] == 1
    assert not flags(obj, "DELETED")
    session._make_transient([obj])
    assert _core.identity_key(obj) is None
    assert _core.session_of(obj) is None
    assert obj.name == "b"


def test_clean_objects_are_weak(user, session):
    database = Database(user)
    obj = database.persistent(session, user, 1, name="a")
    ref = weakref.ref(obj)
    del obj
    assert ref() is None
    assert session._counts() == (0, 0, 0, 0)
    assert session._get(manager_of(user), (1,)) is None


def test_changed_objects_are_strong(user, session):
    obj = Database(user).persistent(session, user, 1, name="a")
    obj.name = "b"
    del obj
    gc.collect()
    (obj,) = session._modified()
    assert obj.name == "b"
    ref = weakref.ref(obj)
    _core.commit_state(obj)
    del obj
    assert ref() is None


@pytest.mark.parametrize("how", ["new", "modified", "deleted", "clean", "gone"])
def test_the_death_of_a_session_detaches(user, how):
    session = _core.SessionBase()
    if how == "new":
        obj = user(name="a")
        session._add(obj)
    else:
        obj = Database(user).persistent(session, user, 1, name="a")
        if how == "modified":
            obj.name = "b"
        elif how in ("deleted", "gone"):
            session._mark_deleted(obj)
        if how == "gone":
            session._remove_deleted([obj])
    del session
    assert _core.session_of(obj) is None
    for name in ("NEW", "TO_DELETE"):
        assert not flags(obj, name)
    other = _core.SessionBase()
    if how == "gone":
        with pytest.raises(exc.InvalidRequestError, match="has been deleted"):
            other._add(obj)
    else:
        other._add(obj)
        assert obj in other
        assert (obj in other._modified()) == (how == "modified")


def test_sessions_in_cycles_are_collected(user):
    class Session(_core.SessionBase):
        pass

    session = Session()
    obj = user(name="a")
    obj.session = session
    session._add(obj)
    refs = weakref.ref(session), weakref.ref(obj)
    del session, obj
    gc.collect()
    assert [ref() for ref in refs] == [None, None]


def test_expunge(user, session):
    obj = Database(user).persistent(session, user, 1, name="a")
    obj.name = "b"
    session._expunge(obj)
    assert session._counts() == (0, 0, 0, 0)
    assert history(obj, "name") == (["b"], [], ["a"])
    with pytest.raises(exc.InvalidRequestError, match="is not present in this Session"):
        session._expunge(obj)
    session._add(obj)
    assert session._modified() == [obj]
    session._expunge_all()
    assert _core.session_of(obj) is None
    assert session._persistent() == []


def test_expire_all(user, session):
    database = Database(user)
    objs = [database.persistent(session, user, n, name="a") for n in range(5)]
    objs[0].name = "b"
    objs[1].name = "c"
    ref = weakref.ref(objs.pop(0))
    session._expire_all()
    assert ref() is None
    assert session._counts() == (0, 0, 0, 4)
    assert all(_core.peek(obj, 1) is NO_VALUE for obj in objs)
    assert objs[0].name == "a"


def test_hash_keys_count():
    first, second = _core.SessionBase(), _core.SessionBase()
    assert second.hash_key == first.hash_key + 1


def test_autobegin_is_called_when_work_begins(user):
    class Session(_core.SessionBase):
        def __init__(self):
            self.begun = 0

        def _autobegin_t(self):
            self.begun += 1

    session = Session()
    session._add(user())
    assert session.begun
    database = Database(user)
    one, two = (database.persistent(session, user, n, name="a") for n in (1, 2))
    session.begun = 0
    one.name = "b"
    two.name = "b"
    assert session.begun == 1


def test_autobegin_may_fail(user):
    class Session(_core.SessionBase):
        def _autobegin_t(self):
            raise RuntimeError("closed")

    session = Session()
    with pytest.raises(RuntimeError, match="closed"):
        session._add(user())
    assert session._new() == []


# --- errors -------------------------------------------------------------------


@pytest.mark.parametrize("obj", [3, None, "x", object()])
def test_unmapped_objects(session, obj):
    for method in (session._add, session._mark_deleted, session._expunge, session.__contains__):
        with pytest.raises(orm_exc.UnmappedInstanceError, match="is not mapped"):
            method(obj)


def test_unmapped_text(session):
    with pytest.raises(orm_exc.UnmappedInstanceError, match=r"^Class 'builtins.int' is not mapped"):
        session._add(3)


def test_two_sessions(user):
    one, two = _core.SessionBase(), _core.SessionBase()
    obj = user()
    one._add(obj)
    text = (
        f"^Object '<User at 0x{id(obj):x}>' is already attached to session "
        rf"'{one.hash_key}' \(this is '{two.hash_key}'\)$"
    )
    with pytest.raises(exc.InvalidRequestError, match=text):
        two._add(obj)


def test_not_persisted(user, session):
    obj = user()
    with pytest.raises(exc.InvalidRequestError, match=r"Instance '<User at .*>' is not persisted"):
        session._mark_deleted(obj)


def test_another_instance_with_that_identity(user, session):
    database = Database(user)
    obj = database.persistent(session, user, 1, name="a")
    twin = user()
    _core.set_identity(twin, (1,))
    with pytest.raises(exc.InvalidRequestError, match="another instance with key"):
        session._add(twin)
    fresh = user(id=1)
    session._add(fresh)
    with pytest.warns(exc.SAWarning, match="Identity map already had an identity"):
        session._register([fresh])
    assert session._get(manager_of(user), (1,)) is fresh
    assert obj not in session
    assert _core.session_of(obj) is session
    del obj
    other = user()
    session._expire_all()
    session._add(other)
    _core.set_value(other, manager_of(user).names["id"], 1)
    session._register([other])  # what the expired one has is not known: no warning
    assert session._get(manager_of(user), (1,)) is other


def test_null_identity(user, session):
    obj = user()
    session._add(obj)
    with pytest.raises(orm_exc.FlushError, match="has a NULL identity key"):
        session._register([obj])


def test_set_identity_checks(user, session):
    obj = user()
    with pytest.raises(ValueError):
        _core.set_identity(obj, (1, 2))
    with pytest.raises(TypeError):
        _core.set_identity(obj, [1])
    _core.set_identity(obj, (None,))
    assert _core.identity_key(obj)[1] == (None,)
    _core.set_identity(obj, None)
    session._add(obj)
    with pytest.raises(ValueError):
        _core.set_identity(obj, (1,))


def test_add_of_a_deleted_object(user, session):
    obj = Database(user).persistent(session, user, 1, name="a")
    session._mark_deleted(obj)
    session._add(obj)
    assert session._deleted() == []
    session._mark_deleted(obj)
    session._unmark_deleted(obj)
    assert session._deleted() == []


# --- objects that die at bad moments ------------------------------------------


def test_dying_objects_are_not_found(session):
    """A long chain dies through the trashcan, which puts deallocations off."""
    cls = make("Node", name=TYPE_STRING)
    add(cls, "next", 0)
    found = []

    class Probe:
        def __del__(self):
            found.append([session._get(manager_of(cls), (n,)) for n in range(0, 3000, 7)])
            found.append(session._persistent())

    database = Database(cls)
    node = None
    for n in range(3000):
        new = database.persistent(session, cls, n, name="x")
        _core.set_loaded(new, slot(new, "next"), (node, Probe() if n % 500 == 0 else None))
        node = new
    database.rows.clear()
    del new, node
    assert found
    while found:
        found.clear()
    gc.collect()
    assert session._counts()[3] == 0


def test_destructors_that_add_to_the_session(session):
    cls = make(
        "User", body={"__del__": lambda self: session._add(cls(name="child"))}, name=TYPE_STRING
    )
    obj = Database(cls).persistent(session, cls, 1, name="a")
    del obj
    assert session._counts() == (1, 0, 0, 0)
    cls.__del__ = lambda self: None
    session._expunge_all()


def test_the_collector_at_any_time(session):
    user_class, post_class, *_ = blog()
    database = Database(user_class, post_class)
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for n in range(30):
            obj = database.persistent(session, user_class, n, name="a")
            database.related[user_class, n, "posts"] = list
            obj.posts.append(post_class(id=n))
            session._register(session._new())
            obj.posts = [post_class(id=100 + n)]
            session._expire_all()
            session._expunge_all()
    finally:
        gc.set_threshold(*threshold)


# --- rows ---------------------------------------------------------------------


def load(session, cls, sql, columns, *values, options=None):
    connection = core_helpers.connect()
    plan = core_helpers.load_plan(
        sql,
        core_helpers.entity(cls, columns, options=options),
        binds=[(n, 0, None) for n in range(len(values))],
    )
    return connection.execute(plan, values, session).fetch()


def test_rows_are_decoded_when_read(user, session):
    calls = []

    def decode(value):
        calls.append(value)
        return value * 2

    def loads(text):
        calls.append(text)
        return [text]

    cls = make("Lazy", body={}, doc=(_core.TYPE_JSON, (str, loads, None, False, False)))
    (obj,) = load(session, cls, "SELECT 1, 'x'", ("id", "doc"))
    assert calls == []
    assert not gc.is_tracked(obj)
    assert obj.doc == ["x"]
    assert obj.doc is obj.doc
    assert calls == ["x"]
    assert gc.is_tracked(obj)


def test_undecodable_values_name_their_place(session):
    cls = make("Event", at=_core.TYPE_DATETIME)
    (obj,) = load(session, cls, "SELECT 5, 'yesterday'", ("id", "at"))
    text = r"Event\.at of the object with primary key \(5,\): .*'yesterday'"
    for _ in range(2):
        with pytest.raises(ValueError, match=text):
            _ = obj.at
    with pytest.raises(ValueError, match=text):
        vars(obj)
    obj.at = None  # what cannot be read can be replaced
    assert obj.at is None
    assert history(obj, "at") == ([None], [], [])


def test_new_rows_for_loaded_objects(user, session):
    (obj,) = load(session, user, "SELECT 1, 'a'", ("id", "name"))
    (same,) = load(session, user, "SELECT 1, 'b'", ("id", "name"))
    assert same is obj
    assert obj.name == "a"
    _core.expire(obj)
    load(session, user, "SELECT 1, 'c'", ("id", "name"))
    assert obj.name == "c"
    obj.name = "mine"
    _core.expire(obj, [slot(obj, "id")])
    load(session, user, "SELECT 1, 'd'", ("id", "name"))
    assert (obj.id, obj.name) == (1, "mine")
    assert history(obj, "name") == (["mine"], [], ["c"])


def test_rows_with_some_columns(user, session):
    database = Database(user)
    (obj,) = load(session, user, "SELECT 1", ("id",))
    assert _core.unloaded_slots(obj) == [slot(obj, "name")]
    database.rows[user, 1] = {"id": 1, "name": "loaded"}
    assert obj.name == "loaded"
    _core.expire(obj)
    load(session, user, "SELECT 1, 'again'", ("id", "name"))
    assert obj.name == "again"


def test_deleted_values_do_not_come_back_from_the_row(user, session):
    (obj,) = load(session, user, "SELECT 1, 'a'", ("id", "name"))
    del obj.name
    assert obj.name is None
    assert history(obj, "name") == ([], [], ["a"])
    assert "name" not in vars(obj)


def test_options_of_the_statement(user, session):
    options = object()
    (obj,) = load(session, user, "SELECT 1, 'a'", ("id", "name"), options=options)
    assert _core.load_options(obj) is options
    _core.set_load_options(obj, "own")
    assert _core.load_options(obj) == "own"
    _core.expire(obj)
    _core.commit_state(obj)
    assert _core.load_options(obj) == "own"


def test_a_value_decoded_while_the_object_is_expired(session):
    cls = make("Wild")

    def loads(text):
        _core.expire(obj)
        return text

    add(cls, "doc", 0, 0, _core.TYPE_JSON, (str, loads, None, False, False))
    (obj,) = load(session, cls, "SELECT 1, 'x'", ("id", "doc"))
    assert obj.doc == "x"
    assert _core.peek(obj, slot(obj, "doc")) is NO_VALUE


def test_slots_of_which_nothing_is_loaded(user, session):
    add(user, "things", ATTR_COLLECTION)
    (obj,) = load(session, user, "SELECT 1, 'a'", ("id", "name"))
    assert _core.unloaded_slots(obj) == [slot(obj, "things")]
    obj.things = []
    assert _core.unloaded_slots(obj) == []
