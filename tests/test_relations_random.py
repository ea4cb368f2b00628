"""Random changes of relationships do in Cormorant what they do in SQLAlchemy."""

from __future__ import annotations

import functools
import gc
import importlib
import random
import warnings

import pytest

RELATIONS = {
    "A": [("bs", "B", list), ("cs", "C", list), ("d", "D", None), ("es", "E", set)],
    "B": [("a", "A", None)],
    "C": [("owners", "A", list)],
    "D": [("a", "A", None)],
    "E": [("a", "A", None)],
}
OPERATIONS = {
    None: ["set", "set", "none", "delete", "add"],
    list: [
        "append",
        "append",
        "append",
        "remove",
        "pop",
        "insert",
        "extend",
        "clear",
        "assign",
        "replace",
        "cut",
        "del",
        "add",
    ],
    set: ["put", "put", "discard", "assign", "clear", "update", "subtract", "delete", "add"],
}


@functools.cache
def mapped(package, orphans):
    core, orm = importlib.import_module(package), importlib.import_module(f"{package}.orm")
    base = orm.declarative_base()
    cascade = "all, delete-orphan" if orphans else "save-update, merge"
    link = core.Table(
        "link",
        base.metadata,
        core.Column("a", core.ForeignKey("a.id")),
        core.Column("c", core.ForeignKey("c.id")),
    )
    bodies = {
        "A": {
            "bs": orm.relationship("B", back_populates="a", cascade=cascade),
            "cs": orm.relationship("C", secondary=link, back_populates="owners"),
            "d": orm.relationship("D", back_populates="a", uselist=False),
            "es": orm.relationship("E", collection_class=set, back_populates="a"),
        },
        "C": {"owners": orm.relationship("A", secondary=link, back_populates="cs")},
    }
    for name, other in (("B", "bs"), ("D", "d"), ("E", "es")):
        bodies[name] = {
            "a_id": core.Column(core.ForeignKey("a.id")),
            "a": orm.relationship("A", back_populates=other),
        }
    classes = {
        name: type(
            name,
            (base,),
            {
                "__tablename__": name.lower(),
                "__module__": __name__,
                "id": core.Column(core.Integer, primary_key=True),
                **body,
            },
        )
        for name, body in bodies.items()
    }
    return core, orm, classes


class World:
    """Three new objects of each class and a session."""

    def __init__(self, package, orphans):
        self.core, orm, classes = mapped(package, orphans)
        self.session = orm.Session()
        self.objects = {f"{name}{n}": cls() for name, cls in classes.items() for n in range(3)}
        self.names = {id(obj): name for name, obj in self.objects.items()}

    def show(self, value, kind):
        if kind is None:
            return self.names.get(id(value))
        members = [self.names[id(member)] for member in value]
        return sorted(members) if kind is set else members

    def picture(self):
        shown = {"new": sorted(self.names[id(obj)] for obj in self.session.new)}
        for name, obj in self.objects.items():
            attributes = self.core.inspect(obj).attrs
            for relation, _, kind in RELATIONS[name[0]]:
                history = attributes[relation].history
                shown[name, relation] = self.show(getattr(obj, relation), kind)
                shown[name, relation, "history"] = [
                    sorted(str(self.names.get(id(obj))) for obj in part) for part in history
                ]
        return shown

    def act(self, name, relation, kind, operation, other, others, index):
        obj, value = self.objects[name], self.objects[other]
        values = [self.objects[key] for key in others]
        try:
            if operation == "add":
                self.session.add(obj)
            elif operation == "set":
                setattr(obj, relation, value)
            elif operation == "none":
                setattr(obj, relation, None)
            elif operation in ("delete", "del"):
                delattr(obj, relation)
            elif operation == "assign":
                setattr(obj, relation, kind(values[:1] if kind is set else values))
            else:
                self.change(getattr(obj, relation), operation, value, values, index)
        except Exception as error:
            return type(error).__name__
        return "done"

    @staticmethod
    def change(members, operation, value, values, index):
        {
            "append": lambda: members.append(value),
            "remove": lambda: members.remove(value),
            "pop": lambda: members.pop(index - 2),
            "insert": lambda: members.insert(index, value),
            "extend": lambda: members.extend(values),
            "clear": lambda: members.clear(),
            "replace": lambda: members.__setitem__(slice(index, index + 2), values),
            "cut": lambda: members.__delitem__(slice(index, None)),
            "put": lambda: members.add(value),
            "discard": lambda: members.discard(value),
            "update": lambda: members.update(values[:1]),
            "subtract": lambda: members.difference_update(values[:1]),
        }[operation]()


@pytest.mark.parametrize("orphans", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_random_changes(seed, orphans):
    chance = random.Random(seed)
    worlds = [World(package, orphans) for package in ("sqlalchemy", "cormorant")]
    names = sorted(worlds[0].objects)
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(chance.randrange(5, 25)):
            name = chance.choice(names)
            relation, target, kind = chance.choice(RELATIONS[name[0]])
            targets = [key for key in names if key[0] == target]
            step = (
                name,
                relation,
                kind,
                chance.choice(OPERATIONS[kind]),
                chance.choice(targets),
                [chance.choice(targets) for _ in range(chance.randrange(4))],
                chance.randrange(3),
            )
            told.append(step)
            theirs, ours = (world.act(*step) for world in worlds)
            assert ours == theirs, told
            assert worlds[1].picture() == worlds[0].picture(), told


def test_every_allocation_may_fail():
    """Each allocation of a scenario fails once: MemoryError, and nothing breaks."""
    hooks = pytest.importorskip("_testcapi")
    from .hand_made import Database, blog, history

    def scenario(session, user, post, other, note):
        user.posts.append(post)
        user.posts = [other, post]
        user.notes = {note}
        user.unmapped = [1]
        session._add(user)
        session._register([user, post, other, note])
        user.posts = [other]
        history(user, "posts")
        user.notes.clear()
        other.user = None
        session._mark_deleted(other)
        session._remove_deleted([other])
        session._expire_all()
        session._expunge_all()

    from cormorant import _core

    for number in range(400):
        user_class, post_class, _, _, note_class = classes = blog(orphan=True)
        Database(*classes)
        objects = (user_class(id=1), post_class(id=1), post_class(id=2), note_class(id=1))
        session = _core.SessionBase()
        hooks.set_nomemory(number, number + 1)
        try:
            scenario(session, *objects)
        except MemoryError:
            failed = True
        else:
            failed = False
        finally:
            hooks.remove_mem_hooks()
        for obj in objects:
            _core.loaded_dict(obj)
        session._expunge_all()
        if not failed and number > 200:
            break
    gc.collect()
