"""The inside of mapped attributes, and attributes that properties of the program's own register."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_attribute_impls(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None


def _models(p: Peer) -> Any:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        bio = p.orm.deferred(p.Column(p.String))
        chief_id = p.Column(p.ForeignKey("users.id"))
        chief = p.relationship("User", remote_side=[id], backref="team")
        notes = p.relationship("Note", lazy="dynamic")
        shown = p.orm.synonym("name")

    class Note(p.Base):
        __tablename__ = "notes"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    p.orm.configure_mappers()
    return User, Note


KEYS = ("id", "name", "bio", "chief", "team", "notes")


@program
def kinds(p: Peer) -> None:
    attributes = p.module("orm.attributes")
    User, _ = _models(p)
    for key in KEYS:
        attribute = getattr(User, key)
        impl = attribute.impl
        p.show(str(impl), impl.key, impl.class_ is User, impl.parent_token is attribute.property)
        p.show(impl.collection, impl.uses_objects, impl.dynamic, impl.supports_population)
        p.show(
            isinstance(impl, attributes.AttributeImpl),
            isinstance(impl, attributes.ScalarAttributeImpl),
            isinstance(impl, attributes.ScalarObjectAttributeImpl),
            isinstance(impl, attributes.CollectionAttributeImpl),
            impl is attribute.impl,
        )


@program
def flags(p: Peer) -> None:
    attributes = p.module("orm.attributes")
    for name in (
        "INIT_OK", "PASSIVE_OFF", "PASSIVE_NO_INITIALIZE", "PASSIVE_NO_FETCH",
        "PASSIVE_RETURN_NO_VALUE", "PASSIVE_NO_RESULT", "NO_VALUE",
    ):  # fmt: skip
        value = getattr(attributes, name)
        p.show(name, value if name in ("NO_VALUE", "PASSIVE_NO_RESULT") else int(value))
    p.show(attributes.NEVER_SET is attributes.NO_VALUE)


@program
def active_history_that_is_set(p: Peer) -> None:
    attributes = p.module("orm.attributes")
    User, _ = _models(p)
    session = p.session()
    for active in (False, True, False):
        for key in ("name", "bio", "chief", "team"):
            impl = getattr(User, key).impl
            impl.active_history = active
            p.show(key, impl.active_history, getattr(User, key).impl.active_history)
        user = User(name="a", bio="b", chief=User(name="c"))
        session.add(user)
        session.commit()
        p.mark("expired")
        user.name = "x"
        user.bio = "y"
        user.chief = None
        user.team = []
        for key in ("name", "bio", "chief", "team"):
            history = attributes.get_history(user, key, attributes.PASSIVE_NO_INITIALIZE)
            p.show(key, [[str(getattr(v, "name", v)) for v in part or ()] for part in history])
        session.commit()


@program
def active_history_of_one_class(p: Peer) -> None:
    class Animal(p.Base):
        __tablename__ = "animals"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    p.orm.configure_mappers()
    Dog.name.impl.active_history = True
    session = p.session()
    animals = [Animal(name="a"), Dog(name="d"), Cat(name="c")]
    session.add_all(animals)
    session.commit()
    for animal in animals:
        p.mark(type(animal).__name__)
        animal.name = "new"
        p.show(type(animal).name.impl.active_history, p.inspect(animal).attrs.name.history)


@program
def reading(p: Peer) -> None:
    attributes = p.module("orm.attributes")
    User, _ = _models(p)
    session = p.session()
    session.add(User(id=1, name="a", bio="b", chief=User(id=2, name="c")))
    session.commit()
    passive = (
        "PASSIVE_NO_INITIALIZE",
        "PASSIVE_NO_FETCH",
        "PASSIVE_RETURN_NO_VALUE",
        "PASSIVE_OFF",
    )

    def told(value: Any) -> str:
        if isinstance(value, (list, tuple)):
            return str([told(each) for each in value])
        return str(value.name if isinstance(value, User) else value)

    for made in ("new", "loaded", "expired"):
        for name in passive:
            flag = getattr(attributes, name)
            for key in ("name", "bio", "chief", "team"):
                session.expunge_all()
                user = User() if made == "new" else session.get(User, 1)
                if made == "expired":
                    session.expire(user)
                p.mark(f"{made} {name} {key}")
                state = p.inspect(user)
                impl = getattr(User, key).impl
                p.show(told(impl.get(state, state.dict, flag)))
                p.show(told(impl.get_history(state, state.dict, flag)))


@program
def writing(p: Peer) -> None:
    User, _ = _models(p)
    session = p.session()
    user = User(name="a", chief=User(name="c"))
    session.add(user)
    session.commit()
    state = p.inspect(user)

    @p.event.listens_for(User.name, "set")
    def heard(target: Any, value: Any, old: Any, initiator: Any) -> None:
        p.show("set", value, str(old), str(initiator.impl), initiator.key)

    p.show(User.name.impl.get(state, state.dict))
    User.name.impl.set(state, state.dict, "b", None)
    p.show(state.attrs.name.history)
    p.show(User.name.impl.get_committed_value(state, state.dict))
    p.show(User.bio.impl.get_committed_value(state, state.dict))
    User.bio.impl.set_committed_value(state, state.dict, "told")
    p.show(user.bio, state.attrs.bio.history)
    old = user.chief
    User.chief.impl.set(state, state.dict, None, None)
    p.show(state.attrs.chief.history.deleted == [old], old.team)
    p.show([user] == User.team.impl.set_committed_value(p.inspect(old), old.__dict__, [user]))
    User.name.impl.delete(state, state.dict)
    p.show("name" in state.dict, user.name)
    fresh = User()
    state = p.inspect(fresh)
    p.error(lambda: User.name.impl.delete(state, state.dict))


# ---- a property of the program's own ------------------------------------------------------


def _owned(p: Peer) -> Any:
    """A reference to an object of any class: its name and key are in two columns."""
    attributes = p.module("orm.attributes")
    interfaces = p.module("orm.interfaces")
    calls: list[str] = []

    class Implementation(attributes.ScalarAttributeImpl):  # type: ignore[misc,name-defined]
        def __init__(self, class_: Any, key: str, dispatch: Any, **kw: Any) -> None:
            super().__init__(class_, key, None, dispatch, **kw)

        def get(self, state: Any, dict_: Any, passive: Any = attributes.PASSIVE_OFF) -> Any:
            if self.key in dict_:
                return dict_[self.key]
            if state.session is None:
                return None
            name = state.attrs.target_name.value
            if name is None:
                return None
            return state.session.get(classes[name], state.attrs.target_id.value)

        def set(self, state: Any, dict_: Any, value: Any, initiator: Any, *args: Any) -> None:
            dict_[self.key] = value
            dict_["target_name"] = None if value is None else type(value).__name__
            dict_["target_id"] = None if value is None else value.id

    class Comparator(interfaces.PropComparator):  # type: ignore[misc,name-defined]
        def __init__(self, prop: Any, parentmapper: Any, adapt_to: Any = None) -> None:
            super().__init__(prop, parentmapper, adapt_to)
            self.property = prop

        def __eq__(self, other: Any) -> Any:
            entity = self._parententity.entity
            return (entity.target_name == type(other).__name__) & (entity.target_id == other.id)

        def names(self, *names: str) -> Any:
            return self._parententity.entity.target_name.in_(names)

        __hash__ = interfaces.PropComparator.__hash__

    class Property(interfaces.MapperProperty):  # type: ignore[misc,name-defined]
        def set_parent(self, parent: Any, init: bool) -> None:
            calls.append(f"set_parent {parent.class_.__name__} {init}")
            super().set_parent(parent, init)

        def instrument_class(self, mapper: Any) -> None:
            calls.append(f"instrument {mapper.class_.__name__}")
            attributes.register_attribute(
                mapper.class_,
                self.key,
                comparator=Comparator(self, mapper),
                parententity=mapper,
                doc="what it is about",
                impl_class=Implementation,
                parent_token=self,
            )

        def do_init(self) -> None:
            calls.append(f"do_init {self.parent.class_.__name__}.{self.key}")

    class Event(p.Base):
        __tablename__ = "events"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        target_name = p.Column(p.String)
        target_id = p.Column(p.Integer)
        target = Property()
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "event"}

    class Party(Event):
        __mapper_args__ = {"polymorphic_identity": "party"}

    class Place(p.Base):
        __tablename__ = "places"
        id = p.Column(p.Integer, primary_key=True)

    class Person(p.Base):
        __tablename__ = "people"
        id = p.Column(p.Integer, primary_key=True)

    classes = {each.__name__: each for each in (Place, Person)}
    p.orm.configure_mappers()
    return Event, Party, Place, Person, calls


@program
def own_property(p: Peer) -> None:
    Event, Party, *_, calls = _owned(p)
    p.show(sorted(calls))
    prop = p.inspect(Event).attrs.target
    for cls in (Event, Party):
        attribute = cls.target
        p.show(str(attribute), attribute.key, attribute.__doc__, attribute.property is prop)
        p.show(isinstance(attribute, p.module("orm.attributes").InstrumentedAttribute))
        p.show(attribute.impl.class_ is cls, attribute.impl.parent_token is prop)
        p.show(p.inspect(cls).attrs.keys(), p.inspect(cls).column_attrs.keys())
        p.show(list(p.inspect(cls).all_orm_descriptors.keys()))
        p.show(attribute.parent is p.inspect(cls), attribute.class_ is cls)


@program
def own_attribute(p: Peer) -> None:
    Event, Party, Place, Person, _ = _owned(p)
    session = p.session()
    place, person = Place(id=1), Person(id=7)
    session.add_all([place, person])
    session.flush()
    events = [Event(target=place), Party(target=person), Event()]
    for event in events:
        p.show(type(event.target).__name__, event.target_name, event.target_id)
        p.show("target" in event.__dict__)
    session.add_all(events)
    session.commit()
    for event in events:
        p.show("target" in event.__dict__, event.target in (place, person, None))
    session.expunge_all()
    event = session.scalars(p.select(Event).order_by(Event.id)).first()
    p.show(event.target.id, p.inspect(event).attrs.target.value is event.target)
    p.show(session.query(Event).filter(Event.target == event.target).count())
    p.show(session.query(Party).filter(Party.target == event.target).count())
    p.show(session.query(Event).filter(Event.target.names("Place", "Person")).count())
    alias = p.orm.aliased(Event)
    p.show(str(p.select(alias.id).where(alias.target == event.target)))
    p.show(str(p.select(alias.id).where(alias.target.names("a"))))
    event.target = None
    p.show(event.target, event.target_name)
    p.show(event.__dict__["target"], event in session.dirty)
    p.error(lambda: session.query(Event).filter(Event.target.other("Place")))


@program
def own_attribute_in_hand(p: Peer) -> None:
    attributes = p.module("orm.attributes")
    Event, _, Place, *_ = _owned(p)
    session = p.session()
    place = Place(id=1)
    event = Event(target=place)
    session.add_all([place, event])
    session.commit()
    state = p.inspect(event)
    history = attributes.get_history

    def told(found: Any) -> str:
        return str([[str(getattr(each, "id", each)) for each in part or ()] for part in found])

    p.show("target" in state.unloaded, str(state.attrs.target.loaded_value))
    p.show(told(history(event, "target", attributes.PASSIVE_NO_FETCH)))
    p.show(told(history(event, "target")), told(state.attrs.target.load_history()))
    attributes.set_attribute(event, "target", None)
    p.show(attributes.get_attribute(event, "target"), event.target_id)
    attributes.set_committed_value(event, "target", place)
    p.show(event.target is place, told(history(event, "target")))
    session.expire(event, ["target"])
    p.show("target" in event.__dict__)
    merged = session.merge(Event(id=event.id, target_name="Place", target_id=1))
    p.show(merged is event, merged.target is place)
    session.refresh(event)
    p.show(event.target is place)
    del event.target_name
    p.show(event.target)
    p.show(p.orm.attributes.manager_of_class(Event)["target"] is Event.target)


@program
def plain_attribute_of_its_own(p: Peer) -> None:
    """Without an implementation of its own: a value that no column holds."""
    attributes = p.module("orm.attributes")
    interfaces = p.module("orm.interfaces")

    class Property(interfaces.MapperProperty):  # type: ignore[misc,name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__()
            self.options = options

        def instrument_class(self, mapper: Any) -> None:
            attributes.register_attribute(
                mapper.class_,
                self.key,
                comparator=interfaces.PropComparator(self, mapper),
                parententity=mapper,
                parent_token=self,
                **self.options,
            )

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        plain = Property()
        made = Property(callable_=lambda state, passive: f"made for {state.class_.__name__}")
        known = Property(active_history=True)
        even = Property(compare_function=lambda a, b: a % 2 == b % 2)

    session = p.session(expire_on_commit=False)
    user = User(plain="x")
    state = p.inspect(user)
    p.show(user.plain, user.made, user.known, user.__dict__["plain"])
    p.show(User.plain.impl.active_history, User.known.impl.active_history)
    user.even = 1
    session.add(user)
    session.commit()
    p.show(sorted(key for key in user.__dict__ if not key.startswith("_")))
    p.show(user.plain, user.made, user.known, user.even)
    user.plain = "y"
    user.even = 2
    p.show(state.attrs.plain.history, state.attrs.even.history, user in session.dirty)
    session.flush()
    p.show(state.attrs.plain.history, user in session.dirty)
    user.even = 4
    p.show(state.attrs.even.history)
    user.even = 5
    p.show(state.attrs.even.history)
    user.plain = "z"
    p.show(state.attrs.plain.history)
    del user.plain
    p.show(user.plain, state.attrs.plain.history)
    p.error(lambda: delattr(User(), "plain"))

    @p.event.listens_for(User.plain, "set", retval=True)
    def heard(target: Any, value: Any, old: Any, initiator: Any) -> Any:
        p.show("set", target is user, value, str(old), initiator.key)
        return value * 2

    user.plain = "new"
    p.show(user.plain)


@program
def without_a_class_that_is_mapped(p: Peer) -> None:
    Event, *_ = _owned(p)
    p.error(lambda: Event.target.__get__(object(), object), text=False)
    p.error(lambda: Event.target.__set__(object(), 1), text=False)
