"""UPDATE and DELETE of many rows, each told by its key, as one statement.

The rows come as arrays, one for each parameter of the statement for a single row. What the
server does is the same only if nothing in the database depends on the order in which rows
are changed, or on how many statements change them; a query of the catalogs, the guard, says
so at the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...sql import sqltypes
from ...sql.plain_types import quoted
from .casts import PSYCOPG, bind_cast, unwrapped
from .paramstyle import to_wire

# What is sent without a cast because the driver says the type of the value.
_DECLARED = (
    (sqltypes.Float, "FLOAT8"),
    (sqltypes.Numeric, "NUMERIC"),
    (sqltypes.Boolean, "BOOLEAN"),
    (sqltypes.LargeBinary, "BYTEA"),
)

# Not a plain table; a trigger of the program's, or what rewrites or hides rows.
_GUARD = """SELECT c.relkind = 'r'
 AND NOT (c.relhassubclass OR c.relhasrules OR c.relrowsecurity)
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid
  AND NOT g.tgisinternal)
 AND NOT EXISTS (SELECT FROM {order}){types}
 FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass({table})"""

# What is unique, and so must be free before another row takes it, has one of the columns.
_UNIQUE = """pg_catalog.pg_index i WHERE i.indrelid = c.oid
  AND (i.indisunique OR i.indisexclusion)
  AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR EXISTS (
   SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid
   AND a.attnum = ANY (i.indkey)
   AND (a.attgenerated <> '' OR a.attname IN ({columns}))))"""

# A row of the table may refer to another one, or a cascade come back to the table.
_REFERRED = """pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid = c.oid
  AND (k.conrelid = c.oid OR k.confdeltype = 'c' AND EXISTS (
   SELECT FROM pg_catalog.pg_constraint d WHERE d.contype = 'f'
   AND d.confrelid = k.conrelid AND d.confdeltype = 'c'))"""


# Values that have no type, or another one, by themselves mean the same only to columns of these.
_SAME = {"VARCHAR": "25, 1043", "FLOAT8": "700, 701"}
_OTHER_TYPE = """
 AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid
  AND a.attname = {column} AND a.atttypid NOT IN ({same}))"""


def _element_type(type_: Any, dialect: Any, preparer: Any) -> str | None:
    """How the type of an array's elements is written, None if they cannot be sent so."""
    if type_._isnull or type_._has_bind_expression:
        return None
    impl = unwrapped(type_, dialect)
    text = bind_cast(type_, dialect, PSYCOPG, preparer)
    if text is None:
        if isinstance(impl, sqltypes.Enum) and impl.native_enum:
            types = dialect.type_compiler_instance
            text = str(types.process(impl, identifier_preparer=preparer))
        elif isinstance(impl, sqltypes.String):
            return None
        else:
            text = next((text for cls, text in _DECLARED if isinstance(impl, cls)), None)
    if text is None or text.endswith("]") or " COLLATE " in text or "%" in text:
        return None
    return text


def _as_sent(sql: str, dialect: Any) -> str:
    """SQL without parameters as the server gets it."""
    return sql if dialect.positional else to_wire(sql, int)


def rows_as_arrays(
    compiled: Any, sets: Mapping[str, Any], where: Mapping[str, Any]
) -> tuple[str, str] | None:
    """What a compiled UPDATE or DELETE is for many rows, and its guard; None where it has to
    be one execution a row.

    `sets` and `where` say which column each parameter sets or is compared with.
    """
    from ...sql import and_, any_, func, literal_column
    from ...sql.dml import Delete, Update
    from .array import array

    dialect, table = compiled.dialect, compiled.statement.table
    columns = {**sets, **where}
    marks = dict.fromkeys(compiled.bind_order)  # as in the SQL, where keys are escaped
    order = [compiled.binds[name].key for name in marks]
    if set(order) != set(columns) or not order:
        return None  # the SQL has parameters of its own
    types = [_element_type(columns[name].type, dialect, compiled.preparer) for name in order]
    if None in types:
        return None
    given = [literal_column(f"${i}::{text}[]") for i, text in enumerate(types, 1)]
    names = [f"p{i}" for i in range(1, len(order) + 1)]
    rows = func.unnest(*given).table_valued(*names).render_derived(name="crm_rows")
    of = {name: rows.c[mine] for name, mine in zip(order, names, strict=True)}
    # An element of an array: the server then takes the rows in their order, by the index.
    criteria = and_(*(column == any_(array([of[name]])) for name, column in where.items()))
    if sets:
        values = {column: of[name] for name, column in sets.items()}
        statement: Any = Update(table).where(criteria).values(values)
        order_matters = _UNIQUE.format(
            columns=", ".join(quoted(column.name) for column in sets.values())
        )
    else:
        statement = Delete(table).where(criteria)
        order_matters = _REFERRED
    made = statement.compile(dialect=dialect)
    if made.bind_order:
        return None
    named = _as_sent(compiled.preparer.format_table(table), dialect)
    others = [
        _OTHER_TYPE.format(column=quoted(columns[name].name), same=_SAME[text])
        for name, text in zip(order, types, strict=True)
        if text in _SAME and dialect.sends_literals
    ]
    guard = _GUARD.format(order=order_matters, table=quoted(named), types="".join(others))
    return _as_sent(made.string, dialect), guard
