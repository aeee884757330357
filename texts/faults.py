"""Why a text cannot be made for one contact."""

from __future__ import annotations

from enum import StrEnum


class TextFault(StrEnum):
    """Why a text has no sendable form for one contact."""

    RENDER_ERROR = "render_error"
    RENDER_TOO_COSTLY = "render_too_costly"
    EMPTY_TEXT = "empty_text"
    TOO_LONG = "too_long"
    FORBIDDEN_WORD = "forbidden_word"


class Unsendable(Exception):
    """A text that has no sendable form for one contact."""

    def __init__(self, reason: TextFault, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
