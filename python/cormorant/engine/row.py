"""Result rows; they are made by the core."""

from __future__ import annotations

from .._core import Row, RowMapping

__all__ = ["BaseRow", "Row", "RowMapping"]

BaseRow = Row
