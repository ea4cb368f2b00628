"""Run one program on SQLAlchemy and on Cormorant and compare what happens.

A program is a function of a `Peer`, or a source text written for SQLAlchemy. It is
run once on each package; the two runs must print and show the same things, log the
same SQL with the same parameters in the same order, and end in the same error.

    def program(p):
        engine = p.engine()             # an in-memory SQLite engine whose SQL is recorded
        class User(p.Base): ...
        p.show(p.select(User))          # recorded; compared after normalisation

    def test_program():
        compare(program)

Names are looked up on the peer in this order: its own helpers, the package, its `orm`
and its `exc` module, so that `p.select`, `p.relationship` and `p.IntegrityError` work.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import re
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from .. import postgres

PACKAGES = ("sqlalchemy", "cormorant")
DATABASES = ("sqlite", "postgresql")

_database = "sqlite"
_ended: list[bool] | None = None


@contextlib.contextmanager
def on_database(name: str, ended: list[bool] | None = None) -> Iterator[None]:
    """Run programs on another database: what asks for an in-memory SQLite one gets that.

    `ended`: programs may end by an error, and which of them do is put there.
    """
    global _database, _ended
    before = _database, _ended
    _database, _ended = name, ended
    try:
        yield
    finally:
        _database, _ended = before


def database_url(url: str) -> str:
    """The URL of an empty database, on the database that programs run on."""
    if _database == "sqlite" or not url.startswith("sqlite://"):
        return url
    return postgres.engine_url()


_NOISE = [
    (re.compile(r"\bsqlalchemy\b|\bcormorant\b"), "PKG"),
    (re.compile(r"0x[0-9a-fA-F]+"), "0xADDR"),
    # what is found in a cache depends on how a package keys it: an implementation detail
    (re.compile(r"\[generated in [^ \]]*s|\[cached since [^ \]]*s ago"), "[compiled Ts"),
    (re.compile(r"\[no key [^ \]]*s"), "[no key Ts"),
]


_NAMED = re.compile(r"\[parameters: \[\{(.*)\}\]\]")


def _sorted_parameters(match: re.Match[str]) -> str:
    # SQLAlchemy takes the columns of a refused row from a set: any order
    items = re.findall(r"'\w+': .*?(?=, '\w+': |$)", match.group(1))
    return f"[parameters: [{{{', '.join(sorted(items))}}}]]"


_SEVERAL = re.compile(
    r"(\[parameters: (?=.*'\w+__0': )|insertmanyvalues\)? \d+/\d+ \(\w+\)\] )\{(.*)\}"
)


def _sorted_rows(match: re.Match[str]) -> str:
    # those of an INSERT of several rows as well; which are shown of many is by chance
    head, values = match.groups()
    if "parameters truncated" in values:
        return f"{head}{{many}}"
    items = re.findall(r"'\w+': .*?(?=, '\w+': |$)", values)
    return f"{head}{{{', '.join(sorted(items))}}}"


# psycopg2 names itself in errors, which end with an empty line, and whose place is one among
# literals; of an INSERT of many rows a flush shows the failing one
_PSYCOPG2 = [
    (re.compile(r"\bpsycopg2(?=\.|\b')"), "psycopg"),
    (re.compile(r"\nLINE \d+: [^\n]*\n *\^"), ""),
    (re.compile(r"\nCONTEXT:  unnamed portal parameter [^\n]*"), ""),
    (re.compile(r"\n+(?=\[SQL: |$)"), "\n"),
    (
        re.compile(
            r"\[SQL: INSERT INTO (\S+) \((.*?)\) VALUES .*?\]\n\[parameters: [^\n]*\]", re.S
        ),
        r"[SQL: INSERT INTO \1 (\2)]",
    ),
]


def normalise(text: str) -> str:
    """`text` without what may differ: package name, addresses, times, order of a set."""
    if postgres.DRIVER == "psycopg2" and _database == "postgresql":
        for pattern, replacement in _PSYCOPG2:
            text = pattern.sub(replacement, text)
        text = text.removesuffix("\n") if "psycopg" in text or "CONTEXT:" in text else text
    for pattern, replacement in _NOISE:
        text = pattern.sub(replacement, text)
    return _SEVERAL.sub(_sorted_rows, _NAMED.sub(_sorted_parameters, text))


def plain(value: Any) -> Any:
    """A value as comparable text, the same for equal values of both packages."""
    if isinstance(value, str):
        return normalise(value)
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and type(value).__module__ == "builtins":
        return type(value)(plain(v) for v in value)
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, type):
        return normalise(value.__name__)
    return normalise(repr(value))


@dataclass
class Outcome:
    """What one run did."""

    shown: list[Any] = field(default_factory=list)
    sql: list[str] = field(default_factory=list)
    error: tuple[str, str] | None = None
    warned: list[str] = field(default_factory=list)


_ASSOCIATION = re.compile(
    r"INSERT INTO \w+ \(\w+_id(, \w+_id)+\) |DELETE FROM \w+ WHERE \w+\.\w+_id = (\?|%\()\S* AND "
)


# What SQLAlchemy asks the server when it connects first, which Cormorant does unlogged; what
# is asked of the catalog is each package's own.
_FIRST_CONNECT = {
    "select pg_catalog.version()",
    "select current_schema()",
    "show standard_conforming_strings",
}

_MANY = re.compile(r"INSERT INTO (\S+|\"(?:[^\"]|\"\")+\") \((.*?)\) (SELECT p0|VALUES)", re.S)


def _as_sent(line: str) -> str:
    """A line without psycopg's wrappers around values."""
    line = re.sub(r"Binary\((b'[^']*'|b\"[^\"]*\")\)", r"\1", line)
    return re.sub(r"Jsonb?\((.*?)\)(?=[,}\]])", r"\1", line)


def collapse(lines: list[str], line: str) -> bool:
    """Whether a line is the second one of an INSERT of many rows, which becomes one line.

    With psycopg2 SQLAlchemy says VALUES of all rows where nothing is returned, too, and we of the
    rows of a secondary table the statement of one, with all rows.
    """
    if postgres.DRIVER != "psycopg2" or not lines:
        return False
    if "insertmanyvalues" not in line and not line.startswith("[compiled Ts] [{"):
        return False
    match = _MANY.match(lines[-1])
    if match is None:
        return False
    made = f"-- INSERT of many INTO {match.group(1)} ({match.group(2)})"
    lines.pop()
    if not lines or lines[-1] != made:
        lines.append(made)
    return True


class Programs:
    """The programs of a file: what it decorates becomes a parameter of the file's test."""

    def __init__(self) -> None:
        self.registered: list[Any] = []

    def __call__(self, program: Callable[..., Any]) -> Callable[..., Any]:
        """Register a program under its own name."""
        self.registered.append(pytest.param(program, id=program.__name__))
        return program


class _Recorder(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines
        self.skip = False

    def emit(self, record: logging.LogRecord) -> None:
        line = normalise(record.getMessage())
        if _database == "postgresql":
            if line in _FIRST_CONNECT or "pg_catalog." in line:
                self.skip = True
                return
            if self.skip:
                self.skip = False
                if line.startswith("["):
                    return
            line = _as_sent(line)
            if collapse(self.lines, line):
                return
        if line.endswith((")]", "}]")) and self.lines and _ASSOCIATION.match(self.lines[-1]):
            # SQLAlchemy takes the rows of several parents in the order of their addresses
            end = line[-2]
            start = "(" if end == ")" else "{"
            head, _, rows = line.partition(f"[{start}")
            ordered = f"{end}, {start}".join(sorted(rows[:-2].split(f"{end}, {start}")))
            line = f"{head}[{start}{ordered}{end}]"
        self.lines.append(line)


class Peer:
    """One of the two packages, with the helpers a program needs."""

    def __init__(self, package: str, outcome: Outcome) -> None:
        self.package = package
        self.outcome = outcome
        self.sa = importlib.import_module(package)
        self.orm = importlib.import_module(f"{package}.orm")
        self.exc = importlib.import_module(f"{package}.exc")
        self.engines: list[Any] = []
        self._base: Any = None

    def __getattr__(self, name: str) -> Any:
        for module in (self.sa, self.orm, self.exc):
            try:
                return getattr(module, name)
            except AttributeError:
                continue
        raise AttributeError(f"neither {self.package} nor its orm has {name!r}")

    def module(self, name: str) -> Any:
        """A submodule by its name below the package."""
        return importlib.import_module(f"{self.package}.{name}")

    @property
    def Base(self) -> Any:
        """A declarative base, the same one during a run."""
        if self._base is None:
            self._base = self.orm.declarative_base()
        return self._base

    def engine(self, url: str = "sqlite://", **options: Any) -> Any:
        """An engine whose statements are recorded; disposed after the run."""
        engine = self.sa.create_engine(database_url(url), **options)
        self.engines.append(engine)
        return engine

    def session(self, *, create: bool = True, **options: Any) -> Any:
        """A session on a fresh in-memory database with the tables of `Base`."""
        engine = self.engine()
        if create:
            self.Base.metadata.create_all(engine)
        return self.orm.Session(engine, **options)

    def close(self) -> None:
        """Give back everything the program opened."""
        with contextlib.suppress(Exception):
            self.orm.close_all_sessions()
        for engine in self.engines:
            engine.dispose()
        if self._base is not None:
            self._base.registry.dispose()

    def show(self, *values: Any) -> None:
        """Record values; both packages must show the same."""
        self.outcome.shown.append([plain(v) for v in values])

    def mark(self, text: str) -> None:
        """Put a line between the recorded statements."""
        self.outcome.sql.append(f"-- {text}")

    def error(self, function: Callable[[], Any], *, text: bool = True) -> None:
        """Record the class (and text) of the error `function` must raise."""
        try:
            result = function()
        except Exception as error:
            self.show("error", _class_name(error), str(error) if text else "")
        else:
            self.show("no error", result)


def _class_name(error: BaseException) -> str:
    return normalise(f"{type(error).__module__}.{type(error).__name__}")


def run(program: Callable[[Peer], Any] | str, package: str, *, echo: bool = True) -> Outcome:
    """Run a program on one package, in an empty directory, and say what it did."""
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        return _run(program, package, echo)


def _registries(package: str) -> set[Any]:
    mapper = importlib.import_module(f"{package}.orm.mapper")
    if package == "sqlalchemy":
        return set(mapper._all_registries())
    return set(importlib.import_module(f"{package}.orm.decl_api").all_registries())


def _run(program: Callable[[Peer], Any] | str, package: str, echo: bool) -> Outcome:
    if _database != "sqlite":
        postgres.clear(postgres.scratch() or "")
    outcome = Outcome()
    registries = _registries(package)
    logger = logging.getLogger(f"{package}.engine.Engine")
    recorder = _Recorder(outcome.sql)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(recorder)
    logger.propagate = False
    logger.setLevel(logging.INFO if echo else logging.WARNING)
    peer = Peer(package, outcome)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                if isinstance(program, str):
                    _run_source(program, package, outcome)
                else:
                    peer.show("returned", program(peer))
            except Exception as error:
                text = normalise(str(error))
                if _database == "postgresql":
                    text = _as_sent(text)
                outcome.error = (_class_name(error), text)
                outcome.error_object = error  # type: ignore[attr-defined]
        outcome.warned = sorted(
            {
                normalise(f"{w.category.__name__}: {w.message}")
                for w in caught
                if package in (w.category.__module__ or "")
            }
        )
    finally:
        peer.close()
        if package == "sqlalchemy":
            # Listeners of these classes are remembered when they are gone: errors would show
            # fewer parameters ever after.
            peer.sa.engine.Engine._has_events = peer.sa.engine.Connection._has_events = False
        try:
            peer.orm.configure_mappers()
        except Exception:
            # What cannot be configured would fail every later program.
            for registry in _registries(package) - registries:
                registry.dispose(cascade=True)
        logger.removeHandler(recorder)
        logger.setLevel(level)
        logger.propagate = propagate
    return outcome


def _run_source(source: str, package: str, outcome: Outcome) -> None:
    text = re.sub(r"\bsqlalchemy\b", package, source)
    if _database != "sqlite":
        text = re.sub(r"sqlite://(/[\w.:/-]*)?", database_url("sqlite://"), text)
    module = types.ModuleType("differential_program")
    sys.modules[module.__name__] = module
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(text, "<program>", "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
        outcome.shown.append(normalise(printed.getvalue()).splitlines())


def compare(
    program: Callable[[Peer], Any] | str,
    *,
    sql: bool = True,
    error_text: bool = True,
    warned: bool = False,
    keys: bool = True,
    fails: bool = False,
) -> tuple[Outcome, Outcome]:
    """Run a program on both packages and assert that they agree; returns both runs.

    `keys=False`: whether a statement has a key in the cache may differ. `fails=True`: an error
    ends the program, which otherwise is a mistake in it: the rest would not be compared, and
    nobody know. (What PostgreSQL refuses is listed in postgresql_differs.txt.)
    """
    peer, ours = run(program, "sqlalchemy"), run(program, "cormorant")
    if not keys:
        for outcome in (peer, ours):
            outcome.sql[:] = [line.replace("[no key Ts", "[compiled Ts") for line in outcome.sql]
    if ours.error is not None and peer.error is None:
        raise AssertionError(f"only cormorant failed: {ours.error}") from getattr(
            ours, "error_object", None
        )
    assert peer.error is None or ours.error is not None, f"only SQLAlchemy failed: {peer.error}"
    assert ours.shown == peer.shown
    if _ended is None:
        assert (peer.error is not None) == fails, f"the program ends: {peer.error}"
    else:
        _ended.append(peer.error is not None)
    if sql:
        assert ours.sql == peer.sql
    if peer.error is not None and ours.error is not None:
        assert ours.error[0] == peer.error[0]
        if error_text:
            assert ours.error[1] == peer.error[1]
    if warned:
        assert ours.warned == peer.warned
    return peer, ours


def making_tests(**options: bool) -> Callable[[Callable[[Peer], Any]], Callable[[], None]]:
    """A decorator that makes a program a test: `options` are those of `compare`."""

    def program(function: Callable[[Peer], Any]) -> Callable[[], None]:
        def test() -> None:
            compare(function, **options)

        test.__doc__ = function.__doc__
        return test

    return program
