"""What the tests of events share: a recorder of everything that happens, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .harness import compare as compare_exactly
from .harness import run


class Recorder:
    """Listens to events and shows each call: its name and what `describe` says of its
    arguments."""

    def __init__(self, p: Any, describe: Callable[[Any], Any] | None = None) -> None:
        self.p = p
        self.describe = describe or self.text

    def text(self, value: Any) -> Any:
        """An argument as both packages show it."""
        if value is None or isinstance(value, (str, int, bool, float)):
            return value
        if isinstance(value, (list, tuple)):
            return [self.text(v) for v in value]
        if isinstance(value, dict):
            return {str(k): self.text(v) for k, v in value.items()}
        if isinstance(value, self.p.Base) if self.p._base is not None else False:
            state = self.p.inspect(value)
            where = next(
                w
                for w in ("transient", "pending", "persistent", "deleted", "detached")
                if getattr(state, w)
            )
            return f"{type(value).__name__}({value.__dict__.get('name')}) {where}"
        return type(value).__name__

    def on(self, target: Any, names: Iterable[str], **options: Any) -> None:
        """Listen to events of a target."""
        for name in names:
            self.p.sa.event.listen(target, name, self._function(name), **options)

    def _function(self, name: str) -> Callable[..., Any]:
        def listener(*args: Any, **kw: Any) -> None:
            self.p.show(name, *[self.describe(a) for a in args], *sorted(kw))

        return listener


def grouped(shown):
    """Events of one kind in a row in a fixed order: SQLAlchemy takes the objects of a flush
    from a set."""
    groups = []
    for item in shown:
        if groups and groups[-1][0][0] == item[0]:
            groups[-1].append(item)
        else:
            groups.append([item])
    return [sorted(group, key=repr) for group in groups]


def compare(program):
    """Run a program on both packages: the same events, the same SQL."""
    peer, ours = run(program, "sqlalchemy"), run(program, "cormorant")
    if ours.error is not None or peer.error is not None:
        compare_exactly(program)
    assert grouped(ours.shown) == grouped(peer.shown)
    assert ours.sql == peer.sql


SESSION = [
    "after_transaction_create",
    "after_transaction_end",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_transient",
    "persistent_to_transient",
    "pending_to_persistent",
    "detached_to_persistent",
    "loaded_as_persistent",
    "persistent_to_deleted",
    "deleted_to_persistent",
    "deleted_to_detached",
    "persistent_to_detached",
]
MAPPER = [
    "before_insert",
    "after_insert",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
]
INSTANCE = ["init", "load", "refresh", "expire"]


def transaction_text(recorder, value):
    if type(value).__name__ == "SessionTransaction":
        return f"transaction nested={value.nested} outer={value._parent is None}"
    if type(value).__name__ == "UOWTransaction":
        return "flush"
    if type(value).__name__ in ("QueryContext", "LoadContext"):
        return "context"
    if type(value).__name__ in ("ClassManager",):
        return "manager"
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return Recorder.text(recorder, value)


class ORMRecorder(Recorder):
    def text(self, value):
        return transaction_text(self, value)


def models(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)
        posts = p.relationship("Post", back_populates="user", cascade="all, delete-orphan")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    return User, Post


def models_and_session(p):
    User, Post = models(p)
    return User, Post, p.session()
