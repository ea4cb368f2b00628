"""Mapped objects as plain Python objects: __dict__, pickles, copies, hashes, subclasses."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_objects(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def shown(obj: Any) -> dict[str, Any]:
    """The instance dictionary without what a package keeps there for itself."""
    return {
        key: type(value).__name__
        if isinstance(value, list) or hasattr(value, "__dict__")
        else value
        for key, value in sorted(vars(obj).items())
        if key != "_sa_instance_state"
    }


def published(*classes: type) -> None:
    """Make classes of a function known to pickle, under this module's name."""
    for cls in classes:
        cls.__module__, cls.__qualname__ = __name__, cls.__name__
        setattr(sys.modules[__name__], cls.__name__, cls)


def filled(p: Any, **options: Any) -> tuple[Any, Any, Any]:
    """A session with two users of two posts each."""
    User, Post = blog(p)
    published(User, Post)
    s = p.session(**options)
    for name in ("ann", "bob"):
        posts = [Post(title=f"{name}{i}") for i in range(2)]
        s.add(User(name=name, age=30, posts=posts))
    s.commit()
    return s, User, Post


# ---- __dict__ ---------------------------------------------------------------------


@program
def instance_dictionary(p: Any) -> None:
    s, User, _ = filled(p)
    s.close()
    p.show(shown(User()), shown(User(name="x")), shown(User(posts=[])))
    u = s.get(User, 1)
    p.show(shown(u), u.__dict__ == vars(u), "name" in vars(u), "posts" in vars(u))
    p.show(len(u.posts), shown(u))
    u.nick = "extra"
    u.age = 31
    p.show(shown(u), u.__dict__["nick"], vars(u).get("age"))
    s.expire(u, ["name"])
    p.show(shown(u))
    s.expire(u)
    p.show(shown(u), u.nick)
    p.show(u.name, shown(u))
    s.commit()
    p.show(shown(u))


@program
def writing_to_the_dictionary(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    u.__dict__["age"] = 77
    p.show(u.age, u in s.dirty, p.inspect(u).modified)
    u.__dict__["other"] = 5
    p.show(u.other, sorted(shown(u)))
    del u.__dict__["other"]
    p.error(lambda: u.other)
    vars(u).update(more=1)
    p.show(u.more, u.__dict__.pop("more"), hasattr(u, "more"))
    u.__dict__.pop("name")
    p.show("name" in u.__dict__)
    p.show(dict(u.__dict__).keys() == u.__dict__.keys(), len(u.__dict__) > 2)
    s.commit()
    p.show(u.age)


@program
def dictionary_methods(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 2)
    d = u.__dict__
    p.show(sorted(k for k in d if not k.startswith("_")))
    p.show(d.get("name"), d.get("nope"), d.get("nope", 3), "id" in d, 5 in d)
    p.show(d.setdefault("z", 1), d.setdefault("name", 1), u.z)
    p.show(sorted(v for k, v in d.items() if not k.startswith("_") and isinstance(v, int)))
    p.error(lambda: d["nothing"])
    p.show({k: v for k, v in d.copy().items() if not k.startswith("_")})
    p.show({k: v for k, v in {**d}.items() if not k.startswith("_")})
    p.show(isinstance(d, dict))


@program
def unmapped_attributes(p: Any) -> None:
    s, User, _ = filled(p)
    User.kind = "class"
    u = s.get(User, 1)
    p.show(u.kind)
    u.kind = "own"
    p.show(u.kind, User.kind, u in s.dirty)
    del u.kind
    p.show(u.kind)
    p.error(lambda: u.missing)
    p.error(lambda: delattr(u, "missing"))
    setattr(u, "with space", 3)
    p.show(getattr(u, "with space"), "with space" in dir(u), "name" in dir(u))
    u.self = u
    p.show(u.self is u)
    s.commit()
    p.show(u.self is u)


@program
def deleting_attributes(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    del u.name
    p.show(shown(u), u in s.dirty)
    p.show(u.name)
    p.error(lambda: delattr(u, "name"))
    s.expire(u)
    p.show(u.name)
    v = User(name="t")
    del v.name
    p.show(v.name, shown(v))
    p.error(lambda: delattr(v, "age"))
    w = s.get(User, 2)
    del w.posts
    p.show(len(w.posts))
    s.commit()
    p.show(len(w.posts))


# ---- pickles and copies -----------------------------------------------------------


@program
def pickled_states(p: Any) -> None:
    s, User, Post = filled(p)
    for protocol in range(2, 6):
        u = s.get(User, 1)
        u.note = [1, 2]
        p.show(u.name)
        v = pickle.loads(pickle.dumps(u, protocol))
        p.show(state(p, v), shown(v), v is u, p.inspect(v).identity, p.inspect(v).key[1])
        p.error(lambda v=v: v.posts, text=False)
        s.expunge(u)
        w = pickle.loads(pickle.dumps(u, protocol))
        p.show(state(p, w), shown(w))
        t = pickle.loads(pickle.dumps(User(name="t", posts=[Post(title="q")]), protocol))
        p.show(state(p, t), shown(t), t.posts[0].user is t, t.posts[0].title, type(t.posts))
        s.expunge_all()


@program
def pickled_expired(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    s.commit()
    v = pickle.loads(pickle.dumps(u))
    p.show(shown(v), state(p, v), p.inspect(v).expired)
    p.error(lambda: v.name, text=False)
    s.expunge_all()
    s.add(v)
    p.show(v.name, shown(v), state(p, v))
    s.expire(v, ["age"])
    w = pickle.loads(pickle.dumps(v))
    s.expunge_all()
    p.show(shown(w), w.name, sorted(p.inspect(w).unloaded))
    s.add(w)
    p.show(w.age)


@program
def pickled_graph(p: Any) -> None:
    s, User, Post = filled(p)
    u = s.scalars(p.select(User).options(p.selectinload(User.posts))).first()
    p.show([q.user is u for q in u.posts])
    v, same = pickle.loads(pickle.dumps((u, u)))
    p.show(v is same, [q.title for q in v.posts], [q.user is v for q in v.posts])
    p.show(state(p, v, *v.posts), type(v.posts))
    v.posts.append(Post(title="new"))
    p.show(v.posts[-1].user is v)
    s.expunge_all()
    s.add(v)
    p.show(state(p, v, *v.posts))
    s.commit()
    p.show([q.title for q in v.posts])
    merged = pickle.loads(pickle.dumps(v.posts[0]))
    m = s.merge(merged)
    p.show(m is v.posts[0])


@program
def pickled_changes(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    u.name = "changed"
    v = pickle.loads(pickle.dumps(u))
    s.rollback()
    s.expunge_all()
    p.show(v.name, p.inspect(v).modified, p.inspect(v).attrs.name.history)
    s.add(v)
    p.show(v in s.dirty)
    s.commit()
    p.show(s.get(User, 1).name)
    new = User(name="fresh")
    s.add(new)
    w = pickle.loads(pickle.dumps(new))
    p.show(state(p, w), shown(w))


@program
def pickled_collections(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    posts = pickle.loads(pickle.dumps(u.posts))
    p.show(type(posts), [q.title for q in posts], state(p, *posts))
    plain = copy.copy(u.posts)
    p.show(type(plain), plain == u.posts, len(plain))
    p.show(type(u.posts[:1]), type(list(u.posts)), u.posts == list(u.posts))
    p.show(type(u.posts * 1), u.posts.copy() == u.posts, type(u.posts.copy()))


@program
def pickled_rows(p: Any) -> None:
    s, User, _ = filled(p)
    rows = s.execute(p.select(User.id, User.name).order_by(User.id)).all()
    back = pickle.loads(pickle.dumps(rows))
    p.show(back == rows, back[0].name, back[0]._mapping["id"], back[0]._fields)
    row = s.execute(p.select(User, User.name)).first()
    again = pickle.loads(pickle.dumps(row))
    p.show(again.name, again.User.name, state(p, again.User))


@program
def pickled_with_options(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.scalars(p.select(User).options(p.load_only(User.name))).first()
    v = pickle.loads(pickle.dumps(u))
    s.expunge_all()
    p.show(shown(v), sorted(p.inspect(v).unloaded))
    s.add(v)
    p.show(v.age)
    u = s.scalars(p.select(User).where(User.id == 2).options(p.raiseload(User.posts))).first()
    v = pickle.loads(pickle.dumps(u))
    s.expunge_all()
    s.add(v)
    p.error(lambda: v.posts)


@program
def copied(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    p.show(u.name, len(u.posts))
    d = copy.deepcopy(u)
    p.show(d is u, d.name, len(d.posts), d.posts[0] is u.posts[0], state(p, d, *d.posts))
    p.show(p.inspect(d).key[1])
    p.show(d.name, u.name, state(p, u), s.new, s.dirty)


@program
def hashes_and_weak_references(p: Any) -> None:
    s, User, _ = filled(p)
    u, v = s.get(User, 1), s.get(User, 2)
    p.show(hash(u) == hash(u), u == u, u == v, u != v, len({u, v, s.get(User, 1)}))
    gone: list[str] = []
    r = weakref.ref(u, lambda _: gone.append("dead"))
    p.show(r() is u, len(s.identity_map), weakref.getweakrefcount(u) >= 1)
    del u
    gc.collect()
    p.show(r() is None, gone, len(s.identity_map))
    keep = weakref.WeakKeyDictionary({v: 1})
    p.show(len(keep), (User, (2,), None) in s.identity_map)
    v.name = "pending change"
    del v
    gc.collect()
    p.show(len(keep), len(s.identity_map), len(s.dirty))
    s.flush()
    gc.collect()
    p.show(len(keep), len(s.identity_map))
    f = weakref.finalize(s.get(User, 1), gone.append, "final")
    gc.collect()
    p.show(gone, f.alive)


@program
def equality_overridden(p: Any) -> None:
    class Point(p.Base):
        __tablename__ = "point"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Point) and self.x == other.x

        def __hash__(self) -> int:
            return hash(self.x)

    class Unhashable(p.Base):
        __tablename__ = "unhashable"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)

        def __eq__(self, other: object) -> bool:
            return True

    class Falsy(p.Base):
        __tablename__ = "falsy"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)

        def __bool__(self) -> bool:
            return False

        def __len__(self) -> int:
            return 0

    s = p.session()
    a, b = Point(x=1), Point(x=1)
    s.add_all([a, b])
    p.show(len(s.new), a in s, Point(x=1) in s)
    s.commit()
    p.show(a == b, a is b, len({a, b}), len(s.query(Point).all()))
    a.x = 5
    s.delete(b)
    p.show(len(s.dirty), len(s.deleted), a in s.dirty, b in s.deleted)
    s.commit()
    p.show([q.x for q in s.query(Point)])
    s.add_all([Unhashable(x=1), Unhashable(x=2), Falsy(x=1)])
    s.commit()
    found = s.query(Unhashable).order_by(Unhashable.id).all()
    p.show([q.x for q in found], len(s.query(Unhashable, Unhashable.id).all()))
    p.show(
        [q.x for q in s.query(Falsy).all()], s.get(Falsy, 1).x, s.scalars(p.select(Falsy)).one().x
    )
    p.show(s.scalars(p.select(Falsy)).first().x, s.query(Falsy).first().x)


# ---- classes ----------------------------------------------------------------------


@program
def mixins_and_init(p: Any) -> None:
    calls: list[Any] = []

    class Named:
        name = p.Column(p.String)

        def hello(self) -> str:
            return f"I am {self.name}"

        @property
        def upper(self) -> str:
            return self.name.upper()

    class Counted:
        count = 0

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            calls.append(("Counted", args, sorted(kwargs)))
            super().__init__(*args, **kwargs)

    class Pet(Counted, Named, p.Base):
        __tablename__ = "pet"
        id = p.Column(p.Integer, primary_key=True)

        def __init__(self, name: str, *, loud: bool = False, **more: Any) -> None:
            super().__init__(name=name, **more)
            self.loud = loud

        @p.reconstructor
        def wake(self) -> None:
            calls.append(("wake", self.name, "loud" in vars(self)))
            self.loud = None

    s = p.session()
    s.add(Pet("rex", loud=True))
    s.commit()
    p.show(calls)
    s.expunge_all()
    pet = s.get(Pet, 1)
    p.show(calls, pet.loud, pet.hello(), pet.upper, pet.count)
    p.error(lambda: Pet(), text=False)
    p.error(lambda: Pet("x", colour=1))
    s.expire(pet)
    p.show(pet.name, calls)
    s.refresh(pet)
    p.show(calls)
    new = Pet.__new__(Pet)
    p.show(hasattr(new, "loud"), calls)


@program
def init_without_super(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer, default=4)
        tags = p.relationship("Tag")

        def __init__(self, x: int) -> None:
            self.x = x
            self.cache = {}

        def __repr__(self) -> str:
            return f"Thing({self.x})"

    class Tag(p.Base):
        __tablename__ = "tag"
        id = p.Column(p.Integer, primary_key=True)
        thing_id = p.Column(p.Integer, p.ForeignKey("thing.id"))

    s = p.session()
    t = Thing(3)
    t.tags.append(Tag())
    s.add(t)
    s.commit()
    p.show(t, t.cache, len(t.tags))
    s.expunge_all()
    t = s.get(Thing, 1)
    p.show(t, hasattr(t, "cache"))

    class Broken(p.Base):
        __tablename__ = "broken"
        id = p.Column(p.Integer, primary_key=True)

        def __init__(self) -> None:
            raise ValueError("no")

    p.error(lambda: Broken())


@program
def validated(p: Any) -> None:
    calls: list[Any] = []

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)
        posts = p.relationship("Post", back_populates="user")

        @p.validates("name", "age")
        def check(self, key: str, value: Any) -> Any:
            calls.append((key, value))
            if key == "age" and value is not None and value < 0:
                raise ValueError("negative")
            return value.strip() if key == "name" else value

        @p.validates("posts", include_removes=True)
        def check_posts(self, key: str, post: Any, is_remove: bool) -> Any:
            calls.append((key, post.title, is_remove))
            return post

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.Integer, p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

        @p.validates("user", include_backrefs=False)
        def check_user(self, key: str, user: Any) -> Any:
            calls.append((key, user is None))
            return user

    s = p.session()
    u = User(name=" a ", age=3, posts=[Post(title="1")])
    p.show(u.name, calls)
    p.error(lambda: User(age=-1))
    s.add(u)
    s.commit()
    calls.clear()
    s.expunge_all()
    u = s.get(User, 1)
    p.show(calls, u.name)
    p.error(lambda: setattr(u, "age", -5))
    p.show(u.age, u in s.dirty)
    Post(title="2", user=u)
    u.posts.remove(u.posts[0])
    p.show(calls)
    s.merge(User(id=1, name=" merged "))
    p.show(calls, u.name)


@program
def validated_removals(p: Any) -> None:
    """Whoever asks for removals is told of `del` as well, of a column and of a reference."""
    calls: list[Any] = []

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", back_populates="user")

        @p.validates("name", "posts", include_removes=True)
        def check(self, key: str, value: Any, is_remove: bool) -> Any:
            calls.append((key, value if key == "name" else value.title, is_remove))
            return value

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.Integer, p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

        @p.validates("user", include_removes=True)
        def check(self, key: str, user: Any, is_remove: bool) -> Any:
            calls.append((key, user is None, is_remove))
            return user

        @p.validates("title", include_removes=True)
        def keep(self, key: str, title: Any, is_remove: bool) -> Any:
            if is_remove:
                raise ValueError(f"{title} stays")
            return title

    def told() -> None:
        p.show(calls)
        calls.clear()

    s = p.session()
    for add in (False, True):
        user = User(name="a", posts=[Post(title="1"), Post(title="2")])
        first, second = user.posts
        if add:
            s.add(user)
            s.commit()
            p.show(user.name, [post.user.name for post in user.posts])
        told()
        del user.name
        told()
        del first.user
        told()
        p.show(user.posts == [second])
        user.posts.remove(second)
        told()
        p.error(lambda first=first: delattr(first, "title"))
        p.show(first.title)


@program
def compared_after_they_left(p: Any) -> None:
    """A condition made of a new object finds its key when it runs, in the object or in what it
    was known by when it left its session."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String, unique=True)
        posts = p.relationship("Post", back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.Integer, p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    s = p.session()
    for expired in (None, [], ["id"]):
        user = User(posts=[Post()])
        queries = [
            s.query(Post.id).filter(Post.user == user),
            s.query(Post.id).filter(p.with_parent(user, User.posts)),
        ]
        s.add(user)
        s.flush()
        if expired is not None:
            s.expire(user, expired or None)
        s.expunge(user)
        for query in queries:
            p.error(lambda query=query: query.all())


@program
def properties_and_synonyms(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        _email = p.Column("email", p.String)
        nick = p.Column(p.String)
        alias = p.synonym("nick")

        @property
        def email(self) -> str:
            return self._email.lower()

        @email.setter
        def email(self, value: str) -> None:
            self._email = value.strip()

    User.mail = p.synonym("_email")
    s = p.session()
    u = User(email=" A@B ", alias="z")
    p.show(u.email, u._email, u.nick, u.alias, u.mail, shown(u))
    s.add(u)
    s.commit()
    u.alias = "y"
    p.show(u.nick, u in s.dirty)
    s.commit()
    p.show(s.query(User).filter(User.alias == "y").filter_by(mail="A@B").one() is u)
    p.show(s.query(User).filter_by(alias="y").order_by(User.alias).count())
    p.show(s.execute(p.select(User.alias, User.mail)).all())
    p.error(lambda: User(nope=1))


@program
def plain_subclass_attributes(p: Any) -> None:
    """Slots, class attributes, descriptors and __getattr__ of a mapped class."""

    class Upper:
        def __get__(self, obj: Any, owner: Any) -> Any:
            return "class" if obj is None else obj.name.upper()

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        upper = Upper()
        constant = [1]

        def __getattr__(self, name: str) -> Any:
            if name.startswith("dyn_"):
                return name[4:]
            raise AttributeError(name)

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "frozen":
                raise AttributeError("frozen")
            super().__setattr__(name, value)

    s = p.session()
    u = User(name="q")
    s.add(u)
    s.commit()
    p.show(u.upper, User.upper, u.constant is User.constant, u.dyn_abc)
    p.error(lambda: u.other)
    p.error(lambda: setattr(u, "frozen", 1))
    s.expunge_all()
    u = s.get(User, 1)
    p.show(u.dyn_x, u.name, u.upper)


@program
def many_to_many_pickle(p: Any) -> None:
    A, B, _ = many_to_many(p)
    published(A, B)
    s = p.session()
    a = A(name="a", bs=[B(name="b1"), B(name="b2")])
    s.add(a)
    s.commit()
    p.show([b.name for b in a.bs], [len(b.as_) for b in a.bs])
    c = pickle.loads(pickle.dumps(a))
    p.show([b.as_[0] is c for b in c.bs], state(p, c, *c.bs))
    s.expunge_all()
    s.add(c)
    c.bs.pop()
    s.commit()
    p.show([b.name for b in c.bs])


@program
def info_of_a_state(p: Any) -> None:
    """What is kept with a state stays with its object, and with no other."""
    User, _Post = blog(p)
    s = p.session()
    first, second = User(name="a"), User(name="b")
    p.inspect(first).info["seen"] = 1
    s.add_all([first, second])
    s.commit()
    s.expire(first)
    p.show(p.inspect(first).info, p.inspect(second).info, p.inspect(s.get(User, 1)).info)
    del first, second
    s.expunge_all()
    gc.collect()
    p.show([p.inspect(user).info for user in s.query(User)])
