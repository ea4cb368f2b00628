"""Modules loaded again and in sub-interpreters: nothing of the first is left."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import cormorant

from .leaks import SANITIZED

PROGRAM = """
import cormorant as sa
from cormorant.orm import Session, declarative_base, joinedload, relationship

Base = declarative_base()

class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    posts = relationship("Post", back_populates="user")

class Post(Base):
    __tablename__ = "posts"
    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")

engine = sa.create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add(User(name="x", posts=[Post(), Post()]))
    session.commit()
    users = session.query(User).options(joinedload(User.posts)).all()
    assert [len(user.posts) for user in users] == [2]
    rows = session.query(User.id, User.name).all()
    posts = session.query(Post).all()
stream = iter(session.query(Post).yield_per(1))
next(stream)
"""

COUNT = """
import collections, gc, re, typing
def counts():
    # Patterns are remembered; so is, with its classes, what was last subscribed.
    re.purge()
    for forget in typing._cleanups:
        forget()
    while gc.collect(): pass
    return collections.Counter(type(o).__module__ + "." + type(o).__name__ for o in gc.get_objects())
"""


def run(source: str, **variables: str) -> str:
    """What the source prints in an interpreter with these environment variables."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=600,  # not a measure: it makes 48 interpreters, maybe on a busy machine
        cwd=Path(cormorant.__file__).parent.parent,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_loaded_again_nothing_is_left() -> None:
    out = run(
        f"""
import sys
{COUNT}
PROGRAM = {PROGRAM!r}
def once():
    exec(PROGRAM, {{}})
    for name in [name for name in sys.modules if name.startswith("cormorant")]:
        del sys.modules[name]
once()
before = counts()
for _ in range(3):
    once()
grown = counts() - before
print({{name: n for name, n in grown.items() if n >= 3 and name != "builtins.tuple"}})
"""
    )
    assert out == "{}\n"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the private module has changed")
def test_sub_interpreters() -> None:
    # Each has a core of its own, also when several are alive at once.
    out = run(
        f"""
import _xxsubinterpreters as interpreters
PROGRAM = {PROGRAM!r}
exec(PROGRAM)
def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
for number in range({6 if SANITIZED else 24}):
    pair = [interpreters.create(), interpreters.create()]
    for one in pair:
        interpreters.run_string(one, PROGRAM)
    for one in pair:
        interpreters.destroy(one)
    if number == {3 if SANITIZED else 11}:
        before = rss()
print(rss() - before, [user.name for user in users])
"""
    )
    grown, _, names = out.partition(" ")
    assert names == "['x']\n"
    # A sanitizer keeps what was freed.
    assert int(grown) < 3 << 20 or SANITIZED


def test_what_is_kept_of_objects_outlives_their_class() -> None:
    """The memory of dead objects is freed last; the allocator has overwritten their classes."""
    program = f"import gc; exec({PROGRAM!r}, {{}}); gc.collect()"
    assert run(program, PYTHONMALLOC="debug") == ""
