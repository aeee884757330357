"""The refusal: the system says no to an operator, in a sentence."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is not carried out. Nothing is half done when this is raised.

    Args:
        sentence: what is wrong, where, and what to do; translated, for people. A `Sentence` stays
            one, so that it can be stored.
        code: a short stable name of the reason, for machines (`--json`) and tests.
        details: further data for `--json`.
    """

    def __init__(self, sentence: Any, *, code: str, **details: Any) -> None:
        super().__init__(str(sentence))
        self.sentence: str = sentence if isinstance(sentence, str) else str(sentence)
        self.code = code
        self.details = details
