"""Events of attributes: what is called, when, with what, and what listeners may change."""

import pytest

from .event_env import compare, models, models_and_session

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


@pytest.mark.parametrize("kind", ["list", "dict"])
@pytest.mark.parametrize("heard", [(), ("append", "remove", "bulk_replace")])
@pytest.mark.parametrize("backrefs", [True, False])
def test_validators_of_collections_set_anew(kind, heard, backrefs):
    """All members are validated before anything changes, those that stay among them."""

    def program(p):
        made = {}

        class Parent(p.Base):
            __tablename__ = "parents"
            id = p.Column(p.Integer, primary_key=True)
            children = p.relationship(
                "Child",
                back_populates="parent",
                collection_class=list if kind == "list" else p.orm.attribute_keyed_dict("id"),
            )

            @p.orm.validates("children", include_removes=True, include_backrefs=backrefs)
            def check(self, key, child, removed):
                p.show("validate", child.id, removed)
                if child.id < 0:
                    raise ValueError("no")
                return made.get(child.id, child)

        class Child(p.Base):
            __tablename__ = "children"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parents.id"))
            parent = p.relationship("Parent", back_populates="children")

        for name in heard:
            p.sa.event.listen(Parent.children, name, lambda *a, name=name: p.show(name))
        session = p.session()

        def of(*children):
            return list(children) if kind == "list" else {child.id: child for child in children}

        def look(parent):
            members = parent.children if kind == "list" else parent.children.values()
            p.show([child.id for child in members])

        one, two, three = Child(id=1), Child(id=2), Child(id=3)
        parent = Parent(id=1, children=of(one, two))
        session.add(parent)
        session.commit()
        for members in (two, three), (two, three), (), (one,):
            parent.children = of(*members)
            look(parent)
        p.show(two.parent, one.parent is parent)
        p.error(lambda: setattr(parent, "children", of(two, Child(id=-1))))
        look(parent)
        made[3] = Child(id=30)
        parent.children = of(one, three)
        look(parent)
        p.show(three.parent, made[3].parent is parent)
        Child(id=5, parent=parent)
        session.commit()
        look(parent)

    compare(program)


@pytest.mark.parametrize("kind", [set, list, dict])
@pytest.mark.parametrize("validated", [False, True])
def test_collections_set_to_what_they_are(kind, validated):
    """As `parent.children += [child]` does: replaced, say the events, and nothing changes."""

    def program(p):
        class Parent(p.Base):
            __tablename__ = "parent"
            id = p.Column(p.Integer, primary_key=True)
            made = kind
            if kind is dict:
                made = p.orm.attribute_keyed_dict("id")
            children = p.relationship("Child", collection_class=made, backref="parent")

            if validated:

                @p.orm.validates("children")
                def check(self, key, child):
                    p.show("validate", child.id)
                    if child.id < 0:
                        raise ValueError("no")
                    return child

        class Child(p.Base):
            __tablename__ = "child"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parent.id"))

        other = []

        def replaced(target, values, token):
            p.show("bulk_replace", sorted(value.id for value in values), token.op.name)
            if other:
                values[:] = other.pop()

        p.sa.event.listen(Parent.children, "bulk_replace", replaced)
        for name in ("append", "remove", "init_collection", "dispose_collection"):

            def heard(target, value, token, name=name):
                p.show(name, target.id, len(value) if "collection" in name else value.id)

            p.sa.event.listen(Parent.children, name, heard)

        def extend(parent, child):
            if kind is list:
                parent.children += [child]
            elif kind is set:
                parent.children |= {child}
            else:
                parent.children.update({child.id: child})
                parent.children = parent.children
            p.show(len(parent.children), child.parent is parent)

        session = p.session()
        parent = Parent(id=1)
        extend(parent, Child(id=1))
        session.add(parent)
        session.commit()
        extend(parent, Child(id=2))
        p.show(len(session.dirty), p.inspect(parent).attrs.children.history.has_changes())
        session.commit()
        parent.children = parent.children
        p.show(session.is_modified(parent))
        if kind is set:
            parent.children -= set(parent.children)
            parent.children &= set()
            parent.children ^= {Child(id=4)}
        elif kind is list:
            parent.children *= 1
        other.append([])  # what a listener makes of the members is passed over
        extend(parent, Child(id=3))
        session.commit()
        p.error(lambda: extend(parent, Child(id=-1)))
        parent.children = kind()
        p.show(len(parent.children))

    compare(program)
