"""Automap: classes and relationships made from the tables of a database.

``Base = automap_base(); Base.prepare(autoload_with=engine); Base.classes.users``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from ..orm import interfaces
from ..orm.attribute_functions import relationship
from ..orm.decl_api import declarative_base as _declarative_base
from ..orm.decl_base import Scan
from ..orm.decl_deferred import MappedByPrepare, unprepared, waiting
from ..orm.mapper import CONFIGURE_LOCK
from ..orm.relationships import backref
from ..sql.expression import and_
from ..sql.schema import ForeignKeyConstraint, Table
from ..util import warn, warn_deprecated

__all__ = [
    "AutomapBase",
    "automap_base",
    "classname_for_table",
    "generate_relationship",
    "name_for_collection_relationship",
    "name_for_scalar_relationship",
]


class Properties:
    """Values by name, as attributes and as keys."""

    __slots__ = ("_data",)
    _data: dict[str, Any]

    def __init__(self) -> None:
        object.__setattr__(self, "_data", {})

    def __getattr__(self, key: str) -> Any:
        try:
            return self._data[key]
        except KeyError:
            raise AttributeError(key) from None

    def __setattr__(self, key: str, value: Any) -> None:
        self._data[key] = value

    def __delattr__(self, key: str) -> None:
        del self._data[key]

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        del self._data[key]

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._data.values()))

    def __len__(self) -> int:
        return len(self._data)

    def __dir__(self) -> list[str]:
        return [*dir(super()), *self._data]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or the default."""
        return self._data.get(key, default)

    def keys(self) -> list[str]:
        """Names."""
        return list(self._data)

    def values(self) -> list[Any]:
        """Values."""
        return list(self._data.values())

    def items(self) -> list[tuple[str, Any]]:
        """Names and values."""
        return list(self._data.items())

    def has_key(self, key: str) -> bool:
        """Whether there is a value of that name."""
        return key in self._data


def classname_for_table(base: type[Any], tablename: str, table: Table) -> str:
    """The name of the class of a table: the table's."""
    return str(tablename)


def name_for_scalar_relationship(
    base: type[Any], local_cls: type[Any], referred_cls: type[Any], constraint: ForeignKeyConstraint
) -> str:
    """The name of a reference to one object: the lower-case name of its class."""
    return referred_cls.__name__.lower()


def name_for_collection_relationship(
    base: type[Any], local_cls: type[Any], referred_cls: type[Any], constraint: ForeignKeyConstraint
) -> str:
    """The name of a collection: the lower-case name of its members' class and "_collection"."""
    return referred_cls.__name__.lower() + "_collection"


def generate_relationship(
    base: type[Any],
    direction: Any,
    return_fn: Callable[..., Any],
    attrname: str,
    local_cls: type[Any],
    referred_cls: type[Any],
    **kw: Any,
) -> Any:
    """A `relationship()` or `backref()`, whichever `return_fn` is, with the arguments given."""
    if return_fn is backref:
        return return_fn(attrname, **kw)
    if return_fn is relationship:
        return return_fn(referred_cls, **kw)
    raise TypeError(f"Unknown relationship function: {return_fn}")


class AutomapBase(MappedByPrepare):
    """Mixin of bases made by `automap_base()`."""

    __abstract__ = True
    _mapped_by_prepare = "AutomapBase"

    classes: ClassVar[Properties]
    """The classes that were made, by name."""
    by_module: ClassVar[Properties]
    """The same by the names of their modules."""
    metadata: ClassVar[Any]
    _automapped: ClassVar[set[Table]]

    @classmethod
    def prepare(
        cls,
        autoload_with: Any = None,
        engine: Any = None,
        reflect: bool = False,
        schema: str | None = None,
        classname_for_table: Callable[..., str] | None = None,
        modulename_for_table: Callable[..., str | None] | None = None,
        collection_class: Any = None,
        name_for_scalar_relationship: Callable[..., str] | None = None,
        name_for_collection_relationship: Callable[..., str] | None = None,
        generate_relationship: Callable[..., Any] | None = None,
        reflection_options: Mapping[str, Any] = {},
    ) -> None:
        """Make classes for the tables of `metadata` that have none, and relationships for
        foreign keys; with `autoload_with`, an engine, reflect the database's tables first.

        The functions say how classes and attributes are called; `generate_relationship` makes
        each relationship, or gives None for none. `schema` and `reflection_options` go to
        `MetaData.reflect()`.
        """
        for base in cls.__mro__:
            if "_automapped" in base.__dict__:
                root = base
                break
        else:
            raise AssertionError("Can't locate automap base in class hierarchy")
        if reflect:
            warn_deprecated(
                "The AutomapBase.prepare.reflect parameter is deprecated and will be removed in "
                "a future release.  Reflection is enabled when AutomapBase.prepare.autoload_with "
                "is passed.",
                version="2.0",
            )
        if engine is not None:
            warn_deprecated(
                "The AutomapBase.prepare.engine parameter is deprecated and will be removed in a "
                "future release.  Please use the AutomapBase.prepare.autoload_with parameter.",
                version="2.0",
            )
            autoload_with = engine
        if autoload_with is not None:
            options = {"extend_existing": True, "autoload_replace": False, **reflection_options}
            cls.metadata.reflect(autoload_with, schema=schema, **options)
        with CONFIGURE_LOCK:
            automap = _Automap(
                root,
                cls,
                classname_for_table or _DEFAULTS["classname_for_table"],
                modulename_for_table,
                list if collection_class is None else collection_class,
                name_for_scalar_relationship or _DEFAULTS["name_for_scalar_relationship"],
                name_for_collection_relationship or _DEFAULTS["name_for_collection_relationship"],
                generate_relationship or _DEFAULTS["generate_relationship"],
            )
            automap.run()


_DEFAULTS: dict[str, Callable[..., Any]] = {
    "classname_for_table": classname_for_table,
    "name_for_scalar_relationship": name_for_scalar_relationship,
    "name_for_collection_relationship": name_for_collection_relationship,
    "generate_relationship": generate_relationship,
}


class _Automap:
    """One run of `prepare()`."""

    def __init__(
        self,
        root: Any,
        cls: Any,
        class_name: Callable[..., str],
        module_name: Callable[..., str | None] | None,
        collection_class: Any,
        scalar_name: Callable[..., str],
        collection_name: Callable[..., str],
        generate: Callable[..., Any],
    ) -> None:
        self.root = root
        self.cls = cls
        self.class_name = class_name
        self.module_name = module_name
        self.collection_class = collection_class
        self.scalar_name = scalar_name
        self.collection_name = collection_name
        self.generate = generate
        self.scans: dict[Any, Scan] = {}
        self.associations: list[tuple[Table, list[ForeignKeyConstraint]]] = []

    def run(self) -> None:
        """Make the classes, then their relationships, then their mappers."""
        self.scans = {
            scan.table: scan for scan in unprepared(self.cls, False) if scan.table is not None
        }
        for table in list(self.cls.metadata.tables.values()):
            if table in self.root._automapped:
                continue
            self.root._automapped.add(table)
            keys = _foreign_keys(table)
            if _only_links(table, keys):
                self.associations.append((table, keys))
            elif len(table.primary_key) and table not in self.scans:
                self._make_class(table)
        for scan in list(self.scans.values()):
            self._relate(scan)
        for table, keys in self.associations:
            self._associate(table, keys)
        for scan in unprepared(self.root):
            scan.finish()

    def _make_class(self, table: Table) -> None:
        namespace: dict[str, Any] = {"__table__": table}
        module = None
        if self.module_name is not None:
            module = self.module_name(self.cls, table.name, table)
            if module is not None:
                namespace["__module__"] = module
        name = self.class_name(self.cls, table.name, table)
        if module is None and name in self.cls.classes:
            warn(
                f"Ignoring duplicate class name '{name}' received in automap base for table "
                f"{table.key} without ``__module__`` being set; consider using the "
                "``modulename_for_table`` hook"
            )
            return
        made: Any = type(self.root)(name, (self.root,), namespace)
        if module is None:
            self.cls.classes[name] = made
        place = self.cls.by_module
        for token in made.__module__.split("."):
            if token not in place:
                place[token] = Properties()
            place = place[token]
        place[name] = made
        scan = waiting(made)
        assert scan is not None
        self.scans[table] = scan

    def _relate(self, scan: Scan) -> None:
        """Relationships for the foreign keys of a class's table."""
        for key in _foreign_keys(scan.table):
            referred = self.scans.get(key.elements[0].column.table)
            if referred is None:
                continue
            if scan.cls is not referred.cls and issubclass(scan.cls, referred.cls):
                continue  # the key by which it inherits
            self._relate_by(scan, referred, key)

    def _relate_by(self, scan: Scan, referred: Scan, key: ForeignKeyConstraint) -> None:
        local_cls, referred_cls = scan.cls, referred.cls
        name = self.scalar_name(self.root, local_cls, referred_cls, key)
        back_name = self.collection_name(self.root, referred_cls, local_cls, key)
        many: dict[str, Any] = {}
        ondelete = (key.ondelete or "").lower()
        columns: list[Any] = [element.parent for element in key.elements]
        if all(column.nullable for column in columns):
            if ondelete == "set null":
                many["passive_deletes"] = True
        else:
            many["cascade"] = "all, delete-orphan"
            if ondelete == "cascade":
                many["passive_deletes"] = True
        make_back = not referred.has_attribute(back_name)
        if not scan.has_attribute(name):
            back = None
            if make_back:
                back = self.generate(
                    self.root,
                    interfaces.ONETOMANY,
                    backref,
                    back_name,
                    referred_cls,
                    local_cls,
                    collection_class=self.collection_class,
                    **many,
                )
            made = self.generate(
                self.root,
                interfaces.MANYTOONE,
                relationship,
                name,
                local_cls,
                referred_cls,
                foreign_keys=columns,
                backref=back,
                remote_side=[element.column for element in key.elements],
            )
            if made is not None:
                scan.properties[name] = made
                if not make_back:
                    referred.properties[back_name].back_populates = name
        elif make_back:
            made = self.generate(
                self.root,
                interfaces.ONETOMANY,
                relationship,
                back_name,
                referred_cls,
                local_cls,
                foreign_keys=columns,
                back_populates=name,
                collection_class=self.collection_class,
                **many,
            )
            if made is not None:
                referred.properties[back_name] = made
                scan.properties[name].back_populates = back_name

    def _associate(self, table: Table, keys: list[ForeignKeyConstraint]) -> None:
        """A many-to-many relationship for a table that has nothing but two keys."""
        scan = self.scans.get(keys[0].elements[0].column.table)
        referred = self.scans.get(keys[1].elements[0].column.table)
        if scan is None or referred is None:
            return
        local_cls, referred_cls = scan.cls, referred.cls
        name = self.collection_name(self.root, local_cls, referred_cls, keys[0])
        back_name = self.collection_name(self.root, referred_cls, local_cls, keys[1])
        make_back = not referred.has_attribute(back_name)
        both: dict[str, Any] = {
            "overlaps": "__*" if table in self.scans else None,
            "collection_class": self.collection_class,
        }
        if not scan.has_attribute(name):
            back = None
            if make_back:
                back = self.generate(
                    self.root,
                    interfaces.MANYTOMANY,
                    backref,
                    back_name,
                    referred_cls,
                    local_cls,
                    **both,
                )
            made = self.generate(
                self.root,
                interfaces.MANYTOMANY,
                relationship,
                name,
                local_cls,
                referred_cls,
                secondary=table,
                primaryjoin=_join(keys[0]),
                secondaryjoin=_join(keys[1]),
                backref=back,
                **both,
            )
            if made is not None:
                scan.properties[name] = made
                if not make_back:
                    referred.properties[back_name].back_populates = name
        elif make_back:
            made = self.generate(
                self.root,
                interfaces.MANYTOMANY,
                relationship,
                back_name,
                referred_cls,
                local_cls,
                back_populates=name,
                secondary=table,
                primaryjoin=_join(keys[1]),
                secondaryjoin=_join(keys[0]),
                **both,
            )
            if made is not None:
                referred.properties[back_name] = made
                scan.properties[name].back_populates = back_name


def _foreign_keys(table: Any) -> list[ForeignKeyConstraint]:
    return [each for each in table.constraints if isinstance(each, ForeignKeyConstraint)]


def _only_links(table: Table, keys: list[ForeignKeyConstraint]) -> bool:
    """Whether a table is the association table of a many-to-many relationship."""
    if len(keys) != 2:
        return False
    return {element.parent for key in keys for element in key.elements} == set(table.c)


def _join(key: ForeignKeyConstraint) -> Any:
    return and_(*[element.column == element.parent for element in key.elements])


def automap_base(declarative_base: Any = None, **kw: Any) -> Any:
    """A base whose `prepare()` maps the tables of a database.

    `declarative_base`: the base to build upon; without it, `kw` goes to the function
    `declarative_base()`. Classes that derive from the base before it is prepared stand for
    their tables.
    """
    base = _declarative_base(**kw) if declarative_base is None else declarative_base
    return type(base)(
        base.__name__,
        (AutomapBase, base),
        {
            "__abstract__": True,
            "classes": Properties(),
            "by_module": Properties(),
            "_automapped": set(),
        },
    )
