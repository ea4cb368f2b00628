"""Logging: what echo=True does.

The module logging is imported with the first engine: it is a twelfth of what this package's import
takes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

# levels of the module logging
_NOTSET, _DEBUG, _INFO, _WARNING, _ERROR, _CRITICAL = 0, 10, 20, 30, 40, 50


root_name = "cormorant"
"""The first part of the names of loggers: another one while the package goes by another name."""


def _logger(name: str) -> logging.Logger:
    """The logger of a name, below one that is quiet unless it was told otherwise."""
    import logging

    root = logging.getLogger(root_name)
    if root.level == _NOTSET:
        root.setLevel(_WARNING)
    if name.startswith("cormorant."):
        name = root_name + name.removeprefix("cormorant")
    return logging.getLogger(name)


def __getattr__(name: str) -> Any:
    if name == "rootlogger":
        return _logger(root_name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _add_default_handler(logger: logging.Logger) -> None:
    import logging

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)


def class_logger(cls: Any) -> Any:
    """Class decorator: instances log as ``<module>.<class>``."""
    cls.logger = _logger(_qualified_logger_name(cls))
    return cls


def _qualified_logger_name(cls: Any) -> str:
    name: str | None = getattr(cls, "_log_name", None)
    return name or f"{getattr(cls, '_log_module', cls.__module__)}.{cls.__name__}"


class InstanceLogger:
    """A logger whose level comes from an `echo` flag: True is INFO, "debug" is DEBUG.

    Without the flag it is the level of the logging module that counts.
    """

    __slots__ = ("_max_level", "echo", "logger")

    _echo_map = {
        None: _NOTSET,
        False: _NOTSET,
        True: _INFO,
        "debug": _DEBUG,
    }

    def __init__(self, echo: Any, name: str) -> None:
        self.echo = echo
        self.logger = _logger(name)
        # echo prints even when nobody configured logging
        if self._echo_map[echo] <= _INFO and not self.logger.handlers:
            _add_default_handler(self.logger)

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.log(_DEBUG, msg, *args, **kwargs)

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.log(_INFO, msg, *args, **kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.log(_WARNING, msg, *args, **kwargs)

    warn = warning

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.log(_ERROR, msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        kwargs["exc_info"] = 1
        self.log(_ERROR, msg, *args, **kwargs)

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.log(_CRITICAL, msg, *args, **kwargs)

    def log(self, level: int, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log if the echo flag or the logger's level asks for it."""
        if self.logger.manager.disable >= level:
            return
        if level >= self.getEffectiveLevel():
            kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
            self.logger._log(level, msg, args, **kwargs)

    def isEnabledFor(self, level: int) -> bool:
        """Whether a message of this level would be logged."""
        if self.logger.manager.disable >= level:
            return False
        return level >= self.getEffectiveLevel()

    def getEffectiveLevel(self) -> int:
        """The level of the echo flag, else of the logger."""
        level = self._echo_map[self.echo]
        return level if level != _NOTSET else self.logger.getEffectiveLevel()


def instance_logger(instance: Any, echoflag: Any = None) -> None:
    """Give `instance` a logger of its class, and of its `logging_name` if it has one."""
    if getattr(instance, "logging_name", None):
        name = f"{_qualified_logger_name(type(instance))}.{instance.logging_name}"
    else:
        name = _qualified_logger_name(type(instance))
    instance._echo = echoflag
    if echoflag in (False, None):
        # the level can be changed through logging alone: the logger serves directly
        logger: Any = _logger(name)
    else:
        logger = InstanceLogger(echoflag, name)
    instance.logger = logger


class echo_property:
    """The `echo` attribute of engines and pools."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance._echo

    def __set__(self, instance: Any, value: Any) -> None:
        instance_logger(instance, echoflag=value)
