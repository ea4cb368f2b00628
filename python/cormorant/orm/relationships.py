"""`relationship()`: the property that leads from one mapped class to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, exc
from ..util import warn
from .base import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    DynamicMapped,
    Mapped,
    RelationshipDirection,
    WriteOnlyMapped,
    class_mapper,
    instance_str,
)
from .from_adapters import FromAdapter, single_table_criterion
from .inheritance import key_slot
from .interfaces import MapperProperty
from .join_condition import JoinCondition, foreign, only_equates, remote
from .relationship_arguments import as_criterion, deannotated, expression, flat, value_of
from .relationship_comparator import RelationshipComparator
from .util import CascadeOptions

if TYPE_CHECKING:
    from .attributes import QueryableAttribute
    from .mapper import Mapper

__all__ = ["Relationship", "RelationshipProperty", "backref", "foreign", "remote"]

_T = TypeVar("_T")

_STRATEGIES: dict[Any, str] = {
    "select": "select",
    True: "select",
    "joined": "joined",
    False: "joined",
    "noload": "noload",
    None: "noload",
    "selectin": "selectin",
    "subquery": "subquery",
    "immediate": "immediate",
    "raise": "raise",
    "raise_on_sql": "raise_on_sql",
    "dynamic": "dynamic",
    "write_only": "write_only",
}
_LAZY_LOADED = {"select", "joined", "selectin", "subquery", "immediate", "raise_on_sql"}


def _first_assigned_members(*args: Any) -> Any:
    """Stands for collections.assigned_members() until it is first needed."""
    global _assigned_members
    from .collections import assigned_members

    _assigned_members = assigned_members
    return assigned_members(*args)


_assigned_members: Callable[..., Any] = _first_assigned_members


class RelationshipProperty(MapperProperty):
    """An attribute that holds objects of another mapped class.

    Its arguments may be strings or callables; they are resolved when mappers are
    configured. From then on `mapper`, `direction`, `uselist`, `primaryjoin` and the pairs of
    columns are known.
    """

    _is_relationship = True
    Comparator = RelationshipComparator

    mapper: Mapper[Any]
    entity: Any
    direction: RelationshipDirection
    uselist: bool | None
    primaryjoin: Any
    secondaryjoin: Any
    secondary: Any
    local_remote_pairs: list[tuple[Any, Any]]
    synchronize_pairs: list[tuple[Any, Any]]
    secondary_synchronize_pairs: list[tuple[Any, Any]]
    _target_set = False

    def __init__(
        self,
        argument: Any = None,
        secondary: Any = None,
        *,
        uselist: bool | None = None,
        collection_class: Any = None,
        primaryjoin: Any = None,
        secondaryjoin: Any = None,
        back_populates: str | None = None,
        order_by: Any = False,
        backref: Any = None,
        overlaps: str | None = None,
        post_update: bool = False,
        cascade: Any = "save-update, merge",
        viewonly: bool = False,
        attribute_options: Any = None,
        lazy: Any = "select",
        passive_deletes: Any = False,
        passive_updates: bool = True,
        active_history: bool = False,
        enable_typechecks: bool = True,
        foreign_keys: Any = None,
        remote_side: Any = None,
        join_depth: int | None = None,
        comparator_factory: Any = None,
        single_parent: bool = False,
        innerjoin: Any = False,
        distinct_target_key: bool | None = None,
        load_on_pending: bool = False,
        query_class: Any = None,
        info: dict[Any, Any] | None = None,
        omit_join: Any = None,
        sync_backref: bool | None = None,
        doc: str | None = None,
        bake_queries: bool = True,
        cascade_backrefs: bool = False,
        _local_remote_pairs: Any = None,
        _legacy_inactive_history_style: bool = False,
    ) -> None:
        super().__init__(info, doc)
        self.argument = argument
        self._secondary_argument = secondary
        self.secondary = None
        self._primaryjoin_argument = primaryjoin
        self._secondaryjoin_argument = secondaryjoin
        self._order_by_argument = order_by
        self._foreign_keys_argument = foreign_keys
        self._remote_side_argument = remote_side
        self.uselist = uselist
        self.collection_class = collection_class
        self._collection: tuple[Any, type] | None = None
        self.viewonly = viewonly
        self.post_update = post_update
        self.lazy = (
            _STRATEGIES.get(lazy, lazy)
            if isinstance(lazy, (str, type(None)))
            else ("select" if lazy else "joined")
        )
        self.passive_deletes = passive_deletes
        self.passive_updates = passive_updates
        self.active_history = active_history
        self.enable_typechecks = enable_typechecks
        self.join_depth = join_depth
        self.comparator_factory = comparator_factory or RelationshipComparator
        self.single_parent = single_parent
        self.innerjoin = innerjoin
        self.distinct_target_key = distinct_target_key
        self.load_on_pending = load_on_pending
        if omit_join:
            warn(
                "setting omit_join to True is not supported; selectin loading of this relationship "
                "may not work correctly if this flag is set explicitly.  omit_join optimization is "
                "automatically detected for conditions under which it is supported."
            )
        self.omit_join = omit_join
        self.query_class = query_class
        self._overlaps = {name.strip() for name in overlaps.split(",")} if overlaps else set()
        self.order_by: Any = False
        self._reverse_property: set[RelationshipProperty] = set()
        self._set_backref_options(back_populates, backref, sync_backref)
        if cascade_backrefs:
            raise exc.ArgumentError(
                "The 'cascade_backrefs' parameter passed to relationship() may only be set to "
                "False."
            )
        if viewonly:
            self._warn_for_persistence_flags(
                passive_deletes=passive_deletes is not False,
                passive_updates=passive_updates is not True,
                enable_typechecks=enable_typechecks is not True,
                active_history=active_history is not False,
                cascade_backrefs=cascade_backrefs is not False,
            )
        self._set_cascade(cascade)

    @staticmethod
    def _warn_for_persistence_flags(**flags: bool) -> None:
        for name, is_set in flags.items():
            if is_set:
                warn(
                    f"Setting {name} on relationship() while also setting viewonly=True does not "
                    "make sense, as a viewonly=True relationship does not perform persistence "
                    "operations. This configuration may raise an error in a future release.",
                )

    def _set_backref_options(
        self, back_populates: str | None, backref: Any, sync_backref: bool | None
    ) -> None:
        if self.viewonly and sync_backref:
            raise exc.ArgumentError("sync_backref and viewonly cannot both be True")
        if back_populates and backref:
            raise exc.ArgumentError(
                "backref and back_populates keyword arguments are mutually exclusive"
            )
        self.back_populates = back_populates
        self.backref = backref
        self.sync_backref = sync_backref

    def _set_cascade(self, cascade: Any) -> None:
        options = CascadeOptions(cascade or "")
        if self.viewonly:
            options = CascadeOptions(sorted(options & {"expunge", "refresh-expire", "merge"}))
        self._cascade = options

    @property
    def cascade(self) -> CascadeOptions:
        """Operations that spread over this relationship."""
        return self._cascade

    @cascade.setter
    def cascade(self, value: Any) -> None:
        self._set_cascade(value)
        if self._configured:
            self._check_cascade()
            self._update_core()

    @property
    def strategy_key(self) -> tuple[tuple[str, Any], ...]:
        """Key of the loader strategy."""
        return (("lazy", self.lazy),)

    # -- the class attribute

    @property
    def _is_never_loaded(self) -> bool:
        """Whether the collection is one that is written to and queried."""
        return self.lazy in ("dynamic", "write_only")

    def _instrument(self) -> None:
        mapper = self.parent
        kind = _core.ATTR_COLLECTION if self.uselist else _core.ATTR_SCALAR
        self.slot = mapper._define(self, kind, self._core_flags())
        for holder in mapper._holders(self):
            self.instrument_class(holder)

    def instrument_class(self, mapper: Mapper[Any]) -> None:
        if not self._is_never_loaded:
            super().instrument_class(mapper)
            return
        from .writeonly import WriteOnlyAttribute

        attribute = WriteOnlyAttribute(mapper.class_manager, self.slot, self, mapper)
        mapper._set_class_attribute(self.key, attribute)

    def _core_flags(self) -> int:
        flags = 0
        if self._cascade.save_update:
            flags |= _core.ATTR_CASCADE_SAVE
        if self._cascade.delete:
            flags |= _core.ATTR_CASCADE_DELETE
        if self._cascade.delete_orphan:
            flags |= _core.ATTR_DELETE_ORPHAN
        if self.single_parent:
            flags |= _core.ATTR_SINGLE_PARENT
        if self.viewonly:
            flags |= _core.ATTR_VIEWONLY
        if self._is_never_loaded:
            flags |= _core.ATTR_DEFERRED
        if self.key in self.parent.validators:
            flags |= _core.ATTR_EVENTS
            if not self.parent.validators[self.key][1]["include_backrefs"]:
                flags |= _core.ATTR_OWN_EVENTS
        if self._configured and self.uselist and self._prepare_collection()[1] is set:
            flags |= _core.ATTR_SET
        # The old object must be known when it is replaced, unless only a foreign key of this
        # side has to change.
        if self._configured and not self.uselist and not self.viewonly:
            if self.active_history or self.single_parent:
                flags |= _core.ATTR_ACTIVE_HISTORY
            elif self.direction is not MANYTOONE or not self._use_get:
                flags |= _core.ATTR_DEFERRED_HISTORY
        return flags

    def _refuse_second_parent(self, value: Any, cls: type) -> None:
        """Called by the core when an object of a `single_parent` relationship gets another, which
        is of the class `cls`."""
        raise exc.InvalidRequestError(
            f"Instance {instance_str(value)} is already associated with an instance of "
            f"{cls} via its {self} attribute, and is only allowed a single parent.",
            code="bbf1",
        )

    def _prepare_collection(self) -> tuple[Any, type]:
        """What makes the collections (None: the core), and their class."""
        if self.collection_class is None:
            return None, list
        if self._collection is None:
            from .collections import prepare_instrumentation

            self._collection = prepare_instrumentation(self.collection_class)
        return self._collection

    def _assigned(self, value: Any) -> list[Any]:
        """Called by the core: the members of what is assigned to the attribute."""
        factory, cls = self._prepare_collection()
        assert factory is not None
        return _assigned_members(factory, cls, value)  # type: ignore[no-any-return]

    def _of_members(self, members: list[Any]) -> Any:
        """Members as what may be assigned to the attribute."""
        factory, cls = self._prepare_collection()
        if factory is None:
            return cls(members)
        from .collections import Members

        return Members(members)

    def _update_core(self) -> None:
        """Tell the core what configuration found out."""
        parent = self.parent
        kind = _core.ATTR_COLLECTION if self.uselist else _core.ATTR_SCALAR
        flags = self._core_flags()
        parent._define(self, kind, flags)
        reverse = self.back_populates if self._syncs_backref else None
        target = self.mapper.class_manager
        for holder in parent._holders(self):
            manager = holder.class_manager
            manager.set_relationship(
                self.slot, target, reverse, self.fk_slot, flags, self.load_on_pending
            )
            if self.uselist:
                manager.set_collection(self.slot, *self._prepare_collection())

    @property
    def _syncs_backref(self) -> bool:
        if self.viewonly or self.sync_backref is False:
            return False
        return not any(other.viewonly for other in self._reverse_property)

    # -- configuration

    def _set_parent(self, parent: Mapper[Any], key: str) -> None:
        super()._set_parent(parent, key)
        if self.lazy not in _STRATEGIES:
            # Raised with the other mistakes, at configuration.
            self.__dict__["_unknown_strategy"] = self.lazy

    def _configure(self) -> None:
        if "_unknown_strategy" in self.__dict__:
            raise exc.LoaderStrategyException(type(self), self, None, None, (("lazy", self.lazy),))
        self._resolve_target()
        self._resolve_arguments()
        self._set_join_condition()
        if self.uselist is None:
            self.uselist = self.direction is not MANYTOONE
        alone = not self.uselist or self.direction is MANYTOONE
        if alone and self._is_never_loaded:
            raise exc.InvalidRequestError(
                f"On relationship {self}, 'dynamic' loaders cannot be used with "
                "many-to-one/one-to-one relationships and/or uselist=False."
            )
        self._configured = True
        self._find_get()
        self._check_cascade()
        self._make_backref()
        if self.direction is MANYTOONE and not self.viewonly:
            self.mapper._referred_by(self)
        self._warn_for_overlaps()
        self._update_core()

    def _clsregistry_resolve_name(self, arg: str) -> Callable[[], Any]:
        """What finds the class that is named so where the relationship is."""
        return lambda: self.parent.registry._resolve_class(arg, self)

    def _resolve_target(self) -> None:
        """Find the mapper of the related class."""
        if self._target_set:
            return
        argument = self.argument
        if isinstance(argument, str):
            argument = self._clsregistry_resolve_name(argument)()
        elif (
            callable(argument)
            and not isinstance(argument, type)
            and not hasattr(argument, "is_mapper")
        ):
            argument = argument()
            if isinstance(argument, str):
                argument = self._clsregistry_resolve_name(argument)()
        if isinstance(argument, type):
            self.entity = self.mapper = class_mapper(argument, configure=False)
        elif getattr(argument, "is_mapper", False):
            self.entity = self.mapper = argument
        elif getattr(argument, "is_aliased_class", False):
            self.entity, self.mapper = argument, argument.mapper
        elif getattr(argument, "_aliased_insp", None) is not None:
            insp = argument._aliased_insp
            self.entity, self.mapper = insp, insp.mapper
        else:
            raise exc.ArgumentError(
                f"relationship '{self.key}' expects a class or a mapper argument (received: "
                f"{type(argument)})"
            )
        self.target = self.entity.persist_selectable
        if self.mapper.registry is not self.parent.registry:
            self.parent.registry._set_depends_on(self.mapper.registry)
        self._target_set = True

    def _resolve_arguments(self) -> None:
        def value(argument: Any, tables: bool = False) -> Any:
            if isinstance(argument, str):
                return self.parent.registry._evaluate(argument, self, tables)
            return value_of(argument)

        self.secondary = value(self._secondary_argument, tables=True)
        if self.secondary is not None and getattr(self.secondary, "is_mapper", False):
            self.secondary = self.secondary.local_table
        if isinstance(self.secondary, type):
            raise exc.ArgumentError(
                f"secondary argument {self.secondary} passed to to relationship() {self} must be "
                "a Table object or other FROM clause; can't send a mapped class directly as rows "
                "in 'secondary' are persisted independently of a class that is mapped to that "
                "same table."
            )
        self._primaryjoin = as_criterion(value(self._primaryjoin_argument), "primaryjoin")
        self._secondaryjoin = as_criterion(value(self._secondaryjoin_argument), "secondaryjoin")
        order_by = value(self._order_by_argument)
        if order_by is False or order_by is None:
            self.order_by = False
        else:
            self.order_by = tuple(
                deannotated(expression(item, "order_by")) for item in flat(order_by)
            )
        self._foreign_keys = [
            expression(item, "foreign_keys")._deannotate()
            for item in flat(value(self._foreign_keys_argument))
        ]
        self._remote_side = [
            expression(item, "remote_side")._deannotate()
            for item in flat(value(self._remote_side_argument))
        ]

    def _set_join_condition(self) -> None:
        condition = JoinCondition(
            str(self),
            self.parent.persist_selectable,
            self.entity.persist_selectable,
            self.parent.local_table,
            self.entity.local_table,
            self._primaryjoin,
            self.secondary,
            self._secondaryjoin,
            self._foreign_keys,
            self._remote_side,
            self.viewonly,
        )
        self._join_condition = condition
        self.primaryjoin = condition.primaryjoin
        self.secondaryjoin = condition.secondaryjoin
        self.direction = condition.direction
        self.local_remote_pairs = condition.local_remote_pairs
        self.synchronize_pairs = condition.synchronize_pairs
        self.secondary_synchronize_pairs = condition.secondary_synchronize_pairs
        self.local_columns = condition.local_columns
        self.remote_side = condition.remote_columns
        self._calculated_foreign_keys = {
            target for _, target in (*self.synchronize_pairs, *self.secondary_synchronize_pairs)
        }

    @property
    def _rows_repeat(self) -> bool:
        """Whether a parent and a member may have several rows, of the secondary table or of a FROM
        that a polymorphic class has: nothing says that those are unique."""
        chosen = self.mapper.with_polymorphic
        if chosen is not None and chosen[1] is not None:
            return True
        table = self.secondary
        if table is None:
            return False
        key = set(table.primary_key) if table._is_table else set()
        return not key or not key <= self._calculated_foreign_keys

    @property
    def _is_self_referential(self) -> bool:
        return self.mapper.common_parent(self.parent)

    def _find_get(self) -> None:
        """Whether the related object is found by its primary key alone, and where in this
        object that key stands."""
        self._use_get = False
        self._get_slots: tuple[int, ...] = ()
        self.fk_slot = -1
        if self.direction is not MANYTOONE or self.uselist or self.secondary is not None:
            return
        if self.entity.is_aliased_class:
            return
        by_remote = {
            key_slot(self.mapper, remote): local for local, remote in self.local_remote_pairs
        }
        keys = self.mapper.primary_key
        if len(by_remote) != len(keys) or len(self.local_remote_pairs) != len(keys):
            return
        if len(self.synchronize_pairs) != len(keys) or not only_equates(
            self.primaryjoin, self.local_remote_pairs
        ):
            return
        slots = []
        for key in keys:
            local = by_remote.get(self.mapper._columntoproperty[key].slot)
            if local is None:
                return
            prop = self.parent._columntoproperty.get(local)
            if prop is None or not key.type._compare_type_affinity(local.type):
                return
            slots.append(prop.slot)
        self._use_get = True
        self._get_slots = tuple(slots)
        if len(slots) == 1 and self.lazy in _LAZY_LOADED:
            self.fk_slot = slots[0]

    def _check_cascade(self) -> None:
        cascade = self._cascade
        if (
            cascade.delete_orphan
            and not self.single_parent
            and self.direction in (MANYTOMANY, MANYTOONE)
        ):
            kind = "many-to-one" if self.direction is MANYTOONE else "many-to-many"
            parent, target = self.parent.class_.__name__, self.mapper.class_.__name__
            raise exc.ArgumentError(
                f"For {kind} relationship {self}, delete-orphan cascade is normally configured "
                'only on the "one" side of a one-to-many relationship, and not on the "many" side '
                "of a many-to-one or many-to-many relationship.  To force this relationship to "
                f'allow a particular "{target}" object to be referenced by only a single '
                f'"{parent}" object at a time via the {self} relationship, which would allow '
                "delete-orphan cascade to take place in this direction, set the "
                "single_parent=True flag.",
                code="bbf0",
            )
        if self.passive_deletes == "all" and (cascade.delete or cascade.delete_orphan):
            raise exc.ArgumentError(
                f"On {self}, can't set passive_deletes='all' in conjunction with 'delete' or "
                "'delete-orphan' cascade"
            )
        if cascade.delete_orphan:
            orphans = self.mapper._delete_orphans
            if (self.key, self.parent.class_) not in orphans:
                orphans.append((self.key, self.parent.class_))

    # -- the other side

    def _make_backref(self) -> None:
        if self.backref is not None and not self.back_populates:
            key, options = self.backref, {}
            if not isinstance(key, str):
                key, options = key
            self._make_backref_property(key, dict(options))
        if self.back_populates:
            self._add_reverse_property(self.back_populates)

    def _make_backref_property(self, key: str, options: dict[str, Any]) -> None:
        mapper = self.mapper
        if key in mapper._props:
            raise exc.ArgumentError(
                f"Error creating backref '{key}' on relationship '{self}': property of that name "
                f"exists on mapper '{mapper}'"
            )
        if self.secondary is not None:
            primaryjoin = options.pop("primaryjoin", self.secondaryjoin)
            secondaryjoin = options.pop("secondaryjoin", self.primaryjoin)
        else:
            primaryjoin = options.pop("primaryjoin", self._join_condition.reversed())
            secondaryjoin = options.pop("secondaryjoin", None)
            if secondaryjoin is not None:
                raise exc.InvalidRequestError(
                    "Can't assign 'secondaryjoin' on a backref against a non-secondary "
                    "relationship."
                )
        foreign_keys = options.pop("foreign_keys", self._foreign_keys or None)
        options.setdefault("viewonly", self.viewonly)
        options.setdefault("post_update", self.post_update)
        options.setdefault("passive_updates", self.passive_updates)
        options.setdefault("sync_backref", self.sync_backref)
        self.back_populates = key
        prop = type(self)(
            self.parent.class_,
            self.secondary,
            primaryjoin=primaryjoin,
            secondaryjoin=secondaryjoin,
            foreign_keys=foreign_keys,
            back_populates=self.key,
            **options,
        )
        mapper._warn_of_replacing(key, prop)
        mapper._configure_property(key, prop)
        if not prop._configured:
            prop._configure()

    def _add_reverse_property(self, key: str) -> None:
        other = self.mapper.get_property(key, _configure_mappers=False)
        if not isinstance(other, RelationshipProperty):
            raise exc.InvalidRequestError(
                f"back_populates on relationship '{self}' refers to attribute '{other}' that is "
                "not a relationship.  The back_populates parameter should refer to the name of a "
                "relationship on the target class."
            )
        if self.viewonly and other.sync_backref:
            raise exc.InvalidRequestError(
                f"Relationship {other} cannot specify sync_backref=True since {self} includes "
                "viewonly=True."
            )
        self._reverse_property.add(other)
        other._reverse_property.add(self)
        other._resolve_target()
        if not other.mapper.common_parent(self.parent):
            raise exc.ArgumentError(
                f"reverse_property {key!r} on relationship {self} references relationship "
                f"{other}, which does not reference mapper {self.parent}"
            )
        if (
            other._configured
            and self.direction in (ONETOMANY, MANYTOONE)
            and self.direction is other.direction
        ):
            raise exc.ArgumentError(
                f"{other} and back-reference {self} are both of the same direction "
                f"{self.direction!r}.  Did you mean to set remote_side on the many-to-one side ?"
            )
        if other._configured and other.back_populates == self.key:
            # Whether it keeps this side in step may have changed.
            other._update_core()

    def _warn_for_overlaps(self) -> None:
        """Two relationships that write the same column, without knowing of each other."""
        if self.viewonly:
            return
        for source, target in (*self.synchronize_pairs, *self.secondary_synchronize_pairs):
            writers = self.parent.registry._column_writers.setdefault(target, {})
            conflicts = [
                (other, other_source)
                for other, other_source in writers.items()
                if other is not self
                and other not in self._reverse_property
                and other.key not in self._overlaps
                and self.key not in other._overlaps
                and "__*" not in self._overlaps | other._overlaps
                and (self.key != other.key or not self.parent.common_parent(other.parent))
                and not any(
                    end.is_sibling(other_end)
                    for end in (self.parent, self.mapper)
                    for other_end in (other.parent, other.mapper)
                )
            ]
            writers[self] = source
            if conflicts:
                self._warn_for_overlap(source, target, conflicts)

    def _warn_for_overlap(
        self, source: Any, target: Any, conflicts: list[tuple[RelationshipProperty, Any]]
    ) -> None:
        others = ", ".join(
            sorted(
                f"'{other}' (copies {other_source} to {target})"
                for other, other_source in conflicts
            )
        )
        silence = ",".join(sorted(other.key for other, _ in conflicts))
        warn(
            f"relationship '{self}' will copy column {source} to column {target}, which conflicts "
            f"with relationship(s): {others}. If this is not the intention, consider if these "
            "relationships should be linked with back_populates, or if viewonly=True should be "
            "applied to one or more if they are read-only. For the less common case that foreign "
            "key constraints are partially overlapping, the orm.foreign() annotation can be used "
            "to isolate the columns that should be written towards.   To silence this warning, "
            f"add the parameter 'overlaps=\"{silence}\"' to the '{self}' relationship.",
            code="qzyx",
        )

    # -- expressions

    def _make_comparator(self, attr: QueryableAttribute[Any]) -> Any:
        self.parent._check_configure()
        made = self.comparator_factory(self, attr._parententity)
        if isinstance(made, RelationshipComparator):
            made._own_attribute = attr
            made._of_type, made._extra_criteria = attr._of_type, attr._extra_criteria
        return made

    def _create_joins(
        self,
        source_selectable: Any = None,
        dest_selectable: Any = None,
        of_type_mapper: Any = None,
        alias_secondary: bool = False,
        extra_criteria: Iterable[Any] = (),
    ) -> tuple[Any, Any, Any, Any, Any]:
        """The ON clauses between a source and a destination, both possibly aliases.

        Returns primaryjoin, secondaryjoin, secondary, source, destination. None for a
        selectable means the mapper's table; a self-referential destination is then aliased.
        """
        from .joining import adapt_to

        aliased = alias_secondary and self.secondary is not None
        if dest_selectable is None:
            dest_selectable = self.entity.selectable
            if self._is_self_referential and source_selectable is None:
                dest_selectable = dest_selectable._anonymous_fromclause()
                aliased = True
        elif dest_selectable is not self.entity.selectable:
            aliased = True
        secondary = self.secondary
        if secondary is not None and aliased:
            secondary = secondary._anonymous_fromclause(flat=True)
        near, far = source_selectable, None
        if near is not None and near._is_from_clause:
            near = FromAdapter(self.parent, near)
        if dest_selectable is not self.entity.persist_selectable:
            far = FromAdapter(self.mapper, dest_selectable)
        primary, second = self._join_condition.join_targets(
            near,
            far,
            secondary if secondary is not self.secondary else None,
        )
        renamed = aliased or near is not None
        single = single_table_criterion(of_type_mapper or self.mapper, dest_selectable, renamed)
        if single is not None:
            extra_criteria = (single, *extra_criteria)
        for criterion in extra_criteria:
            if second is not None:
                if secondary is not self.secondary:
                    criterion = adapt_to(secondary, criterion)
                second = second & criterion
            else:
                primary = primary & criterion
        if source_selectable is None:
            source_selectable = self.parent.local_table
        return primary, second, secondary, source_selectable, dest_selectable

    def _lazy_clause(self, reverse: bool = False) -> tuple[Any, list[Any]]:
        """The criterion that finds the related objects of one object: see JoinCondition."""
        return self._join_condition.lazy_clause(reverse)

    def _with_parent(
        self, instance: Any, alias_secondary: bool = True, from_entity: Any = None
    ) -> Any:
        """The criterion that the far side belongs to `instance`."""
        from .relationship_comparator import compare_to_instance

        if instance is None:
            raise exc.ArgumentError("with_parent() needs an object")
        return compare_to_instance(
            self, instance, reverse=False, adapt=from_entity, alias_secondary=alias_secondary
        )


class Relationship(RelationshipProperty, Mapped[_T]):
    """A relationship in a declarative class body."""


class _RelationshipDeclared(Relationship[_T], WriteOnlyMapped[_T], DynamicMapped[_T]):  # type: ignore[misc]
    """What `relationship` gives: it may be annotated as any kind of attribute."""


def backref(name: str, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    """Name and options of the other side, for ``relationship(backref=…)``."""
    return (name, kwargs)
