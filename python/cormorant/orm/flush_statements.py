"""The statements a flush writes the tables of a mapper with.

For each mapper and dialect a `Statements` keeps what the C loops need: which columns
go into an INSERT, and the plans made so far for each set of columns.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any

from .. import _core
from ..sql.insertmanyvalues import rows_of_one_statement
from ..sql.type_api import type_codec
from .flushinfo import MapperInfo
from .inheritance import cascaded_slots, copied_slots, key_columns, key_slot

# Rules of columns whose value is made by Python when the program gives none.
MADE_FOR_ROW = (_core.COLUMN_DEFAULT, _core.COLUMN_DEFAULT_UNSET, _core.COLUMN_VERSION)

#: how many slots the core takes at once
_LOOKED_AT = 64


class Statements:
    """The statements of one table of a mapper on one dialect."""

    def __init__(self, mapper: Any, table: Any, dialect: Any) -> None:
        self.mapper = mapper
        self.manager = mapper.class_manager
        self.dialect = dialect
        self.table = table
        if dialect.typed:
            mapper._set_typed_codecs(dialect)
        self.columns: list[Any] = []
        self.slots: list[int] = []
        for column in self.table.c:
            prop = mapper._columntoproperty.get(column)
            if prop is not None and prop.slot >= 0:
                self.columns.append(column)
                self.slots.append(prop.slot)
        self.column_of = dict(zip(self.slots, self.columns, strict=True))
        self.slot_of = {c: s for s, c in self.column_of.items()}
        self.has_onupdates = any(c.onupdate is not None for c in self.columns)
        self.primary_key = key_columns(mapper, table)
        self.pk_slots = tuple(self.slot_of[c] for c in self.primary_key)
        auto = getattr(self.table, "_autoincrement_column", None)
        #: what a DELETE reads besides the identity: parts of the key that are attributes of
        #: their own, beside those of the base's table
        self.own_keys = tuple(s for s in self.pk_slots if s not in mapper.primary_key_slots)
        #: what tells a row apart, part by part: a slot of the identity where the two are the same
        self.key_slots = tuple(key_slot(mapper, c) for c in self.primary_key)
        #: whether that is as objects have it now, or as they had it
        self.key_moved = False
        self.auto_slot: int = self.slot_of.get(auto, -1) if auto is not None else -1
        self.version_slot: int = self.slot_of.get(mapper.version_id_col, -1)
        # what makes the next version, None if the database or the program does
        self.next_version: Any = mapper.version_id_generator or None
        if self.version_slot < 0:
            self.next_version = None
        #: the database, or a SQL expression, makes the versions
        self.server_version = (
            self.version_slot >= 0
            and self.next_version is None
            and filled_in_sql(self.column_of[self.version_slot])
        )
        #: rows whose version the database makes in another table are updated one by one
        self.updates_singly = (
            self.version_slot < 0
            and mapper.version_id_col is not None
            and mapper.version_id_generator is False
            and filled_in_sql(mapper.version_id_col)
        )
        #: slots of the other tables of each class, if this one has the version: a change there
        #: is a new version of the row here
        self.slots_elsewhere: dict[Any, tuple[int, ...]] = {}
        if self.version_slot >= 0:
            for each in mapper.self_and_descendants:
                slots = _slots_elsewhere(each, table)
                if slots:
                    self.slots_elsewhere[each.class_manager] = slots
        self._find_defaults()
        #: left to be loaded when they are read: what the server fills
        self.unfetched: list[int] = []
        self.fetched_with_key: list[int] = []
        self._apply_eager_defaults()
        self.unfetched += self.numbered
        # The plans made so far; those of inserts apart for logged and unlogged flushes, and for
        # those of which listeners are told row by row.
        self.inserts: tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]] = ({}, {}, {})
        # SQL as it is run unlogged -> as it is shown
        self.shown: dict[str, str] = {}
        # SQL -> names of its parameters
        self.names: dict[str, list[str]] = {}
        # SQL -> what it was compiled from, for listeners; for many rows if it is shown so
        self.compiled: dict[str, Any] = {}
        self.updates: dict[Any, Any] = {}
        self.unversioned_updates: dict[Any, Any] = {}
        self.delete_plan: Any = None

    def _find_defaults(self) -> None:
        """Which columns are filled by whom when the program gives no value."""
        self.insert_rules: list[tuple[int, int, Any]] = []
        #: where None is a value of its own (JSON's null, `evaluates_none()`)
        self.none_values: set[int] = set()
        self.fetched: list[int] = []  # by the server or a SQL expression: RETURNING
        self.numbered: list[int] = []  # by a sequence: not asked for
        self.context_defaults: list[tuple[int, Any]] = []
        self.python_onupdates: list[tuple[int, Any]] = []
        self.sql_onupdates: list[int] = []
        for column, slot in zip(self.columns, self.slots, strict=True):
            self.insert_rules.append((slot, *self._insert_rule(column, slot)))
            onupdate = column.onupdate
            if onupdate is not None:
                if getattr(onupdate, "is_clause_element", False):
                    self.sql_onupdates.append(slot)
                else:
                    self.python_onupdates.append((slot, onupdate))
            elif getattr(column, "server_onupdate", None) is not None:
                self.sql_onupdates.append(slot)
        self._find_foreign_defaults()

    def _insert_rule(self, column: Any, slot: int) -> tuple[int, Any]:
        """What an INSERT does about a column, and with which value or function; who else fills
        it is noted."""
        omit, fill = _core.COLUMN_OMIT_NONE, _core.COLUMN_DEFAULT
        if column.type.should_evaluate_none and not column.primary_key:
            omit, fill = _core.COLUMN_OMIT_UNSET, _core.COLUMN_DEFAULT_UNSET
            self.none_values.add(slot)
        rule = self._rule_of_default(column, slot, omit, fill)
        if slot == self.version_slot and self.next_version is not None:
            return _core.COLUMN_VERSION, self.next_version
        return rule

    def _rule_of_default(self, column: Any, slot: int, omit: int, fill: int) -> tuple[int, Any]:
        default, by_server = column.default, column.server_default is not None
        in_key = slot in self.pk_slots
        if default is None:
            if by_server and not in_key:
                self.fetched.append(slot)
            computed = getattr(column, "computed", None) is not None
            omitted = column.primary_key or by_server or computed or slot in self.none_values
            return (omit if omitted else _core.COLUMN_ALWAYS), None
        if getattr(default, "is_sequence", False):
            if by_server and not in_key:
                self.fetched.append(slot)
            elif not in_key and self.dialect.supports_sequences:
                self.numbered.append(slot)
            return omit, None
        if getattr(default, "is_clause_element", False):
            if not in_key:
                self.fetched.append(slot)
            return omit, None
        if getattr(default, "is_callable", False) and uses_context(default):
            self.context_defaults.append((slot, default.arg))
            return _core.COLUMN_ALWAYS, None
        return fill, default.arg

    def _find_foreign_defaults(self) -> None:
        """What fills the columns of the table that belong to other classes."""
        # What functions make of them is made once, for a log too; so rows are then written one
        # by one.
        foreign = [c for c in self.table.c if c not in self.slot_of]
        self.row_number: Any = None
        for column in foreign:
            if column.default is not None and column.default.is_sentinel:
                #: where many rows return something, it has the number of the row
                self.row_number = column
        foreign = [c for c in foreign if c is not self.row_number]
        self.made_inserts = _made([c.default for c in foreign])
        omitted = (_core.COLUMN_OMIT_NONE, _core.COLUMN_OMIT_UNSET)
        if any(c.default is not None for c in foreign) and all(
            rule in omitted for _, rule, _ in self.insert_rules
        ):
            self.made_inserts = 2  # they may be all that a row has
        self.made_updates = _made([c.onupdate for c in foreign])

    def _apply_eager_defaults(self) -> None:
        """What `eager_defaults` of the base's mapper says of this table."""
        base = self.mapper.base_mapper
        eager = base.eager_defaults
        #: whether an INSERT may return what its values do not say
        self.returns: bool = getattr(self.table, "implicit_returning", True)
        if not self.returns:
            eager = False
        #: whether an UPDATE reads back what the server made
        self.eager_update = eager is True
        if not eager or (eager == "auto" and self.table not in base._tables):
            self.fetched, self.unfetched = [], self.fetched
            if self.server_version and self.version_slot in self.unfetched and self.returns:
                # the next UPDATE asks for it, so that it comes with the key that is fetched
                self.fetched_with_key = [self.version_slot]
                self.unfetched.remove(self.version_slot)

    @cached_property
    def of_moved(self) -> Statements:
        """The same of rows whose key the database has changed already."""
        moved = copy(self)
        moved.slots = [slot for slot in self.slots if slot not in self.pk_slots]
        moved.key_slots = self.pk_slots
        moved.key_moved = True
        return moved

    def extends(self, base: Statements) -> bool:
        """Whether UPDATEs of the base's columns alone are those of the base."""
        return (
            self is not base
            and self.python_onupdates == base.python_onupdates
            and self.sql_onupdates == base.sql_onupdates
        )

    # -- INSERT ---------------------------------------------------------------

    def lacks(self, obj: Any, slot: int) -> bool:
        """Whether an INSERT of an object gives no value for a slot. SQL expressions are not to
        be asked whether they are equal."""
        value = _core.peek(obj, slot)
        return value is _core.NO_VALUE or (value is None and slot not in self.none_values)

    def returning_of(self, slots: Sequence[int], many: bool) -> tuple[list[int], int]:
        """Slots to fetch by RETURNING, and the one fed by the last generated key."""
        given = set(slots)
        missing = [s for s in self.pk_slots if s not in given]
        fetched = [*self.fetched, *self.fetched_with_key] if missing else self.fetched
        fetched = [s for s in fetched if s not in given]
        if not missing and not fetched:
            return [], -1
        if not self.returns:
            by_number = self.dialect.postfetch_lastrowid and self.auto_slot in missing
            return [], self.auto_slot if by_number else -1
        # SQLAlchemy reads a generated key back beside server defaults even when it is given,
        # where a NULL given would have one generated
        if fetched and not missing and self.auto_slot >= 0 and self.dialect.postfetch_lastrowid:
            return [self.auto_slot, *fetched], -1
        generated = missing
        if missing and self.auto_slot not in missing:
            generated = [s for s in missing if filled_in_sql(self.column_of[s])]
        # nor are rows with versions, or with an Identity(), inserted without RETURNING
        last_id = (
            self.dialect.postfetch_lastrowid
            and self.auto_slot >= 0
            and self.version_slot < 0
            and self.column_of[self.auto_slot].server_default is None
        )
        if fetched or (generated and (many or not last_id)):
            return [*generated, *fetched], -1
        return [], self.auto_slot if self.auto_slot in missing else -1

    def make_unlogged_insert(self, slots: tuple[int, ...], many: bool) -> Any:
        """As make_insert, but where only the generated key is fetched, the driver's last
        key does it: cheaper than RETURNING, which is what logs and errors still show."""
        returning, _ = self.returning_of(slots, many)
        cheaper = slots and self.dialect.postfetch_lastrowid
        if not cheaper or returning != [self.auto_slot]:
            return self._make_insert(slots, many, in_pages=many)
        shown = self.make_insert(slots, many).plan.sql
        plan = self._insert_plan(slots, [], many, many and self.row_number is not None)
        # Spaces keep it apart from the text that inserts one object.
        sql = plan.sql + " "
        self.shown[sql] = shown
        self.names[shown] = self.names[plan.sql]
        return _core.InsertPlan(_core.Plan(sql, plan.binds), slots, (), self.auto_slot)

    def make_insert(self, slots: tuple[int, ...], many: bool) -> Any:
        """The plan that inserts objects providing these slots."""
        return self._make_insert(slots, many, in_pages=many, heard=True)

    def make_single_insert(self, slots: tuple[int, ...], many: bool) -> Any:
        """As make_insert, but each object is shown by itself."""
        return self._make_insert(slots, many)

    def _make_insert(
        self, slots: tuple[int, ...], many: bool, in_pages: bool = False, heard: bool = False
    ) -> Any:
        """`in_pages`: objects are shown several at a time where SQLAlchemy writes them so.
        `heard`: what is shown may be run, so that the plan returns as much."""
        returning, last_id = self.returning_of(slots, many)
        numbers = bool(many and returning and self.row_number is not None)
        dialect = self.dialect
        several, page = None, 0
        told_apart_by: Sequence[Any] = ()
        if in_pages and not numbers and dialect.insertmanyvalues_implicit_sentinel:
            statement, names = self._insert_statement(slots, returning, many, numbers)
            several = statement.compile(dialect=dialect, column_keys=names, for_executemany=True)
            page = rows_of_one_statement(several, bool(returning))
            if page and heard and returning:
                told_apart_by = several.many_values.sentinels
        plan = self._insert_plan(slots, returning, many, numbers, told_apart_by)
        if page:
            self.compiled[plan.sql] = several
        return _core.InsertPlan(plan, slots, tuple(returning), last_id, page)

    def _insert_plan(
        self,
        slots: tuple[int, ...],
        returning: list[int],
        many: bool,
        numbers: bool,
        further: Sequence[Any] = (),
    ) -> Any:
        """`numbers`: a value after those of the slots is the number of the row; `further`: columns
        that are returned beside those of slots."""
        started = time.perf_counter()
        statement, names = self._insert_statement(slots, returning, many, numbers, further)
        compiled = statement.compile(dialect=self.dialect, column_keys=names)
        return self._plan(compiled, names, started)

    def _insert_statement(
        self,
        slots: tuple[int, ...],
        returning: list[int],
        many: bool,
        numbers: bool,
        further: Sequence[Any] = (),
    ) -> tuple[Any, list[str]]:
        """An INSERT, and the keys of the columns it has values for."""
        from ..sql.dml import Insert

        statement = Insert(self.table)
        if returning:
            columns = [self.column_of[s] for s in returning]
            statement = statement.returning(*columns, *further)
        if many and not slots and not numbers and self.auto_slot >= 0:
            from ..sql import literal_column
            from ..sql.insertmanyvalues import column_of_defaults

            column = column_of_defaults(self.table, self.dialect)
            if column is None:
                column = self.column_of[self.auto_slot]
            value = literal_column(self.dialect.default_metavalue_token)
            statement = statement.values({column: value})
        names = [self.column_of[s].key for s in slots]
        if numbers:
            names.append(self.row_number.key)
        return statement, names

    def _plan(self, compiled: Any, names: Sequence[str], started: float, many: Any = None) -> Any:
        """A C plan whose values come in the order of `names`."""
        self.dialect._compile_times[compiled.string] = time.perf_counter() - started
        places: dict[str, int] = {}
        for i, name in enumerate(names):
            places.setdefault(name, i)
        filled = {c.key: c for c in compiled.prefetch if c not in self.slot_of}
        binds: list[tuple[int, int, Any]] = []
        for name in compiled.bind_order:
            bind = compiled.binds[name]
            code, arg = type_codec(bind.type, self.dialect)
            index = places.get(bind.key)  # its name may be escaped in the SQL
            if index is None and bind.key in filled:
                # A column of a sibling class in the same table.
                column = filled[bind.key]
                default = column.default if compiled.isinsert else column.onupdate
                binds.append((0, _core.TYPE_PYTHON, (_maker(default), None, (code, arg))))
            elif index is None:
                # A constant inside a SQL default: the same whatever the row.
                value = _constant(bind.effective_value) if bind.callable is None else _called(bind)
                binds.append((0, _core.TYPE_PYTHON, (value, None, (code, arg))))
            else:
                binds.append((index, code, arg))
        self.names[compiled.string] = list(compiled.bind_order)
        self.compiled[compiled.string] = compiled
        return self.dialect.plan(compiled.string, compiled.bind_order, binds, None, many)

    def _many(self, compiled: Any, sets: Sequence[int], names: Sequence[str]) -> Any:
        """What the dialect does for many rows at once. A row with a version is one statement:
        a failure is about that row."""
        if self.version_slot >= 0:
            return None
        columns = {self.column_of[s].key: self.column_of[s] for s in sets}
        where = dict(zip(names, self.primary_key, strict=True))
        return self.dialect.rows_as_arrays(compiled, columns, where)

    # -- UPDATE ---------------------------------------------------------------

    def _where_key(self, delete: bool = False) -> tuple[Any, list[str]]:
        """The criterion of one row and the names of its parameters, which in a DELETE are
        those of the columns."""
        from ..sql import and_, bindparam

        criteria, names = [], []
        columns = list(self.primary_key)
        if self.version_slot >= 0:
            columns.append(self.column_of[self.version_slot])
        for column in columns:
            name = column.key if delete else column._tq_label
            names.append(name)
            criteria.append(column == bindparam(name, type_=column.type))
        return and_(*criteria), names

    def make_update(self, slots: tuple[int, ...]) -> Any:
        """The plan that updates these slots of one row, and its version."""
        return self._make_update(slots, self.next_version is not None)

    def make_unversioned_update(self, slots: tuple[int, ...]) -> Any:
        """As make_update, but the version stays."""
        return self._make_update(slots, False)

    def _make_update(self, slots: tuple[int, ...], counts: bool) -> Any:
        from ..sql.dml import Update

        started = time.perf_counter()
        where, names = self._where_key()
        keys = [self.column_of[s].key for s in slots]
        if counts and self.version_slot not in slots:
            keys.append(self.column_of[self.version_slot].key)
        compiled = Update(self.table).where(where).compile(dialect=self.dialect, column_keys=keys)
        many = self._many(compiled, slots, names)
        return self._plan(compiled, [*keys, *names], started, many)

    def make_delete(self) -> Any:
        """The plan that deletes one row."""
        if self.delete_plan is None:
            from ..sql.dml import Delete

            started = time.perf_counter()
            where, names = self._where_key(delete=True)
            compiled = Delete(self.table).where(where).compile(dialect=self.dialect)
            many = self._many(compiled, (), names)
            self.delete_plan = self._plan(compiled, names, started, many)
        return self.delete_plan


def _constant(value: Any) -> Any:
    return lambda _ignored: value


def _made(defaults: list[Any]) -> int:
    """1 if functions make some of the values, 2 if one takes the execution context; or 0."""
    functions = [d for d in defaults if getattr(d, "is_callable", False)]
    return 2 if any(map(uses_context, functions)) else int(bool(functions))


def filled_in_sql(column: Any) -> bool:
    """Whether a column that is not given gets a value in the database."""
    default = column.default
    return column.server_default is not None or bool(
        default is not None
        and (getattr(default, "is_clause_element", False) or getattr(default, "is_sequence", False))
    )


def _called(bind: Any) -> Any:
    return lambda _ignored: bind.effective_value


def _maker(default: Any) -> Any:
    """What makes the value of a column for each row."""
    if not default.is_callable:
        return _constant(default.arg)
    return lambda _ignored: default.arg(None)


def uses_context(default: Any) -> bool:
    """True if a default's function takes the execution context."""
    from ..sql.schema_defaults import _without_context

    plain = _without_context(int).__code__
    return getattr(default.arg, "__code__", None) is not plain


class Hierarchy:
    """The statements of mappers that inherit from each other, on one dialect.

    Mappers that bind the same columns of a table share their statements, so that rows of
    several classes make one batch.
    """

    def __init__(self, info: MapperInfo, dialect: Any) -> None:
        self.info = info
        self.dialect = dialect
        self._by_columns: dict[Any, Statements] = {}
        self.mappers = info.mapper.self_and_descendants
        #: (table, {manager: its statements}), in the order of inserts
        self.tables: list[tuple[Any, dict[Any, Statements]]] = []
        for table in info.tables():
            of_table = {
                m.class_manager: self._make(m, table) for m in self.mappers if table in m._tables
            }
            self.tables.append((table, of_table))
        #: the statements of the mapper that each table is of: {table: {manager: those}}
        self.owners = {
            table: {m: of_table[_owner(m.mapper, table)] for m in of_table}
            for table, of_table in self.tables
        }
        #: these, for UPDATEs of rows of which no column of a class below is changed, with the
        #: slots of those columns
        self.narrowed = {
            table: self._narrowed(of_table, self.owners[table]) for table, of_table in self.tables
        }
        #: what each manager copies from the key of its base before a row of a table is inserted
        self.copied: dict[Any, dict[Any, Any]] = {}
        #: and before one is updated: keys of tables are the database's to change if
        #: passive_updates says so
        self.followed: dict[Any, dict[Any, Any]] = {}
        #: parts of the base's key, and those of a table's that the database changes with them
        self.cascaded: dict[Any, dict[Any, Any]] = {}
        for mapper in self.mappers:
            pairs = copied_slots(mapper)
            keys = [mapper._columntoproperty[c].slot for c in mapper.local_table.primary_key]
            cascaded = cascaded_slots(mapper)
            for below in mapper.self_and_descendants if pairs or cascaded else ():
                followed = pairs
                if below.passive_updates:
                    followed = [(a, b) for a, b in pairs if b not in keys]
                for found, slots in (
                    (self.copied, pairs),
                    (self.followed, followed),
                    (self.cascaded, cascaded),
                ):
                    if slots:
                        by_manager = found.setdefault(mapper.local_table, {})
                        by_manager[below.class_manager] = tuple(zip(*slots, strict=True))
        discriminator = info.mapper._discriminator
        self.discriminator_slot = -1 if discriminator is None else discriminator.slot
        self.acceptable = {
            m.class_manager: m._acceptable_identities for m in self.mappers if not m.concrete
        }

    def _make(self, mapper: Any, table: Any) -> Statements:
        # (classes of concrete tables, though they inherit, have slots of their own)
        root = next(m for m in mapper.iterate_to_root() if m.concrete or m.inherits is None)
        key = _bound_columns(mapper, table)
        while (
            mapper.inherits is not None
            and not mapper.concrete
            and table in mapper.inherits._tables
            and _bound_columns(mapper.inherits, table) == key
        ):
            mapper = mapper.inherits
        found = self._by_columns.get((root, table, key))
        if found is None:
            found = self._by_columns[root, table, key] = Statements(mapper, table, self.dialect)
        elif not mapper.isa(found.mapper) and mapper.class_manager.size < found.manager.size:
            # The core takes siblings that have as many attributes at least.
            found.manager = mapper.class_manager
        return found

    @staticmethod
    def _narrowed(of_table: dict[Any, Statements], owners: dict[Any, Statements]) -> dict[Any, Any]:
        found = {}
        for manager, statements in of_table.items():
            owner = owners[manager]
            slots = tuple(slot for slot in statements.slots if slot not in owner.column_of)
            if statements.extends(owner) and len(slots) <= _LOOKED_AT:
                found[manager] = owner, slots
        return found

    def of_mapper(self, mapper: Any) -> list[Statements]:
        """The statements of each table of a mapper, base first."""
        manager = mapper.class_manager
        return [of_table[manager] for _, of_table in self.tables if manager in of_table]


def _owner(mapper: Any, table: Any) -> Any:
    """The manager of the first mapper of a line that has the table."""
    while mapper.inherits is not None and not mapper.concrete and table in mapper.inherits._tables:
        mapper = mapper.inherits
    return mapper.class_manager


def _bound_columns(mapper: Any, table: Any) -> tuple[Any, ...]:
    found = []
    for column in table.c:
        prop = mapper._columntoproperty.get(column)
        if prop is not None and prop.slot >= 0:
            found.append((column.key, prop.slot))
    return tuple(found)


def _slots_elsewhere(mapper: Any, table: Any) -> tuple[int, ...]:
    """The slots of a mapper's columns that are in other tables alone."""
    return tuple(
        prop.slot
        for prop in mapper._props.values()
        if prop._is_column
        and prop.slot >= 0
        and all(getattr(c, "table", None) is not table for c in prop.columns)
    )


def statements_of(info: MapperInfo, connection: Any) -> Any:
    """The Statements of a mapper on a connection's dialect (or the Hierarchy), made once."""
    dialect = connection.dialect
    size = connection._execution_options.get("insertmanyvalues_page_size")
    if size is not None:
        dialect = dialect.of_page_size(size)
    # of() would be a frame of each flush
    kept = info.statements.by_owner.get(connection.engine._owner_ref)
    if kept is None:
        kept = info.statements.of(connection.engine)
    found = kept.get(dialect)
    if found is None:
        if info.is_hierarchy:
            found = Hierarchy(info, dialect)
        else:
            found = Statements(info.mapper, info.mapper.local_table, dialect)
        kept[dialect] = found
    return found


def is_expression(value: Any) -> bool:
    cls = type(value)
    return hasattr(cls, "__clause_element__") or hasattr(cls, "__visit_name__")
