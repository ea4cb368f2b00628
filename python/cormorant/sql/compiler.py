"""SQL text of statements.

`SQLCompiler` visits a construct and makes one string. Bind parameters are written as marks
(`\\x01token:name\\x01`) while it does, because the place of a parameter in the text (a CTE goes to
the front) is known only at the end; then they become what the dialect wants, and their
order is `bind_order`. The token is of this process and secret, so that no identifier or
literal text can pass for a mark. What a compiler does with each kind of construct is in its base
classes: `compile_expressions`, `compile_selects`, `compile_dml`.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import exc, util
from .._late import late_names
from .base import AnonName, AnonText, ClauseElement
from .compile_dml import DMLCompiler
from .compile_expressions import ExpressionCompiler
from .compile_selects import SelectCompiler
from .elements import BindParameter, quoted_name
from .expanded import ExpandedState as ExpandedState
from .expanded import expanded_state
from .identifiers import RESERVED_WORDS as RESERVED_WORDS
from .identifiers import IdentifierPreparer as IdentifierPreparer
from .names import VISIT, _truncated_label
from .operators import is_, is_not
from .sqltypes import NULLTYPE


class ResultColumn(NamedTuple):
    """A column of the result: the key of rows, the name in SQL, what finds it, its type."""

    keyname: Any
    name: Any
    objects: tuple[Any, ...]
    type: Any


# characters that no paramstyle has in names of parameters, and what stands for them
_BIND_ESCAPES = {
    "%": "P", "(": "A", ")": "Z", ":": "C", ".": "_", "[": "_", "]": "_", " ": "_",
    "\x01": "_", "\x02": "_",
}  # fmt: skip
_UNFIT_FOR_NAMES = re.compile("[" + re.escape("".join(_BIND_ESCAPES)) + "]")
_TOKEN = os.urandom(8).hex() + ":"
_LIST = re.compile(f"\\(\x02{_TOKEN}([^\x01\x02]+)\x02\\)")
_MARK = re.compile(f"\x01{_TOKEN}([^\x01\x02]+)\x01|\x02{_TOKEN}([^\x01\x02]+)\x02")
_PLAIN_MARK = re.compile(f"\x01{_TOKEN}([^\x01\x02]+)\x01")
_MARK_FORMS = {"qmark": "?", "format": "%s", "pyformat": r"%(\1)s", "named": r":\1"}
"""What bindtemplate() gives for any name, as a replacement of _PLAIN_MARK."""


class Compiled:
    """The text of a construct for a dialect."""

    statement: Any = None
    string: str = ""

    @property
    def execution_options(self) -> Mapping[str, Any]:
        """The execution options of the construct."""
        return util.immutabledict(getattr(self.statement, "_execution_options", None) or {})

    def __str__(self) -> str:
        return self.string


class SQLCompiler(ExpressionCompiler, SelectCompiler, DMLCompiler, Compiled):
    """Compiles one statement (or expression)."""

    isinsert = False
    isupdate = False
    isdelete = False
    isddl = False
    returns_rows = False
    is_string_compiler = False
    render_table_with_column_in_update_from = False
    returning_precedes_values = False

    def __init__(
        self,
        dialect: Any,
        statement: Any = None,
        column_keys: Sequence[str] | None = None,
        for_executemany: bool = False,
        literal_binds: bool = False,
        render_postcompile: bool = False,
        schema_translate_map: Any = None,
        linting: int = 0,
        **kw: Any,
    ) -> None:
        self.dialect = dialect
        if schema_translate_map is None:
            schema_translate_map = dialect.schema_translate_map
        self.preparer = dialect.identifier_preparer.with_schema_translate(schema_translate_map)
        self.statement = statement
        self.column_keys = column_keys
        self.for_executemany = for_executemany
        self.literal_binds = literal_binds
        self.linting = linting
        self.schema_translate_map = schema_translate_map
        self.native_boolean = bool(getattr(dialect, "supports_native_boolean", False))
        self.paramstyle = getattr(dialect, "paramstyle", "named")
        self._numbers_parameters = self.paramstyle in ("numeric", "numeric_dollar")
        self.positional = self._numbers_parameters or self.paramstyle in ("qmark", "format")
        self.stack: list[Any] = []
        self.same_named: set[str] = set()
        """Names of tables without a schema that are written as aliases, since a table of that
        name in a schema is in the same SELECT."""
        self.binds: dict[str, BindParameter[Any]] = {}
        self.bind_names: dict[BindParameter[Any], str] = {}
        self._anon: dict[Any, tuple[str, Any]] = {}
        self._anon_counters: dict[str, int] = {}
        self._cut: dict[tuple[str, Any], str] = {}
        self._cut_counters: dict[str, int] = {}
        self._label_room: int = (dialect.label_length or dialect.max_identifier_length) - 6
        self.result_columns: list[ResultColumn] = []
        self.ctes: dict[Any, str] = {}
        self.ctes_by_name: dict[tuple[int, str], Any] = {}
        self.cte_owners: dict[Any, Any] = {}
        self.returning: Sequence[Any] = ()
        self.insert_prefetch: list[Any] = []
        self.update_prefetch: list[Any] = []
        self.postfetch: list[Any] = []
        self.post_compile: set[str] = set()
        self._members: dict[str, tuple[str, str]] = {}
        """What stands before and after each value of a list, by the name of its parameter."""
        self.literal_execute_params: set[BindParameter[Any]] = set()
        self.bind_order: list[str] = []
        """Names of the parameters in the order of the text."""
        self.escaped_bind_names: dict[str, str] = {}
        """Names in the text of the parameters whose own ones are unfit for it."""
        self._expanded: ExpandedState | None = None
        self._nested = ("literal_binds", *kw)
        self.text_columns = False
        """Whether text() is among the columns, so that they cannot be counted."""
        self.textual_positional = True
        if statement is not None:
            self.isinsert = statement.is_insert
            self.isupdate = statement.is_update
            self.isdelete = statement.is_delete
            kwargs = {"literal_binds": True} if literal_binds else {}
            self._template = self.process(statement, **kwargs, **kw)
            self.returns_rows = bool(
                statement._is_select_base
                or (statement.is_dml and (statement._returning or self.returning))
                or statement._is_function
            )
            self._finish()
            if render_postcompile and self.post_compile:
                for name in self.post_compile:
                    if self.binds[name].required:
                        raise exc.InvalidRequestError(
                            f"A value is required for bind parameter {name!r}", code="cd3x"
                        )
                self._expanded = self.construct_expanded_state()
                self.string = self._expanded.statement

    # --- text -------------------------------------------------------------------------
    def process(self, obj: Any, **kw: Any) -> str:
        """The text of a construct within this statement."""
        hook = obj._compile_with
        if hook is not None:
            return hook(obj, self, **kw)  # type: ignore[no-any-return]
        visit: Callable[..., str] | None = getattr(self, VISIT[obj.__visit_name__], None)
        if visit is None:
            raise self._unsupported(obj)
        return visit(obj, **kw)

    def _for_nested(self, kw: Mapping[str, Any]) -> dict[str, Any]:
        """What an enclosing construct says that holds inside of a nested statement too: what
        the program says of the whole, `compile_kwargs`."""
        return {k: kw[k] for k in self._nested if k in kw}

    def _visit(self, obj: Any, **kw: Any) -> str:
        """process() without what was registered with compiles()."""
        visit: Callable[..., str] | None = getattr(self, VISIT[obj.__visit_name__], None)
        if visit is None:
            raise self._unsupported(obj)
        return visit(obj, **kw)

    def _unsupported(self, obj: Any) -> Exception:
        return exc.UnsupportedCompilationError(self, type(obj))

    def _finish(self) -> None:
        """Make the text that the driver gets, and the order of its parameters."""
        self._numbers: dict[str, int] = {}
        order = self._numbered_order() if self._numbers_parameters else []
        form = _MARK_FORMS.get(self.paramstyle)
        if form is not None and not self.post_compile:
            # no call for each parameter, of which a statement may have thousands
            self.bind_order = _PLAIN_MARK.findall(self._template)
            self.string = _PLAIN_MARK.sub(form, self._template)
            return

        def mark(match: re.Match[str]) -> str:
            name = match.group(1)
            if name is not None:
                order.append(name)
                return self.bindtemplate(name)
            name = match.group(2)
            order.append(name)
            if name in self._members:
                before, after = [_MARK.sub(mark, part) for part in self._members[name]]
                return f"__[POSTCOMPILE_{name}~~{before}~~REPL~~{after}~~]"
            return f"__[POSTCOMPILE_{name}]"

        self.string = _MARK.sub(mark, self._template)
        self.bind_order = list(dict.fromkeys(order)) if self._numbers_parameters else order

    def _numbered_order(self) -> list[str]:
        """The parameters in the order of their numbers, which they get: as they were compiled.
        Those of the rows of an INSERT come last, to be any number."""
        there = {found[1] or found[2] for found in _MARK.finditer(self._template)}
        order = [name for name in self.binds if name in there]
        if self.many_values is not None:
            outside = self.many_values.outside_in_order
            order = [*outside, *(name for name in order if name not in self.many_values.outside)]
        for name in order:
            if name not in self.post_compile:
                self.bindtemplate(name)
        return order

    @property
    def positiontup(self) -> Sequence[str] | None:
        """Names of the parameters in the order of the text, if they are positional."""
        if self._expanded is not None:
            return self._expanded.positiontup
        return self.bind_order if self.positional else None

    def bindtemplate(self, name: str, type_: Any = NULLTYPE) -> str:
        """The mark of a parameter in the paramstyle of the dialect; one of a list has a
        type."""
        style = self.paramstyle
        if style == "qmark":
            return "?"
        if style == "format":
            return "%s"
        if style == "pyformat":
            return f"%({name})s"
        if self._numbers_parameters:
            number = self._numbers.setdefault(name, len(self._numbers) + 1)
            return f"{'$' if style == 'numeric_dollar' else ':'}{number}"
        return f":{name}"

    def expand(self, values: Mapping[str, Any]) -> tuple[str, list[tuple[str, int | None, str]]]:
        """The text with its IN lists as long as these values; and for each parameter in
        it the name, the place in the list if the value is one of a list, and the name there."""
        order: list[tuple[str, int | None, str]] = []
        self._numbers = {}
        if self._numbers_parameters:
            for name in self.bind_order:  # members of lists are numbered after the others
                if name not in self.post_compile:
                    self._numbers.setdefault(name, len(self._numbers) + 1)
        self._member_names: dict[str, list[str]] = {}
        self._taken = {*self.binds, *self.escaped_bind_names}

        def mark(match: re.Match[str]) -> str:
            name = match.group(1)
            if name is not None:
                order.append((name, None, name))
                return self.bindtemplate(name)
            return self._expand_one(match.group(2), values, order, mark)

        return _MARK.sub(mark, self._template), order

    @staticmethod
    def parameters_in(text: str) -> frozenset[str]:
        """Names of the parameters in a part of the text that is being compiled."""
        return frozenset([found[1] for found in _MARK.finditer(text) if found[1]])

    def expand_rows(self, count: int, ordered: bool) -> tuple[str, list[tuple[str, str, int]]]:
        """The text of an INSERT with `count` rows, and its parameters in order: (name in this
        statement, name in that of one row, number of the row whose value it has)."""
        before, row, after = self.many_values.template(ordered)
        names: list[tuple[str, str, int]] = []
        self._numbers = {}

        def once(match: re.Match[str]) -> str:
            name = match.group(1)
            if not self._numbers_parameters:
                names.append((name, name, 0))
            return self.bindtemplate(name)

        def numbered(number: int) -> str:
            def mark(match: re.Match[str]) -> str:
                name = match.group(1)
                names.append((f"{name}__{number}", name, number))
                return self.bindtemplate(f"{name}__{number}")

            return _MARK.sub(mark, row).replace("\x03", str(number))

        if self._numbers_parameters:
            for name in self.many_values.outside_in_order:
                self.bindtemplate(name)
                names.append((name, name, 0))
        before = _MARK.sub(once, before)
        rows = ", ".join([numbered(number) for number in range(count)])
        return f"{before}{rows}{_MARK.sub(once, after)}", names

    def template_of_rows(self, ordered: bool) -> str:
        """The text that expand_rows() repeats the rows of, with one: what SQLAlchemy calls the
        statement of all."""
        before, row, after = self.many_values.template(ordered)
        text = f"{before}{row.replace(', ' + chr(3), '')}{after}"
        self._numbers = {}
        if self._numbers_parameters:
            for name in self.many_values.outside_in_order:
                self.bindtemplate(name)
        return _MARK.sub(lambda match: self.bindtemplate(match.group(1)), text)

    def _expand_one(
        self,
        name: str,
        values: Mapping[str, Any],
        order: list[tuple[str, int | None, str]],
        mark: Callable[[re.Match[str]], str],
    ) -> str:
        bind = self.binds[name]
        value = values.get(name, bind.effective_value)
        if not bind.expanding:
            return self.render_literal_value(value, bind.type)
        value = () if value is None else value
        if not isinstance(value, (list, tuple)):
            value = list(value)
        if not value:
            return self.visit_empty_set_op_expr(self._types_of(bind), bind.expand_op)
        if name in self._members:
            before, after = self._members[name]
            literal = bind in self.literal_execute_params
            names = [] if literal else self._names_of_members(name, range(1, len(value) + 1))
            members = []
            for number, item in enumerate(value):
                text = _MARK.sub(mark, before)
                if literal:
                    text += self._literal_item(item, bind.type)
                else:
                    order.append((name, number, names[number]))
                    text += self.bindtemplate(names[number], bind.type)
                members.append(text + _MARK.sub(mark, after))
            return ", ".join(members)
        rows_word = "VALUES " if getattr(self.dialect, "tuple_in_values", False) else ""
        if bind in self.literal_execute_params:
            text = ", ".join([self._literal_item(v, bind.type) for v in value])
            return rows_word + text if bind.type._is_tuple_type else text
        if self._is_tuple_bind(bind, value):
            widths = [len(row) for row in value]
            places = [f"{n}_{m + 1}" for n, width in enumerate(widths, 1) for m in range(width)]
            marks = iter(self._marks_of_members(name, places, NULLTYPE, order))
            rows = [", ".join(itertools.islice(marks, width)) for width in widths]
            return rows_word + ", ".join([f"({row})" for row in rows])
        return ", ".join(self._marks_of_members(name, range(1, len(value) + 1), bind.type, order))

    def _marks_of_members(
        self,
        name: str,
        places: Iterable[Any],
        type_: Any,
        order: list[tuple[str, int | None, str]],
    ) -> list[str]:
        """The marks of the members of a list, which come next in `order`."""
        names = self._names_of_members(name, places)
        order.extend([(name, number, made) for number, made in enumerate(names)])
        if self._numbers_parameters:
            return [self.bindtemplate(made, type_) for made in names]
        mark = self.bindtemplate("\x00", type_)
        return [mark.replace("\x00", made) for made in names]

    def _names_of_members(self, name: str, places: Iterable[Any]) -> list[str]:
        """Names for the members of a list, which no other parameter has; `places`: what each
        is called after the name of the list."""
        names = self._member_names.get(name)
        if names is None:
            names = [f"{name}_{place}" for place in places]
            if not self._taken.isdisjoint(names):
                names = [self._free_name(made) for made in names]
            self._taken.update(names)
            self._member_names[name] = names
        return names

    def _free_name(self, wanted: str) -> str:
        made = wanted
        count = 0
        while made in self._taken:
            count += 1
            made = f"{wanted}__{count}"
        self._taken.add(made)
        return made

    def _is_tuple_bind(self, bind: BindParameter[Any], value: Sequence[Any]) -> bool:
        return bind.type._is_tuple_type or (
            bind.type._isnull
            and isinstance(value[0], Sequence)
            and not isinstance(value[0], (str, bytes))
        )

    def _types_of(self, bind: BindParameter[Any]) -> Sequence[Any]:
        type_: Any = bind.type
        return type_.types if type_._is_tuple_type else [type_]

    def _literal_item(self, value: Any, type_: Any) -> str:
        if type_._is_tuple_type:
            return (
                "("
                + ", ".join(
                    [
                        self.render_literal_value(v, t)
                        for v, t in zip(value, type_.types, strict=False)
                    ]
                )
                + ")"
            )
        return self.render_literal_value(value, type_)

    # --- names -----------------------------------------------------------------------
    def resolve(self, name: Any, kind: str = "colident") -> str:
        """A name, made up now if it is anonymous, and cut if no program gave it and it is too
        long. Names of different kinds are counted apart."""
        if isinstance(name, AnonName):
            text = self._made_up(name)
        elif isinstance(name, _truncated_label):
            text = name
        else:
            return name  # type: ignore[no-any-return]
        if len(text) <= self._label_room:
            return text
        cut = self._cut.get((kind, name))
        if cut is None:
            n = self._cut_counters[kind] = self._cut_counters.get(kind, 0) + 1
            cut = self._cut[kind, name] = f"{text[: max(self._label_room, 0)]}_{n:x}"
        return cut

    def _made_up(self, name: Any) -> str:
        """The whole of an anonymous name."""
        if not isinstance(name, AnonName):
            return name  # type: ignore[no-any-return]
        if isinstance(name, AnonText):
            text = "".join([self._made_up(p) for p in name.parts])
            return quoted_name(text, getattr(name.parts[-1], "quote", None))  # type: ignore[no-any-return]
        ident = name.ident
        found = self._anon.get(ident)
        if found is None:
            base = self._made_up(name.base)
            # names made of anonymous ones are counted together
            counted = "" if isinstance(name.base, AnonName) else base
            n = self._anon_counters[counted] = self._anon_counters.get(counted, 0) + 1
            # the seed is kept, so that its id stays its own
            found = self._anon[ident] = (f"{base}_{n}", name)
        return found[0] + name.suffix if name.suffix else found[0]

    def alias_of_same_named(self, name: str) -> str:
        """The alias of a table whose name is in `same_named`."""
        return self.resolve(AnonName(self.preparer, name), "alias")

    # --- bind parameters ---------------------------------------------------------------
    def bind_name(self, bind: BindParameter[Any]) -> str:
        """The name of a parameter in this statement; it is registered under it."""
        name = self.bind_names.get(bind)
        if name is not None:
            return name
        name = bind.key
        if bind.unique or type(name) is not str:
            name = self.resolve(bind._name, "bindparam")
        if _UNFIT_FOR_NAMES.search(name):
            own = name
            name = "".join([_BIND_ESCAPES.get(c, c) for c in name])
            self.escaped_bind_names[own] = name
        existing = self.binds.get(name)
        if existing is not None and existing is not bind:
            same = existing._ident is bind._ident
            existing_crud = getattr(existing, "_is_crud", False)
            crud = getattr(bind, "_is_crud", False)
            if crud or existing_crud:
                if not (crud and existing_crud) and not same:
                    required = existing.required if existing_crud else bind.required
                    if required:
                        raise exc.CompileError(
                            f"bindparam() name '{name}' is reserved for automatic usage in the "
                            "VALUES or SET clause of this insert/update statement.   Please use a "
                            "name other than column name when using bindparam() with insert() or "
                            f"update() (for example, 'b_{name}')."
                        )
                    raise exc.CompileError(
                        f"Bind parameter '{name}' conflicts with unique bind parameter of the "
                        "same name"
                    )
            elif (existing.unique or bind.unique) and not same:
                raise exc.CompileError(
                    f"Bind parameter '{name}' conflicts with unique bind parameter of the same name"
                )
            elif existing.expanding != bind.expanding or (
                existing.expanding and bind.literal_execute != existing.literal_execute
            ):
                raise exc.CompileError(
                    f"Can't reuse bound parameter name '{name}' in both 'expanding' (e.g. within "
                    "an IN expression) and non-expanding contexts.  If this parameter is to "
                    "receive a list/array value, set 'expanding=True' on it for expressions that "
                    "aren't IN, otherwise use a different parameter name."
                )
        self.binds[name] = bind
        self.bind_names[bind] = name
        return name

    def visit_bindparam(
        self,
        bindparam: BindParameter[Any],
        within_columns_clause: bool = False,
        literal_binds: bool = False,
        skip_bind_expression: bool = False,
        literal_execute: bool = False,
        render_postcompile: bool = False,
        **kw: Any,
    ) -> str:
        type_ = bindparam.type
        impl = type_.dialect_impl(self.dialect)
        if not skip_bind_expression and impl._has_bind_expression:
            wrapped = impl.bind_expression(bindparam)
            if wrapped is not None and wrapped is not bindparam:
                if bindparam.expanding:
                    return self._wrapped_members(bindparam, wrapped, literal_binds, kw)
                return self.process(
                    wrapped, skip_bind_expression=True, literal_binds=literal_binds, **kw
                )
        if literal_binds:
            text = self.render_literal_bindparam(bindparam, kw.get("_in_operator"))
            return f"({text})" if bindparam.expanding else text
        name = self.bind_name(bindparam)
        if bindparam.literal_execute or literal_execute or bindparam.expanding:
            self.post_compile.add(name)
            if bindparam.literal_execute or literal_execute:
                self.literal_execute_params.add(bindparam)
            if bindparam.expanding:
                return f"(\x02{_TOKEN}{name}\x02)"
            return f"\x02{_TOKEN}{name}\x02"
        return f"\x01{_TOKEN}{name}\x01"

    def _wrapped_members(
        self, bind: BindParameter[Any], wrapped: Any, literal_binds: bool, kw: dict[str, Any]
    ) -> str:
        """A list of values, of which each is to be in an expression of its type."""
        if literal_binds:
            values = bind.effective_value
            if not values:
                return f"({self.render_literal_bindparam(bind, kw.get('_in_operator'))})"
            binds: list[Any] = [
                BindParameter(None, value, bind.type, unique=True) for value in values
            ]
            return f"({', '.join([self.process(b, literal_binds=True, **kw) for b in binds])})"
        text = self.process(wrapped, skip_bind_expression=True, **kw)
        place = _LIST.search(text)
        if place is None:
            return text  # the expression is about something else
        self._members[place[1]] = (text[: place.start()], text[place.end() :])
        return place[0]

    def render_literal_bindparam(
        self, bindparam: BindParameter[Any], operator: Any = None, **kw: Any
    ) -> str:
        """The value of a parameter as SQL; `kw` is what its visit function was given."""
        value = bindparam.effective_value
        if value is None and bindparam.callable is None:
            if operator is not None and operator not in (is_, is_not):
                util.warn(
                    f"Bound parameter '{bindparam._name}' rendering literal NULL in a SQL "
                    "expression; comparisons to NULL should not use operators outside of 'is' or "
                    "'is not' (this warning may be suppressed after 10 occurrences)"
                )
            return "NULL"
        if bindparam.expanding:
            value = value or ()
            if not value:
                return self.visit_empty_set_op_expr(self._types_of(bindparam), bindparam.expand_op)
            values = ", ".join([self._literal_item(v, bindparam.type) for v in value])
            if bindparam.type._is_tuple_type and getattr(self.dialect, "tuple_in_values", False):
                return "VALUES " + values
            return values
        return self.render_literal_value(value, bindparam.type)

    def render_literal_value(self, value: Any, type_: Any) -> str:
        """A value as SQL text."""
        if value is None and not type_.should_evaluate_none:
            return "NULL"
        processor = type_._cached_literal_processor(self.dialect)
        if processor is not None:
            try:
                return processor(value)  # type: ignore[no-any-return]
            except exc.CompileError:
                raise
            except Exception as err:
                raise exc.CompileError(
                    f'Could not render literal value "{value!r}" with datatype {type_}; see parent '
                    "stack trace for more detail."
                ) from err
        raise exc.CompileError(
            f'No literal value renderer is available for literal value "{value!r}" with datatype '
            f"{type_}"
        )

    @property
    def params(self) -> dict[str, Any]:
        """Values of the parameters, by name; None of those that have none yet."""
        return self.construct_params(_check=False)

    def _execute_on_connection(self, connection: Any, params: Any, options: Any) -> Any:
        if not self.statement.supports_execution:
            raise exc.ObjectNotExecutableError(self.statement)
        return connection._execute_compiled(self, params, options)

    @property
    def unescaped_bind_names(self) -> dict[str, str]:
        """The parameters' own names by those in the text, where they are others."""
        return {escaped: name for name, escaped in self.escaped_bind_names.items()}

    def construct_params(
        self,
        params: Mapping[str, Any] | None = None,
        escape_names: bool = True,
        _check: bool = True,
        _group_number: int | None = None,
    ) -> dict[str, Any]:
        """Values of the parameters, by the names in the text.

        `params` are values to take instead; `escape_names=False` gives the parameters' own
        names. Raises InvalidRequestError if a value is missing, or if the text was made for
        the values that the statement has (`render_postcompile`).
        """
        if self._expanded is not None:
            if params:
                raise exc.InvalidRequestError(
                    "can't construct new parameters when render_postcompile is used; the "
                    "statement is hard-linked to the original parameters.  Use "
                    "construct_expanded_state to generate a new statement and parameters."
                )
            return dict(self._expanded.parameters)
        return self._values(params, escape_names, _check, _group_number)

    def _values(
        self,
        params: Mapping[str, Any] | None,
        escape_names: bool,
        check: bool,
        group: int | None = None,
    ) -> dict[str, Any]:
        own = self.unescaped_bind_names
        made: dict[str, Any] = {}
        for name, bind in self.binds.items():
            if params is not None and bind.key in params and not bind.unique:
                value = params[bind.key]
            elif params is not None and name in params:
                value = params[name]
            elif check and bind.required:
                where = f", in parameter group {group}" if group else ""
                raise exc.InvalidRequestError(
                    f"A value is required for bind parameter {bind.key!r}{where}", code="cd3x"
                )
            else:
                value = bind.effective_value
            made[name if escape_names else own.get(name, name)] = value
        return made

    def construct_expanded_state(
        self, params: Mapping[str, Any] | None = None, escape_names: bool = True
    ) -> ExpandedState:
        """The text and the parameters for values: each member of a list is one.

        `params` are values to take instead of the statement's. Raises InvalidRequestError if
        one is missing.
        """
        state = expanded_state(self, self._values(params, True, True))
        if escape_names:
            return state
        own = self.unescaped_bind_names
        named = {own.get(name, name): value for name, value in state.parameters.items()}
        order = state.positiontup
        if order is not None:
            order = [own.get(name, name) for name in order]
        return state._replace(parameters=named, positiontup=order)

    def _same_bind(self, original: BindParameter[Any], used: BindParameter[Any]) -> None:
        """`used` is compiled in place of `original`, whose value it takes."""
        self.bind_names[original] = self.bind_name(used)

    # --- results --------------------------------------------------------------------------
    def _add_to_result_map(
        self, keyname: Any, name: Any, objects: Iterable[Any], type_: Any
    ) -> None:
        if type_._is_tuple_type:
            raise exc.CompileError(
                "Most backends don't support SELECTing from a tuple() object.  If this is an ORM "
                "query, consider using the Bundle object."
            )
        self.result_columns.append(ResultColumn(keyname, name, tuple(objects), type_))

    @property
    def _result_columns(self) -> list[ResultColumn]:
        return self.result_columns

    @property
    def prefetch(self) -> list[Any]:
        """Columns whose default is made in Python."""
        return self.insert_prefetch or self.update_prefetch

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object at 0x{id(self):x}>"


class StrSQLCompiler(SQLCompiler):
    """For `str(statement)`: lenient about what no dialect can do."""

    is_string_compiler = True

    def get_select_precolumns(self, select: Any, **kw: Any) -> str:
        return "DISTINCT " if select._distinct else ""

    def process(self, obj: Any, **kw: Any) -> str:
        try:
            return super().process(obj, **kw)
        except exc.UnsupportedCompilationError as error:
            if obj.stringify_dialect == "default" or error.element_type is not type(obj):
                raise
            dialect = obj._stringify_dialect()
            compiler = dialect.statement_compiler(dialect)
            # its parameters are named as in this statement, and written as it writes them
            for name in ("stack", "binds", "bind_names", "post_compile", "_anon", "_anon_counters"):
                setattr(compiler, name, getattr(self, name))
            compiler._template = compiler.process(obj, **kw)
            compiler._finish()
            return compiler.string  # type: ignore[no-any-return]


_string_dialect: Any = None


def string_dialect() -> Any:
    """The dialect of `str(statement)`."""
    global _string_dialect
    if _string_dialect is None:
        from ..engine.default import StrCompileDialect

        _string_dialect = StrCompileDialect()
    return _string_dialect


__all__ = [
    "RESERVED_WORDS",
    "ClauseElement",
    "Compiled",
    "ExpandedState",
    "IdentifierPreparer",
    "ResultColumn",
    "SQLCompiler",
    "StrSQLCompiler",
    "quoted_name",
    "string_dialect",
]

if TYPE_CHECKING:
    from .compile_expressions import OPERATORS as OPERATORS
    from .ddl_compiler import DDLCompiler as DDLCompiler
    from .linting import COLLECT_CARTESIAN_PRODUCTS as COLLECT_CARTESIAN_PRODUCTS
    from .linting import FROM_LINTING as FROM_LINTING
    from .linting import NO_LINTING as NO_LINTING
    from .linting import WARN_LINTING as WARN_LINTING
    from .linting import FromLinter as FromLinter
    from .type_compiler import GenericTypeCompiler as GenericTypeCompiler
    from .type_compiler import StrSQLTypeCompiler as StrSQLTypeCompiler
    from .type_compiler import TypeCompiler as TypeCompiler
else:
    __getattr__ = late_names(
        __name__,
        {
            ".compile_expressions": "OPERATORS",
            ".ddl_compiler": "DDLCompiler",
            ".type_compiler": "GenericTypeCompiler StrSQLTypeCompiler TypeCompiler",
            ".linting": "COLLECT_CARTESIAN_PRODUCTS FROM_LINTING FromLinter NO_LINTING WARN_LINTING",
        },
    )
