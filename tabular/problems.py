"""The exceptions for a file that cannot be read and for a row that is rejected."""

from __future__ import annotations

from typing import Any

from foundation.sentences import Sentence as _


class FileProblem(Exception):
    """A file cannot be read as a table.

    Args:
        sentence: what is wrong and what to do; translated. A `Sentence` is kept as one, so that it
            can be stored.
        code: a short stable name of the reason, for `--json` and tests.
    """

    def __init__(self, sentence: Any, *, code: str) -> None:
        super().__init__(str(sentence))
        self.sentence: str = sentence if isinstance(sentence, str) else str(sentence)
        self.code = code


class RowProblem(ValueError):
    """A row is rejected.

    Attributes:
        column: the title of the column; "" if the reason concerns the whole row.
        reason: the reason, for the operator; it never contains a password.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def not_a_table(kind: str) -> FileProblem:
    """Return the problem of a file of another kind, such as a PDF."""
    return FileProblem(
        _(
            "This is not a table (%(kind)s). Save it from the spreadsheet as CSV or XLSX and try "
            "again."
        )
        % {"kind": kind},
        code="not_a_table",
    )
