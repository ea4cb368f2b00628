"""Events of sessions, mappers, objects and attributes: what is called, when, with what."""

import pickle

import pytest

from .event_env import INSTANCE, MAPPER, SESSION, ORMRecorder, compare, models, models_and_session


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


@pytest.mark.parametrize("hook", ["before_insert", "before_update", "after_update"])
def test_listeners_that_close(hook):
    """Nothing is written, or held, once the session of a flush is closed within."""

    def program(p):
        User, Post, session = models_and_session(p)
        session.add_all([User(id=n, name=str(n), posts=[Post()]) for n in (1, 2)])
        session.commit()

        @p.sa.event.listens_for(User, hook)
        def close(mapper, connection, target):
            session.close()

        loaded = p.select(User).options(p.orm.selectinload(User.posts)).order_by(User.id)
        held = session.scalars(loaded).all()
        for user in held:
            user.name += "x"
            user.posts.append(Post(name="new"))
        session.add(User(id=3))
        p.error(session.flush)
        p.sa.event.remove(User, hook, close)
        p.show(len(session.new), len(session.dirty), len(list(session)))
        for user in session.scalars(p.select(User).order_by(User.id)):
            p.show(user.id, user.name, [post.name for post in user.posts])
        p.show([post.user is user for post in user.posts])

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
            # configure_mappers() would look at what other tests have left as well
            p.Base.registry.configure()
            p.Base.registry.configure()
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

        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            user = pickle.loads(pickle.dumps(User(name="a"), protocol))
            p.show(user.name)

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


def test_set_while_loading():
    """What listeners of `load` and `refresh`, and a reconstructor, set of columns was loaded:
    it is not written."""

    def program(p):
        class Secret(p.Base):
            __tablename__ = "secret"
            id = p.Column(p.Integer, primary_key=True)
            text = p.Column(p.String)
            other = p.Column(p.String)

            @p.orm.reconstructor
            def again(self):
                self.other = "from the reconstructor"

        history = p.orm.attributes.get_history
        with p.session() as s:
            s.add(Secret(text="stored", other="stored"))
            s.commit()
            s.expunge_all()

            @p.sa.event.listens_for(Secret, "load")
            def load(obj, context):
                obj.text = "read: " + obj.text

            @p.sa.event.listens_for(Secret, "refresh")
            def refresh(obj, context, names):
                obj.text = "again: " + obj.text

            found = s.scalars(p.select(Secret)).one()
            p.show(found.text, found.other, history(found, "text"), history(found, "other"))
            p.show(s.is_modified(found), found in s.dirty)
            s.expire(found)
            p.show(found.id, found.text, history(found, "text"), s.is_modified(found))
            found.other = "the program's"
            s.expire(found, ["text"])
            p.show(found.text, history(found, "other"), s.is_modified(found))
            s.flush()
            s.refresh(found)
            p.show(found.text, s.is_modified(found))
            every = p.select(Secret).execution_options(populate_existing=True)
            p.show(s.scalars(every).one().text, s.is_modified(found))
            s.commit()
            p.show(s.execute(p.select(Secret.__table__)).all())

    compare(program)


def test_listening_to_object():
    """Every class derives from object: its listeners hear of all."""

    def program(p):
        seen = []

        def heard(cls):
            seen.append(cls.__name__)

        p.sa.event.listen(object, "class_instrument", heard, propagate=True)
        try:
            models(p)
        finally:
            p.sa.event.remove(object, "class_instrument", heard)
        p.show(seen, p.sa.event.contains(object, "class_instrument", heard))

    compare(program)
