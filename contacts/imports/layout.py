"""Reading the first rows of an import's file, with its layout as it is detected or chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contacts.imports.columns import MAIL_TITLES, UIN_TITLES
from contacts.imports.files import stored_file
from contacts.models import ContactImport
from foundation.refusals import Refusal
from tabular import FileProblem, Inspection, inspect_table, known_columns, preview_encodings


def inspect_import(*, contact_import: ContactImport, rows: int = 20) -> Inspection:
    """Return the layout and the first rows of the file, read with the import's present layout.

    Args:
        contact_import: an import whose file is stored.
        rows: the number of rows in the sample.

    Raises:
        Refusal: the file cannot be read with this layout.
    """
    return inspect_file(
        stored_file(contact_import),
        contact_import,
        encoding=contact_import.encoding,
        delimiter=contact_import.delimiter,
        sheet=contact_import.sheet,
        header_line=contact_import.header_line,
        rows=rows,
    )


def readings_of(contact_import: ContactImport) -> list[tuple[str, list[str]]]:
    """Return (encoding, the first lines read with it) for each possible encoding of the file.

    The result is empty if the encoding is certain.
    """
    if not contact_import.doubts:
        return []
    return preview_encodings(stored_file(contact_import), contact_import.doubts)


def inspect_file(path: Path, contact_import: ContactImport, **chosen: Any) -> Inspection:
    """Return the layout and the first rows of a file.

    Args:
        path: the stored file.
        contact_import: the import; it gives the name of the file.
        chosen: the layout, as of `tabular.inspect_table`.

    Raises:
        Refusal: the file cannot be read so.
    """
    name = contact_import.file_name
    try:
        found = inspect_table(path, name=name, known_titles=UIN_TITLES, **chosen)
        if not known_columns(found.columns, UIN_TITLES):  # the column of mail addresses may do
            found = inspect_table(path, name=name, known_titles=MAIL_TITLES, **chosen)
        return found
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None
