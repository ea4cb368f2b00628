"""Baked queries: what builds them runs once."""

from __future__ import annotations

from typing import Any

from .harness import Peer, compare


def _session(p: Peer) -> tuple[Any, Any]:
    class User(p.Base):  # type: ignore[misc]
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def __repr__(self) -> str:
            return f"User {self.name}"

    session = p.session()
    session.add_all([User(id=n, name=name) for n, name in enumerate(("ed", "jack", "al"), 1)])
    session.commit()
    return User, session


def test_results() -> None:
    def program(p: Peer) -> None:
        User, session = _session(p)
        bakery = p.module("ext.baked").BakedQuery.bakery()
        ran = []

        def by_name(query: Any) -> Any:
            ran.append("by_name")
            return query.filter(User.name == p.bindparam("name"))

        for name in ("ed", "jack", "nobody"):
            baked = bakery(lambda session: session.query(User))
            baked += by_name
            result = baked(session).params(name=name)
            p.show(result.all(), result.first(), result.one_or_none(), result.count(), list(result))
            p.error(result.one)
        p.show("ran once" if len(ran) < 6 else "ran often")
        everybody = bakery(lambda session: session.query(User)) + (lambda q: q.order_by(User.id))
        p.show(everybody(session).all(), everybody.for_session(session).first())
        p.error(everybody(session).one)
        p.error(everybody(session).one_or_none)
        p.error(everybody(session).scalar)
        p.show(str(everybody(session)))
        names = bakery(lambda session: session.query(User.name).filter(User.id == 2))
        p.show(names(session).scalar(), names(session).all())
        users = bakery(lambda session: session.query(User))
        p.show(users(session).get(3), users(session).get(4))
        p.error(lambda: users(session).params(1, 2))

    compare(program, warned=True)


def test_keys_spoiling_and_queries_within() -> None:
    def program(p: Peer) -> None:
        User, session = _session(p)
        baked = p.module("ext.baked")
        bakery = baked.BakedQuery.bakery(size=3)
        p.show(type(bakery), len(bakery.cache))
        for limit in (1, 2, 1):
            query = bakery(lambda session: session.query(User).order_by(User.id))
            query = query.with_criteria(lambda q, limit=limit: q.limit(limit), limit)
            p.show(query(session).all())
        for spoilt in (False, True):
            calls: list[str] = []

            def first(session: Any, calls: list[str] = calls) -> Any:
                calls.append("first")
                return session.query(User)

            for number in (1, 2):

                def then(query: Any, number: int = number, calls: list[str] = calls) -> Any:
                    calls.append("then")
                    return query.filter_by(id=number)

                query = bakery(first, spoilt).spoil(full=spoilt)
                query += then
                p.show(query(session).all())
            p.show(calls)
        off = p.orm.Session(session.bind, enable_baked_queries=False)
        counted = []
        for _ in range(2):
            p.show(bakery(lambda s: counted.append(1) or s.query(User))(off).first())
        p.show(len(counted))
        off.close()
        inner = bakery(lambda s: s.query(User.id).filter(User.name == p.bindparam("n")))
        outer = bakery(lambda s: s.query(User))
        outer += lambda q: q.filter(User.id.in_(inner.to_query(q).scalar_subquery()))
        p.show(outer(session).params({"n": "al"}).all())
        p.show(inner.to_query(session).params(n="ed").all())
        p.error(lambda: inner.to_query(5))
        p.error(lambda: inner.to_query(p.orm.Query(User)))
        late = outer(session).with_post_criteria(lambda q: q.params(n="jack"))
        p.show(late.all())

    compare(program)
