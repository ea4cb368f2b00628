"""A listener of a flush, a commit or a rollback that raises: objects, session and database are as
SQLAlchemy leaves them, and what was to be written can be written again."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare
from .test_failing_flush import change, contents, loaded, models

MAPPER = [
    f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete")
]
#: Not after_commit and after_transaction_end, after whose errors no session of SQLAlchemy's can be
#: used again, nor the events of objects that it takes out of a set, in any order.
SESSION = (
    *("before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_begin"),
    *("after_rollback", "after_soft_rollback", "after_transaction_create", "before_attach"),
    *("after_attach", "transient_to_pending", "pending_to_transient", "persistent_to_deleted"),
    *("deleted_to_detached", "persistent_to_detached", "detached_to_persistent"),
)


class Refusal(Exception):
    """What the listener raises."""


def _fill(p: Any, s: Any, classes: Any) -> None:
    User, Post, Tag = classes
    red, blue = Tag(label="red"), Tag(label="blue")
    s.add_all(
        [
            User(name="a", posts=[Post(title="1", tags=[red]), Post(title="2", tags=[blue])]),
            User(name="b", posts=[Post(title="3", tags=[red, blue]), Post(title="4")]),
            User(name="c", posts=[Post(title="5", tags=[red])]),
        ]
    )
    s.commit()


def _run(hook: str, n: int, how: str) -> Any:
    def program(p: Any) -> bool:
        classes = models(p)
        s = p.session(expire_on_commit=False)
        _fill(p, s, classes)
        left = [n]
        raised = []

        def listener(*args: Any) -> None:
            if left[0] > 0:
                left[0] -= 1
                if left[0] == 0:
                    raised.append(True)
                    raise Refusal("enough")

        def counting(target: Any) -> None:
            p.event.listen(target, hook, listener, **({} if target is s else {"propagate": True}))

        def attempt(what: str, function: Any) -> None:
            try:
                function()
            except Exception as error:
                p.show(what, type(error).__name__, str(error))
            p.show(what, s.is_active, s.in_transaction(), s.in_nested_transaction())
            counts = len(s.new), len(s.dirty), len(s.deleted)
            p.show(counts, objects and loaded(p, objects))

        objects: Any = []
        if hook in MAPPER:
            for cls in classes:
                counting(cls)
        nested = s.begin_nested() if how == "savepoint" else None
        if hook in SESSION:
            counting(s)

        def work() -> None:
            with s.no_autoflush:
                objects.extend(change(p, s, classes))

        attempt("change", work)
        if raised and not objects:
            left[0] = 0
            s.rollback()
            p.show(contents(p, s))
            return True
        attempt("flush", s.flush)
        if nested is not None:
            attempt("nested", nested.rollback if raised else nested.commit)
        attempt("commit", s.rollback if how == "rollback" else s.commit)
        left[0] = 0
        attempt("rollback", s.rollback)
        p.show(contents(p, s))
        s.commit()
        if raised and how == "commit":
            attempt("again", lambda: change(p, s, classes))
            attempt("commit", s.commit)
            attempt("rollback", s.rollback)
            p.show(contents(p, s))
        return bool(raised)

    return program


@pytest.mark.parametrize("how", ["commit", "savepoint", "rollback"])
@pytest.mark.parametrize("hook", [*MAPPER, *SESSION])
def test_raising(hook: str, how: str) -> None:
    for n in (1, 2, 4):
        peer, _ = compare(_run(hook, n, how), sql=False)
        assert peer.error is None, peer.error
