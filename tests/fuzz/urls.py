"""Database URLs made of any bytes: what this package says of them, and that SQLAlchemy agrees.

`fuzz_url.c` calls `ours` and `compare` in an interpreter of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import sqlalchemy

import cormorant

warnings.simplefilter("ignore")
SQLITE = cormorant.create_engine("sqlite://").dialect
POSTGRESQL = cormorant.create_engine("postgresql+psycopg://").dialect
THEIR_SQLITE = sqlalchemy.create_engine("sqlite://").dialect
REFUSED = (cormorant.exc.ArgumentError, ValueError, TypeError)
"""What a program is told of what is no URL, or none of this database."""


def outcome(work: Callable[[], Any]) -> Any:
    """What came of it: a value, or the class and the text of an error."""
    try:
        return work()
    except REFUSED as error:
        return type(error).__name__, str(error)
    except sqlalchemy.exc.ArgumentError as error:
        return type(error).__name__, str(error)


def described(package: Any, sqlite: Any, text: str) -> Any:
    """All that one package says of a URL."""
    url = outcome(lambda: package.make_url(text))
    if not isinstance(url, package.URL):
        return url
    whole = url.render_as_string(hide_password=False)
    return [
        tuple(url),
        str(url),
        whole,
        outcome(lambda: tuple(package.make_url(whole))),
        url.translate_connect_args(username="user"),
        outcome(lambda: connect_args(sqlite, url)),
    ]


def connect_args(sqlite: Any, url: Any) -> Any:
    """What SQLite's driver is told, without what is said only if the URL is silent. Of an URI
    what SQLite reads in it: what SQLAlchemy adds it does not quote, nor is it right for tuples
    or where there is no name."""
    if url.database is None and "uri" in url.query:
        return None
    (name,), options = sqlite.create_connect_args(url)
    if "check_same_thread" not in url.query:
        options.pop("check_same_thread", None)
    if options.get("uri"):
        added = name.removeprefix(url.database)
        if any(isinstance(value, tuple) for value in url.query.values()):
            added = ""
        elif sqlite is SQLITE:
            added = unquote(added)
        name = url.database, added
    return name, options


def ours(data: bytes) -> None:
    """Any other exception than one that programs expect is an error."""
    try:
        url = cormorant.make_url(data.decode("utf-8", "replace"))
    except REFUSED:
        return
    outcome(lambda: SQLITE.create_connect_args(url))
    outcome(lambda: libpq_options(url))


def libpq_options(url: cormorant.URL) -> None:
    """What libpq is told are texts."""
    words, options = POSTGRESQL.create_connect_args(url)
    assert words == []
    for name, value in options.items():
        assert isinstance(name, str)
        assert value is None or isinstance(value, str), (url, name, value)


def compare(data: bytes) -> None:
    """AssertionError if SQLAlchemy says something else."""
    text = data.decode("utf-8", "replace")
    mine = described(cormorant, SQLITE, text)
    theirs = described(sqlalchemy, THEIR_SQLITE, text)
    if mine != theirs:
        same = isinstance(mine, list) and isinstance(theirs, list)
        pairs = zip(mine, theirs, strict=True) if same else [(mine, theirs)]
        raise AssertionError((text, [pair for pair in pairs if pair[0] != pair[1]]))
