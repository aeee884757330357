"""What every reader of a part of a workbook refuses, and how it names tags."""

from __future__ import annotations

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem


def damaged() -> FileProblem:
    """Return the problem of a workbook that cannot be read."""
    return FileProblem(
        _(
            "The workbook is damaged, encrypted or not a spreadsheet. Open it in the spreadsheet, "
            "save it as XLSX or CSV, and try again."
        ),
        code="damaged",
    )


def too_large() -> FileProblem:
    """Return the problem of a sheet that is no table but a bomb."""
    return FileProblem(
        _("The sheet unpacks to more than a table can be: it is not read."), code="bomb"
    )


def local_name(tag: str) -> str:
    """Return a tag without its namespace: there are two, and some programs invent prefixes."""
    return tag.rpartition("}")[2]


def refuse_doctype(block: bytes) -> None:
    """Refuse XML that defines entities: no spreadsheet program writes any.

    Raises:
        FileProblem: it does.
    """
    if b"<!DOCTYPE" in block or b"<!ENTITY" in block:
        raise damaged()
