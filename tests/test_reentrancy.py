"""User code that runs in the middle of the core's work, and does its worst there."""

from __future__ import annotations

import gc
import weakref

import pytest

import cormorant as sa
from cormorant.orm import (
    KeyFuncDict,
    Session,
    declarative_base,
    joinedload,
    keyfunc_mapping,
    load_only,
    relationship,
    selectinload,
    validates,
)

from .session_models import three_users

pytestmark = pytest.mark.usefixtures("apart")


def test_a_collection_outlives_an_object_older_than_its_attribute():
    base, User, _Post, _ = three_users()

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


def test_collections_that_never_became_the_attributes():
    """A listener keeps them; their object is gone when they are used, or another has its place."""
    _, User, Post, _ = three_users()
    kept = []

    @sa.event.listens_for(User.posts, "init_collection")
    def keep(user, collection, adapter):
        kept.append(collection)

    @sa.event.listens_for(User.posts, "bulk_replace")
    def refuse(user, values, initiator):
        raise RuntimeError("no")

    user = User()
    with pytest.raises(RuntimeError, match="no"):
        user.posts = [Post()]
    del user
    others = [User(), Post()]
    [collection] = kept
    post = Post()
    collection.append(post)
    assert collection == [post]
    assert post.user is others[1].user is None
    assert kept == [collection]


def test_a_listener_takes_the_tie_of_a_new_collection_away():
    base, User, _, _ = three_users()

    class Notes(list):
        pass

    class Note(base):
        __tablename__ = "notes"
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.ForeignKey("users.id"))

    User.notes = relationship(Note, collection_class=Notes)
    sa.orm.configure_mappers()

    def refuse(user, collection, adapter):
        del collection._sa_adapter
        raise RuntimeError("no")

    sa.event.listen(User.notes, "init_collection", refuse)
    user = User()
    with pytest.raises(RuntimeError, match="no"):
        _ = user.notes
    sa.event.remove(User.notes, "init_collection", refuse)
    assert user.notes == []


def test_key_functions_that_change_what_is_being_filled():
    base = declarative_base()
    acts = []

    def key(child):
        for act in acts:
            act(child)
        return child.name

    class Parent(base):
        __tablename__ = "parents"
        id = sa.Column(sa.Integer, primary_key=True)
        children = relationship(
            "Child", collection_class=keyfunc_mapping(key), back_populates="parent"
        )

    class Child(base):
        __tablename__ = "children"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        parent_id = sa.Column(sa.ForeignKey("parents.id"))
        parent = relationship("Parent", back_populates="children")

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Parent(children={n: Child(name=n) for n in "abcd"}))
        session.commit()
    for option in (joinedload, selectinload, None):
        for name in ("expire_all", "expunge_all", "close", "rollback"):
            with Session(engine) as session:
                query = session.query(Parent)
                if option is not None:
                    query = query.options(option(Parent.children))
                acts[:] = [lambda _c, act=name, on=session: getattr(on, act)()]
                try:
                    parent = query.one()
                    parent.children.set(Child(name="e"))
                    parent.children.clear()
                except sa.exc.SQLAlchemyError:
                    pass
                acts.clear()
    parent = Parent()
    acts[:] = [lambda _c: parent.__dict__.pop("children", None), lambda _c: gc.collect()]
    parent.children.set(Child(name="x"))
    children = Parent(id=7).children  # of an object that is gone
    children.set(Child(name="y"))
    del children._sa_adapter
    children["y"] = Child(name="z")
    acts[:] = [lambda c: children.clear()]
    with pytest.raises(KeyError):
        children.remove(children["y"])


def test_assigning_another_mapped_class():
    base, User, Post, _ = three_users()

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
    _base, User, Post, engine = three_users()

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
            gc.collect(0)
        elif act == "forget":
            held.clear()
            gc.collect(0)
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


# ---- hooks of the user ------------------------------------------------------


@pytest.mark.parametrize("act", ["expunge_all", "close", "expire_all", "rollback", "flush"])
def test_a_decorated_type_that_acts(act):
    """The session is closed, emptied, … while it binds, or reads, a value."""
    base = declarative_base()
    held = []

    class Loud(sa.types.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def act(self, value):
            if held:
                session = held.pop()
                getattr(session, act)()
                held.append(session)
            return value

        def process_bind_param(self, value, dialect):
            return self.act(value)

        def process_result_value(self, value, dialect):
            return self.act(value)

    class Thing(base):
        __tablename__ = "things"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(Loud)

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    for _ in range(3):
        session = Session(engine)
        held[:] = [session]
        try:
            session.add_all(Thing(name=f"t{n}") for n in range(5))
            session.flush()
            for thing in session.query(Thing):
                thing.name = "changed"
            session.flush()
            session.query(Thing).filter(Thing.name == "changed").all()
            session.delete(session.query(Thing).first())
            session.commit()
        except SystemError:
            raise
        except Exception:
            pass  # what was asked for may be impossible by now
        held.clear()
        session.close()
    with Session(engine) as session:
        session.add(Thing(name="last"))
        session.commit()
        assert session.query(Thing).filter_by(name="last").one().name == "last"


def test_validators_and_setters_that_act():
    base = declarative_base()

    class Parent(base):
        __tablename__ = "parents"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        children = relationship("Child", back_populates="parent")

        @validates("children")
        def validate_child(self, key, child):
            self.children = []
            self.__dict__.pop("children", None)
            gc.collect()
            return child

        @validates("name")
        def validate_name(self, key, value):
            del self.name
            session = Session.object_session(self)
            if session is not None:
                session.expunge(self)
            return value

    class Child(base):
        __tablename__ = "children"
        id = sa.Column(sa.Integer, primary_key=True)
        parent_id = sa.Column(sa.ForeignKey("parents.id"))
        parent = relationship("Parent", back_populates="children")

        def __setattr__(self, name, value):
            if name == "parent" and value is not None:
                value.children[:] = []
            super().__setattr__(name, value)

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    for attached in (False, True):
        session = Session(engine)
        parent = Parent()
        if attached:
            session.add(parent)
            session.commit()
        for change in (
            lambda parent: parent.children.append(Child()),
            lambda parent: parent.children.extend([Child(), Child()]),
            lambda parent: setattr(parent, "children", [Child(), Child()]),
            lambda parent: setattr(Child(), "parent", parent),
            lambda parent: setattr(parent, "name", "n"),
            lambda parent: parent.children.clear(),
        ):
            try:
                change(parent)
            except (sa.exc.SQLAlchemyError, AttributeError):
                pass
        session.rollback()


def test_members_that_act_when_compared():
    _base, User, Post, engine = three_users()
    acts = []

    def eq(self, other):
        if acts:
            acts.pop()()
        return self is other

    Post.__eq__ = eq
    Post.__hash__ = lambda self: eq(self, self) and 7
    session = Session(engine)  # kept: the collector would take it, and detach the user
    user = session.query(User).first()
    for operation in (
        lambda posts: posts.remove(posts[-1]),
        lambda posts: posts.index(posts[-1]),
        lambda posts: posts.__contains__(Post()),
        lambda posts: posts.count(Post()),
    ):
        user.posts = [Post(), Post(), Post()]
        posts = user.posts
        acts[:] = [posts.clear, lambda: setattr(user, "posts", []), gc.collect]
        try:
            operation(posts)
        except ValueError:
            pass
        acts.clear()
    assert user.posts is not None


def test_weak_reference_callbacks_see_no_dying_object():
    _, User, _, engine = three_users()
    session = Session(engine)
    seen = []
    users = session.query(User).all()
    first = users.pop(0)
    references = [weakref.ref(u, lambda _: seen.append(session.get(User, 3))) for u in users]
    del users
    assert seen.pop(0).id == 3  # the last of a list dies first: it was loaded anew
    assert seen == [session.get(User, 3)]
    reference = weakref.ref(first, lambda _: seen.append(session.get(User, 1)))
    del first
    assert reference() is None
    assert references[1]() is None
    assert seen[-1].id == 1
    assert list(session.identity_map.values()) == seen[::-1]


def test_objects_dropped_while_their_session_is_walked():
    _, User, _, engine = three_users()
    session = Session(engine)
    users = session.query(User).all()
    for user in session:
        users.clear()
        session.expunge(user)
        del user
        gc.collect()
    assert len(session.identity_map) == 0


def test_a_collection_loses_its_adapter_when_it_comes_back():
    """It was read of a new object, so that it is that one's again when it is changed: in the place
    of one that was loaded meanwhile, whose end takes what ties it to the object."""
    base = declarative_base()
    held = []

    class Kept(KeyFuncDict):
        def __init__(self):
            super().__init__(lambda child: child.name)

        def __del__(self):
            if held and held[0] is not self:
                del held[0]._sa_adapter

    class Parent(base):
        __tablename__ = "parents"
        id = sa.Column(sa.Integer, primary_key=True)
        children = relationship("Child", collection_class=Kept)

    class Child(base):
        __tablename__ = "children"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        parent_id = sa.Column(sa.ForeignKey("parents.id"))

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        parent = Parent(id=1)
        session.add(parent)
        held.append(parent.children)
        session.flush()
        assert parent.children == {}
        child = Child(id=1, name="a")
        held[0]["a"] = child
        assert held[0] == {"a": child}
        assert not hasattr(held[0], "_sa_adapter")
        held.clear()
    engine.dispose()


def test_a_class_gets_attributes_while_one_is_decoded():
    base = declarative_base()

    class Widening(sa.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def process_result_value(self, value, dialect):
            for number in range(40):
                name = f"c{number}_{value}"
                if not hasattr(Wide, name):
                    setattr(Wide, name, sa.Column(sa.String))
            if value == "bad":
                raise KeyError(value)
            return value

    class Wide(base):
        __tablename__ = "wide"
        id = sa.Column(Widening, primary_key=True)
        name = sa.Column(sa.String)

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        for key in ("a", "bad"):
            session.connection().exec_driver_sql(f"insert into wide values ('{key}', 'n')")
            session.expunge_all()
            if key == "a":
                assert [wide.name for wide in session.scalars(sa.select(Wide))] == ["n"]
                continue
            with pytest.raises(KeyError) as raised:
                session.scalars(sa.select(Wide).options(load_only(Wide.id, Wide.name))).all()
            assert raised.value.__notes__ == ["(primary key column 'id')"]


def test_long_chains():
    base = declarative_base()

    class Node(base):
        __tablename__ = "nodes"
        id = sa.Column(sa.Integer, primary_key=True)
        up_id = sa.Column(sa.ForeignKey("nodes.id"))
        up = relationship("Node", remote_side=[id], back_populates="down")
        down = relationship("Node", back_populates="up")

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)

    def chain(length):
        first = last = Node()
        for _ in range(length):
            last.down.append(Node())
            last = last.down[0]
        return first

    chain(20000)
    gc.collect()
    last = None
    for _ in range(50000):
        node = Node()
        node.other = last
        last = node
    del last, node
    session = Session(engine)
    session.add(chain(10000))
    assert len(session.new) == 10001
    session.flush()
    assert len(session.identity_map) == 10001
    session.commit()
    nodes = session.query(Node).all()
    assert len(nodes) == 10001
    assert sum(node.up is not None for node in nodes) == 10000
    del nodes
    gc.collect()
    assert len(session.identity_map) == 0
