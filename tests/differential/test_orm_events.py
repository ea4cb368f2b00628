"""Events of sessions, mappers, objects and attributes: what is called, when, with what."""

import pickle

import pytest

from .event_env import Recorder
from .harness import compare as compare_exactly
from .harness import run


def grouped(shown):
    """Events of one kind in a row in a fixed order: SQLAlchemy takes the objects of a flush
    from a set."""
    groups = []
    for item in shown:
        if groups and groups[-1][0][0] == item[0]:
            groups[-1].append(item)
        else:
            groups.append([item])
    return [sorted(group, key=repr) for group in groups]


def compare(program):
    """Run a program on both packages: the same events, the same SQL."""
    peer, ours = run(program, "sqlalchemy"), run(program, "cormorant")
    if ours.error != peer.error:
        compare_exactly(program)
    assert grouped(ours.shown) == grouped(peer.shown)
    assert ours.sql == peer.sql


SESSION = [
    "after_transaction_create",
    "after_transaction_end",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_transient",
    "persistent_to_transient",
    "pending_to_persistent",
    "detached_to_persistent",
    "loaded_as_persistent",
    "persistent_to_deleted",
    "deleted_to_persistent",
    "deleted_to_detached",
    "persistent_to_detached",
]
MAPPER = [
    "before_insert",
    "after_insert",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
]
INSTANCE = ["init", "load", "refresh", "expire"]


def transaction_text(recorder, value):
    if type(value).__name__ == "SessionTransaction":
        return f"transaction nested={value.nested} outer={value._parent is None}"
    if type(value).__name__ in ("UOWTransaction", "Flush"):
        return "flush"
    if type(value).__name__ in ("QueryContext", "LoadContext"):
        return "context"
    if type(value).__name__ in ("ClassManager",):
        return "manager"
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return Recorder.text(recorder, value)


class ORMRecorder(Recorder):
    def text(self, value):
        return transaction_text(self, value)


def models(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)
        posts = p.relationship("Post", back_populates="user", cascade="all, delete-orphan")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    return User, Post


def everything(p, *, attributes=False):
    User, Post = models(p)
    p.orm.configure_mappers()
    recorder = ORMRecorder(p)
    session = p.session()
    recorder.on(session, SESSION)
    for cls in (User, Post):
        recorder.on(cls, MAPPER)
        recorder.on(cls, INSTANCE)
    return User, Post, session


def test_a_life_of_objects():
    def program(p):
        User, Post, session = everything(p)
        p.show("-- add")
        user = User(name="a", age=1)
        session.add(user)
        p.show("-- flush")
        session.flush()
        p.show("-- nothing")
        session.flush()
        p.show("-- post")
        post = Post(name="p")
        user.posts.append(post)
        p.show("-- commit")
        session.commit()
        p.show("-- read")
        p.show(user.name)
        user.age = 2
        p.show("-- update")
        session.flush()
        p.show("-- no net change")
        user.age = 3
        user.age = 2
        session.flush()
        p.show("-- rollback")
        session.rollback()
        p.show(user.age)
        p.show("-- delete")
        session.delete(user)
        session.flush()
        p.show("-- rollback of the delete")
        session.rollback()
        p.show("-- delete and commit")
        session.delete(user)
        session.commit()
        p.show("-- close")
        session.close()

    compare(program)


def test_pending_objects_that_leave():
    def program(p):
        User, Post, session = everything(p)
        user = User(name="a")
        session.add(user)
        p.show("-- expunge")
        session.expunge(user)
        session.add(user)
        p.show("-- rollback while pending")
        session.rollback()
        session.add(user)
        session.flush()
        p.show("-- rollback when flushed")
        session.rollback()
        session.add(user)
        session.commit()
        p.show(user.name)
        p.show("-- expunge persistent")
        session.expunge(user)
        p.show("-- add detached")
        session.add(user)
        p.show("-- orphan")
        post = Post(name="p")
        user.posts.append(post)
        user.posts.remove(post)
        p.show("-- close")
        session.close()

    compare(program)


def test_loading():
    def program(p):
        User, Post, session = everything(p)
        objects = [User(name="a", posts=[Post(name="p1"), Post(name="p2")])]
        objects += objects[0].posts
        session.add_all(objects)
        session.commit()
        session.close()
        del objects
        p.show("-- all")
        users = session.query(User).all()
        p.show("-- lazy")
        p.show(len(users[0].posts))
        p.show("-- again")
        session.query(User).all()
        p.show("-- populate existing")
        session.query(User).populate_existing().all()
        p.show("-- refresh")
        session.refresh(users[0], ["name"])
        session.refresh(users[0])
        p.show("-- expire")
        session.expire(users[0])
        session.expire(users[0], ["name"])
        p.show(users[0].name)
        session.expire_all()
        p.show("-- get")
        session.get(User, 1)
        session.expunge_all()
        p.show("-- joined")
        session.query(User).options(p.joinedload(User.posts)).all()
        session.expunge_all()
        p.show("-- get from the database")
        session.get(User, 1)
        session.get(Post, 99)

    compare(program)


def test_a_flush_that_fails():
    def program(p):
        User, _Post, session = everything(p)
        session.add(User(id=1, name="a"))
        session.commit()
        session.close()
        p.show("-- fail")
        session.add(User(id=1, name="b"))
        p.error(session.flush, text=False)
        p.show("-- rollback")
        session.rollback()
        p.show("-- savepoint")
        with session.begin_nested():
            session.add(User(id=2, name="c"))
        p.show("-- savepoint rolled back")
        nested = session.begin_nested()
        session.add(User(id=3, name="d"))
        session.flush()
        nested.rollback()
        p.show("-- commit")
        session.commit()

    compare(program)


def test_changes_in_listeners_are_flushed():
    def program(p):
        User, Post, session = models_and_session(p)
        event = p.sa.event

        @event.listens_for(User, "before_insert")
        def before_insert(mapper, connection, target):
            target.age = 10
            p.show(mapper.class_.__name__, connection.scalar(p.sa.text("SELECT 1")))

        @event.listens_for(User, "before_update")
        def before_update(mapper, connection, target):
            target.name = target.name + "!"

        @event.listens_for(User, "after_insert")
        def after_insert(mapper, connection, target):
            connection.execute(Post.__table__.insert(), {"name": "log", "user_id": target.id})

        session.add_all([User(name="a"), User(name="b")])
        session.commit()
        for user in session.query(User).order_by(User.id):
            p.show(user.name, user.age, [post.name for post in user.posts])
            user.age += 1
        session.commit()
        for user in session.query(User).order_by(User.id):
            p.show(user.name, user.age)

    compare(program)


def models_and_session(p):
    User, Post = models(p)
    return User, Post, p.session()


def test_before_flush_changes_what_is_flushed():
    def program(p):
        User, Post, session = models_and_session(p)

        @p.sa.event.listens_for(session, "before_flush")
        def before_flush(session, context, instances):
            p.show(len(session.new), len(session.dirty), len(session.deleted), instances)
            for obj in list(session.new):
                if isinstance(obj, User):
                    session.add(Post(name=f"of {obj.name}", user=obj))
            for obj in list(session.deleted):
                obj.name = "still there"
                session.expunge(obj)
                session.add(obj)

        @p.sa.event.listens_for(session, "after_flush")
        def after_flush(session, context):
            p.show("after", len(session.new), len(session.dirty), len(session.deleted))

        @p.sa.event.listens_for(session, "after_flush_postexec")
        def postexec(session, context):
            p.show("postexec", len(session.new), len(session.dirty), len(session.deleted))

        user = User(name="a")
        session.add(user)
        session.commit()
        p.show([post.name for post in user.posts])
        session.delete(user.posts[0])
        session.commit()
        p.show(session.query(Post).count())

    compare(program)


def test_listeners_that_raise():
    def program(p):
        User, _Post, session = models_and_session(p)
        event = p.sa.event
        fail = []

        def maybe(name):
            def listener(*args):
                if name in fail:
                    raise ValueError(name)

            return listener

        for name in SESSION:
            event.listen(session, name, maybe(name))
        for name in (*MAPPER, "init", "load", "refresh", "expire"):
            event.listen(User, name, maybe(name))

        def use():
            user = User(name="a")
            session.add(user)
            session.commit()
            user.name = "b"
            session.flush()
            session.delete(user)
            session.rollback()

        for name in ("init", "before_insert", "after_insert", "before_update", "after_update"):
            fail[:] = [name]
            p.error(use)
            fail[:] = []
            session.rollback()
        for name in ("before_attach", "before_flush", "after_flush", "after_flush_postexec"):
            fail[:] = [name]
            p.error(use)
            fail[:] = []
            session.rollback()
        for name in ("load", "refresh"):
            session.expunge_all()
            fail[:] = [name]
            p.error(lambda: session.query(User).populate_existing().all() * 2)
            fail[:] = []
        p.show(session.query(User).count())

    compare(program)


def test_listening_on_classes_and_factories():
    def program(p):
        User, _Post = models(p)
        event = p.sa.event
        engine = p.engine()
        p.Base.metadata.create_all(engine)
        factory = p.sessionmaker(engine)
        other = p.sessionmaker(engine)
        scoped = p.orm.scoped_session(factory)

        class MySession(p.Session):
            pass

        def on(name):
            return lambda session: p.show(name, type(session).__name__)

        made_before = factory()
        mine = on("Session")
        event.listen(p.Session, "after_commit", mine)
        try:
            event.listen(factory, "after_commit", on("factory"))
            event.listen(scoped, "after_commit", on("scoped"))
            event.listen(MySession, "after_commit", on("MySession"))
            for session in (made_before, factory(), other(), p.Session(engine), MySession(engine)):
                session.add(User(name="x"))
                session.commit()
                session.close()
            p.show(event.contains(p.Session, "after_commit", mine))
        finally:
            event.remove(p.Session, "after_commit", mine)
        session = other()
        session.add(User(name="x"))
        session.commit()
        p.error(lambda: event.listen(User, "after_commit", mine), text=False)

    compare(program)


def test_propagation_to_subclasses_and_mixins():
    def program(p):
        event = p.sa.event

        class Stamped:
            pass

        def listener(name):
            return lambda *args: p.show(name, type(args[-1]).__name__)

        event.listen(Stamped, "before_insert", listener("mixin before"), propagate=True)
        event.listen(p.Base, "before_insert", listener("base"), propagate=True)
        event.listen(p.Base, "load", lambda target, ctx: p.show("load"), propagate=True)
        event.listen(p.Base, "before_insert", listener("not propagated"))

        class A(Stamped, p.Base):
            __tablename__ = "a"
            id = p.Column(p.Integer, primary_key=True)

        class B(p.Base):
            __tablename__ = "b"
            id = p.Column(p.Integer, primary_key=True)

        event.listen(Stamped, "before_insert", listener("mixin after"), propagate=True)
        everywhere = listener("Mapper")
        event.listen(p.orm.Mapper, "before_insert", everywhere)
        try:
            session = p.session()
            session.add_all([A(), B()])
            session.commit()
            session.close()
            session.query(A).all()
        finally:
            event.remove(p.orm.Mapper, "before_insert", everywhere)

    compare(program)


def test_mapper_configuration():
    def program(p):
        event = p.sa.event
        heard = []

        def on(name):
            def listener(*args):
                if not args or args[-1].__name__ in ("User", "Post"):
                    heard.append((name, *[a.__name__ for a in args[1:]]))

            return listener

        names = ("instrument_class", "after_mapper_constructed", "before_mapper_configured")
        listeners = [(name, on(name)) for name in (*names, "mapper_configured")]
        listeners += [(name, on(name)) for name in ("before_configured", "after_configured")]
        for name, fn in listeners:
            event.listen(p.orm.Mapper, name, fn)
        try:
            models(p)
            heard.append(("configure",))
            p.orm.configure_mappers()
            p.orm.configure_mappers()
        finally:
            for name, fn in listeners:
                event.remove(p.orm.Mapper, name, fn)
        p.show(heard)

    compare(program)


def test_batch_false():
    def program(p):
        class Node(p.Base):
            __tablename__ = "node"
            __mapper_args__ = {"batch": False}
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)

        recorder = ORMRecorder(p)
        recorder.on(Node, MAPPER)
        session = p.session()
        nodes = [Node(name=str(i)) for i in range(3)]
        session.add_all(nodes)
        session.commit()
        for node in nodes:
            node.name += "x"
        session.flush()
        for node in nodes:
            session.delete(node)
        session.commit()

    compare(program)


def test_init_may_change_its_arguments():
    def program(p):
        User, _Post = models(p)

        @p.sa.event.listens_for(User, "init")
        def init(target, args, kwargs):
            p.show(args, dict(kwargs))
            kwargs.setdefault("name", "given")

        @p.sa.event.listens_for(User, "init_failure")
        def failure(target, args, kwargs):
            p.show("failure", dict(kwargs))

        p.show(User().name, User(name="own").name)
        p.error(lambda: User(nothing=1))

    compare(program)


def test_reconstructor_comes_first():
    def program(p):
        class User(p.Base):
            __tablename__ = "users"
            id = p.Column(p.Integer, primary_key=True)

            @p.orm.reconstructor
            def again(self):
                p.show("reconstructor")

        p.sa.event.listen(User, "load", lambda target, context: p.show("load"))
        session = p.session()
        session.add(User())
        session.commit()
        session.close()
        session.query(User).all()

    compare(program)


def test_raw_listeners():
    def program(p):
        User, _Post, session = models_and_session(p)

        def show(*args):
            p.show([type(a).__name__ for a in args])

        p.sa.event.listen(User, "before_insert", show, raw=True)
        p.sa.event.listen(User, "load", lambda state, context: show(state), raw=True)
        p.sa.event.listen(User.name, "set", lambda s, v, o, i: show(s), raw=True)
        p.sa.event.listen(session, "after_attach", show, raw=True)
        session.add(User(name="a"))
        session.commit()
        session.close()
        session.query(User).all()

    compare(program)


def test_pickling():
    def program(p):
        User, _Post = models(p)
        # where a pickle can find it
        User.__module__ = __name__
        globals()["User"] = User
        User.__qualname__ = "User"

        @p.sa.event.listens_for(User, "pickle")
        def on_pickle(target, state_dict):
            p.show("pickle", type(target).__name__)
            state_dict["mine"] = 5

        @p.sa.event.listens_for(User, "unpickle")
        def on_unpickle(target, state_dict):
            p.show("unpickle", state_dict["mine"])

        user = pickle.loads(pickle.dumps(User(name="a")))
        p.show(user.name)

    compare(program)


ATTRIBUTE = ["set", "append", "remove", "bulk_replace"]


def attribute_program(p, User, Post):
    event = p.sa.event

    def listen(attribute, name):
        def listener(*args):
            *values, initiator = args
            p.show(
                f"{attribute} {name}",
                [describe(p, v) for v in values],
                initiator.key,
                str(initiator.op),
            )

        event.listen(attribute, name, listener)

    for attribute in (User.name, User.age, Post.name):
        listen(attribute, "set")
        listen(attribute, "remove")
    listen(Post.user, "set")
    listen(Post.user, "remove")
    for name in ("append", "remove", "bulk_replace"):
        listen(User.posts, name)


def describe(p, value):
    if isinstance(value, p.Base):
        return f"{type(value).__name__} {value.__dict__.get('name')}"
    if isinstance(value, list):
        return [describe(p, v) for v in value]
    return "NO_VALUE" if "NO_VALUE" in repr(value) else value


@pytest.mark.parametrize("late", [False, True])
def test_attributes(late):
    def program(p):
        User, Post = models(p)
        if late:
            p.orm.configure_mappers()
        attribute_program(p, User, Post)
        user = User(name="a", age=1)
        user.name = "b"
        p.show("-- append")
        one, two = Post(name="1"), Post(name="2")
        user.posts.append(one)
        p.show("-- set")
        two.user = user
        p.show("-- remove")
        user.posts.remove(one)
        p.show("-- set None")
        two.user = None
        p.show("-- bulk")
        user.posts = [one, two]
        p.show("-- bulk again")
        user.posts = [two, Post(name="3")]
        p.show("-- other parent")
        other = User(name="o")
        other.posts.append(two)
        p.show([x.name for x in user.posts], [x.name for x in other.posts])
        p.show("-- delete")
        del user.age
        del two.user
        p.show("-- persistent")
        session = p.session()
        session.add_all([user, other])
        session.commit()
        user.name = "again"
        user.age = 5
        p.show(user.age)
        user.age = 6
        one.user = other
        p.show(len(other.posts))
        session.commit()
        user.posts = []
        session.commit()

    compare(program)


def test_foreign_keys_that_a_flush_writes():
    def program(p):
        class Parent(p.Base):
            __tablename__ = "parent"
            id = p.Column(p.Integer, primary_key=True)
            children = p.relationship("Child")

        class Child(p.Base):
            __tablename__ = "child"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parent.id"))

        @p.sa.event.listens_for(Child.parent_id, "set")
        def parent_id(target, value, oldvalue, initiator):
            p.show(value, describe(p, oldvalue), initiator.key)

        session = p.session()
        parent, child = Parent(), Child()
        parent.children.append(child)
        session.add(parent)
        session.commit()
        p.show(child.parent_id)
        parent.children.remove(child)
        session.commit()

    compare(program)


def test_attribute_retval_and_active_history():
    def program(p):
        User, Post = models(p)
        event = p.sa.event

        @event.listens_for(User.name, "set", retval=True)
        def upper(target, value, oldvalue, initiator):
            return value.upper()

        @event.listens_for(User.age, "set", active_history=True)
        def age(target, value, oldvalue, initiator):
            p.show("age", describe(p, oldvalue), value)

        @event.listens_for(User.posts, "append", retval=True)
        def wrap(target, value, initiator):
            return Post(name=value) if isinstance(value, str) else value

        session = p.session()
        user = User(name="a", age=1)
        session.add(user)
        session.commit()
        user.age = 2
        user.posts.append("text")
        p.show(user.name, [post.name for post in user.posts])
        session.commit()

        def refuse(target, value, oldvalue, initiator):
            raise ValueError("no")

        event.listen(User.name, "set", refuse)
        p.error(lambda: setattr(user, "name", "x"))
        p.show(user.name, session.dirty)
        event.remove(User.name, "set", refuse)
        user.name = "y"
        p.show(user.name)

    compare(program)


def test_validators_and_listeners():
    def program(p):
        class User(p.Base):
            __tablename__ = "users"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)

            @p.orm.validates("name")
            def check(self, key, value):
                p.show("validate", value)
                return value + "v"

        @p.sa.event.listens_for(User.name, "set", retval=True)
        def second(target, value, oldvalue, initiator):
            p.show("set", value)
            return value + "s"

        @p.sa.event.listens_for(User.name, "set", retval=True, named=True)
        def third(**kw):
            p.show("third", sorted(kw), kw["value"])
            return kw["value"] + "t"

        p.show(User(name="a").name)

    compare(program)


def test_values_made_for_want_of_one():
    def program(p):
        User, Post = models(p)
        event = p.sa.event

        @event.listens_for(User.age, "init_scalar", retval=True, propagate=True)
        def default(target, value, dict_):
            dict_["age"] = 5
            return 5

        @event.listens_for(User.posts, "init_collection")
        def made(target, collection, adapter):
            p.show("init", len(collection))

        @event.listens_for(User.posts, "dispose_collection")
        def gone(target, collection, adapter):
            p.show("dispose", len(collection))

        user = User(name="a")
        p.show(user.age)
        user.posts.append(Post())
        user.posts = [Post()]
        session = p.session()
        session.add(user)
        session.commit()
        p.show(len(user.posts))

    compare(program)


def test_attribute_listeners_of_subclasses():
    def program(p):
        event = p.sa.event

        class Animal(p.Base):
            __tablename__ = "animal"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            kind = p.Column(p.String)
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

        def listener(name):
            return lambda target, value, old, initiator: p.show(name, value)

        event.listen(Animal.name, "set", listener("propagated"), propagate=True)
        event.listen(Animal.name, "set", listener("animal only"))

        class Dog(Animal):
            __mapper_args__ = {"polymorphic_identity": "dog"}

        event.listen(Dog.name, "set", listener("dog"))
        event.listen(Animal.name, "set", listener("propagated late"), propagate=True)
        Animal(name="a")
        Dog(name="d")

    compare(program)


def test_listening_in_a_listener():
    def program(p):
        User, _Post, session = models_and_session(p)
        event = p.sa.event

        @event.listens_for(session, "before_flush")
        def before_flush(session, context, instances):
            event.listen(session, "after_flush", lambda s, c: p.show("new listener"))
            event.listen(User, "before_insert", lambda m, c, t: p.show("before_insert"))

        session.add(User(name="a"))
        session.commit()

    compare(program)


def test_flag_modified():
    def program(p):
        User, _Post, session = models_and_session(p)
        flag_modified = p.module("orm.attributes").flag_modified

        @p.sa.event.listens_for(User.name, "modified")
        def modified(target, initiator):
            p.show("modified", initiator.key)

        user = User(name="a")
        session.add(user)
        session.commit()
        p.show(user.name)
        flag_modified(user, "name")
        session.commit()

    compare(program)


def test_savepoint_restarted_after_the_end_of_transactions():
    """The recipe of test suites."""

    def program(p):
        User, _Post = models(p)
        engine = p.engine()
        p.Base.metadata.create_all(engine)
        connection = engine.connect()
        outer = connection.begin()
        session = p.Session(connection)
        session.begin_nested()

        @p.sa.event.listens_for(session, "after_transaction_end")
        def restart(session, transaction):
            if transaction.nested and not transaction._parent.nested:
                session.expire_all()
                session.begin_nested()

        session.add(User(name="a"))
        session.commit()
        p.show(session.query(User).count())
        session.close()
        outer.rollback()
        connection.close()
        with p.Session(engine) as session:
            p.show(session.query(User).count())

    compare(program)


@pytest.mark.parametrize("kind", [set, list, dict])
def test_members_that_are_there_already(kind):
    def program(p):
        class Parent(p.Base):
            __tablename__ = "parent"
            id = p.Column(p.Integer, primary_key=True)
            made = kind
            if kind is dict:
                made = p.orm.attribute_keyed_dict("id")
            children = p.relationship("Child", collection_class=made)

        class Child(p.Base):
            __tablename__ = "child"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parent.id"))

        session = p.session()
        for name in ("append", "remove", "append_wo_mutation"):

            def heard(target, value, token, name=name):
                p.show(name, target.id, value.id, token.key, token.op.name)

            p.sa.event.listen(Parent.children, name, heard)

        def use(parent, one, two):
            children = parent.children
            if kind is set:
                children.add(one)
                children.add(one)
                children |= {one}
                children.add(two)
                children.update([one])
                children.discard(two)
                parent.children = {one, two}
            elif kind is list:
                children.append(one)
                children.append(one)
                parent.children = [one, two]
            else:
                children[1] = one
                children[1] = one
                children.setdefault(1, one)
                children.update({1: one, 2: two})
                parent.children = {1: one, 2: two}

        use(Parent(id=1), Child(id=1), Child(id=2))
        p.show("in a session")
        parent, children = Parent(id=2), [Child(id=1), Child(id=2)]
        session.add(parent)
        use(parent, *children)
        p.show([child in session for child in children])
        session.commit()
        parent.children = list(parent.children) if kind is list else parent.children
        p.show(len(parent.children))

    compare(program)
