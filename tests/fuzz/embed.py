"""How a program of C has this interpreter in it: ``python -m tests.fuzz.embed flags`` prints the
words for the compiler, ``... path`` what PYTHONPATH has to be when it runs."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import typing_extensions

import cormorant


def flags() -> list[str]:
    """Where the headers and the library are."""
    name = sysconfig.get_config_var("LDLIBRARY").removeprefix("lib").rpartition(".")[0]
    library = sysconfig.get_config_var("LIBDIR")
    words = [f"-I{sysconfig.get_path('include')}", f"-L{library}", f"-Wl,-rpath,{library}"]
    return [*words, f"-l{name.removesuffix('.so')}", "-ldl", "-lm", "-lpthread", "-lutil"]


def library() -> Path:
    """The interpreter's library, which not every installation has."""
    return Path(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDLIBRARY"))


def path() -> str:
    """Directories of the package, of what it imports, and of these tests."""
    found = (
        Path(cormorant.__file__).parents[1],
        Path(typing_extensions.__file__).parent,
        Path(__file__).parents[2],
    )
    return ":".join(map(str, found))


if __name__ == "__main__":
    print(path() if sys.argv[1] == "path" else " ".join(flags()))
