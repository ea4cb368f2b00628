"""What libraries ask of a Query beside its public names: its clauses, and which entities it is
about.

SQLAlchemy-Utils, sqlalchemy-filters and others know no other way to see by what a query is
sorted or what it has joined.
"""

from __future__ import annotations

from typing import Any

from .base import mapper_or_none
from .bundle import Bundle
from .context import FromStatement, SelectState, column_descriptions
from .nodes import entity_within
from .parts import part_of


class QueryEntity:
    """One element of what a query selects."""

    def __init__(self, described: dict[str, Any], entity_zero: Any) -> None:
        """`described`: what column_descriptions() has of it."""
        expr = self.expr = described["expr"]
        self.entity_zero = entity_zero
        self._label_name: str | None = described["name"]
        self._extra_entities: tuple[Any, ...] = ()
        """What else finds its item in rows."""
        self.supports_single_entity = True
        """Whether a query of nothing else gives no rows."""
        if isinstance(expr, Bundle):
            self.supports_single_entity = expr.single_entity

    @property
    def mapper(self) -> Any:
        """The mapper of its entity, or None."""
        return mapper_or_none(self.entity_zero)


# these have SQLAlchemy's names, since libraries ask for them


class _MapperEntity(QueryEntity):
    """A mapped class or an alias of one."""

    def __init__(self, described: dict[str, Any], entity_zero: Any) -> None:
        super().__init__(described, entity_zero)
        self._extra_entities = (self.expr,)


class _ColumnEntity(QueryEntity):
    """A column or another expression."""

    def __init__(self, described: dict[str, Any], entity_zero: Any) -> None:
        super().__init__(described, entity_zero)
        within = getattr(self.expr, "__clause_element__", None)
        self._extra_entities = (self.expr, self.expr if within is None else within())
        self.supports_single_entity = False


class LoadOptions:
    """What a query says of its rows."""

    def __init__(self, only_return_tuples: bool) -> None:
        self._only_return_tuples = only_return_tuples


class QueryCompileContext:
    """How a query is run: its `load_options`."""

    def __init__(self, load_options: LoadOptions) -> None:
        self.load_options = load_options


class QueryCompileState:
    """A query as it is understood: `statement`, and the entities in it."""

    def __init__(self, statement: Any, entities: Any) -> None:
        self.statement = statement
        chosen = statement._holder() if statement.__class__ is FromStatement else statement
        state = SelectState(chosen, legacy=True, embedded=True)
        self._entities: list[QueryEntity] = []
        for described in column_descriptions(chosen, True, entities):
            expr, given = described["expr"], described["entity"]
            if given is not None:
                given = given if getattr(given, "is_mapper", False) else _entity_of(given)
            else:
                within = getattr(expr, "__clause_element__", None)
                given = entity_within(expr if within is None else within())
            kind: type[QueryEntity] = (
                _MapperEntity if expr is described["entity"] else _ColumnEntity
            )
            if isinstance(expr, Bundle):
                kind = QueryEntity
            self._entities.append(kind(described, given))
        self._join_entities: tuple[Any, ...] = tuple(state.join_entities)

    def _entity_zero(self) -> Any:
        """The first entity selected, or None."""
        for entity in self._entities:
            if entity.entity_zero is not None:
                return entity.entity_zero
        return None

    def _mapper_zero(self) -> Any:
        """The mapper of the first entity selected, or None."""
        return mapper_or_none(self._entity_zero())


def _entity_of(given: Any) -> Any:
    from ..inspection import inspect

    return inspect(given)


def _clause(name: str, missing: Any = None) -> Any:
    """The part of a query's statement that has a name; a statement given whole has none."""
    return property(lambda self: getattr(self._stmt, name, missing))


@part_of("Query")
class QueryParts:
    """The part of a Query that shows what it consists of."""

    _stmt: Any
    _entities: Any
    _as_tuples: bool | None

    _raw_columns: Any = _clause("_raw_columns", ())
    _where_criteria: Any = _clause("_where_criteria", ())
    _having_criteria: Any = _clause("_having_criteria", ())
    _order_by_clauses: Any = _clause("_order_by_clauses", ())
    _group_by_clauses: Any = _clause("_group_by_clauses", ())
    _limit_clause: Any = _clause("_limit_clause")
    _offset_clause: Any = _clause("_offset_clause")
    _from_obj: Any = _clause("_from_obj", ())
    _setup_joins: Any = _clause("_setup_joins", ())
    _distinct: Any = _clause("_distinct", False)
    _distinct_on: Any = _clause("_distinct_on", ())
    _for_update_arg: Any = _clause("_for_update_arg")
    _with_options: Any = _clause("_with_options", ())
    _execution_options: Any = _clause("_execution_options")

    @property
    def _statement(self) -> Any:
        """What from_statement() was given, or None."""
        return self._stmt.element if self._stmt.__class__ is FromStatement else None

    @property
    def _has_row_limiting_clause(self) -> bool:
        return self._limit_clause is not None or self._offset_clause is not None

    def _entity_from_pre_ent_zero(self) -> Any:
        """The first entity selected, or None."""
        return self._compile_state()._entity_zero()

    def _compile_state(self, for_statement: bool = False) -> QueryCompileState:
        """The entities of the query."""
        return QueryCompileState(self._stmt, self._entities)

    def _compile_context(self, for_statement: bool = False) -> QueryCompileContext:
        """What the query says of its rows."""
        return QueryCompileContext(LoadOptions(bool(self._as_tuples)))
