"""ext.mutable: values that change in place."""

import copy
import pickle

from .harness import compare


def mapped(p, column, name="Thing"):
    namespace = {
        "__tablename__": name.lower(),
        "id": p.Column(p.Integer, primary_key=True),
        "data": column,
        "other": p.Column(p.Integer),
    }
    return type(name, (p.Base,), namespace)


def test_dict():
    def program(p):
        mutable = p.module("ext.mutable")
        Thing = mapped(p, p.Column(mutable.MutableDict.as_mutable(p.sa.JSON)))
        session = p.session()
        thing = Thing(data={"a": 1})
        p.show(type(thing.data).__name__)
        session.add(thing)
        session.commit()

        def change(name, function):
            function(thing.data)
            p.show(name, thing in session.dirty)
            session.commit()
            p.show(dict(thing.data), type(thing.data).__name__)

        change("set", lambda d: d.__setitem__("b", 2))
        change("del", lambda d: d.__delitem__("a"))
        change("update", lambda d: d.update({"c": 3}, e=4))
        change("pop", lambda d: d.pop("c"))
        change("setdefault", lambda d: d.setdefault("x", 9))
        change("popitem", lambda d: d.popitem())
        change("ior", lambda d: d.__ior__({"z": 1}))
        change("clear", lambda d: d.clear())
        change("read", lambda d: d.get("a"))
        change("pop missing", lambda d: d.pop("nothing", None))
        old = thing.data
        thing.data = {"new": [1]}
        session.commit()
        old["x"] = 1
        p.show(thing in session.dirty, dict(thing.data))
        thing.data["new"].append(2)
        p.show(thing in session.dirty)
        thing.data = None
        session.commit()
        p.show(thing.data)
        p.error(lambda: setattr(thing, "data", [1]))
        p.error(lambda: Thing(data="text"))

    compare(program)


def test_list_and_set():
    def program(p):
        mutable = p.module("ext.mutable")
        Listed = mapped(p, p.Column(mutable.MutableList.as_mutable(p.sa.PickleType)), "Listed")
        SetOf = mapped(p, p.Column(mutable.MutableSet.as_mutable(p.sa.PickleType())), "SetOf")
        session = p.session()
        listed, setof = Listed(data=[1, 2]), SetOf(data={1, 2})
        session.add_all([listed, setof])
        session.commit()

        def change(obj, function):
            function(obj.data)
            p.show(obj in session.dirty)
            session.commit()
            p.show(sorted(obj.data) if obj is setof else list(obj.data))

        for function in (
            lambda d: d.append(3),
            lambda d: d.extend([5, 4]),
            lambda d: d.insert(0, 9),
            lambda d: d.remove(9),
            lambda d: d.pop(),
            lambda d: d.sort(),
            lambda d: d.reverse(),
            lambda d: d.__setitem__(0, 7),
            lambda d: d.__setitem__(slice(0, 1), [8, 8]),
            lambda d: d.__delitem__(0),
            lambda d: d.__iadd__([1]),
            lambda d: d.__imul__(2),
            lambda d: d.clear(),
        ):
            change(listed, function)
        for function in (
            lambda d: d.add(3),
            lambda d: d.update({5}),
            lambda d: d.discard(5),
            lambda d: d.remove(3),
            lambda d: d.__ior__({7}),
            lambda d: d.__isub__({7}),
            lambda d: d.__iand__({1, 2, 3}),
            lambda d: d.__ixor__({1}),
            lambda d: d.clear(),
        ):
            change(setof, function)

    peer, ours = compare(program, sql=False)  # what is pickled names the package

    def statements(outcome):
        return [line for line in outcome.sql if not line.startswith("[")]

    assert statements(ours) == statements(peer)


def test_loaded_values_are_followed():
    def program(p):
        mutable = p.module("ext.mutable")
        Thing = mapped(p, p.Column(mutable.MutableDict.as_mutable(p.sa.JSON), default=dict))
        session = p.session()
        session.add_all([Thing(data={"n": n}) for n in range(3)])
        session.add(Thing())
        session.commit()
        session.close()
        things = session.query(Thing).order_by(Thing.id).all()
        things[0].data["x"] = 1
        p.show([thing in session.dirty for thing in things])
        session.commit()
        p.show(things[0].data, things[3].data)
        things[3].data["was"] = "default"
        session.commit()
        p.show(things[3].data)
        session.refresh(things[1])
        things[1].data["y"] = 1
        session.rollback()
        p.show(things[1].data)
        things[1].other = 5
        session.commit()
        things[1].data["z"] = 1
        session.expire(things[1], ["other"])
        p.show(things[1].other, things[1].data)
        session.commit()
        p.show(session.query(Thing).populate_existing().filter_by(id=2).one().data)
        merged = session.merge(Thing(id=2, data={"merged": 1}))
        merged.data["more"] = 2
        session.commit()
        p.show(things[1].data)

    compare(program)


def test_values_shared_by_objects():
    def program(p):
        mutable = p.module("ext.mutable")
        Thing = mapped(p, p.Column(mutable.MutableDict.as_mutable(p.sa.JSON)))
        session = p.session()
        one, two = Thing(data={"a": 1}), Thing()
        two.data = one.data
        session.add_all([one, two])
        session.flush()
        one.data["b"] = 2
        p.show(one in session.dirty, two in session.dirty)
        session.commit()

    compare(program)


def test_own_class_and_errors():
    def program(p):
        mutable = p.module("ext.mutable")

        class Point(mutable.Mutable):
            def __init__(self, x):
                self.x = x

            def __setattr__(self, name, value):
                object.__setattr__(self, name, value)
                self.changed()

            def __getstate__(self):
                return {"x": self.x}

            def __setstate__(self, state):
                self.__dict__.update(state)

            @classmethod
            def coerce(cls, key, value):
                if isinstance(value, int):
                    return cls(value)
                if isinstance(value, cls):
                    return value
                return mutable.Mutable.coerce(key, value)

        class PointType(p.TypeDecorator):
            impl = p.Integer
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return None if value is None else value.x

            def process_result_value(self, value, dialect):
                return None if value is None else Point(value)

        Thing = mapped(p, p.Column(Point.as_mutable(PointType)))
        session = p.session()
        thing = Thing(data=5)
        session.add(thing)
        session.commit()
        thing.data.x = 6
        session.commit()
        p.show(thing.data.x)
        p.error(lambda: setattr(thing, "data", "text"))

    compare(program)


def test_associate_with():
    def program(p):
        mutable = p.module("ext.mutable")

        class MyJSON(p.TypeDecorator):
            impl = p.sa.JSON
            cache_ok = True

        class MyDict(mutable.MutableDict):
            pass

        MyDict.associate_with(MyJSON)

        class Base(p.Base):
            __abstract__ = True
            data = p.Column(MyJSON)

        class Thing(Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)

        p.orm.configure_mappers()
        session = p.session()
        thing = Thing(data={})
        session.add(thing)
        session.commit()
        thing.data["a"] = 1
        p.show(type(thing.data).__name__, thing in session.dirty)
        session.commit()

    compare(program)


def test_subclasses():
    def program(p):
        mutable = p.module("ext.mutable")

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            kind = p.Column(p.String)
            data = p.Column(mutable.MutableDict.as_mutable(p.sa.JSON))
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

        class Special(Thing):
            __mapper_args__ = {"polymorphic_identity": "special"}

        session = p.session()
        special = Special(data={"a": 1})
        session.add(special)
        session.commit()
        special.data["b"] = 2
        p.show(type(special.data).__name__)
        session.commit()
        session.close()
        special = session.query(Thing).one()
        special.data["c"] = 3
        session.commit()
        p.show(special.data)

    compare(program)


def test_pickles_and_copies():
    def program(p):
        mutable = p.module("ext.mutable")
        Thing = mapped(p, p.Column(mutable.MutableDict.as_mutable(p.sa.JSON)))
        Thing.__module__ = __name__
        Thing.__qualname__ = "Thing"
        globals()["Thing"] = Thing
        session = p.session()
        thing = Thing(data={"a": 1})
        session.add(thing)
        session.commit()
        p.show(thing.data)
        session.expunge(thing)
        again = pickle.loads(pickle.dumps(thing))
        session.add(again)
        again.data["b"] = 2
        p.show(again in session.dirty)
        session.commit()
        p.show(again.data)
        value = copy.copy(again.data)
        value["c"] = 1
        p.show(type(value).__name__, again in session.dirty)
        lists = mutable.MutableList([1])
        p.show(pickle.loads(pickle.dumps(lists)), pickle.loads(pickle.dumps(value)))

    compare(program)


def test_the_value_does_not_keep_its_owner():
    def program(p):
        import gc
        import weakref

        mutable = p.module("ext.mutable")
        Thing = mapped(p, p.Column(mutable.MutableDict.as_mutable(p.sa.JSON)))
        thing = Thing(data={"a": 1})
        value, ref = thing.data, weakref.ref(thing)
        del thing
        gc.collect()
        p.show(ref() is None, len(value._parents))
        value["b"] = 1

    compare(program)


def test_coerced_values_of_another_class_are_followed():
    def program(p):
        mutable = p.module("ext.mutable")

        class Either(mutable.Mutable):
            @classmethod
            def coerce(cls, key, value):
                if isinstance(value, dict):
                    return mutable.MutableDict.coerce(key, value)
                if isinstance(value, list):
                    return mutable.MutableList.coerce(key, value)
                return super().coerce(key, value)

        Thing = mapped(p, p.Column(Either.as_mutable(p.sa.JSON)))
        session = p.session()
        things = [Thing(id=1, data={"a": 1}), Thing(id=2, data=[1])]
        session.add_all(things)
        session.commit()
        for thing in things:
            p.show(type(thing.data).__name__, len(thing.data._parents))
        things[0].data["b"] = 2
        things[1].data.append(2)
        p.show([thing in session.dirty for thing in things])
        session.commit()
        p.show([thing.data for thing in things])
        p.error(lambda: setattr(things[0], "data", "text"))

    compare(program)
