"""What is made of the rows of a select: the program of the core, and names of items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import exc as sa_exc
from ..engine.result_keys import OwnLookup
from ..sql.elements import Label, NamedColumn
from ..sql.functions import FunctionElement
from ..sql.schema import Table
from ..sql.select_base import (
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
)
from ..sql.type_api import type_codec
from .load_table import LoadContext
from .nodes import NamedAsQuery, entity_within

if TYPE_CHECKING:
    from .nodes import EntityNode
    from .selecting import SelectState


def make_program(state: SelectState, dialect: Any, unique: bool) -> tuple[Any, ...]:
    """What the core is to make of each row."""
    entities = []
    table = state.table
    kept = None if table is None else table.remembered()
    for node in state.nodes:
        mapper = node.mapper
        manager = mapper.class_manager
        if dialect.typed:
            mapper._set_typed_codecs(dialect)
        cols = columns_of(state, node, mapper)
        pk_cols = tuple(state.position(node.adapt(c)) for c in node.mapper.primary_key)
        parent, slot, collection, owner = -1, -1, False, None
        if node.parent is not None:
            parent, slot = node.parent.index, node.prop.slot
            collection = bool(node.prop.uselist)
            owner = node.prop.parent.class_manager
        remembered = None
        if kept and kept.matters_at(node.path):
            remembered = LoadContext(kept, node.path)
        polymorphic = None
        if node.entity.polymorphic_on is not None and mapper.polymorphic_map:
            polymorphic = _polymorphic(state, node, dialect)
        entities.append(
            (
                manager,
                cols,
                pk_cols,
                parent,
                slot,
                collection,
                remembered,
                polymorphic,
                owner,
                codecs_of(node, mapper, dialect),
            )
        )
    items: list[tuple[Any, ...]] = []
    for item in state.items:
        if item.node is not None:
            items.append(("e", item.node.index))
        else:
            code, arg = type_codec(item.expression.type, dialect)
            items.append(("c", item.position, code, arg))
    return (tuple(entities), tuple(items), item_keys(state), state.scalar, unique)


# What columns_of() says of what the rows do not have: that, and that no option has left it out.
_NOWHERE, _MISSING = -1, -2


def columns_of(state: SelectState, node: EntityNode, mapper: Any) -> tuple[int, ...]:
    """Where the columns of a mapper stand in the rows of an entity, by slot."""
    columns = node.columns
    cols = [_NOWHERE] * mapper.class_manager.size
    of_statement: set[int] | None = None
    for prop in mapper._props.values():
        if not prop._is_column or prop.slot < 0:
            continue
        for column in prop.columns:
            expression = columns.get(hash(column))
            if expression is None and mapper.concrete and mapper is not node.mapper:
                # The rows are those of a union, whose column this is one of.
                proxy = node.mapper.selectable.corresponding_column(column)
                expression = None if proxy is None else columns.get(hash(proxy))
            if expression is not None:
                cols[prop.slot] = state.position(expression)
                break
        else:
            if prop.deferred or prop.query_expression or mapper.concrete:
                continue
            if of_statement is None:
                asked = node.mapper._polymorphic_properties(node.mappers)
                of_statement = {hash(c) for each in asked if each._is_column for c in each.columns}
            if hash(prop.columns[0]) not in of_statement or state.misses(node, prop):
                cols[prop.slot] = _MISSING
    return tuple(cols)


def codecs_of(node: EntityNode, mapper: Any, dialect: Any) -> tuple[tuple[int, int, Any], ...]:
    """What decodes the attributes whose expressions the statement gave, by slot."""
    found = []
    for prop in mapper._props.values():
        if not prop._is_column or prop.slot < 0:
            continue
        expression = node.columns.get(hash(prop.columns[0]))
        if expression is None or expression.type is prop.columns[0].type:
            continue
        codec = type_codec(expression.type, dialect)
        if codec != type_codec(prop.columns[0].type, dialect):
            found.append((prop.slot, *codec))
    return tuple(found)


def _polymorphic(state: SelectState, node: EntityNode, dialect: Any) -> tuple[Any, ...]:
    """Which classes the rows of an entity can be of: for the core."""
    mapper = node.mapper
    discriminator = node.entity.polymorphic_on
    code, arg = type_codec(discriminator.type, dialect)
    numbers: dict[Any, int] = {mapper: -1}
    shapes: list[tuple[Any, ...]] = []
    identities: dict[Any, int] = {}
    for identity, other in mapper.polymorphic_map.items():
        if not other.isa(mapper):
            continue
        number = numbers.get(other)
        if number is None:
            other._check_configure()
            if dialect.typed:
                other._set_typed_codecs(dialect)
            number = numbers[other] = len(shapes)
            shapes.append(
                (
                    other.class_manager,
                    columns_of(state, node, other),
                    codecs_of(node, other, dialect),
                )
            )
        identities[identity] = number
    column = node.adapt(discriminator)
    position = state.position(column) if hash(column) in state._positions else -1
    if position < 0:
        raise no_column(discriminator)
    own = state._known and node is state.nodes[0]
    return (position, code, arg, identities, tuple(shapes), _Resolver(mapper), own)


class _Resolver:
    """Told an identity that the program does not know: classes mapped since then, or an
    error."""

    __slots__ = ("_mapper",)

    def __init__(self, mapper: Any) -> None:
        self._mapper = mapper

    def __call__(self, identity: Any, key: tuple[Any, ...]) -> Any:
        mapper = self._mapper
        column = mapper.polymorphic_on
        shown = mapper.identity_key_from_primary_key(key)
        if identity is None:
            raise sa_exc.InvalidRequestError(
                f"Row with identity key {shown} can't be loaded into an object; the polymorphic "
                f"discriminator column '{column}' is NULL"
            )
        found = mapper.polymorphic_map.get(identity)
        if found is None:
            raise AssertionError(f"No such polymorphic_identity {identity!r} is defined")
        if not found.isa(mapper):
            raise sa_exc.InvalidRequestError(
                f"Row with identity key {shown} can't be loaded into an object; the polymorphic "
                f"discriminator column '{column}' refers to {found}, which is not a sub-mapper of "
                f"the requested {mapper}"
            )
        found._check_configure()
        return found.class_manager


def find_columns(state: SelectState, selected: list[Any], names: Sequence[str] | None) -> None:
    """Places of the columns in the rows of a statement that is not this one: among
    its columns, or by the names the driver gives."""
    places: dict[str, int] = {}
    if names is not None:
        for index, name in enumerate(names):
            places.setdefault(name, index)

    def place(expression: Any) -> int:
        if names is not None:
            if expression._is_text_clause:
                return places.get(expression.text, -1)
            table = getattr(getattr(expression, "table", None), "name", None)
            for name in (expression.key, f"{table}_{expression.key}"):
                if name in places:
                    return places[name]
            return -1
        proxies = expression.proxy_set
        for index, column in enumerate(selected):
            if hash(column) == hash(expression) or column.proxy_set & proxies:
                return index
        for name in (getattr(expression, "_tq_label", None), expression.key):
            for index, column in enumerate(selected):
                if name is not None and isinstance(column, Label) and column.name == name:
                    return index
        for index, column in enumerate(selected):
            if getattr(column, "key", None) == expression.key:
                return index
        return -1

    state._positions = {hash(expression): (True, place(expression)) for expression in state.primary}
    _note_missing(state)
    for item in state.items:
        if item.node is None:
            item.position = place(item.expression)
            if item.position < 0:
                raise no_column(item.expression)
    for node in state.nodes:
        for column in node.mapper.primary_key:
            if state.position(node.adapt(column)) < 0:
                raise no_column(column)


def _note_missing(state: SelectState) -> None:
    """Columns that the rows do not have are loaded when they are read."""
    for node in state.nodes:
        for prop in node.mapper._polymorphic_properties(node.mappers):
            expression = node.columns.get(hash(prop.columns[0])) if prop._is_column else None
            if expression is not None and state.position(expression) < 0:
                if prop.query_expression:
                    continue
                state.miss(node, prop)


class ItemLookup:
    """Finds the item of a row by a class, an alias or an attribute of it."""

    __slots__ = ("_entities", "_numbers", "columns")

    def __init__(self, state: SelectState) -> None:
        self._entities: dict[int, int] = {}
        self._numbers: dict[int, int] = {}
        found: list[Any] = []
        lasting = True
        bundled = _in_bundles(state)
        for index, item in enumerate(state.items):
            if item.node is not None:
                entity = item.node.entity
                given = _given(entity)
                self._entities.setdefault(id(given), index)
                self._entities.setdefault(id(entity), index)
                lasting = lasting and not entity.is_aliased_class
                found.append(given)
            else:
                column = item.expression
                if index not in bundled:
                    self._numbers.setdefault(hash(column), index)
                owner = entity_within(column)
                lasting = lasting and owner is not None and owner.is_mapper and column._is_column
                lasting = lasting and isinstance(getattr(column, "table", None), Table)
                found.append(column)
        self.columns: list[Any] | None = None if lasting else found
        """What stands for each item; None if that is the same in each statement that the plan is
        for."""

    def __call__(self, key: Any) -> int | None:
        found = self._entities.get(id(key))
        if found is None:
            if hasattr(key, "__clause_element__") and not isinstance(key, type):
                key = key.__clause_element__()
            found = self._numbers.get(hash(key))
        return found

    def of(self, source: Any) -> OwnLookup:
        """The lookup of an execution of another statement; `source`: see know_columns()."""
        return OwnLookup(self, source)

    def own_columns(self, source: Any) -> list[Any]:
        """What a statement has in place of `columns`; `source`: see know_columns()."""
        found: list[Any] = []
        for column in source if isinstance(source, list) else source._returning:
            bundle = column._annotations.get("bundle")
            entity = column._annotations.get("parententity")
            if bundle is not None:
                found += self.own_columns(bundle._leaves)
            elif not column._is_from_clause:
                found.append(column)
            elif entity is not None:
                found.append(_given(entity))
            else:
                found += column.c
        return found


def _given(entity: Any) -> Any:
    """The class or alias that a program has of an entity."""
    return entity.entity if entity.is_aliased_class else entity.class_


def _in_bundles(state: SelectState) -> set[int]:
    """Which items are put together with others."""
    return {index for start, end, _ in state.bundles for index in range(start, end)}


def item_keys(state: SelectState) -> tuple[str | None, ...]:
    """Names of the items."""
    names: list[str | None] = []
    used: dict[str, int] = {}
    again: dict[int, str] = {}
    seen: dict[int, str] = {}
    bundled = _in_bundles(state)
    style = state.statement._label_style
    as_query = state.legacy or any(
        [isinstance(option, NamedAsQuery) for option in state.statement._with_options]
    )
    for index, item in enumerate(state.items):
        name = item.name
        if index in bundled:
            names.append(name)  # of no item of the row that comes of it
            continue
        if item.node is not None:
            names.append(name)
            continue
        expression = item.expression
        if name is None and state.adapt_from is None:
            name = item_name(expression, as_query)
        if as_query or expression._is_text_clause:
            names.append(name)
            continue
        name = name or "_no_label"
        if style is LABEL_STYLE_TABLENAME_PLUS_COL:
            name = _qualified(expression, name)
        elif style is LABEL_STYLE_NONE:
            names.append(name)
            continue
        key = hash(expression)
        if key in again:
            name = again[key]
        else:
            count = used.get(name, 0)
            used[name] = count + 1
            unique = f"{name}_{count}" if count else name
            if key in seen:
                # The same column once more: from now on under its second name.
                again[key] = unique
            seen[key] = name = unique
        names.append(name)
    return tuple(names)


def _qualified(expression: Any, name: str) -> str:
    """The name of a column in the row, with that of its table before it."""
    table = getattr(expression, "table", None)
    if table is None or not isinstance(getattr(table, "name", None), str):
        return name
    return f"{table.name}_{name}"


def no_column(expression: Any) -> sa_exc.NoSuchColumnError:
    """The error of rows that do not have a column that they need."""
    return sa_exc.NoSuchColumnError(f"Could not locate column in row for column '{expression}'")


def item_name(expression: Any, legacy: bool) -> str | None:
    """The name of a column in the row."""
    proxy_key = expression._annotations.get("proxy_key")
    if proxy_key is not None:
        return str(proxy_key)
    if isinstance(expression, NamedColumn):
        name = expression.key if not isinstance(expression, Label) else expression.name
        return name if isinstance(name, str) else None
    if legacy:
        return None
    if isinstance(expression, FunctionElement):
        return str(getattr(expression, "name", None) or "_no_label")
    inner = getattr(expression, "clause", None)
    if isinstance(inner, NamedColumn):
        return item_name(inner, legacy)
    return None
