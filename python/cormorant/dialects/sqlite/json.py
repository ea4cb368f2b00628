"""JSON on SQLite: stored as text, read with its JSON functions."""

from __future__ import annotations

from ...sql.sqltypes import JSON

__all__ = ["JSON"]
