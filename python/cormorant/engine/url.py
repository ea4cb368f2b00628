"""Database URLs: ``dialect+driver://user:password@host:port/database?key=value``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .. import exc, util

_Query = Mapping[str, str | Sequence[str]]

_pattern: re.Pattern[str] | None = None


def _url_pattern() -> re.Pattern[str]:
    global _pattern
    if _pattern is None:
        _pattern = re.compile(
            r"(?P<name>[\w+]+)://"
            r"(?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)?"
            r"(?:(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?(?::(?P<port>[^/?]*))?)?"
            r"(?:/(?P<database>[^?]*))?"
            r"(?:\?(?P<query>.*))?"
        )
    return _pattern


# of types, not of their names: an annotation that is a name is compiled when it is met
_URLFields = NamedTuple(  # noqa: UP014  (names of types would be compiled)
    "_URLFields",
    [
        ("drivername", str),
        ("username", str | None),
        ("password", str | None),
        ("host", str | None),
        ("port", int | None),
        ("database", str | None),
        ("query", util.immutabledict[str, tuple[str, ...] | str]),
    ],
)


class URL(_URLFields):
    """The parts of a database URL. Immutable: its methods give new ones."""

    __slots__ = ()

    @classmethod
    def create(
        cls,
        drivername: str,
        username: str | None = None,
        password: str | None = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: _Query = util.EMPTY_DICT,
    ) -> URL:
        """A URL from its parts, which need no quoting.

        drivername: ``dialect+driver``; username, password, host, database: str; port: int; query: a
        dict of str or sequences of str. Raises TypeError for other types.
        """
        return cls(
            cls._string(drivername, "drivername"),
            cls._string_or_none(username, "username"),
            password,
            cls._string_or_none(host, "host"),
            cls._port(port),
            cls._string_or_none(database, "database"),
            cls._query(query),
        )

    @classmethod
    def _string(cls, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string")
        return value

    @classmethod
    def _string_or_none(cls, value: Any, name: str) -> str | None:
        return None if value is None else cls._string(value, name)

    @classmethod
    def _port(cls, port: Any) -> int | None:
        if port is None:
            return None
        try:
            return int(port)
        except TypeError:
            raise TypeError("Port argument must be an integer or None") from None

    @classmethod
    def _query(cls, query: Any) -> util.immutabledict[str, tuple[str, ...] | str]:
        if not query:
            return util.EMPTY_DICT
        pairs = query.items() if isinstance(query, Mapping) else query
        result: dict[str, tuple[str, ...] | str] = {}
        for key, value in pairs:
            if not isinstance(key, str):
                raise TypeError("Query dictionary keys must be strings")
            if isinstance(value, str):
                result[key] = value
            elif isinstance(value, Sequence):
                if not all(isinstance(item, str) for item in value):
                    raise TypeError(
                        "Query dictionary values must be strings or sequences of strings"
                    )
                result[key] = tuple(value)
            else:
                raise TypeError("Query dictionary values must be strings or sequences of strings")
        return util.immutabledict(result)

    def set(
        self,
        drivername: str | None = None,
        username: str | None = None,
        password: str | None = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: _Query | None = None,
    ) -> URL:
        """A URL with some parts replaced."""
        kw: dict[str, Any] = {}
        if drivername is not None:
            kw["drivername"] = drivername
        if username is not None:
            kw["username"] = username
        if password is not None:
            kw["password"] = password
        if host is not None:
            kw["host"] = host
        if port is not None:
            kw["port"] = port
        if database is not None:
            kw["database"] = database
        if query is not None:
            kw["query"] = query
        return self._replaced(**kw)

    def _replaced(self, **kw: Any) -> URL:
        if "drivername" in kw:
            self._string(kw["drivername"], "drivername")
        for name in ("username", "host", "database"):
            if name in kw:
                self._string_or_none(kw[name], name)
        if "port" in kw:
            kw["port"] = self._port(kw["port"])
        if "query" in kw:
            kw["query"] = self._query(kw["query"])
        return self._replace(**kw)

    def update_query_string(self, query_string: str, append: bool = False) -> URL:
        """A URL with the query parameters of `query_string` (``a=b&c=d``) too."""
        from urllib.parse import parse_qsl

        return self.update_query_pairs(parse_qsl(query_string), append=append)

    def update_query_pairs(
        self, key_value_pairs: Iterable[tuple[str, str | Sequence[str]]], append: bool = False
    ) -> URL:
        """A URL with these query parameters too; `append` keeps those of the same name."""
        new: dict[str, Any] = {}
        for key, value in key_value_pairs:
            if key in new:
                new[key] = [*util.to_list(new[key]), *util.to_list(value)]
            else:
                new[key] = (
                    value
                    if isinstance(value, str)
                    else list(value)
                    if isinstance(value, (list, tuple))
                    else value
                )
        query: dict[str, Any]
        if append:
            query = {
                key: [*util.to_list(self.query[key]), *util.to_list(new[key])]
                if key in self.query
                else value
                for key, value in new.items()
            }
            query.update({key: self.query[key] for key in self.query if key not in new})
        else:
            query = {**self.query, **new}
        return self.set(query=query)

    def update_query_dict(self, query_parameters: _Query, append: bool = False) -> URL:
        """A URL with the query parameters of a dictionary too."""
        return self.update_query_pairs(query_parameters.items(), append=append)

    def difference_update_query(self, names: Iterable[str]) -> URL:
        """A URL without the query parameters of these names."""
        names = frozenset(names)
        if not names.intersection(self.query):
            return self
        return self._replace(
            query=util.immutabledict({k: v for k, v in self.query.items() if k not in names})
        )

    @property
    def normalized_query(self) -> Mapping[str, Sequence[str]]:
        """The query with every value a sequence."""
        return util.immutabledict(
            {k: (v,) if not isinstance(v, tuple) else v for k, v in self.query.items()}
        )

    def render_as_string(self, hide_password: bool = True) -> str:
        """The URL as text."""
        text = self.drivername + "://"
        if self.username is not None:
            from urllib.parse import quote

            text += quote(self.username, safe=" +")
            if self.password is not None:
                shown = "***" if hide_password else quote(str(self.password), safe=" +")
                text += ":" + shown
            text += "@"
        if self.host is not None:
            text += f"[{self.host}]" if ":" in self.host else self.host
        if self.port is not None:
            text += f":{self.port}"
        if self.database is not None:
            text += "/" + self.database
        if self.query:
            from urllib.parse import quote_plus

            pairs = [
                f"{quote_plus(key)}={quote_plus(value)}"
                for key in sorted(self.query)
                for value in util.to_list(self.query[key])
            ]
            text += "?" + "&".join(pairs)
        return text

    def __to_string__(self, hide_password: bool = True) -> str:
        return self.render_as_string(hide_password=hide_password)

    def __str__(self) -> str:
        return self.render_as_string()

    def __repr__(self) -> str:
        return self.render_as_string()

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: Any) -> URL:
        return self

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def get_backend_name(self) -> str:
        """The name of the database, without the driver's."""
        return self.drivername.partition("+")[0]

    def get_driver_name(self) -> str:
        """The name of the driver, the dialect's usual one if none is given."""
        if "+" in self.drivername:
            return self.drivername.split("+", 1)[1]
        return self.get_dialect().driver  # type: ignore[no-any-return]

    def get_dialect(self, _is_async: bool = False) -> Any:
        """The dialect class of the database and driver."""
        from ..dialects import registry

        cls = registry.load(self.drivername.replace("+", "."))
        get = getattr(cls, "get_async_dialect_cls", None) if _is_async else None
        if get is None:
            get = getattr(cls, "get_dialect_cls", None)
        return get(self) if get is not None else cls

    def translate_connect_args(
        self, names: Sequence[str] | None = None, **kw: Any
    ) -> dict[str, Any]:
        """The parts as keyword arguments of a DB-API connect(), under other names."""
        if names is not None:
            util.warn_deprecated(
                "The `URL.translate_connect_args.name`s parameter is deprecated. Please pass the "
                "alternate names as kw arguments.",
                "1.4",
            )
        renamed = list(names or ())
        result = {}
        for attribute in ("host", "database", "username", "password", "port"):
            if renamed:
                name = renamed.pop(0)
            else:
                name = kw.get(attribute, attribute)
            value = getattr(self, attribute)
            if name is not None and value:
                result[name] = value
        return result


def make_url(name_or_url: str | URL) -> URL:
    """The URL of a string; a URL stays as it is."""
    if isinstance(name_or_url, str):
        return _parse(name_or_url)
    if isinstance(name_or_url, URL):
        return name_or_url
    if hasattr(name_or_url, "_sqla_is_testing_if_this_is_a_mock_object"):
        return name_or_url
    raise exc.ArgumentError(f"Expected string or URL object, got {name_or_url!r}")


def _parse(text: str) -> URL:
    match = _url_pattern().match(text)
    if match is None:
        raise exc.ArgumentError("Could not parse SQLAlchemy URL from given URL string")
    name, username, password, ipv6, host, port, database, query_text = match.groups()
    query: dict[str, Any] = {}
    if query_text is not None or username is not None or password is not None:
        from urllib.parse import parse_qsl, unquote

        if query_text is not None:
            for key, value in parse_qsl(query_text):
                if key in query:
                    query[key] = [*util.to_list(query[key]), value]
                else:
                    query[key] = value
        if username is not None:
            username = unquote(username)
        if password is not None:
            password = unquote(password)
    return URL.create(
        name,
        username,
        password,
        ipv6 or host,
        None if port is None else int(port),
        database,
        query,
    )
