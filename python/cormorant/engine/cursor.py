"""Results of cursors."""

from __future__ import annotations

from .result import CursorResult, RMKeyView

__all__ = ["CursorResult", "RMKeyView"]
