"""The exception for a notification that could not be sent now, and may be later."""

from __future__ import annotations


class Unsent(Exception):
    """A notification was not sent. Trying again may help.

    Args:
        sentence: why, for the operator.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
