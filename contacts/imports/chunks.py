"""Reading the file of an import in chunks of validated rows. Knows no model and no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any

from contacts.imports.pieces import read_piece
from contacts.imports.rows import Person, PersonReader, is_blank
from contacts.imports.staging import PackedPeople
from contacts.typed_values.types import type_named
from foundation.sentences import stored
from tabular import CsvWriter, Row, RowProblem, Table, open_table

#: Bytes after which a chunk is full, however few its rows. One is in memory where it is read, and
#: one where it is loaded.
CHUNK_BYTES = 4 << 20
#: The same of the rows that are validated together: bytes of a text, characters of a workbook.
_PIECE_BYTES = 1 << 20
#: Rows of a text that are taken before the next look; each has a million characters at most.
_STEP = 5
#: Rejections that are stored with the import; all of them are in the rejects file.
FIRST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class FileToRead:
    """What is needed to read the file of an import: texts and numbers, so that it can be sent.

    Attributes:
        path, name: the stored file, and the name that the operator gave it.
        encoding, delimiter, sheet, header_line: its layout.
        columns, mapping, kind: see `PersonReader`.
        types: the types of the attributes, as `ContactImport.types`.
        vendor: the database, as `connection.vendor` names it.
        behind: rows after the header that are read for their UINs only.
        chunk_rows: rows of a chunk.
        piece_rows: rows that are validated and then packed together.
        language: that of the rejects file.
    """

    path: str
    name: str
    encoding: str
    delimiter: str
    sheet: str
    header_line: int
    columns: list[str]
    mapping: list[str]
    kind: str
    types: dict[str, str]
    vendor: str
    behind: int
    chunk_rows: int
    piece_rows: int
    language: str


@dataclass(frozen=True, slots=True)
class Chunk:
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


def read_chunks(file: FileToRead) -> Iterator[Chunk]:
    """Yield the rows behind the cursor in chunks.

    Raises:
        FileProblem: the file cannot be read.
    """
    return _ChunkReader(file).chunks()


class _ChunkReader:
    def __init__(self, file: FileToRead) -> None:
        self._file = file
        types = {name: type_named(words) for name, words in file.types.items()}
        self._types = {name: found for name, found in types.items() if found.is_read}
        self._reader = PersonReader(
            columns=file.columns, mapping=file.mapping, kind=file.kind, types=self._types
        )

    def chunks(self) -> Iterator[Chunk]:
        file = self._file
        table = open_table(
            Path(file.path),
            name=file.name,
            encoding=file.encoding,
            delimiter=file.delimiter,
            sheet=file.sheet,
        )
        rows = dropwhile(lambda row: row[0] <= file.header_line, table.rows())
        behind = file.behind
        while behind and (piece := _piece(rows, table, most=min(file.piece_rows, behind))):
            read_piece(self._reader, piece)
            behind -= len(piece)
        piece = []
        while True:
            chunk = self._validated(rows, table)
            if chunk is None:
                return
            yield chunk
            del chunk  # before the next one is read

    def _validated(self, rows: Iterator[Row], table: Table) -> Chunk | None:
        """Return the next chunk, None after the last row."""
        file = self._file
        people = PackedPeople(file.vendor, has_readings=bool(self._types))
        errors: list[dict[str, Any]] = []
        taken = rejected = 0
        out = BytesIO()
        rejects = CsvWriter(out, with_bom=False)
        while taken < file.chunk_rows and people.size + out.tell() < CHUNK_BYTES:
            piece = _piece(rows, table, most=min(file.piece_rows, file.chunk_rows - taken))
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
        if not taken:
            return None
        return Chunk(
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

    def _read(self, rows: Sequence[Row]) -> tuple[list[Person], list[tuple[Row, RowProblem]]]:
        good, bad = read_piece(self._reader, rows)
        return good, [(row, why) for row, why in bad if row[2] or not is_blank(row[1])]

    def _reject(self, row: Row, problem: RowProblem) -> list[str]:
        line, cells, _problem = row
        width = len(self._file.columns)
        if len(cells) == width:
            return [*cells, str(line), problem.reason]
        last = width - 1
        kept = [*cells[:last], " | ".join(cells[last:])]  # extra cells share the last column
        kept += [""] * (width - len(kept))
        return [*kept, str(line), problem.reason]


def _piece(rows: Iterator[Row], table: Table, *, most: int) -> list[Row]:
    """Return the next rows, `most` of them at most, and fewer if they are long.

    How far a text was read says how long its rows are. A workbook has texts that many cells share,
    so their characters are counted: each becomes a text of its own.
    """
    piece: list[Row] = []
    if table.layout.kind != "csv":
        characters = 0
        for row in islice(rows, most):
            piece.append(row)
            characters += sum(map(len, row[1]))
            if characters >= _PIECE_BYTES:
                break
        return piece
    start = table.position
    while len(piece) < most and table.position - start < _PIECE_BYTES:
        step = list(islice(rows, min(_STEP, most - len(piece))))
        if not step:
            break
        piece += step
    return piece
