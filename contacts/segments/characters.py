"""How a value is shown in a sentence."""

from __future__ import annotations


def shown(value: object) -> str:
    """Return a value for use in a sentence: short, in one line, without broken characters."""
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python writes
        return "…"
    text = "".join(c if c.isprintable() else "\ufffd" for c in text[:201])
    return text if len(text) <= 200 else f"{text[:200]}…"
