"""Running an import: reading a file in validated chunks into the database, resumable after each.

Each chunk commits its people together with the cursor, the figures and the length of the rejects
file. After a crash the next worker reads the file from the start, which restores the map of UINs
seen. It cuts the rejects file to the committed length and continues after the cursor. So every row
is loaded exactly once.
"""

from __future__ import annotations

import logging
import threading
from codecs import BOM_UTF8
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import BinaryIO, TypedDict

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone, translation

from clocks import shared
from contacts.imports.chunks import FIRST_ERRORS, Chunk, FileToRead, read_chunks
from contacts.imports.columns import attribute_names
from contacts.imports.end import end_imports
from contacts.imports.files import rejects_file, remove_upload, stored_file
from contacts.imports.load import commit_lazily, load_people, unmap_pages
from contacts.imports.loaded import Loaded
from contacts.imports.reading_process import ReadingEnded, ReadingProcess
from contacts.imports.settle import settle_attributes
from contacts.models import ContactImport, ContactList
from contacts.querysets.contact_import import ContactImportQuerySet
from contacts.states import ImportState
from foundation.log_context import logged
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from foundation.tracing import span
from metrics.catalogue import IMPORT_ROWS
from metrics.publishing import publish
from tabular import CsvWriter, FileProblem, ReadAhead
from tabular.upload_files import open_private

#: Rows of a chunk, by database. More take more memory and are no faster. On SQLite there are fewer,
#: because all other writers wait for a chunk.
CHUNK_ROWS = {"postgresql": 10_000, "sqlite": 5_000}
#: Rows that are validated and then packed together.
PIECE_ROWS = 1_000
#: How often workers may take an import. If they have died so often, the import has failed.
MOST_TAKES = 10
#: Seconds of waiting for rows after which the worker shows that it lives.
HEARTBEAT_SECONDS = 5.0
#: Bytes of a file that a process of its own reads: some 13,000 rows of a CSV. Its start takes a
#: quarter of a second.
LARGE_BYTES = 1 << 20
_counting = threading.Lock()
log = logging.getLogger(__name__)


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


class _Waiting(TypedDict):
    while_waiting: Callable[[], None]
    every: float


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


class _Run:
    """One worker's run of one import."""

    def __init__(self, contact_import: ContactImport) -> None:
        self._import = contact_import
        self._are_known = self._are_changed = False
        self._attributes = attribute_names(contact_import.mapping)

    def run(self) -> None:
        """Load the rows after the cursor.

        Raises:
            _FencedOff: the import was cancelled, or another worker took it.
            FileProblem, Refusal: the file cannot be read.
        """
        row = self._import
        if row.contact_list_id is None:
            raise _no_list()
        # On SQLite the keys are not checked again: a chunk refers to rows that its transaction has
        # read, and no other writer removes them before its end (decision 0063).
        unchecked = connection.constraint_checks_disabled()
        unmap_pages()
        with closing(self._chunks()) as chunks, unchecked, ExitStack() as files:
            rejects: BinaryIO | None = None
            for chunk in chunks:
                if rejects is None:  # not earlier: the file may not be readable
                    rejects = files.enter_context(self._rejects())
                self._load(chunk, rejects)
                del chunk  # not in memory while the next one is waited for
        if not row.rejected:
            rejects_file(row).unlink(missing_ok=True)
        _finish(row, ImportState.DONE)
        settle_attributes(row)

    def _chunks(self) -> Generator[Chunk, None, None]:
        """Yield the rows after the cursor in chunks, which must be loaded one after the other.

        If the process that reads them is killed, this one reads what is left.
        """
        if stored_file(self._import).stat().st_size >= LARGE_BYTES:
            try:
                with ReadingProcess(self._file(), **self._waiting()) as chunks:
                    yield from chunks
            except ReadingEnded as problem:
                log.warning("The process that reads an import ended early: %s", problem)
            else:
                return
        file = self._file()
        with ReadAhead(
            lambda: read_chunks(file),
            prepare=lambda: translation.activate(file.language),
            **self._waiting(),
        ) as ahead:
            yield from ahead

    def _waiting(self) -> _Waiting:
        return {"while_waiting": self._show_life, "every": HEARTBEAT_SECONDS}

    def _file(self) -> FileToRead:
        """Return what is left to read of the file."""
        row = self._import
        return FileToRead(
            path=str(stored_file(row)),
            name=row.file_name,
            encoding=row.encoding,
            delimiter=row.delimiter,
            sheet=row.sheet,
            header_line=row.header_line,
            columns=row.columns,
            mapping=row.mapping,
            kind=row.kind,
            types=row.types,
            vendor=connection.vendor,
            behind=row.cursor,
            chunk_rows=CHUNK_ROWS[connection.vendor],
            piece_rows=PIECE_ROWS,
            language=translation.get_language() or "en",
        )

    @contextmanager
    def _rejects(self) -> Iterator[BinaryIO]:
        """Open the file of rejected rows, cut to what is committed."""
        with closing(open_private(rejects_file(self._import))) as rejects:
            rejects.truncate(self._import.rejects_bytes)
            rejects.seek(0, 2)
            if not self._import.rejects_bytes:
                rejects.write(BOM_UTF8)
            yield rejects

    def _load(self, chunk: Chunk, rejects: BinaryIO) -> None:
        if chunk.rejected and not self._import.rejected:
            titles = [*self._import.columns, _("line"), _("reason")]
            CsvWriter(rejects, with_bom=False).write([titles])
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
                are_changed=self._are_changed,
                attributes=self._attributes,
            )
            self._move(chunk, loaded, rejects.tell())
        # So are probably the next ones.
        self._are_known = loaded.created < chunk.people.count / 2
        self._are_changed = loaded.updated > chunk.people.count / 2
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

    def _move(self, chunk: Chunk, loaded: Loaded, rejects_bytes: int) -> None:
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
