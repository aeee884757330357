"""The exception for a request that is refused, with a sentence for the operator."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request was refused; nothing of it was carried out.

    Args:
        sentence: what is wrong, where, and what to do; translated. A `Sentence` is kept as one, so
            that it can be stored.
        code: a short stable name of the reason, for `--json` and tests.
        details: further data for `--json`.
    """

    def __init__(self, sentence: Any, *, code: str, **details: Any) -> None:
        super().__init__(str(sentence))
        self.sentence: str = sentence if isinstance(sentence, str) else str(sentence)
        self.code = code
        self.details = details
