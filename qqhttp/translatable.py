"""English messages that a caller can translate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Translatable(str):
    """An English string that keeps the message and the values it was made from.

    This package has no message catalogue. A caller that has one translates `message` and fills in
    `values`. Modules import the class as `_`, so that message extraction tools find its messages.

    Attributes:
        message: the key in a message catalogue.
        values: the values of its %(name)s placeholders; a value may be `Translatable` too.
    """

    message: str
    values: Mapping[str, Any]

    def __new__(cls, message: str, values: Mapping[str, Any] | None = None) -> Translatable:
        self = super().__new__(cls, message % values if values else message)
        self.message, self.values = message, values or {}
        return self

    def __mod__(self, values: Mapping[str, Any]) -> Translatable:
        return Translatable(self.message, values)

    def __reduce__(self) -> tuple[object, ...]:
        return (Translatable, (self.message, dict(self.values)))
