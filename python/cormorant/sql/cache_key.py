"""Structural keys of statements; see `base.KeyContext`."""

from __future__ import annotations

from .base import CacheKey, KeyContext, key_of_all

__all__ = ["CacheKey", "KeyContext", "key_of_all"]
