"""Compiled statements with the plans that execute them.

A statement is compiled once per structure. What is kept is a `CompiledPlan`: the compiled
text, the C plans made of it (more than one when IN lists of several lengths were met), and
how the values of a later statement of the same structure map onto them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from .. import _core, exc
from ..sql.type_api import type_codec

NO_PARAMS: Mapping[str, Any] = {}


def anonymous_key(bind: Any) -> str:
    """The key of a value for this very parameter, one without a name of its own."""
    return f"%({id(bind)} {bind.key})s"


class Places:
    """Where parameters stand in a list of them; copies of one that a construct's copy has stand
    for it."""

    __slots__ = ("by_id",)

    def __init__(self, binds: Sequence[Any]) -> None:
        self.by_id: dict[int, int] = {}
        """The places by the id() of what stands there."""
        for place, bind in enumerate(binds):
            self.by_id.setdefault(id(bind), place)
            token = getattr(bind, "_ident_token", None)
            if token is not None:
                self.by_id.setdefault(id(token), place)

    def of(self, bind: Any) -> int | None:
        """The place of a parameter, None if it is not there."""
        place = self.by_id.get(id(bind))
        if place is None:
            place = self.by_id.get(id(getattr(bind, "_ident_token", None)))
        return place


_ALIKE = "alike"
_AS_THEY_ARE = frozenset(
    [
        _core.TYPE_ANY,
        _core.TYPE_INTEGER,
        _core.TYPE_STRING,
        _core.TYPE_FLOAT,
        _core.TYPE_REAL,
        _core.TYPE_NUMERIC,
        _core.TYPE_EXACT,
    ]
)
"""Codecs that leave values to the driver."""


def alike(compared: Sequence[tuple[str, int, Any]], values: Sequence[Any]) -> dict[str, str]:
    """The parameters that are the same literal as one before them, each with that one's name;
    `compared` are (name, which of the values, codec) of all."""
    first: dict[Any, str] = {}
    same = {}
    for name, index, codec in compared:
        value = values[index]
        kind: Any = () if codec[0] in _AS_THEY_ARE else codec
        cls: Any = type(value)
        if cls in (int, float, Decimal):  # of which equal ones may have other digits
            cls, value = "number", str(value)
        try:
            found = first.setdefault((cls, value, kind), name)
        except TypeError:
            continue  # what cannot be hashed
        if found is not name:
            same[name] = found
    return same


def _values_of(keys: Sequence[Any], rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The items of each row that have these keys, without a frame a row. KeyError if one is
    missing."""
    if not keys:
        return [() for _ in rows]
    found = map(itemgetter(*keys), rows)
    return list(found) if len(keys) > 1 else list(zip(found, strict=True))


class GivenRows(Sequence[Mapping[str, Any]]):
    """Parameter sets that all give the same names, kept as tuples: a dictionary is made of
    one only where somebody looks at it."""

    __slots__ = ("names", "rows")

    def __init__(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        self.names = names
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return GivenRows(self.names, self.rows[index])
        return dict(zip(self.names, self.rows[index], strict=True))

    def in_order(self, names: Sequence[str]) -> Sequence[Sequence[Any]]:
        """The values of these names. KeyError if one is not given."""
        if list(names) == list(self.names):
            return self.rows
        place = {name: number for number, name in enumerate(self.names)}
        return _values_of([place[name] for name in names], self.rows)


class GivenValue:
    """A value in the place of a bind parameter: CompiledPlan.resolve() reads `__dict__`."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def effective_value(self) -> Any:
        return self.value


class CompiledPlan:
    """A compiled statement, ready for any values.

    `binds` are the parameters of the statement it was compiled from, in the order of the
    cache key. `program` tells what becomes of its rows (see _core.Plan).
    """

    __slots__ = (
        "_compared",
        "_expanding",
        "_fixed",
        "_many",
        "_named",
        "_order",
        "_plan",
        "_plans",
        "_post",
        "_untyped",
        "_varies",
        "cache_kind",
        "column_keys",
        "compiled",
        "created",
        "extra",
        "info",
        "lookup",
        "made_in",
        "nbinds",
        "program",
    )

    def __init__(
        self,
        compiled: Any,
        binds: Sequence[Any],
        program: tuple[Any, ...] | None = None,
        *,
        started: float | None = None,
    ) -> None:
        now = time.perf_counter()
        self.compiled = compiled
        self.program = program
        self.created = now
        self.made_in = 0.0 if started is None else now - started
        self.cache_kind: str | None = None
        self.info: Any = None
        self.lookup: Any = None
        """Row lookup by column or entity; see _core.RowKeys."""
        self.column_keys: Any = None
        self.nbinds = len(binds)
        dialect = compiled.dialect
        # Which of the statement's parameters stands behind each name of the text.
        places = Places(binds)
        by_id = places.by_id
        named: dict[str, tuple[Any, int]] = {}
        extra = self.nbinds
        for name, bind in compiled.binds.items():
            index = by_id.get(id(bind))
            if index is None:
                index = places.of(bind)
            if index is None:
                index = extra
                extra += 1
            named[name] = (bind, index)
        self._named = named
        """name -> (parameter, which value): values beyond nbinds come with the execution."""
        self.extra = extra - self.nbinds
        order = compiled.bind_order
        if dialect.paramstyle == "pyformat":
            # as SQLAlchemy shows them: a CTE, the first in the text, is compiled after columns
            rank = {name: number for number, name in enumerate(named)}
            order = sorted(order, key=rank.__getitem__)
        self._order = order
        self._expanding = [
            (name, bind, index)
            for name, (bind, index) in named.items()
            if name in compiled.post_compile
        ]
        # The values of parameters that the compiler added (OFFSET 0), if they are constant.
        self._fixed: list[Any] | None = None
        added = sorted(
            ((index, bind) for bind, index in named.values() if index >= self.nbinds),
            key=lambda item: item[0],
        )
        if not any(bind.required or bind.callable is not None for _, bind in added):
            self._fixed = [bind.value for _, bind in added]
        self._plan: Any = None
        self._plans: dict[Any, Any] = {}
        self._many: Any = None
        self._compared: list[tuple[str, int, Any]] | None = None
        """(name, which value, codec) of parameters of which it matters whether they are alike:
        see alike(). None: it does not."""
        if dialect.compares_literals(compiled.string):
            self._compared = [
                (name, index, type_codec(bind.type, dialect))
                for name, (bind, index) in named.items()
                if name not in compiled.post_compile
            ]
        self._untyped: list[tuple[str, int]] = []
        """(name, which value) of parameters that are rows if they are tuples."""
        if dialect.sends_literals:
            self._untyped = [
                (name, index)
                for name, (bind, index) in named.items()
                if type_codec(bind.type, dialect)[0] == _core.TYPE_ANY
            ]
        self._varies = self._compared is not None or bool(self._untyped)
        if not self._expanding:
            # by the type, which parameters for the same column share
            codecs: dict[int, tuple[int, Any]] = {}
            slots = []
            for name in order:
                bind, index = named[name]
                codec = codecs.get(id(bind.type))
                if codec is None:
                    codec = codecs[id(bind.type)] = type_codec(bind.type, dialect)
                slots.append((index, *codec))
            self._plan = dialect.plan(compiled.string, order, slots, program)

    def of_statement(self, statement: Any) -> CompiledPlan:
        """A plan for another form of the statement, with the same columns and parameters (and
        perhaps more of these)."""
        binds: list[Any] = [object()] * self.nbinds
        for bind, index in self._named.values():
            if index < self.nbinds:
                binds[index] = bind
        compiled = statement.compile(dialect=self.compiled.dialect)
        return CompiledPlan(compiled, binds, self.program)

    # --- values -----------------------------------------------------------------

    def named_values(self, binds: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the parameters that have one, by their names."""
        values: dict[str, Any] = {}
        for name, (bind, index) in self._named.items():
            key = name if bind.unique else bind.key
            if key in given:
                values[key] = given[key]
            elif index < self.nbinds:
                if not bind.required:
                    values[key] = binds[index].effective_value
            elif not bind.required:  # or it is of a default, or missed when it is put in place
                values[key] = bind.effective_value
        return values

    def resolve(
        self, binds: Sequence[Any], params: Mapping[str, Any] | None = None
    ) -> tuple[Any, list[Any]]:
        """The plan and its values for a statement of the same structure.

        `binds` are that statement's parameters (same order); `params` replaces values by
        key.
        """
        required = None
        values = _core.bound_values(binds)
        if values is None:
            said = [(bind, bind.__dict__) for bind in binds]  # what is not there has its default
            values = [b.effective_value if "callable" in d else d["value"] for b, d in said]
            required = next((b for b, d in said if d.get("required")), None)
        if params or self._fixed is None:
            if params and any(isinstance(key, str) and key[:2] == "%(" for key in params):
                for i, bind in enumerate(binds):
                    values[i] = params.get(anonymous_key(bind), values[i])
            self._apply(values, params or NO_PARAMS)
        elif required is not None:
            self._missing(required.key)
        else:
            values += self._fixed
        plan = self._plan
        if plan is None:
            return self._expand(values)
        return self._of_literals(plan, values) if self._varies else (plan, values)

    def _of_literals(self, plan: Any, values: list[Any]) -> tuple[Any, list[Any]]:
        """As resolve(), where values are alike or rows: there is a plan for such."""
        same = {} if self._compared is None else alike(self._compared, values)
        rows = {n: values[i] for n, i in self._untyped if isinstance(values[i], tuple)}
        if not (same or rows):
            return plan, values
        dialect = self.compiled.dialect
        shapes, items = dialect.rows_among(rows, len(values)) if rows else ({}, ())
        key = (_ALIKE, *same.items(), *shapes.items())
        made = self._plans.get(key)
        if made is None:
            binds = dict(zip(plan.names, plan.binds, strict=True))
            made = dialect.plan_of_literals(plan.sql, binds, self.program, same, shapes)
            self._keep(key, made)
        return made, [*values, *items]

    def _keep(self, key: Any, made: Any) -> None:
        if len(self._plans) >= 100:
            self._plans.clear()
        self._plans[key] = made

    def without_values(self) -> tuple[Any, list[Any]]:
        """As resolve(), before there are values: lists are empty."""
        values: list[Any] = [None] * (self.nbinds + self.extra)
        for bind, index in self._named.values():
            if bind.expanding:
                values[index] = ()
        return (self._plan, values) if self._plan is not None else self._expand(values)

    def _apply(self, values: list[Any], params: Mapping[str, Any]) -> None:
        """Put execution parameters in the place of the statement's own values."""
        values.extend([None] * self.extra)
        for name, (bind, index) in self._named.items():
            key = bind.key
            if not bind.unique and key in params:
                values[index] = params[key]
            elif name in params:
                values[index] = params[name]
            elif bind.required:
                self._missing(key)
            elif index >= self.nbinds:
                values[index] = bind.effective_value

    def resolve_many(
        self, binds: Sequence[Any], sets: Sequence[Mapping[str, Any]]
    ) -> tuple[Any, Sequence[Any]]:
        """As resolve(), for an execution with each of the parameter sets."""
        if self._plan is not None:
            keys = self._many
            if keys is None:
                keys = self._many = self._names_of_values()
            try:
                if isinstance(sets, GivenRows):
                    return self._plan, sets.in_order(keys)
                return self._plan, _values_of(keys, sets)
            except (KeyError, TypeError):
                pass  # a value is missing or has another name: one by one
        if self._expanding:
            raise exc.InvalidRequestError(
                "'literal_execute' or 'expanding' parameters can't be used with executemany()"
            )
        plan = None
        rows = []
        for group, params in enumerate(sets):
            try:
                plan, values = self.resolve(binds, params)
            except exc.InvalidRequestError as error:
                if group == 0:
                    raise
                raise exc.InvalidRequestError(
                    f"{error.args[0]}, in parameter group {group}", code=error.code
                ) from None
            rows.append(values)
        # what is alike in one row need not be in another
        return self._plan if self._varies else plan, rows

    def _names_of_values(self) -> list[str]:
        """Under which names a parameter set gives all values, in their order."""
        names: list[Any] = [None] * (self.nbinds + self.extra)
        for name, (bind, index) in self._named.items():
            names[index] = name if bind.unique else bind.key
        known = next((name for name in names if name is not None), "")
        # a value that the text does not have may be any
        return [known if name is None else name for name in names]

    def _missing(self, key: str) -> None:
        raise exc.InvalidRequestError(
            f"A value is required for bind parameter {key!r}", code="cd3x"
        )

    def _expand(self, values: list[Any]) -> tuple[Any, list[Any]]:
        """As resolve() for text with IN lists: one plan for each combination of lengths."""
        lists: dict[str, Any] = {}
        shape: list[Any] = []
        for name, bind, index in self._expanding:
            value = values[index]
            if not bind.expanding:
                shape.append(value)
            else:
                if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
                    value = list(value)
                lists[name] = value
                if value and self.compiled._is_tuple_bind(bind, value):
                    # rows of a tuple comparison: the driver takes them one after the other
                    shape.append((len(value), len(value[0])))
                    value = [item for row in value for item in row]
                elif bind in self.compiled.literal_execute_params:
                    shape.append(tuple(value))
                else:
                    shape.append(len(value))
                values[index] = value
                continue
            lists[name] = value
        same = None if self._compared is None else alike(self._compared, values)
        if same:
            shape.append((_ALIKE, *same.items()))
        key = tuple(shape)
        try:
            made = self._plans.get(key)
        except TypeError:  # a literal that cannot be hashed
            key = tuple(map(repr, shape))
            made = self._plans.get(key)
        if made is None:
            made = self._make_expanded(lists, same)
            self._keep(key, made)
        plan, slots, _ = made
        flat = []
        for index, item in slots:
            value = values[index]
            flat.append(value if item is None else value[item])
        return plan, flat

    def _make_expanded(
        self, lists: dict[str, Any], same: dict[str, str] | None = None
    ) -> tuple[Any, Any, Any]:
        compiled = self.compiled
        dialect = compiled.dialect
        sql, positions = compiled.expand(lists)
        if dialect.paramstyle not in ("qmark", "format"):
            # as SQLAlchemy shows and numbers them: members of lists come last
            rank = {name: number for number, name in enumerate(self._order)}
            positions.sort(key=lambda at: (at[1] is not None, rank[at[0]]))
        plan_binds = []
        slots = []
        order = []
        codecs: dict[Any, Any] = {}  # asked for once, however long the lists are
        for number, (name, item, made) in enumerate(positions):
            bind, index = self._named[name]
            type_ = bind.type
            if item is not None and type_._is_tuple_type:
                type_ = type_.types[item % len(type_.types)]
            codec = codecs.get(id(type_))
            if codec is None:
                codec = codecs[id(type_)] = type_codec(type_, dialect)
            plan_binds.append((number, *codec))
            slots.append((index, item))
            order.append(made)
        if same:
            binds = dict(zip(order, plan_binds, strict=True))
            return dialect.plan_of_literals(sql, binds, self.program, same), slots, order
        return dialect.plan(sql, order, plan_binds, self.program), slots, order

    # --- events -----------------------------------------------------------------

    def given(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values of an execution of its only plan by the names of the parameters."""
        return {n: values[i] for n, (_, i) in self._named.items() if i < len(values)}

    def by_name(self, plan: Any, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """The values of executions of one of its plans by the names of the parameters."""
        own = self.compiled.unescaped_bind_names
        if not self._expanding:
            named = [(own.get(n, n), index) for n, (_, index) in self._named.items()]
            return [{name: values[index] for name, index in named} for values in rows]
        names: Sequence[str]
        names = next((order for made, _, order in self._plans.values() if made.sql == plan.sql), ())
        names = [own.get(name, name) for name in names]
        return [dict(zip(names, values, strict=False)) for values in rows]

    def with_program(self, program: tuple[Any, ...]) -> CompiledPlan:
        """The same statement, for an execution of whose rows something else is made."""
        return _OtherProgram(self, program)

    # --- logging ----------------------------------------------------------------

    def cache_text(self, hit: bool) -> str:
        """What the log says about how this statement came to be."""
        if self.cache_kind is not None:
            return f"{self.cache_kind} {self.made_in:.5f}s"
        if hit:
            return f"cached since {time.perf_counter() - self.created:.4g}s ago"
        return f"generated in {self.made_in:.5f}s"


class _OtherProgram(CompiledPlan):
    """What CompiledPlan.with_program() gives."""

    __slots__ = ("_source",)

    def __init__(self, source: CompiledPlan, program: tuple[Any, ...]) -> None:
        self._source = source
        self.program = program

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def of_statement(self, statement: Any) -> CompiledPlan:
        assert self.program is not None
        return self._source.of_statement(statement).with_program(self.program)

    def resolve(
        self, binds: Sequence[Any], params: Mapping[str, Any] | None = None
    ) -> tuple[Any, list[Any]]:
        assert self.program is not None
        plan, values = self._source.resolve(binds, params)
        return plan.with_program(self.program), values
