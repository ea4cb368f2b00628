"""Tools written for SQLAlchemy, working on this package in its place."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from . import leaks

PROLOGUE = """
from cormorant.ext import as_sqlalchemy
as_sqlalchemy.install()
import sqlalchemy as sa
import cormorant
assert sa is cormorant
"""


def run(program: str, directory: Path) -> str:
    """What a program prints that finds this package under SQLAlchemy's name."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::DeprecationWarning",
            "-c",
            PROLOGUE + textwrap.dedent(program),
        ],
        cwd=directory,
        # on a sanitized build: what those tools lose when they end is theirs
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_are_the_same(tmp_path: Path) -> None:
    out = run(
        """
        import sqlalchemy.orm, cormorant.orm
        from sqlalchemy.ext.compiler import compiles
        from sqlalchemy.dialects import sqlite
        from sqlalchemy.sql import expression
        import cormorant.ext.compiler, cormorant.dialects.sqlite
        print(sqlalchemy.orm is cormorant.orm, compiles is cormorant.ext.compiler.compiles)
        print(sqlite is cormorant.dialects.sqlite, sa.select is expression.select)
        print(sa.__version__ == as_sqlalchemy.VERSION, as_sqlalchemy.install())
        try:
            import sqlalchemy.no_such_thing
        except ModuleNotFoundError as error:
            print(error.name)
        """,
        tmp_path,
    )
    assert out.split("\n") == [
        "True True",
        "True True",
        "True None",
        "sqlalchemy.no_such_thing",
        "",
    ]


def test_loggers_have_the_name_that_programs_know(tmp_path: Path) -> None:
    out = run(
        """
        import logging, sys
        logging.basicConfig(stream=sys.stdout, format="%(name)s %(message)s")
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
        for options in {}, {"logging_name": "mine"}:
            with sa.create_engine("sqlite://", **options).connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        """,
        tmp_path,
    )
    lines = [line for line in out.splitlines() if "[" not in line]
    assert lines == [
        f"sqlalchemy.engine.Engine{name} {text}"
        for name in ("", ".mine")
        for text in ("BEGIN (implicit)", "SELECT 1", "ROLLBACK")
    ]


def test_classes_have_the_module_that_programs_know(tmp_path: Path) -> None:
    """Of what is imported before install() and after; polars takes engines and sessions by it."""
    out = run(
        """
        from sqlalchemy import orm
        from sqlalchemy.ext import asyncio
        engine = sa.create_engine("sqlite://")
        sessions = orm.sessionmaker(engine)
        tasks = asyncio.create_async_engine("sqlite+aiosqlite://")
        makes = asyncio.async_sessionmaker(tasks)
        for made in (
            engine, engine.connect(), sessions, sessions(), tasks, tasks.connect(), makes, makes(),
            sa.Integer(),
        ):
            print(type(made).__module__.split(".")[0])
        """,
        tmp_path,
    )
    assert out.split() == ["sqlalchemy"] * 9


def test_plugins_of_packages_are_found(tmp_path: Path) -> None:
    """create_engine(plugins=...) takes those that packages name as SQLAlchemy's."""
    named = tmp_path / "named-1.0.dist-info"
    named.mkdir()
    (named / "METADATA").write_text("Metadata-Version: 2.1\nName: named\nVersion: 1.0\n")
    (named / "entry_points.txt").write_text("[sqlalchemy.plugins]\nloud = loud:Loud\n")
    (tmp_path / "loud.py").write_text(
        "import sqlalchemy as sa\n"
        "class Loud(sa.engine.CreateEnginePlugin):\n"
        "    def engine_created(self, engine):\n"
        "        print('made', engine.url)\n"
    )
    out = run(
        """
        import os, sys
        sys.path.insert(0, os.getcwd())
        sa.create_engine("sqlite://", plugins=["loud"])
        try:
            sa.create_engine("sqlite://", plugins=["silent"])
        except sa.exc.NoSuchModuleError as error:
            print(error)
        """,
        tmp_path,
    )
    assert out == "made sqlite://\nCan't load plugin: sqlalchemy.plugins:silent\n"


def test_not_after_the_real_one(tmp_path: Path) -> None:
    program = """
        import sqlalchemy
        from cormorant.ext import as_sqlalchemy
        try:
            as_sqlalchemy.install()
        except RuntimeError:
            print("refused")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True
    )
    assert done.stdout == "refused\n", done.stderr


def test_commands_find_it(tmp_path: Path) -> None:
    (tmp_path / "command.py").write_text(
        "import sys, sqlalchemy\nfrom cormorant.ext import as_sqlalchemy\n"
        "as_sqlalchemy.install()\nprint(sqlalchemy.__name__, __name__, sys.argv[1:])\n"
    )

    def start(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cormorant.ext.as_sqlalchemy", *args],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    done = start("command", "upgrade", "head")
    assert done.stdout == "cormorant __main__ ['upgrade', 'head']\n", done.stderr
    done = start()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("usage: python -m cormorant.ext.as_sqlalchemy module|file ")


def test_programs_find_it(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "models.py").write_text("from sqlalchemy.orm import DeclarativeBase as Base\n")
    (app / "main.py").write_text(
        "import pickle, sys\nfrom models import Base\nclass Kept: pass\n"
        "print(Base.__module__, __file__, sys.argv, type(pickle.loads(pickle.dumps(Kept()))) is Kept)\n"
    )
    path = os.path.join("app", "main.py")
    done = subprocess.run(
        [sys.executable, "-m", "cormorant.ext.as_sqlalchemy", path, "-v"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"cormorant.orm.decl_api {tmp_path / path} {[path, '-v']} True\n", (
        done.stderr
    )


def test_pandas(tmp_path: Path) -> None:
    leaks.import_pandas()
    out = run(
        """
        import pandas as pd
        engine = sa.create_engine("sqlite:///x.db")
        frame = pd.DataFrame({
            "id": [1, 2, 3], "name": ["a", "b", None], "x": [1.5, 2.5, None],
            "at": pd.to_datetime(["2020-01-01T00:00:00", "2020-01-02T03:04:05", None]),
            "ok": [True, False, True],
        })
        print(frame.to_sql("t", engine, index=False))
        back = pd.read_sql_table("t", engine)
        print(back["at"].dt.hour.tolist()[:2], back["ok"].tolist(), back["name"].tolist()[:2])
        frame.to_sql("t", engine, if_exists="append", index=False, method="multi")
        frame.to_sql("t2", engine, if_exists="replace", index_label="ix", chunksize=2,
                     dtype={"name": sa.String(20)})
        print(pd.read_sql("select count(*) n from t", engine)["n"].tolist())
        print(pd.read_sql(sa.text("select id from t where id > :i"), engine, params={"i": 2})["id"].tolist())
        print(pd.read_sql(sa.select(sa.table("t2", sa.column("ix"))), engine)["ix"].tolist())
        print(pd.read_sql("select id from t where id = ?", engine, params=(2,))["id"].tolist())
        print(pd.read_sql_table("t2", engine, index_col="ix", columns=["x"]).shape)
        with engine.begin() as connection:
            print([len(c) for c in pd.read_sql("select * from t", connection, chunksize=4)])
        try:
            frame.to_sql("t", engine)
        except ValueError as error:
            print(error)
        print(sa.inspect(engine).get_table_names())
        """,
        tmp_path,
    )
    assert out.splitlines() == [
        "3",
        "[0.0, 3.0] [True, False, True] ['a', 'b']",
        "[6]",
        "[3, 3]",
        "[0, 1, 2]",
        "[2, 2]",
        "(3, 1)",
        "[4, 2]",
        "Table 't' already exists.",
        "['t', 't2']",
    ]


MODELS = """
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(50), nullable=False, unique=True)
    email = sa.Column(sa.String(100), index=True)
    created = sa.Column(sa.DateTime, server_default=sa.func.now())
    kind = sa.Column(sa.Enum("a", "b", name="kind"))
    day = sa.Column(sqlite.DATE)


class Post(Base):
    __tablename__ = "posts"
    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    title = sa.Column(sa.Text)
    price = sa.Column(sa.Numeric(10, 2), server_default="0")
    __table_args__ = (
        sa.CheckConstraint("price >= 0", name="ck_price"),
        sa.Index("ix_title_user", "title", "user_id"),
    )
"""


def test_alembic(tmp_path: Path) -> None:
    pytest.importorskip("alembic")
    (tmp_path / "models.py").write_text(MODELS)
    out = run(
        """
        import glob, io, os, sys
        sys.path.insert(0, os.getcwd())
        from alembic import command
        from alembic.config import Config
        quiet = io.StringIO()
        config = Config("alembic.ini", stdout=quiet)
        command.init(config, "mig")

        def edit(path, *changes):
            text = open(path).read()
            for old, new in changes:
                assert old in text, old
                text = text.replace(old, new)
            open(path, "w").write(text)

        edit("alembic.ini", ("driver://user:pass@localhost/dbname", "sqlite:///a.db"))
        edit(
            "mig/env.py",
            ("target_metadata = None", "import models\\ntarget_metadata = models.Base.metadata"),
            ("connection=connection, target_metadata=target_metadata",
             "connection=connection, target_metadata=target_metadata, render_as_batch=True, "
             "compare_server_default=True"),
        )
        config = Config("alembic.ini", stdout=quiet)
        command.revision(config, "first", autogenerate=True)
        (written,) = glob.glob("mig/versions/*.py")
        for line in open(written):
            if "from sqlalchemy" in line or "sa.Enum" in line or "'day'" in line:
                print(">", line.strip())
        command.upgrade(config, "head")
        engine = sa.create_engine("sqlite:///a.db")
        print(sa.inspect(engine).get_table_names())
        command.check(config)

        edit(
            "models.py",
            ("sa.String(100), index=True", "sa.String(200), index=True, server_default='x'"),
            ("    title = sa.Column(sa.Text)", "    title = sa.Column(sa.String(30))\\n"
             "    slug = sa.Column(sa.String, index=True)"),
        )
        del sys.modules["models"]
        command.revision(config, "second", autogenerate=True)
        with engine.begin() as c:
            c.exec_driver_sql("insert into users (id, name, kind) values (1, 'ann', 'a')")
            c.exec_driver_sql("insert into posts (id, user_id, title) values (1, 1, 'hello')")
        command.upgrade(config, "head")
        columns = {c["name"]: (str(c["type"]), c["default"])
                   for t in ("posts", "users") for c in sa.inspect(engine).get_columns(t)}
        print(columns["title"], columns["slug"], columns["email"])
        with engine.connect() as c:
            print(c.exec_driver_sql("select title, price, slug from posts").all())
        command.check(config)
        command.downgrade(config, "-1")
        print([c["name"] for c in sa.inspect(engine).get_columns("posts")])
        command.downgrade(config, "base")
        print(sa.inspect(engine).get_table_names())
        """,
        tmp_path,
    )
    lines = [line for line in out.splitlines() if line.startswith(("[", "('", ">"))]
    assert lines == [
        "> from sqlalchemy.dialects import sqlite",
        "> sa.Column('kind', sa.Enum('a', 'b', name='kind'), nullable=True),",
        "> sa.Column('day', sqlite.DATE(), nullable=True),",
        "['alembic_version', 'posts', 'users']",
        "('VARCHAR(30)', None) ('VARCHAR', None) ('VARCHAR(200)', \"'x'\")",
        "[('hello', 0, None)]",
        "['id', 'user_id', 'title', 'price']",
        "['alembic_version']",
    ]
