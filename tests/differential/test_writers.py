"""Collections that are not loaded: lazy="dynamic" and lazy="write_only"."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass

links = Table("links", Base.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True))

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    posts: DynamicMapped["Post"] = relationship(
        back_populates="user", order_by="Post.id", cascade="all, delete-orphan")
    notes: WriteOnlyMapped["Note"] = relationship(
        order_by="Note.id", passive_deletes=True, cascade="all, delete-orphan")
    tags: DynamicMapped["Tag"] = relationship(secondary=links, order_by="Tag.id", back_populates="users")

class Holder(Base):
    __tablename__ = "holders"
    id: Mapped[int] = mapped_column(primary_key=True)
    loose: WriteOnlyMapped["Loose"] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    user: Mapped["User | None"] = relationship(back_populates="posts")
    def __repr__(self): return f"P({self.text})"

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    def __repr__(self): return f"N({self.text})"

class Loose(Base):
    __tablename__ = "loose"
    id: Mapped[int] = mapped_column(primary_key=True)
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("holders.id"))

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None]
    users: Mapped[list[User]] = relationship(secondary=links, back_populates="tags")
    def __repr__(self): return f"T({self.label})"

def attempt(function):
    try:
        print(function())
    except Exception as error:
        import re
        print(type(error).__name__, re.sub("0x[0-9a-f]+", "0x", str(error)))

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
"""

PROGRAMS = {
    "dynamic": """
u = User(posts=[Post(text="a")])
u.posts.append(Post(text="b"))
print(list(u.posts), u.posts.count(), u.posts[0], u.posts.all(), [p.user is u for p in u.posts])
attempt(lambda: u.posts.filter(Post.text == "x").all())
session.add(u)
session.flush()
print(u.posts.all(), u.posts.count(), u.posts.filter(Post.text == "b").all(), u.posts[0], u.posts[0:1])
print(u.posts.first(), u.posts.order_by(None).order_by(Post.text.desc()).limit(1).one(), str(u.posts))
print(isinstance(u.posts, Query), type(u.posts).__name__, type(u.posts.filter_by(text="a")).__name__)
u.posts.remove(u.posts[0])
print(inspect(u).attrs.posts.history, list(u.posts))
u.posts = [Post(text="c")]
print(list(u.posts))
u.posts.extend([Post(text="d")]); u.posts.add(Post(text="e")); u.posts.add_all([Post(text="f")])
print(inspect(u).attrs.posts.history)
session.commit()
print(u.posts.all(), u.posts.filter(Post.id > 3).count(), [p.text for p in u.posts.offset(1).limit(2)])
other = User(name="o")
session.add(other)
moved = u.posts[0]
other.posts.append(moved)
print(moved.user is other, list(u.posts), list(other.posts))
session.commit()
moved.user = u
session.commit()
print(list(u.posts), list(other.posts), session.query(User).filter(User.posts.any(Post.text == "c")).count())
print(session.query(User).join(User.posts).filter(Post.text == "d").one() is u, session.query(Post).filter(Post.user == u).count())
attempt(lambda: session.query(User).options(joinedload(User.posts)).all())
for option in (noload(User.posts), noload("*")):
    print([(u.id, u.posts.count()) for u in session.query(User).options(option).order_by(User.id)])
u.posts.append(Post(text="gone")); session.rollback(); print(u.posts.count())
session.delete(u)
session.commit()
print(session.query(Post).count())
""",
    "detached": """
u = User(posts=[Post(text="1")])
session.add(u)
session.commit()
session.expunge(u)
attempt(lambda: u.posts.all()); attempt(lambda: u.posts.count()); attempt(lambda: u.posts.filter(Post.id == 1).all())
""",
    "many to many": """
t1, t2 = Tag(label="1"), Tag(label="2")
u = User(tags=[t1])
session.add_all([u, t2])
session.commit()
u.tags.append(t2)
session.commit()
print(u.tags.all(), u.tags.filter(Tag.label == "2").one(), session.execute(select(links)).all(), t1.users == [u])
u.tags.remove(t1)
session.commit()
print(u.tags.all(), t1.users)
t1.users.append(u)
session.commit()
print(u.tags.count(), str(u.tags))
session.delete(u)
session.commit()
print(session.execute(select(links)).all())
""",
    "write only": """
u = User(notes=[Note(text="a")])
u.notes.add(Note(text="b"))
session.add(u)
session.commit()
print(u.notes.select())
print(session.scalars(u.notes.select()).all(), session.scalars(u.notes.select().where(Note.text == "b")).all())
u.notes.add_all([Note(text="c"), Note(text="d")])
print(inspect(u).attrs.notes.history)
session.commit()
first = session.scalars(u.notes.select().limit(1)).one()
u.notes.remove(first)
session.commit()
print(session.scalars(u.notes.select()).all(), session.query(Note).count())
session.execute(u.notes.insert(), [{"text": "i"}, {"text": "j"}])
session.execute(u.notes.update().where(Note.text == "i").values(text="k"))
session.execute(u.notes.delete().where(Note.text == "j"))
print(session.scalars(u.notes.select()).all(), u.notes.update().values(text="q"), u.notes.delete())
attempt(lambda: list(u.notes)); attempt(lambda: setattr(u, "notes", [])); attempt(lambda: u.notes.nope)
attempt(lambda: session.query(User).options(selectinload(User.notes)).all())
session.commit()
session.delete(u)
session.commit()
print(session.query(Note).count())
v = Holder()
session.add(v)
session.commit()
session.delete(v)
attempt(session.commit)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_writer(name: str) -> None:
    # in which order what is needed for a change or a DELETE is loaded is not compared
    peer, _ = compare(MODELS + PROGRAMS[name], sql=False)
    assert peer.error is None
