"""Where SQLAlchemy has `InstanceState`."""

from .instance import AttributeState, InstanceState

__all__ = ["AttributeState", "InstanceState"]
