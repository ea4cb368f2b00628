"""Association proxies: lists, sets, dicts and scalars of values, chains, and their SQL."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
import copy
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.collections import attribute_keyed_dict
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy

class Base(DeclarativeBase):
    pass

links = Table("links", Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True))

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    rows: Mapped[list["Word"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="Word.id")
    words: AssociationProxy[list[str]] = association_proxy("rows", "text")
    tags: Mapped[set["Tag"]] = relationship(secondary=links)
    labels = association_proxy("tags", "label", creator=lambda label: Tag(label=label))
    notes: Mapped[dict[str, "Note"]] = relationship(
        collection_class=attribute_keyed_dict("key"), cascade="all, delete-orphan")
    texts = association_proxy("notes", "text", creator=lambda k, v: Note(key=k, text=v))
    profile_id: Mapped[int | None] = mapped_column(ForeignKey("profiles.id"))
    profile: Mapped["Profile | None"] = relationship()
    bio = association_proxy("profile", "bio", creator=lambda bio: Profile(bio=bio))
    gone = association_proxy("profile", "bio", cascade_scalar_deletes=True)
    city = association_proxy("profile", "city_name")
    topics = association_proxy("rows", "topic", creator=lambda t: Word("by topic", t))
    topic_names = association_proxy("rows", "topic_name")
    sizes = association_proxy("rows", "size")

class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str | None]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    place = relationship("Topic")
    city_name = association_proxy("place", "name", creator=lambda n: Topic(name=n))

class Topic(Base):
    __tablename__ = "topics"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    def __repr__(self): return f"T({self.name})"

class Word(Base):
    __tablename__ = "words"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    user: Mapped["User | None"] = relationship(back_populates="rows")
    topic = relationship(Topic)
    topic_name = association_proxy("topic", "name", creator=lambda n: Topic(name=n))
    @property
    def size(self): return len(self.text)
    def __init__(self, text=None, topic=None):
        self.text, self.topic = text, topic
    def __repr__(self): return f"W({self.text})"

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str]
    text: Mapped[str]

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
u = User(name="u")
session.add(u)
"""

PROGRAMS = {
    "lists": """
u.words.append("a"); u.words.extend(["b", "c"]); u.words += ["d"]
print(u.words, len(u.words), bool(u.words), u.words[1], u.words[1:3], "b" in u.words, u.rows)
session.commit()
print(u.words == ["a", "b", "c", "d"], u.words > ["a"], u.words + ["z"], ["z"] + u.words, u.words * 2)
u.words[0] = "A"; u.words.insert(1, "i"); u.words.remove("c"); print(u.words.pop(), u.words)
del u.words[0]; u.words[0:1] = ["x", "y"]; print(u.words, u.words.index("b"), u.words.count("y"))
u.words[::2] = ["m", "n"]; print(u.words)
attempt(lambda: u.words.remove("none")); attempt(lambda: u.words.sort()); attempt(lambda: hash(u.words))
attempt(lambda: u.words.__setitem__(slice(None, None, 2), ["1"]))
session.commit()
print(session.scalars(select(Word.text).order_by(Word.id)).all())
u.words = ["p", "q"]; print(u.words, u.words.copy())
session.commit()
print(session.scalars(select(Word.text)).all())
same = u.words; u.words = same; print(u.words); u.words *= 2; print(u.words); u.words.clear()
session.commit()
print(session.query(Word).count(), User(name="k", words=["1"]).rows, u.words is same)
attempt(lambda: setattr(u, "words", 5))
print(u.sizes); u.words.append("four"); print(u.sizes)
""",
    "sets": """
u.labels.add("a"); u.labels.add("a"); u.labels.update(["b", "c"]); u.labels |= {"d"}
print(sorted(u.labels), len(u.tags), "a" in u.labels, u.labels == {"a", "b", "c", "d"})
session.commit()
u.labels.discard("a"); u.labels.remove("b"); u.labels.discard("zz"); attempt(lambda: u.labels.remove("zz"))
u.labels -= {"c"}; print(sorted(u.labels)); u.labels ^= {"d", "e"}; print(sorted(u.labels))
u.labels &= {"e"}; print(u.labels, u.labels | {"f"}, u.labels & {"e"}, u.labels - {"e"}, u.labels ^ {"e"})
print(u.labels <= {"e", "g"}, u.labels.issuperset({"e"}), u.labels.union({"h"}) == {"e", "h"}, u.labels.pop())
attempt(lambda: u.labels.pop())
u.labels = {"n"}; session.commit(); print(u.labels, session.query(Tag).count())
u.labels = ["n", "o"]; print(sorted(u.labels), u.labels.copy() == {"n", "o"}); u.labels.clear(); print(u.labels)
""",
    "dicts": """
u.texts["a"] = "1"; u.texts.update({"b": "2"}, c="3"); print(u.texts, dict(u.texts), len(u.texts))
session.commit()
u.texts["a"] = "one"; print(u.texts.get("a"), u.texts.get("zz"), u.texts.get("zz", 5), "b" in u.texts)
print(sorted(u.texts.items()), sorted(u.texts.keys()), sorted(u.texts.values()), list(u.texts))
del u.texts["b"]; print(u.texts.pop("c"), u.texts.setdefault("d", "4"), u.texts.setdefault("d", 9))
attempt(lambda: u.texts["zz"]); attempt(lambda: u.texts.pop("zz")); print(u.texts == {"a": "one", "d": "4"})
session.commit()
print(session.execute(select(Note.key, Note.text).order_by(Note.key)).all())
u.texts = {"d": "5", "e": "6"}; session.commit(); print(sorted(u.texts.items()))
print(u.texts.popitem(), u.texts.copy()); u.texts.clear(); print(u.texts)
""",
    "scalars": """
print(u.bio, u.profile); u.bio = None; print(u.profile)
u.bio = "b"; print(u.bio, u.profile.bio); session.commit()
u.bio = "c"; u.bio = None; print(u.profile is not None, u.bio)
u.gone = None; print(u.profile); session.commit(); print(session.query(Profile).count())
u.bio = "x"; u.profile.city_name = "Rome"; print(u.city, u.profile.place); u.city = "Oslo"; print(u.profile.place)
del u.bio; print(u.profile)
attempt(lambda: User(name="w", bio="q").profile.bio)
attempt(lambda: association_proxy("a", "b", cascade_scalar_deletes=True, create_on_none_assignment=True))
""",
    "chains": """
t = Topic(name="t1")
u.topics.append(t); u.words.append("w"); print(u.topics, u.topic_names)
u.topic_names[1] = "t2"; print(u.topic_names, u.rows[1].topic)
u.topics.remove(t); print(u.rows)
session.commit(); print(u.topic_names)
""",
    "queries": """
u.words = ["a", "ab"]; u.labels = {"l"}; u.texts = {"k": "v"}; u.bio = "B"
u.rows[0].topic_name = "T"; session.add(User(name="other")); session.commit()
def names(*where):
    print(session.scalars(select(User.name).where(*where).order_by(User.id)).all())
names(User.words == "a"); names(User.words.any(Word.text == "ab")); names(User.words.contains("b"))
names(User.words.like("a%")); names(User.words.in_(["a", "x"])); names(~User.words.any()); names(User.words != "a")
names(User.labels == "l"); names(User.texts == "v"); names(User.bio == "B"); names(User.bio == None)
names(User.bio != "B"); names(User.bio != None); names(User.bio.has()); names(User.topics.contains(session.get(Topic, 1)))
names(User.topics.any(Topic.name == "T")); names(User.topics.any(name="T"))
names(User.topic_names.any(name="T") if False else User.topics.any()); names(User.city == None)
for wrong in (lambda: User.words.has(), lambda: User.bio.any(), lambda: User.words.any(text="a"), lambda: select(User.bio),
              lambda: User.bio.has(Profile.bio == "x"), lambda: User.topics == Topic(), lambda: User.sizes == 1,
              lambda: User.sizes.any()):
    attempt(wrong)
print(User.words.attr[0].key, User.words.remote_attr.key, User.words.local_attr.key, User.words.scalar, User.bio.scalar)
print(User.words.target_class.__name__, User.words.info, User.words, User.topics, User.sizes)
print(inspect(User).all_orm_descriptors["words"].extension_type)
print(session.scalars(select(User).join(User.rows).where(Word.text == "a")).one().words)
a = aliased(User); print(select(a.id).where(a.name == "x"))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_association_proxy(name: str) -> None:
    peer, _ = compare(MODELS + PROGRAMS[name])
    assert peer.error is None
