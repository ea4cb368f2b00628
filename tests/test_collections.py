"""Relationships in memory: collections, back references, history, orphans."""

from __future__ import annotations

import copy
import ctypes
import gc
import pickle
import sys
import weakref

import pytest

from cormorant import _core, exc

from .hand_made import (
    ATTR_COLLECTION,
    ATTR_EVENTS,
    NO_VALUE,
    TYPE_STRING,
    Database,
    add,
    blog,
    committed,
    history,
    make,
    manager_of,
    relate,
    slot,
)


@pytest.fixture
def classes():
    return blog()


@pytest.fixture
def world(classes):
    """A session with a user whose posts are two loaded objects."""
    user_class, post_class, *_ = classes
    session = _core.SessionBase()
    database = Database(*classes)
    user = database.persistent(session, user_class, 1, name="ada")
    posts = [database.persistent(session, post_class, n, name=str(n), user_id=1) for n in (1, 2)]
    database.related[user_class, 1, "posts"] = lambda: list(posts)
    for name in ("tags", "notes"):
        database.related[user_class, 1, name] = list
    database.related[user_class, 1, "profile"] = None
    return session, database, user, posts


# --- the other side -----------------------------------------------------------


def test_many_to_one_fills_the_collection(classes):
    user_class, post_class, *_ = classes
    user, other, post = user_class(), user_class(), post_class()
    post.user = user
    assert user.posts == [post]
    post.user = other
    assert (user.posts, other.posts) == ([], [post])
    post.user = None
    assert other.posts == []


def test_collections_set_the_many_to_one(classes):
    user_class, post_class, *_ = classes
    user = user_class()
    a, b, c, d = (post_class() for _ in range(4))
    user.posts.append(a)
    user.posts += [b]
    user.posts.extend([c])
    user.posts.insert(0, d)
    assert [p.user for p in (a, b, c, d)] == [user] * 4
    assert user.posts == [d, a, b, c]
    user.posts.remove(a)
    assert user.posts.pop() is c
    del user.posts[0]
    user.posts[0] = a
    assert [p.user for p in (a, b, c, d)] == [user, None, None, None]
    user.posts[0:1] = [b, c]
    assert [p.user for p in (a, b, c)] == [None, user, user]
    user.posts.reverse()
    assert user.posts == [c, b]
    user.posts.clear()
    assert [p.user for p in (b, c)] == [None, None]


def test_moving_between_collections(classes):
    user_class, post_class, *_ = classes
    one, two, post = user_class(), user_class(), post_class()
    one.posts.append(post)
    two.posts.append(post)
    assert one.posts == []
    assert post.user is two


def test_replacing_a_collection_fires_for_the_difference(classes):
    user_class, post_class, *_ = classes
    a, b, c = (post_class() for _ in range(3))
    user = user_class(posts=[a, b])
    old = user.posts
    user.posts = [b, c]
    assert [p.user for p in (a, b, c)] == [None, user, user]
    assert user.posts is not old
    old.append(a)  # nobody's collection any more
    assert a.user is None
    same = user.posts
    user.posts = same
    assert user.posts is same


def test_many_to_many(classes):
    user_class, _, tag_class, *_ = classes
    user, tag = user_class(), tag_class()
    user.tags.append(tag)
    assert tag.users == [user]
    tag.users.remove(user)
    assert user.tags == []


def test_one_to_one(classes):
    user_class, _, _, profile_class, _ = classes
    one, two = user_class(), user_class()
    p, q = profile_class(), profile_class()
    one.profile = p
    assert p.user is one
    two.profile = p
    # As in SQLAlchemy, the chain of events ends where an attribute like its first one is.
    assert (one.profile, two.profile, p.user) == (p, p, two)
    q.user = two
    assert (p.user, two.profile) == (two, q)
    q.user = None
    assert two.profile is None


def test_sets(classes):
    user_class, *_, note_class = classes
    user = user_class()
    a, b, c = (note_class() for _ in range(3))
    assert isinstance(user.notes, _core.InstrumentedSet)
    user.notes.add(a)
    user.notes |= {b}
    user.notes.update([c])
    assert user.notes == {a, b, c}
    assert {n.user for n in (a, b, c)} == {user}
    user.notes.discard(a)
    user.notes -= {b}
    assert [n.user for n in (a, b, c)] == [None, None, user]
    user.notes ^= {a, c}
    assert user.notes == {a}
    user.notes &= {b}
    assert (user.notes, a.user) == (set(), None)
    user.notes = {a}
    assert user.notes.pop() is a
    with pytest.raises(KeyError):
        user.notes.remove(a)
    with pytest.raises(KeyError):
        user.notes.pop()
    with pytest.raises(TypeError):
        user.notes |= [a]
    user.notes.intersection_update([a])
    user.notes.symmetric_difference_update([a])
    user.notes.difference_update([a], [b])
    user.notes.clear()


def test_self_reference():
    node = make("Node", name=TYPE_STRING)
    add(node, "parent", 1)
    add(node, "children", ATTR_COLLECTION)
    relate(node, "parent", node, "children")
    relate(node, "children", node, "parent")
    a, b, c = node(), node(), node()
    a.children = [b]
    b.children.append(c)
    assert (b.parent, c.parent) == (a, b)
    c.parent = a
    assert (a.children, b.children) == ([b, c], [])
    a.parent = a
    assert a in a.children


# --- errors -------------------------------------------------------------------


def test_foreign_objects_are_refused(classes):
    user_class, post_class, *_ = classes
    user, post = user_class(), post_class()
    text = "'str' object has no attribute '_sa_instance_state'"
    with pytest.raises(AttributeError, match=text):
        user.posts.append("x")
    with pytest.raises(AttributeError, match=text):
        post.user = "x"
    with pytest.raises(AttributeError, match=text):
        user_class(posts=["x"])
    with pytest.raises(KeyError, match="user"):
        user.posts.append(user_class())
    with pytest.raises(KeyError, match="posts"):
        post.user = post_class()
    assert (user.posts, post.user) == ([], None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "int is not list-like"),
        (None, "None is not list-like"),
        ((1,), "tuple is not list-like"),
        ({1}, "set is not list-like"),
        ({}, "dict is not list-like"),
        ("x", "str is not list-like"),
    ],
)
def test_collections_take_their_own_kind(classes, value, text):
    with pytest.raises(TypeError, match=f"^Incompatible collection type: {text}$"):
        classes[0](posts=value)


def test_sets_refuse_lists(classes):
    with pytest.raises(TypeError, match="list is not set-like"):
        classes[0](notes=[])


def test_list_errors(classes):
    user = classes[0]()
    post = classes[1]()
    with pytest.raises(ValueError, match=r"list.remove\(x\): x not in list"):
        user.posts.remove(post)
    with pytest.raises(IndexError, match="pop from empty list"):
        user.posts.pop()
    with pytest.raises(IndexError):
        user.posts[0] = post
    with pytest.raises(IndexError):
        del user.posts[0]
    with pytest.raises(TypeError):
        user.posts["a"] = post
    with pytest.raises(TypeError):
        user.posts.extend(3)
    user.posts.append(post)
    with pytest.raises(ValueError, match="attempt to assign sequence of size 2 to extended"):
        user.posts[::2] = [post, post]
    with pytest.raises(IndexError, match="pop index out of range"):
        user.posts.pop(5)


def test_deleting_relationships(classes):
    user_class, post_class, *_ = classes
    post = post_class()
    with pytest.raises(AttributeError, match=r"^Post\.user object does not have a value$"):
        del post.user
    user = user_class(posts=[post])
    del post.user
    assert (post.user, user.posts) == (None, [])
    del user.posts
    del user.posts
    user.posts.append(post)
    del user.posts
    assert (post.user, user.posts) == (None, [])


# --- loaded and not loaded ----------------------------------------------------


def test_a_collection_loads_once(world):
    _session, database, user, posts = world
    assert user.posts == posts
    assert user.posts is user.posts
    assert database.loads == [(1, "posts")]
    assert history(user, "posts") == ([], posts, [])


def test_changes_wait_for_an_unloaded_collection(world, classes):
    session, database, user, posts = world
    post = classes[1](user=user)
    posts[0].user = None
    assert database.loads == []
    assert _core.peek(user, slot(user, "posts")) is NO_VALUE
    assert history(user, "posts") == ([post], [], [posts[0]])
    assert user in session._modified()
    # The many-to-one puts nothing into the session: no cascade of back references.
    assert _core.session_of(post) is None
    assert user.posts == [posts[1], post]
    assert history(user, "posts") == ([post], [posts[1]], [posts[0]])


def test_changes_of_an_unloaded_collection_can_cancel_out(world, classes):
    _session, _database, user, posts = world
    post = classes[1](user=user)
    post.user = None
    posts[0].user = None
    posts[0].user = user
    assert history(user, "posts")[0] == []
    assert user.posts == posts


def test_many_to_one_from_the_identity_map(world):
    _session, database, user, posts = world
    assert posts[0].user is user
    assert database.loads == []
    posts[1].user_id = None
    assert posts[1].user is None


def test_many_to_one_that_must_be_loaded(world, classes):
    _session, database, user, posts = world
    posts[0].user_id = 9
    database.related[classes[1], 1, "user"] = None
    assert posts[0].user is None
    assert database.loads == [(1, "user")]
    _core.set_load_options(posts[1], "raise")
    database.related[classes[1], 2, "user"] = user
    assert posts[1].user is user
    assert database.loads[-1] == (2, "user")


def test_history_of_a_loaded_collection(world, classes):
    session, _database, user, posts = world
    user.posts.append(classes[1]())
    assert committed(user, "posts") == posts
    user.posts = [posts[1]]
    assert committed(user, "posts") == posts
    assert history(user, "posts") == ([], [posts[1]], [posts[0]])
    _core.commit_state(user)
    assert history(user, "posts") == ([], [posts[1]], [])
    user.posts.pop()
    assert history(user, "posts") == ([], [], [posts[1]])
    assert user in session._modified()


def test_old_many_to_one_is_known_without_sql(world, classes):
    _session, database, user, posts = world
    assert user.posts == posts
    other = classes[0]()
    posts[0].user = other
    assert history(posts[0], "user") == ([other], [], [user])
    assert user.posts == [posts[1]]
    assert database.loads == [(1, "posts")]


def test_old_many_to_one_that_is_not_known(world, classes):
    _session, database, _user, posts = world
    posts[0].user_id = 77
    _core.commit_state(posts[0])
    other = classes[0]()
    posts[0].user = other
    assert history(posts[0], "user") == ([other], [], [])
    del posts[1].user
    assert database.loads == []


def test_delete_of_an_unknown_many_to_one_counts_as_a_change(world):
    _session, database, _user, posts = world
    posts[0].user_id = 77
    _core.commit_state(posts[0])
    del posts[0].user
    assert history(posts[0], "user") == ([None], [], [])
    assert database.loads == []


def test_expired_collections_are_let_go(world, classes):
    session, _database, user, posts = world
    old = user.posts
    _core.expire(user)
    old.append(classes[1]())
    assert session._new() == []
    assert user.posts == posts


def test_collection_outlives_its_owner(classes):
    user = classes[0](name="changed")
    posts = user.posts
    del user
    gc.collect()
    post = classes[1]()
    posts.append(post)
    assert post.user is None
    assert posts == [post]
    manager = _core.manager_of(classes[0]())
    references = sys.getrefcount(manager)
    posts = classes[0]().posts
    with pytest.raises(exc.ObjectDereferencedError, match=r"'User\.posts'"):
        posts.append(post)
    assert posts == []
    del posts
    assert sys.getrefcount(manager) == references


def test_set_loaded_takes_lists_and_collections(world, classes):
    _session, _database, user, posts = world
    number = slot(user, "posts")
    _core.set_loaded(user, number, list(posts))
    assert isinstance(user.posts, _core.InstrumentedList)
    assert history(user, "posts") == ([], posts, [])
    other = classes[0]()
    _core.set_loaded(other, number, user.posts)
    other.posts.clear()
    assert user.posts == posts
    with pytest.raises(TypeError):
        _core.set_loaded(user, number, 3)


class Colliding:
    """A key of a dictionary that is found by a name, and cannot be compared with it."""

    def __init__(self, name):
        self.name, self.fails = name, False

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        if self.fails:
            raise RuntimeError("no comparison")
        return NotImplemented


def test_a_value_that_cannot_be_stored_changes_nothing(classes):
    """Attributes that a class has got since are kept in a dictionary."""
    user_class, post_class, *_ = classes
    session = _core.SessionBase()
    user = Database(user_class).persistent(session, user_class, 1, name="a")
    late = add(user_class, "late")
    many = add(user_class, "many", ATTR_COLLECTION)
    keys = [Colliding("late"), Colliding("many")]
    vars(user).update(dict.fromkeys(keys))  # before the names, which are looked for behind them
    _core.set_loaded(user, late, "old")
    _core.set_loaded(user, many, [])
    user.late = "new"
    user.many.append(post := post_class())
    for key, value in zip(keys, ("other", []), strict=True):
        key.fails = True
        with pytest.raises(RuntimeError, match="no comparison"):
            _core.set_loaded(user, slot(user, key.name), value)
        key.fails = False
    assert history(user, "late") == (["new"], [], ["old"])
    assert history(user, "many") == ([post], [], [])
    user.many.append(second := post_class())
    assert history(user, "many") == ([post, second], [], [])


def test_what_ties_a_collection_to_its_owner_is_not_copied(classes):
    class Shelf(list):
        pass

    user_class, post_class, *_ = classes
    manager_of(user_class).set_collection(slot(user_class, "posts"), Shelf, Shelf)
    user = user_class()
    tie = copy.copy(user.posts._sa_adapter)
    assert type(tie) is type(user.posts._sa_adapter)
    stranger = post_class()
    assert tie.fire_append_event(stranger) is stranger
    assert stranger.user is None
    with pytest.raises(TypeError, match="takes 1 to 2 arguments, got 0"):
        tie.fire_append_event()


def test_pickled_collections_are_lists(classes):
    user = classes[0](posts=[])
    found = pickle.loads(pickle.dumps(user.posts))
    assert type(found) is _core.InstrumentedList
    assert found == []


# --- sessions -----------------------------------------------------------------


def test_cascade_into_the_session(world, classes):
    session, _database, user, _posts = world
    post, tag = classes[1](), classes[2]()
    user.posts.append(post)
    assert session._new() == [post]
    tag.users.append(user)
    assert session._new() == [post]
    user.tags = [tag]
    assert session._new() == [post, tag]
    third = classes[1]()
    third.user = user
    assert third not in session
    user.posts = [*user.posts]
    assert third in session


def test_add_cascades_in_order(classes):
    user_class, post_class, tag_class, *_ = classes
    session = _core.SessionBase()
    tags = [tag_class(name=str(n)) for n in range(2)]
    posts = [post_class(name=str(n)) for n in range(2)]
    user = user_class(posts=posts, tags=tags)
    session._add(posts[1])
    assert session._new() == [posts[1], user, posts[0], *tags]


def test_add_reaches_members_that_were_removed(world, classes):
    session, _database, user, posts = world
    assert user.posts == posts
    session._expunge(user)
    session._expunge(posts[0])
    user.posts.remove(posts[0])
    session._add(user)
    assert posts[0] in session


def test_wrong_class_in_a_cascade(classes):
    user_class, post_class, *_ = classes
    lone = make("Lone")
    add(lone, "posts", ATTR_COLLECTION, _core.ATTR_CASCADE_SAVE)
    relate(lone, "posts", post_class)
    obj = lone(posts=[user_class()])
    with pytest.raises(AssertionError, match="Attribute 'posts' on class .* doesn't handle"):
        _core.SessionBase()._add(obj)


def test_orphans():
    user_class, post_class, *_ = blog(orphan=True)
    session = _core.SessionBase()
    user, post = user_class(), post_class()
    prop = user_class.props["posts"]
    assert _core.is_orphan(post)
    user.posts.append(post)
    assert not _core.is_orphan(post)
    assert _core.has_parent(post, prop)
    session._add(user)
    user.posts.remove(post)
    assert post not in session
    assert _core.is_orphan(post)
    assert _core.state_flags(post) & _core.STATE_ORPHANED == 0
    other = user_class()
    other.posts = [post]
    other.posts = []
    assert _core.state_flags(post) & _core.STATE_ORPHANED
    # A persistent object has a parent until it is taken away.
    kept = Database(post_class).persistent(session, post_class, 1, name="x")
    assert not _core.is_orphan(kept)
    kept.user = user
    kept.user = None
    assert _core.is_orphan(kept)


def test_moving_between_parents_is_no_orphan():
    user_class, post_class, *_ = blog(orphan=True)
    one, two, post = user_class(), user_class(), post_class()
    one.posts = [post]
    two.posts.append(post)
    assert one.posts == []
    assert not _core.is_orphan(post)


# --- hooks --------------------------------------------------------------------


def test_collection_hooks(classes):
    user_class, post_class, *_ = classes
    calls = []

    class Hooks:
        def _on_append(self, obj, value):
            calls.append(("append", value))
            return value if value.name != "swap" else other

        def _on_remove(self, obj, value):
            calls.append(("remove", value))

    manager_of(user_class).add_attribute("posts", Hooks(), ATTR_COLLECTION, ATTR_EVENTS)
    other = post_class(name="other")
    swap = post_class(name="swap")
    user = user_class()
    user.posts.append(swap)
    assert user.posts == [other]
    assert (swap.user, other.user) == (None, user)
    user.posts.clear()
    assert calls == [("append", swap), ("remove", other)]


def test_a_hook_that_fails_leaves_things_alone(classes):
    user_class, post_class, *_ = classes

    class Hooks:
        def _on_append(self, obj, value):
            raise ValueError("no")

    manager_of(user_class).add_attribute("posts", Hooks(), ATTR_COLLECTION, ATTR_EVENTS)
    user, post = user_class(), post_class()
    with pytest.raises(ValueError, match="no"):
        user.posts.append(post)
    with pytest.raises(ValueError, match="no"):
        post.user = user
    assert (user.posts, post.user) == ([], None)


# --- hard cases ---------------------------------------------------------------


def test_a_hook_that_drops_the_collection(classes):
    user_class, post_class, *_ = classes

    class Hooks:
        def _on_append(self, obj, value):
            if _core.peek(obj, slot(obj, "posts")) is not NO_VALUE:
                obj.__dict__.pop("posts", None)
            return value

    manager_of(user_class).add_attribute("posts", Hooks(), ATTR_COLLECTION, ATTR_EVENTS)
    user = user_class()
    user.posts.append(post_class())
    user.posts.extend([post_class(), post_class()])
    gc.collect()


def test_an_equality_that_changes_the_list(classes):
    user_class, _post_class, *_ = classes

    def __eq__(self, other):
        user.posts.clear()
        return False

    odd = make("Odd", body={"__eq__": __eq__, "__hash__": object.__hash__}, name=TYPE_STRING)
    add(odd, "user", 1)
    relate(odd, "user", user_class, "posts")
    user = user_class()
    user.posts.extend([odd(), odd()])
    with pytest.raises(ValueError):
        user.posts.remove(odd())


def test_cycles_of_relationships_are_collected(classes):
    user_class, post_class, *_ = classes
    user = user_class(posts=[post_class(), post_class()])
    refs = [weakref.ref(user), *map(weakref.ref, user.posts)]
    del user
    gc.collect()
    assert [ref() for ref in refs] == [None] * 3


def test_lists_as_c_code_sees_them(classes):
    user_class, post_class, *_ = classes
    user, first, other = user_class(), post_class(), post_class()
    user.posts.append(first)
    put, drop = ctypes.pythonapi.PySequence_SetItem, ctypes.pythonapi.PySequence_DelItem
    put.argtypes = [ctypes.py_object, ctypes.c_ssize_t, ctypes.py_object]
    drop.argtypes = [ctypes.py_object, ctypes.c_ssize_t]
    put(user.posts, 0, other)
    assert (user.posts, other.user is user, first.user) == ([other], True, None)
    for call in (lambda: put(user.posts, 1, first), lambda: drop(user.posts, 1)):
        with pytest.raises(IndexError):
            call()
    drop(user.posts, 0)
    assert (user.posts, other.user) == ([], None)


def test_a_dict_of_no_key_function():
    """Its items are set and deleted as those of any dict."""
    held = _core.InstrumentedDict()
    held["a"] = 1
    held["a"] = 2
    assert held == {"a": 2}
    del held["a"]
    assert not held
    with pytest.raises(KeyError):
        del held["a"]
