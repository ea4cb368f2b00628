"""The object-relational mapper.

Names are imported when they are first used, so that ``import cormorant.orm`` costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._late import late_names

if TYPE_CHECKING:
    from .attribute_functions import column_property as column_property
    from .attribute_functions import composite as composite
    from .attribute_functions import deferred as deferred
    from .attribute_functions import dynamic_loader as dynamic_loader
    from .attribute_functions import mapped_column as mapped_column
    from .attribute_functions import query_expression as query_expression
    from .attribute_functions import relationship as relationship
    from .attribute_functions import synonym as synonym
    from .attributes import InstrumentedAttribute as InstrumentedAttribute
    from .attributes import QueryableAttribute as QueryableAttribute
    from .base import DynamicMapped as DynamicMapped
    from .base import Mapped as Mapped
    from .base import WriteOnlyMapped as WriteOnlyMapped
    from .base import class_mapper as class_mapper
    from .base import object_mapper as object_mapper
    from .bundle import Bundle as Bundle
    from .context import FromStatement as FromStatement
    from .decl_api import DeclarativeBase as DeclarativeBase
    from .decl_api import DeclarativeBaseNoMeta as DeclarativeBaseNoMeta
    from .decl_api import DeclarativeMeta as DeclarativeMeta
    from .decl_api import MappedAsDataclass as MappedAsDataclass
    from .decl_api import as_declarative as as_declarative
    from .decl_api import clear_mappers as clear_mappers
    from .decl_api import configure_mappers as configure_mappers
    from .decl_api import declarative_base as declarative_base
    from .decl_api import declarative_mixin as declarative_mixin
    from .decl_api import declared_attr as declared_attr
    from .decl_api import has_inherited_table as has_inherited_table
    from .decl_api import registry as registry
    from .decl_methods import reconstructor as reconstructor
    from .decl_methods import synonym_for as synonym_for
    from .decl_methods import validates as validates
    from .descriptor_props import Composite as Composite
    from .descriptor_props import CompositeProperty as CompositeProperty
    from .dynamic import AppenderQuery as AppenderQuery
    from .hooks import QueryContext as QueryContext
    from .instance import InstanceState as InstanceState
    from .instance import make_transient as make_transient
    from .instance import make_transient_to_detached as make_transient_to_detached
    from .instrumentation import ClassManager as ClassManager
    from .keyfunc_dict import KeyFuncDict as KeyFuncDict
    from .keyfunc_dict import MappedCollection as MappedCollection
    from .keyfunc_dict import attribute_keyed_dict as attribute_keyed_dict
    from .keyfunc_dict import attribute_mapped_collection as attribute_mapped_collection
    from .keyfunc_dict import column_keyed_dict as column_keyed_dict
    from .keyfunc_dict import column_mapped_collection as column_mapped_collection
    from .keyfunc_dict import keyfunc_mapping as keyfunc_mapping
    from .keyfunc_dict import mapped_collection as mapped_collection
    from .mapper import Mapper as Mapper
    from .properties import ColumnProperty as ColumnProperty
    from .properties import MappedColumn as MappedColumn
    from .query import Query as Query
    from .relationships import Relationship as Relationship
    from .relationships import RelationshipProperty as RelationshipProperty
    from .relationships import backref as backref
    from .relationships import foreign as foreign
    from .relationships import remote as remote
    from .scoping import scoped_session as scoped_session
    from .session import Session as Session
    from .session import SessionTransaction as SessionTransaction
    from .session import close_all_sessions as close_all_sessions
    from .session import sessionmaker as sessionmaker
    from .strategy_options import Load as Load
    from .strategy_options import contains_eager as contains_eager
    from .strategy_options import defaultload as defaultload
    from .strategy_options import defer as defer
    from .strategy_options import immediateload as immediateload
    from .strategy_options import joinedload as joinedload
    from .strategy_options import lazyload as lazyload
    from .strategy_options import load_only as load_only
    from .strategy_options import noload as noload
    from .strategy_options import raiseload as raiseload
    from .strategy_options import selectin_polymorphic as selectin_polymorphic
    from .strategy_options import selectinload as selectinload
    from .strategy_options import subqueryload as subqueryload
    from .strategy_options import undefer as undefer
    from .strategy_options import undefer_group as undefer_group
    from .strategy_options import with_expression as with_expression
    from .unitofwork import UOWTransaction as UOWTransaction
    from .util import AliasedClass as AliasedClass
    from .util import CascadeOptions as CascadeOptions
    from .util import aliased as aliased
    from .util import object_session as object_session
    from .util import polymorphic_union as polymorphic_union
    from .util import was_deleted as was_deleted
    from .util import with_parent as with_parent
    from .util import with_polymorphic as with_polymorphic
    from .writeonly import WriteOnlyCollection as WriteOnlyCollection

_NAMES_OF = {
    ".attributes": "AttributeEventToken InstrumentedAttribute QueryableAttribute History",
    ".base": "EXT_CONTINUE EXT_SKIP EXT_STOP Mapped DynamicMapped WriteOnlyMapped ORMDescriptor "
    "RelationshipDirection MANYTOMANY MANYTOONE ONETOMANY NO_KEY NO_VALUE PassiveFlag "
    "PASSIVE_OFF PASSIVE_NO_INITIALIZE InspectionAttr InspectionAttrExtensionType "
    "InspectionAttrInfo NotExtension class_mapper object_mapper",
    ".events": "AttributeEvents InstanceEvents InstrumentationEvents MapperEvents QueryEvents "
    "SessionEvents",
    ".identity": "IdentityMap",
    ".merge": "merge_frozen_result merge_result",
    ".bundle": "Bundle",
    ".descriptor_props": "Composite CompositeProperty",
    ".dynamic": "AppenderQuery",
    ".writeonly": "WriteOnlyCollection",
    ".keyfunc_dict": "KeyFuncDict MappedCollection attribute_keyed_dict "
    "attribute_mapped_collection column_keyed_dict column_mapped_collection keyfunc_mapping "
    "mapped_collection",
    ".context": "FromStatement QueryContext",
    ".instrumentation": "ClassManager",
    ".unitofwork": "UOWTransaction",
    ".execute_state": "ORMExecuteState",
    ".decl_api": "MappedAsDataclass mapped_as_dataclass DeclarativeBase DeclarativeBaseNoMeta DeclarativeMeta as_declarative "
    "declarative_base declarative_mixin declared_attr has_inherited_table registry "
    "add_mapped_attribute clear_mappers configure_mappers",
    ".decl_methods": "reconstructor synonym_for validates",
    ".instance": "InstanceState AttributeState make_transient make_transient_to_detached",
    ".interfaces": "MapperProperty PropComparator",
    ".loader_criteria": "LoaderCriteriaOption with_loader_criteria",
    ".mapper": "Mapper",
    ".attribute_functions": "column_property composite deferred dynamic_loader mapped_column "
    "orm_insert_sentinel query_expression relationship synonym",
    ".properties": "ColumnProperty MappedColumn MappedSQLExpression Synonym SynonymProperty",
    ".query": "Query",
    ".relationships": "Relationship RelationshipProperty backref foreign remote",
    ".session": "Session SessionTransaction SessionTransactionOrigin close_all_sessions "
    "sessionmaker",
    ".scoping": "QueryPropertyDescriptor scoped_session",
    ".strategy_options": "Load contains_eager defaultload defer immediateload joinedload lazyload "
    "UserDefinedOption load_only noload raiseload selectin_polymorphic selectinload subqueryload undefer undefer_group "
    "with_expression",
    ".util": "AliasedClass AliasedInsp CascadeOptions aliased join outerjoin identity_key "
    "object_session was_deleted with_parent with_polymorphic "
    "polymorphic_union",
}
_MODULES = {
    "clsregistry",
    "collections",
    "decl_base",
    "dependency",
    "evaluator",
    "events",
    "exc",
    "instrumentation",
    "loading",
    "persistence",
    "state",
    "strategies",
    "unitofwork",
    *(home[1:] for home in _NAMES_OF),
}

#: what ``from cormorant.orm import *`` gives, which are modules, too
__all__ = sorted({*" ".join(_NAMES_OF.values()).split(), *_MODULES, "mapperlib"})


_late = late_names(__name__, _NAMES_OF, _MODULES)


def __getattr__(name: str) -> Any:
    return _late("mapper" if name == "mapperlib" else name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
