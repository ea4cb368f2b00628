"""Mapped objects: construction, attributes, history, __dict__, memory."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import sys
import weakref

import pytest

from cormorant import _core

from .hand_made import (
    ATTR_COLLECTION,
    ATTR_EVENTS,
    NO_VALUE,
    TYPE_INTEGER,
    TYPE_STRING,
    Database,
    add,
    blog,
    committed,
    history,
    make,
    manager_of,
    slot,
)


@pytest.fixture
def user():
    return make("User", name=TYPE_STRING, age=TYPE_INTEGER)


# --- construction -------------------------------------------------------------


def test_the_class_of_an_object_is_the_one_it_was_made_for(user):
    other = make("Other", name=TYPE_STRING)
    one = user(name="a")
    for cls in (other, int):
        with pytest.raises(TypeError, match="__class__"):
            one.__class__ = cls
    for wrong in (5, None):
        with pytest.raises(TypeError, match="must be set to a class"):
            one.__class__ = wrong
    with pytest.raises(TypeError):
        del one.__class__
    one.__class__ = user
    assert (type(one), one.name) == (user, "a")


def test_the_view_is_copied_and_pickled_as_a_dict(user):
    one = user(name="a")
    one.free = [1]
    view = vars(one)
    function, (plain,) = view.__reduce_ex__(4)
    assert (function, plain) == (dict, dict(view))
    copied = copy.copy(view)
    assert (type(copied), copied) == (dict, dict(view))
    copied["name"] = "b"
    assert one.name == "a"


def test_constructor_sets_attributes(user):
    obj = user(name="ada", age=36)
    assert (obj.id, obj.name, obj.age) == (None, "ada", 36)


def test_constructor_refuses_unknown_names(user):
    with pytest.raises(TypeError, match="^'zip' is an invalid keyword argument for User$"):
        user(name="ada", zip=1)


def test_constructor_refuses_positional_arguments(user):
    with pytest.raises(TypeError, match="takes 1 positional argument but 3 were given"):
        user("ada", 1)


def test_constructor_sets_unmapped_attributes_through_setattr():
    class Mixin:
        plain = None

        @property
        def loud(self):
            return self.name.upper()

        @loud.setter
        def loud(self, value):
            self.name = value.lower()

    cls = make("User", bases=(Mixin, _core.Entity), name=TYPE_STRING)
    obj = cls(plain=3, loud="ADA")
    assert (obj.plain, obj.name, obj.loud) == (3, "ada", "ADA")


def test_init_can_be_overridden_without_super():
    def __init__(self, first, last):
        self.name = f"{first} {last}"
        self.extra = [1]

    cls = make("User", body={"__init__": __init__}, name=TYPE_STRING)
    obj = cls("ada", last="l")
    assert (obj.name, obj.extra) == ("ada l", [1])


def test_configure_runs_before_the_first_object(user):
    manager = manager_of(user)
    calls = []

    def configure():
        calls.append(1)
        manager.configure = None
        add(user, "late", code=TYPE_INTEGER)

    manager.configure = configure
    assert user(late=4).late == 4
    assert calls == [1]

    def fail():
        raise RuntimeError("cannot map")

    manager.configure = fail
    with pytest.raises(RuntimeError, match="cannot map"):
        user()


def test_unmapped_classes_of_the_hierarchy_are_ordinary():
    class Base(_core.Entity):
        x = None

    obj = Base(x=1)
    assert obj.x == 1
    assert obj.__dict__ == {"x": 1}
    assert not _core.is_entity(obj)
    with pytest.raises(TypeError, match="'y' is an invalid keyword argument for Base"):
        Base(y=1)


def test_lists_that_get_shorter_while_they_are_read(user):
    class Emptying:
        def __index__(self):
            numbers.clear()
            return 1

    def emptying(*more):
        numbers[:] = [Emptying(), *more * 5000]
        return numbers

    numbers = []
    manager = manager_of(user)
    obj = user(id=5, name="a")
    _core.expire(obj, emptying(0))
    with pytest.raises(ValueError, match="bad slot 99"):
        _core.expire(obj, emptying(99))
    with pytest.raises(ValueError, match="bad slot -1"):
        manager.set_primary_key(emptying(-1))
    obj.id, obj.name = 5, "a"
    assert _core.key_values([obj], emptying(0)) == [("a", *[5] * 5000)]
    binds = [(Emptying(), 0, None), *[(0, 0, None)] * 5000]
    numbers = binds
    assert isinstance(_core.Plan("SELECT 1", binds), _core.Plan)


def test_manager_checks_its_arguments(user):
    manager = manager_of(user)
    with pytest.raises(TypeError):
        _core.ClassManager(int)
    with pytest.raises(ValueError):
        manager.add_attribute("x", None, 9)
    with pytest.raises(ValueError):
        manager.set_primary_key([7])
    with pytest.raises(IndexError):
        manager.set_relationship(99, manager)
    with pytest.raises(IndexError):
        _core.Attribute(manager, 99)
    assert manager.add_attribute("age", None, 0) == slot(user, "age")


# --- attributes ---------------------------------------------------------------


def test_class_access_gives_the_attribute(user):
    assert isinstance(user.name, _core.Attribute)
    assert (user.name.key, user.name.slot, user.name.manager) == ("name", 1, manager_of(user))


def test_unset_attributes_of_new_objects_are_none_and_not_stored(user):
    obj = user()
    assert obj.name is None
    assert _core.loaded_dict(obj) == {}
    assert history(obj, "name") == ([], [], [])


def test_delete(user):
    obj = user(name="ada")
    del obj.name
    assert obj.name is None
    with pytest.raises(AttributeError, match=r"^User\.name object does not have a value$"):
        del obj.name


def test_attribute_of_another_class(user):
    other = make("Other", title=TYPE_STRING)
    with pytest.raises(AttributeError):
        user.name.__get__(other(), other)
    with pytest.raises(AttributeError, match="'int' object has no attribute '_sa_instance_state'"):
        user.name.__get__(3, int)
    # The same name in another class is the same attribute, as for a subclass.
    third = make("Third", age=TYPE_INTEGER, name=TYPE_STRING)
    assert user.name.__get__(third(name="x", age=3), third) == "x"


def test_attributes_added_after_objects_exist(user):
    old = user(name="ada")
    add(user, "email", code=TYPE_STRING)
    add(user, "things", ATTR_COLLECTION)
    assert old.email is None
    old.email = "a@b"
    assert old.email == "a@b"
    assert old.__dict__["email"] == "a@b"
    things = old.things
    assert things == []
    assert old.things is things
    new = user(email="c@d")
    assert (old.email, new.email) == ("a@b", "c@d")
    session = _core.SessionBase()
    old.id = 1
    session._add(old)
    session._register([old])
    old.email = "z"
    assert history(old, "email") == (["z"], [], ["a@b"])
    _core.expire(old)
    assert _core.peek(old, slot(old, "email")) is NO_VALUE
    old.email = "y"
    assert old.email == "y"


def test_python_subclasses_of_attribute_keep_the_fast_path(user):
    class Instrumented(_core.Attribute):
        def label(self):
            return "label"

    user.name = Instrumented(manager_of(user), 1)
    assert user.name.label() == "label"
    obj = user(name="x")
    obj.name = "y"
    assert obj.name == "y"


def test_an_overridden_setter_is_respected_by_the_constructor(user):
    class Loud(_core.Attribute):
        def __set__(self, obj, value):
            super().__set__(obj, value.upper())

    user.name = Loud(manager_of(user), 1)
    assert user(name="ada").name == "ADA"


def test_setattr_override():
    seen = []

    def __setattr__(self, name, value):
        seen.append(name)
        object.__setattr__(self, name, value)

    cls = make("User", body={"__setattr__": __setattr__}, name=TYPE_STRING)
    obj = cls(name="ada")
    obj.other = 1
    assert seen == ["name", "other"]
    assert (obj.name, obj.other) == ("ada", 1)


def test_getattr_and_getattribute_overrides():
    cls = make("User", body={"__getattr__": lambda self, name: f"<{name}>"}, name=TYPE_STRING)
    obj = cls(name="ada")
    assert (obj.name, obj.missing) == ("ada", "<missing>")


def test_hash_and_eq_overrides():
    body = {"__eq__": lambda a, b: True, "__hash__": lambda self: 7}
    cls = make("User", body=body, name=TYPE_STRING)
    session = _core.SessionBase()
    a, b = cls(id=1), cls(id=2)
    session._add_all([a, b])
    assert len(session._new()) == 2
    session._register([a, b])
    assert session._get(manager_of(cls), (2,)) is b


def test_events_call_the_property(user):
    add(user, "nick", 0, ATTR_EVENTS)
    hooks = []

    class Hooks:
        def _on_set(self, obj, value, old):
            hooks.append((value, old))
            if value == "bad":
                raise ValueError("no")
            return value.upper()

    manager_of(user).add_attribute("nick", Hooks(), 0, ATTR_EVENTS)
    obj = user(nick="ada")
    assert obj.nick == "ADA"
    with pytest.raises(ValueError):
        obj.nick = "bad"
    assert obj.nick == "ADA"
    assert hooks == [("ada", NO_VALUE), ("bad", "ADA")]


# --- history ------------------------------------------------------------------


def persistent(cls, **values):
    session = _core.SessionBase()
    return session, Database(cls).persistent(session, cls, 1, **values)


def test_history_keeps_the_first_old_value(user):
    session, obj = persistent(user, name="a", age=1)
    assert committed(obj, "name") is ...
    obj.name = "b"
    obj.name = "c"
    assert committed(obj, "name") == "a"
    assert history(obj, "name") == (["c"], [], ["a"])
    assert _core.changed_slots(obj) == [slot(obj, "name")]
    assert session._modified() == [obj]
    obj.name = "a"
    assert history(obj, "name") == ([], ["a"], [])
    _core.commit_state(obj)
    assert committed(obj, "name") is ...
    assert session._modified() == []


def test_history_of_new_objects(user):
    obj = user(name="a")
    obj.name = "b"
    assert history(obj, "name") == (["b"], [], [])
    assert committed(obj, "name") is NO_VALUE
    assert committed(obj, "age") is ...


def test_writing_an_unloaded_attribute_does_not_load(user):
    session = _core.SessionBase()
    database = Database(user)
    obj = database.persistent(session, user, 1, name="a", age=1)
    _core.expire(obj)
    obj.name = "b"
    assert database.loads == []
    assert history(obj, "name") == (["b"], [], [])
    assert obj.age == 1
    assert obj.name == "b"
    assert database.loads == [(1, "age")]


def test_writing_a_primary_key_loads_the_old_one(user):
    session = _core.SessionBase()
    database = Database(user)
    obj = database.persistent(session, user, 1, name="a", age=1)
    _core.expire(obj)
    obj.id = 5
    assert database.loads == [(1, "id")]
    assert history(obj, "id") == ([5], [], [1])


def test_delete_of_a_loaded_value(user):
    _session, obj = persistent(user, name="a", age=1)
    del obj.name
    assert obj.name is None
    assert history(obj, "name") == ([], [], ["a"])


def test_expire_by_name(user):
    session = _core.SessionBase()
    database = Database(user)
    obj = database.persistent(session, user, 1, name="a", age=1)
    obj.name = "b"
    _core.expire(obj, [slot(obj, "name")])
    assert _core.unloaded_slots(obj) == [slot(obj, "name")]
    assert session._modified() == [obj]
    assert obj.name == "a"


def test_flag_modified(user):
    session, obj = persistent(user, name="a", age=1)
    _core.flag_modified(obj, slot(obj, "name"))
    assert history(obj, "name") == (["a"], [], [])
    assert session._modified() == [obj]
    _core.expire(obj, [slot(obj, "age")])
    with pytest.raises(Exception, match="Can't flag attribute 'age' modified"):
        _core.flag_modified(obj, slot(obj, "age"))


def test_comparison_errors_in_history_surface(user):
    class Odd:
        def __eq__(self, other):
            raise RuntimeError("no comparison")

    _session, obj = persistent(user, name="a", age=1)
    obj.name = Odd()
    with pytest.raises(RuntimeError, match="no comparison"):
        history(obj, "name")


def test_loader_errors_surface(user):
    def loader(obj, number, quiet):
        raise LookupError("gone")

    _session, obj = persistent(user, name="a", age=1)
    manager_of(user).loader = loader
    _core.expire(obj)
    with pytest.raises(LookupError, match="gone"):
        _ = obj.name


# --- __dict__ -----------------------------------------------------------------


def test_dict_shows_loaded_attributes(user):
    obj = user(name="ada")
    obj.extra = 1
    shown = dict(vars(obj))
    assert shown.pop("_sa_instance_state") is not None
    assert shown == {"name": "ada", "extra": 1}
    assert {k: v for k, v in obj.__dict__.items() if not k.startswith("_")} == shown
    assert json.dumps({k: v for k, v in vars(obj).items() if k[0] != "_"})
    assert "age" not in obj.__dict__
    assert "name" in obj.__dict__
    assert obj.__dict__.get("age", 5) == 5
    with pytest.raises(KeyError):
        obj.__dict__["age"]


def test_dict_is_live(user):
    obj = user(name="ada")
    view = obj.__dict__
    obj.name = "bob"
    obj.age = 3
    obj.extra = 1
    assert view["name"] == "bob"
    assert sorted(view) == ["_sa_instance_state", "age", "extra", "name"]
    assert len(view) == 4
    assert [view[key] for key in view if key != "_sa_instance_state"] == ["bob", 3, 1]
    del obj.age
    assert "age" not in set(view.keys())


def test_dict_in_expressions(user):
    obj = user(name="ada")
    view = vars(obj)
    state = view["_sa_instance_state"]
    own = {"_sa_instance_state": state}
    assert view | {"age": 1} == {**own, "name": "ada", "age": 1}
    assert {"name": "bob", "age": 1} | view == {**own, "name": "ada", "age": 1}
    assert type(view | {}) is type({} | view) is type(view.copy()) is type(copy.copy(view)) is dict
    for wrong in (1, [("name", "x")], None):
        with pytest.raises(TypeError):
            _ = view | wrong
        with pytest.raises(TypeError):
            _ = wrong | view
    view |= {"name": "bob"}
    assert (obj.name, view["name"], view == {**own, "name": "bob"}) == ("bob", "bob", True)
    for wrong in (1, [1], {1: 2, "name": []}.keys()):
        with pytest.raises((TypeError, ValueError)):
            view.update(wrong)
    for name in ("pop", "setdefault", "get"):
        with pytest.raises(TypeError):
            getattr(view, name)()
        with pytest.raises(TypeError):
            getattr(view, name)([])
        with pytest.raises(TypeError):
            getattr(view, name)(1, 2, 3)
    for wrong in ([], {}, set()):
        with pytest.raises(TypeError):
            _ = view[wrong]
        with pytest.raises(TypeError):
            view[wrong] = 1
        with pytest.raises(TypeError):
            del view[wrong]
        with pytest.raises(TypeError):
            _ = wrong in view
    with pytest.raises(TypeError):
        obj.__dict__ = 1
    assert (obj.name, list(reversed(view))[-1]) == ("bob", next(iter(view)))
    view[1] = 2
    assert view.popitem() == (1, 2)
    view.clear()
    with pytest.raises(KeyError):
        view.pop("name")
    assert (obj.name, "name" in vars(obj)) == (None, False)


def test_writes_through_dict_reach_the_object(user):
    session, obj = persistent(user, name="a", age=1)
    view = obj.__dict__
    view["name"] = "b"
    view["extra"] = 2
    assert (obj.name, obj.extra) == ("b", 2)
    assert session._modified() == []
    assert view.pop("extra") == 2
    assert not hasattr(obj, "extra")
    view.update(name="c", more=1)
    assert (obj.name, obj.more) == ("c", 1)
    assert view.setdefault("more", 9) == 1
    assert view.setdefault("new", 9) == 9
    del view["name"]
    assert obj.name is None
    with pytest.raises(KeyError):
        del view["nothing"]
    view |= {"z": 1}
    assert obj.z == 1
    assert (obj.__dict__ | {"y": 1})["y"] == 1
    assert type(view.copy()) is dict
    obj.__dict__ = {"name": "q", "w": 1}
    assert (obj.name, obj.w, hasattr(obj, "z")) == ("q", 1, False)
    view.clear()
    assert set(obj.__dict__) == {"_sa_instance_state"}


# --- pickles and copies -------------------------------------------------------


class Pickled(_core.Entity):
    """At module level, so that pickle finds it."""


_core.ClassManager(Pickled)
for _name, _kind in (("id", 0), ("name", 0), ("friends", ATTR_COLLECTION)):
    add(Pickled, _name, _kind, code=TYPE_INTEGER if _name == "id" else 0)
manager_of(Pickled).set_primary_key([0])
manager_of(Pickled).set_relationship(2, manager_of(Pickled))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol):
    obj = Pickled(name="ada", friends=[Pickled(name="bob")])
    obj.friends[0].friends.append(obj)
    obj.extra = {"a": 1}
    found = pickle.loads(pickle.dumps(obj, protocol))
    assert type(found) is Pickled
    assert (found.name, found.extra, found.id) == ("ada", {"a": 1}, None)
    assert found.friends[0].friends[0] is found
    assert isinstance(found.friends, _core.InstrumentedList)
    found.friends.append(Pickled())
    assert len(history(found, "friends")[0]) == 2


def test_pickle_of_a_changed_persistent_object():
    session = _core.SessionBase()
    obj = Database(Pickled).persistent(session, Pickled, 7, name="a")
    obj.name = "b"
    found = pickle.loads(pickle.dumps(obj))
    assert _core.identity_key(found) == (Pickled, (7,), None)
    assert _core.session_of(found) is None
    assert history(found, "name") == (["b"], [], ["a"])
    session._expunge(obj)
    session._add(found)
    assert session._modified() == [found]


def test_pickle_keeps_what_is_not_loaded():
    session = _core.SessionBase()
    obj = Database(Pickled).persistent(session, Pickled, 7, name="a")
    _core.expire(obj, [1])
    found = pickle.loads(pickle.dumps(obj))
    assert (found.id, found.name) == (7, "a")
    _core.expire(obj)
    found = pickle.loads(pickle.dumps(obj))
    assert found.name == "a"


def test_a_column_without_value_at_insert_reads_none():
    session = _core.SessionBase()
    obj = Pickled(id=4)
    session._add(obj)
    session._register([obj])
    assert obj.name is None
    assert "name" not in obj.__dict__


def test_copies():
    obj = Pickled(name="ada", friends=[Pickled(name="bob")])
    shallow = copy.copy(obj)
    deep = copy.deepcopy(obj)
    assert shallow.friends == obj.friends
    assert shallow.friends is not obj.friends
    assert deep.friends[0] is not obj.friends[0]
    assert deep.friends[0].name == "bob"
    shallow.friends.clear()
    assert len(obj.friends) == 1


# --- memory -------------------------------------------------------------------


def test_size(user):
    slots = len(manager_of(user).names)
    assert sys.getsizeof(user()) <= 16 + 24 + 16 + 48 + 8 * slots


def test_objects_of_scalars_are_not_tracked(user):
    obj = user(name="ada", age=1)
    assert not gc.is_tracked(obj)
    obj.age = 2
    assert not gc.is_tracked(obj)
    obj.name = ["list"]
    assert gc.is_tracked(obj)
    other = user()
    other.unmapped = 1
    assert gc.is_tracked(other)


@pytest.mark.parametrize("how", ["mapped", "unmapped", "relationship", "setattr"])
def test_cycles_are_collected(how):
    user_class, post_class, *_ = blog()
    obj = user_class()
    if how == "mapped":
        obj.name = [obj]
    elif how == "unmapped":
        obj.me = obj
    elif how == "setattr":
        cls = make("Own", body={"__setattr__": object.__setattr__})
        obj = cls()
        obj.me = obj
    else:
        obj.posts.append(post_class())
    ref = weakref.ref(obj)
    del obj
    gc.collect()
    assert ref() is None


def test_classes_are_collected():
    cls = make("Short", name=TYPE_STRING)
    obj = cls(name="x")
    obj.me = obj
    manager = weakref.ref(manager_of(cls))
    ref = weakref.ref(cls)
    del cls, obj
    gc.collect()
    gc.collect()
    assert ref() is None
    assert manager() is None


def test_long_chains_die_without_recursion():
    user_class = blog()[0]
    add(user_class, "next", code=0)
    first = node = user_class()
    for _ in range(200_000):
        node.next = user_class()
        node = node.next
    del node, first


def test_weak_references_and_callbacks(user):
    dead = []
    obj = user()
    ref = weakref.ref(obj, dead.append)
    assert ref() is obj
    del obj
    assert dead == [ref]


def test_finalizer_can_resurrect():
    saved = []
    cls = make("User", body={"__del__": lambda self: saved.append(self)}, name=TYPE_STRING)
    session = _core.SessionBase()
    obj = Database(cls).persistent(session, cls, 1, name="a")
    del obj
    assert len(saved) == 1
    assert saved[0].name == "a"
    assert session._get(manager_of(cls), (1,)) is saved[0]


def test_finalizer_may_use_the_session():
    session = _core.SessionBase()
    seen = []

    def __del__(self):
        seen.append(session._get(_core.manager_of(self), (self.id,)) is self)
        seen.append(len(session._persistent()))

    cls = make("User", body={"__del__": __del__}, name=TYPE_STRING)
    obj = Database(cls).persistent(session, cls, 1, name="a")
    del obj
    assert seen == [True, 1]
    assert session._counts() == (0, 0, 0, 0)


def test_values_whose_destructor_looks_back(user):
    obj = user()

    class Nosy:
        def __del__(self):
            seen.append(obj.name)
            obj.name = "from the destructor"

    seen = []
    obj.name = Nosy()
    obj.name = "new"
    assert seen == ["new"]
    assert obj.name == "from the destructor"


def test_an_object_that_dies_leaves_the_exception_that_is_on_its_way(user):
    objects = [user(id=1)]
    objects[0].note = "so that it has an instance dictionary"
    add(user, "late", code=TYPE_STRING)

    def fail():
        raise ValueError("on its way")

    with pytest.raises(ValueError, match="on its way"):
        print(objects.pop(), fail())
