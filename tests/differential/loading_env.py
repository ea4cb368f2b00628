"""One set of classes and rows on both packages, and expressions evaluated on them.

A case is a Python expression over the names of :class:`Env`. It is evaluated on each
package in a session that is empty again for every case; what it gives (objects by class
and primary key), the SQL it logs with parameters, and the error it ends in must agree.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from typing import Any

from .harness import normalise

NAMES = [
    "aliased",
    "and_",
    "or_",
    "not_",
    "asc",
    "desc",
    "bindparam",
    "case",
    "cast",
    "column",
    "delete",
    "distinct",
    "exists",
    "func",
    "insert",
    "join",
    "literal",
    "literal_column",
    "outerjoin",
    "select",
    "text",
    "true",
    "tuple_",
    "union",
    "union_all",
    "update",
    "Boolean",
    "Column",
    "DateTime",
    "ForeignKey",
    "Integer",
    "String",
    "Table",
    "Bundle",
    "Load",
    "Query",
    "contains_eager",
    "defaultload",
    "defer",
    "immediateload",
    "joinedload",
    "lazyload",
    "load_only",
    "noload",
    "raiseload",
    "selectinload",
    "subqueryload",
    "undefer",
    "undefer_group",
    "with_loader_criteria",
    "with_parent",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
]


class _Recorder(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            return
        if text.startswith("["):
            # "[generated in 0.1s] (1, 2)": only the parameters can be compared
            text = text[text.index("] ") + 2 :]
        self.lines.append(normalise(text))


class Env:
    """The classes, rows and session of one package; `run` evaluates a case."""

    def __init__(self, package: str) -> None:
        self.package = package
        sa = importlib.import_module(package)
        orm = importlib.import_module(f"{package}.orm")
        names: dict[str, Any] = {"orm": orm, "sa": sa}
        for name in NAMES:
            # join() and outerjoin() are the ORM's, which know relationships.
            names[name] = getattr(orm, name, None) or getattr(sa, name)
        self.names = names
        self.orm = orm
        self._map(sa, orm, names)
        self.engine = sa.create_engine("sqlite://")
        names["Base"].metadata.create_all(self.engine)
        self.session = orm.Session(self.engine)
        names.update(s=self.session, q=self.session.query, show=self.show, engine=self.engine)
        self._fill(names)
        self.recorder = _Recorder()
        # The level is looked at when a connection is made.
        self.session.close()
        logger = logging.getLogger(f"{package}.engine.Engine")
        self._before = logger, logger.level, logger.propagate
        logger.addHandler(self.recorder)
        logger.propagate = False
        logger.setLevel(logging.INFO)

    def _map(self, sa: Any, orm: Any, names: dict[str, Any]) -> None:
        Base = orm.declarative_base()
        Column, Integer, String, ForeignKey = sa.Column, sa.Integer, sa.String, sa.ForeignKey
        relationship = orm.relationship
        post_tags = sa.Table(
            "post_tags",
            Base.metadata,
            Column("post_id", ForeignKey("posts.id"), primary_key=True),
            Column("tag_id", ForeignKey("tags.id"), primary_key=True),
        )

        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String)
            age = Column(Integer)
            posts = relationship("Post", back_populates="user")
            addresses = relationship("Address", back_populates="user", order_by="Address.email")
            profile = relationship("Profile", back_populates="user", uselist=False)

            def hello(self) -> str:
                return f"hello {self.name}"

        class Address(Base):
            __tablename__ = "addresses"
            id = Column(Integer, primary_key=True)
            email = Column(String)
            user_id = Column(ForeignKey("users.id"))
            user = relationship("User", back_populates="addresses")

        class Profile(Base):
            __tablename__ = "profiles"
            id = Column(Integer, primary_key=True)
            bio = orm.deferred(Column(String))
            photo = orm.deferred(Column(String), group="big")
            video = orm.deferred(Column(String), group="big")
            user_id = Column(ForeignKey("users.id"))
            user = relationship("User", back_populates="profile")

        class Post(Base):
            __tablename__ = "posts"
            id = Column(Integer, primary_key=True)
            title = Column(String)
            user_id = Column(ForeignKey("users.id"))
            user = relationship("User", back_populates="posts")
            tags = relationship("Tag", secondary=post_tags, back_populates="posts")
            comments = relationship("Comment", back_populates="post")

        class Comment(Base):
            __tablename__ = "comments"
            id = Column(Integer, primary_key=True)
            body = Column(String)
            post_id = Column(ForeignKey("posts.id"))
            post = relationship("Post", back_populates="comments")

        class Tag(Base):
            __tablename__ = "tags"
            id = Column(Integer, primary_key=True)
            name = Column(String)
            posts = relationship("Post", secondary=post_tags, back_populates="tags")

        class Node(Base):
            __tablename__ = "nodes"
            id = Column(Integer, primary_key=True)
            name = Column(String)
            parent_id = Column(ForeignKey("nodes.id"))
            children = relationship("Node", back_populates="parent")
            parent = relationship("Node", back_populates="children", remote_side=[id])

        class Part(Base):
            """A key of two columns."""

            __tablename__ = "parts"
            a = Column(Integer, primary_key=True)
            b = Column(Integer, primary_key=True)
            label = Column(String)
            pieces = relationship("Piece", back_populates="part")

        class Piece(Base):
            __tablename__ = "pieces"
            __table_args__ = (
                sa.ForeignKeyConstraint(["part_a", "part_b"], ["parts.a", "parts.b"]),
            )
            id = Column(Integer, primary_key=True)
            part_a = Column(Integer)
            part_b = Column(Integer)
            part = relationship("Part", back_populates="pieces")

        class Eager(Base):
            """Relationships that load themselves."""

            __tablename__ = "eagers"
            id = Column(Integer, primary_key=True)
            user_id = Column(ForeignKey("users.id"))
            tag_id = Column(ForeignKey("tags.id"))
            user = relationship("User", lazy="joined")
            tag = relationship("Tag", lazy="selectin")
            never = relationship(
                "User", lazy="raise", viewonly=True, overlaps="user", foreign_keys=[user_id]
            )

        classes = (User, Address, Profile, Post, Comment, Tag, Node, Part, Piece, Eager)
        for cls in classes:
            names[cls.__name__] = cls
        orm.configure_mappers()
        names.update(
            Base=Base,
            post_tags=post_tags,
            A=orm.aliased(User),
            PA=orm.aliased(Post, name="pa"),
            NA=orm.aliased(Node),
            jl=orm.joinedload,
            sl=orm.selectinload,
            sub=orm.subqueryload,
            ce=orm.contains_eager,
            ex=self._expire,
            det=self._detach,
            new=self._new,
        )

    def _fill(self, names: dict[str, Any]) -> None:
        session = self.session
        User, Address, Post, Comment = (names[n] for n in ("User", "Address", "Post", "Comment"))
        Tag, Node, Part, Piece = (names[n] for n in ("Tag", "Node", "Part", "Piece"))
        tags = [Tag(id=i + 1, name=f"t{i}") for i in range(3)]
        for tag in tags:
            session.add(tag)
            session.flush()
        for i in range(3):
            user = User(id=i + 1, name=f"u{i}", age=20 + i)
            session.add(user)
            session.flush()
            for j in range(2):
                session.add(Address(email=f"{9 - j}{i}@x", user_id=user.id))
                session.flush()
            for j in range(i + 1):
                post = Post(title=f"p{i}{j}", user_id=user.id)
                session.add(post)
                session.flush()
                for k in range(2):
                    session.add(Comment(body=f"c{k}", post_id=post.id))
                    session.flush()
                for tag in tags[: j + 1]:
                    session.execute(
                        names["post_tags"].insert().values(post_id=post.id, tag_id=tag.id)
                    )
        session.add(names["Profile"](id=1, bio="b", photo="p", video="v", user_id=1))
        for id_, name, parent in (
            (1, "root", None),
            (2, "a", 1),
            (3, "b", 1),
            (4, "aa", 2),
        ):
            session.add(Node(id=id_, name=name, parent_id=parent))
            session.flush()
        for a, b in ((1, 1), (1, 2), (2, 1)):
            session.add(Part(a=a, b=b, label=f"{a}/{b}"))
            session.flush()
            session.add(Piece(part_a=a, part_b=b))
            session.flush()
        session.add(Piece())
        for i in range(2):
            session.add(names["Eager"](user_id=i + 1, tag_id=i + 1))
            session.flush()
        session.commit()

    def close(self) -> None:
        """Give back session, engine and logger."""
        self.session.close()
        self.engine.dispose()
        logger, level, propagate = self._before
        logger.removeHandler(self.recorder)
        logger.setLevel(level)
        logger.propagate = propagate

    # -- helpers of cases ------------------------------------------------------

    def _expire(self, obj: Any, *attributes: str) -> Any:
        self.session.expire(obj, attributes or None)
        return obj

    def _detach(self, obj: Any) -> Any:
        self.session.expunge(obj)
        return obj

    def _new(self, cls: Any, **values: Any) -> Any:
        obj = cls(**values)
        self.session.add(obj)
        return obj

    def show(self, value: Any) -> Any:
        """A value as both packages must have it: objects by class and loaded state."""
        orm = self.orm
        if isinstance(value, orm.Query):
            value = value.all()
        if isinstance(value, (list, tuple)) and type(value).__module__ == "builtins":
            return [self.show(v) for v in value]
        kind = type(value).__name__
        if kind == "InstrumentedList":
            return [self.show(v) for v in value]
        if kind in ("Row", "RMKeyView", "dict_keys"):
            return [kind, *[self.show(v) for v in value]]
        if isinstance(value, dict):
            return {str(k): self.show(v) for k, v in value.items()}
        if hasattr(type(value), "__mapper__"):
            loaded = {k: v for k, v in vars(value).items() if not k.startswith("_")}
            shown = {k: self._brief(v) for k, v in sorted(loaded.items())}
            return f"{kind}({shown})"
        if hasattr(value, "compile"):
            return str(value)
        if isinstance(value, type) or callable(value):
            return getattr(value, "__name__", kind)
        return normalise(repr(value))

    def _brief(self, value: Any) -> Any:
        if type(value).__name__ == "InstrumentedList":
            return [self._brief(v) for v in value]
        if hasattr(type(value), "__mapper__"):
            key = self.orm.attributes.instance_state(value).identity
            return f"{type(value).__name__}{key}"
        return value

    def run(self, expression: str) -> dict[str, Any]:
        """Evaluate a case."""
        session = self.session
        session.rollback()
        session.expunge_all()
        self.recorder.lines.clear()
        outcome: dict[str, Any] = {"result": None, "error": None}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                outcome["result"] = self.show(eval(expression, self.names))
            except Exception as error:
                outcome["error"] = (
                    normalise(f"{type(error).__module__}.{type(error).__name__}"),
                    normalise(str(error)),
                )
                outcome["raised"] = error
        outcome["sql"] = list(self.recorder.lines)
        outcome["warned"] = sorted(
            normalise(f"{w.category.__name__}: {w.message}")
            for w in caught
            if self.package in (w.category.__module__ or "")
        )
        return outcome
