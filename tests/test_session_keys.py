"""Keys in the identity map of a session, whose comparison and hash are the program's code."""

from __future__ import annotations

import gc
import random
import uuid
import weakref
from collections.abc import Callable

import pytest

from cormorant import _core, exc

from . import core_helpers
from .hand_made import (
    TYPE_INTEGER,
    TYPE_STRING,
    Database,
    make,
    manager_of,
)


@pytest.fixture
def user():
    return make("User", name=TYPE_STRING)


@pytest.fixture
def session():
    return _core.SessionBase()


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (1, [True, 1.0]),
        (0, [False, -0.0]),
        (2**63 - 1, []),
        (-(2**63), []),
        (2**70, []),
        ("key", ["".join(["k", "ey"])]),
        (b"key", []),
        (1.5, []),
        (uuid.UUID(int=5), [uuid.UUID(int=5)]),
    ],
)
def test_key_types(session, value, same):
    cls = make("Keyed", name=TYPE_STRING)
    obj = cls(id=value)
    session._add(obj)
    session._register([obj])
    for key in [value, *same]:
        assert session._get(manager_of(cls), (key,)) is obj
    assert session._get(manager_of(cls), ("other",)) is None
    assert session._get(manager_of(cls), (None,)) is None
    assert _core.identity_key(obj) == (cls, (value,), None)
    del obj
    assert session._counts() == (0, 0, 0, 0)


def test_composite_keys(session):
    cls = make("Pair", pk=("id", "name"), name=TYPE_STRING)
    objs = [cls(id=n, name=str(n)) for n in range(100)]
    session._add_all(objs)
    session._register(objs)
    assert session._get(manager_of(cls), (7, "7")) is objs[7]
    assert session._get(manager_of(cls), (7, "8")) is None
    objs[50].id = 1000
    session._register([objs[50]])
    assert session._get(manager_of(cls), (1000, "50")) is objs[50]
    assert session._get(manager_of(cls), (50, "50")) is None
    del objs
    assert session._counts() == (0, 0, 0, 0)


def test_a_changed_primary_key_moves(user, session):
    obj = Database(user).persistent(session, user, 1, name="a")
    obj.id = 2
    session._register([obj])
    assert session._get(manager_of(user), (2,)) is obj
    assert session._get(manager_of(user), (1,)) is None
    assert session._counts() == (0, 0, 0, 1)


def test_unhashable_keys(user, session):
    with pytest.raises(TypeError):
        session._get(manager_of(user), ([],))
    obj = user(id=[1])
    session._add(obj)
    with pytest.raises(TypeError):
        session._register([obj])


def test_keys_whose_comparison_runs_wild(session):
    cls = make("Keyed", name=TYPE_STRING)
    manager = manager_of(cls)

    class Key:
        def __init__(self, n):
            self.n = n

        def __hash__(self):
            return 7

        def __eq__(self, other):
            if wild:
                random.Random(self.n).choice(
                    [session._expunge_all, gc.collect, session._expire_all, objs.clear]
                )()
            return self.n == other.n

    wild = False
    objs = [cls(id=Key(n)) for n in range(8)]
    session._add_all(objs)
    session._register(objs)
    wild = True
    for n in range(8):
        session._get(manager, (Key(n),))
        if not objs:
            objs = []
    wild = False


def test_keys_whose_comparison_fails(session):
    cls = make("Keyed", name=TYPE_STRING)

    class Key:
        def __hash__(self):
            return 7

        def __eq__(self, other):
            raise RuntimeError("no comparison")

    obj = cls(id=Key())
    session._add(obj)
    session._register([obj])
    with pytest.raises(RuntimeError, match="no comparison"):
        session._get(manager_of(cls), (Key(),))
    del obj
    assert session._counts() == (0, 0, 0, 0)


def test_hashes_that_fail_when_an_object_dies(session):
    cls = make("Keyed", name=TYPE_STRING)

    class Key:
        fails = False

        def __hash__(self):
            if self.fails:
                raise RuntimeError("no hash")
            return 7

    key = Key()
    obj = cls(id=key)
    session._add(obj)
    session._register([obj])
    key.fails = True
    del obj
    assert session._counts() == (0, 0, 0, 0)


class ActingKey:
    """A key that calls a function at its n-th comparison or hash."""

    def __init__(self, n):
        self.n, self.compared, self.hashed = n, [], []

    @staticmethod
    def called(acts):
        if acts:
            acts.pop(0)()

    def __hash__(self):
        self.called(self.hashed)
        return 7

    def __eq__(self, other):
        for key in (self, other):
            self.called(key.compared)
        return self.n == other.n


class InterruptedUuid(uuid.UUID):
    """Its integer is asked for by code of its own."""

    error = None

    @property
    def int(self):
        error, self.__class__.error = self.error, None
        if error is not None:
            raise error
        return uuid.UUID.__dict__["int"].__get__(self)

    @int.setter
    def int(self, number):
        uuid.UUID.__dict__["int"].__set__(self, number)


@pytest.mark.parametrize("composite", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, ValueError])
def test_uuids_that_do_not_say_their_number(session, composite, error):
    pk = ("id", "of") if composite else ("id",)
    columns = {"id": (_core.TYPE_UUID, True), "of": TYPE_INTEGER}
    cls = core_helpers.make_class("Keyed", columns, pk)
    plan = core_helpers.load_plan(
        f"SELECT '{uuid.UUID(int=5).hex}' AS id, 1 AS of", core_helpers.entity(cls, columns, pk)
    )
    [obj] = core_helpers.connect().execute(plan, (), session).fetch()
    found = InterruptedUuid(int=5)
    wanted = (found, 1) if composite else (found,)
    assert session._get(manager_of(cls), wanted) is obj
    InterruptedUuid.error = error
    if error is ValueError:  # it is hashed as any other object is
        assert session._get(manager_of(cls), wanted) is obj
    else:
        with pytest.raises(error):
            session._get(manager_of(cls), wanted)
    assert InterruptedUuid.error is None


def nothing():
    """Comparisons before the one that acts."""


def keyed(session, key, register=True):
    """An object of a class whose keys are any objects, beside another of the same hash."""
    cls = make("Keyed", name=TYPE_STRING)
    objs = [cls(id=ActingKey(99)), cls(id=key)]
    session._add_all(objs)
    session._register(objs)
    if not register:
        session._expunge(objs[1])
    return objs


def lookup(session, obj):
    """Compares a key with all that are in the map."""
    return session._get(manager_of(type(obj)), (ActingKey(55),))


@pytest.mark.parametrize("at", range(3))
def test_a_comparison_puts_the_object_into_another_session(session, at):
    other, key = _core.SessionBase(), ActingKey(1)
    objs = keyed(session, key, register=False)
    kept, obj = objs
    key.compared[:] = [*[nothing] * at, lambda: other._attach(objs[1])]
    if at < 2:  # there are two, when it is looked up and when it enters
        with pytest.raises(exc.InvalidRequestError, match="already attached to session"):
            session._attach(obj)
    else:
        session._attach(obj)
    assert (obj in session, obj in other) == (at == 2, at < 2)
    key.compared.clear()
    objs.clear()
    del obj, key
    assert (session._counts()[3], other._counts()[3]) == (1, 0)
    assert session._persistent() == [kept]
    assert other._persistent() == []


@pytest.mark.parametrize("how", ["compared", "hashed"])
@pytest.mark.parametrize("at", range(2))
def test_a_comparison_takes_the_identity_away(session, how, at):
    key = ActingKey(1)
    kept, obj = keyed(session, key, register=False)
    acts = [*[nothing] * at, lambda: _core.set_identity(obj, None)]
    getattr(key, how)[:] = acts
    del key, acts
    with pytest.raises(exc.InvalidRequestError, match="is not persisted|another identity by now"):
        session._attach(obj)
    assert _core.session_of(obj) is _core.identity_key(obj) is None
    assert lookup(session, kept) is None
    assert session._persistent() == [kept]


def fail():
    raise RuntimeError("no comparison")


@pytest.mark.parametrize("method", ["_attach", "_restore_deleted"])
@pytest.mark.parametrize("at", range(2))
def test_an_object_that_cannot_come_back_stays_with_its_session(session, method, at):
    key = ActingKey(1)
    _, obj = kept = keyed(session, key)
    session._remove_deleted([obj])
    key.compared[:] = [*[nothing] * at, fail]
    with pytest.raises(RuntimeError, match="no comparison"):
        getattr(session, method)(obj if method == "_attach" else [obj])
    assert session._gone() == [obj]
    assert session._persistent() == kept[:1]
    assert _core.session_of(obj) is session
    session._expunge_all()
    assert _core.session_of(obj) is None


@pytest.mark.parametrize("at", range(4))
def test_a_new_key_that_cannot_be_compared(session, at):
    _, obj = kept = keyed(session, ActingKey(1))
    obj.id = key = ActingKey(2)
    key.compared[:] = [*[nothing] * at, fail]
    if at < 3:
        with pytest.raises(RuntimeError, match="no comparison"):
            session._register([obj])
    else:
        session._register([obj])
    assert _core.session_of(obj) is session
    assert (obj in session) == (obj not in session._gone())
    assert kept[0] in session
    session._expunge_all()
    assert _core.session_of(obj) is None


@pytest.mark.parametrize("method", ["_expunge", "_remove_deleted"])
@pytest.mark.parametrize("act", ["_expunge", "_expunge_all", "_attach", "drop"])
def test_a_hash_acts_when_an_object_leaves_its_map(method, act):
    session, key = _core.SessionBase(), ActingKey(1)
    kept, obj = keyed(session, key)
    held = [session]
    key.hashed[:] = [
        held.clear
        if act == "drop"
        else held[0]._expunge_all
        if act == "_expunge_all"
        else lambda: getattr(held[0], act)(obj)
    ]
    leave = getattr(session, method)
    del session
    leave(obj if method == "_expunge" else [obj])
    assert not key.hashed
    for one in held:
        assert obj not in one
        assert one._persistent() == ([] if act == "_expunge_all" else [kept])
        assert lookup(one, kept) is None
        assert one._gone() == ([obj] if _core.session_of(obj) is one else [])
    held.clear()
    del leave
    assert _core.session_of(obj) is None


def test_a_comparison_takes_the_token_away(session):
    class Token:
        act = staticmethod(nothing)

        def __init__(self, n):
            self.n = n

        def __hash__(self):
            return 7

        def __eq__(self, other):
            self.act()
            return self.n == other.n

    cls = make("Keyed", name=TYPE_STRING)
    objs = [cls() for _ in range(5)]
    for n, obj in enumerate(objs):
        _core.set_identity(obj, (n,))
        _core.set_identity_token(obj, Token(n))
        if n < 4:
            session._attach(obj)
    Token.act = lambda self: _core.set_identity_token(objs[4], None)
    session._attach(objs[4])
    Token.act = staticmethod(nothing)
    assert _core.identity_token(objs[4]).n == 4
    assert session._counts()[3] == 5


def test_hierarchies_share_the_root_map(session):
    base = make("Base", name=TYPE_STRING)
    sub = type("Sub", (base,), {})
    manager = _core.ClassManager(sub, manager_of(base))
    for key in ("id", "name"):
        number = manager.add_attribute(key, base.props[key], 0, 0, TYPE_INTEGER)
        setattr(sub, key, _core.Attribute(manager, number))
    manager.set_primary_key([0])
    obj = sub(id=3, name="x")
    session._add(obj)
    session._register([obj])
    assert session._get(manager_of(base), (3,)) is obj
    assert _core.identity_key(obj) == (base, (3,), None)
    assert base.name.__get__(obj, sub) == "x"


class Key(str):
    """A key whose comparisons do, one after the other, what they are told."""

    acts: list[Callable[[], bool]]

    __hash__ = str.__hash__

    def __eq__(self, other):
        return Key.acts.pop(0)() if Key.acts else str.__eq__(self, other)


def test_an_error_drops_what_an_object_took_the_place_of(session, monkeypatch):
    """The object there before is found by the second comparison alone, and its last reference is
    dropped by the error that the new one cannot stay, which the program makes."""
    cls = make("Keyed", name=TYPE_STRING)
    Key.acts = []
    held = [cls(id=Key("a"))]
    session._add(held[0])
    session._register(held)
    gone = weakref.ref(held[0])
    new = cls(id=Key("a"))
    _core.set_identity(new, (Key("a"),))

    class Refused(exc.InvalidRequestError):
        def __init__(self, *said):
            held.clear()
            super().__init__(*said)

    def loses_its_key():
        _core.set_identity(new, None)
        return True

    monkeypatch.setattr(exc, "InvalidRequestError", Refused)
    Key.acts = [lambda: False, loses_its_key]
    try:
        raise KeyError
    except KeyError:  # within which errors are made at once
        with pytest.raises(Refused, match="another identity"):
            session._add(new)
    assert Key.acts == []
    gc.collect()
    assert gone() is None
    assert session._counts() == (0, 0, 0, 0)
