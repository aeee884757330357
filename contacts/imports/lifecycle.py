"""Services of an import: upload, correct, dry run, start, cancel, discard, and its progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports.columns import (
    UIN_TITLES,
    apply_choices,
    attribute_names,
    check_mapping,
    guess_mapping,
    remember_mapping,
    remembered_mapping,
)
from contacts.imports.files import remove_upload, store_upload, stored_file
from contacts.imports.rows import PersonReader, is_blank
from contacts.models import ContactImport, ContactList
from contacts.people.attributes import record_attribute_names
from contacts.states import ImportPolicy, ImportState
from foundation.archiving import refuse_archived
from foundation.refusals import Refusal
from tabular import FileProblem, Inspection, Row, RowProblem, inspect_table, preview_encodings

#: Rows that a dry run reads.
SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class DryRun:
    """The result of reading the first rows of a file without loading them.

    Attributes:
        rows: the number of rows read.
        people: (line, UIN, name, attributes as JSON) of the rows that would be loaded.
        problems: (line, column, reason) of the rows that would be rejected.
        notes: sentences about cells that would be left out or read differently.
    """

    rows: int
    people: list[tuple[int, int, str, str]]
    problems: list[tuple[int, str, str]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an import.

    Attributes:
        rows: the rows processed so far, rejected ones included.
        rows_per_second: the mean rate since the start; 0.0 before the first chunk.
        fraction: the part of the file that is processed, 0.0 to 1.0.
        seconds_left: the estimated time to the end; None if it cannot be estimated.
    """

    rows: int
    rows_per_second: float
    fraction: float
    seconds_left: float | None


def upload_import(
    *,
    blocks: Iterable[bytes],
    file_name: str,
    contact_list: ContactList,
    policy: str = ImportPolicy.OVERWRITE,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    header_line: int | None = None,
    by: Any = None,
) -> ContactImport:
    """Store a file, detect its layout and guess its mapping; nothing is loaded yet.

    Args:
        blocks: the file's bytes, e.g. `UploadedFile.chunks()`.
        file_name: the name of the file on the operator's computer.
        contact_list: the list that the people are added to.
        policy: an ImportPolicy, for people who are contacts already.
        encoding, delimiter, sheet: the layout; empty: detected.
        header_line: the line of the header, 0 for none; None: detected.
        by: the operator.

    Raises:
        Refusal: the file is not a table, or the list is archived; nothing is stored then.
    """
    refuse_archived(contact_list)
    path = store_upload(blocks)
    contact_import = ContactImport(
        contact_list=contact_list,
        policy=policy,
        file_name=Path(file_name).name[:255],
        stored_name=path.name,
        size=path.stat().st_size,
        created_by=by,
    )
    try:
        found = _inspect(
            path,
            contact_import,
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            header_line=header_line,
        )
        _take_over(contact_import, found, by=by)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    contact_import.save()
    return contact_import


def inspect_import(*, contact_import: ContactImport, rows: int = 20) -> Inspection:
    """Return the layout and the first rows of the file, read with the import's present layout.

    Args:
        contact_import: an import whose file is stored.
        rows: the number of rows in the sample.

    Raises:
        Refusal: the file cannot be read with this layout.
    """
    return _inspect(
        stored_file(contact_import),
        contact_import,
        encoding=contact_import.encoding,
        delimiter=contact_import.delimiter,
        sheet=contact_import.sheet,
        header_line=contact_import.header_line,
        rows=rows,
    )


def correct_layout(
    *,
    contact_import: ContactImport,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    header_line: int | None = None,
) -> Inspection:
    """Change the layout with which the file is read, and guess the mapping again.

    Args:
        contact_import: an import that has not been started.
        encoding, delimiter, sheet: the layout; empty: detected.
        header_line: the line of the header, 0 for none; None: detected.

    Raises:
        Refusal: the file cannot be read with this layout, or the import has been started.
    """
    _refuse_started(contact_import)
    found = _inspect(
        stored_file(contact_import),
        contact_import,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        header_line=header_line,
    )
    _take_over(contact_import, found, by=contact_import.created_by)
    contact_import.save()
    return found


def correct_mapping(
    *,
    contact_import: ContactImport,
    mapping: Sequence[str] | None = None,
    choices: Mapping[str, str] | None = None,
) -> None:
    """Set the meanings of all columns, or of some of them by title.

    Args:
        contact_import: an import that has not been started.
        mapping: for each column "uin", "name", "attribute:<name>" or "".
        choices: see `contacts.imports.columns.apply_choices`.

    Raises:
        Refusal: no column is the UIN, two columns have the same meaning, the file has no such
            title, or the import has been started.
    """
    _refuse_started(contact_import)
    chosen = list(mapping if mapping is not None else contact_import.mapping)
    if choices:
        chosen = apply_choices(chosen, contact_import.columns, choices)
    check_mapping(chosen, contact_import.columns)
    contact_import.mapping = chosen
    contact_import.save(update_fields=["mapping"])
    remember_mapping(columns=contact_import.columns, mapping=chosen, by=contact_import.created_by)


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
        columns=contact_import.columns, mapping=contact_import.mapping, kind=contact_import.kind
    )
    people, problems = [], []
    sample: Sequence[Row] = inspect_import(contact_import=contact_import, rows=rows).sample
    for line, cells, problem in sample:
        try:
            people.append((line, *reader.read(line, cells, problem)))
        except RowProblem as found:
            if problem or not is_blank(cells):
                problems.append((line, found.column, found.reason))
    return DryRun(len(sample), people, problems, reader.notes)


def readings_of(contact_import: ContactImport) -> list[tuple[str, list[str]]]:
    """Return (encoding, the first lines read with it) for each possible encoding of the file.

    The result is empty if the encoding is certain.
    """
    if not contact_import.doubts:
        return []
    return preview_encodings(stored_file(contact_import), contact_import.doubts)


def queue_import(*, contact_import: ContactImport) -> None:
    """Queue an import for the workers. Wake one with `contacts.tasks.wake_import`.

    Raises:
        Refusal: the mapping has no UIN, the encoding is uncertain, the list was deleted, or the
            import has been started before.
    """
    _refuse_doubts(contact_import)
    check_mapping(contact_import.mapping, contact_import.columns)
    if contact_import.contact_list is None:
        raise Refusal(_("The list of this import has been deleted."), code="no_list")
    record_attribute_names(
        contact_list=contact_import.contact_list, names=attribute_names(contact_import.mapping)
    )
    moved = ContactImport.objects.filter(
        pk=contact_import.pk, state=ImportState.UPLOADED
    ).transition(to=ImportState.QUEUED, queued_at=timezone.now())
    if not moved:
        raise Refusal(_("This import has been started before."), code="already_started")
    contact_import.refresh_from_db()


def cancel_import(*, contact_import: ContactImport) -> None:
    """Stop an import. Loaded chunks stay, and can be taken back; the current one is rolled back.

    Raises:
        Refusal: the import is over already.
    """
    moved = ContactImport.objects.filter(pk=contact_import.pk).transition(
        to=ImportState.CANCELLED, finished_at=timezone.now()
    )
    contact_import.refresh_from_db()
    if not moved:
        raise Refusal(
            _("This import is over (%(state)s): there is nothing to cancel.")
            % {"state": contact_import.get_state_display()},
            code="not_cancellable",
        )
    remove_upload(contact_import)


def discard_import(*, contact_import: ContactImport) -> None:
    """Delete an import that was never started, and its file.

    Raises:
        Refusal: the import has been started.
    """
    _refuse_started(contact_import)
    remove_upload(contact_import)
    contact_import.delete()


def progress_of(contact_import: ContactImport) -> Progress:
    """Return the progress of an import, computed from its row alone."""
    started, rows = contact_import.started_at, contact_import.cursor
    end = contact_import.finished_at or timezone.now()
    seconds = max((end - started) / timedelta(seconds=1), 0.001) if started else 0.0
    fraction = 1.0 if contact_import.state == ImportState.DONE else 0.0
    if not fraction and contact_import.position_end:
        fraction = min(1.0, contact_import.position / contact_import.position_end)
    left = None
    if contact_import.state == ImportState.RUNNING and fraction > 0 and rows:
        left = seconds * (1 - fraction) / fraction
    return Progress(rows, rows / seconds if seconds else 0.0, fraction, left)


def _refuse_doubts(contact_import: ContactImport) -> None:
    found = readings_of(contact_import)
    if found:
        raise Refusal(
            _(
                "The encoding of the file is uncertain. Choose the one that shows the text "
                "correctly; on the command line: --encoding NAME. %(readings)s"
            )
            % {"readings": "; ".join(f"{name}: {' '.join(lines)[:60]}" for name, lines in found)},
            code="encoding_uncertain",
            encodings=list(contact_import.doubts),
        )


def _inspect(path: Path, contact_import: ContactImport, **chosen: Any) -> Inspection:
    try:
        return inspect_table(path, name=contact_import.file_name, known_titles=UIN_TITLES, **chosen)
    except FileProblem as problem:
        raise Refusal(problem.sentence, code=problem.code) from None


def _take_over(contact_import: ContactImport, found: Inspection, *, by: Any) -> None:
    contact_import.kind = found.layout.kind
    contact_import.encoding = found.layout.encoding
    contact_import.doubts = list(found.layout.doubts)
    contact_import.delimiter = found.layout.delimiter
    contact_import.sheet = found.layout.sheet
    contact_import.header_line = found.header_line
    contact_import.columns = list(found.columns)
    contact_import.mapping = remembered_mapping(columns=found.columns, by=by) or guess_mapping(
        found.columns, sample=found.sample
    )


def _refuse_started(contact_import: ContactImport) -> None:
    if contact_import.state != ImportState.UPLOADED:
        raise Refusal(_("This import has been started: upload the file again."), code="started")
