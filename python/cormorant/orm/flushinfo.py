"""What the unit of work knows about a mapper and its relationships, computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from .. import _core
from ..exc import CircularDependencyError
from .base import MANYTOMANY, MANYTOONE, ONETOMANY

if TYPE_CHECKING:
    from .mapper import Mapper


class OfEngines:
    """What is compiled once for each engine and dialect of it, and goes with the engine."""

    __slots__ = ("by_owner",)

    def __init__(self) -> None:
        #: reference to the owner that an engine has -> dialect -> what is kept
        self.by_owner: dict[ref[Any], dict[Any, Any]] = {}

    def of(self, engine: Any) -> dict[Any, Any]:
        """What is kept by dialect for an engine."""
        found = self.by_owner.get(engine._owner_ref)
        if found is None:
            found = self.by_owner[ref(engine._owner, self.by_owner.pop)] = {}
        return found


class RelationInfo:
    """A relationship as the unit of work sees it.

    `source` and `target_slots` are the column slots of the synchronised pairs: of
    the object whose key is copied, and of the object that takes it. For
    many-to-many both are keys, `columns` the columns of the secondary table they go
    to: `order[i]` is (0, n) for the n-th source slot, (1, n) for the n-th target.
    """

    __slots__ = (
        "_holders",
        "_only",
        "cascade_delete",
        "cascade_orphan",
        "copies_others",
        "direction",
        "key",
        "order",
        "parent",
        "passive_deletes",
        "passive_updates",
        "post_update",
        "prop",
        "reverse",
        "secondary_plans",
        "self_referential",
        "slot",
        "sort_key",
        "source",
        "target",
        "target_slots",
        "whole",
    )

    def __init__(self, info: MapperInfo, prop: Any) -> None:
        self.prop = prop
        self.key: str = prop.key
        self.slot: int = prop.slot
        self.parent = info
        #: whether all objects of the hierarchy have it
        self.whole: bool = prop.parent is info.mapper and not any(
            mapper.concrete for mapper in prop.parent.self_and_descendants[1:]
        )
        self._only = None if self.whole else prop.parent.class_manager
        self._holders = frozenset(m.class_manager for m in prop.parent._holders(prop))
        self.direction = prop.direction
        self.target = info_of(prop.mapper)
        self.sort_key = f"{_sort_key(prop.parent)}_{prop.key}"
        self.cascade_delete: bool = prop.cascade.delete
        self.cascade_orphan: bool = prop.cascade.delete_orphan
        self.passive_deletes: bool | str = prop.passive_deletes
        self.passive_updates: bool = getattr(prop, "passive_updates", True)
        self.post_update: bool = bool(prop.post_update)
        self.self_referential: bool = self.target is info
        self.reverse: tuple[Any, ...] = tuple(getattr(prop, "_reverse_property", ()))
        # dialect -> plans for the rows of the association table
        self.secondary_plans = OfEngines()
        own, other = prop.parent, prop.mapper
        self.order: tuple[tuple[int, int], ...] = ()
        if self.direction is ONETOMANY:
            self.source = _slots(own, [a for a, _ in prop.synchronize_pairs])
            self.target_slots = _slots(other, [b for _, b in prop.synchronize_pairs])
        elif self.direction is MANYTOONE:
            self.source = _slots(other, [a for a, _ in prop.synchronize_pairs])
            self.target_slots = _slots(own, [b for _, b in prop.synchronize_pairs])
        else:
            self.source = _slots(own, [a for a, _ in prop.synchronize_pairs])
            self.target_slots = _slots(other, [a for a, _ in prop.secondary_synchronize_pairs])
            places = {b: (0, i) for i, (_, b) in enumerate(prop.synchronize_pairs)}
            places.update({b: (1, i) for i, (_, b) in enumerate(prop.secondary_synchronize_pairs)})
            self.order = tuple(places[c] for c in prop.secondary.c if c in places)
        #: whether foreign keys refer to more than primary keys, which are known after an INSERT
        pairs = (*prop.synchronize_pairs, *prop.secondary_synchronize_pairs)
        self.copies_others = not all(referred.primary_key for referred, _ in pairs)

    def __repr__(self) -> str:
        return f"{self.prop.parent.class_.__name__}.{self.key}"

    def of(self, objects: list[Any]) -> list[Any]:
        """Those objects of the hierarchy whose class has the relationship."""
        return objects if self._only is None else _core.instances_of(objects, self._only)

    def is_of(self, obj: Any) -> bool:
        """Whether an object of the hierarchy has the relationship."""
        return self._only is None or _core.manager_of(obj) in self._holders


class MapperInfo:
    """A mapper, with those that inherit from it, as the unit of work sees it.

    The objects of a hierarchy are written together, table by table.
    """

    __slots__ = (
        "_cascades",
        "_concrete",
        "_key_functions",
        "_plain",
        "_referring",
        "_relations",
        "_tables",
        "manager",
        "mapper",
        "plans",
        "sort_key",
        "statements",
    )

    def __init__(self, mapper: Mapper[Any]) -> None:
        self.mapper = mapper
        self.manager = mapper.class_manager
        self.sort_key = _sort_key(mapper)
        self.reset()

    def reset(self) -> None:
        """Forget what was computed: a class got new attributes, or is new."""
        self._relations: tuple[RelationInfo, ...] | None = None
        self._cascades: dict[tuple[str, Any], tuple[RelationInfo, ...]] = {}
        self._concrete: bool | None = None
        self._key_functions: tuple[Any, ...] | None = None
        self._plain: bool | None = None
        self._referring: tuple[Any, ...] | None = None
        self._tables: tuple[Any, ...] | None = None
        # dialect -> flush_statements.Statements, or flush_statements.Hierarchy
        self.statements = OfEngines()
        # (mappers, relationships) -> ordering.Plan
        self.plans: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return str(self.mapper)

    @property
    def is_hierarchy(self) -> bool:
        """Whether several mappers belong to it, or its mapper is to a join, or a SELECT, of
        tables."""
        mapper = self.mapper
        return bool(mapper._inheriting_mappers) or not mapper.local_table._is_table

    def is_plain(self) -> bool:
        """Whether nothing remains to be done for objects of it whose rows were inserted: it is one
        mapper to one table, no column is a version or an SQL expression, none is read back, and
        there are no composites."""
        found = self._plain
        if found is None:
            mapper = self.mapper
            found = self._plain = (
                not self.is_hierarchy
                and mapper.batch
                and mapper.version_id_col is None
                and not mapper._expression_props
                and mapper.eager_defaults is not True
                and not mapper._has_composites
            )
        return found

    def has_orphan_rules(self) -> bool:
        """Whether objects of some class of it may not be without a parent."""
        has_rules = _core.has_orphan_rules
        if not self.mapper._inheriting_mappers:
            return has_rules(self.manager)
        return any(has_rules(m.class_manager) for m in self.mapper.self_and_descendants)

    def tables(self) -> tuple[Any, ...]:
        """The tables of a hierarchy in the order in which rows are inserted."""
        found = self._tables
        if found is None:
            found = self._tables = _sorted_tables(self.mapper)
        return found

    def relations(self) -> tuple[RelationInfo, ...]:
        """The relationships a flush has to look at."""
        found = self._relations
        if found is None:
            found = self._relations = tuple(
                RelationInfo(self, prop)
                for mapper in self.mapper.self_and_descendants
                for prop in mapper.relationships
                if prop.parent is mapper and not prop.viewonly
            )
        return found

    def referring(self) -> tuple[Any, ...]:
        """Many-to-one relationships to these objects, of which these know nothing: it is through
        them that others follow a change of a key."""
        found = self._referring
        if found is None:
            found = self._referring = tuple(
                prop
                for prop in self.mapper.__dict__.get("_referring", ())
                if not prop._reverse_property
                or (
                    not prop.passive_updates
                    and all(other.passive_updates for other in prop._reverse_property)
                )
            )
        return found

    def by_version(self, objects: list[Any]) -> list[tuple[Any, list[Any]]]:
        """Objects by the mapper that says which of their columns is the version, without those
        that have none. A concrete class has that of its base, which it need not have mapped: an
        UnmappedColumnError for who asks where it is."""
        concrete = self._concrete
        if concrete is None:
            concrete = self._concrete = any(
                mapper.concrete for mapper in self.mapper.self_and_descendants[1:]
            )
        if not concrete:
            return [(self.mapper, objects)] if self.mapper.version_id_col is not None else []
        found: dict[Any, list[Any]] = {}
        for manager, group in _core.group_by_manager(objects):
            above = manager.mapper.iterate_to_root()
            owner = next(m for m in above if m.concrete or m.inherits is None)
            if owner.version_id_col is not None:
                found.setdefault(owner, []).extend(group)
        return list(found.items())

    def need_versions(self, objects: list[Any]) -> None:
        """Raise UnmappedColumnError for objects of a class that has not mapped its version."""
        for mapper, _ in self.by_version(objects):
            mapper._columntoproperty[mapper.version_id_col]

    def sorted(self, objects: list[Any]) -> list[Any]:
        """Persistent objects in the order of their primary keys, which their types may know."""
        functions = self._key_functions
        if functions is None:
            functions = self._key_functions = tuple(
                column.type.sort_key_function for column in self.mapper.primary_key
            )
        if not any(functions):
            return _core.sort_by_key(objects)

        def key(obj: Any) -> list[Any]:
            values: Any = _core.identity_key(obj)[1]  # type: ignore[index]
            pairs = zip(values, functions, strict=True)
            return [value if fn is None else fn(value) for value, fn in pairs]

        return sorted(objects, key=key)

    def cascades(self, kind: str, mapper: Mapper[Any]) -> tuple[RelationInfo, ...]:
        """The relationships of a mapper with a cascade: "delete", "expunge", "merge" …; its own
        before those of its bases."""
        found = self._cascades.get((kind, mapper))
        if found is None:
            name = kind.replace("-", "_")
            known = {relation.prop: relation for relation in self.relations()}
            found = self._cascades[kind, mapper] = tuple(
                known.get(prop) or RelationInfo(self, prop)
                for prop in mapper.relationships
                if getattr(prop.cascade, name) and (kind != "merge" or not prop.viewonly)
            )
        return found


def _sorted_tables(base: Mapper[Any]) -> tuple[Any, ...]:
    from ..sql.topology import warn_of_cycle
    from ..util import topological

    owners: dict[Any, Any] = {}
    for mapper in base.self_and_descendants:
        for table in mapper._tables:
            owners.setdefault(table, mapper)
    inheriting: list[tuple[Any, Any]] = []
    referring: list[tuple[Any, Any]] = []
    for table, mapper in owners.items():
        if mapper.inherits is not None and not mapper.concrete:
            inheriting += [
                (above, table) for above in mapper.inherits._tables if above is not table
            ]
        for key in getattr(table, "foreign_keys", ()):
            referred = key.column.table
            if referred is table or referred not in owners or _inherits_by(owners, table):
                continue
            if key.constraint.use_alter:
                continue
            above = owners[referred]
            if not mapper.concrete and above is not mapper and above.isa(mapper):
                continue  # a base that refers to a row of a class below it
            referring.append((referred, table))
    try:
        return tuple(topological.sort(inheriting + referring, list(owners)))
    except CircularDependencyError as error:
        # concrete classes, whose objects are ordered by their relationships
        warn_of_cycle(error)
        kept = [e for e in referring if e not in error.edges or e[1] not in error.cycles]
        return tuple(topological.sort(inheriting + kept, list(owners)))


def _inherits_by(owners: dict[Any, Any], table: Any) -> bool:
    """Whether a table's place follows from inheritance alone."""
    return owners[table].inherit_condition is not None


def info_of(mapper: Mapper[Any]) -> MapperInfo:
    """The info of a mapper's hierarchy, always the same object."""
    base = mapper.base_mapper
    info: MapperInfo | None = base.__dict__.get("_flush_info")
    if info is None:
        info = base.__dict__["_flush_info"] = MapperInfo(base)
    return info


def relations_of(info: MapperInfo) -> tuple[RelationInfo, ...]:
    """The relationships of a mapper that a flush has to look at."""
    return info._relations if info._relations is not None else info.relations()


def _sort_key(mapper: Any) -> str:
    cls = mapper.class_
    return f"{cls.__module__}.{cls.__name__}"


def _slots(mapper: Any, columns: list[Any]) -> tuple[int, ...]:
    return tuple(mapper._columntoproperty[_own_column(mapper, c)].slot for c in columns)


def _own_column(mapper: Any, column: Any) -> Any:
    """The mapper's column that one is, or that it is of an alias of."""
    if column in mapper._columntoproperty:
        return column
    proxied = column.proxy_set
    return next((own for own in mapper._columntoproperty if own in proxied), column)


__all__ = ["MANYTOMANY", "MANYTOONE", "ONETOMANY", "MapperInfo", "RelationInfo", "info_of"]
