"""Going through a SQL construct: reading it, copying it, replacing parts of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .._late import late_names
from .base import ClauseElement, Visitable
from .names import VISIT

__all__ = [
    "ClauseElement",
    "ClauseVisitor",
    "CloningExternalTraversal",
    "CloningVisitor",
    "ExternalTraversal",
    "ExternallyTraversible",
    "InternalTraversal",
    "ReplacingCloningVisitor",
    "ReplacingExternalTraversal",
    "Visitable",
    "cloned_traverse",
    "iterate",
    "replaced",
    "replacement_traverse",
    "traverse",
    "traverse_using",
]

ExternallyTraversible = ClauseElement  # as SQLAlchemy calls what visitors go through

if TYPE_CHECKING:
    from typing import Self

    from .described import InternalTraversal as InternalTraversal
else:
    __getattr__ = late_names(__name__, {".described": "InternalTraversal"})

_Visitors = Mapping[str, Callable[[Any], None]]


def iterate(obj: Any, opts: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Every construct within ``obj``, itself first, level by level."""
    if obj is None:
        return
    yield obj
    todo = deque([obj])
    while todo:
        for child in todo.popleft().get_children():
            yield child
            todo.append(child)


def traverse_using(iterator: Iterable[Any], obj: Any, visitors: _Visitors) -> Any:
    """Call the visitor named by each construct's ``__visit_name__``."""
    for target in iterator:
        visit = visitors.get(target.__visit_name__)
        if visit is not None:
            visit(target)
    return obj


def traverse(obj: Any, opts: Mapping[str, Any] | None, visitors: _Visitors) -> Any:
    """Visit ``obj`` and all within it."""
    return traverse_using(iterate(obj), obj, visitors)


class _Copier:
    """Copies a construct, sharing with the original all that need not change.

    A column of a derived table follows its table: when the table has been copied, the
    column becomes that of the copy.
    """

    def __init__(
        self,
        replace: Callable[[Any], Any] | None,
        visitors: _Visitors,
        into_derived: bool = True,
        into_marked: int = 0,
    ) -> None:
        self.replace = replace
        self.visitors = visitors
        self.into_derived = into_derived
        #: how deep to replace within what is marked as about tables of its own
        self.into_marked = into_marked
        # by id; the element is kept, so that its id stays its own
        self.done: dict[int, tuple[Any, Any]] = {}

    def copy(self, element: Any) -> Any:
        key = id(element)
        known = self.done.get(key)
        if known is not None:
            return known[1]
        made = self._copy(element)
        self.done[key] = (element, made)
        return made

    def _copy(self, element: Any) -> Any:
        if self.replace is None or "no_replacement_traverse" not in element._annotations:
            return self._copy_or_replace(element)
        if not self.into_marked:
            return element
        self.into_marked -= 1
        try:
            return self._copy_or_replace(element)
        finally:
            self.into_marked += 1

    def _copy_or_replace(self, element: Any) -> Any:
        if self.replace is not None:
            new = self.replace(element)
            if new is not None:
                return new
            if element._is_alias and not self.into_derived:
                return element  # a derived table is a thing of its own
        if element._immutable:
            return element
        visit = self.visitors.get(element.__visit_name__)
        if visit is None and element.__visit_name__ == "column":
            return self._follow(element)
        changed = False

        def clone(child: Any) -> Any:
            nonlocal changed
            new = self.copy(child)
            if new is not child:
                changed = True
            return new

        copy = element._clone()
        copy._copy_internals(clone)
        if visit is None and not changed:
            return element
        if visit is not None:
            visit(copy)
        return copy

    def _follow(self, column: Any) -> Any:
        table = column.table
        if table is None or not self.into_derived:
            return column
        new = self.copy(table)
        if new is table:
            return column
        place = table.c._position(column)
        if place is None:
            return column
        made = new.c[place]
        return made._annotate(column._annotations) if column._is_annotated else made


def cloned_traverse(obj: Any, opts: Mapping[str, Any] | None, visitors: _Visitors) -> Any:
    """A copy of ``obj`` in which the constructs that a visitor names are copies given to
    that visitor. Tables and their columns are what a construct is about: not copied.
    ``opts["stop_on"]``: constructs to leave as they are."""
    if obj is None:
        return None
    copier = _Copier(None, visitors)
    for element in (opts or {}).get("stop_on", ()):
        copier.done[id(element)] = (element, element)
    return copier.copy(obj)


def replacement_traverse(
    obj: Any, opts: Mapping[str, Any] | None, replace: Callable[[Any], Any]
) -> Any:
    """A copy of ``obj`` in which each construct that ``replace`` answers with something
    other than None has become that answer."""
    return None if obj is None else _Copier(replace, {}).copy(obj)


def replaced(obj: Any, replace: Callable[[Any], Any], into_marked: int = 0) -> Any:
    """As replacement_traverse(); derived tables are replaced whole or not at all. `into_marked`:
    how deep to go into what any() and has() are given."""
    return None if obj is None else _Copier(replace, {}, False, into_marked).copy(obj)


class ExternalTraversal:
    """Visits constructs with its methods ``visit_<name>``."""

    __traverse_options__: Mapping[str, Any] = {}
    _next: ExternalTraversal | None = None

    def traverse_single(self, obj: Any, **kw: Any) -> Any:
        """Visit one construct with the first visitor of the chain that has a method for it."""
        for visitor in self.visitor_iterator:
            method = getattr(visitor, VISIT[obj.__visit_name__], None)
            if method is not None:
                return method(obj, **kw)
        return None

    def iterate(self, obj: Any) -> Iterator[Any]:
        """Every construct within ``obj``."""
        return iterate(obj, self.__traverse_options__)

    def traverse(self, obj: Any) -> Any:
        """Visit ``obj`` and all within it."""
        return traverse(obj, self.__traverse_options__, self._visitor_dict)

    @property
    def _visitor_dict(self) -> dict[str, Callable[[Any], None]]:
        return {name[6:]: getattr(self, name) for name in dir(self) if name.startswith("visit_")}

    @property
    def visitor_iterator(self) -> Iterator[ExternalTraversal]:
        """This visitor and those chained to it."""
        visitor: ExternalTraversal | None = self
        while visitor is not None:
            yield visitor
            visitor = visitor._next

    def chain(self, visitor: ExternalTraversal) -> Self:
        """Let another visitor follow after the last one."""
        *_, last = self.visitor_iterator
        last._next = visitor
        return self


class CloningExternalTraversal(ExternalTraversal):
    """Visits the constructs of a copy."""

    def copy_and_process(self, list_: Iterable[Any]) -> list[Any]:
        """traverse() of each."""
        return [self.traverse(x) for x in list_]

    def traverse(self, obj: Any) -> Any:
        """A copy of ``obj``, of which what has a visitor was visited."""
        return cloned_traverse(obj, self.__traverse_options__, self._visitor_dict)


class ReplacingExternalTraversal(CloningExternalTraversal):
    """Makes copies in which some constructs are replaced."""

    def replace(self, elem: Any) -> Any:
        """What takes the place of a construct, or None."""
        return None

    def traverse(self, obj: Any) -> Any:
        """A copy of ``obj`` with constructs replaced."""

        def replace(element: Any) -> Any:
            for visitor in self.visitor_iterator:
                found = visitor.replace(element)  # type: ignore[attr-defined]
                if found is not None:
                    return found
            return None

        return replacement_traverse(obj, self.__traverse_options__, replace)


ClauseVisitor = ExternalTraversal
CloningVisitor = CloningExternalTraversal
ReplacingCloningVisitor = ReplacingExternalTraversal
