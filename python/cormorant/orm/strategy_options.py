"""Loader options: what to load along with an entity, and how.

An option is a list of *elements*.  An element names one attribute by its path
from a root entity -- ``(User, User.posts, Post, Post.tags)`` -- or all attributes
of a kind there (``relationship:*``), and says how to load it.  A compile turns the
options of a statement into one dictionary, path -> element, in which
:mod:`cormorant.orm.context` looks up each attribute it comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from .. import exc as sa_exc
from ..inspection import inspect
from ..sql.base import KeyContext, key_of_all
from ..util import warn_deprecated
from .attributes import QueryableAttribute
from .base import pickled_part, unpickled_part
from .exc import LoaderStrategyException
from .interfaces import LoaderOption, ORMOption
from .loader_criteria import LoaderCriteriaOption, without_criteria
from .proxied import ProxiedAttribute
from .relationships import RelationshipProperty

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    _Attribute: TypeAlias = Literal["*"] | QueryableAttribute[Any]

Path = tuple[Any, ...]

RELATIONSHIP_WILDCARD = "relationship:*"
COLUMN_WILDCARD = "column:*"
POLYMORPHIC = "subclasses"

#: strategy -> the words SQLAlchemy users know it by, for errors
_STRATEGY_NAMES = {
    "joined": "joined loader",
    "contains_eager": "joined loader",
    "selectin": "select in loader",
    "subquery": "subquery loader",
    "select": "lazy loader",
    "raise": "lazy loader",
    "raise_on_sql": "lazy loader",
    "noload": "no loader",
    "immediate": "immediate loader",
    "defer": "deferred column loader",
    "undefer": "column loader",
    "query_expression": "expression column loader",
}
_COLUMN_STRATEGIES = frozenset(["defer", "undefer", "undefer_group", "query_expression"])


class UserDefinedOption(ORMOption):
    """An option of the user's own, carried by the statement and otherwise ignored."""

    propagate_to_loaders = False
    """Whether the loads of what the statement's objects refer to have the option, too."""

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        # what objects remember comes with the plan of their statement
        return (self,) if self.propagate_to_loaders else ()


class LoadElement:
    """How one attribute (or all attributes of a kind) at one path is loaded."""

    __slots__ = ("criteria", "opts", "path", "strategy", "target")

    def __init__(
        self,
        path: Path,
        strategy: str | None,
        opts: tuple[tuple[str, Any], ...] = (),
        target: Any = None,
        criteria: tuple[Any, ...] = (),
    ) -> None:
        self.path = path
        self.strategy = strategy
        self.opts = opts
        #: the aliased entity of ``of_type()``, or of ``contains_eager(alias=)``
        self.target = target
        #: what ``User.posts.and_(…)`` adds to the join
        self.criteria = criteria

    def __reduce__(self) -> tuple[Any, ...]:
        path = tuple(map(pickled_part, self.path))
        target = None if self.target is None else pickled_part(self.target)
        return _unpickled_element, (path, self.strategy, self.opts, target, self.criteria)

    def opt(self, name: str, default: Any = None) -> Any:
        for key, value in self.opts:
            if key == name:
                return value
        return default

    def names_alias(self) -> bool:
        """True if the key depends on the numbering of aliases in the statement."""
        parts = self.path if self.target is None else (*self.path, self.target)
        return bool(self.criteria) or any(getattr(p, "is_aliased_class", False) for p in parts)

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        criteria = key_of_all(self.criteria, ctx)
        path = tuple(
            part._cache_key(ctx) if getattr(part, "is_aliased_class", False) else part
            for part in self.path
        )
        target = self.target
        if target is not None and target.is_aliased_class:
            target = target._cache_key(ctx)
        return (path, self.strategy, self.opts, target, criteria)

    def _same(self, other: LoadElement) -> bool:
        return self.strategy == other.strategy and self.opts == other.opts

    def __repr__(self) -> str:
        return f"LoadElement({path_text(self.path)}, {self.strategy})"


def criteria_binds(criteria: Iterable[Any]) -> tuple[Any, ...]:
    """The parameters in criteria of options, each once: their values are no part of the
    options' keys."""
    ctx = KeyContext()
    for criterion in criteria:
        criterion._cache_key(ctx)
    return tuple(ctx)


def path_text(path: Path) -> str:
    """The path as SQLAlchemy writes it in messages."""
    return f"ORM Path[{' -> '.join(str(part) for part in path)}]"


def _recursion(depth: int | None) -> tuple[tuple[str, Any], ...]:
    """The options of an element whose attribute is loaded `depth` levels further."""
    return () if depth is None else (("recursion_depth", depth),)


def _parts(attr: Any) -> Sequence[Any]:
    """The attribute, or those that a composite is made of."""
    if getattr(attr, "_is_composite", False):
        return attr.comparator.attributes  # type: ignore[no-any-return]
    return (attr,)


def _unpickled_element(path: Path, strategy: Any, opts: Any, target: Any, criteria: Any) -> Any:
    path = tuple(map(unpickled_part, path))
    return LoadElement(path, strategy, opts, target and unpickled_part(target), criteria)


class Load(LoaderOption):
    """Loader options for one root entity: ``Load(User).joinedload(User.posts)``.

    The functions of this module (:func:`joinedload` and so on) make one without
    naming the root; each method returns a new object for the path it leads to.
    """

    __slots__ = ("_elements", "_key", "_path", "_strict")

    _path: Path
    _elements: tuple[LoadElement, ...]
    _strict: bool

    def __init__(self, entity: Any) -> None:
        self._path = (_rooted(inspect(entity)),)
        self._elements = ()
        self._strict = True
        self._key: tuple[Any, ...] | None = None

    @classmethod
    def _rootless(cls) -> Self:
        self = cls.__new__(cls)
        self._path = ()
        self._elements = ()
        self._strict = True
        self._key = None
        return self

    def _extended(self, path: Path, elements: Iterable[LoadElement]) -> Self:
        new = self.__class__.__new__(self.__class__)
        new._path = path
        new._elements = self._elements + tuple(elements)
        new._strict = self._strict
        new._key = None
        return new

    def __getstate__(self) -> tuple[Any, ...]:
        return tuple(map(pickled_part, self._path)), self._elements, self._strict

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        path, self._elements, self._strict = state
        self._path = tuple(map(unpickled_part, path))
        self._key = None

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        key = self._key
        if key is None:
            size = len(ctx.memo)
            key = (self._strict, *[element._cache_key(ctx) for element in self._elements])
            # Without aliases it is the same in every statement.
            if len(ctx.memo) == size and not any(e.names_alias() for e in self._elements):
                self._key = key
        return key

    # -- building ------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The way to the entity whose attributes it is about: mappers (or inspected aliases),
        with the relationships between them."""
        return self._path

    def _entity_path(self) -> Path:
        """The path without the wildcard that came last."""
        path = self._path
        return path[:-1] if path and isinstance(path[-1], str) else path

    def _attribute(self, attr: Any) -> Any:
        if isinstance(attr, str):
            raise sa_exc.ArgumentError(
                "Strings are not accepted for attribute names in loader options; please use "
                "class-bound attributes directly."
            )
        if isinstance(attr, ProxiedAttribute):
            # a hybrid may stand for a relationship; one of a column is not loaded
            attr = getattr(attr.comparator, "expression", None)
            if not isinstance(getattr(attr, "property", None), RelationshipProperty):
                raise _not_mapped()
        if not isinstance(attr, QueryableAttribute):
            raise _not_mapped()
        return attr

    def _start(self, attr: Any) -> Path:
        """The entity path that `attr` continues; an error if it does not belong there."""
        parent = _rooted(attr.parent)
        path = self._path
        if not path:
            return (parent,)
        if isinstance(path[-1], str):
            raise sa_exc.ArgumentError("Wildcard token cannot be followed by another entity")
        if not _continues(path[-1], parent):
            raise _does_not_link(attr, path)
        return path

    def _apply(
        self,
        attr: Any,
        strategy: str | None,
        opts: tuple[tuple[str, Any], ...] = (),
        alias: Any = None,
    ) -> Self:
        if isinstance(attr, str) and attr == "*":
            path = self._entity_path()
            if strategy in _COLUMN_STRATEGIES:
                return self._extended(path, [LoadElement((*path, COLUMN_WILDCARD), strategy, opts)])
            path = (*path, RELATIONSHIP_WILDCARD)
            return self._extended(path, [LoadElement(path, strategy, opts)])
        attr = self._attribute(attr)
        start = self._start(attr)
        prop = attr.property
        is_relationship = isinstance(prop, RelationshipProperty)
        if not is_relationship:
            return self._extended(start, [LoadElement((*start, prop), strategy, opts)])
        target = None
        of_type = attr._of_type
        if alias is not None:
            target = _read_from(prop, alias)
        elif of_type is not None:
            target = _loaded_as(prop, of_type, strategy == "contains_eager")
        entity = target if target is not None and alias is None else prop.entity
        criteria = tuple(attr._extra_criteria)
        element = LoadElement((*start, prop), strategy, opts, target, criteria)
        return self._extended((*start, prop, entity), [element])

    # -- relationships -------------------------------------------------------

    def joinedload(self, attr: _Attribute, innerjoin: bool | str | None = None) -> Self:
        """Load `attr` in the same statement, through a JOIN."""
        opts = () if innerjoin is None else (("innerjoin", innerjoin),)
        return self._apply(attr, "joined", opts)

    def selectinload(self, attr: _Attribute, recursion_depth: int | None = None) -> Self:
        """Load `attr` for all results with a second statement, by ``IN``."""
        return self._apply(attr, "selectin", _recursion(recursion_depth))

    def subqueryload(self, attr: _Attribute) -> Self:
        """Load `attr` for all results with the original statement as a subquery."""
        return self._apply(attr, "subquery")

    def lazyload(self, attr: _Attribute) -> Self:
        """Load `attr` when it is first read."""
        return self._apply(attr, "select")

    def immediateload(self, attr: _Attribute, recursion_depth: int | None = None) -> Self:
        """Load `attr` after the results, one statement for each object."""
        return self._apply(attr, "immediate", _recursion(recursion_depth))

    def noload(self, attr: _Attribute) -> Self:
        """Leave `attr` empty."""
        return self._apply(attr, "noload")

    def raiseload(self, attr: _Attribute, sql_only: bool = False) -> Self:
        """Make reading `attr` an error (with `sql_only`: when it would emit SQL)."""
        return self._apply(attr, "raise_on_sql" if sql_only else "raise")

    def defaultload(self, attr: _Attribute) -> Self:
        """Leave the loading of `attr` as it is; for options that follow."""
        return self._apply(attr, None)

    def contains_eager(self, attr: _Attribute, alias: Any = None, _is_chain: bool = False) -> Self:
        """Fill `attr` from columns that the statement's own JOIN provides."""
        opts = () if alias is None else (("renamed", True),)
        return self._apply(attr, "contains_eager", opts, alias)

    def selectin_polymorphic(self, classes: Iterable[Any]) -> Self:
        """Load what these subclasses have besides, for the objects that are of them, with a
        statement each."""
        mappers = tuple(inspect(cls).mapper for cls in classes)
        element = LoadElement(
            (*self._entity_path(), POLYMORPHIC), "selectin_polymorphic", (("classes", mappers),)
        )
        return self._extended(self._entity_path(), [element])

    # -- columns -------------------------------------------------------------

    def load_only(self, *attrs: _Attribute, raiseload: bool = False) -> Self:
        """Load these columns and the primary key; defer the others."""
        if not attrs:
            return self
        if not self._path:
            first = _parts(attrs[0])[0]
            if not isinstance(first, QueryableAttribute):
                raise _not_mapped()
            self = type(self)(first.parent)
        new = self
        for attr in attrs:
            if isinstance(attr, str) and attr == "*":
                continue
            for part in _parts(attr):
                parent = self._attribute(part).parent
                if attr is not attrs[0] and not _continues(self._path[-1], _rooted(parent)):
                    raise _many_entities()
                new = new._extended(self._path, new._apply(part, "undefer")._elements[-1:])
        opts: tuple[tuple[str, Any], ...] = (("raiseload", True),) if raiseload else ()
        return new._apply("*", "defer", opts)

    def defer(self, key: _Attribute, raiseload: bool = False) -> Self:
        """Load this column when it is first read."""
        return self._for_columns(key, "defer", (("raiseload", True),) if raiseload else ())

    def undefer(self, key: _Attribute) -> Self:
        """Load this column at once although it is mapped as deferred."""
        return self._for_columns(key, "undefer")

    def _for_columns(self, key: Any, strategy: str, opts: tuple[tuple[str, Any], ...] = ()) -> Self:
        parts = _parts(key)
        if len(parts) == 1:
            return self._apply(parts[0], strategy, opts)
        new = self
        for part in parts:
            new = new._extended(self._path, self._apply(part, strategy, opts)._elements[-1:])
        return new

    def undefer_group(self, name: str) -> Self:
        """Load the deferred columns of a group at once."""
        path = self._entity_path()
        token = f"column:group:{name}"
        return self._extended(
            path, [LoadElement((*path, token), "undefer_group", (("name", name),))]
        )

    def with_expression(self, key: Any, expression: Any) -> Self:
        """Load this column attribute from an SQL expression: see `query_expression()`."""
        from ..sql import coercions
        from .properties import labelled

        expression = coercions.expect_expr(expression)
        if not expression._is_column:
            raise sa_exc.ArgumentError(
                f"Column expression expected for with_expression(), got {expression!r}"
            )
        expression = labelled(without_criteria(expression))
        load = self._apply(key, "query_expression")
        element = load._elements[-1]
        element.criteria = (expression,)
        return load

    def options(self, *opts: Load) -> Self:
        """Apply several options from this path on."""
        elements: list[LoadElement] = []
        here = self._entity_path()
        for opt in opts:
            if isinstance(opt, LoaderCriteriaOption):
                raise sa_exc.ArgumentError(
                    f"Loader option {opt} is not compatible with the Load.options() method."
                )
            if not isinstance(opt, Load):
                raise sa_exc.ArgumentError(f"Loader option expected, got {opt!r}.")
            named = [
                mapper
                for element in (*self._elements, *elements)
                if element.path == (*here, POLYMORPHIC)
                for mapper in element.opt("classes")
            ]
            elements += [_moved(here, element, named) for element in opt._elements]
        return self._extended(here, elements)


def _moved(here: Path, element: LoadElement, named: Sequence[Any]) -> LoadElement:
    """An element of a rootless option, placed at this path."""
    path = element.path
    if not isinstance(path[0], str) and here:
        continued = _continues(here[-1], path[0])
        if not continued and not any(_continues(mapper, path[0]) for mapper in named):
            of_columns = isinstance(path[1], str) or element.strategy in _COLUMN_STRATEGIES
            raise _does_not_link(path[0] if of_columns else path[1], here)
        path = path[1:]
    return LoadElement(
        here + path, element.strategy, element.opts, element.target, element.criteria
    )


_AbstractLoad = Load


def _loaded_as(prop: Any, entity: Any, joined: bool) -> Any:
    """What ``of_type(Subclass)`` of a relationship loads: its class, with the columns of the
    subclass; `joined`: from the join of the statement itself."""
    if entity.is_aliased_class or entity is prop.entity:
        return entity
    if not joined:
        return _of_classes(prop, (entity,), aliased=True)
    bases = [base for base in entity.iterate_to_root() if not prop.mapper.isa(base)]
    return _of_classes(prop, tuple(reversed(bases)), selectable=entity.selectable)


def _of_classes(prop: Any, mappers: tuple[Any, ...], **how: Any) -> Any:
    """The class of a relationship with the columns of subclasses: the same one for the same."""
    made = prop.__dict__.setdefault("_of_type_entities", {})
    key = (mappers, *how)
    found = made.get(key)
    if found is None:
        from .util import with_polymorphic

        found = made[key] = inspect(with_polymorphic(prop.mapper, mappers, **how))
        found._implicit = mappers
    return found


def combined(elements: list[LoadElement]) -> list[LoadElement]:
    """The options of a statement, of which several may name subclasses that one relationship
    leads to: all of these are loaded."""
    targets: dict[Path, list[LoadElement]] = {}
    for element in elements:
        if element.target is not None and not element.opt("renamed"):
            found = targets.setdefault(element.path, [])
            if all(element.target is not other.target for other in found):
                found.append(element)
    made: dict[tuple[Path, int], Any] = {}
    for path, found in targets.items():
        if len(found) > 1:
            entity = _combined_target(path, found)
            made.update({(path, id(element.target)): entity for element in found})
    return [_with_targets(element, made) for element in elements] if made else elements


def _combined_target(path: Path, found: list[LoadElement]) -> Any:
    first, second = found[0], found[1]
    if not all(element.target._with_polymorphic for element in found):
        raise sa_exc.InvalidRequestError(
            f"Can't combine of_type() targets {first.target} and {second.target} along the "
            f"relationship {path[-1]} in the same query.  To load multiple subclasses along a "
            "single relationship, use a single with_polymorphic() object that includes all of "
            "the target classes."
        )
    strategies = {element.strategy for element in found} - {None}
    if len(strategies) > 1 or "contains_eager" in strategies:
        text = path_text((*path, *second.target._implicit))
        raise sa_exc.InvalidRequestError(f"Loader strategies for {text} conflict")
    mappers = dict.fromkeys(m for element in found for m in element.target._with_polymorphic)
    mappers.pop(path[-1].mapper, None)
    return _of_classes(path[-1], tuple(mappers), flat=True)


def _with_targets(element: LoadElement, made: dict[tuple[Path, int], Any]) -> LoadElement:
    """An element with other entities in its path, and another target."""
    path = element.path
    parts = [
        made.get((path[:index], id(part)), part) if index else part
        for index, part in enumerate(path)
    ]
    target = made.get((path, id(element.target)), element.target)
    return LoadElement(tuple(parts), element.strategy, element.opts, target, element.criteria)


def _read_from(prop: Any, alias: Any) -> Any:
    """The alias whose columns stand for a relationship's objects: one of the class, or any FROM
    with its columns."""
    if not getattr(alias, "_is_from_clause", False):
        return inspect(alias)
    from .util import aliased

    return inspect(aliased(prop.mapper.class_, alias))


def _continues(last: Any, parent: Any) -> bool:
    """Whether an attribute of `parent` can follow a path that ends with `last`: with the entity
    itself, a base of it, or what of_type() made of that."""
    if parent is last:
        return True
    if getattr(parent, "is_aliased_class", False):
        return False
    if getattr(last, "is_aliased_class", False):
        mappers = (last.mapper, *last._implicit)
        return bool(last._implicit) and any(mapper.isa(parent) for mapper in mappers)
    isa = getattr(last, "isa", None)
    return bool(isa and isa(parent))


def _rooted(entity: Any) -> Any:
    """The entity of a path for one of a statement: a subclass within an alias is part of that."""
    return entity._root if entity.is_aliased_class else entity


def _same_lineage(entity: Any, parent: Any) -> bool:
    """True if an attribute of `parent` may be reached from `entity` (inheritance)."""
    if getattr(entity, "is_aliased_class", False) or getattr(parent, "is_aliased_class", False):
        return False
    isa = getattr(entity, "isa", None)
    return bool(isa and (isa(parent) or parent.isa(entity)))


def _does_not_link(attr: Any, path: Path) -> sa_exc.ArgumentError:
    if len(path) == 1:
        return sa_exc.ArgumentError(
            f'ORM mapped attribute "{attr}" does not link mapped class "{path[-1]}"'
        )
    prop, entity = path[-2], path[-1]
    given = getattr(entity, "_implicit", ()) or (entity,)
    of_type = "" if entity is prop.mapper else f".of_type({given[0]})"
    advice = ""
    parent = getattr(attr, "parent", attr)
    if not of_type and _is_below(parent, prop.mapper):
        name = parent if parent.is_aliased_class else parent.class_.__name__
        advice = (
            f'  Did you mean to use "{prop}.of_type({name})" or '
            f'"loadopt.options(selectin_polymorphic({prop.mapper.class_.__name__}, [{name}]), '
            '...)" ?'
        )
    return sa_exc.ArgumentError(
        f'ORM mapped entity or attribute "{attr}" does not link from relationship '
        f'"{prop}{of_type}".{advice}'
    )


def _is_below(entity: Any, mapper: Any) -> bool:
    """Whether an entity is of a class that derives from that of a mapper."""
    own = getattr(entity, "mapper", None)
    return own is not None and own is not mapper and own.isa(mapper)


def _not_mapped() -> sa_exc.ArgumentError:
    return sa_exc.ArgumentError("expected ORM mapped attribute for loader strategy argument")


def _many_entities() -> sa_exc.ArgumentError:
    return sa_exc.ArgumentError(
        "Can't apply wildcard ('*') or load_only() loader option to multiple entities in the "
        "same option. Use separate options per entity."
    )


def _check_strategy(element: LoadElement) -> None:
    """Complain about a column strategy for a relationship and the other way round."""
    prop, strategy = element.path[-1], element.strategy
    if strategy is None or isinstance(prop, str):
        return
    is_relationship = isinstance(prop, RelationshipProperty)
    if (strategy in _COLUMN_STRATEGIES) != is_relationship:
        return
    if is_relationship:
        kind, wanted = "relationship", "column property"
    else:
        kind, wanted = "column property", "relationship property"
    words = _STRATEGY_NAMES[strategy]
    raise LoaderStrategyException(kind, prop, wanted, words, (("strategy", strategy),))


# -- module level functions ----------------------------------------------------


def _chained(keys: Sequence[Any], last: Callable[[Load, Any], Load]) -> Load:
    load = Load._rootless()
    for key in keys[:-1]:
        load = load.defaultload(key)
    return last(load, keys[-1])


def joinedload(*keys: _Attribute, innerjoin: bool | str | None = None) -> Load:
    """Load a relationship in the same statement, through a JOIN.

    keys: the relationship attribute; several: a path, of which the last is meant. innerjoin: True
    for an ``INNER JOIN``, "unnested" for one that is not put into parentheses. Returns a loader
    option, which its methods of the same names lead further.
    """
    return _chained(keys, lambda load, key: load.joinedload(key, innerjoin))


def selectinload(*keys: _Attribute, recursion_depth: int | None = None) -> Load:
    """Load a relationship for all results with a second statement, by ``IN``.

    keys: as for joinedload(); recursion_depth: how deep a relationship to the same class is
    followed, -1 without end.
    """
    return _chained(keys, lambda load, key: load.selectinload(key, recursion_depth))


def subqueryload(*keys: _Attribute) -> Load:
    """Load a relationship for all results, the original statement as a subquery.

    keys: as for joinedload().
    """
    return _chained(keys, lambda load, key: load.subqueryload(key))


def lazyload(*keys: _Attribute) -> Load:
    """Load a relationship when it is first read; keys: as for joinedload()."""
    return _chained(keys, lambda load, key: load.lazyload(key))


def immediateload(*keys: _Attribute, recursion_depth: int | None = None) -> Load:
    """Load a relationship after the results, one statement for each object.

    keys: as for joinedload(); recursion_depth: as for selectinload().
    """
    return _chained(keys, lambda load, key: load.immediateload(key, recursion_depth))


def noload(*keys: _Attribute) -> Load:
    """Leave a relationship empty; keys: as for joinedload()."""
    return _chained(keys, lambda load, key: load.noload(key))


def raiseload(*keys: _Attribute, sql_only: bool = False) -> Load:
    """Make reading a relationship an error, exc.InvalidRequestError.

    keys: as for joinedload(); sql_only: only if a statement would be emitted.
    """
    return _chained(keys, lambda load, key: load.raiseload(key, sql_only))


def defaultload(*keys: _Attribute) -> Load:
    """Leave the loading of a relationship as it is, for options that follow; keys: as for
    joinedload().
    """
    return _chained(keys, lambda load, key: load.defaultload(key))


def contains_eager(*keys: _Attribute, alias: Any = None) -> Load:
    """Fill a relationship from columns that the statement's own JOIN provides.

    keys: as for joinedload(); alias: the alias that was joined, instead of the class.
    """
    load = Load._rootless()
    for index, key in enumerate(keys):
        load = load.contains_eager(key, alias if index == len(keys) - 1 else None)
    return load


def selectin_polymorphic(base_cls: Any, classes: Iterable[Any]) -> Load:
    """Load what these subclasses of a class have besides, with a statement each."""
    return Load(base_cls).selectin_polymorphic(classes)


def load_only(*attrs: _Attribute, raiseload: bool = False) -> Load:
    """Load these columns (attrs) and the primary key; defer the others.

    raiseload: reading one of those is an error.
    """
    return Load._rootless().load_only(*attrs, raiseload=raiseload)


def defer(key: _Attribute, *addl_attrs: _Attribute, raiseload: bool = False) -> Load:
    """Load this column when it is first read.

    key: the column attribute, or the first one of a path, whose others are addl_attrs; raiseload:
    reading it is an error instead.
    """
    _warn_of_path("defer", addl_attrs)
    return _chained((key, *addl_attrs), lambda load, last: load.defer(last, raiseload))


def undefer(key: _Attribute, *addl_attrs: _Attribute) -> Load:
    """Load this column at once although it is mapped as deferred."""
    _warn_of_path("undefer", addl_attrs)
    return _chained((key, *addl_attrs), lambda load, last: load.undefer(last))


def _warn_of_path(function: str, further: tuple[Any, ...]) -> None:
    if further:
        warn_deprecated(
            f"The *addl_attrs on orm.{function} is deprecated.  Please use method chaining in "
            "conjunction with defaultload() to indicate a path.",
            "1.3",
            stacklevel=4,
        )


def undefer_group(name: str) -> Load:
    """Load the deferred columns of a group at once."""
    return Load._rootless().undefer_group(name)


def with_expression(key: Any, expression: Any) -> Load:
    """Load a column attribute, made by `query_expression()`, from an SQL expression.

    ``select(User).options(with_expression(User.total, func.sum(Item.price)))``
    """
    return Load._rootless().with_expression(key, expression)


def lenient(options: Iterable[Any]) -> tuple[Any, ...]:
    """Options for a statement whose entities have been taken away: what they speak of
    need not be there."""
    made = []
    for option in options:
        if isinstance(option, Load):
            option = option._extended(option._path, ())
            option._strict = False
        made.append(option)
    return tuple(made)
