"""The options of one statement, resolved: what each path is loaded by.

`strategy_options` has what programs write; here it is checked against the entities of a
statement, once, and put into a table that loading asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import exc as sa_exc
from ..sql.elements import BooleanClauseList
from .loader_criteria import LoaderCriteriaOption
from .relationships import RelationshipProperty
from .strategy_options import (
    COLUMN_WILDCARD,
    RELATIONSHIP_WILDCARD,
    Load,
    LoadElement,
    Path,
    UserDefinedOption,
    _check_strategy,
    _same_lineage,
    combined,
    criteria_binds,
    path_text,
)


class LoadTable:
    """The options of one statement, resolved: path -> element.

    Objects loaded by the statement keep it (through :class:`LoadContext`) for their
    lazy loads.  Compared by identity; a cached plan owns its table.

    Criteria have parameters, and each execution its own values of these: what its objects keep
    is a table :meth:`with_binds`.
    """

    __slots__ = ("binds", "criteria", "elements", "groups", "narrows", "others", "paths", "shape")

    def __init__(self) -> None:
        #: the table of the plan, whose criteria these are
        self.shape = self
        #: the parameters of the criteria
        self.binds: Sequence[Any] = ()
        self.elements: dict[Path, LoadElement] = {}
        self.criteria: tuple[LoaderCriteriaOption, ...] = ()
        #: options of the program's own that further loads have, too
        self.others: tuple[UserDefinedOption, ...] = ()
        self.groups: dict[Path, set[str]] = {}
        #: whether some element has criteria
        self.narrows = False
        #: every entity path that has something below it
        self.paths: set[Path] = set()

    def copy(self) -> LoadTable:
        """A table to add to."""
        new = LoadTable()
        new.binds = self.binds
        new.elements = dict(self.elements)
        new.criteria = self.criteria
        new.others = self.others
        new.groups = dict(self.groups)
        new.narrows = self.narrows
        new.paths = set(self.paths)
        return new

    def narrowed(self, entity: Any, criteria: Sequence[Any]) -> LoadTable:
        """The table of what is loaded along `User.posts.and_(…)`: the criteria hold for the
        class that this leads to wherever it comes again further on."""
        if not criteria:
            return self
        new = self.copy()
        option = LoaderCriteriaOption(entity, BooleanClauseList.and_(*criteria))
        new.criteria = (*self.criteria, option)
        return new

    def with_binds(self, binds: Sequence[Any]) -> LoadTable:
        """The table of an execution: `binds` in the places of the plan's."""
        new = LoadTable.__new__(LoadTable)
        for name in LoadTable.__slots__:
            setattr(new, name, getattr(self, name))
        new.binds = binds
        return new

    def values(self) -> list[Any]:
        """The values of the parameters of the criteria."""
        return [bind.effective_value for bind in self.binds]

    def add(self, element: LoadElement) -> None:
        """One more element; InvalidRequestError if its path is already loaded otherwise."""
        path = element.path
        _check_strategy(element)
        if element.strategy == "undefer_group":
            self.groups.setdefault(path[:-1], set()).add(element.opt("name"))
            self._note(path)
            return
        existing = self.elements.get(path)
        if existing is not None:
            wildcard = isinstance(path[-1], str)
            if element.strategy is None:
                return
            if element.strategy == existing.strategy == "query_expression":
                self.elements[path] = element  # the last one holds
                return
            given = element
            if element.target is None and existing.target is not None:
                # the same attribute once more, on the way to another
                renamed = (("renamed", True),) if existing.opt("renamed") else ()
                opts = (*element.opts, *renamed)
                element = LoadElement(
                    path, element.strategy, opts, existing.target, element.criteria
                )
            if existing.strategy is not None and not existing._same(element):
                if wildcard:
                    self.elements[path] = element  # the last one holds
                    return
                raise sa_exc.InvalidRequestError(
                    f"Loader strategies for {path_text(_conflicting(given))} conflict"
                )
        self.elements[path] = element
        if element.criteria:
            self.narrows = True
        self._note(path)

    def _note(self, path: Path) -> None:
        for length in range(len(path)):
            self.paths.add(path[:length])

    def find(self, path: Path, prop: Any, token: str) -> tuple[LoadElement | None, bool]:
        """The element for an attribute of the entity at `path`, and whether it was
        named itself rather than by a wildcard."""
        elements = self.elements
        element = elements.get((*path, prop))
        if element is not None and element.strategy is not None:
            return element, True
        found = elements.get((*path, token))
        if found is not None and path[-1].is_mapper and not path[-1].isa(prop.parent):
            found = None  # what subclasses have is not meant
        found = found or elements.get((token,))
        if found is not None:
            return found, False
        return element, element is not None

    def __bool__(self) -> bool:
        return bool(self.elements or self.groups or self.criteria or self.others)

    def matters_at(self, path: Path) -> bool:
        """True if an object loaded at this entity path must remember the options."""
        if self.others or any(option.propagate for option in self.criteria):
            return True
        return path in self.paths or (() in self.paths and self._has_global())

    def remembered(self) -> LoadTable:
        """What objects remember: criteria that are for the statement alone left out, and what
        only its own FROM can feed."""
        criteria = tuple(option for option in self.criteria if option.propagate)
        elements = {
            path: element
            for path, element in self.elements.items()
            if element.strategy != "contains_eager"
        }
        if len(criteria) == len(self.criteria) and len(elements) == len(self.elements):
            return self
        table = self.copy()
        table.criteria, table.elements = criteria, elements
        return table

    def of_lazy_load(self) -> LoadTable:
        """The table of what is loaded lazily: an option of all attributes is for what the
        statement itself loads."""
        if not self._has_global():
            return self
        new = self.copy()
        for token in (RELATIONSHIP_WILDCARD, COLUMN_WILDCARD):
            new.elements.pop((token,), None)
        return new

    def _has_global(self) -> bool:
        return (RELATIONSHIP_WILDCARD,) in self.elements or (COLUMN_WILDCARD,) in self.elements


def _conflicting(element: LoadElement) -> Path:
    """The path of an option as an error names it: attributes of the classes that define them,
    and what the last one leads to."""
    parts = list(element.path)
    for at in range(0, len(parts) - 1, 2):
        if parts[at].is_mapper or getattr(parts[at], "_implicit", ()):
            parts[at] = parts[at + 1].parent
    path, prop = tuple(parts), parts[-1]
    if element.target is not None:
        return (*path, (getattr(element.target, "_implicit", ()) or (element.target,))[0])
    return (*path, prop.mapper) if isinstance(prop, RelationshipProperty) else path


class LoadContext:
    """What a loaded object remembers of its statement: options and its own path."""

    __slots__ = ("of_row", "path", "table")

    def __init__(self, table: LoadTable, path: Path, of_row: bool = True) -> None:
        #: with the values of the object's execution
        self.table = table
        self.path = path
        #: whether the object has the columns of that statement's row still, without those that
        #: options left out
        self.of_row = of_row

    @property
    def key(self) -> tuple[LoadTable, Path]:
        """What plans of further loads are found by, whatever the values."""
        return self.table.shape, self.path

    def narrows(self, prop: Any) -> bool:
        """Whether the options give conditions to a relationship of the object."""
        element, _ = self.table.find(self.path, prop, RELATIONSHIP_WILDCARD)
        return element is not None and bool(element.criteria)

    def __deepcopy__(self, memo: dict[int, Any]) -> LoadContext:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        elements = [
            (_pack_path(e.path), e.strategy, e.opts)
            for e in self.table.elements.values()
            if not e.criteria and e.target is None
        ]
        groups = [(_pack_path(path), names) for path, names in self.table.groups.items()]
        return _unpack_context, (
            _pack_path(self.path),
            [element for element in elements if element[0] is not None],
            [group for group in groups if group[0] is not None],
        )


def _pack_path(path: Path) -> list[Any] | None:
    """A path as it is pickled: classes and names. None if it goes over an alias."""
    packed: list[Any] = []
    for part in path:
        if isinstance(part, str):
            packed.append(part)
        elif getattr(part, "is_mapper", False):
            packed.append((part.class_,))
        elif hasattr(part, "parent"):
            packed.append((part.parent.class_, part.key))
        else:
            return None
    return packed


def _unpack_path(packed: list[Any]) -> Path:
    path: list[Any] = []
    for part in packed:
        if isinstance(part, str):
            path.append(part)
        else:
            mapper = part[0].__mapper__
            path.append(mapper if len(part) == 1 else mapper.get_property(part[1]))
    return tuple(path)


def _unpack_context(
    packed: list[Any] | None, elements: list[Any], groups: list[Any]
) -> LoadContext | None:
    if packed is None:
        return None
    table = LoadTable()
    for element_path, strategy, opts in elements:
        path = _unpack_path(element_path)
        table.elements[path] = LoadElement(path, strategy, opts)
        table._note(path)
    for group_path, names in groups:
        path = _unpack_path(group_path)
        table.groups[path] = set(names)
        table._note((*path, ""))
    return LoadContext(table, _unpack_path(packed))


def _about(
    roots: Sequence[Any], option: Load, raiseerr: bool, former: Sequence[Any]
) -> Iterator[LoadElement]:
    """The elements of an option that have something to say of the entities."""
    for element in option._elements:
        first = element.path[0]
        if isinstance(first, str) or first in roots:
            yield element
            continue
        moved = _reconcile(element, roots)
        if moved is not None:
            yield moved
            continue
        known = any(e is first or _same_lineage(e, first) for e in former)
        every = isinstance(element.path[-1], str)  # attributes, which may be none
        if raiseerr and option._strict and not known and not every:
            raise _does_not_apply(element.path, (*roots, *former))


def resolve_options(
    options: Sequence[Any],
    roots: Sequence[Any],
    raiseerr: bool = True,
    former: Sequence[Any] = (),
) -> LoadTable | None:
    """The LoadTable of a statement whose entities are `roots`; options of those that it had
    (`former`) are for nothing."""
    table = LoadTable()
    criteria: list[LoaderCriteriaOption] = []
    elements: list[LoadElement] = []
    for option in options:
        if isinstance(option, Load):
            elements += _about(roots, option, raiseerr, former)
        elif isinstance(option, LoaderCriteriaOption):
            criteria.append(option)
    for element in combined(elements):
        table.add(element)
    table.criteria = tuple(criteria)
    table.others = tuple(
        option
        for option in options
        if isinstance(option, UserDefinedOption) and option.propagate_to_loaders
    )
    if not table:
        return None
    table.binds = criteria_binds(_criteria_of(options))
    return table


def _criteria_of(options: Sequence[Any]) -> Iterator[Any]:
    """The criteria in options: of relationships, and of entities."""
    for option in options:
        if isinstance(option, Load):
            for element in option._elements:
                yield from element.criteria
        elif isinstance(option, LoaderCriteriaOption):
            yield from option.criteria()


def values_of_criteria(options: Sequence[Any]) -> tuple[Any, ...]:
    """The values of the parameters in options, as part of a key."""
    return tuple(_value_key(bind) for bind in criteria_binds(_criteria_of(options)))


def _value_key(bind: Any) -> Any:
    value = bind.effective_value
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return (type(value), value)


def _reconcile(element: LoadElement, roots: Sequence[Any]) -> LoadElement | None:
    """An option given for a base class applies to a query of the subclass."""
    first = element.path[0]
    for root in roots:
        if _same_lineage(root, first):
            return LoadElement(
                (root, *element.path[1:]),
                element.strategy,
                element.opts,
                element.target,
                element.criteria,
            )
    return None


def _does_not_apply(path: Sequence[Any], roots: Sequence[Any]) -> sa_exc.ArgumentError:
    first, prop = path[:2]
    if not first.is_aliased_class:
        first = prop.parent  # the class that the attribute is inherited from
    if not roots:
        return sa_exc.ArgumentError(
            "Query has only expression-based entities; attribute loader options for "
            f"{first} can't be applied here."
        )
    names = ", ".join(str(root) for root in roots)
    return sa_exc.ArgumentError(
        f"Mapped class {first} does not apply to any of the root entities in this query, e.g. "
        f"{names}. Please specify the full path from one of the root entities to the target "
        "attribute. "
    )
