"""An attribute that reads through a relationship: the members' attribute as the class's own.

    class User(Base):
        kw = relationship("Keyword", secondary=user_keyword)
        keywords = association_proxy("kw", "name", creator=lambda name: Keyword(name=name))

``user.keywords.append("x")`` adds ``Keyword(name="x")`` to ``user.kw``;
``User.keywords == "x"`` is an EXISTS over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, overload

from .. import exc
from ..orm.attribute_options import NO_ARG, given_options
from ..orm.attributes import QueryableAttribute
from ..orm.base import (
    InspectionAttr,
    InspectionAttrExtensionType,
    Mapped,
    class_mapper,
    mapper_or_none,
)
from ..orm.proxied import ProxiedAttribute
from ..sql import or_
from ..sql.operators import ColumnOperators
from ..util import duck_type_collection
from ..util.subscriptable import Subscriptable, T
from .association_collections import _AssociationDict, _AssociationList, _AssociationSet

__all__ = [
    "ASSOCIATION_PROXY",
    "AssociationProxy",
    "AssociationProxyExtensionType",
    "AssociationProxyInstance",
    "ColumnAssociationProxyInstance",
    "ObjectAssociationProxyInstance",
    "association_proxy",
]

_T = TypeVar("_T")


class AssociationProxyExtensionType(InspectionAttrExtensionType):
    """Kind of attribute that inspection finds."""

    ASSOCIATION_PROXY = "ASSOCIATION_PROXY"


ASSOCIATION_PROXY = AssociationProxyExtensionType.ASSOCIATION_PROXY


def association_proxy(
    target_collection: str,
    attr: str,
    *,
    creator: Callable[..., Any] | None = None,
    getset_factory: Callable[..., Any] | None = None,
    proxy_factory: Callable[..., Any] | None = None,
    proxy_bulk_set: Callable[..., Any] | None = None,
    info: dict[Any, Any] | None = None,
    cascade_scalar_deletes: bool = False,
    create_on_none_assignment: bool = False,
    init: bool = NO_ARG,
    repr: bool = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Callable[[], Any] = NO_ARG,
    compare: bool = NO_ARG,
    kw_only: bool = NO_ARG,
    hash: bool | None = NO_ARG,
    dataclass_metadata: Mapping[Any, Any] | None = NO_ARG,
) -> AssociationProxy[Any]:
    """Let an attribute show the attribute `attr` of the objects of a relationship.

    `creator` makes an object for a value that is added (of a dict: for a key and a value); it
    is the related class otherwise. With `cascade_scalar_deletes` assigning None to a proxy to
    one object lets go of that object.
    """
    made: AssociationProxy[Any] = AssociationProxy(
        target_collection,
        attr,
        creator=creator,
        getset_factory=getset_factory,
        proxy_factory=proxy_factory,
        proxy_bulk_set=proxy_bulk_set,
        info=info,
        cascade_scalar_deletes=cascade_scalar_deletes,
        create_on_none_assignment=create_on_none_assignment,
    )
    made._dataclass_options = given_options(
        init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata
    )
    return made


class AssociationProxy(Mapped[_T], InspectionAttr):
    """The descriptor that `association_proxy` makes."""

    is_attribute = True
    extension_type = ASSOCIATION_PROXY
    _dataclass_options: dict[str, Any] | None = None

    def __init__(
        self,
        target_collection: str,
        attr: str,
        *,
        creator: Callable[..., Any] | None = None,
        getset_factory: Callable[..., Any] | None = None,
        proxy_factory: Callable[..., Any] | None = None,
        proxy_bulk_set: Callable[..., Any] | None = None,
        info: dict[Any, Any] | None = None,
        cascade_scalar_deletes: bool = False,
        create_on_none_assignment: bool = False,
    ) -> None:
        self.target_collection = target_collection
        self.value_attr = attr
        self.creator = creator
        self.getset_factory = getset_factory
        self.proxy_factory = proxy_factory
        self.proxy_bulk_set = proxy_bulk_set
        if cascade_scalar_deletes and create_on_none_assignment:
            raise exc.ArgumentError(
                "The cascade_scalar_deletes and create_on_none_assignment parameters are mutually "
                "exclusive."
            )
        self.cascade_scalar_deletes = cascade_scalar_deletes
        self.create_on_none_assignment = create_on_none_assignment
        self.info = info if info is not None else {}
        self.key = f"_{type(self).__name__}_{target_collection}_{id(self)}"
        self._instance_name = self.key + "_inst"

    @overload  # type: ignore[override]
    def __get__(self, instance: None, owner: Any) -> AssociationProxyInstance[_T]: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> _T: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if owner is None:
            return self
        found = self._as_instance(owner)
        if instance is not None:
            return found.get(instance)
        return self if found is None else found

    def __set__(self, instance: Any, values: Any) -> None:
        self._as_instance(type(instance)).set(instance, values)

    def __delete__(self, instance: Any) -> None:
        self._as_instance(type(instance)).delete(instance)

    def for_class(self, class_: type, obj: Any = None) -> AssociationProxyInstance:
        """The proxy as it is on a class."""
        return self._as_instance(class_)  # type: ignore[no-any-return]

    def _as_instance(self, class_: Any) -> Any:
        found = class_.__dict__.get(self._instance_name)
        if found is not None:
            return found
        mapper = mapper_or_none(class_)
        if mapper is None:
            for base in class_.__mro__ if isinstance(class_, type) else ():
                mapper = mapper_or_none(base)
                if mapper is not None:
                    break
            else:
                return None
        owner = mapper.class_
        found = owner.__dict__.get(self._instance_name)
        if found is None:
            found = _instance_for(self, owner)
            type.__setattr__(owner, self._instance_name, found)
        return found

    def __repr__(self) -> str:
        return f"AssociationProxy({self.target_collection!r}, {self.value_attr!r})"


def _instance_for(parent: AssociationProxy[Any], owner: type) -> AssociationProxyInstance:
    prop = class_mapper(owner).get_property(parent.target_collection)
    if not prop._is_relationship:
        raise NotImplementedError(
            "association proxy to a non-relationship intermediary is not supported"
        )
    target = prop.mapper.class_
    kind: type[AssociationProxyInstance] = AmbiguousAssociationProxyInstance
    attr = getattr(target, parent.value_attr, None)
    if isinstance(attr, AssociationProxyInstance):
        kind = ObjectAssociationProxyInstance
    elif isinstance(attr, QueryableAttribute):
        related = attr.property._is_relationship
        kind = ObjectAssociationProxyInstance if related else ColumnAssociationProxyInstance
    elif isinstance(attr, ProxiedAttribute):
        kind = ColumnAssociationProxyInstance
    return kind(parent, owner, target, prop)


class AssociationProxyInstance(Subscriptable[T]):
    """An association proxy on one class: its values on objects, its operators in SQL."""

    def __init__(
        self, parent: AssociationProxy[Any], owning_class: type, target_class: type, prop: Any
    ) -> None:
        self.parent = parent
        self.key = parent.key
        self.owning_class = owning_class
        self.target_collection = parent.target_collection
        self.target_class = target_class
        self.value_attr = parent.value_attr
        self.collection_class: Any = None
        self._prop = prop

    @property
    def info(self) -> dict[Any, Any]:
        """The free dictionary of the proxy."""
        return self.parent.info

    @property
    def scalar(self) -> bool:
        """Whether the relationship leads to one object."""
        return not self._prop.uselist

    @property
    def local_attr(self) -> Any:
        """The relationship, as an attribute of the class."""
        return getattr(self.owning_class, self.target_collection)

    @property
    def remote_attr(self) -> Any:
        """The attribute of the related class."""
        return getattr(self.target_class, self.value_attr)

    @property
    def attr(self) -> tuple[Any, Any]:
        """Both."""
        return self.local_attr, self.remote_attr

    @property
    def _chained(self) -> Any:
        found = getattr(self.target_class, self.value_attr, None)
        return found if isinstance(found, AssociationProxyInstance) else None

    # -- SQL

    def _exists(self, criterion: Any = None) -> Any:
        attr = self.local_attr
        return attr.has(criterion) if self.scalar else attr.any(criterion)

    def _criterion_exists(self, criterion: Any = None, is_has: bool = False, **kwargs: Any) -> Any:
        chained = self._chained
        if chained is not None:
            return self._exists(chained._criterion_exists(criterion, **kwargs))
        if isinstance(self, ObjectAssociationProxyInstance):
            attr = self.remote_attr
            inner = attr.any if attr.property.uselist else attr.has
            return self._exists(inner(criterion, **kwargs))
        if kwargs:
            raise exc.ArgumentError(
                "Can't apply keyword arguments to column-targeted association proxy; use =="
            )
        if is_has and criterion is not None:
            raise exc.ArgumentError(
                "Non-empty has() not allowed for column-targeted association proxy; use =="
            )
        return self._exists(criterion)

    @property
    def _ends_in_one(self) -> bool:
        """Whether the proxied value is a column or one object."""
        if not isinstance(self, ObjectAssociationProxyInstance):
            return True
        return not self.remote_attr.property.uselist

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """EXISTS over a collection."""
        if self._chained is None and self.scalar and self._ends_in_one:
            raise exc.InvalidRequestError(
                "'any()' not implemented for scalar attributes. Use has()."
            )
        return self._criterion_exists(criterion, **kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """EXISTS over one object."""
        if self._chained is None and not (self.scalar and self._ends_in_one):
            raise exc.InvalidRequestError("'has()' not implemented for collections. Use any().")
        return self._criterion_exists(criterion, is_has=True, **kwargs)

    # -- values

    def get(self, obj: Any) -> Any:
        """The value, or the collection of values, of an object."""
        if self.scalar:
            target = getattr(obj, self.target_collection)
            return self._getter_and_setter(None)[0](target)
        cached = getattr(obj, self.key, None)
        if cached is not None:
            creator, owner, proxy = cached
            if creator == id(obj) and owner == id(self):
                return proxy
        self.collection_class, proxy = self._new(_LazyCollection(obj, self.target_collection))
        setattr(obj, self.key, (id(obj), id(self), proxy))
        return proxy

    def set(self, obj: Any, values: Any) -> None:
        """Assign the value, or replace all values, of an object."""
        if not self.scalar:
            proxy = self.get(obj)
            if proxy is not values:
                if self.parent.proxy_bulk_set is not None:
                    self.parent.proxy_bulk_set(proxy, values)
                else:
                    proxy._replace(values)
            return
        target = getattr(obj, self.target_collection)
        if target is None:
            if values is None and not self.parent.create_on_none_assignment:
                return
            creator = self.parent.creator or self.target_class
            setattr(obj, self.target_collection, creator(values))
            return
        self._getter_and_setter(None)[1](target, values)
        if values is None and self.parent.cascade_scalar_deletes:
            setattr(obj, self.target_collection, None)

    def delete(self, obj: Any) -> None:
        """Delete the value, and what the relationship holds."""
        if self.scalar:
            target = getattr(obj, self.target_collection)
            if target is not None:
                delattr(target, self.value_attr)
        delattr(obj, self.target_collection)

    def _getter_and_setter(self, kind: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
        if self.parent.getset_factory is not None:
            made: tuple[Any, Any] = self.parent.getset_factory(kind, self)
            return made
        attr = self.value_attr

        def get(target: Any) -> Any:
            return getattr(target, attr) if target is not None else None

        def put(target: Any, value: Any) -> None:
            setattr(target, attr, value)

        def put_under_key(target: Any, key: Any, value: Any) -> None:
            setattr(target, attr, value)

        return get, put_under_key if kind is dict else put

    def _new(self, lazy_collection: Any) -> tuple[Any, Any]:
        creator = self.parent.creator or self.target_class
        kind = duck_type_collection(lazy_collection())
        if self.parent.proxy_factory is not None:
            return kind, self.parent.proxy_factory(lazy_collection, creator, self.value_attr, self)
        getter, setter = self._getter_and_setter(kind)
        proxies = {list: _AssociationList, dict: _AssociationDict, set: _AssociationSet}
        if kind not in proxies:
            raise exc.ArgumentError(
                "could not guess which interface to use for collection_class "
                f'"{type(lazy_collection()).__name__}" backing "{self.target_collection}"; '
                "specify a proxy_factory and proxy_bulk_set manually"
            )
        return kind, proxies[kind](lazy_collection, creator, getter, setter, self)

    def _inflate(self, proxy: Any) -> None:
        """Complete a proxy that was unpickled."""
        kind = {_AssociationList: list, _AssociationDict: dict, _AssociationSet: set}[type(proxy)]
        proxy.creator = self.parent.creator or self.target_class
        proxy.getter, proxy.setter = self._getter_and_setter(kind)

    def __reduce__(self) -> Any:
        for base in self.owning_class.__mro__:
            for name, value in base.__dict__.items():
                if value is self.parent:
                    return getattr, (self.owning_class, name)
        raise TypeError(f"cannot pickle {self!r}")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.parent!r})"


class AmbiguousAssociationProxyInstance(AssociationProxyInstance):
    """A proxy to an attribute that is not mapped: values only, no SQL."""

    def _refuse(self) -> Any:
        raise AttributeError(
            f"Association proxy {self.owning_class.__name__}.{self.target_collection} refers to "
            f"an attribute '{self.value_attr}' that is not directly mapped on class "
            f"{self.target_class}; therefore this operation cannot proceed since we "
            "don't know what type of object is referred towards"
        )

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        self._refuse()

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        self._refuse()

    def __eq__(self, obj: object) -> Any:
        return self._refuse()

    def __ne__(self, obj: object) -> Any:
        return self._refuse()

    def __hash__(self) -> int:
        return id(self)


class ObjectAssociationProxyInstance(AssociationProxyInstance):
    """A proxy whose values are objects."""

    def contains(self, other: Any) -> Any:
        """EXISTS: some value is the object."""
        chained = self._chained
        if chained is not None:
            if chained.scalar:
                return self._exists(chained == other)
            return self._exists(chained.contains(other))
        attr = self.remote_attr
        if self.scalar:
            if not attr.property.uselist:
                raise exc.InvalidRequestError(
                    "contains() doesn't apply to a scalar object endpoint; use =="
                )
            return self._exists(attr.contains(other))
        return self.local_attr.any(**{self.value_attr: other})

    def _has(self, **kwargs: Any) -> Any:
        return self.local_attr.has(**kwargs)

    def __eq__(self, obj: object) -> Any:
        if obj is None:
            return or_(self._has(**{self.value_attr: obj}), self.local_attr == obj)
        return self._has(**{self.value_attr: obj})

    def __ne__(self, obj: object) -> Any:
        return self.local_attr.has(self.remote_attr != obj)

    def __hash__(self) -> int:
        return id(self)


class ColumnAssociationProxyInstance(ColumnOperators, AssociationProxyInstance):
    """A proxy whose values are those of a column."""

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        return self._exists(op(self.remote_attr, *other, **kwargs))

    def __eq__(self, other: object) -> Any:
        expression = self._exists(self.remote_attr == other)
        return or_(expression, self.local_attr == None) if other is None else expression  # noqa: E711  (SQL)

    def __clause_element__(self) -> Any:
        raise NotImplementedError(
            "The association proxy can't be used as a plain column expression; it only works "
            "inside of a comparison expression"
        )

    def __hash__(self) -> int:
        return id(self)


class _LazyCollection(Generic[_T]):
    """Reads a relationship of an object each time."""

    __slots__ = ("parent", "target")

    def __init__(self, obj: Any, target: str) -> None:
        self.parent = obj
        self.target = target

    def __call__(self) -> Any:
        return getattr(self.parent, self.target)

    def __getstate__(self) -> Any:
        return {"obj": self.parent, "target": self.target}

    def __setstate__(self, state: Any) -> None:
        self.parent = state["obj"]
        self.target = state["target"]
