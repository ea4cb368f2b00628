"""The C core. csrc/README.md says which file holds which idea."""

from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Any, Final, Generic, Self, TypeVar, final, overload

_T = TypeVar("_T")
_K = TypeVar("_K")
_Row_co = TypeVar("_Row_co", covariant=True)

# --- codec.c: what a column's values are -------------------------------------
TYPE_ANY: Final[int]
TYPE_INTEGER: Final[int]
TYPE_FLOAT: Final[int]
TYPE_STRING: Final[int]
TYPE_BINARY: Final[int]
TYPE_BOOLEAN: Final[int]
TYPE_NUMERIC: Final[int]
TYPE_DATETIME: Final[int]
TYPE_DATE: Final[int]
TYPE_TIME: Final[int]
TYPE_UUID: Final[int]
TYPE_JSON: Final[int]
TYPE_ENUM: Final[int]
TYPE_PYTHON: Final[int]
TYPE_ARRAY: Final[int]
TYPE_INTERVAL: Final[int]
TYPE_PICKLE: Final[int]
TYPE_REAL: Final[int]
TYPE_EXACT: Final[int]

def decode(code: int, arg: object, value: object) -> Any:
    """Run a column codec's result side on one plain value (for tests and defaults)."""

def encode(code: int, arg: object, value: object) -> Any:
    """Run a column codec's bind side on one value: what the driver would be given."""

# --- connection.c ------------------------------------------------------------
adopted_driver: Final[object]
"""A capsule for `Connection`: the driver that runs statements through a connection of a DB-API
module, the `connection` of its `dbapi`."""

@final
class Connection:
    """One database connection. Used by one thread at a time (ProgrammingError else)."""

    info: dict[Any, Any]
    kept: dict[str, Any]
    """As info, for what is behind a raw connection."""
    dbapi: Any
    closed: bool
    invalid: bool
    """A call reported a disconnect: the pool will replace this connection."""
    inherited: bool
    in_transaction: bool
    failed_params: tuple[Any, ...] | None
    refused: bool
    """Encoded parameters of the run that raised last, for error messages."""
    failed_sql: str | None
    changes: int
    """SQL of the flush statement that raised last."""

    def __new__(cls, driver: object, dbapi: object, options: Mapping[str, str]) -> Self:
        """`driver`: the driver's capsule; `dbapi`: the module holding its exceptions."""
    def execute(
        self,
        plan: Plan,
        values: Sequence[Any] = (),
        session: SessionBase | None = None,
        stream: int = 0,
        flags: int = 0,
    ) -> Cursor:
        """Bind `values[bind.index]`, run, and read all rows (or `stream` at a time)."""
    def execute_many(self, plan: Plan, rows: Sequence[Sequence[Any]], /) -> int:
        """Run once per parameter row; the sum of the rows changed (-1: unknown)."""
    def run_script(self, sql: str, /) -> None:
        """Run SQL without parameters or rows (SAVEPOINT, PRAGMA…=…)."""
    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def reset(self) -> None: ...
    def ping(self) -> None: ...
    def cursor(self) -> Any:
        """A new DB-API cursor: what the function `cursor` of its DB-API module makes."""
    def interrupt(self) -> None: ...
    def close(self) -> None: ...
    def last_insert_id(self) -> int: ...
    def said(self) -> str | None:
        """What the server said that the last statement did: ``"INSERT 0 1"``."""
    def copy(self, sql: str, /) -> tuple[bool, bool, int] | str:
        """Begin the COPY that `sql` is: whether it reads from the server, whether it is binary,
        and its number of columns. Until it ends the connection is of no other use. Other SQL is
        run: what the driver says of it."""
    def copy_read(self, size: int, /) -> bytes | int:
        """Some rows, at least one and of about `size` bytes; after the last the number of rows,
        and the COPY has ended."""
    def copy_write(self, data: Any, /) -> None:
        """Send bytes, not necessarily of whole rows."""
    def copy_end(self, why: str | None = None, /) -> int:
        """End it: the number of rows, -1 if that is not known. With `why`, a failure of the
        program's, or before all was read, the server reports that it was canceled."""
    def notification(self, wait: int, /) -> tuple[str, str, int] | None:
        """Channel, payload and sender's number of the next notification; waits so many
        milliseconds for it (-1: as long as it takes)."""
    def about(self, name: str, /) -> str | None:
        """What is known of the connection under a name, such as "backend_pid" or
        "parameter TimeZone"."""
    def column_types(self, plan: Plan, /) -> list[tuple[int, int, int]]:
        """(number, size, modifier) of the type of each column that a plan's last run returned;
        nothing of what is not known."""
    def describe(self, plan: Plan | str, values: Sequence[Any] = (), /) -> tuple[str, ...]:
        """Names of the columns a statement returns, without running it."""
    def encode(self, plan: Plan, values: Sequence[Any], /) -> Any:
        """Plan.encode() of an execution that comes next, which takes what functions of types have
        made of the values here."""
    def encode_many(self, plan: Plan, rows: Sequence[Sequence[Any]], /) -> list[Any]:
        """The same of execute_many()."""
    def forget_shown(self) -> None:
        """What encode() was called for is not going to be executed."""
    def set_option(self, key: str, value: str, /) -> None:
        """Change an option of the open connection: SQLite's isolation_level."""
    def create_function(
        self,
        name: str,
        narg: int,
        func: Callable[..., Any] | None,
        *,
        deterministic: bool = False,
    ) -> None:
        """Let SQL call a function of the program (SQLite); `narg` -1: with any arguments; None
        takes the name back."""
    def create_aggregate(self, name: str, n_arg: int, aggregate_class: Any) -> None:
        """The same of an aggregate: a class that has the methods step() and finalize()."""
    def create_window_function(self, name: str, count: int, cls: Any, /) -> None:
        """The same of a window function, which has inverse() and value() as well."""
    def set_hook(self, kind: int, function: Callable[..., Any] | None, every: int, /) -> None:
        """Have a function called: 0 for each statement that runs, with it; 1 after `every` steps,
        which ends the statement if it returns what is true; 2 for each thing that a statement is
        to do, to allow it. A connection has one of each, None takes it back."""
    def enable_load_extension(self, enabled: bool, /) -> None: ...
    def load_extension(self, path: str, entry: str | None = None, /) -> None: ...
    def serialize(self, name: str, /) -> bytes:
        """A database as the bytes of its file."""
    def deserialize(self, data: Any, name: str, /) -> None: ...
    def backup(
        self,
        target: Connection,
        name: str,
        pages: int,
        progress: Callable[[int, int, int], Any] | None,
        wait: int,
        /,
    ) -> None:
        """Copy a database over the main one of another connection. Both are in use meanwhile,
        also for `progress`. `wait`: milliseconds, when one is locked."""
    def blob_size(self, place: tuple[str, str, str, int], write: bool, /) -> int:
        """The size of a value that can be written, or read: of database, table, column and
        number of the row."""
    def blob_read(self, place: tuple[str, str, str, int], offset: int, size: int, /) -> bytes: ...
    def blob_write(self, place: tuple[str, str, str, int], offset: int, data: Any, /) -> None: ...
    def create_collation(self, name: str, callback: Callable[[str, str], int] | None, /) -> None:
        """Let SQL compare texts by a function of the program."""

# --- plan.c / hydrate.c ------------------------------------------------------
@final
class Plan:
    """An executable statement.

    binds: one `(index, code, arg[, as_text])` per parameter marker in the SQL: which of the
    execution's values, its bind codec, and whether a text among them has to be declared as one,
    since the server infers no type at its place.

    program: None (rows of plain values, named by the driver), or a tuple
    `(entities, items, keys, scalar, unique[, index])`:
      entities: tuple of `(manager, cols, pk_cols, parent, parent_slot, collection
        [, options[, polymorphic[, class of the relationship[, codecs]]]])`: cols[slot] is
        the row's column of that attribute, -1 or (no option has left it out, so that what
        was never given is to be read again) -2; codecs: `(slot, code, arg)` of attributes
        that are another expression in these rows than in their mapping; parent is the index of the entity it is eagerly joined to, or -1; parents come before
        children; options: what load_options() of the loaded objects gives
      items: tuple of `('e', entity_index)` or `('c', column, code, arg)`
      keys: tuple of str, one per item
      scalar: True: a result is the single item, else a Row of the items
      unique: True: a result equal to an earlier one is left out (entities by
        identity, columns by value)
      index: see RowKeys

    wire: the SQL that the driver gets, if that differs from what programs see

    names: of the parameters, one per bind: they are shown as a dict

    typed: the driver takes typed values (dates, decimals), where SQLite gets text

    many: (arrays, guard) of a statement that counts rows: SQL for the driver that does the
      same for many rows, whose parameters are arrays with an element for each, and a query
      that says true where it is the same

    json_text: JSON is shown as its text, not as what it stands for
    """

    sql: str
    wire: str
    names: tuple[str, ...] | None
    typed: bool
    json_text: bool
    arrays: str | None
    guard: str | None
    keys: tuple[str, ...]
    binds: tuple[tuple[int, int, object, bool], ...]
    def encode(self, values: Sequence[Any], /) -> Any:
        """The values of an execution as logs show them: a tuple in the order of the
        binds, or a dict by name."""
    refuses: bool
    """Whether the type of a value may refuse it before the driver does."""

    def with_program(self, program: tuple[Any, ...], /) -> Plan:
        """The same statement, of whose rows something else is made: it shares what
        connections have prepared."""
    def __new__(
        cls,
        sql: str,
        binds: Sequence[tuple[int, int, object] | tuple[int, int, object, bool]] = (),
        program: tuple[Any, ...] | None = None,
        wire: str = ...,
        names: Sequence[str] | None = None,
        typed: bool = False,
        many: tuple[str, str] | None = None,
        json_text: bool = False,
    ) -> Self: ...

# Flags of Connection.execute.
#: what objects hold is replaced by what their rows say
POPULATE_EXISTING: Final[int]
ONLY_KNOWN: Final[int]
READ_ALL: Final[int]
EXPIRE_MISSING: Final[int]
#: the rows are dropped before their objects go anywhere: the collector is not told of them
BRIEF_ROWS: Final[int]
KEEP_RELATED: Final[int]

# --- tabulate.c --------------------------------------------------------------
def tabulate(
    rows: Iterable[Mapping[Any, Any]], places: dict[Any, int], keep: bytes, /
) -> list[tuple[tuple[int, ...], list[tuple[Any, ...]]]]:
    """Rows given as mappings as tuples of the values of columns.

    `places` has the number of the column that a key means (other keys are left out), `keep`
    a byte for each column: with 0, None counts as not given. Rows that follow each other and
    give the same columns make one item: the numbers of these, and a tuple for each row."""

# --- range.c -----------------------------------------------------------------
def range_text(value: Any, /) -> str | None:
    """A range as PostgreSQL reads it; None and texts as they are."""

def multirange_text(value: Any, /) -> str | None:
    """Ranges as PostgreSQL reads a multirange; one range, None and texts as range_text()."""

# --- hstore.c ----------------------------------------------------------------
def hstore_text(value: Mapping[str, str | None] | None, /) -> str | None:
    """The pairs of a mapping as PostgreSQL reads an hstore; None as it is. ValueError: a key or
    value is no string."""

def hstore_value(value: Any, /) -> Any:
    """A dict from the text of an hstore, what is no text as it is. ValueError: it is no such
    text."""

# --- row.c, rowmapping.c, cursor.c -------------------------------------------
@final
class RowKeys:
    """What the rows of one statement share.

    index: name -> position (-1: ambiguous, an error when used); by default the last
    of equal names wins. lookup: called with a key that is no str (a column, an
    entity); gives its position, or None if it has none."""

    items: tuple[str | None, ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    lookup: Callable[[Any], int | None] | None
    def __new__(
        cls,
        names: tuple[str | None, ...],
        index: dict[str, int] | None = None,
        lookup: Callable[[Any], int | None] | None = None,
        parent: Any = ...,
    ) -> Self: ...
    @property
    def keys(self) -> KeysView[str]: ...
    def with_source(self, source: Any, /) -> Self:
        """The same keys, which become those of lookup.of(source) when one is looked up."""

class Row(Generic[_Row_co]):
    """A result row: a sequence with named access, SQLAlchemy's Row."""

    _fields: tuple[str, ...]
    _mapping: RowMapping
    _keys: RowKeys
    _parent: Any
    _data: Any
    _key_to_index: dict[str, int]
    @property
    def _t(self) -> _Row_co: ...
    @property
    def t(self) -> _Row_co: ...
    @overload
    def __new__(
        cls,
        keys: tuple[str, ...] | RowKeys,
        values: Iterable[Any],
        index: dict[str, int] = ...,
    ) -> Row[Any]: ...
    @overload
    def __new__(
        cls, parent: Any, processors: Any, key_to_index: dict[Any, int], data: Any
    ) -> Self: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __getattr__(self, name: str) -> Any: ...
    def __lt__(self, other: Any, /) -> bool: ...
    def __le__(self, other: Any, /) -> bool: ...
    def __gt__(self, other: Any, /) -> bool: ...
    def __ge__(self, other: Any, /) -> bool: ...
    def _asdict(self) -> dict[str, Any]: ...
    def _tuple(self) -> _Row_co: ...
    def tuple(self) -> _Row_co: ...
    def _to_tuple_instance(self) -> Any:
        """A real tuple of the items."""
    def count(self, value: Any, /) -> int: ...
    def index(self, value: Any, start: int = 0, stop: int = ..., /) -> int: ...

class KeyView(KeysView[str]):
    """Names, in their order."""

    _parent: Any
    _keys: tuple[str, ...]
    def __init__(self, parent: Any, keys: Iterable[str]) -> None: ...

@final
class RowMapping(Mapping[str, Any]):
    """A row as a mapping: by name, column or entity."""

    _row: Row[Any]
    def __new__(cls, row: Row[Any]) -> Self: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def get(self, key: Any, default: Any = None, /) -> Any: ...
    def __iter__(self) -> Iterator[str]: ...

@final
class Cursor:
    """The rows of one execution."""

    keys: tuple[str, ...]
    row_keys: RowKeys | None
    """Others of as many items may be set before the first fetch."""
    rowcount: int
    lastrowid: int
    returns_rows: bool
    scalar: bool
    """Results are single items, not Rows."""
    unique: bool
    """Equal results are left out; may be set before the first fetch."""
    closed: bool
    connection: Connection
    plan: Plan
    def fetch(self, count: int = -1) -> list[Any]:
        """The next `count` results (all: -1) as the program makes them; [] at the end.
        exc.ResourceClosedError when closed, or if there are no rows at all."""
    def fetch_scalars(self, count: int = -1) -> list[Any]:
        """As fetch, but the first item of each row."""
    def known(self, plan: Plan, /) -> list[Any]:
        """For each row not yet fetched the session's object that it stands for in the
        program of `plan`, None where the session has none; the rows are still fetched
        afterwards. exc.InvalidRequestError while streaming, or when closed."""
    def close(self) -> None:
        """Drop unread rows and free the statement. Idempotent."""

# --- pool.c ------------------------------------------------------------------
@final
class Pool:
    """SQLAlchemy's QueuePool: see cormorant.pool."""

    def __new__(
        cls,
        creator: Callable[[], Connection],
        pool_size: int = 5,
        max_overflow: int = 10,
        timeout: float | None = 30.0,
        recycle: float = -1,
        use_lifo: bool = False,
        pre_ping: bool = False,
        reset_on_return: bool | str | None = True,
    ) -> Self: ...
    def checkout(self) -> Connection:
        """A connection: cormorant.exc.TimeoutError after `timeout` seconds."""
    def checkin(self, connection: Connection) -> None:
        """Reset it and give it back; an invalid or surplus one is closed."""
    def expire(self) -> None:
        """Replace the connections made so far when they are next checked out."""

    def invalidate(self, connection: Connection) -> None:
        """Close a checked-out connection and free its place."""
    def detach(self, connection: Connection) -> None:
        """Free the place of a checked-out connection, which stays open."""
    def dispose(self) -> None: ...
    def status(self) -> str: ...
    def size(self) -> int: ...
    def checkedin(self) -> int: ...
    def checkedout(self) -> int: ...
    def overflow(self) -> int: ...
    def timeout(self) -> float | None: ...
    creator: Callable[[], Connection]
    on_close: Callable[[Connection], None] | None
    """Called with a connection before it is closed."""
    on_lost: Callable[[Connection], None] | None
    """Called with one that pre_ping finds lost, before that: what it raises is raised."""
    on_error: Callable[[str, BaseException], None] | None
    """Called with what failed, and how, when a connection could not be reset or closed."""
    max_overflow: int
    recycle: float

# --- entity.c, manager.c, attribute.c ----------------------------------------
ATTR_COLUMN: Final[int]
ATTR_SCALAR: Final[int]
ATTR_COLLECTION: Final[int]
ATTR_PRIMARY_KEY: Final[int]
ATTR_ACTIVE_HISTORY: Final[int]
ATTR_CASCADE_SAVE: Final[int]
ATTR_EVENTS: Final[int]
ATTR_OWN_EVENTS: Final[int]
ATTR_DEFERRED: Final[int]
ATTR_VIEWONLY: Final[int]
ATTR_DELETE_ORPHAN: Final[int]
ATTR_SET: Final[int]
ATTR_DEFERRED_HISTORY: Final[int]
"""Load an unknown old object when history is asked for, not when it is replaced."""
ATTR_SINGLE_PARENT: Final[int]
ATTR_CASCADE_DELETE: Final[int]
ATTR_LISTENERS: Final[int]
ATTR_LATE_LISTENERS: Final[int]
ATTR_INIT_LISTENERS: Final[int]
"""Listeners of an attribute: those of set, append, remove and
append_wo_mutation are called as ClassManager.set_listeners says; for the others methods of its property are called as
`_fire_bulk_replace(obj, value)`, `_fire_init_scalar`, `_fire_init_collection`,
`_fire_dispose_collection` and return the value."""
ATTR_TRACKED: Final[int]
"""A loaded value is what those who follow it make of it (see ClassManager.set_listeners), when
it is first read."""
CLASS_REFRESH: Final[int]
CLASS_EXPIRE: Final[int]
CLASS_PICKLE: Final[int]
CLASS_UNPICKLE: Final[int]
SESSION_BEFORE_ATTACH: Final[int]
SESSION_AFTER_ATTACH: Final[int]
SESSION_LEAVE: Final[int]
SESSION_LOADED: Final[int]

@final
class _NoValue: ...

NO_VALUE: Final[_NoValue]

class Entity:
    """Base of declarative classes. `__init__(**kwargs)` sets mapped attributes.

    Validators and listeners: of an attribute with ATTR_EVENTS the hooks of its property are
    called: `_on_set(obj, value, old) -> value`, `_on_append(obj, value) -> value`,
    `_on_remove(obj, value)`."""

    __cormorant_manager__: ClassManager
    def __init__(self, **kwargs: Any) -> None: ...

class Inspected:
    """Base of what inspect() gives for a mapped object, and of one of its attributes: holds the
    object and the name."""

    _object: Any
    _key: str
    _value: Any
    def __new__(cls, object: Any, key: str = ..., /) -> Self: ...

@final
class ClassManager:
    """A mapped class: its attributes, slots and key. Held by the class as
    `__cormorant_manager__` in its own __dict__ (set by the constructor)."""

    class_: type
    mapper: Any
    loader: Callable[[Any, int, bool], Any] | None
    """loader(obj, slot, quiet) is called when an unloaded attribute of an object
    with an identity is read. For a relationship it returns the value (object, None
    or list) and the core stores it; for a column it reloads the object's row
    (through `Connection.execute` with flags, or set_loaded) and returns None. With
    `quiet` it returns NO_VALUE instead of emitting SQL."""
    reconstructor: Callable[[Any], None] | None
    hooks: Any
    """What calls listeners: its methods `refresh(obj, slots)`, `expire(obj, slots)`,
    `pickle(obj, info)`, `unpickle(obj, info)` are called for the bits of `event_mask`;
    slots is None for all."""
    event_mask: int
    legacy_is_orphan: bool
    """Objects are orphans without any parent, not without one of them."""
    always_refresh: bool
    """Rows overwrite objects that are there, as with populate_existing."""
    boxed: bool
    """The class does not derive from Entity: see csrc/core/objects/boxed.h."""
    configure: Callable[[], None] | None
    """Called before an object is constructed, if it is not None; it resets it."""
    shown: Callable[[Any], None] | None
    """shown(obj) of a root is called before what is loaded of an object is shown as its
    `__dict__`, if it is not None."""
    names: Mapping[str, int]
    root: ClassManager
    def construct_by_name(self) -> None:
        """The class has the default constructor: let the interpreter call Entity's at once."""
    """Whose identity map is used."""
    size: int
    """Number of slots."""
    def __new__(
        cls, class_: type, root: ClassManager | None = None, base: ClassManager | None = None
    ) -> Self:
        """`base`: the class it inherits from, whose attributes keep their slots."""
    def keys(self) -> list[str]:
        """Names of attributes."""
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
    def __getitem__(self, name: str) -> Any:
        """The attribute of the class."""
    def pad(self, count: int) -> None:
        """Leave slots unused up to that number: the next attribute has this slot."""
    def set_identity(self, slot: int, value: object, abstract: bool = False) -> None:
        """What new objects have as their discriminator; `abstract`: there are none."""
    def add_attribute(
        self,
        name: str,
        prop: object,
        kind: int,
        flags: int = 0,
        code: int = 0,
        arg: object = None,
    ) -> int:
        """A new attribute; returns its slot (or the existing one, redefined)."""
    def change_flags(self, slot: int, on: int, off: int = 0) -> int:
        """Switch ATTR_* flags of an attribute; gives those it has then."""
    def set_listeners(self, slot: int, listeners: tuple[Any, ...] | None, /) -> None:
        """Who listens to changes of an attribute: for each of set, append,
        remove and append_wo_mutation those
        that are called before what follows from the change (ATTR_LISTENERS), and those after
        (ATTR_LATE_LISTENERS); what makes an event token of (property, op), the property, its
        tokens for each op (1 append, 2 remove, 3 replace, 4 replace all); functions of an
        object and a loaded value that give the value (ATTR_TRACKED). Listeners are a
        tuple of functions, each with a bool behind it: whether it returns the value."""
    def set_typed_codec(self, slot: int, code: int, arg: object, /) -> None:
        """Decode a column's values thus in rows with typed cells."""

    def set_primary_key(self, slots: Sequence[int]) -> None: ...
    def set_collection(self, slot: int, factory: Callable[[], Any] | None, class_: Any) -> None:
        """Let a callable make the collections of an attribute; None: the core's own."""
    def set_comparison(self, slot: int, compare: Callable[[Any, Any], Any] | None, /) -> None:
        """What tells whether two values of a column are the same, as compare(now, old): they
        are where it gives True. None: ``==``."""
    def set_relationship(
        self,
        slot: int,
        target: ClassManager,
        reverse: str | None = None,
        fk_slot: int = -1,
        flags: int | None = None,
        loads_pending: bool = False,
    ) -> None:
        """Bind a relationship slot to its class, its other side and its options;
        `loads_pending`: it is loaded for objects without a row, too."""
    def new_instance(self) -> Any:
        """An object of the class without running __init__."""

    @property
    def dispatch(self) -> Any:
        """What calls the listeners of the class's objects, by the name of the event."""

class Attribute:
    """The descriptor of a mapped attribute; cormorant.orm.InstrumentedAttribute
    derives from it. On the class it gives itself, on an object the value."""

    manager: ClassManager
    slot: int
    key: str
    def __init__(self, manager: ClassManager, slot: int) -> None: ...

def manager_of(obj_or_class: object) -> ClassManager | None: ...
def adopt(obj: object) -> None:
    """Completes the mapping of the object's class, which is no Entity, and gives the object its
    state."""

def construct(obj: object, kwargs: dict[str, Any], /) -> bool:
    """Sets attributes by name, as `Entity.__init__` does."""

def inspect(obj: object) -> Any:
    """The InstanceState of a mapped object; None of anything else."""

def stood_for(obj: object) -> Any:
    """The mapped object whose `_sa_instance_state` another object gives, or None."""

def is_entity(obj: object) -> bool: ...
def has_row(obj: object) -> bool:
    """Whether the object was loaded from a row that it still has."""

def state_flags(obj: object) -> int: ...

STATE_KEY: Final[int]
STATE_NEW: Final[int]
STATE_MODIFIED: Final[int]
STATE_TO_DELETE: Final[int]
STATE_DELETED: Final[int]
STATE_ONCE_DELETED: Final[int]
STATE_EXPIRED: Final[int]
STATE_ORPHANED: Final[int]
"""Lost its last parent while that parent was in no session."""

def session_of(obj: object) -> SessionBase | None: ...
def identity_key(obj: object) -> tuple[Any, ...] | None:
    """(class, (pk, …), token) of a persistent or detached object, else None."""

def identity_token(obj: object) -> Any:
    """Which of several databases the object is a row of; None: nobody has said."""

def set_identity_token(obj: object, token: object) -> None:
    """Say so, before the object gets its identity. ValueError once it has one in a session."""

def peek(obj: object, slot: int) -> Any:
    """The loaded value or NO_VALUE. Never loads."""

def loaded(obj: object, slot: int) -> Any:
    """As peek(), but NO_VALUE for an empty collection that only reading has made."""

def never_given(obj: object, slot: int) -> bool:
    """Whether a column that holds no value had none when its object was inserted."""

def set_loaded(obj: object, slot: int, value: object) -> None:
    """Store as loaded from the database: no history, no events. A list becomes the
    attribute's instrumented collection."""

def set_value(obj: object, slot: int, value: object) -> None:
    """Assign as the program would (history, back reference, cascade)."""

def copy_values(obj: object, onto: object, slots: tuple[int, ...], loaded: bool) -> list[int]:
    """Give an object the values that another holds, as if loaded or as the program would: the
    slots of which there is none."""

def relate_member(obj: object, slot: int, member: object, add: bool, /) -> None:
    """A member comes to, or leaves, a collection that is not kept loaded."""

def keep_values(obj: object, slots: tuple[int, ...] = ...) -> None:
    """What an object holds, and was not changed, is the old value of what it will hold."""

def get_value(obj: object, slot: int) -> Any:
    """Read as the program would (loads)."""

def committed(obj: object, slot: int) -> Any:
    """Old value of a changed attribute, NO_VALUE if it was not loaded, or Ellipsis
    if it is unchanged."""

def history(obj: object, slot: int) -> tuple[list[Any], list[Any], list[Any]]:
    """(added, unchanged, deleted) as SQLAlchemy's History. Loads nothing but the old
    object of an ATTR_DEFERRED_HISTORY relationship. For an unloaded collection:
    what back references added and removed meanwhile."""

def history_of_value(obj: object, key: str) -> Any:
    """The History of the value that a column, or a relationship to one object, holds; None
    where there is none, and of any other attribute."""

def changed_slots(obj: object) -> list[int]:
    """Slots with history, whether or not there is a net change."""

def expired_slots(obj: object, related: bool = False) -> list[int]:
    """Column slots that were expired by name: to be loaded again together; with
    `related` slots of relationships."""

def unloaded_slots(obj: object) -> list[int]:
    """Slots of which nothing was loaded or given."""

def loaded_dict(obj: object) -> dict[str, Any]:
    """Loaded attributes by name, decoded: what obj.__dict__ shows."""

def expire(obj: object, slots: Sequence[int] | None = None) -> None: ...
def commit_state(obj: object) -> None:
    """Forget history: the object is clean."""

def flag_modified(obj: object, slot: int = -1) -> None:
    """Mark an attribute as changed whatever its value; -1: only the object."""

def set_identity(obj: object, key: tuple[Any, ...] | None) -> None:
    """Give a detached identity (primary key values), or take it away (transient).
    The object must be in no session."""

def share_row(obj: object, other: object) -> None:
    """Give an object without an identity the row of another of its class, with the options it was
    loaded with and what of it was expired. Nothing, if the other has no row or a column mapped as
    deferred was expired."""

def has_parent(obj: object, prop: object) -> bool:
    """Under the delete-orphan cascade of a relationship's property; a persistent object
    of which nothing else is known has one."""

def known_parent(obj: object, prop: object) -> bool:
    """The same, but nothing is supposed of a persistent object."""

def is_orphan(obj: object) -> bool:
    """A relationship that must be its parent is not."""

def pickle_info(obj: object) -> dict[str, Any]:
    """What a pickle keeps of a state besides attributes."""

def load_options(obj: object) -> Any: ...
def set_load_options(obj: object, options: object) -> None:
    """Loader options an object was loaded with; used by its lazy loads."""

# --- collection.c ------------------------------------------------------------
class InstrumentedList(list[_T]):
    """A list-based relationship: every change is tracked."""

class InstrumentedSet(set[_T]):
    """A set-based relationship: every change is tracked."""

# --- keyed.c -----------------------------------------------------------------
class InstrumentedDict(dict[_K, _T]):
    """A dict-based relationship: every change is tracked."""

    def __setitem__(self, key: _K, value: _T, _sa_initiator: Any = None) -> None: ...
    def __delitem__(self, key: _K, _sa_initiator: Any = None) -> None: ...

class AttributeKey:
    """A function that reads attributes of an object as a key."""

    def __init__(
        self, source: tuple[str, ...] | Callable[[Any], tuple[str, ...]], single: bool
    ) -> None: ...
    def __call__(self, obj: object, /) -> Any: ...

def keyed_set(collection: Any, member: object, initiator: Any, /) -> None:
    """Add a member under the key that the dict's `keyfunc` gives."""

def keyed_remove(collection: Any, member: object, initiator: Any, /) -> None:
    """KeyError, exc.InvalidRequestError (the key holds another one)."""

# --- adapted.c ---------------------------------------------------------------
SHAPE_LIST: int
SHAPE_SET: int
SHAPE_KEYED: int
SHAPE_FOREIGN: int

class AttributeEventToken:
    """What began a chain of attribute events."""

    impl: Any
    op: int

class CollectionTie:
    """Ties a collection to the attribute that holds it: its `_sa_adapter`."""

    def fire_append_event(self, item: _T, initiator: Any = None, /) -> _T: ...
    def fire_append_wo_mutation_event(self, item: _T, initiator: Any = None, /) -> _T: ...
    def fire_remove_event(self, item: object, initiator: Any = None, /) -> None: ...
    def fire_pre_remove_event(self, initiator: Any = None, /) -> None: ...

def collection_owner(collection: object, /) -> tuple[Any, int] | None: ...
def collection_members(collection: object, /) -> list[Any]: ...
def collection_add(collection: object, member: object, initiator: Any, /) -> None:
    """With all that follows; without events if initiator is False."""

def collection_take(collection: object, member: object, initiator: Any, /) -> None: ...

# --- session.c ---------------------------------------------------------------
class SessionBase:
    """Identity map, new, modified and deleted objects; Session derives from it."""

    _event_mask: int
    """SESSION_* bits: `_fire(name, obj)` is called for these events."""
    def add(self, instance: object, _warn: bool = True) -> None:
        """Put an object, and those it refers to, into the session.

        instance: a new object, which the next flush inserts, or a detached one. Raises
        orm.exc.UnmappedInstanceError for what is not mapped, exc.InvalidRequestError if it is in
        another session, or another object has its identity here. Called by what a flush runs, or with other arguments than the object:
        `_add_as_told(instance, _warn=True)` is.
        """
    def delete(self, instance: object) -> None:
        """Mark an object, and those its cascades name, to be deleted by the next flush.

        instance: a persistent or detached object: exc.InvalidRequestError for others. Calls `_delete_as_told(instance)` unless what the cascades reach is loaded, persistent
        in this session and unchanged, and a transaction is begun.
        """
    def _add(self, obj: object) -> None:
        """add() with its save-update cascade over loaded relationships: transient
        becomes pending, detached persistent. exc.UnmappedInstanceError,
        exc.InvalidRequestError (in another session, deleted)."""
    def _add_all(self, objects: Iterable[object]) -> None: ...
    def _get(self, manager: ClassManager, key: tuple[Any, ...], token: Any = None) -> Any:
        """The object in the identity map, or None."""
    def _find(self, cls: object, ident: object, token: Any) -> Any:
        """get() as far as the identity map goes: the object of just this class that is not
        expired; None: there is none; False: anything else, which was not looked at."""
    _identity_token: Any
    """The identity token of objects that results which begin now bring; None: none."""
    _tokens: bool
    """Some object has, or may have, an identity token: look-ups are the loaders' business."""
    hash_key: int
    """Number of the session, from 1."""
    _begun: bool
    """Set by the session while a transaction is begun: `_autobegin_t` is not called then."""
    _warn_on_events: bool
    """A flush is at its statements: relating objects calls `_flush_warning(what)`."""
    def _load_pending(self, obj: object) -> None:
        """Attach an object whose relationships are loaded though it has no row."""
    def _mark_deleted(self, obj: object) -> None: ...
    def _unmark_deleted(self, obj: object) -> None: ...
    def _expunge(self, obj: object) -> None:
        """Detach one object (no cascade)."""
    def _expunge_each(self, objects: list[Any]) -> None:
        """_expunge() of those of a list that are in this session."""

    def _expunge_all(self) -> None: ...
    def _expire_all(self) -> None:
        """Expire every persistent object."""
    def _new(self) -> list[Any]: ...
    def _modified(self) -> list[Any]:
        """Objects with the modified mark, whether or not there is a net change."""
    def _deleted(self) -> list[Any]: ...
    def _gone(self) -> list[Any]:
        """Objects deleted in this transaction, still attached and referenced."""
    def _persistent(self) -> list[Any]:
        """Every object in the identity map."""
    @property
    def _unflushed(self) -> bool:
        """There are objects that a flush has to look at."""
    def _counts(self) -> tuple[int, int, int, int]:
        """(new, modified, deleted, persistent): cheap tests for "is there work"."""
    def _register(self, objects: Iterable[object]) -> None:
        """After INSERT: pending becomes persistent."""
    def _attach(self, obj: object) -> None:
        """Detached becomes persistent, no cascade."""
    def _remove_deleted(self, objects: Iterable[object]) -> None:
        """After DELETE was flushed: state DELETED, out of the identity map."""
    def _restore_deleted(self, objects: Iterable[object]) -> None:
        """Rollback of the above: persistent again."""
    def _make_transient(self, objects: Iterable[object]) -> None:
        """Rollback of _register: no identity, no session."""
    def __contains__(self, obj: object, /) -> bool: ...

# --- flush.c -----------------------------------------------------------------
COLUMN_ALWAYS: Final[int]
COLUMN_OMIT_NONE: Final[int]
COLUMN_DEFAULT: Final[int]
COLUMN_OMIT_UNSET: Final[int]
COLUMN_DEFAULT_UNSET: Final[int]
COLUMN_VERSION: Final[int]

@final
class InsertPlan:
    """How to insert objects that provide one set of columns.

    plan: its binds' indexes number `slots`, and the one after them is the place of the object in
    its run; slots: attribute slots bound; returning: slots fed by the RETURNING columns in
    order; last_id: slot fed by the driver's last_insert_id, or -1. With neither, a run of objects
    is one executemany. page: how many objects logs and errors show as one statement; 0: each by
    itself."""

    plan: Plan
    def __new__(
        cls,
        plan: Plan,
        slots: Sequence[int],
        returning: Sequence[int] = (),
        last_id: int = -1,
        page: int = 0,
    ) -> Self: ...

def insert_objects(
    connection: Connection,
    manager: ClassManager,
    columns: Sequence[tuple[int, int, Any]],
    make: Callable[[tuple[int, ...], bool], InsertPlan],
    cache: dict[Any, InsertPlan],
    objects: Iterable[Any],
    log: Callable[[str, Any, Any, int, int, bool], object] | None = None,
    special: Callable[[Any], object] | None = None,
    filled: list[tuple[int, int, tuple[int, ...]]] | None = None,
) -> None:
    """INSERT objects in order.

    columns: `(slot, rule, default)`; COLUMN_ALWAYS binds NULL when unset,
    COLUMN_OMIT_NONE leaves it out when unset or None (OMIT_UNSET: when unset), COLUMN_DEFAULT
    (DEFAULT_UNSET) then takes
    `default` (called with None when callable) and stores it in the object;
    COLUMN_VERSION does so whatever the object holds.
    Neighbours that provide the same columns are a run and share one InsertPlan, made
    by `make(slots, many)` and kept in `cache`. Generated values are stored in the
    objects after their run; a run that fails leaves its objects alone.

    log(sql, params, given, number, total, returning) is called before each execution: params
    is a tuple, or a list of tuples for an executemany; number of total executions of
    one run with RETURNING, else 0, 0.

    special(obj) is called in its place of the order for an object with an SQL
    expression as a value; without it that is an ArgumentError.

    On an error, connection.failed_sql and failed_params tell of the execution.
    filled: takes (place of an object, how many, slots) of what was stored in objects."""

def update_objects(
    connection: Connection,
    manager: ClassManager,
    columns: Sequence[int],
    make: Callable[[tuple[int, ...]], Plan],
    cache: dict[Any, Plan],
    objects: Iterable[Any],
    log: Callable[[str, Any, Any, int, int, bool], object] | None = None,
    special: Callable[[Any, tuple[int, ...]], object] | None = None,
    version: int = -1,
    next_version: Callable[[Any], Any] | None = None,
    every: bool = False,
    key: Sequence[int] | None = None,
    key_moved: bool = False,
    together: bool = False,
) -> int:
    """UPDATE the net-changed column slots of each object; skips objects without any.
    Neighbours with the same changed slots are one executemany. The indexes of the
    Plan's binds number the changed slots in order, then the primary key (as in the
    database: committed values). Returns the rows changed; exc.StaleDataError(expected,
    changed) for a run that changed another number. special(obj, slots): as above.

    version: the slot of the row's version. Its value in the database follows the key.
    With next_version, which is called with it, the new version comes before the key and
    is stored in the object, unless the program changed the version itself. every: all
    the columns are written, changed or not. key: the slots that tell a row apart, where they
    are not those of the identity.
    key_moved: rows are told by the values that the key's slots have now. together: rows with
    versions are logged, and fail, as one executemany, too."""

def delete_objects(
    connection: Connection,
    manager: ClassManager,
    plan: Plan,
    objects: Iterable[Any],
    log: Callable[[str, Any, Any, int, int, bool], object] | None = None,
    version: int = -1,
    key: Sequence[int] | None = None,
) -> int:
    """DELETE each object by its primary key (or the slots of `key`), and its version if a slot
    is given, as one executemany; returns the rows changed."""

def changed_columns(obj: object, columns: Sequence[int]) -> tuple[int, ...]:
    """Column slots whose value differs from the committed one."""

# --- loading.c ---------------------------------------------------------------
def collect_parents(
    rows: Sequence[Any],
    item: int,
    walk: Sequence[int],
    owners: tuple[ClassManager, ...] = ...,
) -> list[Any]:
    """The objects at item `item` of each row (-1: the row is the object), and from there
    along the loaded relationship slots of `walk`: each once, None left out."""

def distinct_keys(keys: list[Any], single: bool) -> list[Any]:
    """Those of key_values() without None, each once; sorted if they can be."""

def key_values(objects: list[Any], slots: Sequence[int], identity: bool = False) -> list[Any]:
    """For each object the value of the slot, or a tuple of several; loads if need be. With
    `identity`, parts of the key are those that the database has."""

def distribute(
    parents: list[Any],
    keys: list[Any],
    slot: int,
    rows: list[Any],
    nkey: int,
    collection: bool,
    overwrite: bool,
) -> bool:
    """Set `slot` of each parent to the objects of the rows with its key (collection), or to
    the first of them or None; where it is already loaded only with `overwrite`. The first
    `nkey` items of a row are its key and the next the object; with a negative `nkey` the
    object comes first. True: several rows have one key."""

# --- bundle.c ----------------------------------------------------------------
def first_items(rows: list[Any]) -> list[Any]:
    """The first item of each row."""

def bundle_rows(
    rows: list[Any],
    keys: RowKeys | None,
    parts: tuple[tuple[int, int, RowKeys | Callable[[Any], Any]], ...],
    /,
) -> list[Any]:
    """Rows in which parts, of a start and an end, are one item: a row with those keys, or what
    the callable makes of the whole. Without `keys` what the only part makes."""

# --- uow.c, sync.c: loops of the unit of work ----------------------------------
def group_by_manager(
    objects: list[Any], whole: bool = False
) -> list[tuple[ClassManager, list[Any]]]:
    """Objects by their class, or by the whole hierarchy it belongs to."""

def runs_by(
    objects: list[Any],
    things: dict[ClassManager, _T],
    unchanged: dict[ClassManager, tuple[_T, tuple[int, ...]]] = ...,
) -> list[tuple[_T, list[Any]]]:
    """Neighbours whose classes have the same thing; objects without one are left out.
    `unchanged` has another for those of which its slots are as they were."""

def instances_of(objects: list[Any], manager: ClassManager) -> list[Any]:
    """The objects whose class is, or inherits from, a mapped one."""

def copy_slots(objects: list[Any], sources: tuple[int, ...], targets: tuple[int, ...]) -> None:
    """Give columns the loaded values of other columns of the same object."""

BULK_VALUE: Final[int]
BULK_GIVEN: Final[int]
BULK_CHANGED: Final[int]
BULK_COMMITTED: Final[int]
BULK_KEY: Final[int]

def attribute_rows(
    objects: list[Any], parts: tuple[tuple[str, int, int], ...], /
) -> list[dict[str, Any]]:
    """A dict of values for each object. `parts`: (name, BULK_* kind, number of a slot or of a
    value of the identity), of which a later one of the same name counts."""

def run_end(objects: list[Any], start: int, /) -> int:
    """Where neighbours end that are of the class of the object at `start` and, as that, have an
    identity or not."""

def foreign_identities(
    objects: list[Any], slot: int, acceptable: dict[ClassManager, set[Any]]
) -> list[Any]:
    """The objects whose discriminator is not one of their class."""

def with_flag(objects: list[Any], flag: int) -> list[Any]:
    """The objects whose state has a STATE_* flag."""

def without_flag(objects: list[Any], flag: int) -> list[Any]:
    """The objects whose state lacks a STATE_* flag."""

def sort_by_key(objects: list[Any]) -> list[Any]:
    """Persistent objects sorted by their primary key."""

def has_history(objects: list[Any], slot: int) -> bool:
    """True if a relationship of any object is loaded (and not empty) or changed."""

def unsettled(objects: list[Any], slot: int) -> list[Any]:
    """The objects whose relationship is not loaded, or has changed."""

def first_telling(
    session: SessionBase,
    objects: list[Any],
    slot: int,
    key: tuple[int, ...],
    target: ClassManager,
    start: int,
) -> int:
    """The next object that says what it refers to by a many-to-one without that being loaded:
    it is known, or `key` has no value, or one in the identity map, or is to be loaded; -1."""

def relation_scan(
    session: SessionBase, objects: list[Any], slot: int, start: int = 0
) -> tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]:
    """(gained, lost) of a relationship as pairs (parent, child); of the gained, only
    those that are not pending in this session."""

def sync_children(
    session: SessionBase,
    parents: list[Any],
    slot: int,
    source: tuple[int, ...],
    target: tuple[int, ...],
    kept: dict[int, Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    """One-to-many: copies key columns of parents into the children their relationship
    gained. (persistent children that changed, members of a wrong class) `kept`: histories of
    the parents by id() that are not to be asked for."""

def sync_parent(
    session: SessionBase,
    objects: list[Any],
    slot: int,
    source: tuple[int, ...],
    target: tuple[int, ...],
) -> tuple[list[Any], list[tuple[Any, Any]], list[Any]]:
    """Many-to-one: copies key columns of related objects into the objects. (objects
    whose relationship was emptied, (object, related) not in the session, related
    objects of a wrong class)"""

def clear_columns(objects: list[Any], slots: tuple[int, ...]) -> list[Any]:
    """Sets columns of objects to None; the objects that changed."""

class Pairs:
    """Which pairs of objects a flush has seen of a relationship."""

def association_rows(
    session: SessionBase,
    objects: list[Any],
    slot: int,
    source: tuple[int, ...],
    target: tuple[int, ...],
    side: tuple[int, ...],
    place: tuple[int, ...],
    mine: Pairs,
    theirs: tuple[Pairs, ...],
    deleting: bool,
    kept: dict[int, Any] | None = None,
) -> tuple[list[Any], list[Any], list[tuple[Any, Any]], list[tuple[Any, Any]], list[Any]]:
    """(inserts, deletes, strangers, lost, wrong) of a many-to-many relationship; column i of a
    row is key slot `place[i]` of the object (side 0) or the member (side 1). Pairs of `theirs`,
    of the other side, are left out; `mine` gets those found here. `kept`: as of
    sync_children()."""

def has_orphan_rules(manager: ClassManager) -> bool:
    """True if objects of the class live only while they have a parent."""

def find_orphans(objects: list[Any], flag: int = 0) -> list[Any]:
    """The objects that lack a parent they need and whose state has the flag."""

def identity_conflicts(session: SessionBase, objects: list[Any]) -> list[tuple[Any, Any]]:
    """(object, other) for new objects whose primary key another object has."""

def pending_alone(session: SessionBase) -> tuple[ClassManager, list[Any]] | None:
    """The pending objects, if all that a flush has to do is to insert objects of one class, which
    has no base and needs no parent, to which nothing has been related and whose keys nobody has."""

def key_changed(objects: list[Any]) -> list[Any]:
    """The objects whose primary key is another than it was."""

def misnamed(objects: list[Any]) -> list[Any]:
    """The objects whose primary key is not their identity (any more)."""

def null_keys(objects: list[Any]) -> list[Any]:
    """The objects with a None in a composite identity."""

def null_versions(objects: list[Any], slot: int) -> list[Any]:
    """The objects whose row has a NULL in the column of a slot."""

def unloaded_keys(objects: list[Any], also: int = -1) -> list[Any]:
    """The objects whose primary key attributes, or the slot `also`, are not loaded."""

def count_version(version: Any) -> Any:
    """The version after an integer version; 1 after None."""

def forget_expired(obj: object) -> None:
    """As if new: nothing of the object waits to be loaded again, and it keeps its values, not
    its row."""

def unexpire(obj: object, waiting: bool = False) -> None:
    """Takes the mark of an expired row away: its columns were loaded one by one. With `waiting`,
    those that were not are expired by name."""

def commit_states(objects: list[Any]) -> None:
    """commit_state of each."""

def mark_born(objects: list[Any], level: int) -> None:
    """Remembers the nesting level of the transaction that inserted objects (0: none)."""

def born_level(obj: object) -> int:
    """What mark_born said."""

def born_since(objects: list[Any], level: int) -> list[Any]:
    """The objects a transaction of this level, or one inside it, inserted."""

def lower_born(objects: list[Any], level: int) -> None:
    """A transaction of this level ended well: its objects belong to the one around it."""

# --- memo.c -------------------------------------------------------------------
@final
class memoized(Generic[_T]):
    """A property computed once and kept in the instance; a clone forgets it."""

    def __init__(self, fget: Callable[[Any], _T]) -> None: ...
    fget: Final[Callable[[Any], Any]]
    name: Final[str]
    def __set_name__(self, owner: type, name: str) -> None: ...
    @overload
    def __get__(self, obj: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, obj: object, owner: Any) -> _T: ...

class UsedDict(dict[Any, Any]):
    """Base of a dict that knows when each of its values was used: its entries are lists of a
    value and of what the clock was then."""

    _clock: int
    def get(self, key: Any, default: Any = None, /) -> Any:
        """The value of a key, which is used now."""

# --- construct.c, structkey.c -------------------------------------------------
class Generative:
    """Base of SQL constructs whose methods give a changed copy."""

    def _generate(self) -> Self:
        """The copy such a method works on: without what was computed."""
    def _generate_with(self, name: str, value: Any, /) -> Self:
        """The same with another value of an attribute."""
    def _generate_more(self, name: str, item: Any, /) -> Self:
        """The same with one more item in the tuple that an attribute is."""

class Comparable:
    """Base of SQL expressions: comparisons make expressions, hashes are of the identity."""

    @classmethod
    def _set_up(
        cls,
        binary: type,
        bind: type,
        boolean: object,
        learn: Callable[[Any, Any], bool],
        operators: tuple[Callable[..., Any], ...],
        usual: type,
        /,
    ) -> None:
        """The classes of comparisons and bind parameters, the type of a comparison, what
        tells whether values of a class are of the type of the expression they are compared
        with, and the operators < <= == != > >=."""
    @classmethod
    def _quick(cls, key: str, value: Any, type_: Any, /) -> Self:
        """Of a class of bind parameters: an anonymous one of which all is known."""

    @classmethod
    def _named(cls, key: str, value: Any, type_: Any, /) -> Self:
        """The same with the key as its name."""

class KeyContext(list[Any]):
    """What a structural key collects: itself a list of the bind parameters met, in order."""

    memo: dict[int, int]
    """Numbers of constructs that are the same by identity only, by their id()."""
    cacheable: bool
    """Cleared by a construct that has no key."""
    orm: bool
    """Set by a construct of a mapped class."""

@final
class KeyRecipe:
    """How the structural keys of a class of constructs are made: its method _cache_key(ctx).

    The key is a tuple of `head` and the `parts`, each a kind (KEY_*) and the name of an
    attribute, which is read from the construct's own dictionary. `rest` is called with the
    construct, the context and the key as a list, to append to it, if the dictionary has one
    of the names `rare` or something else than the object of `usual` (name, object).

    With `settled` the key is that attribute, or if it is None what `rest` makes of the
    construct and the context; `orm` marks the context as that of a mapped class.
    """

    def __new__(
        cls,
        head: str | None = None,
        parts: tuple[tuple[int, str], ...] = (),
        rare: frozenset[str] = ...,
        usual: tuple[str, object] = ...,
        rest: Callable[..., Any] = ...,
        settled: str = ...,
        orm: bool = False,
    ) -> KeyRecipe: ...
    def __call__(self, construct: Any, ctx: KeyContext, /) -> Any: ...
    def __get__(self, obj: Any, owner: Any = None) -> Any: ...

def bound_values(binds: Sequence[Any], /) -> list[Any] | None:
    """The values of bind parameters, None if one of them has to be asked for its value."""

KEY_VALUE: Final[int]
"""The object itself."""
KEY_FLAG: Final[int]
"""The object itself, False if there is none."""
KEY_CHILD: Final[int]
"""The key of a construct."""
KEY_CHILDREN: Final[int]
"""The keys of several in a tuple."""
KEY_MAY_CHILD: Final[int]
"""The name and the key, nothing without one."""
KEY_MAY_CHILDREN: Final[int]
"""The name and the keys, nothing without any."""
KEY_MAY_MEMBER: Final[int]
"""The value of a member of an enum, nothing without one."""
KEY_MAY_JOINS: Final[int]
"""The name and, of each join of a Select, the keys of its three parts and its two flags,
nothing without any. The method _join_key(part, ctx) makes the key of a part that has no
recipe."""
KEY_TYPE: Final[int]
"""The key of a SQL type, None if it has none."""
KEY_PARAMETER: Final[int]
"""The construct is a bind parameter, the same as others with its token (the attribute). Of
one met before its number stands here, and the next two parts are left out."""
