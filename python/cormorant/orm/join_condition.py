"""The join condition of a relationship: found from foreign keys, and what follows from it.

Every column in it is marked by annotation: ``foreign`` (it refers to the other side),
``remote`` (it belongs to the far side) or ``local``. Direction, the columns to copy at flush
and the criteria of loads are read off these marks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from .. import exc
from ..sql import operators, visitors
from ..sql.base import ClauseElement
from ..sql.elements import BindParameter, BooleanClauseList
from ..sql.join_conditions import join_condition
from ..sql.schema import Column
from ..util import warn
from .base import MANYTOMANY, MANYTOONE, ONETOMANY, RelationshipDirection

_Pairs = list[tuple[Any, Any]]


def _is_column(element: Any) -> bool:
    return getattr(element, "_is_column", False) and getattr(element, "table", None) is not None


def foreign(expr: Any) -> Any:
    """Mark a column of a primaryjoin as the one that refers to the other."""
    return _mark(expr, "foreign")


def remote(expr: Any) -> Any:
    """Mark a column of a primaryjoin as belonging to the far side."""
    return _mark(expr, "remote")


def _mark(expr: Any, name: str) -> Any:
    while not isinstance(expr, ClauseElement):
        expr = expr.__clause_element__()
    if isinstance(expr, Column) or _is_column(expr):
        return expr._annotate({name: True})
    return _annotate_where(expr, lambda column: True, name)


def _annotate_where(expr: Any, test: Callable[[Any], bool], name: str) -> Any:
    """A copy of `expr` whose columns that pass the test are marked."""

    def replace(element: Any) -> Any:
        if not _is_column(element):
            return None
        return element._annotate({name: True}) if test(element) else element

    return visitors.replaced(expr, replace)


def columns_of(expr: Any) -> Iterator[Any]:
    """The columns in an expression, in order, each occurrence once."""
    for element in visitors.iterate(expr):
        if _is_column(element):
            yield element


def _has_mark(expr: Any, name: str) -> bool:
    return any(name in column._annotations for column in columns_of(expr))


def _binaries(expr: Any) -> Iterator[Any]:
    for element in visitors.iterate(expr):
        if element.__visit_name__ == "binary":
            yield element


class JoinCondition:
    """Primary and secondary join of one relationship."""

    def __init__(
        self,
        name: str,
        parent_table: Any,
        child_table: Any,
        parent_local_table: Any,
        child_local_table: Any,
        primaryjoin: Any,
        secondary: Any,
        secondaryjoin: Any,
        foreign_keys: Collection[Any],
        remote_side: Collection[Any],
        viewonly: bool,
    ) -> None:
        self.name = name
        self.parent_table = parent_table
        self.child_table = child_table
        self.parent_local_table = parent_local_table
        self.child_local_table = child_local_table
        self.primaryjoin = primaryjoin
        self.secondary = secondary
        self.secondaryjoin = secondaryjoin
        self.foreign_keys = set(foreign_keys)
        self.remote_side = set(remote_side)
        self.viewonly = viewonly
        self.self_referential = parent_table is child_table

        self._determine_joins()
        self._annotate_foreign()
        self._annotate_remote()
        self._annotate_local()
        self._collect_pairs()
        self._check_foreign(self.primaryjoin, primary=True)
        if self.secondaryjoin is not None:
            self._check_foreign(self.secondaryjoin, primary=False)
        self.direction = self._determine_direction()
        self._check_remote()

    # -- the joins

    def _determine_joins(self) -> None:
        if self.secondaryjoin is not None and self.secondary is None:
            raise exc.ArgumentError(
                f"Property {self.name} specified with secondary join condition but no secondary "
                "argument"
            )
        fks = self.foreign_keys or None
        try:
            if self.secondary is not None:
                if self.secondaryjoin is None:
                    self.secondaryjoin = join_condition(
                        self.child_table, self.secondary, self.child_local_table, fks
                    )
                if self.primaryjoin is None:
                    self.primaryjoin = join_condition(
                        self.parent_table, self.secondary, self.parent_local_table, fks
                    )
            elif self.primaryjoin is None:
                self.primaryjoin = join_condition(
                    self.parent_table, self.child_table, self.parent_local_table, fks
                )
        except exc.NoForeignKeysError as error:
            if self.secondary is not None:
                raise exc.NoForeignKeysError(
                    "Could not determine join condition between parent/child tables on "
                    f"relationship {self.name} - there are no foreign keys linking these tables "
                    f"via secondary table '{self.secondary}'.  Ensure that referencing columns "
                    "are associated with a ForeignKey or ForeignKeyConstraint, or specify "
                    "'primaryjoin' and 'secondaryjoin' expressions."
                ) from error
            raise exc.NoForeignKeysError(
                "Could not determine join condition between parent/child tables on relationship "
                f"{self.name} - there are no foreign keys linking these tables.  Ensure that "
                "referencing columns are associated with a ForeignKey or ForeignKeyConstraint, "
                "or specify a 'primaryjoin' expression."
            ) from error
        except exc.AmbiguousForeignKeysError as error:
            if self.secondary is not None:
                raise exc.AmbiguousForeignKeysError(
                    "Could not determine join condition between parent/child tables on "
                    f"relationship {self.name} - there are multiple foreign key paths linking "
                    f"the tables via secondary table '{self.secondary}'.  Specify the "
                    "'foreign_keys' argument, providing a list of those columns which should be "
                    "counted as containing a foreign key reference from the secondary table to "
                    "each of the parent and child tables."
                ) from error
            raise exc.AmbiguousForeignKeysError(
                "Could not determine join condition between parent/child tables on relationship "
                f"{self.name} - there are multiple foreign key paths linking the tables.  Specify "
                "the 'foreign_keys' argument, providing a list of those columns which should be "
                "counted as containing a foreign key reference to the parent table."
            ) from error

    # -- marks

    def _annotate_foreign(self) -> None:
        if _has_mark(self.primaryjoin, "foreign"):
            return
        if self.foreign_keys:
            given = self.foreign_keys
            self._mark_both(lambda column: column in given, "foreign")
        else:
            self.primaryjoin = self._mark_foreign_by_reference(self.primaryjoin)
            if self.secondaryjoin is not None:
                self.secondaryjoin = self._mark_foreign_by_reference(self.secondaryjoin)

    def _mark_foreign_by_reference(self, expr: Any) -> Any:
        def referring(a: Any, b: Any) -> Any:
            if isinstance(a, Column) and isinstance(b, Column):
                if a.references(b):
                    return a
                if b.references(a):
                    return b
            if self.secondary is not None:
                in_a = self.secondary.c.contains_column(a)
                in_b = self.secondary.c.contains_column(b)
                if in_a != in_b:
                    return a if in_a else b
            return None

        return self._mark_in_binaries(expr, referring, "foreign")

    @staticmethod
    def _mark_in_binaries(expr: Any, choose: Callable[[Any, Any], Any], name: str) -> Any:
        """Mark, in each comparison of two columns, the side that `choose` names."""

        def replace(element: Any) -> Any:
            if element.__visit_name__ != "binary":
                return None
            left, right = element.left, element.right
            if not _is_column(left) or not _is_column(right):
                return None
            chosen = choose(left, right)
            if chosen is None:
                return None
            new = element._clone()
            if chosen is left:
                new.left = left._annotate({name: True})
            else:
                new.right = right._annotate({name: True})
            return new

        return visitors.replaced(expr, replace)

    def _mark_both(self, test: Callable[[Any], bool], name: str) -> None:
        self.primaryjoin = _annotate_where(self.primaryjoin, test, name)
        if self.secondaryjoin is not None:
            self.secondaryjoin = _annotate_where(self.secondaryjoin, test, name)

    def reversed(self) -> Any:
        """The primary join condition for a relationship of the other direction: the sides that
        it was given with change places, those that were found here are found again."""
        return _with_sides(self.primaryjoin, self._sides_given)

    def _annotate_remote(self) -> None:
        self._sides_given = _has_mark(self.primaryjoin, "remote")
        if self._sides_given:
            return
        if self.secondary is not None:
            columns = self.secondary.c
            self._mark_both(columns.contains_column, "remote")
        elif self.remote_side and self._refers_to_parent_table():
            given = self.remote_side

            def given_side(left: Any, right: Any) -> Any:
                if left in given:
                    return left
                return right if right in given else None

            self.primaryjoin = self._mark_in_binaries(self.primaryjoin, given_side, "remote")
        elif self.remote_side:
            given = self.remote_side
            self._mark_both(lambda column: column in given, "remote")
        elif self._refers_to_parent_table():

            def far(left: Any, right: Any) -> Any:
                if "foreign" in left._annotations:
                    return left
                return right if "foreign" in right._annotations else None

            self.primaryjoin = self._mark_in_binaries(self.primaryjoin, far, "remote")
        elif self._tables_overlap():
            self.primaryjoin = self._mark_in_binaries(self.primaryjoin, self._other_end, "remote")
        else:
            near, far_table = self.parent_local_table.c, self.child_local_table.c
            child = self.child_table.c

            def is_far(column: Any) -> bool:
                return child.contains_column(column) and (
                    not near.contains_column(column) or far_table.contains_column(column)
                )

            self._mark_both(is_far, "remote")

    def _tables_overlap(self) -> bool:
        """Both ends have a table in common, as classes that inherit from each other do."""
        own = {hash(part) for part in _tables(self.parent_table)}
        return any(hash(part) in own for part in _tables(self.child_table))

    def _other_end(self, left: Any, right: Any) -> Any:
        """Of a comparison of tables that overlap: the side that the near one refers to, or that
        refers to it."""
        parent, child = self.parent_table.c, self.child_table.c
        if child.contains_column(right) and parent.contains_column(left):
            return right
        if child.contains_column(left) and parent.contains_column(right):
            return left
        return None

    def _refers_to_parent_table(self) -> bool:
        """Every comparison is between columns of the parent's table alone."""
        parent, child = self.parent_table.c, self.child_table.c
        for binary in _binaries(self.primaryjoin):
            left, right = binary.left, binary.right
            if (
                _is_column(left)
                and _is_column(right)
                and parent.contains_column(left)
                and child.contains_column(left)
                and parent.contains_column(right)
                and child.contains_column(right)
            ):
                return True
        return False

    def _annotate_local(self) -> None:
        if _has_mark(self.primaryjoin, "local"):
            return
        parent = self.parent_table.c
        self.primaryjoin = _annotate_where(
            self.primaryjoin,
            lambda column: "remote" not in column._annotations and parent.contains_column(column),
            "local",
        )

    # -- what follows from the marks

    def _collect_pairs(self) -> None:
        self.local_remote_pairs: _Pairs = []
        self.synchronize_pairs: _Pairs = []
        self.secondary_synchronize_pairs: _Pairs = []
        for expr, sync in (
            (self.primaryjoin, self.synchronize_pairs),
            (self.secondaryjoin, self.secondary_synchronize_pairs),
        ):
            if expr is None:
                continue
            for binary in _binaries(expr):
                for left in columns_of(binary.left):
                    for right in columns_of(binary.right):
                        self._collect_pair(binary, left, right, sync)

    def _collect_pair(self, binary: Any, left: Any, right: Any, sync: _Pairs) -> None:
        if "remote" in right._annotations and "remote" not in left._annotations:
            _add_pair(self.local_remote_pairs, left, right)
        elif "remote" in left._annotations and "remote" not in right._annotations:
            _add_pair(self.local_remote_pairs, right, left)
        if binary.operator is operators.eq:
            if "foreign" in right._annotations:
                _add_pair(sync, left, right)
            elif "foreign" in left._annotations:
                _add_pair(sync, right, left)

    def _check_foreign(self, expr: Any, primary: bool) -> None:
        has_foreign = _has_mark(expr, "foreign")
        pairs = self.synchronize_pairs if primary else self.secondary_synchronize_pairs
        if self.viewonly and has_foreign:
            return
        if pairs:
            return
        which = "primary" if primary else "secondary"
        if has_foreign:
            message = (
                "Could not locate any simple equality expressions involving locally mapped "
                f"foreign key columns for {which} join condition '{expr}' on relationship "
                f"{self.name}.  Ensure that referencing columns are associated with a ForeignKey "
                "or ForeignKeyConstraint, or are annotated in the join condition with the "
                "foreign() annotation. To allow comparison operators other than '==', the "
                "relationship can be marked as viewonly=True."
            )
        else:
            message = (
                f"Could not locate any relevant foreign key columns for {which} join condition "
                f"'{expr}' on relationship {self.name}.  Ensure that referencing columns are "
                "associated with a ForeignKey or ForeignKeyConstraint, or are annotated in the "
                "join condition with the foreign() annotation."
            )
        raise exc.ArgumentError(message)

    def _determine_direction(self) -> RelationshipDirection:
        if self.secondaryjoin is not None:
            return MANYTOMANY
        foreign_columns = [c for c in columns_of(self.primaryjoin) if "foreign" in c._annotations]
        to_many = any(self.child_table.c.contains_column(c) for c in foreign_columns)
        to_one = any(self.parent_table.c.contains_column(c) for c in foreign_columns)
        if to_many and to_one:
            far = [c for c in foreign_columns if "remote" in c._annotations]
            near = [c for c in foreign_columns if "remote" not in c._annotations]
            if far and near:
                # A column compared with itself stands on both sides: it decides nothing.
                both = self.remote_columns & self.local_columns
                far = [c for c in far if c._deannotate() not in both]
                near = [c for c in near if c._deannotate() not in both]
            if far and not near:
                return ONETOMANY
            if near and not far:
                return MANYTOONE
            raise exc.ArgumentError(
                f"Can't determine relationship direction for relationship '{self.name}' - "
                "foreign key columns within the join condition are present in both the parent "
                "and the child's mapped tables.  Ensure that only those columns referring to a "
                "parent column are marked as foreign, either via the foreign() annotation or via "
                "the foreign_keys argument."
            )
        if to_many:
            return ONETOMANY
        if to_one:
            return MANYTOONE
        raise exc.ArgumentError(
            f"Can't determine relationship direction for relationship '{self.name}' - foreign "
            "key columns are present in neither the parent nor the child's mapped tables"
        )

    def _check_remote(self) -> None:
        if not self.local_remote_pairs:
            raise exc.ArgumentError(
                f"Relationship {self.name} could not determine any unambiguous local/remote "
                "column pairs based on join condition and remote_side arguments.  Consider using "
                "the remote() annotation to accurately mark those elements of the join condition "
                "that are on the remote side of the relationship."
            )
        if self.self_referential:
            return
        parent, child = self.parent_table.c, self.child_table.c
        for column in columns_of(self.primaryjoin):
            if (
                "remote" in column._annotations
                and parent.contains_column(column)
                and not child.contains_column(column)
            ):
                warn(
                    f"Expression {column} is marked as 'remote', but these column(s) are local to "
                    "the local side.  The remote() annotation is needed only for a "
                    "self-referential relationship where both sides of the relationship refer to "
                    "the same tables."
                )

    @property
    def local_columns(self) -> set[Any]:
        """Columns of the near side."""
        return {c._deannotate() for c in columns_of(self.primaryjoin) if "local" in c._annotations}

    @property
    def remote_columns(self) -> set[Any]:
        """Columns of the far side (of the secondary table, where there is one)."""
        found = {
            c._deannotate() for c in columns_of(self.primaryjoin) if "remote" in c._annotations
        }
        if self.secondaryjoin is not None:
            found |= {
                c._deannotate()
                for c in columns_of(self.secondaryjoin)
                if "remote" in c._annotations
            }
        return found

    # -- adapted to aliases

    def join_targets(self, source: Any, dest: Any, secondary: Any = None) -> tuple[Any, Any]:
        """Primary and secondary join, with near columns taken from `source`, far ones from
        `dest`, and the secondary table's from `secondary`; None leaves them as they are."""
        own = self.secondary

        def replace(element: Any, near: Any, far: Any) -> Any:
            if not _is_column(element):
                return None
            if own is not None and own.c.contains_column(element):
                return _adapted(secondary, element)
            if "remote" in element._annotations:
                return _adapted(far, element)
            if "local" in element._annotations:
                return _adapted(near, element)
            # Compared with something that is of neither end, as a constant is.
            adapted = _adapted(far, element)
            return _adapted(near, element) if adapted is None else adapted

        primary = visitors.replaced(
            self.primaryjoin,
            lambda e: replace(e, source, dest if own is None else source),
        )
        second = None
        if self.secondaryjoin is not None:
            # A secondary table that is a join may have the far table in it once more.
            child = self.child_table.c

            def replace_far(element: Any) -> Any:
                if _is_column(element) and child.contains_column(element):
                    return _adapted(dest, element)
                return replace(element, dest, dest)

            second = visitors.replaced(self.secondaryjoin, replace_far)
        return primary, second

    def lazy_clause(
        self, reverse: bool = False
    ) -> tuple[Any, list[tuple[BindParameter[Any], Any]]]:
        """The criterion of a load for one object: near columns replaced by parameters.

        With `reverse`, for the object at the other end: far columns replaced. Also the
        parameters, each with the column whose value it takes.
        """
        binds: list[tuple[BindParameter[Any], Any]] = []
        by_column: dict[Any, BindParameter[Any]] = {}
        has_secondary = self.secondary is not None
        paired = {near for near, _ in self.local_remote_pairs}

        def is_given(column: Any) -> bool:
            if not reverse:
                return "local" in column._annotations
            if has_secondary:
                return column._deannotate() in paired
            return "remote" in column._annotations

        def replace(element: Any) -> Any:
            if not _is_column(element) or not is_given(element):
                return None
            column = element._deannotate()
            bind = by_column.get(column)
            if bind is None:
                bind = BindParameter(None, None, type_=column.type, unique=True)
                by_column[column] = bind
                binds.append((bind, column))
            return bind

        given, kept = self.primaryjoin, self.secondaryjoin
        if has_secondary and reverse:
            given, kept = kept, given
        criterion = visitors.replaced(given, replace)
        if kept is not None:
            criterion = (
                BooleanClauseList.and_(criterion, kept)
                if not reverse
                else BooleanClauseList.and_(kept, criterion)
            )
        return criterion, binds


def _adapted(selectable: Any, column: Any) -> Any:
    """A column as an alias, an adapter of a mapper's columns or a FROM has it."""
    if selectable is None:
        return None
    if hasattr(selectable, "_adapt_element"):
        return selectable._adapt_element(column)
    return selectable.corresponding_column(column)


def _tables(from_: Any) -> Iterator[Any]:
    if getattr(from_, "_is_join", False):
        yield from _tables(from_.left)
        yield from _tables(from_.right)
    else:
        yield from_


def _add_pair(pairs: _Pairs, first: Any, second: Any) -> None:
    first, second = first._deannotate(), second._deannotate()
    if not any(a is first and b is second for a, b in pairs):
        pairs.append((first, second))


def only_equates(primaryjoin: Any, pairs: Sequence[Any]) -> bool:
    """Whether a condition says that the columns of each pair are equal, and nothing else."""
    used = [
        element.operator
        for element in visitors.iterate(primaryjoin)
        if getattr(element, "operator", None) not in (None, operators.and_)
    ]
    return len(used) == len(pairs) and all(operator is operators.eq for operator in used)


def _with_sides(primaryjoin: Any, swapped: bool) -> Any:
    """The same condition with local and remote columns swapped, or without telling them."""

    def replace(element: Any) -> Any:
        marks = element._annotations
        if "remote" not in marks and "local" not in marks:
            return None
        kept = {name: value for name, value in marks.items() if name not in ("remote", "local")}
        if swapped:
            kept["local" if "remote" in marks else "remote"] = True
        return element._deannotate()._annotate(kept)

    return visitors.replaced(primaryjoin, replace)
