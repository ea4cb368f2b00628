"""What the tests of events share: a recorder of everything that happens, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Recorder:
    """Listens to events and shows each call: its name and what `describe` says of its
    arguments."""

    def __init__(self, p: Any, describe: Callable[[Any], Any] | None = None) -> None:
        self.p = p
        self.describe = describe or self.text

    def text(self, value: Any) -> Any:
        """An argument as both packages show it."""
        if value is None or isinstance(value, (str, int, bool, float)):
            return value
        if isinstance(value, (list, tuple)):
            return [self.text(v) for v in value]
        if isinstance(value, dict):
            return {str(k): self.text(v) for k, v in value.items()}
        if isinstance(value, self.p.Base) if self.p._base is not None else False:
            state = self.p.inspect(value)
            where = next(
                w
                for w in ("transient", "pending", "persistent", "deleted", "detached")
                if getattr(state, w)
            )
            return f"{type(value).__name__}({value.__dict__.get('name')}) {where}"
        return type(value).__name__

    def on(self, target: Any, names: Iterable[str], **options: Any) -> None:
        """Listen to events of a target."""
        for name in names:
            self.p.sa.event.listen(target, name, self._function(name), **options)

    def _function(self, name: str) -> Callable[..., Any]:
        def listener(*args: Any, **kw: Any) -> None:
            self.p.show(name, *[self.describe(a) for a in args], *sorted(kw))

        return listener
