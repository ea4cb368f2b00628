"""Where SQLAlchemy has `Annotated`."""

from .base import Annotated

__all__ = ["Annotated"]
