"""English words that can be put into another language by whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Words(str):
    """A string that remembers the message and the values it was made from.

    This package speaks English and knows no catalogue; it writes `Words` as `_`, by which tools
    that collect messages find them.

    Attributes:
        message: what a catalogue would be asked for.
        values: what stands in for its %(names)s; some may be `Words` again.
    """

    message: str
    values: Mapping[str, Any]

    def __new__(cls, message: str, values: Mapping[str, Any] | None = None) -> Words:
        self = super().__new__(cls, message % values if values else message)
        self.message, self.values = message, values or {}
        return self

    def __mod__(self, values: Mapping[str, Any]) -> Words:
        return Words(self.message, values)

    def __reduce__(self) -> tuple[object, ...]:
        return (Words, (self.message, dict(self.values)))
