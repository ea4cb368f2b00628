"""Mapped classes and their objects, on both packages: attributes as expressions, validators,
states and the functions on attributes."""

from __future__ import annotations

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@program
def attributes_as_expressions(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer, doc="years")
        twice = p.column_property(age * 2)

        def greet(self):
            return "hello " + self.name

        @classmethod
        def oldest(cls):
            return p.select(cls).order_by(cls.age.desc())

    for value in (
        User.name == "x",
        User.age < 30,
        User.age + 1,
        1 - User.age,
        User.name + "x",
        User.name.in_(["a", "b"]),
        User.name.like("a%"),
        User.name.is_(None),
        User.age.between(1, 2),
        User.age.desc(),
        User.name.asc().nulls_last(),
        User.name.label("n"),
        User.twice,
        User.twice > 3,
        p.func.count(User.id),
        p.cast(User.age, p.String),
        p.and_(User.id == 1, User.name == "x"),
        p.select(User.twice),
        User.oldest(),
        p.aliased(User).oldest(),
        p.aliased(User).twice,
        p.select(p.aliased(User).twice),
    ):
        p.show(str(value))
    p.show(str(User.name), User.name.key, User.name.class_, User.name.parent is p.inspect(User))
    p.show(hash(User.name) == hash(User.name), User.name in {User.name}, User.age.__doc__)
    p.show(User(name="w").greet(), User.name.property.columns[0] is User.__table__.c.name)
    alias = p.aliased(User)
    p.show(str(alias), repr(alias), str(p.inspect(alias)), str(alias.name), alias.name.key)
    p.show(p.inspect(alias).mapper is p.inspect(User), p.inspect(alias).is_aliased_class)
    p.show(str(p.aliased(User.__table__)), p.inspect(p.aliased(User, name="q")).name)
    p.error(lambda: User(nothing=1))
    p.error(lambda: alias.nothing)


@program
def validators_synonyms_and_reconstructors(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        email = p.Column(p.String)
        posts = p.relationship("Post")
        address = p.synonym("email")

        @p.validates("email")
        def check(self, key, value):
            if "@" not in value:
                raise ValueError(f"bad {key}")
            return value.lower()

        @p.validates("posts")
        def check_post(self, key, post):
            assert post.title
            return post

        @p.reconstructor
        def loaded(self):
            self.was_loaded = True

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))

    user = User(email="A@B")
    p.show(user.email, user.address, hasattr(user, "was_loaded"))
    user.address = "C@D"
    p.show(user.email, str(User.address == "x"))
    p.error(lambda: User(email="x"))
    p.error(lambda: user.posts.append(Post()), text=False)
    user.posts.append(Post(title="t"))
    p.show(len(user.posts))
    session = p.session()
    session.add(user)
    session.commit()
    session.close()
    p.show(session.query(User).filter(User.address == "c@d").one().was_loaded)


@program
def states_of_an_object(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    def show(obj):
        state = p.inspect(obj)
        p.show(
            state.transient,
            state.pending,
            state.persistent,
            state.deleted,
            state.detached,
            state.was_deleted,
            state.has_identity,
            state.identity,
            state.identity_key and state.identity_key[1:],
            state.session is None,
            state.modified,
            state.expired,
            sorted(state.expired_attributes),
            sorted(state.unloaded),
            sorted(state.unmodified),
            sorted(k for k in state.dict if k != "_sa_instance_state"),
        )

    def histories(obj):
        state = p.inspect(obj)
        for attr in state.attrs:
            value = attr.loaded_value
            p.show(
                attr.key,
                repr(attr.history) if attr.key != "posts" else list(map(len, attr.history)),
            )
            p.show(str(value) if not isinstance(value, list) else len(value))

    session = p.session()
    user = User(name="a")
    show(user)
    histories(user)
    session.add(user)
    show(user)
    session.flush()
    show(user)
    histories(user)
    user.name = "b"
    show(user)
    histories(user)
    session.commit()
    show(user)
    user.name
    show(user)
    user.name = "c"
    histories(user)
    user.name = "b"
    histories(user)
    session.rollback()
    user.posts.append(Post())
    histories(user)
    session.expire(user, ["name"])
    show(user)
    session.expunge(user)
    show(user)
    session.add(user)
    session.rollback()
    session.delete(user)
    show(user)
    session.flush()
    show(user)
    session.commit()
    show(user)
    p.make_transient(user)
    p.show(p.inspect(user).transient, p.inspect(user).identity, user.name)


@program
def functions_on_attributes(p: Peer):
    attributes = p.module("orm.attributes")
    util = p.module("orm.util")

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)

    session = p.session()
    user = User(name="a", age=1)
    p.show(repr(attributes.get_history(user, "name")), attributes.get_history(user, "id").empty())
    session.add(user)
    session.commit()
    p.show(repr(attributes.get_history(user, "name")))
    attributes.set_committed_value(user, "name", "z")
    p.show(user.name, repr(attributes.get_history(user, "name")), user in session.dirty)
    attributes.flag_modified(user, "name")
    p.show(repr(attributes.get_history(user, "name")), user in session.dirty)
    session.commit()
    p.error(lambda: attributes.flag_modified(User(), "name"))
    p.show(p.object_session(user) is session, p.object_mapper(user) is p.inspect(User))
    p.show(util.identity_key(User, 1)[1:], util.identity_key(instance=user)[1:])
    p.show(p.inspect(User).primary_key_from_instance(user))
    history = attributes.get_history(user, "name")
    user.name = "q"
    history = attributes.get_history(user, "name")
    p.show(history.has_changes(), history.sum(), history.non_deleted(), history.non_added())
    session.expunge(user)
    other = User(id=1, name="later")
    p.make_transient_to_detached(other)
    p.show(p.inspect(other).detached, p.inspect(other).identity)
    session.add(other)
    p.show(other.name, other.age)


@program
def views_of_mappers_that_grow(p: Peer):
    """What a mapper shows of its properties is kept, until it gets another one."""

    class Person(p.Base):
        __tablename__ = "person"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class Maker(Person):
        __tablename__ = "maker"
        id = p.Column(p.ForeignKey("person.id"), primary_key=True)

    mappers = [p.inspect(cls) for cls in (Person, Maker)]

    def show() -> None:
        for m in mappers:
            p.show(m.attrs is m.attrs, m.relationships is m.relationships)
            for view in (m.attrs, m.column_attrs, m.relationships, m.synonyms, m.composites):
                p.show(view.keys(), [each.key for each in view], len(view))
            p.show([each.key for each in p.inspect(m.class_()).attrs])
            p.show(sorted(p.inspect(m.class_(name="x")).unloaded))

    show()
    Person.upper = p.column_property(p.func.upper(Person.name))
    Person.other = p.orm.synonym("name")
    show()

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        owner_id = p.Column(p.ForeignKey("person.id"))
        owner = p.relationship(Person, backref="things")

    p.orm.configure_mappers()
    show()
    made = Maker(name="made")
    state = p.inspect(made)
    p.show(
        len(state.attrs), state.attrs.name.key, state.attrs.name.value, state.attrs["other"].value
    )
    p.show(state.attrs.name.state is not None, state.attrs.things.loaded_value)
    p.error(lambda: state.attrs.nothing)
    p.error(lambda: state.attrs["nothing"])
    p.error(lambda: state.key.value)


@pytest.mark.parametrize("function", program.registered)
def test_mapped_objects(function):
    compare(function, warned=True)
