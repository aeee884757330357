"""Running an import: reading a file in validated chunks into the database, resumable after each.

Each chunk commits its people together with the cursor, the figures and the length of the rejects
file. After a crash the next worker reads the file from the start, which restores the map of UINs
seen. It cuts the rejects file to the committed length and continues after the cursor. So every row
is loaded exactly once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation

from clocks import shared
from contacts.imports.columns import attribute_names
from contacts.imports.end import end_imports
from contacts.imports.files import rejects_file, remove_upload, stored_file
from contacts.imports.load import commit_lazily, load_people, unmapped_pages
from contacts.imports.loaded import Loaded
from contacts.imports.pieces import read_piece
from contacts.imports.rows import Person, PersonReader, is_blank
from contacts.imports.settle import settle_attributes
from contacts.imports.staging import PackedPeople
from contacts.models import ContactImport, ContactList
from contacts.querysets.contact_import import ContactImportQuerySet
from contacts.states import ImportState
from contacts.typed_values.types import type_named
from foundation.log_context import logged
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.sentences import stored
from foundation.tracing import span
from metrics.catalogue import IMPORT_ROWS
from metrics.publishing import publish
from tabular import CsvWriter, FileProblem, ReadAhead, Row, RowProblem, Table, open_table
from tabular.upload_files import open_private

#: Rows of a chunk, by database. Each statement holds up the thread that reads ahead for some
#: milliseconds, so chunks are large. On SQLite they are small, because all other writers wait for
#: a chunk.
CHUNK_ROWS = {"postgresql": 30_000, "sqlite": 5_000}
#: Bytes after which a chunk is full, however few its rows; up to three chunks are in memory.
CHUNK_BYTES = 12 << 20
#: Rows that are validated and then packed together.
PIECE_ROWS = 1_000
#: Rejections that are stored with the import; all of them are in the rejects file.
FIRST_ERRORS = 20
#: How often workers may take an import. If they have died so often, the import has failed.
MOST_TAKES = 10
#: Seconds of waiting for rows after which the worker shows that it lives.
HEARTBEAT_SECONDS = 5.0
_counting = threading.Lock()


def run_import(*, import_id: int) -> bool:
    """Take an import and run it to its end; return False if it could not be taken.

    If the worker is stopped, the import can be resumed. When another worker takes the import, this
    one is fenced off: its next chunk does not commit.
    """
    contact_import = _take(import_id)
    if contact_import is None:
        return False
    try:
        if contact_import.token > MOST_TAKES:
            raise FileProblem(
                _("Workers died %(times)d times while running this import. It is not tried again.")
                % {"times": MOST_TAKES},
                code="too_many_takes",
            )
        with logged(contact_import=import_id), span("contact import", contact_import=import_id):
            _Run(contact_import).run()
    except _FencedOff:
        return True
    except (FileProblem, Refusal) as problem:
        _finish(contact_import, ImportState.FAILED, problem=problem.sentence)
    publish()  # a command ends now
    return True


def _no_list() -> Refusal:
    return Refusal(_("The list of this import has been deleted."), code="no_list")


class _FencedOff(Exception):
    """The import was cancelled, or another worker took it."""


def _take(import_id: int) -> ContactImport | None:
    now = shared.wall()
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
    if end_imports(mine, to=state, problem=problem, finished_at=timezone.now()):
        remove_upload(contact_import)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Validated rows, ready to be written.

    Attributes:
        rows: the number of rows.
        people: the people to load.
        rejected: the number of rejected rows.
        rejects: the rejected rows with line and reason, as bytes of their file.
        errors: the first rejections as {"line", "column", "reason"}, the reason as a stored
            sentence.
        notes, unread: those of the `PersonReader`, of everything read so far, as stored sentences.
        position, position_end: how far the file has been read, and its end.
    """

    rows: int
    people: PackedPeople
    rejected: int
    rejects: bytes
    errors: list[dict[str, Any]]
    notes: list[str]
    unread: list[dict[str, Any]]
    position: int
    position_end: int


class _Run:
    """One worker's run of one import."""

    def __init__(self, contact_import: ContactImport) -> None:
        self._import = contact_import
        self._vendor = connection.vendor  # the thread that reads ahead has no connection
        self._are_known = False
        self._chunk_rows = CHUNK_ROWS[self._vendor]
        self._width = len(contact_import.columns)
        self._attributes = attribute_names(contact_import.mapping)
        types = {name: type_named(words) for name, words in contact_import.types.items()}
        self._types = {name: found for name, found in types.items() if found.is_read}
        self._reader = PersonReader(
            columns=contact_import.columns,
            mapping=contact_import.mapping,
            kind=contact_import.kind,
            types=self._types,
        )

    def run(self) -> None:
        """Load the rows after the cursor.

        Raises:
            _FencedOff: the import was cancelled, or another worker took it.
            FileProblem, Refusal: the file cannot be read.
        """
        row = self._import
        if row.contact_list_id is None:
            raise _no_list()
        table = open_table(
            stored_file(row),
            name=row.file_name,
            encoding=row.encoding,
            delimiter=row.delimiter,
            sheet=row.sheet,
        )
        # A copy of the cursor: `row.cursor` moves while the thread reads ahead.
        behind, language = row.cursor, translation.get_language() or "en"
        rejects = open_private(rejects_file(row))
        ahead = ReadAhead(
            lambda: self._chunks(table, behind),
            prepare=lambda: translation.activate(language),
            while_waiting=self._show_life,
            every=HEARTBEAT_SECONDS,
        )
        # On SQLite the keys are not checked again: a chunk refers to rows that its transaction has
        # read, and no other writer removes them before its end (decision 0063).
        unchecked = connection.constraint_checks_disabled()
        with closing(rejects), ahead, unmapped_pages(), unchecked:
            rejects.truncate(row.rejects_bytes)
            rejects.seek(0, 2)
            writer = CsvWriter(rejects, with_bom=row.rejects_bytes == 0)
            for chunk in ahead:
                self._load(chunk, rejects, writer)
        if not row.rejected:
            rejects_file(row).unlink(missing_ok=True)
        _finish(row, ImportState.DONE)
        settle_attributes(row)

    def _chunks(self, table: Table, behind: int) -> Iterator[_Chunk]:
        """Yield the rows after the cursor in chunks; earlier ones are read for their UINs only."""
        header = self._import.header_line
        rows = (row for row in table.rows() if row[0] > header)
        for row in islice(rows, behind):
            with suppress(RowProblem):
                self._reader.read(*row)
        while True:
            chunk = self._validated(rows, table)
            if not chunk.rows:
                return
            yield chunk

    def _validated(self, rows: Iterator[Row], table: Table) -> _Chunk:
        people = PackedPeople(self._vendor, has_readings=bool(self._types))
        errors: list[dict[str, Any]] = []
        taken = rejected = 0
        out = BytesIO()
        rejects = CsvWriter(out, with_bom=False)
        while taken < self._chunk_rows and people.size + out.tell() < CHUNK_BYTES:
            piece = list(islice(rows, min(PIECE_ROWS, self._chunk_rows - taken)))
            if not piece:
                break
            good, bad = self._read(piece)
            people.add(good)
            rejects.write(self._reject(row, problem) for row, problem in bad)
            errors += [
                {"line": row[0], "column": problem.column, "reason": stored(problem.reason)}
                for row, problem in bad[: FIRST_ERRORS - len(errors)]
            ]
            taken, rejected = taken + len(piece), rejected + len(bad)
        return _Chunk(
            rows=taken,
            people=people,
            rejected=rejected,
            rejects=out.getvalue(),
            errors=errors,
            notes=[stored(note) for note in self._reader.notes],
            unread=self._reader.unread,
            position=table.position,
            position_end=table.size,
        )

    def _read(self, rows: list[Row]) -> tuple[list[Person], list[tuple[Row, RowProblem]]]:
        good, bad = read_piece(self._reader, rows)
        return good, [(row, why) for row, why in bad if row[2] or not is_blank(row[1])]

    def _reject(self, row: Row, problem: RowProblem) -> list[str]:
        line, cells, _problem = row
        last = self._width - 1
        kept = [*cells[:last], " | ".join(cells[last:])]  # extra cells share the last column
        kept += [""] * (self._width - len(kept))
        return [*kept, str(line), problem.reason]

    def _load(self, chunk: _Chunk, rejects: BinaryIO, writer: CsvWriter) -> None:
        if chunk.rejected and not self._import.rejected:
            writer.write([[*self._import.columns, _("line"), _("reason")]])
        rejects.write(chunk.rejects)
        rejects.flush()
        with transaction.atomic():
            commit_lazily()
            # Deleted since: nothing else would notice, where the keys are not checked.
            list_id = self._import.contact_list_id or 0
            if not ContactList.objects.filter(pk=list_id).exists():
                raise _no_list()
            loaded = load_people(
                chunk.people,
                import_id=self._import.pk,
                list_id=list_id,
                policy=self._import.policy,
                now=timezone.now(),
                are_known=self._are_known,
                attributes=self._attributes,
            )
            self._move(chunk, loaded, rejects.tell())
        self._are_known = loaded.created < chunk.people.count / 2  # so are probably the next ones
        with _counting:
            IMPORT_ROWS.add(chunk.rows - chunk.rejected, of="read")
            IMPORT_ROWS.add(chunk.rejected, of="rejected")

    def _show_life(self) -> None:
        """Renew the heartbeat: the next chunk takes long, as after millions of rows to skip."""
        if not self._mine().update(heartbeat_at=shared.wall()):
            raise _FencedOff

    def _mine(self) -> ContactImportQuerySet:
        row = self._import
        return ContactImport.objects.filter(pk=row.pk, token=row.token, state=ImportState.RUNNING)

    def _move(self, chunk: _Chunk, loaded: Loaded, rejects_bytes: int) -> None:
        """Move the cursor in the chunk's transaction, if this worker still has the import."""
        row = self._import
        row.cursor += chunk.rows
        row.rejected += chunk.rejected
        row.created += loaded.created
        row.updated += loaded.updated
        row.unchanged += loaded.unchanged
        row.added += loaded.added
        row.notes, row.unread = chunk.notes, chunk.unread
        row.errors = [*row.errors, *chunk.errors][:FIRST_ERRORS]
        moved = self._mine().update(
            cursor=row.cursor,
            rejected=row.rejected,
            created=row.created,
            updated=row.updated,
            unchanged=row.unchanged,
            added=row.added,
            rejects_bytes=rejects_bytes,
            position=chunk.position,
            position_end=chunk.position_end,
            errors=row.errors,
            notes=row.notes,
            unread=row.unread,
            heartbeat_at=shared.wall(),
        )
        if not moved:
            raise _FencedOff
