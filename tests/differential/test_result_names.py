"""By which names and columns rows are asked, where several columns have one."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from .harness import Peer, compare


def _tables(p: Peer, connection: Any) -> tuple[Any, Any]:
    metadata = p.MetaData()
    user = p.Table(
        "users",
        metadata,
        p.Column("user_id", p.Integer, primary_key=True),
        p.Column("user_name", p.String, key="called"),
    )
    address = p.Table(
        "addresses",
        metadata,
        p.Column("address_id", p.Integer, primary_key=True),
        p.Column("user_id", p.Integer),
    )
    metadata.create_all(connection)
    connection.execute(user.insert(), [{"user_id": 1, "called": "jack"}])
    connection.execute(address.insert(), [{"address_id": 7, "user_id": 1}])
    return user, address


def _ask(p: Peer, fetch: Any, *keys: Any) -> None:
    for key in keys:
        try:
            p.show(str(key), fetch()._mapping[key])
        except Exception as error:
            p.show(str(key), type(error).__name__, str(error))
        if isinstance(key, str):
            try:
                p.show(getattr(fetch(), key))
            except Exception as error:
                p.show(type(error).__name__, str(error))


@pytest.mark.parametrize("way", ["plain", "pickled", "partitions"])
def test_a_name_of_several_columns_is_ambiguous(way: str) -> None:
    def program(p: Peer) -> None:
        with p.engine().begin() as connection:
            user, address = _tables(p, connection)
            query = (
                p.select(user, address)
                .where(user.c.user_id == address.c.user_id)
                .set_label_style(p.LABEL_STYLE_NONE)
            )

            def fetch() -> Any:
                result = connection.execute(query)
                if way == "pickled":
                    return pickle.loads(pickle.dumps(result.first()))
                return next(result.partitions(1))[0] if way == "partitions" else result.first()

            _ask(p, fetch, "user_id", "user_name", "address_id", "nothing")
            if way != "pickled":
                _ask(p, fetch, user.c.user_id, address.c.user_id, "called")
            p.show(fetch()._fields, tuple(fetch()), "user_id" in fetch()._mapping)
            p.show(list(fetch()._mapping.keys()))
            p.error(lambda: fetch()._asdict())
            p.error(lambda: dict(fetch()._mapping))
            p.error(lambda: connection.execute(query).scalars("user_id").all())
            p.error(lambda: connection.execute(query).columns("user_id").all())

    compare(program, sql=False)


def test_the_same_column_twice() -> None:
    def program(p: Peer) -> None:
        with p.engine().begin() as connection:
            user, _ = _tables(p, connection)
            for style in (p.LABEL_STYLE_NONE, p.LABEL_STYLE_DISAMBIGUATE_ONLY):
                query = p.select(user.c.user_id, user.c.user_id).set_label_style(style)
                p.show(connection.execute(query).first()._fields)
                _ask(p, lambda q=query: connection.execute(q).first(), "user_id", user.c.user_id)
            labels = p.select(user.c.user_id.label("z"), user.c.called.label("z"))
            _ask(p, lambda: connection.execute(labels).first(), "z")

    compare(program, sql=False)


def test_other_names_of_columns() -> None:
    def program(p: Peer) -> None:
        with p.engine().begin() as connection:
            user, address = _tables(p, connection)
            for query in (
                p.select(user),
                p.select(user, address).where(user.c.user_id == address.c.user_id),
                p.select(user.c.user_id.label("z"), user.c.called.label("y")),
                p.select(user.alias("a"), user.alias("b")),
                p.select(p.func.max(user.c.user_id), p.literal(5)),
            ):
                for style in (p.LABEL_STYLE_DISAMBIGUATE_ONLY, p.LABEL_STYLE_TABLENAME_PLUS_COL):
                    styled = query.set_label_style(style)
                    p.show(connection.execute(styled).first()._fields)
                    _ask(
                        p,
                        lambda q=styled: connection.execute(q).first(),
                        *("user_id", "user_name", "called", "users_called", "users_user_name"),
                        *("users_user_id", "z", "max", "max_1", "a_called", "user_id_1"),
                    )

    compare(program, sql=False)


def test_columns_of_text_by_their_names() -> None:
    def program(p: Peer) -> None:
        with p.engine().begin() as connection:
            user, _ = _tables(p, connection)
            q, r, s, t = (p.column(name) for name in "qrst")
            text = "SELECT user_id AS a, user_name AS b, 3 AS c FROM users"
            for given in ((q, r, s), (q, r)):
                query = p.text(text).columns(*given)
                p.show(connection.execute(query).first()._fields)
                _ask(p, lambda x=query: connection.execute(x).first(), q, r, s, *"abcqrs")
                p.error(lambda x=query: connection.execute(x).scalars("r").all())
            p.error(lambda: connection.execute(p.text(text).columns(q, r, q)).all())
            # more than there are: a warning that counts both
            connection.execute(p.text(text).columns(q, r, s, t)).all()
            by_label = p.module("sql.selectable").TextualSelect(
                p.text("SELECT users.user_name AS users_user_name, user_id FROM users"),
                [user.c.user_id, user.c.called],
                positional=False,
            )
            _ask(
                p,
                lambda: connection.execute(by_label).first(),
                *(user.c.user_id, user.c.called, "users_user_name", "user_id"),
            )

    compare(program, sql=False, warned=True)


def test_more_names_for_made_results() -> None:
    def program(p: Peer) -> None:
        result = p.module("engine.result")
        column = p.column("x")
        described = result.SimpleResultMetaData(["a", "b"], extra=[("k1", column), ("k2",)])
        p.show(list(described.keys), "a" in described.keys, column in described.keys)

        def made() -> Any:
            return result.IteratorResult(described, iter([(1, 2), (3, 4)]))

        _ask(p, lambda: made().first(), "a", "k1", "k2", column)
        p.show(made().columns("k2").all(), made().scalars("k1").all(), list(made().keys()))
        p.show(result.result_tuple(["a", "b"], [("x",), ("y",)])((1, 2))._mapping["y"])

    compare(program)


def test_a_label_is_not_what_it_labels() -> None:
    def program(p: Peer) -> None:
        with p.engine().begin() as connection:
            user, _ = _tables(p, connection)
            number = user.c.user_id.label("z")
            _ask(
                p,
                lambda: connection.execute(p.select(number, user.c.called)).first(),
                *(number, user.c.user_id, "z", "user_id", user.c.called),
            )
            unnamed = user.c.user_id.label(None)
            _ask(p, lambda: connection.execute(p.select(unnamed)).first(), unnamed)
            text = p.text("SELECT user_id, user_name FROM users")
            columns = (user.c.user_id.label("a"), user.alias().c.user_id)
            _ask(
                p,
                lambda: connection.execute(text.columns(*columns)).first(),
                *columns,
                user.c.user_id,
            )

    compare(program, sql=False)
