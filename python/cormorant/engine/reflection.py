"""Inspector: what there is in a database."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Self

from .. import exc, util
from ..inspection import Inspectable, _self_inspects
from ..util import warn_deprecated

_TableKey = tuple[str | None, str]


class ObjectKind(enum.Flag):
    """Which relations the get_multi_… methods read."""

    TABLE = enum.auto()
    VIEW = enum.auto()
    MATERIALIZED_VIEW = enum.auto()
    ANY_VIEW = VIEW | MATERIALIZED_VIEW
    ANY = TABLE | VIEW | MATERIALIZED_VIEW


class ObjectScope(enum.Flag):
    """Whether the get_multi_… methods read what is temporary."""

    DEFAULT = enum.auto()
    TEMPORARY = enum.auto()
    ANY = DEFAULT | TEMPORARY


class _ReflectionInfo:
    """What was read of several tables, each kind of answer by (schema, name)."""

    # (no dataclass: importing those takes longer than all of what an engine needs)
    def __init__(
        self,
        columns: dict[_TableKey, Any],
        pk_constraint: dict[_TableKey, Any],
        foreign_keys: dict[_TableKey, Any],
        indexes: dict[_TableKey, Any],
        unique_constraints: dict[_TableKey, Any],
        table_comment: dict[_TableKey, Any],
        check_constraints: dict[_TableKey, Any],
        table_options: dict[_TableKey, Any],
        unreflectable: dict[_TableKey, Any],
    ) -> None:
        self.columns = columns
        self.pk_constraint = pk_constraint
        self.foreign_keys = foreign_keys
        self.indexes = indexes
        self.unique_constraints = unique_constraints
        self.table_comment = table_comment
        self.check_constraints = check_constraints
        self.table_options = table_options
        self.unreflectable = unreflectable


_READ_FOR_TABLES = (
    "columns",
    "pk_constraint",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "check_constraints",
    "table_comment",
)


@_self_inspects
class Inspector(Inspectable["Inspector"]):
    """Reads a database's schema; made by ``inspect(engine)`` or ``inspect(connection)``.

    Answers are kept for the inspector's life; clear_cache() forgets them.
    """

    def __init__(self, bind: Any) -> None:
        """Deprecated: ``inspect(bind)``."""
        warn_deprecated(
            "The __init__() method on Inspector is deprecated and will be removed in a future "
            "release.  Please use the sqlalchemy.inspect() function on an Engine or Connection in "
            "order to acquire an Inspector. (deprecated since: 1.4)",
            version="1.4",
        )
        self._read_from(bind)

    @classmethod
    def _of(cls, bind: Any) -> Self:
        """The inspector of an engine or connection, as inspect() makes it."""
        made = cls.__new__(cls)
        made._read_from(bind)
        return made

    def _read_from(self, bind: Any) -> None:
        self.bind = bind
        self.engine = bind.engine
        self.dialect = self.engine.dialect
        self.info_cache: dict[Any, Any] = {}
        self._held: Any = None

    @classmethod
    def from_engine(cls, bind: Any) -> Inspector:
        """The inspector of an engine or connection; deprecated: ``inspect(bind)``."""
        warn_deprecated(
            "The from_engine() method on Inspector is deprecated and will be removed in a future "
            "release.  Please use the sqlalchemy.inspect() function on an Engine or Connection in "
            "order to acquire an Inspector. (deprecated since: 1.4)",
            version="1.4",
        )
        return cls._of(bind)

    @property
    def whole(self) -> Inspector:
        """What listeners are told of: see _Read."""
        return self

    @contextlib.contextmanager
    def _operation_context(self) -> Iterator[Any]:
        """The connection to ask; Alembic asks on it, too."""
        if self._held is not None:
            yield self._held
        elif self.bind is self.engine:
            with self.engine.connect() as connection:
                yield connection
        else:
            yield self.bind

    @contextlib.contextmanager
    def _holding(self) -> Iterator[None]:
        """Ask all that follows on one connection."""
        if self._held is not None or self.bind is not self.engine:
            yield
            return
        with self.engine.connect() as self._held:
            try:
                yield
            finally:
                self._held = None

    def _ask(self, name: str, *args: Any, given: Mapping[str, Any] = util.EMPTY_DICT) -> Any:
        """What the database says. Of the keyword arguments `given` those count that it knows."""
        reflector = self.dialect.reflector
        options = {}
        if given:
            known = getattr(reflector, "options", {}).get(name)
            options = {option: given[option] for option in given if option == known}
        key = (name, *args, *options.items())
        if key not in self.info_cache:
            with self._operation_context() as connection:
                reader: Callable[..., Any] = getattr(reflector, name)
                self.info_cache[key] = reader(connection, *args, **options)
        return self.info_cache[key]

    def clear_cache(self) -> None:
        """Forget what was read."""
        self.info_cache.clear()

    @property
    def default_schema_name(self) -> str | None:
        """The schema that is meant when none is named."""
        return self.dialect.default_schema_name  # type: ignore[no-any-return]

    def get_schema_names(self, **kw: Any) -> list[str]:
        """Names of the schemas (SQLite: the attached databases)."""
        return list(self._ask("get_schema_names"))

    def get_table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the tables, sorted."""
        return list(self._ask("get_table_names", schema, given=kw))

    def get_temp_table_names(self, **kw: Any) -> list[str]:
        """Names of the temporary tables of the connection."""
        return list(self._ask("get_temp_table_names", given=kw))

    def get_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the views, sorted."""
        return list(self._ask("get_view_names", schema, given=kw))

    def get_temp_view_names(self, **kw: Any) -> list[str]:
        """Names of the temporary views of the connection."""
        return list(self._ask("get_temp_view_names", given=kw))

    def get_view_definition(self, view_name: str, schema: str | None = None, **kw: Any) -> str:
        """The SQL of a view."""
        return str(self._ask("get_view_definition", view_name, schema))

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether there is a table or view of that name."""
        return self._kept(("has_table", table_name, schema), self.dialect.has_table)

    def _kept(self, key: tuple[Any, ...], reader: Callable[..., Any]) -> bool:
        """What `reader` says of the names in `key`."""
        found: bool | None = self.info_cache.get(key)
        if found is None:
            with self._operation_context() as connection:
                found = bool(reader(connection, *key[1:]))
            self.info_cache[key] = found
        return found

    def has_index(
        self, table_name: str, index_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """Whether a table has an index of that name."""
        if not self.has_table(table_name, schema):
            return False
        return any(row["name"] == index_name for row in self.get_indexes(table_name, schema))

    def get_columns(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """A table's columns: name, type, nullable, default, primary_key …"""
        return [dict(row) for row in self._ask("get_columns", table_name, schema)]

    def get_pk_constraint(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """The primary key: constrained_columns and name."""
        return dict(self._ask("get_pk_constraint", table_name, schema))

    def get_foreign_keys(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Foreign keys: constrained_columns, referred_table, referred_columns, options …"""
        return [dict(row) for row in self._ask("get_foreign_keys", table_name, schema, given=kw)]

    def get_indexes(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """Indexes other than those of constraints: name, column_names, unique."""
        return [dict(row) for row in self._ask("get_indexes", table_name, schema, given=kw)]

    def get_unique_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """UNIQUE constraints: name and column_names."""
        return [dict(row) for row in self._ask("get_unique_constraints", table_name, schema)]

    def get_check_constraints(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[dict[str, Any]]:
        """CHECK constraints: name and sqltext."""
        return [dict(row) for row in self._ask("get_check_constraints", table_name, schema)]

    def get_table_options(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """Options a table was created with."""
        return dict(self._ask("get_table_options", table_name, schema))

    def get_table_comment(
        self, table_name: str, schema: str | None = None, **kw: Any
    ) -> dict[str, Any]:
        """The comment of a table; NotImplementedError where a database has none."""
        if not self.dialect.supports_comments:
            raise NotImplementedError()
        return dict(self._ask("get_table_comment", table_name, schema))

    def get_materialized_view_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the materialized views; NotImplementedError where a database has none."""
        if not hasattr(self.dialect.reflector, "get_materialized_view_names"):
            raise NotImplementedError()
        return list(self._ask("get_materialized_view_names", schema))

    def get_sequence_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        """Names of the sequences; NotImplementedError where a database has none."""
        if not self.dialect.supports_sequences:
            raise NotImplementedError()
        return list(self._ask("get_sequence_names", schema))

    def has_sequence(self, sequence_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether there is a sequence of that name."""
        if not self.dialect.supports_sequences:
            raise NotImplementedError()
        return self._kept(("has_sequence", sequence_name, schema), self.dialect.has_sequence)

    def has_schema(self, schema_name: str, **kw: Any) -> bool:
        """Whether there is a schema of that name."""
        reader = getattr(self.dialect.reflector, "has_schema", None)
        if reader is None:
            return schema_name in self.get_schema_names()
        return self._kept(("has_schema", schema_name), reader)

    # --- many tables at once ---

    def _read_ahead(self, names: Sequence[str], schema: str | None) -> None:
        """Read what is needed to make Tables of many at once, if the database can."""
        reflector = self.dialect.reflector
        for what in _READ_FOR_TABLES:
            multi = getattr(reflector, f"get_multi_{what}", None)
            if multi is None:
                continue
            with self._operation_context() as connection:
                found = multi(connection, schema, names, ObjectKind.ANY, ObjectScope.ANY)
            for (_, name), value in found.items():
                self.info_cache.setdefault((f"get_{what}", name, schema), value)

    def _multi(
        self,
        what: str,
        schema: str | None,
        filter_names: Sequence[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[tuple[str | None, str], Any]:
        names = tuple(filter_names) if filter_names else None
        if hasattr(self.dialect.reflector, f"get_multi_{what}"):
            return dict(self._ask(f"get_multi_{what}", schema, names, kind, scope))
        found = {}
        with self._holding():
            for name in self._names_of(schema, kind, scope):
                if names is None or name in names:
                    with contextlib.suppress(exc.NoSuchTableError):
                        found[schema, name] = getattr(self, f"get_{what}")(name, schema)
        return found

    def _names_of(self, schema: str | None, kind: ObjectKind, scope: ObjectScope) -> list[str]:
        names: list[str] = []
        if ObjectScope.DEFAULT in scope:
            if ObjectKind.TABLE in kind:
                names += self.get_table_names(schema)
            if ObjectKind.VIEW in kind:
                names += self.get_view_names(schema)
        if ObjectScope.TEMPORARY in scope:
            if ObjectKind.TABLE in kind:
                names += self.get_temp_table_names()
            if ObjectKind.VIEW in kind:
                names += self.get_temp_view_names()
        return names

    def get_multi_columns(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
        """As get_columns() for all tables (or those named), by (schema, name).

        `kind` and `scope` say whether views and what is temporary are meant; so for the other
        get_multi_… methods.
        """
        return self._multi("columns", schema, filter_names, kind, scope)

    def get_multi_pk_constraint(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], dict[str, Any]]:
        """As get_pk_constraint() for many tables."""
        return self._multi("pk_constraint", schema, filter_names, kind, scope)

    def get_multi_foreign_keys(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
        """As get_foreign_keys() for many tables."""
        return self._multi("foreign_keys", schema, filter_names, kind, scope)

    def get_multi_indexes(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
        """As get_indexes() for many tables."""
        return self._multi("indexes", schema, filter_names, kind, scope)

    def get_multi_unique_constraints(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
        """As get_unique_constraints() for many tables."""
        return self._multi("unique_constraints", schema, filter_names, kind, scope)

    def get_multi_check_constraints(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], list[dict[str, Any]]]:
        """As get_check_constraints() for many tables."""
        return self._multi("check_constraints", schema, filter_names, kind, scope)

    def get_multi_table_comment(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], dict[str, Any]]:
        """As get_table_comment() for many tables."""
        return self._multi("table_comment", schema, filter_names, kind, scope)

    def get_multi_table_options(
        self,
        schema: str | None = None,
        filter_names: Sequence[str] | None = None,
        kind: ObjectKind = ObjectKind.TABLE,
        scope: ObjectScope = ObjectScope.DEFAULT,
        **kw: Any,
    ) -> dict[tuple[str | None, str], dict[str, Any]]:
        """As get_table_options() for many tables."""
        return self._multi("table_options", schema, filter_names, kind, scope)

    # --- order ---

    def get_sorted_table_and_fkc_names(
        self, schema: str | None = None, **kw: Any
    ) -> list[tuple[str | None, list[tuple[str, str | None]]]]:
        """Names of tables, each with those of its foreign keys, in the order to create them.

        The last item has None for a table's name and the keys of cycles, to add afterwards.
        """
        return [
            (key[1] if key else None, [(table[1], name) for table, name in keys])
            for key, keys in self.sort_tables_on_foreign_key_dependency((schema,))
        ]

    def sort_tables_on_foreign_key_dependency(
        self, consider_schemas: Collection[str | None] = (None,), **kw: Any
    ) -> list[tuple[_TableKey | None, list[Any]]]:
        """As get_sorted_table_and_fkc_names(), of several schemas; tables are (schema, name)."""
        from ..util import topological

        edges: set[tuple[_TableKey, _TableKey]] = set()
        own: dict[_TableKey, list[Any]] = {}
        behind: dict[tuple[_TableKey, _TableKey], list[Any]] = {}
        tables: list[_TableKey] = []
        with self._holding():
            for schema in consider_schemas:
                for name in self.get_table_names(schema):
                    key = (schema, name)
                    tables.append(key)
                    own[key] = []
                    for fk in self.get_foreign_keys(name, schema):
                        own[key].append((key, fk["name"]))
                        target = (fk["referred_schema"], fk["referred_table"])
                        if target != key:
                            edges.add((target, key))
                            behind.setdefault((target, key), []).append((key, fk["name"]))
        late: list[Any] = []
        try:
            order = topological.sort(edges, tables)
        except exc.CircularDependencyError as error:
            for edge in error.edges:
                edges.discard(edge)
                for fk in behind[edge]:
                    own[edge[1]].remove(fk)
                    late.append(fk)
            order = topological.sort(edges, tables)
        return [*((key, list(dict.fromkeys(own[key]))) for key in order), (None, late)]

    def reflect_table(
        self,
        table: Any,
        include_columns: Any,
        exclude_columns: Any = (),
        resolve_fks: bool = True,
        _extend_on: Any = None,
        _reflect_info: _ReflectionInfo | None = None,
    ) -> None:
        """Add to a Table the columns, keys, constraints and indexes of the database's."""
        from .autoload import reflect_table

        if _reflect_info is not None:
            source = _Read(self, _reflect_info)
            reflect_table(source, table, include_columns, exclude_columns, resolve_fks)
            return
        with self._holding():
            reflect_table(self, table, include_columns, exclude_columns, resolve_fks)

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object at {id(self):#x}>"


class _Read:
    """Stands for an Inspector that has already read what it is asked for."""

    def __init__(self, inspector: Inspector, info: _ReflectionInfo) -> None:
        self.dialect = inspector.dialect
        self.whole = inspector
        self.info = info
        self._operation_context = inspector._operation_context

    def __getattr__(self, name: str) -> Callable[[str, str | None], Any]:
        kind = name.removeprefix("get_")
        if kind == name:
            raise AttributeError(name)
        answers: dict[_TableKey, Any] = getattr(self.info, kind)

        def answer(table_name: str, schema: str | None = None) -> Any:
            if (schema, table_name) not in answers:
                raise no_such_table(table_name, schema)
            return answers[schema, table_name]

        return answer


def no_such_table(name: str, schema: str | None) -> exc.NoSuchTableError:
    """The error for a table that is not there."""
    return exc.NoSuchTableError(f"{schema}.{name}" if schema else name)
