"""Problems that all readers of XLSX parts report, and the names of tags."""

from __future__ import annotations

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem


def damaged() -> FileProblem:
    """Return the problem of a damaged workbook."""
    return FileProblem(
        _(
            "The workbook is damaged, encrypted or not a spreadsheet. Open it in the spreadsheet, "
            "save it as XLSX or CSV, and try again."
        ),
        code="damaged",
    )


def too_large() -> FileProblem:
    """Return the problem of a sheet that is too large to be a table, such as a zip bomb."""
    return FileProblem(
        _("The sheet was not read: unpacked, it is too large for a table."),
        code="bomb",
    )


def local_name(tag: str) -> str:
    """Return a tag without its namespace; workbooks use two, with any prefix."""
    return tag.rpartition("}")[2]


def refuse_doctype(block: bytes) -> None:
    """Refuse XML that defines entities, which no spreadsheet program writes.

    Raises:
        FileProblem: the block defines some.
    """
    if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
        raise damaged()
