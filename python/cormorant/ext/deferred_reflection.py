"""`DeferredReflection`: declarative classes whose tables the database completes."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import Any

from .. import exc
from ..engine.base import Connection, Engine
from ..orm.decl_deferred import MappedByPrepare, secondary_tables, unprepared
from ..sql.schema import Table


class DeferredReflection(MappedByPrepare):
    """Mixin: subclasses are mapped by `prepare()`, which reflects their tables.

    ``class Reflected(DeferredReflection): __abstract__ = True``, then classes that derive from
    it and a declarative base; what columns they declare stays as it is declared.
    """

    __abstract__ = True
    _mapped_by_prepare = "DeferredReflection"

    @classmethod
    def prepare(cls, bind: Engine | Connection, **reflect_kw: Any) -> None:
        """Reflect the tables of all classes below this one, and map the classes.

        `reflect_kw` goes to `MetaData.reflect()`. Raises `ArgumentError` for a bind that is
        none, `InvalidRequestError` if a table is not there.
        """
        if isinstance(bind, Connection):
            context: Any = contextlib.nullcontext(bind)
        elif isinstance(bind, Engine):
            context = bind.connect()
        else:
            raise exc.ArgumentError(f"Expected Engine or Connection, got {bind!r}")
        scans = unprepared(cls)
        with context as connection:
            names: dict[tuple[Any, str | None], list[str]] = defaultdict(list)
            for scan in scans:
                if scan.table is not None:
                    names[scan.table.metadata, scan.table.schema].append(scan.table.name)
            _reflect(connection, names, reflect_kw)
            names.clear()
            for scan in scans:
                mapper: Any = scan.finish()
                for secondary in secondary_tables(scan):
                    if isinstance(secondary, Table):
                        names[secondary.metadata, secondary.schema].append(secondary.name)
                    elif isinstance(secondary, str):
                        table = mapper.local_table
                        names[table.metadata, table.schema].append(secondary)
            _reflect(connection, names, {})


def _reflect(
    connection: Connection,
    names: dict[tuple[Any, str | None], list[str]],
    options: dict[str, Any],
) -> None:
    for (metadata, schema), tables in names.items():
        metadata.reflect(
            connection,
            only=list(dict.fromkeys(tables)),
            schema=schema,
            extend_existing=True,
            autoload_replace=False,
            **options,
        )
