"""What the lines of the log are about: a request, a task, a run, an account, a delivery.

Kept by contextvars, so each thread and each greenlet has its own. Only ids and names belong here:
never a secret, never a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar

#: A value, or what returns it when a line is written.
Value = str | int | Callable[[], str | int | None]
_about: ContextVar[Mapping[str, Value]] = ContextVar("log_context", default={})  # noqa: B039


def logged(**values: Value) -> AbstractContextManager[None]:
    """Add these values to every line that is logged inside."""
    return _Logged(values)


class _Logged:
    """See `logged`. A generator would take three times as long, and every message comes here."""

    __slots__ = ("_token", "_values")

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def __enter__(self) -> None:
        self._token = _about.set({**_about.get(), **self._values})

    def __exit__(self, *_raised: object) -> None:
        _about.reset(self._token)


def log_only(**values: Value) -> None:
    """From now on, lines of this thread or greenlet carry exactly these values."""
    _about.set(values)


def log_context() -> dict[str, str | int]:
    """Return the values for a line."""
    found = {name: value() if callable(value) else value for name, value in _about.get().items()}
    return {name: value for name, value in found.items() if value is not None}
