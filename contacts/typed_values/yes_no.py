"""Reading yes and no as people write them: 是, 否, yes, no, true, false, 1, 0, √, ×."""

from __future__ import annotations

from contacts.typed_values.characters import plain

_WORDS = {
    **dict.fromkeys(("是", "yes", "y", "true", "t", "1", "√", "✓", "✔", "真"), True),
    **dict.fromkeys(("否", "不是", "no", "n", "false", "f", "0", "×", "✗", "✘", "假"), False),
}


def read_yes_no(text: str) -> bool | None:
    """Return whether a text means yes or no, None if it means neither."""
    return _WORDS.get(plain(text).lower()) if len(text) < 10 else None
