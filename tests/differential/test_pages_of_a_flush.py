"""INSERTs of many objects, which are shown as the statements of several rows that SQLAlchemy makes
of them: to logs, listeners, who may change them, and in errors."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, compare


def _rows(given: Any) -> Any:
    """Parameters, whatever the order of their names."""
    if isinstance(given, list):
        return [_rows(row) for row in given]
    return sorted(map(repr, given.items())) if isinstance(given, dict) else given


class Tables:
    """Keys of the database and of the program; what the server makes; nothing but defaults."""

    def __init__(self, p: Peer) -> None:
        class Counted(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "counted"
            id = p.Column(p.Integer, primary_key=True)
            n = p.Column(p.Integer, unique=True)
            text = p.Column(p.String(40), default=lambda: "made")

        class Given(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "given"
            id = p.Column(p.Integer, primary_key=True)
            n = p.Column(p.Integer, unique=True)

        class Made(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "made"
            id = p.Column(p.Integer, primary_key=True)
            n = p.Column(p.Integer, unique=True)
            text = p.Column(p.String, server_default="by the server")

        class Bare(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "bare"
            id = p.Column(p.Integer, primary_key=True)

        self.counted, self.given, self.made, self.bare = Counted, Given, Made, Bare

    def objects(self, count: int, changed: dict[int, Any] | None = None) -> list[list[Any]]:
        n = [(changed or {}).get(i, i) for i in range(count)]
        return [
            [self.counted(n=n[i]) for i in range(count)],
            [self.given(id=i, n=n[i]) for i in range(count)],
            [self.made(id=i, n=n[i]) for i in range(count)],
            [self.bare() for _ in range(count)],
        ]


@pytest.mark.parametrize("heard", [False, True])
def test_what_is_shown(heard: bool) -> None:
    def program(p: Peer) -> None:
        tables = Tables(p)
        engine = p.engine(insertmanyvalues_page_size=7)
        p.Base.metadata.create_all(engine)

        def before(
            connection: Any, cursor: Any, sql: str, given: Any, context: Any, many: bool
        ) -> None:
            p.show(sql, many, _rows(given), context.executemany, context.statement)

        def after(
            connection: Any, cursor: Any, sql: str, given: Any, context: Any, many: bool
        ) -> None:
            p.show("after", sql, many, type(given).__name__)
            if (
                engine.name == "postgresql" and size <= 7
            ):  # of further pages SQLAlchemy tells before
                p.show(_rows(given))

        if heard:
            p.sa.event.listen(engine, "before_cursor_execute", before)
            p.sa.event.listen(engine, "after_cursor_execute", after)
        for size in (1, 2, 7, 8, 20):
            for objects in tables.objects(size):
                with p.Session(engine) as s:
                    s.add_all(objects)
                    s.flush()
                    p.show([(o.id, getattr(o, "text", None)) for o in objects])

    compare(program)


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("at", [0, 3])  # of another page the server does not say that it failed
def test_errors(heard: bool, at: int) -> None:
    def program(p: Peer) -> None:
        tables = Tables(p)
        engine = p.engine(insertmanyvalues_page_size=7)
        p.Base.metadata.create_all(engine)
        if heard:

            @p.sa.event.listens_for(engine, "before_cursor_execute")
            def before(*_: Any) -> None:
                pass

        for count in (2, 7, 20):
            for wrong in (1, 2**40, object()):
                for objects in tables.objects(count, {at: wrong})[:3]:
                    with p.Session(engine) as s:
                        s.add_all(objects)
                        try:
                            s.flush()
                        except p.DBAPIError as error:
                            p.show(type(error).__name__, type(error.orig).__name__)
                            p.show(error.ismulti)
                            if not isinstance(wrong, int):
                                continue  # its name has an address
                            p.show(error.statement, _rows(error.params))

    compare(program)


def test_listeners_that_change_them() -> None:
    def program(p: Peer) -> None:
        tables = Tables(p)
        engine = p.engine(insertmanyvalues_page_size=7)
        p.Base.metadata.create_all(engine)
        calls = [0]

        @p.sa.event.listens_for(engine, "before_cursor_execute", retval=True)
        def before(
            connection: Any, cursor: Any, sql: str, given: Any, context: Any, many: bool
        ) -> Any:
            calls[0] += 1
            if calls[0] % 3 and sql.startswith("INSERT"):
                sql += " /* told */"
            return sql, given

        for count in (1, 2, 20):
            for objects in tables.objects(count):
                with p.Session(engine) as s:
                    s.add_all(objects)
                    s.commit()
                    p.show([(o.id, getattr(o, "n", None), getattr(o, "text", 0)) for o in objects])
                    for o in objects:
                        s.delete(o)
                    s.commit()

    compare(program)
