"""The PostgreSQL driver, in C over libpq; there is none without libpq. See csrc/driver.h."""

from typing import Final

driver: Final[object]
"""A capsule for `_core.Connection`: the driver's functions."""
libpq_version: Final[int]
