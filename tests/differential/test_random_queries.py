"""Random queries of mapped classes: statements, what they give, and what is loaded with it.

What SQLAlchemy does of itself in one way or another is left out: which of two relationships is
loaded first, rows of two entities of one hierarchy (it reads columns of the one for the other),
conditions within those of an alias, joined subclasses under another name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from .harness import Peer, compare
from .random_env import Models, QueryMaker, objects, shown

#: how many queries a batch has
QUERIES = int(os.environ.get("QUERIES", "30"))
BATCHES = 8


class StatementMaker(QueryMaker):
    """Makes statements of random numbers."""

    def statement(self) -> Any:
        p = self.p
        entity = self.entity()
        self.entities = [entity]
        whole = self.chance(0.7)
        columns = [entity] if whole else [entity.id, self.column(entity).label("label")]
        statement = p.select(*columns)
        for _ in range(self.random.randrange(3)):
            source = self.choose(*self.entities)
            attribute, target = self.relation(source)
            if target in self.models.below and self.chance(0.3):
                target = self.models.below[target]
            alias = p.aliased(target, flat=True)
            if self.chance(0.7):
                statement = statement.join(attribute.of_type(alias), isouter=self.chance(0.4))
            else:
                statement = statement.join(alias, alias.id == source.id)
            self.entities.append(alias)
        for _ in range(self.random.randrange(3)):
            statement = statement.where(self.condition(self.choose(*self.entities)))
        ordered = [each.id if self.chance(0.8) else each.id.desc() for each in self.entities]
        statement = statement.order_by(*ordered)
        if self.chance(0.3):
            statement = statement.limit(self.random.randrange(1, 9))
        if self.chance(0.2):
            statement = statement.offset(self.random.randrange(1, 4))
        if whole and self.chance(0.7):
            statement = statement.options(self.option(entity))
        if whole and self.chance(0.1):
            criteria = self.choose(*self.models.classes[4:])
            least = self.random.randrange(4)
            only = p.orm.with_loader_criteria(criteria, criteria.id > least)
            statement = statement.options(only)
        return self.changed(statement, entity, whole)

    def changed(self, statement: Any, entity: Any, whole: bool) -> Any:
        """The statement, or another one about its rows."""
        p, kind = self.p, self.random.randrange(10)
        if kind == 0:
            return p.select(p.func.count()).select_from(statement.subquery())
        if kind == 1:
            return statement.with_only_columns(p.func.count(entity.id)).order_by(None)
        if kind == 2 and entity in self.models.classes and len(self.entities) == 1 and whole:
            found = p.aliased(self.class_of(entity), statement.subquery())
            return p.select(found).order_by(found.id)
        if kind == 3 and not whole:
            plain = statement.order_by(None).limit(None).offset(None)
            return self.choose(p.union, p.union_all, p.intersect)(plain, plain).order_by("id")
        return statement


def program(batch: int) -> Callable[[Peer], None]:
    def queries(p: Peer) -> None:
        models = Models(p)
        session = p.session()
        models.fill(session)
        for seed in range(batch * 100_000, batch * 100_000 + QUERIES):
            session.expunge_all()
            p.mark(str(seed))
            maker = StatementMaker(p, models, seed)
            try:
                statement = maker.statement()
                p.show(str(statement))
                rows = session.execute(statement).unique().all()
                p.show([[shown(item) for item in row] for row in rows])
                for item in list(objects(rows))[:4]:
                    p.show(shown(maker.relation(item)[0]))  # loaded now
            except Exception as error:
                p.show(type(error).__name__, str(error))
                session.rollback()

    return queries


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_queries(batch: int) -> None:
    peer, _ = compare(program(batch), warned=True)
    assert peer.error is None
