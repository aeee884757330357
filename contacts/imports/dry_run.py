"""The dry run of an import: its first rows validated, its columns' types proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contacts.imports.columns import check_mapping
from contacts.imports.layout import inspect_import
from contacts.imports.rows import PersonReader, is_blank
from contacts.imports.value_types import column_types
from contacts.models import ContactImport
from tabular import Row, RowProblem

#: Rows that a dry run reads.
SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class DryRun:
    """The result of reading the first rows of a file without loading them.

    Attributes:
        rows: the number of rows read.
        people: (line, UIN, name, attributes and readings as JSON) of the rows that would be
            loaded.
        problems: (line, column, reason) of the rows that would be rejected.
        notes: sentences about cells that would be left out or read differently.
        unread: the cells that cannot be read as their type, as `ContactImport.unread`.
    """

    rows: int
    people: list[tuple[Any, ...]]
    problems: list[tuple[int, str, str]]
    notes: list[str]
    unread: list[dict[str, Any]]


def dry_run_import(*, contact_import: ContactImport, rows: int = SAMPLE_ROWS) -> DryRun:
    """Validate the first rows as the import would, and load nothing.

    Args:
        contact_import: an import whose file is stored.
        rows: the most rows to read.

    Raises:
        Refusal: the file cannot be read, or the mapping has no UIN.
    """
    check_mapping(contact_import.mapping, contact_import.columns)
    reader = PersonReader(
        columns=contact_import.columns,
        mapping=contact_import.mapping,
        kind=contact_import.kind,
        types={name: column.shown for name, column in column_types(contact_import).items()},
    )
    people, problems = [], []
    sample: Sequence[Row] = inspect_import(contact_import=contact_import, rows=rows).sample
    for line, cells, problem in sample:
        try:
            people.append((line, *reader.read(line, cells, problem)))
        except RowProblem as found:
            if problem or not is_blank(cells):
                problems.append((line, found.column, found.reason))
    return DryRun(len(sample), people, problems, reader.notes, reader.unread)
