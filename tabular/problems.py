"""What is wrong with a file, in a sentence for the operator."""

from __future__ import annotations

from typing import Any


class FileProblem(Exception):
    """A file that cannot be read as a table at all.

    Args:
        sentence: what is wrong and what to do; translated, for people. A `Sentence` stays one, so
            that it can be stored.
        code: a short stable name of the reason, for machines and tests.
    """

    def __init__(self, sentence: Any, *, code: str) -> None:
        super().__init__(str(sentence))
        self.sentence: str = sentence if isinstance(sentence, str) else str(sentence)
        self.code = code
