"""Running an import: file -> validated chunks -> database, resumable at every chunk.

Each chunk commits its people together with the cursor, the figures and the length of the rejects
file. After a crash the next worker reads the file again from the start, which gives back the map
of UINs seen, cuts the rejects file to the committed length, and goes on behind the cursor: no row
is loaded twice, none is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import ContactImport
from contacts.services.import_files import (
    open_private,
    rejects_file,
    remove_upload,
    stored_file,
)
from contacts.services.loading import Loaded, load_people
from contacts.services.validation import Person, PersonReader, RowProblem
from contacts.states import ImportState
from foundation.refusals import Refusal
from tabular import CsvWriter, FileProblem, Row, Table, open_table

#: Rows of a chunk. On SQLite every other writer waits for a chunk, so they are small there.
CHUNK_ROWS = {"postgresql": 20_000, "sqlite": 2_000}
#: Problems shown beside the import; all of them are in the rejects file.
FIRST_ERRORS = 20
#: An import that killed this many workers is not given a further one.
MOST_TAKES = 10


def run_import(*, import_id: int) -> bool:
    """Take an import and run it to its end; return whether this worker had it.

    Whatever stops the worker leaves the import resumable. Taking it again while another worker has
    it fences that one off: its next chunk does not commit.
    """
    contact_import = _take(import_id)
    if contact_import is None:
        return False
    try:
        if contact_import.token > MOST_TAKES:
            raise FileProblem(
                _("The import stopped its worker %(times)d times; it is not tried again.")
                % {"times": MOST_TAKES},
                code="too_many_takes",
            )
        _Run(contact_import).run()
    except _FencedOff:
        return True
    except (FileProblem, Refusal) as problem:
        _finish(contact_import, ImportState.FAILED, problem=problem.sentence[:500])
    return True


class _FencedOff(Exception):
    """Somebody cancelled the import, or another worker took it."""


def _take(import_id: int) -> ContactImport | None:
    now = timezone.now()
    taken = ContactImport.objects.abandoned().filter(
        Q(state=ImportState.QUEUED) | Q(state=ImportState.RUNNING), pk=import_id
    )
    if not taken.update(
        state=ImportState.RUNNING, token=F("token") + 1, heartbeat_at=now, started_at=now
    ):
        return None
    contact_import: ContactImport = ContactImport.objects.get(pk=import_id)
    return contact_import


def _finish(contact_import: ContactImport, state: str, *, problem: str = "") -> None:
    mine = ContactImport.objects.filter(pk=contact_import.pk, token=contact_import.token)
    if mine.transition(to=state, problem=problem, finished_at=timezone.now()):
        remove_upload(contact_import)


class _Run:
    """One worker's hold of one import."""

    def __init__(self, contact_import: ContactImport) -> None:
        self._import = contact_import
        self._chunk_rows = CHUNK_ROWS[connection.vendor]
        self._reader = PersonReader(columns=contact_import.columns, mapping=contact_import.mapping)
        self._first_errors = list(contact_import.errors)
        self._rejected = 0

    def run(self) -> None:
        """Load what is left.

        Raises:
            _FencedOff: the import is not this worker's any more.
            FileProblem, Refusal: the file cannot be read.
        """
        row = self._import
        if row.contact_list_id is None:
            raise Refusal(_("The list of this import has been deleted."), code="no_list")
        table = open_table(
            stored_file(row),
            name=row.file_name,
            encoding=row.encoding,
            delimiter=row.delimiter,
            sheet=row.sheet,
        )
        with closing(open_private(rejects_file(row))) as rejects:
            rejects.truncate(row.rejects_bytes)
            rejects.seek(0, 2)
            writer = CsvWriter(rejects, with_bom=row.rejects_bytes == 0)
            for chunk in self._chunks(table):
                self._load(chunk, table, rejects, writer)
        if not row.rejected:
            rejects_file(row).unlink(missing_ok=True)
        _finish(row, ImportState.DONE)

    def _chunks(self, table: Table) -> Iterator[list[Row]]:
        """Yield the rows behind the cursor in chunks; those before it are read for their UINs."""
        header, done, chunk = self._import.header_line, 0, []
        for row in table.rows():
            if row[0] <= header:
                continue
            if done < self._import.cursor:
                done += 1
                self._recall(row)
                continue
            chunk.append(row)
            if len(chunk) == self._chunk_rows:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _recall(self, row: Row) -> None:
        try:
            self._reader.read(*row)
        except RowProblem:
            return

    def _load(self, chunk: list[Row], table: Table, rejects: BinaryIO, writer: CsvWriter) -> None:
        people: list[Person] = []
        rejected: list[list[str]] = []
        read = self._reader.read
        for row in chunk:
            try:
                people.append(read(*row))
            except RowProblem as problem:
                rejected.append(self._reject(row, problem))
        if rejected and not self._import.rejected:
            writer.write([[*self._import.columns, _("line"), _("reason")]])
        writer.write(rejected)
        rejects.flush()
        with transaction.atomic():
            loaded = load_people(
                people,
                import_id=self._import.pk,
                list_id=self._import.contact_list_id or 0,
                policy=self._import.policy,
                now=timezone.now(),
            )
            self._move(len(chunk), len(rejected), loaded, table, rejects.tell())

    def _reject(self, row: Row, problem: RowProblem) -> list[str]:
        line, cells, _problem = row
        if len(self._first_errors) < FIRST_ERRORS:
            self._first_errors.append(
                {"line": line, "column": problem.column, "reason": problem.reason}
            )
        width = len(self._import.columns)
        kept = [*cells[: width - 1], " | ".join(cells[width - 1 :])]  # nothing is lost
        kept += [""] * (width - len(kept))
        return [*kept, str(line), problem.reason]

    def _move(
        self, rows: int, rejected: int, loaded: Loaded, table: Table, rejects_bytes: int
    ) -> None:
        """Move the cursor, in the chunk's transaction, if the import is still ours."""
        row = self._import
        row.cursor += rows
        row.rejected += rejected
        row.created += loaded.created
        row.updated += loaded.updated
        row.unchanged += loaded.unchanged
        row.added += loaded.added
        moved = ContactImport.objects.filter(
            pk=row.pk, token=row.token, state=ImportState.RUNNING
        ).update(
            cursor=row.cursor,
            rejected=row.rejected,
            created=row.created,
            updated=row.updated,
            unchanged=row.unchanged,
            added=row.added,
            rejects_bytes=rejects_bytes,
            position=table.position,
            position_end=table.size,
            errors=self._first_errors,
            heartbeat_at=timezone.now(),
        )
        if not moved:
            raise _FencedOff
