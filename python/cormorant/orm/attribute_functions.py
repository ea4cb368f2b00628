"""The functions that make mapped attributes: `mapped_column`, `relationship` and so on.

Each takes the arguments of the attribute, and those of a dataclass field, which mean something
only in a class that is made a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from ..util import warn_deprecated
from .attribute_options import NO_ARG, given_options
from .properties import MappedColumn, MappedSQLExpression, Synonym
from .relationships import _RelationshipDeclared

if TYPE_CHECKING:
    from ..sql.schema_base import SchemaConst
    from .descriptor_props import Composite
    from .interfaces import PropComparator
    from .query import Query

__all__ = [
    "column_property",
    "composite",
    "deferred",
    "dynamic_loader",
    "mapped_column",
    "orm_insert_sentinel",
    "query_expression",
    "relationship",
    "synonym",
]

_T = TypeVar("_T")


def mapped_column(
    __name_pos: Any = None,
    __type_pos: Any = None,
    /,
    *args: Any,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    nullable: bool | Literal[SchemaConst.NULL_UNSPECIFIED] | None = NO_ARG,
    primary_key: bool | None = False,
    deferred: bool = NO_ARG,
    deferred_group: str | None = None,
    deferred_raiseload: bool | None = None,
    use_existing_column: bool = False,
    name: str | None = None,
    type_: Any = None,
    autoincrement: Literal["auto", "ignore_fk"] | bool = "auto",
    doc: str | None = None,
    key: str | None = None,
    index: bool | None = None,
    unique: bool | None = None,
    info: dict[Any, Any] | None = None,
    onupdate: Any = None,
    insert_default: Any = NO_ARG,
    server_default: Any = None,
    server_onupdate: Any = None,
    active_history: bool = False,
    quote: bool | None = None,
    system: bool = False,
    comment: str | None = None,
    sort_order: int = NO_ARG,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
    **kw: Any,
) -> MappedColumn[Any]:
    """A column in a declarative class; its annotation gives type and nullability.

    Arguments are those of `Column`, and: ``deferred``, ``deferred_group`` and
    ``deferred_raiseload`` as for `deferred`; ``active_history`` loads the old value when it is
    replaced; ``sort_order`` orders the columns of the table; ``use_existing_column`` takes the
    column that a class of the same table has already; ``insert_default`` is the default of the
    column where ``default`` is that of the dataclass field.
    """
    given = {
        "init": init,
        "repr": repr,
        "default": default,
        "default_factory": default_factory,
        "compare": compare,
        "kw_only": kw_only,
        "hash": hash,
        "dataclass_metadata": dataclass_metadata,
        "nullable": nullable,
        "deferred": deferred,
        "insert_default": insert_default,
        "sort_order": sort_order,
    }
    return MappedColumn(
        *[item for item in (__name_pos, __type_pos) if item is not None],
        *args,
        **{name: value for name, value in given.items() if value is not NO_ARG},
        primary_key=primary_key,
        deferred_group=deferred_group,
        deferred_raiseload=deferred_raiseload,
        use_existing_column=use_existing_column,
        name=name,
        type_=type_,
        autoincrement=autoincrement,
        doc=doc,
        key=key,
        index=index,
        unique=unique,
        info=info,
        onupdate=onupdate,
        server_default=server_default,
        server_onupdate=server_onupdate,
        active_history=active_history,
        quote=quote,
        system=system,
        comment=comment,
        **kw,
    )


def orm_insert_sentinel(
    name: str | None = None,
    type_: Any = None,
    *,
    default: Any = None,
    omit_from_statements: bool = True,
) -> MappedColumn[Any]:
    """As `insert_sentinel`, in a declarative class body."""
    from ..sql.schema_defaults import _InsertSentinelColumnDefault
    from ..sql.sqltypes import INTEGERTYPE

    return mapped_column(
        name,
        INTEGERTYPE if type_ is None else type_,
        default=_InsertSentinelColumnDefault() if default is None else default,
        nullable=True,  # whatever the annotation says
        _omit_from_statements=omit_from_statements,
        insert_sentinel=True,
    )


def column_property(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    comparator_factory: type[PropComparator] | None = None,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    active_history: bool = False,
    expire_on_flush: bool = True,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
) -> MappedSQLExpression[Any]:
    """An attribute that holds a column or a SQL expression.

    ``full_name = column_property(first + " " + last)``

    column: it; additional_columns: others that have the same value. deferred: load it when it is
    read, with those of the same group; raiseload: never. expire_on_flush: an expression is loaded
    again after a flush. active_history, comparator_factory, info, doc: as for relationship(), and
    so are the arguments of dataclasses: init, repr, default, default_factory, compare, kw_only,
    hash, dataclass_metadata.
    """
    made: MappedSQLExpression[Any] = MappedSQLExpression(
        column,
        *additional_columns,
        group=group,
        deferred=deferred,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
    )
    made._dataclass_options = given_options(
        init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
    )
    for name in ("init", "default", "default_factory", "kw_only"):
        if name in made._dataclass_options:
            warn_deprecated(
                f"The column_property.{name} parameter is deprecated for column_property().  This "
                "parameter applies to a writeable-attribute in a Declarative Dataclasses "
                "configuration only, and column_property() is treated as a read-only attribute in "
                "this context.",
                "2.0.0",
            )
    made._is_read_only = True
    return made


def deferred(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    raiseload: bool = False,
    comparator_factory: type[PropComparator] | None = None,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    active_history: bool = False,
    expire_on_flush: bool = True,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
) -> MappedSQLExpression[Any]:
    """A column attribute that is loaded only when it is first read."""
    made: MappedSQLExpression[Any] = MappedSQLExpression(
        column,
        *additional_columns,
        group=group,
        deferred=True,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
    )
    made._dataclass_options = given_options(
        init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
    )
    return made


def query_expression(
    default_expr: Any = None,
    *,
    repr: bool = NO_ARG,
    compare: bool = NO_ARG,
    expire_on_flush: bool = True,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
) -> MappedSQLExpression[Any]:
    """An attribute whose SQL expression each statement gives, by `with_expression()`.

    `default_expr` is what statements load that give none; without it the attribute is then
    None.
    """
    from ..sql.expression import null

    made: MappedSQLExpression[Any] = MappedSQLExpression(
        null() if default_expr is None else default_expr,
        query_expression=True,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
    )
    made._dataclass_options = given_options(
        False, repr, NO_ARG, NO_ARG, compare, NO_ARG, NO_ARG, NO_ARG
    )
    return made


def synonym(
    name: str,
    *,
    map_column: bool | None = None,
    descriptor: Any = None,
    comparator_factory: type[PropComparator] | None = None,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
) -> Synonym[Any]:
    """Make an attribute another name of a mapped one."""
    made: Synonym[Any] = Synonym(
        name,
        map_column=map_column,
        descriptor=descriptor,
        comparator_factory=comparator_factory,
        info=info,
        doc=doc,
    )
    made._dataclass_options = given_options(
        init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
    )
    return made


@overload
def composite(_class_or_attr: type[_T], *attrs: Any, **kw: Any) -> Composite[_T]: ...
@overload
def composite(_class_or_attr: Any = ..., *attrs: Any, **kw: Any) -> Composite[Any]: ...
def composite(
    _class_or_attr: Any = None,
    *attrs: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    comparator_factory: type[Composite.Comparator] | None = None,
    active_history: bool = False,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
    **__kw: Any,
) -> Composite[Any]:
    """An attribute that shows several columns as one value.

    ``composite(Point, "x", "y")``: a class, whose arguments are the values of the columns, and
    the columns, as ``mapped_column()``, ``Column``, attribute or name. The class of a
    ``Mapped[Point]`` annotation need not be given, nor columns of a dataclass that are as its
    fields say. A class that is no dataclass tells its values by ``__composite_values__()``.
    """
    if __kw:
        raise TypeError(f"unexpected keyword arguments: {sorted(__kw)}")
    from .descriptor_props import Composite

    made: Composite[Any] = Composite(
        _class_or_attr,
        *attrs,
        active_history=active_history,
        deferred=deferred,
        group=group,
        comparator_factory=comparator_factory,
        info=info,
        doc=doc,
    )
    made._dataclass_options = given_options(
        init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
    )
    return made


def relationship(
    argument: Any = None,
    secondary: Any = None,
    *,
    uselist: bool | None = None,
    collection_class: type[Collection[Any]] | Callable[[], Collection[Any]] | None = None,
    primaryjoin: Any = None,
    secondaryjoin: Any = None,
    back_populates: str | None = None,
    order_by: Any = False,
    backref: Any = None,
    overlaps: str | None = None,
    post_update: bool = False,
    cascade: str | Iterable[str] | None = "save-update, merge",
    viewonly: bool = False,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    lazy: Any = "select",
    passive_deletes: Literal["all"] | bool = False,
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
    query_class: type[Query[Any]] | None = None,
    info: dict[Any, Any] | None = None,
    omit_join: Literal[False] | None = None,
    sync_backref: bool | None = None,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
    **kw: Any,
) -> _RelationshipDeclared[Any]:
    """Relate a mapped class to another.

    ``posts = relationship("Post", back_populates="user", order_by="Post.id")``

    * argument: the class, its name or a function that gives it; an annotation such as
      ``Mapped[list[Post]]`` says it as well
    * secondary: the table between two classes of a many-to-many
    * primaryjoin, secondaryjoin: conditions where foreign keys do not say them; foreign_keys,
      remote_side: columns where they do not say enough
    * back_populates names the other side, backref makes it; overlaps: other relationships that
      write the same columns on purpose
    * uselist: False for one object; collection_class: instead of list; order_by: of the collection
    * cascade: "save-update, merge" and of "delete", "delete-orphan", "refresh-expire", "expunge",
      "all"; single_parent: one parent at a time; passive_deletes, passive_updates: the database
      does it
    * lazy: "select" when it is read, "joined", "selectin", "subquery", "immediate", "raise",
      "raise_on_sql", "noload", "dynamic", "write_only"; innerjoin, join_depth, omit_join: of these
    * viewonly: it is not written; post_update: by an UPDATE of its own; sync_backref
    * active_history: load what is replaced; load_on_pending: for objects not flushed yet, too;
      enable_typechecks; comparator_factory; info; query_class of "dynamic"; distinct_target_key of
      "subquery"; kw: `doc`
    * init, repr, compare, hash, kw_only, default, default_factory, dataclass_metadata: of the field
      of a dataclass

    What it says is looked at when mappers are configured: exc.ArgumentError,
    exc.NoForeignKeysError, exc.AmbiguousForeignKeysError and exc.InvalidRequestError come then.
    """
    made: _RelationshipDeclared[Any] = _RelationshipDeclared(
        argument,
        secondary,
        uselist=uselist,
        collection_class=collection_class,
        primaryjoin=primaryjoin,
        secondaryjoin=secondaryjoin,
        back_populates=back_populates,
        order_by=order_by,
        backref=backref,
        overlaps=overlaps,
        post_update=post_update,
        cascade=cascade,
        viewonly=viewonly,
        lazy=lazy,
        passive_deletes=passive_deletes,
        passive_updates=passive_updates,
        active_history=active_history,
        enable_typechecks=enable_typechecks,
        foreign_keys=foreign_keys,
        remote_side=remote_side,
        join_depth=join_depth,
        comparator_factory=comparator_factory,
        single_parent=single_parent,
        innerjoin=innerjoin,
        distinct_target_key=distinct_target_key,
        load_on_pending=load_on_pending,
        query_class=query_class,
        info=info,
        omit_join=omit_join,
        sync_backref=sync_backref,
        **kw,
    )
    made._dataclass_options = given_options(
        init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
    )
    return made


def dynamic_loader(argument: Any = None, **kw: Any) -> _RelationshipDeclared[Any]:
    """A relationship with ``lazy="dynamic"``."""
    return relationship(argument, **{**kw, "lazy": "dynamic"})
