"""Lets tools written for SQLAlchemy (pandas, Alembic …) find this package in its place.

    from cormorant.ext import as_sqlalchemy

    as_sqlalchemy.install()     # before the tool is imported

    import pandas
    pandas.read_sql("select * from users", cormorant.create_engine("sqlite:///app.db"))

From then on ``import sqlalchemy`` and its submodules give the modules of this package, the
very same objects, loggers are ``sqlalchemy.engine`` and so on, types, engines, connections and
sessions say that they are of ``sqlalchemy``, so that Alembic's autogenerate writes
``sa.Integer()`` and polars knows an engine, and plugins of engines are found that packages name
for it.

A command that can be run with ``python -m`` is run so, and a program by its path:

    python -m cormorant.ext.as_sqlalchemy alembic upgrade head
    python -m cormorant.ext.as_sqlalchemy app/main.py
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import dialects, log
from .._known_as import know_package_as
from ..sql.type_api import rename_types

__all__ = ["VERSION", "install", "main"]

VERSION = "2.0.58"
"""The version of SQLAlchemy whose API this package has; tools ask for it."""

_OWN = __name__.partition(".")[0]
_NAME = "sqlalchemy"


class _Loader(importlib.abc.Loader):
    def __init__(self, name: str) -> None:
        self.name = name

    def exec_module(self, module: ModuleType) -> None:
        # what was made for the import is replaced by the module it stands for
        sys.modules[module.__name__] = importlib.import_module(self.name)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _NAME and not fullname.startswith(_NAME + "."):
            return None
        own = _OWN + fullname[len(_NAME) :]
        try:
            module = importlib.import_module(own)
        except ModuleNotFoundError as error:
            if error.name == own:
                return None
            raise
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(own), is_package=hasattr(module, "__path__")
        )


def install() -> None:
    """Make ``import sqlalchemy`` give this package, until the process ends.

    Raises RuntimeError if the real one has been imported already.
    """
    present = sys.modules.get(_NAME)
    own = importlib.import_module(_OWN)
    if present is own:
        return
    if present is not None:
        raise RuntimeError(f"{_NAME} has already been imported from {present.__file__}")
    sys.meta_path.insert(0, _Finder())
    own.__version__ = VERSION  # type: ignore[attr-defined]
    log.root_name = _NAME  # programs and alembic.ini set levels of these loggers
    know_package_as(_NAME)
    rename_types()
    for loader in dialects.registry, dialects.plugins:  # packages name theirs for these groups
        loader.group = f"{_NAME}.{loader.group.partition('.')[2]}"
    importlib.import_module(_NAME)


def main(args: Sequence[str]) -> None:
    """Run a module after install(), as ``python -m`` does, or a file of Python, as ``python`` does.

    args: the module's name or the file's path, and its arguments. Raises SystemExit without a
    name, ImportError if there is no such module, and what it raises.
    """
    if not args:
        sys.exit(f"usage: python -m {__name__} module|file [argument ...]")
    install()
    sys.argv = list(args)
    path = Path(args[0])
    if path.is_file():
        sys.path[0] = str(path.resolve().parent)
        main = sys.modules["__main__"] = ModuleType("__main__")
        main.__file__ = str(path.absolute())
        exec(compile(path.read_bytes(), main.__file__, "exec", dont_inherit=True), main.__dict__)
    else:
        runpy.run_module(args[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    # by the module's own name: this one, whose name is another, would be a second of it
    importlib.import_module("cormorant.ext.as_sqlalchemy").main(sys.argv[1:])
