"""The old home of the declarative functions: they moved to `cormorant.orm`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..exc import MovedIn20Warning
from ..orm import decl_api
from ..orm.concrete import AbstractConcreteBase, ConcreteBase
from ..orm.decl_api import DeclarativeMeta, declared_attr
from ..orm.decl_methods import synonym_for
from ..util import issue_warning
from .deferred_reflection import DeferredReflection

__all__ = [
    "AbstractConcreteBase",
    "ConcreteBase",
    "DeclarativeMeta",
    "DeferredReflection",
    "as_declarative",
    "declarative_base",
    "declared_attr",
    "has_inherited_table",
    "synonym_for",
]

_F = TypeVar("_F", bound=Callable[..., Any])


def _moved(function: _F, stop: str = ".") -> _F:
    import functools

    name = function.__name__

    @functools.wraps(function)
    def moved(*args: Any, **kwargs: Any) -> Any:
        issue_warning(
            MovedIn20Warning(
                f"The ``{name}()`` function is now available as sqlalchemy.orm.{name}()"
                f"{stop} (deprecated since: 2.0)"
            )
        )
        return function(*args, **kwargs)

    return moved  # type: ignore[return-value]


declarative_base = _moved(decl_api.declarative_base)
as_declarative = _moved(decl_api.as_declarative, "")
has_inherited_table = _moved(decl_api.has_inherited_table)
