"""Forbidden words in rendered texts."""

from __future__ import annotations


def forbidden_words_in(text: str) -> list[str]:
    """Return the forbidden words that a rendered text holds.

    There is no list of forbidden words yet, so no text holds one.
    """
    return []
