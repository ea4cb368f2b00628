"""The ground all SQL constructs stand on: cloning, annotations, structural cache keys.

Constructs are immutable once built. A generative method copies the construct's ``__dict__``;
defaults live on the class, so that the dictionary holds only what was said.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import cache
from itertools import count
from operator import methodcaller
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .. import _core, exc
from .._core import memoized as memoized
from .._late import late_names
from ..event.attr import dispatcher
from ..util import EMPTY_DICT as NO_OPTIONS
from ..util import immutabledict
from .dialect_args import DialectKWArgs as DialectKWArgs
from .dialect_args import _DialectArgView as _DialectArgView
from .naming import _NoneName as _NoneName

if TYPE_CHECKING:
    from typing import Self

    from .compiler import SQLCompiler
    from .selectable import FromClause

_T = TypeVar("_T")
_Other = TypeVar("_Other")

EMPTY_DICT: Mapping[str, Any] = {}
_new = object.__new__
_new_tuple = tuple.__new__

_serials = count(1)


def next_serial() -> int:
    """A number that no other object of this process has (unlike ``id``, never reused)."""
    return next(_serials)


class KeyContext(_core.KeyContext):
    """What a cache key collects: itself a list of the bind parameters met, in order.

    ``memo`` numbers constructs that are the same only by identity (aliases, bind
    parameters), so that a statement built anew from new aliases has the old key.
    """

    __slots__ = ()

    def number(self, ident: object) -> tuple[int, bool]:
        """The number of an identity, and whether it is new. The object must stay alive."""
        memo = self.memo
        key = id(ident)
        n = memo.get(key)
        if n is not None:
            return n, False
        memo[key] = n = len(memo)
        return n, True


# the types, not their names: an annotation that is a name is compiled where it is met
_CacheKeyFields = NamedTuple(  # noqa: UP014
    "_CacheKeyFields", [("key", tuple[Any, ...] | None), ("bindparams", Sequence[Any])]
)


class CacheKey(_CacheKeyFields):
    """A statement's structure and its bind parameters in the order of the structure."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CacheKey) and self.key == other.key

    def __ne__(self, other: object) -> bool:
        return not self == other

    def to_offline_string(
        self, statement_cache: MutableMapping[Any, str], statement: Any, parameters: Any
    ) -> str:
        """A text that is the same for statements of the same structure and parameters.

        `statement_cache` keeps the SQL of structures that were asked for.
        """
        if self.key is None:
            sql, key_params = str(statement), []
        else:
            found = statement_cache.get(self.key)
            sql = found if found is not None else str(statement)
            statement_cache[self.key] = sql
            key_params = [parameters.get(b.key, b.effective_value) for b in self.bindparams]
        return repr((sql, tuple(key_params)))


def key_of_all(items: Iterable[Any], ctx: KeyContext) -> tuple[Any, ...]:
    """Keys of several constructs."""
    return tuple([i._cache_key(ctx) for i in items])


@cache
def _unfit_in_names() -> re.Pattern[str]:
    """What does not become a part of names that are made up. To compile an expression takes as
    long as to import a file: it waits for the first such name."""
    return re.compile(r"[%\(\) \$]+")


clone_of = methodcaller("_clone")
"""A copy of a construct that has the same ones inside."""


class AnonName:
    """A name to be made at compile time: ``base_1``, ``base_2`` in order of appearance.

    Two are the same name when they come from the same object and base. The suffix follows
    the finished name.
    """

    __slots__ = ("base", "seed", "suffix")

    def __init__(self, seed: Any, base: Any, suffix: str = "") -> None:
        self.seed = seed
        if isinstance(base, str) and not base.isidentifier():
            base = _unfit_in_names().sub("_", base)
        self.base = base
        self.suffix = suffix

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(max(protocol, 2))  # older ones do not know of slots

    @property
    def ident(self) -> Any:
        """What two names have in common that are the same but for the suffix."""
        seed = self.seed
        if isinstance(seed, tuple):
            return (id(seed[0]), *seed[1:], self.base)
        return (id(seed), self.base)

    def __hash__(self) -> int:
        return hash((self.ident, self.suffix))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AnonName)
            and self.ident == other.ident
            and self.suffix == other.suffix
        )

    def __repr__(self) -> str:
        return f"%({id(self.seed)} {self.base})s{self.suffix}"


class AnonText(AnonName):
    """A name composed of text and anonymous names."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts = parts
        self.suffix = ""
        self.seed = parts
        self.base = parts[-1].base if isinstance(parts[-1], AnonName) else parts[-1]

    @property
    def ident(self) -> Any:
        return tuple([p.ident if isinstance(p, AnonName) else p for p in self.parts])


class SchemaEventTarget:
    """Base of what DDL events are of: schema items, and types that bring constraints or
    objects of their own."""

    dispatch = dispatcher("cormorant.sql.events:DDLEvents")
    _attach_events = False
    """Somebody listens to items becoming parts of others."""

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        raise NotImplementedError()

    def _set_parent_with_dispatch(self, parent: Any, **kw: Any) -> None:
        """Become a part of another item, and tell listeners."""
        if not SchemaEventTarget._attach_events:
            self._set_parent(parent, **kw)
            return
        self.dispatch.before_parent_attach(self, parent)
        self._set_parent(parent, **kw)
        self.dispatch.after_parent_attach(self, parent)


class Visitable:
    """Something the compiler has a ``visit_<name>`` method for."""

    __slots__ = ()
    __visit_name__: str = "none"
    # a function that compiles the class in place of the visitor (see ext.compiler)
    _compile_with: Any = None


# classes of other packages say whether their cache key is that of their base
_PACKAGE = __name__.partition(".")[0] + "."


def _foreign_cache_key(cls: type[ClauseElement], inherits: bool | None) -> Any:
    """The `_cache_key` method of a construct that is not one of ours.

    What a program's own construct renders may depend on anything. Only when it says so
    (``inherit_cache = True``) is it taken to depend on what its base class knows of.
    """
    # (of a value it is a matter of course)
    said = inherits is not None or getattr(cls, "_is_bind_parameter", False)

    def uncacheable(self: Any, ctx: KeyContext) -> Any:
        nonlocal said
        ctx.cacheable = False
        if not said:
            said = True
            from ..util import warn

            warn(
                f"Class {cls.__name__} will not make use of SQL compilation caching as it does "
                "not set the 'inherit_cache' attribute to ``True``.  This can have significant "
                "performance implications including some performance degradations in comparison "
                "to prior SQLAlchemy versions.  Set this attribute to True if this object can "
                "make use of the cache key generated by the superclass.  Alternatively, this "
                "attribute may be set to False which will disable this warning.",
                code="cprf",
            )
        return None

    if not inherits:
        return uncacheable
    base = next(b.__dict__["_cache_key"] for b in cls.__mro__[1:] if "_cache_key" in b.__dict__)
    if base is ClauseElement.__dict__["_cache_key"]:

        def structural(self: Any, ctx: KeyContext) -> Any:
            return (cls, *[child._cache_key(ctx) for child in self.get_children()])

        return structural

    def inherited(self: Any, ctx: KeyContext) -> Any:
        return (cls, base(self, ctx))

    return inherited


class ExecutableOption:
    """Anything that `Select.options()` and `Query.options()` accept."""

    __slots__ = ()

    _is_core = False
    _is_orm_option = True

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        raise NotImplementedError


_OF_THIS_PROCESS = frozenset(
    ("_memo_cache_key", "_own_key", "_settled_key", "proxy_set", "base_columns")
)


class ClauseElement(Visitable):
    """Base of everything that renders as SQL."""

    __visit_name__ = "clause"

    # what a traversal goes into: attribute names of elements or tuples/lists of them
    _traverse_attrs: tuple[str, ...] = ()
    _memo_names: frozenset[str] = frozenset()
    _annotations: Mapping[str, Any] = EMPTY_DICT
    _is_annotated = False

    # what a copying traversal leaves as it is: tables, their columns
    _immutable = False

    is_selectable = False
    is_clause_element = True
    is_dml = False
    is_select = False
    is_insert = False
    is_update = False
    is_delete = False
    is_text = False
    _is_from_clause = False
    _is_column = False
    _is_bind_parameter = False
    _is_text_clause = False
    _is_function = False
    _is_collection_aggregate = False
    # an operand that never takes parentheses beside comparisons and arithmetic
    _atomic = False
    _is_join = False
    _is_alias = False
    _is_returns_rows = False
    _is_select_base = False
    _is_table = False
    _from_objects: Sequence[FromClause] = ()
    _hide_froms: Sequence[FromClause] = ()
    supports_execution = False

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        own = cls.__dict__
        names = frozenset([n for n, v in own.items() if isinstance(v, memoized)])
        for base in cls.__bases__:
            names |= getattr(base, "_memo_names", names)
        if names != cls._memo_names:
            cls._memo_names = names
        if "__visit_name__" in own and "_compile_with" not in own:
            cls._compile_with = None
        if not cls.__module__.startswith(_PACKAGE):
            inherits = own.get("inherit_cache")
            if "_traverse_internals" in own and inherits is None:
                from .described import describe

                describe(cls, own["_traverse_internals"])
            else:
                cls._cache_key = _foreign_cache_key(cls, inherits)  # type: ignore[method-assign]

    # --- pickles ----------------------------------------------------------------
    def __getstate__(self) -> dict[str, Any]:
        """What a pickle keeps: no numbers and addresses of this process."""
        return {k: v for k, v in self.__dict__.items() if k not in _OF_THIS_PROCESS}

    # --- copies -----------------------------------------------------------------
    def _clone(self, **kw: Any) -> Self:
        """A shallow copy without what was computed from the original."""
        cls = self.__class__
        c = cls.__new__(cls)
        d = c.__dict__
        d.update(self.__dict__)
        if "_memoized" in d:
            for name in cls._memo_names & d.keys():
                del d[name]
            del d["_memoized"]
        return c

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[ClauseElement]:
        """The constructs directly inside this one."""
        for name in self._traverse_attrs:
            value = None if name in omit_attrs else getattr(self, name)
            if value is None:
                continue
            if isinstance(value, (tuple, list)):
                yield from value
            else:
                yield value

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        """Replace what is inside by ``clone`` of it. Only ever called on a fresh clone."""
        for name in self._traverse_attrs:
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, tuple):
                new: Any = tuple([clone(v) for v in value])
            elif isinstance(value, list):
                new = [clone(v) for v in value]
            else:
                new = clone(value)
            setattr(self, name, new)

    # --- annotations --------------------------------------------------------------
    def _annotate(self, values: Mapping[str, Any]) -> Self:
        """A copy with values attached that is, as a column or FROM, still the original."""
        cls = annotated_class(self.__class__)
        c: Self = cls.__new__(cls)
        d = c.__dict__
        d.update(self.__dict__)
        for name in cls._memo_names & d.keys():
            if name != "_columns":
                del d[name]
        d["_hash"] = hash(self)
        d["_original"] = self
        d["_annotations"] = {**self._annotations, **values}
        return c

    def _deannotate(self, values: Iterable[str] | None = None, clone: bool = False) -> Any:
        """The construct without its annotations (or without those named)."""
        return self._clone() if clone else self

    @property
    def entity_namespace(self) -> Any:
        """Where filter_by() looks names up."""
        raise exc.InvalidRequestError(
            f'Entity namespace for "{self}" has no namespace, cannot use filter_by() with it'
        )

    # --- cache key ------------------------------------------------------------------
    def _cache_key(self, ctx: KeyContext) -> Any:
        """A hashable key of the structure; parts of a statement that are equal in it
        compile to the same SQL."""
        ctx.cacheable = False
        return None

    def _generate_cache_key(self) -> CacheKey:
        """The key (None: this cannot be cached) and the bind parameters in its order."""
        ctx = KeyContext()
        key = self._cache_key(ctx)
        return CacheKey(key if ctx.cacheable else None, ctx)

    # --- text -------------------------------------------------------------------------
    def self_group(self, against: Any = None) -> Any:
        """This construct as it must be written beside the operator ``against``."""
        return self

    def _ungroup(self) -> Any:
        return self

    def compare(self, other: ClauseElement, **kw: Any) -> bool:
        """Whether both have the same structure and the same bound values."""
        a, b = self._generate_cache_key(), other._generate_cache_key()
        return (
            a.key is not None
            and a.key == b.key
            and [p.effective_value for p in a.bindparams]
            == [p.effective_value for p in b.bindparams]
        )

    def compile(self, bind: Any = None, dialect: Any = None, **kw: Any) -> SQLCompiler:
        """Compile to SQL for a dialect, that of an engine or connection, or the default one."""
        if dialect is None:
            if bind is not None:
                dialect = bind.dialect
            else:
                dialect = self._stringify_dialect()
        compiled: SQLCompiler = self._compiler(dialect, **kw)
        return compiled

    # the dialect that str() compiles for: one of a dialect's own constructs says which
    stringify_dialect = "default"

    def _stringify_dialect(self) -> Any:
        name = self.stringify_dialect
        if name == "default":
            from . import compiler

            return compiler.string_dialect()
        from .. import dialects

        if name in dialects.__all__:
            return importlib.import_module(f"{dialects.__name__}.{name}").dialect()
        return dialects.registry.load(name)()

    def _compiler(self, dialect: Any, **kw: Any) -> Any:
        kw.update(kw.pop("compile_kwargs", None) or {})
        return dialect.statement_compiler(dialect, self, **kw)

    def __str__(self) -> str:
        return str(self.compile())

    @property
    def description(self) -> Any:
        """A short name for messages."""
        return None

    def __repr__(self) -> str:
        friendly = self.description
        if friendly is None:
            return object.__repr__(self)
        cls = self.__class__
        return f"<{cls.__module__}.{cls.__name__} at 0x{id(self):x}; {friendly}>"

    def __bool__(self) -> bool:
        raise TypeError("Boolean value of this clause is not defined")

    def _with_binary_element_type(self, type_: Any) -> Any:
        return self

    def _negate_in_binary(self, negated_op: Any, original_op: Any) -> Any:
        return self

    def params(self, optionaldict: Mapping[str, Any] | None = None, /, **kw: Any) -> Self:
        """A copy with values given to its named bind parameters."""
        return self._replace_params(False, {**(optionaldict or {}), **kw})

    def unique_params(self, optionaldict: Mapping[str, Any] | None = None, /, **kw: Any) -> Self:
        """As params(), with the parameters made unique to the copy."""
        return self._replace_params(True, {**(optionaldict or {}), **kw})

    def _replace_params(self, unique: bool, kw: Mapping[str, Any]) -> Self:
        from . import visitors

        def visit(bind: Any) -> None:
            if bind.key in kw and not bind.unique:
                bind.value = kw[bind.key]
                bind.required = False
            if unique:
                bind._convert_to_unique()

        return visitors.cloned_traverse(self, {}, {"bindparam": visit})  # type: ignore[no-any-return]


class Annotated:
    """Mixed into the class of an annotated construct."""

    _is_annotated = True
    _hash: int
    _original: Any
    _annotations: Mapping[str, Any]

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> Any:
        # the class was made here, and the hash is of an address
        state = {k: v for k, v in self.__getstate__().items() if k != "_hash"}  # type: ignore[attr-defined]
        return _unpickled, (self.__class__.__mro__[2],), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._hash = hash(self._original)

    def _annotate(self, values: Mapping[str, Any]) -> Any:
        c = self._clone()
        c._annotations = {**self._annotations, **values}
        return c

    def _deannotate(self, values: Iterable[str] | None = None, clone: bool = False) -> Any:
        if values is None:
            return self._original
        left = {k: v for k, v in self._annotations.items() if k not in set(values)}
        return self._original._annotate(left) if left else self._original

    @property
    def entity_namespace(self) -> Any:
        entity = self._annotations.get("entity_namespace")
        if entity is not None:
            return entity.entity_namespace
        return super().entity_namespace  # type: ignore[misc]

    def _clone(self, **kw: Any) -> Any:
        c = super()._clone()  # type: ignore[misc]
        d = c.__dict__
        d.pop("_own_key", None)
        d.pop("_settled_key", None)
        return c

    # The key of a table of a mapper, or of its column, once it is known: such a key is made
    # of serial numbers and depends on nothing of the statement.
    _settled_key: Any = None

    def _annotated_key(self, ctx: KeyContext) -> Any:
        annotations = self._annotations
        if self._immutable:  # type: ignore[attr-defined]
            key = self._original._cache_key(ctx)
        else:
            key = super()._cache_key(ctx)  # type: ignore[misc]
        parent = annotations.get("parententity")
        if parent is None:
            return key
        ctx.orm = True
        if getattr(parent, "is_aliased_class", False):
            return (key, parent._cache_key(ctx), annotations.get("proxy_key"))
        settled = key.__class__ is int
        key = (key, parent, annotations.get("proxy_key"))
        if settled:
            self._settled_key = key
        return key

    _cache_key = _core.KeyRecipe(settled="_settled_key", orm=True, rest=_annotated_key)


class _AnnotatedFrom(Annotated):
    """Equal to its original; equality of columns makes expressions."""

    def __eq__(self, other: Any) -> bool:
        return hash(other) == self._hash

    __hash__ = Annotated.__hash__


_annotated_classes: dict[type, type] = {}


def _unpickled(cls: type) -> Any:
    """An annotated construct without its contents yet: hashable, as its original will be."""
    annotated = annotated_class(cls)
    made = annotated.__new__(annotated)
    made._hash = 0
    return made


def annotated_class(cls: type) -> Any:
    """The subclass whose instances are annotated ones of ``cls``."""
    made = _annotated_classes.get(cls)
    if made is None:
        if issubclass(cls, Annotated):
            made = cls
        else:
            mixin = Annotated if cls._is_column else _AnnotatedFrom  # type: ignore[attr-defined]
            made = type("Annotated" + cls.__name__, (mixin, cls), {"__module__": cls.__module__})
        _annotated_classes[cls] = made
    return made


class Executable(_core.Generative, ClauseElement):
    """A statement: something a connection executes."""

    supports_execution = True
    _execution_options: immutabledict[str, Any] = NO_OPTIONS
    _with_options: tuple[Any, ...] = ()
    _statement_hints: tuple[Any, ...] = ()
    #: makes objects of the rows of a change, see cormorant.orm.returning
    _row_maker: Any = None

    def options(self, *options: Any) -> Self:
        """Add loader options and the like."""
        c = self._generate()
        for option in options:
            if not (getattr(option, "_is_core", False) or getattr(option, "_is_orm_option", False)):
                raise exc.ArgumentError(
                    f"ExecutionOption Core or ORM object expected, got {option!r}."
                )
        c._with_options = self._with_options + options
        return c

    def execution_options(self, **kw: Any) -> Self:
        """Add execution options."""
        if "isolation_level" in kw:
            raise exc.ArgumentError(
                "'isolation_level' execution option may only be specified "
                "on Connection.execution_options(), or "
                "per-engine using the isolation_level "
                "argument to create_engine()."
            )
        if "compiled_cache" in kw:
            raise exc.ArgumentError(
                "'compiled_cache' execution option may only be specified "
                "on Connection.execution_options(), not per statement."
            )
        c = self._generate()
        c._execution_options = self._execution_options.union(kw)
        return c

    def get_execution_options(self) -> immutabledict[str, Any]:
        """The execution options in effect."""
        return self._execution_options

    @memoized
    def _memo_cache_key(self) -> tuple[Any, KeyContext]:
        """The key, None if there is none, and what it has collected."""
        ctx = KeyContext()
        key = self._cache_key(ctx)
        return key if ctx.cacheable else None, ctx

    def _generate_cache_key(self) -> CacheKey:
        return _new_tuple(CacheKey, self._memo_cache_key)

    _plain = False

    @property
    def _orm(self) -> bool:
        """Whether any part of the statement belongs to a mapped class."""
        return not self._plain and self._memo_cache_key[1].orm

    @_orm.setter
    def _orm(self, value: bool) -> None:
        # the ORM says so of the plain statement it has made
        self._plain = not value

    def _execute_on_connection(self, connection: Any, params: Any, options: Any) -> Any:
        return connection._execute_clauseelement(self, params, options)

    def scalar(self, *args: Any, **kw: Any) -> Any:
        """Raises AttributeError: a Connection or Session executes statements, and has a scalar()."""
        raise AttributeError("Statements are executed by a Connection or a Session")


class ExecutableReturnsRows(Executable):
    """A statement that may return rows: a SELECT, or a change with RETURNING."""


if TYPE_CHECKING:
    from .column_collections import ColumnCollection as ColumnCollection
    from .column_collections import DedupeColumnCollection as DedupeColumnCollection
    from .column_collections import ReadOnlyColumnCollection as ReadOnlyColumnCollection
else:
    __getattr__ = late_names(
        __name__,
        {".column_collections": "ColumnCollection DedupeColumnCollection ReadOnlyColumnCollection"},
    )
