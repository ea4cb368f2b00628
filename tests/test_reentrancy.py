"""User code that runs in the middle of the core's work, and does its worst there."""

from __future__ import annotations

import gc

import pytest

import cormorant as sa
from cormorant.orm import Session, declarative_base, relationship


def blog():
    """Fresh classes and an engine with three users of two posts each."""
    base = declarative_base()

    class User(base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        posts = relationship("Post", back_populates="user", cascade="all, delete-orphan")

    class Post(base):
        __tablename__ = "posts"
        id = sa.Column(sa.Integer, primary_key=True)
        title = sa.Column(sa.String)
        user_id = sa.Column(sa.ForeignKey("users.id"))
        user = relationship("User", back_populates="posts")

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        for n in range(3):
            session.add(User(name=f"u{n}", posts=[Post(title="a"), Post(title="b")]))
        session.commit()
    return base, User, Post, engine


def test_a_collection_outlives_an_object_older_than_its_attribute():
    base, User, _Post, _ = blog()

    class Note(base):
        __tablename__ = "notes"
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.ForeignKey("users.id"))

    user = User(name="a")
    User.notes = relationship(Note)
    notes = user.notes
    notes.append(Note())
    del user
    notes.append(Note())
    assert len(notes) == 2


def test_assigning_another_mapped_class():
    base, User, Post, _ = blog()

    class Wide(base):
        __tablename__ = "wide"
        id = sa.Column(sa.Integer, primary_key=True)
        for n in range(40):
            locals()[f"c{n}"] = sa.Column(sa.Integer)

    user = User(name="a")
    with pytest.raises(TypeError):
        user.__class__ = Wide
    with pytest.raises(TypeError):
        user.__class__ = Post
    user.__class__ = User
    assert user.name == "a"


def test_finalizers_that_use_their_object():
    seen = []
    _base, User, Post, engine = blog()

    def finalize(self):
        for use in (
            lambda: self.posts.append(Post()),
            lambda: setattr(self, "posts", []),
            lambda: setattr(self, "name", "x"),
            lambda: delattr(self, "name"),
            lambda: Session(engine).add(self),
            lambda: Session(engine).merge(self),
        ):
            try:
                use()
            except sa.exc.SQLAlchemyError as error:
                seen.append(error)
        seen.append(self.id)

    User.__del__ = finalize
    kept = [User(name="x"), *Session(engine).query(User)]
    User()
    user = User(posts=[Post(), Post()])
    user.knows = user
    session = Session(engine)
    session.add(User(name="pending"))
    session.get(User, 1).name = "dirty"
    del kept, user, session
    gc.collect()
    gc.collect()
    assert seen.count(1) >= 2
    del User.__del__


class HostileKey(str):
    """A key whose hash and comparison call a hook."""

    __slots__ = ()
    hook = None

    def act(self):
        hook, HostileKey.hook = HostileKey.hook, None
        if hook is not None:
            try:
                hook()
            finally:
                HostileKey.hook = hook

    def __hash__(self):
        self.act()
        return str.__hash__(self)

    def __eq__(self, other):
        self.act()
        return str.__eq__(self, other)


class HostileString(sa.types.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else str(value)

    def process_result_value(self, value, dialect):
        return None if value is None else HostileKey(value)


def hostile_nodes():
    base = declarative_base()

    class Node(base):
        __tablename__ = "nodes"
        id = sa.Column(HostileString, primary_key=True)
        n = sa.Column(sa.Integer)
        next_id = sa.Column(HostileString, sa.ForeignKey("nodes.id"))
        next = relationship("Node", remote_side=[id])

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Node(id=f"k{n}", n=n) for n in range(20))
        session.flush()
        for node in session.query(Node):
            node.next_id = f"k{node.n * 7 % 20}"
        session.commit()
    return Node, engine


@pytest.mark.parametrize("work", ["load", "walk", "thin", "flush"])
@pytest.mark.parametrize(
    "act", ["expunge_all", "expire_all", "close", "rollback", "query", "collect", "forget"]
)
def test_keys_that_act_when_compared(work, act):
    Node, engine = hostile_nodes()
    held = {"session": Session(engine)}

    def hook():
        if act == "query":
            held["session"].query(Node).limit(3).all()
        elif act == "collect":
            gc.collect()
        elif act == "forget":
            held.clear()
            gc.collect()
        else:
            getattr(held["session"], act)()

    nodes = held["session"].query(Node).all()
    HostileKey.hook = hook
    try:
        if work == "load":
            nodes = held["session"].query(Node).all()
        elif work == "walk":
            for node in nodes:
                _ = node.next
        elif work == "thin":
            del nodes[::2]
            gc.collect()
            held["session"].get(Node, "k3")
            nodes = held["session"].query(Node).all()
        else:
            for node in nodes:
                node.n = 5
            held["session"].flush()
            held["session"].delete(nodes[0])
            held["session"].flush()
            held["session"].rollback()
    except (sa.exc.SQLAlchemyError, KeyError, AttributeError):
        pass  # what was asked for may be impossible by now
    finally:
        HostileKey.hook = None
    with Session(engine) as session:
        assert session.query(Node).count() in (19, 20)
        assert {node.next.id for node in session.query(Node)} <= {f"k{n}" for n in range(20)}


def test_a_comparison_that_always_changes_the_identity_map_ends():
    Node, engine = hostile_nodes()
    session = Session(engine)
    kept = session.query(Node).filter(Node.n == 3).all()
    HostileKey.hook = lambda: session.query(Node).limit(5).all()
    try:
        assert session.get(Node, HostileKey("k3")) is kept[0]
    finally:
        HostileKey.hook = None
