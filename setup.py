"""Build of the C extensions. Everything else is in pyproject.toml."""

import os
import shlex
import shutil
import subprocess
import sys
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def pkg_config(package, fallback):
    """Compiler and linker words for a library, from pkg-config or a fallback."""
    tool = os.environ.get("PKG_CONFIG") or shutil.which("pkg-config")
    if tool:
        found = subprocess.run(
            [tool, "--cflags", "--libs", package], capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            return shlex.split(found.stdout)
    return fallback


def pg_config():
    """Words for libpq from PostgreSQL's own pg_config, [] without it."""
    tool = os.environ.get("PG_CONFIG") or shutil.which("pg_config")
    if not tool:
        return []
    asked = [tool, "--includedir", "--libdir"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return []
    include, lib = found.stdout.splitlines()
    if not os.path.exists(os.path.join(include, "libpq-fe.h")):
        return []
    return [f"-I{include}", f"-L{lib}", "-lpq"]


def options(words):
    """Extension keyword arguments from compiler and linker words."""
    return {
        "include_dirs": [w[2:] for w in words if w.startswith("-I")],
        "library_dirs": [w[2:] for w in words if w.startswith("-L")],
        "libraries": [w[2:] for w in words if w.startswith("-l")],
    }


CFLAGS = ["-std=c11", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-fvisibility=hidden"]
LDFLAGS = []
MACROS = []
if os.environ.get("CORMORANT_WERROR"):
    CFLAGS.append("-Werror")
if os.environ.get("CORMORANT_DEBUG"):
    # thread: ThreadSanitizer, which does not go with the others
    if os.environ["CORMORANT_DEBUG"] == "thread":
        sanitize = ["-fsanitize=thread"]
    else:
        sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    CFLAGS += ["-O1", "-g", "-UNDEBUG", "-fno-omit-frame-pointer", *sanitize]
    LDFLAGS += sanitize
    MACROS.append(("CRM_DEBUG", "1"))
elif os.environ.get("CORMORANT_COVERAGE"):
    # atomic: counters that threads race for become negative, which gcovr refuses
    CFLAGS += ["-O0", "-g", "--coverage", "-fprofile-update=atomic"]
    # the function by which a process writes its counters before it ends (tests/counters.py)
    LDFLAGS += ["--coverage", "-Wl,-u,__gcov_dump"]
else:
    # no-plt: calls of Python and SQLite, several a value, without a jump between
    CFLAGS += ["-O3", "-g", "-fno-semantic-interposition", "-fno-plt"]

HEADERS = glob("csrc/**/*.h", recursive=True)
# Plain-C parts that drivers fill results and errors with are compiled into each extension.
SHARED = ["csrc/plain/error.c", "csrc/plain/page.c"]

if sys.platform == "win32":
    sys.exit("cormorant-orm does not build on Windows yet")


def extension(name, sources, include_dirs=(), **kwargs):
    return Extension(
        name,
        sorted(sources),
        depends=HEADERS,
        include_dirs=["csrc", *include_dirs],
        extra_compile_args=CFLAGS,
        extra_link_args=LDFLAGS,
        define_macros=MACROS,
        **kwargs,
    )


EXTENSIONS = [
    extension("cormorant._core", glob("csrc/plain/*.c") + glob("csrc/core/**/*.c", recursive=True)),
    extension(
        "cormorant._sqlite",
        glob("csrc/sqlite/*.c") + SHARED,
        **options(pkg_config("sqlite3", ["-lsqlite3"])),
    ),
]
# Without libpq the package is built for SQLite alone.
LIBPQ = pkg_config("libpq", pg_config())
if LIBPQ:
    EXTENSIONS.append(
        extension("cormorant._postgres", glob("csrc/postgres/*.c") + SHARED, **options(LIBPQ))
    )
else:
    print("libpq was not found: cormorant._postgres is left out", file=sys.stderr)


class BuildExt(build_ext):
    """Objects of each extension in a directory of its own.

    The shared parts are compiled once an extension: in one place the last would replace the
    others', and with them the notes that tell what their coverage counters count.
    """

    def build_extension(self, ext):
        whole = self.build_temp
        self.build_temp = os.path.join(whole, ext.name)
        try:
            super().build_extension(ext)
        finally:
            self.build_temp = whole


setup(ext_modules=EXTENSIONS, cmdclass={"build_ext": BuildExt})
