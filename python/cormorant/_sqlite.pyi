"""The SQLite driver, in C over libsqlite3. See csrc/driver.h."""

from typing import Final

driver: Final[object]
"""A capsule for `_core.Connection`: the driver's functions."""
sqlite_version: Final[str]
