"""Modules loaded again and in sub-interpreters: nothing of the first is left."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import cormorant

from . import postgres
from .leaks import SANITIZED

HERE = Path(__file__).parent
PROGRAM = """
import datetime, io, uuid
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

# With globals of its own: an object that its class refers to keeps that class alive for ever.
space = {"sa": sa}
exec('''
class Wrapped(sa.TypeDecorator):
    impl = sa.JSON
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return list(value)
    def process_result_value(self, value, dialect):
        return tuple(value)
''', space)

class Coded(Base):
    __tablename__ = "coded"
    key = sa.Column(sa.Uuid, primary_key=True)
    doc = sa.Column(sa.JSON)
    wrapped = sa.Column(space["Wrapped"])
    pickled = sa.Column(sa.PickleType)
    span = sa.Column(sa.Interval)

engine = sa.create_engine(URL)
Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)
with Session(engine) as session:
    key = uuid.uuid4()
    given = dict(doc={"a": [1.5, None]}, wrapped=(1, "x"), pickled={1: 2}, span=datetime.timedelta(-1, 1))
    session.add(Coded(key=key, **given))
    session.commit()
    coded = session.get(Coded, key)
    assert {name: getattr(coded, name) for name in given} == given
    assert dict(vars(coded))["key"] == key
    keys = session.execute(sa.select(Coded.key, Coded.span)).keys()
    assert [*keys] == ["key", "span"] and len(keys) == 2
    refused = sa.insert(Coded).values(key=uuid.uuid4(), doc=object())
    try:
        session.execute(refused)
    except sa.exc.StatementError:
        session.rollback()
    session.add(User(name="x", posts=[Post(), Post()]))
    session.commit()
    users = session.query(User).options(joinedload(User.posts)).all()
    assert [len(user.posts) for user in users] == [2]
    rows = session.query(User.id, User.name).all()
    posts = session.query(Post).all()
if URL.startswith("postgresql"):
    raw = engine.raw_connection()
    cursor = raw.cursor()
    cursor.copy_expert("COPY users (id, name) FROM STDIN", io.StringIO("-1\\ty\\n-2\\tz\\n"))
    out = io.StringIO()
    cursor.copy_expert("COPY (SELECT name FROM users WHERE id < 0 ORDER BY id) TO STDOUT", out)
    assert out.getvalue() == "z\\ny\\n", out.getvalue()
    try:
        cursor.copy_expert("COPY users TO STDOUT", open("/dev/null"))
    except io.UnsupportedOperation:
        raw.rollback()
    cursor.execute("LISTEN ears; NOTIFY ears, 'said'")
    raw.commit()
    assert [told.payload for told in raw.notifies] == ["said"]
    copying = raw.dbapi_connection._core
    copying.copy("COPY users TO STDOUT")
stream = iter(session.query(Post).yield_per(1))
next(stream)
"""
LOSE = """
if LOST:
    import ctypes
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(users[0]))
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
        timeout=600,
        cwd=Path(cormorant.__file__).parent.parent,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_loaded_again_nothing_is_left() -> None:
    out = run(
        f"""
import sys
{COUNT}
PROGRAM = "URL = 'sqlite://'\\n" + {PROGRAM!r}
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


BEGIN = """
import ctypes, gc, re, sys, typing
import cormorant._core, cormorant._sqlite
extensions = [cormorant._core, cormorant._sqlite]
if URL.startswith("postgresql"):
    import cormorant, cormorant._postgres
    extensions.append(cormorant._postgres)
    engine = cormorant.create_engine(URL)  # libpq's messages are looked up once
    engine.connect().close()
    engine.dispose()
library = ctypes.PyDLL(None)
library.ask_within.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
for extension in extensions:
    with open("/proc/self/maps") as maps:
        [span] = [line.split()[0] for line in maps if extension.__file__ in line and " r-xp " in line]
    library.ask_within(*(int(end, 16) for end in span.split("-")))
library.account_open()
"""
# ones that share the GIL
INTERPRETERS = """
        import sys
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
            new = lambda: interpreters.create("legacy")
        else:
            import _xxsubinterpreters as interpreters
            new = lambda: interpreters.create(isolated=False)
"""
WAYS = {
    # CPython 3.13 keeps some more itself in the first rounds
    "reload": """
for _ in range(7):
    exec(PROGRAM, {})
    for name in [name for name in sys.modules if name.startswith("cormorant")]:
        del sys.modules[name]
    re.purge()
    for forget in typing._cleanups:
        forget()
    while gc.collect():
        pass
    kept.append(library.account_kept())
""",
    "interpreters": textwrap.dedent(INTERPRETERS)
    + """
for _ in range(2):
    # the tables of a server are locked by a stream that is left open
    pair = [new() for _ in range(2 if URL.startswith("sqlite") else 1)]
    for one in pair:
        assert interpreters.run_string(one, PROGRAM) is None
    for one in pair:
        interpreters.destroy(one)
    kept.append(library.account_kept())
""",
    "exit": "exec(PROGRAM, {'__name__': '__main__'})",
}


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library that counts what the extensions have allocated and not freed."""
    if shutil.which("cc") is None or not sys.platform.startswith("linux"):
        pytest.skip("preloads a library that is compiled")
    if SANITIZED:
        pytest.skip("the sanitizer has the allocator")
    made = tmp_path_factory.mktemp("accounts") / "accounts.so"
    source = HERE / "nomemory" / "accounts.c"
    words = ["cc", "-O1", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl", "-pthread"]
    subprocess.run(words, check=True)
    return str(made)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_everything_is_freed(way: str, database: str, accounts: str) -> None:
    """Entities, pages, statements, results, connections: whatever the extensions, and the
    libraries that they call, have allocated. And what is lost is seen."""
    url = "sqlite://"
    if database == "postgresql":
        server = postgres.scratch()
        if server is None:
            pytest.skip("no PostgreSQL server")
        postgres.clear(server)
        # Kerberos's library, which libpq asks for credentials, frees little of what it finds
        url = f"postgresql:{server}{'&' if '?' in server else '?'}gssencmode=disable"
    for lost in (False, True):
        given = f"URL, LOST = {url!r}, {lost}\n"
        program = f"{given}PROGRAM, kept = {given + PROGRAM + LOSE!r}, []\n{BEGIN}{WAYS[way]}"
        out = run(program + "\nprint('after each:', kept)", LD_PRELOAD=accounts)
        if way == "exit":
            grown = int(re.findall(r"^kept: (\d+)$", out, re.M)[0])
        else:
            # what the first leave is the libraries' own: their pools, what they look up once
            kept = ast.literal_eval(re.findall(r"^after each: (.*)$", out, re.M)[0])
            grown = kept[-1] - kept[-2]
        assert (grown > 0) is lost, out


@pytest.mark.not_sanitized(reason="nothing is kept there, and the allocator is another one")
def test_what_is_kept_of_objects_outlives_their_class() -> None:
    """The memory of dead objects is freed last; the allocator has overwritten their classes."""
    program = f"import gc; exec({PROGRAM!r}, {{'URL': 'sqlite://'}}); gc.collect()"
    assert run(program, PYTHONMALLOC="debug") == ""


FUNCTIONS = """
import sys
import cormorant as sa

def compare(one, other):
    raise ValueError("compared in " + NAME)

class Total:
    def __init__(self):
        self.sum = 0
    def step(self, number):
        self.sum += number
    def finalize(self):
        return self.sum

engine = sa.create_engine("sqlite://")
with engine.connect() as connection:
    driver = connection.connection.dbapi_connection
    for _ in range(2):  # the first is dropped
        driver.create_function("twice", 1, lambda number: 2 * number)
    driver.create_aggregate("total_of", 1, Total)
    driver.create_collation("raising", compare)
    numbers = "(select 1 as x union all select 2)"
    row = connection.execute(sa.text(f"select twice(21), total_of(x) from {numbers}")).one()
    assert tuple(row) == (42, 3)
    try:
        connection.execute(sa.text(f"select x from {numbers} order by 'a' || x collate raising"))
    except ValueError as error:
        print(error)
engine.dispose()
"""


def test_functions_run_in_the_interpreter_of_their_connection() -> None:
    out = run(f"""{INTERPRETERS}
        import faulthandler, sys
        faulthandler.dump_traceback_later(60, exit=True)
        source = {FUNCTIONS!r}
        exec(source, {{"NAME": "the first"}})
        other = new()
        head = f"import sys; sys.path[:] = {{sys.path!r}}; NAME = 'the second'\\n"
        assert interpreters.run_string(other, head + source) is None
        interpreters.destroy(other)
        exec(source, {{"NAME": "the first"}})
    """)
    names = [line.removeprefix("compared in the ") for line in out.splitlines()]
    assert sorted(names) == ["first", "first", "second"]
